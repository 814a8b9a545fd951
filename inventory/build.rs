//! Packs the committed schema: the program carries a tenth of its text.

use std::path::Path;
use std::{env, fs, io};

use ruzstd::encoding::{CompressionLevel, compress_to_vec};

const SCHEMA: &str = "schema/inventory-v1.json";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={SCHEMA}");
    let packed = compress_to_vec(fs::File::open(SCHEMA)?, CompressionLevel::Fastest);
    let folder = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&folder).join("schema.zst"), packed)
}
