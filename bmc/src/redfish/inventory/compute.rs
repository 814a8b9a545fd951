//! Processors, memory modules and trusted modules of systems.

use super::part::Part;
use crate::redfish::reader::Node;

/// What a processor is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// It runs the system.
    #[default]
    Cpu,
    /// It draws, or computes beside it.
    Gpu,
    /// Something else, in the BMC's word: `FPGA`, `Accelerator`, `DSP`.
    Other(String),
}

/// A processor or its socket (`Processor`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Processor {
    /// What all parts have.
    pub part: Part,
    /// What it is for.
    pub purpose: Purpose,
    /// Cores.
    pub cores: Option<u64>,
    /// Cores that are enabled.
    pub cores_enabled: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
    /// The clock it runs at, in Hz.
    pub clock_hz: Option<u64>,
    /// The clock its maker names, in Hz.
    pub base_hz: Option<u64>,
    /// The fastest clock it can have, in Hz.
    pub most_hz: Option<u64>,
    /// `x86`, `ARM`, `LoongArch`, …, in the BMC's word.
    pub architecture: Option<String>,
    /// `x86-64`, `ARM-A64`, …, in the BMC's word.
    pub instruction_set: Option<String>,
    /// Microcode.
    pub microcode: Option<String>,
    /// The PCI device that it is, by its path.
    pub device: Option<String>,
}

/// A memory module or its slot (`Memory`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// What all parts have.
    pub part: Part,
    /// Capacity in bytes.
    pub size_bytes: Option<u64>,
    /// What it is to the system: `DRAM`, `NVDIMM_N`, `IntelOptane`, ….
    pub memory: Option<String>,
    /// `DDR4`, `DDR5`, `HBM3`, ….
    pub kind: Option<String>,
    /// `RDIMM`, `LRDIMM`, ….
    pub form: Option<String>,
    /// The speed it runs at, in MT/s.
    pub speed_mts: Option<u64>,
    /// The fastest speed it can run at, in MT/s.
    pub most_speed_mts: Option<u64>,
    /// Ranks.
    pub ranks: Option<u64>,
    /// Width of data, in bits.
    pub data_bits: Option<u64>,
    /// Width with the bits that correct, in bits.
    pub bus_bits: Option<u64>,
}

impl Module {
    /// Says whether it sits in a slot: memory of a GPU is listed among modules, and is none.
    pub fn is_pluggable(&self) -> bool {
        let kind = self.kind.as_deref().unwrap_or_default();
        !["HBM", "GDDR"].iter().any(|soldered| kind.starts_with(soldered))
    }
}

/// A trusted module (`ComputerSystem.TrustedModules`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trusted {
    /// What all parts have.
    pub part: Part,
    /// `TPM2_0`, `TPM1_2`, `TCM1_0`.
    pub interface: Option<String>,
}

const MEGA: u32 = 1_000_000;
const MEBI: u32 = 1 << 20;

/// Reads the processors of a system.
pub(super) fn processors(system: &Node<'_>, place: &str) -> Vec<Processor> {
    system.members("Processors").iter().map(|node| processor(node, place)).collect()
}

fn processor(node: &Node<'_>, system: &str) -> Processor {
    let mut part = Part::of(node, Some(system));
    let purpose = match node.text("ProcessorType").as_deref() {
        // Old schemas have no other kind.
        None | Some("CPU") => Purpose::Cpu,
        Some("GPU") => Purpose::Gpu,
        Some(other) => Purpose::Other(other.to_owned()),
    };
    if part.model.is_none() {
        part.model = node.text("Version");
    }
    let cores = node.count("TotalCores");
    if purpose == Purpose::Cpu && cores.is_none_or(|cores| cores == 0) {
        part.doubt();
    }
    // Lenovo's name for it, and Huawei's.
    let keys = ["CurrentClockSpeedMHz", "FrequencyMHz"];
    let of_oem = |oem: &Node<'_>| keys.iter().find_map(|key| oem.amount(key, MEGA));
    let oem = || node.oem().iter().find_map(|(_, oem)| of_oem(oem));
    let microcode = node.node("ProcessorId").and_then(|id| id.text("MicrocodeInfo"));
    Processor {
        purpose,
        cores,
        cores_enabled: node.count("TotalEnabledCores"),
        threads: node.count("TotalThreads"),
        clock_hz: node.amount("OperatingSpeedMHz", MEGA).or_else(oem),
        base_hz: node.amount("BaseSpeedMHz", MEGA),
        most_hz: node.amount("MaxSpeedMHz", MEGA),
        architecture: node.text("ProcessorArchitecture"),
        instruction_set: node.text("InstructionSet"),
        microcode,
        device: node.node("Links").and_then(|links| links.link("PCIeDevice")),
        part,
    }
}

/// Reads the memory of a system.
pub(super) fn modules(system: &Node<'_>, place: &str) -> Vec<Module> {
    system.members("Memory").iter().map(|node| module(node, place)).collect()
}

fn module(node: &Node<'_>, system: &str) -> Module {
    let mut part = Part::of(node, Some(system));
    let size_bytes = node
        .amount("CapacityMiB", MEBI)
        .or_else(|| node.amount("SizeMB", MEBI))
        .filter(|size| *size > 0);
    if size_bytes.is_none() {
        part.doubt();
    }
    // Of iLO 4.
    if node.text("DIMMStatus").is_some_and(|status| status == "NotPresent") {
        part.is_present = false;
    }
    let allowed = node.counts("AllowedSpeedsMHz").into_iter().max();
    Module {
        size_bytes,
        memory: node.text("MemoryType"),
        kind: node.first_text(&["MemoryDeviceType", "DIMMType"]),
        form: node.text("BaseModuleType"),
        speed_mts: node.count("OperatingSpeedMhz").or_else(|| node.count("OperatingSpeedMHz")),
        most_speed_mts: allowed.or_else(|| node.count("MaximumFrequencyMHz")),
        ranks: node.count("RankCount").or_else(|| node.count("Rank")),
        data_bits: node.count("DataWidthBits"),
        bus_bits: node.count("BusWidthBits"),
        part,
    }
}

/// Reads the trusted modules of a system.
pub(super) fn trusted(system: &Node<'_>, place: &str) -> Vec<Trusted> {
    let read = |node: &Node<'_>| Trusted {
        part: Part::of(node, Some(place)),
        interface: node.text("InterfaceType"),
    };
    system.items("TrustedModules").iter().map(read).collect()
}
