//! Any bytes as a histogram that an agent sent.
//!
//! `cargo fuzz run -s none histogram -- -max_len=4096 -rss_limit_mb=256 -timeout=5`

#![no_main]

use libfuzzer_sys::fuzz_target;
use storage_bench::histogram::Histogram;

fuzz_target!(|bytes: &[u8]| {
    let Ok(histogram) = Histogram::decode(bytes) else { return };
    assert_eq!(histogram.encode(), bytes, "a histogram has one encoding");
    // What was let in cannot hurt what is done with it.
    let mut sum = histogram.clone();
    sum.merge(&histogram);
    assert_eq!(sum.count(), 2 * histogram.count());
    if let (Some(min), Some(max)) = (histogram.min(), histogram.max()) {
        for per_million in [0, 1, 500_000, 999_999, 1_000_000] {
            let value = histogram.percentile(per_million).expect("it is not empty");
            assert!(min <= value && value <= max, "percentiles are between the extremes");
        }
        let mean = histogram.mean().expect("it is not empty");
        assert!(min <= mean && mean <= max, "so is the mean");
        let last = histogram.cumulative().last().expect("it is not empty");
        assert_eq!((last.value, last.count), (max, histogram.count()));
        assert!(histogram.percentile_curve(5).len() < 1000, "a curve has few points");
        assert!(histogram.standard_deviation().is_some_and(f64::is_finite));
    }
});
