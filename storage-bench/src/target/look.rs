//! Looks at a path: what is there, what it is, and everything that touches it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{Access, OFlags, StatVfsMountFlags};
use rustix::io::Errno;

use crate::safety::{
    Block, DestroyName, Exclusive, FileId, Identity, Mark, Number, Place, RegularFile, Seen,
    Source, Unread, Vacancy, What,
};

use super::contents::{self, Part};
use super::mounts::{self, Mounts};
use super::root::Root;
use super::sysfs::Device;
use super::{reservations, uses};

/// How long it is between trials of a claim, and how many there are: 1.5 s in all.
const LET_GO: Duration = Duration::from_millis(50);
const LET_GO_TRIALS: u32 = 30;

/// Looks at `path`, as closely as a run that writes (`writes`) or only reads asks for.
///
/// Nothing is written, and where nothing is to be written the device is not even opened.
pub fn look(root: &Root, path: &str, writes: bool) -> Seen {
    let host = root.host(path);
    let seen = |place: &Path, what| Seen {
        path: path.to_owned(),
        place: root.inside(place),
        what,
        unread: Vec::new(),
    };
    let place = match host.canonicalize() {
        Ok(place) => place,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return missing(root, path, &host);
        }
        Err(error) => return seen(&host, What::Unreachable(error.to_string())),
    };
    let meta = match fs::metadata(&place) {
        Ok(meta) => meta,
        Err(error) => return seen(&place, What::Unreachable(error.to_string())),
    };
    let kind = meta.file_type();
    if let Some(device) = device_at(root, &place, &meta) {
        let mut seen = seen(&place, What::Missing(NOWHERE));
        block(root, device, writes, &mut seen);
        return seen;
    }
    if kind.is_file() {
        let mounts = mounts::read(root, false);
        let file = RegularFile {
            id: file_id(&meta),
            size_bytes: meta.len(),
            allocated_bytes: meta.blocks().saturating_mul(512),
            place: place_of(root, &place, &mounts),
        };
        return Seen { unread: mounts.unread, ..seen(&place, What::File(file)) };
    }
    let word = if kind.is_dir() {
        "directory"
    } else if kind.is_fifo() {
        "FIFO"
    } else if kind.is_socket() {
        "socket"
    } else if kind.is_char_device() {
        "character device"
    } else {
        "file of no kind we know"
    };
    seen(&place, What::Other(word.to_owned()))
}

/// Returns the devices that `name` names, seen as a run that only reads sees them: none,
/// one, or more where makers gave one serial twice.
///
/// # Errors
/// Where the devices of the machine cannot be listed.
pub fn named(root: &Root, name: &DestroyName) -> io::Result<Vec<Seen>> {
    let disks = Device::all(root)?.into_iter().filter(|device| device.partition().is_none());
    let seen = disks.map(|device| look(root, &device.node(), false));
    let fits = |seen: &Seen| matches!(&seen.what, What::Block(block) if name.names(block));
    Ok(seen.filter(fits).collect())
}

const NOWHERE: Vacancy = Vacancy { directory: None, writable: false, dangling: false };

/// Returns what identifies the file that `meta` is of.
pub(super) fn file_id(meta: &fs::Metadata) -> FileId {
    FileId { device: meta.dev(), inode: meta.ino() }
}

/// Returns the device of a node.
fn device_at(root: &Root, place: &Path, meta: &fs::Metadata) -> Option<io::Result<Device>> {
    if root.is_live() {
        return meta.file_type().is_block_device().then(|| {
            Device::numbered(
                root,
                Number {
                    major: rustix::fs::major(meta.rdev()),
                    minor: rustix::fs::minor(meta.rdev()),
                },
            )
        });
    }
    // In a tree of files a device is what sysfs has by the name of a file under `/dev`.
    let inside = root.inside(place);
    let name = inside.strip_prefix("/dev/")?.replace('/', "!");
    Device::named(root, &name).ok().map(Ok)
}

