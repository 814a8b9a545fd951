//! Runs second by second: `--csv` for spreadsheets, `--hlog` for the tools of `HdrHistogram`.

use storage_bench::{
    histogram::{Histogram, Interval, Log},
    measurement::{Run, SecondOf},
    observed::Observed,
};

use super::super::put;

const SECOND_NS: u64 = 1_000_000_000;

/// What a series opens with: units are in the names.
pub(crate) const HEADER: &str = "job,second,length_s,operation,iops,bandwidth_MB_per_s,mean_us,\
                                 p50_us,p99_us,p99.9_us,max_us";

/// Returns runs as a table (RFC 4180), a row for each second and kind of operation. A second
/// without an operation has a row too: it is a stall. Latencies that were reaped in batches
/// are left out.
pub(crate) fn csv(runs: &[&Run]) -> String {
    // Spreadsheets in Chinese locales take UTF-8 without a mark for GB 18030.
    let mark = if runs.iter().all(|run| run.case.is_ascii()) { "" } else { "\u{feff}" };
    let mut table = format!("{mark}{HEADER}\r\n");
    for run in runs {
        let job = crate::report::render::cell(&run.case);
        for (at, second) in run.second.iter().enumerate() {
            let length = length_ns(run.elapsed_ns, at);
            if second.of.is_empty() {
                let length = thousandths(length / 1_000_000);
                put(&mut table, format_args!("{job},{},{length},,0,0,,,,,\r\n", at + 1));
            }
            for of in &second.of {
                row(&mut table, &job, at + 1, length, of, run.all.service.batch_reaped);
            }
        }
    }
    table
}

fn row(table: &mut String, job: &str, number: usize, length_ns: u64, of: &SecondOf, reaped: bool) {
    let rate = |count: u64| {
        let scaled = u128::from(count) * u128::from(SECOND_NS);
        let rate = scaled.checked_div(u128::from(length_ns)).unwrap_or(0);
        u64::try_from(rate).unwrap_or(u64::MAX)
    };
    let length = thousandths(length_ns / 1_000_000);
    let bandwidth = thousandths(rate(of.moved_bytes) / 1_000);
    put(table, format_args!("{job},{number},{length},{},{},{bandwidth}", of.op, rate(of.ios)));
    for ns in [of.mean_ns, of.p50_ns, of.p99_ns, of.p99_9_ns, of.max_ns] {
        let text = if reaped { String::new() } else { thousandths(ns) };
        put(table, format_args!(",{text}"));
    }
    table.push_str("\r\n");
}

/// Returns how long second `at` was measured: the last may have been cut short.
fn length_ns(elapsed_ns: u64, at: usize) -> u64 {
    let from = u64::try_from(at).unwrap_or(u64::MAX).saturating_mul(SECOND_NS);
    match elapsed_ns.saturating_sub(from) {
        // A completion right at the end opens a second of its own.
        0 => 1,
        left => left.min(SECOND_NS),
    }
}

fn thousandths(value: u64) -> String {
    format!("{}.{:03}", value / 1_000, value % 1_000)
}

/// A run with what was observed behind it.
pub(crate) struct Logged<'a> {
    /// The run.
    pub(crate) run: &'a Run,
    /// What was observed.
    pub(crate) observed: &'a Observed,
    /// When its measured part began, in milliseconds since 1970.
    pub(crate) start_unix_ms: u64,
}

/// Returns the latencies of each second as a log of `HdrHistogram`, tagged by operation, and
/// by job where there are several.
pub(crate) fn hlog(runs: &[Logged<'_>]) -> String {
    let start_unix_ms = runs.iter().map(|logged| logged.start_unix_ms).min().unwrap_or(0);
    let log = Log { start_unix_ms };
    let mut about = String::from("assay storage run; values in ns, from submission to completion");
    for Logged { run, .. } in runs {
        let reaped = if run.all.service.batch_reaped { ", reaped in batches" } else { "" };
        put(&mut about, format_args!("\n{}: {}{reaped}", run.case, run.subject.path));
    }
    let mut text = log.header(&about);
    for Logged { run, observed, start_unix_ms: start } in runs {
        let offset = start.saturating_sub(start_unix_ms);
        for (at, second) in observed.latencies.iter().enumerate() {
            let from = u64::try_from(at).unwrap_or(u64::MAX).saturating_mul(1_000);
            for (op, bytes) in second {
                let Ok(histogram) = Histogram::decode(bytes) else { continue };
                let tag = match runs {
                    [_] => op.to_string(),
                    _ => format!("{}/{op}", run.case),
                };
                text.push_str(&log.line(&Interval {
                    tag: &tag,
                    start_ms: offset.saturating_add(from),
                    length_ms: (length_ns(run.elapsed_ns, at) / 1_000_000).max(1),
                    histogram: &histogram,
                }));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_second_counts_for_as_long_as_it_was() {
        assert_eq!(length_ns(2_400_000_000, 1), SECOND_NS);
        assert_eq!(length_ns(2_400_000_000, 2), 400_000_000);
        assert_eq!(length_ns(2_000_000_000, 2), 1);
        let of = SecondOf {
            op: storage_bench::workload::Op::Write,
            ios: 400,
            moved_bytes: 400 * 4096,
            mean_ns: 1_234_567,
            p50_ns: 999,
            p99_ns: 1_000,
            p99_9_ns: 2_000,
            max_ns: 3_000,
            spread: None,
        };
        let mut table = String::new();
        row(&mut table, "j", 3, 400_000_000, &of, false);
        assert_eq!(table, "j,3,0.400,write,1000,4.096,1234.567,0.999,1.000,2.000,3.000\r\n");
        let mut table = String::new();
        row(&mut table, "j", 3, 400_000_000, &of, true);
        assert_eq!(table, "j,3,0.400,write,1000,4.096,,,,,\r\n");
    }
}
