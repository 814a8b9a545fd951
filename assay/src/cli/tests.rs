//! The command line is sound, and its help complete in both languages.

use clap::{Command, CommandFactory};
use profiles::Lang;

use super::{Cli, chinese, definition};

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
    definition(Lang::Zh).debug_assert();
}

fn each(command: &Command, path: &str, visit: &mut dyn FnMut(&str, &Command)) {
    visit(path, command);
    for sub in command.get_subcommands() {
        each(sub, format!("{path} {}", sub.get_name()).trim_start(), visit);
    }
}

#[test]
fn every_command_and_argument_has_help_in_both_languages() {
    let mut missing = Vec::new();
    each(&Cli::command(), "", &mut |path, command| {
        if command.get_about().is_none() {
            missing.push(format!("en: {path}"));
        }
        if chinese::about(path).is_none() {
            missing.push(format!("zh: {path}"));
        }
        if command.get_after_help().is_some() && chinese::after(path).is_none() {
            missing.push(format!("zh: {path}, what follows the options"));
        }
        for argument in command.get_arguments() {
            let id = argument.get_id().as_str();
            if argument.get_help().is_none() {
                missing.push(format!("en: {path}/{id}"));
            }
            if chinese::argument_help(path, id).is_none() {
                missing.push(format!("zh: {path}/{id}"));
            }
        }
    });
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn help_in_chinese_has_no_english_heading() {
    let mut command = definition(Lang::Zh);
    let help = command.render_long_help().to_string();
    for heading in ["Usage", "Commands", "Options", "Print help"] {
        assert!(!help.contains(heading), "{heading} in:\n{help}");
    }
    assert!(help.contains("用法: assay"), "{help}");
}
