//! Latencies of one run, dealt to agents by chance and added up again from what they send.
//!
//! `ASSAY_MERGE_IOS` says how many (a million unless told, a tenth of it without
//! optimisation). Prints the figure that `docs/benchmarks.md` quotes.

use std::collections::BTreeMap;

use storage_bench::agent::SECOND_NS;
use storage_bench::agent::controller::Outcome;
use storage_bench::agent::frame::{Decoder, encode};
use storage_bench::agent::message::{Delta, Reply};
use storage_bench::agent::total::total;
use storage_bench::agent::window::{Part, common};
use storage_bench::histogram::Histogram;
use storage_bench::random::Random;
use storage_bench::workload::{Op, Region};

const UNLESS_TOLD: u64 = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
const SECONDS: u32 = 12;
const RAMP: u32 = 2;
const KINDS: [(Op, Region); 3] =
    [(Op::Read, Region::Hot), (Op::Read, Region::Cold), (Op::Write, Region::Hot)];

/// A latency between nanoseconds and hours, most of them short.
fn latency(random: &mut Random) -> u64 {
    let bits = random.below(43);
    random.below((1 << bits) + 1)
}

/// Sends a second as an agent does, in pieces, and takes it as a controller does.
fn over_the_wire(second: &Reply, decoder: &mut Decoder<Reply>) -> (u32, Vec<Delta>) {
    let frame = encode(second).expect("it is short");
    let mut got = None;
    for piece in frame.chunks(97) {
        decoder.push(piece);
        got = got.or(decoder.next_message().expect("it is ours"));
    }
    match got {
        Some(Reply::Second { index, streams }) => (index, streams),
        other => unreachable!("a second was sent, not {other:?}"),
    }
}

#[test]
fn histograms_of_any_number_of_agents_add_up_bit_for_bit() {
    let told = std::env::var("ASSAY_MERGE_IOS").ok();
    let count = told.map_or(UNLESS_TOLD, |told| told.parse().expect("a number"));
    let mut different = 0;
    for agents in [1, 2, 3, 7, 16] {
        let mut random = Random::new(agents as u64);
        let mut whole: BTreeMap<_, Histogram> = BTreeMap::new();
        let mut dealt = vec![vec![BTreeMap::<_, Histogram>::new(); SECONDS as usize]; agents];
        for _ in 0..count {
            let (agent, second) = (random.below(agents as u64), random.below(SECONDS.into()));
            let kind = KINDS[usize::try_from(random.below(3)).unwrap()];
            let value = latency(&mut random);
            let (agent, at) = (usize::try_from(agent).unwrap(), usize::try_from(second).unwrap());
            dealt[agent][at].entry(kind).or_default().record(value);
            if second >= RAMP.into() {
                whole.entry(kind).or_default().record(value);
            }
        }
        let parts: Vec<Option<Part>> = dealt.into_iter().map(|dealt| Some(part(dealt))).collect();
        let ran: Vec<Part> = parts.iter().flatten().cloned().collect();
        let outcome = Outcome {
            window: common(&ran),
            clocks: vec![None; agents],
            devices: vec![Vec::new(); agents],
            losses: BTreeMap::new(),
            doubts: Vec::new(),
            parts,
        };
        assert_eq!(outcome.window, Some(RAMP..SECONDS));
        let names: Vec<String> = (0..agents).map(|at| at.to_string()).collect();
        let total = total(&names, &outcome).unwrap();
        assert_eq!(total.observed.streams.len(), whole.len());
        for (kind, wanted) in &whole {
            let merged = &total.observed.streams[kind];
            // The bytes as they are reported, which hold every counter, least, most and sum.
            different += u64::from(merged.service.encode() != wanted.encode());
            assert_eq!(merged.bytes, 4096 * wanted.count());
        }
        let shares: u64 = total.clients.client.iter().map(|client| client.ios).sum();
        assert_eq!(shares, whole.values().map(Histogram::count).sum::<u64>());
    }
    println!("figure: merge.different = {different}");
    println!("figure: merge.operations = {}", count * 5);
    assert_eq!(different, 0);
}

/// What one agent did, as its controller has it after the wire.
fn part(dealt: Vec<BTreeMap<(Op, Region), Histogram>>) -> Part {
    let mut decoder = Decoder::default();
    let second = |(index, kinds): (u32, BTreeMap<(Op, Region), Histogram>)| {
        let delta = |((op, region), service): ((Op, Region), Histogram)| Delta {
            op,
            region,
            bytes: 4096 * service.count(),
            service: service.encode(),
        };
        let streams = kinds.into_iter().map(delta).collect();
        over_the_wire(&Reply::Second { index, streams }, &mut decoder)
    };
    Part {
        started_ns: 0,
        stopped_ns: u64::from(SECONDS) * SECOND_NS,
        ramp_ns: u64::from(RAMP) * SECOND_NS,
        seconds: (0..).zip(dealt).map(second).collect(),
        report: Box::default(),
    }
}
