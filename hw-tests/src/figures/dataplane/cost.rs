//! Processor time of a packet, with groups and without, with many groups and with few.

use hw_tests::Need;

use super::super::storage::{Noise, absent};
use super::super::{CaseError, Effort, Figure};
use super::load::{cost, count};
use super::ratio;
use super::road::{Road, Rules};

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("ip"),
    Need::Program("nft"),
    Need::Program("conntrack"),
    Need::Program("sysctl"),
];

/// How often, and how many packets each time.
#[derive(Clone, Copy, Debug)]
struct Rounds {
    pairs: usize,
    packets: u16,
}

impl Rounds {
    fn of(effort: Effort) -> Self {
        match effort {
            Effort::Full => Self { pairs: 31, packets: 20_000 },
            Effort::Reduced => Self { pairs: 7, packets: 5_000 },
        }
    }
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
enum Load {
    /// Packets of one connection.
    Established,
    /// A connection each.
    Fresh,
}

/// Sends on a road; returns nanoseconds for each packet. All of them have to arrive.
fn run(road: &Road, load: Load, packets: u16) -> Result<f64, CaseError> {
    let (wire, frames) = match load {
        Load::Established => road.established(usize::from(packets)),
        Load::Fresh => road.fresh(packets),
    }
    .map_err(failed)?;
    let before = road.arrived().map_err(failed)?;
    let cost = cost(wire, &frames).map_err(failed)?;
    let arrived = count(usize::try_from(road.arrived().map_err(failed)? - before).unwrap_or(0));
    if arrived < 0.999 * f64::from(packets) {
        return Err(CaseError::Failed(format!("{arrived} of {packets} packets arrived")));
    }
    Ok(cost)
}

pub(super) fn failed(error: impl std::fmt::Display) -> CaseError {
    CaseError::Failed(error.to_string())
}

/// Runs two roads in turn; who goes first changes.
fn in_turn(
    (ours, theirs): (&Road, &Road),
    load: Load,
    rounds: Rounds,
) -> Result<Vec<(f64, f64)>, CaseError> {
    run(ours, load, rounds.packets)?;
    run(theirs, load, rounds.packets)?;
    let mut pairs = Vec::new();
    for pair in 0..rounds.pairs {
        let packets = rounds.packets;
        if pair % 2 == 0 {
            let ours = run(ours, load, packets)?;
            pairs.push((ours, run(theirs, load, packets)?));
        } else {
            let theirs = run(theirs, load, packets)?;
            pairs.push((run(ours, load, packets)?, theirs));
        }
    }
    Ok(pairs)
}

/// Groups on against off, across hosts; and what of it the kernel asks for by itself.
pub(in super::super) fn groups(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(NEEDS)?;
    let rounds = Rounds::of(effort);
    let road = |rules| Road::new(rules).map_err(failed);
    let (on, off, tracked) = (road(Rules::Groups(2))?, road(Rules::None)?, road(Rules::Tracked)?);
    let noise = Noise::start();
    let judged = in_turn((&on, &off), Load::Established, rounds)?;
    let kernel = in_turn((&tracked, &off), Load::Established, rounds)?;
    let ours = in_turn((&on, &tracked), Load::Established, rounds)?;
    let noise = noise.text();
    let what = "dataplane: CPU per packet of a connection across hosts, groups on over off";
    let also = "dataplane: the same, br_netfilter and conntrack alone over off";
    let rest = "dataplane: the same, groups on over br_netfilter and conntrack alone";
    Ok(vec![
        ratio(what, Some(1.5), &judged, &noise)?,
        ratio(also, None, &kernel, &noise)?,
        ratio(rest, None, &ours, &noise)?,
    ])
}

/// Two thousand groups with ten rules each against two.
pub(in super::super) fn many(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(NEEDS)?;
    let rounds = Rounds::of(effort);
    let road = |groups| Road::new(Rules::Groups(groups)).map_err(failed);
    let (many, few) = (road(2000)?, road(2)?);
    let noise = Noise::start();
    let established = in_turn((&many, &few), Load::Established, rounds)?;
    let fresh = in_turn((&many, &few), Load::Fresh, rounds)?;
    let noise = noise.text();
    let what = |load| format!("dataplane: CPU per {load}, 2,000 groups with 20,000 rules over 2");
    Ok(vec![
        ratio(&what("packet of a connection"), Some(1.1), &established, &noise)?,
        ratio(&what("new connection"), Some(1.4), &fresh, &noise)?,
    ])
}
