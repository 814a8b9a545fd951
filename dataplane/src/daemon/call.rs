//! The call log that norm 8.3.9.3 asks for: name of the interface, what was sent, what was
//! answered, what was wrong, how long it took; and who called. Bounded, without secrets.

use std::collections::VecDeque;

use serde_json::Value;

/// How many calls are kept.
pub const KEPT: usize = 1000;

/// Most bytes that are kept of what was sent, and of what was answered.
const LONGEST: usize = 1024;

/// Parts of names whose values are secrets.
const SECRET: &[&str] = &["password", "passwd", "secret", "token", "credential", "private_key"];

/// Who called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Process, where the kernel says so (`SO_PEERCRED`).
    pub process: Option<i32>,
    /// User.
    pub user: u32,
    /// Group.
    pub group: u32,
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// From 1, in order.
    pub id: u64,
    /// When it came, in milliseconds since 1970.
    pub at_ms: u64,
    /// Name of the interface: `PUT /v1/ports/{id}`.
    pub interface: String,
    /// What was asked for, with what was sent.
    pub request: String,
    /// What was answered.
    pub response: String,
    /// Status of the answer.
    pub status: u16,
    /// What was wrong, where something was.
    pub error: Option<String>,
    /// How long it took, in microseconds.
    pub duration_us: u64,
    /// Who called.
    pub caller: Caller,
}

/// The last calls.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    last: u64,
    kept: VecDeque<Call>,
}

impl Calls {
    /// Adds a call; it gets its number here. Returns it.
    pub fn push(&mut self, mut call: Call) -> &Call {
        self.last += 1;
        call.id = self.last;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(call);
        &self.kept[self.kept.len() - 1]
    }

    /// Returns those that are kept.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Call> {
        self.kept.iter()
    }
}

/// Returns what is kept of a body: secrets cut, and no more than `LONGEST` bytes.
pub fn kept(body: &[u8]) -> String {
    // What is larger by far is a whole desired state; a tree of it for the log alone is dear.
    if body.len() > 64 * LONGEST {
        return format!("({} bytes)", body.len());
    }
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            cut(&mut value);
            value.to_string()
        }
        // What cannot be read may have a secret anywhere.
        Err(_) if body.is_empty() => String::new(),
        Err(_) => return format!("({} bytes that are no JSON)", body.len()),
    };
    if text.len() <= LONGEST {
        return text;
    }
    let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    format!("{}… ({} bytes)", text.get(..end).unwrap_or_default(), body.len())
}

/// Returns a query with secrets cut.
pub fn kept_query(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _value)) if is_secret(name) => format!("{name}=***"),
        _ => pair.to_owned(),
    });
    let mut text = pairs.collect::<Vec<_>>().join("&");
    let end = (0..=text.len().min(LONGEST)).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or_default());
    text
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET.iter().any(|word| name.contains(word))
}

fn cut(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if is_secret(name) {
                    *value = Value::from("***");
                } else {
                    cut(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(cut),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_kept_and_a_long_text_not_whole() {
        let body = br#"{"a":{"bgp_Password":"x","list":[{"token":7}]}}"#;
        assert_eq!(kept(body), r#"{"a":{"bgp_Password":"***","list":[{"token":"***"}]}}"#);
        assert_eq!(kept_query("generation=7&api_token=x"), "generation=7&api_token=***");
        assert_eq!(kept(b"secret=1"), "(8 bytes that are no JSON)");
        let long = format!("{{\"a\":\"{}\"}}", "网".repeat(2000));
        assert!(kept(long.as_bytes()).len() < LONGEST + 40);
        assert_eq!(kept(&vec![b' '; 1 << 20]), "(1048576 bytes)");
    }

    #[test]
    fn the_log_is_bounded() {
        let mut calls = Calls::default();
        let call = Call {
            id: 0,
            at_ms: 0,
            interface: String::new(),
            request: String::new(),
            response: String::new(),
            status: 200,
            error: None,
            duration_us: 0,
            caller: Caller::default(),
        };
        for _ in 0..KEPT + 5 {
            calls.push(call.clone());
        }
        let ids: Vec<u64> = calls.all().map(|call| call.id).collect();
        assert_eq!((ids.len(), ids[0]), (KEPT, 6));
    }
}
