//! Numbers as people read them: in the unit of what is expected, with the raw
//! value in brackets where digits were dropped.

use super::{Dimension, Unit};

/// Digits after the point that a reader is shown.
const SHOWN: u32 = 3;

/// Returns `value`, which is in `field` units, written in `shown` units.
///
/// Digits beyond the third are cut, never rounded up: 899.9999 GB must not
/// read as the 900 GB that it misses.
pub(crate) fn readable(value: i128, field: Unit, shown: Unit) -> String {
    let (text, whole) = decimal(value, field, shown);
    if whole { text } else { format!("{text} ({value} {field})") }
}

/// Returns `value` in `shown` units where that is exact, else in the field's own.
pub(crate) fn exact(value: i128, field: Unit, shown: Unit) -> String {
    let (text, whole) = decimal(value, field, shown);
    if whole { text } else { format!("{value} {field}") }
}

fn decimal(value: i128, field: Unit, shown: Unit) -> (String, bool) {
    let Some(steps) = value.checked_mul(field.scale) else {
        return (format!("{value} {field}"), true);
    };
    let sign = if steps < 0 { "-" } else { "" };
    let steps = steps.unsigned_abs();
    let scale = shown.scale.unsigned_abs().max(1);
    let (whole, mut rest) = (steps / scale, steps % scale);
    let mut digits = String::new();
    for _ in 0..SHOWN {
        if rest == 0 {
            break;
        }
        rest *= 10;
        digits.push(char::from_digit(u32::try_from(rest / scale).unwrap_or(0), 10).unwrap_or('0'));
        rest %= scale;
    }
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    (format!("{sign}{whole}{point}{digits} {shown}"), rest == 0)
}

/// Returns the unit to show a value of `field` units in, where nothing is expected.
pub(crate) fn default_unit(value: i128, field: Unit, binary: bool) -> Unit {
    let symbols: &[&str] = match field.dimension {
        Dimension::Bytes if binary => &["GiB", "MiB", "KiB"],
        Dimension::Bytes => &["GB", "MB", "kB"],
        Dimension::BytesPerSecond => &["GB/s", "MB/s"],
        Dimension::BitsPerSecond => &["Gbit/s", "Mbit/s"],
        Dimension::Frequency => &["GHz", "MHz"],
        Dimension::Power => &["W", "mW"],
        Dimension::Temperature => &["°C"],
        Dimension::Voltage => &["V"],
        Dimension::Time => &["s", "ms", "µs"],
        Dimension::Share => &["%"],
        _ => &[],
    };
    symbols
        .iter()
        .filter_map(|symbol| Unit::named(symbol))
        .find(|unit| value.checked_mul(field.scale).is_some_and(|steps| steps.abs() >= unit.scale))
        .unwrap_or(field)
}
