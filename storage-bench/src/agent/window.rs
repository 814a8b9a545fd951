//! The time that all agents ran, and the sum of what they did in it.
//!
//! The window is [last start + ramp, first stop], in the controller's time. Of each agent
//! the whole seconds inside of it count, the same for all. Histograms are added: the sum is
//! that of one client that did everything.

use std::collections::BTreeMap;
use std::ops::Range;

use super::SECOND_NS;
use super::message::{Delta, Report};
use crate::histogram::Histogram;
use crate::observed::Stream;
use crate::workload::{Op, Region};

/// What one agent did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// When its load began, in the controller's time.
    pub started_ns: u64,
    /// When its load ended, in the controller's time.
    pub stopped_ns: u64,
    /// How much of it is ramp.
    pub ramp_ns: u64,
    /// Its seconds, from 0 at its start.
    pub seconds: BTreeMap<u32, Vec<Delta>>,
    /// What it said of its load when that had ended.
    pub report: Box<Report>,
}

/// Streams by operation and region.
pub type Streams = BTreeMap<(Op, Region), Stream>;

/// What all agents did together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct System {
    /// Length of the common window, in whole seconds.
    pub seconds: u32,
    /// What all did in it.
    pub streams: Streams,
    /// What each did between its own ramp and its own end, with the seconds of that.
    pub own: Vec<(u32, Streams)>,
}

/// Why parts cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum MergeError {
    /// A histogram is not readable.
    #[error("second {second} of agent {agent} holds a histogram that cannot be read")]
    Histogram { agent: usize, second: u32 },
}

/// Returns the seconds that count, numbered from each agent's start; `None` where all
/// agents never ran at the same time for a whole second.
pub fn common(parts: &[Part]) -> Option<Range<u32>> {
    let start_ns = parts.iter().map(|part| part.started_ns.saturating_add(part.ramp_ns)).max()?;
    let end_ns = parts.iter().map(|part| part.stopped_ns).min()?;
    let first =
        parts.iter().map(|part| start_ns.saturating_sub(part.started_ns).div_ceil(SECOND_NS));
    let end = parts.iter().map(|part| end_ns.saturating_sub(part.started_ns) / SECOND_NS);
    let (first, end) = (u32::try_from(first.max()?).ok()?, u32::try_from(end.min()?).ok()?);
    (first < end).then_some(first..end)
}

/// Returns the first second of `window` that `part` did not tell of.
pub fn missing(part: &Part, window: &Range<u32>) -> Option<u32> {
    window.clone().find(|second| !part.seconds.contains_key(second))
}

/// Adds what the agents did in `window`, and what each did in its own.
///
/// `decode` reads a histogram as agents write it.
///
/// # Errors
/// Where a histogram cannot be read: a sum without it would be wrong.
pub fn merge(
    parts: &[Part],
    window: &Range<u32>,
    decode: impl Fn(&[u8]) -> Option<Histogram>,
) -> Result<System, MergeError> {
    let mut system = System {
        seconds: window.end.saturating_sub(window.start),
        streams: Streams::new(),
        own: Vec::with_capacity(parts.len()),
    };
    for (agent, part) in parts.iter().enumerate() {
        let first = u32::try_from(part.ramp_ns.div_ceil(SECOND_NS)).unwrap_or(u32::MAX);
        let (mut own, mut counted) = (Streams::new(), 0);
        for (second, deltas) in part.seconds.range(first.min(window.start)..) {
            for delta in deltas {
                let unreadable = MergeError::Histogram { agent, second: *second };
                let service = decode(&delta.service).ok_or(unreadable)?;
                if *second >= first {
                    add(&mut own, delta, &service);
                }
                if window.contains(second) {
                    add(&mut system.streams, delta, &service);
                }
            }
            counted += u32::from(*second >= first);
        }
        system.own.push((counted, own));
    }
    Ok(system)
}

