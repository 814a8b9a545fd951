//! Texts that stand where firmware has nothing to say.
//!
//! The list is data with a reason for each entry (`data/placeholders.toml`). It
//! applies to what describes a part (maker, product, serial, tag), never to
//! locators: `NONE` may well be printed on the board.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::unpack;

/// A text as used, and as read where that differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// The text without blanks at its ends and with runs of blanks folded;
    /// `None` for a placeholder.
    pub value: Option<String>,
    /// The text as read, where it differs from `value`.
    pub raw: Option<String>,
}

/// Returns `raw` as used: blanks folded, a placeholder turned to `None`.
pub fn clean(raw: &str) -> Cleaned {
    let folded = fold_blanks(raw);
    if is_folded_placeholder(&folded) {
        // Nothing at all is no text that anyone would look for.
        return Cleaned { value: None, raw: (!raw.is_empty()).then(|| raw.to_owned()) };
    }
    let raw = (folded != raw).then(|| raw.to_owned());
    Cleaned { value: Some(folded), raw }
}

/// Returns whether `text` is a placeholder, blanks and case aside.
pub fn is_placeholder(text: &str) -> bool {
    is_folded_placeholder(&fold_blanks(text))
}

/// Returns whether `uuid` can tell a machine from others.
pub fn usable_uuid(uuid: &str) -> bool {
    let uuid = uuid.trim().to_ascii_lowercase();
    let shaped = uuid.len() == 36
        && uuid.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    let all = |digit: u8| uuid.bytes().all(|byte| byte == digit || byte == b'-');
    shaped && !all(b'0') && !all(b'f') && !LIST.uuids.contains(&uuid)
}

/// Returns whether `mac` can tell a machine from others: six bytes, given by a
/// maker to one station.
pub fn usable_mac(mac: &str) -> bool {
    let Some(bytes) = mac_bytes(mac) else { return false };
    let [first, ..] = bytes;
    // Bit 0 marks groups, bit 1 addresses that were made up locally.
    first & 1 == 0 && first & 2 == 0 && bytes != [0; 6]
}

/// Returns the six bytes of a MAC address with colons or dashes.
pub(crate) fn mac_bytes(mac: &str) -> Option<[u8; 6]> {
    let mut bytes = [0; 6];
    let mut parts = mac.trim().split([':', '-']);
    for byte in &mut bytes {
        let hex = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
        let part = parts.next().filter(hex)?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(bytes)
}

/// Returns `text` without blanks at its ends and with runs of blanks folded.
pub(crate) fn fold_blanks(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

fn is_folded_placeholder(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let lower = text.to_lowercase();
    LIST.whole.contains(&lower)
        || LIST.only.iter().any(|set| lower.chars().all(|c| set.contains(c)))
        || LIST.begins.iter().any(|prefix| lower.starts_with(prefix.as_str()))
        || LIST.like.iter().any(|parts| is_like(&lower, parts))
}

/// Returns whether `text` is made of `parts` in order, with anything between.
fn is_like(text: &str, parts: &[String]) -> bool {
    let Some((first, rest)) = parts.split_first() else { return false };
    let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
    let Some((last, middle)) = rest.split_last() else { return text.is_empty() };
    for part in middle {
        let Some((_, after)) = text.split_once(part.as_str()) else { return false };
        text = after;
    }
    text.ends_with(last.as_str())
}

/// The committed list, made ready to compare with.
struct List {
    whole: HashSet<String>,
    only: Vec<String>,
    begins: Vec<String>,
    like: Vec<Vec<String>>,
    uuids: HashSet<String>,
}

static LIST: LazyLock<List> = LazyLock::new(|| {
    List::new(unpack::list(include_bytes!(concat!(env!("OUT_DIR"), "/placeholders.zst"))))
});

impl List {
    fn new(file: File) -> Self {
        let mut list = Self {
            whole: HashSet::new(),
            only: Vec::new(),
            begins: Vec::new(),
            like: Vec::new(),
            uuids: file.uuid.into_iter().map(|uuid| uuid.is).collect(),
        };
        for entry in file.placeholder {
            list.whole.extend(entry.is.into_iter().flatten().map(|text| text.to_lowercase()));
            list.only.extend(entry.only.map(|set| set.to_lowercase()));
            list.begins.extend(entry.begins.map(|prefix| prefix.to_lowercase()));
            let like = entry.like.map(|like| like.to_lowercase());
            list.like.extend(like.map(|like| like.split('*').map(str::to_owned).collect()));
        }
        list
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    placeholder: Vec<Entry>,
    uuid: Vec<Uuid>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    is: Option<Vec<String>>,
    begins: Option<String>,
    like: Option<String>,
    only: Option<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "for whoever edits the list"))]
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Uuid {
    is: String,
    #[expect(dead_code, reason = "for whoever edits the list; its presence is enforced")]
    reason: String,
}

#[cfg(test)]
mod tests;
