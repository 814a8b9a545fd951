//! Which objects of several documents are one and the same.
//!
//! Keys are tried from the surest to the vaguest; within a key, the first
//! object that has it meets the first, the second the second, because firmware
//! uses locators and even handles twice. What is left meets in order where both
//! sides have equally many left.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::locator::{self, Place, folded};
use super::object::{self, Object};
use crate::model::{Section, Source};

/// The most objects that are compared by freely spelled locators.
const MAX_PLACES: usize = 4096;

/// A way to recognise an object.
#[derive(Clone, Copy, Debug)]
enum Key {
    /// All that one source says of it: the object was merged in before.
    Said,
    /// Fields that must all be known and equal, folded.
    Fields(&'static [&'static str]),
    /// The SMBIOS handle, and the locator with it where both have one.
    Handle,
    /// The locator, freely spelled.
    Place,
    /// A MAC address of a port.
    PortMac,
}

const DISK: [Key; 4] = [
    Key::Fields(&["wwid"]),
    Key::Fields(&["serial"]),
    Key::Fields(&["name"]),
    Key::Fields(&["behind", "locator"]),
];
const TABLE: [Key; 5] = [
    Key::Handle,
    Key::Fields(&["locator", "bank"]),
    Key::Fields(&["locator"]),
    Key::Fields(&["serial"]),
    Key::Place,
];

fn keys(section: Section) -> &'static [Key] {
    match section {
        Section::Cpu => &[
            Key::Handle,
            Key::Fields(&["locator"]),
            Key::Fields(&["serial"]),
            Key::Fields(&["package_id"]),
            Key::Place,
        ],
        Section::Cache => &[Key::Handle, Key::Fields(&["locator", "level"])],
        Section::Dimm => &TABLE,
        Section::Slot => {
            &[Key::Handle, Key::Fields(&["locator"]), Key::Fields(&["address"]), Key::Place]
        }
        Section::Board | Section::Chassis => {
            &[Key::Handle, Key::Fields(&["serial"]), Key::Fields(&["product"])]
        }
        Section::MemoryArray => &[Key::Handle, Key::Fields(&["handle"])],
        Section::Firmware => &[Key::Fields(&["kind"])],
        Section::Disk => &DISK,
        Section::Nic => &[Key::Fields(&["address"]), Key::PortMac],
        Section::Pci | Section::Gpu | Section::Hba => &[Key::Fields(&["address"])],
        Section::Controller => &[Key::Fields(&["address"]), Key::Fields(&["serial"])],
        Section::Infiniband => &[Key::Fields(&["device", "port"])],
        Section::Psu => &[
            Key::Handle,
            Key::Fields(&["serial"]),
            Key::Fields(&["locator"]),
            Key::Fields(&["part_number"]),
        ],
        Section::Fan => &[Key::Fields(&["name"])],
        Section::Sensor => &[Key::Fields(&["chip", "name"])],
        Section::Lldp => &[Key::Fields(&["chassis_id", "port_id"])],
        Section::Plane => &[Key::Fields(&["interface"])],
        Section::PlaneSharing => &[Key::Fields(&["card"])],
        // One object each, or no objects.
        Section::System
        | Section::Platform
        | Section::Bmc
        | Section::Topology
        | Section::Memory
        | Section::Tpm
        | Section::Identity
        | Section::OemStrings => &[],
    }
}

/// Keys of the ports of a card.
const PORT: [Key; 5] = [
    Key::Fields(&["permanent_mac"]),
    Key::Fields(&["wwpn"]),
    Key::Fields(&["name"]),
    Key::Fields(&["address"]),
    Key::Fields(&["mac"]),
];

/// Objects that are one; each with the number of the document it is from.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) members: Vec<Object>,
    /// Document and index in its section, one for each member.
    pub(super) from: Vec<(usize, usize)>,
}

/// Puts the objects of several documents into groups. `parts` are the documents'
/// numbers and objects, the one whose order is kept first.
pub(super) fn group(
    section: Section,
    parts: Vec<(usize, Vec<Object>)>,
    sources: &[Source],
) -> Vec<Group> {
    join(
        keys(section),
        may_meet_in_order(section),
        parts,
        |one, other| contradict(section, one, other),
        sources,
    )
}

