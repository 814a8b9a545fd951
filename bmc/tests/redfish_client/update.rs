//! New firmware: how each BMC is told, what is done where it is busy or restarts, and what it says
//! at the end.

use std::{cell::Cell, time::Duration};

use bmc::{
    credential::Secret,
    dialect::{Marks, Rules},
    operation::{Outcome, firmware::ApplyTime},
    redfish::ladder::{
        script::{Note, Reply, Request, Upload, Verdict},
        update::{self, Plan, ways},
    },
};
use serde_json::{Value, json};

use crate::talk::{Talk, Tree, answer, error, needs, rules, status, talk, with};

const SERVICE: &str = "/redfish/v1/UpdateService";
const ACTION: &str = "/redfish/v1/UpdateService/Actions/UpdateService.SimpleUpdate";
const TASKS: &str = "/redfish/v1/TaskService/Tasks";
const TASK: &str = "/redfish/v1/TaskService/Tasks/7";
const URL: &str = "http://192.0.2.1/bmc.bin";

/// An update service that has all ways of the standard, and a task that is done.
fn whole() -> Value {
    json!({
        SERVICE: { "@odata.id": SERVICE, "MultipartHttpPushUri": "/mfwupdate",
            "HttpPushUri": "https://bmc.example/fwupdate", "HttpPushUriTargets": [],
            "HttpPushUriTargetsBusy": false, "HttpPushUriOptionsBusy": false,
            "HttpPushUriOptions": { "HttpPushUriApplyTime": { "ApplyTime": "OnReset" } },
            "MaxImageSizeBytes": 1000,
            "Actions": { "#UpdateService.SimpleUpdate": { "target": ACTION } } },
        TASK: { "TaskState": "Completed", "TaskStatus": "OK" },
        TASKS: { "Members": [] },
    })
}

fn only(names: &[&str]) -> Value {
    let mut tree = whole();
    tree[SERVICE]
        .as_object_mut()
        .expect("a service")
        .retain(|name, _| name.starts_with('@') || names.iter().any(|own| name.starts_with(own)));
    tree
}

fn plan(targets: &[String]) -> Plan<'_> {
    Plan {
        service: SERVICE,
        tasks: Some(TASKS),
        known: &[],
        file: Some(("bmc 2.bin", 100)),
        url: None,
        targets,
        apply: None,
        protocol: None,
        credential: None,
    }
}

/// Takes whatever is posted, as a task.
fn takes(request: &Request, _: &mut Tree) -> Option<Reply> {
    (request.method.name() == "POST").then(|| with(status(202), "location", TASK))
}

fn run(tree: &Value, plan: &Plan<'_>, rules: &Rules) -> Talk<Verdict> {
    talk(tree, &mut takes, &|script| update::update(script, plan, rules))
}

fn posts<T>(went: &Talk<T>) -> Vec<(String, Option<Upload>, Option<Value>)> {
    let posts = went.sent.iter().filter(|request| request.method.name() == "POST");
    posts.map(|one| (one.path.clone(), one.upload.clone(), one.body.clone())).collect()
}

#[test]
fn the_richest_way_that_is_advertised_is_taken() {
    let targets = [format!("{SERVICE}/FirmwareInventory/BMC")];
    let mut wanted = plan(&targets);
    wanted.apply = Some(ApplyTime::AtMaintenance);
    wanted.url = Some(URL);
    let went = run(&whole(), &wanted, &rules(""));
    assert!(went.is_done(), "{:?}", went.end);
    let parameters = json!({ "Targets": targets,
        "@Redfish.OperationApplyTime": "AtMaintenanceWindowStart" });
    let form = Upload::Form { part: "UpdateFile", parameters: Some(parameters) };
    assert_eq!(posts(&went), [("/mfwupdate".to_owned(), Some(form), None)]);
    // A place to push to is on the BMC itself, whatever host it names.
    let went = run(&only(&["HttpPushUri"]), &plan(&[]), &rules(""));
    assert_eq!(posts(&went), [("/fwupdate".to_owned(), Some(Upload::Raw), None)]);
    for place in ["//other.example/x", "fwupdate", "/a b", "http://other.example"] {
        let service = json!({ "HttpPushUri": place });
        assert_eq!(ways(&service, &rules("")).push, None, "{place}");
    }
    // What only fetches is told where from.
    wanted.targets = &[];
    wanted.apply = None;
    let went = run(&only(&["Actions"]), &wanted, &rules(""));
    let body = json!({ "ImageURI": URL, "TransferProtocol": "HTTP" });
    assert_eq!(posts(&went), [(ACTION.to_owned(), None, Some(body))]);
}

