//! JSON (RFC 8259) with the place of every value, and no key twice.
//!
//! `serde_json` says whether a text is JSON, and keeps nothing of it; what it has let through is
//! walked once more for places and doubled keys.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use super::node::{Lines, Node, SyntaxError, Table, Value};

/// Reads a JSON text into nodes.
pub(super) fn parse<'t>(text: &'t str, lines: &Lines<'_>) -> Result<Node<'t>, Vec<SyntaxError>> {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(text.as_bytes()) {
        // Who keeps what he reads says better what is wrong with it.
        let told = serde_json::from_slice::<serde_json::Value>(text.as_bytes()).err();
        let error = told.unwrap_or(error);
        let message = error.to_string();
        // It says its place at the end, and we at the beginning.
        let end = message.rfind(" at line ").unwrap_or(message.len());
        let message = message.get(..end).unwrap_or_default().to_owned();
        return Err(vec![SyntaxError { at: lines.start(error.line()), message }]);
    }
    let mut walk = Walk { text, at: 0, depth: 0, doubled: Vec::new() };
    match walk.value() {
        Some(node) if walk.doubled.is_empty() => Ok(node),
        Some(_) => Err(walk.doubled),
        None if walk.depth > DEEPEST => {
            let message = "recursion limit exceeded".to_owned();
            Err(vec![SyntaxError { at: walk.at, message }])
        }
        // Half a surrogate pair, which `serde_json` lets pass where it keeps nothing.
        None => Err(vec![SyntaxError { at: walk.at, message: "cannot be read".to_owned() }]),
    }
}

/// How deep tables and lists may be in each other: as deep as `serde_json` goes.
const DEEPEST: usize = 127;

/// A way through a text that is known to be JSON.
struct Walk<'t> {
    text: &'t str,
    at: usize,
    /// Tables and lists that are open here.
    depth: usize,
    doubled: Vec<SyntaxError>,
}

impl<'t> Walk<'t> {
    /// Returns the next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = self.text.as_bytes().get(self.at).copied()?;
            if !byte.is_ascii_whitespace() {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Goes past `byte`, where it is next.
    fn past(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn value(&mut self) -> Option<Node<'t>> {
        let first = self.peek()?;
        let at = self.at;
        if matches!(first, b'{' | b'[') {
            self.depth += 1;
            if self.depth > DEEPEST {
                return None;
            }
        }
        let value = match first {
            b'{' => Value::Table(self.table()?),
            b'[' => Value::List(self.list()?),
            b'"' => Value::Text(self.string()?),
            _ => self.word(),
        };
        Some(Node { at, value })
    }

    fn table(&mut self) -> Option<Table<'t>> {
        let mut entries = Vec::new();
        self.at += 1;
        while !self.past(b'}') {
            self.past(b',');
            self.peek()?;
            let at = self.at;
            let key = self.string()?;
            self.past(b':');
            let value = self.value()?.value;
            entries.push((key, Node { at, value }));
        }
        self.depth -= 1;
        let (table, doubled) = Table::of(entries);
        self.doubled.extend(doubled.into_iter().map(|(key, node)| SyntaxError {
            at: node.at,
            message: format!("duplicate key `{key}`"),
        }));
        Some(table)
    }

    fn list(&mut self) -> Option<Vec<Node<'t>>> {
        let mut items = Vec::new();
        self.at += 1;
        while !self.past(b']') {
            self.past(b',');
            items.push(self.value()?);
        }
        self.depth -= 1;
        items.shrink_to_fit();
        Some(items)
    }

    /// Returns the string that begins here.
    fn string(&mut self) -> Option<Cow<'t, str>> {
        let start = self.at;
        let inside = self.text.get(start.checked_add(1)?..)?;
        let mut escaped = false;
        let length = inside.bytes().position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        })?;
        self.at = start + length + 2;
        let plain = inside.get(..length)?;
        if !plain.contains('\\') {
            return Some(Cow::Borrowed(plain));
        }
        let quoted = self.text.get(start..self.at)?;
        let value = serde_json::from_slice::<serde_json::Value>(quoted.as_bytes()).ok()?;
        Some(Cow::Owned(value.as_str()?.to_owned()))
    }

    /// Returns the number, or `true`, `false` or `null`, that begins here.
    fn word(&mut self) -> Value<'t> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
        let word = rest.get(..rest.find(ends).unwrap_or(rest.len())).unwrap_or_default();
        // At least one byte, so that what is no JSON ends too.
        self.at += word.len().max(1);
        match word {
            "true" => Value::Flag(true),
            "false" => Value::Flag(false),
            "null" => Value::Other(&("空值（null）", "null")),
            number => Value::number(number, 10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Node<'_>, Vec<SyntaxError>> {
        parse(text, &Lines::of(text))
    }

    #[test]
    fn json_reads_as_it_is_written() {
        let text =
            r#"{"a": [1, -2.5, true, null, "x\"\u00e9\\"], "b": {"c": 99999999999999999999}}"#;
        let Value::Table(table) = read(text).unwrap().value else { panic!("a table") };
        let Value::List(items) = &table.get("a").unwrap().value else { panic!("a list") };
        assert!(matches!(items[0].value, Value::Integer(1)));
        assert_eq!(items[1].value.kind().1, "a number with a point");
        assert!(matches!(items[2].value, Value::Flag(true)));
        assert_eq!(items[3].value.kind().1, "null");
        assert!(matches!(&items[4].value, Value::Text(text) if text == "x\"é\\"));
        let Value::Table(inner) = &table.get("b").unwrap().value else { panic!("a table") };
        assert_eq!(inner.get("c").unwrap().value.kind().1, "a number beyond 64 bits");
    }

    #[test]
    fn a_key_twice_and_a_broken_text_are_refused_with_their_line() {
        let text = "{\"a\": 1,\n\"a\": 2}";
        let errors = read(text).unwrap_err();
        assert_eq!((errors[0].at, errors[0].message.as_str()), (9, "duplicate key `a`"));
        let errors = read("{\"a\": 1,\n\n}").unwrap_err();
        assert_eq!((errors[0].at, errors[0].message.as_str()), (10, "trailing comma"));
    }
}
