//! Devices, control groups and files that a case makes, and their end.

#![expect(clippy::disallowed_methods, reason = "waits for a device until a deadline")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use hw_tests::corpus::workspace;

use super::super::{CaseError, interrupt};
use super::absent::{absent, kernel};

/// One thing to take away again.
#[derive(Debug)]
enum Undo {
    Write(PathBuf, String),
    Folder(PathBuf),
    File(PathBuf),
}

/// All that a case made: taken away when dropped, on Ctrl-C too.
#[derive(Debug)]
pub(super) struct Lab {
    undo: Vec<Undo>,
    count: u32,
    _held: interrupt::Held,
}

/// A zram device.
#[derive(Clone, Debug)]
pub(super) struct Zram {
    /// `/dev/zram3`.
    pub(super) path: String,
    /// `252:3`.
    pub(super) number: String,
    name: String,
}

impl Zram {
    /// Returns how many reads it has completed (`/sys/block/…/stat`, first column).
    pub(super) fn reads(&self) -> u64 {
        let text = fs::read_to_string(format!("/sys/block/{}/stat", self.name));
        text.ok().and_then(|text| text.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    }
}

/// A control group whose members' reads of a device can be throttled.
#[derive(Clone, Debug)]
pub(super) struct Throttle {
    /// Its folder, for `cgroup.procs`.
    pub(super) folder: PathBuf,
    unified: bool,
}

impl Throttle {
    /// Allows `iops` reads a second of a device; `None` allows all.
    pub(super) fn set(&self, device: &Zram, iops: Option<u32>) -> Result<(), CaseError> {
        let (file, text) = if self.unified {
            let iops = iops.map_or_else(|| "max".to_owned(), |iops| iops.to_string());
            ("io.max", format!("{} riops={iops}", device.number))
        } else {
            ("blkio.throttle.read_iops_device", format!("{} {}", device.number, iops.unwrap_or(0)))
        };
        let file = self.folder.join(file);
        fs::write(&file, &text).map_err(|error| {
            CaseError::Failed(format!("cannot write `{text}` to {}: {error}", file.display()))
        })
    }

    /// Returns `cgroup v1` or `cgroup v2`.
    pub(super) fn version(&self) -> &'static str {
        if self.unified { "cgroup v2" } else { "cgroup v1" }
    }
}

impl Lab {
    /// Begins with nothing.
    pub(super) fn new() -> Result<Self, CaseError> {
        Ok(Self { undo: Vec::new(), count: 0, _held: interrupt::Held::begin()? })
    }

    /// Makes a zram device and writes all of it with data that does not compress.
    pub(super) fn zram(&mut self, bytes: u64) -> Result<Zram, CaseError> {
        self.zram_of(bytes, fill)
    }

    /// Makes a zram device and writes all of it with one word, which is all that the kernel
    /// then keeps of a page: no device answers a read for less.
    pub(super) fn cheapest_zram(&mut self, bytes: u64) -> Result<Zram, CaseError> {
        self.zram_of(bytes, |file, bytes| {
            std::io::copy(&mut std::io::repeat(0xa5).take(bytes), file)?;
            Ok(file.sync_all()?)
        })
    }

    fn zram_of(
        &mut self,
        bytes: u64,
        write: fn(&mut File, u64) -> Result<(), CaseError>,
    ) -> Result<Zram, CaseError> {
        absent(&[hw_tests::Need::Root])?;
        let Ok(number) = fs::read_to_string("/sys/class/zram-control/hot_add") else {
            return Err(kernel("this kernel has no zram (`modprobe zram`)"));
        };
        let name = format!("zram{}", number.trim());
        let control = PathBuf::from("/sys/class/zram-control/hot_remove");
        self.undo.push(Undo::Write(control, number.trim().to_owned()));
        let folder = PathBuf::from(format!("/sys/block/{name}"));
        self.undo.push(Undo::Write(folder.join("reset"), "1".to_owned()));
        fs::write(folder.join("disksize"), bytes.to_string())?;
        let path = format!("/dev/{name}");
        eventually(|| Path::new(&path).exists())
            .map_err(|()| CaseError::Failed(format!("`{path}` does not appear")))?;
        write(&mut File::options().write(true).open(&path)?, bytes)?;
        let number = fs::read_to_string(folder.join("dev"))?.trim().to_owned();
        Ok(Zram { path, number, name })
    }

    /// Makes a file under `target/`, written in full with data that does not compress, and
    /// reads it once, so that all of it is in the page cache.
    pub(super) fn cached_file(&mut self, bytes: u64) -> Result<PathBuf, CaseError> {
        let path = self.place()?;
        let mut file = File::create(&path)?;
        fill(&mut file, bytes)?;
        std::io::copy(&mut File::open(&path)?, &mut std::io::sink())?;
        Ok(path)
    }

    /// Makes a file of holes under `target/`.
    pub(super) fn sparse_file(&mut self, bytes: u64) -> Result<PathBuf, CaseError> {
        let path = self.place()?;
        File::create(&path)?.set_len(bytes).map_err(|error| {
            CaseError::Missing(format!("no file of {bytes} bytes at {}: {error}", path.display()))
        })?;
        Ok(path)
    }

    fn place(&mut self) -> Result<PathBuf, CaseError> {
        self.count += 1;
        let folder = workspace().join("target/figures-scratch");
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{}-{}", std::process::id(), self.count));
        self.undo.push(Undo::File(path.clone()));
        Ok(path)
    }

