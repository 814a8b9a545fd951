//! A histogram as bytes: how a second's counts go from an agent to its controller, and how
//! they are kept.
//!
//! A version byte; then, of a histogram that is not empty, smallest value, largest less
//! smallest, and sum as LEB128; then the counters up to the last that is not 0, in the
//! encoding of `HdrHistogram` V2 (“`ZigZag` LEB128-64b9B”): a count as it is, a run of zeroes
//! as its negative length. A second of a disk takes 0.1 to 3 KiB. Bytes are canonical: a
//! histogram has one encoding and nothing else decodes to it.

use super::{BUCKETS, Histogram, bounds, bucket};

/// The first byte.
const VERSION: u8 = 1;
/// The most values a decoded histogram may have: 78 hours of 10^9 a second. So those of
/// 65,536 agents can be added without an overflow.
const MOST: u64 = 1 << 48;
/// Bits of a value in a byte of LEB128.
const BITS: u32 = 7;
/// The bit that tells that another byte follows.
const MORE: u8 = 0x80;

/// Why bytes are no histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not even a version.
    #[error("a histogram of no bytes")]
    Empty,
    /// Written by another release.
    #[error("histogram version {0} is not known")]
    Version(u8),
    /// A number is cut off or has more bits than it may.
    #[error("a number of the histogram is cut off or too large")]
    Number,
    /// More counters than a histogram has.
    #[error("the histogram has more than {BUCKETS} counters")]
    Counters,
    /// More values than any run has.
    #[error("the histogram counts more than {MOST} values")]
    Values,
    /// Smallest, largest or sum cannot be those of the counters.
    #[error("extremes or sum of the histogram contradict its counters")]
    Contradiction,
    /// Says in more bytes what can be said in fewer.
    #[error("the histogram is not in its shortest encoding")]
    NotCanonical,
}

impl Histogram {
    /// Returns the histogram as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        if let (Some(min), Some(max)) = (self.min(), self.max()) {
            put(&mut out, u128::from(min));
            put(&mut out, u128::from(max - min));
            put(&mut out, self.sum);
            put_counts(&mut out, &self.counts);
        }
        out
    }

    /// Returns the histogram that `bytes` are of. It takes as much memory as any.
    ///
    /// # Errors
    /// Where the bytes are no histogram, or one of more than 2^48 values.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut histogram = Self::new();
        let (version, mut rest) = bytes.split_first().ok_or(DecodeError::Empty)?;
        if *version != VERSION {
            return Err(DecodeError::Version(*version));
        }
        if rest.is_empty() {
            return Ok(histogram);
        }
        let min = u64::try_from(take(&mut rest)?).map_err(too_large)?;
        let span = u64::try_from(take(&mut rest)?).map_err(too_large)?;
        histogram.sum = take(&mut rest)?;
        histogram.min = min;
        histogram.max = min.checked_add(span).ok_or(DecodeError::Number)?;
        histogram.take_counts(rest)?;
        histogram.check()?;
        if histogram.encode() == bytes { Ok(histogram) } else { Err(DecodeError::NotCanonical) }
    }

    fn take_counts(&mut self, mut rest: &[u8]) -> Result<(), DecodeError> {
        let mut counts = self.counts.iter_mut();
        while !rest.is_empty() {
            let coded = u64::try_from(take(&mut rest)?).map_err(too_large)?;
            let value = coded >> 1;
            if coded & 1 == 1 {
                // A run of value + 1 zeroes.
                let run = usize::try_from(value).ok().ok_or(DecodeError::Counters)?;
                counts.nth(run).ok_or(DecodeError::Counters)?;
                continue;
            }
            *counts.next().ok_or(DecodeError::Counters)? = value;
            let sum = self.count.checked_add(value).filter(|sum| *sum <= MOST);
            self.count = sum.ok_or(DecodeError::Values)?;
        }
        Ok(())
    }

    /// Checks that extremes and sum can be those of the counters.
    fn check(&self) -> Result<(), DecodeError> {
        let full = || self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let (first, last) = (full().next(), full().next_back());
        let lowest = first.is_some_and(|(at, _)| at == bucket(self.min));
        let highest = last.is_some_and(|(at, _)| at == bucket(self.max));
        // 2^48 values below 2^64 add up to less than 2^112.
        let sum_of = |bound: fn((u64, u64)) -> u64| -> u128 {
            full().map(|(at, count)| u128::from(bound(bounds(at))) * u128::from(*count)).sum()
        };
        let possible = sum_of(|(low, _)| low)..=sum_of(|(_, high)| high);
        if lowest && highest && possible.contains(&self.sum) {
            Ok(())
        } else {
            Err(DecodeError::Contradiction)
        }
    }
}

/// Appends the counters up to the last that is not 0, as `HdrHistogram` V2 does.
pub(super) fn put_counts(out: &mut Vec<u8>, counts: &[u64]) {
    let mut zeroes = 0_u64;
    for count in counts {
        if *count == 0 {
            zeroes += 1;
            continue;
        }
        if zeroes > 0 {
            put(out, (u128::from(zeroes) << 1) - 1);
            zeroes = 0;
        }
        put(out, u128::from(*count) << 1);
    }
}

