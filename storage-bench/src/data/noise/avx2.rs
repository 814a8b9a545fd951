#![expect(unsafe_code, reason = "code for a processor that may not be there, and its stores")]
//! Rows of noise with the 256-bit vectors of x86-64 processors since 2013; see
//! “Intel 64 and IA-32 Architectures Software Developer's Manual”, volume 2.

use std::arch::x86_64::{
    __m256i, _mm256_set_epi64x, _mm256_slli_epi64, _mm256_srli_epi64, _mm256_storeu_si256,
    _mm256_xor_si256,
};

use super::{LANES, ROW};

/// Fills `rows`, of which the first is `lanes`; or tells that this processor cannot.
#[inline]
pub(super) fn fill_rows(lanes: [u64; LANES], rows: &mut [[u8; ROW]]) -> bool {
    if !std::arch::is_x86_feature_detected!("avx2") {
        return false;
    }
    // SAFETY: the processor was asked for AVX2 just now, and all that `fill` wants is that.
    unsafe { fill(lanes, rows) };
    true
}

#[target_feature(enable = "avx2")]
fn fill(lanes: [u64; LANES], rows: &mut [[u8; ROW]]) {
    let (fours, _) = lanes.as_chunks::<4>();
    let mut states = [_mm256_set_epi64x(0, 0, 0, 0); LANES / 4];
    for (state, [a, b, c, d]) in states.iter_mut().zip(fours) {
        let [a, b, c, d] = [a, b, c, d].map(|lane| lane.cast_signed());
        *state = _mm256_set_epi64x(d, c, b, a);
    }
    for row in rows {
        let (parts, _) = row.as_chunks_mut::<32>();
        for (part, state) in parts.iter_mut().zip(&mut states) {
            // SAFETY: `part` is 32 bytes that nobody else sees while they are borrowed
            // mutably, and this store asks for no alignment.
            unsafe { _mm256_storeu_si256(part.as_mut_ptr().cast(), *state) };
            *state = after(*state);
        }
    }
}

/// The step of all four generators of a vector.
#[inline]
#[target_feature(enable = "avx2")]
fn after(state: __m256i) -> __m256i {
    let state = _mm256_xor_si256(state, _mm256_slli_epi64::<13>(state));
    let state = _mm256_xor_si256(state, _mm256_srli_epi64::<7>(state));
    _mm256_xor_si256(state, _mm256_slli_epi64::<17>(state))
}
