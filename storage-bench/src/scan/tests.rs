//! A throttled disk among twelve, healthy rounds with noise, and what settles a suspect.

use super::*;
use crate::random::Random;

fn disk(number: usize) -> Disk {
    Disk {
        path: format!("/dev/sd{number}"),
        serial: format!("S{number}"),
        model: "M".to_owned(),
        firmware: "1".to_owned(),
        size_bytes: 4_000_000_000_000,
        ..Disk::default()
    }
}

/// A source of disks that are alike but for what real ones differ by: each disk 3 % of its
/// own, each measurement 2 % more, tails 20 %, all normal about their logarithm.
struct Noise {
    random: Random,
}

impl Noise {
    fn new(seed: u64) -> Self {
        Self { random: Random::new(seed) }
    }

    fn normal(&mut self) -> f64 {
        // Box and Muller; a unit of 0 would have no logarithm.
        let (a, b) = (1.0 - self.random.unit(), self.random.unit());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a speed")]
    fn about(&mut self, value: f64, own: f64, spread: f64) -> u64 {
        (value * (own + spread * self.normal()).exp()) as u64
    }

    /// Measures a disk that is `own` off the middle of its kind.
    fn measure(&mut self, own: f64) -> Speeds {
        Speeds {
            mean_ns: Some(self.about(85_000.0, own, 0.02)),
            p99_9_ns: Some(self.about(240_000.0, own, 0.20)),
            max_ns: Some(self.about(3_000_000.0, own, 0.60)),
            outer_bytes_per_s: Some(self.about(530e6, -own, 0.02)),
            inner_bytes_per_s: Some(self.about(525e6, -own, 0.02)),
            errors: 0,
        }
    }

    /// Returns how far each of twelve disks is off the middle, and what all did at once.
    fn dozen(&mut self) -> ([f64; 12], Vec<Disk>) {
        let own = [(); 12].map(|()| 0.03 * self.normal());
        let measured = own.map(|own| self.measure(own)).into_iter().enumerate();
        (own, measured.map(|(number, speeds)| Disk { speeds, ..disk(number) }).collect())
    }
}

fn disks(seed: u64) -> Vec<Disk> {
    Noise::new(seed).dozen().1
}

/// Returns the disks of a state other than healthy.
fn accused(found: &[Found]) -> Vec<usize> {
    (0..found.len()).filter(|at| found[*at].state != State::Healthy).collect()
}

/// Runs the whole search over a dozen of which `throttle` slows one down, and returns who
/// is suspected at first and who is accused in the end.
fn search(seed: u64, throttle: impl Fn(usize, &mut Speeds)) -> (Vec<usize>, Vec<usize>) {
    let mut noise = Noise::new(seed);
    let (own, mut disks) = noise.dozen();
    for (at, disk) in disks.iter_mut().enumerate() {
        throttle(at, &mut disk.speeds);
    }
    let mut found = judge(&disks);
    let suspects = accused(&found);
    for suspect in &suspects {
        let peer = beside(&found, *suspect)[0];
        let rounds: Vec<_> = (0..5)
            .map(|_| {
                let [mut alone, beside] = [*suspect, peer].map(|at| noise.measure(own[at]));
                throttle(*suspect, &mut alone);
                (alone, beside)
            })
            .collect();
        confirm(&mut found[*suspect], &rounds);
    }
    (suspects, accused(&found))
}

#[test]
fn one_throttled_disk_of_twelve_is_found_and_no_other() {
    // Each way of being slow is enough alone.
    for seed in 0..300 {
        let slow = usize::try_from(seed % 12).unwrap();
        let (_, accused) = search(seed, |at, speeds| match seed % 3 {
            _ if at != slow => {}
            0 => speeds.mean_ns = speeds.mean_ns.map(|ns| ns * 3 / 2),
            1 => speeds.outer_bytes_per_s = speeds.outer_bytes_per_s.map(|rate| rate * 6 / 10),
            _ => speeds.p99_9_ns = speeds.p99_9_ns.map(|ns| ns * 10),
        });
        assert_eq!(accused, [slow], "seed {seed}");
    }
}

#[test]
fn fifty_healthy_rounds_accuse_nobody() {
    for seed in 1_000..1_050 {
        let (_, accused) = search(seed, |_, _| {});
        assert_eq!(accused, Vec::<usize>::new(), "seed {seed}");
    }
}

#[test]
fn of_a_hundred_and_twenty_thousand_healthy_disks_none_is_accused() {
    let (mut suspected, mut wrong) = (0, 0);
    for seed in 100_000..110_000 {
        let (suspects, accused) = search(seed, |_, _| {});
        suspected += suspects.len();
        wrong += accused.len();
    }
    println!("of 120,000 disks in 10,000 rounds: {suspected} suspected, {wrong} accused wrongly");
    // 46 and 0; one round alone instead of five accused 5.
    assert!(suspected <= 60 && wrong == 0, "{suspected} {wrong}");
}

#[test]
fn disks_of_another_kind_are_no_peers() {
    let mut disks = disks(5);
    for disk in &mut disks[..3] {
        disk.firmware = "2".to_owned();
        disk.speeds.mean_ns = Some(900_000);
    }
    let found = judge(&disks);
    assert!(found.iter().all(|found| found.state == State::Healthy), "{found:?}");
    assert_eq!((found[0].peers, found[0].compared), (3, false));
    assert!(found[0].notes.iter().any(|note| note.code == "few-peers"), "{:?}", found[0].notes);
    assert_eq!((found[3].peers, found[3].compared), (9, true));
}

#[test]
fn a_group_of_five_is_compared_and_of_four_is_not() {
    for (count, compared) in [(4, false), (5, true)] {
        let mut disks: Vec<Disk> = disks(9).into_iter().take(count).collect();
        disks[0].speeds.mean_ns = Some(1_000_000);
        let found = judge(&disks);
        assert_eq!((found[0].compared, found[0].state == State::Suspect), (compared, compared));
    }
}

#[test]
fn absolute_rules_are_asked_in_any_group() {
    let lone = |change: fn(&mut Disk)| {
        let mut disk = disk(1);
        change(&mut disk);
        let found = judge(&[disk]).remove(0);
        (found.state, found.reasons.into_iter().map(|reason| reason.code).collect::<Vec<_>>())
    };
    assert_eq!(lone(|_| {}), (State::Healthy, vec![]));
    assert_eq!(lone(|d| d.speeds.errors = 1), (State::Sick, vec!["io-errors".to_owned()]));
    assert_eq!(lone(|d| d.speeds.max_ns = Some(LONGEST_NS - 1)).0, State::Healthy);
    let long = lone(|d| d.speeds.max_ns = Some(LONGEST_NS));
    assert_eq!(long, (State::Sick, vec!["long-operation".to_owned()]));
    let zones = lone(|d| d.zones = vec![100, 100, 100, 100, 50, 100, 100, 100, 100]);
    assert_eq!(zones, (State::Suspect, vec!["slow-zones".to_owned()]));
    let grew = lone(|d| {
        let counters = |count| Some(Counters::Ata(Ata { raw: [(5, count)].into() }));
        (d.before, d.after) = (counters(1), counters(2));
    });
    assert_eq!(grew, (State::Sick, vec!["smart-grew".to_owned()]));
}

#[test]
fn a_suspect_is_settled_by_measuring_it_alone() {
    let mut disks = disks(3);
    disks[4].speeds.mean_ns = Some(150_000);
    let suspect = judge(&disks).remove(4);
    assert_eq!(suspect.state, State::Suspect);
    let peer = disks[0].speeds;
    let alone = |own: Option<Speeds>| {
        let mut found = suspect.clone();
        let rounds: Vec<_> = own.map(|own| (own, peer)).into_iter().collect();
        confirm(&mut found, &rounds);
        found
    };
    assert_eq!(alone(None).state, State::Suspect);
    assert_eq!(alone(Some(disks[4].speeds)).state, State::Slow);
    let cleared = alone(Some(disks[5].speeds));
    assert_eq!((cleared.state, cleared.reasons.len()), (State::Healthy, 0));
    assert!(cleared.notes.iter().any(|note| note.code == "slow-in-company"));
    assert!(cleared.standing[0].flagged, "what was measured in company stays to be seen");
}

#[test]
fn a_suspect_is_measured_beside_the_peer_in_the_middle() {
    let mut disks = disks(3);
    disks[4].speeds.mean_ns = Some(150_000);
    disks[7].firmware = "2".to_owned();
    let found = judge(&disks);
    let order = beside(&found, 4);
    let at = order[0];
    assert_eq!(order.len(), 10, "neither itself nor another kind: {order:?}");
    let worst = |found: &Found| found.standing.iter().map(|one| one.worse_ppm.abs()).max().unwrap();
    let nearest = (0..12).filter(|at| ![4, 7].contains(at)).min_by_key(|at| worst(&found[*at]));
    assert_eq!(Some(at), nearest);
    assert!(beside(&found[4..5], 0).is_empty());
    assert!(beside(&found, 99).is_empty());
}

#[test]
fn without_smart_a_disk_is_judged_by_speed_and_says_so() {
    let found = judge(&[disk(1)]).remove(0);
    assert!(found.notes.iter().any(|note| note.code == "no-smart"));
    let after = Some(Counters::Nvme(Nvme { available_spare: 100, ..Nvme::default() }));
    let found = judge(&[Disk { after, ..disk(1) }]).remove(0);
    assert!(found.notes.iter().any(|note| note.code == "smart-not-compared"));
}