#[test]
fn a_push_is_aimed_before_and_set_back_behind_whatever_comes_of_it() {
    let targets = [format!("{SERVICE}/FirmwareInventory/BMC")];
    let mut wanted = plan(&targets);
    wanted.apply = Some(ApplyTime::Immediate);
    for code in [202, 400] {
        let mut own = |request: &Request, tree: &mut Tree| {
            request.upload.as_ref()?;
            let service = &tree[SERVICE];
            assert_eq!(service["HttpPushUriTargets"], json!(targets));
            assert_eq!(service["HttpPushUriTargetsBusy"], true);
            let time = &service["HttpPushUriOptions"]["HttpPushUriApplyTime"]["ApplyTime"];
            assert_eq!(time, "Immediate");
            Some(match code {
                202 => with(status(202), "location", TASK),
                _ => error(400, "GeneralError", "The image is for another product."),
            })
        };
        let went = talk(&only(&["HttpPushUri"]), &mut own, &|script| {
            update::update(script, &wanted, &rules(""))
        });
        assert_eq!(went.end.is_ok(), code == 202, "{:?}", went.end);
        let changes = went.changes();
        let [(_, _, Some(claim)), _, (_, _, Some(release))] = changes.as_slice() else {
            panic!("{changes:?}");
        };
        assert_eq!(claim["HttpPushUriOptionsBusy"], true);
        assert_eq!(
            *release,
            &json!({ "HttpPushUriTargets": [], "HttpPushUriTargetsBusy": false,
                "HttpPushUriOptionsBusy": false,
                "HttpPushUriOptions": { "HttpPushUriApplyTime": { "ApplyTime": "OnReset" } } })
        );
    }
    // Where a push cannot be aimed nothing is pushed.
    let mut tree = only(&["HttpPushUri"]);
    tree[SERVICE].as_object_mut().expect("a service").remove("HttpPushUriTargets");
    let went = run(&tree, &plan(&targets), &rules(""));
    assert!(matches!(&went.end, Ok(Outcome::Unsupported { why }) if why.1.contains("--target")));
    assert_eq!(went.changes().len(), 0);
}

#[test]
fn an_image_that_is_too_large_and_a_service_that_is_off_are_not_tried() {
    let mut wanted = plan(&[]);
    wanted.file = Some(("x", 1001));
    let went = run(&whole(), &wanted, &rules(""));
    assert!(matches!(&went.end, Ok(Outcome::Unsupported { why }) if why.1.contains("1001 bytes")));
    let mut off = whole();
    off[SERVICE]["ServiceEnabled"] = false.into();
    let went = run(&off, &plan(&[]), &rules(""));
    assert!(matches!(&went.end, Ok(Outcome::Unsupported { why }) if why.1.contains("turned off")));
    let went =
        run(&only(&["HttpPushUri"]), &Plan { file: None, url: Some(URL), ..plan(&[]) }, &rules(""));
    assert!(matches!(&went.end, Ok(Outcome::Unsupported { why }) if why.1.contains("name a file")));
    assert_eq!(went.changes().len(), 0);
}

#[test]
fn what_is_only_advertised_costs_a_request_and_the_next_way_is_taken() {
    let mut own = |request: &Request, tree: &mut Tree| match request.path.as_str() {
        "/mfwupdate" => Some(status(404)),
        "/fwupdate" => Some(status(405)),
        _ => takes(request, tree),
    };
    let wanted = Plan { url: Some(URL), ..plan(&[]) };
    let went = talk(&whole(), &mut own, &|script| update::update(script, &wanted, &rules("")));
    assert!(went.is_done());
    assert_eq!(posts(&went).len(), 3);
    // A refusal of the image is one, and is not tried in another way.
    let mut own = |request: &Request, tree: &mut Tree| match request.path.as_str() {
        "/mfwupdate" => Some(error(400, "GeneralError", "The image is for another product.")),
        _ => takes(request, tree),
    };
    let went = talk(&whole(), &mut own, &|script| update::update(script, &wanted, &rules("")));
    let refusal = went.end.as_ref().expect_err("refused");
    assert_eq!(refusal.said.to_string(), "The image is for another product");
    assert_eq!(posts(&went).len(), 1);
}

