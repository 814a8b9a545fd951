//! Whether the open loop keeps its rate, and what a second thread adds.

use hw_tests::Need;

use super::super::{CaseError, Effort, Figure};
use super::absent::absent;
use super::lab::Lab;
use super::noise::Noise;
use super::peers::{self, assay};
use super::{only_told, process, spread};

/// 100,000 and 200,000 operations a second at fixed intervals: by no device, which shows the
/// schedule alone, and by a file in the page cache.
pub(super) fn rate(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(&[Need::Program("time")])?;
    let (count, seconds) = if effort == Effort::Full { (7, 10) } else { (3, 2) };
    let mut lab = Lab::new()?;
    let path = lab.cached_file(1 << 28)?.display().to_string();
    let mut figures = Vec::new();
    for (engine, name) in [("null", "null engine"), ("io_uring", "cached file")] {
        for rate in [100_000_u32, 200_000] {
            let noise = Noise::start();
            let line = assay(
                "rate",
                &format!(
                    "--name=figure --filename={path} --rw=randread --bs=4k --ioengine={engine} \
                     --norandommap --invalidate=0 --rate_iops={rate} --rate_process=linear \
                     --runtime={seconds} --time_based"
                ),
            )?;
            let mut errors = Vec::new();
            for _ in 0..count {
                let run = peers::measured(&process::run(&line)?)?;
                let achieved = peers::number(&run, "/all/milli_iops")? / 1000.0;
                errors.push((achieved / f64::from(rate) - 1.0) * 100.0);
            }
            let error = spread(&errors)?;
            let measured = format!(
                "{:+.3} % ({:+.3}–{:+.3}), {count} runs of {seconds} s; {}",
                error.median,
                error.min,
                error.max,
                noise.text()
            );
            let what = format!("storage: achieved over asked, {rate} IOPS linear, {name}");
            // A thread that is put off the processor at the end makes its run longer; a wrong
            // schedule is wrong every time.
            let best = errors.iter().map(|error| error.abs()).fold(f64::INFINITY, f64::min);
            figures.push(Figure {
                what,
                bar: "± 0.2 %".to_owned(),
                measured,
                met: Some(error.median.abs() <= 0.2),
                broken: Some(best > 0.2 * super::TOLERANCE),
            });
        }
    }
    Ok(figures)
}

/// Operations a second by two threads against one, on a file in the page cache.
pub(super) fn threads(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(&[Need::Program("time")])?;
    let (count, seconds) = if effort == Effort::Full { (7, 5) } else { (1, 2) };
    let mut lab = Lab::new()?;
    let path = lab.cached_file(1 << 28)?.display().to_string();
    let noise = Noise::start();
    let by = |threads: u32| {
        let line = assay(
            "throughput",
            &format!(
                "--name=figure --filename={path} --rw=randread --bs=4k --ioengine=io_uring \
                 --norandommap --invalidate=0 --iodepth=128 --numjobs={threads} --thread \
                 --group_reporting --runtime={seconds} --time_based"
            ),
        )?;
        let run = peers::measured(&process::run(&line)?)?;
        Ok::<_, CaseError>(peers::number(&run, "/all/milli_iops")? / 1000.0)
    };
    let (mut ratios, mut ones, mut twos) = (vec![], vec![], vec![]);
    for turn in 0..count {
        let (one, two) = if turn % 2 == 0 {
            let one = by(1)?;
            (one, by(2)?)
        } else {
            let two = by(2)?;
            (by(1)?, two)
        };
        ratios.push(two / one);
        ones.push(one / 1e3);
        twos.push(two / 1e3);
    }
    let (ratio, one, two) = (spread(&ratios)?, spread(&ones)?, spread(&twos)?);
    let processors = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let measured = format!(
        "{:.2} ({:.2}–{:.2}), {:.0} against {:.0} thousand IOPS, {count} pairs of {seconds} s, \
         {processors} processors; {}",
        ratio.median,
        ratio.min,
        ratio.max,
        two.median,
        one.median,
        noise.text()
    );
    let what = "storage: IOPS of two threads over one, QD128, cached file";
    Ok(vec![only_told(what, "≥ 1.8 on a quiet machine, told only", measured)])
}
