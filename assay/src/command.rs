//! The commands: each asks the leaves, decides by pure modules, and writes.

mod inventory;
mod machine;
mod push;
mod scratch;
mod shell;
mod sources;

use profiles::Text;
use serde::Serialize;

use crate::{
    cli::{Cli, Command},
    console::Console,
    exit::Exit,
    failure::{Failure, one_line},
    lang::text,
};

/// Does what the command line asks for.
pub fn run(cli: Cli, console: &mut Console) -> Result<Exit, Failure> {
    match cli.command {
        Command::Inventory(arguments) => inventory::run(*arguments, console),
        Command::Completions { shell } => shell::completions(shell, console),
        Command::Man { out } => shell::manual(out.as_deref(), console),
        _ => Err(Failure::usage(Text::same("not yet"))),
    }
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
