//! Replaces identifiers by others of the same shape.
//!
//! What is an identifier is known from the inventory (serial numbers, UUIDs,
//! hardware addresses, names) and by its shape (hardware addresses, UUIDs,
//! world-wide names that no collector reads). The same one always becomes the
//! same other, so that what belonged together still does; which one depends on a
//! secret salt. Makers stay: the first half of a hardware address, the front of
//! a world-wide name. Lengths stay: binary tables remain tables.

mod pseudonym;
mod shapes;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde_json::Value;

use crate::Inventory;

use pseudonym::Pseudonyms;

/// Identifiers shorter than this are met by chance everywhere.
const SHORTEST: usize = 4;
/// From this length on an identifier is replaced also inside a longer word.
const UNMISTAKABLE: usize = 8;

/// Where a recording keeps the kernel's links.
const LINKS: &str = "/assay/net.json";

/// The fields of the inventory that hold identifiers.
const FIELDS: &[&str] = &[
    "serial",
    "asset_tag",
    "uuid",
    "hostname",
    "mac",
    "permanent_mac",
    "phys_port_id",
    "wwpn",
    "wwnn",
    "fabric",
    "wwid",
    "system_serial",
    "board_serial",
    "chassis_serial",
    "bmc_mac",
    "nic_mac",
    "chassis_id",
    "system_name",
    "source_mac",
];

/// Replaces identifiers.
pub(super) struct Mask {
    names: Pseudonyms,
    /// What to look for and what to put there, by its first two bytes, longest
    /// first.
    rules: BTreeMap<[u8; 2], Vec<Rule>>,
    known: usize,
    /// The digits of what was put in place: masking it again would part it from
    /// its like.
    done: BTreeSet<String>,
}

/// A piece of bytes and its replacement of the same length.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rule {
    from: Vec<u8>,
    to: Vec<u8>,
    /// Whether it counts only as a word of its own.
    word: bool,
}

impl Mask {
    /// Prepares the replacement of every identifier in `inventory`.
    pub(super) fn new(salt: &[u8; 32], inventory: &Inventory) -> Self {
        let names = Pseudonyms::new(salt);
        let mut found = BTreeSet::new();
        let whole = typed_json::of(inventory).unwrap_or_default();
        identifiers(&whole, &mut found);
        let mut rules = Vec::new();
        let mut done = BTreeSet::new();
        for text in &found {
            let masked = names.of(text);
            done.insert(digits(&masked));
            rules.extend(variants(text, &masked));
        }
        rules.retain(|rule| rule.from != rule.to);
        tiny_sort::stable::sort_by(&mut rules, |a, b| {
            b.from.len().cmp(&a.from.len()).then_with(|| a.cmp(b))
        });
        rules.dedup_by(|a, b| a.from == b.from);
        let mut by_start: BTreeMap<[u8; 2], Vec<Rule>> = BTreeMap::new();
        for rule in rules {
            if let Some(start) = rule.from.first_chunk() {
                by_start.entry(*start).or_default().push(rule);
            }
        }
        Self { names, rules: by_start, known: found.len(), done }
    }

    /// Returns how many identifiers are known by name.
    pub(super) fn count(&self) -> u64 {
        u64::try_from(self.known).unwrap_or(u64::MAX)
    }

    /// Masks a path or a link's target.
    pub(super) fn path(&self, path: &str) -> String {
        // Names made of a hardware address: enx00163e000001.
        let masked = self.replace(path.as_bytes().to_vec());
        let masked = String::from_utf8(masked).unwrap_or_else(|_bytes| path.to_owned());
        shapes::interface_names(&masked, self)
    }

    /// Returns the pseudonym of hex digits that were not put there by name.
    fn hex(&self, text: &str, kept: usize) -> String {
        if self.done.contains(&digits(text)) {
            return text.to_owned();
        }
        self.names.hex(text, kept)
    }

    /// Masks the contents of the file at `path`.
    pub(super) fn file(&self, path: &str, bytes: Vec<u8>) -> Vec<u8> {
        let name = path.rsplit('/').next().unwrap_or_default();
        if path == "/proc/sys/kernel/hostname" {
            return self.names.of(String::from_utf8_lossy(&bytes).trim()).into_bytes();
        }
        // The configuration header tells the device; the extended space behind
        // it may hold a serial number.
        if name == "config" {
            return bytes.get(..64).unwrap_or(&bytes).to_vec();
        }
        let mut bytes = self.replace(bytes);
        if path == LINKS {
            bytes = addresses(&bytes, &self.names);
        }
        if path.ends_with("/tables/DMI") {
            table::mask(&mut bytes, &self.names);
            return bytes;
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                let text = shapes::text(&text, self);
                shapes::interface_names(&text, self).into_bytes()
            }
            Err(error) => error.into_bytes(),
        }
    }

    /// Replaces every known identifier in `bytes`, in one pass.
    fn replace(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let mut at = 0_usize;
        while let Some(start) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
            let rules = self.rules.get(start).map(Vec::as_slice).unwrap_or_default();
            let fits = rules.iter().find(|rule| rule.fits(&bytes, at));
            let end = at.saturating_add(fits.map_or(1, |rule| rule.from.len()));
            if let Some(rule) = fits
                && let Some(place) = bytes.get_mut(at..end)
            {
                place.copy_from_slice(&rule.to);
            }
            at = end;
        }
        bytes
    }
}

