//! The file's sections, each entry checked by itself and against the names that others have;
//! `settle` then checks what only the whole can show.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::fault::{About, Faults};
use super::fields::{Fields, address_of, device_of, range_of, text_of, unusable, wrong_kind};
use super::node::{self, Kind, Node, Value};
use super::settle::{self, SubnetAt};
use super::{evpn, group, loops, routing, station};
use crate::address::Device;
use crate::desired::{self, Desired, Network, Semantics};

/// The id that the format has today.
pub(super) const SCHEMA: &str = "assay/network/v1";

/// IANA's port of VXLAN (RFC 7348 §5).
const VXLAN_PORT: u16 = 4789;

/// What the sections know of each other.
#[derive(Debug, Default)]
pub(super) struct Names<'n> {
    /// Places of VPCs.
    pub(super) vpcs: BTreeMap<&'n str, usize>,
    /// Networks, with their VPC where it is known.
    pub(super) networks: BTreeMap<&'n str, Option<&'n str>>,
    /// Groups, with their VPC where it is known.
    pub(super) groups: BTreeMap<&'n str, Option<&'n str>>,
    /// Address groups.
    pub(super) addresses: BTreeMap<&'n str, BTreeSet<IpNet>>,
    /// Places of ports, of this node and of others.
    pub(super) stations: BTreeMap<&'n str, usize>,
    /// This node's tunnel end.
    pub(super) vtep: Option<IpAddr>,
    /// Whether it has EVPN, right or wrong.
    pub(super) evpn: bool,
    /// Devices that are taken, with the port that has them; empty for the node's own.
    pub(super) devices: BTreeMap<Device, String>,
    /// Sets of groups that cards have, each once.
    pub(super) sets: BTreeSet<Arc<BTreeSet<String>>>,
    /// What `settle` looks at together.
    pub(super) all: settle::All<'n>,
}

/// Reads the whole file.
pub(super) fn desired<'n>(root: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<Desired> {
    let mut root = Fields::of(root, faults)?;
    schema(&mut root, SCHEMA, faults);
    let semantics = semantics(&mut root, faults);
    let mut names = Names::default();
    let node = node(&mut root, &mut names, faults);
    vpcs(&mut root, &mut names, faults);
    let mut networks = networks(&mut root, &mut names, faults);
    subnets(&mut root, &mut networks, &mut names, faults);
    addresses(&mut root, &mut names, faults);
    let groups = group::groups(&mut root, &mut names, faults);
    let ports = station::ports(&mut root, &mut names, faults);
    let remotes = station::remotes(&mut root, &mut names, faults);
    let routing = routing::routing(&mut root, &mut names, faults);
    faults.about = About::default();
    root.finish(faults);
    settle::check(names.all, names.vtep, &networks, faults);
    let (node, semantics) = (node?, semantics?);
    faults.none().then_some(Desired { node, semantics, networks, ports, remotes, groups, routing })
}

/// Refuses a file of another format.
pub(super) fn schema<'n>(root: &mut Fields<'n>, wanted: &str, faults: &mut Faults<'n>) {
    let Some(node) = root.take("schema") else {
        faults.add(0, "缺少 `schema`", "`schema` is missing", &[]);
        let line = format!("schema = \"{wanted}\"");
        faults.hint("写明：`{0}`", "say `{0}`", &[&line]);
        return;
    };
    let Some(text) = text_of(node, faults) else { return };
    if text != wanted {
        faults.add(node.at, "不支持的 schema `{0}`", "unknown schema `{0}`", &[&text]);
        faults.hint("本版本读取 `{0}`", "this version reads `{0}`", &[&wanted]);
    }
}

