//! What a router does with a packet, for people.

use std::net::IpAddr;

use super::words::bounded;
use super::{Decision, Explained, Passage, Question, Side, carried, decided, mtu};
use crate::desired::Desired;
use crate::firewall::judge::{Judge, Packet};
use crate::firewall::protocol::{ICMP, ICMPV6};
use crate::router::way::{self, Dead, Outer, Way};
use crate::text::Text;

/// Answers a question whose ends a router is between; nothing where none is.
pub(super) fn explain(
    judge: &Judge<'_>,
    question: &Question,
    from: &Side<'_>,
    to: &Side<'_>,
) -> Option<Vec<Explained>> {
    let desired = judge.desired();
    if desired.routing.routers.is_empty() {
        return None;
    }
    let mut packets = Vec::new();
    for ipv4 in [true, false] {
        let fits = match question.protocol {
            ICMP => ipv4,
            ICMPV6 => !ipv4,
            _ => true,
        };
        let of = |side: &Side<'_>| {
            side.addresses.iter().copied().find(|address| address.is_ipv4() == ipv4)
        };
        let (Some(source), Some(destination), true) = (of(from), of(to), fits) else { continue };
        let packet = |network| carried(question, network, source, destination);
        let explained = match from.network {
            Some(network) => {
                let apart =
                    to.network.is_some_and(|other| vpc(desired, other) != vpc(desired, network));
                let packet = Packet { by: from.port, ..packet(network) };
                match way::way(desired, network, source, destination) {
                    way @ Way::Peered { network, .. }
                        if to.network.is_none_or(|it| it == network) =>
                    {
                        sent(judge, &packet, way)?
                    }
                    // Of another VPC, whatever addresses it has.
                    _ if apart => return None,
                    Way::Bridged => return None,
                    way => sent(judge, &packet, way)?,
                }
            }
            None if to.network.is_none() && question.network.is_none() => {
                let vpc = way::entrance(desired, destination)?;
                entering(judge, vpc, &packet(""))?
            }
            None => return None,
        };
        packets.push(explained);
    }
    (!packets.is_empty()).then_some(packets)
}

fn vpc<'d>(desired: &'d Desired, network: &str) -> Option<&'d str> {
    desired.networks.get(network).map(|network| network.vpc.as_str())
}

/// A packet that a guest sends.
fn sent(judge: &Judge<'_>, packet: &Packet<'_>, way: Way<'_>) -> Option<Explained> {
    let (out, _) = decided(judge, packet);
    let (passage, next) = match way {
        Way::Bridged => return None,
        Way::Routed { vpc, network } => {
            let why = Text::of(
                "VPC `{0}` 的路由器转发到网络 `{1}`",
                "the router of VPC `{0}` sends it on to network `{1}`",
                &[&vpc, &network],
            );
            let passage = Passage { network: Some(network.to_owned()), ..Passage::of(vpc, why) };
            (passage, Some((network, packet.source, packet.destination)))
        }
        Way::Peered { vpc, peering, other, network } => {
            let why = Text::of(
                "经对等连接 `{0}` 到 VPC `{1}` 的网络 `{2}`",
                "by peering `{0}` to network `{2}` of VPC `{1}`",
                &[&peering, &other, &network],
            );
            let passage = Passage {
                by: Some(peering.to_owned()),
                network: Some(network.to_owned()),
                ..Passage::of(vpc, why)
            };
            (passage, Some((network, packet.source, packet.destination)))
        }
        Way::Out { vpc, external, address, by } => {
            let (zh, en, id) = match by {
                Outer::Elastic(id) => (
                    "经外部网络 `{0}` 出去，源地址换为弹性 IP `{1}` 的 {2}",
                    "it goes out to `{0}`, under {2} of elastic IP `{1}`",
                    id,
                ),
                Outer::Snat(id) => (
                    "经外部网络 `{0}` 出去，源地址由 SNAT `{1}` 换为 {2}",
                    "it goes out to `{0}`, under {2} of SNAT `{1}`",
                    id,
                ),
            };
            let why = Text::of(zh, en, &[&external, &id, &address]);
            let passage = Passage {
                by: Some(id.to_owned()),
                source: Some(address.into()),
                ..Passage::of(vpc, why)
            };
            (passage, None)
        }
        Way::Called { vpc, elastic, network, inside, address } => {
            let passage = Passage {
                source: Some(address.into()),
                ..called(vpc, elastic, network, inside.into())
            };
            (passage, Some((network, address.into(), inside.into())))
        }
        Way::Nowhere(dead) => (nowhere(dead), None),
    };
    Some(together(judge, packet, out, passage, next))
}

