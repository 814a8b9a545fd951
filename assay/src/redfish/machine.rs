//! The machine as a whole: system, board, chassis, firmware, BMC, trusted module.

use bmc::redfish::inventory::{self as parts_of, Chassis, Interface, Manager, System};
use inventory::{
    brand::{brand_of, management_chip},
    model::{self, Bmc, Board, Firmware, Tpm},
};

use super::{Map, small};
use crate::measured::measured;

impl Map {
    /// Maps what the machine is.
    pub(super) fn machine(&mut self, found: &parts_of::Inventory, system: &System) {
        self.system(system);
        let own: Vec<&Chassis> = found
            .chassis
            .iter()
            .filter(|chassis| system.chassis.contains(&chassis.part.place))
            .collect();
        // A backplane is a chassis too; the machine's own is the one that its system names.
        let main = own.first().copied().or_else(|| found.chassis.first());
        if let Some(chassis) = main {
            self.chassis(chassis);
        }
        self.firmware(found, system);
        self.bmc(found);
        for trusted in found.trusted.iter().filter(|trusted| trusted.part.is_present) {
            let origin = self.source(&trusted.part.place);
            let version = match trusted.interface.as_deref() {
                Some("TPM2_0") => Some("2.0"),
                Some("TPM1_2") => Some("1.2"),
                _ => None,
            };
            self.inventory.tpm.push(Tpm {
                version: version.map(str::to_owned),
                manufacturer: trusted.part.manufacturer.clone(),
                description: trusted.interface.clone(),
                origin,
            });
        }
    }

    fn system(&mut self, system: &System) {
        let named = self.part(&system.part);
        self.inventory.system = Some(model::System {
            brand: named.manufacturer.as_deref().and_then(brand_of),
            manufacturer: named.manufacturer,
            product: system.part.model.clone(),
            serial: named.serial,
            sku: system.sku.clone(),
            uuid: system.uuid.clone(),
            origin: named.origin,
            ..model::System::default()
        });
    }

    fn chassis(&mut self, chassis: &Chassis) {
        let named = self.part(&chassis.part);
        let kind = chassis.kind.as_deref().map(|kind| match kind {
            "RackMount" | "Rack" => "Rack Mount Chassis",
            "Blade" => "Blade",
            "Enclosure" => "Main Server Chassis",
            "StandAlone" => "Tower",
            other => other,
        });
        // A rack unit is 44.45 mm; what is no multiple of it is no height of a chassis.
        let units = chassis.height_mm.map(|height| height / 44.45);
        let whole = units.filter(|units| (units - units.round()).abs() < 0.1 && *units >= 0.9);
        let origin = named.origin;
        let source = origin.source;
        self.inventory.chassis.push(model::Chassis {
            manufacturer: named.manufacturer.clone(),
            kind: kind.map(str::to_owned),
            serial: named.serial,
            asset_tag: chassis.asset.clone(),
            height_u: whole.and_then(|units| format!("{:.0}", units.round()).parse().ok()),
            sku: chassis.sku.clone(),
            origin,
            ..model::Chassis::default()
        });
        if let Some(serial) = &chassis.board_serial {
            self.inventory.board.push(Board {
                serial: Some(serial.clone()),
                hosting: Some(true),
                origin: model::Origin::of(source),
                ..Board::default()
            });
        }
    }

    fn firmware(&mut self, found: &parts_of::Inventory, system: &System) {
        if let Some(version) = &system.part.version {
            let origin = self.source(&system.part.place);
            self.inventory.firmware.push(Firmware {
                kind: "bios".to_owned(),
                version: Some(version.clone()),
                origin,
                ..Firmware::default()
            });
        }
        for firmware in &found.firmware {
            let Some(version) = &firmware.part.version else { continue };
            let origin = self.source(&firmware.part.place);
            let id = firmware.part.place.rsplit('/').next().unwrap_or_default();
            self.inventory.firmware.push(Firmware {
                // Names repeat; the last part of the path does not.
                kind: format!("redfish:{id}"),
                vendor: firmware.part.manufacturer.clone(),
                version: Some(version.clone()),
                date: firmware.released.clone(),
                origin,
                ..Firmware::default()
            });
        }
    }

    fn bmc(&mut self, found: &parts_of::Inventory) {
        let is_bmc = |manager: &&Manager| manager.kind.as_deref().is_none_or(|kind| kind == "BMC");
        let manager = found.managers.iter().find(is_bmc).or_else(|| found.managers.first());
        let Some(manager) = manager else { return };
        let mut origin = self.source(&manager.part.place);
        let interface = outward(&manager.interfaces);
        if let Some(interface) = interface {
            let from = self.source(&interface.place).source;
            for field in ["mac", "address"] {
                origin.sources.insert(field.to_owned(), from);
            }
        }
        let chip = found.devices.iter().flat_map(|device| &device.functions).find_map(|function| {
            let (vendor, device) = (function.vendor?, function.device?);
            Some((function, management_chip(&format!("{vendor:04x}:{device:04x}"))?))
        });
        if let Some((function, _)) = &chip {
            let from = self.source(&function.place).source;
            origin.sources.insert("chip".to_owned(), from);
        }
        self.inventory.bmc = Some(Bmc {
            // It answered.
            present: Some(true),
            firmware: manager.part.version.clone(),
            mac: interface.and_then(|interface| interface.mac.clone()),
            address: interface.and_then(|interface| interface.addresses.first().cloned()),
            chip: chip.map(|(_, chip)| chip),
            origin,
            ..Bmc::default()
        });
    }

    /// Maps fans and sensors.
    pub(super) fn measured(
        &mut self,
        found: &parts_of::Inventory,
        sensors: &[bmc::operation::sensor::Sensor],
    ) {
        for fan in found.fans.iter().filter(|fan| fan.part.is_present) {
            let Some(name) = fan.part.name.clone() else { continue };
            let origin = self.source(&fan.part.place);
            self.inventory.fan.push(model::Fan { name, rpm: small(fan.rpm), origin });
        }
        for sensor in sensors {
            self.sensor(sensor);
        }
    }

    fn sensor(&mut self, sensor: &bmc::operation::sensor::Sensor) {
        let limits = &sensor.thresholds;
        let critical = limits.upper_critical.or(limits.upper_non_recoverable);
        let Some(mut mapped) = measured(sensor, critical) else { return };
        mapped.origin = self.source(sensor.source.strip_prefix("redfish:").unwrap_or_default());
        self.inventory.sensor.push(mapped);
    }
}

/// Returns the interface that the BMC is reached at: not the one to its host.
fn outward(interfaces: &[Interface]) -> Option<&Interface> {
    let rank = |interface: &&Interface| {
        let words = [&interface.id, &interface.name]
            .map(|word| word.as_deref().unwrap_or_default().to_ascii_lowercase());
        let is_inward = words.iter().any(|word| word.contains("host") || word.contains("usb"));
        (is_inward, interface.is_enabled == Some(false), interface.addresses.is_empty())
    };
    interfaces.iter().filter(|interface| interface.mac.is_some()).min_by_key(rank)
}
