//! Tasks: where they are, and how they stand.

use std::{cell::Cell, time::Duration};

use bmc::{
    dialect::{Marks, Rules},
    operation::Outcome,
    redfish::ladder::{
        script::{Reply, Request},
        task::{self, Followed, Standing},
        update,
    },
};
use serde_json::json;

use crate::talk::{Tree, answer, error, needs, rules, status, talk, with};

const TASK: &str = "/redfish/v1/TaskService/Tasks/7";

#[test]
fn the_location_is_where_the_task_is() {
    let rules = rules("");
    for location in [TASK, "https://192.0.2.7/redfish/v1/TaskService/Tasks/7", &format!("{TASK}/")]
    {
        let reply = with(status(202), "location", location);
        assert_eq!(task::place(&reply, &rules).as_deref(), Some(TASK));
    }
    assert_eq!(task::place(&with(status(202), "location", "https://[::1"), &rules), None);
    assert_eq!(task::place(&status(204), &rules), None);
}

#[test]
fn a_task_without_a_location_is_found_by_its_body() {
    let bodies = [
        json!({ "@odata.id": TASK, "TaskState": "Running" }),
        json!({ "Id": "7", "@odata.type": "#Task.v1_4_0.Task" }),
        json!({ "TaskId": 7 }),
    ];
    for body in bodies {
        needs("task-no-location", &rules(""), &|rules| {
            task::place(&answer(202, body.clone()), rules).as_deref() == Some(TASK)
        });
    }
    // The resource itself is no task.
    let slot = json!({ "@odata.id": "/redfish/v1/Managers/1/VirtualMedia/CD", "Id": "CD" });
    assert_eq!(task::place(&answer(200, slot), &rules("")), None);
}

#[test]
fn an_error_that_says_success_is_one() {
    let reply = error(200, "Success", "Successfully Completed Request");
    needs("task-200-success", &rules(""), &|rules| !task::is_failure(&reply, rules));
    let bad = error(200, "InternalError", "The request failed.");
    assert!(task::is_failure(&bad, &rules("")));
}

#[test]
fn a_state_of_its_own_is_waited_for() {
    let states = ["Mounting", "Waiting For Effect", "Uploading", "Running"];
    let run = |rules: &Rules| {
        let at = Cell::new(0);
        let mut own = |request: &Request, _: &mut Tree| -> Option<Reply> {
            let state = states.get(at.get()).copied().unwrap_or("Completed");
            at.set(at.get() + 1);
            (request.path == TASK).then(|| answer(200, json!({ "TaskState": state })))
        };
        let tree = json!({});
        talk(&tree, &mut own, &|script| task::follow(script, TASK, rules, Duration::from_mins(1)))
    };
    needs("task-state-unknown", &rules(""), &|rules| run(rules).end == Followed::Good);
    // Of a number nobody knows what it stands for, but where the dialect says it.
    for number in 0..5 {
        let reply = answer(200, json!({ "TaskState": number }));
        assert_eq!(task::standing(&reply, &rules("")), Standing::Running);
    }
}

