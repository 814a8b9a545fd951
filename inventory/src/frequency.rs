//! The base clock of a processor, by the one rule that every source follows.
//!
//! The number in the processor's name, else its base frequency (cpuid leaf 16h,
//! `base_frequency` of the kernel), else SMBIOS Current Speed. Never SMBIOS Max
//! Speed: on most servers it is the turbo clock or the socket's limit.

const KILO: u64 = 1_000;
const MEGA: u64 = 1_000_000;
const GIGA: u64 = 1_000_000_000;

/// Where a base clock came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The number in the processor's name.
    Name,
    /// cpuid leaf 16h, or the kernel's `base_frequency`.
    Base,
    /// SMBIOS Current Speed.
    Current,
}

/// Returns the base clock in hertz and what it rests on.
pub fn nominal(
    name: Option<&str>,
    base: Option<u64>,
    current: Option<u64>,
) -> Option<(u64, Basis)> {
    let known = |hertz: &u64| *hertz > 0;
    name.and_then(in_name)
        .map(|hertz| (hertz, Basis::Name))
        .or_else(|| base.filter(known).map(|hertz| (hertz, Basis::Base)))
        .or_else(|| current.filter(known).map(|hertz| (hertz, Basis::Current)))
}

/// Returns the clock that a processor's name states: `@ 2.10GHz`, `3.60 GHz`,
/// `2666 MHz`. The last one counts: the clock comes after the model.
pub fn in_name(name: &str) -> Option<u64> {
    let lower = name.to_ascii_lowercase();
    let mut found = None;
    for (unit, hertz) in [("ghz", GIGA), ("mhz", MEGA)] {
        for (at, _) in lower.match_indices(unit) {
            // "GHz" may not go on as a word.
            let after = lower.get(at..).and_then(|rest| rest.strip_prefix(unit));
            let bounded = after.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric));
            let before = lower.get(..at).unwrap_or_default().trim_end();
            if let Some(value) = trailing_number(before, hertz).filter(|_| bounded)
                && found.is_none_or(|(place, _)| place < at)
            {
                found = Some((at, value));
            }
        }
    }
    found.map(|(_, hertz)| hertz).filter(|&hertz| hertz > 0)
}

/// Reads the decimal number that `text` ends with, in units of `unit` hertz.
fn trailing_number(text: &str, unit: u64) -> Option<u64> {
    let start = text
        .rfind(|c: char| !c.is_ascii_digit() && c != '.')
        .and_then(|at| text.get(at..)?.chars().next().map(|c| at + c.len_utf8()))
        .unwrap_or(0);
    let (whole, rest) = text.get(start..)?.split_once('.').unwrap_or((text.get(start..)?, ""));
    let digits = |part: &str| part.len() <= 6 && part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(rest) {
        return None;
    }
    let mut hertz = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    let mut place = unit;
    for digit in rest.bytes() {
        place /= 10;
        hertz = hertz.checked_add(u64::from(digit - b'0') * place)?;
    }
    // Whole kilohertz: nobody names a clock more exactly.
    Some(hertz / KILO * KILO)
}

#[cfg(test)]
mod tests;
