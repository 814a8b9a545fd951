//! Virtual media: slots, inserting, ejecting.

mod remote;

use std::cell::{Cell, RefCell};

use bmc::{
    credential::Secret,
    dialect::{Marks, Rules},
    operation::Outcome,
    redfish::ladder::{
        eject::eject,
        insert::{Image, insert},
        script::{Method, Reply, Request, Verdict},
        slot::slots,
    },
};
use serde_json::{Value, json};

use crate::talk::{Own, Talk, Tree, answer, error, needs, rules, status, talk};

const MANAGER: &str = "/redfish/v1/Managers/1";
const SYSTEM: &str = "/redfish/v1/Systems/1";
const URL: &str = "http://192.0.2.1:8000/os.iso";

fn owners() -> Vec<String> {
    vec![MANAGER.to_owned(), SYSTEM.to_owned()]
}

fn place(owner: &str, id: &str) -> String {
    format!("{owner}/VirtualMedia/{id}")
}

/// A tree whose `owner` has these slots.
fn tree(owner: &str, slots: &[(&str, Value)]) -> Value {
    let mut tree = json!({ MANAGER: {}, SYSTEM: {} });
    let collection = format!("{owner}/VirtualMedia");
    tree[owner] = json!({ "VirtualMedia": { "@odata.id": collection } });
    let link = |(id, _): &(&str, Value)| json!({ "@odata.id": place(owner, id) });
    tree[&collection] = json!({ "Members": slots.iter().map(link).collect::<Vec<_>>() });
    for (id, body) in slots {
        tree[place(owner, id)] = body.clone();
    }
    tree
}

/// A slot with the standard's actions.
fn standard(owner: &str, id: &str) -> Value {
    let at = |action: &str| json!({ "target": format!("{}/Actions/VirtualMedia.{action}", place(owner, id)) });
    json!({ "MediaTypes": ["CD", "DVD"], "Inserted": false, "Image": null,
        "Actions": { "#VirtualMedia.InsertMedia": at("InsertMedia"),
            "#VirtualMedia.EjectMedia": at("EjectMedia") } })
}

fn one() -> Value {
    tree(MANAGER, &[("CD", standard(MANAGER, "CD"))])
}

/// Does what a POST asks for: the slot is what stands before `/Actions` or `/Oem`.
fn obeys(request: &Request, tree: &mut Tree) -> Option<Reply> {
    if request.method != Method::Post {
        return None;
    }
    let slot = request.path.split("/Actions").next()?.split("/Oem").next()?;
    let own = tree.get_mut(slot)?;
    let image = request.body.as_ref().and_then(|body| body.get("Image")).cloned();
    own["Inserted"] = image.is_some().into();
    own["Image"] = image.unwrap_or_default();
    Some(status(204))
}

fn put(tree: &Value, own: &mut Own<'_>, rules: &Rules) -> Talk<Verdict> {
    let image = Image { url: URL, slot: None, credential: None, unsigned: false };
    talk(tree, own, &|script| insert(script, &owners(), &image, rules))
}

fn out(tree: &Value, own: &mut Own<'_>, rules: &Rules) -> Talk<Verdict> {
    talk(tree, own, &|script| eject(script, &owners(), None, rules))
}

/// A BMC that refuses an insert whose body is not as it wants it.
fn wants(ok: fn(&Value) -> bool, refusal: fn() -> Reply) -> impl Fn(&Rules) -> bool {
    move |rules| {
        let mut own = |request: &Request, tree: &mut Tree| {
            let refuses =
                request.path.ends_with("InsertMedia") && !request.body.as_ref().is_some_and(ok);
            if refuses { Some(refusal()) } else { obeys(request, tree) }
        };
        put(&one(), &mut own, rules).is_done()
    }
}