/// Puts the ports of one card into groups.
pub(super) fn group_ports(parts: Vec<(usize, Vec<Object>)>, sources: &[Source]) -> Vec<Group> {
    let contradict = |one: &Object, other: &Object| {
        ["permanent_mac", "wwpn"].iter().any(|field| differ(one, other, field))
    };
    join(&PORT, true, parts, contradict, sources)
}

/// Objects that must be recognised by a key: meeting in order would make one
/// drive of two.
fn may_meet_in_order(section: Section) -> bool {
    !matches!(
        section,
        Section::Disk
            | Section::Pci
            | Section::Lldp
            | Section::Plane
            | Section::PlaneSharing
            | Section::Infiniband
            | Section::Sensor
            | Section::Fan
    )
}

fn join(
    keys: &[Key],
    in_order: bool,
    parts: Vec<(usize, Vec<Object>)>,
    contradict: impl Fn(&Object, &Object) -> bool,
    sources: &[Source],
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (part, objects) in parts {
        let existing = groups.len();
        let mut free = BTreeSet::new();
        free.extend(0..existing);
        let mut left: Vec<(usize, Object)> = objects.into_iter().enumerate().collect();
        for key in std::iter::once(&Key::Said).chain(keys) {
            let mut later = Vec::new();
            let mut wanted = Keyed::of(*key, &free, &groups, sources);
            for (index, object) in left {
                let found = wanted.take(*key, &object, sources, |group| {
                    groups.get(group).is_some_and(|group| {
                        group.members.iter().all(|member| !contradict(member, &object))
                    })
                });
                match found.and_then(|found| Some((found, groups.get_mut(found)?))) {
                    Some((found, group)) => {
                        free.remove(&found);
                        group.members.push(object);
                        group.from.push((part, index));
                    }
                    None => later.push((index, object)),
                }
            }
            left = later;
        }
        let meets = in_order && left.len() == free.len();
        let free: Vec<usize> = free.into_iter().collect();
        for (turn, (index, object)) in left.into_iter().enumerate() {
            let met = free.get(turn).filter(|_| meets).and_then(|free| groups.get_mut(*free));
            match met {
                Some(group) if group.members.iter().all(|member| !contradict(member, &object)) => {
                    group.members.push(object);
                    group.from.push((part, index));
                }
                _ => groups.push(Group { members: vec![object], from: vec![(part, index)] }),
            }
        }
    }
    groups
}

/// Groups by the values of one key, in their order.
struct Keyed {
    by_value: BTreeMap<String, Vec<usize>>,
    places: Vec<(usize, Vec<Place>)>,
    taken: BTreeSet<usize>,
}

impl Keyed {
    fn of(key: Key, free: &BTreeSet<usize>, groups: &[Group], sources: &[Source]) -> Self {
        let mut by_value = BTreeMap::<String, Vec<usize>>::new();
        let mut places = Vec::new();
        let taken = BTreeSet::new();
        // Places are compared each with each.
        if matches!(key, Key::Place) && free.len() > MAX_PLACES {
            return Self { by_value, places, taken };
        }
        for index in free {
            let Some(group) = groups.get(*index) else { continue };
            if matches!(key, Key::Place) {
                places.push((*index, group.members.iter().flat_map(places_of).collect()));
                continue;
            }
            let mut values: Vec<String> = match key {
                Key::Said => object::said(&group.members),
                _ => group
                    .members
                    .iter()
                    .flat_map(|member| values_of(key, member, sources))
                    .collect(),
            };
            tiny_sort::stable::sort(&mut values);
            values.dedup();
            for value in values {
                by_value.entry(value).or_default().push(*index);
            }
        }
        Self { by_value, places, taken }
    }

    /// Takes the first group that `object` may join out.
    fn take(
        &mut self,
        key: Key,
        object: &Object,
        sources: &[Source],
        may: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let found = if matches!(key, Key::Place) {
            let own = places_of(object);
            let mut met = self.places.iter().filter(|(group, theirs)| {
                !self.taken.contains(group)
                    && may(*group)
                    && theirs.iter().any(|place| own.iter().any(|own| locator::is_same(place, own)))
            });
            // A place that could be two is neither.
            let first = met.next().map(|(group, _)| *group);
            if met.next().is_some() { None } else { first }
        } else {
            values_of(key, object, sources)
                .iter()
                .filter_map(|value| self.by_value.get(value))
                .flatten()
                .copied()
                .find(|group| !self.taken.contains(group) && may(*group))
        }?;
        self.taken.insert(found);
        Some(found)
    }
}

