//! The fill and the folding of a CRC with vector instructions of x86-64.
//!
//! Folding follows Gopal et al., “Fast CRC Computation for Generic Polynomials Using
//! PCLMULQDQ Instruction” (Intel, 2009), reflected. The last 128 bits go through the table.
#![expect(unsafe_code, reason = "instructions that not every processor has")]

use std::arch::x86_64::{
    __m128i, __m256i, __m512i, _mm_clmulepi64_si128, _mm_loadu_si128, _mm_set_epi64x,
    _mm_storeu_si128, _mm_xor_si128, _mm256_add_epi64, _mm256_loadu_si256, _mm256_mul_epu32,
    _mm256_set1_epi64x, _mm256_slli_epi64, _mm256_srli_epi64, _mm256_storeu_si256,
    _mm256_xor_si256, _mm512_add_epi64, _mm512_clmulepi64_epi128, _mm512_extracti32x4_epi32,
    _mm512_loadu_si512, _mm512_mullo_epi64, _mm512_set_epi64, _mm512_set1_epi64, _mm512_srli_epi64,
    _mm512_storeu_si512, _mm512_ternarylogic_epi64, _mm512_xor_si512, _mm512_zextsi128_si512,
};

use super::{BLOCK_BYTES, FACTOR, LANES, STEP};
use crate::integrity::crc64::{divide, x_to};

/// Bytes of one folding step of four wide registers.
const WIDE_STEP: usize = 256;
/// Bytes of one folding step of eight narrow registers.
const NARROW_STEP: usize = 128;

/// What moves the low and the high half of a register past so many bits of message.
const fn distance(bits: u32) -> (u64, u64) {
    (x_to(bits + 63), x_to(bits - 1))
}

const PAST_256_BYTES: (u64, u64) = distance(2048);
const PAST_128_BYTES: (u64, u64) = distance(1024);
const PAST_64_BYTES: (u64, u64) = distance(512);
const PAST_16_BYTES: (u64, u64) = distance(128);

/// Returns whether [`fill_avx512`] and [`fold_avx512`] may be called.
#[inline]
pub(super) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("vpclmulqdq")
        && has_avx2()
}

/// Returns whether [`fill_avx2`] and [`fold_sse`] may be called.
#[inline]
pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("pclmulqdq")
        && is_x86_feature_detected!("sse4.1")
}

#[inline]
pub(super) fn fill_avx512(keys: &[u64; LANES], block: &mut [u8; BLOCK_BYTES]) {
    debug_assert!(has_avx512());
    // SAFETY: `Tier::Avx512`, the only way here, is handed out by `tiers` where
    // `has_avx512` found both features.
    unsafe { fill_wide(keys, block) }
}

#[inline]
pub(super) fn fill_avx2(keys: &[u64; LANES], block: &mut [u8; BLOCK_BYTES]) {
    debug_assert!(has_avx2());
    // SAFETY: `Tier::Avx2`, the only way here, is handed out by `tiers` where `has_avx2`
    // found the feature.
    unsafe { fill_narrow(keys, block) }
}

/// [`super::fill_plain`], a line at a time. Left to itself, the compiler (LLVM 21) takes the same
/// word of eight lines at once and scatters them: 250 ns a block instead of 70.
#[target_feature(enable = "avx512f,avx512dq")]
fn fill_wide(keys: &[u64; LANES], block: &mut [u8; BLOCK_BYTES]) {
    let mut counters = load_512(&bytes_of(keys));
    let step = _mm512_set1_epi64(STEP.cast_signed());
    let factor = _mm512_set1_epi64(FACTOR.cast_signed());
    let (lines, _none) = block.as_chunks_mut::<64>();
    for line in lines {
        let mixed = _mm512_xor_si512(counters, _mm512_srli_epi64::<33>(counters));
        let mixed = _mm512_mullo_epi64(mixed, factor);
        let words = _mm512_xor_si512(mixed, _mm512_srli_epi64::<29>(mixed));
        counters = _mm512_add_epi64(counters, step);
        // SAFETY: the store is 64 bytes long and of any alignment; so long is `line`.
        unsafe { _mm512_storeu_si512(line.as_mut_ptr().cast(), words) };
    }
}

