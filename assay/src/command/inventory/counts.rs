//! How many parts a machine has, by itself and by its BMC: where they count differently, one of
//! them is wrong, and nobody here can tell which.
//!
//! A count is held against another only where the one that knows fewer claims to know all: a disk
//! behind a controller that its BMC does not talk to is no contradiction.

use inventory::{
    Inventory,
    model::{
        Claim, Finding, FindingClass, Origin, Section, SectionState, Source, SourceId, SourceKind,
    },
};
use serde_json::Value;

use crate::lang::text;

/// What one side counts.
struct Count {
    parts: usize,
    /// Where the first of them was read.
    source: Source,
    /// Whether there are no more by its own word.
    is_all: bool,
}

/// A kind of part that both sides count, and not alike.
pub(super) struct Apart {
    section: Section,
    own: Count,
    bmc: Count,
}

/// The kinds that are counted: section, its key, what it is called.
const KINDS: [(Section, &str, &str, &str); 5] = [
    (Section::Cpu, "cpu", "处理器", "processors"),
    (Section::Dimm, "dimm", "内存条", "memory modules"),
    (Section::Slot, "slot", "插槽", "slots"),
    (Section::Disk, "disk", "硬盘", "disks"),
    (Section::Psu, "psu", "电源", "power supplies"),
];

/// Returns whether a BMC told a part of the description.
pub(super) fn is_of_bmc(part: &Inventory) -> bool {
    part.sources.iter().any(|source| matches!(source.kind, SourceKind::Redfish | SourceKind::Ipmi))
        && part.collected_at.is_none()
}

/// Returns what is counted differently in and out of band.
pub(super) fn apart(parts: &[Inventory]) -> Vec<Apart> {
    let side = |of_bmc: bool, section: Section| {
        let counts = parts.iter().filter(|part| is_of_bmc(part) == of_bmc);
        let counts = counts.filter_map(|part| count(part, section));
        // Who claims to know all is believed before others, and then who knows most.
        counts.max_by_key(|count| (count.is_all, count.parts))
    };
    let mut found = Vec::new();
    for (section, ..) in KINDS {
        let (Some(own), Some(bmc)) = (side(false, section), side(true, section)) else { continue };
        let fewer_is_all = match own.parts.cmp(&bmc.parts) {
            std::cmp::Ordering::Less => own.is_all,
            std::cmp::Ordering::Equal => false,
            std::cmp::Ordering::Greater => bmc.is_all,
        };
        if fewer_is_all {
            found.push(Apart { section, own, bmc });
        }
    }
    found
}

/// Puts what is counted differently among the findings of what the parts were merged to.
pub(super) fn tell(merged: &mut Inventory, apart: Vec<Apart>) {
    for Apart { section, own, bmc } in apart {
        let Some((_, path, zh, en)) = KINDS.iter().find(|(known, ..)| *known == section) else {
            continue;
        };
        let counts = [own.parts, bmc.parts].map(|count| count.to_string());
        let said = text(
            &format!("带内有 {{}} 个{zh}，带外（BMC）有 {{}} 个"),
            &format!("{{}} {en} in band, {{}} out of band (BMC)"),
            &counts.each_ref().map(String::as_str),
        );
        let claims = [own, bmc].map(|count| Claim {
            value: Value::from(count.parts),
            source: place(merged, count.source),
        });
        // What was not counted of them is said here with both numbers.
        let is_of_it = |finding: &Finding| {
            finding.class == FindingClass::Missing
                && finding.path == *path
                && finding.claims.is_empty()
        };
        merged.findings.retain(|finding| !is_of_it(finding));
        merged.findings.push(Finding {
            class: FindingClass::Missing,
            path: (*path).to_owned(),
            message: said.en,
            message_zh: said.zh,
            claims: claims.to_vec(),
        });
    }
}

/// Returns the number of a source in the document, which has it from the part that it came by.
fn place(merged: &mut Inventory, source: Source) -> SourceId {
    let same = |known: &Source| known.kind == source.kind && known.locator == source.locator;
    match merged.sources.iter().position(same).and_then(|at| u32::try_from(at).ok()) {
        Some(at) => SourceId(at),
        None => merged.add_source(source),
    }
}

/// Counts the parts of a kind that are there, where any is listed.
fn count(part: &Inventory, section: Section) -> Option<Count> {
    let there = |present: Option<bool>| present != Some(false);
    let origins: Vec<&Origin> = match section {
        Section::Cpu => {
            part.cpu.iter().filter(|one| there(one.present)).map(|one| &one.origin).collect()
        }
        Section::Dimm => {
            part.dimm.iter().filter(|one| there(one.present)).map(|one| &one.origin).collect()
        }
        Section::Psu => {
            part.psu.iter().filter(|one| there(one.present)).map(|one| &one.origin).collect()
        }
        // Of slots the empty ones count too.
        Section::Slot => part.slot.iter().map(|one| &one.origin).collect(),
        Section::Disk => part.disk.iter().map(|one| &one.origin).collect(),
        _ => Vec::new(),
    };
    let first = usize::try_from(origins.first()?.source.0).ok()?;
    let state = part.sections.get(&section);
    let is_complete = state.is_some_and(|state| state.status == SectionState::Complete);
    // A BMC that may leave out empty slots has told all that are filled.
    let is_filled = section == Section::Dimm
        && state.and_then(|state| state.reason.as_deref()) == Some(crate::NO_EMPTY_SLOT);
    Some(Count {
        parts: origins.len(),
        source: part.sources.get(first)?.clone(),
        is_all: is_complete || is_filled,
    })
}