fn missing(root: &Root, path: &str, host: &Path) -> Seen {
    let dangling = fs::symlink_metadata(host).is_ok();
    let place = if dangling {
        fs::read_link(host).map_or_else(|_gone| path.to_owned(), |to| to.display().to_string())
    } else {
        path.to_owned()
    };
    let parent = host.parent().filter(|parent| *parent != Path::new(""));
    let parent = parent.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    let mounts = mounts::read(root, false);
    let directory = parent.canonicalize().ok().filter(|parent| parent.is_dir());
    let writable = directory.as_ref().is_some_and(|parent| {
        rustix::fs::access(parent, Access::WRITE_OK | Access::EXEC_OK) != Err(Errno::ACCESS)
    });
    let vacancy = Vacancy {
        directory: directory.map(|parent| (root.inside(&parent), place_of(root, &parent, &mounts))),
        writable,
        dangling,
    };
    Seen { path: path.to_owned(), place, what: What::Missing(vacancy), unread: mounts.unread }
}

/// Returns the filesystem at `place`.
fn place_of(root: &Root, place: &Path, mounts: &Mounts) -> Place {
    let mount = mounts.of_path(&root.inside(place));
    let mut found = Place {
        filesystem: mount.map_or_else(|| "unknown".to_owned(), |mount| mount.filesystem.clone()),
        mount_point: mount.map_or_else(|| "/".to_owned(), |mount| mount.place.clone()),
        ..Place::default()
    };
    if let Ok(room) = rustix::fs::statvfs(place) {
        found.read_only = room.f_flag.contains(StatVfsMountFlags::RDONLY);
        // What a user may have, also for root: the reserve keeps the system alive.
        found.free_bytes = room.f_bavail.saturating_mul(room.f_frsize);
    }
    found
}

/// Fills in what there is to say of a block device.
fn block(root: &Root, device: io::Result<Device>, writes: bool, seen: &mut Seen) {
    let device = match device {
        Ok(device) => device,
        Err(error) => {
            let why = format!("sysfs does not know it: {error}");
            seen.what = What::Unreachable(why);
            return;
        }
    };
    let mut unread = Vec::new();
    let mut missing = |what: &str| {
        let why = format!("{}: no {what}", device.name);
        unread.push(Unread { source: Source::Sysfs, why });
    };
    let number = device.number().unwrap_or_else(|| {
        missing("numbers");
        Number { major: 0, minor: 0 }
    });
    let size_bytes = device.size_bytes().unwrap_or_else(|| {
        missing("size");
        0
    });
    let read_only = device.number_at("ro").unwrap_or_else(|| {
        missing("write protection");
        0
    });
    let disk = device.disk();
    let bytes = |name: &str| {
        let value = disk.number_at(&format!("queue/{name}"));
        value.and_then(|value| u32::try_from(value).ok()).unwrap_or(512)
    };
    let mut block = Block {
        name: device.name.clone(),
        number,
        kind: device.kind(),
        identity: device.identity(root),
        by_number: device.by_number(),
        size_bytes,
        logical_block_bytes: bytes("logical_block_size"),
        physical_block_bytes: bytes("physical_block_size"),
        read_only: read_only != 0,
        disk_sequence: disk.number_at("diskseq"),
        siblings: vec![],
        twins: vec![],
        uses: vec![],
        marks: vec![],
        blank: None,
        exclusive: Exclusive::Untried,
        reservations: None,
    };
    if writes {
        examine(root, &device, &mut block, &mut unread);
    }
    let siblings = relatives(root, &device, &mut block);
    let mounts = mounts::read(root, true);
    let (uses, hidden) = uses::of(root, &device, &siblings, &mounts, writes);
    block.uses = uses;
    if block.exclusive == Exclusive::Busy && block.uses.is_empty() && comes_free(root, &device) {
        block.exclusive = Exclusive::Free;
    }
    if !uses::has_sysfs(root) {
        let why = "no block device is listed".to_owned();
        unread.push(Unread { source: Source::Sysfs, why });
    }
    unread.extend(mounts.unread);
    unread.extend(hidden);
    seen.what = What::Block(Box::new(block));
    seen.unread = unread;
}

