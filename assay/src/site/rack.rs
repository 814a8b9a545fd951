//! What stands in which rack, unit by unit, as the list plans it.

use std::collections::BTreeMap;

use super::{
    list::List,
    place::{HIGHEST, Place, folded},
    seen::Seen,
};

/// Units of a rack where the list does not say.
const UNITS: u8 = 42;

/// A rack, and what stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rack {
    /// Its room and name.
    pub name: String,
    /// Its units.
    pub units: u8,
    /// What is planned there, from the bottom.
    pub slots: Vec<Slot>,
}

/// What is planned in some units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// The lowest unit.
    pub unit: u8,
    /// How many units.
    pub height: u8,
    /// The lines of the list that stand there: several are nodes of one enclosure.
    pub lines: Vec<usize>,
}

/// Returns the racks of a list, by name.
///
/// `machine` returns the machine of a line: where the list does not say how high it is, its chassis
/// does, as far as there is room below the next one.
pub fn racks<'s>(list: &List, machine: &dyn Fn(usize) -> Option<&'s Seen<'s>>) -> Vec<Rack> {
    let mut racks: BTreeMap<(String, String), Rack> = BTreeMap::new();
    for (at, line) in list.lines.iter().enumerate() {
        let Some(Place { room, rack, unit }) = &line.place else { continue };
        let key = (room.as_deref().map(folded).unwrap_or_default(), folded(rack));
        let name = room.as_ref().map_or_else(|| rack.clone(), |room| format!("{room}-{rack}"));
        let found = racks.entry(key).or_insert_with(|| Rack { name, units: 0, slots: Vec::new() });
        found.units = found.units.max(line.rack_height.unwrap_or(0));
        let told = || {
            let chassis = machine(at)?.inventory.chassis.iter().find_map(|one| one.height_u)?;
            u8::try_from(chassis).ok().filter(|height| (1..=HIGHEST).contains(height))
        };
        // A guess is marked by its being cut to the room that there is.
        let height = line.height.or_else(told).unwrap_or(1);
        match found.slots.iter_mut().find(|slot| slot.unit == *unit) {
            Some(slot) => slot.lines.push(at),
            None => found.slots.push(Slot { unit: *unit, height, lines: vec![at] }),
        }
    }
    let mut racks: Vec<Rack> = racks.into_values().collect();
    for rack in &mut racks {
        tiny_sort::stable::sort_by(&mut rack.slots, |one, other| one.unit.cmp(&other.unit));
        let next: Vec<u8> = rack.slots.iter().skip(1).map(|slot| slot.unit).collect();
        for (at, slot) in rack.slots.iter_mut().enumerate() {
            let room = next.get(at).map_or(HIGHEST, |next| next.saturating_sub(slot.unit));
            slot.height = slot.height.min(room.max(1));
        }
        let top =
            rack.slots.iter().map(|slot| slot.unit.saturating_add(slot.height).saturating_sub(1));
        let top = top.max().unwrap_or(0);
        let said = if rack.units == 0 { UNITS } else { rack.units };
        rack.units = said.max(top);
    }
    racks
}
