//! The files of norms that are compiled in, packed by `build.rs`.

use std::io::Read;
use std::sync::LazyLock;

const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/norms.zst"));

static TEXTS: LazyLock<String> = LazyLock::new(|| {
    let mut texts = String::new();
    ruzstd::decoding::StreamingDecoder::new(PACKED)
        .ok()
        .and_then(|mut packed| packed.read_to_string(&mut texts).ok())
        .expect("tests read what `build.rs` packs");
    texts
});

/// Returns the files, by name (`gd-gov-cloud/evs.toml`) and text.
pub(crate) fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut parts = TEXTS.split('\0');
    std::iter::from_fn(move || Some((parts.next()?, parts.next()?)))
}

/// Returns the text of the file that is called `name`.
///
/// # Panics
///
/// Where there is no such file: the names are the program's own, and tests ask for each.
pub(crate) fn text(name: &str) -> &'static str {
    let found = files().find(|(file, _)| *file == name);
    found.map(|(_, text)| text).expect("a test reads every file that is asked for")
}