#[test]
fn the_image_alone_is_sent_and_looked_for() {
    let went = put(&one(), &mut obeys, &rules(""));
    assert!(went.is_done(), "{:?}", went.end);
    let target = format!("{}/Actions/VirtualMedia.InsertMedia", place(MANAGER, "CD"));
    assert_eq!(went.changes(), [("POST", target.as_str(), Some(&json!({ "Image": URL })))]);
    let secret = Secret::new("im@ge".to_owned());
    let image =
        Image { url: URL, slot: None, credential: Some(("reader", &secret)), unsigned: false };
    let went = talk(&one(), &mut obeys, &|script| insert(script, &owners(), &image, &rules("")));
    let changes = went.changes();
    let body = changes.first().and_then(|(_, _, body)| *body).expect("a body");
    assert_eq!(*body, json!({ "Image": URL, "UserName": "reader", "Password": "im@ge" }));
    assert!(!format!("{:?}", went.sent).contains("im@ge"));
}

#[test]
fn an_image_that_is_accepted_and_not_in_is_told() {
    let mut own =
        |request: &Request, _: &mut Tree| (request.method == Method::Post).then(|| status(204));
    let went = put(&one(), &mut own, &rules(""));
    let expected = Outcome::NotKept { sent: URL.to_owned(), found: "-".to_owned() };
    assert_eq!(went.end, Ok(expected));
}

#[test]
fn the_protocol_is_added_where_it_is_asked_for() {
    needs(
        "media-protocol",
        &rules(""),
        &wants(
            |body| body.get("TransferProtocolType").is_some_and(|kind| kind == "HTTP"),
            || error(400, "ActionParameterMissing", "TransferProtocolType is missing."),
        ),
    );
}

#[test]
fn the_method_is_added_where_it_is_asked_for() {
    needs(
        "media-method",
        &rules(""),
        &wants(
            |body| body.get("TransferMethod").is_some_and(|kind| kind == "Stream"),
            || error(400, "ActionParameterMissing", "TransferMethod is missing."),
        ),
    );
}

#[test]
fn user_and_password_are_added_where_they_are_asked_for() {
    needs(
        "media-creds",
        &rules(""),
        &wants(
            |body| body.get("UserName").is_some() && body.get("Password").is_some(),
            || error(400, "ActionParameterMissing", "UserName is missing."),
        ),
    );
}

#[test]
fn inserted_is_left_out_where_it_is_unknown() {
    needs(
        "media-no-inserted",
        &rules("").without("media-inserted"),
        &wants(|body| body.get("Inserted").is_none(), || status(400)),
    );
}

#[test]
fn inserted_is_added_where_it_is_asked_for() {
    needs(
        "media-inserted",
        &rules(""),
        &wants(
            |body| body.get("Inserted").is_some(),
            || error(400, "ActionParameterMissing", "Inserted is missing."),
        ),
    );
}

#[test]
fn isbmc_is_told_the_protocol_at_once() {
    let marks = Marks {
        oem: vec!["Public".to_owned()],
        makers: vec!["Inspur".to_owned()],
        ..Marks::default()
    };
    needs("media-protocol-first", &Rules::of(&marks), &|rules| {
        let went = put(&one(), &mut obeys, rules);
        let body = went.changes().first().and_then(|(_, _, body)| body.cloned());
        body.is_some_and(|body| body.get("TransferProtocolType").is_some())
    });
}

#[test]
fn a_slot_without_the_action_is_set_by_its_properties() {
    let slot = json!({ "MediaTypes": ["CD"], "Inserted": false, "Image": null });
    let tree = tree(MANAGER, &[("EXT1", slot)]);
    needs("media-patch", &rules(""), &|rules| put(&tree, &mut |_, _| None, rules).is_done());
    let went = put(&tree, &mut |_, _| None, &rules(""));
    let body = json!({ "Image": URL, "Inserted": true, "WriteProtected": true });
    assert_eq!(went.changes(), [("PATCH", place(MANAGER, "EXT1").as_str(), Some(&body))]);
    let full = json!({ "MediaTypes": ["CD"], "Inserted": true, "Image": URL });
    let tree = self::tree(MANAGER, &[("EXT1", full)]);
    let went = out(&tree, &mut |_, _| None, &rules(""));
    assert!(went.is_done());
    let body = json!({ "Image": null, "Inserted": false });
    assert_eq!(went.changes(), [("PATCH", place(MANAGER, "EXT1").as_str(), Some(&body))]);
}

#[test]
fn slots_below_the_system_are_found() {
    let tree = tree(SYSTEM, &[("Cd", standard(SYSTEM, "Cd"))]);
    needs("media-two-trees", &rules(""), &|rules| put(&tree, &mut obeys, rules).is_done());
}

