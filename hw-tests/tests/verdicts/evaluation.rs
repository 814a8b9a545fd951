//! The three server classes of the norm, evaluated from a dmidecode report.
//!
//! Written from the norm's wording alone: it shares no code with the judge, so
//! that one can check the other.

use std::collections::BTreeMap;

use crate::text::{Block, bytes, kilohertz};

/// A class of server, with the numbers of 5.3.3.1.
pub(crate) struct Class {
    pub(crate) profile: &'static str,
    pub(crate) clause: &'static str,
    pub(crate) sockets: usize,
    pub(crate) cores: u64,
    pub(crate) clock_khz: u64,
    pub(crate) memory_bytes: u64,
    pub(crate) memory_slots: (&'static str, usize),
    pub(crate) pcie_slots: Option<(&'static str, usize)>,
    /// The row of the operating temperature, which only a person can confirm.
    pub(crate) temperature: Option<&'static str>,
}

const GIB: u64 = 1 << 30;

pub(crate) const CLASSES: [Class; 3] = [
    Class {
        profile: "gd-gov-cloud/ecs-server",
        clause: "5.3.3.1.1",
        sockets: 2,
        cores: 10,
        clock_khz: 2_400_000,
        memory_bytes: 512 * GIB,
        memory_slots: ("#6", 24),
        pcie_slots: None,
        temperature: Some("#7"),
    },
    Class {
        profile: "gd-gov-cloud/bms-1",
        clause: "5.3.3.1.2.1",
        sockets: 4,
        cores: 16,
        clock_khz: 2_100_000,
        memory_bytes: 512 * GIB,
        memory_slots: ("#7", 48),
        pcie_slots: Some(("#6", 9)),
        temperature: None,
    },
    Class {
        profile: "gd-gov-cloud/bms-2",
        clause: "5.3.3.1.2.2",
        sockets: 2,
        cores: 10,
        clock_khz: 2_200_000,
        memory_bytes: 256 * GIB,
        memory_slots: ("#6", 24),
        pcie_slots: None,
        temperature: Some("#7"),
    },
];

/// Makers whose seat is beyond doubt not in China, by the words they write.
const FOREIGN: &[&str] = &[
    "dell",
    "hp",
    "hpe",
    "hewlett-packard",
    "supermicro",
    "intel",
    "ibm",
    "fujitsu",
    "cisco",
    "oracle",
    "sun",
    "nec",
];

/// Makers of Taiwan. Their machines are no foreign ones to the norm, and whether they are
/// domestic ones (国产) is for the person who signs: nothing refutes them, nothing passes them.
const REGIONAL: &[&str] = &["acer", "asus", "asustek", "giga-byte", "gigabyte", "quanta", "tyan"];

/// Returns the verdict expected for each row of `class`.
pub(crate) fn evaluate(class: &Class, blocks: &[Block]) -> BTreeMap<String, &'static str> {
    let row = |number: &str| format!("{}{number}", class.clause);
    let mut rows = BTreeMap::new();
    // dmidecode says so itself where it stopped half way: then nothing is known to be absent.
    let broken = |line: &String| line.contains("DMI table is broken");
    let whole = !blocks.iter().any(|block| block.lines.iter().any(broken));
    if let Some(brand) = brand(blocks) {
        rows.insert(row("#1"), brand);
    }
    rows.insert(row("#2"), processors(class, blocks, whole));
    rows.insert(row("#3"), memory(class, blocks, whole));
    // A report of SMBIOS tells nothing of disks, adapters and cards.
    rows.insert(row("#4"), "not-measured");
    rows.insert(row("#5"), "not-measured");
    let (number, least) = class.memory_slots;
    let slots = blocks.iter().filter(|block| is_memory(block)).count();
    let known = whole && blocks.iter().any(|block| block.kind == 17);
    rows.insert(row(number), at_least(slots, 0, least, known));
    if let Some((number, least)) = class.pcie_slots {
        let slots = blocks.iter().filter(|block| is_pcie_slot(block)).count();
        let maybe = blocks.iter().filter(|block| is_slot_of_unknown_type(block)).count();
        let known = whole && blocks.iter().any(|block| block.kind == 9);
        rows.insert(row(number), at_least(slots, maybe, least, known));
    }
    if let Some(number) = class.temperature {
        rows.insert(row(number), "needs-attestation");
    }
    rows.insert(row("#8"), "needs-attestation");
    rows
}

/// `None` where this evaluation has no opinion on the maker.
fn brand(blocks: &[Block]) -> Option<&'static str> {
    let system = blocks.iter().find(|block| block.kind == 1)?;
    let maker = system.field("Manufacturer").unwrap_or_default().to_lowercase();
    let first = maker.split(|c: char| c.is_whitespace() || c == ',').next().unwrap_or_default();
    if FOREIGN.contains(&first) {
        return Some("fail");
    }
    let domestic = ["huawei", "lenovo", "inspur", "langchao", "sugon"].contains(&first);
    let nobody = matches!(maker.as_str(), "" | "empty" | "null" | "default string" | "<bad index>")
        || maker.contains("to be filled");
    let undecided = domestic || nobody || REGIONAL.contains(&first);
    undecided.then_some("needs-attestation")
}

