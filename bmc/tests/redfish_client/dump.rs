//! Bundles of logs: by which actions they are made and fetched, and what becomes of the file.

use bmc::{
    operation::Outcome,
    redfish::{
        client::{Options, RedfishError},
        ladder::{
            dump,
            script::{Method, Refusal, Request, Verdict},
        },
    },
    simulate::template::dialects,
};
use serde_json::{Value, json};

use crate::{
    server::{Own as Answers, Said, Server, plain, run, said},
    simulated::{connect, site},
    talk::{Own, Talk, Tree, answer, error, needs, rules, status, talk, with},
};

const MANAGER: &str = "/redfish/v1/Managers/1";
const LOGS: &str = "/redfish/v1/Managers/1/LogServices";
const TASK: &str = "/redfish/v1/TaskService/Tasks/1";

fn collect(tree: &Value, own: &mut Own<'_>) -> Talk<Result<Request, Verdict>> {
    talk(tree, own, &|script| dump::collect(script, MANAGER, &rules("")))
}

fn ibmc() -> Value {
    json!({
        MANAGER: { "LogServices": { "@odata.id": LOGS }, "Actions": { "Oem": { "Huawei": {
            "#Manager.Dump": { "target": format!("{MANAGER}/Actions/Oem/Huawei/Manager.Dump") },
            "#Manager.GeneralDownload": {
                "target": format!("{MANAGER}/Actions/Oem/Huawei/Manager.GeneralDownload") } } } } },
        LOGS: { "Members": [] },
        TASK: { "TaskState": "Running" },
    })
}

/// A POST is a task.
fn begins(request: &Request) -> Option<bmc::redfish::ladder::script::Reply> {
    (request.method == Method::Post).then(|| with(status(202), "location", TASK))
}

#[test]
fn ibmc_puts_it_where_it_is_told_and_it_is_fetched_from_there() {
    let mut looks = 0;
    let went = collect(&ibmc(), &mut |request, tree| {
        if request.path == TASK {
            looks += 1;
            if looks == 3 {
                tree.get_mut(TASK).expect("a task")["TaskState"] = "Completed".into();
            }
        }
        begins(request)
    });
    let place = "/tmp/web/assay-logs.tar.gz";
    let body = json!({ "Type": "URI", "Content": place });
    let dump = format!("{MANAGER}/Actions/Oem/Huawei/Manager.Dump");
    assert_eq!(went.changes(), [("POST", dump.as_str(), Some(&body))]);
    let fetch = went.end.expect("it is made");
    assert_eq!(fetch.path, format!("{MANAGER}/Actions/Oem/Huawei/Manager.GeneralDownload"));
    assert_eq!(fetch.body, Some(json!({ "TransferProtocol": "HTTPS", "Path": place })));
    // A task that fails is the end of it.
    let mut tree = ibmc();
    tree[TASK] = json!({ "TaskState": "Exception",
        "Messages": [{ "MessageId": "iBMC.1.0.DumpFailed", "Message": "There is no space." }] });
    let went = collect(&tree, &mut |request, _| begins(request));
    let Err(Err(Refusal { said, .. })) = went.end else { panic!("{:?}", went.end) };
    assert!(said.to_string().contains("no space"), "{said}");
}

#[test]
fn ibmc_downloads_beside_its_dump_where_it_lists_no_download() {
    let mut tree = ibmc();
    let listed = tree.pointer_mut("/~1redfish~1v1~1Managers~11/Actions/Oem/Huawei");
    let listed = listed.and_then(Value::as_object_mut).expect("actions");
    listed.remove("#Manager.GeneralDownload");
    tree[TASK] = json!({ "TaskState": "Completed" });
    needs("logs-download-beside", &rules("Huawei"), &|rules| {
        let own: &mut Own<'_> = &mut |request, _| begins(request);
        let went = talk(&tree, own, &|script| dump::collect(script, MANAGER, rules));
        let fetched = went.end.as_ref().is_ok_and(|fetch| {
            fetch.path == format!("{MANAGER}/Actions/Oem/Huawei/Manager.GeneralDownload")
        });
        assert_eq!(fetched, went.has_note("logs-download-beside"));
        // Nothing is made that nobody could fetch.
        assert_eq!(fetched, !went.changes().is_empty());
        fetched
    });
}

