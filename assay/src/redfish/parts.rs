//! Processors, memory, storage, network cards, slots, power supplies, graphics.

use bmc::redfish::inventory::{
    self as parts_of, Adapter, Controller, Drive, Module, Port, Processor, Purpose, Slot, Supply,
    Volume,
};
use inventory::{
    frequency,
    model::{
        Controller as Controls, Cpu, Dimm, Disk, DiskHealth, Frequency, Gpu, Hba, HbaPort,
        Infiniband, Nic, NicPort, Psu, Slot as Place, Volume as Presented,
    },
};

use super::{Map, small};
use crate::measured::thousandths;

impl Map {
    /// Maps the parts of the machine.
    pub(super) fn parts(&mut self, found: &parts_of::Inventory) {
        let cpus = found.processors.iter().filter(|processor| processor.purpose == Purpose::Cpu);
        for processor in cpus {
            self.cpu(processor);
        }
        for module in found.modules.iter().filter(|module| module.is_pluggable()) {
            self.dimm(module);
        }
        for drive in found.drives.iter().filter(|drive| drive.part.is_present) {
            // A drive that nothing names would be one more beside the same one of another source.
            if drive.part.serial.is_some() || drive.durable_name.is_some() {
                self.disk(drive, &found.controllers);
            } else {
                self.nameless_drives = self.nameless_drives.saturating_add(1);
            }
        }
        for controller in found.controllers.iter().filter(|controller| controller.part.is_present) {
            self.controller(controller, &found.volumes);
        }
        for adapter in found.adapters.iter().filter(|adapter| adapter.part.is_present) {
            self.adapter(adapter);
        }
        for slot in &found.slots {
            self.slot(slot);
        }
        for supply in &found.supplies {
            self.psu(supply);
        }
        for part in found.graphics().into_iter().filter(|part| part.is_present) {
            let named = self.part(part);
            self.inventory.gpu.push(Gpu {
                vendor: named.manufacturer,
                model: part.model.clone().or_else(|| part.name.clone()),
                origin: named.origin,
                ..Gpu::default()
            });
        }
    }

    fn cpu(&mut self, processor: &Processor) {
        let part = &processor.part;
        let named = self.part(part);
        let is_there = part.is_present;
        let model = part.model.clone();
        // What it runs at now may be its turbo: for rules only its name and its base clock count.
        let nominal = frequency::nominal(model.as_deref(), processor.base_hz, None);
        let architecture = processor.instruction_set.as_deref().and_then(|set| match set {
            "x86-64" => Some("x86_64"),
            "ARM-A64" => Some("aarch64"),
            "LoongArch64" | "LA64" => Some("loongarch64"),
            _ => None,
        });
        self.inventory.cpu.push(Cpu {
            locator: part.location.clone().or_else(|| part.name.clone()),
            present: Some(is_there),
            enabled: part.state.as_deref().filter(|_| is_there).map(|state| state == "Enabled"),
            manufacturer: named.manufacturer,
            model,
            architecture: architecture.map(str::to_owned),
            cores: small(processor.cores).filter(|_| is_there),
            cores_enabled: small(processor.cores_enabled).filter(|_| is_there),
            threads: small(processor.threads).filter(|_| is_there),
            frequency_hz: Frequency {
                nominal: nominal.map(|(hertz, _)| hertz),
                current: processor.clock_hz,
                max_claimed: processor.most_hz,
            },
            microcode: processor.microcode.clone(),
            serial: named.serial,
            part_number: named.part_number,
            origin: named.origin,
            ..Cpu::default()
        });
    }

    fn dimm(&mut self, module: &Module) {
        let part = &module.part;
        let named = self.part(part);
        let is_ddr = |kind: &String| kind.contains("DDR");
        let kind = match module.memory.as_deref() {
            _ if !part.is_present => None,
            Some("DRAM") => Some("ram"),
            Some(word) if word.starts_with("NVDIMM") || word == "IntelOptane" => Some("persistent"),
            None if module.kind.as_ref().is_some_and(is_ddr) => Some("ram"),
            _ => None,
        };
        self.inventory.dimm.push(Dimm {
            locator: part.location.clone().or_else(|| part.name.clone()),
            present: Some(part.is_present),
            kind: kind.map(str::to_owned),
            size_bytes: module.size_bytes.filter(|_| part.is_present),
            speed_mts: module.most_speed_mts,
            configured_speed_mts: module.speed_mts,
            manufacturer: named.manufacturer,
            part_number: named.part_number,
            serial: named.serial,
            rank: small(module.ranks),
            memory_type: module.kind.clone(),
            form_factor: module.form.clone(),
            total_width_bits: small(module.bus_bits),
            data_width_bits: small(module.data_bits),
            origin: named.origin,
            ..Dimm::default()
        });
    }

