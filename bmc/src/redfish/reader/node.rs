//! An object in a tree: a resource, or a part of one.

use serde_json::{Map, Value};

use super::{MOST_MEMBERS, Reader};
use crate::redfish::{finding::Trouble, tree};

/// An object that is read: a whole resource, a member that stands in its collection, an object
/// in a resource.
#[derive(Clone, Debug)]
pub struct Node<'r> {
    pub(super) reader: &'r Reader<'r>,
    /// The path that the body came from.
    pub(super) path: String,
    /// Where in that body the object stands.
    pub(super) pointer: String,
    pub(super) fields: &'r Map<String, Value>,
}

/// `Status` of a resource, in the BMC's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// `Enabled`, `Absent`, `UnavailableOffline`, ….
    pub state: Option<String>,
    /// `OK`, `Warning`, `Critical`; its own, else the roll-up of its parts.
    pub health: Option<String>,
}

impl<'r> Node<'r> {
    pub(super) const fn whole(
        reader: &'r Reader<'r>,
        path: String,
        fields: &'r Map<String, Value>,
    ) -> Self {
        Self { reader, path, pointer: String::new(), fields }
    }

    /// Returns the path that the object's body came from.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns where the object is: the path of a resource, a part's with its pointer
    /// (`/redfish/v1/Chassis/1/Power#/PowerSupplies/0`).
    ///
    /// A member that stands in its collection is where its own `@odata.id` says.
    pub fn place(&self) -> String {
        // What says to be a part of something is where it stands: some count all parts as the first.
        let own = self.fields.get("@odata.id").and_then(Value::as_str);
        if let Some(link) = own.filter(|link| !self.pointer.is_empty() && !link.contains('#'))
            && let Some(path) = tree::path(link)
        {
            return path;
        }
        if self.pointer.is_empty() {
            return self.path.clone();
        }
        format!("{}#{}", self.path, self.pointer)
    }

