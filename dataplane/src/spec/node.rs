//! A file as a tree in which every value knows where it stands, whether it is TOML or JSON.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::json;

/// A value and the byte at which it, or the key that names it, stands.
#[derive(Debug)]
pub(super) struct Node<'t> {
    pub(super) at: usize,
    pub(super) value: Value<'t>,
}

/// What a desired state is written in.
#[derive(Debug)]
pub(super) enum Value<'t> {
    Text(Cow<'t, str>),
    Integer(i64),
    Flag(bool),
    List(Vec<Node<'t>>),
    Table(Table<'t>),
    /// A kind of value that the format has no use for.
    Other(&'static Kind),
}

/// An entry of a table.
pub(super) type Entry<'t> = (Cow<'t, str>, Node<'t>);

/// A table's entries by key, in a row: a full node's file has 50,000 small tables, and a tree
/// with room for eleven entries in each would be most of the memory that reading takes.
#[derive(Debug, Default)]
pub(super) struct Table<'t>(Vec<Entry<'t>>);

impl<'t> Table<'t> {
    /// Sorts entries; of equal keys the first counts. Returns the others too.
    pub(super) fn of(mut entries: Vec<Entry<'t>>) -> (Self, Vec<Entry<'t>>) {
        tiny_sort::stable::sort_by(&mut entries, |one, other| {
            (&one.0, one.1.at).cmp(&(&other.0, other.1.at))
        });
        let (mut kept, mut doubled) = (Vec::with_capacity(entries.len()), Vec::new());
        for entry in entries {
            let again = kept.last().is_some_and(|(key, _node)| *key == entry.0);
            if again { doubled.push(entry) } else { kept.push(entry) }
        }
        (Self(kept), doubled)
    }

    /// Returns the value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Node<'t>> {
        let at = self.0.binary_search_by(|(own, _node)| own.as_ref().cmp(key)).ok()?;
        self.0.get(at).map(|(_key, node)| node)
    }

    /// Returns the entries in the order of their keys.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, Entry<'t>> {
        self.0.iter()
    }
}

/// The name of a kind of value: Chinese, English.
pub(super) type Kind = (&'static str, &'static str);

pub(super) const TEXT: Kind = ("文本", "a text");
pub(super) const INTEGER: Kind = ("整数", "a whole number");
pub(super) const FLAG: Kind = ("布尔值（true、false）", "true or false");
pub(super) const LIST: Kind = ("列表", "a list");
pub(super) const TABLE: Kind = ("表", "a table");
const WIDE: Kind = ("超过 64 位的数", "a number beyond 64 bits");
const FRACTION: Kind = ("小数", "a number with a point");

impl Value<'_> {
    /// Returns what kind of value it is.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Text(_) => TEXT,
            Self::Integer(_) => INTEGER,
            Self::Flag(_) => FLAG,
            Self::List(_) => LIST,
            Self::Table(_) => TABLE,
            Self::Other(kind) => **kind,
        }
    }

    /// Returns the number that `text` writes down to a base.
    pub(super) fn number(text: &str, base: u32) -> Self {
        let fraction = base == 10 && text.contains(['.', 'e', 'E']);
        i64::from_str_radix(text, base)
            .map_or(Self::Other(if fraction { &FRACTION } else { &WIDE }), Self::Integer)
    }
}

/// Why a file is no tree: where, and one line of what is wrong, as its parser says it.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) at: usize,
    pub(super) message: String,
}

/// Reads a file. No TOML begins with a brace, and every JSON object does.
pub(super) fn parse<'t>(text: &'t str, lines: &Lines<'_>) -> Result<Node<'t>, Vec<SyntaxError>> {
    if is_json(text) {
        return json::parse(text, lines);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(Node { at: 0, value: Value::Table(table_of(table.into_inner())) });
    }
    let one_line = |message: &str| message.lines().next().unwrap_or_default().to_owned();
    let error = |error: &toml::de::Error| SyntaxError {
        at: error.span().map_or(0, |span| span.start),
        message: one_line(error.message()),
    };
    Err(errors.iter().map(error).collect())
}

