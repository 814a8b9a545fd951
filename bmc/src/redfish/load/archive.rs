//! Archives: tar (POSIX.1-2017 pax, ustar, GNU long names), bare or in xz.
//!
//! What comes out is names and contents, one after another; nothing is written, so that a link in
//! an archive leads nowhere and is passed over. A name that leads out of the archive is the mark
//! of a hostile one, and the whole of it is refused.

use std::io::{self, BufReader, Read};

use lzma_rust2::XzReader;

use super::LoadError;

/// Bytes that an archive may unpack to.
const MOST_UNPACKED: u64 = 256 << 20;

/// Entries of an archive.
const MOST_ENTRIES: usize = 200_000;

/// Bytes of a name.
const LONGEST_NAME: u64 = 4096;

/// Memory of the decompressor, in KiB: `xz -9` asks for 64 MiB.
const MOST_DICTIONARY: u32 = 80 << 10;

const BLOCK: usize = 512;
const XZ: [u8; 6] = [0xfd, b'7', b'z', b'X', b'Z', 0];

/// What takes a file: its name, its size, and its content.
pub(super) type Take<'a> = &'a mut dyn FnMut(&str, u64, &mut dyn Read) -> Result<(), LoadError>;

/// Says whether `bytes` begin as an archive that is read.
pub fn is_archive(bytes: &[u8]) -> bool {
    is_compressed(bytes) || is_tar(bytes)
}

/// Says whether `bytes` begin as one that is compressed.
pub fn is_compressed(bytes: &[u8]) -> bool {
    bytes.starts_with(&XZ)
}

fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(257..262).is_some_and(|magic| magic == b"ustar")
        || bytes.first_chunk::<BLOCK>().is_some_and(|block| checksum(block).is_some())
}

/// Reads the files of an archive.
pub(super) fn read(bytes: &[u8], take: Take<'_>) -> Result<(), LoadError> {
    if bytes.starts_with(&XZ) {
        let unpacked = XzReader::new_mem_limit(bytes, true, MOST_DICTIONARY);
        let mut unpacked = BufReader::with_capacity(1 << 16, unpacked);
        return entries(&mut unpacked, MOST_UNPACKED, take);
    }
    if is_tar(bytes) {
        return entries(&mut &*bytes, MOST_UNPACKED, take);
    }
    Err(match bytes {
        [0x1f, 0x8b, ..] => LoadError::Compressed { by: "gzip" },
        [b'B', b'Z', b'h', ..] => LoadError::Compressed { by: "bzip2" },
        [0x28, 0xb5, 0x2f, 0xfd, ..] => LoadError::Compressed { by: "zstd" },
        [b'P', b'K', 3, 4, ..] => LoadError::Compressed { by: "zip" },
        _ => LoadError::NotArchive,
    })
}

/// Reads the entries of a tar of `most` bytes at most.
fn entries(bytes: &mut dyn Read, most: u64, take: Take<'_>) -> Result<(), LoadError> {
    // One more than may be read: what asks for it has too much.
    let mut bytes = bytes.take(most.saturating_add(1));
    let mut long_name = None;
    for _ in 0..MOST_ENTRIES {
        let mut block = [0; BLOCK];
        // Some write no end, or one block of it; what came before is whole.
        if fill(&mut bytes, &mut block).map_err(|error| damaged(&error))? < BLOCK {
            return too_much_or(&bytes, Ok(()));
        }
        if block.iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        let Some(header) = Header::of(&block) else {
            return Err(LoadError::Damaged { what: "an entry's checksum is wrong".to_owned() });
        };
        let padded = header.size.div_ceil(512).saturating_mul(512);
        if padded > bytes.limit() {
            return Err(LoadError::TooMuch { what: "it unpacks to more than 256 MiB" });
        }
        let mut content = (&mut bytes).take(padded);
        match header.kind {
            b'L' | b'x' => {
                let text = text(&mut content, header.size)?;
                let name =
                    if header.kind == b'L' { Some(text.as_slice()) } else { pax_path(&text) };
                long_name = name.map(lossy).or(long_name);
            }
            kind => {
                let name = long_name.take().unwrap_or(header.name);
                let name = inside(&name)?;
                if matches!(kind, b'0' | 0 | b'7') {
                    take(&name, header.size, &mut content)?;
                }
            }
        }
        let rest = io::copy(&mut content, &mut io::sink()).map_err(|error| damaged(&error));
        rest?;
        if content.limit() > 0 {
            let cut = LoadError::Damaged { what: "it is cut off".to_owned() };
            return too_much_or(&bytes, Err(cut));
        }
    }
    Err(LoadError::TooMuch { what: "there are more than 200,000 entries" })
}

