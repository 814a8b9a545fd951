//! Probes that come back, late, forged or from elsewhere, and what follows.

use proptest::prelude::*;

use super::*;

type Sent = BTreeMap<String, Vec<u8>>;

const WALL: u64 = 1_700_000_000_000;

fn desired(node: &str, settings: &str, ports: &[(&str, &str)]) -> Desired {
    let mut text = format!(
        "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n[node]\nname = \"{node}\"\n\
         device = \"u0\"\nvtep = \"10.99.0.1\"\n{settings}\n[[vpc]]\nid = \"v\"\n\
         [[network]]\nid = \"red\"\nvpc = \"v\"\nvni = 7\n\
         [[network]]\nid = \"blue\"\nvpc = \"v\"\nvni = 8\n"
    );
    for (at, (id, network)) in ports.iter().enumerate() {
        let port = format!(
            "[[port]]\nid = \"{id}\"\nnetwork = \"{network}\"\ndevice = \"d{at}\"\n\
             kind = \"tap\"\nmac = \"02:00:00:00:00:{at:02x}\"\nips = []\ngroups = []\n"
        );
        text.push_str(&port);
    }
    crate::spec::read("test.toml", &text).expect("the file is sound")
}

const BLOCK: &str = "[node.loop_detection]\ninterval = 1\naction = \"block\"\nrecovery = 10";
const PORTS: &[(&str, &str)] = &[("a", "red"), ("b", "red"), ("c", "red"), ("d", "blue")];

fn key(text: &str) -> Key {
    Key::of(text.as_bytes())
}

fn detector(node: &str, settings: &str, shared: Option<Key>) -> Detector {
    let mut run = [0; 8];
    run[..node.len()].copy_from_slice(node.as_bytes());
    let mut detector = Detector::new(run, key(node));
    let desired = desired(node, settings, PORTS);
    assert!(detector.take(&desired, shared, Duration::ZERO).is_empty());
    detector
}

fn wall(now: Duration) -> u64 {
    WALL + milliseconds(now)
}

/// Lets a detector send for a second; returns the probes, by port.
fn probes(detector: &mut Detector, now: &mut Duration) -> Sent {
    second(detector, now).0
}

/// The same, with all else that is to be done.
fn second(detector: &mut Detector, now: &mut Duration) -> (Sent, Vec<(Duration, Deed)>) {
    let (mut sent, mut others) = (BTreeMap::new(), Vec::new());
    for _ in 0..10 {
        *now += Duration::from_millis(100);
        for deed in detector.tick(*now, wall(*now)) {
            match deed {
                Deed::Send(port, _device, frame) => drop(sent.insert(port, frame)),
                other => others.push((*now, other)),
            }
        }
    }
    (sent, others)
}

fn closes(deeds: &[Deed]) -> Vec<&str> {
    let mut closed = Vec::new();
    for deed in deeds {
        if let Deed::Close(port, _device) = deed {
            closed.push(port.as_str());
        }
    }
    closed
}

#[test]
fn every_port_sends_once_a_round_and_not_all_at_once() {
    let mut detector = detector("n1", BLOCK, None);
    let mut count = BTreeMap::new();
    for step in 1..=100_u32 {
        let now = Duration::from_millis(100) * step;
        let deeds = detector.tick(now, wall(now));
        assert!(deeds.len() <= 1, "{deeds:?}");
        for deed in deeds {
            if let Deed::Send(port, ..) = deed {
                *count.entry(port).or_insert(0) += 1;
            }
        }
    }
    assert!(count.len() == 4 && count.values().all(|count| (9..=11).contains(count)), "{count:?}");
}

