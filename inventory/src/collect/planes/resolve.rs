//! Interfaces, what lies below them, and the hardware at the bottom.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::Sysroot;
use crate::ethtool::Links;
use crate::model::Plane;

use super::super::net::NET;
use super::super::net::device::Device;
use super::super::read;

/// The interfaces of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Network {
    pub(super) interfaces: BTreeMap<String, Interface>,
}

/// An interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Interface {
    pub(super) addresses: Vec<String>,
    /// Its own VLAN id.
    pub(super) vlan: Option<u16>,
    /// The interfaces it stands on.
    lower: Vec<String>,
    hardware: Hardware,
}

/// What is behind an interface.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Hardware {
    /// Nothing but software.
    #[default]
    Without,
    /// A card on PCI, `domain:bus:device`.
    Card(String),
    /// Hardware off PCI.
    Elsewhere,
}

impl Hardware {
    fn of(device: Option<Device>) -> Self {
        match device {
            None => Self::Without,
            Some(device) => device.card.map_or(Self::Elsewhere, Self::Card),
        }
    }
}

impl Network {
    /// Reads the interfaces `names`.
    pub(super) fn read(root: &Sysroot, names: &[String], links: Option<&Links>) -> Self {
        let vlans = vlans(root);
        let mut interfaces = BTreeMap::new();
        for name in names {
            let link = links.and_then(|links| links.links.iter().find(|link| link.name == *name));
            let configured = vlans.get(name);
            let mut lower = lower(root, name);
            if lower.is_empty() {
                lower.extend(configured.map(|(_, below)| below.clone()));
            }
            let own = link.and_then(|link| link.vlan);
            let interface = Interface {
                addresses: link.map(|link| link.addresses.clone()).unwrap_or_default(),
                vlan: own.or_else(|| configured.map(|(id, _)| *id)),
                lower,
                hardware: Hardware::of(Device::of(root, name)),
            };
            interfaces.insert(name.clone(), interface);
        }
        Self { interfaces }
    }

    /// Returns the plane on interface `name`, with what lies below it.
    pub(super) fn plane(&self, name: &str) -> Plane {
        let mut plane = Plane { interface: name.to_owned(), ..Plane::default() };
        if let Some(top) = self.interfaces.get(name) {
            plane.addresses.clone_from(&top.addresses);
        }
        let mut cards = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut next = VecDeque::from([name]);
        // A loop cannot be built in the kernel, but in a recorded root.
        while let Some(name) = next.pop_front() {
            let Some(interface) = self.interfaces.get(name).filter(|_| seen.insert(name)) else {
                continue;
            };
            plane.vlan = plane.vlan.or(interface.vlan.map(u32::from));
            if interface.hardware != Hardware::Without {
                plane.ports.push(name.to_owned());
            }
            if let Hardware::Card(card) = &interface.hardware {
                cards.insert(card.clone());
            }
            next.extend(interface.lower.iter().map(String::as_str));
        }
        plane.cards = cards.into_iter().collect();
        plane
    }
}

/// Returns the interfaces that `name` stands on.
///
/// `lower_*` links are there since 3.14 for every kind; bonds and bridges list
/// their members besides.
fn lower(root: &Sysroot, name: &str) -> Vec<String> {
    let base = format!("{NET}/{name}");
    let entries = root.list(&base).unwrap_or_default();
    let mut lower: Vec<String> = entries
        .iter()
        .filter_map(|entry| entry.strip_prefix("lower_"))
        .map(str::to_owned)
        .collect();
    if lower.is_empty() {
        let slaves = read::text(root, &format!("{base}/bonding/slaves")).unwrap_or_default();
        lower.extend(slaves.split_whitespace().map(str::to_owned));
        lower.extend(root.list(&format!("{base}/brif")).unwrap_or_default());
    }
    lower
}

/// Returns VLAN interfaces with their id and the interface below, of
/// `/proc/net/vlan/config`: `eth0.300  | 300  | eth0`.
fn vlans(root: &Sysroot) -> BTreeMap<String, (u16, String)> {
    let text = root.text("/proc/net/vlan/config").unwrap_or_default();
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim);
        let (name, id, below) = (cells.next()?, cells.next()?.parse().ok()?, cells.next()?);
        Some((name.to_owned(), (id, below.to_owned())))
    });
    let mut vlans = BTreeMap::new();
    vlans.extend(rows);
    vlans
}
