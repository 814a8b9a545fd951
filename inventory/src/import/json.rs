//! JSON as programs that print it by hand write it.
//!
//! lshw before B.02.19 leaves commas out between objects and adds one after
//! the last (lyonel/lshw#46), and copies bytes of firmware strings as they are;
//! to this day it does not escape a backslash. lldpcli puts a backslash before
//! a raw line end. All of that is read. What is cut off or is no JSON at all is
//! an error with its line.

use serde_json::{Map, Number, Value};

/// Deeper nesting than this is refused: lshw has a dozen levels.
const MAX_DEPTH: usize = 128;

/// The most values a document may have; a large server's lshw has 50,000.
const MAX_VALUES: usize = 1_000_000;

/// Why a document could not be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}")]
pub(crate) struct JsonError {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) what: String,
}

impl JsonError {
    /// Returns the place as import errors name it.
    pub(crate) fn place(&self) -> String {
        format!("line {}, column {}", self.line, self.column)
    }
}

/// Reads the values of a document: one as a rule, several where the writer
/// forgot the brackets around them.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Value>, JsonError> {
    let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut reader = Reader { bytes, at: start, values: 0 };
    let mut values = Vec::new();
    loop {
        reader.skip_separators();
        if reader.peek().is_none() {
            return Ok(values);
        }
        values.push(reader.value(0)?);
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    values: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.step();
        }
    }

    /// Skips blanks and any number of commas, none included.
    fn skip_separators(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace() || byte == b',') {
            self.step();
        }
    }

    fn error(&self, what: impl Into<String>) -> JsonError {
        self.error_at(self.at, what)
    }

    fn error_at(&self, at: usize, what: impl Into<String>) -> JsonError {
        let (line, column) = position(self.bytes, at);
        JsonError { line, column, what: what.into() }
    }

    fn value(&mut self, depth: usize) -> Result<Value, JsonError> {
        self.values = self.values.saturating_add(1);
        if self.values > MAX_VALUES {
            return Err(self.error(format!("the document has more than {MAX_VALUES} values")));
        }
        if depth > MAX_DEPTH {
            return Err(self.error(format!("objects are nested more than {MAX_DEPTH} deep")));
        }
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(byte) if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.') => {
                self.word()
            }
            Some(byte) if byte.is_ascii_graphic() => {
                Err(self.error(format!("`{}` begins no value", char::from(byte))))
            }
            Some(byte) => Err(self.error(format!("byte {byte:#04x} begins no value"))),
            None => Err(self.error("the file ends where a value must stand")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, JsonError> {
        let start = self.at;
        self.step();
        let mut object = Map::new();
        loop {
            self.skip_separators();
            match self.peek() {
                Some(b'}') => {
                    self.step();
                    return Ok(Value::Object(object));
                }
                Some(b'"') => {
                    let key = self.string()?;
                    self.skip_blanks();
                    if self.peek() != Some(b':') {
                        return Err(self.missing(start, "a colon after the name of a member"));
                    }
                    self.step();
                    self.skip_blanks();
                    let value = self.value(depth.saturating_add(1))?;
                    object.insert(key, value);
                }
                _ => return Err(self.missing(start, "the name of a member, or `}`")),
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Value, JsonError> {
        let start = self.at;
        self.step();
        let mut items = Vec::new();
        loop {
            self.skip_separators();
            match self.peek() {
                Some(b']') => {
                    self.step();
                    return Ok(Value::Array(items));
                }
                Some(_) => items.push(self.value(depth.saturating_add(1))?),
                None => return Err(self.missing(start, "`]`")),
            }
        }
    }

    /// Says what is missing in what was opened at `start`.
    fn missing(&self, start: usize, what: &str) -> JsonError {
        let (line, _) = position(self.bytes, start);
        match self.peek() {
            None => self.error(format!("the file ends inside what line {line} opens")),
            Some(_) => self.error(format!("{what} is missing in what line {line} opens")),
        }
    }

    /// Reads a string: UTF-8, else Latin-1; raw control characters stand for
    /// themselves, with a backslash before them or not.
    fn string(&mut self) -> Result<String, JsonError> {
        let start = self.at;
        self.step();
        let mut text = Vec::new();
        loop {
            let Some(byte) = self.peek() else {
                let (line, _) = position(self.bytes, start);
                return Err(self.error(format!("the file ends inside the text of line {line}")));
            };
            self.step();
            match byte {
                b'"' => break,
                b'\\' if self.ends_line() => {
                    text.push(byte);
                    self.step();
                    break;
                }
                b'\\' => self.escape(&mut text),
                _ => text.push(byte),
            }
        }
        Ok(match String::from_utf8(text) {
            Ok(text) => text,
            Err(error) => error.into_bytes().into_iter().map(char::from).collect(),
        })
    }

    /// Says whether a quote stands here that ends text and line. lshw does not
    /// escape a backslash, so a name that ends with one hides its quote; no
    /// honest text goes on over the end of a line.
    fn ends_line(&self) -> bool {
        let Some(rest) = self.bytes.get(self.at..).and_then(|rest| rest.strip_prefix(b"\"")) else {
            return false;
        };
        let rest = rest.strip_prefix(b",").unwrap_or(rest);
        rest.starts_with(b"\n") || rest.starts_with(b"\r\n")
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.step();
        match byte {
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'u' => {
                let c = self.unicode();
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            other => text.push(other),
        }
    }

    /// Reads the digits after `\u`, and a second half where there is one.
    fn unicode(&mut self) -> char {
        let Some(first) = self.four_digits() else { return char::REPLACEMENT_CHARACTER };
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER);
        }
        if self.bytes.get(self.at..).is_none_or(|rest| !rest.starts_with(b"\\u")) {
            return char::REPLACEMENT_CHARACTER;
        }
        self.at = self.at.saturating_add(2);
        let second = self.four_digits().unwrap_or(0);
        second
            .checked_sub(0xdc00)
            .filter(|low| *low < 0x400)
            .and_then(|low| char::from_u32(0x1_0000 + ((first & 0x3ff) << 10) + low))
            .unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn four_digits(&mut self) -> Option<u32> {
        let digits = self.bytes.get(self.at..)?.first_chunk::<4>()?;
        let text = std::str::from_utf8(digits).ok()?;
        let value = u32::from_str_radix(text, 16).ok()?;
        self.at = self.at.saturating_add(4);
        Some(value)
    }

    /// Reads a number, `true`, `false` or `null`.
    fn word(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
        while self.peek().is_some_and(part) {
            self.step();
        }
        let word = self.bytes.get(start..self.at).unwrap_or_default();
        let word = std::str::from_utf8(word).unwrap_or_default();
        match word {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            _ => word.parse::<Number>().map(Value::Number).map_err(|_not_a_number| {
                let shown: String = word.chars().take(20).collect();
                self.error_at(start, format!("`{shown}` is no value"))
            }),
        }
    }
}

/// Returns line and column of the byte at `at`, from 1.
fn position(bytes: &[u8], at: usize) -> (usize, usize) {
    let before = bytes.get(..at).unwrap_or(bytes);
    let line = before.split(|byte| *byte == b'\n').count();
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    (line, before.len().saturating_sub(start).saturating_add(1))
}

#[cfg(test)]
mod tests;
