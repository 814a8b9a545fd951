//! Processor time for each operation: ours, fio's and that of `t/io_uring`, in turn.
//!
//! Each program has one processor, and so have the workers that the kernel runs for its ring:
//! where they may go anywhere, a run pays 20 % more or less as they happen to share one or not
//! (kernel 6.18, zram, which has its reads done by workers).

use hw_tests::Need;
use hw_tests::corpus::workspace;

use super::super::{CaseError, Effort, Figure};
use super::absent::absent;
use super::lab::Lab;
use super::noise::Noise;
use super::peers::{self, Bare, Cost, Load, words};
use super::{at_most, only_told, process, spread};

const NEEDS: &[Need] =
    &[Need::Root, Need::Program("fio"), Need::Program("time"), Need::Program("stdbuf")];

/// How often each program runs, and for how many seconds.
#[derive(Clone, Copy, Debug)]
struct Rounds {
    count: usize,
    seconds: u32,
    bytes: u64,
    lean: bool,
}

impl Rounds {
    fn of(effort: Effort) -> Self {
        match effort {
            Effort::Full => Self { count: 9, seconds: 6, bytes: 1 << 30, lean: true },
            Effort::Reduced => Self { count: 3, seconds: 2, bytes: 1 << 28, lean: false },
        }
    }
}

/// What is compared, and the bars.
struct Bars {
    /// What the page calls the medium.
    medium: &'static str,
    fio: f64,
    bare: Option<f64>,
    user_ns: Option<f64>,
}

/// What the programs paid, round by round.
#[derive(Debug, Default)]
struct Paid {
    ours: Vec<Cost>,
    fio: Vec<Cost>,
    /// fio with the one latency that ours records, in a full run.
    lean: Vec<Cost>,
    bare: Vec<Cost>,
}

/// 128 operations in flight on a zram device that is full.
pub(super) fn zram(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(NEEDS)?;
    let rounds = Rounds::of(effort);
    let mut lab = Lab::new()?;
    // What the device itself costs is the same for all and hides what the programs cost: of
    // 64 MiB of data that does not compress a read costs 900 ns more (kernel 6.18).
    let device = lab.cheapest_zram(64 << 20)?;
    let (path, group, seconds) = (device.path, lab.one_processor()?, rounds.seconds);
    let load = Load { path, direct: true, depth: 128, batch: 32, seconds, group };
    let bars = Bars {
        medium: "QD128, zram written in full",
        fio: 0.80,
        bare: Some(1.20),
        user_ns: Some(60.0),
    };
    compare(&load, rounds, &bars)
}

/// 128 operations in flight on a file in the page cache.
pub(super) fn file(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let bars =
        Bars { medium: "QD128, cached file", fio: 0.85, bare: Some(1.15), user_ns: Some(60.0) };
    cached(effort, 128, 32, &bars)
}

/// One operation at a time on a file in the page cache.
pub(super) fn one(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let bars = Bars { medium: "QD1, cached file", fio: 0.75, bare: None, user_ns: None };
    cached(effort, 1, 1, &bars)
}

fn cached(effort: Effort, depth: u32, batch: u32, bars: &Bars) -> Result<Vec<Figure>, CaseError> {
    absent(NEEDS)?;
    let rounds = Rounds::of(effort);
    let mut lab = Lab::new()?;
    let path = lab.cached_file(rounds.bytes)?.display().to_string();
    let (group, seconds) = (lab.one_processor()?, rounds.seconds);
    let load = Load { path, direct: false, depth, batch, seconds, group };
    compare(&load, rounds, bars)
}