/// [`super::fill_plain`], half a line at a time.
#[target_feature(enable = "avx2")]
fn fill_narrow(keys: &[u64; LANES], block: &mut [u8; BLOCK_BYTES]) {
    let keys = bytes_of(keys);
    let (low, high) = keys.split_at(32);
    // SAFETY: the load is 32 bytes long and of any alignment; so long is `low`.
    let low = unsafe { _mm256_loadu_si256(low.as_ptr().cast()) };
    // SAFETY: the load is 32 bytes long and of any alignment; so long is `high`.
    let high = unsafe { _mm256_loadu_si256(high.as_ptr().cast()) };
    let mut counters = [low, high];
    let step = _mm256_set1_epi64x(STEP.cast_signed());
    let (halves, _none) = block.as_chunks_mut::<32>();
    for (at, half) in halves.iter_mut().enumerate() {
        let counter = &mut counters[at % 2];
        let mixed = _mm256_xor_si256(*counter, _mm256_srli_epi64::<33>(*counter));
        let mixed = times_factor(mixed);
        let words = _mm256_xor_si256(mixed, _mm256_srli_epi64::<29>(mixed));
        *counter = _mm256_add_epi64(*counter, step);
        // SAFETY: the store is 32 bytes long and of any alignment; so long is `half`.
        unsafe { _mm256_storeu_si256(half.as_mut_ptr().cast(), words) };
    }
}

fn bytes_of(keys: &[u64; LANES]) -> [u8; LANES * 8] {
    let mut bytes = [0; LANES * 8];
    for (bytes, key) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(keys) {
        *bytes = key.to_le_bytes();
    }
    bytes
}

/// Multiplies by [`FACTOR`] modulo 2^64, which AVX2 has for 32 bits only.
#[target_feature(enable = "avx2")]
fn times_factor(word: __m256i) -> __m256i {
    let low = _mm256_set1_epi64x((FACTOR & 0xffff_ffff).cast_signed());
    let high = _mm256_set1_epi64x((FACTOR >> 32).cast_signed());
    let crossed = _mm256_add_epi64(
        _mm256_mul_epu32(_mm256_srli_epi64::<32>(word), low),
        _mm256_mul_epu32(word, high),
    );
    _mm256_add_epi64(_mm256_mul_epu32(word, low), _mm256_slli_epi64::<32>(crossed))
}

#[inline]
pub(super) fn fold_avx512(state: u64, bytes: &[u8]) -> (u64, &[u8]) {
    if bytes.len() < WIDE_STEP {
        return fold_sse(state, bytes);
    }
    debug_assert!(has_avx512());
    // SAFETY: `Tier::Avx512`, the only way here, is handed out by `tiers` where
    // `has_avx512` found all features that `fold_wide` is compiled with.
    unsafe { fold_wide(state, bytes) }
}

#[inline]
pub(super) fn fold_sse(state: u64, bytes: &[u8]) -> (u64, &[u8]) {
    if bytes.len() < NARROW_STEP {
        return (state, bytes);
    }
    debug_assert!(has_avx2());
    // SAFETY: both tiers that come here are handed out by `tiers` where `has_avx2` found
    // all features that `fold_narrow` is compiled with.
    unsafe { fold_narrow(state, bytes) }
}

#[target_feature(enable = "avx512f,avx512dq,vpclmulqdq,pclmulqdq,sse4.1")]
fn fold_wide(state: u64, bytes: &[u8]) -> (u64, &[u8]) {
    let (steps, rest) = bytes.as_chunks::<WIDE_STEP>();
    let Some((first, steps)) = steps.split_first() else { return (state, bytes) };
    let mut sums = load_wide(first);
    let carried = _mm_set_epi64x(0, state.cast_signed());
    sums[0] = _mm512_xor_si512(sums[0], _mm512_zextsi128_si512(carried));
    let past = wide_pair(PAST_256_BYTES);
    for step in steps {
        let next = load_wide(step);
        for (sum, next) in sums.iter_mut().zip(next) {
            *sum = fold_512(*sum, past, next);
        }
    }
    let past = wide_pair(PAST_64_BYTES);
    let [a, b, c, d] = sums;
    let mut sum = fold_512(fold_512(fold_512(a, past, b), past, c), past, d);
    let (lines, rest) = rest.as_chunks::<64>();
    for line in lines {
        sum = fold_512(sum, past, load_512(line));
    }
    let past = narrow_pair(PAST_16_BYTES);
    let mut narrow = _mm512_extracti32x4_epi32::<0>(sum);
    narrow = fold_128(narrow, past, _mm512_extracti32x4_epi32::<1>(sum));
    narrow = fold_128(narrow, past, _mm512_extracti32x4_epi32::<2>(sum));
    narrow = fold_128(narrow, past, _mm512_extracti32x4_epi32::<3>(sum));
    finish(narrow, rest)
}

