//! `assay storage scan` on twelve disks made here: one that a cgroup slows down is found,
//! and where none is slow none is accused.
//!
//! The disks are loop devices over files in memory, so that no neighbour of this machine's
//! own disk takes part; its processors are what they share, as disks share a bus.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

#[path = "storage_scan/cap.rs"]
mod cap;
#[path = "storage_safety/lab.rs"]
#[expect(dead_code, reason = "the safety matrix makes more kinds of devices")]
mod lab;

use std::fs::{self, File};
use std::io::Write;
use std::process::ExitCode;

use hw_tests::peer::{self, peers_required};
use hw_tests::{Need, program};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde_json::Value;

use cap::Cap;
use lab::Lab;

/// What every case needs.
const NEEDS: &[Need] = &[Need::Root, Need::Program("losetup"), Need::Program("sh")];

/// Disks of a search.
const DISKS: usize = 12;
/// Bytes of a disk.
const SIZE: usize = 16 << 20;
/// Operations a second that the slow disk is held to: its peers do thousands.
const SLOW_IOPS: u32 = 300;

/// How a case went: `Some` says which feature the kernel lacks for it.
type Outcome = Result<Option<String>, Failed>;
type Case = fn(&mut Lab) -> Outcome;

fn main() -> ExitCode {
    let cases: [(&str, Case); 2] = [
        ("one_throttled_disk_of_twelve_is_found_and_no_other", throttled),
        ("healthy_disks_are_not_accused_round_after_round", healthy),
    ];
    // One after the other: the two would be each other's noise.
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let trials = cases.into_iter().map(|(name, body)| trial(name, body)).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(name: &'static str, body: Case) -> Trial {
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

/// Twelve disks alike, filled: reading what was never written would measure nothing.
struct Dozen {
    devices: Vec<String>,
    /// Gone when the devices are.
    _images: tempfile::TempDir,
}

impl Dozen {
    fn new(lab: &mut Lab) -> Result<Self, Failed> {
        let images = tempfile::tempdir_in("/dev/shm")?;
        let mut devices = Vec::new();
        for number in 0..DISKS {
            let path = images.path().join(format!("disk{number}"));
            File::create(&path)?.write_all(&vec![0x5a; SIZE])?;
            devices.push(lab.loop_on(&path, &[])?);
        }
        Ok(Self { devices, _images: images })
    }

    /// Scans them, held to `cap` where there is one; returns exit code and document.
    fn scan(&self, cap: Option<&Cap>) -> Result<(Option<i32>, Value), Failed> {
        let program = program::assay()?;
        let mut command = cap::command(&program, cap);
        command.args(["storage", "scan", "--runtime", "2", "--output", "json"]);
        let output = command.args(&self.devices).env("LANG", "C.UTF-8").output()?;
        let document = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
        Ok((output.status.code(), document))
    }
}

/// Returns the disks of a document that are not healthy, with what they are.
fn accused(document: &Value) -> Vec<(String, String)> {
    let disks = document["disk"].as_array().cloned().unwrap_or_default();
    assert_eq!(disks.len(), DISKS, "{document:#}");
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let states = disks.iter().map(|disk| (word(&disk["path"]), word(&disk["state"])));
    states.filter(|(_, state)| state != "healthy").collect()
}

fn throttled(lab: &mut Lab) -> Outcome {
    let dozen = Dozen::new(lab)?;
    let at = usize::try_from(std::process::id())? % DISKS;
    let slow = dozen.devices.get(at).ok_or("there are twelve")?;
    let name = slow.trim_start_matches("/dev/");
    let number = fs::read_to_string(format!("/sys/block/{name}/dev"))?;
    let cap = match Cap::reads(number.trim(), SLOW_IOPS)? {
        Ok(cap) => cap,
        Err(lacks) => return Ok(Some(lacks)),
    };
    let (code, document) = dozen.scan(Some(&cap))?;
    assert_eq!(accused(&document), [(slow.clone(), "slow".to_owned())], "{document:#}");
    assert_eq!(code, Some(1));
    let disk = document["disk"].get(at).cloned().unwrap_or_default();
    assert_eq!(disk["compared"], true);
    assert!(disk["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty()), "{disk:#}");
    println!("figure: scan.found = 1 of {DISKS}");
    Ok(None)
}

fn healthy(lab: &mut Lab) -> Outcome {
    let rounds = std::env::var("ASSAY_SCAN_ROUNDS").ok().and_then(|count| count.parse().ok());
    let (rounds, mut wrong) = (rounds.unwrap_or(2_u32), Vec::new());
    let dozen = Dozen::new(lab)?;
    for round in 0..rounds {
        let (code, document) = dozen.scan(None)?;
        let accused = accused(&document);
        if code != Some(0) {
            println!("round {round}: {code:?} {accused:?}");
            let disks = document["disk"].as_array().cloned().unwrap_or_default();
            let told = disks.iter().filter(|disk| disk["state"] != "healthy");
            told.for_each(|disk| println!("{disk:#}"));
            wrong.push(round);
        }
    }
    println!("figure: scan.false = {} of {rounds} rounds", wrong.len());
    assert_eq!(wrong, Vec::<u32>::new());
    Ok(None)
}
