//! Devices, mounts and processes of one case, and their end.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::Failed;
use storage_bench::safety::Request;

/// Smallest image that ext4, swap and all marks fit on.
pub(crate) const SMALL: u64 = 16 << 20;

/// Held while `losetup` looks for a free device.
static FINDING: Mutex<()> = Mutex::new(());

/// One thing to undo: a command, or a process that ends when its input does.
#[derive(Debug)]
enum Undo {
    Run(Vec<String>),
    Write(PathBuf, String),
    End(Child),
}

/// All that a case made.
#[derive(Debug)]
pub(crate) struct Lab {
    folder: tempfile::TempDir,
    undo: Vec<Undo>,
    count: u32,
}

impl Lab {
    pub(crate) fn new() -> Result<Self, Failed> {
        let folder = tempfile::Builder::new().prefix("assay-safety-").tempdir()?;
        Ok(Self { folder, undo: Vec::new(), count: 0 })
    }

    /// Returns a path in the folder of the case.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a file of zeros.
    pub(crate) fn image(&mut self, size: u64) -> Result<PathBuf, Failed> {
        self.count += 1;
        let path = self.path(&format!("image{}", self.count));
        File::create(&path)?.set_len(size)?;
        Ok(path)
    }

    /// Makes a file of zeros with `bytes` put at `offset`.
    pub(crate) fn image_with(&mut self, marks: &[(u64, &[u8])]) -> Result<PathBuf, Failed> {
        let path = self.image(SMALL)?;
        let file = File::options().write(true).open(&path)?;
        for (offset, bytes) in marks {
            file.write_all_at(bytes, *offset)?;
        }
        Ok(path)
    }

    /// Makes a loop device on a file or device.
    pub(crate) fn loop_on(&mut self, backing: &Path, options: &[&str]) -> Result<String, Failed> {
        let backing = backing.display().to_string();
        let mut words = vec!["losetup", "--find", "--show"];
        words.extend(options);
        words.push(&backing);
        // While it looks for a free device it has those of other cases open.
        let alone = finding();
        let device = run(&words)?.trim().to_owned();
        drop(alone);
        self.undo.push(Undo::Run(vec!["losetup".into(), "--detach".into(), device.clone()]));
        Ok(device)
    }

    /// Makes a blank loop device of the smallest size, with its image.
    pub(crate) fn blank(&mut self) -> Result<(PathBuf, String), Failed> {
        let image = self.image(SMALL)?;
        let device = self.loop_on(&image, &[])?;
        Ok((image, device))
    }

    /// Makes a loop device with a filesystem on it.
    pub(crate) fn formatted(
        &mut self,
        size: u64,
        mkfs: &[&str],
    ) -> Result<(PathBuf, String), Failed> {
        let image = self.image(size)?;
        let device = self.loop_on(&image, &[])?;
        let mut words = mkfs.to_vec();
        words.push(&device);
        run(&words)?;
        Ok((image, device))
    }

    /// Makes a loop device with ext4 that writes nothing by itself later.
    pub(crate) fn ext4(&mut self) -> Result<(PathBuf, String), Failed> {
        let lazy = "lazy_itable_init=0,lazy_journal_init=0,nodiscard";
        self.formatted(SMALL, &["mkfs.ext4", "-q", "-E", lazy])
    }

    /// Mounts a device on a folder of its own.
    pub(crate) fn mount(&mut self, device: &str, options: &str) -> Result<PathBuf, Failed> {
        let place = self.empty_folder()?;
        run(&["mount", "-o", options, device, &place.display().to_string()])?;
        self.undo.push(Undo::Run(vec!["umount".into(), place.display().to_string()]));
        settle(&place)?;
        Ok(place)
    }

    /// Shows a folder in a second place.
    pub(crate) fn bind(&mut self, of: &Path) -> Result<PathBuf, Failed> {
        let place = self.empty_folder()?;
        run(&["mount", "--bind", &of.display().to_string(), &place.display().to_string()])?;
        self.undo.push(Undo::Run(vec!["umount".into(), place.display().to_string()]));
        Ok(place)
    }

    fn empty_folder(&mut self) -> Result<PathBuf, Failed> {
        self.count += 1;
        let place = self.path(&format!("mnt{}", self.count));
        fs::create_dir(&place)?;
        Ok(place)
    }

    /// Uses a device as swap.
    pub(crate) fn swap_on(&mut self, device: &str) -> Result<(), Failed> {
        run(&["swapon", device])?;
        self.undo.push(Undo::Run(vec!["swapoff".into(), device.into()]));
        Ok(())
    }

