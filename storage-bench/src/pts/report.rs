//! What a test found, in the order of the PTS' own pages: header, convergence plot, window
//! plot with its limits, table, and with the table the 2-D plot.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measurement::{Doubt, Steady, Subject};
use crate::pts::part::{Noted, Progress};
use crate::pts::{Cell, Options, Test};
use crate::steady::{MOST_ROUNDS, WINDOW};

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
    /// What was tested, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// When its first load began, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<String>,
    /// When its last load began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_load_at: Option<String>,
    /// Where it was interrupted and went on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interruption: Vec<Interruption>,
    /// What was found, part by part.
    pub part: Vec<PartReport>,
}

/// An interruption of a test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Interruption {
    /// The part, from 1.
    pub part: u32,
    /// The round that was interrupted, from 1.
    pub round: u32,
    /// When it went on.
    pub resumed_at: String,
    /// Whether it went on at its cell; otherwise the part began anew.
    pub continued: bool,
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
    /// What the load was made with, as far as that is known.
    #[serde(default)]
    pub platform: Platform,
}

/// The host of a test, and what only it knows of the device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Platform {
    /// Version of this program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Operating system and kernel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// Memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Firmware of the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// How the device is attached: `nvme`, `sata`, `sas`, `virtio`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
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
    /// The round at which they first were; its window gives the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steady_round: Option<u32>,
    /// The first round after it at which one of them no longer was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at_round: Option<u32>,
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

/// The window's rounds of a tracked value, and the limits they are held against.
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
    /// Range and slope of the window, and the value of every round.
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

pub(super) fn of(
    options: &Options,
    parts: &[&Progress],
    finished: bool,
    interruptions: &[Interruption],
) -> Report {
    let part: Vec<PartReport> = parts.iter().map(|progress| part(progress)).collect();
    let steady = finished && part.iter().all(|part| part.steady);
    let mut reasons = reasons(options, &part, finished);
    for progress in parts {
        doubts(progress, &mut reasons);
    }
    Report {
        test: options.test,
        unit: options.test.unit().to_owned(),
        fast: options.fast,
        steady,
        reasons,
        header: Header {
            span_bytes: options.span_bytes,
            block_bytes: options.block_bytes,
            precondition_bytes: options.precondition_bytes(),
            iodepth: options.cell_iodepth(),
            threads: options.cell_threads(),
            cell_ns: options.cell_ns,
            data_pattern: "random".to_owned(),
            write_cache: options.write_cache.clone(),
            platform: Platform::default(),
        },
        subject: None,
        started_at: None,
        last_load_at: None,
        interruption: interruptions.to_vec(),
        part,
    }
}

fn part(progress: &Progress) -> PartReport {
    let part = progress.part();
    // The mix that is tracked first, in all its sizes; PTS shows the pure write so.
    let mix = part.tracked.first().map(|cell| cell.read_percent);
    let lines = part.cells.iter().filter(|cell| Some(cell.read_percent) == mix);
    let line = |cell: &Cell| Line { cell: *cell, rounds_milli: complete(progress, *cell) };
    let end = progress.end();
    PartReport {
        precondition_block_bytes: part.precondition_block_bytes,
        preconditioned_bytes: progress.preconditioned_bytes(),
        purged: progress.purged().cloned(),
        left_out: part.left_out.clone(),
        rounds: number(progress.rounds()),
        steady: progress.steady_at().is_some() && progress.left_at().is_none(),
        steady_round: progress.steady_at().map(number),
        left_at_round: progress.left_at().map(number),
        convergence: lines.map(line).collect(),
        window: part.tracked.iter().filter_map(|cell| window(progress, *cell)).collect(),
        table: part.cells.iter().filter_map(|cell| row(progress, *cell, end)).collect(),
    }
}

/// Returns a cell's values in the rounds that all cells have.
fn complete(progress: &Progress, cell: Cell) -> Vec<u64> {
    let values = progress.values_of(cell).unwrap_or_default();
    values.iter().take(progress.rounds()).copied().collect()
}

fn number(round: usize) -> u32 {
    u32::try_from(round).unwrap_or(u32::MAX)
}

