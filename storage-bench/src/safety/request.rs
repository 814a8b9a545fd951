//! What is asked for.

use serde::{Deserialize, Serialize};

use super::{DestroyName, FileId, Number};

/// What a run wants to do to which targets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The targets.
    pub paths: Vec<String>,
    /// Whether anything is written to them.
    pub writes: bool,
    /// How large a file is to be where none is.
    pub file_bytes: Option<u64>,
    /// The devices that may be overwritten.
    pub destroy: Vec<DestroyName>,
    /// Whether what is on them may be lost.
    pub force_signature: bool,
    /// Files that this run made itself and may write again.
    pub made: Vec<FileId>,
    /// The targets as the plan showed them, or as an agent listed them at its start;
    /// `None` where this is the plan.
    pub planned: Option<Vec<Fingerprint>>,
}

/// What tells whether a target is still the one that was shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// The path it was asked for by.
    pub path: String,
    /// Numbers of a device.
    pub number: Option<Number>,
    /// Size.
    pub size_bytes: u64,
    /// Serial number.
    pub serial: Option<String>,
    /// World-wide identifier.
    pub wwid: Option<String>,
    /// The kernel's count of media.
    pub disk_sequence: Option<u64>,
    /// The file.
    pub file: Option<FileId>,
}

impl Fingerprint {
    /// Returns what differs from `now`, as (what, then, now).
    pub fn differences(&self, now: &Self) -> Vec<(&'static str, String, String)> {
        fn word<T: ToString>(value: Option<&T>) -> String {
            value.map_or_else(|| "-".to_owned(), T::to_string)
        }
        let inode = |print: &Self| word(print.file.map(|file| file.inode).as_ref());
        let sequence = |print: &Self| word(print.disk_sequence.as_ref());
        let rows = [
            ("number", word(self.number.as_ref()), word(now.number.as_ref())),
            ("size", self.size_bytes.to_string(), now.size_bytes.to_string()),
            ("serial", word(self.serial.as_ref()), word(now.serial.as_ref())),
            ("WWID", word(self.wwid.as_ref()), word(now.wwid.as_ref())),
            ("disk sequence", sequence(self), sequence(now)),
            ("inode", inode(self), inode(now)),
        ];
        rows.into_iter().filter(|(_, then, now)| then != now).collect()
    }
}
