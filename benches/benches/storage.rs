//! What a load generator pays for each operation besides the operation: choosing it,
//! recording its latency, making its data; and now and then, reading and sending a
//! histogram.

use std::hint::black_box;
use std::num::NonZeroU64;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use storage_bench::data::{Content, Filler, GLANCE_BYTES, check};
use storage_bench::histogram::{Histogram, Interval, Log};
use storage_bench::random::Random;
use storage_bench::schedule::{Arrivals, Schedule};
use storage_bench::workload::{
    BlockShare, Distribution, Generator, Order, Payload, Source, Spec, Zone,
};

/// Choices of one measured call, so that the call itself does not count.
const MANY: u64 = 1000;

/// 8 TiB in blocks of 4 KiB.
fn spec(read_percent: u8, order: Order) -> Spec {
    let blocks = vec![BlockShare { bytes: 4096, percent: 100 }];
    Spec {
        start_bytes: 0,
        span_bytes: 8 << 40,
        read_percent,
        trim: false,
        read_blocks: blocks.clone(),
        write_blocks: blocks,
        align_bytes: 0,
        order,
        seed: 1,
    }
}

fn next_io(criterion: &mut Criterion) {
    let random = |distribution, repeat| Order::Random { distribution, repeat };
    let zone = |access_percent, size_percent| Zone { access_percent, size_percent };
    let zones = vec![zone(60, 10), zone(30, 20), zone(8, 30), zone(2, 40)];
    let orders = [
        ("sequential", Order::Sequential),
        ("uniform", random(Distribution::Uniform, true)),
        ("without repetition", random(Distribution::Uniform, false)),
        ("zipf 1.2", random(Distribution::Zipf { theta: 1.2 }, true)),
        ("pareto 0.2", random(Distribution::Pareto { skew: 0.2 }, true)),
        ("zoned", random(Distribution::Zoned { zones }, true)),
        (
            "hot and cold",
            random(Distribution::HotCold { hot_bytes: 1 << 34, hot_percent: 70 }, true),
        ),
    ];
    let mut group = criterion.benchmark_group("next_io");
    group.throughput(Throughput::Elements(MANY));
    for (name, order) in orders {
        for (mix, read_percent) in [("read", 100), ("7:3", 70)] {
            let spec = spec(read_percent, order.clone());
            let mut generator = Generator::new(&spec, 0, 1).expect("the load is valid");
            group.bench_function(BenchmarkId::new(name, mix), |bencher| {
                bencher.iter(|| {
                    for _ in 0..MANY {
                        black_box(generator.next_io());
                    }
                });
            });
        }
    }
    group.finish();
}

fn due(criterion: &mut Criterion) {
    let rate = NonZeroU64::new(100_000).expect("it is not 0");
    let mut group = criterion.benchmark_group("due");
    group.throughput(Throughput::Elements(MANY));
    for (name, arrivals) in [("fixed", Arrivals::Fixed), ("poisson", Arrivals::Poisson)] {
        let mut schedule = Schedule::endless(arrivals, rate, 1, 0, 2).expect("it is valid");
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for _ in 0..MANY {
                    black_box(schedule.next());
                }
            });
        });
    }
    group.finish();
}

/// A second of 100,000 latencies around 80 µs, one in a hundred in a tail up to 10 ms.
fn latencies() -> Vec<u64> {
    let mut random = Random::new(1);
    let mut one = || {
        let tail = if random.below(100) == 0 { random.below(10_000_000) } else { 0 };
        60_000 + random.below(20_000) + random.below(20_000) + tail
    };
    (0..100_000).map(|_| one()).collect()
}

fn histogram(criterion: &mut Criterion) {
    let latencies = latencies();
    let mut histogram = Histogram::new();
    for latency in &latencies {
        histogram.record(*latency);
    }
    let mut group = criterion.benchmark_group("histogram");
    group.throughput(Throughput::Elements(latencies.len() as u64));
    group.bench_function("record", |bencher| {
        let mut histogram = Histogram::new();
        bencher.iter(|| {
            for latency in &latencies {
                histogram.record(black_box(*latency));
            }
        });
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("percentile", |bencher| {
        bencher.iter(|| black_box(histogram.percentile(black_box(999_000))));
    });
    group.bench_function("merge", |bencher| {
        let mut sum = Histogram::new();
        bencher.iter(|| sum.merge(black_box(&histogram)));
    });
    group.bench_function("encode", |bencher| bencher.iter(|| black_box(histogram.encode())));
    group.bench_function("decode", |bencher| {
        let bytes = histogram.encode();
        bencher.iter(|| black_box(Histogram::decode(black_box(&bytes))));
    });
    group.bench_function("hlog line", |bencher| {
        let log = Log { start_unix_ms: 0 };
        let interval =
            Interval { tag: "read", start_ms: 0, length_ms: 1000, histogram: &histogram };
        bencher.iter(|| black_box(log.line(black_box(&interval))));
    });
    group.finish();
}

fn fill(criterion: &mut Criterion) {
    let (dedup_thousandths, compress_thousandths, unit_bytes) = (2000, 2000, 4096);
    let reducible = Content::Reducible { dedup_thousandths, compress_thousandths, unit_bytes };
    let contents = [
        ("unique", Content::default()),
        ("reducible 2:1 2:1", reducible),
        ("pattern", Content::Pattern { bytes: vec![0xde, 0xad, 0xfa, 0xce] }),
    ];
    let mut group = criterion.benchmark_group("fill");
    for (name, content) in &contents {
        let mut filler = Filler::new(content, 1, 0).expect("the content is valid");
        for size in [512_u64, 4096, 1 << 20] {
            let mut buffer = vec![0; usize::try_from(size).expect("a MiB fits")];
            group.throughput(Throughput::Bytes(size));
            group.bench_function(BenchmarkId::new(*name, size), |bencher| {
                let mut offset = 0;
                bencher.iter(|| {
                    offset += size;
                    filler.fill(offset, black_box(&mut buffer));
                });
            });
        }
    }
    group.throughput(Throughput::Bytes(GLANCE_BYTES)).sample_size(10);
    for (name, content) in &contents {
        let mut filler = Filler::new(content, 1, 0).expect("the content is valid");
        group.bench_function(BenchmarkId::new("check", *name), |bencher| {
            bencher.iter(|| black_box(check(&mut filler, 0, GLANCE_BYTES)));
        });
    }
    group.finish();
}

criterion_group!(benches, next_io, due, histogram, fill);
criterion_main!(benches);
