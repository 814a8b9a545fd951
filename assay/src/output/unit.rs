//! Numbers with the unit a reader expects: memory in binary units, disks and
//! links in decimal ones, times in the unit that leaves a whole number before the point.

/// Returns a size of memory: `512 GiB`.
pub fn memory(bytes: u64) -> String {
    scaled(bytes, 1024, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"])
}

/// Returns a size of storage: `1.92 TB`.
pub fn storage(bytes: u64) -> String {
    scaled(bytes, 1000, &["B", "kB", "MB", "GB", "TB", "PB"])
}

/// Returns a speed of a link: `25 Gbit/s`.
pub fn link(bits: u64) -> String {
    scaled(bits, 1000, &["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"])
}

/// Returns a frequency: `2.1 GHz`.
pub fn frequency(hertz: u64) -> String {
    scaled(hertz, 1000, &["Hz", "kHz", "MHz", "GHz"])
}

/// Returns a rate of data: `498.2 MB/s`.
pub fn throughput(bytes_per_s: u64) -> String {
    scaled(bytes_per_s, 1000, &["B/s", "kB/s", "MB/s", "GB/s", "TB/s"])
}

/// Returns a latency to the microsecond, and to the nanosecond below a millisecond:
/// `12.345 ms`, `6.23 µs`. What is cut off is never rounded up.
pub fn latency(ns: u64) -> String {
    let (whole, rest, unit) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => (ns / 1_000, ns % 1_000 / 10 * 10, "µs"),
        1_000_000..10_000_000_000 => (ns / 1_000_000, ns % 1_000_000 / 1_000, "ms"),
        _ => (ns / 1_000_000_000, ns % 1_000_000_000 / 1_000_000, "s"),
    };
    format!("{} {unit}", decimal("", whole, rest))
}

/// Returns a time as seconds with one decimal: `30.0 s`.
pub fn seconds(ns: u64) -> String {
    let tenths = ns / 100_000_000;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// Returns a share as percent with at most two decimals, cut: `69.91 %`.
pub fn percent(ppm: u64) -> String {
    format!("{} %", decimal("", ppm / 10_000, ppm % 10_000 / 100 * 10))
}

/// Returns a number with its thousands apart: `1,200,000`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a number of thousandths: `36.5` of `36500`.
pub fn thousandths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let value = value.unsigned_abs();
    decimal(sign, value / 1000, value % 1000)
}

/// Returns `value` in the largest unit that leaves at least 1, with at most two
/// decimals; what they cut off is never rounded up: 511.999 GiB is not 512.
fn scaled(value: u64, step: u64, units: &[&str]) -> String {
    let mut size = 1_u64;
    let mut unit = 0;
    while unit + 1 < units.len() && value / size >= step {
        size = size.saturating_mul(step);
        unit += 1;
    }
    let whole = value / size;
    let rest = u128::from(value % size) * 1000 / u128::from(size);
    let rest = u64::try_from(rest).unwrap_or(0) / 10 * 10;
    format!("{} {}", decimal("", whole, rest), units.get(unit).copied().unwrap_or_default())
}

fn decimal(sign: &str, whole: u64, thousandths: u64) -> String {
    let text = format!("{sign}{whole}.{thousandths:03}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_keeps_what_it_says() {
        assert_eq!(memory(512 << 30), "512 GiB");
        assert_eq!(memory((512 << 30) - 1), "511.99 GiB");
        assert_eq!(memory(0), "0 B");
        assert_eq!(memory(u64::MAX), "16383.99 PiB");
        assert_eq!(storage(900_185_481_216), "900.18 GB");
        assert_eq!(storage(1_920_383_410_176), "1.92 TB");
        assert_eq!(link(25_000_000_000), "25 Gbit/s");
        assert_eq!(frequency(2_095_000_000), "2.09 GHz");
        assert_eq!(thousandths(-36_500), "-36.5");
        assert_eq!(throughput(498_250_000), "498.25 MB/s");
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_200_000), "1,200,000");
    }

    #[test]
    fn a_time_reads_in_its_unit_and_is_cut_not_rounded() {
        for (ns, read) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (6_239, "6.23 µs"),
            (499_999, "499.99 µs"),
            (500_000, "500 µs"),
            (1_000_999, "1 ms"),
            (12_345_678, "12.345 ms"),
            (9_999_999_999, "9999.999 ms"),
            (10_000_000_000, "10 s"),
        ] {
            assert_eq!(latency(ns), read);
        }
        assert_eq!(seconds(29_999_999_999), "29.9 s");
        assert_eq!(percent(699_187), "69.91 %");
        assert_eq!(percent(1_000_000), "100 %");
    }
}
