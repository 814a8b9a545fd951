//! `[node.evpn]`, and route targets of networks.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use super::fault::Faults;
use super::fields::{Fields, address_of, range_of, text_of, wrong_kind};
use super::node::{self, Kind, Node, Value};
use super::read::usable;
use crate::desired::evpn::{Evpn, Neighbour, Remote};

const NEIGHBOUR: Kind = ("BGP 邻居", "BGP neighbour");

/// Reads the table; `vtep` is this node's tunnel end, where that is right.
pub(super) fn evpn<'n>(
    table: &'n Node<'n>,
    vtep: Option<(IpAddr, usize)>,
    faults: &mut Faults<'n>,
) -> Option<Evpn> {
    let mut fields = Fields::of(table, faults)?;
    if let Some((IpAddr::V6(vtep), at)) = vtep {
        let (zh, en) = (
            "VTEP `{0}` 是 IPv6 地址，FRR 的 EVPN 只支持 IPv4 隧道",
            "VTEP `{0}` is of IPv6, and FRR's EVPN has tunnels of IPv4 only",
        );
        faults.add(at, zh, en, &[&vtep]);
    }
    let asn = fields.needed("asn", faults).and_then(|node| asn(node, faults));
    let router_id = fields.take("router_id").map(|node| router_id(node, faults));
    let own = vtep.and_then(|(vtep, _at)| four(vtep));
    let vteps = ranges(&mut fields, faults);
    let graceful_restart = fields.flag("graceful_restart", faults).unwrap_or(true);
    let mut neighbours = BTreeMap::new();
    for item in fields.list("neighbour", faults) {
        let Some((address, at, read)) = neighbour(item, asn, faults) else { continue };
        if Some(address) == vtep.map(|(vtep, _at)| vtep) {
            let (zh, en) = ("{1} `{0}` 是本节点自己", "{2} `{0}` is this node itself");
            faults.add(at, zh, en, &[&address, &NEIGHBOUR.0, &NEIGHBOUR.1]);
        } else if neighbours.insert(address, read).is_some() {
            let (zh, en) = ("{1} `{0}` 写了两次", "{2} `{0}` is there twice");
            faults.add(at, zh, en, &[&address, &NEIGHBOUR.0, &NEIGHBOUR.1]);
        }
    }
    if neighbours.is_empty() && faults.none() {
        faults.add(fields.at, "没有 BGP 邻居", "there is no BGP neighbour", &[]);
        let (zh, en) = (
            "至少一个 `[[node.evpn.neighbour]]`：路由反射器或其他节点",
            "at least one `[[node.evpn.neighbour]]`: a route reflector, or another node",
        );
        faults.hint(zh, en, &[]);
    }
    fields.finish(faults);
    let router_id = router_id.unwrap_or(own);
    Some(Evpn { asn: asn?, router_id: router_id?, vteps: vteps?, graceful_restart, neighbours })
}

fn four(address: IpAddr) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(four) => Some(four),
        IpAddr::V6(_) => None,
    }
}

fn asn<'n>(node: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<u32> {
    let Value::Integer(number) = &node.value else {
        wrong_kind(node.at, node.value.kind(), node::INTEGER, faults);
        return None;
    };
    // RFC 7607, RFC 6793 §9, RFC 7300.
    let asn = u32::try_from(*number).ok();
    let asn = asn.filter(|asn| ![0, 23_456, 65_535, u32::MAX].contains(asn));
    if asn.is_none() {
        faults.add(node.at, "AS 号 {0} 不可用", "AS number {0} cannot be used", &[number]);
        let (zh, en) = (
            "1 至 4294967294，23456 和 65535 除外；私有：64512 至 65534",
            "1 to 4294967294 but for 23456 and 65535; private: 64512 to 65534",
        );
        faults.hint(zh, en, &[]);
    }
    asn
}

fn router_id<'n>(node: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<Ipv4Addr> {
    let address = address_of(node, faults)?;
    let sound = four(address).filter(|id| !id.is_unspecified());
    if sound.is_none() {
        let (zh, en) = ("`{0}` 不能作 `router_id`", "`{0}` cannot be a `router_id`");
        faults.add(node.at, zh, en, &[&address]);
        faults.hint("写作 IPv4 地址，非全零", "it is written as an IPv4 address, not zero", &[]);
    }
    sound
}

fn ranges<'n>(fields: &mut Fields<'n>, faults: &mut Faults<'n>) -> Option<BTreeSet<ipnet::IpNet>> {
    let node = fields.needed("vtep_prefixes", faults);
    let hint = (
        "其他节点的 VTEP 所在网段，如 `[\"10.99.0.0/24\"]`；其他来源的 VXLAN 一律丢弃",
        "where other nodes' VTEPs are, such as `[\"10.99.0.0/24\"]`; VXLAN from elsewhere is dropped",
    );
    let Some(node) = node else {
        faults.hint(hint.0, hint.1, &[]);
        return None;
    };
    let (mut ranges, mut sound) = (BTreeSet::new(), true);
    for item in fields.list("vtep_prefixes", faults) {
        let Some(range) = range_of(item, faults) else {
            sound = false;
            continue;
        };
        let is_four = range.addr().is_ipv4();
        if range.prefix_len() == 0 || !is_four {
            let (zh, en) = ("`{0}` 不能作 VTEP 网段", "`{0}` cannot be where VTEPs are");
            faults.add(item.at, zh, en, &[&range]);
            faults.hint(hint.0, hint.1, &[]);
            sound = false;
        }
        ranges.insert(range);
    }
    if sound && ranges.is_empty() {
        faults.add(node.at, "没有 VTEP 网段", "there is no range of VTEPs", &[]);
        faults.hint(hint.0, hint.1, &[]);
    }
    (sound && !ranges.is_empty()).then_some(ranges)
}

