//! Quantities with units, in exact integer arithmetic.
//!
//! A fact's unit is the last word of its field's name (`size_bytes`,
//! `speed_bps`, `temperature_mc`); a profile's value carries its unit
//! (`512 GiB`). Both meet as integers in the field's unit; what cannot be said
//! exactly there is refused. Disks and links are decimal, memory is binary.

mod format;

use std::fmt;

pub(crate) use format::{default_unit, exact, integer, readable};

/// What a unit measures. Only units of one dimension compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the dimension of its name")]
pub enum Dimension {
    Bytes,
    BytesPerSecond,
    Bits,
    BitsPerSecond,
    Frequency,
    Transfers,
    Power,
    Temperature,
    Voltage,
    Current,
    Time,
    Share,
    Length,
    Rotation,
    Operations,
    RackUnits,
}

/// A unit: its symbol, what it measures, and its exact size in the dimension's own step.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    /// As profiles and reports write it: `GiB`.
    pub symbol: &'static str,
    /// What it measures.
    pub dimension: Dimension,
    /// How many of the dimension's smallest step it is.
    pub scale: i128,
}

impl PartialEq for Unit {
    fn eq(&self, other: &Self) -> bool {
        self.dimension == other.dimension && self.scale == other.scale
    }
}

impl Eq for Unit {}

impl fmt::Display for Unit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.symbol)
    }
}

const fn unit(symbol: &'static str, dimension: Dimension, scale: i128) -> Unit {
    Unit { symbol, dimension, scale }
}

const K: i128 = 1000;
const KI: i128 = 1024;

use Dimension as D;

/// Every unit that profiles may write. The smallest steps: bytes, byte/s, bits,
/// bit/s, Hz, 1 transfer/s, nW, m°C, mV, mA, ns, ppm, pm, rpm, 1 IO/s, U.
const UNITS: &[Unit] = &[
    unit("bytes", D::Bytes, 1),
    unit("B", D::Bytes, 1),
    unit("kB", D::Bytes, K),
    unit("MB", D::Bytes, K * K),
    unit("GB", D::Bytes, K * K * K),
    unit("TB", D::Bytes, K * K * K * K),
    unit("PB", D::Bytes, K * K * K * K * K),
    unit("KiB", D::Bytes, KI),
    unit("MiB", D::Bytes, KI * KI),
    unit("GiB", D::Bytes, KI * KI * KI),
    unit("TiB", D::Bytes, KI * KI * KI * KI),
    unit("PiB", D::Bytes, KI * KI * KI * KI * KI),
    unit("B/s", D::BytesPerSecond, 1),
    unit("kB/s", D::BytesPerSecond, K),
    unit("MB/s", D::BytesPerSecond, K * K),
    unit("GB/s", D::BytesPerSecond, K * K * K),
    unit("MiB/s", D::BytesPerSecond, KI * KI),
    unit("GiB/s", D::BytesPerSecond, KI * KI * KI),
    unit("bit", D::Bits, 1),
    unit("bit/s", D::BitsPerSecond, 1),
    unit("kbit/s", D::BitsPerSecond, K),
    unit("Mbit/s", D::BitsPerSecond, K * K),
    unit("Gbit/s", D::BitsPerSecond, K * K * K),
    unit("Tbit/s", D::BitsPerSecond, K * K * K * K),
    unit("Hz", D::Frequency, 1),
    unit("kHz", D::Frequency, K),
    unit("MHz", D::Frequency, K * K),
    unit("GHz", D::Frequency, K * K * K),
    unit("MT/s", D::Transfers, K * K),
    unit("GT/s", D::Transfers, K * K * K),
    unit("nW", D::Power, 1),
    unit("µW", D::Power, K),
    unit("mW", D::Power, K * K),
    unit("W", D::Power, K * K * K),
    unit("kW", D::Power, K * K * K * K),
    unit("m°C", D::Temperature, 1),
    unit("°C", D::Temperature, K),
    unit("mV", D::Voltage, 1),
    unit("V", D::Voltage, K),
    unit("mA", D::Current, 1),
    unit("A", D::Current, K),
    unit("ns", D::Time, 1),
    unit("µs", D::Time, K),
    unit("us", D::Time, K),
    unit("ms", D::Time, K * K),
    unit("s", D::Time, K * K * K),
    unit("min", D::Time, 60 * K * K * K),
    unit("h", D::Time, 3600 * K * K * K),
    unit("d", D::Time, 86400 * K * K * K),
    unit("ppm", D::Share, 1),
    unit("%", D::Share, 10_000),
    unit("pm", D::Length, 1),
    unit("nm", D::Length, K),
    unit("rpm", D::Rotation, 1),
    unit("IOPS", D::Operations, 1),
    unit("U", D::RackUnits, 1),
];

/// Returns the unit written `symbol`, of those above, while compiling.
const fn known(symbol: &str) -> Unit {
    let mut at = 0;
    while at < UNITS.len() {
        let (unit, mut same) = (UNITS[at], UNITS[at].symbol.len() == symbol.len());
        let mut byte = 0;
        while same && byte < symbol.len() {
            same = unit.symbol.as_bytes()[byte] == symbol.as_bytes()[byte];
            byte += 1;
        }
        if same {
            return unit;
        }
        at += 1;
    }
    // Only a constant asks: what is not known does not compile.
    assert!(at < UNITS.len(), "no unit has this symbol");
    UNITS[0]
}

/// Shares, as they are kept and as they are shown.
pub(crate) const PPM: Unit = known("ppm");
pub(crate) const PERCENT: Unit = known("%");