fn semantics<'n>(root: &mut Fields<'n>, faults: &mut Faults<'n>) -> Option<Semantics> {
    let hint = (
        "`norm`：组内互通、组间默认拒绝；`openstack`：只放行规则明确允许的；无默认值",
        "`norm`: free inside a group, closed between groups; `openstack`: only what a rule \
         permits; there is no default",
    );
    let Some(node) = root.take("semantics") else {
        faults.add(0, "缺少 `semantics`", "`semantics` is missing", &[]);
        faults.hint(hint.0, hint.1, &[]);
        return None;
    };
    match text_of(node, faults)? {
        "norm" => Some(Semantics::Norm),
        "openstack" => Some(Semantics::Openstack),
        other => {
            faults.add(node.at, "未知的语义 `{0}`", "unknown semantics `{0}`", &[&other]);
            faults.hint(hint.0, hint.1, &[]);
            None
        }
    }
}

fn node<'n>(
    root: &mut Fields<'n>,
    names: &mut Names<'n>,
    faults: &mut Faults<'n>,
) -> Option<desired::Node> {
    let table = root.needed("node", faults)?;
    faults.about = About { kind: ("节点", "node"), ..About::default() };
    let mut fields = Fields::of(table, faults)?;
    let name = fields.text("name", faults);
    let device = fields.needed("device", faults).and_then(|node| device_of(node, faults));
    let vtep = fields.address("vtep", faults).filter(|(vtep, at)| usable(*vtep, *at, faults));
    let port = fields.number("port", (1, 65_535), faults);
    let mtu = fields.number("mtu", settle::MTU, faults);
    let evpn = fields.take("evpn");
    names.evpn = evpn.is_some();
    let evpn = evpn.map(|table| evpn::evpn(table, vtep, faults));
    let loops = loops::loop_detection(&mut fields, faults);
    fields.finish(faults);
    faults.about = About::default();
    names.vtep = vtep.map(|(vtep, _)| vtep);
    names.all.underlay_mtu = mtu;
    names.devices.extend(device.clone().map(|device| (device, String::new())));
    Some(desired::Node {
        name: name?.0.to_owned(),
        device: device?,
        vtep: vtep?.0,
        port: port.map_or(Some(VXLAN_PORT), |(port, _)| u16::try_from(port).ok())?,
        mtu: mtu.map(|(mtu, _)| mtu),
        evpn: match evpn {
            Some(evpn) => Some(evpn?),
            None => None,
        },
        loops,
    })
}

/// Whether a card can have an address; says why not otherwise.
pub(super) fn usable(address: IpAddr, at: usize, faults: &mut Faults<'_>) -> bool {
    let Some((zh, en)) = unusable(address) else { return true };
    let values: [&dyn fmt::Display; 3] = [&address, &zh, &en];
    faults.add(at, "`{0}` 是{1}，不能使用", "`{0}` is {2} and cannot be used here", &values);
    false
}

/// An entry of a section: its id, empty where it is not right, and its fields.
pub(super) struct Entry<'n> {
    pub(super) about: About<'n>,
    pub(super) fields: Fields<'n>,
}

/// Returns the entries of the section `key`, whose ids are of their own and then in `ids`.
pub(super) fn entries<'n>(
    root: &mut Fields<'n>,
    (key, kind): (&'static str, Kind),
    ids: &mut BTreeMap<&'n str, usize>,
    faults: &mut Faults<'n>,
) -> Vec<Entry<'n>> {
    let mut read = Vec::new();
    faults.about = About::default();
    for item in root.list(key, faults) {
        faults.about = About { kind, ..About::default() };
        let Some(mut fields) = Fields::of(item, faults) else { continue };
        if let Some((id, at)) = fields.text("id", faults) {
            faults.about.id = id;
            id_is_new(id, at, ids, faults);
        }
        read.push(Entry { about: faults.about, fields });
    }
    faults.about = About::default();
    read
}

