//! Routers, external networks, SNAT and elastic IPs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

use super::fault::{About, Faults};
use super::fields::{Fields, address_of, device_of, range_of, text_of};
use super::node::Kind;
use super::read::{Entry, Names, entries, unknown, usable, vpc_of};
use super::settle::{self, Station};
use super::{acl, peering};
use crate::desired::routing::{Bound, Elastic, External, Router, Routing, Snat, Uplink};

const EXTERNAL: Kind = ("外部网络", "external network");
const ROUTER: Kind = ("路由器", "router");
const SNAT: Kind = ("SNAT", "snat");
const ELASTIC: Kind = ("弹性 IP", "elastic IP");
const PORT: Kind = ("端口", "port");
const SUBNET: Kind = ("子网", "subnet");

/// Which external address is whose, and where that is written.
type Taken<'n> = BTreeMap<Ipv4Addr, (About<'n>, usize)>;

/// Reads `[[external]]`, `[[router]]`, `[[snat]]`, `[[eip]]`, `[[peering]]` and `[[acl]]`.
pub(super) fn routing<'n>(
    root: &mut Fields<'n>,
    names: &mut Names<'n>,
    faults: &mut Faults<'n>,
) -> Routing {
    let mut read =
        Reading { taken: Taken::new(), routing: Routing::default(), at: BTreeMap::new() };
    read.externals(root, names, faults);
    read.routers(root, names, faults);
    read.snats(root, names, faults);
    read.elastic(root, names, faults);
    peering::peerings(root, names, &mut read.routing, faults);
    acl::acls(root, names, &mut read.routing, faults);
    read.routing
}

struct Reading<'n> {
    taken: Taken<'n>,
    routing: Routing,
    /// Places of the routers' VPCs.
    at: BTreeMap<&'n str, usize>,
}

impl<'n> Reading<'n> {
    fn externals(&mut self, root: &mut Fields<'n>, names: &mut Names<'n>, faults: &mut Faults<'n>) {
        let mut ids = BTreeMap::new();
        for Entry { about, mut fields } in entries(root, ("external", EXTERNAL), &mut ids, faults) {
            faults.about = about;
            let device = fields.needed("device", faults);
            let device = device.and_then(|node| Some((device_of(node, faults)?, node.at)));
            let range = fields.needed("cidr", faults);
            let range = range.and_then(|node| Some((range_of(node, faults)?, node.at)));
            let range = range.and_then(|(range, at)| ipv4_range(range, at, faults));
            let gateway = fields.address("gateway", faults);
            fields.finish(faults);
            if let Some((device, at)) = &device
                && let Some(port) = names.devices.get(device).filter(|port| !port.is_empty())
            {
                let (zh, en) =
                    ("网卡 `{0}` 已用于端口 `{1}`", "device `{0}` is that of port `{1}` already");
                faults.add(*at, zh, en, &[device, port]);
            }
            let (Some((device, _)), Some((range, _)), Some((gateway, at))) =
                (device, range, gateway)
            else {
                continue;
            };
            let Some(gateway) = within(gateway, range, about.id, at, faults) else { continue };
            self.taken.insert(gateway, (about, at));
            let external = External { device, range, gateway };
            self.routing.externals.insert(about.id.to_owned(), external);
        }
    }

    fn routers(&mut self, root: &mut Fields<'n>, names: &Names<'n>, faults: &mut Faults<'n>) {
        let mut ids = BTreeMap::new();
        for Entry { about, mut fields } in entries(root, ("router", ROUTER), &mut ids, faults) {
            faults.about = about;
            let place = fields.at;
            let vpc = vpc_of(&mut fields, names, faults);
            let external = fields.take("external");
            let address = fields.take("address");
            fields.finish(faults);
            let uplink = match (external, address) {
                (Some(external), Some(address)) => {
                    let address = address_of(address, faults).map(|it| (it, address.at));
                    let id = text_of(external, faults);
                    id.zip(address).and_then(|(id, (address, at))| {
                        let uplink = self.uplink(id, external.at, address, at, faults)?;
                        self.claim(uplink.address, about, at, faults).then_some(uplink)
                    })
                }
                (None, None) => None,
                (with, _) => {
                    let missing = if with.is_some() { "address" } else { "external" };
                    faults.add(place, "缺少 `{0}`", "`{0}` is missing", &[&missing]);
                    let (zh, en) = (
                        "接入外部网络要写 `external` 和路由器在其中的 `address`；只在 VPC 内路由则两者都不写",
                        "a router leaves its VPC with `external` and its `address` there; with \
                         neither it routes within the VPC",
                    );
                    faults.hint(zh, en, &[]);
                    None
                }
            };
            let Some(vpc) = vpc else { continue };
            if let Some(first) = self.at.get(vpc) {
                let line = faults.lines.line(*first);
                let (zh, en) = (
                    "VPC `{0}` 已有路由器（第 {1} 行）",
                    "VPC `{0}` has a router already (line {1})",
                );
                faults.add(place, zh, en, &[&vpc, &line]);
                continue;
            }
            self.at.insert(vpc, place);
            self.no_overlap(vpc, uplink.as_ref(), place, names, faults);
            let router = Router { id: about.id.to_owned(), uplink, snats: Vec::new() };
            self.routing.routers.insert(vpc.to_owned(), router);
        }
    }

