//! Remote media of AMI, which are a service of their own that may be off.

use std::cell::Cell;

use bmc::redfish::ladder::script::{Method, Request};
use serde_json::{Value, json};

use super::{MANAGER, obeys, place, put, standard, tree};
use crate::talk::{Tree, error, needs, rules};

const ENABLE: &str = "/redfish/v1/Managers/1/Actions/Oem/AMIVirtualMedia.EnableRMedia";

/// A BMC of AMI whose remote media are off, with these slots.
fn ami(slots: &[(&str, Value)]) -> Value {
    let mut tree = tree(MANAGER, slots);
    tree[MANAGER]["Oem"] = json!({ "Ami": { "VirtualMedia": { "RMediaStatus": "Disabled" } } });
    let action = json!({ "#AMIVirtualMedia.EnableRMedia": { "target": ENABLE } });
    tree[MANAGER]["Actions"] = json!({ "Oem": action });
    tree
}

#[test]
fn remote_media_that_are_off_are_turned_on_first() {
    // Its slots refuse, or it has none until then; it is on at the second look.
    for slots in [vec![("CD1", standard(MANAGER, "CD1"))], vec![]] {
        needs("remote-media", &rules("Ami"), &|rules| {
            let looks = Cell::new(None::<u8>);
            let mut own = |request: &Request, tree: &mut Tree| {
                let is_on =
                    tree[MANAGER]["Oem"]["Ami"]["VirtualMedia"]["RMediaStatus"] == "Enabled";
                if request.path == ENABLE {
                    assert_eq!(request.body, Some(json!({ "RMediaState": "Enable" })));
                    looks.set(Some(0));
                    return Some(error(200, "Success", "It was done."));
                }
                if let (MANAGER, Some(count)) = (request.path.as_str(), looks.get()) {
                    looks.set(Some(count + 1));
                    if count == 1 {
                        let manager = tree.get_mut(MANAGER)?;
                        manager["Oem"]["Ami"]["VirtualMedia"]["RMediaStatus"] = "Enabled".into();
                        let collection = format!("{MANAGER}/VirtualMedia");
                        let link = json!({ "@odata.id": place(MANAGER, "CD1") });
                        tree.insert(collection, json!({ "Members": [link] }));
                        tree.insert(place(MANAGER, "CD1"), standard(MANAGER, "CD1"));
                    }
                }
                let inserts = request.path.ends_with("InsertMedia");
                if inserts && !is_on {
                    return Some(error(400, "ActionNotSupported", "Remote media are off."));
                }
                obeys(request, tree)
            };
            let went = put(&ami(&slots), &mut own, rules);
            let enabled = went.changes().iter().filter(|(_, path, _)| *path == ENABLE).count();
            went.is_done() && enabled == 1 && went.has_note("remote-media")
        });
    }
}

#[test]
fn remote_media_that_are_on_are_left_alone_and_the_refusal_is_told() {
    let mut tree = ami(&[("CD1", standard(MANAGER, "CD1"))]);
    tree[MANAGER]["Oem"]["Ami"]["VirtualMedia"]["RMediaStatus"] = "Enabled".into();
    let mut own = |request: &Request, _: &mut Tree| {
        (request.method == Method::Post).then(|| error(400, "ResourceInUse", "Not now."))
    };
    let went = put(&tree, &mut own, &rules("Ami"));
    assert_eq!(went.end.as_ref().expect_err("refused").said.to_string(), "Not now");
    assert!(went.changes().iter().all(|(_, path, _)| *path != ENABLE));
}
