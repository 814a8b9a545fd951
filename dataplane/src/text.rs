//! A text in both languages of the product.

use std::fmt::{self, Write as _};

use serde::Serialize;

/// One text in Chinese and in English.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Returns a text whose `{0}`, `{1}`, … are `values`, in whatever order a language wants them.
    ///
    /// One function for all sentences, for a `format!` of each is three times its size in the
    /// program.
    pub fn of(zh: &str, en: &str, values: &[&dyn fmt::Display]) -> Self {
        Self { zh: filled(zh, values), en: filled(en, values) }
    }
}

fn filled(pattern: &str, values: &[&dyn fmt::Display]) -> String {
    let mut pieces = pattern.split('{');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let slot = piece
            .split_once('}')
            .and_then(|(number, rest)| Some((values.get(number.parse::<usize>().ok()?)?, rest)));
        if let Some((value, rest)) = slot {
            write!(text, "{value}").expect("a String takes everything");
            text.push_str(rest);
        } else {
            text.push('{');
            text.push_str(piece);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn each_language_has_its_own_order() {
        let text = Text::of("{1} 用 {0}", "{0} uses {1}", &[&"p1", &7]);
        assert_eq!((text.zh.as_str(), text.en.as_str()), ("7 用 p1", "p1 uses 7"));
        let braces = Text::of("{x} {9}", "{ cidr = \"{0}\" }", &[&"c"]);
        assert_eq!((braces.zh.as_str(), braces.en.as_str()), ("{x} {9}", "{ cidr = \"c\" }"));
    }
}
