//! One stall of a second in an open loop, and what the percentiles make of it.
//!
//! The stall is real: a control group lets five reads a second through for one second. How
//! long it was is measured apart from the tools, by the device's own count of completed
//! reads, looked at every millisecond. Theory is a queue: operation `k` of `n` is intended
//! at `k / rate`; one intended while the device stands still is answered when it goes on. So
//! the response times are the stall's length falling to 0 in steps of `1 / rate`, all others
//! nearly 0, and the 99th percentile is that of rank ⌈0.99 n⌉.

#![expect(clippy::disallowed_methods, reason = "this module is the clock of the stall")]

use std::time::{Duration, Instant};

use hw_tests::Need;

use super::super::{CaseError, Effort, Figure};
use super::absent::absent;
use super::lab::{Lab, Throttle, Zram};
use super::noise::Noise;
use super::peers::{self, assay, words};
use super::process::{self, Ran, pause};
use super::{only_told, spread};

const RATE: u32 = 5_000;
const SECONDS: u32 = 6;
const STALL: Duration = Duration::from_secs(1);
/// What the throttle still lets through, with room: 4 ms of the load.
const LEAK: u64 = 20;
const MILLISECOND: Duration = Duration::from_millis(1);

/// Response p99 against theory, and what fio says of the same stall.
pub(super) fn stall(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(&[Need::Root, Need::Program("fio"), Need::Program("time")])?;
    let count = if effort == Effort::Full { 7 } else { 1 };
    let mut lab = Lab::new()?;
    let device = lab.zram(64 << 20)?;
    let throttle = lab.throttle()?;
    let noise = Noise::start();
    let load = format!(
        "--name=figure --filename={} --rw=randread --bs=4k --direct=1 --norandommap \
         --rate_iops={RATE} --runtime={SECONDS} --time_based",
        device.path
    );
    let (mut ratios, mut ours, mut stalls, mut fio) = (vec![], vec![], vec![], vec![]);
    for _ in 0..count {
        let line = assay("rate", &format!("{load} --ioengine=io_uring"))?;
        let (ran, stood) = stalled(&line, &device, &throttle)?;
        let p99 = peers::number(&peers::measured(&ran)?, "/open_loop/response/p99_ns")? / 1e6;
        ratios.push(p99 / theory_ms(stood));
        ours.push(p99);
        stalls.push(stood.as_secs_f64() * 1e3);
        let mut line = words("fio --output-format=json --thread --ioengine=io_uring --iodepth=1");
        line.extend(words(&load));
        let (ran, _stood) = stalled(&line, &device, &throttle)?;
        fio.push(peers::number(&peers::fio_reads(&ran)?, "/clat_ns/percentile/99.000000")? / 1e6);
    }
    let (ratio, ours, stood, fio) =
        (spread(&ratios)?, spread(&ours)?, spread(&stalls)?, spread(&fio)?);
    let away = (ratio.min - 1.0).abs().max((ratio.max - 1.0).abs());
    let shape = format!("{RATE} IOPS for {SECONDS} s, stall of {:.0} ms", stood.median);
    let noise = format!("{}, {}", throttle.version(), noise.text());
    Ok(vec![
        Figure {
            what: "storage: open loop, response p99 over theory, one real stall".to_owned(),
            bar: "every run within 1 ± 0.05".to_owned(),
            measured: format!(
                "{:.4} ({:.4}–{:.4}), p99 {:.0} ms, {shape}, {count} runs; {noise}",
                ratio.median, ratio.min, ratio.max, ours.median
            ),
            met: Some(away <= 0.05),
            broken: Some(away > 0.05 * super::TOLERANCE),
        },
        only_told(
            "storage: the same stall by fio's `rate_iops`, QD1: p99",
            "–",
            format!(
                "{:.2} ms ({:.2}–{:.2}), {shape}, {count} runs, {}; {noise}",
                fio.median,
                fio.min,
                fio.max,
                peers::fio_version()?
            ),
        ),
    ])
}

/// Runs `line`, has the device stand still in its middle, and returns how long it stood.
fn stalled(
    line: &[String],
    device: &Zram,
    throttle: &Throttle,
) -> Result<(Ran, Duration), CaseError> {
    throttle.set(device, None)?;
    let before = device.reads();
    let running = process::start(line, Some(&throttle.folder))?;
    let deadline = Instant::now() + Duration::from_secs(30);
    // The load is on when a second's worth of it is done.
    while device.reads() < before + u64::from(2 * RATE) {
        if Instant::now() > deadline {
            return Err(CaseError::Failed("the load does not start".to_owned()));
        }
        pause(MILLISECOND)?;
    }
    throttle.set(device, Some(5))?;
    let begun = Instant::now();
    let mut seen = Vec::new();
    let mut lifted = false;
    while begun.elapsed() < STALL + Duration::from_millis(500) {
        seen.push((begun.elapsed(), device.reads()));
        if !lifted && begun.elapsed() >= STALL {
            throttle.set(device, None)?;
            lifted = true;
        }
        pause(MILLISECOND)?;
    }
    let ran = running.finish()?;
    let stood = longest(&seen, LEAK);
    if stood < STALL / 2 {
        let text = format!("the throttle did not stop the device: it stood for {stood:?}");
        return Err(CaseError::Failed(text));
    }
    Ok((ran, stood))
}

/// Returns the longest time in which a counter grew by at most `leak`.
fn longest(seen: &[(Duration, u64)], leak: u64) -> Duration {
    let mut most = Duration::ZERO;
    let mut end = 0;
    for (start, count) in seen {
        while seen.get(end).is_some_and(|(_, later)| *later <= count + leak) {
            end += 1;
        }
        let last = end.checked_sub(1).and_then(|last| seen.get(last));
        most = most.max(last.map_or(most, |(last, _)| last.saturating_sub(*start)));
    }
    most
}

/// Returns the 99th percentile of the response time that a queue has whose server stands
/// still once for `stood`, in milliseconds.
fn theory_ms(stood: Duration) -> f64 {
    let operations = RATE * SECONDS;
    let (rate, stood) = (f64::from(RATE), stood.as_secs_f64());
    let response = |k: u32| (stood - f64::from(k) / rate).max(0.0);
    // In order of their length: those intended first wait longest.
    let mut all: Vec<f64> = (0..operations).map(response).collect();
    all.sort_by(f64::total_cmp);
    let rank = (operations * 99).div_ceil(100);
    let at = usize::try_from(rank.saturating_sub(1)).unwrap_or(0);
    all.get(at).copied().unwrap_or(0.0) * 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_six_operations_waits_and_the_hundredth_of_all_waits_940_ms() {
        // 300 of 30,000 wait longer: those of the first 60 ms of the stall.
        let theory = theory_ms(Duration::from_secs(1));
        assert!((theory - 940.0).abs() < 0.3, "{theory}");
        assert!(theory_ms(Duration::from_millis(50)).abs() < 1e-9);
    }

    #[test]
    fn the_stall_is_the_longest_time_without_growth_but_the_leak() {
        let ms = Duration::from_millis;
        let seen = [
            (ms(0), 100),
            (ms(1), 105),
            (ms(2), 110),
            (ms(3), 110),
            (ms(500), 112),
            (ms(1000), 114),
            (ms(1001), 900),
            (ms(1002), 5000),
        ];
        assert_eq!(longest(&seen, 4), ms(998));
        assert_eq!(longest(&seen, 0), ms(1));
        assert_eq!(longest(&[], 4), Duration::ZERO);
    }
}
