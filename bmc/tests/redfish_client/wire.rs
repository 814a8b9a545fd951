//! HTTP as BMCs speak it: connections that end, answers that come late, too large, broken, from
//! elsewhere.

use std::time::Duration;

use bmc::{
    client::Patience,
    operation::power::{Action, State},
    redfish::{
        client::{Client, Options, RedfishError},
        walk::Purpose,
    },
};
use serde_json::{Value, json};

use crate::server::{Own, Said, Server, page, plain, run, said, usual};

const SYSTEM: &str = "/redfish/v1/Systems/1";

/// Asks a BMC that does something in its own way for one thing.
fn asked<T>(
    own: &'static Own,
    options: Options,
    ask: impl AsyncFnOnce(&Client) -> T,
) -> (T, Server) {
    let server = Server::start(&plain(), own);
    let answer = run(async {
        let client = server.connect(options).await.expect("let in");
        let answer = ask(&client).await;
        client.close().await;
        answer
    });
    assert_eq!(server.state().sessions.len(), 0, "none is left");
    (answer, server)
}

#[test]
fn one_connection_serves_a_command() {
    let (state, server) =
        asked(&|_, _| None, Options::default(), async |client| client.power_state().await);
    assert_eq!(state.expect("its power"), Some(State::Off));
    assert_eq!(server.state().connections, 1);
    let options = Options { keeps: false, ..Options::default() };
    let (_, server) = asked(&|_, _| None, options, async |client| client.power_state().await);
    let state = server.state();
    assert_eq!(state.connections, state.came.len(), "each on its own");
    let closes = |came: &crate::server::Came| {
        came.headers.get("connection").is_some_and(|word| word == "close")
    };
    assert!(state.came.iter().all(closes));
}

#[test]
fn a_kept_connection_that_breaks_costs_one_more_request_and_none_is_kept_then() {
    let own: &'static Own = &|state, came| {
        // Every second request on a connection breaks it.
        let on = state.came.iter().filter(|one| one.connection == came.connection).count();
        (on > 1).then(|| Said { breaks: true, ..said(200, &Value::Null) })
    };
    let server = Server::start(&plain(), own);
    run(async {
        // The login is a change on a fresh connection; the rest are reads.
        let options = Options::default();
        let address = server.address();
        let client = Client::connect(&address, None, server.trust(), options).await.expect("there");
        for _ in 0..3 {
            let reply = client.get("/redfish").await.expect("read");
            assert!(reply.is_good());
        }
    });
    let state = server.state();
    // Root, broken, and three that were each alone.
    assert_eq!((state.came.len(), state.connections), (5, 4));
}

#[test]
fn a_change_is_not_repeated_when_its_connection_breaks() {
    let own: &'static Own = &|state, came| {
        let acts = came.path.ends_with("ComputerSystem.Reset");
        acts.then(|| {
            // It is done, and the answer is lost.
            usual(state, came);
            Said { breaks: true, ..said(204, &Value::Null) }
        })
    };
    let (went, server) =
        asked(own, Options::default(), async |client| client.power(Action::On).await);
    assert_eq!(went.expect("done").outcome, bmc::operation::Outcome::Done);
    let acts = |came: &&crate::server::Came| came.path.ends_with("ComputerSystem.Reset");
    assert_eq!(server.state().came.iter().filter(acts).count(), 1);
}

#[test]
fn what_comes_late_has_its_deadline_and_what_hangs_is_left_alone() {
    let own: &'static Own = &|state, came| {
        (came.path == SYSTEM).then(|| {
            let mut answer = usual(state, came);
            answer.after = Duration::from_mins(5);
            answer
        })
    };
    let options = || Options { first_byte: Duration::from_millis(100), ..Options::default() };
    let (errors, server) = asked(own, options(), async |client| {
        let mut errors = Vec::new();
        for _ in 0..5 {
            errors.push(client.get(SYSTEM).await.expect_err("late"));
        }
        errors
    });
    let silent = |error: &&RedfishError| matches!(error, RedfishError::Silent { .. });
    assert_eq!(errors.iter().filter(silent).count(), 3, "{errors:?}");
    assert!(errors.iter().skip(3).all(|error| matches!(error, RedfishError::Hung { times: 3 })));
    let asked_for = server.state().came.iter().filter(|came| came.path == SYSTEM).count();
    assert_eq!(asked_for, 3);
    let options = Options { total: Duration::from_millis(500), ..Options::default() };
    let (error, _) = asked(own, options, async |client| client.get(SYSTEM).await);
    assert!(matches!(error, Err(RedfishError::Deadline { .. })), "{error:?}");
}

#[test]
fn a_slow_answer_is_waited_for() {
    let own: &'static Own = &|state, came| {
        (came.path == SYSTEM).then(|| {
            let mut answer = usual(state, came);
            answer.after = Duration::from_millis(300);
            answer
        })
    };
    let (state, _) = asked(own, Options::default(), async |client| client.power_state().await);
    assert_eq!(state.expect("its power"), Some(State::Off));
}