    fn disk(&mut self, drive: &Drive, controllers: &[Controller]) {
        let part = &drive.part;
        let named = self.part(part);
        let protocol =
            drive.protocol.as_ref().map(|word| match word.to_ascii_lowercase().as_str() {
                // What old schemas call it: a drive on PCI Express.
                "pcie" => "nvme".to_owned(),
                other => other.to_owned(),
            });
        let kind = drive.media.as_ref().map(|media| media.to_ascii_lowercase());
        let behind = controllers.iter().find(|controller| {
            Some(&controller.storage) == drive.storage.as_ref()
                && protocol.as_deref() != Some("nvme")
        });
        let mut reasons = Vec::new();
        if drive.is_failing == Some(true) {
            reasons.push("the BMC predicts its failure".to_owned());
        }
        if let Some(health @ ("Warning" | "Critical")) = part.health.as_deref() {
            reasons.push(format!("its health is `{health}` by the BMC"));
        }
        // That nothing is predicted is no verdict of the drive: it may not have been asked.
        let health = (!reasons.is_empty()).then(|| DiskHealth {
            passed: Some(false),
            reasons,
            notes: Vec::new(),
        });
        let worn = drive.life_left_percent.filter(|left| (0.0..=100.0).contains(left));
        let worn = thousandths(worn.map(|left| (100.0 - left) * 10.0));
        self.inventory.disk.push(Disk {
            locator: part.location.clone().or_else(|| part.name.clone()),
            protocol,
            kind: kind.filter(|kind| matches!(kind.as_str(), "hdd" | "ssd")),
            vendor: named.manufacturer,
            model: part.model.clone(),
            serial: named.serial,
            firmware: part.version.clone(),
            size_bytes: drive.size_bytes,
            block_bytes: small(drive.block_bytes),
            rpm: small(drive.rpm),
            wwid: drive.durable_name.as_ref().and_then(wwid),
            behind: behind.and_then(|controller| controller.part.name.clone()),
            health,
            wear_ratio_ppm: worn.and_then(|worn| u64::try_from(worn).ok()),
            power_on_s: drive.powered_on_h.and_then(|hours| hours.checked_mul(3600)),
            temperature_mc: thousandths(drive.temperature_c),
            origin: named.origin,
            ..Disk::default()
        });
    }

    fn controller(&mut self, controller: &Controller, volumes: &[Volume]) {
        let part = &controller.part;
        let named = self.part(part);
        let speaks = |word: &str| controller.protocols.iter().any(|known| known == word);
        let kind = match () {
            () if controller.levels.iter().any(|level| level.starts_with("RAID")) => Some("raid"),
            () if speaks("SAS") => Some("sas"),
            () if speaks("FC") => Some("fc"),
            () if speaks("NVMe") => Some("nvme"),
            () if speaks("SATA") => Some("sata"),
            () => None,
        };
        let own =
            volumes.iter().filter(|volume| volume.storage.as_ref() == Some(&controller.storage));
        let presented = own.map(|volume| Presented {
            name: volume.name.clone(),
            level: volume.level.clone(),
            state: volume.health.clone().or_else(|| volume.state.clone()),
            size_bytes: volume.size_bytes,
            ..Presented::default()
        });
        self.inventory.controller.push(Controls {
            kind: kind.map(str::to_owned),
            vendor: named.manufacturer,
            model: part.model.clone(),
            serial: named.serial,
            firmware: part.version.clone(),
            drives: small(Some(controller.drives)),
            state: part.health.clone(),
            volume: presented.collect(),
            origin: named.origin,
            ..Controls::default()
        });
    }

