//! What `assay net accept` found, from files: summed up for each row of the norm, under the
//! subject it is of.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use super::EvidenceFile;
use crate::{command, facts::MOST_ASKED, failure::Failure, lang::text};

/// With `--scale` it names every probe of thousands of cards.
const LARGEST: u64 = 64 << 20;
const SCHEMA: &str = "assay/net-accept/v1";
/// Subjects, as profiles name them, with what evidence of them begins with.
const SUBJECTS: [(&str, &str); 2] =
    [("assay-dataplane", "assay-dataplane@"), ("delivered-cloud", "delivered-cloud")];

/// What files say, and the files.
pub(super) type Found = Option<(Value, Vec<EvidenceFile>)>;

/// Adds it to what is known.
pub(super) fn add(found: Found, facts: &mut Value, evidence: &mut Vec<EvidenceFile>) {
    if let Some((runs, files)) = found {
        facts["network"] = runs;
        evidence.extend(files);
    }
}

/// Reads files; nothing where there are none. A later one supersedes an earlier one, row by row.
pub(super) fn read(files: &[PathBuf]) -> Result<Found, Failure> {
    if files.is_empty() {
        return Ok(None);
    }
    let (mut runs, mut evidence) = (Vec::new(), Vec::new());
    for (place, file) in files.iter().enumerate() {
        let bytes = one(file, place, &mut runs).map_err(|why| {
            let name = file.display().to_string();
            Failure::usage(text(
                "无法读取网络检验结果 `{}`",
                "cannot read what `assay net accept` found, `{}`",
                &[&name],
            ))
            .because(why)
        })?;
        evidence.push(EvidenceFile {
            path: format!("network/{}.json", place + 1),
            bytes,
            locator: format!("network:{}", place + 1),
        });
    }
    Ok(Some((json!({ "run": runs }), evidence)))
}

fn one(file: &Path, place: usize, runs: &mut Vec<Value>) -> io::Result<Vec<u8>> {
    let bytes = command::read_bounded(file, LARGEST)?;
    let document: Value = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
    let said = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
    if said("schema") != SCHEMA {
        let why = format!("its schema is `{}`, not `{SCHEMA}`", said("schema"));
        return Err(io::Error::other(why));
    }
    let of = said("subject");
    let known = SUBJECTS.iter().find(|(_, begins)| of.starts_with(begins));
    let (subject, _) = known.ok_or_else(|| io::Error::other(format!("unknown subject `{of}`")))?;
    let scale = document.get("scale").and_then(Value::as_bool).unwrap_or(false);
    // Passed, failed, and all else.
    let mut rows: BTreeMap<&str, [u64; 3]> = BTreeMap::new();
    for case in document.get("cases").and_then(Value::as_array).into_iter().flatten() {
        let word = |name: &str| case.get(name).and_then(Value::as_str).unwrap_or_default();
        let counts = rows.entry(word("row")).or_default();
        let place = match word("verdict") {
            "pass" => 0,
            "fail" => 1,
            _ => 2,
        };
        if let Some(count) = counts.get_mut(place) {
            *count += 1;
        }
    }
    for (row, [passed, failed, open]) in rows {
        // A failure stands, whatever else is not known.
        let valid = failed > 0 || open == 0;
        let mut run = json!({
            "id": format!("{}:{row}", place + 1),
            "row": row,
            "subject": subject,
            "of": of,
            "kernel": said("kernel"),
            "scale": scale,
            "validity": if valid { "valid" } else { "invalid" },
            "reasons": [],
            "passed": passed,
            "failed": failed,
            "open": open,
        });
        // A profile asks for so many of a row; with fewer, and none failed, nothing is known.
        for least in 1..=MOST_ASKED {
            run[format!("at_least_{least}")] = json!(passed >= least || failed > 0);
        }
        runs.push(run);
    }
    Ok(bytes)
}
