//! A number that is known between bounds.

use crate::check::{Amount, Bound, Literal, Test};
use crate::kleene::Truth;
use crate::unit::LARGEST;

/// The least and the most a number can be; `None` is without bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) least: Option<i128>,
    pub(crate) most: Option<i128>,
}

impl Span {
    pub(crate) const ANY: Self = Self { least: None, most: None };
    pub(crate) const ZERO: Self = Self::exactly(0);

    pub(crate) const fn exactly(value: i128) -> Self {
        Self { least: Some(value), most: Some(value) }
    }

    /// Returns the number, where it is known exactly.
    pub(crate) fn exact(self) -> Option<i128> {
        self.least.filter(|_| self.least == self.most)
    }

    /// Adds a number between `least` and `most`.
    pub(crate) fn add(&mut self, least: i128, most: Option<i128>) {
        let sum = |a: Option<i128>, b: i128| {
            a.and_then(|a| a.checked_add(b)).filter(|sum| sum.abs() <= LARGEST)
        };
        self.least = sum(self.least, least);
        self.most = most.and_then(|most| sum(self.most, most));
    }

    /// Returns whether the number is at least `value`.
    pub(crate) fn at_least(self, value: i128) -> Truth {
        if self.least.is_some_and(|least| least >= value) {
            Truth::True
        } else if self.most.is_some_and(|most| most < value) {
            Truth::False
        } else {
            Truth::Unknown
        }
    }

    /// Returns whether the number is at most `value`.
    pub(crate) fn at_most(self, value: i128) -> Truth {
        if self.most.is_some_and(|most| most <= value) {
            Truth::True
        } else if self.least.is_some_and(|least| least > value) {
            Truth::False
        } else {
            Truth::Unknown
        }
    }

    /// Returns whether the number is within `bound`.
    pub(crate) fn within(self, bound: Bound) -> Truth {
        let min = bound.min.map_or(Truth::True, |min| self.at_least(min));
        let max = bound.max.map_or(Truth::True, |max| self.at_most(max));
        min.and(max)
    }

    /// Returns whether millionths of it surely fit: where no tolerance asks for them, it is
    /// compared as it is then, without the multiplications of 128 bits.
    fn is_small(self) -> bool {
        let fits = |end: Option<i128>| end.is_none_or(|end| end.abs() <= LARGEST);
        fits(self.least) && fits(self.most)
    }

    /// Returns the number in millionths.
    fn millionths(self) -> Self {
        let times = |value: Option<i128>| value.and_then(|value| value.checked_mul(1_000_000));
        Self { least: times(self.least), most: times(self.most) }
    }

    /// Returns whether the number is `amount` or more, its tolerance granted.
    fn reaches(self, amount: &Amount) -> Truth {
        if amount.tolerance_ppm == 0 && self.is_small() {
            return self.at_least(amount.value);
        }
        let (low, _) = margins(amount);
        low.map_or(Truth::Unknown, |low| self.millionths().at_least(low))
    }

    /// Returns whether the number is `amount` or less, its tolerance granted.
    fn stays_below(self, amount: &Amount) -> Truth {
        if amount.above_ppm == 0 && self.is_small() {
            return self.at_most(amount.value);
        }
        let (_, high) = margins(amount);
        high.map_or(Truth::Unknown, |high| self.millionths().at_most(high))
    }

    fn is(self, value: &Literal) -> Truth {
        match value {
            Literal::Amount(amount) => self.reaches(amount).and(self.stays_below(amount)),
            // A number is neither a text nor a flag, but then the profile asks amiss.
            Literal::Text(_) | Literal::Flag(_) => Truth::Unknown,
        }
    }

    /// Returns whether the number passes `test`.
    pub(crate) fn passes(self, test: &Test) -> Truth {
        match test {
            Test::Min(amount) => self.reaches(amount),
            Test::Max(amount) => self.stays_below(amount),
            Test::Eq(value) => self.is(value),
            Test::Ne(value) => !self.is(value),
            Test::In(values) => {
                values.iter().fold(Truth::False, |truth, value| truth.or(self.is(value)))
            }
            Test::Regex(_) => Truth::Unknown,
        }
    }
}

/// Returns the least and the most that count as `amount`, in millionths.
fn margins(amount: &Amount) -> (Option<i128>, Option<i128>) {
    let whole = amount.value.checked_mul(1_000_000);
    let slack = |ppm: u32| amount.value.checked_abs()?.checked_mul(i128::from(ppm));
    let low = || whole?.checked_sub(slack(amount.tolerance_ppm)?);
    let high = || whole?.checked_add(slack(amount.above_ppm)?);
    (low(), high())
}
