//! Virtual drives.

use super::size;
use super::text;
use crate::import::document::Node;
use crate::model::Volume;

/// Returns the virtual drive's number from `0/239` (`DG/VD`).
pub(super) fn number_of_row(id: &str) -> Option<u64> {
    id.rsplit('/').next()?.trim().parse().ok()
}

/// Returns the virtual drive's number from `VD239 Properties`.
pub(super) fn number_of(key: &str) -> Option<u64> {
    key.strip_prefix("VD")?.strip_suffix(" Properties")?.trim().parse().ok()
}

/// Takes a row of a table of virtual drives.
pub(super) fn row(row: &Node<'_>, volume: &mut Volume) {
    let id = text(&row.get("DG/VD")).map(|id| format!("VD {id}"));
    volume.name = text(&row.get("Name")).or(id);
    volume.level = text(&row.get("TYPE"));
    volume.state = text(&row.get("State"));
    if volume.size_bytes.is_none() {
        volume.size_bytes = text(&row.get("Size")).and_then(|size| Some(size::binary(&size)?.0));
    }
}

/// Takes `VD0 Properties`, which has the exact size and the kernel's name.
pub(super) fn properties(node: &Node<'_>, volume: &mut Volume) {
    if let Some(device) = text(&node.get("OS Drive Name")) {
        volume.device = Some(device.strip_prefix("/dev/").unwrap_or(&device).to_owned());
    }
    if node.get("Number of Blocks").exists()
        && let Some(blocks) = node.number("Number of Blocks")
    {
        let exact = blocks.checked_mul(512);
        // Blocks are of 512 bytes but on drives of 4,096: believed where it
        // agrees with the rounded size.
        let near = match (exact, volume.size_bytes) {
            (Some(exact), Some(rounded)) => exact.abs_diff(rounded) <= rounded / 100,
            _ => true,
        };
        if near {
            volume.size_bytes = exact;
        }
    }
}
