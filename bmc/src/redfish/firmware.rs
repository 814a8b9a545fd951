//! What the update service lists: firmware and software, with their versions (DSP0268,
//! `UpdateService`, `SoftwareInventory`).

use super::{
    finding::Read,
    reader::{Node, Reader},
    tree::Tree,
};
use crate::operation::firmware::Component;

/// Returns what the tree says is installed, in the order in which it is listed.
pub fn components(tree: &Tree) -> Read<Vec<Component>> {
    let reader = Reader::new(tree);
    let found = of(&reader);
    reader.done(found)
}

pub(super) fn of<'r>(reader: &'r Reader<'r>) -> Vec<Component> {
    let root = reader.root();
    let service = root.as_ref().and_then(|root| root.follow("UpdateService"));
    // Some have it and do not link to it.
    let service = match (service, root) {
        (None, Some(root)) if !root.has("UpdateService") => {
            reader.guess(&format!("{}/UpdateService", super::reader::ROOT))
        }
        (service, _) => service,
    };
    let Some(service) = service else { return Vec::new() };
    let mut found: Vec<Component> = Vec::new();
    for (key, is_software) in [("FirmwareInventory", false), ("SoftwareInventory", true)] {
        for node in service.members(key) {
            let one = component(&node, is_software);
            // Some list the same under both.
            if !found.iter().any(|known| known.place == one.place) {
                found.push(one);
            }
        }
    }
    found
}

fn component(node: &Node<'_>, is_software: bool) -> Component {
    let place = node.place();
    let last = place.rsplit('/').next().unwrap_or_default().to_owned();
    Component {
        id: last,
        name: node.text("Name"),
        version: node.first_text(&["Version", "VersionString"]),
        is_updateable: node.flag("Updateable"),
        related: node.links("RelatedItem"),
        is_software,
        maker: node.first_text(&["Manufacturer", "Vendor"]),
        released: node.text("ReleaseDate"),
        state: node.status().state,
        place,
    }
}
