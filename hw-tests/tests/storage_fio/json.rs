//! Our JSON of a run, against fio's own and the programs that read it.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use libtest_mimic::Failed;
use serde_json::Value;
use storage_bench::fio_json::{Bins, Entry, document};
use storage_bench::histogram::Histogram;
use storage_bench::job::{Job, Target, file};
use storage_bench::measurement::Run;
use storage_bench::observed::{Observed, Stream};
use storage_bench::workload::{Op, Region};

use super::fio;

/// Debian's script that makes a table of the latencies in `json+`.
pub(crate) const CSV: &str = "/usr/bin/fio_jsonplus_clat2csv";

const JOB: &str = "[mix]\nrw=randrw\nbs=4k\niodepth=4\nioengine=null\nsize=4m\nlat_percentiles=1\n";

/// A run as a report has it; what is not asked for here is left out of the JSON below.
const RUN: &str = r#"{
  "id": "run-1", "case": "ad-hoc", "mode": "latency", "iodepth": 4, "threads": 1,
  "subject": {"kind": "file", "path": "x", "size_bytes": 4194304, "block_bytes": 0},
  "engine": {"name": "null", "feature": [], "clock": "tsc"},
  "started_at": "2026-11-25T00:00:00Z", "ramp_ns": 0, "elapsed_ns": 3000000000,
  "validity": "valid", "reasons": [], "second": [],
  "all": TOTALS, "cost": {"cpu_per_io_ns": 0, "user_per_io_ns": 0, "busiest_thread_ppm": 0,
  "steal_ppm": 0}, "workload": WORKLOAD
}"#;

const TOTALS: &str = r#"{"ios": 0, "moved_bytes": 0, "iops": 0, "milli_iops": 0, "bytes_per_s": 0,
  "errors": 0, "service": {"batch_reaped": false, "count": 0, "min_ns": 0, "mean_ns": 0,
  "max_ns": 0, "stddev_ns": 0, "p50_ns": 0, "p90_ns": 0, "p95_ns": 0, "p99_ns": null,
  "p99_9_ns": null, "p99_99_ns": null}}"#;

/// Reads and writes whose latencies spread over six powers of ten.
fn observed() -> Observed {
    let latencies = |step: u64| {
        let mut service = Histogram::new();
        let mut value = 90;
        for turn in 0..5_000 {
            service.record_n(value, 1 + turn % 7);
            value = 90 + (value * 31 + step) % 200_000_000;
        }
        let bytes = service.count() * 4096;
        Stream { bytes, service }
    };
    Observed {
        elapsed_ns: 3_000_000_000,
        streams: BTreeMap::from([
            ((Op::Read, Region::Hot), latencies(17)),
            ((Op::Write, Region::Hot), latencies(4_711)),
        ]),
        ..Observed::default()
    }
}

fn ours(observed: &Observed, bins: Bins) -> Result<String, Failed> {
    let jobs = file::parse("job.fio", JOB, &file::Alone)?;
    let job: &Job = jobs.first().ok_or("no job")?;
    let workload = job.spec(&Target { bytes: 4 << 20, thread: 0, file: 0 }, 0)?;
    let workload = serde_json::to_string(&workload)?;
    let run = RUN.replace("TOTALS", TOTALS).replace("WORKLOAD", &workload);
    let run: Run = serde_json::from_str(&run)?;
    let entry = Entry { group: 0, job, run: &run, observed };
    Ok(document(&[entry], 1_795_623_500_435, bins)?)
}

/// Every name that fio writes for such a job is in ours, with a value of the same type.
pub(crate) fn names() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("job.fio");
    fs::write(&path, JOB)?;
    let theirs = fio(&["--output-format=json+", &path.display().to_string()])?;
    // fio says what it has to say before its JSON, on the same stream (axboe/fio#731).
    let at = theirs.find('{').ok_or("no JSON of fio")?;
    let theirs: Value = serde_json::from_str(theirs.get(at..).unwrap_or_default())?;
    let ours: Value = serde_json::from_str(&ours(&observed(), Bins::All)?)?;
    let mut missing = Vec::new();
    let count = compare("", &theirs, &ours, &mut missing);
    println!(
        "figure: fio.json_names = {} of {count} names of fio's are in ours",
        count - missing.len()
    );
    if count < 200 {
        missing.push(format!("only {count} names"));
    }
    if missing.is_empty() { Ok(()) } else { Err(Failed::from(missing.join("\n"))) }
}

/// Compares what has fixed names; returns how many.
fn compare(path: &str, theirs: &Value, ours: &Value, missing: &mut Vec<String>) -> usize {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    if kind(theirs) != kind(ours) {
        missing.push(format!("{path}: fio has {}, ours {}", kind(theirs), kind(ours)));
        return 1;
    }
    match (theirs, ours) {
        (Value::Array(theirs), Value::Array(ours)) => {
            let pairs = theirs.iter().zip(ours);
            1 + pairs.map(|(theirs, ours)| compare(path, theirs, ours, missing)).sum::<usize>()
        }
        (Value::Object(theirs), Value::Object(ours)) => {
            let mut count = 1;
            // Options are those that were set, bins those that were filled.
            let fixed = !path.ends_with("/job options") && !path.ends_with("/bins");
            for (name, theirs) in theirs.iter().filter(|_| fixed) {
                let path = format!("{path}/{name}");
                if let Some(ours) = ours.get(name) {
                    count += compare(&path, theirs, ours, missing);
                } else {
                    count += 1;
                    missing.push(format!("{path} is missing"));
                }
            }
            count
        }
        _ => 1,
    }
}

/// The script makes a table of ours, finds it right by its own check, and every operation is
/// in it.
pub(crate) fn csv() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let (source, table) = (folder.path().join("run.json"), folder.path().join("table.csv"));
    let observed = observed();
    fs::write(&source, ours(&observed, Bins::All)?)?;
    for check in [None, Some("--validate")] {
        let output =
            Command::new("python3").arg(CSV).arg(&source).arg(&table).args(check).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let expected = if check.is_some() { "validated" } else { "generated" };
        if !output.status.success() || !said.contains(expected) {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(Failed::from(format!("{check:?}: {said}{error}")));
        }
    }
    let text = fs::read_to_string(folder.path().join("table_job0.csv"))?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split(", ").collect();
    let mut compared = Vec::new();
    for (column, op) in [("read_clat_ns_count", Op::Read), ("write_clat_ns_count", Op::Write)] {
        let at = header.iter().position(|name| *name == column).ok_or(column)?;
        let cell =
            |line: &str| line.split(", ").nth(at).and_then(|cell| cell.trim().parse::<u64>().ok());
        let sum: u64 = text.lines().skip(1).filter_map(cell).sum();
        let stream = observed.streams.get(&(op, Region::Hot)).ok_or("no stream")?;
        if sum != stream.service.count() {
            let count = stream.service.count();
            return Err(Failed::from(format!("{column}: {sum} of {count}\n{text}")));
        }
        compared.push(sum);
    }
    println!("figure: fio.jsonplus_clat2csv = {compared:?} operations in its table, all of them");
    Ok(())
}
