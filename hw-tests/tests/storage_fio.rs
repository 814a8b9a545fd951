//! The job language and the JSON of fio, checked against fio itself.
//!
//! fio's own example job files come from Debian's package `fio-examples`; they are read
//! where they are, as their licence is not ours.

#![expect(clippy::print_stdout, reason = "figures and refusals are what the run is for")]

#[path = "storage_fio/examples.rs"]
mod examples;
#[path = "storage_fio/json.rs"]
mod json;
#[path = "storage_fio/values.rs"]
mod values;

use std::process::{Command, ExitCode};

use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};

const EXAMPLES: &[Need] =
    &[Need::Program("fio"), Need::Path { path: examples::FOLDER, package: "fio-examples" }];
const FIO: &[Need] = &[Need::Program("fio")];
const SIX: &str = "/usr/lib/python3/dist-packages/six.py";
const CSV: &[Need] = &[
    Need::Program("python3"),
    Need::Path { path: json::CSV, package: "fio" },
    Need::Path { path: SIX, package: "python3-six" },
];

fn main() -> ExitCode {
    let trials = vec![
        trial("fio_s_examples_are_parsed_or_refused_by_line_and_option", EXAMPLES, examples::all),
        trial("no_option_of_fio_is_unknown", FIO, values::options),
        trial("values_are_what_fio_reads", FIO, values::table),
        trial("fio_s_own_reader_of_its_json_reads_ours", CSV, json::csv),
        trial("every_name_of_fio_s_json_is_in_ours", FIO, json::names),
        trial("an_export_is_accepted_by_fio", FIO, values::exports),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Runs fio without making any load, and returns what it printed; an error is what it said.
fn fio(words: &[&str]) -> Result<String, Failed> {
    let mut command = Command::new("fio");
    command.args(words);
    for (name, value) in examples::VARIABLES {
        command.env(name, value);
    }
    let output = command.output()?;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    if output.status.success() { Ok(text) } else { Err(Failed::from(text)) }
}
