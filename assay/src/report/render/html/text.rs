//! Text on the page: both languages, and escaping by context.
//!
//! Strings come from firmware, from files of suppliers and from persons. None is
//! trusted: markup is escaped, control and direction-changing characters are
//! shown by their code points, and what is endless is cut with its length told.

use std::fmt;

use askama::filters::HtmlSafe;
use profiles::{Lang, Text};

use crate::report::Language;

use super::super::words::Word;

/// Longer texts are cut on the page; `result.json` has them whole.
const LONGEST: usize = 1200;

/// Markup that is safe as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Html(pub(super) String);

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

/// What is said in two languages; templates hold references to references.
pub(super) trait Bilingual {
    /// Returns it in both.
    fn both(&self) -> Text;
}

impl Bilingual for Text {
    fn both(&self) -> Text {
        self.clone()
    }
}

impl Bilingual for Word {
    fn both(&self) -> Text {
        self.text()
    }
}

impl<T: Bilingual> Bilingual for &T {
    fn both(&self) -> Text {
        (**self).both()
    }
}

/// Says things in the languages of the report.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    /// The languages.
    pub(super) language: Language,
}

#[expect(clippy::unused_self, reason = "templates say everything by their voice")]
impl Voice {
    /// Returns the leading language.
    pub(super) fn lang(self) -> Lang {
        self.language.lead()
    }

    /// Returns the page's language as HTML names it.
    pub(super) fn code(self) -> &'static str {
        match self.lang() {
            Lang::Zh => "zh-CN",
            Lang::En => "en",
        }
    }

    /// Returns a text; the second language, where there is one, in a box of its own.
    pub(super) fn t(self, text: impl Bilingual) -> Html {
        let text = text.both();
        let lead = markup(text.get(self.lang()));
        if self.language == Language::Both && text.zh != text.en && !text.en.is_empty() {
            Html(format!("{lead}<span class=\"en\" lang=\"en\">{}</span>", markup(&text.en)))
        } else {
            Html(lead)
        }
    }

    /// Returns a fixed word.
    pub(super) fn w(self, word: impl Bilingual) -> Html {
        self.t(word)
    }

    /// Returns the colon of the leading language.
    pub(super) fn colon(self) -> &'static str {
        match self.lang() {
            Lang::Zh => "：",
            Lang::En => ": ",
        }
    }

    /// Returns a text that has no language, or `—` where there is none.
    pub(super) fn s(self, text: impl AsRef<str>) -> Html {
        let text = text.as_ref();
        Html(if text.trim().is_empty() { "—".to_owned() } else { markup(text) })
    }

    /// Returns a text where no markup can stand, cut short.
    pub(super) fn plain(self, text: impl AsRef<str>) -> Html {
        Html(label(text.as_ref(), 120))
    }

    /// Returns a text that may be missing, or `—`.
    #[expect(clippy::ref_option, reason = "templates hold references to fields")]
    pub(super) fn o(self, text: &Option<String>) -> Html {
        self.s(text.as_deref().unwrap_or_default())
    }

    /// Returns a text that may be missing, or a blank for the pen.
    #[expect(clippy::ref_option, reason = "templates hold references to fields")]
    pub(super) fn pen(self, text: &Option<String>) -> Html {
        match text {
            Some(text) if !text.trim().is_empty() => Html(markup(text)),
            _ => Html("&nbsp;".to_owned()),
        }
    }

    /// Returns a moment without its fraction and with a blank before its zone.
    pub(super) fn time(self, at: &str) -> Html {
        let (day, clock, zone) = moment(at);
        self.s(format!("{day} {clock} {zone}").trim_end())
    }

    /// Returns a time from one moment to another, what they share said once.
    pub(super) fn period(self, from: &str, to: &str) -> Html {
        let (day, clock, zone) = moment(from);
        let (end_day, end_clock, end_zone) = moment(to);
        if from == to || to.is_empty() {
            self.time(from)
        } else if zone != end_zone {
            Html(format!("{} — {}", self.time(from), self.time(to)))
        } else if day != end_day {
            self.s(format!("{day} {clock} — {end_day} {end_clock} {zone}"))
        } else {
            self.s(format!("{day} {clock} — {end_clock} {zone}"))
        }
    }

    /// Returns the class of the page: whether it has two languages.
    pub(super) fn class(self) -> &'static str {
        if self.language == Language::Both { "both" } else { "one" }
    }

    /// Returns a digest broken in groups, so that it wraps and can be read aloud.
    pub(super) fn digest(self, digest: &str) -> Html {
        let characters: Vec<char> = digest.chars().take(LONGEST).collect();
        let groups: Vec<String> =
            characters.chunks(8).map(|eight| markup(&eight.iter().collect::<String>())).collect();
        Html(format!("<span class=\"digest\">{}</span>", groups.join("<wbr>")))
    }
}

/// Splits a moment in day, clock without its fraction, and zone.
fn moment(at: &str) -> (&str, &str, &str) {
    let (day, rest) = at.split_once('T').unwrap_or((at, ""));
    let clock_end = rest.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(rest.len());
    let (clock, _) = rest.split_at_checked(clock_end.min(8)).unwrap_or((rest, ""));
    let zone_at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    match rest.get(zone_at..).unwrap_or_default() {
        "Z" => (day, clock, "UTC"),
        zone => (day, clock, zone),
    }
}