    fn uplink(
        &self,
        external: &'n str,
        external_at: usize,
        address: IpAddr,
        at: usize,
        faults: &mut Faults<'n>,
    ) -> Option<Uplink> {
        let externals = &self.routing.externals;
        let Some(known) = externals.get(external) else {
            let mut names = externals.keys().map(String::as_str);
            unknown(EXTERNAL, external, external_at, &mut names, faults);
            return None;
        };
        let address = within(address, known.range, external, at, faults)?;
        Some(Uplink { external: external.to_owned(), address })
    }

    /// An address can be inside and outside only where nobody has to choose.
    fn no_overlap(
        &self,
        vpc: &str,
        uplink: Option<&Uplink>,
        at: usize,
        names: &Names<'n>,
        faults: &mut Faults<'n>,
    ) {
        let external = uplink.and_then(|uplink| {
            Some((&uplink.external, self.routing.externals.get(&uplink.external)?.range))
        });
        let Some((external, range)) = external else { return };
        for subnet in names.all.subnets.iter().filter(|subnet| subnet.vpc == Some(vpc)) {
            let IpNet::V4(own) = subnet.range else { continue };
            if own.contains(&range.network()) || range.contains(&own.network()) {
                let line = faults.lines.line(subnet.at);
                let values: [&dyn fmt::Display; 5] =
                    [&external, &range, &subnet.about.id, &own, &line];
                let (zh, en) = (
                    "外部网络 `{0}`（`{1}`）与子网 `{2}`（`{3}`，第 {4} 行）重叠",
                    "external network `{0}` (`{1}`) overlaps subnet `{2}` (`{3}`, line {4})",
                );
                faults.add(at, zh, en, &values);
            }
        }
    }

    fn snats(&mut self, root: &mut Fields<'n>, names: &Names<'n>, faults: &mut Faults<'n>) {
        let mut ids = BTreeMap::new();
        for Entry { about, mut fields } in entries(root, ("snat", SNAT), &mut ids, faults) {
            faults.about = about;
            let place = fields.at;
            let vpc = vpc_of(&mut fields, names, faults);
            let all = fields.take("subnets").is_none();
            let listed = fields.list("subnets", faults);
            let address = fields.take("address");
            fields.finish(faults);
            let Some(vpc) = vpc else { continue };
            let Some(uplink) = self.uplink_of(vpc, place, faults) else { continue };
            let own = |subnet: &&settle::SubnetAt<'n>| subnet.vpc == Some(vpc);
            let mut ranges = BTreeSet::new();
            let four = |range: IpNet| match range {
                IpNet::V4(range) => Some(range),
                IpNet::V6(_) => None,
            };
            if all {
                let of = names.all.subnets.iter().filter(own);
                ranges.extend(of.filter_map(|subnet| four(subnet.range)));
            }
            for item in listed {
                let Some(id) = text_of(item, faults) else { continue };
                let mut known = names.all.subnets.iter().filter(own);
                let Some(subnet) = known.find(|subnet| subnet.about.id == id) else {
                    let known = names.all.subnets.iter().filter(own);
                    let mut known = known.map(|subnet| subnet.about.id);
                    unknown(SUBNET, id, item.at, &mut known, faults);
                    continue;
                };
                let range = four(subnet.range);
                if range.is_none() {
                    only_ipv4(&subnet.range, item.at, faults);
                }
                ranges.extend(range);
            }
            let address = match address {
                None => Some(uplink.address),
                Some(node) => address_of(node, faults).and_then(|address| {
                    let uplink = self.uplink_like(&uplink.external, address, node.at, faults)?;
                    self.claim_for_snat(vpc, uplink, about, node.at, faults)
                }),
            };
            let (Some(address), Some(router)) = (address, self.routing.routers.get_mut(vpc)) else {
                continue;
            };
            router.snats.push(Snat { id: about.id.to_owned(), address, ranges });
        }
    }

