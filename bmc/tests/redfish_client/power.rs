//! Power of a system.

use std::cell::Cell;

use bmc::{
    operation::{Outcome, power::Action},
    redfish::ladder::{
        power,
        script::{Method, Reply, Request, Verdict},
    },
};
use serde_json::{Value, json};

use crate::talk::{Own, Talk, Tree, answer, error, rules, status, talk, with};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const RESET: &str = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";

fn system(state: &str, allowed: &Value) -> Value {
    json!({ SYSTEM: { "PowerState": state, "Actions": { "#ComputerSystem.Reset": {
        "target": RESET, "ResetType@Redfish.AllowableValues": allowed } } } })
}

fn go(tree: &Value, own: &mut Own<'_>, action: Action) -> Talk<Verdict> {
    talk(tree, own, &|script| power::power(script, SYSTEM, action, &rules("Huawei")))
}

/// A host that does what it is told.
fn obeys(request: &Request, tree: &mut Tree) -> Option<Reply> {
    if request.method != Method::Post {
        return None;
    }
    let kind = request.body.as_ref()?;
    let kind = kind.get("ResetType").or_else(|| kind.get("FruControlType"))?.as_str()?;
    let state = if matches!(kind, "ForceOff" | "GracefulShutdown") { "Off" } else { "On" };
    tree.get_mut(SYSTEM)?["PowerState"] = state.into();
    tree.get_mut(SYSTEM)?["LastResetTime"] = "2026-11-27T06:00:00Z".into();
    Some(status(204))
}

#[test]
fn each_action_has_its_value_and_is_read_back() {
    let all = json!(["On", "ForceOff", "GracefulShutdown", "ForceRestart", "PowerCycle"]);
    let cases = [
        ("Off", Action::On, "On"),
        ("On", Action::Off, "ForceOff"),
        ("On", Action::Soft, "GracefulShutdown"),
        ("On", Action::Reset, "ForceRestart"),
        ("On", Action::Cycle, "PowerCycle"),
    ];
    for (state, action, value) in cases {
        let went = go(&system(state, &all), &mut obeys, action);
        assert!(went.is_done(), "{action:?}: {:?}", went.end);
        assert_eq!(went.changes(), [("POST", RESET, Some(&json!({ "ResetType": value })))]);
    }
}

#[test]
fn what_is_so_already_is_not_sent() {
    for (state, action) in [("On", Action::On), ("Off", Action::Off), ("Off", Action::Soft)] {
        let went = go(&system(state, &json!(["On", "ForceOff"])), &mut obeys, action);
        assert!(went.is_done() && went.changes().is_empty(), "{action:?}");
    }
}

#[test]
fn values_that_the_bmc_has_are_taken_and_a_cycle_is_off_and_on_else() {
    let went = go(&system("Off", &json!(["ForceOn", "ForceOff"])), &mut obeys, Action::On);
    assert_eq!(went.changes(), [("POST", RESET, Some(&json!({ "ResetType": "ForceOn" })))]);
    let went = go(&system("On", &json!(["On", "ForceOff"])), &mut obeys, Action::Cycle);
    let off = json!({ "ResetType": "ForceOff" });
    let on = json!({ "ResetType": "On" });
    assert!(went.is_done());
    assert_eq!(went.changes(), [("POST", RESET, Some(&off)), ("POST", RESET, Some(&on))]);
    let went = go(&system("On", &json!(["On"])), &mut obeys, Action::Soft);
    let Ok(Outcome::Unsupported { why: (_, english) }) = went.end else { panic!("{:?}", went.end) };
    assert!(english.contains("GracefulShutdown") && english.contains("On"), "{english}");
}

#[test]
fn values_may_stand_in_a_resource_of_their_own() {
    let info = "/redfish/v1/Systems/1/ResetActionInfo";
    let mut tree = system("On", &json!([]));
    tree[SYSTEM]["Actions"]["#ComputerSystem.Reset"] =
        json!({ "target": RESET, "@Redfish.ActionInfo": info });
    tree[info] = json!({ "Parameters": [{ "Name": "ResetType", "AllowableValues": ["On"] }] });
    let went = go(&tree, &mut obeys, Action::Off);
    assert!(matches!(went.end, Ok(Outcome::Unsupported { .. })), "{:?}", went.end);
    // One that is linked to and not there tells nothing.
    tree.as_object_mut().expect("a tree").remove(info);
    assert!(go(&tree, &mut obeys, Action::Off).is_done());
}

