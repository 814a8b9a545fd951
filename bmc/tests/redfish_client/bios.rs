//! Settings of the BIOS: what is refused before anything is sent, where values go, and what is
//! read back.

use bmc::{
    dialect::{Marks, Rules},
    operation::{Outcome, bios::Wanted},
    redfish::ladder::{
        bios::{self, Places},
        script::{Method, Request, Verdict},
    },
};
use serde_json::{Value, json};

use crate::talk::{Own, Talk, Tree, answer, error, needs, rules, status, talk};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const BIOS: &str = "/redfish/v1/Systems/1/Bios";
const SETTINGS: &str = "/redfish/v1/Systems/1/Bios/Settings";
const REGISTRIES: &str = "/redfish/v1/Registries";
const PLACES: Places<'_> = Places { system: SYSTEM, registries: REGISTRIES };

fn link(path: &str) -> Value {
    json!({ "@odata.id": path })
}

/// A system with settings, a place where they wait, and a registry.
fn system() -> Value {
    json!({
        SYSTEM: { "Bios": link(BIOS) },
        BIOS: { "AttributeRegistry": "Attributes.1.0.0",
            "Attributes": { "BootMode": "UEFI", "PxeRetry": 3, "Vendor": "X" },
            "@Redfish.Settings": { "SettingsObject": link(SETTINGS) },
            "Actions": { "#Bios.ResetBios": { "target": format!("{BIOS}/Actions/Bios.ResetBios") } } },
        SETTINGS: { "Attributes": {} },
        REGISTRIES: { "Members": [link(&format!("{REGISTRIES}/Attributes.1.0.0"))] },
        format!("{REGISTRIES}/Attributes.1.0.0"): {
            "Location": [{ "Language": "en", "Uri": "/redfish/v1/store/Attributes.json" }] },
        "/redfish/v1/store/Attributes.json": { "RegistryEntries": { "Attributes": [
            { "AttributeName": "BootMode", "Type": "Enumeration",
              "Value": [{ "ValueName": "UEFI" }, { "ValueName": "Legacy" }] },
            { "AttributeName": "PxeRetry", "Type": "Integer", "LowerBound": 0, "UpperBound": 50 },
            { "AttributeName": "Vendor", "Type": "String", "ReadOnly": true },
        ] } },
    })
}

fn set(tree: &Value, own: &mut Own<'_>, values: &[(&str, &str)], rules: &Rules) -> Talk<Verdict> {
    let wanted: Vec<Wanted> = values
        .iter()
        .map(|(name, text)| Wanted { name: (*name).to_owned(), text: (*text).to_owned() })
        .collect();
    talk(tree, own, &|script| bios::set(script, PLACES, &wanted, rules))
}

#[test]
fn values_wait_where_the_bios_says_and_are_read_back() {
    let wanted = [("BootMode", "legacy"), ("PxeRetry", "5")];
    let went = set(&system(), &mut |_, _| None, &wanted, &rules(""));
    assert!(went.is_done(), "{:?}", went.end);
    let body = json!({ "Attributes": { "BootMode": "Legacy", "PxeRetry": 5 } });
    assert_eq!(went.changes(), [("PATCH", SETTINGS, Some(&body))]);
    assert!(went.notes.iter().any(|note| note.text.1.contains("restarted")), "{:?}", went.notes);
}

#[test]
fn what_the_registry_refuses_is_not_sent() {
    for (name, text, word) in [
        ("BootMode", "BIOS", "it takes UEFI, Legacy"),
        ("PxeRetry", "51", "has to be 0 to 50"),
        ("Vendor", "Y", "can only be read"),
        ("BotMode", "UEFI", "near it are BootMode"),
    ] {
        // One that is sound does not carry the other one through.
        let went = set(&system(), &mut |_, _| None, &[("PxeRetry", "4"), (name, text)], &rules(""));
        let Ok(Outcome::Refused { why: (_, en) }) = &went.end else { panic!("{:?}", went.end) };
        assert!(en.contains(word), "{en}");
        assert_eq!(went.changes(), [], "{name}");
    }
}

#[test]
fn what_is_so_already_is_not_sent() {
    let went = set(&system(), &mut |_, _| None, &[("BootMode", "UEFI")], &rules(""));
    assert!(went.is_done());
    assert_eq!(went.changes(), []);
    // But where another value waits, it is.
    let mut tree = system();
    tree[SETTINGS]["Attributes"]["BootMode"] = "Legacy".into();
    let went = set(&tree, &mut |_, _| None, &[("BootMode", "UEFI")], &rules(""));
    assert!(went.is_done());
    assert_eq!(went.changes().len(), 1);
}