    /// Returns where the router of a VPC leaves it; says what is missing otherwise.
    fn uplink_of(&self, vpc: &str, at: usize, faults: &mut Faults<'n>) -> Option<Uplink> {
        // A router that is wrong in itself has been complained about.
        let Some(router) = self.routing.routers.get(vpc) else {
            let (zh, en) = ("VPC `{0}` 没有路由器", "VPC `{0}` has no router");
            faults.add(at, zh, en, &[&vpc]);
            let (zh, en) = (
                "为它写一个带 `external` 的 `[[router]]`",
                "give it a `[[router]]` with `external`",
            );
            faults.hint(zh, en, &[]);
            return None;
        };
        if router.uplink.is_none() && faults.none() {
            let (zh, en) =
                ("路由器 `{0}` 没有接入外部网络", "router `{0}` is in no external network");
            faults.add(at, zh, en, &[&router.id]);
            let (zh, en) =
                ("为路由器写 `external` 和 `address`", "give it `external` and `address`");
            faults.hint(zh, en, &[]);
        }
        router.uplink.clone()
    }

    fn uplink_like(
        &self,
        external: &str,
        address: IpAddr,
        at: usize,
        faults: &mut Faults<'n>,
    ) -> Option<Ipv4Addr> {
        let range = self.routing.externals.get(external)?.range;
        within(address, range, external, at, faults)
    }

    /// The address of the router itself, or of another SNAT of it, may be shared.
    fn claim_for_snat(
        &mut self,
        vpc: &str,
        address: Ipv4Addr,
        about: About<'n>,
        at: usize,
        faults: &mut Faults<'n>,
    ) -> Option<Ipv4Addr> {
        let router = self.routing.routers.get(vpc)?;
        let own = router.uplink.as_ref().is_some_and(|uplink| uplink.address == address)
            || router.snats.iter().any(|snat| snat.address == address);
        (own || self.claim(address, about, at, faults)).then_some(address)
    }

    /// Whether an external address is free, and then no more.
    fn claim(
        &mut self,
        address: Ipv4Addr,
        about: About<'n>,
        at: usize,
        faults: &mut Faults<'n>,
    ) -> bool {
        let Some((other, first)) = self.taken.get(&address) else {
            self.taken.insert(address, (about, at));
            return true;
        };
        let line = faults.lines.line(*first);
        let values: [&dyn fmt::Display; 5] =
            [&address, &other.kind.0, &other.kind.1, &other.id, &line];
        let (zh, en) = (
            "外部地址 {0} 已属于{1} `{3}`（第 {4} 行）",
            "external address {0} is that of {2} `{3}` already (line {4})",
        );
        faults.add(at, zh, en, &values);
        false
    }

    fn elastic(&mut self, root: &mut Fields<'n>, names: &Names<'n>, faults: &mut Faults<'n>) {
        let mut ids = BTreeMap::new();
        let mut inside: BTreeMap<(&'n str, Ipv4Addr), (&'n str, usize)> = BTreeMap::new();
        for Entry { about, mut fields } in entries(root, ("eip", ELASTIC), &mut ids, faults) {
            faults.about = about;
            let place = fields.at;
            let address = fields.address("address", faults);
            let port = fields.take("port");
            let ip = fields.take("ip");
            fields.finish(faults);
            let address = address.and_then(|(address, at)| {
                let address = ipv4(address, at, faults)?;
                self.claim(address, about, at, faults).then_some((address, at))
            });
            let Some(port) = port else {
                if let Some(ip) = ip {
                    let (zh, en) = ("`ip` 须与 `port` 同写", "`ip` goes with `port`");
                    faults.add(ip.at, zh, en, &[]);
                }
                if let Some((address, _)) = address {
                    let elastic = Elastic { address, bound: None };
                    self.routing.elastic.insert(about.id.to_owned(), elastic);
                }
                continue;
            };
            let Some((id, (address, at))) = text_of(port, faults).zip(address) else { continue };
            let ip = match ip {
                None => None,
                Some(ip) => match address_of(ip, faults).and_then(|it| ipv4(it, ip.at, faults)) {
                    None => continue,
                    some => some.map(|it| (it, ip.at)),
                },
            };
            let Some(bound) = bind(id, port.at, ip, names, faults) else { continue };
            let Some(uplink) = self.uplink_of(&bound.vpc, place, faults) else { continue };
            if self.uplink_like(&uplink.external, address.into(), at, faults).is_none() {
                continue;
            }
            if let Some((first, line)) = inside.get(&(id, bound.inside)) {
                let line = faults.lines.line(*line);
                let (zh, en) = (
                    "端口 `{0}` 的 {1} 已绑定弹性 IP `{2}`（第 {3} 行）",
                    "{1} of port `{0}` has elastic IP `{2}` already (line {3})",
                );
                faults.add(port.at, zh, en, &[&id, &bound.inside, first, &line]);
                continue;
            }
            inside.insert((id, bound.inside), (about.id, port.at));
            let elastic = Elastic { address, bound: Some(bound) };
            self.routing.elastic.insert(about.id.to_owned(), elastic);
        }
    }
}

