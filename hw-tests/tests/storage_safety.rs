//! The safety matrix: every way a disk can be the wrong one, on devices made here.
//!
//! Each case looks, decides and, where that were allowed, writes; it asserts the codes of
//! the refusal and that not one byte of the backing store changed. Positive controls
//! show that the same way does write where it may. Loop and zram devices, mounts and
//! swap are made by the case and taken away again, whatever happens.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

#[path = "storage_safety/attempt.rs"]
mod attempt;
#[path = "storage_safety/contents.rs"]
mod contents;
#[path = "storage_safety/files.rs"]
mod files;
#[path = "storage_safety/lab.rs"]
mod lab;
#[path = "storage_safety/moments.rs"]
mod moments;
#[path = "storage_safety/names.rs"]
mod names;
#[path = "storage_safety/users.rs"]
mod users;

use std::process::ExitCode;
use std::sync::atomic::Ordering;

use hw_tests::Need;
use hw_tests::peer::{self, peers_required};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use lab::Lab;

/// A case: what it shows, what it needs, and how it goes.
struct Case {
    name: &'static str,
    needs: &'static [Need],
    body: fn(&mut Lab) -> Outcome,
}

/// How a case went: `Some` says which feature the kernel lacks for it.
type Outcome = Result<Option<String>, Failed>;

/// What every case with devices needs.
const DEVICES: &[Need] = &[
    Need::Root,
    Need::Program("losetup"),
    Need::Program("mount"),
    Need::Program("umount"),
    Need::Program("mkfs.ext4"),
    Need::Program("mkswap"),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let cases = [names::CASES, users::CASES, contents::CASES, moments::CASES, files::CASES];
    let trials = cases.into_iter().flatten().map(trial).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    let refused = attempt::REFUSED.load(Ordering::SeqCst);
    // Where all was ignored there is no figure, not a good one.
    if refused > 0 {
        println!("figure: safety.cases = {refused}");
        println!("figure: safety.controls = {}", attempt::WRITTEN.load(Ordering::SeqCst));
        println!("figure: safety.bytes_written = {}", attempt::CHANGED.load(Ordering::SeqCst));
    }
    conclusion.exit_code()
}

fn trial(case: &'static Case) -> Trial {
    Trial::ignorable_test(case.name, move || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let needs = DEVICES.iter().chain(case.needs);
        if let Some(reason) = needs.copied().find_map(|need: Need| need.missing(&path)) {
            let missing = if peers_required() {
                Err(Failed::from(reason))
            } else {
                Ok(Completion::ignored_with(reason))
            };
            return missing;
        }
        let mut lab = Lab::new()?;
        let outcome = (case.body)(&mut lab);
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
