//! That operations are inside, aligned, in the shares and in the places asked for.
#![expect(clippy::cast_precision_loss, reason = "statistics of small counts")]
#![expect(clippy::cast_possible_truncation, reason = "counts of a test")]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::{BlockShare, Zone, ZoneAbs};
use super::*;

const TIB: u64 = 1 << 40;

fn share(bytes: u32, percent: u8) -> BlockShare {
    BlockShare { bytes, percent }
}

fn random(distribution: Distribution, repeat: bool) -> Order {
    Order::Random { distribution, repeat }
}

/// 4 KiB reads and writes, half of each.
fn spec(span_bytes: u64, order: Order) -> Spec {
    Spec {
        start_bytes: 0,
        span_bytes,
        read_percent: 50,
        trim: false,
        read_blocks: vec![share(4096, 100)],
        write_blocks: vec![share(4096, 100)],
        align_bytes: 0,
        order,
        seed: 1,
    }
}

fn ios(spec: &Spec, thread: u32, threads: u32, count: usize) -> Vec<Io> {
    let mut generator = Generator::new(spec, thread, threads).unwrap();
    (0..count).map(|_| generator.next_io().unwrap()).collect()
}

/// Tells whether `seen` of `n` is what a share of `p` may give by chance.
fn is_share(seen: usize, n: usize, p: f64) -> bool {
    (seen as f64 - n as f64 * p).abs() <= 4.0 * (n as f64 * p * (1.0 - p)).sqrt()
}

fn chi_is_even(cells: &[u64]) -> bool {
    let mean = cells.iter().sum::<u64>() as f64 / cells.len() as f64;
    let chi: f64 = cells.iter().map(|n| (*n as f64 - mean).powi(2) / mean).sum();
    let degrees = cells.len() as f64 - 1.0;
    (chi - degrees).abs() <= 4.0 * (2.0 * degrees).sqrt()
}

fn distributions(span: u64) -> Vec<Order> {
    let zone = |access_percent, size_percent| Zone { access_percent, size_percent };
    let abs = |access_percent, size_bytes| ZoneAbs { access_percent, size_bytes };
    let repeated = [
        Distribution::Uniform,
        Distribution::Zipf { theta: 1.2 },
        Distribution::Pareto { skew: 0.2 },
        Distribution::Zoned { zones: vec![zone(60, 10), zone(0, 30), zone(40, 60)] },
        Distribution::ZonedAbs { zones: vec![abs(90, span / 3), abs(10, span / 2)] },
        Distribution::HotCold { hot_bytes: span / 5, hot_percent: 70 },
    ];
    let repeated = repeated.map(|distribution| random(distribution, true));
    let once = random(Distribution::Uniform, false);
    repeated.into_iter().chain([once, Order::Sequential]).collect()
}

#[test]
fn the_same_seed_gives_the_same_load_and_another_thread_another() {
    for order in distributions(TIB) {
        let sequential = order == Order::Sequential;
        let mut spec = spec(TIB, order);
        assert_eq!(ios(&spec, 0, 2, 500), ios(&spec, 0, 2, 500));
        if !sequential {
            assert_ne!(ios(&spec, 0, 2, 500), ios(&spec, 1, 2, 500));
        }
        let before = ios(&spec, 0, 2, 500);
        spec.seed = 2;
        assert_ne!(before, ios(&spec, 0, 2, 500));
    }
}

#[test]
fn a_mix_and_a_split_have_their_shares_in_either_direction() {
    let mut spec = spec(TIB, random(Distribution::Uniform, true));
    spec.read_percent = 70;
    spec.read_blocks = vec![share(4096, 10), share(65_536, 50), share(8192, 40), share(512, 0)];
    spec.write_blocks = vec![share(4096, 99), share(1 << 20, 1)];
    spec.trim = true;
    let n = 200_000;
    let mut seen = BTreeMap::new();
    for io in ios(&spec, 0, 1, n) {
        *seen.entry((io.op, io.length)).or_insert(0_usize) += 1;
    }
    let expected = [
        (Op::Read, 4096, 0.07),
        (Op::Read, 8192, 0.28),
        (Op::Read, 65_536, 0.35),
        (Op::Trim, 4096, 0.297),
        (Op::Trim, 1 << 20, 0.003),
    ];
    assert_eq!(seen.len(), expected.len(), "{seen:?}");
    for (op, length, p) in expected {
        let count = seen[&(op, length)];
        assert!(is_share(count, n, p), "{op} {length}: {count}");
    }
}

