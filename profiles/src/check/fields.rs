//! Reading a table's entries: each asked for by name, the rest refused.

use crate::Text;
use crate::finding::{Finding, Severity, did_you_mean};
use crate::node::{Node, Place, Table, Value};

/// What reading found wrong so far, and what it is reading.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    pub(crate) found: Vec<Finding>,
    /// The check being read.
    pub(crate) check: Option<String>,
}

/// More than anyone reads at once.
const REPORTED: usize = 200;

impl Problems {
    /// Notes an error at `place`.
    pub(crate) fn error(&mut self, place: &Place, message: impl Into<String>) {
        self.add(Severity::Error, place, None, None, message.into());
    }

    /// Notes an error about `path`, or about a value for it.
    pub(crate) fn at_path(
        &mut self,
        place: &Place,
        path: &str,
        unit: Option<String>,
        message: String,
    ) {
        self.add(Severity::Error, place, Some(path.to_owned()), unit, message);
    }

    fn add(
        &mut self,
        severity: Severity,
        place: &Place,
        path: Option<String>,
        unit: Option<String>,
        message: String,
    ) {
        if self.found.len() < REPORTED {
            let (place, check) = (place.clone(), self.check.clone());
            self.found.push(Finding { severity, place, check, path, unit, message });
        }
    }
}

/// A table being read.
pub(crate) struct Fields<'n> {
    table: &'n Table,
    pub(crate) place: &'n Place,
    asked: Vec<&'static str>,
}

impl<'n> Fields<'n> {
    /// Opens `node`, which must be a table.
    pub(crate) fn of(node: &'n Node, problems: &mut Problems, what: &str) -> Option<Self> {
        match &node.value {
            Value::Table(table) => Some(Self { table, place: &node.place, asked: Vec::new() }),
            other => {
                problems.error(&node.place, format!("{what} is {}, not a table", other.kind()));
                None
            }
        }
    }

    /// Returns the entry `key`, which is thereby known.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<&'n Node> {
        self.asked.push(key);
        self.table.get(key)
    }

    /// Refuses the entries nobody asked for.
    pub(crate) fn finish(self, problems: &mut Problems) {
        for (key, node) in self.table {
            if !self.asked.contains(&key.as_str()) {
                let hint = did_you_mean(key, self.asked.iter().copied());
                problems.error(&node.place, format!("unknown field `{key}`{hint}"));
            }
        }
    }

    /// Returns the text `key`.
    pub(crate) fn text(&mut self, key: &'static str, problems: &mut Problems) -> Option<&'n str> {
        let node = self.take(key)?;
        text_of(node, key, problems)
    }

    /// Returns the text `key`, or notes that it is missing.
    pub(crate) fn needed(&mut self, key: &'static str, problems: &mut Problems) -> Option<&'n str> {
        let node = self.entry(key, problems)?;
        text_of(node, key, problems)
    }

    /// Returns the entry `key`, or notes that it is missing.
    pub(crate) fn entry(&mut self, key: &'static str, problems: &mut Problems) -> Option<&'n Node> {
        let node = self.take(key);
        if node.is_none() {
            problems.error(self.place, format!("`{key}` is missing"));
        }
        node
    }

    /// Returns the flag `key`, where it is written.
    pub(crate) fn flag(&mut self, key: &'static str, problems: &mut Problems) -> Option<bool> {
        let node = self.take(key)?;
        match &node.value {
            Value::Flag(flag) => Some(*flag),
            other => {
                let message = format!("`{key}` is {}, not true or false", other.kind());
                problems.error(&node.place, message);
                None
            }
        }
    }

    /// Returns the whole number `key`.
    pub(crate) fn count(&mut self, key: &'static str, problems: &mut Problems) -> Option<i128> {
        let node = self.take(key)?;
        match &node.value {
            Value::Integer(number) if *number >= 0 => Some(i128::from(*number)),
            other => {
                let message = format!("`{key}` is {}, not a count from 0", other.kind());
                problems.error(&node.place, message);
                None
            }
        }
    }

    /// Returns the bilingual text `key`.
    pub(crate) fn bilingual(&mut self, key: &'static str, problems: &mut Problems) -> Option<Text> {
        let node = self.take(key)?;
        bilingual(node, key, problems)
    }

    /// Returns the elements of the list `key`; none where it is not written.
    pub(crate) fn list(&mut self, key: &'static str, problems: &mut Problems) -> &'n [Node] {
        match self.take(key).map(|node| (&node.value, &node.place)) {
            None => &[],
            Some((Value::List(items), _)) => items,
            Some((other, place)) => {
                problems.error(place, format!("`{key}` is {}, not a list", other.kind()));
                &[]
            }
        }
    }
}

/// Returns the text `node` is.
pub(crate) fn text_of<'n>(node: &'n Node, key: &str, problems: &mut Problems) -> Option<&'n str> {
    match &node.value {
        Value::Text(text) => Some(text),
        other => {
            problems.error(&node.place, format!("`{key}` is {}, not a text", other.kind()));
            None
        }
    }
}

/// Reads `{ zh = "…", en = "…" }`; both must be there and say something.
pub(crate) fn bilingual(node: &Node, key: &str, problems: &mut Problems) -> Option<Text> {
    let mut fields = Fields::of(node, problems, &format!("`{key}`"))?;
    let mut side = |lang: &'static str| {
        let text = fields.take(lang).and_then(|node| text_of(node, lang, problems));
        let text = text.filter(|text| !text.trim().is_empty());
        if text.is_none() {
            problems.error(&node.place, format!("`{key}` lacks its `{lang}` text"));
        }
        text.map(str::to_owned)
    };
    let (zh, en) = (side("zh"), side("en"));
    fields.finish(problems);
    Some(Text { zh: zh?, en: en? })
}
