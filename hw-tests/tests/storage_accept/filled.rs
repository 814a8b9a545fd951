//! A volume that was filled is not filled again, unless it no longer holds what was filled in.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use libtest_mimic::Failed;

use crate::devices::{Zram, command, must, start_to, until};

/// Starts an acceptance, waits until it says or does what it should, and interrupts it.
fn until_said(zram: &Zram, says: &str) -> Result<String, Failed> {
    let mut words = zram.named()?;
    words.push("--case=evs-normal.cap.qd1".to_owned());
    let said = zram.folder.path().join("said");
    let mut child = start_to(&["--tier", "evs-normal"], &words, &said)?;
    let marker = zram.out().join("filled.json");
    let read = || fs::read_to_string(&said).unwrap_or_default();
    let seen = until(|| {
        let there = if says.is_empty() { marker.exists() } else { read().contains(says) };
        there && marker.exists()
    });
    command("kill", &["-INT", &child.id().to_string()])?;
    child.wait()?;
    seen.map_err(|_late| Failed::from(read()))?;
    Ok(read())
}

pub(crate) fn once() -> Result<(), Failed> {
    let zram = Zram::new(64 << 20)?;
    let first = until_said(&zram, "")?;
    must(first.contains("evs-normal.fill: valid"), first)?;
    let second = until_said(&zram, "1000 blocks sampled are all there: not filled again")?;
    must(!second.contains("evs-normal.fill:"), second)?;
    // A quarter of it is gone.
    let device = File::options().write(true).open(zram.device())?;
    device.write_all_at(&vec![0; 16 << 20], 16 << 20)?;
    device.sync_all()?;
    drop(device);
    let third = until_said(&zram, "evs-normal.fill: valid")?;
    must(third.contains("no longer are: filled again"), third)
}
