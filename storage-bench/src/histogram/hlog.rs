//! Interval logs that the tools of `HdrHistogram` read (`.hlog`, log format 1.3).
//!
//! Written by hand: the format is a line of base64 an interval, while crate `hdrhistogram`
//! brings flate2, nom and base64. The log-linear buckets here are those of an
//! `HdrHistogram` with two significant digits and a lowest value of 1, one for one, so
//! that its V2 encoding of our counters loses nothing but values past 2^63 − 1, the largest
//! that it knows; they count as that. The format wants zlib around each histogram; deflate
//! allows blocks that are only stored (RFC 1951 §3.2.4), and that is what is written: the
//! file is about twice the size, and no compressor is linked in.

use std::fmt::Write;

use super::encoding::put_counts;
use super::{Histogram, bucket};

/// Cookie of a V2 histogram, of words of 64 bits at most in LEB128.
const COOKIE: u32 = 0x1c84_9303 | 0x10;
/// The same around the compressed form.
const COMPRESSED: u32 = 0x1c84_9304 | 0x10;
/// Digits that every reader is told values have.
const DIGITS: u32 = 2;
/// The largest value the format has.
const HIGHEST: u64 = i64::MAX.cast_unsigned();
/// The longest stored block of deflate.
const STORED: usize = 0xffff;
/// Nanoseconds of a millisecond, the unit of the column of maxima.
const MILLISECOND: u64 = 1_000_000;

/// A log: its header, then line by line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log {
    /// When the run began, in milliseconds since 1970.
    pub start_unix_ms: u64,
}

/// A stretch of a run.
#[derive(Clone, Copy, Debug)]
pub struct Interval<'a> {
    /// What it is of: `read`, `write`; no comma, space or line end.
    pub tag: &'a str,
    /// When it began, in milliseconds since the start of the run.
    pub start_ms: u64,
    /// How long it was, in milliseconds.
    pub length_ms: u64,
    /// What it saw, in nanoseconds.
    pub histogram: &'a Histogram,
}

impl Log {
    /// Returns the lines that a log opens with. `about` becomes a comment: what was run.
    pub fn header(&self, about: &str) -> String {
        let mut out = String::new();
        for line in about.lines() {
            _ = writeln!(out, "#[{}]", line.replace(['[', ']'], "|"));
        }
        let Self { start_unix_ms: start } = *self;
        let seconds = Thousandths(start);
        _ = writeln!(out, "#[Histogram log format version 1.3]");
        _ = writeln!(out, "#[BaseTime: {seconds} (seconds since epoch)]");
        _ = writeln!(out, "#[StartTime: {seconds} (seconds since epoch)]");
        _ = writeln!(
            out,
            "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\
             \"Interval_Compressed_Histogram\""
        );
        out
    }

    /// Returns the line of an interval, with its end of line. The maximum is in
    /// milliseconds, as everywhere in such logs; the values are nanoseconds.
    pub fn line(&self, interval: &Interval<'_>) -> String {
        let Interval { tag, start_ms, length_ms, histogram } = *interval;
        let tag: String =
            tag.chars().map(|it| if it == ',' || it.is_whitespace() { '_' } else { it }).collect();
        let max = histogram.max().unwrap_or(0);
        let (whole, part) = (max / MILLISECOND, max % MILLISECOND);
        let (start, length) = (Thousandths(start_ms), Thousandths(length_ms));
        let mut out = format!("Tag={tag},{start},{length},{whole}.{part:06},");
        base64(&mut out, &compressed(histogram));
        out.push('\n');
        out
    }
}

/// Thousandths, shown as a decimal fraction.
struct Thousandths(u64);

impl std::fmt::Display for Thousandths {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}