#[test]
fn a_free_slot_for_a_cd_is_the_best() {
    let kinds =
        |kinds: &[&str], inserted: bool| json!({ "MediaTypes": kinds, "Inserted": inserted });
    let tree = tree(
        MANAGER,
        &[
            ("Floppy", kinds(&["Floppy"], false)),
            ("Full", kinds(&["CD"], true)),
            ("DVD", kinds(&["DVD"], false)),
            ("Stick", kinds(&["USBStick"], false)),
            ("Free", kinds(&["CD", "DVD"], false)),
        ],
    );
    let order = |rules: &Rules| {
        let went = talk(&tree, &mut |_, _| None, &|script| slots(script, &owners(), rules));
        went.end.expect("slots").into_iter().map(|slot| slot.id).collect::<Vec<_>>()
    };
    assert_eq!(order(&rules("")), ["Free", "Full", "DVD", "Floppy", "Stick"]);
}

#[test]
fn xcc_has_its_ext_slots_first() {
    let all = ["Remote1", "RDOC1", "EXT1"].map(|id| (id, json!({ "MediaTypes": ["CD"] })));
    let tree = tree(MANAGER, &all);
    needs("media-ext-first", &rules("Lenovo"), &|rules| {
        let went = talk(&tree, &mut |_, _| None, &|script| slots(script, &owners(), rules));
        went.end.expect("slots").first().is_some_and(|slot| slot.id == "EXT1")
    });
}

#[test]
fn the_next_slot_is_tried_after_a_refusal() {
    let tree = tree(MANAGER, &[("A", standard(MANAGER, "A")), ("B", standard(MANAGER, "B"))]);
    needs("media-slot-refused", &rules(""), &|rules| {
        let mut own = |request: &Request, tree: &mut Tree| {
            let first = request.method == Method::Post && request.path.contains("/A/");
            if first {
                Some(error(403, "ResourceInUse", "Not this one."))
            } else {
                obeys(request, tree)
            }
        };
        put(&tree, &mut own, rules).is_done()
    });
}

#[test]
fn what_is_in_the_slot_is_ejected_first_and_the_same_is_left() {
    let mut full = standard(MANAGER, "CD");
    full["Inserted"] = true.into();
    full["Image"] = "http://192.0.2.1/other.iso".into();
    let went = put(&tree(MANAGER, &[("CD", full.clone())]), &mut obeys, &rules(""));
    assert!(went.is_done());
    assert_eq!(went.changes().len(), 2, "eject, insert: {:?}", went.changes());
    full["Image"] = "http://user:secret@192.0.2.1:8000/os.iso".into();
    let went = put(&tree(MANAGER, &[("CD", full)]), &mut obeys, &rules(""));
    assert!(went.is_done());
    assert!(went.changes().is_empty());
}

fn full() -> Value {
    let mut slot = standard(MANAGER, "CD");
    slot["Inserted"] = true.into();
    slot["Image"] = URL.into();
    tree(MANAGER, &[("CD", slot)])
}

#[test]
fn an_eject_has_an_empty_object_where_a_body_is_demanded() {
    for code in [400, 411, 415] {
        // It answers an error and does nothing: only the body helps.
        needs("eject-empty-body", &rules("").without("eject-500"), &|rules| {
            let mut own = |request: &Request, tree: &mut Tree| {
                let empty = request.method == Method::Post && request.body.is_none();
                if empty { Some(status(code)) } else { obeys(request, tree) }
            };
            out(&full(), &mut own, rules).is_done()
        });
    }
    let went = out(&full(), &mut obeys, &rules(""));
    assert_eq!(went.changes().first().map(|(_, _, body)| *body), Some(None), "none at first");
}

#[test]
fn an_eject_that_ends_in_an_error_is_looked_at() {
    for code in [500, 409, 503] {
        needs("eject-500", &rules(""), &|rules| {
            let mut own =
                |request: &Request, tree: &mut Tree| obeys(request, tree).map(|_done| status(code));
            out(&full(), &mut own, rules).is_done()
        });
    }
    let mut stays =
        |request: &Request, _: &mut Tree| (request.method == Method::Post).then(|| status(500));
    assert!(out(&full(), &mut stays, &rules("")).end.is_err(), "it is in still");
    let nothing = out(&one(), &mut obeys, &rules(""));
    assert!(nothing.is_done() && nothing.changes().is_empty());
}

