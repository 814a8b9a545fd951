//! One rule, member or port changed at full size and on a node with next to nothing; a set of
//! 100,000 elements loaded beside `nft -f`.
//!
//! A change is what the kernel is asked and does: the batch encoded, sent and done. That the
//! desired state is compiled and compared is told apart, and held against no bar here.

#![expect(clippy::disallowed_methods, reason = "a figure is the difference of two times")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use dataplane::desired::{Desired, Direction, Peer, Rule, Traffic, Zones};
use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::kernel::rules;
use dataplane::kernel::socket::Socket;
use dataplane::nft::{Batch, Change, Element, Elements, Family, Key, KeyType, Ruleset, Set};
use dataplane::{firewall, naming, plan, spec};
use hw_tests::Need;
use hw_tests::network::full::{FULL, NEXT_TO_NOTHING, Ports, state};
use hw_tests::network::{Bed, Space};
use hw_tests::sample::interval;
use rustix::net::netlink::NETFILTER;

use super::super::storage::{Noise, absent};
use super::super::{CaseError, Effort, Figure};
use super::TOLERANCE;
use super::cost::failed;
use super::load::count;

const NEEDS: &[Need] = &[Need::Root, Need::Program("ip"), Need::Program("nft")];

/// The bar of a member or rule, of a port, and of each over a node with next to nothing.
const RULE: Duration = Duration::from_millis(2);
const PORT: Duration = Duration::from_millis(20);
const OVER: f64 = 1.5;
/// What that is known to be at most, on a quiet machine of two processors: 20 against 3 µs, for a
/// set of 100,000 elements is in no cache. The bar is not reached; worse than this by as much as
/// noise may do is a fault.
const KNOWN_OVER: f64 = 6.5;

/// Elements of the set that is loaded, and how many times as fast that has to be.
const ELEMENTS: u32 = 100_000;
const TIMES: f64 = 5.0;
/// As many times it is known to be; nearly all is the kernel's own time in both.
const KNOWN_TIMES: f64 = 2.2;

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A rule towards a group.
    Rule,
    /// A rule towards ranges of addresses, which stays a rule of a chain.
    Ranges,
    /// A port elsewhere that is in a group.
    Member,
    /// A port here, of which only the rules count.
    Port,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Rule, Self::Ranges, Self::Member, Self::Port];

    fn text(self) -> &'static str {
        match self {
            Self::Rule => "one rule towards a group",
            Self::Ranges => "one rule towards two ranges of addresses",
            Self::Member => "one member",
            Self::Port => "one port, its rules alone",
        }
    }

    fn bar(self) -> Duration {
        if self == Self::Port { PORT } else { RULE }
    }
}

/// A namespace with the rules of a node in it, and the states that it goes between.
struct Loaded {
    desired: Desired,
    zones: Zones,
    have: Ruleset,
    socket: Socket,
    _bed: Bed,
}

/// A change and its undoing, as batches, and what it took to find them, in µs.
struct Prepared {
    batches: [[Batch; 2]; 2],
    decide: f64,
}

/// States that each kind of change goes to, in turn.
const STATES: u16 = 5;

pub(in super::super) fn one(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(NEEDS)?;
    let rounds = if effort == Effort::Full { 100 } else { 20 };
    let mut full = Loaded::new(&state(FULL, Ports::Tap))?;
    let mut small = Loaded::new(&state(NEXT_TO_NOTHING, Ports::Tap))?;
    let noise = Noise::start();
    let mut figures = Vec::new();
    for kind in Kind::ALL {
        let (mut pairs, mut decided) = (Vec::new(), Vec::new());
        for at in 0..STATES {
            let (ours, theirs) = (full.prepare(kind, at)?, small.prepare(kind, at)?);
            decided.push(ours.decide);
            for way in 0..2 * rounds {
                let (ours, theirs) = (&ours.batches[way % 2], &theirs.batches[way % 2]);
                // Who goes first changes with both ways and with the state.
                let both = if (way / 2) % 2 == 0 {
                    let first = full.perform(ours)?;
                    (first, small.perform(theirs)?)
                } else {
                    let first = small.perform(theirs)?;
                    (full.perform(ours)?, first)
                };
                // The first warms up.
                if way > 1 {
                    pairs.push(both);
                }
            }
        }
        figures.extend(told(kind, &pairs, &decided, &noise)?);
    }
    figures.push(load(effort)?);
    Ok(figures)
}

