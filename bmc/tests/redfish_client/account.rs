//! Users: where they are made, how they are taken away, and what is never done.

use bmc::{
    credential::Secret,
    dialect::Rules,
    operation::{
        Outcome,
        account::{Change, Role},
    },
    redfish::ladder::{
        account,
        script::{Method, Reply, Request, Verdict},
    },
};
use serde_json::{Value, json};

use crate::talk::{Own, Talk, Tree, answer, error, needs, rules, status, talk};

const SERVICE: &str = "/redfish/v1/AccountService";
const ACCOUNTS: &str = "/redfish/v1/AccountService/Accounts";
const ROLES: &str = "/redfish/v1/AccountService/Roles";

fn link(path: &str) -> Value {
    json!({ "@odata.id": path })
}

fn user(id: &str, name: &str, role: &str, enabled: bool) -> Value {
    json!({ "@odata.id": format!("{ACCOUNTS}/{id}"), "Id": id, "UserName": name, "RoleId": role,
        "Password": null, "Enabled": enabled, "Locked": false })
}

/// A service with these users, and these roles.
fn service(users: &[Value], roles: &[&str]) -> Value {
    let links: Vec<Value> =
        users.iter().map(|one| link(one["@odata.id"].as_str().expect("an id"))).collect();
    let roles: Vec<Value> = roles.iter().map(|role| link(&format!("{ROLES}/{role}"))).collect();
    let mut tree = json!({
        SERVICE: { "MinPasswordLength": 8, "MaxPasswordLength": 20, "Accounts": link(ACCOUNTS),
            "Roles": link(ROLES) },
        ACCOUNTS: { "Members": links },
        ROLES: { "Members": roles },
    });
    for one in users {
        tree[one["@odata.id"].as_str().expect("an id")] = one.clone();
    }
    tree
}

const STANDARD: [&str; 3] = ["Administrator", "Operator", "ReadOnly"];

/// A collection that grows and shrinks, as the standard has it.
fn grows(request: &Request, tree: &mut Tree) -> Option<Reply> {
    match (request.method, request.path.as_str()) {
        (Method::Post, ACCOUNTS) => {
            let sent = request.body.as_ref().expect("a body");
            let path = format!("{ACCOUNTS}/9");
            let text = |name: &str| sent[name].as_str().unwrap_or_default().to_owned();
            let made = user("9", &text("UserName"), &text("RoleId"), true);
            tree.insert(path.clone(), made.clone());
            let members = tree.get_mut(ACCOUNTS).expect("a collection");
            members["Members"].as_array_mut().expect("members").push(link(&path));
            Some(answer(201, made))
        }
        (Method::Delete, path) => {
            tree.remove(path);
            let members = tree.get_mut(ACCOUNTS).expect("a collection");
            members["Members"].as_array_mut().expect("members").retain(|one| one != &link(path));
            Some(status(204))
        }
        _ => None,
    }
}

fn change(
    tree: &Value,
    own: &mut Own<'_>,
    name: &str,
    change: &Change<'_>,
    rules: &Rules,
) -> Talk<Verdict> {
    talk(tree, own, &|script| account::change(script, SERVICE, name, change, Some("root"), rules))
}

fn secret() -> Secret {
    Secret::new("Pass-word-1".to_owned())
}

#[test]
fn a_user_is_made_by_the_role_that_the_bmc_lists() {
    let secret = secret();
    let root = user("1", "root", "Administrator", true);
    for (roles, role, word) in [
        (&STANDARD[..], Role::ReadOnly, "ReadOnly"),
        (&["Administrator", "Operator", "Commonuser", "Noaccess"], Role::ReadOnly, "Commonuser"),
        (&[], Role::Operator, "Operator"),
    ] {
        let tree = service(std::slice::from_ref(&root), roles);
        let add = Change::Add { role, password: &secret };
        let went = change(&tree, &mut grows, "ops", &add, &rules(""));
        assert!(went.is_done(), "{:?}", went.end);
        let body = json!({ "UserName": "ops", "Password": "Pass-word-1", "RoleId": word });
        assert_eq!(went.changes(), [("POST", ACCOUNTS, Some(&body))]);
    }
    let tree = service(std::slice::from_ref(&root), &["Administrator", "Noaccess"]);
    let add = Change::Add { role: Role::Operator, password: &secret };
    let went = change(&tree, &mut grows, "ops", &add, &rules(""));
    let Ok(Outcome::Unsupported { why: (_, en) }) = &went.end else { panic!("{:?}", went.end) };
    assert!(en.contains("Administrator, Noaccess"), "{en}");
    assert_eq!(went.changes(), []);
}

#[test]
fn what_would_do_harm_is_not_sent() {
    let secret = secret();
    let short = Secret::new("short".to_owned());
    let long = Secret::new("x".repeat(21));
    let tree = service(
        &[
            user("1", "root", "Administrator", true),
            user("2", "ops", "Operator", true),
            user("3", "off", "Administrator", false),
        ],
        &STANDARD,
    );
    let add = |password| Change::Add { role: Role::Operator, password };
    let cases = [
        ("root", Change::Remove),
        ("root", Change::Enable(false)),
        ("root", Change::Role(Role::Operator)),
        ("ops", add(&secret)),
        ("new", add(&short)),
        ("new", add(&long)),
        ("ops", Change::Password(&long)),
        ("nobody", Change::Remove),
    ];
    for (name, wanted) in &cases {
        let went = change(&tree, &mut grows, name, wanted, &rules(""));
        assert!(
            matches!(went.end, Ok(Outcome::Refused { .. })),
            "{name} {wanted:?}: {:?}",
            went.end
        );
        assert_eq!(went.changes(), [], "{name} {wanted:?}");
    }
    // Who is logged in as another one may not take the last administrator away either.
    let went = talk(&tree, &mut grows, &|script| {
        account::change(script, SERVICE, "root", &Change::Remove, Some("ops"), &rules(""))
    });
    let Ok(Outcome::Refused { why: (_, en) }) = &went.end else { panic!("{:?}", went.end) };
    assert!(en.contains("last administrator"), "{en}");
}

