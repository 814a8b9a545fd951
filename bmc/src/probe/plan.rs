//! Which resources have to be read: those of a feature, by links from the root, and no more.

use serde_json::Value;

use super::view::{link, members};
use crate::redfish::{ladder::action, reader::ROOT, tree::Tree};

/// Slots of virtual media that are looked at below one owner.
const SLOTS: usize = 3;

/// What reads a collection with its members: the query that every service with `$expand` takes
/// (DSP0266 §7.3.1).
const EXPAND: &str = "?$expand=.";

/// Links of the root to services.
const SERVICES: &[&str] = &[
    "SessionService",
    "AccountService",
    "Tasks",
    "TaskService",
    "UpdateService",
    "EventService",
    "CertificateService",
];

/// Returns the paths that are to be read next and are not in the tree; none at the end.
pub fn wanted(tree: &Tree, system: Option<&str>, manager: Option<&str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut want = |path: Option<String>| {
        let path = path?;
        if tree.answer(&path).is_none() && !all.contains(&path) {
            all.push(path.clone());
        }
        tree.body(&path)
    };
    want(Some(ROOT.to_owned()));
    let root = tree.body(ROOT).unwrap_or(&Value::Null);
    for name in SERVICES {
        let service = want(link(root, name)).unwrap_or(&Value::Null);
        want(link(service, "FirmwareInventory"));
    }
    if system.is_none() {
        want(link(root, "Systems"));
    }
    if manager.is_none() {
        want(link(root, "Managers"));
    }
    let system = want(self::system(tree, system)).unwrap_or(&Value::Null);
    let manager = want(self::manager(tree, manager)).unwrap_or(&Value::Null);
    if !system.is_null() && linked_chassis(system).is_none() {
        want(link(root, "Chassis"));
    }
    let chassis = want(chassis(tree, system)).unwrap_or(&Value::Null);
    want(link(chassis, "Thermal"));
    want(link(system, "Bios"));
    if let Some(reset) = action::find(system, "ComputerSystem.Reset")
        && reset.inline("ResetType").is_none()
    {
        want(reset.info().map(str::to_owned));
    }
    let storage = want(link(system, "Storage").or_else(|| link(system, "Storages")));
    want(storage.map(members).unwrap_or_default().into_iter().next());
    for owner in [manager, system] {
        let slots = want(link(owner, "VirtualMedia")).map(members).unwrap_or_default();
        for slot in slots.into_iter().take(SLOTS) {
            want(Some(slot));
        }
    }
    for owner in [system, manager, chassis] {
        want(link(owner, "LogServices"));
    }
    all
}

/// Returns what reads a collection with its members, where the service says that it can: that of
/// the managers, which is small.
pub fn expanded(tree: &Tree) -> Option<String> {
    let root = tree.body(ROOT)?;
    let told = root.pointer("/ProtocolFeaturesSupported/ExpandQuery")?.as_object()?;
    let can = ["NoLinks", "ExpandAll"].iter().any(|way| told.get(*way) == Some(&Value::Bool(true)));
    let managers = link(root, "Managers").filter(|_| can)?;
    Some(format!("{managers}{EXPAND}"))
}

/// Returns the system that is meant.
pub(super) fn system(tree: &Tree, named: Option<&str>) -> Option<String> {
    named.map(str::to_owned).or_else(|| first(tree, "Systems"))
}

/// Returns the manager that is meant.
pub(super) fn manager(tree: &Tree, named: Option<&str>) -> Option<String> {
    named.map(str::to_owned).or_else(|| first(tree, "Managers"))
}

/// Returns the chassis of a system.
pub(super) fn chassis(tree: &Tree, system: &Value) -> Option<String> {
    linked_chassis(system).or_else(|| first(tree, "Chassis"))
}

fn linked_chassis(system: &Value) -> Option<String> {
    let linked = system.pointer("/Links/Chassis")?;
    let one = linked.get(0).unwrap_or(linked);
    one.get("@odata.id")?.as_str().and_then(crate::redfish::tree::path)
}

fn first(tree: &Tree, collection: &str) -> Option<String> {
    let path = link(tree.body(ROOT)?, collection)?;
    members(tree.body(&path)?).into_iter().next()
}
