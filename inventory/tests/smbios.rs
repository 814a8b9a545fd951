//! Tests of the walk, the containers and the rules of the model, on tables made
//! for them.

#[path = "smbios/model.rs"]
mod model;
#[path = "support/table.rs"]
mod table;
#[path = "smbios/walking.rs"]
mod walking;

use inventory::model::{Inventory, Section, SectionState};
use inventory::smbios::{inventory, parse};
use table::{Built, Tables};

/// A machine of one socket, one array of two slots, one DIMM, one slot.
fn machine() -> Tables {
    Tables::new(3, 2)
        .with(
            Built::new(0, 0, 0x1A).text(4, "AMI").text(5, "1.0").set(9, [0xFF]).set(0x18, [32, 0]),
        )
        .with(
            Built::new(1, 1, 0x1B)
                .text(4, "HUAWEI")
                .text(5, "2288H  V5 ")
                .text(7, "2102311TYB10J")
                .set(8, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16])
                .set(0x18, [6]),
        )
        .with(Built::new(2, 2, 0x0F).text(4, "HUAWEI").set(9, [1]).set(0x0D, [0x0A]))
        .with(Built::new(3, 3, 0x15).text(4, "HUAWEI").set(5, [0x17]).set(0x11, [2]))
        .with(cpu(4))
        .with(Built::new(9, 9, 0x11).text(4, "SLOT1").set(5, [0xB6, 0x0B, 4, 4, 1]))
        .with(array(0x10, 2))
        .with(dimm(0x11, 0x4000))
        .with(dimm(0x12, 0))
}

fn cpu(handle: u16) -> Built {
    Built::new(4, handle, 0x30)
        .text(4, "CPU1")
        .set(5, [3, 0xB3])
        .text(7, "Intel(R) Corporation")
        .text(0x10, "Intel(R) Xeon(R) Gold 6230   CPU @ 2.10GHz")
        .set(0x14, [0xA0, 0x0F, 0x34, 0x08, 0x41])
        .set(0x23, [20, 20, 40])
        .set(0x2A, [20, 0, 20, 0, 40, 0])
}

fn array(handle: u16, devices: u8) -> Built {
    Built::new(16, handle, 0x0F).set(4, [3, 3, 6]).set(7, [0, 0, 0, 4]).set(0x0D, [devices, 0])
}

fn dimm(handle: u16, size: u16) -> Built {
    Built::new(17, handle, 0x28)
        .set(4, [0x10, 0])
        .set(0x0C, size.to_le_bytes())
        .set(0x0E, [9])
        .text(0x10, "DIMM 000 ")
        .set(0x12, [0x1A])
}

fn read(dump: &[u8]) -> Inventory {
    inventory(&parse(dump).expect("a table"), None, None)
}

fn status(inventory: &Inventory, section: Section) -> SectionState {
    inventory.sections.get(&section).expect("the section is there").status
}

fn says(inventory: &Inventory, part: &str) -> bool {
    inventory.findings.iter().any(|finding| finding.message.contains(part))
}