#[target_feature(enable = "pclmulqdq,sse4.1")]
fn fold_narrow(state: u64, bytes: &[u8]) -> (u64, &[u8]) {
    let (steps, rest) = bytes.as_chunks::<NARROW_STEP>();
    let Some((first, steps)) = steps.split_first() else { return (state, bytes) };
    let mut sums = load_narrow(first);
    sums[0] = _mm_xor_si128(sums[0], _mm_set_epi64x(0, state.cast_signed()));
    let past = narrow_pair(PAST_128_BYTES);
    for step in steps {
        let next = load_narrow(step);
        for (sum, next) in sums.iter_mut().zip(next) {
            *sum = fold_128(*sum, past, next);
        }
    }
    let past = narrow_pair(PAST_16_BYTES);
    let [first, others @ ..] = sums;
    let mut narrow = first;
    for other in others {
        narrow = fold_128(narrow, past, other);
    }
    finish(narrow, rest)
}

/// Folds what is left in steps of 16 bytes, and divides the last register by table.
#[target_feature(enable = "pclmulqdq,sse4.1")]
fn finish(mut narrow: __m128i, bytes: &[u8]) -> (u64, &[u8]) {
    let past = narrow_pair(PAST_16_BYTES);
    let (words, rest) = bytes.as_chunks::<16>();
    for word in words {
        narrow = fold_128(narrow, past, load_128(word));
    }
    let mut last = [0_u8; 16];
    // SAFETY: the store is 16 bytes long and of any alignment; `last` is 16 bytes long.
    unsafe { _mm_storeu_si128(last.as_mut_ptr().cast(), narrow) };
    (divide(0, &last), rest)
}

#[target_feature(enable = "avx512f,vpclmulqdq")]
fn fold_512(sum: __m512i, past: __m512i, next: __m512i) -> __m512i {
    let low = _mm512_clmulepi64_epi128::<0x00>(sum, past);
    let high = _mm512_clmulepi64_epi128::<0x11>(sum, past);
    // 0x96 is the exclusive or of all three.
    _mm512_ternarylogic_epi64::<0x96>(low, high, next)
}

#[target_feature(enable = "pclmulqdq,sse4.1")]
fn fold_128(sum: __m128i, past: __m128i, next: __m128i) -> __m128i {
    let low = _mm_clmulepi64_si128::<0x00>(sum, past);
    let high = _mm_clmulepi64_si128::<0x11>(sum, past);
    _mm_xor_si128(_mm_xor_si128(low, high), next)
}

#[target_feature(enable = "sse4.1")]
fn narrow_pair((low, high): (u64, u64)) -> __m128i {
    _mm_set_epi64x(high.cast_signed(), low.cast_signed())
}

#[target_feature(enable = "avx512f")]
fn wide_pair((low, high): (u64, u64)) -> __m512i {
    let (low, high) = (low.cast_signed(), high.cast_signed());
    _mm512_set_epi64(high, low, high, low, high, low, high, low)
}

#[target_feature(enable = "sse4.1")]
fn load_128(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: the load is 16 bytes long and of any alignment; so long is `bytes`.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "avx512f")]
fn load_512(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the load is 64 bytes long and of any alignment; so long is `bytes`.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[target_feature(enable = "sse4.1")]
fn load_narrow(step: &[u8; NARROW_STEP]) -> [__m128i; 8] {
    let (words, _none) = step.as_chunks::<16>();
    let mut loaded = [_mm_set_epi64x(0, 0); 8];
    for (register, word) in loaded.iter_mut().zip(words) {
        *register = load_128(word);
    }
    loaded
}

#[target_feature(enable = "avx512f")]
fn load_wide(step: &[u8; WIDE_STEP]) -> [__m512i; 4] {
    let (lines, _none) = step.as_chunks::<64>();
    let mut loaded = [_mm512_set_epi64(0, 0, 0, 0, 0, 0, 0, 0); 4];
    for (register, line) in loaded.iter_mut().zip(lines) {
        *register = load_512(line);
    }
    loaded
}
