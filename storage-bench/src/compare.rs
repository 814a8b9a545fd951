//! Two runs of one load side by side: ratios, and whether a difference is more than the
//! scatter of the seconds.
//!
//! Runs of different mode, block size, depth or order are never compared: the difference of
//! the loads would be taken for one of the devices. Neither is a run that proves nothing.
//!
//! The interval of a ratio. Seconds of one run are no independent samples: throttles, caches
//! and cleaning in the device go on for longer. Each run is therefore cut into [`FEWEST`] to
//! [`MOST`] blocks of consecutive seconds (batch means; 10 to 30 are advised by Schmeiser,
//! *Batch Size Effects in the Analysis of Simulation Output*, 1982), and the blocks' relative
//! scatter gives the width on a logarithmic scale, with Student's distribution and the
//! degrees of freedom of Welch and Satterthwaite. Percentiles come from buckets 1/128 wide, so
//! that a smaller difference of them is none. Of 1,000 pairs of the same thing 36 to 44 are
//! called different where seconds are independent, 77 where each second holds on to half of
//! the one before (60 s), 93 where to nine tenths (600 s). What one run cannot show stays hidden: that
//! the next run of the same thing is another (another hour, a neighbour).

mod blocks;
mod pairing;

use serde::Serialize;

use crate::measurement::{Latency, Mode, Run, SecondOf, Totals, Validity};
use crate::workload::{BlockShare, Op};

pub use blocks::{FEWEST, LEAST_SECONDS, MOST};
pub use pairing::{Pairing, pairing};

/// Two runs of one case.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pair {
    /// The case, or the job's name.
    pub case: String,
    /// What became of it.
    pub state: State,
    /// What forbids to compare; empty where nothing does.
    pub refused: Vec<Difference>,
    /// What else is not alike and worth to know; it forbids nothing.
    pub remark: Vec<Difference>,
    /// The numbers, without ratio or word where the pair is not compared.
    pub row: Vec<Row>,
}

/// What became of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was compared.
    Compared,
    /// One of the runs proves nothing: shown, never ranked.
    Invalid,
    /// The loads are not the same.
    Refused,
}

/// Something that the runs do not have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Stable word: `mode`, `read-blocks`, `iodepth`.
    pub what: &'static str,
    /// Of the first run.
    pub base: String,
    /// Of the other.
    pub other: String,
}

/// A number of both runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it is of: `all`, `read`, `write`, `trim`, `response`.
    pub of: &'static str,
    /// Which: `iops`, `bytes_per_s`, `mean_ns`, `p50_ns`, … `max_ns`, as in `storage/v1`.
    pub metric: &'static str,
    /// Of the first run; `None` where it has none.
    pub base: Option<u64>,
    /// Of the other.
    pub other: Option<u64>,
    /// Other over first.
    pub ratio_ppm: Option<u64>,
    /// Lower end of the ratio's 95 % interval.
    pub low_ppm: Option<u64>,
    /// Upper end.
    pub high_ppm: Option<u64>,
    /// What is to be made of it.
    pub word: Word,
}

/// What is to be made of a ratio.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// The other run is better, by more than the seconds scatter.
    Better,
    /// The other run is worse, by more than the seconds scatter.
    Worse,
    /// The difference is within the scatter: none is shown.
    Same,
    /// One block makes all of the difference: a stall, not the load as a whole.
    OneStretch,
    /// The document has no second-by-second value of it.
    NoSeconds,
    /// A longest latency is one operation's: it tells of no difference.
    OneOperation,
    /// Fewer than [`LEAST_SECONDS`] whole seconds.
    TooShort,
    /// A number is missing or 0: too few operations, or none.
    NoNumber,
    /// The pair is not compared.
    NotRanked,
}

/// Compares two runs of `case`.
pub fn pair(case: &str, base: &Run, other: &Run) -> Pair {
    let refused = differences(base, other);
    let state = if !refused.is_empty() {
        State::Refused
    } else if [base, other].iter().any(|run| run.validity == Validity::Invalid) {
        State::Invalid
    } else {
        State::Compared
    };
    let mut row = rows(base, other);
    if state != State::Compared {
        for row in &mut row {
            (row.ratio_ppm, row.low_ppm, row.high_ppm) = (None, None, None);
            row.word = Word::NotRanked;
        }
    }
    Pair { case: case.to_owned(), state, refused, remark: remarks(base, other), row }
}