/// Whether a text is JSON rather than TOML.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn table_of<'t>(table: DeTable<'t>) -> Table<'t> {
    let entry = |(key, value): (Spanned<Cow<'t, str>>, Spanned<DeValue<'t>>)| {
        // A table's own span is that of its header or braces; its key's line is what a reader
        // looks for.
        let at = key.span().start;
        (key.into_inner(), Node { at, value: value_of(value.into_inner()) })
    };
    Table::of(table.into_iter().map(entry).collect()).0
}

fn value_of(value: DeValue<'_>) -> Value<'_> {
    match value {
        DeValue::String(text) => Value::Text(text),
        DeValue::Integer(number) => Value::number(number.as_str(), number.radix()),
        DeValue::Float(_) => Value::Other(&FRACTION),
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Datetime(_) => Value::Other(&("日期", "a date")),
        DeValue::Array(items) => Value::List(items.into_iter().map(item_of).collect()),
        DeValue::Table(table) => Value::Table(table_of(table)),
    }
}

fn item_of(item: Spanned<DeValue<'_>>) -> Node<'_> {
    Node { at: item.span().start, value: value_of(item.into_inner()) }
}

/// Where the lines of a file start.
#[derive(Debug)]
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self { text, starts: std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect() }
    }

    /// Returns the key that stands at a byte, where one does: not a list's element, nor a
    /// table's header.
    pub(super) fn key(&self, at: usize) -> Option<&'t str> {
        let rest = self.text.get(at..)?;
        let bare = rest.strip_prefix('"').unwrap_or(rest);
        let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
        let (key, after) = bare.split_at_checked(bare.find(ends)?)?;
        let after = if bare.len() < rest.len() { after.strip_prefix('"')? } else { after };
        let named = after.trim_start().starts_with(['=', ':']);
        (named && !key.is_empty()).then_some(key)
    }

    /// Returns the line that a byte is in, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).max(1)
    }

    /// Returns the first byte of a line.
    pub(super) fn start(&self, line: usize) -> usize {
        self.starts.get(line.saturating_sub(1)).copied().unwrap_or_default()
    }
}

/// Returns the JSON pointer (RFC 6901) of the value that stands at a byte.
pub(super) fn pointer(node: &Node<'_>, at: usize) -> Option<String> {
    if node.at == at {
        return Some(String::new());
    }
    match &node.value {
        Value::Table(table) => table.iter().find_map(|(key, node)| {
            let below = pointer(node, at)?;
            Some(format!("/{}{below}", key.replace('~', "~0").replace('/', "~1")))
        }),
        Value::List(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, node)| Some(format!("/{index}{}", pointer(node, at)?))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_line() {
        let text = "a = 1\n\n[[check]]\nid = \"x\"\nvalue = [\n  true,\n]\n";
        let lines = Lines::of(text);
        let Value::Table(table) = parse(text, &lines).unwrap().value else { panic!("a table") };
        assert_eq!(lines.line(table.get("a").unwrap().at), 1);
        let Value::List(checks) = &table.get("check").unwrap().value else { panic!("a list") };
        assert_eq!(lines.line(checks[0].at), 3);
        let Value::Table(check) = &checks[0].value else { panic!("a table") };
        assert_eq!(lines.line(check.get("id").unwrap().at), 4);
        let Value::List(values) = &check.get("value").unwrap().value else { panic!("a list") };
        assert_eq!(lines.line(values[0].at), 6);
    }

    #[test]
    fn a_pointer_leads_back_to_its_value() {
        let text = "{\"a\": [1,\n {\"b/c\": true}]}";
        let lines = Lines::of(text);
        let root = parse(text, &lines).unwrap();
        let at = text.find("\"b/c\"").unwrap();
        assert_eq!(pointer(&root, at).as_deref(), Some("/a/1/b~1c"));
        assert_eq!(lines.line(at), 2);
        assert_eq!(pointer(&root, 999), None);
        assert_eq!((lines.key(at), lines.key(1), lines.key(7)), (None, Some("a"), None));
    }
}
