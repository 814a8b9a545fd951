//! `lshw -json`.
//!
//! A tree of nodes. With root's rights its upper part is SMBIOS and every node
//! names its handle (`DMI:0031`); the rest is PCI, SCSI and network interfaces
//! as the kernel has them. What lshw leaves out (slots, PCI ids, supported link
//! modes, drives behind RAID controllers) leaves its section partial or out.

mod io;
mod node;
mod smbios;

use super::{ImportError, file_source, json};
use crate::model::{Inventory, Section, SectionState, Source, SourceId};

use node::Node;

/// The most nodes that are looked at.
const MAX_NODES: usize = 100_000;

/// Reads the JSON of lshw: an object, an array, or objects one after another.
pub fn import(name: &str, bytes: &[u8]) -> Result<Inventory, ImportError> {
    let values = json::read(bytes).map_err(|error| {
        ImportError::new(name, error.what.clone())
            .at(error.place())
            .with_hint("`lshw -json` as root writes such a file; is this one complete?")
    })?;
    let roots: Vec<_> = values
        .iter()
        .flat_map(|value| match value {
            serde_json::Value::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        })
        .filter_map(Node::of)
        .collect();
    if !roots.iter().any(|root| root.text("class").is_some()) {
        return Err(ImportError::new(name, "has no node with `id` and `class`")
            .at("$")
            .with_hint("`lshw -json` as root writes such a file"));
    }
    let mut reader =
        Reader { inventory: Inventory::default(), file: file_source(name, bytes), nodes: 0 };
    let mut volumes = 0_u32;
    for root in roots {
        reader.walk(root, &mut Vec::new(), &mut volumes);
    }
    if reader.nodes > MAX_NODES {
        return Err(ImportError::new(name, format!("has more than {MAX_NODES} nodes")));
    }
    Ok(finish(reader.inventory, volumes))
}

/// What is read so far.
struct Reader {
    inventory: Inventory,
    file: Source,
    nodes: usize,
}

impl Reader {
    /// Takes a node and those below it; `above` are its ancestors, outermost first.
    fn walk<'a>(&mut self, node: Node<'a>, above: &mut Vec<Node<'a>>, volumes: &mut u32) {
        self.nodes = self.nodes.saturating_add(1);
        if self.nodes > MAX_NODES {
            return;
        }
        self.smbios_node(node, above);
        self.io_node(node, above, volumes);
        above.push(node);
        for child in node.children() {
            self.walk(child, above, volumes);
        }
        above.pop();
    }

    /// Adds the source that stands for `node`: by its SMBIOS handle where it
    /// has one, else by its bus or its id.
    fn source(&mut self, node: Node<'_>, kind: Option<u8>) -> SourceId {
        let place = match (kind, node.handle()) {
            (Some(kind), Some(handle)) => format!("{kind}/{handle}"),
            _ => node.text("businfo").or_else(|| node.text("id")).unwrap_or_default(),
        };
        let locator = format!("{}#{place}", self.file.locator);
        self.inventory.add_source(Source { locator, ..self.file.clone() })
    }
}

/// Says how complete each section is.
fn finish(mut inventory: Inventory, volumes: u32) -> Inventory {
    use SectionState::{Complete, Failed, Partial};
    let no_smbios = "lshw saw no SMBIOS table: it needs root";
    let has_smbios = inventory.dimm.iter().any(|dimm| dimm.locator.is_some())
        || inventory.cpu.iter().any(|cpu| cpu.locator.is_some())
        || !inventory.firmware.is_empty();
    let by_smbios = [
        (Section::System, inventory.system.is_some()),
        (Section::Board, !inventory.board.is_empty()),
        (Section::Firmware, !inventory.firmware.is_empty()),
        (Section::Cpu, !inventory.cpu.is_empty()),
        (Section::Cache, !inventory.cache.is_empty()),
        (Section::Dimm, !inventory.dimm.is_empty()),
        (Section::MemoryArray, !inventory.memory_array.is_empty()),
    ];
    for (section, is_there) in by_smbios {
        let (state, reason) = match (has_smbios, is_there) {
            (true, true) => (Complete, None),
            (true, false) => (Partial, Some("lshw lists none".to_owned())),
            (false, true) => (Partial, Some(no_smbios.to_owned())),
            (false, false) => (Failed, Some(no_smbios.to_owned())),
        };
        inventory.set_section(section, state, reason);
    }
    // Type 3 shows only as a word under `system`, type 39 without its power.
    if !inventory.psu.is_empty() {
        let reason = "lshw gives no power in watts".to_owned();
        inventory.set_section(Section::Psu, Partial, Some(reason));
    }
    let has_buses = !inventory.pci.is_empty();
    let reason = "lshw names no PCI ids and no links".to_owned();
    if has_buses {
        inventory.set_section(Section::Pci, Partial, Some(reason));
    }
    for section in [Section::Nic, Section::Hba, Section::Controller, Section::Gpu] {
        if has_buses {
            inventory.set_section(section, Complete, None);
        }
    }
    if volumes > 0 {
        let reason = format!("lshw shows {volumes} volumes, and not the drives behind them");
        inventory.set_section(Section::Disk, Partial, Some(reason));
    } else if has_buses {
        inventory.set_section(Section::Disk, Complete, None);
    }
    inventory
}

#[cfg(test)]
mod tests;
