//! What a recording keeps, and what it must not.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::redfish::{
    load,
    tree::{Resource, Tree},
};

const KEY: [u8; 32] = [9; 32];

fn tree(resources: &[(&str, Value)]) -> Tree {
    let mut tree = Tree::default();
    for (path, body) in resources {
        let headers = [("etag", "\"1\""), ("server", "iBMC"), ("set-cookie", "SESSION=1")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let resource = Resource { body: body.clone(), headers };
        tree.put((*path).to_owned(), Answer::Resource(resource));
    }
    tree
}

fn sample() -> Tree {
    tree(&[
        (
            "/redfish/v1",
            json!({ "RedfishVersion": "1.15.0", "UUID": "A1B2C3D4-1111-2222-3333-444455556666",
            "Systems": { "@odata.id": "/redfish/v1/Systems" } }),
        ),
        (
            "/redfish/v1/Systems",
            json!({ "Members": [{ "@odata.id": "/redfish/v1/Systems/2102312CJN10K7000012" }] }),
        ),
        (
            "/redfish/v1/Systems/2102312CJN10K7000012",
            json!({
            "Id": "2102312CJN10K7000012", "SerialNumber": "2102312CJN10K7000012",
            "PartNumber": "02312CJN", "AssetTag": "机房三-A17", "HostName": "gov-db-01",
            "BiosVersion": "1.2.3.4", "MACAddress": "28:DE:E5:01:02:03", "PowerState": "On",
            "Password": null, "Note": "lan of gov-db-01 is 28-de-e5-01-02-03, 10.20.30.140:623.",
            "Empty": { "SerialNumber": "N/A", "UUID": "00000000-0000-0000-0000-000000000000" },
            "IPv4Addresses": [{ "Address": "10.20.30.140", "SubnetMask": "255.255.255.0", "Gateway": "10.20.30.1" }],
            "IPv6Addresses": [{ "Address": "fe80::2ade:e5ff:fe01:203" }] }),
        ),
        (
            "/redfish/v1/AccountService/Accounts/2",
            json!({ "UserName": "zhangsan", "Password": "Huawei12#$",
            "PasswordExpiration": "2027-01-01", "PasswordChangeRequired": false }),
        ),
        (
            "/redfish/v1/Log/1",
            json!({ "Message": "zhangsan logged in from 10.20.30.99", "Oem": { "X": { "SnmpCommunity": "public1" } } }),
        ),
        (
            "/redfish/v1/Cert",
            json!({ "CertificateString": "-----BEGIN", "Subject": { "CommonName": "gov" }, "MinimumPasswordReuseCycle": 5,
            "EntitlementId": "7Z232102312CJN10K7000012", "Links": { "Issuer": { "@odata.id": "/redfish/v1/Systems" } },
            "Links": { "Issuer": { "@odata.id": "/redfish/v1/Systems" } }, "Fingerprint": "AA:BB:CC:DD:EE:FF" }),
        ),
    ])
}

#[test]
fn nothing_that_tells_whose_it_is_is_left() {
    let redacted = redact(&sample(), &KEY);
    let bytes = archive(&redacted, &Trace::default()).expect("packed");
    let read = load::archive(&bytes).expect("loaded").value;
    let mut all = String::new();
    for (path, answer) in read.answers() {
        let Answer::Resource(resource) = answer else { panic!("{path}: {answer:?}") };
        all.push_str(path);
        all.push_str(&resource.body.to_string());
        all.extend(resource.headers.values().cloned());
    }
    for secret in [
        "2102312CJN10K7000012",
        "A1B2C3D4",
        "gov-db-01",
        "28:DE:E5",
        "28-de-e5",
        "10.20.30",
        "zhangsan",
        "Huawei12",
        "2ade",
        "机房",
        "public1",
        "BEGIN",
        "\"gov\"",
        "SESSION",
    ] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
    for kept in [
        "02312CJN",
        "1.2.3.4",
        "255.255.255.0",
        "\"N/A\"",
        "00000000-0000-0000-0000-000000000000",
        "fe80::",
        ":623.",
        "iBMC",
        "2027-01-01",
        "AA:BB:CC:DD:EE:FF",
        "PowerState",
    ] {
        assert!(all.contains(kept), "{kept} not in {all}");
    }
}

#[test]
fn stand_ins_are_the_same_everywhere_and_of_the_same_length() {
    let redacted = redact(&sample(), &KEY);
    let (path, system) = redacted
        .tree
        .answers()
        .find_map(|(path, answer)| match answer {
            Answer::Resource(resource) if resource.body.get("HostName").is_some() => {
                Some((path.to_owned(), resource.body.clone()))
            }
            _ => None,
        })
        .expect("the system");
    let serial = system["SerialNumber"].as_str().expect("a text");
    assert_eq!(serial.len(), 20);
    assert_eq!(path, format!("/redfish/v1/Systems/{serial}"));
    assert_eq!(redacted.path("/redfish/v1/Systems/2102312CJN10K7000012"), path);
    let members = redacted.tree.body("/redfish/v1/Systems").expect("a collection");
    assert_eq!(members["Members"][0]["@odata.id"], path.as_str());
    let mac = system["MACAddress"].as_str().expect("a text");
    assert!(mac.starts_with("02:") && mac.len() == 17, "{mac}");
    let note = system["Note"].as_str().expect("a text");
    assert!(note.contains(&mac.replace(':', "-").to_lowercase()), "{note} {mac}");
    let address = system["IPv4Addresses"][0]["Address"].as_str().expect("a text");
    assert!(note.contains(address) && address.len() == 12, "{note} {address}");
    assert!(address.parse::<std::net::Ipv4Addr>().is_ok());
    let six = system["IPv6Addresses"][0]["Address"].as_str().expect("a text");
    assert!(six.parse::<std::net::Ipv6Addr>().is_ok(), "{six}");
    let pointer = format!("{path}#/SerialNumber");
    assert!(redacted.replaced.contains(&pointer), "{:?}", redacted.replaced);
    assert_eq!(
        redacted.cut,
        [
            "/redfish/v1/AccountService/Accounts/2#/Password",
            "/redfish/v1/Cert#/CertificateString",
            "/redfish/v1/Cert#/Subject/CommonName",
            "/redfish/v1/Log/1#/Oem/X/SnmpCommunity",
        ]
    );
    let certificate = redacted.tree.body("/redfish/v1/Cert").expect("a certificate");
    assert_eq!(certificate["Links"]["Issuer"]["@odata.id"], "/redfish/v1/Systems");
    assert_eq!(certificate["MinimumPasswordReuseCycle"], 5);
    assert_eq!(certificate["EntitlementId"], format!("7Z23{serial}"));
    assert_ne!(redact(&sample(), &[8; 32]).tree, redacted.tree, "another key, another stand-in");
}

#[test]
fn a_recording_tells_how_it_was_made_and_replays() {
    let mut tree = sample();
    tree.put("/redfish/v1/Gone".to_owned(), Answer::Status(404));
    let asked = |path: &str, status| Asked { path: path.to_owned(), status, took_ms: 12 };
    let trace = Trace {
        requests: vec![
            asked("/redfish/v1", Some(200)),
            asked("/redfish/v1/Systems/2102312CJN10K7000012", Some(200)),
            asked("/redfish/v1/Gone", Some(404)),
        ],
        ipmi: [("device-id".to_owned(), vec![vec![0x20, 0x81]])].into(),
    };
    let redacted = redact(&tree, &KEY);
    let about = about(&redacted, &trace);
    assert!(!about.to_string().contains("2102312CJN10K7000012"), "{about}");
    assert_eq!(about["others"], json!([{ "path": "/redfish/v1/Gone", "status": 404 }]));
    assert_eq!(about["ipmi"]["device-id"][0], "2081");
    let bytes = archive(&redacted, &trace).expect("packed");
    assert_eq!(bytes, archive(&redacted, &trace).expect("packed"), "the same bytes");
    let read = load::archive(&bytes).expect("loaded");
    for (path, answer) in redacted.tree.answers() {
        let Answer::Resource(resource) = answer else { continue };
        assert_eq!(read.value.body(path), Some(&resource.body), "{path}");
    }
    // And a simulator serves it.
    let base = crate::simulate::template::Base::recorded(
        &read.value,
        &"latency=0".parse().expect("knobs"),
    );
    assert!(base.is_ok());
}

#[test]
fn names_that_are_long_are_packed_whole() {
    let long = format!("/redfish/v1/{}", "Chassis/LongName".repeat(20));
    let tree = tree(&[
        ("/redfish/v1", json!({ "RedfishVersion": "1.0.0" })),
        (&long, json!({ "Id": "1" })),
    ]);
    let redacted = redact(&tree, &KEY);
    let bytes = archive(&redacted, &Trace::default()).expect("packed");
    let read = load::archive(&bytes).expect("loaded");
    assert_eq!(read.value.body(&long), Some(&json!({ "Id": "1" })));
}

proptest! {
    #[test]
    fn any_text_keeps_its_length_and_nothing_panics(
        text in "\\PC{0,40}", name in "[A-Za-z@.-]{0,20}", address in any::<[u8; 4]>(),
    ) {
        let ip = std::net::Ipv4Addr::from(address).to_string();
        let before = tree(&[("/redfish/v1", json!({ name.clone(): text, "SerialNumber": text, "Note": ip }))]);
        let redacted = redact(&before, &KEY);
        let body = redacted.tree.body("/redfish/v1").expect("a root");
        let serial = body["SerialNumber"].as_str().expect("a text");
        prop_assert_eq!(serial.chars().count(), text.chars().count());
        prop_assert_eq!(body["Note"].as_str().map(str::len), Some(ip.len()));
    }
}
