//! Devices and mounts of one test, gone when they are dropped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hw_tests::program;
use libtest_mimic::Failed;
use serde_json::Value;

/// A compressed disk in memory, and a folder beside it.
#[derive(Debug)]
pub(crate) struct Zram {
    number: String,
    pub(crate) folder: tempfile::TempDir,
    bytes: u64,
}

impl Zram {
    pub(crate) fn new(bytes: u64) -> Result<Self, Failed> {
        let number = fs::read_to_string("/sys/class/zram-control/hot_add")?.trim().to_owned();
        let folder = tempfile::Builder::new().prefix("assay-accept-").tempdir()?;
        let zram = Self { number, folder, bytes };
        fs::write(zram.sys("disksize"), bytes.to_string())?;
        Ok(zram)
    }

    pub(crate) fn sys(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/sys/block/zram{}/{file}", self.number))
    }

    /// Returns the words that name the device for acceptance.
    pub(crate) fn named(&self) -> Result<Vec<String>, Failed> {
        let dev = fs::read_to_string(self.sys("dev"))?;
        Ok(vec![
            "--target".to_owned(),
            self.device(),
            "--destroy".to_owned(),
            format!("device:{}:{}", dev.trim(), self.bytes),
            "--out".to_owned(),
            self.out().display().to_string(),
        ])
    }

    pub(crate) fn device(&self) -> String {
        format!("/dev/zram{}", self.number)
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }
}

impl Drop for Zram {
    fn drop(&mut self) {
        drop(until(|| fs::write(self.sys("reset"), "1").is_ok()));
        drop(fs::write("/sys/class/zram-control/hot_remove", &self.number));
    }
}

/// A btrfs on a file, mounted.
#[derive(Debug)]
pub(crate) struct Btrfs {
    folder: tempfile::TempDir,
    device: Option<String>,
    pub(crate) mount: PathBuf,
}

impl Btrfs {
    /// Makes one; `None` where the kernel has none.
    pub(crate) fn new() -> Result<Option<Self>, Failed> {
        if !fs::read_to_string("/proc/filesystems")?.contains("btrfs") {
            return Ok(None);
        }
        let folder = tempfile::Builder::new().prefix("assay-btrfs-").tempdir()?;
        let image = folder.path().join("image");
        fs::File::create(&image)?.set_len(1 << 30)?;
        let mount = folder.path().join("mnt");
        fs::create_dir(&mount)?;
        let mut btrfs = Self { folder, device: None, mount };
        let device = command("losetup", &["--find", "--show", &image.display().to_string()])?;
        let device = device.trim().to_owned();
        btrfs.device = Some(device.clone());
        command("mkfs.btrfs", &["-q", &device])?;
        command("mount", &[&device, &btrfs.mount.display().to_string()])?;
        Ok(Some(btrfs))
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }
}

impl Drop for Btrfs {
    fn drop(&mut self) {
        let mount = self.mount.display().to_string();
        drop(until(|| command("umount", &[&mount]).is_ok()));
        if let Some(device) = &self.device {
            drop(command("losetup", &["--detach", device]));
        }
    }
}

/// Runs a command and returns what it printed.
pub(crate) fn command(name: &str, arguments: &[&str]) -> Result<String, Failed> {
    let output = Command::new(name).args(arguments).env("LC_ALL", "C").output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failed::from(format!("{name} {arguments:?}: {}", said.trim())))
}

/// Waits for a condition; an error where it does not come true in a minute.
#[expect(clippy::disallowed_methods, reason = "waits for a condition until a deadline")]
pub(crate) fn until(mut holds: impl FnMut() -> bool) -> Result<(), Failed> {
    let deadline = Instant::now() + Duration::from_mins(2);
    while !holds() {
        if Instant::now() > deadline {
            return Err(Failed::from("waited for two minutes"));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn acceptance(words: &[&str], more: &[String]) -> Result<Command, Failed> {
    let mut command = Command::new(program::assay()?);
    let state = std::env::temp_dir().join("assay-test-state");
    command.args(["storage", "accept"]).args(words).args(more);
    command.env("LANG", "C.UTF-8").env("NO_COLOR", "1").env("XDG_STATE_HOME", state);
    Ok(command)
}

/// Runs an acceptance to its end.
pub(crate) fn accept(words: &[&str], more: &[String]) -> Result<Output, Failed> {
    Ok(acceptance(words, more)?.output()?)
}

/// Starts an acceptance.
pub(crate) fn start(words: &[&str], more: &[String]) -> Result<Child, Failed> {
    let mut command = acceptance(words, more)?;
    Ok(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?)
}

/// Starts an acceptance whose messages go to a file.
pub(crate) fn start_to(words: &[&str], more: &[String], said: &Path) -> Result<Child, Failed> {
    let mut command = acceptance(words, more)?;
    Ok(command.stdout(Stdio::null()).stderr(fs::File::create(said)?).spawn()?)
}

/// Reads the runs that are kept in a folder.
pub(crate) fn kept(out: &Path) -> Result<Value, Failed> {
    Ok(serde_json::from_slice(&fs::read(out.join("runs.json"))?)?)
}

/// Returns the codes of reasons, sorted.
pub(crate) fn codes(of: &Value) -> Vec<String> {
    let reasons = of["reasons"].as_array().cloned().unwrap_or_default();
    let mut codes: Vec<String> =
        reasons.iter().filter_map(|reason| reason["code"].as_str().map(str::to_owned)).collect();
    codes.sort();
    codes
}

/// Fails where a condition does not hold.
pub(crate) fn must(holds: bool, what: impl Into<String>) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(Failed::from(what.into())) }
}
