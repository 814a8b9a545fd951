//! Percentiles of the histogram against the sorted log of the same values.
//!
//! Shapes from those of a memory to those of a disk that hangs, 1 ns to 1 h; every hundredth
//! of a percent from p50 to p99.99. `ASSAY_HISTOGRAM_VALUES` says how many values each has (a
//! million unless told). Prints the figure that `docs/benchmarks.md` quotes.

use storage_bench::histogram::Histogram;
use storage_bench::random::Random;

const UNLESS_TOLD: usize = 1_000_000;
const HOUR_NS: u64 = 3_600_000_000_000;
/// From p50 to p99.99 in steps of 0.01 %, in parts per million.
const FIRST_PPM: u32 = 500_000;
const LAST_PPM: u32 = 999_900;
const STEP_PPM: usize = 100;
/// 0.5 %.
const BAR_PPM: u64 = 5_000;

type Shape = (&'static str, fn(&mut Random) -> u64);

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a latency of a test is some seconds"
)]
fn exponential(random: &mut Random, mean_ns: f64) -> u64 {
    (-(1.0 - random.unit()).ln() * mean_ns) as u64
}

const SHAPES: &[Shape] = &[
    ("a few nanoseconds", |random| 1 + random.below(400)),
    ("even over three decades", |random| 1_000 + random.below(1_000_000)),
    ("exponential, 80 µs", |random| exponential(random, 80_000.0)),
    ("a narrow peak and a tail", |random| {
        let tail = if random.below(200) == 0 { random.below(30_000_000) } else { 0 };
        60_000 + random.below(2_000) + tail
    }),
    ("cache and disk", |random| {
        if random.below(10) < 7 {
            90_000 + exponential(random, 4_000.0)
        } else {
            4_000_000 + exponential(random, 2_000_000.0)
        }
    }),
    ("slices of a throttle", |random| {
        if random.below(80) == 0 { 96_000_000 + random.below(8_000_000) } else { 6_000 }
    }),
    ("every order of magnitude", |random| {
        let bits = random.below(42);
        (1 + random.below(1 << (bits + 1))).min(HOUR_NS)
    }),
];

/// Returns the value at rank `⌈p · n⌉` of a sorted log.
fn exact(sorted: &[u64], ppm: u32) -> u64 {
    let rank = (sorted.len() as u128 * u128::from(ppm)).div_ceil(1_000_000).max(1);
    sorted[usize::try_from(rank).expect("a rank of the log") - 1]
}

#[test]
fn a_percentile_is_that_of_the_sorted_log_to_half_a_percent() {
    let told = std::env::var("ASSAY_HISTOGRAM_VALUES").ok();
    let count = told.map_or(UNLESS_TOLD, |told| told.parse().expect("a number"));
    let mut worst = (0, "", 0);
    for (seed, (name, shape)) in SHAPES.iter().enumerate() {
        let mut random = Random::new(seed as u64);
        let mut log: Vec<u64> = (0..count).map(|_| shape(&mut random)).collect();
        let mut histogram = Histogram::new();
        for value in &log {
            histogram.record(*value);
        }
        log.sort_unstable();
        for ppm in (FIRST_PPM..=LAST_PPM).step_by(STEP_PPM) {
            let exact = exact(&log, ppm);
            let found = histogram.percentile(ppm).unwrap();
            assert!(found <= log[log.len() - 1], "{name}: {found} at {ppm} ppm is above all");
            let error = found.abs_diff(exact).saturating_mul(1_000_000) / exact.max(1);
            worst = worst.max((error, name, ppm));
        }
    }
    let (error, name, ppm) = worst;
    println!(
        "figure: percentiles.worst = {}.{:04} % ({name}, at {}.{:02} %), {} shapes of {count} values",
        error / 10_000,
        error % 10_000,
        ppm / 10_000,
        ppm % 10_000 / 100,
        SHAPES.len()
    );
    assert!(error <= BAR_PPM, "{error} ppm in {name} at {ppm} ppm");
    assert!(error > 0, "a histogram of buckets cannot be exact everywhere: nothing was compared");
}
