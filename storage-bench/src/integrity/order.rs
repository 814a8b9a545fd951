//! In what order the writes of a pass go over their part of the span.

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
    /// Returns where the write of `rank` among `count` goes, in the pass of `key`.
    ///
    /// Every place comes once: `rank · step + shift` modulo `count` is a permutation where
    /// `step` and `count` have no divisor in common.
    pub(super) fn place(self, rank: u64, count: u64, key: u64) -> u64 {
        match self {
            Self::Sequential => rank,
            Self::Random => {
                let (step, shift) = (step(count, key), key % count.max(1));
                let at = u128::from(rank) * u128::from(step) + u128::from(shift);
                let at = at.checked_rem(u128::from(count)).unwrap_or(0);
                u64::try_from(at).unwrap_or(rank)
            }
        }
    }
}

/// Returns a step without a divisor in common with `count`, far from 1 where there is room.
fn step(count: u64, key: u64) -> u64 {
    let start = (key.rotate_left(32) % count.max(1)) | 1;
    (start..start.saturating_add(count.max(2)))
        .find(|step| greatest_divisor(*step, count.max(1)) == 1)
        .unwrap_or(1)
}

fn greatest_divisor(one: u64, other: u64) -> u64 {
    let (mut one, mut other) = (one, other);
    while let Some(rest) = one.checked_rem(other) {
        (one, other) = (other, rest);
    }
    one
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_place_comes_once(count in 1_u64..500, key in any::<u64>()) {
            for order in [Order::Sequential, Order::Random] {
                let places: BTreeSet<u64> =
                    (0..count).map(|rank| order.place(rank, count, key)).collect();
                prop_assert_eq!(places, (0..count).collect::<BTreeSet<_>>());
            }
        }
    }
}
