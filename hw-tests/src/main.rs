//! Measures the figures that the issues ask to be shown.
//!
//! `figures` runs every case with reduced counts and prints what it measured;
//! `figures --full` runs the whole counts and writes `docs/benchmarks.md`. Each
//! finished case is kept under `target/figures/`, so that an interrupted run
//! goes on where it stopped; `--fresh` starts over, `--case NAME` runs one, `--reuse` lets
//! stand what another commit measured, with that commit named. `--kept` measures nothing and
//! writes the page of what earlier full runs kept, then of the page that is there; what
//! neither has is named so.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

mod figures;

use std::process::ExitCode;

use figures::{Effort, Plan};

fn main() -> ExitCode {
    match plan(std::env::args().skip(1)) {
        Ok(plan) => figures::run(&plan),
        Err(word) => {
            eprintln!(
                "figures: unknown option `{word}`; it takes --full, --fresh, --reuse, --kept and --case NAME"
            );
            ExitCode::from(2)
        }
    }
}

/// Reads the command line; `Err` is the word that is not understood.
fn plan(mut words: impl Iterator<Item = String>) -> Result<Plan, String> {
    let mut plan =
        Plan { effort: Effort::Reduced, fresh: false, reuse: false, kept: false, only: None };
    while let Some(word) = words.next() {
        match word.as_str() {
            "--full" => plan.effort = Effort::Full,
            "--fresh" => plan.fresh = true,
            "--reuse" => plan.reuse = true,
            "--kept" => (plan.effort, plan.reuse, plan.kept) = (Effort::Full, true, true),
            "--case" => plan.only = Some(words.next().ok_or(word)?),
            _ => return Err(word),
        }
    }
    Ok(plan)
}
