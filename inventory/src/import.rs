//! Files that other programs wrote, read into the one model.
//!
//! Each kind has a module of its own; this one names them, recognises a file by
//! its content, and says in one sentence what is wrong with a bad one. Reading
//! the file is the caller's: everything here works on bytes.

pub mod dmidecode;
pub mod inventory;
mod json;
pub mod lldp;
pub mod lshw;
pub mod smartctl;
pub mod smbios;
pub mod storcli;

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::model::{Inventory, Source, SourceKind};

mod detect;
mod document;

pub use detect::detect;

/// The largest file an import accepts. The largest honest one we know of, a
/// recorded Ethernet capture, is a few megabytes.
pub const MAX_BYTES: usize = 64 * 1024 * 1024;

/// What wrote a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// An SMBIOS table: `dmidecode --dump-bin`, a bare table, an RSMB block.
    Smbios,
    /// Text of `dmidecode`.
    Dmidecode,
    /// `lshw -json`.
    Lshw,
    /// `smartctl -j` or the text of `smartctl -x`.
    Smartctl,
    /// `storcli … J`.
    Storcli,
    /// A capture with LLDP frames, or `lldpcli -f json0`.
    Lldp,
    /// A document `inventory/v1` of our own.
    Inventory,
}

impl Kind {
    /// Every kind, in the order in which help lists them.
    pub const ALL: [Self; 7] = [
        Self::Smbios,
        Self::Dmidecode,
        Self::Lshw,
        Self::Smartctl,
        Self::Storcli,
        Self::Lldp,
        Self::Inventory,
    ];

    /// Returns the name used on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Smbios => "smbios",
            Self::Dmidecode => "dmidecode",
            Self::Lshw => "lshw",
            Self::Smartctl => "smartctl",
            Self::Storcli => "storcli",
            Self::Lldp => "lldp",
            Self::Inventory => "inventory",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(text: &str) -> Result<Self, UnknownKind> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| UnknownKind { name: text.to_owned() })
    }
}

/// A name that no [`Kind`] has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` is no kind of import")]
pub struct UnknownKind {
    /// The name as given.
    pub name: String,
}

/// Why a file could not be read, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportError {
    /// The file as the caller named it.
    pub file: String,
    /// Where in the file: `line 12`, `byte 0x40`, `$.children[3]`.
    pub place: Option<String>,
    /// What is wrong there.
    pub message: String,
    /// What can be done about it, where we know.
    pub hint: Option<String>,
}

impl ImportError {
    /// Says what is wrong with `file`.
    pub fn new(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: file.into(), place: None, message: message.into(), hint: None }
    }

    /// Adds the place in the file.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Adds what can be done about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        self.hint.clone()
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.file)?;
        if let Some(place) = &self.place {
            write!(f, ", {place}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ImportError {}

/// Reads `bytes`, the content of the file `name`, as `kind`.
pub fn import(kind: Kind, name: &str, bytes: &[u8]) -> Result<Inventory, ImportError> {
    if bytes.len() > MAX_BYTES {
        return Err(ImportError::new(
            name,
            format!("{} bytes are more than an import may have ({MAX_BYTES})", bytes.len()),
        ));
    }
    let mut inventory = match kind {
        Kind::Inventory => return inventory::import(name, bytes),
        Kind::Smbios => smbios::import(name, bytes),
        Kind::Dmidecode => dmidecode::import(name, bytes),
        Kind::Lldp => lldp::import(name, bytes),
        Kind::Lshw => lshw::import(name, bytes),
        Kind::Smartctl => smartctl::import(name, bytes),
        Kind::Storcli => storcli::import(name, bytes),
    }?;
    for source in &mut inventory.sources {
        if source.kind == SourceKind::Import && writer(&source.locator).is_none() {
            source.locator.push(WRITER_MARK);
            source.locator.push_str(kind.name());
        }
    }
    Ok(inventory)
}

/// What parts the place in a file from the program that wrote it, in the
/// locator of a source: `import:dump.txt#17/0x0021@dmidecode`. Merging trusts
/// programs differently.
const WRITER_MARK: char = '@';

/// Returns what wrote the file that `locator` names, where it says so.
pub fn writer(locator: &str) -> Option<Kind> {
    locator.rsplit_once(WRITER_MARK)?.1.parse().ok()
}

/// Returns the SHA-256 of `bytes` as sources carry it: `sha256:HEX`.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::from("sha256:"), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(nibble), 16));
        }
        text
    })
}

/// Returns the source that stands for the whole file `name`.
pub fn file_source(name: &str, bytes: &[u8]) -> Source {
    Source {
        kind: SourceKind::Import,
        locator: format!("import:{name}"),
        at: None,
        digest: Some(digest(bytes)),
    }
}

#[cfg(test)]
mod tests;