fn told(
    kind: Kind,
    pairs: &[(f64, f64)],
    decided: &[f64],
    noise: &Noise,
) -> Result<[Figure; 2], CaseError> {
    let sorted = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all
    };
    let part = |sorted: &[f64], percent: usize| {
        sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or(f64::NAN)
    };
    let full = sorted(pairs.iter().map(|pair| pair.0).collect());
    let small = sorted(pairs.iter().map(|pair| pair.1).collect());
    let decided = sorted(decided.to_vec());
    let bar = kind.bar().as_secs_f64() * 1e6;
    let p99 = part(&full, 99);
    let what = kind.text();
    let at_all = Figure {
        what: format!("dataplane: {what} more or less at full size, by the kernel"),
        bar: format!("p99 ≤ {} ms", kind.bar().as_millis()),
        measured: format!(
            "p50 {:.0}, p99 {p99:.0}, longest {:.0} µs, {} changes; compiled and compared before \
             that in p50 {:.1} ms; {}",
            part(&full, 50),
            part(&full, 100),
            full.len(),
            part(&decided, 50) / 1e3,
            noise.text()
        ),
        met: Some(p99 <= bar),
        broken: Some(p99 > bar * TOLERANCE),
    };
    let ratios: Vec<f64> = pairs.iter().map(|(full, small)| full / small).collect();
    let found = interval(&ratios).ok_or_else(|| failed("nothing was measured"))?;
    // A rule of a chain is what is left over; that it costs more is told, and no bar of it.
    let bar = (kind != Kind::Ranges).then_some(OVER);
    let over = Figure {
        what: format!("dataplane: {what} at full size over a node with two groups"),
        bar: bar.map_or("–".to_owned(), |bar| format!("≤ {bar:.1}, the whole interval")),
        measured: format!(
            "{:.2} (95 %: {:.2}–{:.2}), p99 {p99:.0} against {:.0} µs",
            found.median,
            found.low,
            found.high,
            part(&small, 99)
        ),
        met: bar.map(|bar| found.high <= bar),
        broken: bar.map(|_bar| found.low > KNOWN_OVER * TOLERANCE),
    };
    Ok([at_all, over])
}

fn socket(space: &Space) -> Result<Socket, CaseError> {
    Ok(inside(Namespace::Path(&space.path()), || Socket::open(Some(NETFILTER)))?)
}

impl Loaded {
    fn new(text: &str) -> Result<Self, CaseError> {
        let mut bed = Bed::new().map_err(failed)?;
        let socket = socket(&bed.space("rules").map_err(failed)?)?;
        let desired =
            spec::read("full.toml", text).map_err(|errors| failed(format!("{errors:?}")))?;
        let zones = naming::zones(&desired, &Zones::default()).map_err(failed)?;
        let have = firewall::compile::compile(&desired, &zones).map_err(failed)?;
        let batches = plan::batches(&have, &Ruleset::default());
        let mut loaded = Self { desired, zones, have, socket, _bed: bed };
        loaded.perform(&batches)?;
        Ok(loaded)
    }

    fn perform(&mut self, batches: &[Batch; 2]) -> Result<f64, CaseError> {
        let begun = Instant::now();
        for batch in batches.iter().filter(|batch| !batch.changes.is_empty()) {
            rules::perform(&mut self.socket, batch).map_err(failed)?;
        }
        Ok(begun.elapsed().as_secs_f64() * 1e6)
    }

    /// Prepares a change and its undoing.
    fn prepare(&self, kind: Kind, at: u16) -> Result<Prepared, CaseError> {
        let groups = self.desired.groups.len();
        let group = format!("g{}", usize::from(at) * 7 % groups);
        let mut after = self.desired.clone();
        let missing = || failed("a state without what is changed");
        match kind {
            Kind::Rule | Kind::Ranges => {
                let of = after.groups.get_mut(&group).ok_or_else(missing)?;
                let peer = if kind == Kind::Rule {
                    of.rules.first().map(|rule| rule.peer.clone()).ok_or_else(missing)?
                } else {
                    let ranges = ["192.0.2.0/24", "198.51.100.0/24"];
                    Peer::Ranges(ranges.iter().filter_map(|range| range.parse().ok()).collect())
                };
                of.rules.push(Rule {
                    name: format!("{group}-more"),
                    direction: Direction::In,
                    family: None,
                    traffic: Traffic::Ports { protocol: 6, first: 100 + at, last: 100 + at },
                    peer,
                });
            }
            Kind::Member => {
                let mut remote = after.remotes.get("r0").ok_or_else(missing)?.clone();
                remote.mac = "02:00:00:00:ff:01".parse().map_err(failed)?;
                remote.addresses = [std::net::IpAddr::from([10, 0, 255, 1])].into();
                after.remotes.insert("more".to_owned(), remote);
            }
            Kind::Port => {
                let mut port = after.ports.get("p0").ok_or_else(missing)?.clone();
                port.mac = "02:00:00:00:ff:02".parse().map_err(failed)?;
                port.device = "tmore".parse().map_err(failed)?;
                port.addresses = [std::net::IpAddr::from([10, 0, 255, 2])].into();
                after.ports.insert("more".to_owned(), port);
            }
        }
        let begun = Instant::now();
        let want = firewall::compile::compile(&after, &self.zones).map_err(failed)?;
        let there = plan::batches(&want, &self.have);
        let decide = begun.elapsed().as_secs_f64() * 1e6;
        Ok(Prepared { batches: [there, plan::batches(&self.have, &want)], decide })
    }
}

