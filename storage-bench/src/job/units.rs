//! Numbers as fio spells them: sizes, shares, times, lists by operation.
//!
//! Compared with what fio 3.33 prints under `--debug=parse`. Stricter than fio in one
//! thing: it reads `1.5g` as 1 byte and `30sec` as 30 µs, where an error is kinder.
//! Errors are the reason alone; the caller knows option and place.

use super::{Amount, PerOp};

/// What `k` means (`kb_base=`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KbBase {
    /// `k` is 1024, and `kib`, the other way round, 1000.
    #[default]
    K1024,
    /// `k` is 1000 and `kib` 1024, as elsewhere.
    K1000,
}

impl KbBase {
    /// Returns the factor of `unit`, in lower case; `None` where there is no such unit.
    fn factor(self, unit: &str) -> Option<u64> {
        let (plain, binary) = match self {
            Self::K1024 => (1024_u64, 1000_u64),
            Self::K1000 => (1000, 1024),
        };
        let mut rest = unit.chars();
        let Some(first) = rest.next() else { return Some(1) };
        let power = match first {
            'k' => 1,
            'm' => 2,
            'g' => 3,
            't' => 4,
            'p' => 5,
            'b' if unit == "b" => return Some(1),
            _ => return None,
        };
        match rest.as_str() {
            // fio 3.33 reads `ki` as it reads `k`.
            "" | "b" | "i" => plain.checked_pow(power),
            "ib" => binary.checked_pow(power),
            _ => None,
        }
    }
}

/// Splits `text` into its leading digits, as a number, and what follows them.
fn split(text: &str) -> Result<(u64, &str), String> {
    if text.starts_with('(') {
        return Err("arithmetic is not supported; write the number".to_owned());
    }
    if text.starts_with('-') {
        return Err("it must not be negative".to_owned());
    }
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let (digits, radix) = hexadecimal.map_or((text, 10), |digits| (digits, 16));
    let end = digits.find(|letter: char| !letter.is_digit(radix)).unwrap_or(digits.len());
    let (number, rest) = digits.split_at_checked(end).unwrap_or((digits, ""));
    if number.is_empty() {
        return Err("it is no number".to_owned());
    }
    if rest.starts_with('.') {
        return Err("fractions are not supported; use a smaller unit".to_owned());
    }
    if radix == 16 && !rest.is_empty() {
        return Err("a hexadecimal number has no unit".to_owned());
    }
    let number = u64::from_str_radix(number, radix).ok().filter(|number| *number < 1 << 63);
    Ok((number.ok_or("it is too large")?, rest))
}

/// Reads a number of bytes, `4k`.
pub fn bytes(text: &str, base: KbBase) -> Result<u64, String> {
    let (number, unit) = split(text)?;
    if unit == "%" {
        return Err("it cannot be a share".to_owned());
    }
    if unit.ends_with('z') {
        return Err("zones of zoned devices are not supported; write bytes".to_owned());
    }
    let factor = base.factor(&unit.to_ascii_lowercase());
    let factor = factor.ok_or_else(|| format!("`{unit}` is no unit; k, m, g, t and p are"))?;
    number.checked_mul(factor).filter(|bytes| *bytes < 1 << 63).ok_or("it is too large".to_owned())
}

/// Reads a number of bytes or a share, `10%`.
pub fn amount(text: &str, base: KbBase) -> Result<Amount, String> {
    let Some(number) = text.strip_suffix('%') else { return bytes(text, base).map(Amount::Bytes) };
    match split(number)? {
        (percent @ 1..=100, "") => Ok(Amount::Percent(u8::try_from(percent).unwrap_or(100))),
        (_, "") => Err("a share is 1% to 100%".to_owned()),
        _ => Err("it is no number".to_owned()),
    }
}

/// Reads a number from `least` to `most`, with the units of sizes, as fio does.
pub fn number(text: &str, base: KbBase, least: u64, most: u64) -> Result<u64, String> {
    match bytes(text, base)? {
        number if (least..=most).contains(&number) => Ok(number),
        _ => Err(format!("it must be from {least} to {most}")),
    }
}

/// Reads a number that fits 32 bits.
pub fn small(text: &str, base: KbBase, least: u32, most: u32) -> Result<u32, String> {
    let number = number(text, base, least.into(), most.into())?;
    u32::try_from(number).map_err(|error| error.to_string())
}

/// Reads a share in percent, 0 to 100, without the sign.
pub fn percent(text: &str) -> Result<u8, String> {
    let number = number(text, KbBase::default(), 0, 100)?;
    u8::try_from(number).map_err(|error| error.to_string())
}

