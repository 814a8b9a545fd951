//! Edge: the terminal. Where data and messages are written, and what the
//! terminal at the other end can show.

use std::{
    env,
    io::{self, IsTerminal, Write},
};

use profiles::{Lang, Text};

use crate::{failure::Failure, lang::Locale, output::Paint};

/// Where a command writes: data to one side, messages to the other.
pub struct Console {
    /// Language of messages.
    pub lang: Lang,
    /// How text on stdout is coloured.
    pub paint: Paint,
    /// Columns of the terminal; `None` where stdout is none.
    pub columns: Option<usize>,
    /// Whether progress is shown: stderr is a terminal.
    pub progress: bool,
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    out_closed: bool,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Console").field("lang", &self.lang).finish_non_exhaustive()
    }
}

impl Console {
    /// Returns the process's own stdout and stderr.
    pub fn of_process(lang: Lang) -> Self {
        let out = io::stdout();
        let terminal = out.is_terminal();
        let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
        let coloured = terminal && !dumb && !set("NO_COLOR");
        Self {
            lang,
            paint: if coloured { Paint::Ansi } else { Paint::Plain },
            columns: terminal.then(|| columns(&out)).flatten(),
            progress: io::stderr().is_terminal() && !dumb,
            out: Box::new(io::BufWriter::new(out)),
            err: Box::new(io::stderr()),
            out_closed: false,
        }
    }

    /// Writes data to stdout.
    ///
    /// A reader that went away (`| head`) has seen what it wanted: that is no
    /// failure. A full disk is.
    pub fn print(&mut self, data: &str) -> Result<(), Failure> {
        if self.out_closed {
            return Ok(());
        }
        match self.out.write_all(data.as_bytes()).and_then(|()| self.out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.out_closed = true;
                Ok(())
            }
            Err(error) => {
                self.out_closed = true;
                Err(Failure::unable(Text::new("无法写标准输出", "cannot write to standard output"))
                    .because(error))
            }
        }
    }

    /// Returns whether nobody reads stdout any more, or nothing can be written there.
    pub fn is_closed(&self) -> bool {
        self.out_closed
    }

    /// Writes a message to stderr; where that fails there is nobody to tell.
    pub fn say(&mut self, message: &str) {
        if self.err.write_all(message.as_bytes()).is_err() {
            self.progress = false;
        }
    }

    /// Writes a line in the user's language to stderr, after `assay: `.
    pub fn note(&mut self, message: &Text) {
        let line = format!("assay: {}\n", message.get(self.lang));
        self.say(&line);
    }

    /// Returns the text in the user's language.
    pub fn tr<'a>(&self, text: &'a Text) -> &'a str {
        text.get(self.lang)
    }
}

/// Returns the language that the environment asks for.
pub fn locale_language() -> Lang {
    let get = |name| env::var(name).ok();
    let (all, messages, lang, language, term) =
        (get("LC_ALL"), get("LC_MESSAGES"), get("LANG"), get("LANGUAGE"), get("TERM"));
    Locale {
        all: all.as_deref(),
        messages: messages.as_deref(),
        lang: lang.as_deref(),
        language: language.as_deref(),
        term: term.as_deref(),
    }
    .messages()
}

fn columns(out: &io::Stdout) -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(out).ok()?;
    (size.ws_col > 0).then(|| usize::from(size.ws_col))
}
