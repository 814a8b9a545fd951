//! Numbers as people read them: in the unit of what is expected, with the raw
//! value in brackets where digits were dropped.

use std::fmt::Write as _;

use super::{Dimension, Unit, known};

/// Digits after the point that a reader is shown.
const SHOWN: u32 = 3;

/// Writes `value`, which is in `field` units, in `shown` units.
///
/// Digits beyond the third are cut, never rounded up: 899.9999 GB must not
/// read as the 900 GB that it misses.
pub(crate) fn readable(out: &mut String, value: i128, field: Unit, shown: Unit) {
    if !decimal(out, value, field, shown) {
        out.push_str(" (");
        integer(out, value);
        out.extend([" ", field.symbol, ")"]);
    }
}

/// Returns `value` in `shown` units where that is exact, else in the field's own.
pub(crate) fn exact(value: i128, field: Unit, shown: Unit) -> String {
    let mut out = String::new();
    if decimal(&mut out, value, field, shown) { out } else { format!("{value} {field}") }
}

/// Writes a whole number.
///
/// Most are small, and digits taken one by one cost a quarter of what the machinery of
/// `format!` does.
pub(crate) fn integer(out: &mut String, value: i128) {
    let Ok(mut rest) = u64::try_from(value) else {
        // A `String` takes all that is written to it.
        let _always_ok = write!(out, "{value}");
        return;
    };
    let mut digits = [b'0'; 20];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        rest /= 10;
        used += 1;
        if rest == 0 {
            break;
        }
    }
    let digits = digits.iter().skip(digits.len() - used);
    out.extend(digits.map(|digit| char::from(*digit)));
}

/// Writes `value` in `shown` units, and returns whether no digit was dropped.
fn decimal(out: &mut String, value: i128, field: Unit, shown: Unit) -> bool {
    let Some(steps) = value.checked_mul(field.scale) else {
        integer(out, value);
        out.extend([" ", field.symbol]);
        return true;
    };
    if steps < 0 {
        out.push('-');
    }
    let steps = steps.unsigned_abs();
    let scale = shown.scale.unsigned_abs().max(1);
    let (whole, rest) = divide(steps, scale);
    integer(out, i128::try_from(whole).unwrap_or(i128::MAX));
    let dropped = rest != 0 && !fraction(out, rest, scale);
    out.extend([" ", shown.symbol]);
    !dropped
}

/// Writes the digits after the point of `rest` in `scale`, and returns whether these are all.
fn fraction(out: &mut String, mut rest: u128, scale: u128) -> bool {
    let whole = out.len();
    let mut needed = whole;
    out.push('.');
    for _ in 0..SHOWN {
        if rest == 0 {
            break;
        }
        let (digit, less) = divide(rest * 10, scale);
        rest = less;
        let digit = u32::try_from(digit).unwrap_or(0);
        out.push(char::from_digit(digit, 10).unwrap_or('0'));
        if digit != 0 {
            needed = out.len();
        }
    }
    out.truncate(needed);
    rest == 0
}

/// Returns quotient and rest. A division of 128 bits is two calls; few numbers need them.
fn divide(number: u128, by: u128) -> (u128, u128) {
    match (u64::try_from(number), u64::try_from(by)) {
        (Ok(number), Ok(by)) => (u128::from(number / by), u128::from(number % by)),
        _ => (number / by, number % by),
    }
}

/// Returns the unit to show a value of `field` units in, where nothing is expected.
pub(crate) fn default_unit(value: i128, field: Unit, binary: bool) -> Unit {
    const BINARY: &[Unit] = &[known("GiB"), known("MiB"), known("KiB")];
    const BYTES: &[Unit] = &[known("GB"), known("MB"), known("kB")];
    const BYTE_RATES: &[Unit] = &[known("GB/s"), known("MB/s")];
    const BIT_RATES: &[Unit] = &[known("Gbit/s"), known("Mbit/s")];
    const FREQUENCIES: &[Unit] = &[known("GHz"), known("MHz")];
    const POWERS: &[Unit] = &[known("W"), known("mW")];
    const TIMES: &[Unit] = &[known("s"), known("ms"), known("µs")];
    let units = match field.dimension {
        Dimension::Bytes if binary => BINARY,
        Dimension::Bytes => BYTES,
        Dimension::BytesPerSecond => BYTE_RATES,
        Dimension::BitsPerSecond => BIT_RATES,
        Dimension::Frequency => FREQUENCIES,
        Dimension::Power => POWERS,
        Dimension::Temperature => &[known("°C")],
        Dimension::Voltage => &[known("V")],
        Dimension::Time => TIMES,
        Dimension::Share => &[super::PERCENT],
        _ => &[],
    };
    units
        .iter()
        .find(|unit| value.checked_mul(field.scale).is_some_and(|steps| steps.abs() >= unit.scale))
        .copied()
        .unwrap_or(field)
}
