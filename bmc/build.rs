//! Packs the table of GB 18030, as the WHATWG's Encoding Standard has it: by itself it is 27 kB of
//! the program, and the library that it is made with would be 141 kB, of all encodings there are.

use std::{env, fs, io, io::Write as _, path::Path};

use encoding_rs::GB18030;
use lzma_rust2::{XzOptions, XzWriter};

/// The four-byte codes of the basic plane: 0x81308130 to 0x8431a439.
const SHORT: u32 = 39_420;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut table = Vec::new();
    // All two-byte codes, one after another; 0 where there is none.
    for lead in 0x81..=0xfe {
        for trail in (0x40..=0x7e).chain(0x80..=0xfe) {
            table.extend(unit(&[lead, trail]).unwrap_or(0).to_le_bytes());
        }
    }
    // Of the four-byte codes the first of each run, with what it stands for.
    let mut next = None;
    for pointer in 0..SHORT {
        let unit = unit(&four(pointer));
        if unit != next {
            let first = u16::try_from(pointer).map_err(io::Error::other)?;
            table.extend(first.to_le_bytes());
            table.extend(unit.unwrap_or(0).to_le_bytes());
        }
        next = unit.and_then(|unit| unit.checked_add(1));
    }
    let mut packer = XzWriter::new(Vec::new(), XzOptions::with_preset(9))?;
    packer.write_all(&table)?;
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&folder).join("gb18030.xz"), packer.finish()?)
}

/// The code with this number among those of four bytes.
fn four(pointer: u32) -> [u8; 4] {
    let [low, ..] = (pointer % 10).to_le_bytes();
    let [third, ..] = (pointer / 10 % 126).to_le_bytes();
    let [second, ..] = (pointer / 1260 % 10).to_le_bytes();
    let [first, ..] = (pointer / 12_600).to_le_bytes();
    [0x81 + first, 0x30 + second, 0x81 + third, 0x30 + low]
}

/// What a code of the basic plane stands for.
fn unit(code: &[u8]) -> Option<u16> {
    let text = GB18030.decode_without_bom_handling_and_without_replacement(code)?;
    let mut all = text.chars();
    let only = all.next().filter(|_| all.next().is_none())?;
    u16::try_from(u32::from(only)).ok()
}