/// Says what is wrong with an id.
pub(super) fn id_is_new<'n>(
    id: &'n str,
    at: usize,
    ids: &mut BTreeMap<&'n str, usize>,
    faults: &mut Faults<'n>,
) {
    let odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if id.is_empty() || id.len() > 64 || id.contains(odd) {
        faults.add(at, "`{0}` 不能作为 id", "`{0}` cannot be an id", &[&id]);
        let (zh, en) =
            ("1 至 64 个字母、数字、`-`、`_`、`.`", "1 to 64 letters, digits, `-`, `_`, `.`");
        faults.hint(zh, en, &[]);
    }
    if let Some(first) = ids.get(id) {
        let line = faults.lines.line(*first);
        let (zh, en) = ("id `{0}` 已在第 {1} 行使用", "id `{0}` is used already, in line {1}");
        faults.add(at, zh, en, &[&id, &line]);
    } else {
        ids.insert(id, at);
    }
}

/// Notes that nothing has the name `word`.
pub(super) fn unknown(
    kind: Kind,
    word: &str,
    at: usize,
    names: &mut dyn Iterator<Item = &str>,
    faults: &mut Faults<'_>,
) {
    let values: [&dyn fmt::Display; 3] = [&word, &kind.0, &kind.1];
    faults.add(at, "{1} `{0}` 不存在", "there is no {2} `{0}`", &values);
    faults.hint_nearest(word, names, None);
}

fn vpcs<'n>(root: &mut Fields<'n>, names: &mut Names<'n>, faults: &mut Faults<'n>) {
    for Entry { about, fields } in entries(root, ("vpc", VPC), &mut names.vpcs, faults) {
        faults.about = about;
        fields.finish(faults);
    }
}

pub(super) const VPC: Kind = ("VPC", "VPC");
pub(super) const NETWORK: Kind = ("网络", "network");

/// Returns the VPC that `fields` names, if there is one.
pub(super) fn vpc_of<'n>(
    fields: &mut Fields<'n>,
    names: &Names<'n>,
    faults: &mut Faults<'n>,
) -> Option<&'n str> {
    let (vpc, at) = fields.text("vpc", faults)?;
    if names.vpcs.contains_key(vpc) {
        return Some(vpc);
    }
    unknown(VPC, vpc, at, &mut names.vpcs.keys().copied(), faults);
    None
}

/// Returns the network that `fields` names and its VPC, where there are such.
pub(super) fn network_of<'n>(
    fields: &mut Fields<'n>,
    names: &Names<'n>,
    faults: &mut Faults<'n>,
) -> Option<(&'n str, Option<&'n str>)> {
    let (network, at) = fields.text("network", faults)?;
    if let Some(vpc) = names.networks.get(network) {
        return Some((network, *vpc));
    }
    unknown(NETWORK, network, at, &mut names.networks.keys().copied(), faults);
    None
}

fn networks<'n>(
    root: &mut Fields<'n>,
    names: &mut Names<'n>,
    faults: &mut Faults<'n>,
) -> BTreeMap<String, Network> {
    let (mut ids, mut vnis, mut read) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for Entry { about, mut fields } in entries(root, ("network", NETWORK), &mut ids, faults) {
        faults.about = about;
        let vpc = vpc_of(&mut fields, names, faults);
        names.networks.insert(about.id, vpc);
        let vni = vni(&mut fields, about.id, &mut vnis, faults);
        let mtu = fields.number("mtu", settle::MTU, faults);
        let route_targets = evpn::route_targets(&mut fields, names.evpn, faults);
        names.all.networks.push((about, fields.at, mtu.map(|(_, at)| at)));
        fields.finish(faults);
        // Kept even where something is wrong with it, for what is checked over the whole.
        let network = Network {
            vpc: vpc.unwrap_or_default().to_owned(),
            vni: vni.unwrap_or_default(),
            mtu: mtu.map(|(mtu, _)| mtu),
            subnets: BTreeMap::new(),
            route_targets,
        };
        read.insert(about.id.to_owned(), network);
    }
    read
}