fn add(streams: &mut Streams, delta: &Delta, service: &Histogram) {
    let stream = streams.entry((delta.op, delta.region)).or_default();
    stream.bytes = stream.bytes.saturating_add(delta.bytes);
    stream.service.merge(service);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Stands for `histogram::encode`: the values themselves.
    fn encode(values: &[u64]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn decode(bytes: &[u8]) -> Option<Histogram> {
        let (values, rest) = bytes.as_chunks::<8>();
        let mut histogram = Histogram::new();
        for value in values {
            histogram.record(u64::from_le_bytes(*value));
        }
        rest.is_empty().then_some(histogram)
    }

    fn part(started_ns: u64, stopped_ns: u64, ramp: u64, seconds: &[Vec<u64>]) -> Part {
        let delta = |values: &Vec<u64>| {
            let bytes = 4096 * values.len() as u64;
            vec![Delta { op: Op::Read, region: Region::Hot, bytes, service: encode(values) }]
        };
        Part {
            started_ns,
            stopped_ns,
            ramp_ns: ramp * SECOND_NS,
            seconds: (0..).zip(seconds.iter().map(delta)).collect(),
            report: Box::default(),
        }
    }

    #[test]
    fn the_window_opens_when_the_last_is_past_its_ramp_and_ends_with_the_first() {
        let s = SECOND_NS;
        let of = |times: &[(u64, u64, u64)]| {
            let parts: Vec<_> =
                times.iter().map(|(from, to, ramp)| part(*from, *to, *ramp, &[])).collect();
            common(&parts)
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(s, 11 * s, 2)]), Some(2..10));
        assert_eq!(of(&[(s, 11 * s, 2), (s, 9 * s, 2)]), Some(2..8));
        // One began half a millisecond later: a second at either end is not whole for both.
        assert_eq!(of(&[(s, 11 * s, 2), (s + 500_000, 11 * s + 500_000, 2)]), Some(3..9));
        assert_eq!(of(&[(s, 3 * s, 2), (s, 11 * s, 2)]), None);
        assert_eq!(of(&[(s, 4 * s, 0), (5 * s, 11 * s, 0)]), None);
    }

    #[test]
    fn a_second_that_was_not_told_is_missed() {
        let whole = part(0, 4 * SECOND_NS, 1, &[vec![1], vec![2], vec![3], vec![4]]);
        assert_eq!(missing(&whole, &(1..4)), None);
        let mut holed = whole.clone();
        holed.seconds.remove(&2);
        assert_eq!(missing(&holed, &(1..4)), Some(2));
        let mut damaged = whole;
        damaged.seconds.get_mut(&2).unwrap()[0].service.pop();
        let error = merge(&[damaged], &(1..4), decode).unwrap_err();
        assert_eq!(error, MergeError::Histogram { agent: 0, second: 2 });
    }

    proptest! {
        #[test]
        fn the_sum_of_all_agents_is_bit_for_bit_one_that_saw_everything(
            agents in prop::collection::vec(
                prop::collection::vec(prop::collection::vec(any::<u64>(), 0..20), 6), 1..5),
            ramp in 0_u64..3,
        ) {
            let parts: Vec<_> = agents
                .iter()
                .map(|seconds| part(SECOND_NS, 7 * SECOND_NS, ramp, seconds))
                .collect();
            let window = common(&parts).unwrap();
            let system = merge(&parts, &window, decode).unwrap();
            let ramp = usize::try_from(ramp).unwrap();
            let all: Vec<u64> = agents.iter().flat_map(|one| one[ramp..].concat()).collect();
            let stream = &system.streams[&(Op::Read, Region::Hot)];
            prop_assert_eq!(&stream.service, &decode(&encode(&all)).unwrap());
            prop_assert_eq!(stream.bytes, 4096 * all.len() as u64);
            prop_assert_eq!(system.own.len(), agents.len());
            let own: u64 = system.own.iter().map(|(_, own)| own[&(Op::Read, Region::Hot)].bytes).sum();
            prop_assert_eq!(own, stream.bytes);
        }
    }
}
