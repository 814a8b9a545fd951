//! Simulated BMCs, judged by programs that are not ours: ipmitool and freeipmi speak IPMI to them,
//! curl speaks Redfish, and what one changes the others see.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "what is asked here takes time")]

#[path = "bmc_simulate/faults.rs"]
mod faults;
#[path = "bmc_simulate/ipmi.rs"]
mod ipmi;
#[path = "bmc_simulate/kept.rs"]
mod kept;
#[path = "bmc_simulate/pyghmi.rs"]
mod pyghmi;
#[path = "bmc_simulate/redfish.rs"]
mod redfish;
#[path = "bmc_simulate/replay.rs"]
mod replay;
#[path = "bmc_simulate/site.rs"]
mod site;

use std::process::ExitCode;

use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};

const NEEDS: &[Need] = &[
    Need::Program("ipmitool"),
    Need::Program("bmc-info"),
    Need::Program("curl"),
    Need::Program("stdbuf"),
];
const TREES: &[Need] = &[Need::Program("curl"), Need::Corpus("redfish")];
const PYGHMI: &[Need] = &[Need::Program("fakebmc"), Need::Program("ipmitool")];

type Case = fn() -> Result<(), Failed>;

fn main() -> ExitCode {
    let cases: [(&str, Case); 10] = [
        ("ipmitool_reads_the_same_by_suite_17_and_by_suite_3", ipmi::ipmitool),
        ("freeipmi_reads_the_same_by_suite_17_and_by_suite_3", ipmi::freeipmi),
        ("the_console_answers", ipmi::console),
        ("what_one_protocol_changes_the_other_shows", redfish::both),
        ("sessions_tags_and_certificates_are_as_curl_expects", redfish::curl),
        ("faults_of_ipmi_are_met_by_ipmitool", faults::ipmi),
        ("faults_of_redfish_are_met_by_curl", faults::redfish),
        ("a_site_takes_up_its_certificates_and_password_again", kept::again),
        ("ten_thousand_hosts_fit_a_process", kept::many),
        ("every_make_shows_what_it_advertises", redfish::makes),
    ];
    let arguments = Arguments { test_threads: Some(2), ..Arguments::from_args() };
    let mut trials: Vec<_> =
        cases.into_iter().map(|(name, body)| trial(name, NEEDS, body)).collect();
    trials.push(trial("pyghmi_reads_and_changes_a_simulated_host", PYGHMI, pyghmi::client));
    trials.push(trial("recorded_trees_are_served_as_they_are", TREES, replay::trees));
    libtest_mimic::run(&arguments, trials).exit_code()
}
