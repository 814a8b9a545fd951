//! A text in both languages of the product.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A language a user reads.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// One text in Chinese and in English.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Returns a text of both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// Returns a text that reads the same in both languages: a number, a name.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { zh: text.clone(), en: text }
    }

    /// Returns the text in `lang`.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }

    // The judge writes long texts of many parts, ten thousand machines at a time. Parts
    // that were texts of their own, to be joined, were a third of its time.

    /// Returns an empty text with room for `bytes` in each language.
    pub(crate) fn with_room(bytes: usize) -> Self {
        Self { zh: String::with_capacity(bytes), en: String::with_capacity(bytes) }
    }

    /// Adds to the text of each language.
    pub(crate) fn push(&mut self, zh: &str, en: &str) {
        self.zh.push_str(zh);
        self.en.push_str(en);
    }

    /// Adds what `write` writes to both.
    pub(crate) fn push_same(&mut self, write: impl FnOnce(&mut String)) {
        let start = self.zh.len();
        write(&mut self.zh);
        self.en.push_str(self.zh.get(start..).unwrap_or_default());
    }

    /// Returns where it ends now.
    pub(crate) fn mark(&self) -> Mark {
        Mark { zh: self.zh.len(), en: self.en.len() }
    }

    /// Returns what was added from `start` to `end`.
    pub(crate) fn between(&self, start: Mark, end: Mark) -> (&str, &str) {
        let zh = self.zh.get(start.zh..end.zh);
        (zh.unwrap_or_default(), self.en.get(start.en..end.en).unwrap_or_default())
    }

    /// Returns whether nothing was added since `mark`.
    pub(crate) fn stands_at(&self, mark: Mark) -> bool {
        self.zh.len() == mark.zh
    }

    /// Takes back what was added since `mark`.
    pub(crate) fn take_back(&mut self, mark: Mark) {
        self.zh.truncate(mark.zh);
        self.en.truncate(mark.en);
    }
}

/// A place in a text that is being written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    zh: usize,
    en: usize,
}