#[test]
fn isbmc_has_a_pair_of_actions_at_its_collection() {
    let at = |name: &str| format!("{LOGS}/Actions/Oem/Public/{name}");
    let action = |name: &str| json!({ "target": at(name) });
    for nested in [true, false] {
        let pair = json!({ "#LogService.CollectAllLog": action("CollectAllLog"),
            "#LogService.DownloadAllLog": action("DownloadAllLog") });
        let oem = if nested { json!({ "Public": pair }) } else { pair };
        let tree = json!({ MANAGER: {}, LOGS: { "Actions": { "Oem": oem } },
            TASK: { "TaskState": "Completed" } });
        let went = collect(&tree, &mut |request, _| begins(request));
        assert_eq!(went.changes(), [("POST", at("CollectAllLog").as_str(), None)]);
        assert_eq!(went.end, Ok(Request::post(&at("DownloadAllLog"), None)));
    }
}

/// Lets ZTE's progress go through these states, each with its file.
fn zte(states: &[(&str, &str)]) -> Talk<Result<Request, Verdict>> {
    let dump = format!("{LOGS}/Actions/LogServices.Dump");
    let progress = format!("{dump}/Progress");
    let tree = json!({
        MANAGER: { "LogServices": { "@odata.id": LOGS }, "Actions": { "#Manager.GeneralDownload": {
            "target": format!("{MANAGER}/Actions/Manager.GeneralDownload") } } },
        LOGS: { "Actions": { "Oem": { "#LogServices.Dump": { "target": dump },
            "#LogServices.Dump/Progress": { "target": progress } } } },
    });
    let mut at = 0;
    collect(&tree, &mut |request: &Request, _: &mut Tree| {
        if request.method == Method::Post {
            return Some(error(200, "Success", "Done."));
        }
        let (state, file) = states.get(at).or(states.last())?;
        (request.path == progress).then(|| {
            at += 1;
            answer(200, json!({ "State": state, "TarPath": file, "Message": "No space." }))
        })
    })
}

#[test]
fn zte_is_not_believed_what_the_run_before_ended_with() {
    let (old, made) = ("/var/old.tar.gz", "/var/new.tar.gz");
    // The first is what stood there before.
    let sound: [&[(&str, &str)]; 3] = [
        &[
            ("STATE_FAILED", ""),
            ("STATE_FAILED", ""),
            ("STATE_RUNNING", ".tar.gz"),
            ("STATE_COMPLETED", ".tar.gz"),
            ("STATE_COMPLETED", made),
        ],
        &[("STATE_COMPLETED", old), ("STATE_COMPLETED", old), ("STATE_COMPLETED", made)],
        &[("", ""), ("STATE_FINISH", made)],
    ];
    for states in sound {
        let went = zte(states);
        let fetch = went.end.as_ref().expect("it is made");
        assert_eq!(fetch.path, format!("{MANAGER}/Actions/Manager.GeneralDownload"));
        assert_eq!(fetch.body, Some(json!({ "Path": made })), "{states:?}");
        let body = json!({ "Type": "AllLogs" });
        let dump = format!("{LOGS}/Actions/LogServices.Dump");
        assert_eq!(went.changes(), [("POST", dump.as_str(), Some(&body))]);
    }
    // It failed, or fails again as before.
    for states in [&[("", ""), ("STATE_ERROR", "")][..], &[("STATE_FAILED", "")]] {
        let Err(Err(refusal)) = zte(states).end else { panic!("{states:?}") };
        assert!(refusal.said.to_string().contains("No space"), "{states:?}");
    }
    // A name that never comes is no file.
    let went = zte(&[("", ""), ("STATE_COMPLETED", ".tar.gz")]);
    assert!(matches!(went.end, Err(Ok(Outcome::Accepted { .. }))), "{:?}", went.end);
}

