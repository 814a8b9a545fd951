//! What the kernel has as a plan goes on: what a step makes of it, and what takes that back.
//!
//! Besides what a step asks, the kernel does things of its own accord, and they are here too
//! (Linux 6.18): a device that leaves its bridge loses the entries it had there; one that goes
//! down, or whose MAC address or ARP changes, loses its neighbours, permanent ones included
//! (`neigh_ifdown`, `neigh_changeaddr`); a bridge has one entry
//! for a MAC address, which another port takes over.

mod rooms;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use super::batch;
use super::{LinkChange, Step};
use crate::address::{Device, Mac};
use crate::naming;
use crate::seen::{self, Bridge, Seen, Vxlan};
use crate::text::Text;
use crate::wanted::{self, BridgePort, ForwardingKey, ForwardingOf, LinkKind, NeighbourKey};

/// What the kernel has.
#[derive(Clone, Debug)]
pub(crate) struct State<'s> {
    /// As it was seen, until a step makes something else of it: on a full node it is megabytes.
    seen: Cow<'s, Seen>,
    /// Which port has the entry of a MAC address, by bridge.
    stations: BTreeMap<(Device, Mac), Device>,
}

/// What takes a step back.
#[derive(Clone, Debug, Default)]
pub(crate) struct Undo {
    pub(crate) steps: Vec<Step>,
    pub(crate) lost: Option<Text>,
}

/// How a device behaves that has just become a port.
const NEW_PORT: BridgePort = BridgePort {
    learning: true,
    flood: true,
    multicast_flood: true,
    broadcast_flood: true,
    neighbour_suppression: false,
};

/// The settings of a bridge that we make.
pub(crate) const OUR_BRIDGE: Bridge = Bridge {
    calls_ipv4_rules: true,
    calls_ipv6_rules: true,
    stp: false,
    multicast_snooping: false,
};

impl<'s> State<'s> {
    pub(crate) fn new(seen: Cow<'s, Seen>) -> Self {
        let mut stations = BTreeMap::new();
        for key in seen.forwarding.keys().filter(|key| key.of == ForwardingOf::Bridge) {
            if let Some(bridge) = seen.links.get(&key.device).and_then(|link| link.master.clone()) {
                stations.insert((bridge, key.mac), key.device.clone());
            }
        }
        Self { seen, stations }
    }

    pub(crate) fn seen(&self) -> &Seen {
        &self.seen
    }

    pub(crate) fn into_seen(self) -> Seen {
        self.seen.into_owned()
    }

    fn change(&mut self) -> &mut Seen {
        self.seen.to_mut()
    }

    /// Does a step and returns what takes it back.
    pub(crate) fn take(&mut self, step: &Step) -> Undo {
        match step {
            Step::AddLink { name, link } => {
                self.add_link(name, link);
                Undo::of(vec![Step::DeleteLink { name: name.clone() }])
            }
            Step::ChangeLink { name, change } => self.change_link(name, change),
            Step::DeleteLink { name } => self.delete_link(name),
            Step::SetForwarding { key, to } => self.set_forwarding(key, *to),
            Step::DeleteForwarding { key, .. } => self.delete_forwarding(key),
            Step::SetNeighbour { key, mac } => {
                let back = match self.change().neighbours.insert(key.clone(), *mac) {
                    Some(mac) => Step::SetNeighbour { key: key.clone(), mac },
                    None => Step::DeleteNeighbour { key: key.clone() },
                };
                Undo::of(vec![back])
            }
            Step::DeleteNeighbour { key } => {
                let back = self.change().neighbours.remove(key);
                Undo::of(back.map(|mac| Step::SetNeighbour { key: key.clone(), mac }))
            }
            Step::AddRoom { vpc } => self.add_room(vpc),
            Step::DeleteRoom { vpc } => self.delete_room(vpc),
            Step::Room { vpc, change } => self.change_room(vpc, change),
            Step::Rules(batch) => {
                let back = batch::take(&mut self.change().ruleset, batch);
                Undo::of((!back.changes.is_empty()).then_some(Step::Rules(back)))
            }
        }
    }

