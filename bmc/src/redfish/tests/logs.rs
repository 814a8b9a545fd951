//! Logs: paged, shared between systems and managers, in the words of several vendors.

use serde_json::{Value, json};

use super::{link, members, modern, tree};
use crate::{
    operation::log::Severity,
    redfish::{finding::Trouble, log},
};

const SERVICE: &str = "/redfish/v1/Systems/1/LogServices/SEL";

#[test]
fn an_entry_has_its_time_its_severity_and_its_origin() {
    let read = log::logs(&modern());
    assert!(read.is_complete(), "{:#?}", read.findings);
    let [entry] = read.value.as_slice() else { panic!("{:#?}", read.value) };
    assert_eq!(entry.log, "/redfish/v1/Managers/1/LogServices/SEL");
    assert_eq!(entry.time.as_deref(), Some("2026-01-02T03:04:05Z"));
    assert_eq!(entry.severity, Severity::Critical);
    assert_eq!(entry.origin.as_deref(), Some("/redfish/v1/Chassis/1/Sensors/Inlet"));
    assert_eq!(entry.message, "a fan failed");
}

fn entry(id: u32, severity: &str) -> Value {
    json!({ "@odata.id": format!("{SERVICE}/Entries/{id}"), "@odata.type": "#LogEntry.v1_4_0.LogEntry",
            "Id": id.to_string(), "Severity": severity, "Message": format!("event {id}") })
}

#[test]
fn pages_are_followed_once_each_and_a_shared_log_is_one() {
    let entries = format!("{SERVICE}/Entries");
    let second = format!("{entries}?$skip=2");
    let tree = tree(&[
        (
            "/redfish/v1",
            json!({ "Systems": link("/redfish/v1/Systems"),
                                "Managers": link("/redfish/v1/Managers") }),
        ),
        ("/redfish/v1/Systems", members(&["/redfish/v1/Systems/1"])),
        (
            "/redfish/v1/Systems/1",
            json!({ "LogServices": link("/redfish/v1/Systems/1/LogServices") }),
        ),
        ("/redfish/v1/Managers", members(&["/redfish/v1/Managers/1"])),
        (
            "/redfish/v1/Managers/1",
            json!({ "LogServices": link("/redfish/v1/Systems/1/LogServices") }),
        ),
        ("/redfish/v1/Systems/1/LogServices", members(&[SERVICE])),
        (SERVICE, json!({ "Id": "SEL", "Entries": link(&entries) })),
        (
            &entries,
            json!({ "Members": [entry(1, "OK"), entry(2, "Minor")], "Members@odata.count": 5,
                           "Members@odata.nextLink": second }),
        ),
        // The last page leads back, as one firmware does.
        (
            &second,
            json!({ "Members": [entry(3, "Major"), entry(4, "?")],
                          "Members@odata.nextLink": entries }),
        ),
    ]);
    let read = log::logs(&tree);
    let ids: Vec<_> = read.value.iter().map(|entry| (entry.id.as_str(), entry.severity)).collect();
    let severities = [Severity::Ok, Severity::Warning, Severity::Critical, Severity::Unknown];
    assert_eq!(ids, ["1", "2", "3", "4"].into_iter().zip(severities).collect::<Vec<_>>());
    let [finding] = read.findings.as_slice() else { panic!("{:#?}", read.findings) };
    assert_eq!(finding.trouble, Trouble::Fewer { said: 5, listed: 4 });
    assert_eq!(log::services(&tree).value.len(), 1);
}
