//! Sessions, accounts and their limits.

use serde_json::json;

use crate::simulate::bench::{Bench, PASSWORD, header_of, json_of, message_of};

const SESSIONS: &str = "SessionService/Sessions";

fn basic(user: &str, password: &str) -> String {
    let text =
        base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!("{user}:{password}"));
    format!("Basic {text}")
}

#[test]
fn nothing_but_the_root_is_read_without_a_login() {
    let mut bench = Bench::of("dmtf", "");
    bench.forget_token();
    assert_eq!(bench.ask("GET", "", None, &[]).response.status, 200);
    assert_eq!(bench.ask("GET", "/redfish", None, &[]).response.status, 200);
    for place in ["Systems", "Systems/1", SESSIONS, "AccountService/Accounts"] {
        assert_eq!(bench.ask("GET", place, None, &[]).response.status, 401, "{place}");
    }
    let right = basic("admin", PASSWORD);
    let headers = [("authorization", right.as_str())];
    assert_eq!(bench.ask("GET", "Systems", None, &headers).response.status, 200);
    let headers = [("x-auth-token", "guess")];
    assert_eq!(bench.ask("GET", "Systems", None, &headers).response.status, 401);
}

#[test]
fn a_session_is_counted_ends_and_is_forgotten_when_idle() {
    let mut bench = Bench::of("dmtf", "session-limit=2");
    let login = json!({ "UserName": "admin", "Password": PASSWORD });
    let second = bench.post(SESSIONS, &login);
    assert_eq!(second.status, 201);
    let full = bench.post(SESSIONS, &login);
    assert_eq!((full.status, message_of(&full).as_str()), (503, "SessionLimitExceeded"));
    assert!(header_of(&full, "retry-after").is_some());
    let place = header_of(&second, "location").expect("a location");
    assert_eq!(bench.status("DELETE", &place, &json!({})), 204);
    assert_eq!(bench.host.sessions(), 1);
    assert_eq!(bench.post(SESSIONS, &login).status, 201);
    bench.wait(1_801_000);
    assert_eq!(bench.ask("GET", "Systems", None, &[]).response.status, 401);
    assert_eq!(bench.host.sessions(), 0);
}

#[test]
fn logins_are_asked_for_as_the_makes_ask() {
    let login = json!({ "UserName": "admin", "Password": PASSWORD });
    let mut bench = Bench::of("huawei", "");
    let refused = bench.post(SESSIONS, &login);
    assert_eq!((refused.status, message_of(&refused).as_str()), (400, "PropertyMissing"));
    let mut bench = Bench::of("inspur", "");
    let answer = bench.post(SESSIONS, &login);
    assert_eq!(answer.status, 201);
    assert_eq!(header_of(&answer, "x-auth-token"), None);
    assert_eq!(header_of(&answer, "location"), None);
    assert!(json_of(&answer)["Oem"]["Public"]["X-Auth-Token"].is_string());
    let mut bench = Bench::of("dmtf", "no-sessions");
    assert_eq!(bench.get("").get("SessionService"), None);
    assert_eq!(bench.post(SESSIONS, &login).status, 401);
    let mut bench = Bench::of("dmtf", "session-full");
    assert_eq!(bench.post(SESSIONS, &login).status, 503);
    let mut bench = Bench::of("dmtf", "session-lost=3");
    let seen: Vec<u16> =
        (0..5).map(|_| bench.ask("GET", "Systems", None, &[]).response.status).collect();
    assert_eq!(seen, [200, 200, 200, 401, 401]);
}

