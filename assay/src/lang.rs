//! The language a user reads: from `--lang`, else from the locale.
//!
//! A console that cannot show Chinese gets English, whatever was asked for by
//! the locale; `--lang zh` is an order and is obeyed.

use profiles::{Lang, Text};

/// The locale variables as POSIX names them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Locale<'a> {
    /// `LC_ALL`: overrides the others.
    pub all: Option<&'a str>,
    /// `LC_MESSAGES`: the language of messages.
    pub messages: Option<&'a str>,
    /// `LANG`: the default.
    pub lang: Option<&'a str>,
    /// `LANGUAGE`: GNU's list of languages, which counts unless the locale is `C`.
    pub language: Option<&'a str>,
    /// `TERM`: the kernel's own console (`linux`) has no Chinese glyphs.
    pub term: Option<&'a str>,
}

impl Locale<'_> {
    /// Returns the language for messages.
    pub fn messages(self) -> Lang {
        let set = |value: Option<&str>| value.map(str::to_owned).filter(|value| !value.is_empty());
        let Some(locale) = set(self.all).or_else(|| set(self.messages)).or_else(|| set(self.lang))
        else {
            return Lang::En;
        };
        if !is_utf8(&locale) || self.term == Some("linux") {
            return Lang::En;
        }
        let first = set(self.language)
            .and_then(|list| list.split(':').find(|entry| !entry.is_empty()).map(str::to_owned))
            .unwrap_or(locale);
        if first == "zh" || first.starts_with("zh_") || first.starts_with("zh-") {
            Lang::Zh
        } else {
            Lang::En
        }
    }
}

fn is_utf8(locale: &str) -> bool {
    let encoding = locale.split_once('.').map_or("", |(_, encoding)| encoding);
    let encoding = encoding.split('@').next().unwrap_or_default().to_ascii_lowercase();
    encoding == "utf-8" || encoding == "utf8"
}

/// Returns a text with the same argument put into both languages at `{}`.
pub fn text(zh: &str, en: &str, arguments: &[&str]) -> Text {
    Text::new(fill(zh, arguments), fill(en, arguments))
}

/// Replaces each `{}` by the next argument and each `{n}` by argument `n`.
fn fill(template: &str, arguments: &[&str]) -> String {
    let mut filled = String::with_capacity(template.len() + 32);
    let mut next = arguments.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        let argument = if name.is_empty() {
            next.next()
        } else {
            name.parse::<usize>().ok().and_then(|index| arguments.get(index))
        };
        if let Some(argument) = argument {
            filled.push_str(argument);
        } else {
            filled.push('{');
            filled.push_str(name);
            filled.push('}');
        }
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_decides_the_language_and_a_console_without_chinese_gets_english() {
        let cases = [
            (Some("zh_CN.UTF-8"), None, Some("xterm"), Lang::Zh),
            (Some("zh_CN.utf8"), None, None, Lang::Zh),
            (Some("zh_CN.GB18030"), None, Some("xterm"), Lang::En),
            (Some("zh_CN.UTF-8"), None, Some("linux"), Lang::En),
            (Some("C.UTF-8"), None, Some("xterm"), Lang::En),
            (Some("en_US.UTF-8"), Some("zh_CN:en"), Some("xterm"), Lang::Zh),
            (Some("zh_CN.UTF-8"), Some("en"), Some("xterm"), Lang::En),
            (Some("C"), Some("zh_CN"), Some("xterm"), Lang::En),
            (None, Some("zh_CN"), None, Lang::En),
        ];
        for (lang, language, term, expected) in cases {
            let locale = Locale { lang, language, term, ..Locale::default() };
            assert_eq!(locale.messages(), expected, "{locale:?}");
        }
        let over = Locale { all: Some("C"), lang: Some("zh_CN.UTF-8"), ..Locale::default() };
        assert_eq!(over.messages(), Lang::En);
    }

    #[test]
    fn a_text_takes_its_arguments_in_any_order() {
        let text = text("{1} 里没有 {0}", "no `{}` in {}", &["a{}", "b"]);
        assert_eq!((text.zh.as_str(), text.en.as_str()), ("b 里没有 a{}", "no `a{}` in b"));
    }
}
