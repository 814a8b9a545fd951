//! Opens what was permitted, and makes sure through the descriptor that it is that.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};

use rustix::fs::{AtFlags, OFlags, StatxFlags};

use crate::measurement::Subject;
use crate::safety::{Access, Block, FileId, Fingerprint, Number, Permit, Seen, What};

use super::file::{self, Made};
use super::look::{self, file_id};
use super::root::Root;
use super::sysfs::Device;
use super::tombstone::Tombstone;
use super::{TargetError, ioctl};

/// Whether operations go past the page cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direct {
    /// They have to.
    Required,
    /// They do where that is possible; [`Opened::is_direct`] says whether.
    Preferred,
    /// They do not.
    Off,
}

/// How to open a target.
#[derive(Clone, Copy, Debug)]
pub struct How<'a> {
    /// Whether operations go past the page cache.
    pub direct: Direct,
    /// Where the overwriting of a device is noted; needed for that, not else.
    pub tombstone: Option<Tombstone<'a>>,
}

/// A target under load. Closed when dropped; a file that the run made is removed then.
#[derive(Debug)]
pub struct Opened {
    file: File,
    made: Option<Made>,
    access: Access,
    size_bytes: u64,
    block_bytes: u32,
    direct: bool,
    subject: Subject,
}

impl Opened {
    /// Returns the descriptor; operations of any thread may use it, at offsets.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// Returns what may be done.
    pub fn access(&self) -> Access {
        self.access
    }

    /// Returns the size of the device or file.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Returns what offsets, lengths and memory have to be multiples of.
    pub fn block_bytes(&self) -> u32 {
        self.block_bytes
    }

    /// Returns whether operations go past the page cache.
    pub fn is_direct(&self) -> bool {
        self.direct
    }

    /// Returns what it is, for the report.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Returns the file that this run made, for [`Request::made`](crate::safety::Request).
    pub fn made(&self) -> Option<FileId> {
        self.made.as_ref().map(Made::id)
    }

    /// Leaves a file that the run made where it is.
    pub fn keep(&mut self) {
        if let Some(made) = &mut self.made {
            made.keep();
        }
    }

    /// Removes the file, if the run made it, and tells whether that worked.
    pub fn remove(self) -> io::Result<()> {
        self.made.map_or(Ok(()), Made::remove)
    }

    /// Asks the descriptor whether it is still what was seen: numbers, size, serial,
    /// WWID, medium; or the file.
    pub fn still_is(&self, seen: &Seen) -> Result<(), TargetError> {
        let then = seen.fingerprint();
        let mut now = self.fingerprint(&seen.path)?;
        if then.disk_sequence.is_none() || now.disk_sequence.is_none() {
            now.disk_sequence = then.disk_sequence;
        }
        // The length of a file that the run wrote may have grown; it is still that file.
        if let What::File(_) = seen.what {
            now.size_bytes = then.size_bytes;
        }
        match then.differences(&now).into_iter().next() {
            None => Ok(()),
            Some((what, then, now)) => Err(TargetError::Changed {
                path: seen.path.clone(),
                what: what.to_owned(),
                then,
                now,
            }),
        }
    }

    /// Returns the fingerprint as the open descriptor gives it, not the path.
    fn fingerprint(&self, path: &str) -> Result<Fingerprint, TargetError> {
        let ask = |what, source| TargetError::Ask { path: path.to_owned(), what, source };
        let meta = self.file.metadata().map_err(|error| ask("kind", error))?;
        let mut now = Fingerprint { path: path.to_owned(), ..Fingerprint::default() };
        if !meta.file_type().is_block_device() {
            now.file = Some(file_id(&meta));
            now.size_bytes = meta.len();
            return Ok(now);
        }
        let number =
            Number { major: rustix::fs::major(meta.rdev()), minor: rustix::fs::minor(meta.rdev()) };
        let root = Root::live();
        let device = Device::numbered(&root, number).map_err(|error| ask("identity", error))?;
        let identity = device.identity(&root);
        now.number = Some(number);
        now.size_bytes =
            ioctl::size_bytes(&self.file).map_err(|error| ask("size", error.into()))?;
        now.serial = identity.serial;
        now.wwid = identity.wwid;
        // A partition answers for its disk; kernels before 5.15 do not at all.
        now.disk_sequence = ioctl::disk_sequence(&self.file).ok();
        Ok(now)
    }
}

