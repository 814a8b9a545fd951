//! What the dataplane survives, and what others notice of it: kills, damage, teardown.

use super::tests_of::{Row, Tests, of_test};
use super::{Case, CaseError, Effort, Figure};

pub(super) const CASES: &[Case] = &[
    Case { name: "dataplane-kill", measure: kill },
    Case { name: "dataplane-drift", measure: drift },
    Case { name: "dataplane-loops", measure: loops },
    Case { name: "dataplane-teardown", measure: teardown },
    Case { name: "dataplane-daemon", measure: daemon },
    Case { name: "dataplane-memory", measure: full },
];

/// kill -9 at random points of an apply, and the run behind it.
fn kill(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let count = if effort == Effort::Full { "200" } else { "20" };
    let tests = Tests { package: "hw-tests", file: "dataplane_kill", filter: "" };
    let rows = [Row {
        name: "kill.equal",
        what: "kill -9 at 200 random points of apply, rerun",
        bar: "kernel dump equal to a clean apply, every time",
    }];
    of_test(effort, &tests, &[("ASSAY_KILLS", count)], &rows)
}

/// Damage by other programs, from the damage to its repair, by the library alone.
fn drift(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let tests = Tests { package: "hw-tests", file: "dataplane_drift", filter: "" };
    let row = |name, what, bar| Row { name, what, bar };
    let rows = [
        row("drift.kinds", "drift: kinds of damage by other programs, heard and mended", "≥ 12"),
        row("drift.longest", "drift: longest of them from damage to repair", "≤ 1 s"),
        row("drift.rooms.kinds", "drift: kinds of damage in routers' namespaces", "≥ 6"),
        row("drift.rooms.longest", "drift: longest of those from damage to repair", "≤ 1 s"),
    ];
    of_test(effort, &tests, &[], &rows)
}

/// Looking for loops with many ports: processor time of its thread.
fn loops(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let count = if effort == Effort::Full { "2048" } else { "128" };
    let tests =
        Tests { package: "hw-tests", file: "dataplane_loop", filter: "what_many_ports_cost" };
    let row = |name, what, bar| Row { name, what, bar };
    let rows = [
        row("loops.cost.ports", "loop detection: ports", "2,048 with --full"),
        row("loops.cost.5", "loop detection: processor time, by default", "–"),
        row("loops.cost.1", "loop detection: processor time, `interval = 1`", "≤ 250 ms/s"),
    ];
    of_test(effort, &tests, &[("ASSAY_PORTS", count)], &rows)
}

/// A full node taken down, while somebody else changes a device every 2 ms.
fn teardown(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let size = [
        ("ASSAY_NETWORKS", "50", "500"),
        ("ASSAY_PORTS", "100", "2048"),
        ("ASSAY_REMOTES", "200", "10000"),
        ("ASSAY_GROUPS", "100", "2000"),
    ];
    let size = size.map(|(name, few, all)| (name, if effort == Effort::Full { all } else { few }));
    let tests = Tests { package: "hw-tests", file: "dataplane_teardown", filter: "" };
    let row = |name, what, bar| Row { name, what, bar };
    let rows = [
        row("teardown.p99", "teardown of 500 VPCs: other operations, 99 of 100 within", "≤ 100 ms"),
        row("teardown.longest", "teardown of 500 VPCs: other operations, the longest", "–"),
        row("teardown.took", "teardown of 500 VPCs with 2,048 ports", "–"),
    ];
    let mut figures = of_test(effort, &tests, &size, &rows)?;
    for figure in &mut figures {
        let [(_, networks), (_, ports), ..] = size;
        figure.measured = format!("{} ({networks} networks, {ports} ports)", figure.measured);
    }
    Ok(figures)
}

