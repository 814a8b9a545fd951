//! What knobs change in the documents: what is advertised is what is done.

use serde_json::{Value, json};

use super::{Base, ROOT};
use crate::simulate::{host::set, knobs::Knob};

/// Brings the documents in line with the knobs.
pub(super) fn shape(base: &mut Base) {
    if base.knobs.has(Knob::MediaTwoTrees) || base.knobs.has(Knob::MediaSystem) {
        two_trees(base);
    }
    if base.knobs.has(Knob::MediaSystem) {
        let old = format!("{}/VirtualMedia", base.manager);
        base.documents.retain(|path, _| !path.starts_with(&old));
        if let Some(manager) = base.documents.get_mut(&base.manager).and_then(Value::as_object_mut)
        {
            manager.remove("VirtualMedia");
        }
    }
    if base.knobs.has(Knob::MediaRmedia) {
        remote_media(base);
    }
    if base.knobs.has(Knob::PowerFruOnly)
        && let Some(system) = base.documents.get_mut(&base.system)
        && let Some(actions) = system["Actions"].as_object_mut()
    {
        actions.remove("#ComputerSystem.Reset");
    }
    if base.knobs.has(Knob::MediaVmm) || base.knobs.has(Knob::MediaPatch) {
        slots(base);
    }
    media_protocols(base);
    if base.knobs.has(Knob::BootSettings) {
        boot_settings(base);
    }
    updates(base);
    if base.knobs.has(Knob::NoSessions) {
        base.documents.retain(|path, _| !path.starts_with(&format!("{ROOT}/SessionService")));
        if let Some(root) = base.documents.get_mut(ROOT).and_then(Value::as_object_mut) {
            root.remove("SessionService");
            root.insert("Links".to_owned(), json!({}));
        }
    }
    if base.knobs.has(Knob::NoSse)
        && let Some(events) = base.documents.get_mut(&format!("{ROOT}/EventService"))
        && let Some(events) = events.as_object_mut()
    {
        events.remove("ServerSentEventUri");
    }
    if base.knobs.has(Knob::RootNoLinks)
        && let Some(root) = base.documents.get_mut(ROOT).and_then(Value::as_object_mut)
    {
        root.remove("Links");
    }
    if base.knobs.has(Knob::OpenServices) {
        let path = format!("{}/NetworkProtocol", base.manager);
        if let Some(body) = base.documents.get_mut(&path).and_then(Value::as_object_mut) {
            let snmp = json!({ "ProtocolEnabled": true, "Port": 161, "EnableSNMPv1": true,
                "EnableSNMPv2c": true, "EnableSNMPv3": true });
            for (name, port) in [("HTTP", 80), ("SSH", 22), ("Telnet", 23)] {
                body.insert(name.to_owned(), json!({ "ProtocolEnabled": true, "Port": port }));
            }
            body.insert("SNMP".to_owned(), snmp);
        }
    }
    if base.knobs.has(Knob::NicShared) {
        let below = format!("{}/EthernetInterfaces/", base.manager);
        let port = json!([{ "@odata.id": format!("{}/SharedNetworkPorts/1", base.manager) }]);
        for (path, body) in &mut base.documents {
            if path.starts_with(&below)
                && let Some(body) = body.as_object_mut()
            {
                body.insert("Links".to_owned(), json!({ "Ports": port }));
            }
        }
    }
    if let Some(threshold) = base.knobs.value(Knob::Lockout)
        && let Some(service) = base.documents.get_mut(&format!("{ROOT}/AccountService"))
        && let Some(service) = service.as_object_mut()
    {
        service.insert("AccountLockoutThreshold".to_owned(), threshold.into());
    }
}

/// Leaves out the ways by which images are not taken.
fn updates(base: &mut Base) {
    let (upload, push, fetch) = (
        base.knobs.has(Knob::UpdateUpload),
        base.knobs.has(Knob::UpdatePush),
        base.knobs.has(Knob::UpdateFetch),
    );
    let service = base.documents.get_mut(&format!("{ROOT}/UpdateService"));
    let Some(service) = service.and_then(Value::as_object_mut) else { return };
    if upload || push || fetch {
        service.remove("MultipartHttpPushUri");
    }
    if upload || fetch {
        service.retain(|name, _| !name.starts_with("HttpPushUri"));
    }
    if push {
        service.remove("Actions");
    }
}

