//! In what order the writes of a pass go over their part of the span.

use crate::random::Permutation;

/// An order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// One after the other.
    #[default]
    Sequential,
    /// Each once, in an order that differs from pass to pass.
    Random,
}

impl Order {
    /// Returns where the writes of one pass over `count` places go: the pass of `key`.
    pub(super) fn places(self, count: u64, key: u64) -> Places {
        Places((self == Self::Random).then(|| Permutation::new(count, key)))
    }
}

/// Where the writes of one pass go, each place once.
#[derive(Debug)]
pub(super) struct Places(Option<Permutation>);

impl Places {
    /// Returns where the write of `rank` goes.
    pub(super) fn at(&self, rank: u64) -> u64 {
        self.0.as_ref().map_or(rank, |permutation| permutation.at(rank))
    }
}
