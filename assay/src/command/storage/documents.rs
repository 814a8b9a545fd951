//! Runs on disk, wherever they were put: `storage run --out`, `runs.json` of an acceptance,
//! or inside a report.

use std::path::Path;

use serde_json::Value;
use storage_bench::measurement::{Run, SCHEMA};

use crate::{
    command::{read_bounded, report},
    failure::Failure,
    lang::text,
    report::{folder, storage},
};

/// Runs hold a line for each second of hours.
const LARGEST: u64 = 256 << 20;

/// Schema of the runs that an acceptance keeps.
const KEPT: &str = "storage-runs/v1";

/// Reads the runs that `path` names; at least one, or a failure that says what it is instead.
pub(super) fn read(path: &Path) -> Result<Vec<Run>, Failure> {
    let name = path.display().to_string();
    let runs = if path.is_dir() && !path.join("runs.json").is_file() {
        // A report's bytes are checked before any number of it is told.
        let report = folder::load(path).map_err(report::folder_failure)?;
        list(report.report.facts.pointer("/storage/run").cloned(), &name)?
    } else {
        let file = if path.is_dir() { path.join("runs.json") } else { path.to_owned() };
        let bytes = read_bounded(&file, LARGEST).map_err(|error| cannot(&name).because(error))?;
        let document: Value =
            serde_json::from_slice(&bytes).map_err(|error| cannot(&name).because(error))?;
        let runs = match document.get("schema").and_then(Value::as_str) {
            Some(SCHEMA | KEPT) => document.get("run"),
            _ => document.pointer("/facts/storage/run"),
        };
        list(runs.cloned(), &name)?
    };
    if runs.is_empty() {
        return Err(Failure::usage(text(
            "`{}` 里没有存储运行",
            "`{}` has no storage runs",
            &[&name],
        )));
    }
    Ok(runs)
}

fn cannot(name: &str) -> Failure {
    Failure::usage(text("无法读取运行记录 `{}`", "cannot read runs `{}`", &[name])).hint(text(
        "应为 `assay storage run --out` 写出的文件、验收目录中的 runs.json，或测试记录",
        "wanted: the file of `assay storage run --out`, runs.json of an acceptance, or a report",
        &[],
    ))
}

fn list(runs: Option<Value>, name: &str) -> Result<Vec<Run>, Failure> {
    let Some(mut runs) = runs else {
        let message = format!("it has no runs: its schema is neither `{SCHEMA}` nor a report's");
        return Err(cannot(name).because(std::io::Error::other(message)));
    };
    storage::restore(&mut runs);
    typed_json::read(&runs).map_err(|error| cannot(name).because(error))
}
