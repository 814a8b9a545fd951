//! The program `assay`: commands, reports, output.
//!
//! The leaves find out, `profiles` judges, this crate asks, lays side by side,
//! writes and prints. What it decides is in pure modules (`output`, `push::decide`,
//! `push::entry`, `report`'s documents, `site`); it acts in `command`, `console`, `clock`,
//! `interrupt`, `progress`, `push::client`, `push::spool` and `report`'s writer.

pub mod build;
pub mod cli;
pub mod clock;
pub mod command;
pub mod console;
pub mod exit;
pub mod facts;
pub mod failure;
pub mod interrupt;
#[cfg(feature = "bmc")]
mod ipmi;
pub mod lang;
pub mod logging;
#[cfg(feature = "bmc")]
mod measured;
pub mod output;
pub mod progress;
pub mod push;
#[cfg(feature = "bmc")]
mod redfish;
pub mod report;
#[cfg(feature = "bmc")]
pub mod site;

/// Why slots that a BMC lists are not all: those that are filled are.
const NO_EMPTY_SLOT: &str = "the BMC lists no empty slot, and may list none";

use std::ffi::OsString;

use clap::{FromArgMatches as _, error::ErrorKind};
use profiles::Lang;

use crate::{cli::Cli, console::Console, exit::Exit, failure::Failure};

/// Does what the arguments ask for and returns how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments = cli::fio::apart(arguments.into_iter().collect());
    let lang = language_of(&arguments).unwrap_or_else(console::locale_language);
    let mut console = Console::of_process(lang);
    let parsed = cli::definition(lang)
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let ended = match parsed {
        Ok(cli) => {
            logging::start(cli.global.log);
            command::run(cli, &mut console)
        }
        Err(error) => explain(&error, &mut console),
    };
    ended.unwrap_or_else(|failure| {
        console.say(&failure.render(lang));
        failure.exit
    })
}

/// Returns the language that `--lang` names, before the rest is understood: help
/// and complaints about arguments are in it too.
fn language_of(arguments: &[OsString]) -> Option<Lang> {
    let mut named = None;
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        match word.strip_prefix("--lang") {
            _ if word == "--" => break,
            Some("") => named = words.next(),
            Some(value) => named = value.strip_prefix('=').or(named),
            None => {}
        }
    }
    match named {
        Some("zh") => Some(Lang::Zh),
        Some("en") => Some(Lang::En),
        _ => None,
    }
}

/// Prints the help that was asked for, or what is wrong with the arguments.
fn explain(error: &clap::Error, console: &mut Console) -> Result<Exit, Failure> {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            console.print(&text)?;
            Ok(Exit::Wanted)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            console.say(&text);
            Ok(Exit::Usage)
        }
        _ => {
            let text = text.strip_prefix("error: ").unwrap_or(&text);
            console.say(&format!("assay: {text}"));
            Ok(Exit::Usage)
        }
    }
}