#[test]
fn one_sided_mixes_have_one_side_and_do_not_ask_for_the_other() {
    let mut spec = spec(TIB, random(Distribution::Uniform, true));
    (spec.read_percent, spec.write_blocks) = (100, vec![]);
    assert!(ios(&spec, 0, 1, 1000).iter().all(|io| io.op == Op::Read));
    spec.read_percent = 0;
    assert_eq!(Generator::new(&spec, 0, 1).unwrap_err(), WorkloadError::NoBlocks(Op::Write));
    std::mem::swap(&mut spec.read_blocks, &mut spec.write_blocks);
    assert!(ios(&spec, 0, 1, 1000).iter().all(|io| io.op == Op::Write));
}

#[test]
fn even_offsets_are_even_from_the_first_block_to_the_last() {
    let mut spec = spec(100 * 4096 + 512, random(Distribution::Uniform, true));
    spec.start_bytes = 1 << 20;
    let mut cells = vec![0_u64; 100];
    for io in ios(&spec, 0, 1, 100_000) {
        cells[((io.offset - (1 << 20)) / 4096) as usize] += 1;
    }
    assert!(chi_is_even(&cells), "{cells:?}");
}

#[test]
fn large_spans_are_reached_to_their_ends() {
    for span in [8 * TIB, 8 * TIB + 4096 * 3 + 512, 64 * TIB, 1 << 60] {
        for order in distributions(span) {
            let (sequential, name) = (order == Order::Sequential, format!("{order:?}"));
            let zoned_abs = name.contains("ZonedAbs");
            let offsets: Vec<u64> =
                ios(&spec(span, order), 0, 1, 4000).iter().map(|io| io.offset).collect();
            let (low, high) = (offsets.iter().min().unwrap(), offsets.iter().max().unwrap());
            if !sequential {
                let end = if zoned_abs { span / 3 + span / 2 } else { span };
                assert!(*low < span / 100, "{name}: {low}");
                assert!(*high > end - span / 20, "{name}: {high}");
            }
        }
    }
}

#[test]
fn in_sequence_reads_and_writes_each_go_through_the_span_and_start_again() {
    let mut spec = spec(10 * 4096 + 512, Order::Sequential);
    spec.start_bytes = 4096;
    for op in [Op::Read, Op::Write] {
        let found: Vec<u64> =
            ios(&spec, 1, 2, 500).iter().filter(|io| io.op == op).map(|io| io.offset).collect();
        let expected: Vec<u64> = (0..found.len() as u64).map(|at| 4096 + at % 10 * 4096).collect();
        assert_eq!(found, expected, "{op}");
    }
    spec.read_percent = 100;
    let mut generator = Generator::new(&spec, 0, 1).unwrap();
    let passes: Vec<u64> = (0..21)
        .map(|_| {
            generator.next_io();
            generator.passes()
        })
        .collect();
    assert_eq!((passes[9], passes[10], passes[19], passes[20]), (0, 1, 1, 2));
}

#[test]
fn a_block_that_does_not_fit_any_more_starts_the_sequence_again() {
    let mut spec = spec(20 * 1024, Order::Sequential);
    (spec.read_percent, spec.read_blocks) = (100, vec![share(8192, 100)]);
    let offsets: Vec<u64> = ios(&spec, 0, 1, 5).iter().map(|io| io.offset).collect();
    assert_eq!(offsets, [0, 8192, 0, 8192, 0]);
}