/// `count` are there and `maybe` more may be; `known` says that no others are.
fn at_least(count: usize, maybe: usize, least: usize, known: bool) -> &'static str {
    match (count >= least, known && count + maybe < least) {
        (true, _) => "pass",
        (false, true) => "fail",
        (false, false) => "not-measured",
    }
}

fn processors(class: &Class, blocks: &[Block], whole: bool) -> &'static str {
    let sockets = blocks.iter().filter(|block| {
        block.kind == 4
            && block.field("Type") == Some("Central Processor")
            && block.field("Status").is_some_and(|status| status.starts_with("Populated"))
    });
    let (mut yes, mut maybe, mut any) = (0, 0, false);
    for socket in sockets {
        any = true;
        let cores = socket.field("Core Count").and_then(|count| count.parse::<u64>().ok());
        let cores = cores.map(|count| count >= class.cores);
        let name = socket.field("Version").unwrap_or_default();
        let clock = kilohertz(name).or_else(|| kilohertz(socket.field("Current Speed")?));
        // 2.10 GHz may be 2,095 MHz: one percent, as the profile states.
        let clock = clock.map(|khz| khz * 100 >= class.clock_khz * 99);
        match (cores, clock) {
            (Some(true), Some(true)) => yes += 1,
            (Some(false), _) | (_, Some(false)) => {}
            _ => maybe += 1,
        }
    }
    at_least(yes, maybe, class.sockets, any && whole)
}

fn is_memory(block: &Block) -> bool {
    block.kind == 17 && block.field("Type") != Some("Flash")
}

fn memory(class: &Class, blocks: &[Block], whole: bool) -> &'static str {
    let (mut sum, mut unknown, mut any) = (0_u64, false, false);
    for stick in blocks.iter().filter(|block| is_memory(block)) {
        any = true;
        // 内存 is working memory: what keeps its content is storage on the memory bus.
        let technology = stick.field("Memory Technology").unwrap_or_default();
        let keeps = technology.contains("persistent")
            || stick.field("Type") == Some("Logical non-volatile device");
        if keeps {
            continue;
        }
        match stick.field("Size").unwrap_or_default() {
            "No Module Installed" | "Not Installed" => {}
            size => match bytes(size) {
                Some(bytes) => sum += bytes,
                None => unknown = true,
            },
        }
    }
    match (sum >= class.memory_bytes, unknown || !any || !whole) {
        (true, _) => "pass",
        (false, true) => "not-measured",
        (false, false) => "fail",
    }
}

/// A slot that takes a PCI Express card: not M.2, U.2, an OCP module or a drive bay.
fn is_pcie_slot(block: &Block) -> bool {
    let kind = block.field("Type").unwrap_or_default();
    let drive = ["SFF-8639", "U.2", "M.2", "OCP", "EDSFF", "Mini", "E1", "E3", "CXL"];
    block.kind == 9 && kind.contains("PCI Express") && !drive.iter().any(|word| kind.contains(word))
}

/// A slot whose type is no code that the reader knows.
fn is_slot_of_unknown_type(block: &Block) -> bool {
    let kind = block.field("Type").unwrap_or_default();
    block.kind == 9 && ["<OUT OF SPEC>", "Unknown"].iter().any(|word| kind.contains(word))
}