#[test]
fn a_busy_bmc_is_waited_for_and_one_that_wants_a_tag_gets_it() {
    let left = Cell::new(3);
    let mut own = |request: &Request, tree: &mut Tree| {
        if request.upload.is_some() && left.get() > 0 {
            left.set(left.get() - 1);
            return Some(with(status(503), "retry-after", "20"));
        }
        takes(request, tree)
    };
    let went = talk(&whole(), &mut own, &|script| update::update(script, &plan(&[]), &rules("")));
    assert!(went.is_done());
    assert_eq!(went.waited, Duration::from_mins(1));
    let mut tree = whole();
    tree[SERVICE]["@odata.etag"] = "\"5\"".into();
    let mut own = |request: &Request, tree: &mut Tree| {
        let bare = request.upload.is_some() && request.if_match.as_deref() != Some("\"5\"");
        if bare { Some(status(428)) } else { takes(request, tree) }
    };
    let went = talk(&tree, &mut own, &|script| update::update(script, &plan(&[]), &rules("")));
    assert!(went.is_done(), "{:?}", went.end);
}

#[test]
fn an_upload_that_breaks_off_is_begun_again_once() {
    for breaks in [1, 2] {
        let left = Cell::new(breaks);
        let mut own = |request: &Request, tree: &mut Tree| {
            if request.upload.is_some() && left.get() > 0 {
                left.set(left.get() - 1);
                return Some(Reply { cut: Some((40, 100)), ..Reply::default() });
            }
            takes(request, tree)
        };
        let went =
            talk(&whole(), &mut own, &|script| update::update(script, &plan(&[]), &rules("")));
        match breaks {
            1 => assert!(went.is_done(), "{:?}", went.end),
            _ => assert_eq!(went.end.as_ref().expect_err("cut").cut, Some((40, 100))),
        }
    }
    // One that had all of it may have been taken: it is sent again only where nothing came of it.
    for (members, times) in [(json!([]), 2), (json!([{ "@odata.id": TASK }]), 1)] {
        let mut tree = whole();
        tree[TASKS]["Members"] = members;
        let mut own = |request: &Request, _: &mut Tree| {
            request.upload.is_some().then(|| Reply { cut: Some((100, 100)), ..Reply::default() })
        };
        let went = talk(&tree, &mut own, &|script| update::update(script, &plan(&[]), &rules("")));
        assert!(went.is_done(), "{:?}", went.end);
        assert_eq!(posts(&went).len(), times);
    }
}

#[test]
fn a_task_that_is_not_named_is_the_one_that_was_not_there() {
    let mut tree = whole();
    let link = |id: u8| json!({ "@odata.id": format!("{TASKS}/{id}") });
    tree[TASKS]["Members"] = json!([link(3), link(7)]);
    tree[TASK] = json!({ "TaskState": "Exception", "Messages": [
        { "MessageId": "Update.1.0.VerificationFailed", "Message": "The signature is wrong." }] });
    let known = [format!("{TASKS}/3")];
    let mut own = |request: &Request, _: &mut Tree| request.upload.is_some().then(|| status(202));
    let wanted = Plan { known: &known, ..plan(&[]) };
    let went = talk(&tree, &mut own, &|script| update::update(script, &wanted, &rules("")));
    let refusal = went.end.as_ref().expect_err("it failed");
    assert_eq!(
        (refusal.status, refusal.said.text.as_str()),
        (Some(202), "The signature is wrong.")
    );
    // Of several that are new none is taken for ours.
    let went = talk(&tree, &mut own, &|script| update::update(script, &plan(&[]), &rules("")));
    assert!(went.is_done());
}

#[test]
fn a_bmc_that_restarts_is_waited_for() {
    let states = ["Running", "", "", "", "Running", "Completed"];
    let at = Cell::new(0);
    let mut own = |request: &Request, tree: &mut Tree| {
        if request.path != TASK {
            return takes(request, tree);
        }
        let state = states[at.get()];
        at.set(at.get() + 1);
        Some(if state.is_empty() {
            Reply::default()
        } else {
            answer(200, json!({ "TaskState": state, "PercentComplete": 30 }))
        })
    };
    let went = talk(&whole(), &mut own, &|script| update::update(script, &plan(&[]), &rules("")));
    assert!(went.is_done());
    assert_eq!(at.get(), states.len());
}

#[test]
fn one_that_waits_for_the_host_is_not_waited_for() {
    let mut tree = whole();
    tree[TASK] = json!({ "TaskState": "Pending" });
    let wanted = Plan { apply: Some(ApplyTime::OnReset), ..plan(&[]) };
    let went = run(&tree, &wanted, &rules(""));
    assert_eq!(went.end, Ok(Outcome::Accepted { task: Some(TASK.to_owned()) }));
    assert_eq!(went.waited, Duration::ZERO);
}

