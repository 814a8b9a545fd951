//! That the laws are followed, over few ranks and over very many.
#![expect(clippy::cast_precision_loss, reason = "statistics of small counts")]
#![expect(clippy::cast_possible_truncation, reason = "ranks of a test")]

use super::*;

const DRAWS: u64 = 200_000;

/// How far χ² of `seen` is from its mean, in standard deviations; cells of less than ten
/// expected are one.
fn deviation(seen: &[u64], weight: impl Fn(usize) -> f64) -> f64 {
    let total: f64 = (0..seen.len()).map(&weight).sum();
    let (mut chi, mut cells, mut rare, mut rare_expected) = (0.0, 0_u32, 0_u64, 0.0);
    for (rank, n) in seen.iter().enumerate() {
        let expected = weight(rank) / total * DRAWS as f64;
        if expected < 10.0 {
            rare += n;
            rare_expected += expected;
        } else {
            chi += (*n as f64 - expected).powi(2) / expected;
            cells += 1;
        }
    }
    if rare_expected > 0.0 {
        chi += (rare as f64 - rare_expected).powi(2) / rare_expected;
        cells += 1;
    }
    let degrees = f64::from(cells) - 1.0;
    if degrees < 1.0 { 0.0 } else { (chi - degrees) / (2.0 * degrees).sqrt() }
}

#[test]
fn zipf_draws_each_rank_as_often_as_its_law_says() {
    for theta in [0.2, 0.8, 0.99, 0.999_9, 0.999_999_999, 1.000_000_000_1, 1.000_01, 1.2, 2.5, 8.0]
    {
        for ranks in [1_u64, 2, 3, 10, 1000] {
            let law = Zipf::new(ranks, theta);
            let mut random = Random::new(ranks);
            let mut seen = vec![0; ranks as usize];
            for _ in 0..DRAWS {
                seen[law.draw(&mut random) as usize] += 1;
            }
            let off = deviation(&seen, |rank| (rank as f64 + 1.0).powf(-theta));
            assert!(off.abs() <= 4.0, "θ {theta}, {ranks} ranks: {off}");
        }
    }
}

#[test]
fn zipf_over_an_exabyte_has_the_share_of_its_first_ranks() {
    // 2^48 blocks. The sum of k^−θ by Euler and Maclaurin, past the first million terms.
    let (ranks, theta, head) = (1_u64 << 48, 1.1_f64, 1_000_000_u64);
    let first: f64 = (1..=head).map(|k| (k as f64).powf(-theta)).sum();
    let (a, b) = (head as f64, ranks as f64);
    let tail = (b.powf(1.0 - theta) - a.powf(1.0 - theta)) / (1.0 - theta)
        + (b.powf(-theta) - a.powf(-theta)) / 2.0;
    let share = first / (first + tail);
    let law = Zipf::new(ranks, theta);
    let mut random = Random::new(11);
    let drawn: Vec<u64> = (0..DRAWS).map(|_| law.draw(&mut random)).collect();
    assert!(drawn.iter().all(|rank| *rank < ranks));
    let within = drawn.iter().filter(|rank| **rank < head).count() as f64;
    let expected = share * DRAWS as f64;
    let z = (within - expected) / (expected * (1.0 - share)).sqrt();
    assert!(z.abs() <= 4.0, "{within} of {expected}: z {z}");
}

#[test]
fn pareto_gives_a_share_of_the_ranks_the_rest_of_the_accesses() {
    for skew in [0.05, 0.2, 0.4] {
        let (ranks, law) = (1_u64 << 40, Pareto::new(1 << 40, skew));
        let mut random = Random::new(5);
        let head = ranks as f64 * skew;
        let within = (0..DRAWS).filter(|_| (law.draw(&mut random) as f64) < head).count() as f64;
        let expected = (1.0 - skew) * DRAWS as f64;
        let z = (within - expected) / (expected * skew).sqrt();
        assert!(z.abs() <= 4.0, "{skew}: {within} of {expected}");
    }
}

#[test]
fn pareto_draws_each_rank_as_often_as_its_law_says() {
    for (skew, ranks) in [(0.2_f64, 100_u64), (0.2, 1), (0.5, 7), (0.9, 50)] {
        let law = Pareto::new(ranks, skew);
        let mut random = Random::new(ranks);
        let mut seen = vec![0; ranks as usize];
        for _ in 0..DRAWS {
            seen[law.draw(&mut random) as usize] += 1;
        }
        let upto = |rank: usize| (rank as f64 / ranks as f64).powf((1.0 - skew).ln() / skew.ln());
        let off = deviation(&seen, |rank| upto(rank + 1) - upto(rank));
        assert!(off.abs() <= 4.0, "{skew}, {ranks} ranks: {off}");
    }
}