/// Appends a number in LEB128.
fn put(out: &mut Vec<u8>, mut value: u128) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= BITS;
        if value == 0 {
            out.push(low & !MORE);
            return;
        }
        out.push(low | MORE);
    }
}

/// Takes a number in LEB128 from the front.
fn take(rest: &mut &[u8]) -> Result<u128, DecodeError> {
    let mut value = 0_u128;
    for shift in (0..u128::BITS).step_by(BITS as usize) {
        let (byte, behind) = rest.split_first().ok_or(DecodeError::Number)?;
        *rest = behind;
        let bits = u128::from(byte & !MORE);
        let shifted = bits << shift;
        if shifted >> shift != bits {
            return Err(DecodeError::Number);
        }
        value |= shifted;
        if byte & MORE == 0 {
            return Ok(value);
        }
    }
    Err(DecodeError::Number)
}

fn too_large(_: std::num::TryFromIntError) -> DecodeError {
    DecodeError::Number
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(log: &[(u64, u64)]) -> Histogram {
        let mut histogram = Histogram::new();
        for (value, times) in log {
            histogram.record_n(*value, *times);
        }
        histogram
    }

    #[test]
    fn a_second_of_a_disk_takes_less_than_three_kibibytes() {
        // 100,000 latencies around 80 µs with a tail to 10 ms.
        let mut random = crate::random::Random::new(1);
        let mut histogram = Histogram::new();
        for _ in 0..100_000 {
            let tail = if random.below(100) == 0 { random.below(10_000_000) } else { 0 };
            histogram.record(60_000 + random.below(20_000) + random.below(20_000) + tail);
        }
        let bytes = histogram.encode();
        assert!(bytes.len() < 3 * 1024, "{} bytes", bytes.len());
        assert_eq!(Histogram::decode(&bytes), Ok(histogram));
    }

    #[test]
    fn nothing_is_one_byte_and_the_extremes_fit() {
        assert_eq!(Histogram::new().encode(), [VERSION]);
        assert_eq!(Histogram::decode(&[VERSION]), Ok(Histogram::new()));
        let all: Vec<(u64, u64)> = (0..64).map(|power| (u64::MAX >> power, 1 << 40)).collect();
        let histogram = of(&all);
        assert_eq!(Histogram::decode(&histogram.encode()), Ok(histogram));
    }

    #[test]
    fn what_is_no_histogram_is_refused_with_its_reason() {
        let table: [(&[u8], DecodeError); 13] = [
            (&[], DecodeError::Empty),
            (&[2], DecodeError::Version(2)),
            (&[1, 0x80], DecodeError::Number),
            // A smallest value of 2^64.
            (&[1, 128, 128, 128, 128, 128, 128, 128, 128, 128, 2, 0, 0, 2], DecodeError::Number),
            // A sum of 129 bits.
            (&[[1, 0, 0].as_slice(), &[0x80; 18], &[4]].concat(), DecodeError::Number),
            (&[1, 5, 0, 5], DecodeError::Contradiction),
            (&[1, 5, 0, 6, 9, 2], DecodeError::Contradiction),
            (&[1, 5, 0, 5, 7, 2], DecodeError::Contradiction),
            (&[1, 5, 0, 5, 7, 1, 2], DecodeError::NotCanonical),
            (&[1, 4, 0, 4, 7, 2, 1], DecodeError::NotCanonical),
            (&[1, 4, 0, 4, 7, 0x82, 0], DecodeError::NotCanonical),
            (&[1, 4, 0, 4, 0xff, 0xff, 3, 2], DecodeError::Counters),
            (&[1, 4, 0, 4, 128, 128, 128, 128, 128, 128, 128, 2], DecodeError::Values),
        ];
        for (bytes, error) in table {
            assert_eq!(Histogram::decode(bytes), Err(error), "{bytes:?}");
        }
        assert_eq!(Histogram::decode(&[1, 4, 0, 4, 7, 2]), Ok(of(&[(4, 1)])));
    }

    proptest! {
        #[test]
        fn decoding_takes_back_encoding(
            log in prop::collection::vec(
                (prop_oneof![any::<u64>(), 0..1_000_000_u64], 1..1_u64 << 38), 0..300),
        ) {
            let histogram = of(&log);
            let bytes = histogram.encode();
            prop_assert_eq!(Histogram::decode(&bytes).unwrap(), histogram);
            // What is cut off is never taken for whole.
            for cut in (2..bytes.len()).step_by(bytes.len() / 16 + 1) {
                prop_assert!(Histogram::decode(&bytes[..cut]).is_err(), "{cut}");
            }
        }

        #[test]
        fn any_bytes_decode_to_what_they_are_the_encoding_of(
            mut bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0..9_u8], 0..60),
        ) {
            if let Some(version) = bytes.first_mut() {
                *version = VERSION;
            }
            if let Ok(histogram) = Histogram::decode(&bytes) {
                prop_assert_eq!(histogram.encode(), bytes);
            }
        }
    }
}
