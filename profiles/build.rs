//! Packs the norms: together they take a fifth of their text.

use std::path::Path;
use std::{env, fs, io};

const FOLDER: &str = "norms/gd-gov-cloud";
const WORDS: &str = "norms/words.toml";
/// The best there is short of `--ultra`, which comes out no smaller.
const LEVEL: i32 = 19;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={FOLDER}");
    let mut paths = fs::read_dir(FOLDER)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    println!("cargo::rerun-if-changed={WORDS}");
    paths.push(WORDS.into());
    paths.sort_unstable();
    // Name and text by turns, each ended by a zero.
    let mut texts = Vec::new();
    for path in paths {
        let name = path.strip_prefix("norms").unwrap_or(&path).to_string_lossy().into_owned();
        for part in [name, fs::read_to_string(&path)?] {
            texts.extend_from_slice(part.as_bytes());
            texts.push(0);
        }
    }
    let packed = zstd::bulk::compress(&texts, LEVEL)?;
    let out = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    fs::write(Path::new(&out).join("norms.zst"), packed)
}