fn texts(object: &Object, field: &str) -> Vec<String> {
    let mut texts: Vec<String> = object::values(object, field)
        .iter()
        .map(|value| match value {
            Value::String(text) if field == "wwid" => wwid(text),
            Value::String(text) => folded(text),
            other => other.to_string(),
        })
        .filter(|text| !text.is_empty())
        .collect();
    texts.dedup();
    texts
}

fn wwid(text: &str) -> String {
    let lower = text.to_lowercase();
    let bare = ["naa.", "eui.", "wwn-0x", "wwn-", "0x"]
        .iter()
        .fold(lower.as_str(), |text, mark| text.strip_prefix(mark).unwrap_or(text));
    folded(bare)
}

fn values_of(key: Key, object: &Object, sources: &[Source]) -> Vec<String> {
    match key {
        Key::Fields(fields) => {
            let mut joined = vec![String::new()];
            for field in fields {
                let texts = texts(object, field);
                joined = joined
                    .iter()
                    .flat_map(|prefix| {
                        texts.iter().map(move |text| format!("{prefix}\u{1f}{text}"))
                    })
                    .collect();
            }
            joined
        }
        Key::Said => object::said(std::slice::from_ref(object)),
        Key::Handle => handles(object, sources),
        Key::Place => Vec::new(),
        Key::PortMac => {
            let ports = object.get("port").and_then(Value::as_array);
            ports
                .into_iter()
                .flatten()
                .filter_map(Value::as_object)
                .flat_map(|port| {
                    let mut macs = texts(port, "permanent_mac");
                    macs.extend(texts(port, "mac"));
                    macs
                })
                .collect()
        }
    }
}

fn places_of(object: &Object) -> Vec<Place> {
    object::values(object, "locator")
        .iter()
        .filter_map(|value| locator::place(value.as_str()?))
        .collect()
}

/// Returns the handles of the SMBIOS structures an object was read from, each
/// with the object's locator: after a firmware update a handle may mean another
/// slot.
fn handles(object: &Object, sources: &[Source]) -> Vec<String> {
    let locators = texts(object, "locator");
    let locators = if locators.is_empty() { vec![String::new()] } else { locators };
    object::sources_of(object)
        .into_iter()
        .filter_map(|index| usize::try_from(index).ok().and_then(|index| sources.get(index)))
        .filter_map(|source| handle(&source.locator))
        .flat_map(|handle| locators.iter().map(move |locator| format!("{handle}\u{1f}{locator}")))
        .collect()
}

/// Returns type and handle in a locator: `17/0x0021` of `smbios:17/0x0021`.
fn handle(locator: &str) -> Option<String> {
    let (before, after) = locator.rsplit_once("/0x")?;
    let start = before.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    let kind = before.get(start..).filter(|kind| !kind.is_empty())?;
    let digits: String = after.chars().take_while(char::is_ascii_hexdigit).collect();
    let number = u16::from_str_radix(&digits, 16).ok()?;
    // Only what stands for a structure: not `/sys/…/0x10`.
    let starts = before.get(..start).is_some_and(|rest| rest.ends_with([':', '#']));
    starts.then(|| format!("{kind}/{number:04x}"))
}

/// Says whether two objects cannot be one whatever their keys say.
fn contradict(section: Section, one: &Object, other: &Object) -> bool {
    match section {
        // A drive in another's place is another drive; a DIMM in another's
        // place is a disagreement to be shown.
        Section::Disk => differ(one, other, "serial") || differ(one, other, "wwid"),
        Section::Psu | Section::Controller => differ(one, other, "serial"),
        Section::Nic | Section::Hba | Section::Gpu => differ(one, other, "address"),
        Section::Lldp => differ(one, other, "interface"),
        Section::Cache => differ(one, other, "level"),
        _ => false,
    }
}

/// Says whether both objects have the field, with nothing in common. A text cut
/// short is the same text.
fn differ(one: &Object, other: &Object, field: &str) -> bool {
    let (one, other) = (texts(one, field), texts(other, field));
    if one.is_empty() || other.is_empty() {
        return false;
    }
    !one.iter().any(|one| {
        other.iter().any(|other| {
            let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
            one == other || (short.len() >= 6 && long.contains(short.as_str()))
        })
    })
}
