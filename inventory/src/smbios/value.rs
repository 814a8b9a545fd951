//! A field's value: typed for the model, worded as dmidecode words it.

use std::borrow::Cow;
use std::fmt;

use super::Text;

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value<'a> {
    /// A string as read, blanks and all.
    Text(Cow<'a, str>),
    /// String index 0.
    Unset,
    /// A string index past the end of the strings.
    BadIndex,
    /// A code's name.
    Word(&'static str),
    /// A code that the specification does not define.
    OutOfSpec,
    /// A plain number.
    Number(u64),
    /// A number with a unit.
    Quantity(u64, Unit),
    /// The handle of another structure.
    Handle(u16),
    /// A list, one line each, after an optional heading.
    List(Cow<'static, str>, Vec<Cow<'a, str>>),
}

/// The unit of a quantity, in which its number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "units name themselves")]
pub enum Unit {
    /// Bytes; shown in the largest binary unit that divides them.
    Bytes,
    Megahertz,
    /// Megatransfers per second.
    Megatransfers,
    Millivolt,
    Watt,
    Bits,
    Nanoseconds,
    RackUnits,
    RotationsPerMinute,
    Minutes,
    Percent,
}

impl Value<'_> {
    /// Returns the number in bytes, reading text as dmidecode writes it.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::Quantity(number, Unit::Bytes) => Some(*number),
            Self::Text(text) => parse_size(text),
            _ => None,
        }
    }

    /// Returns the number before the unit, whatever the unit.
    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Self::Quantity(number, _) | Self::Number(number) => Some(*number),
            Self::Text(text) => leading_number(text),
            _ => None,
        }
    }

    /// Returns a voltage in millivolt.
    pub(crate) fn millivolt(&self) -> Option<u64> {
        match self {
            Self::Quantity(number, Unit::Millivolt) => Some(*number),
            Self::Text(text) => {
                text.trim().strip_suffix('V').and_then(|t| parse_thousandths(t.trim()))
            }
            _ => None,
        }
    }
}

impl<'a> From<Text<'a>> for Value<'a> {
    fn from(text: Text<'a>) -> Self {
        match text {
            Text::Unset => Self::Unset,
            Text::BadIndex(_) => Self::BadIndex,
            Text::Is(text) => Self::Text(text),
        }
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Unset => f.write_str("Not Specified"),
            Self::BadIndex => f.write_str("<BAD INDEX>"),
            Self::Word(word) => f.write_str(word),
            Self::OutOfSpec => f.write_str("<OUT OF SPEC>"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Quantity(number, unit) => quantity(f, *number, *unit),
            Self::Handle(handle) => write!(f, "0x{handle:04X}"),
            Self::List(heading, _) => f.write_str(heading),
        }
    }
}

fn quantity(f: &mut fmt::Formatter<'_>, number: u64, unit: Unit) -> fmt::Result {
    let name = match unit {
        Unit::Bytes => return bytes(f, number),
        Unit::Millivolt => return volts(f, number),
        Unit::Percent => return write!(f, "{number}%"),
        Unit::Megahertz => "MHz",
        Unit::Megatransfers => "MT/s",
        Unit::Watt => "W",
        Unit::Bits => "bits",
        Unit::Nanoseconds => "ns",
        Unit::RackUnits => "U",
        Unit::RotationsPerMinute => "rpm",
        Unit::Minutes => "min",
    };
    write!(f, "{number} {name}")
}

const BYTE_UNITS: [(&str, u32); 7] =
    [("EB", 60), ("PB", 50), ("TB", 40), ("GB", 30), ("MB", 20), ("kB", 10), ("bytes", 0)];

fn bytes(f: &mut fmt::Formatter<'_>, number: u64) -> fmt::Result {
    // Sizes of hardware are counted in kB, also where there is none.
    let exact =
        |shift: u32| if number == 0 { shift == 10 } else { number.trailing_zeros() >= shift };
    let (name, shift) =
        BYTE_UNITS.into_iter().find(|&(_, shift)| exact(shift)).unwrap_or(("bytes", 0));
    write!(f, "{} {name}", number >> shift)
}

fn volts(f: &mut fmt::Formatter<'_>, millivolt: u64) -> fmt::Result {
    let (whole, rest) = (millivolt / 1000, millivolt % 1000);
    let digits = format!("{rest:03}");
    let digits = digits.trim_end_matches('0');
    // At least one digit: "1.0 V".
    write!(f, "{whole}.{} V", if digits.is_empty() { "0" } else { digits })
}

/// Reads a size as dmidecode has written it over the years: `16 GB`, `16384 MB`,
/// `8192 kB`, `512 bytes`; its units are binary.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = text.trim().split_once(' ')?;
    let number: u64 = number.parse().ok()?;
    let unit = unit.trim();
    let shift = BYTE_UNITS
        .into_iter()
        .find(|(name, _)| {
            name.eq_ignore_ascii_case(unit)
                || (*name == "bytes" && unit.eq_ignore_ascii_case("byte"))
        })
        .map(|(_, shift)| shift)?;
    number.checked_mul(1_u64.checked_shl(shift)?)
}

fn leading_number(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = text.split_at_checked(digits)?;
    let bounded = rest.is_empty() || rest.starts_with([' ', '%']);
    if bounded { number.parse().ok() } else { None }
}

/// Reads a decimal number in thousandths: `1.2` is 1200, `1.35` is 1350.
fn parse_thousandths(text: &str) -> Option<u64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = rest.len() <= 3 && rest.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return None;
    }
    let rest: u64 = format!("{rest:0<3}").parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(rest)
}