fn compare(load: &Load, rounds: Rounds, bars: &Bars) -> Result<Vec<Figure>, CaseError> {
    let bare = bars.bare.map(|limit| peers::t_io_uring().map(|bare| (bare, limit)));
    let program = bare.as_ref().and_then(|found| found.as_ref().ok()).map(|(bare, _)| bare);
    let noise = Noise::start();
    let paid = in_turn(load, rounds, program)?;
    let noise = noise.text();
    let Bars { medium, .. } = bars;
    let told = |peer: &str, version: &str, theirs: &[Cost], limit: f64| {
        let pairs: Vec<f64> =
            paid.ours.iter().zip(theirs).map(|(a, b)| a.cpu_ns / b.cpu_ns).collect();
        let ratio = spread(&pairs)?;
        let median = |costs: &[Cost], of: fn(&Cost) -> f64| {
            spread(&costs.iter().map(of).collect::<Vec<_>>()).map(|found| found.median)
        };
        let measured = format!(
            "{:.3} ({:.3}–{:.3}), {:.0} against {:.0} ns at {:.0} against {:.0} thousand IOPS, \
             {} pairs of {} s, {version}; {noise}",
            ratio.median,
            ratio.min,
            ratio.max,
            median(&paid.ours, |cost| cost.cpu_ns)?,
            median(theirs, |cost| cost.cpu_ns)?,
            median(&paid.ours, |cost| cost.iops / 1e3)?,
            median(theirs, |cost| cost.iops / 1e3)?,
            pairs.len(),
            load.seconds,
        );
        let what = format!("storage: CPU per I/O over {peer}, 4K random read, {medium}");
        Ok::<_, CaseError>(at_most(&what, &format!("≤ {limit:.2}"), limit, ratio, measured))
    };
    let version = peers::fio_version()?;
    let mut figures = vec![told("tuned fio", &version, &paid.fio, bars.fio)?];
    if rounds.lean {
        let lean = told("tuned fio with one latency of its three", &version, &paid.lean, bars.fio)?;
        let bar = "–".to_owned();
        figures.push(Figure { bar, met: None, broken: None, ..lean });
    }
    match &bare {
        None => {}
        Some(Ok((bare, limit))) => {
            figures.push(told("`t/io_uring`", &bare.version, &paid.bare, *limit)?);
        }
        Some(Err(why)) => {
            let what = format!("storage: CPU per I/O over `t/io_uring`, 4K random read, {medium}");
            let limit = bars.bare.unwrap_or_default();
            let bar = format!("≤ {limit:.2}");
            figures.push(only_told(&what, &bar, format!("not measured: {why}")));
        }
    }
    if let Some(limit) = bars.user_ns {
        let user = spread(&paid.ours.iter().map(|cost| cost.user_ns).collect::<Vec<_>>())?;
        let measured = format!("{:.0} ns ({:.0}–{:.0}); {noise}", user.median, user.min, user.max);
        let what = format!("storage: user CPU per I/O, latency on, {medium}");
        figures.push(at_most(&what, &format!("≤ {limit} ns"), limit, user, measured));
    }
    Ok(figures)
}

/// Runs the programs in turn; who goes first changes, so that a drifting machine favours nobody.
fn in_turn(load: &Load, rounds: Rounds, bare: Option<&Bare>) -> Result<Paid, CaseError> {
    let mut paid = Paid::default();
    for round in 0..rounds.count {
        for turn in 0..4 {
            match (round + turn) % 4 {
                0 => paid.ours.push(load.by_assay()?),
                1 => paid.fio.push(load.by_fio(false)?),
                2 if rounds.lean => paid.lean.push(load.by_fio(true)?),
                3 => {
                    if let Some(bare) = bare {
                        paid.bare.push(load.by_t_io_uring(&bare.program)?);
                    }
                }
                _ => {}
            }
        }
    }
    Ok(paid)
}

/// A ring that does nothing: what choosing an offset, two looks at the clock, the histogram
/// and the ring itself cost.
///
/// The program has no such engine to ask for; the example is built with its profile.
pub(super) fn ring(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(&[Need::Root, Need::Program("time")])?;
    let cargo = env!("CARGO");
    let build =
        format!("{cargo} build -q --release --locked -p storage-bench --example engine_cost");
    let built = std::process::Command::new(cargo)
        .args(words(&build).iter().skip(1))
        .current_dir(workspace())
        .output()?;
    if !built.status.success() {
        let said = String::from_utf8_lossy(&built.stderr).into_owned();
        return Err(CaseError::Failed(format!("`{build}`: {said}")));
    }
    let (count, seconds) = if effort == Effort::Full { (9, 4) } else { (3, 1) };
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace().join("target"), std::path::PathBuf::from);
    let program = target.join("release/examples/engine_cost").display().to_string();
    let mut lab = Lab::new()?;
    let file = lab.sparse_file(1 << 30)?.display().to_string();
    let group = lab.one_processor()?;
    let mut line = vec![program, file];
    line.extend(words(&format!("--engine nop --seconds {seconds}")));
    let noise = Noise::start();
    let mut costs = Vec::new();
    for _ in 0..count {
        let ran = process::start(&line, Some(&group))?.finish()?;
        let printed: Vec<&str> = ran.stdout.split_whitespace().collect();
        let cost = printed.get(3).and_then(|word| word.parse::<f64>().ok());
        let said = || CaseError::Failed(format!("engine_cost: {}", ran.said()));
        costs.push(cost.filter(|_| ran.code == 0).ok_or_else(said)?);
    }
    let cost = spread(&costs)?;
    let measured = format!(
        "{:.0} ns ({:.0}–{:.0}), {count} runs of {seconds} s; {}",
        cost.median,
        cost.min,
        cost.max,
        noise.text()
    );
    let what = "storage: ring NOP with latency and random offset, QD128";
    Ok(vec![at_most(what, "≤ 130 ns per operation", 130.0, cost, measured)])
}
