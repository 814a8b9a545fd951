//! The command line: what can be asked for, as types.
//!
//! Nothing here acts; [`crate::command`] does. Help is written in English beside
//! each argument; [`chinese`] holds the same in Chinese, checked for
//! completeness by a test.

pub mod accept;
#[cfg(feature = "bmc")]
pub mod bmc;
pub mod chinese;
pub mod daemon;
pub mod fio;
pub mod inventory;
pub mod key;
pub mod net;
pub mod profile;
pub mod project;
pub mod push;
pub mod report;
#[cfg(feature = "bmc")]
pub mod site;
pub mod storage;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use profiles::Lang;

/// Commissions, validates and runs bare metal for government clouds
#[derive(Debug, Parser)]
#[command(
    name = "assay",
    version = crate::build::VERSION,
    propagate_version = true,
    max_term_width = 100,
    after_help = EXIT_CODES,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// What the exit code says, as the help ends with it.
pub const EXIT_CODES: &str = "\
Exit codes: 0 as wanted; 1 a must-row failed, or something differs or was altered; 2 wrong use, or \
refused for safety; 3 could not find out or do; 4 rolled back; 5 rolled back in part.
Start here: assay accept --profile gd-gov-cloud/ecs-server";

/// What every command takes.
#[derive(Clone, Debug, Default, Args)]
pub struct Global {
    /// Language of messages and reports [default: by LANG; reports in both]
    #[arg(
        long,
        global = true,
        value_name = "zh|en|both",
        hide_possible_values = true,
        help_heading = "Every command"
    )]
    pub lang: Option<LangChoice>,
    /// Write a log of this level (error, warn, info, debug, trace) to stderr
    #[arg(
        long,
        global = true,
        value_name = "LEVEL",
        hide_possible_values = true,
        help_heading = "Every command"
    )]
    pub log: Option<LogLevel>,
}

/// A language, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LangChoice {
    /// Chinese
    Zh,
    /// English
    En,
    /// Both: for reports; messages then follow the locale
    Both,
}

impl LangChoice {
    /// Returns the one language, where it is one.
    pub fn one(self) -> Option<Lang> {
        match self {
            Self::Zh => Some(Lang::Zh),
            Self::En => Some(Lang::En),
            Self::Both => None,
        }
    }

    /// Returns the languages of a report.
    pub fn all(self) -> Vec<Lang> {
        self.one().map_or_else(|| vec![Lang::Zh, Lang::En], |lang| vec![lang])
    }
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each is the level of its name")]
pub enum LogLevel {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// How a result is written to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For programs: only JSON on stdout
    Json,
}

/// A command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Judge this machine, or its dumps, against the norm and write an acceptance report
    Accept(Box<accept::Accept>),
    /// Show, import, record or push what a server is made of
    Inventory(Box<inventory::Inventory>),
    /// List, show and check the profiles that state the norm
    #[command(subcommand, arg_required_else_help = true)]
    Profile(profile::Profile),
    /// Write and check the file that fills every document of a project
    #[command(subcommand, arg_required_else_help = true)]
    #[cfg(feature = "desk")]
    Project(project::Project),
    /// Verify, render, merge, attest, sign or push acceptance reports
    #[command(subcommand, arg_required_else_help = true)]
    Report(Box<report::Report>),
    /// Record what a named person confirmed on a row of a report, as a new revision
    #[cfg(feature = "desk")]
    Attest(Box<report::Attest>),
    /// Record that a named person accepts a failed row of a report as equivalent, as a new revision
    #[cfg(feature = "desk")]
    Waive(Box<report::Waive>),
    /// Make, list and show the keys that sign attestations and reports
    #[command(subcommand, arg_required_else_help = true)]
    #[cfg(feature = "desk")]
    Key(key::Key),
    /// Put load on storage, and accept volumes by what they do under it
    #[command(subcommand, arg_required_else_help = true)]
    Storage(Box<storage::Storage>),
    /// Give this node its tenant networks and security groups: plan, apply, verify
    #[command(subcommand, arg_required_else_help = true)]
    Net(Box<net::Net>),
    /// Reach the management controllers of servers: one, a rack, or a list of them
    #[command(arg_required_else_help = true)]
    #[cfg(feature = "bmc")]
    Bmc(Box<bmc::Bmc>),
    /// Make or check a delivery list, which `assay accept --site` compares with what is found
    #[command(subcommand, arg_required_else_help = true)]
    #[cfg(feature = "bmc")]
    Site(Box<site::Site>),
    /// Keep something as it is wanted, for as long as this runs
    #[command(subcommand, arg_required_else_help = true)]
    Daemon(Box<daemon::Daemon>),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },
    /// Print the manual page, or write one page for each command
    Man {
        /// Folder to write one page for each command to
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

/// A shell that completions are made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each is the shell of its name")]
pub enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

/// Returns the command line's definition with its help in `lang`.
pub fn definition(lang: Lang) -> clap::Command {
    let command = Cli::command();
    match lang {
        Lang::En => command,
        Lang::Zh => chinese::localise(command),
    }
}
