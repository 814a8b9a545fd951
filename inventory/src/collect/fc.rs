//! Fibre Channel host bus adapters.
//!
//! The kernel has one host per port; a card's ports share domain:bus:device.
//! Hosts that NPIV adds (below a `vport-`) are not ports, and hosts of `FCoE` ride
//! on a network card. `supported_speeds` answers what a port can do with no
//! light on.

use std::collections::BTreeMap;

use crate::Sysroot;
use crate::model::{Hba, HbaPort, Origin, Section, SectionState, SourceKind};

use super::pci::{address, card_names, card_of, is_address};
use super::read;
use super::{Builder, Options};

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Hba];

const HOSTS: &str = "/sys/class/fc_host";
const DEVICES: &str = "/sys/bus/pci/devices";

/// The class code of a Fibre Channel controller.
const CLASS: &str = "0c04";

/// Drivers of Fibre Channel over Ethernet.
const OVER_ETHERNET: &[&str] = &["bnx2fc", "fcoe", "fnic", "qedf"];

/// Collects host bus adapters.
pub(crate) fn fc(root: &Sysroot, _options: &Options, builder: &Builder) {
    let functions = functions(root);
    let mut cards: BTreeMap<String, Hba> = BTreeMap::new();
    let mut driven = Vec::new();
    let hosts = root.list(HOSTS);
    for host in hosts.as_deref().unwrap_or_default() {
        let path = root.canonical(&format!("{HOSTS}/{host}")).unwrap_or_default();
        let Some(function) = address::in_path(&path) else { continue };
        if !is_port(&path) || !functions.iter().any(|known| known == function) {
            continue;
        }
        driven.push(function.to_owned());
        let source = builder.source(SourceKind::Sysfs, format!("sysfs:{HOSTS}/{host}"));
        let card = card_of(function).to_owned();
        let hba = cards.entry(card).or_insert_with_key(|card| {
            described(root, card, function, Some(host), Origin::of(source))
        });
        hba.port.push(port(root, host, Origin::of(source)));
    }
    let silent: Vec<_> = functions.iter().filter(|known| !driven.contains(known)).collect();
    for function in &silent {
        let card = card_of(function).to_owned();
        let locator = format!("sysfs:{DEVICES}/{function}");
        cards.entry(card).or_insert_with_key(|card| {
            let origin = Origin::of(builder.source(SourceKind::Sysfs, locator));
            described(root, card, function, None, origin)
        });
    }
    let (state, reason) = match (silent.as_slice(), hosts) {
        ([], Err(_)) if functions.is_empty() => (
            SectionState::Unsupported,
            Some(format!("no {HOSTS} and no PCI function of class {CLASS}")),
        ),
        ([], _) => (SectionState::Complete, None),
        (silent, _) => {
            let names = silent.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
            let reason = format!(
                "{names}: a Fibre Channel adapter without {HOSTS} entry (no driver): its ports are not known"
            );
            (SectionState::Partial, Some(reason))
        }
    };
    builder.edit(|inventory| inventory.hba = cards.into_values().collect());
    builder.section(Section::Hba, state, reason);
}

/// Returns the physical PCI functions that are Fibre Channel controllers of
/// their own.
fn functions(root: &Sysroot) -> Vec<String> {
    let mut names = root.list(DEVICES).unwrap_or_default();
    names.retain(|name| {
        let base = format!("{DEVICES}/{name}");
        let class = read::hex(root, &format!("{base}/class")).unwrap_or_default();
        let driver = read::link_name(root, &format!("{base}/driver")).unwrap_or_default();
        is_address(name)
            && class.starts_with(CLASS)
            && read::link_name(root, &format!("{base}/physfn")).is_none()
            && !OVER_ETHERNET.contains(&driver.as_str())
    });
    names
}

/// Returns whether the host at `path` is a port of a card.
fn is_port(path: &str) -> bool {
    !path.split('/').any(|part| part.starts_with("vport-"))
}

/// Returns the card without its ports.
fn described(
    root: &Sysroot,
    card: &str,
    function: &str,
    host: Option<&String>,
    origin: Origin,
) -> Hba {
    let scsi = |names: &[&str]| {
        let host = host?;
        names
            .iter()
            .find_map(|name| read::text(root, &format!("/sys/class/scsi_host/{host}/{name}")))
    };
    // lpfc names them `modelname` and `fwrev`, qla2xxx `model_name` and
    // `fw_version`.
    let model = scsi(&["modelname", "model_name"]);
    Hba {
        address: Some(card.to_owned()),
        protocol: Some("fc".to_owned()),
        model: model.or_else(|| card_names(root, function).model),
        driver: read::link_name(root, &format!("{DEVICES}/{function}/driver")),
        firmware: scsi(&["fwrev", "fw_version"]),
        port: Vec::new(),
        origin,
    }
}

fn port(root: &Sysroot, host: &str, origin: Origin) -> HbaPort {
    let text = |file: &str| read::text(root, &format!("{HOSTS}/{host}/{file}"));
    let wwn = |file: &str| {
        let name = read::hex(root, &format!("{HOSTS}/{host}/{file}"))?;
        let none = name.bytes().all(|b| b == b'f') || name.bytes().all(|b| b == b'0');
        (!none).then_some(name)
    };
    let supported = text("supported_speeds").unwrap_or_default();
    let mut supported_bps: Vec<u64> = supported.split(',').filter_map(speed).collect();
    tiny_sort::stable::sort(&mut supported_bps);
    HbaPort {
        name: Some(host.to_owned()),
        wwpn: wwn("port_name"),
        wwnn: wwn("node_name"),
        state: text("port_state"),
        speed_bps: text("speed").as_deref().and_then(speed),
        supported_bps,
        fabric: wwn("fabric_name"),
        kind: text("port_type"),
        origin,
    }
}

/// Returns bit/s from `16 Gbit`; the kernel's other words are no speed.
fn speed(text: &str) -> Option<u64> {
    let mut words = text.split_whitespace();
    let count: u64 = words.next()?.parse().ok()?;
    if words.next() != Some("Gbit") || words.next().is_some() {
        return None;
    }
    count.checked_mul(1_000_000_000)
}

#[cfg(test)]
mod tests;
