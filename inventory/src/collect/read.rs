//! Small readers over a root, and the words for what could not be read.

use std::io;
use std::str::FromStr;

use crate::Sysroot;
use crate::model::SectionState;

/// Returns the text of a file, `None` where it is missing, unreadable or blank.
pub(crate) fn text(root: &Sysroot, path: &str) -> Option<String> {
    root.text(path).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Returns the number a file holds.
pub(crate) fn number<T: FromStr>(root: &Sysroot, path: &str) -> Option<T> {
    text(root, path)?.parse().ok()
}

/// Returns the digits of a file that holds `0x8086`, in lower case.
pub(crate) fn hex(root: &Sysroot, path: &str) -> Option<String> {
    let text = text(root, path)?.to_ascii_lowercase();
    let digits = text.strip_prefix("0x").unwrap_or(&text);
    let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    valid.then(|| digits.to_owned())
}

/// Returns the last component of what a link leads to: a driver's name.
pub(crate) fn link_name(root: &Sysroot, path: &str) -> Option<String> {
    root.link_name(path)
}

/// Returns the processors or nodes of a list like `0-3,8`.
///
/// A range is as long as the file says, so its end is held to `most`.
pub(crate) fn id_list(text: &str, most: u32) -> Vec<u32> {
    let mut ids = Vec::new();
    for part in text.trim().split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (Ok(first), Ok(last)) = (first.parse::<u32>(), last.parse::<u32>()) else { continue };
        ids.extend(first..=last.min(most));
    }
    ids
}

/// Returns runs of blanks as one blank each.
pub(crate) fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns a section's state and reason for a source that could not be read.
pub(crate) fn refused(what: &str, error: &io::Error) -> (SectionState, Option<String>) {
    match error.kind() {
        io::ErrorKind::NotFound => (SectionState::Unsupported, Some(format!("no {what}"))),
        io::ErrorKind::PermissionDenied => {
            (SectionState::Failed, Some(format!("{what}: permission denied (needs root)")))
        }
        _ => (SectionState::Failed, Some(format!("{what}: {error}"))),
    }
}

/// Returns `partial` with all `reasons`, or `complete` where there is none.
pub(crate) fn settled(reasons: &[String]) -> (SectionState, Option<String>) {
    if reasons.is_empty() {
        (SectionState::Complete, None)
    } else {
        (SectionState::Partial, Some(reasons.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors_are_read_and_bounded() {
        assert_eq!(id_list("0-3,8,10-11\n", 4095), [0, 1, 2, 3, 8, 10, 11]);
        assert_eq!(id_list("", 4095), [0_u32; 0]);
        assert_eq!(id_list("x,2-,7", 4095), [7]);
        assert_eq!(id_list("0-4294967295", 7).len(), 8);
        assert_eq!(id_list("5-2", 7), [0_u32; 0]);
    }
}
