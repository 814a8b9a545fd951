//! Writes a recording: tar in zstd, entry by entry, never whole in memory.

use std::io::{self, Read, Write};

use ruzstd::encoding::{CompressionLevel, compress};

use super::RecordError;
use super::gather::Contents;

/// Writes `contents`, and returns the number of files and of their bytes.
pub(super) fn write(contents: Contents, out: &mut dyn Write) -> Result<(u64, u64), RecordError> {
    let files = u64::try_from(contents.files.len()).unwrap_or(u64::MAX);
    let sizes = contents.files.values().map(|bytes| u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    let bytes = sizes.fold(0, u64::saturating_add);
    let mut source = Entries::new(contents);
    let mut drain = Drain { out, error: None };
    compress(&mut source, &mut drain, CompressionLevel::Fastest);
    match drain.error.or(source.error) {
        Some(source) => Err(RecordError::Write { source }),
        None => Ok((files, bytes)),
    }
}

/// The compressor ends in a panic where its output fails: failures are kept
/// here and told afterwards.
struct Drain<'a> {
    out: &'a mut dyn Write,
    error: Option<io::Error>,
}

impl Write for Drain<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.error.is_none() {
            self.error = self.out.write_all(bytes).err();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The entries of the archive as one stream of bytes.
struct Entries {
    pending: Box<dyn Iterator<Item = Entry>>,
    builder: Option<tar::Builder<Vec<u8>>>,
    ready: io::Cursor<Vec<u8>>,
    error: Option<io::Error>,
}

enum Entry {
    Dir(String),
    Link(String, String),
    File(String, Vec<u8>),
}

impl Entries {
    fn new(contents: Contents) -> Self {
        let dirs = contents.dirs.into_iter().filter(|path| !path.is_empty()).map(Entry::Dir);
        let links = contents.links.into_iter().map(|(path, target)| Entry::Link(path, target));
        let files = contents.files.into_iter().map(|(path, bytes)| Entry::File(path, bytes));
        Self {
            pending: Box::new(dirs.chain(files).chain(links)),
            builder: Some(tar::Builder::new(Vec::new())),
            ready: io::Cursor::default(),
            error: None,
        }
    }

    /// Makes the next bytes ready; `false` at the end.
    fn next(&mut self) -> io::Result<bool> {
        let Some(builder) = &mut self.builder else { return Ok(false) };
        let bytes = if let Some(entry) = self.pending.next() {
            append(builder, entry)?;
            std::mem::take(builder.get_mut())
        } else {
            match self.builder.take() {
                Some(builder) => builder.into_inner()?,
                None => return Ok(false),
            }
        };
        self.ready = io::Cursor::new(bytes);
        Ok(true)
    }
}

impl Read for Entries {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.ready.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.next() {
                Ok(true) => {}
                Ok(false) => return Ok(0),
                Err(error) => {
                    self.error = Some(error);
                    return Ok(0);
                }
            }
        }
    }
}

fn append(builder: &mut tar::Builder<Vec<u8>>, entry: Entry) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    match entry {
        Entry::Dir(path) => {
            header.set_entry_type(tar::EntryType::Directory);
            header.set_mode(0o755);
            header.set_size(0);
            builder.append_data(&mut header, path.trim_start_matches('/'), io::empty())
        }
        Entry::Link(path, target) => {
            header.set_entry_type(tar::EntryType::Symlink);
            header.set_mode(0o777);
            header.set_size(0);
            builder.append_link(&mut header, path.trim_start_matches('/'), target)
        }
        Entry::File(path, bytes) => {
            header.set_entry_type(tar::EntryType::Regular);
            header.set_mode(0o644);
            header.set_size(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
            builder.append_data(&mut header, path.trim_start_matches('/'), bytes.as_slice())
        }
    }
}