fn vni<'n>(
    fields: &mut Fields<'n>,
    id: &'n str,
    taken: &mut BTreeMap<u32, &'n str>,
    faults: &mut Faults<'n>,
) -> Option<u32> {
    let node = fields.needed("vni", faults)?;
    let Value::Integer(number) = &node.value else {
        wrong_kind(node.at, node.value.kind(), node::INTEGER, faults);
        return None;
    };
    let Some(vni) = u32::try_from(*number).ok().filter(|vni| (1..1 << 24).contains(vni)) else {
        let (zh, en) = ("VNI {0} 不可用", "VNI {0} cannot be used");
        faults.add(node.at, zh, en, &[number]);
        let (zh, en) = ("1 至 16777215（24 位，RFC 7348）", "1 to 16777215 (24 bits, RFC 7348)");
        faults.hint(zh, en, &[]);
        return None;
    };
    if let Some(other) = taken.insert(vni, id) {
        let (zh, en) = ("VNI {0} 已被网络 `{1}` 使用", "VNI {0} is that of network `{1}` already");
        faults.add(node.at, zh, en, &[&vni, &other]);
        let (zh, en) =
            ("每个网络一个 VNI：相同即连通", "one VNI for each network: the same would join them");
        faults.hint(zh, en, &[]);
    }
    Some(vni)
}

fn subnets<'n>(
    root: &mut Fields<'n>,
    networks: &mut BTreeMap<String, Network>,
    names: &mut Names<'n>,
    faults: &mut Faults<'n>,
) {
    let mut ids = BTreeMap::new();
    for Entry { about, mut fields } in
        entries(root, ("subnet", ("子网", "subnet")), &mut ids, faults)
    {
        faults.about = about;
        let network = network_of(&mut fields, names, faults);
        let cidr = fields.needed("cidr", faults);
        let range = cidr.and_then(|node| Some((range_of(node, faults)?, node.at)));
        let range = range.filter(|(range, at)| range_is_sound(*range, *at, faults));
        let gateway = fields.take("gateway");
        let gateway = gateway.and_then(|node| Some((address_of(node, faults)?, node.at)));
        fields.finish(faults);
        let (Some((network, vpc)), Some((range, at))) = (network, range) else { continue };
        if let Some((gateway, at)) = gateway {
            gateway_is_sound(gateway, range, at, faults);
        }
        let gateway = gateway.map(|(gateway, _)| gateway);
        names.all.subnets.push(SubnetAt { about, network, vpc, range, gateway, at });
        if let Some(network) = networks.get_mut(network) {
            let subnet = desired::Subnet { range, gateway };
            network.subnets.insert(about.id.to_owned(), subnet);
        }
    }
}

fn range_is_sound(range: IpNet, at: usize, faults: &mut Faults<'_>) -> bool {
    if range.prefix_len() == 0 {
        let (zh, en) = ("子网不能是全部地址 `{0}`", "a subnet cannot be all addresses, `{0}`");
        faults.add(at, zh, en, &[&range]);
        return false;
    }
    usable(range.network(), at, faults)
}

fn gateway_is_sound(gateway: IpAddr, range: IpNet, at: usize, faults: &mut Faults<'_>) {
    if !range.contains(&gateway) {
        let (zh, en) = ("网关 `{0}` 不在 `{1}` 内", "gateway `{0}` is not within `{1}`");
        faults.add(at, zh, en, &[&gateway, &range]);
    } else if let Some((zh, en)) = settle::edge_of(range, gateway) {
        let values: [&dyn fmt::Display; 4] = [&gateway, &range, &zh, &en];
        let (zh, en) = ("网关 `{0}` 是 `{1}` 的{2}", "gateway `{0}` is the {3} of `{1}`");
        faults.add(at, zh, en, &values);
    }
}

fn addresses<'n>(root: &mut Fields<'n>, names: &mut Names<'n>, faults: &mut Faults<'n>) {
    let mut ids = BTreeMap::new();
    let kind = ("地址组", "addresses");
    for Entry { about, mut fields } in entries(root, ("addresses", kind), &mut ids, faults) {
        faults.about = about;
        let mut ranges = BTreeSet::new();
        if fields.needed("cidrs", faults).is_some() {
            for item in fields.list("cidrs", faults) {
                ranges.extend(range_of(item, faults));
            }
        }
        fields.finish(faults);
        names.addresses.insert(about.id, ranges);
    }
}
