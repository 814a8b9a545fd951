//! The nodes that lshw takes from SMBIOS: system, board, firmware, processors,
//! caches, memory, power supplies.

use super::Reader;
use super::node::Node;
use crate::brand::brand_of;
use crate::frequency;
use crate::model::{
    Board, Cache, Cpu, Dimm, Firmware, Frequency, MemoryArray, Origin, Psu, System,
};

impl Reader {
    /// Takes what a node says of SMBIOS.
    pub(super) fn smbios_node(&mut self, node: Node<'_>, above: &[Node<'_>]) {
        match (node.class(), node.id()) {
            ("system", _) if above.is_empty() => self.system(node),
            ("bus", "core") => self.board(node),
            ("memory", "firmware") => self.firmware(node),
            ("memory", "cache") => self.cache(node),
            ("memory", "bank") => self.dimm(node),
            ("memory", _) if node.handle().is_some() => self.memory_array(node),
            ("processor", _) => self.cpu(node),
            ("power", id) if id != "battery" => self.psu(node),
            _ => {}
        }
    }

    fn system(&mut self, node: Node<'_>) {
        let sku = node.setting("sku");
        let raw_sku = node.setting_as_read("sku");
        // lshw adds the stock-keeping unit to the product in brackets.
        let product = node.text("product").and_then(|product| {
            let suffix = raw_sku.map(|sku| format!(" ({sku})")).unwrap_or_default();
            Node::usable(product.strip_suffix(&suffix).unwrap_or(&product))
        });
        let manufacturer = node.fact("vendor");
        if product.is_none() && manufacturer.is_none() {
            return;
        }
        let source = self.source(node, Some(1));
        self.inventory.system = Some(System {
            brand: manufacturer.as_deref().and_then(brand_of),
            manufacturer,
            product,
            version: node.fact("version"),
            serial: node.fact("serial"),
            sku,
            family: node.setting("family"),
            uuid: node.setting("uuid").map(|uuid| uuid.to_ascii_lowercase()),
            origin: Origin::of(source),
            ..System::default()
        });
    }

    fn board(&mut self, node: Node<'_>) {
        let board = Board {
            brand: node.fact("vendor").as_deref().and_then(brand_of),
            manufacturer: node.fact("vendor"),
            product: node.fact("product"),
            version: node.fact("version"),
            serial: node.fact("serial"),
            ..Board::default()
        };
        if board == Board::default() {
            return;
        }
        let source = self.source(node, Some(2));
        self.inventory.board.push(Board { origin: Origin::of(source), ..board });
    }

    fn firmware(&mut self, node: Node<'_>) {
        let source = self.source(node, Some(0));
        self.inventory.firmware.push(Firmware {
            kind: "bios".to_owned(),
            vendor: node.fact("vendor"),
            version: node.fact("version"),
            date: node.fact("date"),
            // `size` is what the BIOS takes of the address space.
            rom_size_bytes: node.number("capacity"),
            origin: Origin::of(source),
        });
    }

    fn cache(&mut self, node: Node<'_>) {
        let source = self.source(node, Some(7));
        let kind = ["unified", "instruction", "data"].into_iter().find(|kind| node.has(kind)).map(
            |kind| {
                let (first, rest) = kind.split_at(1);
                first.to_ascii_uppercase() + rest
            },
        );
        self.inventory.cache.push(Cache {
            locator: node.fact("slot"),
            level: node.setting("level").and_then(|level| level.parse().ok()),
            size_bytes: node.number("size"),
            max_size_bytes: node.number("capacity"),
            kind,
            origin: Origin::of(source),
            ..Cache::default()
        });
    }

    fn cpu(&mut self, node: Node<'_>) {
        let description = node.description();
        let present = !description.contains("[empty]");
        let (model, part_number) = model_and_part(node);
        let number = |key: &str| {
            let value: u32 = node.setting(key)?.parse().ok()?;
            (present && value > 0).then_some(value)
        };
        let from_name = model.as_deref().and_then(frequency::in_name);
        let source = self.source(node, Some(4));
        self.inventory.cpu.push(Cpu {
            locator: node.text("slot"),
            present: Some(present),
            enabled: present.then(|| !node.flag("disabled")),
            manufacturer: node.fact("vendor"),
            model,
            architecture: architecture(node),
            cores: number("cores"),
            cores_enabled: number("enabledcores"),
            threads: number("threads"),
            // Where the kernel scales clocks, lshw overwrites those of SMBIOS
            // with what the core happens to run at: no clock but the name's.
            frequency_hz: Frequency { nominal: from_name, ..Frequency::default() },
            microcode: node
                .setting("microcode")
                .map(|text| text.parse::<u64>().map_or(text, |number| format!("0x{number:x}"))),
            serial: node.fact("serial"),
            part_number,
            origin: Origin::of(source),
            ..Cpu::default()
        });
    }

    fn memory_array(&mut self, node: Node<'_>) {
        // Banks hang below the array; other nodes with a handle have none and
        // another description.
        if !node.description().to_ascii_lowercase().contains("system memory") {
            return;
        }
        let source = self.source(node, Some(16));
        self.inventory.memory_array.push(MemoryArray {
            handle: node.handle(),
            location: node.fact("slot").map(|slot| match slot.as_str() {
                "System board or motherboard" => "System Board Or Motherboard".to_owned(),
                _ => slot,
            }),
            usage: Some("System Memory".to_owned()),
            max_capacity_bytes: node.number("capacity"),
            origin: Origin::of(source),
            ..MemoryArray::default()
        });
    }

    fn dimm(&mut self, node: Node<'_>) {
        let description = node.description();
        let size = node.number("size").filter(|size| *size > 0);
        let is_empty = description.contains("[empty]") || description.contains("[Empty]");
        let words: Vec<&str> = description.split_whitespace().collect();
        let memory_type = words.iter().find(|word| {
            word.strip_prefix("LP").unwrap_or(word).starts_with("DDR") || **word == "SDRAM"
        });
        let form = words.first().filter(|word| word.ends_with("DIMM") || **word == "Chip");
        let is_flash = words.iter().any(|word| word.eq_ignore_ascii_case("flash"));
        let persistent = !is_flash && words.contains(&"Non-volatile");
        let kind = match (is_flash, persistent) {
            (true, _) => "flash",
            (_, true) => "persistent",
            _ => "ram",
        };
        // `clock` is the rate times a million, and overflows at 4295 MT/s (seen
        // with lshw B.02.19); the description has it whole.
        let worded = words
            .iter()
            .position(|word| *word == "MHz")
            .and_then(|unit| words.get(unit.checked_sub(1)?)?.parse::<u64>().ok());
        let clock = node.number("clock").and_then(|hz| hz.checked_div(1_000_000));
        let speed = worded.or(clock);
        // Which array a bank hangs below is lshw's own guess where there are two.
        let source = self.source(node, Some(17));
        let filled = |key: &str| if is_empty { None } else { node.fact(key) };
        self.inventory.dimm.push(Dimm {
            locator: node.text("slot"),
            present: (size.is_some() || is_empty).then_some(size.is_some()),
            kind: Some(kind.to_owned()),
            size_bytes: size,
            speed_mts: speed.filter(|speed| *speed > 0 && !is_empty),
            manufacturer: filled("vendor"),
            part_number: filled("product"),
            serial: filled("serial"),
            memory_type: memory_type.filter(|_| !is_empty).map(|word| (*word).to_owned()),
            form_factor: form.map(|word| (*word).to_owned()),
            data_width_bits: node.number("width").and_then(|bits| u32::try_from(bits).ok()),
            origin: Origin::of(source),
            ..Dimm::default()
        });
    }

    fn psu(&mut self, node: Node<'_>) {
        let psu = Psu {
            name: node.fact("description"),
            manufacturer: node.fact("vendor"),
            part_number: node.fact("product"),
            serial: node.fact("serial"),
            revision: node.fact("version"),
            ..Psu::default()
        };
        // A supply of which nothing is known is a table left at its defaults.
        if psu == Psu::default() {
            return;
        }
        let source = self.source(node, Some(39));
        self.inventory.psu.push(Psu { origin: Origin::of(source), ..psu });
    }
}

/// Tells the processor's name from its part number. Without `/proc/cpuinfo`
/// lshw has the name under `version` and the part under `product`; with it, the
/// name under `product` and family, model and stepping under `version`.
fn model_and_part(node: Node<'_>) -> (Option<String>, Option<String>) {
    let (product, version) = (node.fact("product"), node.fact("version"));
    let is_stepping = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '.');
    match version {
        Some(version) if !is_stepping(&version) => {
            let part = product.filter(|product| *product != version);
            // Older releases have the name in both, spelled by kernel and firmware.
            let part = part.filter(|part| frequency::in_name(part).is_none());
            (Some(version), part)
        }
        _ => (product, None),
    }
}

/// Returns the architecture where a capability names it.
fn architecture(node: Node<'_>) -> Option<String> {
    let known = [("x86-64", "x86_64"), ("cp15_barrier", "aarch64"), ("asimd", "aarch64")];
    known.iter().find(|(flag, _)| node.has(flag)).map(|(_, name)| (*name).to_owned())
}
