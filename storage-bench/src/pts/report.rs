//! What a test found, in the order of the PTS' own pages: header, convergence plot, window
//! plot with its limits, table, and with the table the 2-D plot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measurement::{Doubt, Steady};
use crate::pts::{Cell, Options, Progress, Test};
use crate::steady::{MOST_ROUNDS, Rounds, WINDOW};

/// What a test found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// The test.
    pub test: Test,
    /// Unit of the values; all of them are thousandths of it.
    pub unit: String,
    /// Whether the test was made smaller; then it is no PTS result.
    pub fast: bool,
    /// Whether every part is steady.
    pub steady: bool,
    /// Why it is no PTS result; empty where it is one.
    pub reasons: Vec<Doubt>,
    /// How it was run.
    pub header: Header,
    /// What was found, part by part.
    pub part: Vec<PartReport>,
}

/// How a test was run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Header {
    /// Active range: what of the device was used.
    pub span_bytes: u64,
    /// Logical block size.
    pub block_bytes: u32,
    /// Bytes that preconditioning was to write, for each part.
    pub precondition_bytes: u64,
    /// Operations in flight at once, per thread.
    pub iodepth: u32,
    /// Threads that made the load.
    pub threads: u32,
    /// How long each cell ran.
    pub cell_ns: u64,
    /// What was written: always random, that is unique and not compressible.
    pub data_pattern: String,
    /// State of the device's volatile write cache.
    pub write_cache: String,
}

/// What a part of a test found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartReport {
    /// Size of the preconditioning writes.
    pub precondition_block_bytes: u32,
    /// Bytes that preconditioning wrote.
    pub preconditioned_bytes: u64,
    /// How the device was purged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purged: Option<String>,
    /// Cells that the device's block size forbids.
    pub left_out: Vec<Cell>,
    /// Rounds that are complete.
    pub rounds: u32,
    /// Whether every tracked value is steady.
    pub steady: bool,
    /// Convergence plot: a line for each size, of the mix that is tracked first, over all
    /// rounds.
    pub convergence: Vec<Line>,
    /// Window plot: one for each tracked value.
    pub window: Vec<WindowPlot>,
    /// The result: the mean of the window, cell by cell; its columns are the 2-D plot.
    pub table: Vec<TableRow>,
}

/// A line of a convergence plot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Line {
    /// The cell.
    pub cell: Cell,
    /// Its value in each round.
    pub rounds_milli: Vec<u64>,
}

/// The last five rounds of a tracked value, and the limits they are held against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WindowPlot {
    /// The cell.
    pub cell: Cell,
    /// The first round of the window, from 1.
    pub first_round: u32,
    /// The values.
    pub rounds_milli: Vec<u64>,
    /// Their mean.
    pub mean_milli: u64,
    /// 110 % of the mean: the upper line of a range of 20 %.
    pub upper_milli: u64,
    /// 90 % of the mean: the lower line.
    pub lower_milli: u64,
    /// The least-squares line at the first round of the window.
    pub line_from_milli: u64,
    /// The same at the last.
    pub line_to_milli: u64,
    /// Range and slope of all rounds; at a test's end `round` is the window's last.
    pub steady: Steady,
}

/// One cell of the result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TableRow {
    /// The cell.
    pub cell: Cell,
    /// Mean of the window's rounds.
    pub mean_milli: u64,
    /// Longest latency of the window's rounds.
    pub max_ns: u64,
}

pub(super) fn of(options: &Options, parts: &[&Progress], finished: bool) -> Report {
    let part: Vec<PartReport> = parts.iter().map(|progress| part(progress)).collect();
    let steady = finished && part.iter().all(|part| part.steady);
    Report {
        test: options.test,
        unit: options.test.unit().to_owned(),
        fast: options.fast,
        steady,
        reasons: reasons(options, &part, finished),
        header: Header {
            span_bytes: options.span_bytes,
            block_bytes: options.block_bytes,
            precondition_bytes: options.precondition_bytes(),
            iodepth: options.cell_iodepth(),
            threads: options.cell_threads(),
            cell_ns: options.cell_ns,
            data_pattern: "random".to_owned(),
            write_cache: options.write_cache.clone(),
        },
        part,
    }
}