/// Returns what makes two loads different loads.
fn differences(base: &Run, other: &Run) -> Vec<Difference> {
    let (mut found, a, b) = (Vec::new(), &base.workload, &other.workload);
    let mut see = |what, base: String, other: String| {
        if base != other {
            found.push(Difference { what, base, other });
        }
    };
    see("mode", mode(base.mode).to_owned(), mode(other.mode).to_owned());
    see("read-percent", a.read_percent.to_string(), b.read_percent.to_string());
    let trim = |trim: bool| if trim { "trim" } else { "write" }.to_owned();
    see("writes", trim(a.trim), trim(b.trim));
    // Block sizes of what is not done are of no account.
    let reads = |percent: u8, blocks: &[BlockShare]| {
        if percent == 0 { String::new() } else { sizes(blocks) }
    };
    see(
        "read-blocks",
        reads(a.read_percent, &a.read_blocks),
        reads(b.read_percent, &b.read_blocks),
    );
    let writes = |percent: u8, blocks: &[BlockShare]| {
        if percent == 100 { String::new() } else { sizes(blocks) }
    };
    see(
        "write-blocks",
        writes(a.read_percent, &a.write_blocks),
        writes(b.read_percent, &b.write_blocks),
    );
    let order =
        |run: &Run| serde_json::to_value(&run.workload.order).unwrap_or_default().to_string();
    see("order", order(base), order(other));
    see("iodepth", base.iodepth.to_string(), other.iodepth.to_string());
    see("threads", base.threads.to_string(), other.threads.to_string());
    let offered = |run: &Run| run.offered_iops.map(|iops| iops.to_string()).unwrap_or_default();
    see("offered-iops", offered(base), offered(other));
    found
}

/// Returns what is not alike and may explain a difference.
fn remarks(base: &Run, other: &Run) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut see = |what, of: &dyn Fn(&Run) -> String| {
        let (base, other) = (of(base), of(other));
        if base != other {
            found.push(Difference { what, base, other });
        }
    };
    see("subject", &|run| {
        let subject = &run.subject;
        let name = subject.wwid.as_ref().or(subject.serial.as_ref()).unwrap_or(&subject.path);
        name.clone()
    });
    see("engine", &|run| run.engine.name.clone());
    see("span-bytes", &|run| run.workload.span_bytes.to_string());
    see("seconds", &|run| (run.elapsed_ns / 1_000_000_000).to_string());
    found
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Throughput => "throughput",
        Mode::Latency => "latency",
        Mode::Rate => "rate",
    }
}

/// Returns block sizes as fio's `bssplit` has them: `4096`, `4096/60:8192/40`.
fn sizes(blocks: &[BlockShare]) -> String {
    match blocks {
        [only] => only.bytes.to_string(),
        many => {
            let part = |share: &BlockShare| format!("{}/{}", share.bytes, share.percent);
            many.iter().map(part).collect::<Vec<_>>().join(":")
        }
    }
}

/// How a number of a run is found, second by second.
type OfSecond = fn(&SecondOf) -> u64;

/// How it is found of the whole run.
type OfRun = fn(&Latency) -> Option<u64>;

/// Latencies: name, the run's, a second's where there is one.
const TIMES: [(&str, OfRun, Option<OfSecond>); 8] = [
    ("mean_ns", |times| Some(times.mean_ns), Some(|of| of.mean_ns)),
    ("p50_ns", |times| Some(times.p50_ns), Some(|of| of.p50_ns)),
    ("p90_ns", |times| Some(times.p90_ns), None),
    ("p95_ns", |times| Some(times.p95_ns), None),
    ("p99_ns", |times| times.p99_ns, Some(|of| of.p99_ns)),
    ("p99_9_ns", |times| times.p99_9_ns, Some(|of| of.p99_9_ns)),
    ("p99_99_ns", |times| times.p99_99_ns, None),
    ("max_ns", |times| Some(times.max_ns), None),
];

