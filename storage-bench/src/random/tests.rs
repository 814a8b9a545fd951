//! What the numbers are, and that they are even.
#![expect(clippy::cast_precision_loss, reason = "statistics of small counts")]

use super::*;

#[test]
fn the_numbers_are_those_of_the_reference_code() {
    // splitmix64 of 1234567, and xoshiro256** from the state 1, 2, 3, 4: vectors that
    // implementations of both in other languages test against.
    let mut at = 1_234_567_u64;
    let mut next = || {
        at = at.wrapping_add(GOLDEN);
        mix(at)
    };
    assert_eq!(next(), 6_457_827_717_110_365_317);
    assert_eq!(next(), 3_203_168_211_198_807_973);
    let mut random = Random { state: [1, 2, 3, 4] };
    let first: Vec<u64> = (0..5).map(|_| random.bits()).collect();
    let expected = [11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360];
    assert_eq!(first, expected);
}

#[test]
fn below_is_even_over_odd_bounds() {
    for bound in [1, 2, 3, 7, 100, 1000] {
        let mut random = Random::new(bound);
        let mut seen = vec![0_u64; usize::try_from(bound).unwrap()];
        for _ in 0..bound * 1000 {
            seen[usize::try_from(random.below(bound)).unwrap()] += 1;
        }
        let chi = seen.iter().map(|n| (n.abs_diff(1000) as f64).powi(2) / 1000.0).sum::<f64>();
        // Mean and variance of χ² with k degrees are k and 2k.
        let degrees = (bound - 1) as f64;
        assert!((chi - degrees).abs() <= 4.0 * (2.0 * degrees).sqrt(), "{bound}: χ² {chi}");
    }
    assert_eq!(Random::new(1).below(0), 0);
}

#[test]
fn unit_stays_below_one_and_has_the_mean_and_variance_of_the_even_distribution() {
    let mut random = Random::new(7);
    let all: Vec<f64> = (0..100_000).map(|_| random.unit()).collect();
    assert!(all.iter().all(|value| (0.0..1.0).contains(value)));
    let mean = all.iter().sum::<f64>() / 1e5;
    let variance = all.iter().map(|value| (value - 0.5).powi(2)).sum::<f64>() / 1e5;
    assert!((mean - 0.5).abs() < 4.0 * (1.0_f64 / 12.0 / 1e5).sqrt(), "{mean}");
    assert!((variance - 1.0 / 12.0).abs() < 0.001, "{variance}");
}

#[test]
fn streams_of_one_seed_have_nothing_in_common() {
    let mut seen = std::collections::HashSet::new();
    for stream in 0..100 {
        let mut random = Random::stream(42, stream);
        for _ in 0..100 {
            assert!(seen.insert(random.bits()), "stream {stream}");
        }
    }
    assert_eq!(Random::stream(42, 3), Random::stream(42, 3));
    assert_ne!(derive(1, 0), derive(0, 1));
}