#[test]
fn nothing_is_posted_where_nothing_is_advertised() {
    for manager in [
        json!({}),
        // Half of a pair is none.
        json!({ "Actions": { "#Manager.GeneralDownload": {
            "target": format!("{MANAGER}/Actions/Manager.GeneralDownload") } } }),
        json!({ "Actions": { "#Manager.Dump": {
            "target": format!("{MANAGER}/Actions/Manager.Dump") } } }),
    ] {
        let tree = json!({ MANAGER: manager, LOGS: {} });
        let went = collect(&tree, &mut |_, _| None);
        assert!(matches!(went.end, Err(Ok(Outcome::Unsupported { .. }))), "{:?}", went.end);
        assert_eq!(went.changes(), []);
    }
}

#[test]
fn a_bundle_is_fetched_whole_from_every_make_that_has_one() {
    let mut hosts: Vec<_> = dialects().into_iter().map(|name| (name, String::new())).collect();
    let makes = hosts.len();
    for (make, fault) in [
        ("huawei", "dump-cut"),
        ("inspur", "task-fails"),
        ("inspur", "dump-cut"),
        ("zte", "dump-cut"),
    ] {
        hosts.push((make.to_owned(), fault.to_owned()));
    }
    let site = site(&hosts);
    run(async {
        for (at, (make, fault)) in hosts.iter().enumerate() {
            let client = connect(&site.places()[at], Options::default()).await.expect("let in");
            let mut file = Vec::new();
            let acted = client.collect_logs(&mut file).await;
            client.close().await;
            if at >= makes {
                let expected = match &acted {
                    Err(RedfishError::Broken { .. }) => fault == "dump-cut",
                    Err(RedfishError::GaveUp { .. }) => fault == "task-fails",
                    _ => false,
                };
                assert!(expected, "{make} {fault}: {acted:?}");
                continue;
            }
            let acted = acted.unwrap_or_else(|error| panic!("{make}: {error:?}"));
            if ["huawei", "huawei-blade", "xfusion", "openubmc", "inspur", "zte"]
                .contains(&make.as_str())
            {
                assert_eq!(acted.outcome, Outcome::Done, "{make}");
                let end = format!("SIM26{:06} 9999\r\n", at + 1);
                assert!(
                    file.starts_with(b"\x1f\0 SIM26") && file.ends_with(end.as_bytes()),
                    "{make}"
                );
            } else {
                let unfit = matches!(acted.outcome, Outcome::Unsupported { .. });
                assert!(unfit && file.is_empty(), "{make}: {acted:?}");
            }
        }
    });
}

#[test]
fn a_bundle_that_is_somewhere_else_is_not_fetched_there() {
    let download = format!("{LOGS}/Actions/Oem/Public/DownloadAllLog");
    let mut tree = plain();
    tree[LOGS] = json!({ "Actions": { "Oem": {
        "#LogService.CollectAllLog": { "target": format!("{LOGS}/Actions/Oem/Public/CollectAllLog") },
        "#LogService.DownloadAllLog": { "target": download } } } });
    let other = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    other.set_nonblocking(true).expect("it is ours");
    let to = format!("https://{}/bundle.tar.gz", other.local_addr().expect("an address"));
    let own: Box<Answers> = Box::new(move |_, came| {
        let location = vec![("location", to.clone())];
        match came.path.rsplit('/').next() {
            Some("CollectAllLog") => Some(said(204, &Value::Null)),
            Some("DownloadAllLog") => Some(Said { headers: location, ..said(307, &Value::Null) }),
            _ => None,
        }
    });
    let server = Server::start(&tree, Box::leak(own));
    run(async {
        let client = server.connect(Options::default()).await.expect("let in");
        let mut file = Vec::new();
        let error = client.collect_logs(&mut file).await.expect_err("it is elsewhere");
        assert!(matches!(error, RedfishError::Refused { status: 307, .. }), "{error:?}");
        assert_eq!(file, b"");
        client.close().await;
    });
    let came = other.accept();
    assert!(came.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock), "nobody came");
}
