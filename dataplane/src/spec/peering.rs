//! VPCs that are joined.

use std::collections::BTreeMap;
use std::fmt;

use ipnet::IpNet;

use super::fault::Faults;
use super::fields::{Fields, text_of};
use super::node::Kind;
use super::read::{Entry, Names, VPC, entries, unknown};
use super::settle::SubnetAt;
use crate::desired::routing::{Peering, Routing};

const PEERING: Kind = ("对等连接", "peering");

/// Reads `[[peering]]`.
pub(super) fn peerings<'n>(
    root: &mut Fields<'n>,
    names: &Names<'n>,
    routing: &mut Routing,
    faults: &mut Faults<'n>,
) {
    let mut ids = BTreeMap::new();
    let mut pairs: BTreeMap<[&'n str; 2], (&'n str, usize)> = BTreeMap::new();
    for Entry { about, mut fields } in entries(root, ("peering", PEERING), &mut ids, faults) {
        faults.about = about;
        let Some(list) = fields.needed("vpcs", faults) else {
            fields.finish(faults);
            continue;
        };
        let mut vpcs = Vec::new();
        let items = fields.list("vpcs", faults);
        fields.finish(faults);
        for item in items {
            let Some(vpc) = text_of(item, faults) else { continue };
            if !names.vpcs.contains_key(vpc) {
                unknown(VPC, vpc, item.at, &mut names.vpcs.keys().copied(), faults);
                continue;
            }
            if !routing.routers.contains_key(vpc) {
                faults.add(item.at, "VPC `{0}` 没有路由器", "VPC `{0}` has no router", &[&vpc]);
                let (zh, en) = ("为它写一个 `[[router]]`", "give it a `[[router]]`");
                faults.hint(zh, en, &[]);
                continue;
            }
            vpcs.push(vpc);
        }
        let two = match vpcs.as_slice() {
            [one, other] if one != other => [*one.min(other), *one.max(other)],
            // A VPC that is not there has been complained about.
            _ if vpcs.len() < items.len() => continue,
            _ => {
                let (zh, en) = ("`vpcs` 须为两个不同的 VPC", "`vpcs` has to be two VPCs");
                faults.add(list.at, zh, en, &[]);
                continue;
            }
        };
        if let Some((first, at)) = pairs.get(&two) {
            let [one, other] = two;
            let line = faults.lines.line(*at);
            let (zh, en) = (
                "VPC `{0}` 与 `{1}` 已由对等连接 `{2}`（第 {3} 行）连通",
                "VPCs `{0}` and `{1}` are joined already, by peering `{2}` (line {3})",
            );
            faults.add(list.at, zh, en, &[&one, &other, first, &line]);
            continue;
        }
        pairs.insert(two, (about.id, list.at));
        overlaps(two, list.at, &names.all.subnets, faults);
        for [vpc, far] in [two, [two[1], two[0]]] {
            beside_external(vpc, far, list.at, routing, &names.all.subnets, faults);
        }
        let vpcs = two.map(str::to_owned);
        routing.peerings.insert(about.id.to_owned(), Peering { vpcs });
    }
}

/// Notes subnets of one VPC that are within the external network of the other.
fn beside_external(
    vpc: &str,
    far: &str,
    at: usize,
    routing: &Routing,
    subnets: &[SubnetAt<'_>],
    faults: &mut Faults<'_>,
) {
    let uplink = routing.routers.get(vpc).and_then(|router| router.uplink.as_ref());
    let external = uplink.and_then(|uplink| routing.externals.get_key_value(&uplink.external));
    let Some((id, external)) = external else { return };
    for subnet in subnets.iter().filter(|subnet| subnet.vpc == Some(far)) {
        let IpNet::V4(range) = subnet.range else { continue };
        if range.contains(&external.range.network()) || external.range.contains(&range.network()) {
            let line = faults.lines.line(subnet.at);
            let values: [&dyn fmt::Display; 5] =
                [id, &external.range, &subnet.about.id, &range, &line];
            let (zh, en) = (
                "外部网络 `{0}`（`{1}`）与对端子网 `{2}`（`{3}`，第 {4} 行）重叠",
                "external network `{0}` (`{1}`) overlaps subnet `{2}` (`{3}`, line {4}) of the \
                 other VPC",
            );
            faults.add(at, zh, en, &values);
        }
    }
}

/// Notes ranges that both have: nobody could say whose they are.
fn overlaps([one, other]: [&str; 2], at: usize, subnets: &[SubnetAt<'_>], faults: &mut Faults<'_>) {
    let mut sorted: Vec<&SubnetAt<'_>> =
        subnets.iter().filter(|it| it.vpc == Some(one) || it.vpc == Some(other)).collect();
    tiny_sort::stable::sort_by_key(&mut sorted, |subnet| {
        (subnet.range.network(), subnet.range.prefix_len())
    });
    // Of each VPC, the range so far that goes on longest; within one they do not overlap.
    let mut open: BTreeMap<&str, &SubnetAt<'_>> = BTreeMap::new();
    for subnet in sorted {
        let Some(vpc) = subnet.vpc else { continue };
        let theirs = open.get(if vpc == one { other } else { one });
        let over = theirs.filter(|open| {
            open.range.addr().is_ipv4() == subnet.range.addr().is_ipv4()
                && subnet.range.network() <= open.range.broadcast()
        });
        if let Some(theirs) = over {
            let (first, second) =
                if theirs.at < subnet.at { (*theirs, subnet) } else { (subnet, *theirs) };
            let [line, next] = [first.at, second.at].map(|at| faults.lines.line(at));
            let values: [&dyn fmt::Display; 6] =
                [&first.about.id, &first.range, &line, &second.about.id, &second.range, &next];
            let (zh, en) = (
                "子网 `{0}`（`{1}`，第 {2} 行）与另一 VPC 的子网 `{3}`（`{4}`，第 {5} 行）重叠，不能对等连接",
                "subnet `{0}` (`{1}`, line {2}) overlaps subnet `{3}` (`{4}`, line {5}) of the \
                 other VPC: the two cannot be joined",
            );
            faults.add(at, zh, en, &values);
        }
        let longer = |open: &&SubnetAt<'_>| open.range.broadcast() >= subnet.range.broadcast();
        if !open.get(vpc).is_some_and(longer) {
            open.insert(vpc, subnet);
        }
    }
}
