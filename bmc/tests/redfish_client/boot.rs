//! What a system boots from next.

use bmc::{
    dialect::Rules,
    operation::{
        Outcome,
        boot::{Device, Firmware, Lasting, Override},
    },
    redfish::ladder::{
        boot,
        script::{Method, Reply, Request, Verdict},
    },
};
use serde_json::{Value, json};

use crate::talk::{Own, Talk, Tree, answer, error, needs, rules, talk};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const SETTINGS: &str = "/redfish/v1/Systems/1/Settings";

fn wanted(device: Device, lasting: Lasting) -> Override {
    Override { device, lasting, firmware: None }
}

fn system(boot: &Value) -> Value {
    json!({ SYSTEM: { "Boot": boot } })
}

fn set(tree: &Value, own: &mut Own<'_>, wanted: Override, rules: &Rules) -> Talk<Verdict> {
    talk(tree, own, &|script| boot::set(script, SYSTEM, wanted, rules))
}

fn full() -> Value {
    json!({ "BootSourceOverrideTarget": "None", "BootSourceOverrideEnabled": "Disabled",
        "BootSourceOverrideMode": "UEFI" })
}

/// Returns a part of the boot that a PATCH asks for.
fn asked<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.body.as_ref()?.get("Boot")?.get(name)?.as_str()
}

#[test]
fn what_is_asked_for_is_sent_and_read_back() {
    let all = [
        (Device::Pxe, Lasting::Once, "Pxe", "Once"),
        (Device::Http, Lasting::Once, "UefiHttp", "Once"),
        (Device::Disk, Lasting::Persistent, "Hdd", "Continuous"),
        (Device::Cd, Lasting::Once, "Cd", "Once"),
        (Device::Bios, Lasting::Once, "BiosSetup", "Once"),
    ];
    for (device, lasting, target, enabled) in all {
        let went = set(&system(&full()), &mut |_, _| None, wanted(device, lasting), &rules(""));
        assert!(went.is_done() && went.notes.is_empty(), "{device:?}: {:?}", went.end);
        let boot = json!({ "Boot": { "BootSourceOverrideTarget": target,
            "BootSourceOverrideEnabled": enabled, "BootSourceOverrideMode": "UEFI" } });
        assert_eq!(went.changes(), [("PATCH", SYSTEM, Some(&boot))]);
    }
}

#[test]
fn a_mode_that_is_asked_for_is_sent() {
    let legacy =
        Override { firmware: Some(Firmware::Legacy), ..wanted(Device::Pxe, Lasting::Once) };
    let went = set(&system(&full()), &mut |_, _| None, legacy, &rules(""));
    let changes = went.changes();
    let (_, _, body) = changes.first().expect("a change");
    assert_eq!(body.expect("a body")["Boot"]["BootSourceOverrideMode"], "Legacy");
}

#[test]
fn what_the_bmc_says_it_cannot_is_not_sent() {
    let mut boot = full();
    boot["BootSourceOverrideTarget@Redfish.AllowableValues"] = json!(["None", "Pxe"]);
    boot["BootSourceOverrideEnabled@Redfish.AllowableValues"] = json!(["Once", "Disabled"]);
    for wanted in [wanted(Device::Cd, Lasting::Once), wanted(Device::Pxe, Lasting::Persistent)] {
        let went = set(&system(&boot), &mut |_, _| None, wanted, &rules(""));
        assert!(matches!(went.end, Ok(Outcome::Unsupported { .. })), "{:?}", went.end);
        assert_eq!(went.changes(), []);
    }
}

/// A BMC that refuses some forms.
fn refusing(refuses: fn(&Request) -> bool) -> impl Fn(&Request, &mut Tree) -> Option<Reply> {
    move |request, _| {
        (request.method == Method::Patch && refuses(request))
            .then(|| error(400, "PropertyValueError", "The value cannot be taken."))
    }
}

#[test]
fn the_mode_is_left_out_where_it_is_refused() {
    let pxe = wanted(Device::Pxe, Lasting::Once);
    needs("boot-no-mode", &rules(""), &|rules| {
        let mut own = refusing(|request| asked(request, "BootSourceOverrideMode").is_some());
        set(&system(&full()), &mut own, pxe, rules).is_done()
    });
}

#[test]
fn the_mode_is_named_where_it_is_demanded_and_not_shown() {
    let shown =
        json!({ "BootSourceOverrideTarget": "None", "BootSourceOverrideEnabled": "Disabled" });
    needs("boot-all-three", &rules(""), &|rules| {
        let mut own = refusing(|request| asked(request, "BootSourceOverrideMode").is_none());
        set(&system(&shown), &mut own, wanted(Device::Pxe, Lasting::Once), rules).is_done()
    });
}