#[test]
fn a_busy_bmc_is_asked_again_when_it_says() {
    let own: &'static Own = &|state, came| {
        let before = state.came.iter().filter(|one| one.path == SYSTEM).count();
        (came.path == SYSTEM && before < 3).then(|| {
            let retry = vec![("retry-after", "0".to_owned())];
            Said { headers: retry, ..said(if before == 1 { 503 } else { 429 }, &json!({})) }
        })
    };
    let (state, server) = asked(own, Options::default(), async |client| client.get(SYSTEM).await);
    assert!(state.expect("read").is_good());
    let times = server.state().came.iter().filter(|came| came.path == SYSTEM).count();
    assert_eq!(times, 3);
}

#[test]
fn bodies_that_are_no_resource_are_told_apart() {
    type Is = fn(&RedfishError) -> bool;
    let cases: [(&'static Own, Is); 4] = [
        (&|_, came| (came.path == SYSTEM).then(|| page(200)), |error| {
            matches!(error, RedfishError::Page { .. })
        }),
        (
            &|_, came| {
                (came.path == SYSTEM)
                    .then(|| Said { body: b"{\"Power".to_vec(), ..said(200, &json!({})) })
            },
            |error| matches!(error, RedfishError::NotJson { .. }),
        ),
        (
            &|_, came| {
                (came.path == SYSTEM)
                    .then(|| Said { body: vec![b' '; 17 << 20], ..said(200, &json!({})) })
            },
            |error| matches!(error, RedfishError::TooLarge { .. }),
        ),
        (&|_, came| (came.path == SYSTEM).then(|| said(404, &json!({}))), |error| {
            matches!(
                error,
                RedfishError::Refused { status: 404, .. } | RedfishError::Missing { .. }
            )
        }),
    ];
    for (own, is) in cases {
        // The system is named, so that it is read as what is asked for.
        let options = || Options { system: Some("1".to_owned()), ..Options::default() };
        let (error, _) = asked(own, options(), async |client| client.power_state().await);
        let error = error.expect_err("no resource");
        assert!(is(&error), "{error:?}");
        assert!(!error.in_chinese().is_empty() && !error.hint().0.is_empty());
    }
}

#[test]
fn a_redirect_to_another_host_gets_no_credential() {
    let other: &'static Server = Box::leak(Box::new(Server::start(&plain(), &|_, _| None)));
    let away: &'static str = Box::leak(format!("https://{}{SYSTEM}", other.address()).into());
    let own: &'static Own = Box::leak(Box::new(move |_: &mut _, came: &crate::server::Came| {
        (came.path == SYSTEM)
            .then(|| Said { headers: vec![("location", away.to_owned())], ..said(307, &json!({})) })
    }));
    let (error, _) = asked(own, Options::default(), async |client| client.get(SYSTEM).await);
    let error = error.expect_err("it leads away");
    assert!(matches!(&error, RedfishError::Elsewhere { to, .. } if to == away), "{error:?}");
    assert_eq!(other.state().connections, 0, "nothing was sent there");
}

#[test]
fn a_redirect_within_the_host_is_followed_for_reads() {
    let own: &'static Own = &|state, came| {
        let move_to =
            |to: &str| Said { headers: vec![("location", to.to_owned())], ..said(308, &json!({})) };
        match (came.method.as_str(), came.path.as_str()) {
            ("GET" | "POST", "/redfish/v1/Old") => Some(move_to(SYSTEM)),
            ("GET", "/redfish/v1/Round") => Some(move_to("/redfish/v1/Round2")),
            ("GET", "/redfish/v1/Round2") => Some(move_to("/redfish/v1/Round")),
            _ => None.or_else(|| Some(usual(state, came))),
        }
    };
    let (went, _) = asked(own, Options::default(), async |client| {
        let good = client.get("/redfish/v1/Old").await.expect("read").is_good();
        let round = client.get("/redfish/v1/Round").await.expect("an answer").status;
        let posted = client.post("/redfish/v1/Old", None).await.expect("an answer").status;
        (good, round, posted)
    });
    assert_eq!(went, (true, Some(308), Some(308)));
}