    /// Maps an adapter as what its ports are.
    fn adapter(&mut self, adapter: &Adapter) {
        let is = |word: &str| {
            let mut known = adapter.ports.iter().filter_map(|port| port.technology.as_deref());
            known.any(|technology| technology == word)
        };
        let part = &adapter.part;
        let model = part.model.clone().or_else(|| part.name.clone());
        if is("FibreChannel") {
            let named = self.part(part);
            let is_named = adapter.ports.iter().any(|port| !port.addresses.is_empty());
            let ports = adapter.ports.iter().filter(|_| is_named);
            let ports = ports.map(|port| self.fc_port(port)).collect();
            self.inventory.hba.push(Hba {
                protocol: Some("fc".to_owned()),
                model,
                firmware: part.version.clone(),
                port: ports,
                origin: named.origin,
                ..Hba::default()
            });
        } else if is("InfiniBand") {
            for (port, number) in adapter.ports.iter().zip(1..) {
                let origin = self.source(&port.place);
                self.inventory.infiniband.push(Infiniband {
                    device: model.clone().unwrap_or_else(|| part.place.clone()),
                    port: number,
                    rate_bps: port.speed_bps,
                    link_layer: port.technology.clone(),
                    origin,
                    ..Infiniband::default()
                });
            }
        } else {
            let named = self.part(part);
            // A card that no address names would be one more beside the same one of another
            // source; without ports it is told of and counts for nothing.
            let is_named = adapter.ports.iter().any(|port| !port.addresses.is_empty());
            let ports = adapter.ports.iter().filter(|_| is_named);
            let ports = ports.map(|port| self.port(port)).collect();
            self.inventory.nic.push(Nic {
                vendor: named.manufacturer,
                model,
                firmware: part.version.clone(),
                port: ports,
                origin: named.origin,
                ..Nic::default()
            });
        }
    }

    fn port(&mut self, port: &Port) -> NicPort {
        let origin = self.source(&port.place);
        NicPort {
            permanent_mac: port.addresses.first().cloned(),
            link: port.is_linked,
            speed_bps: port.speed_bps.filter(|_| port.is_linked != Some(false)),
            supported_bps: port.most_speed_bps.into_iter().collect(),
            origin,
            ..NicPort::default()
        }
    }

    fn fc_port(&mut self, port: &Port) -> HbaPort {
        let origin = self.source(&port.place);
        HbaPort {
            wwpn: port.addresses.first().map(|name| name.replace(':', "")),
            speed_bps: port.speed_bps,
            supported_bps: port.most_speed_bps.into_iter().collect(),
            origin,
            ..HbaPort::default()
        }
    }

    fn slot(&mut self, slot: &Slot) {
        let origin = self.source(&slot.place);
        // Without its form, a slot may as well be of a mezzanine or a drive.
        let bus = slot.form.as_deref().map(|form| match form {
            "FullLength" | "HalfLength" | "LowProfile" => "pcie",
            "M2" => "m2",
            "U2" => "u2",
            form if form.starts_with("OCP") => "ocp",
            _ => "other",
        });
        let length = slot.form.as_deref().and_then(|form| match form {
            "FullLength" => Some("long"),
            "HalfLength" | "LowProfile" => Some("short"),
            _ => None,
        });
        let generation = slot.generation.as_deref().and_then(|text| text.strip_prefix("Gen"));
        self.inventory.slot.push(Place {
            locator: slot.label.clone(),
            bus: bus.map(str::to_owned),
            kind: slot.form.clone(),
            width: small(slot.lanes),
            length: length.map(str::to_owned),
            in_use: slot.is_used,
            generation: generation.and_then(|digits| digits.parse().ok()),
            origin,
            ..Place::default()
        });
    }

    fn psu(&mut self, supply: &Supply) {
        let part = &supply.part;
        let named = self.part(part);
        let power = thousandths(supply.capacity_w).and_then(|power| u64::try_from(power).ok());
        self.inventory.psu.push(Psu {
            locator: part.location.clone().or_else(|| part.name.clone()),
            name: part.model.clone().or_else(|| part.name.clone()),
            present: Some(part.is_present),
            manufacturer: named.manufacturer,
            part_number: named.part_number,
            serial: named.serial,
            revision: part.version.clone(),
            power_mw: power.filter(|_| part.is_present),
            hot_replaceable: supply.is_hot_pluggable,
            kind: supply.kind.clone(),
            status: part.health.clone(),
            origin: named.origin,
            ..Psu::default()
        });
    }
}

/// Returns a world-wide id as the kernel writes it.
fn wwid((format, name): &(String, String)) -> Option<String> {
    let digits: String = name.chars().filter(char::is_ascii_hexdigit).collect();
    let prefix = match format.as_str() {
        "NAA" => "naa",
        "EUI" => "eui",
        _ => return None,
    };
    let is_whole = matches!(digits.len(), 16 | 32) && digits.len() == name.trim().len();
    is_whole.then(|| format!("{prefix}.{}", digits.to_ascii_lowercase()))
}