#[test]
fn an_override_is_disabled_without_the_target_none() {
    let set_to = json!({ "BootSourceOverrideTarget": "Pxe", "BootSourceOverrideEnabled": "Once" });
    needs("boot-no-none", &rules(""), &|rules| {
        let mut own =
            refusing(|request| asked(request, "BootSourceOverrideTarget") == Some("None"));
        set(&system(&set_to), &mut own, wanted(Device::None, Lasting::Once), rules).is_done()
    });
}

#[test]
fn what_is_accepted_and_not_kept_is_asked_for_in_another_form() {
    let pxe = wanted(Device::Pxe, Lasting::Once);
    // It answers 200 to three properties and stores nothing; two it keeps.
    let lies = |request: &Request, tree: &mut Tree| {
        (request.method == Method::Patch && asked(request, "BootSourceOverrideMode").is_some())
            .then(|| answer(200, tree.get(SYSTEM).cloned().unwrap_or_default()))
    };
    needs("boot-not-kept", &rules(""), &|rules| {
        let mut own = lies;
        set(&system(&full()), &mut own, pxe, rules).is_done()
    });
    let went = set(&system(&full()), &mut { lies }, pxe, &rules("").without("boot-not-kept"));
    let Ok(Outcome::NotKept { sent, found }) = &went.end else { panic!("{:?}", went.end) };
    assert!(sent.contains("Pxe") && found.contains("None"), "{sent} / {found}");
    assert_eq!(went.waited.as_secs(), 1 + 3 + 10, "it was given time");
}

#[test]
fn boot_is_set_in_the_settings_where_the_system_refuses_it() {
    let tree = json!({
        SYSTEM: { "Boot": full(),
            "@Redfish.Settings": { "SettingsObject": { "@odata.id": SETTINGS } } },
        SETTINGS: { "Boot": full() },
    });
    needs("boot-settings", &rules(""), &|rules| {
        let mut own = |request: &Request, _: &mut Tree| {
            (request.method == Method::Patch && request.path == SYSTEM)
                .then(|| error(400, "PropertyNotWritable", "Boot is read only."))
        };
        set(&tree, &mut own, wanted(Device::Cd, Lasting::Once), rules).is_done()
    });
}

#[test]
fn where_continuous_is_refused_once_is_set_and_told() {
    let disk = wanted(Device::Disk, Lasting::Persistent);
    let told = |rules: &Rules| {
        let mut own =
            refusing(|request| asked(request, "BootSourceOverrideEnabled") == Some("Continuous"));
        let end = set(&system(&full()), &mut own, disk, rules).end;
        end == Ok(Outcome::NotKept { sent: "Continuous".to_owned(), found: "Once".to_owned() })
    };
    needs("boot-once-only", &rules(""), &told);
}

#[test]
fn once_that_reads_as_continuous_is_a_note() {
    let shows = |request: &Request, tree: &mut Tree| {
        if request.method != Method::Get {
            return None;
        }
        let mut body = tree.get(SYSTEM)?.clone();
        if body["Boot"]["BootSourceOverrideEnabled"] == "Once" {
            body["Boot"]["BootSourceOverrideEnabled"] = "Continuous".into();
        }
        Some(answer(200, body))
    };
    let pxe = wanted(Device::Pxe, Lasting::Once);
    needs("boot-once-continuous", &rules(""), &|rules| {
        set(&system(&full()), &mut { shows }, pxe, rules).is_done()
    });
    let went = set(&system(&full()), &mut { shows }, pxe, &rules(""));
    assert!(went.has_note("boot-once-continuous"), "{:?}", went.notes);
}

#[test]
fn pxe_that_is_skipped_is_told_with_what_to_do() {
    let skip = |device: Device, rules: &Rules| {
        let mut own = |request: &Request, _: &mut Tree| {
            (request.method == Method::Patch).then(|| answer(200, json!({})))
        };
        set(&system(&full()), &mut own, wanted(device, Lasting::Once), rules)
    };
    needs("pxe-skipped", &rules("Huawei"), &|rules| {
        let went = skip(Device::Pxe, rules);
        let Ok(Outcome::NotKept { found, .. }) = &went.end else { panic!("{:?}", went.end) };
        assert!(found.contains("BootSourceOverrideTarget None"), "{found}");
        let says = |note: &bmc::redfish::ladder::script::Note| {
            note.text.0.contains("启用 UEFI 网络启动") && note.text.1.contains("UEFI network boot")
        };
        went.has_note("pxe-skipped") && went.notes.iter().any(says)
    });
    // It is of the network alone.
    assert!(!skip(Device::Cd, &rules("Huawei")).has_note("pxe-skipped"));
}
