//! What is open: what is closed of it, what is left, and what is said of it.

use bmc::{
    operation::{Outcome, lockdown::Item},
    redfish::ladder::{lockdown, script::Method},
};
use serde_json::{Value, json};

use crate::talk::{Own, rules, status, talk};

const MANAGER: &str = "/redfish/v1/Managers/1";
const PROTOCOLS: &str = "/redfish/v1/Managers/1/NetworkProtocol";
const ACCOUNTS: &str = "/redfish/v1/AccountService";

fn tree(snmp: &Value) -> Value {
    let list = format!("{ACCOUNTS}/Accounts");
    let link = |path: &str| json!({ "@odata.id": path });
    let members: Vec<Value> = (1..=3).map(|id| link(&format!("{list}/{id}"))).collect();
    let mut tree = json!({
        MANAGER: { "NetworkProtocol": link(PROTOCOLS) },
        PROTOCOLS: { "HTTPS": { "ProtocolEnabled": true }, "IPMI": { "ProtocolEnabled": true },
            "SSH": { "ProtocolEnabled": false }, "Telnet": { "ProtocolEnabled": null },
            "SNMP": snmp, "KVMIP": { "ProtocolEnabled": true } },
        ACCOUNTS: { "Accounts": link(&list) },
        &list: { "Members": members },
    });
    for (id, name, on) in [(1, "", true), (2, "root", true), (3, "", false)] {
        tree[format!("{list}/{id}")] = json!({ "Id": id.to_string(), "UserName": name, "RoleId": "Administrator", "Enabled": on });
    }
    tree
}

fn read(snmp: &Value) -> Vec<Item> {
    let went =
        talk(&tree(snmp), &mut |_, _| None, &|script| lockdown::read(script, MANAGER, ACCOUNTS));
    assert_eq!(went.changes(), []);
    went.end.expect("it is read")
}

#[test]
fn what_is_open_is_told_and_https_is_never_closed() {
    let items =
        read(&json!({ "ProtocolEnabled": true, "EnableSNMPv1": false, "EnableSNMPv2c": true }));
    let told: Vec<(&str, Option<bool>, bool)> =
        items.iter().map(|item| (item.name.as_str(), item.open, item.is_due())).collect();
    assert_eq!(
        told,
        [
            ("ipmi", Some(true), true),
            ("telnet", None, true),
            ("ssh", Some(false), false),
            ("snmp-v1", Some(false), false),
            ("snmp-v2c", Some(true), true),
            ("user:1", Some(true), true),
        ]
    );
    assert!(
        items.iter().all(|item| !item.pointer.contains("HTTPS") && !item.pointer.contains("KVM"))
    );
}

#[test]
fn versions_of_snmp_that_are_not_told_are_left_and_said() {
    let of = |snmp: Value| {
        let items = read(&snmp);
        let snmp = items.into_iter().find(|item| item.name == "snmp").expect("an item");
        (snmp.wanted, snmp.why.is_some())
    };
    assert_eq!(of(json!({ "ProtocolEnabled": true })), (None, true));
    assert_eq!(of(json!({ "ProtocolEnabled": true, "EnableSNMPv3": true })), (None, true));
    assert_eq!(of(json!({ "ProtocolEnabled": true, "EnableSNMPv3": false })), (Some(false), false));
    assert_eq!(of(json!({ "ProtocolEnabled": false })), (Some(false), false));
}

#[test]
fn a_thing_is_closed_by_itself_and_read_back() {
    let tree = tree(&json!({}));
    let items = read(&json!({}));
    for (name, path, body) in [
        ("ipmi", PROTOCOLS.to_owned(), json!({ "IPMI": { "ProtocolEnabled": false } })),
        ("user:1", format!("{ACCOUNTS}/Accounts/1"), json!({ "Enabled": false })),
    ] {
        let item = items.iter().find(|item| item.name == name).expect("an item");
        let close = |own: &mut Own<'_>| {
            talk(&tree, own, &|script| lockdown::set(script, item, false, &rules("")))
        };
        let went = close(&mut |_, _| None);
        assert!(went.is_done(), "{name}: {:?}", went.end);
        assert_eq!(went.changes(), [("PATCH", path.as_str(), Some(&body))]);
        let went = close(&mut |request, _| (request.method == Method::Patch).then(|| status(204)));
        assert!(matches!(went.end, Ok(Outcome::NotKept { .. })), "{name}: {:?}", went.end);
    }
}
