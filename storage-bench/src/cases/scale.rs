//! “单 PB 有效容量”: a value of the norm for each petabyte, scaled to what there is.

use crate::measurement::{PerPetabyte, Totals};
use crate::text::grouped;

/// A petabyte as the norm counts: 10^15.
pub const PETABYTE: u64 = 1_000_000_000_000_000;

/// A petabyte as memory is counted: 2^50.
const PEBIBYTE: u64 = 1 << 50;

/// A scaled value and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scaled {
    /// The value, rounded up: never less than the norm asks.
    pub value: u64,
    /// The arithmetic.
    pub arithmetic: String,
}

/// Returns a value for each petabyte, scaled linearly to the usable capacity.
pub fn per_petabyte(value: u64, usable_bytes: u64) -> Scaled {
    let scaled = (u128::from(value) * u128::from(usable_bytes)).div_ceil(u128::from(PETABYTE));
    let scaled = u64::try_from(scaled).unwrap_or(u64::MAX);
    let (each, usable, total) = (grouped(value), petabytes(usable_bytes), grouped(scaled));
    Scaled { value: scaled, arithmetic: format!("{each} / PB × {usable} PB = {total}") }
}

/// Returns what a run did for each petabyte of usable capacity; `None` of no capacity.
///
/// A rate is rounded down, and so is above a target exactly where the run is above the
/// target scaled up.
pub fn per_usable(all: &Totals, usable_bytes: u64) -> Option<PerPetabyte> {
    let each = |value: u64, unit: u64| {
        let scaled =
            (u128::from(value) * u128::from(unit)).checked_div(u128::from(usable_bytes))?;
        Some(u64::try_from(scaled).unwrap_or(u64::MAX))
    };
    let (iops, bytes_per_s) = (each(all.iops, PETABYTE)?, each(all.bytes_per_s, PETABYTE)?);
    let (iops_binary, bytes_per_s_binary) =
        (each(all.iops, PEBIBYTE)?, each(all.bytes_per_s, PEBIBYTE)?);
    let (decimal, binary) = (petabytes(usable_bytes), pebibytes(usable_bytes));
    let line = |value: u64, unit: &str, each: u64, each_binary: u64| {
        let (value, each, each_binary) = (grouped(value), grouped(each), grouped(each_binary));
        format!(
            "{value} {unit} ÷ {decimal} PB = {each} {unit}/PB; {value} {unit} ÷ {binary} PiB = {each_binary} {unit}/PiB"
        )
    };
    let arithmetic = [
        line(all.iops, "IOPS", iops, iops_binary),
        line(all.bytes_per_s, "B/s", bytes_per_s, bytes_per_s_binary),
    ];
    Some(PerPetabyte {
        usable_bytes,
        iops,
        bytes_per_s,
        iops_binary,
        bytes_per_s_binary,
        arithmetic: arithmetic.join("; "),
    })
}

/// Returns bytes as petabytes, exactly.
fn petabytes(bytes: u64) -> String {
    let (whole, rest) = (bytes / PETABYTE, bytes % PETABYTE);
    let text = format!("{whole}.{rest:015}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Returns bytes as pebibytes, to six decimals.
fn pebibytes(bytes: u64) -> String {
    let millionths = u128::from(bytes) * 1_000_000 / u128::from(PEBIBYTE);
    let text = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arithmetic_is_linear_and_printed_exactly() {
        let one = per_petabyte(100_000, PETABYTE);
        assert_eq!(
            (one.value, one.arithmetic.as_str()),
            (100_000, "100,000 / PB × 1 PB = 100,000")
        );
        let more = per_petabyte(1_200_000, 2_500_000_000_000_000);
        assert_eq!(more.arithmetic, "1,200,000 / PB × 2.5 PB = 3,000,000");
        let less = per_petabyte(100_000, 123_456_789_000_000);
        assert_eq!(less.arithmetic, "100,000 / PB × 0.123456789 PB = 12,346", "rounded up");
        let run = |iops| Totals { iops, bytes_per_s: 750_000_000, ..Totals::default() };
        let half = per_usable(&run(60_000), PETABYTE / 2).unwrap();
        assert_eq!((half.iops, half.bytes_per_s), (120_000, 1_500_000_000));
        assert_eq!((half.iops_binary, half.bytes_per_s_binary), (135_107, 1_688_849_860));
        assert_eq!(
            half.arithmetic,
            "60,000 IOPS ÷ 0.5 PB = 120,000 IOPS/PB; 60,000 IOPS ÷ 0.444089 PiB = 135,107 IOPS/PiB; \
             750,000,000 B/s ÷ 0.5 PB = 1,500,000,000 B/s/PB; \
             750,000,000 B/s ÷ 0.444089 PiB = 1,688,849,860 B/s/PiB"
        );
        // Both ways to scale agree at the edge: 100,000 / PB × 0.123456789 PB is 12,345.6789.
        let odd = 123_456_789_000_000;
        let least = per_petabyte(100_000, odd).value;
        assert!(per_usable(&run(least), odd).unwrap().iops >= 100_000);
        assert!(per_usable(&run(least - 1), odd).unwrap().iops < 100_000);
        assert_eq!(per_usable(&run(1), 0), None);
        assert_eq!(per_petabyte(5, 0).value, 0);
        assert_eq!(per_petabyte(u64::MAX, u64::MAX).value, u64::MAX);
    }
}