fn neighbour<'n>(
    item: &'n Node<'n>,
    own: Option<u32>,
    faults: &mut Faults<'n>,
) -> Option<(IpAddr, usize, Neighbour)> {
    let mut fields = Fields::of(item, faults)?;
    let address = fields.address("address", faults);
    let address = address.filter(|(address, at)| usable(*address, *at, faults));
    let remote = fields.needed("remote_asn", faults).and_then(|node| remote(node, faults));
    let source = fields.take("source").and_then(|node| address_of(node, faults));
    let hops = fields.number("hops", (1, 255), faults);
    if let Some((_hops, at)) = hops
        && (remote == Some(Remote::Internal) || remote == own.map(Remote::Number))
    {
        let (zh, en) = ("同一 AS 的邻居没有 `hops`", "a neighbour of the same AS has no `hops`");
        faults.add(at, zh, en, &[]);
        let (zh, en) =
            ("内部会话本就可跨多跳", "sessions within an AS go over several hops as they are");
        faults.hint(zh, en, &[]);
    }
    let bfd = fields.flag("bfd", faults).unwrap_or(false);
    let password_file = fields.take("password_file").and_then(|node| file(node, faults));
    fields.finish(faults);
    let hops = hops.and_then(|(hops, _at)| u8::try_from(hops).ok());
    let (address, at) = address?;
    Some((address, at, Neighbour { remote: remote?, source, hops, bfd, password_file }))
}

fn remote<'n>(node: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<Remote> {
    let Value::Text(text) = &node.value else { return asn(node, faults).map(Remote::Number) };
    match text.as_ref() {
        "internal" => Some(Remote::Internal),
        "external" => Some(Remote::External),
        other => {
            let (zh, en) = ("`{0}` 不是 AS", "`{0}` is no AS");
            faults.add(node.at, zh, en, &[&other]);
            let (zh, en) = (
                "AS 号、`internal`（与本节点相同）或 `external`（任何其他）",
                "an AS number, `internal` (that of this node) or `external` (any other)",
            );
            faults.hint(zh, en, &[]);
            None
        }
    }
}

fn file<'n>(node: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<String> {
    let text = text_of(node, faults)?;
    let sound = text.starts_with('/') && !text.contains(char::is_control);
    if !sound {
        let (zh, en) = ("`{0}` 不是文件的绝对路径", "`{0}` is no absolute path of a file");
        faults.add(node.at, zh, en, &[&text]);
        let (zh, en) =
            ("口令写在该文件中，不写在这里", "the password stands in that file, and not here");
        faults.hint(zh, en, &[]);
    }
    sound.then(|| text.to_owned())
}

/// Reads `route_targets` of a network; `evpn` says whether the node has EVPN.
pub(super) fn route_targets<'n>(
    fields: &mut Fields<'n>,
    evpn: bool,
    faults: &mut Faults<'n>,
) -> BTreeSet<String> {
    let mut targets = BTreeSet::new();
    for item in fields.list("route_targets", faults) {
        let Some(text) = text_of(item, faults) else { continue };
        if !evpn {
            let (zh, en) = ("没有 EVPN 就没有路由目标", "there are no route targets without EVPN");
            faults.add(item.at, zh, en, &[]);
            faults.hint("EVPN 写在 `[node.evpn]`", "`[node.evpn]` is where EVPN is", &[]);
            break;
        }
        if !is_target(text) {
            let (zh, en) = ("`{0}` 不是路由目标", "`{0}` is no route target");
            faults.add(item.at, zh, en, &[&text]);
            let (zh, en) = (
                "写法：`AS号:数` 或 `IPv4地址:数`，如 `65000:100`（RFC 4360）",
                "`AS:NUMBER` or `IPV4:NUMBER`, such as `65000:100` (RFC 4360)",
            );
            faults.hint(zh, en, &[]);
        } else if !targets.insert(text.to_owned()) {
            faults.add(item.at, "`{0}` 写了两次", "`{0}` is there twice", &[&text]);
        }
    }
    targets
}

/// Two bytes and four, or four and two (RFC 4360 §3.1, RFC 5668).
fn is_target(text: &str) -> bool {
    let Some((left, right)) = text.split_once(':') else { return false };
    let canonical = |text: &str| {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<u32>().ok().filter(|_| digits)?;
        (number.to_string() == text).then_some(number)
    };
    let two = |number: u32| u16::try_from(number).is_ok();
    match (left.parse::<Ipv4Addr>(), canonical(left), canonical(right)) {
        (Ok(_), _, Some(right)) => two(right),
        (_, Some(left), Some(right)) => left > 0 && (two(left) || two(right)),
        _ => false,
    }
}
