//! Network cards and their ports.
//!
//! A card is the physical functions with one domain:bus:device; a port is an
//! interface with hardware behind it. Virtual functions and their representors
//! are no ports; partitions of one port (NPAR) are one. What a port can do is
//! known with no cable: it is in the supported modes that ethtool tells.

pub(crate) mod device;
pub(crate) mod port;

use std::collections::BTreeMap;

use crate::Sysroot;
use crate::ethtool::{self, Links};
use crate::model::{Nic, NicPort, Origin, Section, SectionState, SourceId, SourceKind};
use crate::sysroot::natural;

use super::pci::{card_names, card_of, is_address};
use super::read;
use super::{Builder, Options};

use device::{Bus, Device};

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Nic];

pub(crate) const NET: &str = "/sys/class/net";
const PCI: &str = "/sys/bus/pci/devices";

/// `ARPHRD_ETHER`.
const ETHERNET: &str = "1";

/// Returns the kernel's links and addresses, asked or recorded.
pub(crate) fn links(root: &Sysroot) -> std::io::Result<Links> {
    root.answer("net", ethtool::links)
}

/// Collects network cards.
pub(crate) fn net(root: &Sysroot, _options: &Options, builder: &Builder) {
    let names = match root.list(NET) {
        Ok(names) => names,
        Err(error) => {
            let (state, reason) = read::refused(NET, &error);
            builder.section(Section::Nic, state, reason);
            return;
        }
    };
    let devices: Vec<_> = names.iter().filter_map(|name| Device::of(root, name)).collect();
    let mut reasons = Vec::new();
    let links = links(root).unwrap_or_else(|error| {
        reasons.push(format!("links by netlink: {error}"));
        Links::default()
    });
    let bonded = bonded(root);
    let mut cards = Cards::default();
    for device in devices.iter().filter(|device| is_port(root, device)) {
        let source = builder.source(SourceKind::Sysfs, format!("sysfs:{NET}/{}", device.name));
        let port = port::port(root, device, &links, &bonded, source);
        cards.add(root, device, port, source);
    }
    let driven: Vec<_> = devices.iter().filter_map(|device| device.function.as_deref()).collect();
    for function in undriven(root, &driven) {
        let source = builder.source(SourceKind::Sysfs, format!("sysfs:{PCI}/{function}"));
        reasons.push(format!(
            "{function}: a network controller without an interface: its ports are not known"
        ));
        cards.add_bare(root, &function, source);
    }
    builder.edit(|inventory| inventory.nic = cards.sorted());
    reasons.extend(ask(root, builder));
    let (state, reason) = read::settled(&reasons);
    let none = builder.edit(|inventory| inventory.nic.is_empty());
    if none && reasons.is_empty() {
        let reason = format!("no interface under {NET} has hardware behind it");
        builder.section(Section::Nic, SectionState::Complete, Some(reason));
    } else {
        builder.section(Section::Nic, state, reason);
    }
}

/// Returns whether the device is an Ethernet port of the machine.
fn is_port(root: &Sysroot, device: &Device) -> bool {
    let base = format!("{NET}/{}", device.name);
    let kind = read::text(root, &format!("{base}/type"));
    // Roots recorded by others lack `type`; an InfiniBand address has 20 bytes.
    let ethernet = kind.map_or_else(
        || read::text(root, &format!("{base}/address")).is_none_or(|mac| mac.len() <= 17),
        |kind| kind == ETHERNET,
    );
    let port_name = read::text(root, &format!("{base}/phys_port_name")).unwrap_or_default();
    ethernet && device.physical_function.is_none() && !is_representor(&port_name)
}

/// Returns whether a port's name is that of a virtual function's representor on
/// the switch inside the card: `pf0vf3`, `c1pf0sf88`.
fn is_representor(port_name: &str) -> bool {
    let Some((_, rest)) = port_name.split_once("pf") else { return false };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    ["vf", "sf"]
        .iter()
        .any(|mark| rest.strip_prefix(mark).is_some_and(|id| id.parse::<u32>().is_ok()))
}

