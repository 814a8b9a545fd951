//! Which processes have a device open for writing: emulators and databases hold their
//! disks without telling the kernel that they are theirs alone.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;

use crate::safety::{Number, Source, Unread};

use super::root::Root;

/// A descriptor that can write to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Writer {
    pub(super) number: Number,
    pub(super) pid: u32,
    pub(super) program: String,
}

/// How often a writer has to be seen: programs that only look for a free device, as
/// `losetup --find` does, open every one for a moment.
const TIMES: u32 = 4;

/// Returns who but ourselves has any of `numbers` open for writing and stays, and what
/// of that could not be seen.
pub(super) fn writers(root: &Root, numbers: &[Number]) -> (Vec<Writer>, Option<Unread>) {
    if !root.is_live() {
        return (Vec::new(), None);
    }
    let (mut found, unread) = once(root, numbers);
    for _ in 1..TIMES {
        if found.is_empty() {
            break;
        }
        let (again, _) = once(root, numbers);
        found.retain(|writer| again.contains(writer));
    }
    (found, unread)
}

fn once(root: &Root, numbers: &[Number]) -> (Vec<Writer>, Option<Unread>) {
    let mut found: Vec<Writer> = Vec::new();
    let mut denied = 0_u32;
    for name in root.list("/proc").unwrap_or_default() {
        let Ok(pid) = name.parse::<u32>() else { continue };
        if pid == std::process::id() {
            continue;
        }
        let folder = format!("/proc/{pid}/fd");
        let descriptors = match root.list(&folder) {
            Ok(descriptors) => descriptors,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                denied = denied.saturating_add(1);
                continue;
            }
            Err(_gone) => continue,
        };
        for descriptor in descriptors {
            let Some(number) = device_of(&format!("{folder}/{descriptor}")) else { continue };
            let writes = || can_write(root, pid, &descriptor).unwrap_or(true);
            let known = found.iter().any(|writer| writer.pid == pid && writer.number == number);
            if numbers.contains(&number) && !known && writes() {
                let program = root.text(&format!("/proc/{pid}/comm")).unwrap_or_default();
                found.push(Writer { number, pid, program: program.trim().to_owned() });
            }
        }
    }
    let unread = (denied > 0).then(|| {
        let why = format!("{denied} processes may not be looked at");
        Unread { source: Source::OpenFiles, why }
    });
    (found, unread)
}

/// Returns the block device behind a descriptor.
fn device_of(path: &str) -> Option<Number> {
    use std::os::unix::fs::FileTypeExt;

    // Sockets, pipes and the like name no path; asking them costs more than reading that.
    let target = fs::read_link(path).ok()?;
    if !target.has_root() {
        return None;
    }
    let meta = fs::metadata(path).ok()?;
    let rdev = meta.rdev();
    meta.file_type()
        .is_block_device()
        .then(|| Number { major: rustix::fs::major(rdev), minor: rustix::fs::minor(rdev) })
}

/// Returns whether a descriptor was opened for writing (`flags` is octal).
fn can_write(root: &Root, pid: u32, descriptor: &str) -> Option<bool> {
    let text = root.text(&format!("/proc/{pid}/fdinfo/{descriptor}")).ok()?;
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"))?;
    let flags = u32::from_str_radix(flags.trim(), 8).ok()?;
    Some(flags & 0o3 != 0)
}