impl Rule {
    fn fits(&self, bytes: &[u8], at: usize) -> bool {
        let end = at.saturating_add(self.from.len());
        bytes.get(at..end) == Some(self.from.as_slice()) && (!self.word || is_word(bytes, at, end))
    }
}

fn is_word(bytes: &[u8], start: usize, end: usize) -> bool {
    let joins = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let before = start.checked_sub(1).and_then(|at| bytes.get(at));
    !joins(before) && !joins(bytes.get(end))
}

/// Adds every identifier in `value` to `found`.
fn identifiers(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                if FIELDS.contains(&name.as_str()) {
                    texts(inner, found);
                } else {
                    identifiers(inner, found);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| identifiers(item, found)),
        _ => {}
    }
}

fn texts(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            let text = text.trim();
            if text.len() >= SHORTEST {
                found.insert(text.to_owned());
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        _ => {}
    }
}

/// Masks the addresses in the kernel's answer about its links. They are replaced
/// here and not by name: an address is not always as long as its pseudonym.
fn addresses(bytes: &[u8], names: &Pseudonyms) -> Vec<u8> {
    fn each(value: &mut Value, names: &Pseudonyms) {
        match value {
            Value::String(text) => {
                if let Some((address, prefix)) = text.split_once('/')
                    && address.parse::<IpAddr>().is_ok()
                {
                    *text = format!("{}/{prefix}", names.of(address));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| each(item, names)),
            Value::Object(fields) => fields.values_mut().for_each(|field| each(field, names)),
            _ => {}
        }
    }
    let Ok(mut value) = serde_json::from_slice(bytes) else { return bytes.to_vec() };
    each(&mut value, names);
    value.to_string().into_bytes()
}

/// Returns the hex digits in `text`, in lower case.
fn digits(text: &str) -> String {
    let text = text.split_once('.').map_or(text, |(_, digits)| digits);
    let digits = text.chars().filter(char::is_ascii_hexdigit);
    digits.map(|c| c.to_ascii_lowercase()).collect()
}

/// Returns the shapes in which an identifier occurs: as text, as text in other
/// case, as the hex of its text (answers of devices are kept so), with the bytes
/// of each pair swapped (ATA), and as the bytes its digits stand for.
fn variants(text: &str, masked: &str) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut add = |from: Vec<u8>, to: Vec<u8>| {
        if from.len() == to.len() {
            let word = from.len() < UNMISTAKABLE;
            rules.push(Rule { from, to, word });
        }
    };
    let bytes = |text: &str| text.as_bytes().to_vec();
    add(bytes(text), bytes(masked));
    add(bytes(&text.to_ascii_lowercase()), bytes(&masked.to_ascii_lowercase()));
    add(bytes(&text.to_ascii_uppercase()), bytes(&masked.to_ascii_uppercase()));
    let (raw, other) = (text.as_bytes(), masked.as_bytes());
    add(hex(raw), hex(other));
    add(swapped(raw), swapped(other));
    add(hex(&swapped(raw)), hex(&swapped(other)));
    let stem = |text: &str| {
        let text = text.split_once('.').map_or(text, |(_, digits)| digits);
        text.replace([':', '-'], "")
    };
    let (plain, plain_masked) = (stem(text), stem(masked));
    let binary = unhex(&plain).filter(|binary| binary.len() >= 6);
    if let (Some(binary), Some(other)) = (binary, unhex(&plain_masked)) {
        add(bytes(&plain), bytes(&plain_masked));
        add(hex(&swapped(&binary)), hex(&swapped(&other)));
        add(swapped(&binary), swapped(&other));
        add(mixed(&binary), mixed(&other));
        add(binary, other);
    }
    rules
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).map_or(b'0', |c| c as u8);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)]).collect()
}

/// Returns the bytes that hex digits stand for.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| u8::try_from(c.to_digit(16)?).ok()).collect();
    let digits = digits.filter(|digits| !digits.is_empty() && digits.len() % 2 == 0)?;
    let pairs =
        digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, half| byte << 4 | half));
    Some(pairs.collect())
}

fn swapped(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(2).flat_map(|pair| pair.iter().rev().copied()).collect()
}

/// Returns the bytes of a UUID as SMBIOS keeps it from 2.6 on: the first three
/// fields the other way round.
fn mixed(bytes: &[u8]) -> Vec<u8> {
    let mut mixed = bytes.to_vec();
    if bytes.len() == 16 {
        for field in [0..4, 4..6, 6..8] {
            mixed.get_mut(field).unwrap_or_default().reverse();
        }
    }
    mixed
}

#[cfg(test)]
mod tests;