/// Asks ethtool about every port, and returns what it would not tell.
///
/// The cards are in the inventory already: one whose firmware hangs keeps what
/// sysfs said of it.
fn ask(root: &Sysroot, builder: &Builder) -> Vec<String> {
    let places: Vec<(usize, usize, String)> = builder.edit(|inventory| {
        let cards = inventory.nic.iter().enumerate();
        let ports = cards.flat_map(|(card, nic)| {
            let ports = nic.port.iter().enumerate();
            ports.filter_map(move |(port, at)| Some((card, port, at.name.clone()?)))
        });
        ports.collect()
    });
    let mut refused: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut silent = Vec::new();
    for (card, index, name) in places {
        let answer = root.answer(&format!("ethtool/{name}"), || Ok(ethtool::port(&name)));
        let Ok(answer) = answer else {
            silent.push(name);
            continue;
        };
        let source = builder.source(SourceKind::Ethtool, format!("ethtool:{name}"));
        for (what, error) in &answer.refused {
            refused.entry(format!("{what}: {error}")).or_default().push(name.clone());
        }
        builder.edit(|inventory| {
            let Some(nic) = inventory.nic.get_mut(card) else { return };
            if nic.firmware.is_none() && answer.firmware.is_some() {
                nic.firmware.clone_from(&answer.firmware);
                nic.origin.sources.insert("firmware".to_owned(), source);
            }
            if let Some(port) = nic.port.get_mut(index) {
                port::fill(port, &answer, source);
            }
        });
    }
    let mut reasons: Vec<String> =
        refused.into_iter().map(|(what, names)| format!("{what} ({})", names.join(", "))).collect();
    if !silent.is_empty() {
        let names = silent.join(", ");
        reasons.push(format!(
            "no ethtool answers for {names}: supported modes, Wake-on-LAN and modules are not known"
        ));
    }
    reasons
}

/// Returns permanent addresses by interface, as the bonding driver keeps them.
fn bonded(root: &Sysroot) -> BTreeMap<String, String> {
    let mut addresses = BTreeMap::new();
    for bond in root.list("/proc/net/bonding").unwrap_or_default() {
        let text = root.text(&format!("/proc/net/bonding/{bond}")).unwrap_or_default();
        let mut slave = None;
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("Slave Interface:") {
                slave = Some(name.trim().to_owned());
            } else if let Some(address) = line.strip_prefix("Permanent HW addr:")
                && let Some(name) = slave.take()
            {
                addresses.insert(name, address.trim().to_ascii_lowercase());
            }
        }
    }
    addresses
}

/// Returns physical functions of Ethernet controllers without an interface: no
/// driver, or one of user space.
fn undriven(root: &Sysroot, driven: &[&str]) -> Vec<String> {
    let mut functions = root.list(PCI).unwrap_or_default();
    functions.retain(|address| {
        let base = format!("{PCI}/{address}");
        is_address(address)
            && read::hex(root, &format!("{base}/class"))
                .is_some_and(|class| class.starts_with("0200"))
            && !driven.contains(&address.as_str())
            && read::link_name(root, &format!("{base}/physfn")).is_none()
    });
    functions
}

/// Cards while they are put together.
#[derive(Default)]
struct Cards {
    cards: Vec<(String, Nic)>,
}

impl Cards {
    fn add(&mut self, root: &Sysroot, device: &Device, port: NicPort, source: SourceId) {
        let key = device.card.clone().unwrap_or_else(|| device.path.clone());
        let index = self.index(&key).unwrap_or_else(|| {
            self.cards.push((key, described(root, device, Origin::of(source))));
            self.cards.len().saturating_sub(1)
        });
        let Some((_, nic)) = self.cards.get_mut(index) else { return };
        let id = port.phys_port_id.as_ref();
        let same =
            nic.port.iter_mut().find(|other| id.is_some() && other.phys_port_id.as_ref() == id);
        match same {
            Some(first) => first.partitions.extend(port.name),
            None => nic.port.push(port),
        }
    }

    fn add_bare(&mut self, root: &Sysroot, function: &str, source: SourceId) {
        let key = card_of(function).to_owned();
        if self.index(&key).is_some() {
            return;
        }
        let names = card_names(root, function);
        let nic = Nic {
            address: Some(key.clone()),
            vendor: names.vendor,
            model: names.model,
            driver: read::link_name(root, &format!("{PCI}/{function}/driver")),
            is_virtual: device::is_virtio(root, function),
            origin: Origin::of(source),
            ..Nic::default()
        };
        self.cards.push((key, nic));
    }

    fn index(&self, key: &str) -> Option<usize> {
        self.cards.iter().position(|(other, _)| other == key)
    }

    /// Returns the cards in the order of their addresses, those off PCI last.
    fn sorted(self) -> Vec<Nic> {
        let mut cards = self.cards;
        tiny_sort::stable::sort_by(&mut cards, |(a, left), (b, right)| {
            left.address.is_none().cmp(&right.address.is_none()).then_with(|| natural(a, b))
        });
        cards.into_iter().map(|(_, nic)| nic).collect()
    }
}

/// Returns the card of a device, without ports.
fn described(root: &Sysroot, device: &Device, origin: Origin) -> Nic {
    let mut nic = Nic {
        address: device.card.clone(),
        driver: device.driver.clone(),
        is_virtual: device.is_virtual,
        origin,
        ..Nic::default()
    };
    if let Some(function) = &device.function {
        let names = card_names(root, function);
        (nic.vendor, nic.model) = (names.vendor, names.model);
    } else if device.bus == Bus::Usb {
        // The interface's parent is the USB device.
        let base = format!("{NET}/{}/device/..", device.name);
        nic.vendor = read::text(root, &format!("{base}/manufacturer"));
        nic.model = read::text(root, &format!("{base}/product"));
    }
    nic
}

#[cfg(test)]
mod tests;
