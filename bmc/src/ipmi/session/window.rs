//! Which packets of a session have been seen (§6.12.13).

/// Numbers below the highest that are still told apart.
const BEHIND: u32 = 16;

/// The numbers that one side has received.
///
/// What is new may be ahead by any number: a code of integrity stands behind it, and a side that
/// lost 16 packets in a row must not be deaf for ever. What was seen, or is too far behind to know,
/// is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    highest: u32,
    /// Bit n: the number `highest - n` was seen.
    seen: u32,
}

impl Window {
    /// Takes a number, and returns whether it is a new one. 0 is no number of a session.
    pub fn take(&mut self, number: u32) -> bool {
        if number == 0 {
            return false;
        }
        if self.seen == 0 || number > self.highest {
            let ahead = number - self.highest;
            self.seen =
                if self.seen == 0 { 1 } else { self.seen.checked_shl(ahead).unwrap_or(0) | 1 };
            self.highest = number;
            return true;
        }
        let behind = self.highest - number;
        let bit = 1_u32.checked_shl(behind).filter(|_| behind <= BEHIND).unwrap_or(0);
        let fresh = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        fresh
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_seen_or_is_far_behind_is_refused() {
        let mut window = Window::default();
        let takes = [(0, false), (1, true), (1, false), (3, true), (2, true), (2, false)];
        for (number, fresh) in
            takes.into_iter().chain([(40, true), (23, false), (24, true), (24, false)])
        {
            assert_eq!(window.take(number), fresh, "{number}");
        }
        assert!(window.take(u32::MAX) && !window.take(u32::MAX) && window.take(u32::MAX - 1));
    }

    proptest! {
        #[test]
        fn no_number_is_taken_twice(numbers in proptest::collection::vec(0_u32..60, 0..200)) {
            let (mut window, mut taken) = (Window::default(), BTreeSet::new());
            for number in numbers {
                if window.take(number) {
                    prop_assert!(taken.insert(number), "{number}");
                }
            }
        }

        #[test]
        fn numbers_a_little_out_of_order_are_all_taken(
            swaps in proptest::collection::vec(0_usize..50, 0..40),
        ) {
            let mut numbers: Vec<u32> = (1..60).collect();
            // Each is moved by a few places at most.
            let mut last = 0;
            for at in swaps {
                if at > last + 2 && at + 1 < numbers.len() {
                    numbers.swap(at, at + 1);
                    last = at;
                }
            }
            let mut window = Window::default();
            prop_assert!(numbers.iter().all(|number| window.take(*number)));
        }
    }
}
