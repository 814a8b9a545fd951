//! Whether a journal is on another disk than what it tells of (edge: asks the kernel).
//!
//! A partition, a loop device, LVM, MD, dm or bcache stand on disks; so does a filesystem
//! (`/proc/self/fdinfo`, `proc(5)`, names the mount a file is on, which also finds btrfs,
//! whose `st_dev` is of no device). Two files are apart if they share no disk.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A device number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Device {
    /// Which driver.
    pub major: u32,
    /// Which of its devices.
    pub minor: u32,
}

impl Device {
    fn of(number: u64) -> Self {
        Self { major: rustix::fs::major(number), minor: rustix::fs::minor(number) }
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}", self.major, self.minor)
    }
}

/// Returns the disks that both `one` and `other` stand on; none where they are apart.
///
/// # Errors
/// What the kernel says where a file cannot be looked at.
pub fn shared(one: &File, other: &File) -> io::Result<BTreeSet<Device>> {
    let kernel =
        Kernel { sys: Path::new("/sys"), mounts: fs::read_to_string("/proc/self/mountinfo")? };
    let (one, other) = (kernel.under(one)?, kernel.under(other)?);
    let mut shared = BTreeSet::new();
    shared.extend(one.intersection(&other));
    Ok(shared)
}

/// Returns whether `file` is in memory: gone when its host is.
///
/// # Errors
/// What the kernel says where it cannot be looked at.
pub fn is_in_memory(file: &File) -> io::Result<bool> {
    const TMPFS: u64 = 0x0102_1994;
    const RAMFS: u64 = 0x8584_58f6;
    #[expect(clippy::cast_sign_loss, reason = "a magic number is bits")]
    let kind = rustix::fs::fstatfs(file)?.f_type as u64;
    Ok(matches!(kind, TMPFS | RAMFS))
}

/// What is asked: sysfs, and the table of mounts.
struct Kernel<'a> {
    sys: &'a Path,
    mounts: String,
}

impl Kernel<'_> {
    /// Returns the disks that `file` stands on.
    fn under(&self, file: &File) -> io::Result<BTreeSet<Device>> {
        let metadata = file.metadata()?;
        if metadata.file_type().is_block_device() {
            return Ok(self.disks(Device::of(metadata.rdev())));
        }
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", file.as_fd().as_raw_fd()))?;
        Ok(self.disks(self.mounted(&info).unwrap_or_else(|| Device::of(metadata.dev()))))
    }

    /// Returns the device of the mount that the `fdinfo` of a file names.
    fn mounted(&self, info: &str) -> Option<Device> {
        let id = info.lines().find_map(|line| line.strip_prefix("mnt_id:"))?.trim();
        let mount = self.mounts.lines().find(|line| line.split(' ').next() == Some(id))?;
        let device = device(mount.split(' ').nth(2)?)?;
        // A filesystem without a device of its own (btrfs) names one as its source.
        let source = mount.split_once(" - ")?.1.split(' ').nth(1)?;
        let source = (device.major == 0).then(|| fs::metadata(source).ok()).flatten();
        let source = source.filter(|metadata| metadata.file_type().is_block_device());
        Some(source.map_or(device, |metadata| Device::of(metadata.rdev())))
    }

    /// Returns the disks that `device` stands on: itself, where it stands on none.
    fn disks(&self, device: Device) -> BTreeSet<Device> {
        let (mut found, mut seen, mut ask) = (BTreeSet::new(), BTreeSet::new(), vec![device]);
        while let Some(device) = ask.pop() {
            if !seen.insert(device) {
                continue;
            }
            let below = self.below(device);
            if below.is_empty() {
                found.insert(device);
            }
            ask.extend(below);
        }
        found
    }

    /// Returns what `device` directly stands on.
    fn below(&self, device: Device) -> Vec<Device> {
        let link = self.sys.join("dev/block").join(device.to_string());
        let Ok(folder) = fs::canonicalize(link) else { return Vec::new() };
        if folder.join("partition").exists() {
            return folder.parent().and_then(number).into_iter().collect();
        }
        if let Ok(file) = fs::read_to_string(folder.join("loop/backing_file")) {
            // A file that was deleted is told as `… (deleted)` and cannot be looked at.
            let backing = File::open(PathBuf::from(file.trim_end()));
            return backing.and_then(|file| self.under(&file)).into_iter().flatten().collect();
        }
        // A zram device may write what it cannot compress to a device.
        if let Ok(backing) = fs::read_to_string(folder.join("backing_dev"))
            && let Ok(metadata) = fs::metadata(backing.trim_end())
            && metadata.file_type().is_block_device()
        {
            return vec![Device::of(metadata.rdev())];
        }
        let slaves = fs::read_dir(folder.join("slaves")).into_iter().flatten().flatten();
        slaves.filter_map(|slave| number(&slave.path())).collect()
    }
}

