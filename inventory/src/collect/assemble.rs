//! Puts the collectors' shares together: sources renumbered, objects appended.

use crate::Inventory;
use crate::model::{Bmc, Origin, SourceId};

use super::Collected;

/// Appends `part` to `whole`; its facts go on naming the same sources.
pub(crate) fn absorb(whole: &mut Collected, part: Collected) {
    let Collected { inventory: mut from, evidence } = part;
    let base = u32::try_from(whole.inventory.sources.len()).unwrap_or(u32::MAX);
    renumber(&mut from, base);
    let to = &mut whole.inventory;
    to.sources.append(&mut from.sources);
    macro_rules! take {
        (one: $($one:ident),*; many: $($many:ident),*) => {
            $( if from.$one.is_some() { to.$one = from.$one.take(); } )*
            $( to.$many.append(&mut from.$many); )*
        };
    }
    take!(
        one: system, platform, topology, memory, identity;
        many: board, chassis, firmware, cpu, cache, dimm, memory_array, slot, pci, nic, hba,
        infiniband, controller, disk, psu, fan, sensor, gpu, tpm, lldp, plane, plane_sharing,
        oem_strings, findings
    );
    to.bmc = match (to.bmc.take(), from.bmc.take()) {
        (Some(first), Some(second)) => Some(both(first, second)),
        (first, second) => first.or(second),
    };
    to.sections.append(&mut from.sections);
    whole.evidence.extend(evidence);
}

/// Fills what the first description of the management controller lacks from the
/// second.
fn both(mut first: Bmc, second: Bmc) -> Bmc {
    macro_rules! fill {
        ($($field:ident),*) => {
            $(
                if first.$field.is_none() && second.$field.is_some() {
                    let name = stringify!($field);
                    let source = second.origin.sources.get(name).unwrap_or(&second.origin.source);
                    first.origin.sources.insert(name.to_owned(), *source);
                    first.$field = second.$field;
                }
            )*
        };
    }
    fill!(present, interface, ipmi_version, firmware, manufacturer_id, mac, address, chip);
    first
}

/// Moves every source index of `inventory` up by `base`.
fn renumber(inventory: &mut Inventory, base: u32) {
    let shift = |id: &mut SourceId| id.0 = id.0.saturating_add(base);
    each_origin(inventory, &mut |origin| {
        shift(&mut origin.source);
        origin.sources.values_mut().for_each(shift);
        origin.also.values_mut().flatten().for_each(|claim| shift(&mut claim.source));
    });
    inventory.findings.iter_mut().flat_map(|finding| &mut finding.claims).for_each(|claim| {
        shift(&mut claim.source);
    });
}

/// Calls `edit` with the provenance of every object in the document.
pub(crate) fn each_origin(inventory: &mut Inventory, edit: &mut dyn FnMut(&mut Origin)) {
    macro_rules! visit {
        (one: $($one:ident),*; many: $($many:ident),*) => {
            $( inventory.$one.iter_mut().for_each(|object| edit(&mut object.origin)); )*
            $( inventory.$many.iter_mut().for_each(|object| edit(&mut object.origin)); )*
        };
    }
    visit!(
        one: system, platform, bmc, topology, memory;
        many: board, chassis, firmware, cpu, cache, dimm, memory_array, slot, pci, nic, hba,
        infiniband, controller, disk, psu, fan, sensor, gpu, tpm, lldp, plane, plane_sharing
    );
    let ports = inventory.nic.iter_mut().flat_map(|nic| &mut nic.port);
    ports.for_each(|port| edit(&mut port.origin));
    let ports = inventory.hba.iter_mut().flat_map(|hba| &mut hba.port);
    ports.for_each(|port| edit(&mut port.origin));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Hba, HbaPort, Source, SourceKind};

    fn part(locator: &str) -> Collected {
        let mut part = Collected::default();
        let source =
            Source { kind: SourceKind::Sysfs, locator: locator.to_owned(), at: None, digest: None };
        let id = part.inventory.add_source(source);
        let port = HbaPort { origin: Origin::of(id), ..HbaPort::default() };
        let hba = Hba { port: vec![port], origin: Origin::of(id), ..Hba::default() };
        part.inventory.hba.push(hba);
        part
    }

    #[test]
    fn facts_go_on_naming_their_own_source() {
        let mut whole = Collected::default();
        absorb(&mut whole, part("a"));
        absorb(&mut whole, part("b"));
        let inventory = &whole.inventory;
        for (hba, locator) in inventory.hba.iter().zip(["a", "b"]) {
            let source = |id: SourceId| &inventory.sources[id.0 as usize].locator;
            assert_eq!(source(hba.origin.source), locator);
            assert_eq!(source(hba.port[0].origin.source), locator);
        }
    }
}
