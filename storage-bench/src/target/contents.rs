//! The first and last bytes of a device and of its partitions, read and recognised.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::safety::Mark;
use crate::signature::{self, Contents, HEAD_BYTES, TAIL_BYTES};

/// Direct reads need memory aligned to the device's blocks, none of which is larger.
const ALIGN: usize = 4096;

/// A part of a device that is looked at for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// What it is called.
    pub(super) name: String,
    pub(super) start_bytes: u64,
    pub(super) size_bytes: u64,
}

/// Reads what is on the device that is open as `file` and on its `partitions`; parts
/// that only the table on it knows of are looked at as well.
///
/// Everything is read through the one descriptor: the nodes of partitions may be
/// missing, and are another device's cache.
pub(super) fn read(
    file: &File,
    name: &str,
    size_bytes: u64,
    partitions: &[Part],
) -> io::Result<(Vec<Mark>, bool)> {
    let whole = Part { name: name.to_owned(), start_bytes: 0, size_bytes };
    let contents = look(file, &whole)?;
    let mut parts = partitions.to_vec();
    for entry in &contents.entries {
        let known = parts.iter().any(|part| part.start_bytes == entry.start_bytes);
        let inside = entry
            .start_bytes
            .checked_add(entry.size_bytes)
            .is_some_and(|end| end <= size_bytes && entry.size_bytes > 0);
        if !known && inside && entry.start_bytes > 0 {
            let name = entry.name.as_ref().map_or(String::new(), |name| format!(" `{name}`"));
            parts.push(Part {
                name: format!("partition {}{name}", entry.number),
                start_bytes: entry.start_bytes,
                size_bytes: entry.size_bytes,
            });
        }
    }
    let mut marks = Vec::new();
    let mut blank = contents.blank;
    let on = |device: &str, signatures: Vec<signature::Signature>| {
        let device = device.to_owned();
        signatures.into_iter().map(move |signature| Mark { device: device.clone(), signature })
    };
    marks.extend(on(name, contents.signatures));
    for part in &parts {
        let contents = look(file, part)?;
        blank &= contents.blank;
        marks.extend(on(&part.name, contents.signatures));
    }
    Ok((marks, blank))
}

/// Looks at the start and end of a part.
fn look(file: &File, part: &Part) -> io::Result<Contents> {
    let size = part.size_bytes;
    let head = piece(file, part.start_bytes, size.min(HEAD_BYTES))?;
    let tail = size.min(TAIL_BYTES);
    let at = part.start_bytes.saturating_add(size.saturating_sub(tail));
    let tail = piece(file, at, tail)?;
    Ok(signature::scan(&head, &tail, size))
}

/// Reads `length` bytes at `offset`, as far as there are any.
fn piece(file: &File, offset: u64, length: u64) -> io::Result<Vec<u8>> {
    // Direct reads also start and end at blocks.
    let align = u64::try_from(ALIGN).unwrap_or(1);
    let skip = offset % align;
    let start = offset.saturating_sub(skip);
    let wanted = usize::try_from(skip.saturating_add(length).next_multiple_of(align))
        .map_err(|_large| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut memory = vec![0_u8; wanted.saturating_add(ALIGN)];
    let pad = memory.as_ptr().align_offset(ALIGN);
    let buffer = memory.get_mut(pad..).and_then(|rest| rest.get_mut(..wanted));
    let buffer = buffer.unwrap_or_default();
    let mut filled = 0_usize;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        let at = start.saturating_add(u64::try_from(filled).unwrap_or(u64::MAX));
        match file.read_at(rest, at) {
            Ok(0) => break,
            Ok(count) => filled = filled.saturating_add(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        // The end of a device that is no multiple of the alignment comes short, and a
        // direct read from there on is refused.
        if !filled.is_multiple_of(ALIGN) {
            break;
        }
    }
    let first = usize::try_from(skip).unwrap_or(usize::MAX);
    let end = first.saturating_add(usize::try_from(length).unwrap_or(usize::MAX)).min(filled);
    Ok(buffer.get(first..end).unwrap_or_default().to_vec())
}
