//! SNIA's performance test on a file, on loop and zram devices made here: resumed after
//! kill -9, begun anew where the device was used, kept on Ctrl-C, refused where it must be.

#[expect(dead_code, reason = "the safety matrix uses the rest of it")]
#[path = "storage_safety/lab.rs"]
mod lab;
#[path = "storage_pts/session.rs"]
mod session;

use std::fs;
use std::process::ExitCode;

use hw_tests::peer::kernel_required;
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

use lab::{Lab, name_of, run};
use session::{Session, ensure};

const DEVICES: &[Need] = &[Need::Root, Need::Program("losetup"), Need::Program("mkfs.ext4")];

/// Large enough for 128 KiB blocks, small enough that a test is short.
const SIZE: u64 = 64 << 20;

fn main() -> ExitCode {
    let on_devices = |name: &str, body: fn(&mut Lab) -> Result<(), Failed>| -> Trial {
        trial(name, DEVICES, move || {
            let mut lab = Lab::new()?;
            let outcome = body(&mut lab);
            lab.clean()?;
            outcome
        })
    };
    let trials = vec![
        on_devices("a_file_gives_a_marked_report_whose_numbers_are_the_runs", file),
        on_devices("kill_9_costs_one_cell_and_no_window_spans_it", killed),
        on_devices("a_device_that_was_used_meanwhile_begins_anew", used),
        on_devices("ctrl_c_keeps_what_was_collected", interrupted),
        on_devices("a_purge_is_the_operators_own_or_none", purged),
        on_devices("what_must_not_be_written_is_not", refused),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Returns a zram device; `None`, once the reason was told, where the kernel has none.
fn zram(lab: &mut Lab) -> Result<Option<String>, Failed> {
    match lab.zram(SIZE)? {
        Ok(device) => Ok(Some(device)),
        Err(lacks) if kernel_required() => Err(Failed::from(lacks)),
        Err(_lacks) => Ok(None),
    }
}

/// Returns a device to be killed on: zram where the kernel has it, or else a loop device.
fn device(lab: &mut Lab) -> Result<String, Failed> {
    if let Some(device) = zram(lab)? {
        return Ok(device);
    }
    let image = lab.image(SIZE)?;
    lab.loop_on(&image, &[])
}

fn codes(report: &Value) -> Vec<&str> {
    let reasons = report["reasons"].as_array().into_iter().flatten();
    reasons.filter_map(|reason| reason["code"].as_str()).collect()
}

fn file(lab: &mut Lab) -> Result<(), Failed> {
    let path = lab.path("file").display().to_string();
    let session = Session::new(lab, &path, &["--size", "64m"])?;
    let ended = session.run(&[])?;
    let said = &ended.said;
    ensure(ended.code == Some(3), || format!("--fast is never a result: {said}"))?;
    ensure(!lab.path("file").exists(), || "the file is still there".to_owned())?;
    let document = session.document()?;
    let report = &document["pts"][0];
    ensure(report["fast"] == true && codes(report).contains(&"reduced"), || report.to_string())?;
    for page in ["report.zh.html", "report.en.html"] {
        let page = fs::read_to_string(session.out().join(page))?;
        let marked = page.contains("不可用于验收") || page.contains("not for acceptance");
        ensure(marked, || "the page is not marked".to_owned())?;
    }
    numbers_are_the_runs(&document)
}

/// Computes the table again from the runs, by their names.
fn numbers_are_the_runs(document: &Value) -> Result<(), Failed> {
    let part = &document["pts"][0]["part"][0];
    let last = part["steady_round"].as_u64().or(part["rounds"].as_u64()).ok_or("no rounds")?;
    for row in part["table"].as_array().ok_or("no table")? {
        let reads = row["cell"]["read_percent"].as_u64().ok_or("no mix")?;
        let cell = format!("{reads}/{} 128 KiB", 100 - reads);
        let mut sum = 0;
        for round in last - 4..=last {
            let case = format!("pts.throughput.{round}.{cell}");
            let run = document["run"].as_array().into_iter().flatten();
            let run = run.clone().find(|run| run["case"] == case.as_str());
            let run = run.ok_or_else(|| format!("no run `{case}`"))?;
            sum += run["all"]["bytes_per_s"].as_u64().ok_or("no rate")?;
        }
        ensure(row["mean_milli"] == sum / 5, || format!("{cell}: {row}, by the runs {}", sum / 5))?;
    }
    Ok(())
}

fn killed(lab: &mut Lab) -> Result<(), Failed> {
    let device = device(lab)?;
    let session = Session::new(lab, &device, &["--purge", "discard"])?;
    // In the middle of the second round: a read of 1 s, then a write.
    let ended = session.stopped_after(6, "KILL")?;
    ensure(ended.code.is_none(), || format!("it ended by itself: {}", ended.said))?;
    let before = session.lines()?;
    let ended = session.run(&[])?;
    let after = session.lines()?;
    ensure(after.starts_with(&before), || "what was kept is not what it was".to_owned())?;
    let document = session.document()?;
    let report = &document["pts"][0];
    let was = &report["interruption"][0];
    ensure(was["continued"] == true, || format!("{was}: {}", ended.said))?;
    ensure(!codes(report).contains(&"ended-early"), || report["reasons"].to_string())?;
    // The round that was interrupted and those before it count for no window.
    let round = was["round"].as_u64().ok_or("no round")?;
    let steady = report["part"][0]["steady_round"].as_u64();
    ensure(steady.is_none_or(|steady| steady >= round + 5), || report["part"][0].to_string())?;
    numbers_are_the_runs(&document)?;
    // Once done, nothing is run again, and the document is the same.
    let again = session.run(&[])?;
    ensure(again.said.contains("is done"), || again.said.clone())?;
    ensure(session.lines()? == after && session.document()? == document, || "changed".to_owned())
}

fn used(lab: &mut Lab) -> Result<(), Failed> {
    let device = device(lab)?;
    let session = Session::new(lab, &device, &["--purge", "discard"])?;
    session.stopped_after(5, "KILL")?;
    // More than the cell that was interrupted may have written.
    let lines = session.lines()?;
    let written = lines.iter().filter_map(|line| {
        let entry: Value = serde_json::from_str(line).ok()?;
        // A cell takes one second.
        let rate = entry.pointer("/preconditioned/run/all/bytes_per_s");
        rate.or_else(|| entry.pointer("/cell/run/write/moved_bytes"))?.as_u64()
    });
    let mut left = written.max().ok_or("nothing was written")? + SIZE;
    while left > 0 {
        let (to, count) = (format!("of={device}"), (SIZE >> 20).to_string());
        run(&["dd", "if=/dev/zero", &to, "bs=1M", &format!("count={count}"), "oflag=direct"])?;
        left = left.saturating_sub(SIZE);
    }
    let ended = session.run(&[])?;
    ensure(ended.said.contains("begins anew"), || ended.said.clone())?;
    let document = session.document()?;
    let report = &document["pts"][0];
    ensure(report["interruption"][0]["continued"] == false, || report["interruption"].to_string())?;
    let purges = session.lines()?.iter().filter(|line| line.contains("\"purged\"")).count();
    ensure(purges == 2, || format!("purged {purges} times"))?;
    ensure(report["part"][0]["rounds"].as_u64() >= Some(5), || report["part"][0].to_string())
}

fn interrupted(lab: &mut Lab) -> Result<(), Failed> {
    let image = lab.image(SIZE)?;
    let device = lab.loop_on(&image, &[])?;
    let session = Session::new(lab, &device, &[])?;
    let ended = session.stopped_after(6, "INT")?;
    ensure(ended.code == Some(3), || format!("{:?}: {}", ended.code, ended.said))?;
    let document = session.document()?;
    let report = &document["pts"][0];
    ensure(codes(report).contains(&"ended-early"), || report["reasons"].to_string())?;
    let runs = document["run"].as_array().map_or(0, Vec::len);
    ensure(runs >= 4, || format!("{runs} runs were kept"))?;
    ensure(session.out().join("report.en.html").is_file(), || "no page".to_owned())?;
    // What is there is of this device and of these settings.
    let other = session.run(&["--iodepth", "7"])?;
    let says = other.said.contains("--iodepth: 32 ≠ 7");
    ensure(other.code == Some(2) && says, || other.said.clone())?;
    let second = lab.image(2 * SIZE)?;
    let second = lab.loop_on(&second, &[])?;
    let foreign = session.of(&second)?.run(&[])?;
    let says = foreign.said.contains("holds another test");
    ensure(foreign.code == Some(2) && says, || foreign.said.clone())
}

fn purged(lab: &mut Lab) -> Result<(), Failed> {
    let image = lab.image(SIZE)?;
    let device = lab.loop_on(&image, &[])?;
    let before = fs::read(&image)?;
    let failing = Session::new(lab, &device, &["--purge", "exit 9"])?.run(&[])?;
    let says = failing.said.contains("the purge command failed");
    ensure(failing.code == Some(3) && says, || failing.said.clone())?;
    ensure(fs::read(&image)? == before, || "written without a purge".to_owned())?;
    // It has the device alone, and is told which it is.
    let noted = lab.path("noted").display().to_string();
    let command = format!("blockdev --flushbufs $ASSAY_TARGET; echo $ASSAY_TARGET > {noted}");
    let session = Session::new(lab, &device, &["--purge", &command])?;
    let ended = session.stopped_after(3, "INT")?;
    ensure(fs::read_to_string(&noted)?.trim() == device, || ended.said.clone())?;
    let document = session.document()?;
    let told = &document["pts"][0]["part"][0]["purged"];
    ensure(told == command.as_str(), || told.to_string())
}

fn refused(lab: &mut Lab) -> Result<(), Failed> {
    let (image, mounted) = lab.ext4()?;
    lab.mount(&mounted, "ro,noload")?;
    let read_only = lab.image(SIZE)?;
    let read_only_device = lab.loop_on(&read_only, &["--read-only"])?;
    let small = lab.image(1 << 20)?;
    let small_device = lab.loop_on(&small, &[])?;
    let before = (fs::read(&image)?, fs::read(&read_only)?, fs::read(&small)?);
    for (device, says) in [
        (&mounted, "(mounted)"),
        (&read_only_device, "(read-only)"),
        (&small_device, "is too small for this test"),
    ] {
        let ended = Session::new(lab, device, &[])?.run(&[])?;
        ensure(ended.code == Some(2) && ended.said.contains(says), || ended.said.clone())?;
    }
    let unnamed = Session::unnamed(lab, &small_device)?.run(&[])?;
    let says =
        unnamed.said.contains("(not-named)") && unnamed.said.contains(&name_of(&small_device)?);
    ensure(unnamed.code == Some(2) && says, || unnamed.said.clone())?;
    let after = (fs::read(&image)?, fs::read(&read_only)?, fs::read(&small)?);
    ensure(before == after, || "a refused device was written".to_owned())
}
