//! Names that a device may be destroyed by.

use std::fmt;
use std::str::FromStr;

use super::{Block, Code, Findings, Number, Request, Seen, What, text};

/// A device, named by what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DestroyName {
    /// By serial number or WWID.
    Identity(String),
    /// A loop or zram device, which has neither: `device:MAJOR:MINOR:SIZE`.
    Device {
        /// Its numbers.
        number: Number,
        /// Its size in bytes.
        size_bytes: u64,
    },
}

/// Why a text names no device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("the name of a device to destroy is empty")]
    Empty,
    /// A path says where a device is today, not which one it is.
    #[error("`{0}` is a path, which may be another disk after the next boot")]
    Path(String),
    /// The form for devices without a serial is not right.
    #[error("`{0}` is not `device:MAJOR:MINOR:SIZE`, three whole numbers, the size in bytes")]
    Device(String),
}

impl NameError {
    /// Returns what the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Empty | Self::Path(_) => {
                Some("name the disk by serial or WWID: `lsblk -o NAME,SERIAL,WWN`".to_owned())
            }
            Self::Device(_) => Some("`lsblk -b -o NAME,MAJ:MIN,SIZE` lists them".to_owned()),
        }
    }
}

impl FromStr for DestroyName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.starts_with('/') || text.starts_with("./") {
            return Err(NameError::Path(text.to_owned()));
        }
        let Some(rest) = text.strip_prefix("device:") else {
            return Ok(Self::Identity(text.to_owned()));
        };
        let wrong = || NameError::Device(text.to_owned());
        let mut parts = rest.split(':');
        let mut part = || parts.next().and_then(|part| part.parse::<u64>().ok());
        let (major, minor, size_bytes) = (part(), part(), part());
        if parts.next().is_some() {
            return Err(wrong());
        }
        let small = |number: Option<u64>| number.and_then(|number| u32::try_from(number).ok());
        Ok(Self::Device {
            number: Number {
                major: small(major).ok_or_else(wrong)?,
                minor: small(minor).ok_or_else(wrong)?,
            },
            size_bytes: size_bytes.ok_or_else(wrong)?,
        })
    }
}

impl DestroyName {
    /// Returns whether it names `block`.
    pub fn names(&self, block: &Block) -> bool {
        fit(self, block) != Fit::Not
    }
}

impl fmt::Display for DestroyName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Identity(identity) => out.write_str(identity),
            Self::Device { number, size_bytes } => write!(out, "device:{number}:{size_bytes}"),
        }
    }
}

/// How a name fits a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It does not.
    Not,
    /// By WWID, of which there is one in the world.
    Wwid,
    /// By serial, of which makers have given the same twice.
    Serial,
    /// By number and size.
    Number,
}

/// Returns how `name` fits `block`.
pub(super) fn fit(name: &DestroyName, block: &Block) -> Fit {
    match name {
        DestroyName::Identity(text) => {
            let is = |own: Option<&str>, same: fn(&str, &str) -> bool| {
                own.is_some_and(|own| same(own, text))
            };
            if is(block.identity.wwid.as_deref(), same_wwid) {
                Fit::Wwid
            } else if is(block.identity.serial.as_deref(), |own, text| own.trim() == text) {
                Fit::Serial
            } else {
                Fit::Not
            }
        }
        DestroyName::Device { number, size_bytes } => {
            let fits =
                block.by_number && block.number == *number && block.size_bytes == *size_bytes;
            if fits { Fit::Number } else { Fit::Not }
        }
    }
}

/// Returns whether two WWIDs are one: tools write them with and without their kind, in
/// either case.
fn same_wwid(a: &str, b: &str) -> bool {
    fn bare(text: &str) -> &str {
        let text = text.trim();
        let kinds = ["naa.", "eui.", "uuid.", "t10.", "nvme.", "0x"];
        kinds.iter().find_map(|kind| text.strip_prefix(kind)).unwrap_or(text)
    }
    bare(a).eq_ignore_ascii_case(bare(b))
}

/// Returns the name that a device would have to be destroyed by, where it has one.
pub(super) fn proper_name(block: &Block) -> Option<DestroyName> {
    if block.by_number {
        let (number, size_bytes) = (block.number, block.size_bytes);
        return Some(DestroyName::Device { number, size_bytes });
    }
    let (serial, wwid) = (block.identity.serial.as_ref(), block.identity.wwid.as_ref());
    let own = if block.twins.is_empty() { serial.or(wwid) } else { wwid };
    own.map(|own| DestroyName::Identity(own.trim().to_owned()))
}

/// Refuses names that fit none of the targets: a slip of the pen, or a wrong machine.
pub(super) fn unmatched(request: &Request, seen: &[Seen], findings: &mut Findings) {
    if !request.writes {
        return;
    }
    for name in &request.destroy {
        let fits = seen
            .iter()
            .any(|seen| matches!(&seen.what, What::Block(block) if fit(name, block) != Fit::Not));
        if !fits {
            findings.refuse(Code::NamesNothing, "", text::names_nothing(name, seen));
        }
    }
}
