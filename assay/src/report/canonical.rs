//! Canonical JSON: the one sequence of bytes that a document has (RFC 8785).
//!
//! Keys are sorted by UTF-16 code units, nothing is blank, strings are escaped
//! as ECMAScript does. Our documents hold no floating-point numbers and no
//! integer that a double cannot hold: [`normalise`] turns both into strings, so
//! that every reader, whatever its number type, reads the same value.
//!
//! Written here and not taken from a crate because those format numbers by way
//! of a double, and so change large integers where this must refuse or quote
//! them; `serde_json_canonicalizer` is the oracle in the tests.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Number, Value};

/// The largest integer that every reader of JSON holds exactly: 2^53 − 1.
const MAX_SAFE: u64 = (1 << 53) - 1;

/// Why bytes are not a canonical document.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CanonicalError {
    /// It is not JSON, names a key twice, or is not of the type wanted.
    #[error("is not the JSON document it should be")]
    Json(#[from] serde_json::Error),
    /// It is JSON, but not in its canonical bytes.
    #[error("is not in canonical form (RFC 8785)")]
    NotCanonical,
}

/// Returns the canonical bytes of `document`.
pub fn to_bytes(document: &impl Serialize) -> Result<Vec<u8>, CanonicalError> {
    let mut value = typed_json::of(document)?;
    normalise(&mut value);
    let mut text = String::new();
    write(&value, &mut text);
    Ok(text.into_bytes())
}

/// Reads a document from bytes that must be its canonical ones.
///
/// Refuses a key that is there twice, and any byte that writing the document
/// again would not give.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CanonicalError> {
    Ok(typed_json::read(&value_from_bytes(bytes)?)?)
}

/// Reads any JSON value from bytes that must be its canonical ones.
pub fn value_from_bytes(bytes: &[u8]) -> Result<Value, CanonicalError> {
    let Strict(value) = serde_json::from_slice(bytes)?;
    if to_bytes(&value)? == bytes { Ok(value) } else { Err(CanonicalError::NotCanonical) }
}

/// Turns numbers that not every reader holds exactly into strings.
///
/// Integers beyond ±(2^53 − 1) and fractions become their decimal text; a whole
/// number written as `1.0` becomes `1`.
pub fn normalise(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(text) = inexact(number) {
                *value = match text.strip_suffix(".0").map(str::parse::<i64>) {
                    Some(Ok(whole)) if whole.unsigned_abs() <= MAX_SAFE => Value::from(whole),
                    _ => Value::String(text),
                };
            }
        }
        Value::Array(items) => items.iter_mut().for_each(normalise),
        Value::Object(members) => members.values_mut().for_each(normalise),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Returns the text of a number that is not a safe integer.
fn inexact(number: &Number) -> Option<String> {
    let safe = number
        .as_u64()
        .or_else(|| number.as_i64().map(i64::unsigned_abs))
        .is_some_and(|magnitude| magnitude <= MAX_SAFE);
    (!safe).then(|| number.to_string())
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
            tiny_sort::stable::sort_by(&mut sorted, |(one, _), (other, _)| {
                one.encode_utf16().cmp(other.encode_utf16())
            });
            out.push('{');
            for (index, (key, member)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_string(key, out);
                out.push(':');
                write(member, out);
            }
            out.push('}');
        }
        Value::String(text) => write_string(text, out),
        Value::Null | Value::Bool(_) | Value::Number(_) => out.push_str(&value.to_string()),
    }
}

/// Writes a string with the escapes of RFC 8785 §3.2.2.2.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control if u32::from(control) < 0x20 => {
                let piece = format!("\\u{:04x}", u32::from(control));
                out.push_str(&piece);
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

/// A JSON value read with a refusal of keys that are there twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut all = serde_json::Map::new();
        while let Some((key, Strict(member))) = members.next_entry::<String, _>()? {
            if all.contains_key(&key) {
                return Err(de::Error::custom(format!("key `{key}` is there twice")));
            }
            all.insert(key, member);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn any_document() -> impl Strategy<Value = Value> {
        let text = proptest::collection::vec(any::<char>(), 0..6)
            .prop_map(|characters| characters.into_iter().collect::<String>());
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-(1i64 << 53) + 1..1 << 53).prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::hash_map(text.clone(), inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_bytes_are_those_of_an_independent_writer(document in any_document()) {
            let ours = to_bytes(&document).unwrap();
            let theirs = serde_json_canonicalizer::to_vec(&document).unwrap();
            prop_assert_eq!(String::from_utf8(ours.clone()), String::from_utf8(theirs));
            prop_assert_eq!(value_from_bytes(&ours).unwrap(), document);
        }
    }

    #[test]
    fn numbers_that_a_double_cannot_hold_become_strings() {
        let document = json!([u64::MAX, i64::MIN, 9_007_199_254_740_991_u64, 2.5, 3.0, -7, 1e300]);
        assert_eq!(
            String::from_utf8(to_bytes(&document).unwrap()).unwrap(),
            r#"["18446744073709551615","-9223372036854775808",9007199254740991,"2.5",3,-7,"1e+300"]"#
        );
    }

    #[test]
    fn bytes_that_are_not_canonical_are_refused() {
        for (bytes, why) in [
            (r#"{"a":1,"a":1}"#, "key `a` is there twice"),
            (r#"{"a":{"b":1,"\u0062":2}}"#, "key `b` is there twice"),
            (r#"{"b":1,"a":2}"#, "canonical"),
            (r#"{"a": 1}"#, "canonical"),
            ("{\"a\":1}\n", "canonical"),
            (r#"["\u0041"]"#, "canonical"),
            ("[1.0]", "canonical"),
            ("[1", "EOF"),
        ] {
            let error = value_from_bytes(bytes.as_bytes()).unwrap_err();
            let chain = format!(
                "{error}: {}",
                match &error {
                    CanonicalError::Json(source) => source.to_string(),
                    CanonicalError::NotCanonical => String::new(),
                }
            );
            assert!(chain.contains(why), "{bytes}: {chain}");
        }
        assert!(value_from_bytes("[".repeat(10_000).as_bytes()).is_err());
    }
}