fn rows(base: &Run, other: &Run) -> Vec<Row> {
    let mut rows = Vec::new();
    let both = Both { base, other };
    let kinds: Vec<_> = [
        ("read", Op::Read, &base.read, &other.read),
        ("write", Op::Write, &base.write, &other.write),
        ("trim", Op::Trim, &base.trim, &other.trim),
    ]
    .into_iter()
    .filter_map(|(of, op, a, b)| Some((of, op, a.as_ref()?, b.as_ref()?)))
    .collect();
    if kinds.len() != 1 {
        both.rates("all", None, &base.all, &other.all, &mut rows);
    }
    for (of, op, a, b) in kinds {
        both.rates(of, Some(op), a, b, &mut rows);
        // What waits for its batch is no latency of the device.
        if ![a, b].iter().any(|totals| totals.service.batch_reaped) {
            both.times(of, Some(op), &a.service, &b.service, &mut rows);
        }
    }
    if let (Some(a), Some(b)) = (&base.open_loop, &other.open_loop) {
        both.times("response", None, &a.response, &b.response, &mut rows);
    }
    rows
}

struct Both<'a> {
    base: &'a Run,
    other: &'a Run,
}

impl Both<'_> {
    fn rates(&self, of: &'static str, op: Option<Op>, a: &Totals, b: &Totals, rows: &mut Vec<Row>) {
        let count =
            |value: OfSecond| [self.base, self.other].map(|run| blocks::rate(run, op, value));
        let mut add = |metric, a: u64, b: u64, seconds: [Vec<f64>; 2]| {
            rows.push(row(of, metric, [Some(a), Some(b)], Some(seconds), Side::MoreIsBetter));
        };
        add("iops", a.iops, b.iops, count(|of| of.ios));
        add("bytes_per_s", a.bytes_per_s, b.bytes_per_s, count(|of| of.moved_bytes));
    }

    fn times(
        &self,
        of: &'static str,
        op: Option<Op>,
        a: &Latency,
        b: &Latency,
        rows: &mut Vec<Row>,
    ) {
        for (metric, of_run, of_second) in TIMES {
            let known = |times: &Latency| (times.count > 0).then(|| of_run(times)).flatten();
            let seconds = op.zip(of_second).map(|(op, value)| {
                let exact = metric == "mean_ns";
                [self.base, self.other].map(|run| blocks::latency(run, op, value, exact))
            });
            let side = if metric == "mean_ns" { Side::LessExact } else { Side::LessBucketed };
            rows.push(row(of, metric, [known(a), known(b)], seconds, side));
        }
    }
}

/// Which way is better, and how finely the number is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    MoreIsBetter,
    LessExact,
    LessBucketed,
}

fn row(
    of: &'static str,
    metric: &'static str,
    [base, other]: [Option<u64>; 2],
    seconds: Option<[Vec<f64>; 2]>,
    side: Side,
) -> Row {
    let mut row = Row {
        of,
        metric,
        base,
        other,
        ratio_ppm: None,
        low_ppm: None,
        high_ppm: None,
        word: Word::NoNumber,
    };
    let (Some(a), Some(b)) = (base.filter(|a| *a > 0), other.filter(|b| *b > 0)) else {
        return row;
    };
    let ratio = u128::from(b) * 1_000_000 / u128::from(a);
    row.ratio_ppm = Some(u64::try_from(ratio).unwrap_or(u64::MAX));
    let Some([a_blocks, b_blocks]) = seconds else {
        row.word = if metric == "max_ns" { Word::OneOperation } else { Word::NoSeconds };
        return row;
    };
    let Some(scatter) = blocks::scatter(&a_blocks, &b_blocks) else {
        row.word = Word::TooShort;
        return row;
    };
    #[expect(clippy::cast_precision_loss, reason = "a ratio needs no more than 53 bits")]
    let ratio = b as f64 / a as f64;
    // A bucket's width more: within it two percentiles cannot be told apart.
    let blur = if side == Side::LessBucketed { 1.0 + 1.0 / 128.0 } else { 1.0 };
    let width = scatter.width.exp() * blur;
    let (low, high) = (ratio / width, ratio * width);
    (row.low_ppm, row.high_ppm) = (Some(ppm(low)), Some(ppm(high)));
    row.word = if low <= 1.0 && 1.0 <= high {
        Word::Same
    } else if (low > 1.0 && scatter.least <= 1.0) || (high < 1.0 && scatter.most >= 1.0) {
        // It has to hold whichever block is left out.
        Word::OneStretch
    } else if (low > 1.0) == (side == Side::MoreIsBetter) {
        Word::Better
    } else {
        Word::Worse
    };
    row
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "casts saturate")]
fn ppm(ratio: f64) -> u64 {
    (ratio * 1e6).round() as u64
}

#[cfg(test)]
mod tests;