/// Returns the number of the device that has the folder `device` in sysfs.
fn number(folder: &Path) -> Option<Device> {
    device(fs::read_to_string(folder.join("dev")).ok()?.trim())
}

fn device(text: &str) -> Option<Device> {
    let (major, minor) = text.split_once(':')?;
    Some(Device { major: major.parse().ok()?, minor: minor.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A disk with two partitions, a mapping over one of them, and a disk apart.
    fn machine() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let make = |name: &str, number: &str| {
            let folder = root.path().join("devices").join(name);
            fs::create_dir_all(folder.join("slaves")).unwrap();
            fs::write(folder.join("dev"), format!("{number}\n")).unwrap();
            let link = root.path().join("dev/block").join(number);
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            symlink(&folder, link).unwrap();
            folder
        };
        make("sda", "8:0");
        for (name, number) in [("sda/sda1", "8:1"), ("sda/sda2", "8:2")] {
            fs::write(make(name, number).join("partition"), "1\n").unwrap();
        }
        make("sdb", "8:16");
        let mapped = make("dm-0", "253:0");
        symlink(root.path().join("devices/sda/sda2"), mapped.join("slaves/sda2")).unwrap();
        symlink(root.path().join("devices/sdb"), mapped.join("slaves/sdb")).unwrap();
        root
    }

    #[test]
    fn partitions_and_mappings_lead_to_their_disks() {
        let root = machine();
        let kernel = Kernel { sys: root.path(), mounts: String::new() };
        let disks = |text: &str| {
            let found = kernel.disks(device(text).unwrap());
            found.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(disks("8:0"), ["8:0"]);
        assert_eq!(disks("8:1"), ["8:0"]);
        assert_eq!(disks("253:0"), ["8:0", "8:16"]);
        assert_eq!(disks("0:31"), ["0:31"]);
    }

    #[test]
    fn the_mount_of_a_file_is_found_by_its_number() {
        let mounts = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                      36 22 0:31 / /mnt rw,a shared:1 - btrfs /dev/null rw\n\
                      40 22 0:40 / /run rw - tmpfs tmpfs rw\n";
        let kernel = Kernel { sys: Path::new("/nowhere"), mounts: mounts.to_owned() };
        let of = |id| kernel.mounted(&format!("pos:\t0\nflags:\t02\nmnt_id:\t{id}\nino:\t7\n"));
        assert_eq!(of(22), device("8:1"));
        assert_eq!(of(36), device("0:31"), "/dev/null is no block device");
        assert_eq!(of(40), device("0:40"));
        assert_eq!(of(41), None);
    }

    #[test]
    fn a_file_on_dev_shm_is_in_memory() {
        // Where there is no such filesystem there is nothing to say.
        if let Ok(folder) = tempfile::tempdir_in("/dev/shm") {
            assert!(is_in_memory(&File::create(folder.path().join("one")).unwrap()).unwrap());
        }
        assert!(!is_in_memory(&File::open("/proc/self/mountinfo").unwrap()).unwrap());
    }

    #[test]
    fn a_file_shares_its_disk_with_its_neighbour() {
        let root = tempfile::tempdir().unwrap();
        let [one, other] =
            ["one", "other"].map(|name| File::create(root.path().join(name)).unwrap());
        assert!(!shared(&one, &other).unwrap().is_empty());
    }
}