/// Reads until `block` is full or there is no more; returns how much was read.
fn fill(bytes: &mut dyn Read, block: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0_usize;
    while let Some(rest) = block.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match bytes.read(rest) {
            Ok(0) => break,
            Ok(read) => filled = filled.saturating_add(read),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn too_much_or(
    bytes: &io::Take<&mut dyn Read>,
    other: Result<(), LoadError>,
) -> Result<(), LoadError> {
    if bytes.limit() > 0 {
        return other;
    }
    Err(LoadError::TooMuch { what: "it unpacks to more than 256 MiB" })
}

fn damaged(error: &io::Error) -> LoadError {
    if error.kind() == io::ErrorKind::OutOfMemory {
        return LoadError::TooMuch { what: "to unpack it takes more than 80 MiB of memory" };
    }
    LoadError::Damaged { what: error.to_string() }
}

/// Reads a name, or the record of one.
fn text(content: &mut dyn Read, size: u64) -> Result<Vec<u8>, LoadError> {
    // A record of pax may hold times and owners beside the name.
    if size > LONGEST_NAME.saturating_mul(4) {
        return Err(LoadError::Damaged { what: "a name is longer than 4096 bytes".to_owned() });
    }
    let mut text = Vec::new();
    content.take(size).read_to_end(&mut text).map_err(|error| damaged(&error))?;
    Ok(text)
}

/// Returns `path` of a record of pax: `LENGTH KEYWORD=VALUE\n`, one after another.
fn pax_path(record: &[u8]) -> Option<&[u8]> {
    let mut rest = record;
    loop {
        let space = rest.iter().position(|byte| *byte == b' ')?;
        let (digits, _) = rest.split_at_checked(space)?;
        let length: usize = str::from_utf8(digits).ok()?.parse().ok()?;
        let (line, after) = rest.split_at_checked(length)?;
        let pair = line.get(space.checked_add(1)?..)?.strip_suffix(b"\n")?;
        if let Some(path) = pair.strip_prefix(b"path=") {
            return Some(path);
        }
        rest = after;
    }
}

/// Returns a name as it lies inside the archive, or refuses it.
fn inside(name: &str) -> Result<String, LoadError> {
    let mut parts = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err(LoadError::Escapes { entry: name.to_owned() }),
            part => parts.push(part),
        }
    }
    if name.starts_with('/') || name.contains('\\') {
        return Err(LoadError::Escapes { entry: name.to_owned() });
    }
    Ok(parts.join("/"))
}

/// The header of an entry, as far as it matters.
struct Header {
    name: String,
    size: u64,
    kind: u8,
}

impl Header {
    fn of(block: &[u8; BLOCK]) -> Option<Self> {
        checksum(block)?;
        let name = lossy(block.get(..100)?);
        let is_ustar = block.get(257..262)? == b"ustar";
        // GNU keeps other things where POSIX has a prefix.
        let has_prefix = is_ustar && block.get(262) == Some(&0);
        let prefix = if has_prefix { lossy(block.get(345..500)?) } else { String::new() };
        let name = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        Some(Self { name, size: number(block.get(124..136)?)?, kind: *block.get(156)? })
    }
}

/// Returns the checksum of a header, if it is right: bytes summed, its own field as blanks.
fn checksum(block: &[u8; BLOCK]) -> Option<u64> {
    let said = number(block.get(148..156)?)?;
    let bytes = block.iter().enumerate();
    let sum = bytes.map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) });
    let sum: u64 = sum.sum();
    (sum == said).then_some(sum)
}

/// Returns a number in octal; or binary, where the first bit says so.
fn number(field: &[u8]) -> Option<u64> {
    let (first, rest) = field.split_first()?;
    if *first == 0x80 {
        return rest.iter().try_fold(0_u64, |sum, byte| {
            Some(sum.checked_mul(256)?.saturating_add(u64::from(*byte)))
        });
    }
    let text = str::from_utf8(field).ok()?;
    let digits = text.trim_matches(|c: char| c == '\0' || c == ' ');
    if digits.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(digits, 8).ok()
}

/// Returns a name up to its end.
fn lossy(name: &[u8]) -> String {
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    String::from_utf8_lossy(name.get(..end).unwrap_or(name)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(size: u64) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        block[..4].copy_from_slice(b"file");
        block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        block[148..156].copy_from_slice(b"        ");
        block[156] = b'0';
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        block
    }

    #[test]
    fn what_unpacks_to_more_than_may_be_is_refused_at_the_bound() {
        let one = [header(1024).to_vec(), vec![0; 1024]].concat();
        let mut read = 0_u64;
        let mut endless = io::repeat(0).take(0).chain(io::Cursor::new(one.repeat(1000)));
        let mut take = |_: &str, size: u64, _: &mut dyn Read| {
            read += size;
            Ok(())
        };
        let refused = entries(&mut endless, 64 << 10, &mut take);
        assert!(matches!(refused, Err(LoadError::TooMuch { .. })), "{refused:?}");
        assert!((32 << 10..64 << 10).contains(&read), "{read}");
        // A file whose size alone is too much is not begun.
        let mut never = |_: &str, _: u64, _: &mut dyn Read| panic!("it is read");
        let refused = entries(&mut header(1 << 30).as_slice(), 64 << 10, &mut never);
        assert!(matches!(refused, Err(LoadError::TooMuch { .. })), "{refused:?}");
    }

    #[test]
    fn numbers_are_octal_or_binary() {
        assert_eq!(number(b"00000000017\0"), Some(15));
        assert_eq!(number(b"        \0   "), Some(0));
        assert_eq!(number(&[0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]), Some(256));
        assert_eq!(number(&[0x80, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]), None);
        assert_eq!(number(b"9"), None);
    }
}
