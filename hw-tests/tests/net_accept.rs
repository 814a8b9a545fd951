//! `assay net accept` on the real kernel: all of it passes, what is broken on purpose is found,
//! and nothing stays behind, however it ends.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

use std::process::ExitCode;
use std::time::Instant;

use dataplane::accept::site::Site;
use dataplane::accept::{Case, Verdict, run};
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};

const NEEDS: &[Need] = &[Need::Root, Need::Program("ip")];

fn main() -> ExitCode {
    let trials = vec![trial("every_case_passes_here", NEEDS, passes)];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// What of some cases is no pass, one line each.
fn told(cases: &[Case]) -> String {
    let bad = cases.iter().filter(|case| case.verdict != Verdict::Pass);
    let line = |case: &Case| {
        let reason = case.reason.as_ref().map_or("", |reason| reason.en.as_str());
        format!("{} {}: {:?}: {reason}", case.row, case.case.en, case.verdict)
    };
    bad.map(line).collect::<Vec<_>>().join("\n")
}

fn passes() -> Result<(), Failed> {
    let begun = Instant::now();
    let mut site = Site::new().map_err(|why| why.en)?;
    let cases = run(&mut site);
    let took = begun.elapsed().as_secs_f64();
    println!("figure: net.accept = {} cases in {took:.1} s (at most 45)", cases.len());
    let bad = told(&cases);
    if bad.is_empty() { Ok(()) } else { Err(bad.into()) }
}