    /// Makes a control group of the version that can throttle here.
    pub(super) fn throttle(&mut self) -> Result<Throttle, CaseError> {
        absent(&[hw_tests::Need::Root])?;
        let (folder, unified) = self.group("blkio", "io")?;
        let file = if unified { "io.max" } else { "blkio.throttle.read_iops_device" };
        if folder.join(file).exists() {
            return Ok(Throttle { folder, unified });
        }
        Err(kernel("this kernel throttles no block devices (CONFIG_BLK_DEV_THROTTLING)"))
    }

    /// Makes a control group whose members stay on the last processor that this process may
    /// use, the kernel's workers for their rings included, which go anywhere without.
    pub(super) fn one_processor(&mut self) -> Result<PathBuf, CaseError> {
        absent(&[hw_tests::Need::Root])?;
        let (folder, unified) = self.group("cpuset", "cpuset")?;
        if !unified {
            // Without memory no process may enter.
            let root = folder.parent().unwrap_or(&folder);
            fs::write(folder.join("cpuset.mems"), fs::read(root.join("cpuset.mems"))?)?;
        }
        fs::write(folder.join("cpuset.cpus"), last_processor())?;
        Ok(folder)
    }

    /// Makes a control group under the controller `v1`, or under `v2` of the unified hierarchy.
    fn group(&mut self, v1: &str, v2: &str) -> Result<(PathBuf, bool), CaseError> {
        let mounts = fs::read_to_string("/proc/self/mountinfo")?;
        self.count += 1;
        let name = format!("assay-figures-{}-{}", std::process::id(), self.count);
        let (root, unified) = match mounted(&mounts, "cgroup", v1) {
            Some(root) => (root, false),
            None => match mounted(&mounts, "cgroup2", "") {
                Some(root) => (root, true),
                None => return Err(kernel("no control groups are mounted")),
            },
        };
        if unified {
            let subtree = root.join("cgroup.subtree_control");
            if !fs::read_to_string(&subtree)?.split_whitespace().any(|word| word == v2) {
                fs::write(&subtree, format!("+{v2}")).map_err(|error| {
                    kernel(&format!("cgroup v2 has no controller `{v2}` to give: {error}"))
                })?;
                self.undo.push(Undo::Write(subtree, format!("-{v2}")));
            }
        }
        let folder = root.join(name);
        fs::create_dir(&folder)?;
        self.undo.push(Undo::Folder(folder.clone()));
        Ok((folder, unified))
    }
}

/// Returns the last processor that this process may use: the first is where the interrupts are.
fn last_processor() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    list.and_then(|list| list.trim().rsplit([',', '-']).next()).unwrap_or("0").to_owned()
}

impl Drop for Lab {
    fn drop(&mut self) {
        while let Some(undo) = self.undo.pop() {
            let mut why = String::new();
            let done = eventually(|| {
                let done = match &undo {
                    Undo::Write(path, text) => fs::write(path, text),
                    Undo::Folder(path) => fs::remove_dir(path),
                    Undo::File(path) => fs::remove_file(path),
                };
                done.map_err(|error| why = error.to_string()).is_ok()
            });
            if done.is_err() {
                eprintln!("figures: could not undo {undo:?}: {why}");
            }
        }
    }
}

/// Returns where a filesystem of type `kind` is mounted whose options have `option`
/// (proc(5), `/proc/self/mountinfo`).
fn mounted(mountinfo: &str, kind: &str, option: &str) -> Option<PathBuf> {
    mountinfo.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let mut after = after.split_whitespace();
        let (found, options) = (after.next()?, after.nth(1)?);
        let has = option.is_empty() || options.split(',').any(|word| word == option);
        (found == kind && has).then(|| before.split_whitespace().nth(4).map(PathBuf::from))?
    })
}

/// Tries until it works or ten seconds are over.
fn eventually(mut attempt: impl FnMut() -> bool) -> Result<(), ()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if attempt() {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(());
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Writes `bytes` of data that does not compress (xorshift64*), and has it stored.
fn fill(file: &mut File, bytes: u64) -> Result<(), CaseError> {
    const CHUNK: usize = 1 << 20;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut left = bytes;
    while left > 0 {
        chunk.clear();
        while chunk.len() < CHUNK {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            let word = state.wrapping_mul(0x2545_f491_4f6c_dd1d);
            chunk.extend_from_slice(&word.to_le_bytes());
        }
        let take = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        file.write_all(chunk.get(..take).unwrap_or(&chunk))?;
        left = left.saturating_sub(take as u64);
        if interrupt::asked() {
            return Err(CaseError::Failed("stopped by a signal".to_owned()));
        }
    }
    Ok(file.sync_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_controller_is_read_from_the_mounts() {
        let v1 = "30 24 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
                  36 24 0:32 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio\n\
                  39 24 0:35 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let blkio = Some(PathBuf::from("/sys/fs/cgroup/blkio"));
        assert_eq!(mounted(v1, "cgroup", "blkio"), blkio);
        let v2 = "35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n";
        assert_eq!(mounted(v2, "cgroup", "blkio"), None);
        assert_eq!(mounted(v2, "cgroup2", ""), Some(PathBuf::from("/sys/fs/cgroup")));
    }

    #[test]
    fn what_a_case_made_is_gone_when_it_is_over() {
        let mut lab = Lab::new().unwrap();
        let path = lab.cached_file(3 << 20).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), 3 << 20);
        drop(lab);
        assert!(!path.exists());
    }
}
