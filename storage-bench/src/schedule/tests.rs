//! That fixed intervals are exact and a Poisson process is one.
#![expect(clippy::cast_precision_loss, reason = "statistics of small counts")]

use proptest::prelude::*;

use super::*;

fn rate(rate: u64) -> NonZeroU64 {
    NonZeroU64::new(rate).unwrap()
}

fn poisson(per_second: u64, seed: u64) -> Schedule {
    Schedule::endless(Arrivals::Poisson, rate(per_second), seed, 0, 1).unwrap()
}

#[test]
fn a_poisson_schedule_offers_its_rate_over_twenty_seeds() {
    for (per_second, seconds) in [(800, 60), (30_000, 5), (110_000, 2)] {
        for seed in 0..20 {
            let count = poisson(per_second, seed).take_while(|at| *at < seconds * SECOND).count();
            let expected = (per_second * seconds) as f64;
            let z = (count as f64 - expected) / expected.sqrt();
            assert!(z.abs() <= 4.0, "{per_second}/s, seed {seed}: {count}, z {z}");
        }
    }
}

#[test]
fn intervals_of_a_poisson_schedule_are_exponential() {
    let count = 20_000;
    for per_second in [800, 30_000, 1_000_000] {
        let mean = SECOND as f64 / per_second as f64;
        for seed in 0..20 {
            let times: Vec<u64> = poisson(per_second, seed).take(count + 1).collect();
            let mut gaps: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
            gaps.sort_unstable();
            let off = gaps.iter().enumerate().map(|(at, gap)| {
                // A gap of whole nanoseconds stands for those half a nanosecond around it.
                let expected = 1.0 - (-(*gap as f64 + 0.5) / mean).exp();
                let (below, upto) = (at as f64 / count as f64, (at + 1) as f64 / count as f64);
                (expected - below).abs().max((expected - upto).abs())
            });
            let statistic = off.fold(0.0, f64::max) * (count as f64).sqrt();
            // Kolmogorov and Smirnov: 2.23 is passed by chance once in 10,000, and 60 are tried.
            // Rounded down at both ends, a gap is off by up to a nanosecond: at 10^6 a second
            // 0.1 % of the mean, and √20,000 · 0.001 = 0.14.
            assert!(statistic < 2.23 + 0.14, "{per_second}/s, seed {seed}: {statistic}");
        }
    }
}

#[test]
fn threads_together_offer_the_rate_of_one() {
    for threads in [1, 2, 3, 16] {
        let mut fixed = Vec::new();
        let mut poisson = 0;
        for thread in 0..threads {
            let of = |kind| Schedule::endless(kind, rate(70_000), 9, thread, threads).unwrap();
            fixed.extend(of(Arrivals::Fixed).take_while(|at| *at < SECOND));
            poisson += of(Arrivals::Poisson).take_while(|at| *at < SECOND).count();
        }
        fixed.sort_unstable();
        let alone: Vec<u64> = (0..70_000).map(|n| n * SECOND / 70_000).collect();
        assert_eq!(fixed, alone, "{threads}");
        let z = (poisson as f64 - 70_000.0) / 70_000_f64.sqrt();
        assert!(z.abs() <= 4.0, "{threads} threads: {poisson}");
    }
}

#[test]
fn the_seed_and_nothing_else_decides() {
    let of = |seed| poisson(1000, seed).take(50).collect::<Vec<_>>();
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn a_ramp_goes_through_its_steps_and_ends() {
    let steps = [10, 50, 80, 90, 95, 100]
        .map(|percent| Step { rate: rate(percent * 100), duration_ns: SECOND });
    for arrivals in [Arrivals::Fixed, Arrivals::Poisson] {
        let times: Vec<u64> = Schedule::steps(arrivals, steps.to_vec(), 4, 0, 1).unwrap().collect();
        assert!(times.is_sorted());
        for (step, at) in steps.iter().zip(0..) {
            let within = at * SECOND..(at + 1) * SECOND;
            let count = times.iter().filter(|time| within.contains(time)).count() as f64;
            let expected = step.rate.get() as f64;
            let off = if arrivals == Arrivals::Fixed { 0.0 } else { 4.0 * expected.sqrt() };
            assert!((count - expected).abs() <= off, "{arrivals:?}, step {at}: {count}");
        }
        assert!(times.last().is_some_and(|last| *last < 6 * SECOND));
    }
}

#[test]
fn a_step_too_short_for_an_operation_is_passed_over() {
    let steps = vec![
        Step { rate: rate(1), duration_ns: 0 },
        Step { rate: rate(10), duration_ns: SECOND / 5 },
    ];
    let times: Vec<u64> = Schedule::steps(Arrivals::Fixed, steps, 4, 0, 1).unwrap().collect();
    assert_eq!(times, [0, SECOND / 10]);
}

#[test]
fn what_cannot_be_scheduled_is_refused() {
    let of = |duration_ns, thread| {
        let step = Step { rate: rate(1), duration_ns };
        Schedule::steps(Arrivals::Fixed, vec![step; 2], 0, thread, 2).map(|_| ())
    };
    assert_eq!(of(1, 2), Err(ScheduleError::Thread { thread: 2, threads: 2 }));
    assert_eq!(of(u64::MAX, 0), Err(ScheduleError::TooLong));
    assert_eq!(of(u64::MAX / 2, 1), Ok(()));
    let fast = rate(SECOND + 1);
    let refused = Schedule::endless(Arrivals::Poisson, fast, 0, 0, 1).map(|_| ());
    assert_eq!(refused, Err(ScheduleError::TooFast(fast)));
}

proptest! {
    #[test]
    fn fixed_intervals_neither_drift_nor_round_twice(
        per_second in prop_oneof![1..2_000_000_u64, 1..=SECOND],
        threads in 1..70_u32,
        thread in any::<u32>(),
        skip in 0..5_000_usize,
    ) {
        let thread = thread % threads;
        let mut times =
            Schedule::endless(Arrivals::Fixed, rate(per_second), 0, thread, threads).unwrap();
        let found = times.nth(skip).unwrap();
        let n = u128::from(thread) + u128::from(threads) * skip as u128;
        prop_assert_eq!(u128::from(found), n * u128::from(SECOND) / u128::from(per_second));
    }
}