/// Opens the device for reading: what is on it, who claims it, who has reserved it.
fn examine(root: &Root, device: &Device, block: &mut Block, unread: &mut Vec<Unread>) {
    let node = root.host(&device.node());
    match open(&node, OFlags::empty()).and_then(|file| {
        // Past the page cache, where the driver lets us: other hosts write too.
        let _cached: Result<(), Errno> =
            rustix::fs::fcntl_setfl(&file, OFlags::DIRECT | OFlags::NONBLOCK);
        if device.has("md") && block.identity.wwid.is_none() {
            block.identity.wwid = array_uuid(root, device);
        }
        marks(&file, device, block.size_bytes)
    }) {
        Ok((marks, blank)) => {
            block.marks = marks;
            block.blank = Some(blank);
        }
        Err(error) => unread.push(Unread { source: Source::Contents, why: error.to_string() }),
    }
    if root.is_live() {
        match open(&node, OFlags::EXCL) {
            Ok(file) => {
                block.exclusive = Exclusive::Free;
                drop(file);
            }
            Err(error) if error.raw_os_error() == Some(Errno::BUSY.raw_os_error()) => {
                block.exclusive = Exclusive::Busy;
            }
            Err(error) => unread.push(Unread { source: Source::Claims, why: error.to_string() }),
        }
    }
    let (reserved, hidden) = reservations::of(root, device);
    block.reservations = reserved;
    unread.extend(hidden);
}

/// Waits a moment for a claim that nothing accounts for: the files of a ring are let go by the
/// kernel some time after its process has ended, and all the more where it was killed.
#[expect(clippy::disallowed_methods, reason = "an edge: the kernel tells nobody when it lets go")]
fn comes_free(root: &Root, device: &Device) -> bool {
    let node = root.host(&device.node());
    (0..LET_GO_TRIALS).any(|_| {
        std::thread::sleep(LET_GO);
        open(&node, OFlags::EXCL).is_ok()
    })
}

fn open(node: &Path, flags: OFlags) -> io::Result<File> {
    let flags = (flags | OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(node)
}

/// Returns the marks on the device that is open as `file`, and whether it is blank.
pub(super) fn marks(
    file: &File,
    device: &Device,
    size_bytes: u64,
) -> io::Result<(Vec<Mark>, bool)> {
    let partitions = device.partitions()?;
    let parts: Vec<Part> = partitions
        .iter()
        .filter_map(|part| {
            Some(Part {
                name: part.name.clone(),
                start_bytes: part.start_bytes()?,
                size_bytes: part.size_bytes()?,
            })
        })
        .collect();
    contents::read(file, &device.name, size_bytes, &parts)
}

/// Returns the UUID of an array from one of its disks: few kernels tell it in sysfs.
fn array_uuid(root: &Root, array: &Device) -> Option<String> {
    let slave = array.slaves(root).ok()?.into_iter().next()?;
    let file = open(&root.host(&slave.node()), OFlags::empty()).ok()?;
    let (marks, _) = marks(&file, &slave, slave.size_bytes()?).ok()?;
    let array =
        marks.into_iter().find(|mark| mark.signature.format == crate::signature::Format::Md);
    array?.signature.uuid
}

/// Finds other paths to the device and other disks of the same serial, and returns the
/// former.
fn relatives(root: &Root, device: &Device, block: &mut Block) -> Vec<Device> {
    let own: &Identity = &block.identity;
    let mine = device.disk();
    let stacked = |device: &Device| device.has("dm") || device.has("md");
    let all = Device::all(root).unwrap_or_default();
    let mut siblings = Vec::new();
    let mut twins = Vec::new();
    let others = all.into_iter().filter(|other| other.partition().is_none());
    for other in others.filter(|other| other.name != mine.name && !stacked(other)) {
        let identity = other.identity(root);
        let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
        if same(&own.wwid, &identity.wwid) {
            siblings.push(other);
        } else if same(&own.serial, &identity.serial) {
            twins.push(other.name);
        }
    }
    block.siblings = siblings.iter().map(|sibling| sibling.name.clone()).collect();
    block.twins = twins;
    // A partition's other paths are the partitions of the disk's other paths.
    let Some(number) = device.partition() else { return siblings };
    let parts = siblings.iter().flat_map(|disk| disk.partitions().unwrap_or_default());
    parts.filter(|part| part.partition() == Some(number)).collect()
}
