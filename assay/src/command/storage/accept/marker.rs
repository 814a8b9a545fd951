//! The mark that a volume was filled: of which volume, with what, how far, when. It is no
//! proof by itself: a volume that has one is sampled before it counts as filled.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use storage_bench::{
    cases::{Case, Method},
    safety::Fingerprint,
};

use crate::{clock, failure::Failure, lang::text};

const SCHEMA: &str = "storage-filled/v1";

/// What is known of a filling.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Marker {
    schema: String,
    target: Fingerprint,
    seed: u64,
    start_bytes: u64,
    /// Where the filling ends.
    pub(super) end_bytes: u64,
    /// When it ended, RFC 3339.
    pub(super) ended_at: String,
    /// Whether cases wrote to it since: blocks may hold their data instead.
    pub(super) overwritten: bool,
}

impl Marker {
    /// Returns the mark in `out`, where it is of this target and this seed.
    pub(super) fn read(out: &Path, target: &Fingerprint, seed: u64) -> Option<Self> {
        let bytes = fs::read(file(out)).ok()?;
        let marker: Self = typed_json::parse(&bytes).ok()?;
        let same = marker.schema == SCHEMA
            && marker.seed == seed
            && marker.start_bytes == 0
            && marker.target.differences(target).is_empty();
        same.then_some(marker)
    }

    /// Marks a filling that has just ended.
    pub(super) fn write(
        out: &Path,
        target: &Fingerprint,
        seed: u64,
        end_bytes: u64,
    ) -> Result<(), Failure> {
        let marker = Self {
            schema: SCHEMA.to_owned(),
            target: target.clone(),
            seed,
            start_bytes: 0,
            end_bytes,
            ended_at: clock::now(),
            overwritten: false,
        };
        marker.put(out)
    }

    /// Takes a mark away: what it says is about to be no longer so.
    pub(super) fn remove(out: &Path) -> Result<(), Failure> {
        match fs::remove_file(file(out)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failure(out, error)),
            _ => Ok(()),
        }
    }

    /// Notes, before a case writes, that the volume holds more than the filling.
    pub(super) fn overwrite(out: &Path, case: &Case) -> Result<(), Failure> {
        if !writes(case) {
            return Ok(());
        }
        let known = fs::read(file(out)).ok().and_then(|bytes| typed_json::parse(&bytes).ok());
        match known {
            Some(marker @ Self { overwritten: false, .. }) => {
                Self { overwritten: true, ..marker }.put(out)
            }
            _ => Ok(()),
        }
    }

    fn put(&self, out: &Path) -> Result<(), Failure> {
        let new = file(out).with_extension("json.new");
        let put = || {
            fs::create_dir_all(out)?;
            let mut written = fs::File::create(&new)?;
            written.write_all(&serde_json::to_vec_pretty(self)?)?;
            written.sync_all()?;
            fs::rename(&new, file(out))?;
            fs::File::open(out)?.sync_all()
        };
        put().map_err(|error| failure(out, error))
    }
}

fn file(out: &Path) -> PathBuf {
    out.join("filled.json")
}

fn failure(out: &Path, error: std::io::Error) -> Failure {
    let name = file(out).display().to_string();
    Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[&name])).because(error)
}

fn writes(case: &Case) -> bool {
    case.method != Method::Fill
        && case.load.as_ref().is_none_or(|load| load.workload.read_percent < 100)
}

/// Returns whether a block holds data that has to be stored as it is: every byte value is
/// there and no word of eight bytes twice. Unwritten space, zeroes and patterns do not.
///
/// Of random 4 KiB each value is missing in one block of 10⁷, and two of 512 words are alike
/// in one of 10¹⁴.
pub(in crate::command::storage) fn is_dense(block: &[u8]) -> bool {
    let mut seen = [false; 256];
    for byte in block {
        if let Some(seen) = seen.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    }
    let mut words: Vec<&[u8; 8]> = block.as_chunks().0.iter().collect();
    tiny_sort::stable::sort(&mut words);
    let twice = words.windows(2).any(|pair| pair.first() == pair.last());
    seen.iter().filter(|seen| **seen).count() >= 240 && !twice
}

#[cfg(test)]
mod tests {
    use storage_bench::random::Random;

    use super::*;

    fn noise(seed: u64) -> Vec<u8> {
        let mut random = Random::new(seed);
        (0..512).flat_map(|_| random.below(u64::MAX).to_le_bytes()).collect()
    }

    #[test]
    fn random_blocks_are_dense_and_what_can_be_reduced_is_not() {
        assert!((0..1000).all(|seed| is_dense(&noise(seed))));
        assert!(!is_dense(&[0; 4096]) && !is_dense(&[0xff; 4096]));
        // Half zeroes, a block of half a block twice, and text.
        let mut half = noise(1);
        half[2048..].fill(0);
        assert!(!is_dense(&half));
        let (first, second) = half.split_at_mut(2048);
        second.copy_from_slice(first);
        assert!(!is_dense(&half));
        let text: Vec<u8> = (0..512).flat_map(|at| format!("{at:08}").into_bytes()).collect();
        assert!(!is_dense(&text));
    }

    #[test]
    fn a_mark_counts_for_its_volume_and_its_seed_only() {
        let folder = tempfile::tempdir().unwrap();
        let target = Fingerprint { size_bytes: 1 << 30, ..Fingerprint::default() };
        assert!(Marker::read(folder.path(), &target, 1).is_none());
        Marker::write(folder.path(), &target, 1, 1 << 30).unwrap();
        let read = Marker::read(folder.path(), &target, 1).unwrap();
        assert_eq!((read.end_bytes, read.overwritten), (1 << 30, false));
        assert!(Marker::read(folder.path(), &target, 2).is_none());
        let other = Fingerprint { serial: Some("S2".to_owned()), ..target.clone() };
        assert!(Marker::read(folder.path(), &other, 1).is_none());
        Marker::remove(folder.path()).unwrap();
        assert!(Marker::read(folder.path(), &target, 1).is_none());
        Marker::remove(folder.path()).unwrap();
    }
}