fn bind<'n>(
    id: &'n str,
    at: usize,
    ip: Option<(Ipv4Addr, usize)>,
    names: &Names<'n>,
    faults: &mut Faults<'n>,
) -> Option<Bound> {
    let stations = &names.all.stations;
    let Some(station) = stations.iter().find(|station| station.about.id == id) else {
        unknown(PORT, id, at, &mut names.stations.keys().copied(), faults);
        return None;
    };
    let vpc = names.networks.get(station.network?).copied().flatten()?;
    let inside = inside_of(station, ip, at, faults)?;
    Some(Bound { vpc: vpc.to_owned(), port: id.to_owned(), inside })
}

/// Which address of a port is meant.
fn inside_of(
    station: &Station<'_>,
    ip: Option<(Ipv4Addr, usize)>,
    at: usize,
    faults: &mut Faults<'_>,
) -> Option<Ipv4Addr> {
    let own = station.addresses.iter().filter_map(|(address, _)| match address {
        IpAddr::V4(address) => Some(*address),
        IpAddr::V6(_) => None,
    });
    let own: Vec<Ipv4Addr> = own.collect();
    let id = station.about.id;
    match (ip, own.as_slice()) {
        (Some((ip, _)), own) if own.contains(&ip) => Some(ip),
        (Some((ip, at)), _) => {
            let (zh, en) = ("端口 `{0}` 没有地址 {1}", "port `{0}` has no address {1}");
            faults.add(at, zh, en, &[&id, &ip]);
            None
        }
        (None, [one]) => Some(*one),
        (None, []) => {
            let (zh, en) = ("端口 `{0}` 没有 IPv4 地址", "port `{0}` has no IPv4 address");
            faults.add(at, zh, en, &[&id]);
            None
        }
        (None, [first, ..]) => {
            let (zh, en) = ("端口 `{0}` 有多个 IPv4 地址", "port `{0}` has several IPv4 addresses");
            faults.add(at, zh, en, &[&id]);
            faults.hint("用 `ip = \"{0}\"` 指明", "say which: `ip = \"{0}\"`", &[first]);
            None
        }
    }
}

fn ipv4(address: IpAddr, at: usize, faults: &mut Faults<'_>) -> Option<Ipv4Addr> {
    match address {
        IpAddr::V4(v4) => usable(address, at, faults).then_some(v4),
        IpAddr::V6(_) => {
            only_ipv4(&address, at, faults);
            None
        }
    }
}

fn ipv4_range(range: IpNet, at: usize, faults: &mut Faults<'_>) -> Option<(Ipv4Net, usize)> {
    match range {
        IpNet::V4(v4) => usable(range.network(), at, faults).then_some((v4, at)),
        IpNet::V6(_) => {
            only_ipv4(&range, at, faults);
            None
        }
    }
}

fn only_ipv4(what: &dyn fmt::Display, at: usize, faults: &mut Faults<'_>) {
    let (zh, en) = (
        "`{0}` 是 IPv6；外部网络、SNAT 和弹性 IP 仅支持 IPv4",
        "`{0}` is IPv6; external networks, SNAT and elastic IPs are of IPv4 only",
    );
    faults.add(at, zh, en, &[&what]);
}

/// Returns an address that a card in an external network can have.
fn within(
    address: IpAddr,
    range: Ipv4Net,
    external: &str,
    at: usize,
    faults: &mut Faults<'_>,
) -> Option<Ipv4Addr> {
    let address = ipv4(address, at, faults)?;
    if !range.contains(&address) {
        let (zh, en) = (
            "{0} 不在外部网络 `{1}` 的 `{2}` 内",
            "{0} is not within `{2}` of external network `{1}`",
        );
        faults.add(at, zh, en, &[&address, &external, &range]);
        return None;
    }
    if let Some((zh, en)) = settle::edge_of(range.into(), address.into()) {
        let values: [&dyn fmt::Display; 4] = [&address, &range, &zh, &en];
        faults.add(at, "{0} 是 `{1}` 的{2}", "{0} is the {3} of `{1}`", &values);
        return None;
    }
    Some(address)
}
