//! The edge to devices and files: looks at what a path is, opens what was allowed.
//!
//! [`look`] writes nothing, whatever it is asked; [`open_for`] takes only what
//! [`decide`](crate::safety::decide) permitted, and looks again through the open
//! descriptor, so that nothing can be exchanged between plan and first write.

mod contents;
mod discard;
mod file;
mod ioctl;
mod look;
mod mounts;
mod open;
mod pass_through;
mod processes;
mod reservations;
mod root;
mod sysfs;
mod tombstone;
mod uses;

use std::io;

pub use file::Made;
pub use look::{look, named};
pub use open::{Direct, How, Opened, open_for};
pub use root::Root;
pub use tombstone::Tombstone;

/// Why a target cannot be used after all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// It cannot be opened.
    #[error("cannot open `{path}`")]
    Open {
        /// The target.
        path: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// It cannot be asked for what it is.
    #[error("cannot ask `{path}` for its {what}")]
    Ask {
        /// The target.
        path: String,
        /// What was asked for.
        what: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// It is not what was decided on.
    #[error("`{path}` is not what was decided on: its {what} was {then} and is {now}")]
    Changed {
        /// The target.
        path: String,
        /// What differs.
        what: String,
        /// What it was.
        then: String,
        /// What it is.
        now: String,
    },
    /// Its filesystem or driver knows no direct IO.
    #[error("`{path}` cannot be used with direct IO")]
    NoDirect {
        /// The target.
        path: String,
    },
    /// A device is to be overwritten and nobody says where that is written down.
    #[error("`{path}` would be overwritten and no log is given to note that in")]
    NoTombstone {
        /// The target.
        path: String,
    },
    /// What will be overwritten cannot be written down first.
    #[error("cannot note in `{log}` what will be overwritten")]
    Tombstone {
        /// The log.
        log: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// It cannot be discarded.
    #[error("cannot discard `{path}`")]
    Discard {
        /// The target.
        path: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The file cannot be made.
    #[error("cannot make file `{path}`")]
    Create {
        /// The target.
        path: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The room for the file cannot be had.
    #[error("cannot have {size_bytes} bytes for file `{path}`")]
    Room {
        /// The target.
        path: String,
        /// Bytes that were asked for.
        size_bytes: u64,
        /// What the kernel said.
        source: io::Error,
    },
}

impl TargetError {
    /// Returns what the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Open { source, path } => match source.raw_os_error() {
                Some(16) => Some(format!("`lsblk {path}` and `fuser -v {path}` show its user")),
                Some(1 | 13) => Some("run as root".to_owned()),
                _ => None,
            },
            Self::Changed { .. } => Some("plan again and read what it says".to_owned()),
            Self::NoDirect { .. } => {
                Some("choose another filesystem, or measure the page cache too".to_owned())
            }
            Self::Room { source, .. } if source.raw_os_error() == Some(122) => {
                Some("a quota ends it: `quota -s` shows which".to_owned())
            }
            Self::Discard { .. } => {
                Some("purge it by a command of its own: `--purge \"nvme format …\"`".to_owned())
            }
            Self::Room { .. } => Some("lower `--size`, or make room".to_owned()),
            Self::Create { .. }
            | Self::Ask { .. }
            | Self::NoTombstone { .. }
            | Self::Tombstone { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
