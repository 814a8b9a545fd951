//! Sessions: none is left, however a command ends.

use std::time::Duration;

use bmc::{
    operation::{Outcome, power::Action},
    redfish::client::{Farewells, Options, RedfishError},
};
use serde_json::json;
use tokio::time::timeout;

use crate::server::{Own, Server, plain, run, said, usual};

const SETTLE: Duration = Duration::from_secs(10);

fn options(farewells: &Farewells) -> Options {
    Options { farewells: farewells.clone(), ..Options::default() }
}

/// Returns how many sessions were made, and how many are open.
fn count(server: &Server) -> (usize, usize) {
    let state = server.state();
    (state.made, state.sessions.len())
}

/// The system's answer takes its time, is an error, or is right, in turn.
const WAYS: &Own = &|state, came| {
    if came.path != "/redfish/v1/Systems/1" || came.method != "GET" {
        return None;
    }
    let mut answer = usual(state, came);
    match state.made % 4 {
        1 | 3 => answer.after = Duration::from_mins(1),
        2 => return Some(said(404, &json!({}))),
        _ => {}
    }
    Some(answer)
};

#[test]
fn of_200_commands_that_end_in_every_way_no_session_is_left() {
    let server = Server::start(&plain(), WAYS);
    let farewells = Farewells::default();
    let (mut good, mut failed, mut late, mut cancelled) = (0, 0, 0, 0);
    run(async {
        for at in 1..=200 {
            let mut options = options(&farewells);
            if at % 4 == 1 {
                options.first_byte = Duration::from_millis(200);
            }
            let command = async {
                let client = server.connect(options).await?;
                // What is asked for is named: looking for it goes past what fails.
                let reply = client.get("/redfish/v1/Systems/1").await;
                client.close().await;
                reply
            };
            let asked = async {
                let is_asked = || {
                    let state = server.state();
                    state.came.iter().filter(|came| came.path.ends_with("/1")).count() == at
                };
                while !is_asked() {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            };
            tokio::select! {
                ended = command => match ended {
                    Ok(reply) if reply.is_good() => good += 1,
                    Ok(_) => failed += 1,
                    Err(RedfishError::Silent { .. }) => late += 1,
                    Err(error) => panic!("{error:?}"),
                },
                // In the middle, as Ctrl-C does it.
                () = asked, if at % 4 == 3 => cancelled += 1,
            }
        }
        assert_eq!(farewells.settle(SETTLE).await, 0);
    });
    assert_eq!(count(&server), (200, 0));
    assert_eq!((good, failed, late, cancelled), (50, 50, 50, 50));
}

#[test]
fn a_login_that_is_answered_too_late_leaves_nothing() {
    let server = Server::start(&plain(), &|state, came| {
        (came.method == "POST").then(|| {
            let mut answer = usual(state, came);
            answer.after = Duration::from_millis(600);
            answer
        })
    });
    let farewells = Farewells::default();
    run(async {
        let mut options = options(&farewells);
        options.first_byte = Duration::from_millis(100);
        options.patience.connect = Duration::from_millis(100);
        options.patience.handshake = Duration::from_millis(100);
        let error = server.connect(options).await.expect_err("too late");
        assert!(matches!(error, RedfishError::Silent { .. }), "{error:?}");
        assert_eq!(farewells.settle(SETTLE).await, 0);
    });
    assert_eq!(count(&server), (1, 0));
}

#[test]
fn a_login_that_is_cancelled_before_its_answer_leaves_nothing() {
    let server = Server::start(&plain(), &|state, came| {
        (came.method == "POST").then(|| {
            let mut answer = usual(state, came);
            answer.after = Duration::from_millis(50);
            answer
        })
    });
    let farewells = Farewells::default();
    run(async {
        let connecting = server.connect(options(&farewells));
        tokio::select! {
            _ = connecting => panic!("it was to be cancelled"),
            () = async {
                while count(&server).0 == 0 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            } => {}
        }
        assert_eq!(farewells.open(), 1, "it may be open");
        assert_eq!(farewells.settle(SETTLE).await, 0);
    });
    assert_eq!(count(&server), (1, 0));
}

#[test]
fn a_client_that_is_dropped_closes_its_session() {
    let server = Server::start(&plain(), &|_, _| None);
    let farewells = Farewells::default();
    run(async {
        let client = server.connect(options(&farewells)).await.expect("let in");
        assert_eq!(server.state().sessions.len(), 1);
        drop(client);
        assert_eq!(farewells.settle(SETTLE).await, 0);
    });
    assert_eq!(server.state().sessions.len(), 0);
}

#[test]
fn closing_at_a_slow_bmc_does_not_hold_the_user_and_is_done() {
    let server = Server::start(&plain(), &|state, came| {
        (came.method == "DELETE").then(|| {
            let mut answer = usual(state, came);
            answer.after = Duration::from_millis(1500);
            answer
        })
    });
    let farewells = Farewells::default();
    run(async {
        let client = server.connect(options(&farewells)).await.expect("let in");
        timeout(Duration::from_millis(1400), client.close()).await.expect("after 1 s it goes on");
        assert_eq!(farewells.settle(SETTLE).await, 0);
    });
    assert_eq!(server.state().sessions.len(), 0);
}

#[test]
fn a_session_that_a_killed_run_left_is_closed_and_no_other() {
    let server = Server::start(&plain(), &|state, came| {
        let other = came.method == "GET" && came.path.ends_with("/other");
        if other {
            return Some(said(200, &json!({ "UserName": "somebody" })));
        }
        None.or_else(|| (came.path.ends_with("/s99")).then(|| usual(state, came)))
    });
    let sessions = "/redfish/v1/SessionService/Sessions";
    server.state().sessions.extend(["s99".to_owned(), "other".to_owned()]);
    run(async {
        let client = server.connect(Options::default()).await.expect("let in");
        let own = client.session().expect("a session");
        let gone = client.remove_stale(&format!("{sessions}/s99")).await.expect("asked");
        assert!(gone);
        for kept in [format!("{sessions}/other"), format!("{sessions}/none"), own] {
            assert!(!client.remove_stale(&kept).await.expect("asked"), "{kept}");
        }
        client.close().await;
    });
    assert_eq!(server.state().sessions.iter().collect::<Vec<_>>(), ["other"]);
}

#[test]
fn a_session_that_the_bmc_ended_is_begun_anew_if_it_was_good_for_something() {
    let server = Server::start(&plain(), &|state, came| {
        // It forgets the first one when it is used the second time.
        if came.path == "/redfish/v1/Systems/1" && state.made == 1 {
            state.sessions.clear();
        }
        None
    });
    run(async {
        let client = server.connect(Options::default()).await.expect("let in");
        let went = client.power(Action::On).await.expect("turned on");
        assert_eq!(went.outcome, Outcome::Done);
        client.close().await;
    });
    assert_eq!(count(&server), (2, 0));
    let server = Server::start(&plain(), &|state, came| {
        if came.path.starts_with("/redfish/v1/Systems") {
            state.sessions.clear();
        }
        None
    });
    run(async {
        let client = server.connect(Options::default()).await.expect("let in");
        let error = client.power_state().await.expect_err("it never lasts");
        assert!(error.refused(), "{error:?}");
        client.close().await;
    });
    assert_eq!(server.state().made, 1, "it was good for nothing");
}