#[test]
fn a_port_that_hears_itself_is_closed_and_opened_once_it_no_longer_does() {
    let (mut detector, mut now) = (detector("n1", BLOCK, None), Duration::ZERO);
    let sent = probes(&mut detector, &mut now);
    let deeds = detector.heard("a", &sent["a"], now, wall(now));
    assert_eq!(closes(&deeds), ["a"]);
    assert!(matches!(&deeds[1], Deed::Tell(News { what: What::Found, finding, .. })
        if finding.kind == Kind::Own && finding.blocked));
    assert!(detector.heard("a", &sent["a"], now, wall(now)).is_empty());
    let before = now;
    let opened = (0..200).find_map(|_| {
        now += Duration::from_millis(100);
        let deeds = detector.tick(now, wall(now));
        deeds.iter().any(|deed| matches!(deed, Deed::Open(..))).then_some(now)
    });
    assert_eq!(opened, Some(before + Duration::from_secs(10)));
}

#[test]
fn of_ports_that_hear_each_other_all_but_the_first_are_closed() {
    let (mut detector, mut now) = (detector("n1", BLOCK, None), Duration::ZERO);
    let sent = probes(&mut detector, &mut now);
    let mut closed = Vec::new();
    for from in ["a", "b", "c"] {
        for to in ["a", "b", "c"].into_iter().filter(|to| *to != from) {
            let deeds = detector.heard(to, &sent[from], now, wall(now));
            closed.extend(closes(&deeds).into_iter().map(str::to_owned));
        }
    }
    assert_eq!(closed, ["b", "c"]);
    assert!(detector.heard("d", &sent["a"], now, wall(now)).is_empty(), "of another network");
}

#[test]
fn a_report_closes_nothing_and_taking_the_action_back_opens() {
    let report = BLOCK.replace("block", "report");
    let (mut one, mut now) = (detector("n1", &report, None), Duration::ZERO);
    let sent = probes(&mut one, &mut now);
    let deeds = one.heard("a", &sent["a"], now, wall(now));
    assert!(matches!(deeds.as_slice(), [Deed::Tell(_)]), "{deeds:?}");
    let mut two = detector("n1", BLOCK, None);
    let sent = probes(&mut two, &mut now);
    two.heard("a", &sent["a"], now, wall(now));
    for settings in ["", &report] {
        let deeds = two.take(&desired("n1", settings, PORTS), None, now);
        assert_eq!(deeds.len(), usize::from(settings.is_empty()), "{deeds:?}");
    }
}

#[test]
fn what_is_old_forged_or_of_nobody_here_means_nothing() {
    let (mut detector, mut now) = (detector("n1", BLOCK, None), Duration::ZERO);
    let sent = probes(&mut detector, &mut now);
    let probe = frame::decode(&sent["a"]).unwrap().probe;
    let forged = [
        frame::encode(&probe, &key("other")),
        frame::encode(&Probe { number: 900, ..probe }, &key("n1")),
        frame::encode(&Probe { vni: 8, ..probe }, &key("n1")),
        frame::encode(&Probe { run: [9; 8], node: "n2", ..probe }, &key("n1")),
        frame::encode(&Probe { port: "gone", ..probe }, &key("n1")),
    ];
    for frame in &forged {
        assert!(detector.heard("a", frame, now, wall(now)).is_empty());
    }
    for _ in 0..3 {
        probes(&mut detector, &mut now);
    }
    assert!(detector.heard("a", &sent["a"], now, wall(now)).is_empty(), "it is old");
    assert_eq!((detector.counts.loops, detector.counts.refused), (0, 6));
}

#[test]
fn a_flood_of_forged_ones_costs_few_signatures() {
    let (mut detector, mut now) = (detector("n1", BLOCK, None), Duration::ZERO);
    let sent = probes(&mut detector, &mut now);
    let mut forged = sent["a"].clone();
    let end = 14 + 34 + 2 + 1 + 16;
    forged[end - 1] ^= 1;
    for _ in 0..1000 {
        assert!(detector.heard("a", &forged, now, wall(now)).is_empty());
    }
    assert!(detector.ports["a"].checks.1 > CHECKS);
    // And no longer than a second.
    now += Duration::from_secs(1);
    assert_eq!(closes(&detector.heard("a", &sent["a"], now, wall(now))), ["a"]);
}

