//! What is at an address: a BMC, or one of the many things that are none; and who is let in.

use std::time::Duration;

use bmc::{
    client::{ReachError, Trust},
    credential::Secret,
    redfish::client::{Client, Options, RedfishError},
    trust::Pin,
};
use serde_json::json;

use crate::server::{Own, Said, Server, USER, page, plain, run, said, usual};

/// Connects to a BMC that does something in its own way; returns how that failed, and the server.
fn refused(own: &'static Own) -> (RedfishError, Server) {
    let server = Server::start(&plain(), own);
    let error = run(async {
        match server.connect(Options::default()).await {
            Ok(client) => {
                client.close().await;
                None
            }
            Err(error) => Some(error),
        }
    });
    (error.expect("it has to fail"), server)
}

fn root(
    answer: fn() -> Said,
) -> impl Fn(&mut crate::server::State, &crate::server::Came) -> Option<Said> {
    move |_, came| came.path.starts_with("/redfish").then(answer)
}

#[test]
fn what_is_no_bmc_is_told_and_gets_no_credential() {
    let cases: Vec<(&'static Own, &str)> = vec![
        (Box::leak(Box::new(root(|| page(200)))), "a web page"),
        (Box::leak(Box::new(root(|| page(404)))), "a web page"),
        (Box::leak(Box::new(root(|| said(404, &json!({}))))), "status 404"),
        (Box::leak(Box::new(root(|| said(200, &json!({ "hello": 1 }))))), "no service root"),
        (Box::leak(Box::new(root(|| said(401, &json!({}))))), "status 401 or 403"),
    ];
    for (own, found) in cases {
        let (error, server) = refused(own);
        let RedfishError::NotRedfish { found: told } = &error else { panic!("{error:?}") };
        assert!(told.contains(found), "{told}");
        assert!(!error.refused(), "it is no refusal of the credential");
        assert!(error.to_string().contains("no BMC"), "{error}");
        assert!(error.in_chinese().contains("不是支持 Redfish 的 BMC"));
        assert!(server.state().came.iter().all(|came| !came.has_credential()));
    }
}

#[test]
fn a_root_that_is_broken_is_told_apart_from_none() {
    let (error, _) = refused(&|_, _| {
        Some(Said { body: b"{\"RedfishVersion\": \"1.8".to_vec(), ..said(200, &json!({})) })
    });
    assert!(matches!(error, RedfishError::NotJson { .. }), "{error:?}");
    let (error, _) = refused(&|_, came| came.path.starts_with("/redfish").then(|| page(500)));
    assert!(matches!(error, RedfishError::NotRedfish { .. }), "{error:?}");
}

#[test]
fn a_root_that_is_hidden_is_asked_for_its_version() {
    let server = Server::start(&plain(), &|state, came| {
        let hides = came.path == "/redfish/v1/" && !came.has_credential();
        if hides {
            return Some(said(401, &json!({})));
        }
        (came.path == "/redfish/v1/SessionService/Sessions").then(|| usual(state, came))
    });
    let client = run(async {
        let client = server.connect(Options::default()).await.expect("a session");
        let state = client.power_state().await.expect("its power");
        client.close().await;
        state
    });
    assert!(client.is_some());
}

#[test]
fn a_wrong_password_is_sent_once() {
    let server = Server::start(&plain(), &|_, _| None);
    let error = run(server.connect_with("Wrong-1", Options::default())).expect_err("refused");
    assert!(matches!(&error, RedfishError::WrongPassword { user } if user == USER), "{error:?}");
    assert!(error.refused());
    assert!(error.in_chinese().contains("密码错误"));
    let state = server.state();
    let credentials = state.came.iter().filter(|came| came.has_credential());
    assert_eq!(credentials.count(), 1, "{:?}", state.came);
    assert!(!format!("{error:?} {error} {:?}", error.hint()).contains("Wrong-1"));
}

#[test]
fn each_refusal_has_its_sentence() {
    let deny = |id: &'static str, status: u16| {
        move |_: &mut crate::server::State, came: &crate::server::Came| {
            (came.method == "POST").then(|| {
                let info = json!([{ "MessageId": format!("Base.1.8.{id}"), "Message": "No." }]);
                said(status, &json!({ "error": { "@Message.ExtendedInfo": info } }))
            })
        }
    };
    let (locked, _) = refused(Box::leak(Box::new(deny("AccountLocked", 403))));
    assert!(matches!(locked, RedfishError::Locked { .. }) && locked.refused());
    let (change, _) = refused(Box::leak(Box::new(deny("PasswordChangeRequired", 403))));
    assert!(matches!(change, RedfishError::PasswordChange { .. }) && !change.refused());
    let (full, _) = refused(Box::leak(Box::new(deny("SessionLimitExceeded", 503))));
    assert!(matches!(full, RedfishError::SessionsFull) && !full.refused());
    let (other, _) = refused(Box::leak(Box::new(deny("InternalError", 500))));
    assert!(matches!(other, RedfishError::Refused { status: 500, .. }), "{other:?}");
    assert_eq!(other.in_chinese().matches("BMC 内部错误").count(), 1, "{}", other.in_chinese());
}

