//! How a session is begun: one attempt with a credential.

use std::cell::{Cell, RefCell};

use bmc::{
    credential::Secret,
    dialect::Rules,
    redfish::ladder::{
        script::{Method, Reply, Request, Who},
        session::{Denied, Entry, Login, login},
    },
};
use serde_json::{Value, json};

use crate::talk::{Own, Talk, Tree, answer, error, needs, rules, status, talk, with};

const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";
const OWN: &str = "/redfish/v1/SessionService/Sessions/our-9";

fn root() -> Value {
    json!({ "Links": { "Sessions": { "@odata.id": SESSIONS } } })
}

fn enter(
    root: &Value,
    own: &mut Own<'_>,
    rules: &Rules,
    stale: Option<&str>,
) -> Talk<Result<Entry, Denied>> {
    let password = Secret::new("Pass-1".to_owned());
    let with = Login { user: "admin", password: &password, root, rules, stale };
    talk(&json!({}), own, &|script| login(script, &with))
}

fn made() -> Reply {
    let reply = answer(201, json!({ "@odata.id": OWN, "UserName": "admin" }));
    with(with(reply, "x-auth-token", "t0ken"), "location", OWN)
}

fn entered(end: &Result<Entry, Denied>) -> bool {
    matches!(end, Ok(Entry::Session { .. }))
}

#[test]
fn a_session_has_its_token_and_the_place_where_it_is_closed() {
    let places = [
        with(made(), "location", OWN),
        with(made(), "location", &format!("https://192.0.2.7:8443{OWN}/")),
        {
            let mut reply = made();
            reply.headers.remove("location");
            reply
        },
    ];
    for reply in places {
        let went = enter(&root(), &mut |_, _| Some(reply.clone()), &rules(""), None);
        let Ok(Entry::Session { token, path, must_change, .. }) = &went.end else {
            panic!("{:?}", went.end)
        };
        assert_eq!((token.as_str(), path.as_deref(), *must_change), ("t0ken", Some(OWN), false));
        let request = went.sent.first().expect("one request");
        assert_eq!((request.method, request.who), (Method::Post, Who::Nobody));
        assert_eq!(request.body, Some(json!({ "UserName": "admin", "Password": "Pass-1" })));
        assert!(!format!("{request:?} {:?}", went.end).contains("Pass-1"), "it is not shown");
        assert!(!format!("{reply:?} {:?}", went.end).contains("t0ken"), "it is not shown");
    }
}

#[test]
fn a_service_without_sessions_takes_basic_and_a_refusal_does_not() {
    let went = enter(&json!({ "Systems": {} }), &mut |_, _| None, &rules(""), None);
    assert!(matches!(went.end, Ok(Entry::Basic)));
    assert!(went.sent.is_empty());
    for code in [404, 405, 501] {
        let went = enter(&root(), &mut |_, _| Some(status(code)), &rules(""), None);
        assert!(matches!(went.end, Ok(Entry::Basic)), "{code}");
    }
    for code in [401, 403] {
        let went = enter(&root(), &mut |_, _| Some(status(code)), &rules("Huawei"), None);
        assert_eq!(went.end.expect_err("refused"), Denied::Wrong, "{code}");
        assert_eq!(went.sent.len(), 1, "one attempt");
    }
}

#[test]
fn refusals_are_told_apart() {
    let ibmc = "Authorization failed because the user name or password is incorrect, or your \
                account is locked.";
    let cases = [
        (error(401, "AuthorizationFailed", ibmc), Denied::Wrong),
        (error(401, "NoValidSession", "Invalid username or password"), Denied::Wrong),
        (error(400, "LoginFailed", "The user name or password is incorrect."), Denied::Wrong),
        (error(401, "UserLocked", "The user is locked."), Denied::Locked),
        (error(403, "AccountLocked", "Try later."), Denied::Locked),
        (error(401, "Odd", "The account has been locked out."), Denied::Locked),
        (error(403, "PasswordChangeRequired", "Change it."), Denied::PasswordChange),
        (error(503, "SessionLimitExceeded", "Too many."), Denied::Full),
        (error(400, "CreateLimitReachedForResource", "No more."), Denied::Full),
        (error(503, "Odd", "The maximum number of sessions is reached."), Denied::Full),
    ];
    for (reply, expected) in cases {
        let went = enter(&root(), &mut |_, _| Some(reply.clone()), &rules(""), None);
        assert_eq!(went.end.expect_err("refused"), expected, "{reply:?}");
        assert_eq!(went.sent.len(), 1, "one attempt");
    }
    let odd = error(403, "InsufficientPrivilege", "You may not log in here.");
    let went = enter(&root(), &mut |_, _| Some(odd.clone()), &rules(""), None);
    assert!(matches!(went.end, Err(Denied::Forbidden(_))));
}