/// A packet that comes from outside.
fn entering(judge: &Judge<'_>, vpc: &str, packet: &Packet<'_>) -> Option<Explained> {
    let IpAddr::V4(address) = packet.destination else { return None };
    let (elastic, network, inside) = way::called(judge.desired(), vpc, address)?;
    let why = Text::of("来自 VPC 之外", "it comes from outside the VPC", &[]);
    let out = Decision { why, ..Decision::of("elsewhere") };
    let passage = called(vpc, elastic, network, inside.into());
    let packet = Packet { network, ..*packet };
    let next = Some((network, packet.source, inside.into()));
    Some(together(judge, &packet, out, passage, next))
}

fn called(vpc: &str, elastic: &str, network: &str, inside: IpAddr) -> Passage {
    let why = Text::of(
        "弹性 IP `{0}`：目的地址换为 {1}，转发到网络 `{2}`",
        "elastic IP `{0}`: its destination becomes {1}, in network `{2}`",
        &[&elastic, &inside, &network],
    );
    Passage {
        by: Some(elastic.to_owned()),
        network: Some(network.to_owned()),
        destination: Some(inside),
        ..Passage::of(vpc, why)
    }
}

fn nowhere(dead: Dead<'_>) -> Passage {
    let (vpc, zh, en) = match dead {
        Dead::NoRouter { vpc } => (
            vpc,
            "VPC `{0}` 没有在两端网络间路由的路由器（需要 `[[router]]` 和子网的 `gateway`）",
            "VPC `{0}` has no router between the two (that takes a `[[router]]`, and a `gateway` \
             of each subnet)",
        ),
        Dead::NoUplink { vpc } => (
            vpc,
            "VPC `{0}` 的路由器没有接入外部网络",
            "the router of VPC `{0}` is in no external network",
        ),
        Dead::NoIpv6 { vpc } => (vpc, "IPv6 不能离开 VPC `{0}`", "IPv6 does not leave VPC `{0}`"),
        Dead::NoAddress { vpc } => (
            vpc,
            "没有 SNAT 包含该源地址，也没有弹性 IP：不离开 VPC `{0}`",
            "no SNAT has its source and no elastic IP: it does not leave VPC `{0}`",
        ),
    };
    Passage { verdict: "dropped", ..Passage::of(vpc, Text::of(zh, en, &[&vpc])) }
}

/// Puts both ends and the router together; `next` is where the packet goes on, and as what.
fn together(
    judge: &Judge<'_>,
    packet: &Packet<'_>,
    out: Decision,
    passage: Passage,
    next: Option<(&str, IpAddr, IpAddr)>,
) -> Explained {
    let desired = judge.desired();
    let sent = if out.verdict == "elsewhere" { None } else { judge.boundary(packet) };
    let mut acl: Vec<Decision> = sent.map(bounded).into_iter().collect();
    let inward = match next {
        Some((network, source, destination)) => {
            let packet = Packet { network, by: None, source, destination, ..*packet };
            acl.extend(judge.boundary(&packet).map(bounded));
            decided(judge, &packet).1
        }
        None => Decision {
            why: Text::of("不在本 VPC 内", "it is outside the VPC", &[]),
            ..Decision::of("elsewhere")
        },
    };
    let verdicts = [out.verdict, passage.verdict, inward.verdict].into_iter();
    let mut verdicts = verdicts.chain(acl.iter().map(|acl| acl.verdict));
    let passes = verdicts.all(|it| it != "dropped");
    let other = next.and_then(|(network, ..)| mtu(desired, network));
    let own = mtu(desired, packet.network);
    Explained {
        network: packet.network.to_owned(),
        source: packet.source,
        destination: packet.destination,
        carries: super::carries(packet),
        passes,
        out,
        inward,
        path: passage.why.clone(),
        mtu: own.into_iter().chain(other).min(),
        acl,
        router: Some(passage),
    }
}
