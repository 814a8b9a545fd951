//! The parts of a machine as its inventory has them, each as a list may ask for it.

use inventory::{
    Inventory,
    model::{Section, SectionState},
};

use super::part::Kind;
use crate::output::unit;

/// A part that was found; what is not known is nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Piece {
    /// Where it is: slot, socket, bay.
    pub(super) label: Option<String>,
    /// Maker, model and part number in one text.
    pub(super) words: Option<String>,
    /// The name that is told of it.
    pub(super) name: Option<String>,
    pub(super) bytes: Option<u64>,
    pub(super) protocol: Option<String>,
    pub(super) medium: Option<String>,
    pub(super) memory: Option<String>,
    pub(super) mts: Option<u64>,
    pub(super) hertz: Option<u64>,
    pub(super) cores: Option<u32>,
    /// Speeds that one of its ports has or could have.
    pub(super) bps: Vec<u64>,
    pub(super) ports: Option<usize>,
    pub(super) milliwatts: Option<u64>,
    pub(super) firmware: Option<String>,
    /// Whether it is there is not known.
    pub(super) is_doubtful: bool,
}

/// The parts of one kind.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    pub(super) all: Vec<Piece>,
    /// Why there may be others that were not seen.
    pub(super) doubt: Option<String>,
}

fn section(kind: Kind) -> Section {
    match kind {
        Kind::Cpu => Section::Cpu,
        Kind::Dimm => Section::Dimm,
        Kind::Disk => Section::Disk,
        Kind::Nic => Section::Nic,
        Kind::Gpu => Section::Gpu,
        Kind::Hba => Section::Hba,
        Kind::Raid => Section::Controller,
        Kind::Psu => Section::Psu,
        Kind::Bios => Section::Firmware,
        Kind::Bmc => Section::Bmc,
    }
}

/// Returns why a section may not be all: nothing where it is complete.
pub(super) fn doubt(inventory: &Inventory, section: Section) -> Option<String> {
    match inventory.sections.get(&section) {
        None => Some(String::new()),
        Some(status) if status.status == SectionState::Complete => None,
        Some(status) => Some(status.reason.clone().unwrap_or_default()),
    }
}

/// Joins what is known of a part's names.
fn joined(names: &[&Option<String>]) -> Option<String> {
    let mut text = String::new();
    for name in names.iter().filter_map(|name| name.as_deref()) {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(name);
    }
    (!text.is_empty()).then_some(text)
}

/// Returns the parts of that kind that a machine has.
pub(super) fn pieces(inventory: &Inventory, kind: Kind) -> Pieces {
    let all = match kind {
        Kind::Cpu => cpus(inventory),
        Kind::Dimm => dimms(inventory),
        Kind::Disk => disks(inventory),
        Kind::Nic => nics(inventory),
        Kind::Gpu | Kind::Hba | Kind::Raid => cards(inventory, kind),
        Kind::Psu => psus(inventory),
        Kind::Bios | Kind::Bmc => firmware(inventory, kind),
    };
    Pieces { all, doubt: doubt(inventory, section(kind)) }
}

fn cpus(inventory: &Inventory) -> Vec<Piece> {
    let there = inventory.cpu.iter().filter(|cpu| cpu.present != Some(false));
    let piece = |cpu: &inventory::model::Cpu| Piece {
        label: cpu.locator.clone(),
        words: joined(&[&cpu.manufacturer, &cpu.model, &cpu.part_number]),
        name: cpu.model.clone(),
        hertz: cpu.frequency_hz.nominal,
        cores: cpu.cores,
        is_doubtful: cpu.present.is_none(),
        ..Piece::default()
    };
    there.map(piece).collect()
}

fn dimms(inventory: &Inventory) -> Vec<Piece> {
    let there = inventory
        .dimm
        .iter()
        .filter(|dimm| dimm.present != Some(false) && dimm.kind.as_deref() != Some("flash"));
    let piece = |dimm: &inventory::model::Dimm| Piece {
        label: dimm.locator.clone(),
        words: joined(&[&dimm.manufacturer, &dimm.part_number]),
        name: dimm.part_number.clone(),
        bytes: dimm.size_bytes,
        memory: dimm.memory_type.clone(),
        mts: dimm.speed_mts,
        is_doubtful: dimm.present.is_none(),
        ..Piece::default()
    };
    there.map(piece).collect()
}

