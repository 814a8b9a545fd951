//! A text in both languages of the product, and how numbers read in it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One text in Chinese and in English.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Text {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Returns a text of both languages.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// Returns a text that reads the same in both languages: a number, a name.
    pub fn same(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { zh: text.clone(), en: text }
    }
}

/// Returns a share as percent with two decimals: `85.00 %`.
pub(crate) fn percent(ppm: impl Into<u128>) -> String {
    let hundredths = ppm.into() / 100;
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

/// Returns a time as milliseconds with three decimals: `0.500 ms`.
pub(crate) fn millis(ns: impl Into<u128>) -> String {
    let us = ns.into() / 1000;
    format!("{}.{:03} ms", us / 1000, us % 1000)
}

/// Returns a time as seconds with one decimal: `30.0 s`.
pub(crate) fn seconds(ns: impl Into<u128>) -> String {
    let tenths = ns.into() / 100_000_000;
    format!("{}.{} s", tenths / 10, tenths % 10)
}

/// Returns a number with its thousands apart: `1,200,000`.
pub fn grouped(number: impl Into<u128>) -> String {
    let digits = number.into().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Returns a size in the largest binary unit that it is a whole number of: `8 KiB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let power = if bytes == 0 { 0 } else { bytes.trailing_zeros() / 10 };
    let unit = units.get(power as usize).copied().unwrap_or("B");
    format!("{} {unit}", grouped(bytes >> (10 * power)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(percent(850_000_u32), "85.00 %");
        assert_eq!(percent(1_234_u32), "0.12 %");
        assert_eq!(millis(500_000_u64), "0.500 ms");
        assert_eq!(millis(1_234_567_890_u64), "1234.567 ms");
        assert_eq!(seconds(29_999_999_999_u64), "29.9 s");
        assert_eq!(grouped(0_u64), "0");
        assert_eq!(grouped(999_u64), "999");
        assert_eq!(grouped(1_200_000_u64), "1,200,000");
        assert_eq!(size(8192), "8 KiB");
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1000), "1,000 B");
        assert_eq!(size(1 << 60), "1 EiB");
    }
}
