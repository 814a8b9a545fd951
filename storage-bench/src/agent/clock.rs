//! How far another machine's clock is from ours (Cristian, 1989): of many exchanges the
//! one with the shortest round trip bounds the error best.

/// Exchanges of an estimate.
pub const EXCHANGES: u32 = 32;
/// An error of as much or more proves nothing about when a second began.
pub const MAX_ERROR_NS: u64 = 1_000_000;

/// What their clock says when ours says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// Theirs minus ours.
    pub offset_ns: i128,
    /// The true offset is at most so far away: half of the round trip.
    pub error_ns: u64,
}

impl Clock {
    /// Returns whether it is known well enough.
    pub fn is_known(&self) -> bool {
        self.error_ns < MAX_ERROR_NS
    }

    /// Returns what their clock says when ours says `ours_ns`.
    pub fn theirs(&self, ours_ns: u64) -> u64 {
        clamp(i128::from(ours_ns).saturating_add(self.offset_ns))
    }

    /// Returns what our clock says when theirs says `theirs_ns`.
    pub fn ours(&self, theirs_ns: u64) -> u64 {
        clamp(i128::from(theirs_ns).saturating_sub(self.offset_ns))
    }

    /// Returns how far the clocks moved apart until `later`.
    pub fn drift_ns(&self, later: &Self) -> u64 {
        clamp(self.offset_ns.abs_diff(later.offset_ns).try_into().unwrap_or(i128::MAX))
    }

    /// Returns whether the clocks are known at both ends, and together moved by less than
    /// what may be overlooked.
    pub fn held(&self, later: &Self) -> bool {
        self.is_known() && later.is_known() && self.drift_ns(later) < MAX_ERROR_NS
    }
}

fn clamp(value: i128) -> u64 {
    u64::try_from(value.max(0)).unwrap_or(u64::MAX)
}

/// An estimate being made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimator {
    exchanges: u32,
    best: Option<Clock>,
}

impl Estimator {
    /// Takes an exchange: sent and answered by our clock, received by theirs.
    ///
    /// One that was answered before it was sent is none.
    pub fn add(&mut self, sent_ns: u64, theirs_ns: u64, answered_ns: u64) {
        let Some(round_trip) = answered_ns.checked_sub(sent_ns) else { return };
        self.exchanges = self.exchanges.saturating_add(1);
        let error_ns = round_trip.div_ceil(2);
        if self.best.is_none_or(|best| error_ns < best.error_ns) {
            let middle = i128::from(sent_ns) + i128::from(round_trip / 2);
            self.best = Some(Clock { offset_ns: i128::from(theirs_ns) - middle, error_ns });
        }
    }

    /// Returns how many exchanges it has.
    pub fn exchanges(&self) -> u32 {
        self.exchanges
    }

    /// Returns the estimate when there were [`EXCHANGES`].
    pub fn clock(&self) -> Option<Clock> {
        self.best.filter(|_| self.exchanges >= EXCHANGES)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_answer_from_before_its_question_is_none() {
        let mut estimator = Estimator::default();
        estimator.add(10, 5, 9);
        assert_eq!((estimator.exchanges(), estimator.clock()), (0, None));
    }

    #[test]
    fn an_error_of_a_millisecond_is_too_much() {
        let clock = |offset_ns, error_ns| Clock { offset_ns, error_ns };
        assert!(clock(0, 999_999).is_known() && !clock(0, 1_000_000).is_known());
        assert!(clock(0, 1).held(&clock(-999_999, 1)));
        assert!(!clock(0, 1).held(&clock(1_000_000, 1)));
        assert!(!clock(0, 1).held(&clock(0, 1_000_000)));
    }

    proptest! {
        #[test]
        fn the_true_offset_is_within_the_error(
            offset in -(1_i64 << 50)..1 << 50,
            trips in prop::collection::vec((0_u64..5_000_000, 0_u64..5_000_000), 32..64),
            start in (1_u64 << 51)..1 << 60,
        ) {
            let mut estimator = Estimator::default();
            for (at, (there, back)) in trips.iter().enumerate() {
                let sent = start + at as u64 * 10_000_000;
                let theirs = (sent + there).checked_add_signed(offset).unwrap();
                estimator.add(sent, theirs, sent + there + back);
            }
            let clock = estimator.clock().unwrap();
            let off = clock.offset_ns.abs_diff(offset.into());
            prop_assert!(off <= u128::from(clock.error_ns), "{off} {clock:?}");
            let least = trips.iter().map(|(there, back)| there + back).min().unwrap();
            prop_assert_eq!(clock.error_ns, least.div_ceil(2));
            prop_assert_eq!(clock.ours(clock.theirs(start)), start);
        }
    }
}
