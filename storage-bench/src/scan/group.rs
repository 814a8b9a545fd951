//! Disks of one kind, and how each stands to the others: `storage.md` §8, 2 and 3.
//!
//! Whole numbers throughout: medians are kept doubled, for the median of an even number
//! of values lies between two.

use crate::measurement::Doubt;
use crate::scan::{Disk, Speeds, Standing};

/// Robust z beyond which a value does not belong, in thousandths.
const MOST_Z_MILLI: i64 = 3_500;

/// What makes the median absolute deviation comparable with a standard deviation:
/// Φ⁻¹(3/4), in ten-thousandths.
const NORMAL: i128 = 6_745;

/// One speed of a disk: where it is found and how it is judged.
struct Speed {
    name: &'static str,
    of: fn(&Speeds) -> Option<u64>,
    /// Whether more is worse.
    latency: bool,
    /// How much worse than the median accuses, in parts per million.
    margin_ppm: i64,
    zh: &'static str,
    en: &'static str,
}

const SPEEDS: [Speed; 4] = [
    Speed {
        name: "mean_ns",
        of: |speeds| speeds.mean_ns,
        latency: true,
        margin_ppm: 150_000,
        zh: "平均时延",
        en: "mean latency",
    },
    Speed {
        name: "p99_9_ns",
        of: |speeds| speeds.p99_9_ns,
        latency: true,
        margin_ppm: 1_000_000,
        zh: "p99.9 时延",
        en: "p99.9 latency",
    },
    Speed {
        name: "outer_bytes_per_s",
        of: |speeds| speeds.outer_bytes_per_s,
        latency: false,
        margin_ppm: 150_000,
        zh: "外圈顺序读",
        en: "sequential read at the start",
    },
    Speed {
        name: "inner_bytes_per_s",
        of: |speeds| speeds.inner_bytes_per_s,
        latency: false,
        margin_ppm: 150_000,
        zh: "内圈顺序读",
        en: "sequential read at the end",
    },
];

/// Returns the disks of the same model, firmware and size, `disk` included.
pub(super) fn peers<'a>(disk: &Disk, disks: &'a [Disk]) -> Vec<&'a Disk> {
    let kind = |disk: &Disk| (disk.model.clone(), disk.firmware.clone(), disk.size_bytes);
    let own = kind(disk);
    disks.iter().filter(|other| kind(other) == own).collect()
}

/// Returns how each speed of `disk` stands to its peers' that have it, where enough have.
pub(super) fn standing(disk: &Disk, peers: &[&Disk]) -> Vec<Standing> {
    let of = |speed: &Speed| {
        let value = (speed.of)(&disk.speeds)?;
        let values: Vec<u64> = peers.iter().filter_map(|peer| (speed.of)(&peer.speeds)).collect();
        (values.len() >= super::LEAST_PEERS).then(|| stand(speed, value, &values))
    };
    SPEEDS.iter().filter_map(of).collect()
}

fn stand(speed: &Speed, value: u64, values: &[u64]) -> Standing {
    let median = doubled_median(values.iter().map(|value| u128::from(*value)).collect());
    let off = |value: u64| 2 * i128::from(value) - i128::try_from(median).unwrap_or(i128::MAX);
    let deviations = values.iter().map(|value| off(*value).unsigned_abs()).collect();
    // Doubled values, so that this is four times the deviation.
    let deviation = doubled_median(deviations);
    let bad = if speed.latency { off(value) } else { -off(value) };
    let z_milli = z_milli(bad, deviation);
    let worse_ppm = share_ppm(bad, median);
    Standing {
        speed: speed.name.to_owned(),
        value,
        median: u64::try_from(median / 2).unwrap_or(u64::MAX),
        z_milli,
        worse_ppm,
        flagged: z_milli > MOST_Z_MILLI && worse_ppm >= speed.margin_ppm,
    }
}

/// Returns 0.6745·(x − median)/MAD in thousandths, of a doubled distance and a fourfold
/// deviation. Where more than half of the peers agree exactly, whatever differs is out.
fn z_milli(doubled: i128, fourfold: u128) -> i64 {
    let Some(deviation) = i128::try_from(fourfold).ok().filter(|deviation| *deviation > 0) else {
        return match doubled.signum() {
            1 => i64::MAX,
            -1 => i64::MIN,
            _ => 0,
        };
    };
    // 0.6745 · (doubled / 2) / (fourfold / 4) · 1000.
    clamp(NORMAL * doubled * 2 / (10 * deviation))
}

/// Returns a distance over a median, both doubled, in parts per million.
fn share_ppm(distance: i128, median: u128) -> i64 {
    let median = i128::try_from(median).unwrap_or(i128::MAX);
    clamp((distance * 1_000_000).checked_div(median).unwrap_or(0))
}

fn clamp(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value > 0 { i64::MAX } else { i64::MIN })
}

/// Returns twice the median of `values`; 0 of none.
fn doubled_median(mut values: Vec<u128>) -> u128 {
    tiny_sort::stable::sort(&mut values);
    let half = values.len() / 2;
    let upper = values.get(half).copied().unwrap_or(0);
    match values.len() % 2 {
        1 => 2 * upper,
        _ => upper + half.checked_sub(1).and_then(|at| values.get(at)).copied().unwrap_or(0),
    }
}