    /// Makes a zram device; `Err` of the inner result says why there is none.
    pub(crate) fn zram(&mut self, size: u64) -> Result<Result<String, String>, Failed> {
        let Ok(number) = fs::read_to_string("/sys/class/zram-control/hot_add") else {
            return Ok(Err("this kernel has no zram".to_owned()));
        };
        let number = number.trim().to_owned();
        let control = PathBuf::from("/sys/class/zram-control/hot_remove");
        self.undo.push(Undo::Write(control, number.clone()));
        let folder = PathBuf::from(format!("/sys/block/zram{number}"));
        self.undo.push(Undo::Write(folder.join("reset"), "1".to_owned()));
        if size > 0 {
            fs::write(folder.join("disksize"), size.to_string())?;
        }
        Ok(Ok(format!("/dev/zram{number}")))
    }

    /// Tells the kernel of a partition; an error says why it has none.
    pub(crate) fn partition(
        &mut self,
        device: &str,
        start: u64,
        size: u64,
    ) -> Result<String, String> {
        let (start, size) = ((start / 512).to_string(), (size / 512).to_string());
        if run(&["addpart", device, "1", &start, &size]).is_err() {
            return Err("this kernel takes no partitions on loop devices".to_owned());
        }
        self.undo.push(Undo::Run(vec!["delpart".into(), device.into(), "1".into()]));
        Ok(format!("{device}p1"))
    }

    /// Starts a shell that says `ready` and then waits until the case is over.
    pub(crate) fn process(&mut self, words: &[&str]) -> Result<u32, Failed> {
        let (program, arguments) = words.split_first().ok_or("no program")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let pid = child.id();
        let ready = line.trim() == "ready";
        let mut said = String::new();
        if !ready && let Some(mut stderr) = child.stderr.take() {
            stderr.read_to_string(&mut said)?;
        }
        self.undo.push(Undo::End(child));
        if ready { Ok(pid) } else { Err(Failed::from(format!("{words:?}: {line}{said}"))) }
    }

    /// Takes all away again, and says what could not be.
    pub(crate) fn clean(&mut self) -> Result<(), Failed> {
        let mut left = Vec::new();
        while let Some(undo) = self.undo.pop() {
            let done = match undo {
                Undo::Run(words) => {
                    let words: Vec<&str> = words.iter().map(String::as_str).collect();
                    eventually(|| run(&words).map(|_| ()).map_err(|failed| format!("{failed:?}")))
                }
                Undo::Write(path, text) => eventually(|| {
                    fs::write(&path, &text).map_err(|error| format!("{}: {error}", path.display()))
                }),
                Undo::End(mut child) => {
                    drop(child.stdin.take());
                    child.wait().map(|_| ()).map_err(|error| error.to_string())
                }
            };
            left.extend(done.err());
        }
        if left.is_empty() { Ok(()) } else { Err(Failed::from(left.join("; "))) }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // After a panic; `trial` tells what `clean` says otherwise.
        drop(self.clean());
    }
}

/// Returns a request to overwrite `paths`, nothing named.
pub(crate) fn writing(paths: &[&str]) -> Request {
    Request {
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        writes: true,
        ..Request::default()
    }
}

/// Returns a request to overwrite `devices`, which are named as they should be.
pub(crate) fn named(devices: &[&str]) -> Result<Request, Failed> {
    let mut request = writing(devices);
    for device in devices {
        request.destroy.push(name_of(device)?.parse()?);
    }
    Ok(request)
}

/// Returns the name that a loop or zram device may be destroyed by.
pub(crate) fn name_of(device: &str) -> Result<String, Failed> {
    let real = fs::canonicalize(device)?;
    let name = real.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let read = |file: &str| fs::read_to_string(format!("/sys/class/block/{name}/{file}"));
    let sectors: u64 = read("size")?.trim().parse()?;
    Ok(format!("device:{}:{}", read("dev")?.trim(), sectors * 512))
}

/// Runs a command and returns what it printed.
pub(crate) fn run(words: &[&str]) -> Result<String, Failed> {
    let (program, arguments) = words.split_first().ok_or("no program")?;
    let output = Command::new(program).args(arguments).env("LC_ALL", "C").output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failed::from(format!("{words:?}: {}", said.trim())))
}

/// Tries until it works or ten seconds are over: programs that look at every device, as
/// `pvcreate` does, keep them busy for a moment.
#[expect(clippy::disallowed_methods, reason = "waits for a condition until a deadline")]
fn eventually(mut attempt: impl FnMut() -> Result<(), String>) -> Result<(), String> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let done = attempt();
        if done.is_ok() || Instant::now() > deadline {
            return done;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Returns the right to look for a free device, or to leave one free for a moment.
pub(crate) fn finding() -> MutexGuard<'static, ()> {
    FINDING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until what a mount writes is written.
fn settle(place: &Path) -> Result<(), Failed> {
    run(&["sync", "--file-system", &place.display().to_string()]).map(|_| ())
}

/// Puts bytes into an image, past its device.
pub(crate) fn put(image: &Path, offset: u64, bytes: &[u8]) -> Result<(), Failed> {
    let mut file = File::options().write(true).open(image)?;
    file.write_all_at(bytes, offset)?;
    Ok(file.flush()?)
}
