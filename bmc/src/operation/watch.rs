//! Logs that are followed: what is new in them since they were looked at last.

use std::collections::BTreeSet;

use super::log::Entry;

/// Something new of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// An entry.
    Entry(Box<Entry>),
    /// Entries that were there are gone: the log was cleared, or has wrapped. What may have come and
    /// gone between two looks nobody knows.
    Removed {
        /// The log.
        log: String,
    },
    /// The BMC has lost entries for want of room.
    Full {
        /// The log.
        log: String,
    },
}

/// What the members of a log came to since the last look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Places of those that are new.
    pub new: Vec<usize>,
    /// Whether the log lost some otherwise than by the oldest making room for the newest.
    pub removed: bool,
}

/// Compares the members of a log, each by what it is known by.
///
/// A log that has fewer than before, or none of those, was cleared meanwhile. `bare` members are
/// known by their path alone, which a cleared log gives again: all of it then is new.
pub fn compare(before: &[String], now: &[String], bare: bool) -> Difference {
    let mut had = BTreeSet::new();
    had.extend(before.iter());
    let is_new = |(at, one): (usize, &String)| (!had.contains(one)).then_some(at);
    let new: Vec<usize> = now.iter().enumerate().filter_map(is_new).collect();
    let kept = now.len() - new.len();
    let removed = !before.is_empty() && (kept == 0 || now.len() < before.len());
    if removed && bare {
        return Difference { new: (0..now.len()).collect(), removed };
    }
    Difference { new, removed }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(numbers: impl IntoIterator<Item = u32>) -> Vec<String> {
        numbers.into_iter().map(|number| number.to_string()).collect()
    }

    #[test]
    fn what_is_new_and_what_is_gone_is_told() {
        // Before, now, whether bare; what is new, and whether something was removed.
        type Case = (&'static [u32], &'static [u32], bool, &'static [usize], bool);
        let cases: [Case; 8] = [
            (&[1, 2], &[1, 2], false, &[], false),
            (&[1, 2], &[1, 2, 3], false, &[2], false),
            (&[2, 1], &[3, 2, 1], false, &[0], false),
            (&[], &[1], false, &[0], false),
            // The oldest made room for the newest.
            (&[1, 2, 3], &[2, 3, 4], false, &[2], false),
            (&[1, 2, 3], &[], false, &[], true),
            (&[1, 2, 3], &[4], false, &[0], true),
            // Cleared, and its first number is given again.
            (&[1, 2, 3], &[1], true, &[0], true),
        ];
        for (before, now, bare, new, removed) in cases {
            let found = compare(&names(before.to_vec()), &names(now.to_vec()), bare);
            assert_eq!(found, Difference { new: new.to_vec(), removed }, "{before:?} {now:?}");
        }
    }

    proptest! {
        /// However a log grows and makes room, each entry is new once and nothing is removed.
        #[test]
        fn a_log_that_makes_room_tells_each_entry_once(
            grows in proptest::collection::vec(0_u32..4, 1..20), room in 8_u32..12,
        ) {
            let (mut before, mut last, mut told) = (names(1..=room), room, Vec::new());
            for more in grows {
                last += more;
                let now = names(last - room + 1..=last);
                let found = compare(&before, &now, false);
                prop_assert!(!found.removed);
                told.extend(found.new.into_iter().filter_map(|at| now.get(at).cloned()));
                before = now;
            }
            prop_assert_eq!(told, names(room + 1..=last));
        }
    }
}
