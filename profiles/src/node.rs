//! TOML with the place of every value, so that a complaint can name its line
//! through inheritance and parameters.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, as the user named it.
    #[serde(serialize_with = "as_text")]
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: u32,
}

fn as_text<S: Serializer>(file: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(file)
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// What profiles are written in.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Integer(i64),
    Flag(bool),
    List(Vec<Node>),
    Table(Table),
    /// A kind of value that profiles have no use for, by its name.
    Other(&'static str),
}

/// A table's entries by key.
pub(crate) type Table = BTreeMap<String, Node>;

impl Value {
    /// Returns what kind of value it is, as a message names it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a whole number",
            Self::Flag(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Other(kind) => kind,
        }
    }
}

/// Why a file is not TOML: its place and one line of what is wrong.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) place: Place,
    pub(crate) message: String,
}

/// Reads a TOML file into nodes.
pub(crate) fn parse(file: &str, text: &str) -> Result<Node, SyntaxError> {
    let lines = Lines::of(file, text);
    match DeTable::parse(text) {
        Ok(table) => {
            let place = lines.place(0);
            Ok(Node { place, value: Value::Table(lines.table(table.get_ref())) })
        }
        Err(error) => Err(SyntaxError {
            place: lines.place(error.span().map_or(0, |span| span.start)),
            message: error.message().lines().next().unwrap_or_default().to_owned(),
        }),
    }
}

/// Where the lines of a file start.
struct Lines {
    file: Arc<str>,
    starts: Vec<usize>,
}

impl Lines {
    fn of(file: &str, text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        Self { file: Arc::from(file), starts }
    }

    fn place(&self, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        Place { file: Arc::clone(&self.file), line: u32::try_from(line).unwrap_or(u32::MAX) }
    }

    fn table(&self, table: &DeTable<'_>) -> Table {
        let mut nodes = Table::new();
        for (key, value) in table {
            let mut node = self.node(value);
            // A table's own span is that of its header or braces; its key's line is what
            // a reader looks for.
            node.place = self.place(key.span().start);
            nodes.insert(key.get_ref().to_string(), node);
        }
        nodes
    }

    fn node(&self, value: &Spanned<DeValue<'_>>) -> Node {
        let read = match value.get_ref() {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(Value::Other("a number beyond 64 bits"), Value::Integer),
            DeValue::Float(_) => Value::Other("a number with a point"),
            DeValue::Boolean(flag) => Value::Flag(*flag),
            DeValue::Datetime(_) => Value::Other("a date"),
            DeValue::Array(items) => {
                Value::List(items.iter().map(|item| self.node(item)).collect())
            }
            DeValue::Table(table) => Value::Table(self.table(table)),
        };
        Node { place: self.place(value.span().start), value: read }
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, parse};

    #[test]
    fn every_value_knows_its_line() {
        let text = "a = 1\n\n[[check]]\nid = \"x\"\nvalue = [\n  true,\n]\n";
        let Value::Table(table) = parse("f.toml", text).unwrap().value else { panic!("a table") };
        assert_eq!(table["a"].place.line, 1);
        let Value::List(checks) = &table["check"].value else { panic!("a list") };
        let Value::Table(check) = &checks[0].value else { panic!("a table") };
        assert_eq!(check["id"].place.line, 4);
        let Value::List(values) = &check["value"].value else { panic!("a list") };
        assert_eq!(values[0].place.line, 6);
    }

    #[test]
    fn broken_toml_names_the_line_it_breaks_on() {
        let error = parse("f.toml", "a = 1\nb = = 2\n").unwrap_err();
        assert_eq!(error.place.line, 2);
        assert!(!error.message.is_empty());
    }
}
