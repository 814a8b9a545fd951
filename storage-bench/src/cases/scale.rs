//! “单 PB 有效容量”: a value of the norm for each petabyte, scaled to what there is.

use crate::text::grouped;

/// A petabyte as the norm counts: 10^15.
pub const PETABYTE: u64 = 1_000_000_000_000_000;

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

/// Returns bytes as petabytes, exactly.
fn petabytes(bytes: u64) -> String {
    let (whole, rest) = (bytes / PETABYTE, bytes % PETABYTE);
    let text = format!("{whole}.{rest:015}");
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
        assert_eq!(per_petabyte(5, 0).value, 0);
        assert_eq!(per_petabyte(u64::MAX, u64::MAX).value, u64::MAX);
    }
}
