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
use super::peers::{self, Bare, Cost, Load, Tuned, words};
use super::{at_most, only_told, process, spread};

const NEEDS: &[Need] =
    &[Need::Root, Need::Program("fio"), Need::Program("time"), Need::Program("stdbuf")];

/// How often each program runs, and for how many seconds.
#[derive(Clone, Copy, Debug)]
struct Rounds {
    count: usize,
    seconds: u32,
    bytes: u64,
    /// Whether programs run that no bar is held against.
    all: bool,
}

impl Rounds {
    fn of(effort: Effort) -> Self {
        match effort {
            Effort::Full => Self { count: 9, seconds: 6, bytes: 1 << 30, all: true },
            Effort::Reduced => Self { count: 3, seconds: 2, bytes: 1 << 28, all: false },
        }
    }
}

/// Who does the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arm {
    /// This program through a ring.
    Ring,
    /// This program through Linux AIO.
    Aio,
    Fio(Tuned),
    /// `t/io_uring`, which records no latency.
    Bare,
}

/// One line of the page: whose cost over whose.
struct Ratio {
    ours: Arm,
    /// What the page calls ours, with a space before it; nothing where there is one way.
    ours_is: &'static str,
    theirs: Arm,
    /// What the page calls theirs.
    theirs_is: &'static str,
    bar: Option<f64>,
}

/// What is compared, and the bars.
struct Case {
    /// What the page calls the medium.
    medium: &'static str,
    ratios: Vec<Ratio>,
    /// Whose user time is held against a bar, and the bar in ns.
    user: Option<(Arm, f64)>,
}

const FIO: (Arm, &str) = (Arm::Fio(Tuned::Ring), "tuned fio");
const LEAN: (Arm, &str) = (Arm::Fio(Tuned::RingLean), "tuned fio with one latency of its three");
const FIO_AIO: (Arm, &str) = (Arm::Fio(Tuned::Aio), "fio with libaio");
const BARE: (Arm, &str) = (Arm::Bare, "`t/io_uring`");