#[test]
fn without_repetition_each_block_comes_once_a_pass_whatever_the_threads() {
    for blocks in [1_u64, 2, 3, 64, 1000, 4097] {
        for threads in [1, 2, 3, 8] {
            let spec = spec(blocks * 4096 + 1024, random(Distribution::Uniform, false));
            if u64::from(threads) > blocks {
                let refused = Generator::new(&spec, 0, threads).unwrap_err();
                assert_eq!(refused, WorkloadError::MoreThreadsThanBlocks { threads, blocks });
                continue;
            }
            let mut generators: Vec<Generator> =
                (0..threads).map(|at| Generator::new(&spec, at, threads).unwrap()).collect();
            let mut orders = BTreeSet::new();
            for pass in 0..3 {
                let mut offsets = Vec::new();
                for (thread, generator) in generators.iter_mut().enumerate() {
                    let part = (blocks - thread as u64).div_ceil(u64::from(threads));
                    for _ in 0..part {
                        offsets.push(generator.next_io().unwrap().offset);
                        assert_eq!(generator.passes(), pass);
                    }
                }
                orders.insert(offsets.clone());
                offsets.sort_unstable();
                let all: Vec<u64> = (0..blocks).map(|at| at * 4096).collect();
                assert_eq!(offsets, all, "{blocks} blocks, {threads} threads, pass {pass}");
            }
            assert!(blocks < 64 || orders.len() == 3, "each pass has an order of its own");
        }
    }
}

#[test]
fn without_repetition_no_byte_comes_twice_though_sizes_are_mixed() {
    let mut spec = spec(1 << 24, random(Distribution::Uniform, false));
    spec.read_blocks = vec![share(4096, 50), share(65_536, 50)];
    let pass = (1 << 24) / 65_536;
    let mut parts: Vec<(u64, u64)> = ios(&spec, 0, 1, pass)
        .iter()
        .map(|io| (io.offset, io.offset + u64::from(io.length)))
        .collect();
    parts.sort_unstable();
    assert!(parts.windows(2).all(|pair| pair[0].1 <= pair[1].0));
}

#[test]
fn zipf_scatters_its_hot_blocks_alike_for_all_threads() {
    let spec = spec(8 * TIB, random(Distribution::Zipf { theta: 1.2 }, true));
    let hottest = |thread| {
        let mut seen = BTreeMap::new();
        for io in ios(&spec, thread, 2, 50_000) {
            *seen.entry(io.offset).or_insert(0_u32) += 1;
        }
        let mut by_count: Vec<(u32, u64)> = seen.into_iter().map(|(at, n)| (n, at)).collect();
        by_count.sort_unstable_by(|a, b| b.cmp(a));
        by_count[..5].iter().map(|(_, at)| *at).collect::<Vec<_>>()
    };
    let (one, other) = (hottest(0), hottest(1));
    assert_eq!(one, other);
    let apart = |pair: &[u64]| pair[0].abs_diff(pair[1]) > TIB / 1000;
    assert!(one.windows(2).all(apart), "{one:?}");
}

#[test]
fn zipf_over_few_blocks_has_the_shares_of_its_law() {
    let (blocks, n, theta) = (50_usize, 100_000, 0.9_f64);
    let spec = spec(blocks as u64 * 4096, random(Distribution::Zipf { theta }, true));
    let mut seen = vec![0_usize; blocks];
    for io in ios(&spec, 0, 1, n) {
        seen[(io.offset / 4096) as usize] += 1;
    }
    seen.sort_unstable_by(|a, b| b.cmp(a));
    let total: f64 = (1..=blocks).map(|rank| (rank as f64).powf(-theta)).sum();
    for (rank, count) in seen.iter().take(5).enumerate() {
        let p = (rank as f64 + 1.0).powf(-theta) / total;
        assert!(is_share(*count, n, p), "rank {rank}: {count}");
    }
}

