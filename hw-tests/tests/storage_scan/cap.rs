//! A cgroup that slows one disk down for those in it: version 1 (`blkio`) or 2 (`io.max`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Failed;

/// A cgroup with one cap; gone when dropped.
#[derive(Debug)]
pub(crate) struct Cap(PathBuf);

impl Cap {
    /// Caps reads of the device `number` (`7:0`); the inner error says why it cannot be.
    pub(crate) fn reads(number: &str, iops: u32) -> Result<Result<Self, String>, Failed> {
        let name = format!("assay-scan-{}", std::process::id());
        let first = Path::new("/sys/fs/cgroup/blkio");
        if first.join("blkio.throttle.read_iops_device").exists() {
            let cap = Self(first.join(name));
            fs::create_dir(&cap.0)?;
            fs::write(cap.0.join("blkio.throttle.read_iops_device"), format!("{number} {iops}"))?;
            return Ok(Ok(cap));
        }
        let root = Path::new("/sys/fs/cgroup");
        let controllers = fs::read_to_string(root.join("cgroup.controllers")).unwrap_or_default();
        if !controllers.split_whitespace().any(|controller| controller == "io") {
            return Ok(Err("this kernel has no cgroup that slows a disk down".to_owned()));
        }
        if let Err(error) = fs::write(root.join("cgroup.subtree_control"), "+io") {
            return Ok(Err(format!("cgroup controller `io` cannot be used: {error}")));
        }
        let cap = Self(root.join(name));
        fs::create_dir(&cap.0)?;
        fs::write(cap.0.join("io.max"), format!("{number} riops={iops}"))?;
        Ok(Ok(cap))
    }
}

impl Drop for Cap {
    fn drop(&mut self) {
        // Nobody is in it any more; what cannot be removed holds nobody back.
        drop(fs::remove_dir(&self.0));
    }
}

/// Returns `program` as a command that enters the cgroup first, where there is one.
pub(crate) fn command(program: &Path, cap: Option<&Cap>) -> Command {
    let Some(Cap(folder)) = cap else { return Command::new(program) };
    let mut command = Command::new("sh");
    command.args(["-c", "echo $$ > \"$0\" && exec \"$@\""]);
    command.arg(folder.join("cgroup.procs")).arg(program);
    command
}
