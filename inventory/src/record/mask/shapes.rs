//! Identifiers that are known by their shape: hardware addresses, UUIDs,
//! world-wide names, interface names made of an address.

use super::Mask;

/// Masks what in `text` has the shape of an identifier and was not masked by
/// name. What is not ASCII stays.
pub(super) fn text(text: &str, mask: &Mask) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let word_end = rest.find(|c: char| !is_part(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(word_end.max(first.len_utf8()));
        out.push_str(&masked(word, mask));
        rest = after;
    }
    out
}

/// Masks interface names like `enx00163e000001` wherever they occur.
pub(super) fn interface_names(text: &str, mask: &Mask) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("enx") {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let digits =
            found.get(3..15).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let (name, after) = match digits {
            Some(digits) => (format!("enx{}", mask.hex(digits, 6)), found.get(15..)),
            None => ("enx".to_owned(), found.get(3..)),
        };
        out.push_str(&name);
        rest = after.unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Returns whether a character may be part of a shape.
fn is_part(c: char) -> bool {
    c.is_ascii_hexdigit() || matches!(c, ':' | '-' | 'x' | '.' | 'n' | 'u' | 'i')
}

fn masked(word: &str, mask: &Mask) -> String {
    let groups = |separator: char| word.split(separator).map(str::len).collect::<Vec<_>>();
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let only = |separator: char| word.chars().all(|c| c.is_ascii_hexdigit() || c == separator);
    if only(':') && [6, 8, 20].contains(&groups(':').len()) && groups(':').iter().all(|n| *n == 2) {
        return mask.hex(word, if groups(':').len() == 6 { 6 } else { 8 });
    }
    // GUIDs of InfiniBand: four groups of four.
    if only(':') && groups(':') == [4, 4, 4, 4] {
        return mask.hex(word, 8);
    }
    if only('-') && groups('-') == [8, 4, 4, 4, 12] {
        return mask.hex(word, 0);
    }
    for mark in ["0x", "naa.", "eui."] {
        if let Some(digits) = word.strip_prefix(mark)
            && [16, 32].contains(&digits.len())
            && hex(digits)
        {
            return format!("{mark}{}", mask.hex(digits, 8));
        }
    }
    word.to_owned()
}
