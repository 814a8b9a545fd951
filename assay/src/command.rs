//! The commands: each asks the leaves, decides by pure modules, and writes.

mod shell;

use profiles::Text;

use crate::{
    cli::{Cli, Command},
    console::Console,
    exit::Exit,
    failure::Failure,
};

/// Does what the command line asks for.
pub fn run(cli: Cli, console: &mut Console) -> Result<Exit, Failure> {
    match cli.command {
        Command::Completions { shell } => shell::completions(shell, console),
        Command::Man { out } => shell::manual(out.as_deref(), console),
        _ => Err(Failure::usage(Text::same("not yet"))),
    }
}