/// Puts the slots under the system too.
fn two_trees(base: &mut Base) {
    let (manager, system) = (base.manager.clone(), base.system.clone());
    let below = format!("{manager}/VirtualMedia");
    let copies: Vec<(String, Value)> = base
        .documents
        .iter()
        .filter(|(path, _)| path.starts_with(&below))
        .filter_map(|(path, body)| {
            let text = body.to_string().replace(&below, &format!("{system}/VirtualMedia"));
            Some((path.replace(&manager, &system), serde_json::from_str(&text).ok()?))
        })
        .collect();
    base.documents.extend(copies);
    if let Some(system) = base.documents.get_mut(&system).and_then(Value::as_object_mut) {
        let path = system.get("@odata.id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let link = json!({ "@odata.id": format!("{path}/VirtualMedia") });
        system.insert("VirtualMedia".to_owned(), link);
    }
}

/// AMI's service of remote media is off, and the manager has the action that turns it on.
fn remote_media(base: &mut Base) {
    let target = format!("{}/Actions/Oem/AMIVirtualMedia.EnableRMedia", base.manager);
    let Some(manager) = base.documents.get_mut(&base.manager) else { return };
    let state = ["Oem", &base.namespace, "VirtualMedia", "RMediaStatus"];
    set(manager, &state, "Disabled".into());
    let action = json!({ "target": target,
        "RMediaState@Redfish.AllowableValues": ["Enable", "Disable"] });
    set(manager, &["Actions", "Oem", "#AMIVirtualMedia.EnableRMedia"], action);
}

/// Slots have an action of the vendor's own, or none and are patched.
fn slots(base: &mut Base) {
    let own = base.knobs.has(Knob::MediaVmm);
    let namespace = base.namespace.clone();
    for (path, body) in &mut base.documents {
        let kind = body["@odata.type"].as_str().unwrap_or_default();
        if !kind.starts_with("#VirtualMedia.") {
            continue;
        }
        let Some(slot) = body.as_object_mut() else { continue };
        slot.remove("Actions");
        if own {
            let target = format!("{path}/Oem/{namespace}/Actions/VirtualMedia.VmmControl");
            let action = json!({ "#VirtualMedia.VmmControl": {
                "target": target,
                "VmmControlType@Redfish.AllowableValues": ["Connect", "Disconnect"],
            } });
            let hidden = base.knobs.has(Knob::MediaVmmHidden);
            let own = if hidden { json!({}) } else { json!({ "Actions": action }) };
            slot.insert("Oem".to_owned(), json!({ namespace.clone(): own }));
        } else {
            let fields = json!(["Image", "Inserted", "WriteProtected", "UserName", "Password"]);
            slot.insert("@w".to_owned(), fields);
        }
    }
}

/// Slots tell the one protocol that they take; by HTTPS, whether certificates are verified too.
fn media_protocols(base: &mut Base) {
    let https = base.knobs.has(Knob::MediaHttpsOnly);
    let one = if https { "HTTPS" } else { "NFS" };
    if !https && !base.knobs.has(Knob::MediaNfsOnly) {
        return;
    }
    for body in base.documents.values_mut() {
        let action = body.pointer_mut("/Actions/#VirtualMedia.InsertMedia");
        let Some(action) = action.and_then(Value::as_object_mut) else { continue };
        action.insert("TransferProtocolType@Redfish.AllowableValues".to_owned(), json!([one]));
        if let (true, Some(slot)) = (https, body.as_object_mut()) {
            slot.insert("VerifyCertificate".to_owned(), true.into());
            slot.insert("@w".to_owned(), json!(["VerifyCertificate"]));
        }
    }
}

/// Boot overrides are written at a resource of their own.
fn boot_settings(base: &mut Base) {
    let path = base.system.clone();
    let Some(system) = base.documents.get_mut(&path).and_then(Value::as_object_mut) else {
        return;
    };
    let settings = format!("{path}/Settings");
    let object = json!({ "@odata.type": "#Settings.v1_3_5.Settings",
        "SettingsObject": { "@odata.id": settings } });
    system.insert("@Redfish.Settings".to_owned(), object);
    if let Some(Value::Array(writable)) = system.get_mut("@w") {
        writable.retain(|name| name != "Boot");
    }
    let boot = system.get("Boot").cloned().unwrap_or_default();
    let kind = system.get("@odata.type").cloned().unwrap_or_default();
    let body = json!({ "@odata.id": settings, "@odata.type": kind, "Id": "Settings",
        "Name": "Settings of the next boot", "Boot": boot, "@w": ["Boot"] });
    base.documents.insert(settings, body);
}
