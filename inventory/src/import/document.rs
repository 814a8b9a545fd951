//! A JSON value with its path, and a list of what was not as it should be.

use std::cell::RefCell;

use serde_json::Value;

/// How many damaged fields are listed: a nonsense file has many.
const MOST: usize = 20;

/// What was met that is not as its program writes it: place and words.
pub(in crate::import) type Damage = RefCell<Vec<(String, String)>>;

/// A place in a document; it may hold nothing.
#[derive(Clone, Debug)]
pub(in crate::import) struct Node<'a> {
    value: Option<&'a Value>,
    path: String,
    damage: &'a Damage,
}

impl<'a> Node<'a> {
    /// Wraps a document that stands at `path`.
    pub(in crate::import) fn new(value: &'a Value, path: String, damage: &'a Damage) -> Self {
        Self { value: Some(value), path, damage }
    }

    /// Returns the member `key`; of what is no object, a place that holds nothing.
    pub(in crate::import) fn get(&self, key: &str) -> Self {
        let path = format!("{}.{key}", self.path);
        let value = match self.value {
            Some(Value::Object(members)) => members.get(key).filter(|value| !value.is_null()),
            // `smart_support: true` stands for an object in some releases.
            None | Some(Value::Null | Value::Bool(_)) => None,
            Some(other) => {
                self.complain("an object", other);
                None
            }
        };
        Self { value, path, damage: self.damage }
    }

    /// Says whether anything is here.
    pub(in crate::import) fn exists(&self) -> bool {
        self.value.is_some()
    }

    /// Returns the value itself.
    pub(in crate::import) fn raw(&self) -> Option<&'a Value> {
        self.value
    }

    /// Returns the elements of an array.
    pub(in crate::import) fn items(&self) -> Vec<Self> {
        match self.value {
            None => Vec::new(),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(index, value)| {
                    Self::new(value, format!("{}[{index}]", self.path), self.damage)
                })
                .collect(),
            Some(other) => {
                self.complain("an array", other);
                Vec::new()
            }
        }
    }

    /// Returns the members of an object in the order of their names.
    pub(in crate::import) fn keys(&self) -> Vec<&'a str> {
        match self.value {
            Some(Value::Object(members)) => members.keys().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// Returns the text here.
    pub(in crate::import) fn text(&self) -> Option<&'a str> {
        match self.value? {
            Value::String(text) => Some(text),
            other => {
                self.complain("a text", other);
                None
            }
        }
    }

    /// Returns the truth value here.
    pub(in crate::import) fn flag(&self) -> Option<bool> {
        match self.value? {
            Value::Bool(flag) => Some(*flag),
            other => {
                self.complain("true or false", other);
                None
            }
        }
    }

    /// Returns the whole number here.
    pub(in crate::import) fn signed(&self) -> Option<i64> {
        match self.value? {
            Value::Number(number) if number.is_i64() => number.as_i64(),
            other => {
                self.complain("a whole number", other);
                None
            }
        }
    }

    /// Returns the whole number at the member `key`.
    ///
    /// Numbers that a double cannot hold come with a text beside them,
    /// `KEY_s`, which is exact; what exceeds 64 bits is held at the largest.
    pub(in crate::import) fn number(&self, key: &str) -> Option<u64> {
        if let Some(Value::String(text)) =
            self.value.and_then(|value| value.get(format!("{key}_s")))
            && let Ok(exact) = text.parse::<u128>()
        {
            return Some(u64::try_from(exact).unwrap_or(u64::MAX));
        }
        let place = self.get(key);
        match place.value? {
            Value::Number(number) if number.is_u64() => number.as_u64(),
            // 2^64 and more: serde_json keeps such as a double.
            Value::Number(number) if number.as_f64().is_some_and(|value| value >= 1.8e19) => {
                Some(u64::MAX)
            }
            Value::String(text) if text.parse::<u64>().is_ok() => text.parse().ok(),
            other => {
                place.complain("a number that is not negative", other);
                None
            }
        }
    }

    /// Returns the number at `key` as a type of fewer bits.
    pub(in crate::import) fn small<T: TryFrom<u64>>(&self, key: &str) -> Option<T> {
        let number = self.number(key)?;
        let small = T::try_from(number).ok();
        if small.is_none() {
            self.get(key).note(format!("{number} is out of range"));
        }
        small
    }

    /// Notes that this place is not as it should be.
    pub(in crate::import) fn note(&self, words: String) {
        let mut damage = self.damage.borrow_mut();
        if damage.len() < MOST {
            damage.push((self.path.clone(), words));
        }
    }

    fn complain(&self, wanted: &str, found: &Value) {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "another number",
            Value::String(_) => "a text",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        self.note(format!("{wanted} was expected, {found} found"));
    }
}