/// Returns `text` as HTML: escaped, its odd characters shown.
pub(super) fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut count = 0_usize;
    for character in text.chars() {
        count = count.saturating_add(1);
        if count > LONGEST {
            continue;
        }
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<br>"),
            odd if is_odd(odd) => {
                let piece = format!("<span class=\"odd\">U+{:04X}</span>", u32::from(odd));
                out.push_str(&piece);
            }
            plain => out.push(plain),
        }
    }
    if count > LONGEST {
        let more = count.saturating_sub(LONGEST);
        let piece = format!("<span class=\"odd\">… +{more}</span>");
        out.push_str(&piece);
    }
    out
}

/// Returns `text` for a picture: escaped, in at most `units` half-widths.
pub(super) fn label(text: &str, units: usize) -> String {
    let mut out = String::new();
    let mut used = 0_usize;
    let total: usize = text.chars().map(width).sum();
    let room = if total > units { units.saturating_sub(1) } else { units };
    for character in text.chars() {
        let next = used.saturating_add(width(character));
        if next > room {
            out.push('…');
            break;
        }
        used = next;
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            odd if is_odd(odd) || odd == '\n' => out.push('\u{fffd}'),
            plain => out.push(plain),
        }
    }
    out
}

/// Returns the string of a style sheet that reads as `text`.
pub(super) fn css_string(text: &str) -> String {
    let mut out = String::from("\"");
    for character in text.chars().take(120) {
        if is_odd(character) {
            out.push_str("\\fffd ");
        } else if character.is_alphanumeric() || matches!(character, ' ' | '-' | '/' | '.' | '_') {
            out.push(character);
        } else {
            let piece = format!("\\{:x} ", u32::from(character));
            out.push_str(&piece);
        }
    }
    out.push('"');
    out
}

/// Returns the width of a character in half-widths: letters 1, ideographs 2.
fn width(character: char) -> usize {
    match u32::from(character) {
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe4f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f000..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Returns whether a character is not seen, or changes how others are seen.
fn is_odd(character: char) -> bool {
    character.is_control() && character != '\n'
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{fffe}' | '\u{ffff}' | '\u{e000}'..='\u{f8ff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_direction_and_control_characters_are_shown_not_obeyed() {
        assert_eq!(markup("<b>#[$\"'&"), "&lt;b&gt;#[$&quot;&#39;&amp;");
        assert_eq!(markup("a\u{202e}b"), "a<span class=\"odd\">U+202E</span>b");
        assert_eq!(markup("a\u{7}"), "a<span class=\"odd\">U+0007</span>");
        assert_eq!(label("\u{202e}<x>", 9), "\u{fffd}&lt;x&gt;");
    }

    #[test]
    fn an_endless_text_is_cut_and_its_length_told() {
        let cut = markup(&"x".repeat(5000));
        assert!(cut.ends_with("… +3800</span>"), "{cut}");
        assert_eq!(label("CPU1_DIMM_A1", 6), "CPU1_…");
        assert_eq!(label("内存插槽", 8), "内存插槽");
        assert_eq!(label("内存插槽一", 8), "内存插…");
    }

    #[test]
    fn a_style_sheet_cannot_be_left_by_a_string() {
        assert_eq!(css_string("a\"}</style>"), "\"a\\22 \\7d \\3c /style\\3e \"");
        assert_eq!(css_string("编号 1\\"), "\"编号 1\\5c \"");
    }

    #[test]
    fn a_moment_reads_without_its_fraction() {
        let voice = Voice { language: Language::Zh };
        for (at, read) in [
            ("2026-11-23T10:11:12.345678Z", "2026-11-23 10:11:12 UTC"),
            ("2026-11-23T10:11:12+08:00", "2026-11-23 10:11:12 +08:00"),
            ("", "—"),
            ("yesterday", "yesterday"),
        ] {
            assert_eq!(voice.time(at).0, read);
        }
    }

    #[test]
    fn a_period_says_once_what_its_ends_share() {
        let voice = Voice { language: Language::Zh };
        let from = "2026-11-23T10:11:12+08:00";
        for (to, read) in [
            ("2026-11-23T10:11:19.5+08:00", "2026-11-23 10:11:12 — 10:11:19 +08:00"),
            ("2026-11-24T00:00:01+08:00", "2026-11-23 10:11:12 — 2026-11-24 00:00:01 +08:00"),
            ("2026-11-23T03:00:00Z", "2026-11-23 10:11:12 +08:00 — 2026-11-23 03:00:00 UTC"),
            (from, "2026-11-23 10:11:12 +08:00"),
        ] {
            assert_eq!(voice.period(from, to).0, read);
        }
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_place(text in proptest::collection::vec(any::<char>(), 0..40)) {
            let text: String = text.into_iter().collect();
            for (written, tags) in [(markup(&text), true), (label(&text, 20), false)] {
                let mut bare = written;
                if tags {
                    bare = bare.replace("<span class=\"odd\">", "").replace("</span>", "").replace("<br>", "");
                }
                prop_assert!(!bare.contains(['<', '>', '"', '\'']), "{bare}");
            }
            let css = css_string(&text);
            let inner = &css[1..css.len() - 1];
            prop_assert!(!inner.contains(['"', '\n', '<', '>', '{', '}']), "{css}");
        }
    }
}
