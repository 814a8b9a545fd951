//! Writes down, before the first destructive write, which device it will be.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::safety::{Block, Seen};

/// Where and as what an overwriting is written down.
#[derive(Clone, Copy, Debug)]
pub struct Tombstone<'a> {
    /// The log, a file of JSON lines that only grows.
    pub log: &'a Path,
    /// Now, RFC 3339.
    pub time: &'a str,
    /// What will be done: the command, the case.
    pub what: &'a str,
}

/// One line.
#[derive(Debug, Serialize)]
struct Line<'a> {
    schema: &'static str,
    time: &'a str,
    what: &'a str,
    path: &'a str,
    device: &'a str,
    number: String,
    size_bytes: u64,
    model: Option<&'a str>,
    serial: Option<&'a str>,
    wwid: Option<&'a str>,
    disk_sequence: Option<u64>,
    /// What was on it and will be lost.
    lost: Vec<String>,
}

impl Tombstone<'_> {
    /// Appends the line for a device and waits until it is on the disk.
    pub(super) fn write(&self, seen: &Seen, block: &Block) -> io::Result<()> {
        let line = Line {
            schema: "storage-tombstone/v1",
            time: self.time,
            what: self.what,
            path: &seen.path,
            device: &block.name,
            number: block.number.to_string(),
            size_bytes: block.size_bytes,
            model: block.identity.model.as_deref(),
            serial: block.identity.serial.as_deref(),
            wwid: block.identity.wwid.as_deref(),
            disk_sequence: block.disk_sequence,
            lost: block
                .marks
                .iter()
                .map(|mark| format!("{}: {}", mark.device, mark.signature))
                .collect(),
        };
        let mut text = serde_json::to_vec(&line).map_err(io::Error::other)?;
        text.push(b'\n');
        let mut log = OpenOptions::new().append(true).create(true).open(self.log)?;
        // One write: lines of several runs do not mix.
        log.write_all(&text)?;
        log.sync_all()?;
        // The name of a new file is its directory's.
        let parent = self.log.parent().filter(|parent| *parent != Path::new(""));
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
    }
}