impl AsFd for Opened {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Opens what was permitted.
///
/// A device to be written is opened exclusively, so that nobody can mount it or build
/// on it from now on; then it is asked again what it is and what is on it, and the
/// overwriting is noted. Only then is there something to write with.
pub fn open_for(permit: &Permit, how: How<'_>) -> Result<Opened, TargetError> {
    let seen = permit.seen();
    match (&seen.what, permit.access()) {
        (What::Block(block), access) => device(seen, block, access, how),
        (_, Access::Create { size_bytes }) => {
            let (file, made) = file::make(&seen.path, size_bytes)?;
            regular(seen, file, Some(made), permit.access(), how)
        }
        (_, access) => {
            let file = open(seen, access, OFlags::NOFOLLOW)?;
            let opened = regular(seen, file, None, access, how)?;
            opened.still_is(seen)?;
            Ok(opened)
        }
    }
}

fn open(seen: &Seen, access: Access, flags: OFlags) -> Result<File, TargetError> {
    let writes = access != Access::Read;
    let flags = (flags | OFlags::CLOEXEC).bits().cast_signed();
    // The place, not the path: a link may lead elsewhere by now.
    OpenOptions::new()
        .read(true)
        .write(writes)
        .custom_flags(flags)
        .open(&seen.place)
        .map_err(|source| TargetError::Open { path: seen.path.clone(), source })
}

fn device(seen: &Seen, block: &Block, access: Access, how: How<'_>) -> Result<Opened, TargetError> {
    let writes = access != Access::Read;
    let tombstone = match how.tombstone {
        None if writes => return Err(TargetError::NoTombstone { path: seen.path.clone() }),
        tombstone => tombstone,
    };
    let exclusive = if writes { OFlags::EXCL } else { OFlags::empty() };
    let file = open(seen, access, exclusive)?;
    let direct = set_direct(&seen.path, &file, how.direct)?;
    let identity = &block.identity;
    let opened = Opened {
        file,
        made: None,
        access,
        size_bytes: block.size_bytes,
        block_bytes: block.logical_block_bytes,
        direct,
        subject: Subject {
            kind: "block".to_owned(),
            path: seen.path.clone(),
            size_bytes: block.size_bytes,
            block_bytes: block.logical_block_bytes,
            model: identity.model.clone(),
            serial: identity.serial.clone(),
            wwid: identity.wwid.clone(),
            filesystem: None,
        },
    };
    opened.still_is(seen)?;
    if let Some(tombstone) = tombstone.filter(|_| writes) {
        same_contents(seen, block, &opened)?;
        tombstone.write(seen, block).map_err(|source| TargetError::Tombstone {
            log: tombstone.log.display().to_string(),
            source,
        })?;
    }
    Ok(opened)
}

/// Makes sure that nothing was put on the device since it was decided on.
fn same_contents(seen: &Seen, block: &Block, opened: &Opened) -> Result<(), TargetError> {
    let path = || seen.path.clone();
    let ask = |source| TargetError::Ask { path: path(), what: "contents", source };
    let device = Device::numbered(&Root::live(), block.number).map_err(ask)?;
    let (marks, _) = look::marks(&opened.file, &device, opened.size_bytes).map_err(ask)?;
    if marks == block.marks {
        return Ok(());
    }
    let words = |marks: &[crate::safety::Mark]| {
        let words: Vec<String> =
            marks.iter().map(|mark| format!("{}: {}", mark.device, mark.signature)).collect();
        if words.is_empty() { "nothing".to_owned() } else { words.join(", ") }
    };
    Err(TargetError::Changed {
        path: path(),
        what: "contents".to_owned(),
        then: words(&block.marks),
        now: words(&marks),
    })
}

fn regular(
    seen: &Seen,
    file: File,
    made: Option<Made>,
    access: Access,
    how: How<'_>,
) -> Result<Opened, TargetError> {
    let ask = |source| TargetError::Ask { path: seen.path.clone(), what: "size", source };
    let size_bytes = file.metadata().map_err(ask)?.len();
    let direct = set_direct(&seen.path, &file, how.direct)?;
    let place = match &seen.what {
        What::File(file) => Some(&file.place),
        What::Missing(vacancy) => vacancy.directory.as_ref().map(|(_, place)| place),
        What::Block(_) | What::Other(_) | What::Unreachable(_) => None,
    };
    let block_bytes = alignment(&file);
    Ok(Opened {
        file,
        made,
        access,
        size_bytes,
        block_bytes,
        direct,
        subject: Subject {
            kind: "file".to_owned(),
            path: seen.path.clone(),
            size_bytes,
            block_bytes: 0,
            filesystem: place.map(|place| place.filesystem.clone()),
            ..Subject::default()
        },
    })
}

/// Asks for direct IO, and returns whether it is in force.
fn set_direct(path: &str, file: &File, wanted: Direct) -> Result<bool, TargetError> {
    if wanted == Direct::Off {
        return Ok(false);
    }
    let set = rustix::fs::fcntl_getfl(file)
        .and_then(|flags| rustix::fs::fcntl_setfl(file, flags | OFlags::DIRECT));
    match set {
        Ok(()) => Ok(true),
        Err(_refused) if wanted == Direct::Preferred => Ok(false),
        Err(_refused) => Err(TargetError::NoDirect { path: path.to_owned() }),
    }
}

/// Returns what direct operations on a file have to be aligned to (`STATX_DIOALIGN`,
/// since 6.1); where that is not told, what every filesystem takes.
fn alignment(file: &File) -> u32 {
    const DIOALIGN: StatxFlags = StatxFlags::from_bits_retain(0x2000);
    let told = rustix::fs::statx(file, c"", AtFlags::EMPTY_PATH, DIOALIGN).ok();
    let told = told.filter(|told| told.stx_mask & DIOALIGN.bits() != 0);
    let told = told.map(|told| told.stx_dio_offset_align.max(told.stx_dio_mem_align));
    told.filter(|align| align.is_power_of_two()).unwrap_or(4096)
}
