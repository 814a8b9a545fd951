//! Figures of the program as a whole process.

use std::fs;

use hw_tests::sample::{self, Spread};

use super::{CaseError, Effort, Figure, program_path};

const MEBIBYTE: f64 = 1_048_576.0;

/// `assay inventory` against `lshw -json`, interleaved; and its peak memory.
pub(super) fn collection(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    for peer in ["lshw", "time"] {
        if hw_tests::peer::find_program(peer, &path).is_none() {
            return Err(CaseError::Missing(format!("`{peer}` is not installed")));
        }
    }
    let program = program_path()?;
    let count = if effort == Effort::Full { 21 } else { 7 };
    let pairs = sample::pairs(
        count,
        &[&program, "inventory", "--output", "json"],
        &["lshw", "-json", "-quiet"],
    )?;
    if let Some(bad) = pairs.a.iter().find(|run| run.code != 0 && run.code != 3) {
        return Err(CaseError::Failed(format!("assay inventory ended with {}", bad.code)));
    }
    let seconds = |runs: &[sample::Run]| {
        Spread::of(&runs.iter().map(|run| run.seconds * 1e3).collect::<Vec<_>>())
    };
    let none = || CaseError::Failed("no runs".to_owned());
    let ours = seconds(&pairs.a).ok_or_else(none)?;
    let theirs = seconds(&pairs.b).ok_or_else(none)?;
    let ratio = pairs.ratio().ok_or_else(none)?;
    let peak = pairs.a.iter().map(|run| run.peak_bytes).max().unwrap_or(u64::MAX);
    #[expect(clippy::cast_precision_loss, reason = "memory sizes are far below 2^52")]
    let peak = peak as f64 / MEBIBYTE;
    Ok(vec![
        Figure {
            what: "collection: wall time over `lshw -json`".to_owned(),
            bar: "≤ 0.5".to_owned(),
            measured: format!(
                "{:.3} ({:.3}–{:.3}), {:.0} ms against {:.0} ms, {count} pairs",
                ratio.median, ratio.min, ratio.max, ours.median, theirs.median
            ),
            met: Some(ratio.median <= 0.5),
            broken: None,
        },
        Figure {
            what: "collection: peak memory".to_owned(),
            bar: "≤ 25 MB".to_owned(),
            measured: format!("{peak:.1} MiB"),
            met: Some(peak * MEBIBYTE <= 25e6),
            broken: None,
        },
    ])
}

/// Size of the two release executables (docs/adr/0018), and the time it takes to start.
pub(super) fn size(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let program = program_path()?;
    let Some(ramdisk) = std::env::var_os("ASSAY_RAMDISK_PROGRAM") else {
        return Err(CaseError::Missing("ASSAY_RAMDISK_PROGRAM names no program".to_owned()));
    };
    let weigh = |path: &std::path::Path, what: &str, most: u64| -> Result<Figure, CaseError> {
        let bytes = fs::metadata(path)?.len();
        #[expect(clippy::cast_precision_loss, reason = "file sizes are far below 2^52")]
        let megabytes = bytes as f64 / 1e6;
        Ok(Figure {
            what: what.to_owned(),
            bar: format!("≤ {} MB", most / 1_000_000),
            measured: format!("{megabytes:.2} MB"),
            met: Some(bytes <= most),
            broken: None,
        })
    };
    let count = if effort == Effort::Full { 51 } else { 11 };
    let mut times = Vec::new();
    for _ in 0..count {
        times.push(sample::run(&[&program, "--version"])?.seconds * 1e3);
    }
    let Some(start) = Spread::of(&times) else {
        return Err(CaseError::Failed("no runs".to_owned()));
    };
    Ok(vec![
        weigh(ramdisk.as_ref(), "release executable for a ramdisk (without `bmc`)", 12_000_000)?,
        weigh(program.as_ref(), "release executable with everything", 18_000_000)?,
        Figure {
            what: "start (`assay --version`, with GNU time's own)".to_owned(),
            bar: "≤ 20 ms".to_owned(),
            measured: format!("{:.1} ms ({:.1}–{:.1})", start.median, start.min, start.max),
            met: Some(start.median <= 20.0),
            broken: None,
        },
    ])
}