#[test]
fn zones_get_their_shares_and_are_even_inside() {
    let span = 1000 * 4096;
    let zone = |access_percent, size_percent| Zone { access_percent, size_percent };
    let abs = |access_percent, blocks: u64| ZoneAbs { access_percent, size_bytes: blocks * 4096 };
    let relative = vec![zone(60, 10), zone(30, 20), zone(8, 30), zone(2, 40)];
    let absolute = vec![abs(60, 100), abs(30, 200), abs(8, 300), abs(2, 400)];
    for distribution in
        [Distribution::Zoned { zones: relative }, Distribution::ZonedAbs { zones: absolute }]
    {
        let n = 200_000;
        let mut cells = vec![0_u64; 1000];
        for io in ios(&spec(span, random(distribution.clone(), true)), 0, 1, n) {
            cells[(io.offset / 4096) as usize] += 1;
        }
        let ranges = [(0..100, 0.6), (100..300, 0.3), (300..600, 0.08), (600..1000, 0.02)];
        for (range, p) in ranges {
            let zone = &cells[range];
            assert!(is_share(zone.iter().sum::<u64>() as usize, n, p), "{distribution:?} {p}");
            assert!(chi_is_even(zone), "{distribution:?} {p}");
        }
    }
}

#[test]
fn the_hot_set_is_even_and_the_cold_set_never_repeats_in_a_pass() {
    let hot_bytes = 100 * 4096 + 512;
    let distribution = Distribution::HotCold { hot_bytes, hot_percent: 70 };
    let spec = spec(30_000 * 4096, random(distribution, true));
    let n = 60_000;
    let (mut hot, mut cold) = (vec![0_u64; 100], [BTreeSet::new(), BTreeSet::new()]);
    for (thread, cold) in (0..2).zip(&mut cold) {
        for io in ios(&spec, thread, 2, n / 2) {
            match io.region {
                Region::Hot => hot[(io.offset / 4096) as usize] += 1,
                Region::Cold => {
                    assert!(io.offset >= 101 * 4096, "{}", io.offset);
                    assert!(cold.insert(io.offset), "{} came twice", io.offset);
                }
            }
        }
    }
    assert!(is_share(hot.iter().sum::<u64>() as usize, n, 0.7) && chi_is_even(&hot));
    assert!(cold[0].is_disjoint(&cold[1]), "the threads share the cold set");
}

#[test]
fn a_limit_ends_before_it_is_passed() {
    let spec = spec(10 * 4096 + 512, Order::Sequential);
    let count = |limit| {
        let mut generator = Generator::new(&spec, 0, 1).unwrap().with_limit(limit);
        let count = std::iter::from_fn(|| generator.next_io()).count();
        assert_eq!(generator.next_io(), None, "the end is the end");
        count
    };
    assert_eq!([0, 4095, 4096, 10 * 4096 + 512].map(count), [0, 0, 1, 10]);
}

#[test]
fn a_load_that_contradicts_itself_is_refused() {
    type Change = fn(&mut Spec);
    let table: [(Change, &str); 22] = [
        (|spec| spec.read_percent = 101, "`read_percent` is 101, more than 100"),
        (|spec| spec.write_blocks.clear(), "there is no block size for writes"),
        (|spec| spec.read_blocks[0].percent = 99, "reads add up to 99 percent, not 100"),
        (|spec| spec.read_blocks[0].bytes = 0, "read block size 0 is not a multiple of 512"),
        (|spec| spec.write_blocks[0].bytes = 1000, "write block size 1000 is not a multiple"),
        (|spec| spec.span_bytes = 4095, "size 4096 is larger than the 4095 bytes of the span"),
        (|spec| spec.span_bytes = 0, "size 4096 is larger than the 0 bytes of the span"),
        (|spec| spec.align_bytes = 1000, "`align_bytes` is 1000, not a multiple of 512"),
        (|spec| spec.start_bytes = 100, "`start_bytes` is 100, not a multiple of 512"),
        (|spec| spec.start_bytes = 1 << 63, "ends beyond 2^63"),
        (|spec| spec.order = zipf(1.0), "zipf `theta` is 1; it has to be above 0 and not 1"),
        (|spec| spec.order = zipf(0.0), "zipf `theta` is 0"),
        (|spec| spec.order = zipf(f64::NAN), "zipf `theta` is NaN"),
        (|spec| spec.order = pareto(1.0), "pareto `skew` is 1"),
        (|spec| spec.order = pareto(f64::NAN), "pareto `skew` is NaN"),
        (|spec| spec.order = zoned(&[]), "there are 0 zones, not 1 to 256"),
        (|spec| spec.order = zoned(&[(99, 100)]), "the zones add up to 99 percent, not 100"),
        (|spec| spec.order = zoned(&[(100, 99)]), "sizes of the zones add up to 99 percent"),
        (|spec| spec.order = zoned(&[(99, 100), (1, 0)]), "zone 2, counted from 1, has 0 bytes"),
        (|spec| spec.order = hot(1 << 20, 100), "`hot_percent` is 100, not 1 to 99"),
        (|spec| spec.order = hot(4095, 70), "the hot set has 4095 bytes"),
        (|spec| spec.order = hot((1 << 30) - 4095, 70), "leaves the cold set no block of 4096"),
    ];
    for (change, message) in table {
        let mut spec = spec(1 << 30, random(Distribution::Uniform, true));
        change(&mut spec);
        let error = Generator::new(&spec, 0, 1).expect_err(message).to_string();
        assert!(error.contains(message), "{error}, not {message}");
    }
    let abs = ZoneAbs { access_percent: 100, size_bytes: (1 << 30) + 1 };
    let spec = spec(1 << 30, random(Distribution::ZonedAbs { zones: vec![abs] }, true));
    let refused = Generator::new(&spec, 0, 1).unwrap_err();
    assert_eq!(refused, WorkloadError::ZonesOverSpan { span_bytes: 1 << 30 });
    let refused = Generator::new(&spec, 3, 3).unwrap_err();
    assert_eq!(refused, WorkloadError::Thread { thread: 3, threads: 3 });
}

