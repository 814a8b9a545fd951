//! Ports of this node and of others: cards of guests.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use super::fault::{About, Faults};
use super::fields::{Fields, address_of, device_of, mac_of, range_of, text_of};
use super::group::group_is_of;
use super::node::Kind;
use super::read::{Entry, Names, entries, network_of, usable};
use super::settle::Station;
use crate::address::{Device, Mac};
use crate::desired::{AllowedPair, Port, PortKind, Remote};

const PORT: Kind = ("端口", "port");
const REMOTE: Kind = ("远端端口", "remote port");

/// What ports of this node and of others have in common.
struct Card {
    network: Option<String>,
    mac: Option<Mac>,
    addresses: BTreeSet<IpAddr>,
    groups: Arc<BTreeSet<String>>,
}

/// Reads `[[port]]`.
pub(super) fn ports<'n>(
    root: &mut Fields<'n>,
    names: &mut Names<'n>,
    faults: &mut Faults<'n>,
) -> BTreeMap<String, Port> {
    let mut ports = BTreeMap::new();
    for Entry { about, mut fields } in entries(root, ("port", PORT), &mut names.stations, faults) {
        faults.about = about;
        let device = fields.needed("device", faults);
        let device = device.and_then(|node| Some((device_of(node, faults)?, node.at)));
        let kind = kind(&mut fields, about, names, faults);
        let device = device.filter(|(device, at)| take(device, about, *at, names, faults));
        let mut allowed = BTreeSet::new();
        let (card, mut station) = card(&mut fields, about, names, faults);
        for item in fields.list("allowed", faults) {
            if let Some((pair, at)) = pair(Fields::of(item, faults), faults) {
                station.allowed.push((pair.range, pair.mac, at));
                allowed.insert(pair);
            }
        }
        let security = fields.flag("port_security", faults).unwrap_or(true);
        station.security = security;
        fields.finish(faults);
        names.all.stations.push(station);
        let (Some(network), Some(mac), Some((device, _)), Some(kind)) =
            (card.network, card.mac, device, kind)
        else {
            continue;
        };
        let (addresses, groups) = (card.addresses, card.groups);
        let port = Port { network, device, kind, mac, addresses, allowed, groups, security };
        ports.insert(about.id.to_owned(), port);
    }
    ports
}

/// Reads `[[remote]]`.
pub(super) fn remotes<'n>(
    root: &mut Fields<'n>,
    names: &mut Names<'n>,
    faults: &mut Faults<'n>,
) -> BTreeMap<String, Remote> {
    let mut remotes = BTreeMap::new();
    for Entry { about, mut fields } in
        entries(root, ("remote", REMOTE), &mut names.stations, faults)
    {
        faults.about = about;
        let vtep = vtep(&mut fields, names, faults);
        let (card, station) = card(&mut fields, about, names, faults);
        fields.finish(faults);
        names.all.stations.push(station);
        let (Some(network), Some(mac)) = (card.network, card.mac) else { continue };
        if vtep.is_none() && !names.evpn {
            continue;
        }
        let (addresses, groups) = (card.addresses, card.groups);
        remotes.insert(about.id.to_owned(), Remote { network, vtep, mac, addresses, groups });
    }
    remotes
}

/// Returns the tunnel end of a remote port: with EVPN, none.
fn vtep<'n>(fields: &mut Fields<'n>, names: &Names<'n>, faults: &mut Faults<'n>) -> Option<IpAddr> {
    if !names.evpn {
        let vtep = fields.address("vtep", faults);
        let vtep = vtep.filter(|(vtep, at)| vtep_is_sound(*vtep, *at, names.vtep, faults));
        return vtep.map(|(vtep, _at)| vtep);
    }
    if let Some(node) = fields.take("vtep") {
        let (zh, en) = (
            "本节点使用 EVPN，远端端口的 VTEP 由 FRR 得知",
            "this node has EVPN, and FRR says which VTEP a remote port is behind",
        );
        faults.add(node.at, zh, en, &[]);
        let (zh, en) = (
            "去掉 `vtep`：此处只说明安全组成员；或去掉 `[node.evpn]`",
            "leave `vtep` out: the port is named for its groups alone; or leave out `[node.evpn]`",
        );
        faults.hint(zh, en, &[]);
    }
    None
}

fn vtep_is_sound(vtep: IpAddr, at: usize, ours: Option<IpAddr>, faults: &mut Faults<'_>) -> bool {
    if !usable(vtep, at, faults) {
        return false;
    }
    let Some(ours) = ours else { return true };
    if vtep == ours {
        let (zh, en) = ("VTEP `{0}` 是本节点的", "VTEP `{0}` is that of this node");
        faults.add(at, zh, en, &[&vtep]);
        let (zh, en) = ("本节点的端口写在 `[[port]]`", "ports of this node belong in `[[port]]`");
        faults.hint(zh, en, &[]);
    } else if vtep.is_ipv4() != ours.is_ipv4() {
        let (zh, en) = (
            "VTEP `{0}` 与本节点的 `{1}` 地址族不同",
            "VTEP `{0}` is not of the family of this node's, `{1}`",
        );
        faults.add(at, zh, en, &[&vtep, &ours]);
    } else {
        return true;
    }
    false
}

