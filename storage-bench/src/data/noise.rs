//! Random bytes, many at a time.
//!
//! Sixteen xorshift generators (Marsaglia 2003, shifts 13, 7, 17) side by side, seeded from
//! one key: row n holds their n-th states. Shifts and exclusive ors of 64 bits are in every
//! vector unit, and sixteen lanes hide their latency. Words mixed from a counter by
//! multiplication are better numbers and took three times as long; nothing here needs
//! better ones: no compressor sees the linearity of xorshift.

use std::cell::Cell;

use crate::random::mix;

#[cfg(target_arch = "x86_64")]
mod avx2;

/// Generators side by side.
const LANES: usize = 16;
/// Bytes of all states.
const ROW: usize = 8 * LANES;

/// Fills `out` with the noise of `key`; a shorter `out` gets the start of a longer one.
pub(super) fn fill(key: u64, out: &mut [u8]) {
    let lanes: [u64; LANES] = std::array::from_fn(|lane| {
        mix(key.wrapping_add((lane as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    });
    let (rows, rest) = out.as_chunks_mut::<ROW>();
    fill_rows(lanes, rows);
    if !rest.is_empty() {
        let mut row = [[0; ROW]];
        fill_rows(rows.last().map_or(lanes, states_after), &mut row);
        rest.copy_from_slice(row.as_flattened().split_at(rest.len()).0);
    }
}

/// Fills rows, of which the first is `lanes`: with vectors of 256 bits where the processor
/// running this has them.
fn fill_rows(lanes: [u64; LANES], rows: &mut [[u8; ROW]]) {
    #[cfg(target_arch = "x86_64")]
    if avx2::fill_rows(lanes, rows) {
        return;
    }
    fill_rows_anywhere(lanes, rows);
}

/// The same on any processor.
///
/// Each word comes from the one a row before it, in memory: LLVM 21 makes vectors of this,
/// where states kept in an array are unrolled to plain words first.
fn fill_rows_anywhere(lanes: [u64; LANES], rows: &mut [[u8; ROW]]) {
    let (words, _) = rows.as_flattened_mut().as_chunks_mut::<8>();
    for (word, lane) in words.iter_mut().zip(lanes) {
        *word = lane.to_le_bytes();
    }
    let words = Cell::from_mut(words).as_slice_of_cells();
    if let Some((_, later)) = words.split_at_checked(LANES) {
        for (before, word) in words.iter().zip(later) {
            word.set(after(u64::from_le_bytes(before.get())).to_le_bytes());
        }
    }
}

/// Returns the states that follow those of a row.
fn states_after(row: &[u8; ROW]) -> [u64; LANES] {
    let (words, _) = row.as_chunks::<8>();
    let mut lanes = [0; LANES];
    for (lane, word) in lanes.iter_mut().zip(words) {
        *lane = after(u64::from_le_bytes(*word));
    }
    lanes
}

#[inline]
fn after(state: u64) -> u64 {
    let state = state ^ (state << 13);
    let state = state ^ (state >> 7);
    state ^ (state << 17)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_is_the_start_of_a_longer_one() {
        let mut whole = [0; 1000];
        fill(9, &mut whole);
        for length in 0..1000 {
            let mut part = vec![0; length];
            fill(9, &mut part);
            assert_eq!(part, whole[..length], "{length}");
        }
    }

    #[test]
    fn every_processor_makes_the_same_noise() {
        for rows in 0..40 {
            let lanes = std::array::from_fn(|lane| mix(lane as u64 + rows as u64));
            let (mut here, mut anywhere) = (vec![[1; ROW]; rows], vec![[2; ROW]; rows]);
            fill_rows(lanes, &mut here);
            fill_rows_anywhere(lanes, &mut anywhere);
            assert_eq!(here, anywhere, "{rows} rows");
        }
    }
}
