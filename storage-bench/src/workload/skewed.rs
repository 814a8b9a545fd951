//! Ranks by Zipf's and by Pareto's law, without tables.
//!
//! Zipf: rejection-inversion (Hörmann and Derflinger, “Rejection-inversion to generate
//! variates from monotone discrete distributions”, 1996). It is exact for any number of
//! ranks, where fio sums up to 10 million terms at start and approximates the rest.
//! Pareto: fio's inverse function, `n · u^(ln h / ln (1 − h))`.

use crate::random::Random;

/// How near to 1 θ may come before 1 + ε loses what matters of ε: from here on the plain
/// power, which takes half the time, is right to 10 digits.
const EXACT: f64 = 1e-6;

/// Zipf's law: rank k, from 1, has a probability proportional to k^−θ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Zipf {
    ranks: f64,
    theta: f64,
    /// Integral of the density up to the middle of the first rank, less its weight.
    low: f64,
    /// Integral up to the end of the last rank.
    high: f64,
    /// Distance from a rank up to which what is drawn is always taken.
    near: f64,
}

impl Zipf {
    /// Returns the law over `ranks` ranks, at least 1, with exponent `theta`, above 0.
    #[expect(clippy::cast_precision_loss, reason = "ranks are blocks: below 2^54")]
    pub(super) fn new(ranks: u64, theta: f64) -> Self {
        let mut law = Self { ranks: ranks as f64, theta, low: 0.0, high: 0.0, near: 0.0 };
        law.low = law.integral(1.5) - 1.0;
        law.high = law.integral(law.ranks + 0.5);
        law.near = 2.0 - law.inverse(law.integral(2.5) - law.density(2.0));
        law
    }

    /// Returns a rank, from 0.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "clamped to the ranks")]
    #[expect(clippy::cast_sign_loss, reason = "at least 1")]
    pub(super) fn draw(&self, random: &mut Random) -> u64 {
        loop {
            let under = self.high + random.unit() * (self.low - self.high);
            let at = self.inverse(under);
            let rank = at.round().clamp(1.0, self.ranks);
            if rank - at <= self.near || under >= self.integral(rank + 0.5) - self.density(rank) {
                return rank as u64 - 1;
            }
        }
    }

    fn density(&self, at: f64) -> f64 {
        at.powf(-self.theta)
    }

    /// ∫ x^−θ from 1 to `at`; stays exact as θ nears 1.
    fn integral(&self, at: f64) -> f64 {
        let power = 1.0 - self.theta;
        (power * at.ln()).exp_m1() / power
    }

    /// The place up to which the integral is `area`.
    #[inline]
    fn inverse(&self, area: f64) -> f64 {
        let power = 1.0 - self.theta;
        // Rounding may reach just below −1 at the far end.
        let above = (area * power).max(-1.0);
        if power.abs() > EXACT {
            return (1.0 + above).powf(1.0 / power);
        }
        (above.ln_1p() / power).exp()
    }
}

/// Pareto's law as fio draws it: a share h of the ranks gets a share 1 − h of the accesses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pareto {
    ranks: f64,
    power: f64,
}

impl Pareto {
    /// Returns the law over `ranks` ranks, at least 1, with a skew between 0 and 1.
    #[expect(clippy::cast_precision_loss, reason = "ranks are blocks: below 2^54")]
    pub(super) fn new(ranks: u64, skew: f64) -> Self {
        Self { ranks: ranks as f64, power: skew.ln() / (-skew).ln_1p() }
    }

    /// Returns a rank, from 0. The last is among them: fio's `n − 1` leaves it out.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "below the ranks")]
    #[expect(clippy::cast_sign_loss, reason = "a product of numbers from 0")]
    pub(super) fn draw(&self, random: &mut Random) -> u64 {
        let at = self.ranks * random.unit().powf(self.power);
        at.min(self.ranks - 1.0) as u64
    }
}

#[cfg(test)]
mod tests;