/// Returns what the flagged speeds say against a disk.
pub(super) fn reasons(standing: &[Standing]) -> Vec<Doubt> {
    let flagged = standing.iter().filter(|standing| standing.flagged);
    let reason = |standing: &Standing| {
        let speed = SPEEDS.iter().find(|speed| speed.name == standing.speed)?;
        let worse = crate::text::percent(standing.worse_ppm.unsigned_abs());
        let z = match standing.z_milli {
            i64::MAX => "z = ∞".to_owned(),
            z => format!("z = {}.{}", z / 1000, z % 1000 / 100),
        };
        let (zh, en) = (speed.zh, speed.en);
        let zh = format!("{zh}比同型号中位数差 {worse}（{z}）");
        let en = format!("{en} is {worse} worse than its peers' median ({z})");
        Some(Doubt::new("slow", zh, en))
    };
    flagged.filter_map(reason).collect()
}

/// Returns whether the speed of this name is worse than the peer's by its margin: the best
/// of own rounds than the median of the peer's, in rounds of (own, peer's).
///
/// What else a host does makes rounds slower and never faster: a disk that is slow is slow
/// in its best round, and one bad round of the peer hides nothing.
pub(super) fn is_worse(name: &str, rounds: &[(Speeds, Speeds)]) -> bool {
    let Some(speed) = SPEEDS.iter().find(|speed| speed.name == name) else { return false };
    let values = |of: fn(&(Speeds, Speeds)) -> &Speeds| -> Vec<u64> {
        rounds.iter().filter_map(|round| (speed.of)(of(round))).collect()
    };
    let (own, peer) = (values(|round| &round.0), values(|round| &round.1));
    let best = if speed.latency { own.iter().min() } else { own.iter().max() };
    let Some(best) = best else { return false };
    let median = doubled_median(peer.iter().map(|value| u128::from(*value)).collect());
    let off = 2 * i128::from(*best) - i128::try_from(median).unwrap_or(i128::MAX);
    let bad = if speed.latency { off } else { -off };
    median > 0 && share_ppm(bad, median) >= speed.margin_ppm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_two() {
        assert_eq!(doubled_median(vec![3, 1, 2]), 4);
        assert_eq!(doubled_median(vec![4, 1, 2, 3]), 5);
        assert_eq!(doubled_median(vec![7]), 14);
        assert_eq!(doubled_median(vec![]), 0);
    }

    #[test]
    fn the_robust_z_is_that_of_its_formula() {
        // Median 100, deviations 10 10 0 10 30 30: MAD 10; 0.6745 · 30 / 10 = 2.0235.
        let standing = stand(&SPEEDS[0], 130, &[90, 110, 100, 90, 130, 70, 110]);
        assert_eq!((standing.median, standing.z_milli, standing.worse_ppm), (100, 2_023, 300_000));
        // Median 102.5, deviations 0.5 0.5 2.5 2.5 2.5 97.5: MAD 2.5.
        let standing = stand(&SPEEDS[0], 200, &[102, 103, 100, 105, 105, 200, 100, 100]);
        assert_eq!((standing.median, standing.z_milli), (102, 26_305));
    }

    #[test]
    fn less_is_worse_of_a_throughput() {
        let standing = stand(&SPEEDS[2], 80, &[100, 100, 101, 99, 80]);
        assert!(standing.flagged && standing.worse_ppm == 200_000, "{standing:?}");
        assert!(!stand(&SPEEDS[2], 120, &[100, 100, 101, 99, 120]).flagged, "faster is fine");
    }

    #[test]
    fn peers_that_agree_to_a_hair_accuse_nobody() {
        let standing = stand(&SPEEDS[0], 114, &[100, 100, 100, 100, 100, 114]);
        assert_eq!((standing.z_milli, standing.flagged), (i64::MAX, false));
        assert!(stand(&SPEEDS[0], 115, &[100, 100, 100, 100, 100, 115]).flagged);
        assert!(!stand(&SPEEDS[0], 0, &[0, 0, 0, 0, 0]).flagged);
    }

    #[test]
    fn one_good_round_clears_and_one_bad_round_of_the_peer_does_not() {
        let mean = |ns| Speeds { mean_ns: Some(ns), ..Speeds::default() };
        let rounds = |own: [u64; 3], peer: [u64; 3]| {
            let rounds: Vec<_> = own.into_iter().zip(peer).collect();
            let rounds: Vec<_> =
                rounds.into_iter().map(|(own, peer)| (mean(own), mean(peer))).collect();
            is_worse("mean_ns", &rounds)
        };
        assert!(rounds([150, 160, 120], [100, 100, 110]));
        assert!(rounds([150, 160, 120], [100, 900, 100]), "the peer had one bad round");
        assert!(!rounds([150, 160, 110], [100, 100, 110]), "one round is as good as a peer's");
        assert!(!rounds([112, 113, 114], [100, 100, 100]), "less than the margin");
        assert!(!rounds([112, 150, 114], [100, 100, 100]), "one bad round is not the median");
        assert!(!is_worse("mean_ns", &[]) && !is_worse("p99_9_ns", &[(mean(9), mean(1))]));
        let outer = |rate| Speeds { outer_bytes_per_s: Some(rate), ..Speeds::default() };
        assert!(is_worse("outer_bytes_per_s", &[(outer(60), outer(100))]));
        assert!(!is_worse("outer_bytes_per_s", &[(outer(100), outer(60))]));
    }

    #[test]
    fn the_z_limit_is_not_reached_at_3_5() {
        // MAD 6,745: z = distance / 10,000.
        let mut values = vec![93_255, 106_745, 93_255, 106_745, 100_000, 135_000, 100_000];
        let at = stand(&SPEEDS[0], 135_000, &values);
        assert_eq!((at.z_milli, at.flagged), (3_500, false), "{at:?}");
        values[5] = 135_020;
        assert!(stand(&SPEEDS[0], 135_020, &values).flagged);
    }
}