#[test]
fn a_password_to_be_changed_lets_in_to_change_it() {
    let account = "/redfish/v1/AccountService/Accounts/2";
    let body = json!({ "@odata.id": OWN, "@Message.ExtendedInfo": [{
        "MessageId": "Base.1.8.PasswordChangeRequired", "MessageArgs": [account] }] });
    let reply = with(with(answer(201, body), "x-auth-token", "t"), "location", OWN);
    let went = enter(&root(), &mut |_, _| Some(reply.clone()), &rules(""), None);
    let Ok(Entry::Session { must_change, account: found, .. }) = went.end else {
        panic!("no session")
    };
    assert!(must_change);
    assert_eq!(found.as_deref(), Some(account));
}

#[test]
fn ibmc_is_told_the_domain() {
    let works = |rules: &Rules| {
        let own = |request: &Request| {
            let named = request.body.as_ref()?.pointer("/Oem/Huawei/Domain")? == "LocaliBMC";
            named.then(made)
        };
        let mut own = |request: &Request, _: &mut Tree| {
            Some(own(request).unwrap_or_else(|| error(400, "PropertyMissing", "Domain.")))
        };
        entered(&enter(&root(), &mut own, rules, None).end)
    };
    needs("session-domain", &rules("Huawei"), &works);
    // Firmware that does not know it is asked without: that is no attempt with the credential.
    let mut own = |request: &Request, _: &mut Tree| {
        let known = request.body.as_ref()?.get("Oem").is_none();
        Some(if known { made() } else { error(400, "PropertyUnknown", "Oem.") })
    };
    assert!(entered(&enter(&root(), &mut own, &rules("Huawei"), None).end));
}

#[test]
fn a_second_login_in_a_row_waits() {
    let works = |rules: &Rules| {
        let refused = Cell::new(0);
        let mut own = |_: &Request, _: &mut Tree| {
            refused.set(refused.get() + 1);
            Some(if refused.get() <= 2 { error(400, "GeneralError", "Later.") } else { made() })
        };
        entered(&enter(&root(), &mut own, rules, None).end)
    };
    needs("session-gap", &rules("Huawei"), &works);
}

#[test]
fn a_token_in_the_body_is_taken() {
    let works = |body: Value| {
        move |rules: &Rules| {
            let reply = with(answer(201, body.clone()), "location", OWN);
            entered(&enter(&root(), &mut |_, _| Some(reply.clone()), rules, None).end)
        }
    };
    needs("session-token-in-body", &rules(""), &works(json!({ "Token": "t" })));
    let public = json!({ "Oem": { "Public": { "X-Auth-Token": "t" } } });
    needs("session-token-in-oem", &rules("Public"), &works(public));
    let none = with(answer(201, json!({})), "location", OWN);
    let went = enter(&root(), &mut |_, _| Some(none.clone()), &rules(""), None);
    assert!(matches!(went.end, Err(Denied::Other(_))), "no token is no session");
}

#[test]
fn where_all_are_in_use_our_own_is_closed_and_nobody_elses() {
    let full = Cell::new(true);
    let deleted = RefCell::new(Vec::new());
    let mut own = |request: &Request, _: &mut Tree| {
        if request.method == Method::Delete {
            assert_eq!(request.who, Who::Basic);
            deleted.borrow_mut().push(request.path.clone());
            full.set(false);
            return Some(status(204));
        }
        Some(if full.get() { error(503, "SessionLimitExceeded", "Full.") } else { made() })
    };
    let went = enter(&root(), &mut own, &rules(""), Some(OWN));
    assert!(entered(&went.end));
    assert_eq!(*deleted.borrow(), [OWN]);
    full.set(true);
    deleted.borrow_mut().clear();
    let mut own = |request: &Request, _: &mut Tree| {
        assert_eq!(request.method, Method::Post, "nothing of others is closed");
        Some(error(503, "SessionLimitExceeded", "Full."))
    };
    let went = enter(&root(), &mut own, &rules(""), None);
    assert_eq!(went.end.expect_err("full"), Denied::Full);
    // A refusal while freeing it ends it as any other does.
    let mut own = |request: &Request, _: &mut Tree| {
        Some(match request.method {
            Method::Delete => status(401),
            _ => error(503, "SessionLimitExceeded", "Full."),
        })
    };
    let went = enter(&root(), &mut own, &rules(""), Some(OWN));
    assert_eq!(went.end.expect_err("refused"), Denied::Wrong);
    assert_eq!(went.sent.len(), 2);
}