/// Returns the window of a tracked value as it is drawn; `None` before five rounds.
fn window(progress: &Progress, cell: Cell) -> Option<WindowPlot> {
    let end = progress.end();
    let (values, window) = progress.window(cell, end)?;
    // The line at both ends is mean ± 2·slope = S/5 ± 2·D/10, in tenths to stay whole.
    let at_end = |sign: i128| {
        let tenths =
            2 * i128::try_from(window.sum).unwrap_or(i128::MAX) + sign * 2 * window.slope_tenfold;
        u64::try_from(tenths.max(0) / 10).unwrap_or(u64::MAX)
    };
    let share = |percent: u128| u64::try_from(window.sum * percent / 500).unwrap_or(u64::MAX);
    let steady = window.is_steady() && progress.is_of_one_stretch(end);
    Some(WindowPlot {
        cell,
        first_round: number(end.saturating_sub(WINDOW) + 1),
        rounds_milli: values.to_vec(),
        mean_milli: window.mean(),
        upper_milli: share(110),
        lower_milli: share(90),
        line_from_milli: at_end(-1),
        line_to_milli: at_end(1),
        steady: Steady {
            steady,
            round: steady.then(|| number(end)),
            left_at_round: None,
            range_ppm: window.range_ppm(),
            slope_ppm: window.slope_ppm(),
            rounds_milli: complete(progress, cell),
            ..Steady::default()
        },
    })
}

/// Returns a cell's mean over the window that ends with round `end`.
fn row(progress: &Progress, cell: Cell, end: usize) -> Option<TableRow> {
    let (_, window) = progress.window(cell, end)?;
    let max_ns = progress.longest_ns(cell, end)?;
    Some(TableRow { cell, mean_milli: window.mean(), max_ns })
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
        of_part(options, part, finished, &mut reasons);
    }
    reasons
}

fn of_part(options: &Options, part: &PartReport, finished: bool, reasons: &mut Vec<Doubt>) {
    let block = u64::from(part.precondition_block_bytes);
    let size = crate::text::size(block);
    if finished && part.steady_round.is_none() {
        let zh = format!("{MOST_ROUNDS} 轮未达稳态（预处理 {size}）");
        let en = format!("not steady after {MOST_ROUNDS} rounds (preconditioned with {size})");
        reasons.push(Doubt::new("not-steady", zh, en));
    }
    if let (Some(round), Some(left)) = (part.steady_round, part.left_at_round) {
        let zh = format!("第 {round} 轮达到稳态，第 {left} 轮又离开（预处理 {size}）");
        let en =
            format!("steady at round {round}, no longer at {left} (preconditioned with {size})");
        reasons.push(Doubt::new("left-steady-state", zh, en));
    }
    let asked = options.precondition_bytes();
    // Whole blocks: the end of the device may hold less than one.
    if part.preconditioned_bytes.saturating_add(block) <= asked {
        let wrote = crate::text::grouped(part.preconditioned_bytes);
        let zh = format!("预处理只写入 {wrote} 字节，应为 {} 字节", crate::text::grouped(asked));
        let en = format!("preconditioning wrote {wrote} bytes of {}", crate::text::grouped(asked));
        reasons.push(Doubt::new("not-preconditioned", zh, en));
    }
    if part.purged.is_none() {
        let zh = format!("测试前未清除设备（预处理 {size}）：此前的经历未知");
        let en = format!(
            "the device was not purged (preconditioned with {size}): what it went through before is unknown"
        );
        reasons.push(Doubt::new("not-purged", zh, en));
    }
}

/// Adds what casts doubt on the cells of a part, one reason for each word, with the first
/// cell as its example.
fn doubts(progress: &Progress, reasons: &mut Vec<Doubt>) {
    let mut words: Vec<(&Noted, usize)> = Vec::new();
    for noted in progress.doubts() {
        match words.iter_mut().find(|(first, _)| first.doubt.code == noted.doubt.code) {
            Some((_, count)) => *count += 1,
            None => words.push((noted, 1)),
        }
    }
    for (first, count) in words {
        let Noted { round, cell, doubt } = first;
        let zh = format!("{count} 个单元（首见于第 {round} 轮 {cell}）：{}", doubt.zh);
        let en = format!("cells: {count}, first in round {round}, {cell}: {}", doubt.en);
        reasons.push(Doubt::new(&doubt.code, zh, en));
    }
}
