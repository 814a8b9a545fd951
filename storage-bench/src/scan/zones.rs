//! Parts of a disk that are slower than their neighbours: `storage.md` §8, 6.
//!
//! A hard disk loses half of its speed from the outer to the inner tracks, evenly: a part
//! is therefore compared with the parts around it, not with all.

use crate::measurement::Doubt;

/// How many parts on each side are neighbours.
const REACH: usize = 4;

/// Fewest neighbours that a part is compared with.
const LEAST: usize = 4;

/// Share of the neighbours' median below which a part is slow, in percent.
const SLOW_PERCENT: u128 = 70;

/// Returns the parts that do less than 70 % of the median of their neighbours, from 0.
///
/// Up to three slow parts in a row are found; a wider one is a slow half of its own
/// neighbours and shows in the picture.
pub(super) fn slow(zones: &[u64]) -> Vec<u32> {
    let is_slow = |at: &usize| {
        let before = zones.get(at.saturating_sub(REACH)..*at).unwrap_or_default();
        let after = zones.iter().skip(at + 1).take(REACH);
        let mut around: Vec<u64> = before.iter().chain(after).copied().collect();
        tiny_sort::stable::sort(&mut around);
        let median = around.get(around.len() / 2).copied().unwrap_or(0);
        let own = zones.get(*at).copied().unwrap_or(0);
        around.len() >= LEAST && u128::from(own) * 100 < u128::from(median) * SLOW_PERCENT
    };
    (0..zones.len()).filter(is_slow).filter_map(|at| u32::try_from(at).ok()).collect()
}

/// Returns what slow parts say against a disk.
pub(super) fn reason(slow: &[u32], zones: usize) -> Option<Doubt> {
    let first = slow.first()?;
    let count = slow.len();
    let zh = format!("{zones} 个区段中 {count} 个低于相邻区段的 70 %，首个为第 {first} 段");
    let en = format!(
        "{count} of {zones} zones do less than 70 % of their neighbours, the first is zone {first}"
    );
    Some(Doubt::new("slow-zones", zh, en))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hard disk of 100 parts, from 250 MB/s at the outer edge to 120 inside.
    fn sweep() -> Vec<u64> {
        (0..100).map(|at| 250_000_000 - at * 1_300_000).collect()
    }

    #[test]
    fn the_slope_of_a_hard_disk_is_no_slow_zone() {
        assert_eq!(slow(&sweep()), Vec::<u32>::new());
    }

    #[test]
    fn a_slow_zone_is_found_anywhere_even_three_in_a_row() {
        for at in 0..100_usize {
            let mut zones = sweep();
            zones[at] = zones[at] * 65 / 100;
            assert_eq!(slow(&zones), [u32::try_from(at).unwrap()]);
        }
        let mut zones = sweep();
        zones[40..43].fill(100_000_000);
        assert_eq!(slow(&zones), [40, 41, 42]);
    }

    #[test]
    fn seventy_percent_is_not_slow() {
        let mut zones = vec![100; 9];
        zones[4] = 70;
        assert_eq!(slow(&zones), Vec::<u32>::new());
        zones[4] = 69;
        assert_eq!(slow(&zones), [4]);
        assert_eq!(reason(&[4], 9).unwrap().code, "slow-zones");
    }

    #[test]
    fn too_few_zones_have_no_neighbours() {
        assert_eq!(slow(&[100, 1, 100, 100]), Vec::<u32>::new());
        assert_eq!(slow(&[]), Vec::<u32>::new());
        assert_eq!(reason(&[], 0), None);
    }
}
