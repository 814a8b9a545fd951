//! From messages of dumps to what was seen.
//!
//! Devices come first: all else names them by number, and what names none that was heard of
//! went away meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use super::decode::{self, HeardLink, HeardNeighbour};
use crate::address::{Device, Mac};
use crate::kernel::Interest;
use crate::seen::{Link, Seen};
use crate::wanted::{ForwardingKey, ForwardingOf, NeighbourKey};

/// The devices that were heard of, by the kernel's number.
#[derive(Debug, Default)]
pub struct Links(BTreeMap<u32, HeardLink>);

impl Links {
    /// Takes an `RTM_NEWLINK`.
    pub fn hear(&mut self, body: &[u8]) {
        if let Some(heard) = decode::link(body) {
            self.0.insert(heard.link.index, heard);
        }
    }

    /// Returns the name of a device.
    fn name(&self, index: u32) -> Option<&Device> {
        self.0.get(&index).map(|heard| &heard.name)
    }

    /// Returns the device with a name of its own.
    fn of_kind(&self, index: u32, kind: &str) -> Option<&HeardLink> {
        self.0.get(&index).filter(|heard| heard.link.kind.as_deref() == Some(kind))
    }

    /// Returns the name of the VXLAN device that has a VNI at a port.
    pub fn holder(&self, vni: u32, port: u16) -> Option<Device> {
        let mut all = self.0.values();
        let holder = all.find(|heard| {
            heard.link.vxlan.is_some_and(|vxlan| vxlan.vni == vni && vxlan.port == port)
        });
        holder.map(|heard| heard.name.clone())
    }

    /// Returns the devices by name, with what was heard of their addresses.
    pub(super) fn with(&self, addresses: Addresses) -> BTreeMap<Device, Link> {
        self.named(addresses.0)
    }

    /// Returns the devices by name, each with its addresses.
    pub(super) fn named(
        &self,
        mut addresses: BTreeMap<u32, BTreeSet<IpNet>>,
    ) -> BTreeMap<Device, Link> {
        let mut named = BTreeMap::new();
        named.extend(self.0.values().map(|heard| {
            let mut link = heard.link.clone();
            link.master = heard.master.and_then(|index| self.name(index)).cloned();
            // A device in another namespace may have the number of one in this.
            link.peer = heard
                .peer
                .and_then(|index| self.of_kind(index, "veth"))
                .filter(|peer| peer.peer == Some(link.index))
                .map(|peer| peer.name.clone());
            link.addresses = addresses.remove(&link.index).unwrap_or_default();
            (heard.name.clone(), link)
        }));
        named
    }
}

/// What was heard of the devices' addresses.
#[derive(Debug, Default)]
pub struct Addresses(BTreeMap<u32, BTreeSet<IpNet>>);

impl Addresses {
    /// Takes an `RTM_NEWADDR`.
    pub fn hear(&mut self, body: &[u8]) {
        if let Some((index, address)) = decode::address(body) {
            self.0.entry(index).or_default().insert(address);
        }
    }
}

/// What was heard of forwarding entries and neighbours.
#[derive(Debug)]
pub struct Entries<'a> {
    links: &'a Links,
    interest: &'a Interest,
    forwarding: BTreeMap<ForwardingKey, Option<IpAddr>>,
    neighbours: BTreeMap<NeighbourKey, Mac>,
}

impl<'a> Entries<'a> {
    /// Starts with nothing heard.
    pub fn new(links: &'a Links, interest: &'a Interest) -> Self {
        let (forwarding, neighbours) = (BTreeMap::new(), BTreeMap::new());
        Self { links, interest, forwarding, neighbours }
    }

    /// Takes an `RTM_NEWNEIGH`.
    pub fn hear(&mut self, body: &[u8]) {
        match decode::neighbour(body) {
            Some(HeardNeighbour::Device { index, mac, to }) => {
                // Other kinds list the multicast addresses here that they listen to.
                let vxlan = self.links.of_kind(index, "vxlan");
                let vxlan = vxlan.filter(|heard| !is_flooding(heard, mac));
                if let Some(heard) = vxlan.filter(|heard| self.is_of_interest(heard)) {
                    let device = heard.name.clone();
                    let key = ForwardingKey { device, mac, of: ForwardingOf::Device };
                    self.forwarding.insert(key, to);
                }
            }
            Some(HeardNeighbour::Bridge { index, mac }) => {
                let port = self.links.0.get(&index);
                if let Some(heard) = port.filter(|heard| self.is_of_interest(heard)) {
                    let device = heard.name.clone();
                    let key = ForwardingKey { device, mac, of: ForwardingOf::Bridge };
                    self.forwarding.insert(key, None);
                }
            }
            Some(HeardNeighbour::Neighbour { index, address, mac }) => {
                let either =
                    |heard: &&HeardLink| heard.link.vxlan.is_some() || heard.link.bridge.is_some();
                let known = self.links.0.get(&index).filter(either);
                if let Some(heard) = known.filter(|heard| is_ours(heard)) {
                    let key = NeighbourKey { device: heard.name.clone(), address };
                    self.neighbours.insert(key, mac);
                }
            }
            None => {}
        }
    }

    /// Takes what was heard elsewhere.
    pub fn extend(&mut self, other: Self) {
        self.forwarding.extend(other.forwarding);
        self.neighbours.extend(other.neighbours);
    }

    fn is_of_interest(&self, heard: &HeardLink) -> bool {
        // A port that is no longer wanted loses its entries when it leaves, and gets them back
        // where that is undone.
        let master = || heard.master.and_then(|index| self.links.0.get(&index));
        is_ours(heard)
            || self.interest.devices.contains(&heard.name)
            || master().is_some_and(is_ours)
    }
}

fn is_ours(heard: &HeardLink) -> bool {
    heard.link.alias.as_deref().is_some_and(|alias| alias.starts_with(OURS))
}

/// Whether an entry is one of those that zebra writes so that broadcast reaches every tunnel end.
/// They have no mark of a routing daemon as its other entries do; we write none, and where the
/// device answers ARP itself nobody else has to.
fn is_flooding(heard: &HeardLink, mac: Mac) -> bool {
    mac.0 == [0; 6] && heard.link.vxlan.is_some_and(|vxlan| !vxlan.proxy)
}

/// What the alias of a device begins with that is ours.
const OURS: &str = "assay:";

/// What was heard of routes.
#[derive(Debug, Default)]
pub struct Routes(BTreeSet<u32>);

impl Routes {
    /// Takes an `RTM_NEWROUTE`.
    pub fn hear(&mut self, body: &[u8]) {
        decode::routed_devices(body, &mut |index| {
            self.0.insert(index);
        });
    }

    /// Takes an `RTM_NEWNEXTHOP`.
    pub fn hear_nexthop(&mut self, body: &[u8]) {
        self.0.extend(decode::nexthop_device(body));
    }

    /// Takes what was heard elsewhere.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

/// Puts together what was heard; rules are left empty.
pub fn seen(links: &Links, addresses: Addresses, neighbours: Entries<'_>, routes: &Routes) -> Seen {
    let mut routed_devices = BTreeSet::new();
    routed_devices.extend(routes.0.iter().filter_map(|index| links.name(*index)).cloned());
    Seen {
        links: links.with(addresses),
        forwarding: neighbours.forwarding,
        neighbours: neighbours.neighbours,
        routed_devices,
        ..Seen::default()
    }
}

#[cfg(test)]
mod tests;
