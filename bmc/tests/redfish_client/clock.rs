//! Clocks: in which form a date is sent, and whether it is kept.

use bmc::{
    dialect::Rules,
    operation::{Outcome, clock::Clock},
    redfish::ladder::{
        clock::{self, Wanted},
        script::{Method, Refusal},
    },
};
use serde_json::{Value, json};

use crate::talk::{Own, error, needs, rules, status, talk};

const MANAGER: &str = "/redfish/v1/Managers/1";
const PROTOCOLS: &str = "/redfish/v1/Managers/1/NetworkProtocol";
const OWN: &str = "/redfish/v1/Managers/1/NtpService";
/// 2026-11-27T06:00:00Z
const NOW: i64 = 1_795_759_200;

fn manager(date: &str, zone: &str) -> Value {
    json!({ MANAGER: { "DateTime": date, "DateTimeLocalOffset": zone,
        "NetworkProtocol": { "@odata.id": PROTOCOLS } },
        PROTOCOLS: { "NTP": { "ProtocolEnabled": false, "NTPServers": [] } } })
}

fn read(tree: &Value, rules: &Rules) -> Result<Clock, Refusal> {
    talk(tree, &mut |_, _| None, &|script| clock::status(script, MANAGER, NOW, rules)).end
}

#[test]
fn a_clock_is_told_by_how_far_it_is_ahead() {
    for (date, zone, ahead) in [
        ("2026-11-27T06:00:00Z", "+00:00", Some(0)),
        ("2026-11-27T14:00:30+08:00", "+08:00", Some(30)),
        ("2026-11-27T14:00:00", "+8:00", Some(0)),
        ("2026-11-27T05:00:00", "", Some(-3600)),
        ("yesterday", "", None),
    ] {
        let clock = read(&manager(date, zone), &rules("")).expect("a clock");
        assert_eq!((clock.ahead_s, clock.ntp), (ahead, Some(false)), "{date} {zone}");
    }
}

#[test]
fn a_zone_by_its_name_counts_where_the_date_has_none() {
    // The zone's name is as a Huawei iBMC 3.12 has it; its date has an offset too, which counts.
    let with = manager("2026-11-27T14:00:00+08:00", "Asia/Shanghai");
    assert_eq!(read(&with, &rules("Huawei")).map(|clock| clock.ahead_s), Ok(Some(0)));
    let without = manager("2026-11-27T14:00:00", "Asia/Shanghai");
    needs("time-zone-name", &rules("Huawei"), &|rules| {
        read(&without, rules).is_ok_and(|clock| clock.ahead_s == Some(0))
    });
}

#[test]
fn a_date_is_sent_as_the_bmc_shows_its_own() {
    for (shown, zone, sent) in [
        ("2020-01-01T00:00:00+08:00", "+08:00", "2026-11-27T14:00:00+08:00"),
        ("2020-01-01T00:00:00Z", "+00:00", "2026-11-27T06:00:00+00:00"),
        ("2020-01-01T00:00:00", "Asia/Shanghai", "2026-11-27T14:00:00"),
    ] {
        let tree = manager(shown, zone);
        let went = talk(&tree, &mut |_, _| None, &|script| {
            clock::set(script, MANAGER, Wanted::Now, NOW, &rules(""))
        });
        assert!(went.is_done(), "{shown}: {:?}", went.end);
        assert_eq!(went.changes(), [("PATCH", MANAGER, Some(&json!({ "DateTime": sent })))]);
    }
}

#[test]
fn another_form_is_tried_where_one_is_refused() {
    let own: &mut Own<'_> = &mut |request, _| {
        let sent = request.body.as_ref().and_then(|body| body["DateTime"].as_str());
        let bad = sent.is_some_and(|text| text.contains("+08:00"));
        bad.then(|| error(400, "PropertyValueFormatError", "The format is not taken."))
    };
    let tree = manager("2020-01-01T00:00:00+08:00", "+08:00");
    let went =
        talk(&tree, own, &|script| clock::set(script, MANAGER, Wanted::At(NOW), NOW, &rules("")));
    assert!(went.is_done(), "{:?}", went.end);
    assert_eq!(went.changes().len(), 2);
    let lies: &mut Own<'_> =
        &mut |request, _| (request.method == Method::Patch).then(|| status(204));
    let went =
        talk(&tree, lies, &|script| clock::set(script, MANAGER, Wanted::At(NOW), NOW, &rules("")));
    let Ok(Outcome::NotKept { found, .. }) = &went.end else { panic!("{:?}", went.end) };
    assert_eq!(found, "2019-12-31T16:00:00+00:00");
}

fn follow(
    tree: &Value,
    names: &[&str],
    rules: &Rules,
) -> crate::talk::Talk<bmc::redfish::ladder::script::Verdict> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    talk(tree, &mut |_, _| None, &|script| clock::follow(script, MANAGER, &names, rules))
}

#[test]
fn servers_of_time_are_where_the_dialect_has_them() {
    let went = follow(&manager("", ""), &["a", "b", "c"], &rules(""));
    assert!(went.is_done());
    let body = json!({ "NTP": { "ProtocolEnabled": true, "NTPServers": ["a", "b", "c"] } });
    assert_eq!(went.changes(), [("PATCH", PROTOCOLS, Some(&body))]);
    let went = follow(&manager("", ""), &[], &rules(""));
    assert_eq!(went.changes()[0].2, Some(&json!({ "NTP": { "ProtocolEnabled": false } })));
    let mut tree = manager("", "");
    tree[PROTOCOLS] = json!({});
    tree[OWN] =
        json!({ "ServiceEnabled": false, "PreferredNtpServer": "", "AlternateNtpServer": "x" });
    let hdm = bmc::dialect::Marks {
        oem: vec!["Public".to_owned()],
        makers: vec!["H3C".to_owned()],
        ..bmc::dialect::Marks::default()
    };
    // At Huawei's it was recorded; at H3C's it is a guess, and said to be.
    for (rules, guessed) in [(rules("Huawei"), false), (Rules::of(&hdm), true)] {
        needs("time-ntp-service-path", &rules, &|rules| {
            let went = follow(&tree, &["a"], rules);
            if went.is_done() {
                let body = json!({ "ServiceEnabled": true, "PreferredNtpServer": "a",
                    "AlternateNtpServer": "" });
                assert_eq!(went.changes(), [("PATCH", OWN, Some(&body))]);
                assert_eq!(went.notes[0].guessed, guessed);
                let clock = read(&tree, rules).expect("a clock");
                assert_eq!((clock.ntp, clock.servers), (Some(false), vec!["x".to_owned()]));
                let three = follow(&tree, &["a", "b", "c"], rules);
                assert!(
                    matches!(&three.end, Ok(Outcome::Refused { why })
                    if why.1.contains("(guessed:") == guessed),
                    "{:?}",
                    three.end
                );
                return true;
            }
            assert!(matches!(went.end, Ok(Outcome::Unsupported { .. })));
            false
        });
    }
}