#[test]
fn a_protocol_that_the_bmc_does_not_take_is_told() {
    let mut tree = only(&["Actions"]);
    tree[SERVICE]["Actions"]["#UpdateService.SimpleUpdate"]["TransferProtocol@Redfish.AllowableValues"] =
        json!(["NFS", "HTTPS"]);
    let wanted = Plan { url: Some(URL), ..plan(&[]) };
    let went = run(&tree, &wanted, &rules(""));
    assert!(matches!(&went.end, Ok(Outcome::Unsupported { why })
        if why.1.contains("by NFS, HTTPS, and the URL is of HTTP")));
    let wanted = Plan { protocol: Some("nfs"), ..wanted };
    let went = run(&tree, &wanted, &rules(""));
    assert!(went.is_done());
    let sent = posts(&went);
    assert_eq!(sent[0].2.as_ref().expect("a body")["TransferProtocol"], "NFS");
}

#[test]
fn an_image_is_uploaded_where_ibmc_has_it_and_installed_from_there() {
    let wanted = plan(&[]);
    let works = |rules: &Rules| {
        let went = run(&only(&["Actions"]), &wanted, rules);
        let sent = posts(&went);
        let [(place, Some(Upload::Form { part: "file", parameters: None }), None), (_, None, body)] =
            sent.as_slice()
        else {
            return false;
        };
        let body = body.as_ref().expect("a body");
        went.is_done()
            && place == "/redfish/v1/UpdateService/FirmwareInventory"
            // The name is one that a path may have.
            && body["ImageURI"] == "/tmp/web/bmc_2.bin"
            && body.get("TransferProtocol").is_none()
            && went.has_note("firmware-upload")
    };
    needs("firmware-upload", &rules("Huawei"), &works);
    assert!(works(&rules("openUBMC")));
}

fn of(oem: &str, maker: &str) -> Rules {
    Rules::of(&Marks {
        oem: vec![oem.to_owned()],
        makers: vec![maker.to_owned()],
        ..Marks::default()
    })
}

#[test]
fn each_make_is_told_to_keep_its_settings_in_its_own_form() {
    let cases = [
        ("xFusion", "xFusion", "firmware-keep-xfusion", json!({ "PreserveConfig": true })),
        ("", "超聚变", "firmware-keep-xfusion-zh", json!({ "PreserveConfig": true })),
        (
            "Public",
            "H3C",
            "firmware-keep-hdm",
            json!({ "Oem": { "Public": { "Preserve": "Retain" } } }),
        ),
        (
            "Public",
            "ZTE",
            "firmware-keep-zte",
            json!({ "Oem": { "Public": { "PreserveConf": true } } }),
        ),
        (
            "Public",
            "中兴",
            "firmware-keep-zte-zh",
            json!({ "Oem": { "Public": { "PreserveConf": true } } }),
        ),
        ("Ami", "Nettrix", "firmware-keep-nettrix", json!({ "SaveConfig": true })),
        ("Ami", "宁畅", "firmware-keep-nettrix-zh", json!({ "SaveConfig": true })),
    ];
    let wanted = Plan { url: Some(URL), file: None, ..plan(&[]) };
    for (oem, maker, id, expected) in cases {
        needs(id, &of(oem, maker), &|rules| {
            let went = run(&only(&["Actions"]), &wanted, rules);
            let sent = posts(&went);
            let body = sent[0].2.as_ref().and_then(Value::as_object).expect("a body");
            let expected = expected.as_object().expect("an object");
            went.is_done() && expected.iter().all(|(key, value)| body.get(key) == Some(value))
        });
        let went = run(&only(&["Actions"]), &wanted, &of(oem, maker));
        let told = went.notes.iter().find(|note| note.quirk == Some(id));
        assert!(told.is_some_and(|note| note.guessed), "{maker}: {:?}", went.notes);
    }
    // One that does not know them gets the standard's alone.
    let mut own = |request: &Request, tree: &mut Tree| {
        let strange = request.body.as_ref().is_some_and(|body| body.get("SaveConfig").is_some());
        if strange {
            let text = "The parameter SaveConfig is unknown.";
            return Some(error(400, "ActionParameterUnknown", text));
        }
        takes(request, tree)
    };
    let went = talk(&only(&["Actions"]), &mut own, &|script| {
        update::update(script, &wanted, &of("Ami", "Nettrix"))
    });
    assert!(went.is_done(), "{:?}", went.end);
}

