//! Sessions that are left after thousands of connections, whatever ended them.

#![expect(clippy::disallowed_methods, reason = "waits for a process, and stops it")]

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use hw_tests::Need;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::super::storage::absent;
use super::super::{CaseError, Effort, Figure, interrupt};
use super::failed;
use super::rack::{Asked, Rack};

/// Hosts of a run: each is a cycle of connecting, acting and closing.
const HOSTS: usize = 100;
/// Ways that a run ends.
const WAYS: [Way; 5] =
    [Way::Success, Way::Error, Way::TimeOut, Way::Stop(Signal::INT), Way::Stop(Signal::TERM)];
/// How long a program may take until its sessions are open.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Success,
    Error,
    TimeOut,
    Stop(Signal),
}

/// A protocol, and what is asked of it.
struct Spoken {
    name: &'static str,
    words: &'static [&'static str],
    quick: &'static [&'static str],
    wrong: &'static [&'static str],
    /// What takes longer than a second.
    long: &'static [&'static str],
}

const SPOKEN: [Spoken; 2] = [
    Spoken {
        name: "Redfish",
        words: &["--protocol", "redfish"],
        quick: &["power", "status"],
        wrong: &["raw", "get", "/redfish/v1/Nothing"],
        long: &["inventory"],
    },
    Spoken {
        name: "IPMI",
        words: &["--protocol", "ipmi"],
        quick: &["power", "status"],
        // A command that there is not.
        wrong: &["raw", "ipmi", "0x06", "0x7f"],
        long: &["sensors"],
    },
];

/// Connects, acts and closes over both protocols, and counts what is open then.
pub(super) fn sessions(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(&[Need::Program("time")])?;
    let cycles = if effort == Effort::Full { 10_000 } else { WAYS.len() * HOSTS };
    let rack = Rack::start(HOSTS, &["--fault", "latency=60"])?;
    SPOKEN.iter().map(|spoken| of(&rack, spoken, cycles)).collect()
}

fn of(rack: &Rack, spoken: &Spoken, cycles: usize) -> Result<Figure, CaseError> {
    let (mut done, mut opened) = (0, 0);
    while done < cycles {
        for way in WAYS {
            opened += run(rack, spoken, way)?;
            done += HOSTS;
        }
    }
    let left = left(rack, spoken)?;
    Ok(Figure {
        what: format!("bmc: sessions left over {}", spoken.name),
        bar: "0 after success, error, time-out, SIGINT, SIGTERM".to_owned(),
        measured: format!("{left} left after {done} cycles, at least {opened} sessions opened"),
        met: Some(left == 0),
        broken: None,
    })
}

/// Runs over all hosts to that end; returns how many sessions were open on the way, as far as that
/// is known.
fn run(rack: &Rack, spoken: &Spoken, way: Way) -> Result<usize, CaseError> {
    let list = rack.list();
    let words = |more: &[&'static str]| -> Vec<&'static str> {
        spoken.words.iter().chain(more).copied().collect()
    };
    let expect = |asked: &Asked, result: &str| match asked.count(result) {
        HOSTS => Ok(HOSTS),
        count => Err(failed(format!("{way:?}: {count} of {HOSTS} hosts are {result}"))),
    };
    match way {
        Way::Success => expect(&rack.ask(&list, &words(spoken.quick))?, "done"),
        Way::Error => {
            let yes = ["--yes-hosts", "100"];
            expect(&rack.ask(&list, &[words(spoken.wrong), yes.to_vec()].concat())?, "failed")
        }
        Way::TimeOut => {
            let long = [words(spoken.long), vec!["--timeout", "1"]].concat();
            let asked = rack.ask(&list, &long)?;
            // Some may not have been let in by then.
            match (asked.count("failed"), asked.count("unreached")) {
                (opened @ 1.., others) if opened + others == HOSTS => Ok(opened),
                counts => Err(failed(format!("{way:?}: {counts:?} of {HOSTS} hosts"))),
            }
        }
        Way::Stop(signal) => stopped(rack, &list, &words(spoken.long), signal),
    }
}

/// Stops a run once its sessions are open; returns how many were.
fn stopped(rack: &Rack, list: &Path, words: &[&str], signal: Signal) -> Result<usize, CaseError> {
    let running = rack.begin(list, words)?;
    let notes = rack.file("state/bmc-sessions");
    let begun = Instant::now();
    // A note stands for a session that is open.
    let open = loop {
        let open = noted(&notes);
        if open >= HOSTS / 2 {
            break open;
        }
        if interrupt::asked() || begun.elapsed() > PATIENCE {
            return Err(failed(format!("{open} sessions were opened")));
        }
        thread::sleep(Duration::from_millis(2));
    };
    let program = running.program().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let program = program.ok_or_else(|| failed("the program has ended by itself"))?;
    kill_process(program, signal).map_err(std::io::Error::from)?;
    let ran = running.finish()?;
    let asked = Asked::of(ran, 0.0)?;
    if asked.count("interrupted") == 0 {
        return Err(failed("the signal came too late: nobody was interrupted"));
    }
    Ok(open)
}

/// Counts the sessions that a folder of notes says to be open.
fn noted(folder: &Path) -> usize {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
    let count = |text: &str, sign| text.lines().filter(|line| line.starts_with(sign)).count();
    texts.map(|text| count(&text, "+ ").saturating_sub(count(&text, "- "))).sum()
}

/// Counts the sessions that are open at all hosts, but those that count them.
fn left(rack: &Rack, spoken: &Spoken) -> Result<u64, CaseError> {
    if spoken.name == "Redfish" {
        return rack.sessions(&rack.list());
    }
    // Get Session Info: the session's handle, how many there may be, how many there are.
    let words = ["--protocol", "ipmi", "raw", "ipmi", "0x06", "0x3d", "0", "--yes-hosts", "100"];
    let asked = rack.ask(&rack.list(), &words)?;
    let active = |host: &Value| {
        let answer = host["answer"].as_str()?;
        u64::from_str_radix(answer.split_whitespace().nth(2)?, 16).ok()
    };
    let all: Option<u64> = asked.all_done()?.iter().map(active).sum();
    let own = u64::try_from(HOSTS).unwrap_or(u64::MAX);
    all.map(|all| all.saturating_sub(own)).ok_or_else(|| failed("no count of sessions"))
}