fn kind<'n>(
    fields: &mut Fields<'n>,
    about: About<'n>,
    names: &mut Names<'n>,
    faults: &mut Faults<'n>,
) -> Option<PortKind> {
    let peer = fields.take("peer");
    let (text, at) = fields.text("kind", faults)?;
    if let Some(peer) = peer.filter(|_| text != "veth") {
        let (zh, en) = ("`{0}` 没有 `peer`", "a port of kind `{0}` has no `peer`");
        faults.add(peer.at, zh, en, &[&text]);
        faults.hint("仅 `veth` 有对端", "only `veth` has another end", &[]);
    }
    match text {
        "veth" => {
            let Some(node) = peer else {
                let (zh, en) = ("`veth` 缺少 `peer`", "a port of kind `veth` needs its `peer`");
                faults.add(fields.at, zh, en, &[]);
                let (zh, en) =
                    ("`peer` 是交给租户一端的网卡名", "`peer` names the end that the guest takes");
                faults.hint(zh, en, &[]);
                return None;
            };
            let peer = device_of(node, faults)?;
            take(&peer, about, node.at, names, faults).then_some(PortKind::Veth { peer })
        }
        "tap" => Some(PortKind::Tap),
        "physical" => Some(PortKind::Physical),
        "vf" => Some(PortKind::Vf),
        other => {
            faults.add(at, "未知的端口类型 `{0}`", "unknown kind of port `{0}`", &[&other]);
            let known = ["veth", "tap", "physical", "vf"];
            let list = ("可用：veth、tap、physical、vf", "known: veth, tap, physical, vf");
            faults.hint_nearest(other, &mut known.into_iter(), Some(list));
            None
        }
    }
}

/// Whether a device is free for a port, which then has it; says why not otherwise.
fn take<'n>(
    device: &Device,
    about: About<'n>,
    at: usize,
    names: &mut Names<'n>,
    faults: &mut Faults<'n>,
) -> bool {
    if is_ours(device) {
        let (zh, en) = (
            "`{0}` 是本程序为网桥、VXLAN 和路由器生成的名字",
            "`{0}` is a name that this program makes for bridges, VXLAN devices and routers",
        );
        faults.add(at, zh, en, &[device]);
        return false;
    }
    let Some(other) = names.devices.get(device) else {
        names.devices.insert(device.clone(), about.id.to_owned());
        return true;
    };
    if other.is_empty() {
        let (zh, en) = (
            "`{0}` 是承载 VXLAN 的网卡，不能作端口",
            "`{0}` carries the VXLAN of this node and cannot be a port",
        );
        faults.add(at, zh, en, &[device]);
    } else {
        let (zh, en) =
            ("网卡 `{0}` 已用于端口 `{1}`", "device `{0}` is that of port `{1}` already");
        faults.add(at, zh, en, &[device, other]);
    }
    false
}

/// Whether a name is of those that are made of a network's hash: `asb`, `asv` or `asr` and ten
/// hex digits.
fn is_ours(device: &Device) -> bool {
    let name = device.as_str();
    let digits = ["asb", "asv", "asr"].iter().find_map(|prefix| name.strip_prefix(prefix));
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    digits.is_some_and(|digits| digits.len() == 10 && digits.bytes().all(hex))
}

fn card<'n>(
    fields: &mut Fields<'n>,
    about: About<'n>,
    names: &mut Names<'n>,
    faults: &mut Faults<'n>,
) -> (Card, Station<'n>) {
    let network = network_of(fields, names, faults);
    let mac = fields.needed("mac", faults);
    let mac = mac.and_then(|node| Some((mac_of(node, faults)?, node.at)));
    let mut addresses = Vec::new();
    if fields.needed("ips", faults).is_some() {
        for item in fields.list("ips", faults) {
            let address = address_of(item, faults);
            let address = address.filter(|address| usable(*address, item.at, faults));
            addresses.extend(address.map(|address| (address, item.at)));
        }
    }
    let mut groups = BTreeSet::new();
    if fields.needed("groups", faults).is_some() {
        for item in fields.list("groups", faults) {
            let Some(group) = text_of(item, faults) else { continue };
            if !group_is_of(group, item.at, network.and_then(|(_, vpc)| vpc), names, faults) {
                continue;
            }
            if !groups.insert(group.to_owned()) {
                let (zh, en) = ("安全组 `{0}` 写了两次", "group `{0}` is there twice");
                faults.add(item.at, zh, en, &[&group]);
            }
        }
    }
    let known = names.sets.get(&groups).map(Arc::clone);
    let groups = known.unwrap_or_else(|| Arc::new(groups));
    names.sets.insert(Arc::clone(&groups));
    let mut own = BTreeSet::new();
    own.extend(addresses.iter().map(|(address, _)| *address));
    let card = Card {
        network: network.map(|(network, _)| network.to_owned()),
        mac: mac.map(|(mac, _)| mac),
        addresses: own,
        groups: Arc::clone(&groups),
    };
    let network = network.map(|(network, _)| network);
    let station =
        Station { about, network, mac, addresses, allowed: Vec::new(), groups, security: true };
    (card, station)
}

fn pair<'n>(fields: Option<Fields<'n>>, faults: &mut Faults<'n>) -> Option<(AllowedPair, usize)> {
    let mut fields = fields?;
    let node = fields.needed("cidr", faults);
    let mac = fields.take("mac").map(|node| mac_of(node, faults));
    fields.finish(faults);
    let node = node?;
    let range = range_of(node, faults)?;
    if range.prefix_len() == 0 {
        let (zh, en) =
            ("`{0}` 即任意源地址，等于没有防伪", "`{0}` is every address: nothing would be forged");
        faults.add(node.at, zh, en, &[&range]);
        let (zh, en) = (
            "确需如此则写 `port_security = false`",
            "where that is meant, say `port_security = false`",
        );
        faults.hint(zh, en, &[]);
        return None;
    }
    if !usable(range.network(), node.at, faults) {
        return None;
    }
    match mac {
        None => Some((AllowedPair { range, mac: None }, node.at)),
        Some(mac) => Some((AllowedPair { range, mac: Some(mac?) }, node.at)),
    }
}