    fn add_link(&mut self, name: &Device, link: &wanted::Link) {
        let mut born = new_link(link);
        if born.bridge.is_some() {
            born.mac = Some(naming::bridge_mac(name));
        }
        if let LinkKind::Veth { peer, peer_mac, .. } = &link.kind {
            born.peer = Some(peer.clone());
            let far = seen::Link {
                alias: None,
                mac: Some(*peer_mac),
                peer: Some(name.clone()),
                ..born.clone()
            };
            self.change().links.insert(peer.clone(), far);
        }
        if let LinkKind::Gateway { vpc, end, .. } = &link.kind {
            self.add_end(vpc, end, link.mtu);
        }
        self.change().links.insert(name.clone(), born);
    }

    fn change_link(&mut self, name: &Device, change: &LinkChange) -> Undo {
        let Some(mut link) = self.change().links.remove(name) else { return Undo::default() };
        let back = |change| Step::ChangeLink { name: name.clone(), change };
        let mut undo = Undo::default();
        match change {
            LinkChange::Up(up) => {
                undo.steps.push(back(LinkChange::Up(link.up)));
                link.up = *up;
                if !*up {
                    undo.steps.extend(self.drop_neighbours(name));
                }
            }
            LinkChange::Mtu(mtu) => {
                let before = std::mem::replace(&mut link.mtu, *mtu);
                undo.steps.push(back(LinkChange::Mtu(before)));
            }
            LinkChange::Master(master) => {
                undo.steps.push(back(LinkChange::Master(link.master.clone())));
                if link.master.is_some() {
                    undo.steps.extend(link.bridge_port.map(|port| back(LinkChange::Port(port))));
                    undo.steps.extend(self.leave(name, &link));
                }
                link.bridge_port = master.is_some().then_some(NEW_PORT);
                link.master.clone_from(master);
            }
            LinkChange::Port(port) => {
                let before = link.bridge_port.replace(*port);
                undo.steps.extend(before.map(|port| back(LinkChange::Port(port))));
            }
            LinkChange::BridgeSettings { arp } => {
                let mac = Some(naming::bridge_mac(name));
                if link.bridge == Some(OUR_BRIDGE) && !link.generates_addresses && link.mac == mac {
                    undo.steps.push(back(LinkChange::BridgeSettings { arp: !link.no_arp }));
                } else {
                    undo.lost = Some(Text::of(
                        "网桥 {0} 的设置已修正，不改回",
                        "the settings of bridge `{0}` were repaired, and are not spoilt again",
                        &[name],
                    ));
                }
                // Both have the kernel forget neighbours.
                if *arp || !link.no_arp {
                    undo.steps.extend(self.drop_neighbours(name));
                }
                (link.bridge, link.no_arp, link.mac) = (Some(OUR_BRIDGE), !*arp, mac);
                link.generates_addresses = false;
            }
            LinkChange::Alias(alias) => {
                let before = std::mem::replace(&mut link.alias, alias.clone());
                undo.steps.push(back(LinkChange::Alias(before)));
            }
        }
        self.change().links.insert(name.clone(), link);
        undo
    }

