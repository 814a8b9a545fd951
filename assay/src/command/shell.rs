//! `assay completions` and `assay man`.

use std::{fs, path::Path};

use clap_complete::{Generator, shells};
use clap_mangen::Man;
use profiles::Text;

use crate::{
    cli::{self, Shell},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
};

/// Prints the completion script for `shell`.
pub(super) fn completions(shell: Shell, console: &mut Console) -> Result<Exit, Failure> {
    let script = match shell {
        Shell::Bash => script(&shells::Bash, console),
        Shell::Elvish => script(&shells::Elvish, console),
        Shell::Fish => script(&shells::Fish, console),
        Shell::Powershell => script(&shells::PowerShell, console),
        Shell::Zsh => script(&shells::Zsh, console),
    };
    console.print(&script)?;
    Ok(Exit::Wanted)
}

fn script(generator: &impl Generator, console: &Console) -> String {
    let mut command = cli::definition(console.lang);
    command.set_bin_name("assay");
    command.build();
    let mut script = Vec::new();
    generator.generate(&command, &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// Prints the manual page, or writes one for each command into `out`.
pub(super) fn manual(out: Option<&Path>, console: &mut Console) -> Result<Exit, Failure> {
    let mut command = cli::definition(console.lang).disable_help_subcommand(true);
    let Some(out) = out else {
        let page = page(command)?;
        console.print(&page)?;
        return Ok(Exit::Wanted);
    };
    fs::create_dir_all(out).map_err(|error| {
        let name = out.display().to_string();
        Failure::unable(text("无法创建目录 `{}`", "cannot create folder `{}`", &[&name]))
            .because(error)
    })?;
    command.build();
    write_pages(command, out)?;
    Ok(Exit::Wanted)
}

/// Writes the page of `command` and of everything below it; the definition of
/// the command line bounds the depth.
fn write_pages(command: clap::Command, out: &Path) -> Result<(), Failure> {
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        write_pages(sub.clone(), out)?;
    }
    let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
    let file = out.join(format!("{name}.1"));
    fs::write(&file, page(command)?).map_err(|error| {
        let name = file.display().to_string();
        Failure::unable(text("无法写 `{}`", "cannot write `{}`", &[&name])).because(error)
    })
}

fn page(command: clap::Command) -> Result<String, Failure> {
    let mut page = Vec::new();
    Man::new(command)
        .manual("assay")
        // The build's commit would make every build's pages differ.
        .source(format!("assay {}", crate::build::NUMBER))
        .render(&mut page)
        .map_err(|error| {
            Failure::unable(Text::new("无法生成手册页", "cannot make the manual page"))
                .because(error)
        })?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