#[test]
fn hdm_has_the_protocol_in_the_url_alone() {
    let wanted = Plan { url: Some(URL), file: None, ..plan(&[]) };
    needs("update-no-protocol", &of("Public", "H3C"), &|rules| {
        let went = run(&only(&["Actions"]), &wanted, rules);
        let sent = posts(&went);
        let is_told = |note: &Note| note.quirk == Some("update-no-protocol") && note.guessed;
        sent[0].2.as_ref().expect("a body").get("TransferProtocol").is_none()
            && went.notes.iter().any(is_told)
    });
}

#[test]
fn hdm_has_user_and_password_in_the_url() {
    let password = Secret::new("p@ss/w:1".to_owned());
    let url = "sftp://192.0.2.1/bmc.bin";
    let wanted =
        Plan { url: Some(url), file: None, credential: Some(("a b", &password)), ..plan(&[]) };
    let whole = "sftp://a%20b:p%40ss%2Fw%3A1@192.0.2.1/bmc.bin";
    needs("update-creds-in-url", &of("Public", "H3C"), &|rules| {
        let went = run(&only(&["Actions"]), &wanted, rules);
        let body = posts(&went)[0].2.clone().expect("a body");
        went.is_done()
            && body["ImageURI"] == whole
            && body.get("Username").is_none()
            && body.get("Password").is_none()
            && went.has_note("update-creds-in-url")
    });
    // Others have them beside it.
    let went = run(&only(&["Actions"]), &wanted, &rules(""));
    let body = posts(&went)[0].2.clone().expect("a body");
    assert_eq!((&body["ImageURI"], &body["Username"]), (&json!(url), &json!("a b")));
}

#[test]
fn what_a_bmc_quotes_of_a_password_in_a_url_is_not_told() {
    let password = Secret::new("p@ss/w:1".to_owned());
    let wanted = Plan {
        url: Some("sftp://192.0.2.1/bmc.bin"),
        file: None,
        credential: Some(("u", &password)),
        ..plan(&[])
    };
    let quoted = "Of 'sftp://u:p%40ss%2Fw%3A1@192.0.2.1/bmc.bin' the login u:p%40ss%2Fw%3A1 (p@ss/w:1) is refused.";
    let messages = json!([{ "MessageId": "Update.1.0.TransferFailed", "Message": quoted,
        "MessageArgs": [quoted], "RelatedProperties": [quoted] }]);
    let mut tree = only(&["Actions"]);
    tree[TASK] = json!({ "TaskState": "Exception", "Messages": messages });
    // By the answer, and by the task.
    for code in [400, 202] {
        let mut own = |request: &Request, tree: &mut Tree| match code {
            400 if request.method.name() == "POST" => {
                let error = json!({ "error": { "@Message.ExtendedInfo": messages } });
                Some(answer(400, error))
            }
            _ => takes(request, tree),
        };
        let went =
            talk(&tree, &mut own, &|script| update::update(script, &wanted, &of("Public", "H3C")));
        let refusal = went.end.as_ref().expect_err("refused");
        assert_eq!(refusal.status, Some(code));
        let said = &refusal.said;
        let shown =
            format!("{refusal:?} {said} {} {:?} {:?}", said.in_chinese(), went.notes, went.sent);
        assert!(shown.contains("192.0.2.1/bmc.bin"), "{shown}");
        for part in ["p@ss", "p%40ss"] {
            assert!(!shown.contains(part), "{code} {part}: {shown}");
        }
    }
}

#[test]
fn isbmc_is_told_what_the_image_is_for() {
    let targets = [format!("{SERVICE}/FirmwareInventory/ActiveBMC")];
    let wanted = Plan { url: Some(URL), file: None, ..plan(&targets) };
    for (maker, id, at) in [
        ("Inspur", "firmware-item-isbmc", "/Oem/Public/FlashItem"),
        ("Enginetech", "firmware-item-enginetech", "/Oem/Public/ImageType"),
    ] {
        let rules = of("Public", maker);
        needs(id, &rules, &|rules| {
            let went = run(&only(&["Actions"]), &wanted, rules);
            let sent = posts(&went);
            sent[0].2.as_ref().expect("a body").pointer(at) == Some(&Value::from("BMC"))
        });
        // Without it nothing is sent: nobody guesses what is flashed.
        let unsaid = Plan { url: Some(URL), file: None, ..plan(&[]) };
        let went = run(&only(&["Actions"]), &unsaid, &rules);
        assert!(
            matches!(&went.end, Ok(Outcome::Unsupported { why }) if why.1.contains("--target"))
        );
        assert_eq!(posts(&went), []);
    }
}
