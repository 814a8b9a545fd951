//! Our IPMI against `ipmi_sim`, with ipmitool and freeipmi as judges: what we read is what they
//! read, what we change they see, what they change we see; each refusal has its own error, and no
//! session is left.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "what is asked here takes time")]

#[path = "bmc_ipmi/bench.rs"]
mod bench;
#[path = "bmc_ipmi/changes.rs"]
mod changes;
#[path = "bmc_ipmi/console.rs"]
mod console;
#[path = "bmc_ipmi/console_line.rs"]
mod console_line;
#[path = "bmc_ipmi/console_verb.rs"]
mod console_verb;
#[path = "bmc_ipmi/fields.rs"]
mod fields;
#[path = "bmc_ipmi/pyghmi.rs"]
mod pyghmi;
#[path = "bmc_ipmi/refusals.rs"]
mod refusals;
#[path = "bmc_ipmi/relay.rs"]
mod relay;
#[path = "bmc_ipmi/sessions.rs"]
mod sessions;
#[path = "bmc_ipmi/sim.rs"]
mod sim;
#[path = "bmc_ipmi/watched.rs"]
mod watched;

use std::process::ExitCode;

use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};

const NEEDS: &[Need] = &[
    Need::Program("ipmi_sim"),
    Need::Program("ipmitool"),
    Need::Program("bmc-info"),
    Need::Program("stdbuf"),
];

const PYGHMI: &[Need] = &[Need::Program("fakebmc"), Need::Program("ipmitool")];

type Case = fn() -> Result<(), Failed>;

fn main() -> ExitCode {
    let cases: [(&str, Case); 18] = [
        ("device_chassis_and_guid_are_as_others_read_them", fields::device),
        ("sensors_are_as_others_read_them", fields::sensors),
        ("the_log_is_as_others_read_it", fields::log),
        ("frus_are_as_others_read_them", fields::frus),
        ("users_and_network_are_as_others_read_them", fields::users),
        ("power_that_we_change_others_see_and_the_other_way_round", changes::power),
        ("boot_that_we_change_others_see_and_the_other_way_round", changes::boot),
        ("a_log_that_we_clear_is_empty_for_others_and_the_other_way_round", changes::log),
        ("what_others_write_into_a_log_that_is_watched_is_told", watched::log),
        ("users_that_we_change_others_are_let_in_as", changes::users),
        ("a_network_that_we_change_others_see_and_the_other_way_round", changes::network),
        ("the_console_of_a_host_is_typed_into_and_read", console_line::line),
        ("the_console_by_the_program_is_as_ipmitools", console_verb::verb),
        ("each_refusal_has_its_own_error", refusals::errors),
        ("a_bmc_without_suite_17_is_spoken_to_by_3", refusals::suites),
        ("no_session_is_left_however_it_ends", sessions::left),
        ("our_side_of_a_bmc_is_right_for_others_by_suites_17_and_3", bench::others),
        ("loss_repeats_and_late_answers_never_make_a_wrong_answer", relay::storms),
    ];
    // One after the other: they would be each other's noise.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let of_pyghmi: [(&str, Case); 3] = [
        ("power_of_pyghmis_bmc_is_changed_by_us_and_by_ipmitool", pyghmi::operations),
        ("of_boot_options_pyghmis_bmc_keeps_the_device_and_we_say_so", pyghmi::boot),
        ("pyghmis_bmc_is_silent_to_a_wrong_name_and_not_to_a_wrong_password", pyghmi::refusals),
    ];
    let mut trials: Vec<_> =
        cases.into_iter().map(|(name, body)| trial(name, NEEDS, body)).collect();
    trials.extend(of_pyghmi.into_iter().map(|(name, body)| trial(name, PYGHMI, body)));
    libtest_mimic::run(&arguments, trials).exit_code()
}
