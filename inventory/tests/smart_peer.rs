//! Drives of this machine: what we collect against what smartctl says of them.
//!
//! Needs root and drives that answer SMART commands; where there are none (a
//! virtual machine) or smartctl is missing, the test is ignored with the reason.

use std::process::Command;

use inventory::Sysroot;
use inventory::collect::{Options, collect};
use inventory::import::smartctl;
use inventory::model::{Disk, Inventory};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde_json::Value;

fn main() {
    let arguments = Arguments::from_args();
    let drives = Trial::ignorable_test("drives_tell_us_what_they_tell_smartctl", drives);
    let answer = Trial::ignorable_test("an_answer_without_a_drive_is_read", answer);
    libtest_mimic::run(&arguments, vec![drives, answer]).exit();
}

/// Without the program the test is a failure where peers are required; a
/// machine without drives is nobody's fault.
fn missing(reason: String) -> Result<Completion, Failed> {
    if std::env::var_os("ASSAY_REQUIRE_PEERS").is_some_and(|value| value == "1") {
        return Err(reason.into());
    }
    Ok(Completion::ignored_with(reason))
}

fn smartctl_json(arguments: &[&str]) -> Option<Vec<u8>> {
    Command::new("smartctl").arg("-j").args(arguments).output().ok().map(|output| output.stdout)
}

fn scanned() -> Option<Vec<String>> {
    let scan: Value = serde_json::from_slice(&smartctl_json(&["--scan"])?).ok()?;
    let devices = scan["devices"].as_array().cloned().unwrap_or_default();
    Some(devices.iter().filter_map(|device| device["name"].as_str().map(str::to_owned)).collect())
}

/// What smartctl answers when there is no drive to ask is a document too.
fn answer() -> Result<Completion, Failed> {
    let Some(bytes) = smartctl_json(&["-x", "/dev/null"]) else {
        return missing("smartctl is not installed".to_owned());
    };
    let read = smartctl::import("null.json", &bytes).map_err(|error| error.to_string())?;
    if !read.disk.is_empty() {
        return Err(format!("/dev/null is no drive: {:?}", read.disk).into());
    }
    Ok(Completion::Completed)
}

fn drives() -> Result<Completion, Failed> {
    let Some(devices) = scanned() else {
        return missing("smartctl is not installed".to_owned());
    };
    if devices.is_empty() {
        return Ok(Completion::ignored_with("smartctl finds no drive in this machine"));
    }
    if !root() {
        return Ok(Completion::ignored_with("drives answer to root only"));
    }
    let ours = collect(&Sysroot::live(), &Options::default(), &|_section| ()).inventory;
    let mut compared = 0;
    for device in devices {
        let bytes = smartctl_json(&["-x", &device]).unwrap_or_default();
        let theirs = smartctl::import(&device, &bytes).map_err(|error| error.to_string())?;
        for drive in &theirs.disk {
            compared += u32::from(compare(&device, drive, &ours)?);
        }
    }
    if compared == 0 {
        return Ok(Completion::ignored_with("no drive that both read"));
    }
    Ok(Completion::Completed)
}

/// Compares what does not change between two looks; `false` where the drive is
/// not one that the kernel shows (behind a RAID controller).
fn compare(device: &str, theirs: &Disk, ours: &Inventory) -> Result<bool, Failed> {
    let Some(serial) = &theirs.serial else { return Ok(false) };
    let Some(mine) = ours.disk.iter().find(|disk| disk.serial.as_ref() == Some(serial)) else {
        return Ok(false);
    };
    let differs = |what: &str| Failed::from(format!("{device}: {what} differs"));
    for (what, same) in [
        ("model", mine.model == theirs.model),
        ("firmware", mine.firmware == theirs.firmware),
        ("size", mine.size_bytes == theirs.size_bytes),
        ("rotation", mine.rpm == theirs.rpm),
        ("wwid", theirs.wwid.is_none() || mine.wwid == theirs.wwid),
        (
            "verdict",
            mine.health.as_ref().and_then(|health| health.passed)
                == theirs.health.as_ref().and_then(|health| health.passed),
        ),
    ] {
        if !same {
            return Err(differs(what));
        }
    }
    let table = |disk: &Disk| -> Vec<(u8, Option<u8>)> {
        let ata = disk.smart.as_ref().and_then(|smart| smart.ata.as_ref());
        let rows = ata.map(|ata| ata.attributes.as_slice()).unwrap_or_default();
        rows.iter().map(|row| (row.id, row.threshold)).collect()
    };
    if table(mine) != table(theirs) {
        return Err(differs("attribute table"));
    }
    Ok(true)
}

/// Says whether this process may send commands to drives.
fn root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    line.is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0"))
}
