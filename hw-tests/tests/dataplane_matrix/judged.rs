//! The judge, which explains and revokes by the desired state alone, against the same cases.

use std::net::IpAddr;

use dataplane::desired::Desired;
use dataplane::firewall::judge::{Judge, Packet};
use libtest_mimic::Failed;

use super::cases::{Change, Family, Frame, Row, Seat, Step, cases};
use super::world::{Host, state};
use super::{apart, packet, rules};

/// What of a packet is judged: protocol, destination port, ICMP.
type Carried = (u8, Option<u16>, Option<(u8, u8)>);

/// Returns what a packet carries, of those that begin something.
fn first(frame: &Frame, family: Family) -> Option<Carried> {
    let six = family == Family::V6;
    let icmp = if six { 58 } else { 1 };
    match *frame {
        Frame::Udp(port) => Some((17, Some(port), None)),
        Frame::Syn(port) => Some((6, Some(port), None)),
        Frame::Echo => Some((icmp, None, Some((if six { 128 } else { 8 }, 0)))),
        Frame::Icmp(kind, code) => Some((icmp, None, Some((kind, code)))),
        Frame::Protocol(protocol) => Some((protocol, None, None)),
        _ => None,
    }
}

/// Whether every host that has one of the two ends lets a packet by.
fn passes(
    desired: &[(Host, Judge<'_>)],
    ends: (Seat, Seat),
    family: Family,
    frame: &Frame,
) -> Option<bool> {
    let (from, to) = ends;
    let (protocol, port, icmp) = first(frame, family)?;
    let network = from.station()?.network;
    let id = format!("{from:?}");
    let (source, destination): (IpAddr, IpAddr) =
        (packet::address(from, family), packet::address(to, family));
    let on = |host: Host, judge: &Judge<'_>| {
        let by = (host == from.host()).then_some(id.as_str());
        let ports = port.map(|port| (20_000, port));
        judge.judge(&Packet { network, by, source, destination, protocol, ports, icmp }).passes()
    };
    let hosts = [from.host(), to.host()];
    Some(
        desired
            .iter()
            .filter(|(host, _)| hosts.contains(host))
            .all(|(host, judge)| on(*host, judge)),
    )
}

pub(crate) fn agrees() -> Result<(), Failed> {
    let mut count = 0;
    for norm in [true, false] {
        let of = |host| -> Result<Desired, Failed> {
            Ok(dataplane::spec::read(
                "bed.toml",
                &state((norm, Family::V4), host, Change::Nothing),
            )?)
        };
        let (a, b) = (of(Host::A)?, of(Host::B)?);
        let judges = [(Host::A, Judge::new(&a)), (Host::B, Judge::new(&b))];
        let tables: [&'static [Row]; 2] = [rules::ROWS, apart::ROWS];
        for case in tables.into_iter().flat_map(cases) {
            for step in case.row.steps {
                let Step::Send { from, to, frame, seen } = step else { continue };
                let ends = (from.of(case.pair), to.of(case.pair));
                let Some(judged) = passes(&judges, ends, case.family, frame) else { continue };
                count += 1;
                if judged != seen.under(norm) {
                    let (what, family) = (case.row.what, case.family);
                    return Err(format!(
                        "{what}, {ends:?} {family:?}: {frame:?}, norm {norm}: the judge says {judged}"
                    )
                    .into());
                }
            }
        }
    }
    assert!(count > 500, "{count} packets were judged");
    Ok(())
}
