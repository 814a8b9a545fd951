//! What is wrong with a file, and where: all of it at once.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::node::Lines;
use crate::text::Text;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, as the user named it.
    #[serde(serialize_with = "as_text")]
    pub file: Arc<str>,
    /// The line, from 1.
    pub line: usize,
    /// JSON pointer (RFC 6901), where the file is JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
}

fn as_text<S: serde::Serializer>(file: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(file)
}

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// The object that it is about, such as ``port `a1` ``; empty where it is the file.
    pub about: Text,
    /// What is wrong, in one sentence without its full stop.
    pub what: Text,
    /// What to do about it, where we know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<Text>,
}

impl Fault {
    /// Returns the whole complaint without its hint, in both languages.
    pub fn message(&self) -> Text {
        let Place { file, line, pointer } = &self.place;
        let pointer = pointer.as_ref().filter(|pointer| !pointer.is_empty());
        let pointer = pointer.map(|pointer| format!(" ({pointer})")).unwrap_or_default();
        let (colon, comma) = if self.about.en.is_empty() { ("", "") } else { ("，", ", ") };
        let zh =
            format!("`{file}` 第 {line} 行{pointer}{colon}{}：{}", self.about.zh, self.what.zh);
        let en =
            format!("`{file}`, line {line}{pointer}{comma}{}: {}", self.about.en, self.what.en);
        Text { zh, en }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message().en)
    }
}

/// Why a file is no desired state. It is refused whole, whatever is right in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", .faults.first().map(ToString::to_string).unwrap_or_default(), more(self.count()))]
pub struct SpecErrors {
    /// What is wrong, in the order of the file; at least one.
    pub faults: Vec<Fault>,
    /// How many more there are than anyone reads at once.
    pub left_out: usize,
}

fn more(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    }
}

impl SpecErrors {
    /// Returns how much is wrong.
    pub fn count(&self) -> usize {
        self.faults.len() + self.left_out
    }

    /// What the operator can do about it, where we know: in English, of the first fault.
    pub fn hint(&self) -> Option<String> {
        self.faults.first().and_then(|fault| fault.hint.as_ref()).map(|hint| hint.en.clone())
    }
}

/// The object being read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct About<'n> {
    /// What it is: Chinese, English; empty for the file.
    pub(super) kind: (&'static str, &'static str),
    /// Its id; empty where it has none.
    pub(super) id: &'n str,
    /// Which rule of it, from 1.
    pub(super) rule: Option<usize>,
}

impl About<'_> {
    fn text(&self) -> Text {
        let (zh, en) = self.kind;
        let id = if self.id.is_empty() { "" } else { " `{0}`" };
        let (rule_zh, rule_en) =
            if self.rule.is_some() { (" 规则 {1}", ", rule {1}") } else { ("", "") };
        let (zh, en) = (format!("{zh}{id}{rule_zh}"), format!("{en}{id}{rule_en}"));
        Text::of(&zh, &en, &[&self.id, &self.rule.unwrap_or_default()])
    }
}

/// A fault with its place as a byte.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) at: usize,
    about: Text,
    what: Text,
    hint: Option<Text>,
}

impl Found {
    /// Returns the fault with its place as a reader has it.
    pub(super) fn placed(
        self,
        file: &Arc<str>,
        lines: &Lines<'_>,
        pointer: Option<String>,
    ) -> Fault {
        let place = Place { file: Arc::clone(file), line: lines.line(self.at), pointer };
        Fault { place, about: self.about, what: self.what, hint: self.hint }
    }
}

/// What reading found wrong so far, and what it is reading.
#[derive(Debug)]
pub(super) struct Faults<'n> {
    pub(super) found: Vec<Found>,
    pub(super) left_out: usize,
    pub(super) about: About<'n>,
    pub(super) lines: &'n Lines<'n>,
}

/// More than anyone reads at once.
const REPORTED: usize = 200;

impl<'n> Faults<'n> {
    pub(super) fn new(lines: &'n Lines<'n>) -> Self {
        Self { found: Vec::new(), left_out: 0, about: About::default(), lines }
    }

    /// Whether nothing is wrong so far.
    pub(super) fn none(&self) -> bool {
        self.found.is_empty()
    }

    /// Notes what is wrong at `at`; see [`Text::of`] for `values`.
    pub(super) fn add(&mut self, at: usize, zh: &str, en: &str, values: &[&dyn fmt::Display]) {
        if self.found.len() < REPORTED {
            let (about, what) = (self.about.text(), Text::of(zh, en, values));
            self.found.push(Found { at, about, what, hint: None });
        } else {
            self.left_out += 1;
        }
    }

    /// Says what to do about the last that was noted.
    pub(super) fn hint(&mut self, zh: &str, en: &str, values: &[&dyn fmt::Display]) {
        if let Some(last) = self.found.last_mut().filter(|_| self.left_out == 0) {
            last.hint = Some(Text::of(zh, en, values));
        }
    }

    /// Says which of `names` the word that was complained about last may have meant.
    pub(super) fn hint_nearest(
        &mut self,
        word: &str,
        names: &mut dyn Iterator<Item = &str>,
        list: Option<(&str, &str)>,
    ) {
        if self.left_out > 0 {
            return;
        }
        match (nearest(word, names), list) {
            (Some(name), _) => self.hint("是否为 `{0}`？", "did you mean `{0}`?", &[&name]),
            (None, Some((zh, en))) => self.hint(zh, en, &[]),
            (None, None) => {}
        }
    }
}

/// Returns the one of `names` that `word` probably meant.
fn nearest<'n>(word: &str, names: &mut dyn Iterator<Item = &'n str>) -> Option<&'n str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    names
        .filter(|name| word.chars().count().max(name.chars().count()) <= COMPARED)
        // An exchange of neighbours is one edit.
        .map(|name| (strsim::osa_distance(word, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Words longer than this are not compared: the table is quadratic.
const COMPARED: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_name_is_offered() {
        let near = |word: &str| nearest(word, &mut ["network", "device", "mac"].into_iter());
        assert_eq!(near("netwrok"), Some("network"));
        assert_eq!(near("divice"), Some("device"));
        assert_eq!(near("ips"), None);
        assert_eq!(near("mca"), Some("mac"));
    }

    #[test]
    fn a_flood_of_faults_is_counted_and_not_kept() {
        let lines = Lines::of("");
        let mut faults = Faults::new(&lines);
        for number in 0..1000 {
            faults.add(0, "{0}", "{0}", &[&number]);
            faults.hint("h{0}", "h{0}", &[&number]);
        }
        assert_eq!((faults.found.len(), faults.left_out), (REPORTED, 1000 - REPORTED));
        let last = faults.found.last().unwrap();
        assert_eq!(last.hint.as_ref().unwrap().en, format!("h{}", REPORTED - 1));
    }
}
