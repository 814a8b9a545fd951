//! What the library does to a real kernel, as laws: what is applied is all there, what is undone
//! is as before, and the way to a state does not show in it.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

#[path = "dataplane_real/node.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod node;
#[path = "dataplane_real/state.rs"]
mod state;

use std::process::ExitCode;

use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};

use node::{Lab, converge, look, read, same};
use state::{Which, text};

const NEEDS: &[Need] =
    &[Need::Root, Need::Program("ip"), Need::Program("bridge"), Need::Program("nft")];

fn main() -> ExitCode {
    let trials = vec![trial("the_plan_of_an_applied_state_is_empty", NEEDS, applied)];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn applied() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let mut real = lab.real()?;
    let empty = lab.dump()?;
    for which in [Which::One, Which::Other] {
        let desired = read(&text(which))?;
        let steps = converge(&mut real, &desired)?;
        println!("{which:?}: {steps} steps");
        assert!(steps > 100, "{steps}");
        let before = lab.dump()?;
        assert_eq!(converge(&mut real, &desired)?, 0);
        same("an empty plan changed something", &before, &lab.dump()?)?;
        assert!(look(&mut real, &desired)?.plan.is_empty());
    }
    drop(empty);
    Ok(())
}
