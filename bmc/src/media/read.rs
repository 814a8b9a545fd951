//! How much of an image was read, whichever way it was asked for.

use std::{
    net::IpAddr,
    ops::Range,
    time::{Duration, Instant},
};

/// Pieces apart from each other that are remembered. A reader that leaves more holes than this is
/// not followed further: what it reads counts as bytes, and no more as whole.
const PIECES: usize = 65_536;
/// Addresses that are remembered of those that asked.
const ADDRESSES: usize = 16;

/// What one BMC asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// Requests, those that were refused among them.
    pub requests: u64,
    /// Requests for a part.
    pub ranges: u64,
    /// Bytes of the image that were sent, each as often as it was.
    pub bytes: u64,
    /// Who asked, in the order in which they came.
    pub by: Vec<IpAddr>,
    /// When the first request came.
    pub first: Option<Instant>,
    /// What was sent at least once: in order, and apart from each other.
    pieces: Vec<Range<u64>>,
}

impl Reads {
    /// Takes note of a request.
    pub fn asked(&mut self, by: IpAddr, of_a_part: bool, now: Instant) {
        self.requests += 1;
        self.ranges += u64::from(of_a_part);
        self.first.get_or_insert(now);
        if !self.by.contains(&by) && self.by.len() < ADDRESSES {
            self.by.push(by);
        }
    }

    /// Takes note of bytes that were sent.
    pub fn sent(&mut self, mut piece: Range<u64>) {
        if piece.is_empty() {
            return;
        }
        self.bytes = self.bytes.saturating_add(piece.end - piece.start);
        // Those that touch it become one with it.
        let first = self.pieces.partition_point(|one| one.end < piece.start);
        let behind = self.pieces.partition_point(|one| one.start <= piece.end);
        if first == behind && self.pieces.len() >= PIECES {
            return;
        }
        for one in self.pieces.get(first..behind).unwrap_or_default() {
            piece.start = piece.start.min(one.start);
            piece.end = piece.end.max(one.end);
        }
        self.pieces.splice(first..behind, [piece]);
    }

    /// Returns how many bytes were sent at least once.
    pub fn distinct(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.end - piece.start).sum()
    }

    /// Returns whether all of an image of that length was sent at least once.
    pub fn is_whole(&self, length: u64) -> bool {
        self.pieces.iter().any(|piece| piece.start == 0 && piece.end >= length)
    }

    /// Returns how long after `since` the first request came.
    pub fn first_after(&self, since: Instant) -> Option<Duration> {
        Some(self.first?.saturating_duration_since(since))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_in_any_order_make_a_whole_and_a_gap_does_not() {
        let mut reads = Reads::default();
        for piece in [40..100, 0..10, 20..40, 5..15] {
            reads.sent(piece);
        }
        assert!(!reads.is_whole(100));
        assert_eq!((reads.distinct(), reads.bytes), (95, 100));
        reads.sent(15..20);
        assert!(reads.is_whole(100) && !reads.is_whole(101));
    }

    proptest! {
        #[test]
        fn what_was_sent_is_what_each_byte_says(
            pieces in prop::collection::vec((0_u64..64, 0_u64..16), 0..40)
        ) {
            let mut reads = Reads::default();
            let mut each = [false; 80];
            for (start, length) in pieces {
                reads.sent(start..start + length);
                for at in start..start + length {
                    each[usize::try_from(at).expect("small")] = true;
                }
            }
            let count = each.iter().filter(|sent| **sent).count();
            prop_assert_eq!(reads.distinct(), u64::try_from(count).expect("small"));
            let whole = each.iter().take(20).all(|sent| *sent);
            prop_assert_eq!(reads.is_whole(20), whole);
        }
    }
}