fn disks(inventory: &Inventory) -> Vec<Piece> {
    let piece = |disk: &inventory::model::Disk| Piece {
        label: disk.locator.clone(),
        words: joined(&[&disk.vendor, &disk.model]),
        name: disk.model.clone(),
        bytes: disk.size_bytes,
        protocol: disk.protocol.clone(),
        medium: disk.kind.clone(),
        firmware: disk.firmware.clone(),
        ..Piece::default()
    };
    inventory.disk.iter().map(piece).collect()
}

fn nics(inventory: &Inventory) -> Vec<Piece> {
    let piece = |nic: &inventory::model::Nic| {
        let mut bps = Vec::new();
        for port in &nic.port {
            bps.extend(port.speed_bps);
            bps.extend(port.supported_bps.iter().copied());
        }
        Piece {
            label: nic.address.clone(),
            words: joined(&[&nic.vendor, &nic.model]),
            name: nic.model.clone(),
            bps,
            ports: Some(nic.port.len()).filter(|ports| *ports > 0),
            firmware: nic.firmware.clone(),
            ..Piece::default()
        }
    };
    inventory.nic.iter().filter(|nic| !nic.is_virtual).map(piece).collect()
}

fn cards(inventory: &Inventory, kind: Kind) -> Vec<Piece> {
    match kind {
        Kind::Gpu => inventory
            .gpu
            .iter()
            .map(|gpu| Piece {
                label: gpu.address.clone(),
                words: joined(&[&gpu.vendor, &gpu.model]),
                name: gpu.model.clone(),
                ..Piece::default()
            })
            .collect(),
        Kind::Hba => inventory
            .hba
            .iter()
            .map(|hba| Piece {
                label: hba.address.clone(),
                words: hba.model.clone(),
                name: hba.model.clone(),
                bps: hba.port.iter().flat_map(|port| port.supported_bps.iter().copied()).collect(),
                ports: Some(hba.port.len()).filter(|ports| *ports > 0),
                firmware: hba.firmware.clone(),
                ..Piece::default()
            })
            .collect(),
        _ => inventory
            .controller
            .iter()
            .filter(|one| one.kind.as_deref().is_none_or(|kind| kind == "raid" || kind == "sas"))
            .map(|one| Piece {
                label: one.address.clone(),
                words: joined(&[&one.vendor, &one.model]),
                name: one.model.clone(),
                firmware: one.firmware.clone(),
                is_doubtful: one.kind.is_none(),
                ..Piece::default()
            })
            .collect(),
    }
}

fn psus(inventory: &Inventory) -> Vec<Piece> {
    let there = inventory.psu.iter().filter(|psu| psu.present != Some(false));
    let piece = |psu: &inventory::model::Psu| Piece {
        label: psu.locator.clone(),
        words: joined(&[&psu.manufacturer, &psu.name, &psu.part_number]),
        name: psu.part_number.clone().or_else(|| psu.name.clone()),
        milliwatts: psu.power_mw,
        is_doubtful: psu.present.is_none(),
        ..Piece::default()
    };
    there.map(piece).collect()
}

/// Returns the version of a machine's own firmware, as one part.
fn firmware(inventory: &Inventory, kind: Kind) -> Vec<Piece> {
    let version = match kind {
        Kind::Bios => {
            let bios = inventory.firmware.iter().find(|one| one.kind == "bios");
            bios.and_then(|bios| bios.version.clone())
        }
        _ => inventory.bmc.as_ref().and_then(|bmc| bmc.firmware.clone()),
    };
    version
        .map(|version| Piece { firmware: Some(version), ..Piece::default() })
        .into_iter()
        .collect()
}

impl Piece {
    /// Returns what is told of it: size or clock, and its name.
    pub(super) fn said(&self) -> String {
        let mut said = Vec::new();
        if let Some(bytes) = self.bytes {
            // A module's size is a power of two and a disk's is not.
            said.push(if self.protocol.is_none() && self.medium.is_none() {
                unit::memory(bytes)
            } else {
                unit::storage(bytes)
            });
        }
        said.extend(self.milliwatts.map(|power| format!("{} W", power / 1000)));
        said.extend(self.name.clone());
        if let (true, Some(version)) = (said.is_empty(), &self.firmware) {
            said.push(version.clone());
        }
        if said.is_empty() { "?".to_owned() } else { said.join(" ") }
    }
}
