//! A table of a project file: each key asked for by name, the rest refused with its line.

use std::borrow::Cow;

use profiles::Text;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
    value::Datetime,
};

use crate::lang::text;

/// Something wrong with a project file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there, and what to write instead.
    pub say: Text,
}

/// The text of a file, and what is wrong with it so far.
pub(super) struct Reading<'t> {
    pub(super) text: &'t str,
    pub(super) faults: Vec<Fault>,
}

impl Reading<'_> {
    /// Returns the line that `at` is in.
    pub(super) fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or_default();
        before.matches('\n').count().saturating_add(1)
    }

    /// Notes what is wrong at `at`.
    pub(super) fn fault(&mut self, at: usize, say: Text) {
        let line = self.line(at);
        self.faults.push(Fault { line, say });
    }
}

/// Returns a sentence and, where a name is near, what was probably meant.
pub(super) fn meant(mut say: Text, near: Option<&str>) -> Text {
    if let Some(near) = near {
        let more = text("；是否为 `{}`？", "; did you mean `{}`?", &[near]);
        say.zh.push_str(&more.zh);
        say.en.push_str(&more.en);
    }
    say
}

/// A table that is read.
pub(super) struct Table<'t> {
    entries: &'t DeTable<'t>,
    /// Where it is.
    pub(super) at: usize,
    /// What messages call it; empty for the file.
    name: &'static str,
    asked: Vec<&'static str>,
}

/// A value and where its key stands.
pub(super) type Entry<'t> = (usize, &'t DeValue<'t>);

impl<'t> Table<'t> {
    /// Opens the whole file.
    pub(super) fn whole(table: &'t DeTable<'t>) -> Self {
        Self { entries: table, at: 0, name: "", asked: Vec::new() }
    }

    /// Opens a value that has to be a table.
    pub(super) fn of(
        (at, value): Entry<'t>,
        name: &'static str,
        r: &mut Reading<'_>,
    ) -> Option<Self> {
        match value {
            DeValue::Table(table) => Some(Self { entries: table, at, name, asked: Vec::new() }),
            other => {
                r.fault(
                    at,
                    kind(name, other, "是表（{ 字段 = 值 }）", "a table ({ field = value })"),
                );
                None
            }
        }
    }

    /// Returns the entry `key`, which is thereby known.
    pub(super) fn take(&mut self, key: &'static str) -> Option<Entry<'t>> {
        self.asked.push(key);
        let (key, value) = self.entries.get_key_value(key)?;
        Some((key.span().start, value.get_ref()))
    }

    /// Returns every entry with its key: a table whose keys are names.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'t str, Entry<'t>)> {
        let entries: &'t DeTable<'t> = self.entries;
        entries.iter().map(|(key, value)| {
            let name: &'t Cow<'t, str> = key.get_ref();
            (name.as_ref(), (key.span().start, value.get_ref()))
        })
    }

    /// Returns the text `key`; one that is blank is none.
    pub(super) fn text(&mut self, key: &'static str, r: &mut Reading<'_>) -> Option<String> {
        let entry = self.take(key)?;
        text_of(entry, key, r)
    }

    /// Returns the text `key`, or notes that it is missing.
    pub(super) fn needed(&mut self, key: &'static str, r: &mut Reading<'_>) -> Option<String> {
        let before = r.faults.len();
        let found = self.text(key, r);
        if found.is_none() && r.faults.len() == before {
            let name = self.name;
            r.fault(self.at, text("{} 缺少 `{}`", "{} lacks `{}`", &[name, key]));
        }
        found
    }

    /// Returns the day `key`, or notes that it is missing.
    pub(super) fn day(&mut self, key: &'static str, r: &mut Reading<'_>) -> Option<String> {
        if let Some(entry) = self.take(key) {
            return day_of(entry, key, r);
        }
        let name = self.name;
        r.fault(self.at, text("{} 缺少 `{}`", "{} lacks `{}`", &[name, key]));
        None
    }

    /// Returns the items of the list `key`; none where it is not written.
    pub(super) fn list(
        &mut self,
        key: &'static str,
        r: &mut Reading<'_>,
    ) -> &'t [Spanned<DeValue<'t>>] {
        match self.take(key) {
            None => &[],
            Some((_, DeValue::Array(items))) => items,
            Some((at, other)) => {
                r.fault(at, kind(key, other, "是列表（[…]）", "a list"));
                &[]
            }
        }
    }

    /// Refuses the keys that nobody asked for.
    pub(super) fn finish(self, r: &mut Reading<'_>) {
        for (key, (at, _)) in self.all() {
            if !self.asked.contains(&key) {
                let near = profiles::nearest(key, self.asked.iter().copied());
                let say = if self.name.is_empty() {
                    text("没有 `{}` 这个字段", "there is no field `{}`", &[key])
                } else {
                    let name = self.name;
                    text("{1} 中没有 `{0}` 这个字段", "{1} has no field `{0}`", &[key, name])
                };
                r.fault(at, meant(say, near));
            }
        }
    }
}

/// Returns where an item of a list stands, and what it is.
pub(super) fn item<'t>(item: &'t Spanned<DeValue<'t>>) -> Entry<'t> {
    (item.span().start, item.get_ref())
}

/// Returns the text a value is; one that is blank is none.
pub(super) fn text_of((at, value): Entry<'_>, key: &str, r: &mut Reading<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        other => {
            r.fault(at, kind(key, other, "是加引号的文字", "a text in quotes"));
            None
        }
    }
}

/// Returns the day a value is: a date, or a text like it.
pub(super) fn day_of((at, value): Entry<'_>, key: &str, r: &mut Reading<'_>) -> Option<String> {
    let found = match value {
        DeValue::Datetime(day) => Some(*day),
        DeValue::String(text) => text.parse::<Datetime>().ok(),
        _ => None,
    };
    let found = found.filter(|day| day.time.is_none() && day.offset.is_none());
    let day = found.and_then(|day| day.date).map(|date| date.to_string());
    if day.is_none() {
        r.fault(
            at,
            text(
                "`{}` 不是日期，写作 2026-11-23",
                "`{}` is no day; write it as 2026-11-23",
                &[key],
            ),
        );
    }
    day
}

fn kind(key: &str, found: &DeValue<'_>, zh: &str, en: &str) -> Text {
    let found = match found {
        DeValue::String(_) => Text::new("文字", "a text"),
        DeValue::Integer(_) | DeValue::Float(_) => Text::new("数字", "a number"),
        DeValue::Boolean(_) => Text::new("真假值", "true or false"),
        DeValue::Datetime(_) => Text::new("日期", "a date"),
        DeValue::Array(_) => Text::new("列表", "a list"),
        DeValue::Table(_) => Text::new("表", "a table"),
    };
    Text::new(
        format!("`{key}` 应{zh}，写的却是{}", found.zh),
        format!("`{key}` is {}, not {en}", found.en),
    )
}