impl Ratio {
    /// Ours through the ring: like with like.
    fn ring((theirs, theirs_is): (Arm, &'static str), bar: Option<f64>) -> Self {
        Self { ours: Arm::Ring, ours_is: "", theirs, theirs_is, bar }
    }

    /// Ours through Linux AIO, held against no bar.
    fn aio((theirs, theirs_is): (Arm, &'static str)) -> Self {
        Self { ours: Arm::Aio, ours_is: ", told to use libaio", theirs, theirs_is, bar: None }
    }
}

/// 128 operations in flight on a zram device that is full.
///
/// The driver cannot be asked without waiting, so that a ring has every read done by kernel
/// workers. Linux AIO, which reads in the thread that asks, is told beside it.
pub(super) fn zram(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(NEEDS)?;
    let rounds = Rounds::of(effort);
    let mut lab = Lab::new()?;
    // What the device itself costs is the same for all and hides what the programs cost: of
    // 64 MiB of data that does not compress a read costs 900 ns more (kernel 6.18).
    let device = lab.cheapest_zram(64 << 20)?;
    let (path, group, seconds) = (device.path, lab.one_processor()?, rounds.seconds);
    let load = Load { path, direct: true, depth: 128, batch: 32, seconds, group };
    let case = Case {
        medium: "QD128, zram written in full",
        ratios: vec![
            Ratio::ring(FIO, Some(0.80)),
            Ratio::ring(LEAN, None),
            Ratio::ring(BARE, Some(1.20)),
            Ratio::aio(FIO),
            Ratio::aio(FIO_AIO),
            Ratio::aio(BARE),
        ],
        user: Some((Arm::Ring, 60.0)),
    };
    compare(&load, rounds, &case)
}

/// 128 operations in flight on a file in the page cache.
pub(super) fn file(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let case = Case {
        medium: "QD128, cached file",
        ratios: vec![
            Ratio::ring(FIO, Some(0.85)),
            Ratio::ring(LEAN, None),
            Ratio::ring(BARE, Some(1.15)),
        ],
        user: Some((Arm::Ring, 60.0)),
    };
    cached(effort, 128, 32, &case)
}

/// One operation at a time on a file in the page cache.
pub(super) fn one(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let ratios = vec![Ratio::ring(FIO, Some(0.75)), Ratio::ring(LEAN, None)];
    cached(effort, 1, 1, &Case { medium: "QD1, cached file", ratios, user: None })
}

fn cached(effort: Effort, depth: u32, batch: u32, case: &Case) -> Result<Vec<Figure>, CaseError> {
    absent(NEEDS)?;
    let rounds = Rounds::of(effort);
    let mut lab = Lab::new()?;
    let path = lab.cached_file(rounds.bytes)?.display().to_string();
    let (group, seconds) = (lab.one_processor()?, rounds.seconds);
    let load = Load { path, direct: false, depth, batch, seconds, group };
    compare(&load, rounds, case)
}

/// What the programs paid, each with one cost a round.
struct Paid(Vec<(Arm, Vec<Cost>)>);

impl Paid {
    fn by(&self, arm: Arm) -> &[Cost] {
        self.0.iter().find(|(one, _)| *one == arm).map_or(&[], |(_, costs)| costs)
    }
}

fn compare(load: &Load, rounds: Rounds, case: &Case) -> Result<Vec<Figure>, CaseError> {
    let wanted: Vec<&Ratio> =
        case.ratios.iter().filter(|ratio| rounds.all || ratio.bar.is_some()).collect();
    let mut arms: Vec<Arm> = Vec::new();
    for arm in wanted.iter().flat_map(|ratio| [ratio.ours, ratio.theirs]) {
        if !arms.contains(&arm) {
            arms.push(arm);
        }
    }
    let bare = arms.contains(&Arm::Bare).then(peers::t_io_uring);
    if !matches!(bare, Some(Ok(_))) {
        arms.retain(|arm| *arm != Arm::Bare);
    }
    let program = bare.as_ref().and_then(|found| found.as_ref().ok());
    let noise = Noise::start();
    let paid = in_turn(load, rounds, &arms, program)?;
    let noise = noise.text();
    let fio = peers::fio_version()?;
    let mut figures = Vec::new();
    for ratio in wanted {
        let Ratio { theirs_is, ours_is, .. } = ratio;
        let what = format!(
            "storage: CPU per I/O over {theirs_is}, 4K random read, {}{ours_is}",
            case.medium
        );
        let version = match &bare {
            Some(Err(why)) if ratio.theirs == Arm::Bare => {
                let bar = ratio.bar.map_or("–".to_owned(), |bar| format!("≤ {bar:.2}"));
                figures.push(only_told(&what, &bar, format!("not measured: {why}")));
                continue;
            }
            Some(Ok(bare)) if ratio.theirs == Arm::Bare => &bare.version,
            _ => &fio,
        };
        let (ours, theirs) = (paid.by(ratio.ours), paid.by(ratio.theirs));
        figures.push(told(&what, ratio.bar, (ours, theirs), (load.seconds, version, &noise))?);
    }
    if let Some((arm, limit)) = case.user {
        let user = spread(&paid.by(arm).iter().map(|cost| cost.user_ns).collect::<Vec<_>>())?;
        let measured = format!("{:.0} ns ({:.0}–{:.0}); {noise}", user.median, user.min, user.max);
        let what = format!("storage: user CPU per I/O, latency on, {}", case.medium);
        figures.push(at_most(&what, &format!("≤ {limit} ns"), limit, user, measured));
    }
    Ok(figures)
}

/// Returns the figure of one ratio.
fn told(
    what: &str,
    bar: Option<f64>,
    (ours, theirs): (&[Cost], &[Cost]),
    (seconds, version, noise): (u32, &str, &str),
) -> Result<Figure, CaseError> {
    let pairs: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a.cpu_ns / b.cpu_ns).collect();
    let ratio = spread(&pairs)?;
    let median = |costs: &[Cost], of: fn(&Cost) -> f64| {
        spread(&costs.iter().map(of).collect::<Vec<_>>()).map(|found| found.median)
    };
    let measured = format!(
        "{:.3} ({:.3}–{:.3}), {:.0} against {:.0} ns at {:.0} against {:.0} thousand IOPS, \
         {} pairs of {seconds} s, {version}; {noise}",
        ratio.median,
        ratio.min,
        ratio.max,
        median(ours, |cost| cost.cpu_ns)?,
        median(theirs, |cost| cost.cpu_ns)?,
        median(ours, |cost| cost.iops / 1e3)?,
        median(theirs, |cost| cost.iops / 1e3)?,
        pairs.len(),
    );
    Ok(match bar {
        Some(bar) => at_most(what, &format!("≤ {bar:.2}"), bar, ratio, measured),
        None => only_told(what, "–", measured),
    })
}

/// Runs the programs in turn; who goes first changes, so that a drifting machine favours nobody.
fn in_turn(
    load: &Load,
    rounds: Rounds,
    arms: &[Arm],
    bare: Option<&Bare>,
) -> Result<Paid, CaseError> {
    let mut paid: Vec<(Arm, Vec<Cost>)> = arms.iter().map(|arm| (*arm, Vec::new())).collect();
    for round in 0..rounds.count {
        let first = round % paid.len().max(1);
        let (early, late) = paid.split_at_mut(first);
        for (arm, costs) in late.iter_mut().chain(early) {
            costs.push(match (*arm, bare) {
                (Arm::Ring, _) => load.by_assay(peers::RING)?,
                (Arm::Aio, _) => load.by_assay(peers::AIO)?,
                (Arm::Fio(tuned), _) => load.by_fio(tuned)?,
                (Arm::Bare, Some(bare)) => load.by_t_io_uring(&bare.program)?,
                (Arm::Bare, None) => continue,
            });
        }
    }
    Ok(Paid(paid))
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