#[test]
fn of_two_nodes_one_closes() {
    let shared = || Some(key("shared"));
    let mut now = Duration::ZERO;
    let (mut one, mut two) = (detector("n1", BLOCK, shared()), detector("n2", BLOCK, shared()));
    let (of_one, of_two) = (probes(&mut one, &mut now), probes(&mut two, &mut now));
    let deeds = one.heard("a", &of_two["b"], now, wall(now));
    assert!(matches!(deeds.as_slice(), [Deed::Tell(_)]), "{deeds:?}");
    assert_eq!(closes(&two.heard("b", &of_one["a"], now, wall(now))), ["b"]);
    // Again: a replay. Later: old.
    assert!(two.heard("b", &of_one["a"], now, wall(now)).is_empty());
    let late = wall(now) + WINDOW_MS + 2000;
    assert!(two.heard("a", &of_one["a"], now, late).is_empty());
    let mut alone = detector("n3", BLOCK, None);
    assert!(alone.heard("a", &of_one["a"], now, wall(now)).is_empty(), "it has no key");
}

#[test]
fn one_that_was_closed_before_is_opened_after_its_time_and_by_hand() {
    let (mut detector, mut now) = (detector("n1", BLOCK, None), Duration::ZERO);
    assert!(detector.adopt("a", now, wall(now)).is_some());
    assert!(detector.adopt("b", now, wall(now)).is_some());
    assert_eq!(detector.closed().len(), 2);
    assert!(matches!(detector.lift("b", now).as_slice(), [Deed::Open(..), Deed::Tell(_)]));
    assert!(detector.lift("b", now).is_empty());
    now += Duration::from_secs(10);
    let deeds = detector.tick(now, wall(now));
    assert!(deeds.iter().any(|deed| matches!(deed, Deed::Open(port, _) if port == "a")));
    assert!(detector.closed().is_empty());
}

proptest! {
    /// A loop that comes and goes: a port opens no sooner than its time after it was heard last,
    /// which doubles, and never twice without being closed between.
    #[test]
    fn a_loop_that_flaps_opens_its_port_ever_more_seldom(
        looped in proptest::collection::vec(any::<bool>(), 200..400),
    ) {
        let (mut detector, mut now) = (detector("n1", BLOCK, None), Duration::ZERO);
        let (mut closed, mut opened, mut last) = (false, 0_u32, Duration::ZERO);
        for looped in looped {
            let (sent, mut deeds) = second(&mut detector, &mut now);
            let before = last;
            if looped && let Some(frame) = sent.get("a") {
                let heard = detector.heard("a", frame, now, wall(now));
                deeds.extend(heard.into_iter().map(|deed| (now, deed)));
                last = now;
            }
            for (at, deed) in deeds {
                match deed {
                    Deed::Close(..) => {
                        prop_assert!(!closed);
                        closed = true;
                    }
                    Deed::Open(..) => {
                        prop_assert!(closed);
                        closed = false;
                        opened += 1;
                        prop_assert!(at >= before + Duration::from_secs(10));
                    }
                    _ => {}
                }
            }
        }
        prop_assert!(now.as_secs() >= u64::from(opened) * 10);
    }

    /// Whatever comes in, nothing is closed that no probe of its own came back to.
    #[test]
    fn what_a_guest_makes_up_closes_nothing(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        from in 0..4_usize, at in 0..4_usize, flip in 14..80_usize, ago in 0..5_u32,
    ) {
        let (mut detector, mut now) = (detector("n1", BLOCK, None), Duration::ZERO);
        let sent = probes(&mut detector, &mut now);
        for _ in 0..ago {
            probes(&mut detector, &mut now);
        }
        let (from, at) = (PORTS[from].0, PORTS[at].0);
        let mut changed = sent[from].clone();
        let signed = 14 + 34 + 2 + 1 + 16;
        changed[flip.min(signed - 1)] ^= 0x41;
        for frame in [bytes, changed] {
            prop_assert!(closes(&detector.heard(at, &frame, now, wall(now))).is_empty());
        }
    }
}