    fn delete_link(&mut self, name: &Device) -> Undo {
        let Some(link) = self.change().links.remove(name) else { return Undo::default() };
        let end = link.gateway().map(naming::gateway_end);
        let end = end.and_then(|end| Some((self.room_of(&end)?, end)));
        let mut undo = match (&end, link.gateway()) {
            (Some((vpc, end)), Some(network)) => {
                let (network, vpc, end) = (network.to_owned(), vpc.clone(), end.clone());
                born_again(name, &link, LinkKind::Gateway { network, vpc, end })
            }
            _ => revived(&self.seen, name, &link),
        };
        if let Some((vpc, end)) = end {
            undo.steps.extend(self.remove_end(&vpc, &end));
        }
        if let Some(peer) = &link.peer {
            self.change().links.remove(peer);
        }
        self.leave(name, &link);
        let own = self.entries_of(name);
        undo.steps.extend(own.iter().map(|key| Step::SetForwarding {
            key: key.clone(),
            to: self.seen.forwarding.get(key).copied().flatten(),
        }));
        for key in &own {
            self.change().forwarding.remove(key);
        }
        undo.steps.extend(self.drop_neighbours(name));
        let ports = if link.bridge.is_some() { self.ports_of(name) } else { BTreeSet::new() };
        for port in ports {
            if let Some(port) = self.change().links.get_mut(&port) {
                (port.master, port.bridge_port) = (None, None);
            }
        }
        undo
    }

    fn set_forwarding(&mut self, key: &ForwardingKey, to: Option<IpAddr>) -> Undo {
        let before = self.change().forwarding.insert(key.clone(), to);
        if let Some(to) = before {
            return Undo::of(vec![Step::SetForwarding { key: key.clone(), to }]);
        }
        let master = self.seen.links.get(&key.device).and_then(|link| link.master.clone());
        if let (ForwardingOf::Bridge, Some(bridge)) = (key.of, master) {
            let port = self.stations.insert((bridge, key.mac), key.device.clone());
            if let Some(port) = port.filter(|port| *port != key.device) {
                let moved = ForwardingKey { device: port, ..key.clone() };
                self.change().forwarding.remove(&moved);
                return Undo::of(vec![Step::SetForwarding { key: moved, to: None }]);
            }
        }
        Undo::of(vec![Step::DeleteForwarding { key: key.clone(), to }])
    }

    fn delete_forwarding(&mut self, key: &ForwardingKey) -> Undo {
        let Some(to) = self.change().forwarding.remove(key) else { return Undo::default() };
        let master = self.seen.links.get(&key.device).and_then(|link| link.master.clone());
        if let (ForwardingOf::Bridge, Some(bridge)) = (key.of, master) {
            self.stations.remove(&(bridge, key.mac));
        }
        Undo::of(vec![Step::SetForwarding { key: key.clone(), to }])
    }

    /// Takes away what a device has in its bridge; returns what gives it back.
    fn leave(&mut self, name: &Device, link: &seen::Link) -> Vec<Step> {
        let Some(bridge) = &link.master else { return Vec::new() };
        let mut back = Vec::new();
        for key in self.entries_of(name) {
            if key.of == ForwardingOf::Bridge {
                self.change().forwarding.remove(&key);
                self.stations.remove(&(bridge.clone(), key.mac));
                back.push(Step::SetForwarding { key, to: None });
            }
        }
        back
    }

    fn entries_of(&self, name: &Device) -> Vec<ForwardingKey> {
        let first =
            ForwardingKey { device: name.clone(), mac: Mac([0; 6]), of: ForwardingOf::Device };
        let entries = self.seen.forwarding.range(first..).map(|(key, _to)| key);
        entries.take_while(|key| key.device == *name).cloned().collect()
    }

    fn drop_neighbours(&mut self, name: &Device) -> Vec<Step> {
        let first =
            NeighbourKey { device: name.clone(), address: IpAddr::V4(Ipv4Addr::UNSPECIFIED) };
        let known = self.seen.neighbours.range(first..);
        let known: Vec<(NeighbourKey, Mac)> = known
            .take_while(|(key, _mac)| key.device == *name)
            .map(|(key, mac)| (key.clone(), *mac))
            .collect();
        let drop = |(key, mac): (NeighbourKey, Mac)| {
            self.change().neighbours.remove(&key);
            Step::SetNeighbour { key, mac }
        };
        known.into_iter().map(drop).collect()
    }