#[test]
fn the_time_is_named_where_it_is_offered_and_left_out_where_it_is_refused() {
    let mut tree = system();
    tree[BIOS]["@Redfish.Settings"]["SupportedApplyTimes"] = json!(["Immediate", "OnReset"]);
    let named = |body: &Value| body["@Redfish.SettingsApplyTime"]["ApplyTime"] == "OnReset";
    let went = set(&tree, &mut |_, _| None, &[("BootMode", "Legacy")], &rules(""));
    assert!(went.is_done());
    assert!(went.changes()[0].2.is_some_and(named));
    let own: &mut Own<'_> = &mut |request, _| {
        let has = request.body.as_ref().is_some_and(named);
        let text = "The property @Redfish.SettingsApplyTime is unknown.";
        (request.method == Method::Patch && has).then(|| error(400, "PropertyUnknown", text))
    };
    let went = set(&tree, own, &[("BootMode", "Legacy")], &rules(""));
    assert!(went.is_done(), "{:?}", went.end);
    assert_eq!(went.changes().len(), 2);
}

#[test]
fn what_is_not_kept_is_told_by_its_names() {
    let own: &mut Own<'_> =
        &mut |request, _| (request.method == Method::Patch).then(|| status(200));
    let wanted = [("BootMode", "Legacy"), ("PxeRetry", "5")];
    let went = set(&system(), own, &wanted, &rules(""));
    let Ok(Outcome::NotKept { sent, found }) = &went.end else { panic!("{:?}", went.end) };
    assert_eq!(sent, "BootMode=\"Legacy\", PxeRetry=5");
    assert_eq!(found, "BootMode=\"UEFI\", PxeRetry=3");
    assert!(went.waited.as_secs() >= 10);
}

#[test]
fn settings_that_are_not_advertised_are_where_the_dialect_has_them() {
    let marks = |oem: &str, maker: &str| Marks {
        oem: vec![oem.to_owned()],
        makers: vec![maker.to_owned()],
        ..Marks::default()
    };
    for (oem, maker, id, last) in [
        ("Huawei", "Huawei", "bios-settings-path", "Settings"),
        ("Public", "H3C", "bios-settings-path", "Settings"),
        ("Public", "H3C", "bios-sd-path", "SD"),
        ("Public", "Inspur", "bios-settings-path", "Settings"),
        ("Public", "Inspur", "bios-sd-path", "SD"),
        ("Ami", "Nettrix", "bios-sd-path", "SD"),
        ("Lenovo", "Lenovo", "bios-pending-path", "Pending"),
        ("Lenovo", "Lenovo", "bios-sd-path", "SD"),
    ] {
        let mut tree = system();
        tree[BIOS].as_object_mut().expect("an object").remove("@Redfish.Settings");
        let waits = tree.as_object_mut().expect("paths").remove(SETTINGS).expect("settings");
        let place = format!("{BIOS}/{last}");
        tree[&place] = waits;
        needs(id, &Rules::of(&marks(oem, maker)), &|rules| {
            let went = set(&tree, &mut |_, _| None, &[("BootMode", "Legacy")], rules);
            let there = went.changes().first().is_some_and(|(_, path, _)| *path == place);
            assert!(!there || (went.is_done() && went.has_note(id)), "{:?}", went.end);
            there
        });
    }
}

#[test]
fn without_a_registry_a_value_is_what_is_there_now() {
    let mut tree = system();
    tree[BIOS].as_object_mut().expect("an object").remove("AttributeRegistry");
    let went = set(&tree, &mut |_, _| None, &[("PxeRetry", "7"), ("BootMode", "7")], &rules(""));
    assert!(went.is_done());
    let body = json!({ "Attributes": { "PxeRetry": 7, "BootMode": "7" } });
    assert_eq!(went.changes(), [("PATCH", SETTINGS, Some(&body))]);
    assert!(went.notes.iter().any(|note| note.text.1.contains("no registry")), "{:?}", went.notes);
}