#[test]
fn wrong_passwords_lock_the_account_and_time_opens_it() {
    let mut bench = Bench::of("dmtf", "lockout=3");
    let wrong = json!({ "UserName": "admin", "Password": "wrong" });
    let right = json!({ "UserName": "admin", "Password": PASSWORD });
    for _ in 0..3 {
        assert_eq!(bench.status("POST", SESSIONS, &wrong), 401);
    }
    let locked = bench.post(SESSIONS, &right);
    assert_eq!((locked.status, message_of(&locked).as_str()), (401, "AccountLocked"));
    assert_eq!(bench.get("AccountService/Accounts/1")["Locked"], true);
    let nobody = json!({ "UserName": "nobody", "Password": "wrong" });
    assert_eq!(bench.status("POST", SESSIONS, &nobody), 401);
    bench.wait(301_000);
    assert_eq!(bench.status("POST", SESSIONS, &right), 201);
    assert_eq!(bench.get("AccountService/Accounts/1")["Locked"], false);
}

#[test]
fn a_password_that_is_to_be_changed_lets_one_do_only_that() {
    let mut bench = Bench::of("dmtf", "password-change");
    let refused = bench.ask("GET", "Systems/1", None, &[]).response;
    assert_eq!((refused.status, message_of(&refused).as_str()), (403, "PasswordChangeRequired"));
    let own = "AccountService/Accounts/1";
    assert_eq!(bench.get(own)["PasswordChangeRequired"], true);
    let short = json!({ "Password": "short" });
    assert_eq!(bench.patch(own, &short).status, 400);
    let changed = bench.patch(own, &json!({ "Password": "another horse 3" }));
    assert_eq!(changed.status, 200);
    assert_eq!(bench.get("Systems/1")["Id"], "1");
    assert_eq!(bench.get(own)["PasswordChangeRequired"], false);
    let old = json!({ "UserName": "admin", "Password": PASSWORD });
    assert_eq!(bench.status("POST", SESSIONS, &old), 401);
}

#[test]
fn roles_may_what_roles_may() {
    let mut bench = Bench::of("dmtf", "");
    for (user, role) in [("oper", "Operator"), ("guest", "ReadOnly")] {
        let account = json!({ "UserName": user, "Password": "password 99", "RoleId": role });
        assert_eq!(bench.status("POST", "AccountService/Accounts", &account), 201);
    }
    bench.forget_token();
    let reset = "Systems/1/Actions/ComputerSystem.Reset";
    for (user, power, account) in [("oper", 204, 403), ("guest", 403, 403)] {
        let who = basic(user, "password 99");
        let headers = [("authorization", who.as_str())];
        let mut ask = |method: &str, place: &str, body: serde_json::Value| {
            bench.ask(method, place, Some(&body), &headers).response.status
        };
        assert_eq!(ask("GET", "Systems/1", json!({})), 200);
        assert_eq!(ask("POST", reset, json!({ "ResetType": "Nmi" })), power, "{user}");
        let new = json!({ "UserName": "x", "Password": "password 99", "RoleId": "ReadOnly" });
        assert_eq!(ask("POST", "AccountService/Accounts", new), account, "{user}");
    }
}

#[test]
fn accounts_grow_or_have_slots() {
    let mut bench = Bench::of("dmtf", "");
    let new = json!({ "UserName": "ops", "Password": "password 99", "RoleId": "Operator" });
    let made = bench.post("AccountService/Accounts", &new);
    assert_eq!(made.status, 201);
    assert_eq!(bench.post("AccountService/Accounts", &new).status, 409);
    let place = header_of(&made, "location").expect("a location");
    assert!(!json_of(&made).to_string().contains("password 99"));
    assert_eq!(bench.status("DELETE", &place, &json!({})), 204);
    assert_eq!(bench.status("DELETE", "AccountService/Accounts/1", &json!({})), 400);
    let mut bench = Bench::of("inspur", "");
    assert_eq!(bench.post("AccountService/Accounts", &new).status, 405);
    assert_eq!(bench.get("AccountService/Accounts")["Members@odata.count"], 16);
    let mut filled = new.clone();
    filled["Enabled"] = true.into();
    assert_eq!(bench.patch("AccountService/Accounts/2", &filled).status, 200);
    let login = json!({ "UserName": "ops", "Password": "password 99" });
    assert_eq!(bench.status("POST", SESSIONS, &login), 201);
}
