//! LLDP neighbours that others heard: captures, and what `lldpcli` prints.

mod lldpcli;

use super::{ImportError, file_source};
use crate::capture_file;
use crate::lldp::{is_same, renew};
use crate::model::{
    Finding, FindingClass, Inventory, LldpNeighbour, Origin, Section, SectionState, Source,
};

/// The most neighbours that are kept; a port has a handful, a machine a few dozen.
const MAX_NEIGHBOURS: usize = 512;

/// Reads a capture (pcap, pcapng) or the JSON of `lldpcli -f json0` or `-f json`.
pub fn import(name: &str, bytes: &[u8]) -> Result<Inventory, ImportError> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        Some(b'{' | b'[' | 0xef) => lldpcli::import(name, bytes),
        _ => capture(name, bytes),
    }
}

fn capture(name: &str, bytes: &[u8]) -> Result<Inventory, ImportError> {
    let frames = capture_file::frames(bytes).map_err(|error| {
        ImportError::new(name, error.what)
            .at(format!("byte {:#x}", error.at))
            .with_hint("a capture by `tcpdump -w`, or `lldpcli -f json0 show neighbors details`")
    })?;
    let file = file_source(name, bytes);
    let mut inventory = Inventory::default();
    let mut reasons = Vec::new();
    let (mut count, mut left_out) = (0_u64, 0_u64);
    for frame in frames {
        let frame = match frame {
            Ok(frame) => frame,
            Err(error) => {
                let at = error.at;
                reasons.push(format!("`{name}` is damaged at byte {at:#x}: {}", error.what));
                inventory.findings.push(Finding {
                    class: FindingClass::Damage,
                    path: "lldp".to_owned(),
                    message: format!("`{name}`, byte {at:#x}: {}", error.what),
                    message_zh: format!("“{name}”第 {at:#x} 字节处损坏：{}", error.what),
                    claims: Vec::new(),
                });
                break;
            }
        };
        count = count.saturating_add(1);
        let Some(neighbour) = frame.lldp() else { continue };
        let source = Source {
            locator: format!("{}#frame {}", file.locator, frame.number),
            at: frame.at_ns.and_then(capture_file::rfc3339),
            ..file.clone()
        };
        if !add(&mut inventory, neighbour, source) {
            left_out = left_out.saturating_add(1);
        }
    }
    if left_out > 0 {
        reasons.push(format!("{left_out} frames beyond {MAX_NEIGHBOURS} neighbours are left out"));
    }
    if inventory.lldp.is_empty() {
        reasons.push(format!("no LLDP among {count} frames"));
    }
    reasons.push("a capture holds what was heard while it ran".to_owned());
    report_damage(&mut inventory);
    let reason = Some(reasons.join("; "));
    inventory.set_section(Section::Lldp, SectionState::Partial, reason);
    Ok(inventory)
}

/// Adds a neighbour, or renews one that is known; `false` where there are too many.
fn add(inventory: &mut Inventory, mut neighbour: LldpNeighbour, source: Source) -> bool {
    if let Some(known) = inventory.lldp.iter_mut().find(|known| is_same(known, &mut neighbour)) {
        let index = known.origin.source;
        neighbour.origin = Origin::of(index);
        renew(known, neighbour);
        if let Some(place) =
            usize::try_from(index.0).ok().and_then(|index| inventory.sources.get_mut(index))
        {
            *place = source;
        }
        return true;
    }
    if inventory.lldp.len() >= MAX_NEIGHBOURS {
        return false;
    }
    neighbour.origin = Origin::of(inventory.add_source(source));
    inventory.lldp.push(neighbour);
    true
}

/// Adds a finding for each damaged neighbour.
fn report_damage(inventory: &mut Inventory) {
    let damaged = inventory.lldp.iter().enumerate().filter(|(_, neighbour)| neighbour.damaged);
    let findings: Vec<_> = damaged
        .map(|(index, neighbour)| {
            let what = neighbour.damage.as_deref().unwrap_or("the frame is damaged");
            let from = neighbour.source_mac.as_deref().unwrap_or("?");
            Finding {
                class: FindingClass::Damage,
                path: format!("lldp[{index}]"),
                message: format!("LLDP frame from {from}: {what}"),
                message_zh: format!("来自 {from} 的 LLDP 帧已损坏：{what}"),
                claims: Vec::new(),
            }
        })
        .collect();
    inventory.findings.extend(findings);
}

#[cfg(test)]
mod tests;
