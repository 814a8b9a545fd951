//! The log of calls (norm 8.3.9.3): interface, request, response, error, duration, caller.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::report::digest::Digests;

/// Calls that are kept.
const KEPT: usize = 512;
/// Bytes of a body that are kept; of the rest its length and digest.
const SHOWN: usize = 512;

/// Who calls (`SO_PEERCRED`).
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    pub(super) process: Option<i32>,
    pub(super) user: u32,
    pub(super) group: u32,
}

/// A call that is over.
pub(super) struct Call<'a> {
    pub(super) at_ms: u64,
    pub(super) duration_us: u64,
    pub(super) caller: Caller,
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) if_match: Option<&'a str>,
    pub(super) request: &'a [u8],
    pub(super) code: u16,
    pub(super) response: &'a [u8],
}

/// The newest calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    ring: VecDeque<Value>,
    /// How many there were.
    pub(super) count: u64,
}

impl Calls {
    /// Notes a call.
    pub(super) fn add(&mut self, call: &Call<'_>) {
        self.count = self.count.saturating_add(1);
        if self.ring.len() >= KEPT {
            self.ring.pop_front();
        }
        let failed = call.code >= 400;
        let said: Option<Value> =
            if failed { serde_json::from_slice(call.response).ok() } else { None };
        let error = said.and_then(|mut said| said.get_mut("error").map(Value::take));
        self.ring.push_back(json!({
            "sequence": self.count,
            "at_ms": call.at_ms,
            "duration_us": call.duration_us,
            "interface": format!("{} {}", call.method, call.path),
            "request": body(call.request, call.if_match),
            "response": body(call.response, None),
            "code": call.code,
            "error": error,
            "caller": { "pid": call.caller.process, "uid": call.caller.user,
                "gid": call.caller.group },
        }));
    }

    /// Returns them, oldest first.
    pub(super) fn value(&self) -> Value {
        json!({ "schema": "assay/calls/v1", "calls": &self.ring })
    }
}

fn body(bytes: &[u8], if_match: Option<&str>) -> Value {
    let mut value = json!({ "bytes": bytes.len() });
    if let Some(generation) = if_match {
        value["if_match"] = generation.into();
    }
    if bytes.is_empty() {
        return value;
    }
    value["sha256"] = Digests::of(bytes).sha256.into();
    // What is no JSON is not kept: nobody can say what in it is secret.
    if bytes.len() <= SHOWN
        && let Ok(mut json) = serde_json::from_slice::<Value>(bytes)
    {
        cut(&mut json);
        value["body"] = json;
    }
    value
}

/// Cuts what may be a secret. Desired states have none, but callers err.
fn cut(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let name = name.to_ascii_lowercase();
                let words = ["secret", "password", "passwd", "token", "key", "credential"];
                if words.iter().any(|word| name.contains(word)) {
                    *value = "(cut)".into();
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
    fn a_call_says_who_what_and_how_without_secrets() {
        let mut calls = Calls::default();
        let caller = Caller { process: Some(7), user: 0, group: 5 };
        let request = br#"{"id":"a","admin_token":"t0p","deep":[{"password":1}]}"#;
        let response = br#"{"error":{"code":"faults"}}"#;
        for _ in 0..=KEPT {
            calls.add(&Call {
                at_ms: 1,
                duration_us: 2,
                caller,
                method: "PUT",
                path: "/v1/port/a",
                if_match: Some("\"3\""),
                request,
                code: 422,
                response,
            });
        }
        let value = calls.value();
        assert_eq!(value["calls"].as_array().map(Vec::len), Some(KEPT));
        let call = &value["calls"][KEPT - 1];
        assert_eq!(call["interface"], "PUT /v1/port/a");
        assert_eq!(call["error"]["code"], "faults");
        assert_eq!(call["caller"], json!({ "pid": 7, "uid": 0, "gid": 5 }));
        assert_eq!(call["request"]["if_match"], "\"3\"");
        let text = call.to_string();
        assert!(!text.contains("t0p") && text.contains("(cut)"), "{text}");
    }
}
