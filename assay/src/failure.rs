//! Why a command could not do its work, in the user's language, and how that
//! is printed: one line, the causes, a hint.

use std::{error::Error, ops::Deref};

use profiles::{Lang, Text};

use crate::{exit::Exit, output::put};

/// Why a command ended without its result.
///
/// One pointer: it is handed on by every `?` of the commands, and each of them would move all of it.
#[derive(Debug)]
pub struct Failure(Box<Parts>);

/// What a [`Failure`] says.
#[derive(Debug)]
pub struct Parts {
    /// What could not be done, and to what.
    pub message: Text,
    /// The error under it, with its own chain.
    pub cause: Option<Box<dyn Error + Send + Sync>>,
    /// What the operator can do about it, where we know.
    pub hint: Option<Text>,
    /// How the program ends.
    pub exit: Exit,
}

impl Failure {
    /// Wrong use of the program, or a request refused for safety: exit 2.
    pub fn usage(message: Text) -> Self {
        Self::new(message, Exit::Usage)
    }

    /// Something could not be found out or done: exit 3.
    pub fn unable(message: Text) -> Self {
        Self::new(message, Exit::Unknown)
    }

    /// Something was found to be otherwise than wanted: exit 1.
    pub fn failed(message: Text) -> Self {
        Self::new(message, Exit::Failed)
    }

    fn new(message: Text, exit: Exit) -> Self {
        Self(Box::new(Parts { message, cause: None, hint: None, exit }))
    }

    /// Names the error under it.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// Says what the operator can do about it.
    #[must_use]
    pub fn hint(mut self, hint: Text) -> Self {
        self.0.hint = Some(hint);
        self
    }

    /// Says what the operator can do about it, where a library knows (in English).
    #[must_use]
    pub fn hint_from(mut self, hint: Option<String>) -> Self {
        if let Some(hint) = hint {
            self.0.hint = Some(Text::same(hint));
        }
        self
    }

    /// Returns what is printed on stderr: `assay: …`, the causes, the hint.
    pub fn render(&self, lang: Lang) -> String {
        let mut text = format!("assay: {}\n", one_line(self.message.get(lang)));
        let caused = Text::new("原因", "caused by");
        let mut before = self.message.get(lang).to_owned();
        let mut cause = self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static));
        while let Some(error) = cause {
            let message = one_line(&error.to_string());
            // Some libraries repeat their source in their own message.
            if !before.ends_with(&message) {
                put(&mut text, format_args!("  {}: {message}\n", caused.get(lang)));
            }
            before = message;
            cause = error.source();
        }
        if let Some(hint) = &self.hint {
            let word = Text::new("提示", "hint");
            put(&mut text, format_args!("  {}: {}\n", word.get(lang), one_line(hint.get(lang))));
        }
        text
    }
}

impl Deref for Failure {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

/// Folds what hostile input or a library put on several lines into one, and
/// makes control characters visible: they would act on the terminal.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if c.is_control() || is_direction_mark(c) {
                line.extend(c.escape_unicode());
            } else {
                line.push(c);
            }
        }
    }
    line
}

/// Characters that reorder or hide the text around them (Unicode TR 36).
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot read `a.bin`")]
    struct Read(#[source] io::Error);

    #[test]
    fn a_failure_prints_its_chain_and_hint_in_the_users_language() {
        let failure = Failure::unable(Text::new("无法导入", "cannot import"))
            .because(Read(io::Error::other("bad disk")))
            .hint(Text::new("换一份", "use another copy"));
        assert_eq!(
            failure.render(Lang::En),
            "assay: cannot import\n  caused by: cannot read `a.bin`\n  caused by: bad disk\n  \
             hint: use another copy\n"
        );
        assert_eq!(
            failure.render(Lang::Zh),
            "assay: 无法导入\n  原因: cannot read `a.bin`\n  原因: bad disk\n  提示: 换一份\n"
        );
    }

    #[test]
    fn hostile_text_stays_on_its_line_and_cannot_drive_the_terminal() {
        assert_eq!(
            one_line("a\nassay: fine\u{1b}[2K\u{202e}b"),
            "a assay: fine\\u{1b}[2K\\u{202e}b"
        );
    }
}
