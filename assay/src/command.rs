//! The commands: each asks the leaves, decides by pure modules, and writes.

mod accept;
#[cfg(feature = "bmc")]
mod bmc;
mod catalogue;
mod daemon;
mod inventory;
#[cfg(feature = "desk")]
mod key;
mod machine;
mod net;
#[cfg(feature = "bmc")]
mod parallel;
mod profile;
#[cfg_attr(
    not(feature = "desk"),
    expect(dead_code, reason = "a ramdisk fills its reports by a project file, and makes none")
)]
mod project;
mod push;
mod report;
mod scratch;
mod shell;
#[cfg(feature = "bmc")]
mod site;
mod sources;
mod storage;
mod wire;

use std::{
    env,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use profiles::Text;
use serde::Serialize;

use crate::{
    cli::{Cli, Command},
    console::Console,
    exit::Exit,
    failure::{Failure, one_line},
    lang::text,
    output::Layout,
};

/// Does what the command line asks for.
pub fn run(cli: Cli, console: &mut Console) -> Result<Exit, Failure> {
    match cli.command {
        Command::Accept(arguments) => accept::run(&arguments, &cli.global, console),
        Command::Inventory(arguments) => inventory::run(*arguments, console),
        Command::Profile(arguments) => profile::run(&arguments, console),
        #[cfg(feature = "desk")]
        Command::Project(arguments) => project::run(&arguments, console),
        Command::Report(arguments) => report::run(*arguments, &cli.global, console),
        #[cfg(feature = "desk")]
        Command::Attest(arguments) => report::attest(&arguments, &cli.global, console),
        #[cfg(feature = "desk")]
        Command::Waive(arguments) => report::waive(&arguments, &cli.global, console),
        #[cfg(feature = "desk")]
        Command::Key(arguments) => key::run(arguments, console),
        Command::Daemon(arguments) => daemon::run(&arguments, console),
        #[cfg(feature = "bmc")]
        Command::Bmc(arguments) => bmc::run(&arguments, console),
        #[cfg(feature = "bmc")]
        Command::Site(arguments) => site::run(&arguments, console),
        Command::Net(arguments) => net::run(&arguments, console),
        Command::Storage(arguments) => storage::run(&arguments, &cli.global, console),
        Command::Completions { shell } => shell::completions(shell, console),
        Command::Man { out } => shell::manual(out.as_deref(), console),
    }
}

/// Returns how text for this console is laid out.
fn layout(console: &Console) -> Layout {
    Layout { lang: console.lang, paint: console.paint, columns: console.columns }
}

/// Returns the folder of what is kept from run to run; nothing where the user has no home.
fn state_folder() -> Option<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Some(PathBuf::from("/var/lib/assay"));
    }
    let set = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = set("XDG_STATE_HOME").or_else(|| Some(set("HOME")?.join(".local/state")));
    state.map(|state| state.join("assay"))
}

/// Covers, profiles and keys are written by hand, or nearly.
const LARGEST_SMALL: u64 = 8 << 20;

/// Reads a file that a person wrote.
fn read_small(path: &Path) -> io::Result<Vec<u8>> {
    read_bounded(path, LARGEST_SMALL)
}

/// Reads a regular file of at most `largest` bytes.
fn read_bounded(path: &Path, largest: u64) -> io::Result<Vec<u8>> {
    // Looked at before it is opened: opening a pipe would wait for its writer.
    let meta = std::fs::metadata(path)?;
    if meta.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !meta.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(largest + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > largest {
        let message = format!("more than {largest} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// Prints a document as JSON.
fn print_json(document: &impl Serialize, console: &mut Console) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(document).map_err(no_json)?;
    console.print(&json)?;
    console.print("\n")
}

fn no_json(error: serde_json::Error) -> Failure {
    Failure::unable(Text::new("无法写成 JSON", "cannot write this as JSON")).because(error)
}

/// More names than this help nobody; the report has them all.
const MOST_NAMED: usize = 10;

/// Tells of the files that gave nothing.
fn warn_unusable(unusable: &[sources::Unusable], console: &mut Console) {
    for file in unusable.iter().take(MOST_NAMED) {
        warn_of(file, console);
    }
    let more = unusable.len().saturating_sub(MOST_NAMED);
    if more > 0 {
        let more = more.to_string();
        console.note(&text("另有 {} 个文件未使用", "not used: {} more files", &[&more]));
    }
}

fn warn_of(unusable: &sources::Unusable, console: &mut Console) {
    let why = &unusable.why;
    let name = one_line(&unusable.name);
    let told = text("未使用 `{}`：", "not used: `{}`: ", &[&name]);
    let (zh, en) = (one_line(&why.zh), one_line(&why.en));
    console.note(&Text::new(format!("{}{zh}", told.zh), format!("{}{en}", told.en)));
}