fn part(progress: &Progress) -> PartReport {
    let part = &progress.part;
    // The mix that is tracked first, in all its sizes; PTS shows the pure write so.
    let mix = part.tracked.first().map(|cell| cell.read_percent);
    let lines = part.cells.iter().zip(&progress.values);
    let lines = lines.filter(|(cell, _)| Some(cell.read_percent) == mix);
    let line =
        |(cell, values): (&Cell, &Vec<u64>)| Line { cell: *cell, rounds_milli: values.clone() };
    let rounds = progress.rounds();
    let cells = part.cells.iter().zip(progress.values.iter().zip(&progress.longest_ns));
    PartReport {
        precondition_block_bytes: part.precondition_block_bytes,
        preconditioned_bytes: progress.preconditioned_bytes,
        purged: progress.purged.clone(),
        left_out: part.left_out.clone(),
        rounds: u32::try_from(rounds).unwrap_or(u32::MAX),
        steady: progress.is_steady(),
        convergence: lines.map(line).collect(),
        window: part.tracked.iter().zip(&progress.tracked).filter_map(window).collect(),
        table: cells
            .filter_map(|(cell, (values, longest))| row(*cell, values, longest, rounds))
            .collect(),
    }
}

/// Returns the window of a tracked value as it is drawn; `None` before five rounds.
fn window((cell, rounds): (&Cell, &Rounds)) -> Option<WindowPlot> {
    let (values, window) = (rounds.values(), rounds.last()?);
    // The line at both ends is mean ± 2·slope = S/5 ± 2·D/10, in tenths to stay whole.
    let end = |sign: i128| {
        let tenths =
            2 * i128::try_from(window.sum).unwrap_or(i128::MAX) + sign * 2 * window.slope_tenfold;
        u64::try_from(tenths.max(0) / 10).unwrap_or(u64::MAX)
    };
    let share = |percent: u128| u64::try_from(window.sum * percent / 500).unwrap_or(u64::MAX);
    Some(WindowPlot {
        cell: *cell,
        first_round: u32::try_from(values.len() - WINDOW + 1).unwrap_or(u32::MAX),
        rounds_milli: values.last_chunk::<WINDOW>()?.to_vec(),
        mean_milli: window.mean(),
        upper_milli: share(110),
        lower_milli: share(90),
        line_from_milli: end(-1),
        line_to_milli: end(1),
        steady: Steady {
            steady: window.is_steady(),
            round: window.is_steady().then(|| u32::try_from(values.len()).unwrap_or(u32::MAX)),
            left_at_round: None,
            range_ppm: window.range_ppm(),
            slope_ppm: window.slope_ppm(),
            rounds_milli: values.to_vec(),
            ..Steady::default()
        },
    })
}

/// Returns a cell's mean over the last five complete rounds.
fn row(cell: Cell, values: &[u64], longest: &[u64], rounds: usize) -> Option<TableRow> {
    let values = values.get(..rounds)?.last_chunk::<WINDOW>()?;
    let longest = longest.get(..rounds)?.last_chunk::<WINDOW>()?;
    let sum: u128 = values.iter().map(|value| u128::from(*value)).sum();
    Some(TableRow {
        cell,
        mean_milli: u64::try_from(sum / 5).unwrap_or(u64::MAX),
        max_ns: longest.iter().max().copied().unwrap_or(0),
    })
}

fn reasons(options: &Options, parts: &[PartReport], finished: bool) -> Vec<Doubt> {
    let mut reasons = Vec::new();
    if options.fast {
        let zh = "以 --fast 缩减运行，不是 PTS 结果";
        reasons.push(Doubt::new("reduced", zh, "run with --fast: no PTS result"));
    }
    if !finished {
        let zh = "测试未做完";
        reasons.push(Doubt::new("ended-early", zh, "the test did not come to its end"));
    }
    for part in parts {
        let size = crate::text::size(u64::from(part.precondition_block_bytes));
        if finished && !part.steady {
            let zh = format!("{MOST_ROUNDS} 轮未达稳态（预处理 {size}）");
            let en = format!("not steady after {MOST_ROUNDS} rounds (preconditioned with {size})");
            reasons.push(Doubt::new("not-steady", zh, en));
        }
        let asked = options.precondition_bytes();
        if part.preconditioned_bytes < asked {
            let wrote = crate::text::grouped(part.preconditioned_bytes);
            let zh =
                format!("预处理只写入 {wrote} 字节，应为 {} 字节", crate::text::grouped(asked));
            let en =
                format!("preconditioning wrote {wrote} bytes of {}", crate::text::grouped(asked));
            reasons.push(Doubt::new("not-preconditioned", zh, en));
        }
        if part.purged.is_none() {
            let zh = "未清除设备：稳态前的经历未知";
            reasons.push(Doubt::new(
                "not-purged",
                zh,
                "the device was not purged: what it went through before is unknown",
            ));
        }
    }
    reasons
}
