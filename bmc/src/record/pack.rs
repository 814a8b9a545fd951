//! Packing: tar (POSIX ustar, with long names as GNU has them), in xz.

use std::io::{self, Write as _};

use lzma_rust2::{XzOptions, XzWriter};

const BLOCK: usize = 512;
/// Bytes of a name that the header has room for.
const NAME: usize = 100;

/// Writes a field of a header at its place.
fn put(header: &mut [u8; BLOCK], at: usize, field: &[u8]) {
    for (into, byte) in header.iter_mut().skip(at).zip(field) {
        *into = *byte;
    }
}

fn entry(out: &mut Vec<u8>, kind: u8, name: &[u8], content: &[u8]) {
    let mut header = [0; BLOCK];
    put(&mut header, 0, name.get(..NAME).unwrap_or(name));
    put(&mut header, 100, b"0000644\0");
    put(&mut header, 108, b"0000000\0");
    put(&mut header, 116, b"0000000\0");
    put(&mut header, 124, format!("{:011o}\0", content.len()).as_bytes());
    // No time: the same recording is the same bytes.
    put(&mut header, 136, b"00000000000\0");
    put(&mut header, 148, b"        ");
    put(&mut header, 156, &[kind]);
    put(&mut header, 257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut header, 148, format!("{sum:06o}\0 ").as_bytes());
    out.extend(header);
    out.extend(content);
    out.resize(out.len().div_ceil(BLOCK) * BLOCK, 0);
}

/// Writes files into an archive, in their order.
pub(super) fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, content) in files {
        let name = name.as_bytes();
        if name.len() > NAME {
            entry(&mut out, b'L', b"././@LongLink", &[name, &[0]].concat());
        }
        entry(&mut out, b'0', name, content);
    }
    out.extend([0; 2 * BLOCK]);
    out
}

/// Compresses.
pub(super) fn xz(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut writer = XzWriter::new(Vec::new(), XzOptions::with_preset(6))?;
    writer.write_all(bytes)?;
    writer.finish()
}