#[test]
fn the_action_is_found_wherever_firmware_has_it() {
    let at = |actions: Value, oem: Value| json!({ SYSTEM: { "PowerState": "Off", "Actions": actions, "Oem": oem } });
    let action = json!({ "target": RESET });
    let trees = [
        at(json!({ "#ComputerSystem.Reset": action }), json!({})),
        at(json!({ "ComputerSystem.Reset": action }), json!({})),
        at(json!({ "Oem": { "#ComputerSystem.Reset": action } }), json!({})),
        at(json!({ "Oem": { "Huawei": { "#ComputerSystem.Reset": action } } }), json!({})),
        at(json!({}), json!({ "Public": { "Actions": { "ComputerSystem.Reset": action } } })),
        at(json!({}), json!({ "Huawei": { "Actions": { "#ComputerSystem.Reset": action } } })),
        at(json!({ "Oem": { "#Huawei.ComputerSystem.Reset": action } }), json!({})),
        at(json!({ "Oem": { "Huawei": { "#ComputerSystem.FruControl": action } } }), json!({})),
    ];
    for tree in trees {
        let went = go(&tree, &mut obeys, Action::On);
        assert!(went.is_done(), "{tree}: {:?}", went.end);
    }
    // A target off this host is none.
    let away = json!({ "target": "https://192.0.2.66/redfish/v1/Actions/X" });
    let went = go(&at(json!({ "#ComputerSystem.Reset": away }), json!({})), &mut obeys, Action::On);
    assert!(matches!(went.end, Ok(Outcome::Unsupported { .. })));
    assert_eq!(went.changes(), []);
}

#[test]
fn an_action_is_never_repeated_blindly() {
    let all = json!(["On", "ForceOff", "ForceRestart"]);
    // It was done, and the answer was lost: the state shows it.
    let mut own =
        |request: &Request, tree: &mut Tree| obeys(request, tree).map(|_answer| Reply::default());
    let went = go(&system("Off", &all), &mut own, Action::On);
    assert!(went.is_done(), "{:?}", went.end);
    assert_eq!(went.changes().len(), 1);
    // A restart shows in no state: it is told and not sent again.
    let mut own =
        |request: &Request, _: &mut Tree| (request.method == Method::Post).then(Reply::default);
    let went = go(&system("On", &all), &mut own, Action::Reset);
    assert!(went.end.is_err());
    assert_eq!(went.changes().len(), 1);
    // Busy: it was not done, and is sent once more when it asked for.
    let first = Cell::new(true);
    let mut own = |request: &Request, tree: &mut Tree| {
        if request.method == Method::Post && first.replace(false) {
            return Some(with(
                error(503, "ServiceTemporarilyUnavailable", "Busy."),
                "retry-after",
                "7",
            ));
        }
        obeys(request, tree)
    };
    let went = go(&system("On", &all), &mut own, Action::Reset);
    assert!(went.is_done(), "{:?}", went.end);
    assert!(went.waited.as_secs() >= 7);
    assert_eq!(went.changes().len(), 2);
}

#[test]
fn what_is_accepted_and_not_done_is_told() {
    let mut own =
        |request: &Request, _: &mut Tree| (request.method == Method::Post).then(|| status(200));
    let went = go(&system("Off", &json!(["On"])), &mut own, Action::On);
    assert_eq!(went.end, Ok(Outcome::NotKept { sent: "On".to_owned(), found: "Off".to_owned() }));
    // A shutdown takes the time that the host's system takes.
    let went = go(&system("On", &json!(["GracefulShutdown"])), &mut own, Action::Soft);
    assert_eq!(went.end, Ok(Outcome::Accepted { task: None }));
    let mut own = |request: &Request, _: &mut Tree| {
        (request.method == Method::Post).then(|| error(200, "Success", "Done."))
    };
    let went = go(&system("On", &json!(["ForceRestart"])), &mut own, Action::Reset);
    assert_eq!(went.end, Ok(Outcome::Accepted { task: None }), "it shows in nothing");
}

#[test]
fn a_refusal_is_told_in_the_bmcs_words() {
    let mut own = |request: &Request, _: &mut Tree| {
        (request.method == Method::Post)
            .then(|| error(403, "InsufficientPrivilege", "You may not."))
    };
    let went = go(&system("Off", &json!(["On"])), &mut own, Action::On);
    let refusal = went.end.expect_err("a refusal");
    assert_eq!((refusal.status, refusal.said.to_string().as_str()), (Some(403), "You may not"));
    assert_eq!(went.sent.len(), 2);
    let gone = talk(&json!({}), &mut |_, _| Some(answer(404, json!({}))), &|script| {
        power::power(script, SYSTEM, Action::On, &rules(""))
    });
    assert_eq!(gone.end.expect_err("no system").status, Some(404));
}
