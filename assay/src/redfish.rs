//! What a BMC says over Redfish, as `inventory/v1`.
//!
//! `bmc` reads the tree; this maps its facts and adds nothing. A fact that the BMC does not tell
//! stays unknown, and a section is complete only where a BMC can know all of it: drives behind a
//! controller that does not talk to it, or slots that it lists only when they are full, are no
//! proof that there are no more.

mod machine;
mod parts;
mod sections;

use bmc::redfish::{
    finding::Read,
    inventory::{self as parts_of, Part},
    sensors,
    tree::Tree,
};
use inventory::{
    Inventory,
    model::{Finding, FindingClass, Origin, Source, SourceKind},
    placeholder,
};
use profiles::Text;

use crate::lang::text;

/// Findings that are shown one by one.
const MOST_FINDINGS: usize = 40;

/// Maps what was read of the tree named `name`, whose bytes have `digest`.
///
/// A tree without a system, or with several, is no machine: the text says so.
pub(crate) fn inventory(
    loaded: &Read<Tree>,
    name: &str,
    digest: Option<String>,
) -> Result<Inventory, Text> {
    let read = parts_of::inventory(&loaded.value);
    let measured = sensors::sensors(&loaded.value);
    let machines = read.value.machines();
    let system = match machines.as_slice() {
        [system] => *system,
        [] => {
            return Err(Text::new(
                "Redfish 资源树中没有可读的系统（Systems）",
                "the Redfish tree has no system that can be read",
            ));
        }
        several => {
            let places: Vec<&str> =
                several.iter().map(|system| system.part.place.as_str()).take(8).collect();
            let count = several.len().to_string();
            return Err(text(
                "Redfish 资源树中有 {} 个系统（{}），须逐台验收：请各自记录",
                "the Redfish tree has {} systems ({}), and a machine is judged by itself: record \
                 each with its own BMC",
                &[&count, &places.join(", ")],
            ));
        }
    };
    let mut map = Map { inventory: Inventory::default(), digest, nameless_drives: 0 };
    map.machine(&read.value, system);
    map.parts(&read.value);
    map.measured(&read.value, &measured.value);
    let losses: Vec<_> = loaded.losses().chain(read.losses()).chain(measured.losses()).collect();
    map.sections(&read.value, &losses);
    map.findings(name, &losses);
    Ok(map.inventory)
}

/// What is mapped so far.
struct Map {
    inventory: Inventory,
    /// Of the file that the tree was loaded from.
    digest: Option<String>,
    /// Drives with neither a serial number nor a world-wide name: left out.
    nameless_drives: usize,
}

impl Map {
    /// Adds the source of what was read at `place`.
    fn source(&mut self, place: &str) -> Origin {
        let locator = format!("redfish:{place}");
        let source =
            Source { kind: SourceKind::Redfish, locator, at: None, digest: self.digest.clone() };
        Origin::of(self.inventory.add_source(source))
    }

    /// Adds the source of a part, and its manufacturer and serial number with what they stood for.
    fn part(&mut self, part: &Part) -> Named {
        let mut origin = self.source(&part.place);
        let mut known = |field: &str, raw: &Option<String>| {
            let cleaned = placeholder::clean(raw.as_deref()?);
            if let Some(raw) = cleaned.raw {
                origin.raw.insert(field.to_owned(), raw);
            }
            cleaned.value
        };
        let manufacturer = known("manufacturer", &part.manufacturer);
        let serial = known("serial", &part.serial);
        let part_number = known("part_number", &part.part_number);
        Named { origin, manufacturer, serial, part_number }
    }

    /// Tells of what was lost, so that the report's reader knows.
    fn findings(&mut self, name: &str, losses: &[&bmc::redfish::finding::Finding]) {
        for loss in losses.iter().take(MOST_FINDINGS) {
            let (message_zh, message) = loss.trouble.said();
            self.inventory.findings.push(Finding {
                class: FindingClass::Damage,
                path: format!("redfish:{}", loss.place()),
                message,
                message_zh,
                claims: Vec::new(),
            });
        }
        let more = losses.len().saturating_sub(MOST_FINDINGS);
        if more > 0 {
            let more = more.to_string();
            let said = text(
                "`{}` 中另有 {} 处未能读取",
                "`{}` has {} more places that could not be read",
                &[name, &more],
            );
            self.inventory.findings.push(Finding {
                class: FindingClass::Damage,
                path: name.to_owned(),
                message: said.en,
                message_zh: said.zh,
                claims: Vec::new(),
            });
        }
    }
}

/// Where a part was read, and what names it.
struct Named {
    origin: Origin,
    manufacturer: Option<String>,
    serial: Option<String>,
    part_number: Option<String>,
}

/// Returns a number as the model has it; one that is too large for that is none.
fn small(number: Option<u64>) -> Option<u32> {
    u32::try_from(number?).ok()
}
