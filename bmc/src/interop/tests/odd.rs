//! What is not understood is not tested; what was not recorded is not missing.

use serde_json::json;

use super::{PROFILE, TREE, judged, profile, row, tree};
use crate::{
    interop::{
        finding::{Outcome, Requirement, Why},
        judge::{Verdict, judge},
        profile::{Level, Misread, ProfileError, Version, read},
    },
    redfish::{
        tree::Answer,
        walk::{Purpose, Walk},
    },
};

const ROOT: &str =
    r##"{ "/redfish/v1": { "@odata.type": "#ServiceRoot.v1_9_0.ServiceRoot", "Name": "N" } }"##;

#[test]
fn what_is_not_understood_never_passes() {
    let text = json!({
        "ProfileName": "P", "ProfileVersion": "1.0.0", "Novelty": {},
        "Resources": { "ServiceRoot": { "PropertyRequirements": {
            "Name": { "ReadRequirement": "Obligatory" },
            "UUID": { "ReadRequirement": "Recommended", "ConditionalRequirement": [] },
            "Links": { "ReadRequirement": "Recommended",
                "ConditionalRequirements": [{ "CompareProperty": "Name" }] } } } }
    });
    let profile = profile(&text.to_string());
    let places: Vec<&str> = profile.unread.iter().map(|unread| unread.place.as_str()).collect();
    let base = "/Resources/ServiceRoot/PropertyRequirements";
    let expected = [
        format!("{base}/Links/ConditionalRequirements/0"),
        format!("{base}/Name/ReadRequirement"),
        format!("{base}/UUID/ConditionalRequirement"),
        "/Novelty".to_owned(),
    ];
    assert_eq!(places, expected);
    let meant = Misread::Unknown { meant: Some("ConditionalRequirements") };
    assert_eq!(profile.unread[2].trouble, meant);
    let report = judge(&[&profile], &tree(ROOT));
    assert_eq!(report.verdict(), Verdict::Open);
    let of = |property: &str| {
        let is_it = |one: &&crate::interop::finding::Finding| one.property == property;
        report.findings.iter().filter(is_it).map(|one| one.outcome).max()
    };
    assert_eq!(of("/Name"), Some(Outcome::NotTested));
    assert_eq!(of("/Novelty"), Some(Outcome::NotTested));
    let open = report.findings.iter().filter(|one| one.is_open()).count();
    assert_eq!((open, report.open()), (6, 6), "{:#?}", report.findings);
}

#[test]
fn what_was_not_recorded_is_not_said_to_be_missing() {
    let text = json!({ "Resources": { "Manager": {}, "Chassis": {}, "ServiceRoot": {
        "PropertyRequirements": { "Managers": {
            "Comparison": "LinkToResource", "Values": ["ManagerCollection"] } } } } })
    .to_string();
    let with = |links: &str| {
        let tree = format!(
            r##"{{ "/redfish/v1": {{ "@odata.type": "#ServiceRoot.v1_9_0.ServiceRoot", {links} }} }}"##
        );
        judged(&text, &tree)
    };
    // The service says that it has managers, and they are not in the tree.
    let report = with(r#""Managers": { "@odata.id": "/redfish/v1/Managers" }"#);
    assert_eq!(report.missing, ["/redfish/v1/Managers"]);
    assert_eq!(report.verdict(), Verdict::Open, "{:#?}", report.findings);
    // It says nothing of any.
    let report = with(r#""Name": "N""#);
    assert_eq!(report.verdict(), Verdict::Failed);
    let missing = |kind: &str| {
        report.findings.iter().any(|one| {
            one.kind == kind
                && one.why == Why::NotFound { missing: 0 }
                && one.outcome == Outcome::Fail
        })
    };
    assert!(missing("Manager") && missing("Chassis"));
    // A member that is missing is of its collection's type, and of no other.
    let tree = r##"{ "/redfish/v1": { "@odata.type": "#ServiceRoot.v1_9_0.ServiceRoot",
        "Managers": { "@odata.id": "/redfish/v1/Managers" } }, "/redfish/v1/Managers": {
        "@odata.type": "#ManagerCollection.ManagerCollection",
        "Members": [{ "@odata.id": "/redfish/v1/Managers/1" }] } }"##;
    let report = judged(&text, tree);
    let of = |kind: &str| report.findings.iter().find(|one| one.kind == kind).expect("one").outcome;
    assert_eq!((of("Manager"), of("Chassis")), (Outcome::NotTested, Outcome::Fail));
}

#[test]
fn a_bmc_that_was_silent_is_not_said_to_lack_anything() {
    let text = r#"{ "Resources": { "ServiceRoot": {}, "Manager": {} } }"#;
    for (answer, verdict) in [
        (Answer::Silent("time is over".to_owned()), Verdict::Open),
        (Answer::Status(403), Verdict::Open),
        (Answer::Status(503), Verdict::Open),
        (Answer::Status(404), Verdict::Failed),
        (Answer::NotJson("it is a web page".to_owned()), Verdict::Failed),
    ] {
        let mut tree = tree(
            r##"{ "/redfish/v1": { "@odata.type": "#ServiceRoot.v1_9_0.ServiceRoot",
                "Managers": { "@odata.id": "/redfish/v1/Managers" } } }"##,
        );
        tree.put("/redfish/v1/Managers".to_owned(), answer.clone());
        let report = judge(&[&profile(text)], &tree);
        assert_eq!(report.verdict(), verdict, "{answer:?}: {:#?}", report.findings);
    }
}