fn zipf(theta: f64) -> Order {
    random(Distribution::Zipf { theta }, true)
}

fn pareto(skew: f64) -> Order {
    random(Distribution::Pareto { skew }, true)
}

fn hot(hot_bytes: u64, hot_percent: u8) -> Order {
    random(Distribution::HotCold { hot_bytes, hot_percent }, true)
}

fn zoned(zones: &[(u8, u8)]) -> Order {
    let zone = |(access_percent, size_percent): &(u8, u8)| Zone {
        access_percent: *access_percent,
        size_percent: *size_percent,
    };
    random(Distribution::Zoned { zones: zones.iter().map(zone).collect() }, true)
}

prop_compose! {
    fn any_spec()(
        start in 0..10_000_u64,
        extra in 0..40_000_000_u64,
        sizes in prop::collection::vec(1..300_u32, 1..4),
        write_size in 1..300_u32,
        align in prop_oneof![Just(0_u32), 1..64_u32],
        read_percent in 0..=100_u8,
        order in 0..8_usize,
        seed in any::<u64>(),
    ) -> Spec {
        let each = 100 / sizes.len() as u8;
        let mut read_blocks: Vec<BlockShare> =
            sizes.iter().map(|size| share(size * 512, each)).collect();
        read_blocks[0].percent += 100 - each * sizes.len() as u8;
        // Large enough for one block in the smallest zone of `distributions`.
        let span_bytes = 12 * 300 * 512 + extra;
        Spec {
            start_bytes: start * 512,
            span_bytes,
            read_percent,
            trim: seed % 2 == 0,
            read_blocks,
            write_blocks: vec![share(write_size * 512, 100)],
            align_bytes: align * 512,
            order: distributions(span_bytes).swap_remove(order),
            seed,
        }
    }
}

proptest! {
    #[test]
    fn every_operation_is_aligned_and_inside(spec in any_spec(), threads in 1..4_u32) {
        let resolved = spec.resolve().unwrap();
        prop_assert_eq!(&resolved.resolve().unwrap(), &resolved);
        let align = u64::from(resolved.align_bytes);
        for thread in 0..threads {
            for io in ios(&spec, thread, threads, 200) {
                let at = io.offset.checked_sub(spec.start_bytes);
                prop_assert!(at.is_some_and(|at| at % align == 0), "{io:?}");
                let end = at.unwrap() + u64::from(io.length);
                prop_assert!(end <= spec.span_bytes, "{io:?}");
                let blocks = if io.op == Op::Read { &spec.read_blocks } else { &spec.write_blocks };
                prop_assert!(blocks.iter().any(|block| block.bytes == io.length), "{io:?}");
                prop_assert_eq!(io.op == Op::Trim, spec.trim && io.op != Op::Read);
            }
        }
    }
}