#[test]
fn a_user_is_changed_and_taken_away() {
    let tree = service(
        &[user("1", "root", "Administrator", true), user("2", "ops", "Operator", true)],
        &STANDARD,
    );
    let path = format!("{ACCOUNTS}/2");
    for (wanted, method, body) in [
        (Change::Enable(false), "PATCH", Some(json!({ "Enabled": false }))),
        (Change::Role(Role::ReadOnly), "PATCH", Some(json!({ "RoleId": "ReadOnly" }))),
        (Change::Remove, "DELETE", None),
    ] {
        let went = change(&tree, &mut grows, "ops", &wanted, &rules(""));
        assert!(went.is_done(), "{wanted:?}: {:?}", went.end);
        assert_eq!(went.changes(), [(method, path.as_str(), body.as_ref())]);
        // Said and not done.
        let lies: &mut Own<'_> =
            &mut |request, _| (request.method != Method::Get).then(|| status(204));
        let went = change(&tree, lies, "ops", &wanted, &rules(""));
        assert!(matches!(went.end, Ok(Outcome::NotKept { .. })), "{wanted:?}: {:?}", went.end);
    }
}

#[test]
fn a_tag_goes_with_a_removal_where_one_is_demanded() {
    let mut tree = service(
        &[user("1", "root", "Administrator", true), user("2", "ops", "Operator", true)],
        &STANDARD,
    );
    tree[format!("{ACCOUNTS}/2")]["@odata.etag"] = json!("\"7\"");
    let own: &mut Own<'_> = &mut |request, tree| match (request.method, &request.if_match) {
        (Method::Delete, Some(tag)) if tag == "\"7\"" => grows(request, tree),
        (Method::Delete, _) => Some(error(428, "PreconditionRequired", "If-Match is required.")),
        _ => None,
    };
    let went = change(&tree, own, "ops", &Change::Remove, &rules(""));
    assert!(went.is_done(), "{:?}", went.end);
}

/// Slots: nothing is made or deleted, the first is nobody's.
fn slots() -> Value {
    let users = [
        user("1", "", "", false),
        user("2", "root", "Administrator", true),
        user("3", "ops", "Operator", true),
        user("4", "", "", false),
    ];
    service(&users, &STANDARD)
}

#[test]
fn a_user_is_put_into_an_empty_slot_where_none_is_made() {
    let secret = secret();
    let add = Change::Add { role: Role::ReadOnly, password: &secret };
    needs("users-slots", &rules(""), &|rules| {
        let went = change(&slots(), &mut |_, _| None, "new", &add, rules);
        if went.is_done() {
            let body = json!({ "UserName": "new", "Password": "Pass-word-1", "RoleId": "ReadOnly",
                "Enabled": true });
            let slot = format!("{ACCOUNTS}/4");
            assert_eq!(went.changes()[1..], [("PATCH", slot.as_str(), Some(&body))]);
            assert!(went.has_note("users-slots"));
        }
        went.is_done()
    });
    needs("users-slots", &rules(""), &|rules| {
        let went = change(&slots(), &mut |_, _| None, "ops", &Change::Remove, rules);
        went.is_done()
    });
}

#[test]
fn isbmc_is_asked_for_a_slot_at_once() {
    let secret = secret();
    let add = Change::Add { role: Role::ReadOnly, password: &secret };
    let inspur = bmc::dialect::Marks {
        oem: vec!["Public".to_owned()],
        makers: vec!["Inspur".to_owned()],
        ..bmc::dialect::Marks::default()
    };
    needs("users-slots-first", &Rules::of(&inspur), &|rules| {
        let went = change(&slots(), &mut |_, _| None, "new", &add, rules);
        assert!(went.is_done(), "{:?}", went.end);
        went.changes().len() == 1
    });
    // A collection that says what it takes is believed, whatever its make.
    let own: &mut Own<'_> = &mut |request, tree| {
        let is_list = request.method == Method::Get && request.path == ACCOUNTS;
        let body = tree.get(ACCOUNTS).cloned()?;
        is_list.then(|| crate::talk::with(answer(200, body), "allow", "GET, HEAD"))
    };
    let went = change(&slots(), own, "new", &add, &rules(""));
    assert_eq!((went.is_done(), went.changes().len()), (true, 1));
}

#[test]
fn a_refusal_does_not_quote_the_password() {
    let secret = secret();
    let own: &mut Own<'_> = &mut |request, _| {
        let text = "The value Pass-word-1 of the property Password is too simple.";
        (request.method == Method::Post).then(|| error(400, "PropertyValueError", text))
    };
    let tree = service(&[user("1", "root", "Administrator", true)], &STANDARD);
    let add = Change::Add { role: Role::Operator, password: &secret };
    let went = change(&tree, own, "new", &add, &rules(""));
    let refusal = went.end.expect_err("refused");
    let shown = format!("{refusal:?} {:?}", went.sent);
    assert!(!shown.contains("Pass-word-1") && refusal.said.text.contains("too simple"), "{shown}");
}