/// The daemon killed under traffic, and damage that it mends.
fn daemon(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let count = if effort == Effort::Full { "10000" } else { "3000" };
    let tests = Tests { package: "hw-tests", file: "dataplane_daemon", filter: "" };
    let row = |name, what, bar| Row { name, what, bar };
    let rows = [
        row(
            "daemon.sent",
            "daemon: packets through the node while it is killed, 1,000 a second",
            "≥ 10,000 with --full",
        ),
        row("daemon.lost", "daemon: of them lost", "0"),
        row("daemon.kills", "daemon: kill -9, each with a restart", "≥ 5"),
        row(
            "daemon.drift.kinds",
            "daemon: kinds of damage by other programs, mended and told",
            "≥ 12",
        ),
        row("daemon.drift.longest", "daemon: longest of them from damage to its event", "≤ 1 s"),
        row("daemon.drift.rooms", "daemon: kinds of damage in a router's namespace", "≥ 6"),
        row("daemon.drift.rooms.longest", "daemon: longest of those to its event", "≤ 1 s"),
    ];
    of_test(effort, &tests, &[("ASSAY_PACKETS", count)], &rows)
}

/// The daemon with a full node: its memory, and one change of it.
fn full(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let size = [
        ("ASSAY_NETWORKS", "50", "500"),
        ("ASSAY_PORTS", "200", "2048"),
        ("ASSAY_REMOTES", "1000", "10000"),
        ("ASSAY_GROUPS", "200", "2000"),
        ("ASSAY_CHANGES", "40", "400"),
    ];
    let size = size.map(|(name, few, all)| (name, if effort == Effort::Full { all } else { few }));
    let tests = Tests { package: "hw-tests", file: "dataplane_full", filter: "" };
    let row = |name, what, bar| Row { name, what, bar };
    let rows = [
        row("full.most", "daemon: most memory at full size", "≤ 64 MB"),
        row("full.held", "daemon: memory held at full size", "≤ 64 MB"),
        row("full.nothing", "daemon: full sync with nothing to do", "≤ 0.5 s"),
        row("full.rule", "daemon: one rule at full size, asked for until applied", "p99 ≤ 2 ms"),
        row("full.member", "daemon: one member at full size", "p99 ≤ 2 ms"),
        row("full.port", "daemon: one port at full size", "p99 ≤ 20 ms"),
    ];
    let mut figures = of_test(effort, &tests, &size, &rows)?;
    // The test fails by any of its bars: each row tells of its own.
    if effort == Effort::Full && figures.iter().any(|figure| figure.met == Some(false)) {
        let own: Vec<bool> = figures.iter().map(is_within).collect();
        // If all are met it is something else that has failed, and nothing is reached.
        if own.contains(&false) {
            for (figure, own) in figures.iter_mut().zip(own) {
                figure.met = Some(own);
            }
        }
    }
    Ok(figures)
}

/// Returns whether what was measured is within its bar: `59.9 MB` in `≤ 64 MB`, and the p99 of
/// `p50 0.74 ms, p99 1.09 ms, …` in `p99 ≤ 2 ms`.
fn is_within(figure: &Figure) -> bool {
    let number = |text: &str| -> Option<f64> {
        text.trim_start_matches(|at: char| !at.is_ascii_digit()).split(' ').next()?.parse().ok()
    };
    let of = match figure.bar.strip_prefix("p99 ≤ ") {
        Some(limit) => figure.measured.split_once("p99 ").map(|(_, rest)| (rest, limit)),
        None => figure.bar.strip_prefix("≤ ").map(|limit| (figure.measured.as_str(), limit)),
    };
    let of = of.and_then(|(measured, limit)| Some((number(measured)?, number(limit)?)));
    of.is_some_and(|(measured, limit)| measured <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_within_its_bar_by_its_own_number() {
        for (bar, measured, within) in [
            ("≤ 64 MB", "59.9 MB", true),
            ("≤ 64 MB", "64.1 MB", false),
            ("≤ 0.5 s", "0.373 s", true),
            ("p99 ≤ 2 ms", "p50 0.74 ms, p99 1.09 ms, longest 4.14 ms, 400 changes", true),
            ("p99 ≤ 20 ms", "p50 4.71 ms, p99 32.59 ms, longest 40.80 ms, 400 changes", false),
            ("p99 ≤ 2 ms", "nothing", false),
            ("≥ 12", "18", false),
        ] {
            let figure = Figure {
                what: String::new(),
                bar: bar.to_owned(),
                measured: measured.to_owned(),
                met: None,
                broken: None,
            };
            assert_eq!(is_within(&figure), within, "{bar}: {measured}");
        }
    }
}
