//! The functional matrix: what tenants' packets may do, by real packets between guests on two
//! hosts, seen by packet sockets on every guest's card.
//!
//! Hosts are namespaces joined by an underlay; the library builds the networks there. Cases
//! are values, in `dataplane_matrix/{rules,spoof,apart,revoke}.rs`; both semantics run them all.

#![expect(clippy::print_stdout, reason = "what was counted is printed beside the result")]

#[path = "dataplane_matrix/apart.rs"]
mod apart;
#[path = "dataplane_matrix/cases.rs"]
mod cases;
#[path = "dataplane_matrix/judged.rs"]
mod judged;
#[path = "dataplane_matrix/live.rs"]
mod live;
#[path = "dataplane_matrix/nearby.rs"]
mod nearby;
#[path = "dataplane_matrix/packet.rs"]
mod packet;
#[path = "dataplane_matrix/revoke.rs"]
mod revoke;
#[path = "dataplane_matrix/rules.rs"]
mod rules;
#[path = "dataplane_matrix/site.rs"]
mod site;
#[path = "dataplane_matrix/spoof.rs"]
mod spoof;
#[path = "dataplane_matrix/world.rs"]
mod world;

use std::process::ExitCode;

use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};

use cases::{Case, Family, Row, Step};
use site::Site;

const NEEDS: &[Need] =
    &[Need::Root, Need::Program("ip"), Need::Program("sysctl"), Need::Program("nft")];
const TABLES: &[&[Row]] = &[rules::ROWS, spoof::ROWS, apart::ROWS, revoke::ROWS];

fn main() -> ExitCode {
    let trials = vec![
        trial("every_deny_has_its_control", &[], controls),
        trial("the_judge_says_of_first_packets_what_they_do", &[], judged::agrees),
        trial("without_rules_forgeries_are_noticed", NEEDS, noticed),
        trial("a_rule_taken_back_cuts_its_tcp_connections_norm", NEEDS, || live::revoked(true)),
        trial("a_rule_taken_back_cuts_its_tcp_connections_openstack", NEEDS, || {
            live::revoked(false)
        }),
        trial("a_guest_reaches_nothing_of_its_node", NEEDS, nearby::node),
        trial("a_node_that_routes_does_not_route_a_guests_packets", NEEDS, nearby::routed),
        trial("a_tunnel_ends_at_the_underlays_card_only", NEEDS, nearby::other_card),
        trial("packets_pass_as_groups_permit_norm", NEEDS, || matrix(true, Family::V4)),
        trial("packets_pass_as_groups_permit_openstack", NEEDS, || matrix(false, Family::V4)),
        trial("packets_pass_over_an_underlay_of_ipv6", NEEDS, || matrix(true, Family::V6)),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn all() -> impl Iterator<Item = Case> {
    TABLES.iter().flat_map(|rows| cases::cases(rows))
}

/// Every packet that must not arrive has one behind it, on the same way between hosts, that must.
fn controls() -> Result<(), Failed> {
    for case in all() {
        let way = |step: &Step| match step {
            Step::Send { from, to, seen, .. } => {
                let (from, to) = (from.of(case.pair), to.of(case.pair));
                Some((from.host(), to.host(), *seen))
            }
            Step::Change(_) => None,
        };
        for norm in [true, false] {
            for (at, step) in case.row.steps.iter().enumerate() {
                let Some((from, to, seen)) = way(step).filter(|way| !way.2.under(norm)) else {
                    continue;
                };
                let mut behind = case.row.steps.iter().skip(at + 1).filter_map(way);
                if !behind.any(|way| (way.0, way.1) == (from, to) && way.2.under(norm)) {
                    let (what, who) = (case.row.what, case.pair);
                    return Err(format!("{what} {who:?}: step {at} ({seen:?}) has none").into());
                }
            }
        }
    }
    Ok(())
}

fn matrix(norm: bool, under: Family) -> Result<(), Failed> {
    let mut site = Site::new(norm, under)?;
    let mut failures = Vec::new();
    let mut count = 0;
    // The header is longer there, and so the largest packet another.
    let fits = |case: &Case| under == Family::V4 || !case.row.what.starts_with("MTU");
    for (case, index) in all().filter(fits).zip(0..) {
        failures.extend(site.run(&case, index)?);
        count += 1;
    }
    failures.extend(site.leaks()?);
    let semantics = if norm { "norm" } else { "openstack" };
    let over = if under == Family::V4 { "" } else { ".ipv6" };
    println!("figure: matrix.{semantics}{over} = {count} cases");
    if failures.is_empty() {
        return Ok(());
    }
    Err(format!("{} of {count} cases:\n{}", failures.len(), failures.join("\n")).into())
}

/// That cases can fail: without what drops them, every forged address is seen, in its case.
fn noticed() -> Result<(), Failed> {
    let mut site = Site::new(true, Family::V4)?;
    for host in &site.hosts {
        host.line("nft delete table netdev assay")?;
    }
    let forged = |case: &Case| case.row.what.starts_with("forged");
    let cases: Vec<Case> = all().filter(forged).collect();
    for (case, index) in cases.iter().zip(0..) {
        let failures = site.run(case, index)?;
        assert_eq!(failures, Vec::<String>::new(), "what is permitted passes all the same");
    }
    let leaks = site.leaks()?;
    // Across hosts a MAC address of nobody is dropped once more: it is of no port here.
    assert_eq!(leaks.len(), cases.len() - 2, "{leaks:#?}");
    Ok(())
}
