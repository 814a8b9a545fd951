//! Processor time of a packet, with groups and without, with many groups and with few.

use std::cell::Cell;

use hw_tests::Need;

use super::super::storage::{Noise, absent};
use super::super::{CaseError, Effort, Figure};
use super::load::{TURN, Turn, count, in_turn};
use super::ratio;
use super::road::{Ends, Road, Rules};

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("ip"),
    Need::Program("nft"),
    Need::Program("conntrack"),
    Need::Program("sysctl"),
];

/// After how many turns conntrack is made to forget: 20,000 connections.
const FORGET: usize = 50;

pub(super) fn pairs(effort: Effort) -> usize {
    match effort {
        Effort::Full => 401,
        Effort::Reduced => 101,
    }
}

pub(super) fn failed(error: impl std::fmt::Display) -> CaseError {
    CaseError::Failed(error.to_string())
}

fn road(rules: Rules, ends: Ends) -> Result<Road, CaseError> {
    Road::new(rules, ends).map_err(failed)
}

/// Packets of one connection on two roads.
fn established(ours: &Road, theirs: &Road, pairs: usize) -> Result<Vec<(f64, f64)>, CaseError> {
    let before = (ours.arrived().map_err(failed)?, theirs.arrived().map_err(failed)?);
    let turns = (ours.established().map_err(failed)?, theirs.established().map_err(failed)?);
    let cost = |turn: &Turn<'_>| turn.cost().map_err(failed);
    let found = in_turn(pairs, &mut || cost(&turns.0), &mut || cost(&turns.1))?;
    for (road, before) in [(ours, before.0), (theirs, before.1)] {
        let sent = count(pairs + 1) * f64::from(TURN);
        let arrived = road.arrived().map_err(failed)?.saturating_sub(before);
        let arrived = count(usize::try_from(arrived).unwrap_or(0));
        if arrived < 0.999 * sent {
            return Err(failed(format!("{arrived} of {sent} packets arrived")));
        }
    }
    Ok(found)
}

/// The first packets of connections on two roads.
fn fresh(ours: &Road, theirs: &Road, pairs: usize) -> Result<Vec<(f64, f64)>, CaseError> {
    let turns = (Cell::new(0), Cell::new(0));
    let turn = |road: &Road, turn: &Cell<usize>| {
        let at = turn.replace(turn.get() + 1) % FORGET;
        if at == 0 {
            road.forget().map_err(failed)?;
        }
        road.fresh(at).cost().map_err(failed)
    };
    in_turn(pairs, &mut || turn(ours, &turns.0), &mut || turn(theirs, &turns.1))
}

/// Groups on against off, across hosts; and what of it the kernel asks for by itself.
pub(in super::super) fn groups(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(NEEDS)?;
    let pairs = pairs(effort);
    let noise = Noise::start();
    let mut figures = Vec::new();
    for (ends, how, bar) in [
        (Ends::Sockets, "UDP between guests' sockets", Some(1.5)),
        (Ends::Cards, "frames from card to card, the guests' own cost apart", None),
    ] {
        let on = road(Rules::Groups(2), ends)?;
        let off = road(Rules::None, ends)?;
        let tracked = road(Rules::Tracked, ends)?;
        let what = |ratio| format!("dataplane: CPU per packet across hosts, {ratio}; {how}");
        let judged = established(&on, &off, pairs)?;
        let kernel = established(&tracked, &off, pairs)?;
        let ours = established(&on, &tracked, pairs)?;
        let noise = noise.text();
        figures.extend([
            ratio(&what("groups on over off"), bar, &judged, &noise)?,
            ratio(&what("br_netfilter and conntrack alone over off"), None, &kernel, &noise)?,
            ratio(&what("groups on over those alone"), None, &ours, &noise)?,
        ]);
    }
    Ok(figures)
}

/// Two thousand groups with ten rules each against two.
pub(in super::super) fn many(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(NEEDS)?;
    let pairs = pairs(effort);
    let groups = |count| road(Rules::Groups(count), Ends::Cards);
    let (many, few) = (groups(2000)?, groups(2)?);
    let noise = Noise::start();
    let old = established(&many, &few, pairs)?;
    let new = fresh(&many, &few, pairs)?;
    let noise = noise.text();
    let what = |load| format!("dataplane: CPU per {load}, 2,000 groups with 20,000 rules over 2");
    Ok(vec![
        ratio(&what("packet of a connection"), Some(1.1), &old, &noise)?,
        ratio(&what("new connection"), Some(1.4), &new, &noise)?,
    ])
}
