//! What people and programs read on stdout: pure, from values to text.

pub mod accept;
#[cfg(feature = "bmc")]
pub mod bmc;
pub mod inventory;
pub mod key;
pub mod net;
pub mod plan;
pub mod profile;
pub mod project;
pub mod report;
#[cfg(feature = "bmc")]
pub mod site;
pub mod storage;
pub mod storage_clients;
pub mod storage_plan;
pub mod table;
pub mod unit;
#[cfg(feature = "bmc")]
pub mod via;
pub mod width;

use std::fmt::{self, Write as _};

use profiles::Lang;

/// Adds formatted text.
pub(crate) fn put(text: &mut String, more: fmt::Arguments<'_>) {
    text.write_fmt(more).expect("a String takes any text");
}

/// Adds a paragraph whose further lines stand under its first.
pub(crate) fn put_paragraph(text: &mut String, lead: &str, paragraph: &str, layout: Layout) {
    let indent = width::of(lead);
    let room = layout.columns.map_or(usize::MAX, |columns| columns.saturating_sub(indent).max(20));
    let lines =
        if room == usize::MAX { vec![paragraph.to_owned()] } else { width::wrap(paragraph, room) };
    for (index, line) in lines.iter().enumerate() {
        if index == 0 {
            text.push_str(lead);
        } else {
            text.push_str(&" ".repeat(indent));
        }
        text.push_str(line);
        text.push('\n');
    }
}

/// How the text is laid out.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Language.
    pub lang: Lang,
    /// Colour.
    pub paint: Paint,
    /// Columns of the terminal, where there is one.
    pub columns: Option<usize>,
}

impl Layout {
    /// Returns one of two texts.
    pub fn say<'t>(self, zh: &'t str, en: &'t str) -> &'t str {
        match self.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
}

/// How text is coloured. Colour repeats what the words say, never more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paint {
    /// Not at all.
    #[default]
    Plain,
    /// By ANSI escape sequences.
    Ansi,
}

/// What a coloured word means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// As wanted.
    Good,
    /// Not as wanted.
    Bad,
    /// Open.
    Open,
    /// A heading.
    Strong,
    /// Beside the point.
    Faint,
}

impl Paint {
    /// Returns `text` in the colour of `tone`.
    pub fn dye(self, tone: Tone, text: &str) -> String {
        let code = match (self, tone) {
            (Self::Plain, _) => return text.to_owned(),
            (Self::Ansi, Tone::Good) => "32",
            (Self::Ansi, Tone::Bad) => "1;31",
            (Self::Ansi, Tone::Open) => "33",
            (Self::Ansi, Tone::Strong) => "1",
            (Self::Ansi, Tone::Faint) => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}
