//! A writer is killed at moments that follow from nothing but the clock and the scheduler.

use std::sync::atomic::Ordering;

use libtest_mimic::Failed;

use crate::lab::{Lab, SMALL};
use crate::writer::{Journal, Writer, classes, judge};
use crate::{ACCUSED, Case, KILLS, Outcome};

pub(crate) const CASES: &[Case] = &[
    ("a_killed_writer_leaves_a_sound_loop_device", on_a_loop_device),
    ("a_killed_writer_leaves_a_sound_zram_device", on_a_zram_device),
    ("an_interrupted_run_is_marked_and_its_device_sound", interrupted),
];

/// Rounds on each kind of device.
fn rounds() -> u64 {
    std::env::var("ASSAY_CRASH_ROUNDS").ok().and_then(|count| count.parse().ok()).unwrap_or(4)
}

fn on_a_loop_device(lab: &mut Lab) -> Outcome {
    let (_image, device) = lab.blank()?;
    kill_and_judge(&device)?;
    Ok(None)
}

fn on_a_zram_device(lab: &mut Lab) -> Outcome {
    match lab.zram(SMALL)? {
        Ok(device) => kill_and_judge(&device).map(|()| None),
        Err(lacks) => Ok(Some(lacks)),
    }
}

/// Every round writes over what the one before it left, which is not to confuse it.
fn kill_and_judge(device: &str) -> Result<(), Failed> {
    for round in 0..rounds() {
        let journal = Journal::new()?;
        let order = if round % 2 == 0 { "random" } else { "sequential" };
        let more = ["--runtime", "10m", "--bs", "8k", "--flush-every", "100", "--order", order];
        let mut writer = Writer::start(device, &journal.path(), &more)?;
        // From the first batch to many passes.
        writer.grown(&journal, 128 + (round * 7919 % 97) * 8192)?;
        writer.kill()?;
        let (code, document) = judge(device, &journal.path())?;
        KILLS.fetch_add(1, Ordering::SeqCst);
        let accused: u64 = classes(&document).iter().map(|(_, count)| count).sum();
        ACCUSED.fetch_add(accused, Ordering::SeqCst);
        if code != Some(0) || document["journal"]["closed"] != false {
            return Err(Failed::from(format!("round {round}: {code:?} {document:#}")));
        }
    }
    Ok(())
}

fn interrupted(lab: &mut Lab) -> Outcome {
    let (_image, device) = lab.blank()?;
    let journal = Journal::new()?;
    let more = ["--runtime", "10m", "--bs", "8k"];
    let mut writer = Writer::start(&device, &journal.path(), &more)?;
    writer.grown(&journal, 200_000)?;
    writer.signal("INT")?;
    let (code, document) = writer.end()?;
    assert_eq!(code, Some(3), "{document:#}");
    assert_eq!(document["ended_early"]["en"], "stopped by the operator");
    assert_eq!(document["complete"], false);
    assert!(document["written"]["blocks"].as_u64() > Some(0), "{document:#}");
    let (code, document) = judge(&device, &journal.path())?;
    assert_eq!(code, Some(0), "{document:#}");
    Ok(None)
}
