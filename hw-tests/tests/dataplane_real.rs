//! What the library does to a real kernel, as laws: what is applied is all there, what is undone
//! is as before, and the way to a state does not show in it.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

#[path = "dataplane_real/failures.rs"]
mod failures;
#[path = "dataplane_real/laws.rs"]
mod laws;
#[path = "dataplane_real/monitor.rs"]
mod monitor;
#[path = "dataplane_real/node.rs"]
mod node;
#[path = "../../dataplane/tests/plan/state.rs"]
#[expect(dead_code, reason = "the kernel in memory is another test's")]
mod random;
#[path = "dataplane_real/state.rs"]
mod state;

use std::process::ExitCode;

use hw_tests::{Need, trial};
use libtest_mimic::Arguments;

const NEEDS: &[Need] =
    &[Need::Root, Need::Program("ip"), Need::Program("bridge"), Need::Program("nft")];
const MONITORS: &[Need] =
    &[Need::Root, Need::Program("ip"), Need::Program("nft"), Need::Program("stdbuf")];

fn main() -> ExitCode {
    let trials = vec![
        trial("the_plan_of_an_applied_state_is_empty", NEEDS, laws::applied),
        trial("the_plan_of_a_random_applied_state_is_empty", NEEDS, laws::random_applied),
        trial("apply_then_undo_is_identity", NEEDS, laws::undone),
        trial("apply_then_undo_of_random_states_is_identity", NEEDS, laws::random_undone),
        trial("edits_end_where_a_direct_apply_does", NEEDS, laws::edits),
        trial("a_sync_with_nothing_to_do_writes_nothing", MONITORS, monitor::nothing_to_do),
        trial("a_dump_that_overran_its_socket_is_made_again", NEEDS, monitor::overrun),
        trial("what_others_do_half_way_is_undone_or_named", NEEDS, failures::others),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
