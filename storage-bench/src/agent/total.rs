//! What all agents came to together: one run, as if one client had done everything.

use std::collections::BTreeMap;
use std::ops::Range;

use super::SECOND_NS;
use super::clients::{Client, Clients, Merged};
use super::clock::Clock;
use super::controller::Outcome;
use super::window::{MergeError, Part, Streams, merge};
use crate::histogram::Histogram;
use crate::measurement::{EngineUsed, Feature};
use crate::observed::{Cost, Observed, Second, SecondOf};
use crate::summary::per_second;
use crate::workload::Op;

/// What all came to.
#[derive(Clone, Debug)]
pub struct Total {
    /// The common window, as one client would have seen it. Windows of 100 ms are not told
    /// by agents; why a run ended is in the outcome's doubts.
    pub observed: Observed,
    /// What each client had in it.
    pub clients: Clients,
}

/// Adds up what agents of these names did.
///
/// # Errors
/// Where a histogram cannot be read: a sum without it would be wrong.
pub fn total(names: &[String], outcome: &Outcome) -> Result<Total, MergeError> {
    let ran: Vec<(usize, &Part)> = outcome
        .parts
        .iter()
        .enumerate()
        .filter_map(|(at, part)| Some((at, part.as_ref()?)))
        .collect();
    let parts: Vec<Part> = ran.iter().map(|(_, part)| (*part).clone()).collect();
    let window = outcome.window.clone().unwrap_or(0..0);
    let system = merge(&parts, &window, decode)?;
    let mut own = Own::new();
    own.extend(ran.iter().map(|(at, _)| *at).zip(system.own));
    let (seconds, shares) = seconds(&parts, &window)?;
    let given = shares;
    let mut shares = BTreeMap::new();
    shares.extend(ran.iter().map(|(at, _)| *at).zip(given));
    let stream = system.streams.iter().map(|((op, region), stream)| Merged {
        op: *op,
        region: *region,
        moved_bytes: stream.bytes,
        histogram: stream.service.encode(),
    });
    let clients = Clients {
        first_s: window.start,
        window_s: system.seconds,
        stream: stream.collect(),
        ..clients(names, outcome, &own, &shares)
    };
    let ios: u64 = system.streams.values().map(|stream| stream.service.count()).sum();
    let observed = Observed {
        engine: engine(&parts),
        elapsed_ns: u64::from(system.seconds).saturating_mul(SECOND_NS),
        streams: system.streams,
        seconds,
        cost: cost(&parts, &own, ios),
        errors: errors(&parts),
        ..Observed::default()
    };
    Ok(Total { observed, clients })
}

fn decode(bytes: &[u8]) -> Option<Histogram> {
    Histogram::decode(bytes).ok()
}

/// What each client, by its place, did in its own window, with the seconds of that.
type Own = BTreeMap<usize, (u32, Streams)>;

fn sums(streams: &Streams) -> (u64, u64) {
    streams.values().fold((0, 0), |(ios, bytes), stream| {
        (ios + stream.service.count(), bytes.saturating_add(stream.bytes))
    })
}

/// Operations and bytes of a client in the common window.
type Share = (u64, u64);

/// Returns the seconds of the common window, and what each part had in all of them.
fn seconds(parts: &[Part], window: &Range<u32>) -> Result<(Vec<Second>, Vec<Share>), MergeError> {
    let mut shares = vec![(0, 0); parts.len()];
    let mut seconds = Vec::new();
    for at in window.clone() {
        let mut of: BTreeMap<Op, (u64, Histogram)> = BTreeMap::new();
        for (agent, (part, share)) in parts.iter().zip(&mut shares).enumerate() {
            for delta in part.seconds.get(&at).into_iter().flatten() {
                let unreadable = MergeError::Histogram { agent, second: at };
                let service = decode(&delta.service).ok_or(unreadable)?;
                share.0 += service.count();
                share.1 += delta.bytes;
                let (bytes, sum) = of.entry(delta.op).or_default();
                *bytes = bytes.saturating_add(delta.bytes);
                sum.merge(&service);
            }
        }
        let mut operations = BTreeMap::new();
        operations.extend(of.into_iter().map(|(op, (bytes, sum))| (op, second_of(bytes, &sum))));
        seconds.push(Second { operations });
    }
    Ok((seconds, shares))
}

fn second_of(bytes: u64, sum: &Histogram) -> SecondOf {
    let percentile = |per_million| sum.percentile(per_million).unwrap_or(0);
    SecondOf {
        ios: sum.count(),
        bytes,
        sum_ns: u64::try_from(sum.sum()).unwrap_or(u64::MAX),
        p50_ns: percentile(500_000),
        p99_ns: percentile(990_000),
        p99_9_ns: percentile(999_000),
        max_ns: sum.max().unwrap_or(0),
        spread: sum.spread(),
    }
}

