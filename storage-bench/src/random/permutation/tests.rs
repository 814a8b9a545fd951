//! That a permutation is one, and has no order that a test of this size can see.
#![expect(clippy::cast_precision_loss, reason = "statistics of small counts")]

use proptest::prelude::*;

use super::*;

fn is_complete(len: u64, key: u64) -> bool {
    let permutation = Permutation::new(len, key);
    let mut seen = vec![false; usize::try_from(len).unwrap()];
    for rank in 0..len {
        let value = permutation.at(rank);
        assert!(value < len && permutation.rank(value) == rank, "{len} {key} {rank}");
        seen[usize::try_from(value).unwrap()] = true;
    }
    seen.into_iter().all(|seen| seen)
}

#[test]
fn every_number_comes_once_for_every_small_count() {
    for len in 0..600 {
        assert!(is_complete(len, len * 31 + 7), "{len}");
    }
}

#[test]
fn the_largest_count_there_is_has_an_inverse() {
    let permutation = Permutation::new(u64::MAX, 3);
    for rank in [0, 1, u64::MAX / 2, u64::MAX - 1] {
        assert_eq!(permutation.rank(permutation.at(rank)), rank);
    }
    assert_eq!((permutation.len(), permutation.is_empty()), (u64::MAX, false));
    assert!(Permutation::new(0, 3).is_empty());
}

#[test]
fn the_first_place_is_even_over_keys() {
    for len in [8_u64, 10, 37, 64, 1000] {
        let mut seen = vec![0_u64; usize::try_from(len).unwrap()];
        for key in 0..len * 200 {
            seen[usize::try_from(Permutation::new(len, key).at(0)).unwrap()] += 1;
        }
        let chi: f64 = seen.iter().map(|n| (n.abs_diff(200) as f64).powi(2) / 200.0).sum();
        let degrees = (len - 1) as f64;
        assert!((chi - degrees).abs() <= 4.0 * (2.0 * degrees).sqrt(), "{len}: χ² {chi}");
    }
}

#[test]
fn the_first_two_places_are_nearly_even_over_keys() {
    for len in [37_u64, 100] {
        let (cells, each) = (len * (len - 1), 100);
        let mut seen = std::collections::BTreeMap::new();
        for key in 0..cells * each {
            let permutation = Permutation::new(len, key);
            *seen.entry((permutation.at(0), permutation.at(1))).or_insert(0_u64) += 1;
        }
        let expected = each as f64;
        let chi = |n: &u64| (n.abs_diff(each) as f64).powi(2) / expected;
        let never = (cells - seen.len() as u64) as f64 * expected;
        let chi = seen.values().map(chi).sum::<f64>() + never;
        // 1 would be even; two pairs of rounds leave 13 and 12, three 1.4 and 1.15.
        let by_degree = chi / (cells - 1) as f64;
        assert!(by_degree < 1.5, "{len}: χ² {by_degree} by degree of freedom");
    }
}

#[test]
fn neighbours_land_apart_and_places_do_not_follow_ranks() {
    let len = 1_u64 << 31;
    let permutation = Permutation::new(len, 5);
    let (n, mean) = (20_000_u64, (len - 1) as f64 / 2.0);
    let values: Vec<f64> = (0..n).map(|rank| permutation.at(rank) as f64 - mean).collect();
    let variance = (len as f64).powi(2) / 12.0;
    // The autocorrelation of independent values has a standard deviation of 1/√n.
    for lag in [1, 2, 3, 64, 1000] {
        let pairs = values.iter().zip(&values[lag..]).map(|(a, b)| a * b);
        let correlation = pairs.sum::<f64>() / variance / n as f64;
        assert!(correlation.abs() < 4.0 / (n as f64).sqrt(), "lag {lag}: {correlation}");
    }
    let drift: f64 = values.iter().sum::<f64>() / n as f64;
    assert!(drift.abs() < 4.0 * (variance / n as f64).sqrt(), "{drift}");
}

proptest! {
    #[test]
    fn a_place_has_one_rank_at_any_size(
        len in prop_oneof![1..5_000_u64, (1_u64 << 40)..(1 << 44), (1_u64 << 60)..u64::MAX],
        key in any::<u64>(),
        at in any::<u64>(),
    ) {
        let permutation = Permutation::new(len, key);
        let value = permutation.at(at % len);
        prop_assert!(value < len);
        prop_assert_eq!(permutation.rank(value), at % len);
    }

    #[test]
    fn two_ranks_never_share_a_place(
        len in (1_u64 << 40)..(1 << 45), key in any::<u64>(), start in any::<u64>(),
    ) {
        let permutation = Permutation::new(len, key);
        let start = start % (len - 500);
        let mut all: Vec<u64> = (start..start + 500).map(|rank| permutation.at(rank)).collect();
        all.sort_unstable();
        all.dedup();
        prop_assert_eq!(all.len(), 500);
    }

    #[test]
    fn every_number_comes_once(len in 600_u64..20_000, key in any::<u64>()) {
        prop_assert!(is_complete(len, key));
    }
}