    /// Says whether the object has `key`, and not as `null`.
    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    /// Returns the value of `key` as it stands; `null` is none.
    pub fn value(&self, key: &str) -> Option<&'r Value> {
        self.fields.get(key).filter(|value| !value.is_null())
    }

    /// Returns the names of all fields.
    pub fn keys(&self) -> impl Iterator<Item = &'r str> {
        self.fields.keys().map(String::as_str)
    }

    /// Returns a text, blanks folded. What only says that there is none (`N/A`) is none.
    pub fn text(&self, key: &str) -> Option<String> {
        match self.value(key)? {
            Value::String(text) => {
                let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
                (!says_nothing(&folded)).then_some(folded)
            }
            value @ (Value::Number(_) | Value::Bool(_)) => {
                self.bent(key, "text", value);
                Some(value.to_string())
            }
            other => self.dropped(key, "text", other),
        }
    }

    /// Returns a text, or a number as one: some fields changed from one to the other.
    pub fn text_or_number(&self, key: &str) -> Option<String> {
        match self.value(key)? {
            Value::Number(number) => Some(number.to_string()),
            _ => self.text(key),
        }
    }

    /// Returns which of the words, all in lower case, a text is; another one is dropped.
    pub fn word(
        &self,
        key: &str,
        expected: &'static str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        let text = self.text(key)?;
        let found = words.iter().find(|word| text.eq_ignore_ascii_case(word));
        match (found, self.value(key)) {
            (None, Some(value)) => self.dropped(key, expected, value),
            (found, _) => found.copied(),
        }
    }

    /// Returns a number.
    pub fn number(&self, key: &str) -> Option<f64> {
        let value = self.value(key)?;
        let found = self.as_number(key, value)?;
        if found.is_finite() { Some(found) } else { self.dropped(key, "a number", value) }
    }

    /// Returns a whole number that is not negative.
    pub fn count(&self, key: &str) -> Option<u64> {
        let value = self.value(key)?;
        if let Value::Number(number) = value
            && let Some(count) = number.as_u64()
        {
            return Some(count);
        }
        let found = self.as_number(key, value)?;
        // Up to 2^53 a float is exact, so its digits are the number.
        let is_whole = (0.0..9_007_199_254_740_992.0).contains(&found) && found.fract() == 0.0;
        match format!("{found:.0}").parse() {
            Ok(count) if is_whole => Some(count),
            _ => self.dropped(key, "a whole number", value),
        }
    }

    /// Returns an amount in units of `unit` as one of ones: 2 KiB with a unit of 1024 are 2048.
    pub fn amount(&self, key: &str, unit: u32) -> Option<u64> {
        let value = self.value(key)?;
        let exact = self.as_number(key, value)? * f64::from(unit);
        match format!("{:.0}", exact.round()).parse() {
            // Beyond, a float has no ones any more.
            Ok(amount) if (0.0..9.0e15).contains(&exact) => Some(amount),
            _ => self.dropped(key, "a whole number", value),
        }
    }

    /// Returns the first of several fields that says something.
    pub fn first_text(&self, keys: &[&str]) -> Option<String> {
        keys.iter().find_map(|key| self.text(key))
    }

    fn as_number(&self, key: &str, value: &Value) -> Option<f64> {
        match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) if says_nothing(text.trim()) => {
                self.bent(key, "a number", value);
                None
            }
            Value::String(text) => {
                let digits = text.trim().trim_end_matches('%').trim_end();
                let Ok(number) = digits.parse() else {
                    return self.dropped(key, "a number", value);
                };
                self.bent(key, "a number", value);
                Some(number)
            }
            other => self.dropped(key, "a number", other),
        }
    }

    /// Returns a truth value.
    pub fn flag(&self, key: &str) -> Option<bool> {
        let value = self.value(key)?;
        let read = match value {
            Value::Bool(flag) => return Some(*flag),
            Value::Number(number) => number.as_u64().filter(|number| *number < 2).map(|n| n == 1),
            Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "enabled" | "1" => Some(true),
                "false" | "no" | "disabled" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        };
        if read.is_none() {
            return self.dropped(key, "true or false", value);
        }
        self.bent(key, "true or false", value);
        read
    }

    /// Returns an object in this one.
    pub fn node(&self, key: &str) -> Option<Self> {
        let value = self.value(key)?;
        match value {
            Value::Object(fields) => Some(self.below(self.pointer_to(key), fields)),
            Value::Array(items) => match items.as_slice() {
                [] => None,
                [Value::Object(fields)] => {
                    self.bent(key, "an object", value);
                    Some(self.below(format!("{}/0", self.pointer_to(key)), fields))
                }
                _ => self.dropped(key, "an object", value),
            },
            other => self.dropped(key, "an object", other),
        }
    }

    /// Returns the object at `key`, or the first of an array of them: some schemas changed from one
    /// to the other.
    pub fn either(&self, key: &str) -> Option<Self> {
        match self.value(key)? {
            Value::Array(items) => {
                let at = items.iter().position(Value::is_object)?;
                let fields = items.get(at)?.as_object()?;
                Some(self.below(format!("{}/{at}", self.pointer_to(key)), fields))
            }
            _ => self.node(key),
        }
    }

    /// Returns the texts of an array; one text alone is an array of one.
    pub fn texts(&self, key: &str) -> Vec<String> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let items = match value {
            Value::Array(items) => items.as_slice(),
            Value::String(_) => {
                self.bent(key, "an array", value);
                std::slice::from_ref(value)
            }
            other => {
                self.dropped::<()>(key, "an array", other);
                return Vec::new();
            }
        };
        let mut texts = Vec::new();
        for (index, item) in items.iter().take(MOST_MEMBERS).enumerate() {
            match item {
                Value::String(text) if !says_nothing(text.trim()) => {
                    texts.push(text.trim().to_owned());
                }
                Value::String(_) | Value::Null => {}
                other => {
                    let pointer = format!("{}/{index}", self.pointer_to(key));
                    self.lost::<()>(pointer, "text", other);
                }
            }
        }
        texts
    }

    /// Returns the whole numbers of an array.
    pub fn counts(&self, key: &str) -> Vec<u64> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Value::Array(items) = value else {
            return self.count(key).into_iter().collect();
        };
        let mut counts = Vec::new();
        for (at, item) in items.iter().take(MOST_MEMBERS).enumerate() {
            match item.as_u64() {
                Some(count) => counts.push(count),
                None if item.is_null() => {}
                None => {
                    self.lost::<()>(
                        format!("{}/{at}", self.pointer_to(key)),
                        "a whole number",
                        item,
                    );
                }
            }
        }
        counts
    }

    /// Returns `Status`.
    pub fn status(&self) -> Status {
        let Some(status) = self.node("Status") else { return Status::default() };
        Status {
            state: status.text("State"),
            health: status.text("Health").or_else(|| status.text("HealthRollup")),
        }
    }

    /// Returns what vendors add: the objects in `Oem`, by vendor's name.
    pub fn oem(&self) -> Vec<(&'r str, Self)> {
        let Some(oem) = self.node("Oem") else { return Vec::new() };
        let below = |(name, value): (&'r String, &'r Value)| {
            let pointer = oem.pointer_to(name);
            value.as_object().map(|fields| (name.as_str(), oem.below(pointer, fields)))
        };
        oem.fields.iter().filter_map(below).collect()
    }

    pub(super) fn below(&self, pointer: String, fields: &'r Map<String, Value>) -> Self {
        Self { reader: self.reader, path: self.path.clone(), pointer, fields }
    }

    pub(super) fn pointer_to(&self, key: &str) -> String {
        let key = key.replace('~', "~0").replace('/', "~1");
        format!("{}/{key}", self.pointer)
    }

    /// Notes that something is wrong at `pointer`.
    pub(in crate::redfish) fn tell(&self, pointer: String, trouble: Trouble) {
        self.reader.tell(&self.path, pointer, trouble);
    }

    pub(super) fn bent(&self, key: &str, expected: &'static str, value: &Value) {
        self.tell(self.pointer_to(key), Trouble::Bent { expected, seen: short(value) });
    }

    /// Notes that the field `key` does not fit, and returns none.
    pub(in crate::redfish) fn dropped<T>(
        &self,
        key: &str,
        expected: &'static str,
        value: &Value,
    ) -> Option<T> {
        self.lost(self.pointer_to(key), expected, value)
    }

    pub(super) fn lost<T>(
        &self,
        pointer: String,
        expected: &'static str,
        value: &Value,
    ) -> Option<T> {
        self.tell(pointer, Trouble::Dropped { expected, seen: short(value) });
        None
    }
}

/// Says whether a text only tells that there is none.
fn says_nothing(text: &str) -> bool {
    let words = ["", "-", "--", "n/a", "na", "null", "unknown", "not available", "not specified"];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Returns `value` as a finding shows it.
pub(super) fn short(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("an array of {}", items.len()),
        Value::Object(fields) => format!("an object of {}", fields.len()),
        other => cut(&other.to_string()),
    }
}

/// Returns a text as a finding shows it.
pub(in crate::redfish) fn cut(text: &str) -> String {
    const MOST: usize = 64;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain("…".chars()).collect()
}
