//! `docs/benchmarks.md`: what was measured, where and when.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use super::{Figure, Measured};

/// Returns the mark that says whether a bar was reached.
pub(crate) fn mark(met: Option<bool>) -> &'static str {
    match met {
        Some(true) => "reached",
        Some(false) => "NOT REACHED",
        None => "no bar",
    }
}

/// Writes the page; what has no figures now has the rows of `before`, the page that this one
/// replaces, as far as that has any.
pub(crate) fn write(
    file: &Path,
    measured: &[(&str, Result<Measured, String>)],
    before: &str,
) -> io::Result<()> {
    let mut lines = vec![format!("Page of {}, {}.\n", today(), machine())];
    lines.push("| case | what | bar | measured | | commit | date |".to_owned());
    lines.push("|---|---|---|---|---|---|---|".to_owned());
    for (case, found) in measured {
        match found {
            Ok(found) => lines.extend(found.figures.iter().map(|figure| row(case, figure, found))),
            Err(reason) => {
                let rows = rows_of(before, case);
                if rows.is_empty() {
                    lines.push(format!("| {case} | – | – | {reason} | {NOT_MEASURED} | | |"));
                }
                lines.extend(rows);
            }
        }
    }
    let page = format!("{HEAD}{}\n{TAIL}", lines.join("\n"));
    fs::write(file, page)
}

fn row(case: &str, figure: &Figure, found: &Measured) -> String {
    let Figure { what, bar, measured, met, broken: _ } = figure;
    let Measured { commit, date, .. } = found;
    format!("| {case} | {what} | {bar} | {measured} | {} | `{commit}` | {date} |", mark(*met))
}

const NOT_MEASURED: &str = "NOT MEASURED";

/// Returns the rows that a page has of a case, as they stand; each names its commit and day.
fn rows_of(page: &str, case: &str) -> Vec<String> {
    let start = format!("| {case} | ");
    let measured = |line: &&str| line.starts_with(&start) && !line.contains(NOT_MEASURED);
    // The second table, of the commands, has the case's name too, and two columns.
    page.lines()
        .filter(measured)
        .filter(|line| line.matches(" | ").count() > 4)
        .map(str::to_owned)
        .collect()
}

const HEAD: &str = "# Benchmarks\n\n\
    Written by `hw-tests/run --full`; do not edit. Times are medians with smallest and largest\n\
    in brackets; two programs are always compared in interleaved pairs, and the ratio is the\n\
    median of the pairs' ratios. Each row names the commit it was measured at.\n\n";

