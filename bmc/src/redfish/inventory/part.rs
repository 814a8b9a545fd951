//! What all parts have: a place, a maker, numbers, a state.

use crate::redfish::reader::Node;

/// A part, or the slot of one that is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Where it was read: the path of its resource, with a pointer where it stands in another's
    /// (`/redfish/v1/Chassis/1/Power#/PowerSupplies/0`).
    pub place: String,
    /// The system it belongs to; none where it belongs to several, or to none.
    pub system: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Where in the machine it sits, as the label says: `DIMM 1`, `PSU1`.
    pub location: Option<String>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Its part number.
    pub part_number: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// The version of its firmware.
    pub version: Option<String>,
    /// Whether it is there: what is listed is, unless something says otherwise.
    pub is_present: bool,
    /// `Status.State`, in the BMC's word.
    pub state: Option<String>,
    /// `Status.Health`, in the BMC's word.
    pub health: Option<String>,
}

impl Part {
    /// Reads what `node` says of a part of `system`.
    pub(super) fn of(node: &Node<'_>, system: Option<&str>) -> Self {
        let status = node.status();
        let is_absent = status.state.as_deref().is_some_and(|state| {
            ["absent", "notpresent", "not present"]
                .iter()
                .any(|word| state.eq_ignore_ascii_case(word))
        });
        let known = |text: Option<String>| text.filter(|text| !says_empty(text));
        Self {
            place: node.place(),
            system: system.map(str::to_owned),
            name: node.first_text(&["Name", "MemberId", "Id"]),
            location: location(node),
            manufacturer: known(node.first_text(&["Manufacturer", "Vendor"])),
            model: known(node.text("Model")),
            part_number: known(node.first_text(&[
                "PartNumber",
                "ManufacturerPartNumber",
                "SparePartNumber",
            ])),
            serial: known(node.text("SerialNumber")),
            // iLO has an object there, which its readers know.
            version: node.value("FirmwareVersion").and_then(|value| {
                if value.is_object() { None } else { node.text("FirmwareVersion") }
            }),
            is_present: !is_absent,
            state: status.state,
            health: status.health,
        }
    }

    /// Takes a part that has no size for an empty slot, unless something tells that it is there:
    /// some list empty slots and do not say that they are.
    pub(super) fn doubt(&mut self) {
        let is_known = self.serial.is_some() || self.part_number.is_some() || self.model.is_some();
        if !is_known && self.state.as_deref() != Some("Enabled") {
            self.is_present = false;
        }
    }

    /// Says whether two parts are one, read in two places: the same serial number, where that is a
    /// number and no filler.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let (Some(one), Some(two)) = (&self.serial, &other.serial) else { return false };
        let is_number =
            one.len() > 3 && one.bytes().any(|byte| Some(&byte) != one.as_bytes().first());
        is_number && one.eq_ignore_ascii_case(two)
    }

    /// Says whether two parts are one, listed by two systems.
    pub(super) fn is_other(&self, other: &Self) -> bool {
        self.system != other.system && self.is_same(other)
    }

    /// Takes what only `other` says of the same part.
    pub(super) fn fill(&mut self, other: Self) {
        let pairs = [
            (&mut self.system, other.system),
            (&mut self.name, other.name),
            (&mut self.location, other.location),
            (&mut self.manufacturer, other.manufacturer),
            (&mut self.model, other.model),
            (&mut self.part_number, other.part_number),
            (&mut self.serial, other.serial),
            (&mut self.version, other.version),
            (&mut self.state, other.state),
            (&mut self.health, other.health),
        ];
        for (mine, theirs) in pairs {
            if mine.is_none() {
                *mine = theirs;
            }
        }
    }
}

/// Returns where in the machine a part sits: the label on the machine, else the oldest fields that
/// say it.
fn location(node: &Node<'_>) -> Option<String> {
    let places = ["PhysicalLocation", "Location"];
    let labelled = places.iter().find_map(|key| {
        let place = node.value(key).filter(|value| !value.is_string())?;
        let place = if place.is_array() { node.either(key)? } else { node.node(key)? };
        place
            .node("PartLocation")
            .and_then(|part| part.text("ServiceLabel"))
            .or_else(|| place.text("Info"))
    });
    let plain = || node.first_text(&["DeviceLocator", "SocketLocator", "Socket", "SlotNumber"]);
    let written = || places.iter().find_map(|key| node.value(key)?.as_str().map(str::to_owned));
    labelled.or_else(plain).or_else(written)
}

/// Says whether a text stands where a part is missing.
fn says_empty(text: &str) -> bool {
    ["NO DIMM", "NOT INSTALLED", "EMPTY", "NOT PRESENT", "NONE", "ABSENT", "UNDEFINED"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}
