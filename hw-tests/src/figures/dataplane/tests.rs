//! Figures that tests of the workspace print.

use super::super::tests_of::{Row, Tests, of_test};
use super::super::{CaseError, Effort, Figure};

/// What packets may do, case by case.
pub(in super::super) fn matrix(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let tests = Tests { package: "hw-tests", file: "dataplane_matrix", filter: "" };
    let row = |name, what| Row { name, what, bar: "≥ 60 cases, every one" };
    let rows = [
        row("matrix.norm", "dataplane: cases by real packets, `semantics = \"norm\"`"),
        row("matrix.norm.ipv6", "dataplane: the same over an underlay of IPv6"),
        row("matrix.openstack", "dataplane: cases by real packets, `semantics = \"openstack\"`"),
    ];
    let mut figures = of_test(effort, &tests, &[], &rows)?;
    for figure in &mut figures {
        let count = figure.measured.split_whitespace().next().and_then(|word| word.parse().ok());
        figure.met = figure.met.map(|held| held && count.is_some_and(|count: u32| count >= 60));
    }
    Ok(figures)
}

/// The tap of a guest that goes and comes back.
pub(in super::super) fn guest(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let rounds = if effort == Effort::Full { "20" } else { "3" };
    let tests = Tests { package: "hw-tests", file: "dataplane_guest", filter: "" };
    let row = |name, what, bar| Row { name, what, bar };
    let rows = [
        row("guest.closed", "dataplane: a guest's frames seen before its tap is taken up", "0"),
        row("guest.first", "dataplane: its first frame seen after that", "≤ 200 ms"),
        row("guest.open", "dataplane: QEMU killed and started, from its tap to open", "≤ 200 ms"),
    ];
    of_test(effort, &tests, &[("ASSAY_GUEST_ROUNDS", rounds)], &rows)
}

/// `assay net accept`: how many cases it has, and how long they take.
pub(in super::super) fn accept(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let tests = Tests { package: "hw-tests", file: "net_accept", filter: "" };
    let row = |name, what, bar| Row { name, what, bar };
    let mut rows = vec![
        row(
            "net.accept",
            "`net accept`: cases by real packets, in the library",
            "every one, ≤ 45 s",
        ),
        row("net.accept.program", "`net accept`: the program", "every one, ≤ 45 s"),
    ];
    let mut variables = Vec::new();
    if effort == Effort::Full {
        variables.push(("ASSAY_ACCEPT_SCALE", "1"));
        rows.push(row("net.accept.scale", "`net accept --scale`", "every case"));
    }
    of_test(effort, &tests, &variables, &rows)
}
