//! Firmware and software that the update service lists.

use super::part::Part;
use crate::redfish::reader::Node;

/// Firmware, or software (`SoftwareInventory`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Firmware {
    /// What all parts have.
    pub part: Part,
    /// When it was released, as the BMC writes it.
    pub released: Option<String>,
    /// Whether it can be updated.
    pub is_updateable: Option<bool>,
    /// The places of what it runs on.
    pub related: Vec<String>,
}

/// Reads what a collection of the update service lists.
pub(super) fn listed(service: &Node<'_>, key: &str) -> Vec<Firmware> {
    service.members(key).iter().map(firmware).collect()
}

fn firmware(node: &Node<'_>) -> Firmware {
    let part =
        Part { version: node.first_text(&["Version", "VersionString"]), ..Part::of(node, None) };
    Firmware {
        part,
        released: node.text("ReleaseDate"),
        is_updateable: node.flag("Updateable"),
        related: node.links("RelatedItem"),
    }
}