#[test]
fn defaults_are_asked_for_as_the_action_takes_it() {
    let target = format!("{BIOS}/Actions/Bios.ResetBios");
    let reset = |tree: &Value, own: &mut Own<'_>| {
        talk(tree, own, &|script| bios::reset(script, PLACES, &rules("")))
    };
    let said: &mut Own<'_> = &mut |request, _| match (request.method, &request.body) {
        (Method::Post, Some(_)) => Some(error(400, "MalformedJSON", "No body is taken.")),
        (Method::Post, None) => Some(status(204)),
        _ => None,
    };
    let went = reset(&system(), said);
    assert_eq!(went.end, Ok(Outcome::Accepted { task: None }));
    let empty = json!({});
    let posts = [("POST", target.as_str(), Some(&empty)), ("POST", target.as_str(), None)];
    assert_eq!(went.changes(), posts);
    // A parameter that is listed is given.
    let mut tree = system();
    tree[BIOS]["Actions"]["#Bios.ResetBios"]["ResetType@Redfish.AllowableValues"] =
        json!(["Reset"]);
    let went =
        reset(&tree, &mut |request, _| (request.method == Method::Post).then(|| status(204)));
    assert_eq!(went.changes()[0].2, Some(&json!({ "ResetType": "Reset" })));
    // Without the action nothing is posted.
    tree[BIOS]["Actions"] = json!({});
    let went = reset(&tree, &mut |_, _| None);
    assert!(matches!(went.end, Ok(Outcome::Unsupported { .. })));
    assert_eq!(went.changes(), []);
    let went = reset(&json!({ SYSTEM: {} }), &mut |request, _| {
        (request.path != SYSTEM).then(|| answer(404, Value::Null))
    });
    assert!(matches!(went.end, Ok(Outcome::Unsupported { .. })), "{:?}", went.end);
}

/// A system where a value waits.
fn waiting() -> Value {
    let mut tree = system();
    tree[SETTINGS]["Attributes"] = json!({ "BootMode": "Legacy", "PxeRetry": 3 });
    tree
}

fn revoke(tree: &Value, own: &mut Own<'_>, rules: &Rules) -> Talk<Verdict> {
    talk(tree, own, &|script| bios::revoke(script, PLACES, rules))
}

#[test]
fn what_waits_is_withdrawn_by_the_action_that_is_advertised() {
    let target = format!("{SETTINGS}/Actions/Oem/Huawei/Settings.Revoke");
    let mut tree = waiting();
    tree[SETTINGS]["Oem"]["Huawei"]["Actions"]["#Settings.Revoke"] = json!({ "target": target });
    let mut own = |request: &Request, tree: &mut Tree| match (request.method, &request.body) {
        (Method::Post, Some(_)) => Some(error(400, "MalformedJSON", "No body is taken.")),
        (Method::Post, None) => {
            tree.get_mut(SETTINGS).expect("settings")["Attributes"] = json!({});
            Some(status(204))
        }
        _ => None,
    };
    let went = revoke(&tree, &mut own, &rules("Huawei"));
    assert!(went.is_done(), "{:?}", went.end);
    let empty = json!({});
    let posts = [("POST", target.as_str(), Some(&empty)), ("POST", target.as_str(), None)];
    assert_eq!(went.changes(), posts);
    // What is answered and waits on is told, after the last look.
    let mut own =
        |request: &Request, _: &mut Tree| (request.method == Method::Post).then(|| status(200));
    let went = revoke(&tree, &mut own, &rules("Huawei"));
    let Ok(Outcome::NotKept { sent, found }) = &went.end else { panic!("{:?}", went.end) };
    assert_eq!((sent.as_str(), found.as_str()), ("BootMode=-", "BootMode=\"Legacy\""));
    assert_eq!(went.waited.as_secs(), 14);
    // A refusal is the BMC's own.
    let mut own = |request: &Request, _: &mut Tree| {
        (request.method == Method::Post).then(|| error(403, "InsufficientPrivilege", "No."))
    };
    let went = revoke(&tree, &mut own, &rules("Huawei"));
    assert!(went.end.is_err_and(|refusal| refusal.status == Some(403)));
}

#[test]
fn isbmc_has_what_waits_deleted() {
    let marks = Marks {
        oem: vec!["Public".to_owned()],
        makers: vec!["Inspur".to_owned()],
        ..Marks::default()
    };
    let isbmc = Rules::of(&marks);
    needs("bios-revoke-delete", &isbmc, &|rules| {
        let mut own = |request: &Request, tree: &mut Tree| {
            // The object is gone till something waits again.
            (request.method == Method::Delete).then(|| tree.remove(SETTINGS)).flatten()?;
            Some(status(204))
        };
        let went = revoke(&waiting(), &mut own, rules);
        let asked = went.changes() == [("DELETE", SETTINGS, None)];
        assert_eq!(asked, went.has_note("bios-revoke-delete"));
        assert!(asked || matches!(went.end, Ok(Outcome::Unsupported { .. })), "{:?}", went.end);
        asked && went.is_done()
    });
    // Nobody else is asked that, and where nothing waits nobody is asked anything.
    let went = revoke(&waiting(), &mut |_, _| None, &rules("Lenovo"));
    assert!(matches!(went.end, Ok(Outcome::Unsupported { .. })), "{:?}", went.end);
    assert_eq!(went.changes(), []);
    let went = revoke(&system(), &mut |_, _| None, &isbmc);
    assert!(went.is_done() && went.changes().is_empty(), "{:?}", went.end);
}
