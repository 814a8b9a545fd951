//! PCI devices with their functions, and slots.

use super::part::Part;
use crate::redfish::reader::Node;

/// A PCI device (`PCIeDevice`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Device {
    /// What all parts have.
    pub part: Part,
    /// Lanes in use.
    pub lanes: Option<u64>,
    /// Lanes that it has.
    pub most_lanes: Option<u64>,
    /// The generation that is in use: `Gen4`.
    pub generation: Option<String>,
    /// The newest generation that it can.
    pub most_generation: Option<String>,
    /// Its functions.
    pub functions: Vec<Function>,
}

/// A function of a PCI device (`PCIeFunction`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// Where it was read.
    pub place: String,
    /// `DisplayController`, `NetworkController`, …, in the BMC's word.
    pub class: Option<String>,
    /// Class code: `0x030200`.
    pub class_code: Option<u32>,
    /// Vendor's number.
    pub vendor: Option<u16>,
    /// Device's number.
    pub device: Option<u16>,
    /// Number of the card's vendor.
    pub subsystem_vendor: Option<u16>,
    /// The card's number.
    pub subsystem: Option<u16>,
}

/// A slot (`PCIeSlots.Slots`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// Where it was read.
    pub place: String,
    /// Its label.
    pub label: Option<String>,
    /// Lanes.
    pub lanes: Option<u64>,
    /// `Gen4`, ….
    pub generation: Option<String>,
    /// `FullLength`, `OCP3Small`, ….
    pub form: Option<String>,
    /// Whether something sits in it; none where the BMC does not tell.
    pub is_used: Option<bool>,
}

/// Takes the devices that `nodes` are, each once.
pub(super) fn devices(nodes: &[Node<'_>], system: Option<&str>, found: &mut Vec<Device>) {
    for node in nodes {
        let place = node.place();
        if !found.iter().any(|known| known.part.place == place) {
            found.push(device(node, system));
        }
    }
}

fn device(node: &Node<'_>, system: Option<&str>) -> Device {
    let mut part = Part::of(node, system);
    let slot = node.node("Slot");
    let label =
        slot.and_then(|slot| slot.node("Location")?.node("PartLocation")?.text("ServiceLabel"));
    part.location = part.location.or(label);
    let link = node.node("PCIeInterface");
    let of_link = |key| link.as_ref().and_then(|link| link.count(key));
    let generation = |key| link.as_ref().and_then(|link| link.text(key));
    let mut functions = node.members("PCIeFunctions");
    if functions.is_empty() {
        let links = node.node("Links");
        functions = links.map(|links| links.items("PCIeFunctions")).unwrap_or_default();
    }
    Device {
        part,
        lanes: of_link("LanesInUse"),
        most_lanes: of_link("MaxLanes"),
        generation: generation("PCIeType"),
        most_generation: generation("MaxPCIeType"),
        functions: functions.iter().map(function).collect(),
    }
}

fn function(node: &Node<'_>) -> Function {
    // A number of zero is what stands where none is known.
    let id =
        |key| hexadecimal(node, key).and_then(|id| u16::try_from(id).ok()).filter(|id| *id > 0);
    Function {
        place: node.place(),
        class: node.text("DeviceClass"),
        class_code: hexadecimal(node, "ClassCode").filter(|code| *code > 0),
        vendor: id("VendorId").filter(|vendor| *vendor != u16::MAX),
        device: id("DeviceId").filter(|device| *device != u16::MAX),
        subsystem_vendor: id("SubsystemVendorId"),
        subsystem: id("SubsystemId"),
    }
}

/// Reads a number that Redfish writes as hexadecimal text.
fn hexadecimal(node: &Node<'_>, key: &str) -> Option<u32> {
    let text = node.text(key)?;
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(&text);
    let digits = digits.trim_end_matches(['h', 'H']);
    match (u32::from_str_radix(digits, 16), node.value(key)) {
        (Ok(number), _) => Some(number),
        (Err(_), Some(value)) => node.dropped(key, "a hexadecimal number", value),
        (Err(_), None) => None,
    }
}

/// Takes the slots of a chassis.
pub(super) fn slots(chassis: &Node<'_>, found: &mut Vec<Slot>) {
    let Some(slots) = chassis.follow("PCIeSlots") else { return };
    for node in slots.items("Slots") {
        let state = node.status().state;
        let links = node.node("Links");
        let has_device = links.is_some_and(|links| !links.links("PCIeDevice").is_empty());
        let is_used = match state.as_deref() {
            _ if has_device => Some(true),
            Some("Absent") => Some(false),
            _ => None,
        };
        let place = node.node("Location").and_then(|place| place.node("PartLocation"));
        found.push(Slot {
            place: node.place(),
            label: place.and_then(|place| place.text("ServiceLabel")),
            lanes: node.count("Lanes"),
            generation: node.text("PCIeType"),
            form: node.text("SlotType"),
            is_used,
        });
    }
}
