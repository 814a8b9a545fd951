//! Numbers with the unit a reader expects: memory in binary units, disks and
//! links in decimal ones.

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
    }
}
