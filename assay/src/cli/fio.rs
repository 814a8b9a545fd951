//! fio's options among ours: `assay storage run --rw=randread --mode latency …`.
//!
//! The job language has over a hundred options with rules of their own, which the
//! `storage-bench` crate reads; here they are only told from ours and put behind `--`, where
//! clap leaves them alone.

use std::ffi::OsString;

use clap::CommandFactory;
use storage_bench::job::option;

use super::Cli;

/// Returns the arguments with fio's options of `storage run` behind `--`.
pub fn apart(arguments: Vec<OsString>) -> Vec<OsString> {
    let Some(from) = after_run(&arguments) else { return arguments };
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut words = arguments.into_iter();
    ours.extend(words.by_ref().take(from));
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy().into_owned();
        if text == "--" {
            theirs.extend(words.by_ref());
            break;
        }
        let Some(long) = text.strip_prefix("--").filter(|long| is_fio(long)) else {
            ours.push(word);
            continue;
        };
        let bare = !long.contains('=') && !option::is_switch(long);
        theirs.push(word);
        if bare {
            let value = words.next_if(|next| !next.to_string_lossy().starts_with("--"));
            theirs.extend(value);
        }
    }
    if !theirs.is_empty() {
        ours.push("--".into());
        ours.extend(theirs);
    }
    ours
}

/// Returns where the arguments of `storage run` begin.
fn after_run(arguments: &[OsString]) -> Option<usize> {
    let mut commands = Vec::new();
    let mut words = arguments.iter().enumerate().skip(1);
    while let Some((at, word)) = words.next() {
        let word = word.to_str()?;
        match word {
            // The global options that take a value.
            "--lang" | "--log" => drop(words.next()),
            _ if word.starts_with('-') => {}
            _ => {
                commands.push(word);
                match commands.as_slice() {
                    ["storage"] => {}
                    ["storage", "run"] => return Some(at + 1),
                    _ => return None,
                }
            }
        }
    }
    None
}

/// Returns whether `long`, without its dashes, is not one of our options: then it is for the
/// job language, which knows it, or says what it may have meant.
fn is_fio(long: &str) -> bool {
    let name = long.split('=').next().unwrap_or(long);
    let ours = Cli::command();
    let run = ours.find_subcommand("storage").and_then(|storage| storage.find_subcommand("run"));
    let is_ours = |command: &clap::Command| {
        command.get_arguments().any(|argument| argument.get_long() == Some(name))
    };
    !(is_ours(&ours) || run.is_some_and(is_ours) || matches!(name, "help" | "version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn options_of_fio_go_behind_the_dashes() {
        for (given, apart) in [
            (
                "assay --lang zh storage run --rw=randread --mode latency --iodepth 4 job.fio",
                "assay --lang zh storage run --mode latency job.fio -- --rw=randread --iodepth 4",
            ),
            (
                "assay storage run --time_based --out x --norandommap",
                "assay storage run --out x -- --time_based --norandommap",
            ),
            ("assay storage run --nonsense", "assay storage run -- --nonsense"),
            ("assay storage accept --size 1g", "assay storage accept --size 1g"),
            ("assay inventory", "assay inventory"),
        ] {
            assert_eq!(super::apart(words(given)), words(apart), "{given}");
        }
    }
}
