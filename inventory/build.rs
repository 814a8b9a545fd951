//! Packs what is committed as text: the program carries a tenth of the schema, a third of a list.

use std::path::Path;
use std::{env, fs, io};

use ruzstd::encoding::{CompressionLevel, compress_to_vec};

const PACKED: &[(&str, &str)] = &[
    ("schema/inventory-v1.json", "schema.zst"),
    ("data/management-chips.toml", "management-chips.zst"),
    ("data/placeholders.toml", "placeholders.zst"),
    ("data/vendors.toml", "vendors.zst"),
];

fn main() -> io::Result<()> {
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    for (text, packed) in PACKED {
        println!("cargo::rerun-if-changed={text}");
        let bytes = compress_to_vec(fs::File::open(text)?, CompressionLevel::Fastest);
        fs::write(Path::new(&folder).join(packed), bytes)?;
    }
    Ok(())
}