#[test]
fn a_session_without_a_password_change_is_closed_again() {
    let own: &'static Own = &|state, came| {
        let made = came.method == "POST" && came.path.ends_with("/Sessions");
        made.then(|| {
            let mut answer = usual(state, came);
            let info = json!([{ "MessageId": "Base.1.8.PasswordChangeRequired" }]);
            answer.body = json!({ "@Message.ExtendedInfo": info }).to_string().into_bytes();
            answer
        })
    };
    let server = Server::start(&plain(), own);
    let farewells = run(async {
        let options = Options::default();
        let farewells = options.farewells.clone();
        let error = server.connect(options).await.expect_err("it has to be changed");
        assert!(matches!(error, RedfishError::PasswordChange { .. }));
        farewells.settle(Duration::from_secs(10)).await
    });
    assert_eq!((farewells, server.state().sessions.len()), (0, 0));
    let server = Server::start(&plain(), own);
    run(async {
        let options = Options { changes_password: true, ..Options::default() };
        let client = server.connect(options).await.expect("let in");
        assert!(client.must_change_password());
        client.close().await;
    });
    assert_eq!(server.state().sessions.len(), 0);
}

#[test]
fn a_certificate_that_is_not_the_known_one_gets_nothing() {
    let server = Server::start(&plain(), &|_, _| None);
    let error = run(async {
        let password = Secret::new("Pass-1".to_owned());
        let other = Trust::Pin(Pin::of(b"another certificate"));
        Client::connect(&server.address(), Some((USER, &password)), other, Options::default()).await
    });
    let error = error.expect_err("it changed");
    assert!(matches!(error, RedfishError::Reach(ReachError::Untrusted { .. })), "{error:?}");
    assert!(server.state().came.is_empty(), "nothing was asked");
}

#[test]
fn basic_is_taken_only_where_there_is_no_session_service() {
    let mut tree = plain();
    tree["/redfish/v1/"].as_object_mut().expect("a root").remove("Links");
    let own: &'static Own = &|state, came| {
        if came.path == "/redfish/v1/" {
            return None;
        }
        match came.headers.get("authorization").map(String::as_str) {
            // admin:Pass-1
            Some("Basic YWRtaW46UGFzcy0x") => {
                let body = state.tree.get(&came.path)?;
                Some(said(200, body))
            }
            _ => Some(said(401, &json!({}))),
        }
    };
    let server = Server::start(&tree, own);
    run(async {
        let client = server.connect(Options::default()).await.expect("let in");
        assert_eq!(client.session(), None);
        client.power_state().await.expect("its power");
        client.close().await;
    });
    let asked = server.state().came.iter().filter(|came| came.has_credential()).count();
    server.state().came.clear();
    assert!(asked > 1);
    let error = run(server.connect_with("Wrong-1", Options::default())).expect_err("refused");
    assert!(matches!(error, RedfishError::WrongPassword { .. }) && error.refused());
    let tried = server.state().came.iter().filter(|came| came.has_credential()).count();
    assert_eq!(tried, 1, "one attempt");
}

#[test]
fn without_a_user_nothing_is_sent_and_what_wants_one_says_so() {
    let server = Server::start(&plain(), &|_, _| None);
    let error = run(async {
        let address = server.address();
        let options = Options::default();
        let client = Client::connect(&address, None, server.trust(), options).await.expect("there");
        assert_eq!(client.root()["RedfishVersion"], "1.8.0");
        client.power_state().await.expect_err("it wants a user")
    });
    assert!(matches!(error, RedfishError::Anonymous { .. }), "{error:?}");
}

#[test]
fn several_systems_are_told_and_one_can_be_named() {
    let mut tree = plain();
    let link = |id: u8| json!({ "@odata.id": format!("/redfish/v1/Systems/{id}") });
    tree["/redfish/v1/Systems"]["Members"] = json!([link(1), link(2)]);
    tree["/redfish/v1/Systems/2"] = tree["/redfish/v1/Systems/1"].clone();
    tree["/redfish/v1/Systems/2"]["PowerState"] = "On".into();
    let server = Server::start(&tree, &|_, _| None);
    run(async {
        let client = server.connect(Options::default()).await.expect("let in");
        let error = client.power_state().await.expect_err("which one?");
        let RedfishError::Several { systems } = &error else { panic!("{error:?}") };
        assert_eq!(systems, &["1", "2"]);
        client.close().await;
        let options = Options { system: Some("2".to_owned()), ..Options::default() };
        let client = server.connect(options).await.expect("let in");
        let state = client.power_state().await.expect("its power");
        assert_eq!(state, Some(bmc::operation::power::State::On));
        client.close().await;
    });
}
