//! What a path was seen to be. Filled by `target`, judged by `decide`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reservation::Reservations;
use crate::signature::Signature;

use super::Fingerprint;

/// A path, and what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The path as it was asked for.
    pub path: String,
    /// The path with all links followed.
    pub place: String,
    /// What is there.
    pub what: What,
    /// What could not be read of it.
    pub unread: Vec<Unread>,
}

impl Seen {
    /// Returns what is kept of a target to tell later whether it is still the same.
    pub fn fingerprint(&self) -> Fingerprint {
        let mut print = Fingerprint { path: self.path.clone(), ..Fingerprint::default() };
        match &self.what {
            What::Block(block) => {
                print.number = Some(block.number);
                print.size_bytes = block.size_bytes;
                print.serial.clone_from(&block.identity.serial);
                print.wwid.clone_from(&block.identity.wwid);
                print.disk_sequence = block.disk_sequence;
            }
            What::File(file) => {
                print.file = Some(file.id);
                print.size_bytes = file.size_bytes;
            }
            What::Missing(_) | What::Other(_) | What::Unreachable(_) => {}
        }
        print
    }
}

/// What is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A block device.
    Block(Box<Block>),
    /// A regular file.
    File(RegularFile),
    /// Nothing.
    Missing(Vacancy),
    /// Something that bears no load: `directory`, `FIFO`, `socket`, `character device`.
    Other(String),
    /// We cannot say, and why.
    Unreachable(String),
}

/// The numbers the kernel knows a device by.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Number {
    /// Of the driver.
    pub major: u32,
    /// Of the device.
    pub minor: u32,
}

impl std::fmt::Display for Number {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}:{}", self.major, self.minor)
    }
}

/// What a device says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    /// Maker's model.
    pub model: Option<String>,
    /// Serial number; of its disk, for a partition.
    pub serial: Option<String>,
    /// World-wide identifier; of its disk, for a partition.
    pub wwid: Option<String>,
}

/// What kind of block device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// A disk, or what looks like one.
    Disk,
    /// A part of a disk.
    Partition {
        /// Kernel's name of the disk.
        of: String,
        /// Its number on the disk.
        number: u32,
        /// Where it starts on the disk.
        start_bytes: u64,
    },
    /// A file as a device.
    Loop {
        /// The file.
        backing: Option<String>,
    },
    /// Compressed memory.
    Zram,
    /// A device mapper's.
    Mapper {
        /// The name it was given.
        name: String,
    },
    /// An array.
    Md,
}

/// A block device with all that touches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Kernel's name: `sda`, `nvme0n1`.
    pub name: String,
    /// Its numbers.
    pub number: Number,
    /// What it is.
    pub kind: BlockKind,
    /// What it says of itself.
    pub identity: Identity,
    /// Whether it, or the disk it is a part of, is a loop or zram device, which have no
    /// serial and are named by number and size.
    pub by_number: bool,
    /// Size.
    pub size_bytes: u64,
    /// Smallest unit of an operation.
    pub logical_block_bytes: u32,
    /// Unit the device works in.
    pub physical_block_bytes: u32,
    /// Whether it takes no writes.
    pub read_only: bool,
    /// The kernel's count of media it has met (since 5.15): another one, another medium.
    pub disk_sequence: Option<u64>,
    /// Other names of this very device, by WWID.
    pub siblings: Vec<String>,
    /// Other devices of this machine with the same serial.
    pub twins: Vec<String>,
    /// What uses it, its partitions, its siblings, and what is made of them.
    pub uses: Vec<Use>,
    /// What is on it and its partitions.
    pub marks: Vec<Mark>,
    /// Whether its start and end hold nothing but zeros; `None` where not looked at.
    pub blank: Option<bool>,
    /// What an exclusive open said.
    pub exclusive: Exclusive,
    /// Reservations of other hosts; `None` of a device that knows none.
    pub reservations: Option<Reservations>,
}

/// One way a device is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Kernel's name of the device that is used: itself, a partition, a holder.
    pub device: String,
    /// How.
    pub how: How,
}

