//! The notes of sessions that are open.

use std::fs;

use crate::rack::Rack;

/// Returns how many sessions each file of notes says to be open.
pub(crate) fn open(rack: &Rack) -> Vec<usize> {
    let files = fs::read_dir(rack.folder().join("state/bmc-sessions"));
    let files = files.into_iter().flatten().flatten();
    let texts = files.filter_map(|file| fs::read_to_string(file.path()).ok());
    let count = |text: &str, sign| text.lines().filter(|line| line.starts_with(sign)).count();
    texts.map(|text| count(&text, "+ ") - count(&text, "- ")).collect()
}