#[test]
fn without_a_root_nothing_is_known() {
    let report = judged(r#"{ "Resources": { "Chassis": {} } }"#, "{}");
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.findings[0].why, Why::NoRoot);
    assert_eq!(report.verdict(), Verdict::Open);
}

#[test]
fn settings_are_no_resources_and_a_log_has_twenty_entries() {
    let entries: Vec<_> =
        (0..25).map(|at| json!({ "@odata.id": format!("/redfish/v1/Log/{at}") })).collect();
    let mut all = json!({
        "/redfish/v1": { "@odata.type": "#ServiceRoot.v1_9_0.ServiceRoot", "Log": { "@odata.id": "/redfish/v1/Log" },
            "Bios": { "@odata.id": "/redfish/v1/Bios" } },
        "/redfish/v1/Log": { "@odata.type": "#LogEntryCollection.LogEntryCollection", "Members": entries },
        "/redfish/v1/Bios": { "@odata.type": "#Bios.v1_1_0.Bios",
            "@Redfish.Settings": { "SettingsObject": { "@odata.id": "/redfish/v1/Bios/Settings" } } },
        "/redfish/v1/Bios/Settings": { "@odata.type": "#Bios.v1_1_0.Bios" } });
    for at in 0..25 {
        all[format!("/redfish/v1/Log/{at}")] =
            json!({ "@odata.type": "#LogEntry.v1_4_0.LogEntry" });
    }
    let profile = r#"{ "Resources": { "LogEntry": { "PropertyRequirements": { "Message": {} } },
        "Bios": { "PropertyRequirements": { "Attributes": {} } } } }"#;
    let report = judged(profile, &all.to_string());
    let of = |property: &str| report.findings.iter().filter(|one| one.property == property).count();
    assert_eq!((of("/Message"), of("/Attributes")), (20, 1));
}

#[test]
fn a_walk_for_a_profile_asks_for_what_is_judged_and_no_more() {
    let mut all: serde_json::Value = serde_json::from_str(TREE).expect("JSON");
    let entries: Vec<_> =
        (0..25).map(|at| json!({ "@odata.id": format!("/redfish/v1/Log/{at}") })).collect();
    all["/redfish/v1"]["Log"] = json!({ "@odata.id": "/redfish/v1/Log" });
    all["/redfish/v1"]["JsonSchemas"] = json!({ "@odata.id": "/redfish/v1/JsonSchemas" });
    all["/redfish/v1/Log"] = json!({ "@odata.type": "#LogEntryCollection.LogEntryCollection",
        "Members": entries, "Members@odata.nextLink": "/redfish/v1/Log?$skip=25" });
    all["/redfish/v1/JsonSchemas"] = json!({
        "@odata.type": "#JsonSchemaFileCollection.JsonSchemaFileCollection",
        "Members": [{ "@odata.id": "/redfish/v1/JsonSchemas/Chassis" }] });
    for at in 0..25 {
        all[format!("/redfish/v1/Log/{at}")] =
            json!({ "@odata.type": "#LogEntry.v1_4_0.LogEntry" });
    }
    let service = tree(&all.to_string());
    let mut walk = Walk::new(Purpose::Profile);
    let mut asked = Vec::new();
    while let Some(path) = walk.next() {
        let answer = service.answer(&path).cloned().unwrap_or(Answer::Status(404));
        walk.answered(&path, answer);
        asked.push(path);
    }
    let below = |part: &str| asked.iter().filter(|path| path.starts_with(part)).count();
    assert_eq!(below("/redfish/v1/Log/"), 20);
    assert_eq!((below("/redfish/v1/Log?"), below("/redfish/v1/JsonSchemas/")), (0, 0));
    assert_eq!((below("/redfish/v1/JsonSchemas"), below("/redfish/v1/Registries/Base")), (1, 1));
    let walked = walk.finish().value;
    let profile = profile(PROFILE);
    assert_eq!(judge(&[&profile], &walked).findings, judge(&[&profile], &service).findings);
}

#[test]
fn profiles_are_read_as_they_are_published() {
    let text = json!({ "ProfileName": "P", "ProfileVersion": "1,0,0",
        "RequiredProfiles": { "Base": { "MinVersion": "1_0_0" } } });
    let profile = profile(&text.to_string());
    assert_eq!(profile.version, None);
    assert_eq!(profile.required[0].least, Version(1, 0, 0));
    assert!(profile.unread.is_empty(), "{:?}", profile.unread);
    assert!(matches!(read(b"<html>"), Err(ProfileError::NotJson(_))));
    assert!(matches!(read(b"{\"Systems\": 1}"), Err(ProfileError::NotProfile)));
    assert!(matches!(read(b"[]"), Err(ProfileError::NotProfile)));
}

#[test]
fn an_excluded_resource_is_a_failure_where_there_is_one() {
    let text = r#"{ "Resources": { "ServiceRoot": { "ReadRequirement": "Excluded" },
        "Fan": { "ReadRequirement": "Excluded" }, "Bios": { "ReadRequirement": "None" } } }"#;
    let report = judged(text, ROOT);
    let rows: Vec<String> = report.findings.iter().map(row).collect();
    let expected =
        ["Fan\t\t\tresource\tExcluded\tpass", "ServiceRoot\t\t\tresource\tExcluded\tfail"];
    assert_eq!(rows, expected);
    let levels = report.findings.iter().all(|one| one.level == Level::Excluded);
    assert!(levels && report.findings.iter().all(|one| one.requirement == Requirement::Resource));
}
