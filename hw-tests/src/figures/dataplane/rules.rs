//! What the kernel takes for rules: all of a full node, and one more or less.
//!
//! Measured by `dataplane`'s example `rules_cost`, built with the program's profile. Times of one
//! change are those of the processor: on a busy machine others' turns are in the rest, which is
//! told beside it.

use std::collections::BTreeMap;
use std::process::Command;

use hw_tests::Need;
use hw_tests::corpus::workspace;

use super::super::storage::{Noise, absent};
use super::super::{CaseError, Effort, Figure};
use super::TOLERANCE;
use super::cost::failed;

/// Median and 99th percentile by name: microseconds, or a ratio and its least.
type Found = BTreeMap<String, (f64, f64)>;

pub(in super::super) fn rules(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(&[Need::Root, Need::Program("nft")])?;
    let program = built()?;
    let rounds = if effort == Effort::Full { "100" } else { "12" };
    let noise = Noise::start();
    let output = Command::new(program).arg(rounds).output()?;
    if !output.status.success() {
        return Err(failed(format!("rules_cost: {}", String::from_utf8_lossy(&output.stderr))));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let found: Found = text.lines().filter_map(line).collect();
    let noise = noise.text();
    let mut figures = vec![
        ratio(&found, "100,000 elements", "≥ 5", 5.0, &noise)?,
        ratio(&found, "sets and ingress of a full node", "≥ 1", 1.0, &noise)?,
    ];
    for (what, limit) in
        [("rule", 2e3), ("rule with a range of ports", 2e3), ("member", 2e3), ("port", 2e4)]
    {
        for how in ["after a compile", "in a row"] {
            figures.push(change(&found, what, how, limit, &noise)?);
        }
    }
    Ok(figures)
}

fn built() -> Result<std::path::PathBuf, CaseError> {
    let cargo = env!("CARGO");
    let words = ["build", "-q", "--release", "--locked", "-p", "dataplane", "--example"];
    let output =
        Command::new(cargo).args(words).arg("rules_cost").current_dir(workspace()).output()?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr)));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace().join("target"), std::path::PathBuf::from);
    Ok(target.join("release/examples/rules_cost"))
}

/// Reads `NAME = MEDIAN (99 %: TIME, …)`, or `NAME = RATIO (LEAST to …)`.
fn line(line: &str) -> Option<(String, (f64, f64))> {
    let (name, values) = line.split_once(" = ")?;
    let (median, rest) = values.split_once(" (")?;
    let next = rest.trim_start_matches("99 %: ").split([',', ' ']).next()?;
    Some((name.to_owned(), (median.parse().ok()?, next.parse().ok()?)))
}

fn get(found: &Found, name: &str) -> Result<(f64, f64), CaseError> {
    found.get(name).copied().ok_or_else(|| failed(format!("rules_cost: no `{name}`")))
}

fn ratio(
    found: &Found,
    what: &str,
    bar: &str,
    limit: f64,
    noise: &str,
) -> Result<Figure, CaseError> {
    let (ratio, least) = get(found, &format!("{what}, nft over netlink"))?;
    let (ours, _) = get(found, &format!("{what}, by netlink"))?;
    let (encoding, _) = get(found, &format!("{what}, of that encoding"))?;
    Ok(Figure {
        what: format!("dataplane: {what}, `nft -f` without its start over netlink"),
        bar: bar.to_owned(),
        measured: format!(
            "{ratio:.2} (least {least:.2}), {:.0} ms, of that {:.0} ms not the kernel's; {noise}",
            ours / 1e3,
            encoding / 1e3
        ),
        met: Some(ratio >= limit),
        broken: Some(ratio * TOLERANCE < limit),
    })
}

fn change(
    found: &Found,
    what: &str,
    how: &str,
    limit: f64,
    noise: &str,
) -> Result<Figure, CaseError> {
    let of = |node: &str, cost: &str| get(found, &format!("{node}: {what} {how}{cost}"));
    let (full, empty) = (of("full", ", processor")?, of("empty", ", processor")?);
    let time = of("full", "")?;
    Ok(Figure {
        what: format!("dataplane: one {what} more or less at full size, {how}"),
        bar: format!("99 % ≤ {:.0} ms", limit / 1e3),
        measured: format!(
            "{:.0} µs, 99 % {:.0} µs of the processor ({:.0} and {:.0} with others' turns); \
             {:.1} of an empty node's {:.0} µs; {noise}",
            full.0,
            full.1,
            time.0,
            time.1,
            full.0 / empty.0,
            empty.0
        ),
        met: Some(full.1 <= limit),
        broken: Some(full.0 > limit * TOLERANCE),
    })
}
