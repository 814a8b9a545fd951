//! Which events are of concern.
//!
//! A device is of concern by its name, by the number that it was last heard of with, by its mark,
//! or as a port of a bridge that is. An event that says of it what was said before is none: a
//! tenant who takes his end of a pair up and down has the kernel tell of ours each time.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Device;
use crate::kernel::attribute::{attributes, text};
use crate::kernel::links::decode::{self, HeardLink, HeardNeighbour};
use crate::nft::{Family, TABLE};
use crate::seen::{Link, Seen};
use crate::wanted::{BridgePort, LinkKind, Wanted};

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_NEWNEIGH: u16 = 28;
const RTM_DELNEIGH: u16 = 29;

/// `NFT_MSG_NEWGEN` of subsystem 10: comes behind each change, of others' tables too.
const NEW_GENERATION: u16 = 0x0a0f;
const NF_TABLES: u16 = 0x0a;

/// What is of concern.
#[derive(Clone, Debug, Default)]
pub struct Concern {
    /// Devices by name, there or not.
    names: BTreeSet<Device>,
    /// Those of them whose entries are of concern too.
    filled: BTreeSet<Device>,
    /// Devices as they were last heard of, by number.
    heard: BTreeMap<u32, HeardLink>,
}

impl Concern {
    /// Returns what concerns one who wants `wanted` and has seen `seen`: what is wanted, what is
    /// ours, both ends of pairs, and the device under the tunnels.
    pub fn new(wanted: &Wanted, seen: &Seen, underlay: Option<&Device>) -> Self {
        let (mut names, mut filled) = (BTreeSet::new(), BTreeSet::new());
        filled.extend(wanted.links.keys().cloned());
        let ends = wanted.links.values().filter_map(|link| match &link.kind {
            LinkKind::Veth { peer, .. } => Some(peer.clone()),
            _ => None,
        });
        names.extend(ends.chain(underlay.cloned()));
        names.extend(filled.iter().cloned());
        let mut concern = Self { names, filled, heard: BTreeMap::new() };
        let of = |name: &Device| seen.links.get(name);
        for (name, link) in &seen.links {
            let master = link.master.as_ref().and_then(|name| Some((name, of(name)?)));
            let number = master.map(|(_name, link)| link.index);
            if concern.has(name, link, master) {
                let (link, name) = (link.clone(), name.clone());
                let mut heard = HeardLink { name, master: number, peer: None, link };
                forget_others(&mut heard);
                concern.heard.insert(heard.link.index, heard);
            }
        }
        concern
    }

    /// Takes in another.
    pub(super) fn merge(&mut self, more: Self) {
        self.names.extend(more.names);
        self.filled.extend(more.filled);
        self.heard.extend(more.heard);
    }

    /// Whether a device is of concern, by itself or as a port of a bridge.
    fn has(&self, name: &Device, link: &Link, master: Option<(&Device, &Link)>) -> bool {
        let is_filled = |(name, link): (&Device, &Link)| self.is_filled(name, link);
        self.names.contains(name) || link.is_ours() || master.is_some_and(is_filled)
    }

    /// Whether the entries of a device are of concern.
    fn is_filled(&self, name: &Device, link: &Link) -> bool {
        self.filled.contains(name) || link.is_ours()
    }

    /// Returns the device that a message of rtnetlink is about, where it is of concern.
    pub fn of_route(&mut self, kind: u16, body: &[u8]) -> Option<Device> {
        let bridged = body.first() == Some(&decode::AF_BRIDGE);
        match kind {
            RTM_NEWLINK if bridged => self.port(body),
            RTM_NEWLINK => self.link(body),
            RTM_DELLINK => self.gone(body, bridged),
            RTM_NEWNEIGH | RTM_DELNEIGH => self.entry(body),
            _ => None,
        }
    }

    /// Whether a message of `nf_tables` is about our tables.
    pub fn of_rules(kind: u16, body: &[u8]) -> bool {
        if kind >> 8 != NF_TABLES || kind == NEW_GENERATION {
            return false;
        }
        let ours = [Family::Inet, Family::Netdev].map(Family::number);
        let family = body.first().is_some_and(|family| ours.contains(family));
        // All kinds name the table first.
        let table = attributes(body.get(4..).unwrap_or_default()).find(|(kind, _)| *kind == 1);
        family && table.and_then(|(_, name)| text(name)) == Some(TABLE)
    }

    fn link(&mut self, body: &[u8]) -> Option<Device> {
        let mut heard = decode::link(body)?;
        forget_others(&mut heard);
        let index = heard.link.index;
        let before = self.heard.get(&index);
        let master = heard.master.and_then(|master| self.heard.get(&master));
        let master = master.map(|master| (&master.name, &master.link));
        let concerns = before.is_some() || self.has(&heard.name, &heard.link, master);
        if before == Some(&heard) || !concerns {
            return None;
        }
        let name = heard.name.clone();
        self.heard.insert(index, heard);
        Some(name)
    }

    /// What a bridge says of its port: numbers and settings, without mark and kind.
    fn port(&mut self, body: &[u8]) -> Option<Device> {
        let said = decode::link(body)?;
        let settings = decode::told_port(body);
        let known = said.master.is_some_and(|master| self.heard.contains_key(&master));
        let Some(heard) = self.heard.get_mut(&said.link.index) else {
            return (known || self.names.contains(&said.name)).then_some(said.name);
        };
        let differs = |before: Option<BridgePort>| settings.is_some() && before != settings;
        if said.master == heard.master && !differs(heard.link.bridge_port) {
            return None;
        }
        heard.master = said.master;
        heard.link.bridge_port = settings.or(heard.link.bridge_port);
        Some(said.name)
    }

    fn gone(&mut self, body: &[u8], bridged: bool) -> Option<Device> {
        let said = decode::link(body)?;
        // With the family of bridges it says that a port left its bridge.
        let known = if bridged {
            self.heard.get_mut(&said.link.index).is_some_and(|heard| {
                (heard.master, heard.link.bridge_port) = (None, None);
                true
            })
        } else {
            self.heard.remove(&said.link.index).is_some()
        };
        (known || self.names.contains(&said.name)).then_some(said.name)
    }

    fn entry(&self, body: &[u8]) -> Option<Device> {
        let entry = decode::any_neighbour(body)?;
        let heard = self.heard.get(&entry.index)?;
        let filled = self.is_filled(&heard.name, &heard.link);
        let vxlan = heard.link.kind.as_deref() == Some("vxlan");
        let concerns = match (entry.made, entry.of_bridges) {
            // A bridge that learns from a port tells of each station.
            (None, true) => heard.link.bridge_port.is_some_and(|port| !port.learning) || vxlan,
            (Some(HeardNeighbour::Device { .. }), _) => vxlan,
            (_, false) => vxlan || heard.link.bridge.is_some(),
            _ => true,
        };
        (filled && concerns).then(|| heard.name.clone())
    }
}

/// Leaves out what an event does not say, or says with numbers that come and go.
fn forget_others(heard: &mut HeardLink) {
    (heard.peer, heard.link.peer, heard.link.master) = (None, None, None);
    heard.link.addresses.clear();
}

#[cfg(test)]
mod tests;