/// How a device is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// Mounted.
    Mounted {
        /// Where.
        mount_point: String,
        /// What filesystem.
        filesystem: String,
        /// Process in whose mount namespace, where it is not ours: `pid (program)`.
        namespace: Option<String>,
    },
    /// Swap.
    Swap,
    /// Part of another device.
    Held {
        /// Kernel's name of the other device, or what has it.
        by: String,
        /// What that is: `LVM vg-root`, `md RAID`, `multipath mpatha`.
        what: String,
    },
    /// The running system comes from it.
    Boot {
        /// In what way: `root filesystem`, `resume=`.
        part: String,
    },
    /// A program has it open for writing.
    Open {
        /// The process.
        pid: u32,
        /// Its program.
        program: String,
    },
}

/// A mark of contents and the device it is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mark {
    /// Kernel's name of the device, or the partition's place where the kernel has none.
    pub device: String,
    /// The mark.
    pub signature: Signature,
}

/// What an exclusive open said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exclusive {
    /// It was not tried: nothing is to be written, or this is not the running machine.
    Untried,
    /// Nobody claims the device.
    Free,
    /// Somebody does.
    Busy,
}

/// A file, by what does not change when it is renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct FileId {
    /// Device of its filesystem, as `stat` has it.
    pub device: u64,
    /// Inode.
    pub inode: u64,
}

/// The filesystem a file is, or would be, on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its type: `ext4`, `tmpfs`.
    pub filesystem: String,
    /// Where it is mounted.
    pub mount_point: String,
    /// Whether it takes no writes.
    pub read_only: bool,
    /// Bytes that a user may still use: the reserve of the filesystem is left out.
    pub free_bytes: u64,
}

/// A regular file that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegularFile {
    /// Which file.
    pub id: FileId,
    /// Its length.
    pub size_bytes: u64,
    /// Bytes of it that have room on the disk; less than its length where it has holes.
    pub allocated_bytes: u64,
    /// The filesystem.
    pub place: Place,
}

/// A path with nothing there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vacancy {
    /// The directory that it would be in, and its filesystem; `None` where there is none.
    pub directory: Option<(String, Place)>,
    /// Whether files may be made in that directory.
    pub writable: bool,
    /// Whether the path is a link that leads nowhere.
    pub dangling: bool,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// What.
    pub source: Source,
    /// Why not.
    pub why: String,
}

/// Where facts about a device come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// sysfs: size, holders, partitions.
    Sysfs,
    /// What is mounted in our own namespace.
    Mounts,
    /// What is mounted elsewhere; an exclusive open fails on that too.
    OtherMounts,
    /// `/proc/swaps`.
    Swaps,
    /// The device's own bytes.
    Contents,
    /// Whether somebody claims it.
    Claims,
    /// Reservations of other hosts.
    Reservations,
    /// Who has it open.
    OpenFiles,
}

impl Source {
    /// Returns whether nothing may be written without knowing this.
    ///
    /// Mounts elsewhere are seen by the exclusive open too, and only root can list
    /// everybody's open files.
    pub fn is_essential(self) -> bool {
        match self {
            Self::Sysfs
            | Self::Mounts
            | Self::Swaps
            | Self::Contents
            | Self::Claims
            | Self::Reservations => true,
            Self::OtherMounts | Self::OpenFiles => false,
        }
    }

    /// Returns what it is, in Chinese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Sysfs => ("sysfs", "sysfs"),
            Self::Mounts => ("挂载表", "the mount table"),
            Self::OtherMounts => ("其他挂载命名空间", "other mount namespaces"),
            Self::Swaps => ("交换区列表", "the list of swap"),
            Self::Contents => ("设备内容", "the device's contents"),
            Self::Claims => ("独占打开", "the exclusive open"),
            Self::Reservations => ("持久预留", "reservations"),
            Self::OpenFiles => ("各进程打开的文件", "open files of processes"),
        }
    }
}
