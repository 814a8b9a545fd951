//! What a service says of its systems and of the BMC itself.

use super::{
    finding::Read,
    reader::{Node, Reader},
    tree::Tree,
};
use crate::operation::{
    boot::{Device, Firmware, Lasting, Seen},
    identity::Identity,
    power::State,
};

/// A system of a service, and what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// The system's path; none where the service has a manager and no system.
    pub system: Option<String>,
    /// What it is.
    pub identity: Identity,
}

/// Returns what each system of the tree is.
pub fn identity(tree: &Tree) -> Read<Vec<Host>> {
    let reader = Reader::new(tree);
    let hosts = identities(&reader);
    reader.done(hosts)
}

/// Returns the power of each system, by its path.
pub fn power(tree: &Tree) -> Read<Vec<(String, Option<State>)>> {
    let reader = Reader::new(tree);
    let found = powers(&reader);
    reader.done(found)
}

/// Returns what each system boots from next, by its path.
pub fn boot(tree: &Tree) -> Read<Vec<(String, Seen)>> {
    let reader = Reader::new(tree);
    let found = systems(&reader).iter().map(|system| (system.place(), boots(system))).collect();
    reader.done(found)
}

/// Returns the systems: the members of the collection, and no resource that only has their type
/// (a system's settings have it too).
pub(super) fn systems<'r>(reader: &'r Reader<'r>) -> Vec<Node<'r>> {
    collection(reader, "Systems")
}

/// Returns the chassis: the members of the collection, else those that systems link to.
pub(super) fn chassis<'r>(reader: &'r Reader<'r>, systems: &[Node<'r>]) -> Vec<Node<'r>> {
    let listed = collection(reader, "Chassis");
    if !listed.is_empty() || reader.is_waiting() {
        return listed;
    }
    let mut found: Vec<Node<'r>> = Vec::new();
    for links in systems.iter().filter_map(|system| system.node("Links")) {
        for chassis in links.items("Chassis") {
            if !found.iter().any(|known| known.place() == chassis.place()) {
                found.push(chassis);
            }
        }
    }
    found
}

/// Returns the members of a collection of the root, by its link, else where all have it.
pub(super) fn collection<'r>(reader: &'r Reader<'r>, name: &str) -> Vec<Node<'r>> {
    match reader.root() {
        Some(root) if root.has(name) => return root.members(name),
        None if !reader.is_damaged(super::reader::ROOT) => return Vec::new(),
        _ => {}
    }
    reader
        .guess(&format!("{}/{name}", super::reader::ROOT))
        .map_or_else(Vec::new, |found| found.collection())
}

pub(super) fn identities<'r>(reader: &'r Reader<'r>) -> Vec<Host> {
    let root = reader.root();
    let root = root.as_ref();
    let systems = systems(reader);
    if systems.is_empty() {
        if reader.is_waiting() {
            return Vec::new();
        }
        let manager = chosen(collection(reader, "Managers"));
        return manager
            .map(|manager| Host { system: None, identity: of(root, None, Some(&manager)) })
            .into_iter()
            .collect();
    }
    systems
        .iter()
        .map(|system| Host {
            system: Some(system.place()),
            identity: of(root, Some(system), manager_of(reader, system).as_ref()),
        })
        .collect()
}

fn of(root: Option<&Node<'_>>, system: Option<&Node<'_>>, manager: Option<&Node<'_>>) -> Identity {
    let system_text = |key| system.and_then(|system| system.text(key));
    let manager_text = |key| manager.and_then(|manager| manager.text(key));
    let root_text = |key| root.and_then(|root| root.text(key));
    let version = root_text("RedfishVersion").unwrap_or_default();
    Identity {
        manufacturer: system_text("Manufacturer"),
        model: system_text("Model"),
        serial: system_text("SerialNumber"),
        uuid: system_text("UUID").map(|uuid| uuid.to_ascii_lowercase()),
        asset: system_text("AssetTag"),
        bmc_model: manager_text("Model").or_else(|| root_text("Product")),
        bmc_version: manager_text("FirmwareVersion"),
        bios_version: system_text("BiosVersion"),
        host_name: manager_text("HostName"),
        protocol: format!("Redfish {version}").trim_end().to_owned(),
        dialect: None,
        power: system.and_then(power_of),
        health: system.and_then(|system| system.status().health),
    }
}

/// Returns the manager of a system: the one it says manages it, else one of the service's.
fn manager_of<'r>(reader: &'r Reader<'r>, system: &Node<'r>) -> Option<Node<'r>> {
    let of_links = |key| system.node("Links").map(|links| links.items(key)).unwrap_or_default();
    let mut linked = of_links("ManagedBy");
    // Huawei's own name for it.
    linked.extend(of_links("Managers"));
    if linked.is_empty() && reader.is_waiting() {
        return None;
    }
    chosen(linked).or_else(|| chosen(collection(reader, "Managers")))
}

/// Returns the BMC among managers: a chassis' managers may be listed beside it, and a spare one
/// is there and not enabled.
fn chosen(managers: Vec<Node<'_>>) -> Option<Node<'_>> {
    let rank = |manager: &Node<'_>| {
        let is_bmc = manager.text("ManagerType").is_none_or(|kind| kind == "BMC");
        let is_on = manager.status().state.is_none_or(|state| state == "Enabled");
        (!is_on, !is_bmc)
    };
    // The first of the best: `min_by_key` keeps the order of the collection.
    managers.into_iter().min_by_key(rank)
}

pub(super) fn powers<'r>(reader: &'r Reader<'r>) -> Vec<(String, Option<State>)> {
    systems(reader).iter().map(|system| (system.place(), power_of(system))).collect()
}

/// Returns the power of a system (`PowerState`).
pub(super) fn power_of(system: &Node<'_>) -> Option<State> {
    Some(match system.word("PowerState", "a power state", POWER_STATES)? {
        "on" => State::On,
        "off" => State::Off,
        "poweringon" => State::TurningOn,
        "poweringoff" => State::TurningOff,
        _ => State::Paused,
    })
}

const POWER_STATES: &[&str] = &["on", "off", "poweringon", "poweringoff", "paused"];

/// Returns what a system boots from next (`Boot`).
pub(super) fn boots(system: &Node<'_>) -> Seen {
    let Some(boot) = system.node("Boot") else { return Seen::default() };
    let enabled = boot.word("BootSourceOverrideEnabled", "a way to override", ENABLED);
    let lasting = match enabled {
        Some("once") => Some(Lasting::Once),
        Some("continuous") => Some(Lasting::Persistent),
        _ => None,
    };
    // A target that is not in force stays where it was; it says nothing of the next boot.
    let device = if enabled == Some("disabled") {
        Some(Device::None)
    } else {
        boot.text("BootSourceOverrideTarget").and_then(|target| device(&target))
    };
    let firmware = match boot.word("BootSourceOverrideMode", "a mode", &["uefi", "legacy"]) {
        Some("uefi") => Some(Firmware::Uefi),
        Some(_) => Some(Firmware::Legacy),
        None => None,
    };
    Seen { device, lasting, firmware }
}

const ENABLED: &[&str] = &["once", "continuous", "disabled"];

/// Returns the device of a boot target; those that [`Device`] has no word for are none.
fn device(target: &str) -> Option<Device> {
    Some(match target.to_ascii_lowercase().as_str() {
        "none" => Device::None,
        "pxe" => Device::Pxe,
        "uefihttp" => Device::Http,
        "hdd" => Device::Disk,
        "cd" => Device::Cd,
        "biossetup" => Device::Bios,
        _ => return None,
    })
}
