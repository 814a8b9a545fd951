//! Recorded roots: what a collection read, in one archive that any later
//! version can replay.
//!
//! A recording is a tar in zstd. It holds every file that the collectors read,
//! byte for byte, the links that lead there, further files that later versions
//! may want, the kernel's answers to what no file holds (`assay/*.json`), and
//! which files refused to be read (`assay/errors.json`). Replaying it yields the
//! inventory that was there. Identifiers are kept, or replaced by others of the
//! same shape, each always by the same one.

mod archive;
mod gather;
mod mask;
mod unpack;

use std::io::{self, Write};
use std::sync::Arc;

use crate::collect::{self, collect};
use crate::sysroot::Trace;
use crate::{Inventory, Sysroot};

use mask::Mask;

pub use unpack::unpack;

/// How to record.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether identifiers are replaced: serial numbers, UUIDs, hardware
    /// addresses, world-wide names, IP addresses, host names.
    pub mask: bool,
    /// What the replacements depend on; `None` = random, so that two recordings
    /// cannot be joined. With the same salt they can.
    pub salt: Option<[u8; 32]>,
    /// How to collect.
    pub collect: collect::Options,
}

/// What was recorded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// Files in the archive.
    pub files: u64,
    /// Their bytes, before compression.
    pub bytes: u64,
    /// Distinct identifiers that were replaced.
    pub masked: u64,
    /// What replaying the archive yields, but for masked identifiers.
    pub inventory: Inventory,
}

/// Why a recording could not be made or unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum RecordError {
    /// The archive could not be written.
    #[error("cannot write the recording")]
    Write { source: io::Error },
    /// The archive could not be read.
    #[error("cannot read the recording{place}")]
    Read { place: String, source: io::Error },
    /// There is no randomness for the replacements of identifiers.
    #[error("no random numbers to mask identifiers with")]
    Random { source: io::Error },
    /// The bytes are not a recording.
    #[error("not a recording: {what}")]
    Format { what: String },
    /// An entry of the archive must not be unpacked.
    #[error("recording refused: entry `{entry}` {what}")]
    Entry { entry: String, what: String },
    /// The archive holds more than any machine has.
    #[error("recording refused: it holds more than {what}")]
    TooLarge { what: String },
    /// A file could not be written where the recording is unpacked.
    #[error("cannot unpack the recording to `{path}`")]
    Unpack { path: String, source: io::Error },
}

impl RecordError {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Format { .. } => Some(
                "a recording is a .tar.zst or .tar; unpack others yourself and give the folder"
                    .to_owned(),
            ),
            Self::Entry { .. } => Some(
                "it was not made by `assay inventory record`; look at it with `tar -tvf`"
                    .to_owned(),
            ),
            Self::Unpack { .. } => Some("the folder must be empty, or not there yet".to_owned()),
            Self::Write { .. }
            | Self::Read { .. }
            | Self::Random { .. }
            | Self::TooLarge { .. } => None,
        }
    }
}

/// Collects what `root` has, and writes what was read for it to `out`.
///
/// # Errors
///
/// Where `out` cannot be written. What cannot be read of `root` is recorded as
/// such.
pub fn record(
    root: &Sysroot,
    out: &mut dyn Write,
    options: &Options,
) -> Result<Summary, RecordError> {
    let trace = Arc::new(Trace::default());
    let traced = root.traced(Arc::clone(&trace));
    let collected = collect(&traced, &options.collect, &|_| ());
    let mut contents = gather::gather(root, trace.seen());
    // What devices answered has its place among the kernel's answers.
    contents.answers(collected.evidence);
    let mut summary = Summary { inventory: collected.inventory, ..Summary::default() };
    contents.describe(options);
    if options.mask {
        let salt = salt(options)?;
        let mask = Mask::new(&salt, &summary.inventory);
        contents.mask(&mask);
        summary.masked = mask.count();
    }
    (summary.files, summary.bytes) = archive::write(contents, out)?;
    Ok(summary)
}

fn salt(options: &Options) -> Result<[u8; 32], RecordError> {
    if let Some(salt) = options.salt {
        return Ok(salt);
    }
    let mut salt = [0; 32];
    let flags = rustix::rand::GetRandomFlags::empty();
    rustix::rand::getrandom(&mut salt, flags)
        .map_err(|error| RecordError::Random { source: error.into() })?;
    Ok(salt)
}
