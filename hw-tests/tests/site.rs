//! A delivery of 256 real machines against its list: every defect named, none invented.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "what takes how long is measured")]

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::{Command, ExitCode},
    time::Instant,
};

use hw_tests::{
    Need,
    corpus::Servers,
    delivery::{self, Delivery},
    program, trial,
};
use libtest_mimic::{Arguments, Failed};
use serde_json::Value;

const NEEDS: &[Need] = &[Need::Corpus("smbios"), Need::Program("tar"), Need::Program("xz")];

/// Machines of a delivery.
const MACHINES: usize = 256;
/// Seconds that comparing and judging them may take.
const SECONDS: u64 = 20;

fn main() -> ExitCode {
    let trials = vec![
        trial("every_defect_is_named_and_none_invented", NEEDS, spoilt),
        trial("a_delivery_as_ordered_has_no_defect", NEEDS, sound),
        trial("a_list_made_of_what_was_found_is_what_was_found", NEEDS, made),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Makes a delivery in a folder of the test's own.
fn delivery(folder: &Path, spoilt: bool) -> Result<Delivery, Failed> {
    let servers = Servers::unpack()?;
    Ok(delivery::make(&servers.all()?, MACHINES, folder, spoilt)?)
}

/// Compares; returns the exit code and the document.
fn accept(list: &Path, dumps: &Path, out: &Path) -> Result<(Option<i32>, Value), Failed> {
    let output = program::run(&[
        "accept",
        "--site",
        &list.display().to_string(),
        "--from",
        &dumps.display().to_string(),
        "--profile",
        "gd-gov-cloud/ecs-server",
        "--out",
        &out.display().to_string(),
    ])?;
    let document = fs::read(out.join("site.json"));
    let document = document.map_err(|error| format!("{error}: {output:?}"))?;
    Ok((output.status.code(), serde_json::from_slice(&document)?))
}

/// The findings of a class: kind, and the serial numbers of the lines, else of the machines.
fn findings(document: &Value, class: &str) -> BTreeSet<String> {
    let all = document["findings"].as_array().cloned().unwrap_or_default();
    let of = all.iter().filter(|finding| finding["class"] == class);
    let name = |finding: &Value| {
        let serials = |key: &str| -> Vec<String> {
            let items = finding[key].as_array().cloned().unwrap_or_default();
            items.iter().filter_map(|item| item["sn"].as_str().map(str::to_owned)).collect()
        };
        let mut serials =
            if serials("lines").is_empty() { serials("found") } else { serials("lines") };
        serials.sort();
        format!("{} {}", finding["kind"].as_str().unwrap_or_default(), serials.join(" "))
    };
    of.map(name).collect()
}

fn spoilt() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let delivery = delivery(folder.path(), true)?;
    let start = Instant::now();
    let out = folder.path().join("out");
    let (code, document) = accept(&delivery.list, &delivery.dumps, &out)?;
    let took = start.elapsed();
    println!("{} machines compared and judged in {took:.1?}", delivery.machines);
    assert_eq!(code, Some(1));
    assert_eq!(findings(&document, "defect"), delivery.defects, "{:#}", document["findings"]);
    assert_eq!(findings(&document, "open"), BTreeSet::new());
    // Each was judged, and its report is whole.
    let lines = document["lines"].as_array().cloned().unwrap_or_default();
    let judged: Vec<&str> =
        lines.iter().filter_map(|line| line["report"]["folder"].as_str()).collect();
    assert_eq!(judged.len(), MACHINES - 1, "all but the one that is missing");
    for name in [judged[0], "batch"] {
        let report = out.join(name);
        let verified =
            Command::new(program::assay()?).args(["report", "verify"]).arg(&report).output()?;
        assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    }
    // A debug build takes ten times as long, and says nothing of this.
    let is_timed = std::env::var_os("ASSAY_PROGRAM").is_none();
    assert!(!is_timed || took.as_secs() < SECONDS, "{took:?}");
    Ok(())
}

fn sound() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let delivery = delivery(folder.path(), false)?;
    let (_, document) = accept(&delivery.list, &delivery.dumps, &folder.path().join("out"))?;
    for class in ["defect", "open", "note"] {
        assert_eq!(findings(&document, class), BTreeSet::new());
    }
    let lines = document["lines"].as_array().cloned().unwrap_or_default();
    assert!(lines.len() == MACHINES && lines.iter().all(|line| line["state"] == "delivered"));
    Ok(())
}

fn made() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let delivery = delivery(folder.path(), false)?;
    let list = folder.path().join("made.csv");
    let output = program::run(&[
        "site",
        "init",
        "--from",
        &delivery.dumps.display().to_string(),
        "--out",
        &list.display().to_string(),
    ])?;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let (_, document) = accept(&list, &delivery.dumps, &folder.path().join("out"))?;
    for class in ["defect", "open"] {
        assert_eq!(findings(&document, class), BTreeSet::new());
    }
    Ok(())
}
