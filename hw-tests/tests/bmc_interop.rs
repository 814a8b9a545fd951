//! The interop judge beside DMTF's Redfish-Interop-Validator 3.0.4: every requirement on every
//! resource of recorded trees comes to the same, or is listed with the clause that we follow.
//!
//! The validator is run as it is, by `bmc_interop/validator.py`, which serves it the tree.

#![expect(clippy::print_stdout, reason = "what was compared is printed beside the result")]

#[path = "bmc_interop/validator.rs"]
mod validator;

use std::process::ExitCode;

use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed, Trial};

use validator::{Bench, Pair, SAMPLE};

/// The validator, which is a program in Python.
const VALIDATOR: &[Need] = &[Need::Program("rf_interop_validator"), Need::Program("python3")];

const CORPUS: &[Need] = &[
    Need::Program("rf_interop_validator"),
    Need::Program("python3"),
    Need::Program("tar"),
    Need::Corpus("redfish"),
];

/// Recorded trees: three of real machines, and those of DMTF that differ most.
const TREES: &[&str] =
    &["lenovo-sr670v2", "supermicro-sys821ge", "huawei-2288hv5", "dmtf-rackmount1"];

/// Those that are compared too where there is time (`--full`).
const MORE_TREES: &[&str] = &["dmtf-liquid-cooled-server", "dmtf-localstorage", "dmtf-bladed"];

/// Published profiles.
const PROFILES: &[&str] = &[
    "OCPBaselineHardwareManagement.v1_0_1",
    "OCPServerHardwareManagement.v0_2_4",
    "OpenStackIronicProfile.v1_2_0",
];

fn main() -> ExitCode {
    let more = if std::env::var_os("ASSAY_ALL_TREES").is_some() { MORE_TREES } else { &[] };
    let mut trials = vec![compared(Pair { tree: SAMPLE, profile: SAMPLE }, VALIDATOR)];
    for tree in TREES.iter().chain(more) {
        for profile in PROFILES {
            trials.push(compared(Pair { tree, profile }, CORPUS));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn compared(pair: Pair, needs: &'static [Need]) -> Trial {
    let name = format!("{}_by_{}_as_the_validator_has_it", pair.tree, pair.profile);
    trial(&name, needs, move || -> Result<(), Failed> {
        let bench = Bench::set_up(pair)?;
        bench.compare()
    })
}
