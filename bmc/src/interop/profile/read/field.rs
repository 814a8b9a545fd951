//! The properties of an object of a profile: each is taken once, and what is left at the end was
//! not understood.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Level, MOST_UNREAD, Misread, Unread, Version};

/// An object of a profile under reading.
pub(super) struct Fields<'a> {
    /// None where it is no object.
    map: Option<&'a Map<String, Value>>,
    place: String,
    taken: BTreeSet<&'a str>,
    unread: &'a mut Vec<Unread>,
}

impl<'a> Fields<'a> {
    /// Takes up the object at `place`; anything else has no properties and is noted.
    pub(super) fn of(value: &'a Value, place: String, unread: &'a mut Vec<Unread>) -> Self {
        let map = value.as_object();
        let mut fields = Self { map, place, taken: BTreeSet::new(), unread };
        if map.is_none() {
            fields.tell(None, Misread::Not { expected: "an object" });
        }
        fields
    }

    /// Says whether it has that property.
    pub(super) fn has(&self, key: &str) -> bool {
        self.map.is_some_and(|map| map.contains_key(key))
    }

    /// Returns how much was not understood so far, in the whole document.
    pub(super) fn count(&self) -> usize {
        self.unread.len()
    }

    /// Returns a property, and takes it.
    pub(super) fn take(&mut self, key: &str) -> Option<&'a Value> {
        let (key, value) = self.map?.get_key_value(key)?;
        self.taken.insert(key);
        Some(value)
    }

    /// Takes what is not judged, and is nothing to judge.
    pub(super) fn skip(&mut self, keys: &[&str]) {
        for key in keys {
            self.take(key);
        }
    }

    /// Notes a property as one that is not judged, where it is there.
    pub(super) fn refuse(&mut self, key: &str, trouble: Misread) {
        if self.take(key).is_some() {
            self.tell(Some(key), trouble);
        }
    }

    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        let value = self.take(key)?;
        self.kept(key, value.as_str(), "text").map(str::to_owned)
    }

    pub(super) fn number(&mut self, key: &str) -> Option<u64> {
        let value = self.take(key)?;
        self.kept(key, value.as_u64(), "a whole number")
    }

    pub(super) fn truth(&mut self, key: &str) -> bool {
        let Some(value) = self.take(key) else { return false };
        self.kept(key, value.as_bool(), "true or false").unwrap_or_default()
    }

    pub(super) fn version(&mut self, key: &str) -> Option<Version> {
        let value = self.take(key)?;
        // Published profiles have 1_0_0 too, as schemas do.
        let version = value
            .as_str()
            .and_then(|text| Version::read(text).or_else(|| Version::within(&format!("v{text}"))));
        self.kept(key, version, "a version")
    }

    pub(super) fn values(&mut self, key: &str) -> Option<Vec<Value>> {
        let value = self.take(key)?;
        self.kept(key, value.as_array(), "an array").cloned()
    }

    pub(super) fn texts(&mut self, key: &str) -> Vec<String> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let texts = value.as_array().and_then(|items| {
            items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        self.kept(key, texts, "an array of texts").unwrap_or_default()
    }

    /// Returns a requirement; none where there is none, and [`Level::Unread`] for another word.
    pub(super) fn level(&mut self, key: &str) -> Option<Level> {
        const LEVELS: [Level; 8] = [
            Level::Mandatory,
            Level::Supported,
            Level::Recommended,
            Level::IfImplemented,
            Level::IfPopulated,
            Level::Conditional,
            Level::Excluded,
            Level::None,
        ];
        let value = self.take(key)?;
        let level = LEVELS.into_iter().find(|level| value.as_str() == Some(level.word()));
        Some(self.kept(key, level, "a requirement").unwrap_or(Level::Unread))
    }

    /// Reads the object of that name.
    pub(super) fn within(&mut self, key: &str, read: &mut dyn FnMut(&mut Fields<'_>)) {
        if let Some(value) = self.take(key) {
            let place = self.place_of(key);
            read(&mut Fields::of(value, place, self.unread));
        }
    }

    /// Reads each object of the object of that name.
    pub(super) fn each(&mut self, key: &str, read: &mut dyn FnMut(&str, &mut Fields<'_>)) {
        let Some(value) = self.take(key) else { return };
        let Some(map) = self.kept(key, value.as_object(), "an object") else { return };
        for (name, value) in map {
            let place = format!("{}/{}", self.place_of(key), escaped(name));
            read(name, &mut Fields::of(value, place, self.unread));
        }
    }

    /// Reads each object of the array of that name.
    pub(super) fn list(&mut self, key: &str, read: &mut dyn FnMut(&mut Fields<'_>)) {
        let Some(value) = self.take(key) else { return };
        let Some(items) = self.kept(key, value.as_array(), "an array") else { return };
        for (at, value) in items.iter().enumerate() {
            let place = format!("{}/{at}", self.place_of(key));
            read(&mut Fields::of(value, place, self.unread));
        }
    }

    /// Notes what was not taken; `known` are the names that it may have meant.
    pub(super) fn end(&mut self, known: &[&'static str]) {
        let Some(map) = self.map else { return };
        for key in map.keys() {
            if !self.taken.contains(key.as_str()) {
                // `ConditionalRequirement` is in published profiles.
                let meant = known.iter().copied().find(|known| {
                    known.strip_suffix('s') == Some(key) || key.strip_suffix('s') == Some(*known)
                });
                self.tell(Some(key), Misread::Unknown { meant });
            }
        }
    }

    pub(super) fn tell(&mut self, key: Option<&str>, trouble: Misread) {
        if self.unread.len() < MOST_UNREAD {
            let place = key.map_or_else(|| self.place.clone(), |key| self.place_of(key));
            self.unread.push(Unread { place, trouble });
        }
    }

    fn kept<T>(&mut self, key: &str, read: Option<T>, expected: &'static str) -> Option<T> {
        if read.is_none() {
            self.tell(Some(key), Misread::Not { expected });
        }
        read
    }

    fn place_of(&self, key: &str) -> String {
        format!("{}/{}", self.place, escaped(key))
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