/// Endings of field names and the unit they say a number is in.
const SUFFIXES: &[(&str, &str)] = &[
    ("bytes_per_s", "B/s"),
    ("bytes", "bytes"),
    ("bps", "bit/s"),
    ("bits", "bit"),
    ("hz", "Hz"),
    ("mts", "MT/s"),
    ("mw", "mW"),
    ("nw", "nW"),
    ("mc", "m°C"),
    ("mv", "mV"),
    ("ma", "mA"),
    ("ns", "ns"),
    ("us", "µs"),
    ("ms", "ms"),
    ("s", "s"),
    ("minutes", "min"),
    ("hours", "h"),
    ("ppm", "ppm"),
    ("percent", "%"),
    ("pm", "pm"),
    ("rpm", "rpm"),
    ("iops", "IOPS"),
    ("u", "U"),
];

impl Unit {
    /// Returns the unit written `symbol`.
    pub fn named(symbol: &str) -> Option<Self> {
        UNITS.iter().find(|unit| unit.symbol == symbol).copied()
    }

    /// Returns the unit that a field's name says its number is in.
    ///
    /// The ending counts where it is the whole name (`rpm`) or follows `_`;
    /// the short ones (`s`, `u`) only after `_`, so that `cores` has none.
    pub fn of_field(name: &str) -> Option<Self> {
        SUFFIXES.iter().find_map(|(suffix, symbol)| {
            let head = name.strip_suffix(suffix)?;
            let whole = head.is_empty() && suffix.len() > 2;
            (whole || head.ends_with('_')).then(|| Self::named(symbol)).flatten()
        })
    }
}

/// Why a quantity cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum QuantityError {
    /// It is not a decimal number followed by a unit.
    #[error("`{text}` is not a number with a unit, such as `512 GiB`")]
    Malformed { text: String },
    /// Its unit is not one that profiles know.
    #[error("`{text}` has the unknown unit `{unit}`{}", near(.unit))]
    UnknownUnit { text: String, unit: String },
    /// It measures something else than the field.
    #[error("`{text}` is in {unit}, but the field is in {field}")]
    WrongDimension { text: String, unit: String, field: String },
    /// The field has no unit, or the value none.
    #[error("{0}")]
    Mismatch(String),
    /// It is no whole number of the field's unit, or too large.
    #[error("`{text}` is not a whole number of {field}, or is too large")]
    Inexact { text: String, field: String },
}

fn near(unit: &str) -> String {
    UNITS
        .iter()
        .find(|known| known.symbol.eq_ignore_ascii_case(unit))
        .map_or_else(String::new, |known| format!("; did you mean `{}`?", known.symbol))
}

/// A quantity as written: decimal digits and a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quantity {
    /// The number without its point.
    mantissa: i128,
    /// How many of its digits stand after the point.
    decimals: u32,
    /// The unit, if one was written.
    pub unit: Option<Unit>,
}

/// More digits than any quantity needs; keeps every product within `i128`.
const DIGITS: usize = 18;

impl Quantity {
    /// Reads `2.40 GHz`, `512 GiB`, `-5 °C`, `24`.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let malformed = || QuantityError::Malformed { text: text.to_owned() };
        let trimmed = text.trim();
        let end = trimmed
            .char_indices()
            .find(|(at, c)| !(c.is_ascii_digit() || *c == '.' || (*at == 0 && *c == '-')))
            .map_or(trimmed.len(), |(at, _)| at);
        let (number, symbol) = trimmed.split_at(end);
        let symbol = symbol.trim();
        let (negative, digits) =
            number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let dangling = digits.contains('.') && fraction.is_empty();
        let count = whole.len() + fraction.len();
        if whole.is_empty() || dangling || fraction.contains('.') || count > DIGITS {
            return Err(malformed());
        }
        let unsigned: i128 =
            format!("{whole}{fraction}").parse().map_err(|_unparsed| malformed())?;
        let mantissa = if negative { -unsigned } else { unsigned };
        let unit = if symbol.is_empty() {
            None
        } else {
            Some(Unit::named(symbol).ok_or_else(|| QuantityError::UnknownUnit {
                text: text.to_owned(),
                unit: symbol.to_owned(),
            })?)
        };
        let decimals = u32::try_from(fraction.len()).map_err(|_too_long| malformed())?;
        Ok(Self { mantissa, decimals, unit })
    }

    /// Returns the number of `field` units, where it is a whole one.
    pub fn whole_in(&self, field: Option<Unit>, text: &str) -> Result<i128, QuantityError> {
        let (scale, step, name) = match (self.unit, field) {
            (None, None) => (1, 1, "counts"),
            (Some(own), Some(field)) if own.dimension == field.dimension => {
                (own.scale, field.scale, field.symbol)
            }
            (Some(own), Some(field)) => {
                return Err(QuantityError::WrongDimension {
                    text: text.to_owned(),
                    unit: own.symbol.to_owned(),
                    field: field.symbol.to_owned(),
                });
            }
            (None, Some(field)) => {
                return Err(QuantityError::Mismatch(format!(
                    "`{text}` has no unit, but the field is in {field}"
                )));
            }
            (Some(own), None) => {
                return Err(QuantityError::Mismatch(format!(
                    "`{text}` is in {own}, but the field is a plain number"
                )));
            }
        };
        let inexact = || QuantityError::Inexact { text: text.to_owned(), field: name.to_owned() };
        let divisor = 10_i128.checked_pow(self.decimals).and_then(|tens| tens.checked_mul(step));
        let product = self.mantissa.checked_mul(scale);
        match (product, divisor) {
            (Some(product), Some(divisor))
                if product % divisor == 0 && (product / divisor).abs() <= LARGEST =>
            {
                Ok(product / divisor)
            }
            _ => Err(inexact()),
        }
    }
}

/// The largest amount a value or a fact may have: tolerances in ppm still fit.
pub(crate) const LARGEST: i128 = 1 << 80;

#[cfg(test)]
mod tests;