fn clients(
    names: &[String],
    outcome: &Outcome,
    own: &Own,
    shares: &BTreeMap<usize, Share>,
) -> Clients {
    let all: u64 = shares.values().map(|(ios, _)| ios).sum();
    let first_ns = outcome.parts.iter().flatten().map(|part| part.started_ns).min().unwrap_or(0);
    let client = |(at, name): (usize, &String)| {
        let part = outcome.parts.get(at).and_then(Option::as_ref);
        let clocks = outcome.clocks.get(at).copied().flatten();
        let (ios, moved_bytes) = shares.get(&at).copied().unwrap_or_default();
        let (own_s, own_streams) = own.get(&at).cloned().unwrap_or_default();
        let (own_ios, own_bytes) = sums(&own_streams);
        let own_ns = u64::from(own_s).saturating_mul(SECOND_NS);
        let share = (u128::from(ios) * 1_000_000).checked_div(u128::from(all)).unwrap_or(0);
        let offset = |clock: Clock| i64::try_from(clock.offset_ns / 1000).unwrap_or(i64::MAX);
        Client {
            name: name.clone(),
            subject: part.map(|part| part.report.subject.clone()).unwrap_or_default(),
            share_ppm: u32::try_from(share).unwrap_or(u32::MAX),
            ios,
            moved_bytes,
            own_iops: per_second(own_ios, own_ns, 1),
            own_bytes_per_s: per_second(own_bytes, own_ns, 1),
            own_s,
            began_after_ns: part.map_or(0, |part| part.started_ns.saturating_sub(first_ns)),
            clock_offset_us: clocks.map(|(before, _)| offset(before)),
            clock_error_ns: clocks.map(|(before, later)| before.error_ns.max(later.error_ns)),
            clock_moved_ns: clocks.map(|(before, later)| before.drift_ns(&later)),
            busiest_thread_ppm: part.map_or(0, |part| part.report.busiest_thread_ppm),
            steal_ppm: part.map_or(0, |part| part.report.steal_ppm),
            lost: outcome.losses.contains_key(&at),
        }
    };
    let client: Vec<Client> = names.iter().enumerate().map(client).collect();
    let sum = |of: fn(&Client) -> u64| client.iter().map(of).fold(0, u64::saturating_add);
    Clients {
        own_iops: sum(|client| client.own_iops),
        own_bytes_per_s: sum(|client| client.own_bytes_per_s),
        client,
        ..Clients::default()
    }
}

/// Returns what was in force on all clients: where one went without, so did the run.
fn engine(parts: &[Part]) -> EngineUsed {
    let mut used = EngineUsed::default();
    for part in parts {
        let own = &part.report.engine;
        for (known, name) in [(&mut used.name, &own.name), (&mut used.clock, &own.clock)] {
            if known.is_empty() {
                known.clone_from(name);
            } else if !known.split(" + ").any(|one| one == name) {
                *known = format!("{known} + {name}");
            }
        }
        for feature in &own.feature {
            let known: Option<&mut Feature> =
                used.feature.iter_mut().find(|known| known.name == feature.name);
            match known {
                None => used.feature.push(feature.clone()),
                Some(known) if known.on && !feature.on => *known = feature.clone(),
                Some(_) => {}
            }
        }
    }
    used
}

/// Returns the cost of the operations of the common window: agents tell that of all theirs.
fn cost(parts: &[Part], own: &Own, ios: u64) -> Cost {
    let all: u64 = own.values().map(|(_, streams)| sums(streams).0).sum();
    let sum = |of: fn(&Part) -> u64| parts.iter().map(of).fold(0, u64::saturating_add);
    let share = |ns: u64| {
        let share = (u128::from(ns) * u128::from(ios)).checked_div(u128::from(all)).unwrap_or(0);
        u64::try_from(share).unwrap_or(u64::MAX)
    };
    let most = |of: fn(&Part) -> u32| parts.iter().map(of).max().unwrap_or(0);
    Cost {
        user_ns: share(sum(|part| part.report.user_ns)),
        system_ns: share(sum(|part| part.report.system_ns)),
        busiest_thread_ppm: most(|part| part.report.busiest_thread_ppm),
        steal_ppm: most(|part| part.report.steal_ppm),
    }
}

fn errors(parts: &[Part]) -> BTreeMap<(Op, i32), u64> {
    let mut sum = BTreeMap::new();
    for (op, number, count) in parts.iter().flat_map(|part| &part.report.errors) {
        let all: &mut u64 = sum.entry((*op, *number)).or_default();
        *all = all.saturating_add(*count);
    }
    sum
}

#[cfg(test)]
mod tests;
