//! The order of names: digits in them are read as numbers.

use std::cmp::Ordering;

/// Compares two names, runs of digits by their value: `cpu2` < `cpu10`.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a, b);
    loop {
        let (x, left_rest) = piece(left);
        let (y, right_rest) = piece(right);
        let order = match (x.is_empty(), y.is_empty()) {
            (true, true) => return a.cmp(b),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => compare(x, y),
        };
        if order != Ordering::Equal {
            return order;
        }
        (left, right) = (left_rest, right_rest);
    }
}

/// Splits off the leading run of digits or of anything else.
fn piece(text: &str) -> (&str, &str) {
    let digits = text.starts_with(|c: char| c.is_ascii_digit());
    let end = text.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(text.len());
    text.split_at(end)
}

fn compare(a: &str, b: &str) -> Ordering {
    let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    if !(is_number(a) && is_number(b)) {
        return a.cmp(b);
    }
    let (x, y) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    x.len().cmp(&y.len()).then_with(|| x.cmp(y))
}