    /// Returns the ports of a bridge.
    pub(crate) fn ports_of(&self, bridge: &Device) -> BTreeSet<Device> {
        let ports =
            self.seen.links.iter().filter(|(_name, link)| link.master.as_ref() == Some(bridge));
        let mut names = BTreeSet::new();
        names.extend(ports.map(|(name, _link)| name.clone()));
        names
    }
}

impl Undo {
    fn of(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), lost: None }
    }
}

/// Returns a device as the kernel has it when it has just been made by [`Step::AddLink`].
fn new_link(link: &wanted::Link) -> seen::Link {
    let (kind, bridge, vxlan) = match &link.kind {
        LinkKind::Bridge { .. } => ("bridge", Some(OUR_BRIDGE), None),
        LinkKind::Vxlan { vni, local, port, proxy, .. } => {
            ("vxlan", None, Some(our_vxlan(*vni, *local, *port, *proxy)))
        }
        LinkKind::Veth { .. } | LinkKind::Gateway { .. } => ("veth", None, None),
        LinkKind::Existing { .. } => ("", None, None),
    };
    let (alias, no_arp) = (link.kind.alias(), bridge.is_some());
    seen::Link { alias, no_arp, bridge, vxlan, ..plain(kind, link.mtu) }
}

/// Returns a device that has just been made, and is nothing special.
fn plain(kind: &str, mtu: u32) -> seen::Link {
    seen::Link {
        index: 0,
        kind: Some(kind.to_owned()),
        alias: None,
        mac: None,
        mtu,
        up: false,
        no_arp: false,
        generates_addresses: false,
        master: None,
        bridge_port: None,
        bridge: None,
        vxlan: None,
        peer: None,
        addresses: BTreeSet::new(),
    }
}

/// Returns the settings of a VXLAN device that we make.
pub(crate) fn our_vxlan(vni: u32, local: IpAddr, port: u16, proxy: bool) -> Vxlan {
    Vxlan { vni, local: Some(local), port, learning: false, proxy }
}

/// Returns what makes a device of ours again: down, and no port of a bridge.
fn revived(seen: &Seen, name: &Device, link: &seen::Link) -> Undo {
    let lost = Undo {
        steps: Vec::new(),
        lost: Some(Text::of(
            "网卡 {0} 已删除，对端已交给租户，无法恢复",
            "device `{0}` is gone for good: its other end was with the tenant",
            &[name],
        )),
    };
    let network = || link.network().unwrap_or_default().to_owned();
    let far = link.peer.as_ref().and_then(|peer| Some((peer, seen.links.get(peer)?.mac?)));
    let kind = match (link.kind.as_deref(), &link.vxlan, far) {
        (Some("bridge"), ..) => LinkKind::Bridge { network: network(), arp: !link.no_arp },
        (Some("vxlan"), Some(Vxlan { vni, local: Some(local), port, proxy, .. }), _) => {
            let (vni, local, port, proxy) = (*vni, *local, *port, *proxy);
            LinkKind::Vxlan { network: network(), vni, local, port, proxy }
        }
        (Some("veth"), _, Some((peer, peer_mac))) => LinkKind::Veth {
            port: link.port().unwrap_or_default().to_owned(),
            peer: peer.clone(),
            peer_mac,
        },
        _ => return lost,
    };
    born_again(name, link, kind)
}

fn born_again(name: &Device, link: &seen::Link, kind: LinkKind) -> Undo {
    let born = wanted::Link { kind, mtu: link.mtu, master: None, bridge_port: None, up: false };
    let mut steps = vec![Step::AddLink { name: name.clone(), link: Box::new(born) }];
    if link.bridge.is_some() && !link.no_arp {
        let change = LinkChange::BridgeSettings { arp: true };
        steps.push(Step::ChangeLink { name: name.clone(), change });
    }
    if link.up {
        steps.push(Step::ChangeLink { name: name.clone(), change: LinkChange::Up(true) });
    }
    Undo::of(steps)
}