/// The set that is loaded, as a batch and as nft reads it.
fn set() -> (Batch, String) {
    let family = Family::Inet;
    let name = || "as_full".to_owned();
    let address = |number: u32| (0x0a00_0000 + number).to_be_bytes();
    let elements = (0..ELEMENTS)
        .map(|number| (Element { key: Key::from_slice(&address(number)), last: None }, None))
        .collect();
    let set = Set {
        key: vec![KeyType::Ipv4],
        value: None,
        interval: false,
        elements: Elements::default(),
    };
    let shape = set.shape();
    let changes = vec![
        Change::AddTable(family),
        Change::AddSet { family, name: name(), set },
        Change::AddElements { family, set: name(), shape, elements },
    ];
    let mut text = "table inet assay { set as_full { type ipv4_addr; elements = {\n".to_owned();
    for number in 0..ELEMENTS {
        let [a, b, c, d] = address(number);
        writeln!(text, "{a}.{b}.{c}.{d},").expect("a string takes what is written");
    }
    (Batch { changes }, text + "}\n}\n}\n")
}

fn load(effort: Effort) -> Result<Figure, CaseError> {
    let pairs = if effort == Effort::Full { 25 } else { 9 };
    let (batch, text) = set();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("full.nft");
    std::fs::write(&file, text)?;
    let file = file.to_str().ok_or_else(|| failed("a path that is no text"))?;
    let noise = Noise::start();
    let mut ours = || -> Result<f64, CaseError> {
        let mut bed = Bed::new().map_err(failed)?;
        let mut socket = socket(&bed.space("rules").map_err(failed)?)?;
        let begun = Instant::now();
        rules::perform(&mut socket, &batch).map_err(failed)?;
        Ok(begun.elapsed().as_secs_f64() * 1e3)
    };
    let mut theirs = || -> Result<f64, CaseError> {
        let mut bed = Bed::new().map_err(failed)?;
        let space = bed.space("rules").map_err(failed)?;
        let begun = Instant::now();
        space.run(&["nft", "-f", file]).map_err(failed)?;
        Ok(begun.elapsed().as_secs_f64() * 1e3)
    };
    let found = super::load::in_turn(pairs, &mut ours, &mut theirs)?;
    let ratios: Vec<f64> = found.iter().map(|(ours, theirs)| theirs / ours).collect();
    let of = |side: fn(&(f64, f64)) -> f64| {
        interval(&found.iter().map(side).collect::<Vec<_>>()).map_or(f64::NAN, |it| it.median)
    };
    let ratio = interval(&ratios).ok_or_else(|| failed("nothing was measured"))?;
    let begun = Instant::now();
    let bytes = dataplane::nft::encode::encode(&batch, 0, None).bytes.len();
    let encoded = begun.elapsed().as_secs_f64() * 1e3;
    Ok(Figure {
        what: "dataplane: a set of 100,000 elements loaded, beside `nft -f`".to_owned(),
        bar: format!("≥ {TIMES:.0} times as fast, the whole interval"),
        measured: format!(
            "{:.1} times (95 %: {:.1}–{:.1}), {:.1} against {:.1} ms, of which {encoded:.1} ms are \
             {:.1} MB of messages made; {pairs} pairs; {}",
            ratio.median,
            ratio.low,
            ratio.high,
            of(|pair| pair.0),
            of(|pair| pair.1),
            count(bytes) / 1e6,
            noise.text()
        ),
        met: Some(ratio.low >= TIMES),
        broken: Some(ratio.high < KNOWN_TIMES / TOLERANCE),
    })
}