#[test]
fn a_state_may_be_a_number() {
    let isbmc = Rules::of(&Marks {
        oem: vec!["Public".to_owned()],
        makers: vec!["Inspur".to_owned()],
        ..Marks::default()
    });
    let at = |number: u64, rules: &Rules| {
        let task = json!({ "TaskState": number, "Messages": [{ "Message": "It is no image." }] });
        task::standing(&answer(200, task), rules)
    };
    needs("task-state-number", &isbmc, &|rules| at(0, rules) == Standing::Good);
    needs(
        "task-state-number",
        &isbmc,
        &|rules| matches!(at(1, rules), Standing::Failed(said) if said.text == "It is no image."),
    );
    for number in [2, 3, 4, 5, u64::MAX] {
        assert_eq!(at(number, &isbmc), Standing::Running, "{number}");
    }
    // Of what was sent when it waits for the host nothing more is waited for.
    let states = [4, 2, 2, 0];
    let turn = Cell::new(0);
    let mut own = |request: &Request, _: &mut Tree| -> Option<Reply> {
        let state = states[turn.get().min(3)];
        turn.set(turn.get() + 1);
        (request.path == TASK).then(|| answer(200, json!({ "TaskState": state })))
    };
    let went = talk(&json!({}), &mut own, &|script| update::follow(script, TASK, true, &isbmc));
    assert!(matches!(went.end, Ok(Outcome::Accepted { .. })), "{:?}", went.end);
    turn.set(0);
    let went = talk(&json!({}), &mut own, &|script| update::follow(script, TASK, false, &isbmc));
    assert!(went.is_done() && turn.get() == states.len(), "{:?}", went.end);
    assert!(went.notes[0].guessed, "{:?}", went.notes);
    let shown = |rules: &Rules| task::shown(&json!({ "TaskState": 0 }), rules);
    assert_eq!((shown(&isbmc), shown(&rules(""))), ("0 (completed)".to_owned(), "0".to_owned()));
}

#[test]
fn a_code_of_completion_other_than_0_is_a_failure() {
    let reply = answer(200, json!({ "cc": 7, "Status": "The controller is busy." }));
    needs("answer-cc", &rules(""), &|rules| task::is_failure(&reply, rules));
    assert!(matches!(task::standing(&reply, &rules("")), Standing::Failed(said)
        if said.to_string() == "The controller is busy"));
    for well in [json!({ "cc": 0, "Status": "OK" }), json!({ "cc": "7" }), json!({})] {
        assert!(!task::is_failure(&answer(200, well.clone()), &rules("")), "{well}");
    }
}

#[test]
fn a_task_runs_till_the_deadline_and_one_that_is_gone_has_ended() {
    let mut own = |_: &Request, _: &mut Tree| Some(answer(200, json!({ "TaskState": "Running" })));
    let went = talk(&json!({}), &mut own, &|script| {
        task::follow(script, TASK, &rules(""), Duration::from_secs(20))
    });
    assert_eq!(went.end, Followed::Running);
    assert!(went.waited <= Duration::from_secs(20));
    assert_eq!(task::standing(&status(404), &rules("")), Standing::Good);
    assert_eq!(task::standing(&status(202), &rules("")), Standing::Running);
    assert_eq!(task::standing(&status(503), &rules("")), Standing::Running);
}

#[test]
fn how_much_is_done_is_a_number_or_ibmcs_text_or_nothing() {
    let own =
        |value: serde_json::Value| json!({ "Oem": { "Huawei": { "TaskPercentage": value } } });
    let cases = [
        (json!({ "PercentComplete": 40 }), Some(40)),
        (own("100%".into()), Some(100)),
        (own("7 %".into()), Some(7)),
        (own(json!(null)), None),
        (own("".into()), None),
        (
            json!({ "PercentComplete": null, "Oem": { "xFusion": { "TaskPercentage": "55%" } } }),
            Some(55),
        ),
        (json!({ "PercentComplete": 250 }), Some(100)),
        (json!({}), None),
    ];
    for (body, expected) in cases {
        assert_eq!(task::percent(&body), expected, "{body}");
    }
    // What cannot be told is no failure of the task.
    let reply = answer(
        200,
        json!({ "TaskState": "Running", "Oem": { "Huawei": { "TaskPercentage": null } } }),
    );
    assert_eq!(task::standing(&reply, &rules("Huawei")), Standing::Running);
}

#[test]
fn messages_may_be_one_object() {
    let one = json!({ "TaskState": "Exception", "Messages": {
        "MessageId": "iBMC.1.0.FileTransferProtocolMismatch",
        "Message": "The file transfer protocol is not supported." } });
    let says = |rules: &Rules| {
        let Standing::Failed(said) = task::standing(&answer(200, one.clone()), rules) else {
            return false;
        };
        said.is("FileTransferProtocolMismatch")
    };
    needs("task-messages-object", &rules(""), &says);
}
