//! `assay storage verify` on devices made here: a writer is killed at moments nobody chose,
//! and what it left is judged sound; what is done to the device behind its back is found,
//! at its address and by its class; a journal that cannot be trusted is refused.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

#[path = "storage_crash/faults.rs"]
mod faults;
#[path = "storage_crash/journals.rs"]
mod journals;
#[path = "storage_crash/kill.rs"]
mod kill;
#[path = "storage_safety/lab.rs"]
#[expect(dead_code, reason = "the safety matrix makes more kinds of devices")]
mod lab;
#[path = "storage_crash/writer.rs"]
mod writer;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use hw_tests::Need;
use hw_tests::peer::{self, peers_required};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use lab::Lab;

/// How a case went: `Some` says which feature the kernel lacks for it.
type Outcome = Result<Option<String>, Failed>;

/// A case: its name, and how it goes.
type Case = (&'static str, fn(&mut Lab) -> Outcome);

/// What every case needs.
const NEEDS: &[Need] = &[Need::Root, Need::Program("losetup"), Need::Program("kill")];

/// Writers that were killed, and what was said against what they left.
static KILLS: AtomicU64 = AtomicU64::new(0);
static ACCUSED: AtomicU64 = AtomicU64::new(0);
/// Classes of fault that were put on a device and found by name.
static CLASSES: AtomicU64 = AtomicU64::new(0);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = [kill::CASES, faults::CASES, journals::CASES];
    let trials = cases.into_iter().flatten().map(|(name, body)| trial(name, *body)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    let count = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
    // Where all was ignored there is no figure, not a good one.
    if count(&KILLS) > 0 {
        println!("figure: crash.kills = {}", count(&KILLS));
        println!("figure: crash.false = {}", count(&ACCUSED));
        println!("figure: crash.classes = {} of 7", count(&CLASSES));
    }
    conclusion.exit_code()
}

fn trial(name: &'static str, body: fn(&mut Lab) -> Outcome) -> Trial {
    Trial::ignorable_test(name, move || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if let Some(reason) = NEEDS.iter().find_map(|need| need.missing(&path)) {
            let required = peers_required();
            return if required {
                Err(Failed::from(reason))
            } else {
                Ok(Completion::ignored_with(reason))
            };
        }
        let mut lab = Lab::new()?;
        let outcome = body(&mut lab);
        // What a case made is gone before it is said to have passed.
        lab.clean()?;
        Ok(match outcome? {
            None => Completion::Completed,
            // No package could bring what the kernel was built without.
            Some(lacks) if peer::kernel_required() => return Err(Failed::from(lacks)),
            Some(lacks) => Completion::ignored_with(lacks),
        })
    })
}