/// Reads a time in nanoseconds; a bare number has `unit_ns` nanoseconds a unit.
pub fn time_ns(text: &str, unit_ns: u64) -> Result<u64, String> {
    let (number, unit) = split(text)?;
    let factor = match unit.to_ascii_lowercase().as_str() {
        "" => unit_ns,
        "us" | "usec" => 1_000,
        "ms" | "msec" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        "d" => 86_400_000_000_000,
        _ => return Err(format!("`{unit}` is no unit of time; us, ms, s, m, h and d are")),
    };
    number.checked_mul(factor).ok_or("it is too large".to_owned())
}

/// Reads a switch: `1`, `0`, or nothing at all for on.
pub fn switch(text: Option<&str>) -> Result<bool, String> {
    match text {
        None | Some("1") => Ok(true),
        Some("0") => Ok(false),
        Some(_) => Err("it is 0 or 1".to_owned()),
    }
}

/// Reads `a`, `a,b` or `a,b,c` for reads, writes and trims.
///
/// The last one given is for the rest, as in fio; an empty one leaves what `now` holds,
/// and so do the others after a comma at the end.
pub fn by_operation<T: Clone>(
    text: &str,
    now: &mut PerOp<T>,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<(), String> {
    let mut parts = text.split(',').map(str::trim);
    let (first, second, third) = (parts.next(), parts.next(), parts.next());
    if parts.next().is_some() {
        return Err("it has more than three parts, for reads, writes and trims".to_owned());
    }
    let value = |part: Option<&str>| part.filter(|part| !part.is_empty()).map(&read).transpose();
    let (first, second, third) =
        (value(first)?, (value(second)?, second.is_some()), (value(third)?, third.is_some()));
    let written = match second {
        (second, true) => second,
        (_, false) => first.clone(),
    };
    let trimmed = match third {
        (third, true) => third,
        (_, false) => written.clone(),
    };
    if first.is_none() && written.is_none() && trimmed.is_none() {
        return Err("it is no number".to_owned());
    }
    if let Some(value) = first {
        now.read = value;
    }
    if let Some(value) = written {
        now.write = value;
    }
    if let Some(value) = trimmed {
        now.trim = value;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_what_fio_reads() {
        for (text, k1024, k1000) in [
            ("4k", 4096, 4000),
            ("4ki", 4096, 4000),
            ("4KB", 4096, 4000),
            ("4kib", 4000, 4096),
            ("1m", 1 << 20, 1_000_000),
            ("2g", 2 << 30, 2_000_000_000),
            ("1TiB", 1_000_000_000_000, 1 << 40),
            ("0x1000", 4096, 4096),
            ("512b", 512, 512),
            ("0", 0, 0),
        ] {
            assert_eq!(bytes(text, KbBase::K1024), Ok(k1024), "{text}");
            assert_eq!(bytes(text, KbBase::K1000), Ok(k1000), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_has_a_reason() {
        for (text, why) in [
            ("", "no number"),
            ("k", "no number"),
            ("1.5g", "smaller unit"),
            ("4x", "`x` is no unit"),
            ("0x10k", "no unit"),
            ("-1", "negative"),
            ("(4k*2)", "arithmetic"),
            ("3z", "zones"),
            ("10%", "share"),
            ("16777216p", "too large"),
            ("99999999999999999999", "too large"),
        ] {
            let refused = bytes(text, KbBase::K1024).unwrap_err();
            assert!(refused.contains(why), "{text}: {refused}");
        }
        for text in ["0%", "101%", "1k%", "%", "-1%"] {
            assert!(amount(text, KbBase::K1024).is_err(), "{text}");
        }
    }

    #[test]
    fn times_have_units() {
        let second = 1_000_000_000;
        for (text, expected) in [
            ("30", 30 * second),
            ("30s", 30 * second),
            ("500ms", second / 2),
            ("7us", 7_000),
            ("1m", 60 * second),
            ("2H", 7_200 * second),
            ("365d", 365 * 86_400 * second),
        ] {
            assert_eq!(time_ns(text, second), Ok(expected), "{text}");
        }
        assert!(time_ns("30sec", second).unwrap_err().contains("`sec` is no unit of time"));
        assert!(time_ns("999999d", second).is_err());
    }

    #[test]
    fn lists_fill_up_from_the_last_part() {
        for (text, read, write, trim) in [
            ("1", 1, 1, 1),
            ("1,2", 1, 2, 2),
            ("1,2,3", 1, 2, 3),
            (",2", 9, 2, 2),
            ("1,", 1, 9, 9),
            (",,3", 9, 9, 3),
            ("1,,3", 1, 9, 3),
        ] {
            let mut now = PerOp::all(9);
            by_operation(text, &mut now, |part| number(part, KbBase::default(), 0, 100)).unwrap();
            assert_eq!(now, PerOp { read, write, trim }, "{text}");
        }
        for text in ["", ",", ",,", "1,2,3,4", "1,x"] {
            let read = |part: &str| number(part, KbBase::default(), 0, 100);
            assert!(by_operation(text, &mut PerOp::all(9), read).is_err(), "{text}");
        }
    }
}
