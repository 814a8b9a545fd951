//! Whether a target may be used as asked, and every reason why not.
//!
//! Pure: `target` looks at the machine, [`decide`] says yes or no, and only what it
//! allowed can be opened ([`Permit`]). A device is written only where `--destroy` names
//! it by what it is (serial, WWID), never by where it is; anything that holds it, any
//! mark of contents and any doubt refuses. `storage.md` §13 in the design folder of the
//! project; axboe/fio#1637 is what happens otherwise.

mod block;
mod file;
mod names;
mod request;
mod seen;
mod text;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use names::{DestroyName, NameError};
pub use request::{Fingerprint, Request};
pub use seen::{
    Block, BlockKind, Exclusive, FileId, How, Identity, Mark, Number, Place, RegularFile, Seen,
    Source, Unread, Use, Vacancy, What,
};

/// Why something is refused. The words are stable.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// No target was given.
    NoTarget,
    /// There is nothing at the path.
    NotFound,
    /// The path cannot be looked at.
    Unreachable,
    /// The path is a directory, a FIFO, a socket or a character device.
    WrongKind,
    /// There is nothing to read in the file or on the device.
    Empty,
    /// The file exists and was not made by this run.
    FileExists,
    /// A file is to be made and no size was given.
    NoSize,
    /// The directory that a file is to be made in is missing.
    NoDirectory,
    /// The filesystem or the directory takes no files.
    NotWritable,
    /// There is not enough room.
    NoSpace,
    /// The device takes no writes.
    ReadOnly,
    /// A device is to be written and no `--destroy` names it.
    NotNamed,
    /// A `--destroy` names none of the targets.
    NamesNothing,
    /// The device has neither serial nor WWID that could name it.
    NoIdentity,
    /// The name fits several devices of this machine.
    Ambiguous,
    /// Two targets are one device.
    SameDevice,
    /// The device is not the one that the plan showed.
    Changed,
    /// It, a partition of it or what holds it is mounted.
    Mounted,
    /// It is swap.
    Swap,
    /// Another device is made of it.
    Held,
    /// The running system comes from it.
    Boot,
    /// A program has it open for writing.
    Open,
    /// It cannot be opened exclusively.
    Busy,
    /// There is something on it.
    Signature,
    /// Another host has registered a key or holds a reservation.
    Reserved,
    /// What has to be known to allow it could not be read.
    Unknown,
}

impl Code {
    /// Returns the stable word.
    pub fn word(self) -> &'static str {
        match self {
            Self::NoTarget => "no-target",
            Self::NotFound => "not-found",
            Self::Unreachable => "unreachable",
            Self::WrongKind => "wrong-kind",
            Self::Empty => "empty",
            Self::FileExists => "file-exists",
            Self::NoSize => "no-size",
            Self::NoDirectory => "no-directory",
            Self::NotWritable => "not-writable",
            Self::NoSpace => "no-space",
            Self::ReadOnly => "read-only",
            Self::NotNamed => "not-named",
            Self::NamesNothing => "names-nothing",
            Self::NoIdentity => "no-identity",
            Self::Ambiguous => "ambiguous",
            Self::SameDevice => "same-device",
            Self::Changed => "changed",
            Self::Mounted => "mounted",
            Self::Swap => "swap",
            Self::Held => "held",
            Self::Boot => "boot",
            Self::Open => "open",
            Self::Busy => "busy",
            Self::Signature => "signature",
            Self::Reserved => "reserved",
            Self::Unknown => "unknown",
        }
    }
}

/// A sentence in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sentence {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// One reason why a request is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// Stable word for programs.
    pub code: Code,
    /// The target, as it was asked for; empty where the request as a whole is meant.
    pub path: String,
    /// What is in the way, by name.
    pub reason: Sentence,
    /// What to do about it.
    pub remedy: Sentence,
}

/// Something an operator should know and that refuses nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Remark {
    /// Stable word for programs.
    pub code: String,
    /// The target.
    pub path: String,
    /// What there is to know.
    pub text: Sentence,
}

/// What opening a target may do to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read what is there.
    Read,
    /// Write over what is there.
    Write,
    /// Make a file of so many bytes where none is.
    Create {
        /// Its size.
        size_bytes: u64,
    },
}

/// A target that may be opened, and how. Only [`decide`] makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permit {
    seen: Seen,
    access: Access,
}

impl Permit {
    /// Returns what the decision was made on.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// Returns what may be done.
    pub fn access(&self) -> Access {
        self.access
    }
}

/// What may be done, and what it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// One for each path, in their order.
    pub permits: Vec<Permit>,
    /// What an operator should know.
    pub remarks: Vec<Remark>,
    /// What will be lost, where `--force-signature` accepts that: (path, mark).
    pub lost: Vec<(String, Mark)>,
}

/// Whether a request may go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Allowed(Allowed),
    /// It may not, for all of these reasons.
    Refused {
        /// Every reason, target by target.
        reasons: Vec<Refusal>,
    },
}

/// Reasons, remarks and losses of a request so far.
#[derive(Debug, Default)]
struct Findings {
    reasons: Vec<Refusal>,
    remarks: Vec<Remark>,
    lost: Vec<(String, Mark)>,
}

impl Findings {
    fn refuse(&mut self, code: Code, path: &str, (reason, remedy): (Sentence, Sentence)) {
        let path = path.to_owned();
        self.reasons.push(Refusal { code, path, reason, remedy });
    }

    fn remark(&mut self, code: &str, path: &str, text: Sentence) {
        self.remarks.push(Remark { code: code.to_owned(), path: path.to_owned(), text });
    }
}

/// Decides on a request, from what each of its paths was seen to be, in their order.
///
/// All reasons are told, not the first. A run that only reads is allowed on a device in
/// use, which is told as a remark.
pub fn decide(request: &Request, seen: &[Seen]) -> Decision {
    let mut findings = Findings::default();
    if seen.is_empty() || seen.len() != request.paths.len() {
        findings.refuse(Code::NoTarget, "", text::no_target(request.paths.len(), seen.len()));
    }
    let mut permits = Vec::new();
    for target in seen {
        if target.place != target.path {
            findings.remark("link", &target.path, text::link(&target.path, &target.place));
        }
        let access = match &target.what {
            What::Block(block) => block::judge(request, target, block, &mut findings),
            What::File(found) => file::existing(request, target, found, &mut findings),
            What::Missing(vacancy) => file::missing(request, target, vacancy, &mut findings),
            What::Other(kind) => {
                findings.refuse(Code::WrongKind, &target.path, text::wrong_kind(target, kind));
                continue;
            }
            What::Unreachable(why) => {
                findings.refuse(Code::Unreachable, &target.path, text::unreachable(target, why));
                continue;
            }
        };
        permits.push(Permit { seen: target.clone(), access });
    }
    block::overlaps(request, seen, &mut findings);
    names::unmatched(request, seen, &mut findings);
    if findings.reasons.is_empty() {
        let Findings { remarks, lost, .. } = findings;
        Decision::Allowed(Allowed { permits, remarks, lost })
    } else {
        Decision::Refused { reasons: findings.reasons }
    }
}

#[cfg(test)]
mod tests;