const TAIL: &str = "\n## How each is measured\n\n\
    | case | command |\n|---|---|\n\
    | smbios | `cargo test --release -p inventory --test smbios_corpus` |\n\
    | smart | `cargo test --release -p inventory --test smart_corpus` |\n\
    | topology | `cargo test --release -p inventory --test topology` |\n\
    | verdicts | `cargo test --release -p hw-tests --test verdicts` |\n\
    | collection | `assay inventory --output json` and `lshw -json -quiet` in turn, whole process |\n\
    | judge | `cargo bench -p benches --bench judge` |\n\
    | verify | `ASSAY_ALTERATIONS=2000 cargo test --release -p assay --test report tamper` |\n\
    | push | `cargo test --release -p assay --test push` |\n\
    | size | `stat` and `assay --version` of the release build |\n\
    | storage-fio | `cargo test --release -p hw-tests --test storage_fio` |\n\
    | storage-integrity | `ASSAY_INTEGRITY_BLOCKS=100000000 cargo test --release -p storage-bench --test integrity_blocks` |\n\
    | storage-cost-zram, -file, -one | `assay storage run`, fio and `t/io_uring` in turn, whole processes on one processor: `benches/compare/storage-cost-zram`, `-file`, `-one` |\n\
    | storage-ring | `cargo run --release -p storage-bench --example engine_cost FILE --engine nop` |\n\
    | storage-caps | `assay storage run --mode latency` and fio in turn, in a capped control group: `benches/compare/storage-caps` |\n\
    | storage-stall | `assay storage run --mode rate` and fio with a throttle of 5 IOPS for 1 s, timed by the device's own counter: `benches/compare/storage-stall` |\n\
    | storage-rate | `assay storage run --mode rate --rate_iops=…`: `benches/compare/storage-rate` |\n\
    | storage-threads | `assay storage run --numjobs=2` and `=1` in turn |\n\
    | storage-memory | `assay storage run` and fio on files of holes: `benches/compare/storage-memory` |\n\
    | storage-percentiles | `ASSAY_HISTOGRAM_VALUES=10000000 cargo test --release -p storage-bench --test percentiles` |\n\
    | storage-merge | `ASSAY_MERGE_IOS=10000000` and the test of storage-bench that prints `merge.different` |\n\
    | storage-pts | the test of storage-bench that prints `pts.series` |\n\
    | storage-scan | `ASSAY_SCAN_ROUNDS=50` and the test of hw-tests that prints `scan.found` |\n\
    | dataplane-matrix | `cargo test --release -p hw-tests --test dataplane_matrix` |\n\
    | dataplane-guest | `ASSAY_GUEST_ROUNDS=20 cargo test --release -p hw-tests --test dataplane_guest` |\n\
    | net-accept | `ASSAY_ACCEPT_SCALE=1 cargo test --release -p hw-tests --test net_accept` |\n\
    | dataplane-groups, -many, -layout | datagrams of 64 bytes from a guest to another across hosts, 400 a turn, two layouts in turn (A B B A); processor time of the sending thread, in which the whole way is: `figures --case dataplane-groups` |\n\
    | dataplane-converge | the library from the text of a state in an empty namespace, then `ip -batch`, `bridge -batch` and `nft -f` in another, in turn: `benches/compare/dataplane-converge` |\n\
    | dataplane-rules | batches to the kernel of a full node and of an empty one in turn: `benches/compare/dataplane-rules` |\n\
    | bmc-fleet, -dead, -ipmi, -sessions, -lockout | `assay bmc` on `assay bmc simulate` in another process of the same machine, in turn with ipmitool where it is compared: `benches/compare/bmc-fleet` and so on |\n\
    | fuzz-bmc, -dataplane, -inventory, -profiles, -storage | `cargo fuzz run -s none TARGET -- -runs=10000000` |\n\
    \n## What explains them\n\n\
    **zram.** Its driver cannot be asked without waiting, so that a ring has kernel workers do\n\
    every operation, and what they cost moves with the day: over fio's ring 0.958 (0.837–1.073)\n\
    on 25 November 2026 and 0.799 (0.729–0.990) on the 26th, the same code but for an error type.\n\
    The bar of 0.80 is at the edge of what can be: `t/io_uring`, which records nothing, is itself\n\
    at 0.68–0.83 of fio 3.33 there, and only some 40 ns an operation are ours. Linux AIO is up to\n\
    a tenth cheaper than the ring (rows “told to use libaio”), for the thread that asks does the\n\
    reads; but that thread is then busy all the time, which makes a run `cpu-bound` and so proof\n\
    of nothing. Hence the ring stays what is taken unless a job names an engine. Tried without\n\
    gain (differences below the noise of 5 %): one or two ring workers, submission straight to\n\
    the workers, huge pages for buffers.\n\n\
    **Cached file.** Nothing but a copy happens in the kernel: what is saved is fio's own time,\n\
    270 ns an operation for three latencies, against 40 ns for one and the offset.\n\n\
    **Many BMCs.** One thread asks them all. Of the 0.7 ms of processor that a host costs, half is\n\
    TLS: P-256 and AES-128 with SHA-256 are offered first, for which ring (and what BMCs have) is\n\
    assembly. Open sessions are noted in one file of lines a run; a file a session took ext4 four\n\
    seconds in ten thousand. A host becomes a task when it has a place among the 768 at work, and\n\
    its answer is kept as text until it is written, one host at a time: as values all answers\n\
    together were two thirds of the memory.\n";

/// Returns the day, in UTC.
pub(crate) fn today() -> String {
    let output = Command::new("date").args(["-u", "+%Y-%m-%d"]).output();
    output.map_or_else(
        |_| "date unknown".to_owned(),
        |output| String::from_utf8_lossy(&output.stdout).trim().to_owned(),
    )
}

/// Returns processor, count, kernel and the share of time the hypervisor took.
fn machine() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .and_then(|rest| rest.split_once(':'))
        .map_or("unknown processor", |(_, name)| name.trim());
    let threads = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    // Only the version: the suffix names a build of somebody's machine.
    let kernel = kernel.trim().split('-').next().unwrap_or_default().to_owned();
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    format!("{model}, {threads} processors, kernel {kernel}, steal {}", steal(&stat))
}

/// Returns the stolen share of all time since boot (`/proc/stat`, column 8).
fn steal(stat: &str) -> String {
    let numbers: Vec<u64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .filter_map(|word| word.parse().ok())
        .collect();
    let total: u64 = numbers.iter().take(8).sum();
    match numbers.get(7) {
        Some(stolen) if total > 0 => {
            let tenths = stolen.saturating_mul(1000) / total;
            format!("{}.{} %", tenths / 10, tenths % 10)
        }
        _ => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_page_are_those_measured() {
        let page = "| size | a | b | 1 | reached | `c` | d |\n| size | `stat` |\n\
                    | sizes | a | b | 1 | reached | `c` | d |\n| fuzz | – | – | why | NOT MEASURED | | |\n";
        assert_eq!(rows_of(page, "size"), ["| size | a | b | 1 | reached | `c` | d |"]);
        assert!(rows_of(page, "fuzz").is_empty());
    }

    #[test]
    fn steal_is_the_eighth_column_over_all() {
        assert_eq!(steal("cpu  100 0 100 700 0 0 0 100 0 0\n"), "10.0 %");
        assert_eq!(steal("cpu 1 2\n"), "unknown");
    }
}