/// Returns the V2 encoding of a histogram.
fn plain(histogram: &Histogram) -> Vec<u8> {
    let mut counts = Vec::new();
    let (known, beyond) = histogram.counts.split_at(bucket(HIGHEST) + 1);
    let beyond: u64 = beyond.iter().sum();
    if beyond == 0 {
        put_counts(&mut counts, known);
    } else {
        let mut known = known.to_vec();
        if let Some(last) = known.last_mut() {
            *last += beyond;
        }
        put_counts(&mut counts, &known);
    }
    let length = u32::try_from(counts.len()).expect("7,424 counters take 9 bytes each");
    let mut out = Vec::with_capacity(counts.len() + 40);
    out.extend(COOKIE.to_be_bytes());
    out.extend(length.to_be_bytes());
    // Values are kept as they are, from index 0.
    out.extend(0_u32.to_be_bytes());
    out.extend(DIGITS.to_be_bytes());
    out.extend(1_u64.to_be_bytes());
    out.extend(HIGHEST.to_be_bytes());
    out.extend(1.0_f64.to_be_bytes());
    out.extend(counts);
    out
}

/// Returns the same in zlib, stored.
fn compressed(histogram: &Histogram) -> Vec<u8> {
    let plain = plain(histogram);
    // RFC 1950 §2.2: deflate with a window of 32 KiB, fastest.
    let mut zlib = vec![0x78, 0x01];
    let mut blocks = plain.chunks(STORED).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).expect("blocks are cut to 16 bits");
        zlib.push(u8::from(blocks.peek().is_none()));
        zlib.extend(length.to_le_bytes());
        zlib.extend((!length).to_le_bytes());
        zlib.extend(block);
    }
    zlib.extend(adler32(&plain).to_be_bytes());
    let length = u32::try_from(zlib.len()).expect("as long as 7,424 counters at most");
    let mut out = COMPRESSED.to_be_bytes().to_vec();
    out.extend(length.to_be_bytes());
    out.extend(zlib);
    out
}

/// The checksum of RFC 1950 §8.2.
fn adler32(bytes: &[u8]) -> u32 {
    const PRIME: u32 = 65_521;
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % PRIME;
        (low, (high + low) % PRIME)
    });
    (high << 16) | low
}

/// Appends `bytes` in base64 (RFC 4648 §4), padded.
fn base64(out: &mut String, bytes: &[u8]) {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for three in bytes.chunks(3) {
        let word = three.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte));
        let word = word << (8 * (3 - three.len()));
        for at in 0..4 {
            let index = usize::try_from((word >> (18 - 6 * at)) & 63).unwrap_or(0);
            let letter = LETTERS.get(index).filter(|_| at <= three.len());
            out.push(letter.map_or('=', |letter| char::from(*letter)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_those_of_an_hdr_histogram_with_two_digits() {
        // The index as HdrHistogram.java (2.2.2) computes it for subBucketHalfCountMagnitude 7.
        let index = |value: u64| {
            let power = 64 - (value | 255).leading_zeros() - 8;
            let sub = value >> power;
            ((u64::from(power) + 1) << 7) + sub - 128
        };
        for power in 0..63 {
            for value in [1_u64 << power, (1 << power) + 1, (1 << power) * 3 / 2, (2 << power) - 1]
            {
                assert_eq!(bucket(value) as u64, index(value), "{value}");
            }
        }
    }

    #[test]
    fn checksums_and_base64_are_those_of_their_standards() {
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        // RFC 4648 §10.
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foobar", "Zm9vYmFy")] {
            let mut out = String::new();
            base64(&mut out, bytes.as_bytes());
            assert_eq!(out, text);
        }
    }

    #[test]
    fn a_log_is_the_lines_that_hdr_histogram_py_reads() {
        // HdrHistogram_py 0.10.8 reads from it: `read` 3 values, 1000 to 2007039 (the bucket
        // of 2000000), median 1003; `wr_ite` 1 value, 2^63 - 1; `trim` none.
        let log = Log { start_unix_ms: 1_764_000_000_123 };
        let mut read = Histogram::new();
        for value in [1000, 1001, 2_000_000] {
            read.record(value);
        }
        let mut write = Histogram::new();
        write.record(u64::MAX);
        let interval = |tag, histogram| Interval { tag, start_ms: 1000, length_ms: 999, histogram };
        let text = [
            log.header("4K random [read]\nof a disk"),
            log.line(&interval("read", &read)),
            log.line(&interval("wr,ite", &write)),
            log.line(&interval("trim", &Histogram::new())),
        ];
        assert_eq!(text.concat(), include_str!("hlog/golden.hlog"));
    }
}