/// A slot of iBMC: no standard action.
fn vmm(advertised: bool) -> Value {
    let target = format!("{}/Oem/Huawei/Actions/VirtualMedia.VmmControl", place(MANAGER, "CD"));
    let oem = if advertised {
        json!({ "Huawei": { "Actions": { "#VirtualMedia.VmmControl": { "target": target } } } })
    } else {
        json!({ "Huawei": {} })
    };
    let slot = json!({ "MediaTypes": ["CD"], "Inserted": false, "Image": null, "Oem": oem });
    tree(MANAGER, &[("CD", slot)])
}

const TASK: &str = "/redfish/v1/TaskService/Tasks/3";

/// iBMC: 202 and a task without `Location`.
fn ibmc(request: &Request, tree: &mut Tree) -> Option<Reply> {
    if request.path == TASK {
        return Some(answer(200, json!({ "TaskState": "Completed", "Messages": {} })));
    }
    let body = request.body.as_ref()?;
    let slot = tree.get_mut(&place(MANAGER, "CD"))?;
    let connects = body.get("VmmControlType")? == "Connect";
    slot["Inserted"] = connects.into();
    slot["Image"] = if connects { body.get("Image")?.clone() } else { Value::Null };
    Some(answer(202, json!({ "@odata.id": TASK, "TaskState": "Running" })))
}

#[test]
fn vmm_control_connects_and_disconnects() {
    needs("media-vmm", &rules("Huawei"), &|rules| {
        let rules = rules.without("media-patch");
        put(&vmm(true), &mut ibmc, &rules).is_done()
    });
    let went = put(&vmm(true), &mut ibmc, &rules("Huawei"));
    let target = format!("{}/Oem/Huawei/Actions/VirtualMedia.VmmControl", place(MANAGER, "CD"));
    let body = json!({ "VmmControlType": "Connect", "Image": URL });
    assert_eq!(went.changes(), [("POST", target.as_str(), Some(&body))]);
    assert!(went.notes.iter().all(|note| !note.guessed));
    // Of H3C's machines nobody has a recording: the same step is a guess there.
    let h3c = Rules::of(&Marks {
        oem: vec!["Public".to_owned()],
        makers: vec!["H3C".to_owned()],
        ..Marks::default()
    });
    let went = put(&vmm(true), &mut ibmc, &h3c);
    let of_steps = went.notes.iter().filter(|note| note.quirk == Some("media-vmm"));
    assert!(of_steps.map(|note| note.guessed).eq([true]), "{:?}", went.notes);
    // And so is what it is known not to take.
    assert!(went.notes[0].guessed && went.notes[0].text.1.contains("by nfs, cifs alone"));
    let mut full = vmm(true);
    full[place(MANAGER, "CD")]["Inserted"] = true.into();
    let went = out(&full, &mut ibmc, &rules("Huawei"));
    assert!(went.is_done(), "{:?}", went.end);
    let body = json!({ "VmmControlType": "Disconnect" });
    assert_eq!(went.changes(), [("POST", target.as_str(), Some(&body))]);
}

#[test]
fn a_path_that_is_not_advertised_is_guessed_for_its_dialect_alone() {
    needs("media-vmm-path", &rules("Huawei"), &|rules| {
        put(&vmm(false), &mut ibmc, &rules.without("media-patch")).is_done()
    });
    let went = put(&vmm(false), &mut ibmc, &rules("Huawei"));
    assert!(went.notes.iter().any(|note| note.guessed), "it is marked: {:?}", went.notes);
    let other = put(&vmm(false), &mut ibmc, &rules("Lenovo").without("media-patch"));
    assert!(matches!(other.end, Ok(Outcome::Unsupported { .. })), "{:?}", other.end);
    assert!(other.changes().is_empty());
}

