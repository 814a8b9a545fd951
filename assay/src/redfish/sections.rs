//! How complete each section is that a BMC tells.

use bmc::redfish::{finding::Finding, inventory as parts_of};
use inventory::model::{Section, SectionState};

use super::Map;

/// Whether a BMC can know all of a kind of part.
#[derive(Clone, Copy)]
enum Reach {
    /// What it does not list is not there.
    All,
    /// It lists slots; all of them only where it lists an empty one too.
    Slots(bool),
    /// There may be more: what it cannot talk to it does not see.
    Some(&'static str),
}

impl Map {
    /// Says how complete each section is.
    pub(super) fn sections(&mut self, found: &parts_of::Inventory, losses: &[&Finding]) {
        let has_empty_dimm = found.modules.iter().any(|module| !module.part.is_present);
        let has_empty_slot = found.slots.iter().any(|slot| slot.is_used != Some(true));
        let unseen = "what does not talk to the BMC is not seen by it";
        let inventory = &self.inventory;
        let rows: [(Section, bool, Reach, &[&str]); 16] = [
            (Section::System, inventory.system.is_some(), Reach::All, &["/Systems/"]),
            (Section::Bmc, inventory.bmc.is_some(), Reach::All, &["/Managers"]),
            (Section::Firmware, !inventory.firmware.is_empty(), Reach::All, &["/UpdateService"]),
            (Section::Cpu, !inventory.cpu.is_empty(), Reach::All, &["/Processors"]),
            (Section::Dimm, !inventory.dimm.is_empty(), Reach::Slots(has_empty_dimm), &["/Memory"]),
            (
                Section::Slot,
                !inventory.slot.is_empty(),
                Reach::Slots(has_empty_slot),
                &["/PCIeSlots"],
            ),
            (Section::Psu, !inventory.psu.is_empty(), Reach::All, &["/Power"]),
            (Section::Fan, !inventory.fan.is_empty(), Reach::All, &["/Thermal"]),
            (
                Section::Sensor,
                !inventory.sensor.is_empty(),
                Reach::All,
                &["/Sensors", "/Thermal", "/Power"],
            ),
            (
                Section::Board,
                !inventory.board.is_empty(),
                Reach::Some("the BMC tells its serial number alone"),
                &[],
            ),
            (Section::Chassis, !inventory.chassis.is_empty(), Reach::All, &["/Chassis/"]),
            (
                Section::Disk,
                !inventory.disk.is_empty(),
                Reach::Some(unseen),
                &["/Storage", "/Drives"],
            ),
            (
                Section::Controller,
                !inventory.controller.is_empty(),
                Reach::Some(unseen),
                &["/Storage"],
            ),
            (Section::Nic, !inventory.nic.is_empty(), Reach::Some(unseen), &["/Network"]),
            (Section::Hba, !inventory.hba.is_empty(), Reach::Some(unseen), &["/Network"]),
            (Section::Gpu, !inventory.gpu.is_empty(), Reach::Some(unseen), &["/PCIeDevices"]),
        ];
        let nameless = self.nameless_drives;
        let mut states = Vec::new();
        for (section, is_there, reach, places) in rows {
            let loss =
                losses.iter().find(|loss| places.iter().any(|place| loss.path.contains(place)));
            let state = match (is_there, loss, reach) {
                (_, None, _) if section == Section::Disk && nameless > 0 => {
                    let why = format!("{nameless} drives without a serial number are left out");
                    (SectionState::Partial, Some(why))
                }
                (true, Some(loss), _) => (SectionState::Partial, Some(loss.said().1)),
                (false, Some(loss), _) => (SectionState::Failed, Some(loss.said().1)),
                (true, None, Reach::All | Reach::Slots(true)) => (SectionState::Complete, None),
                (true, None, Reach::Slots(false)) => {
                    (SectionState::Partial, Some(crate::NO_EMPTY_SLOT.to_owned()))
                }
                (true, None, Reach::Some(why)) => (SectionState::Partial, Some(why.to_owned())),
                (false, None, _) => {
                    (SectionState::Unsupported, Some("the BMC lists none".to_owned()))
                }
            };
            states.push((section, state));
        }
        for (section, (state, reason)) in states {
            self.inventory.set_section(section, state, reason);
        }
    }
}
