//! Brands by the makers' spellings, management chips by PCI id.
//!
//! The data is committed with the source of each line and the day it was looked
//! at (`data/vendors.toml`, `data/management-chips.toml`). It answers whose name
//! is on the machine; it proves neither where a machine was made nor that it is
//! no OEM product. A maker of processors that stands as system maker is a
//! [`Hint`], not a brand: reference boards are sold under other names.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::model::{Brand, ManagementChip};
use crate::unpack;

/// What a maker's name suggests without saying whose brand the machine is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// Name in Chinese.
    pub zh: String,
    /// Name in English.
    pub en: String,
    /// Why it is only a hint.
    pub note: String,
    /// What it rests on.
    pub basis: String,
}

/// Returns the brand that `manufacturer` spells, by the longest known spelling.
pub fn brand_of(manufacturer: &str) -> Option<Brand> {
    longest(manufacturer, &VENDORS.brand, |brand| &brand.spelling).map(|(brand, spelling)| Brand {
        id: brand.id.clone(),
        zh: brand.zh.clone(),
        en: brand.en.clone(),
        country: brand.country.clone(),
        basis: format!("`{}`: {} ({})", spelling.text, spelling.source, spelling.reviewed),
    })
}

/// Returns what `manufacturer` suggests, where it is no brand of machines.
pub fn hint_of(manufacturer: &str) -> Option<Hint> {
    let hint = longest(manufacturer, &VENDORS.hint, |hint| &hint.spelling)?;
    let (hint, spelling) = hint;
    Some(Hint {
        zh: hint.zh.clone(),
        en: hint.en.clone(),
        note: hint.note.clone(),
        basis: format!("`{}`: {} ({})", spelling.text, spelling.source, spelling.reviewed),
    })
}

/// Returns the management chip whose display function has `pci_id`
/// (`vendor:device`, hexadecimal).
pub fn management_chip(pci_id: &str) -> Option<ManagementChip> {
    let id = pci_id.trim().to_ascii_lowercase();
    let id = id.trim_start_matches("pci:");
    CHIPS.chip.iter().find(|chip| fits(&chip.id, id)).map(|chip| ManagementChip {
        pci_id: id.to_owned(),
        name: chip.name.clone(),
        maker: chip.maker.clone(),
        country: chip.country.clone(),
        basis: format!("{} ({})", chip.source, chip.reviewed),
    })
}

/// Returns whether `id` fits `pattern`, in which `x` is any hex digit.
fn fits(pattern: &str, id: &str) -> bool {
    pattern.len() == id.len()
        && pattern.bytes().zip(id.bytes()).all(|(pattern, byte)| match pattern {
            b'x' => byte.is_ascii_hexdigit(),
            pattern => pattern == byte,
        })
}

/// Finds the entry with the longest spelling that is part of `name`, whole
/// words only.
fn longest<'a, T>(
    name: &str,
    entries: &'a [T],
    spellings: impl Fn(&'a T) -> &'a [Spelling],
) -> Option<(&'a T, &'a Spelling)> {
    let name = words(name);
    let mut best: Option<(usize, &T, &Spelling)> = None;
    for entry in entries {
        for spelling in spellings(entry) {
            let length = spelling.text.len();
            if best.is_none_or(|(longest, _, _)| longest < length)
                && contains(&name, &words(&spelling.text))
            {
                best = Some((length, entry, spelling));
            }
        }
    }
    best.map(|(_, entry, spelling)| (entry, spelling))
}

/// Returns the words of `text` with their case folded. Chinese is written
/// without blanks: each of its characters is a word.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            words.push(c.to_string());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn contains(name: &[String], part: &[String]) -> bool {
    !part.is_empty() && name.windows(part.len()).any(|window| window == part)
}

static VENDORS: LazyLock<Vendors> =
    LazyLock::new(|| unpack::list(include_bytes!(concat!(env!("OUT_DIR"), "/vendors.zst"))));

static CHIPS: LazyLock<Chips> = LazyLock::new(|| {
    unpack::list(include_bytes!(concat!(env!("OUT_DIR"), "/management-chips.zst")))
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vendors {
    brand: Vec<VendorBrand>,
    hint: Vec<VendorHint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VendorBrand {
    id: String,
    zh: String,
    en: String,
    country: String,
    spelling: Vec<Spelling>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VendorHint {
    zh: String,
    en: String,
    note: String,
    spelling: Vec<Spelling>,
}

/// One line of evidence.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelling {
    text: String,
    source: String,
    reviewed: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chips {
    chip: Vec<Chip>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chip {
    id: String,
    name: String,
    maker: String,
    country: String,
    source: String,
    reviewed: String,
}

#[cfg(test)]
mod tests;