#[test]
fn a_connect_that_fails_at_random_is_tried_three_times() {
    needs("media-vmm-tries", &rules("Huawei"), &|rules| {
        let fails = Cell::new(2);
        let mut own = |request: &Request, tree: &mut Tree| {
            if request.method == Method::Post && fails.get() > 0 {
                fails.set(fails.get() - 1);
                return Some(error(500, "InternalError", "It failed."));
            }
            ibmc(request, tree)
        };
        put(&vmm(true), &mut own, rules).is_done()
    });
}

#[test]
fn a_connection_that_is_occupied_is_ended_first() {
    let occupied = Cell::new(true);
    let sent = RefCell::new(Vec::new());
    let mut own = |request: &Request, tree: &mut Tree| {
        if request.method == Method::Post {
            let kind = request.body.as_ref()?.get("VmmControlType")?.as_str()?.to_owned();
            sent.borrow_mut().push(kind.clone());
            if kind == "Connect" && occupied.get() {
                return Some(error(400, "VirtualMediaConnectionOccupied", "ConnectionOccupied."));
            }
            occupied.set(false);
        }
        ibmc(request, tree)
    };
    assert!(put(&vmm(true), &mut own, &rules("Huawei")).is_done());
    assert_eq!(*sent.borrow(), ["Connect", "Disconnect", "Connect"]);
}

#[test]
fn schemes_that_are_known_not_to_work_are_told() {
    needs("media-vmm-schemes", &rules("Huawei"), &|rules| {
        let went = put(&vmm(true), &mut ibmc, rules);
        // It is asked all the same: a wrong quirk is no refusal.
        went.is_done() && went.notes.iter().any(|note| note.text.1.contains("nfs, cifs, https"))
    });
}

#[test]
fn an_image_that_the_bmc_cannot_reach_is_told_by_the_task() {
    let mut own = |request: &Request, tree: &mut Tree| {
        if request.path == TASK {
            let message = json!({ "MessageId": "iBMC.1.0.FileDownloadFailed",
                "Message": "The image cannot be reached." });
            return Some(answer(200, json!({ "TaskState": "Exception", "Messages": message })));
        }
        let reply = ibmc(request, tree);
        tree.get_mut(&place(MANAGER, "CD")).expect("the slot")["Inserted"] = false.into();
        reply
    };
    let went = put(&vmm(true), &mut own, &rules("Huawei"));
    let refusal = went.end.expect_err("it failed");
    assert_eq!(refusal.said.to_string(), "The image cannot be reached");
}

#[test]
fn a_bmc_without_media_says_so() {
    let went = put(&json!({ MANAGER: {}, SYSTEM: {} }), &mut obeys, &rules(""));
    assert!(matches!(went.end, Ok(Outcome::Unsupported { .. })));
    let image = Image { url: URL, slot: Some("EXT9"), credential: None, unsigned: false };
    let went = talk(&one(), &mut obeys, &|script| insert(script, &owners(), &image, &rules("")));
    let Ok(Outcome::Unsupported { why }) = went.end else { panic!("{:?}", went.end) };
    assert!(why.1.contains("EXT9"));
}

#[test]
fn slots_that_cannot_be_read_are_no_lack_of_media() {
    let mut own = |request: &Request, _: &mut Tree| {
        (request.path == MANAGER).then(|| error(403, "InsufficientPrivilege", "You may not."))
    };
    let went = put(&one(), &mut own, &rules(""));
    assert_eq!(went.end.expect_err("a refusal").status, Some(403));
}

#[test]
fn a_refusal_that_quotes_the_password_of_the_image_is_told_without_it() {
    let secret = Secret::new("im@ge".to_owned());
    let image =
        Image { url: URL, slot: None, credential: Some(("reader", &secret)), unsigned: false };
    let mut own = |request: &Request, _: &mut Tree| {
        (request.method == Method::Post).then(|| {
            error(400, "PropertyValueFormatError", "The value im@ge of Password, or that of 'nfs://reader:im%40ge@192.0.2.1/x', is wrong.")
        })
    };
    let went = talk(&one(), &mut own, &|script| insert(script, &owners(), &image, &rules("")));
    let refusal = went.end.expect_err("refused");
    let shown = format!("{refusal:?} {} {}", refusal.said, refusal.said.in_chinese());
    assert!(!shown.contains("im@ge") && !shown.contains("im%40ge"), "{shown}");
}