#[test]
fn a_tag_that_came_twice_is_seen_twice() {
    let own: &'static Own = &|state, came| {
        (came.path == SYSTEM && came.method == "GET").then(|| {
            let mut answer = usual(state, came);
            answer.headers = vec![("etag", "\"a\"".to_owned()), ("etag", "\"b\"".to_owned())];
            answer
        })
    };
    let (reply, server) = asked(own, Options::default(), async |client| {
        let reply = client.get(SYSTEM).await.expect("read");
        client.patch(SYSTEM, json!({ "AssetTag": "x" })).await.expect("changed");
        reply
    });
    assert_eq!(reply.header("etag"), Some("\"a\", \"b\""));
    let state = server.state();
    let patch = state.came.iter().find(|came| came.method == "PATCH").expect("a change");
    assert!(patch.headers.contains_key("if-match"));
    let plain = |came: &crate::server::Came| {
        came.headers.get("accept-encoding").is_some_and(|word| word == "identity")
    };
    assert!(state.came.iter().all(plain), "tags are those of plain bodies");
}

#[test]
fn a_service_is_walked_two_at_a_time_and_what_fails_is_a_finding() {
    let mut tree = plain();
    let link = |path: &str| json!({ "@odata.id": path });
    let members: Vec<Value> =
        (0..20).map(|at| link(&format!("/redfish/v1/Chassis/{at}"))).collect();
    tree["/redfish/v1/"]["Chassis"] = link("/redfish/v1/Chassis");
    tree["/redfish/v1/Chassis"] = json!({ "Members": members });
    for at in 0..19 {
        tree[format!("/redfish/v1/Chassis/{at}")] = json!({ "Id": at });
    }
    let server = Server::start(&tree, &|state, came| {
        came.path.starts_with("/redfish/v1/Chassis/").then(|| {
            let mut answer = usual(state, came);
            answer.after = Duration::from_millis(5);
            answer
        })
    });
    let walked = run(async {
        let client = server.connect(Options::default()).await.expect("let in");
        let walked = client.tree(Purpose::Everything).await.expect("walked");
        client.close().await;
        walked
    });
    let chassis = walked.value.answers().filter(|(path, _)| path.contains("/Chassis/")).count();
    assert_eq!(chassis, 20);
    let missing = walked.value.answer("/redfish/v1/Chassis/19");
    assert_eq!(missing, Some(&bmc::redfish::tree::Answer::Status(404)));
    assert_eq!(server.state().most_in_flight, 2);
}

#[test]
fn the_identity_is_read_with_few_requests() {
    let (identity, server) =
        asked(&|_, _| None, Options::default(), async |client| client.identity().await);
    let identity = identity.expect("read");
    assert_eq!(identity.serial.as_deref(), Some("SN1"));
    assert_eq!(identity.bmc_version.as_deref(), Some("1.2.3"));
    assert_eq!(identity.protocol, "Redfish 1.8.0");
    let reads = server.state().came.iter().filter(|came| came.method == "GET").count();
    assert!(reads <= 6, "{reads}");
}

#[test]
fn an_address_where_nobody_is_says_so_soon() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("its address").to_string();
    drop(listener);
    let server = Server::start(&plain(), &|_, _| None);
    let error = run(async {
        let patience =
            Patience { connect: Duration::from_millis(500), handshake: Duration::from_millis(500) };
        let options = Options { patience, ..Options::default() };
        let address = address.parse().expect("an address");
        Client::connect(&address, None, server.trust(), options).await.expect_err("nobody")
    });
    assert!(error.to_string().contains("is closed"), "{error}");
    assert!(!error.refused());
}

#[test]
fn a_step_that_was_taken_once_is_the_first_the_next_time() {
    // It takes a strong tag alone and shows a weak one.
    let own: &'static Own = &|state, came| match (came.method.as_str(), came.path.as_str()) {
        ("GET", SYSTEM) => {
            let mut answer = usual(state, came);
            answer.headers = vec![("etag", "W/\"a\"".to_owned())];
            Some(answer)
        }
        ("PATCH", SYSTEM) => {
            let strong = came.headers.get("if-match").is_some_and(|tag| tag == "\"a\"");
            (!strong).then(|| said(412, &json!({})))
        }
        _ => None,
    };
    let refused = |state: &crate::server::State| {
        let patches = state.came.iter().filter(|came| came.method == "PATCH");
        patches.filter(|came| came.headers.get("if-match").is_none_or(|tag| tag != "\"a\"")).count()
    };
    let mut tree = plain();
    tree[SYSTEM]["LocationIndicatorActive"] = false.into();
    let server = Server::start(&tree, own);
    let learned = run(async {
        let client = server.connect(Options::default()).await.expect("let in");
        for on in [true, false, true] {
            let acted = client.identify(on).await.expect("lit");
            assert_eq!(acted.outcome, bmc::operation::Outcome::Done);
        }
        let learned = client.learned();
        client.close().await;
        learned
    });
    assert_eq!(learned, ["etag-weak"]);
    assert_eq!(refused(&server.state()), 1, "the first time alone");
    run(async {
        let options = Options { learned, ..Options::default() };
        let client = server.connect(options).await.expect("let in");
        client.identify(false).await.expect("dark");
        client.close().await;
    });
    assert_eq!(refused(&server.state()), 1, "nor in the next command");
}
