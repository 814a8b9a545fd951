//! Trees made here, and the cells that they come to.

use serde_json::{Value, json};

use super::*;
use crate::{
    dialect::{self, Marks},
    ipmi::Pong,
    redfish::tree::{Answer, Resource, Tree},
};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const SLOT: &str = "/redfish/v1/Managers/1/VirtualMedia/CD";

fn link(path: &str) -> Value {
    json!({ "@odata.id": path })
}

fn put(tree: &mut Tree, path: &str, mut body: Value, etag: Option<&str>) {
    if let Some(fields) = body.as_object_mut() {
        fields.insert("@odata.id".to_owned(), path.into());
    }
    let headers = etag.map(|tag| ("etag".to_owned(), tag.to_owned())).into_iter().collect();
    tree.put(path.to_owned(), Answer::Resource(Resource { body, headers }));
}

/// A service of one of each; `changed` says what a resource has instead (RFC 7386).
fn service(changes: &[(&str, Value)]) -> Tree {
    let of = |name: &str| link(&format!("/redfish/v1/{name}"));
    let one = |path: &str| json!({ "Members@odata.count": 1, "Members": [link(path)] });
    let action = |path: &str, name: &str| json!({ "target": format!("{path}/Actions/{name}") });
    let all = [
        (
            "/redfish/v1",
            json!({ "RedfishVersion": "1.15.0", "Vendor": "Example", "Systems": of("Systems"),
                    "Managers": of("Managers"), "Chassis": of("Chassis"),
                    "SessionService": of("SessionService"), "Tasks": of("TaskService"),
                    "UpdateService": of("UpdateService"),
                    "ProtocolFeaturesSupported": { "ExpandQuery": { "NoLinks": true } } }),
        ),
        ("/redfish/v1/Systems", one(SYSTEM)),
        (
            SYSTEM,
            json!({ "@odata.etag": "\"a1\"", "Manufacturer": "Example", "Model": "R1",
                    "BiosVersion": "1.2", "IndicatorLED": "Off",
                    "Links": { "Chassis": [of("Chassis/1")] },
                    "Bios": of("Systems/1/Bios"), "Storage": of("Systems/1/Storage"),
                    "LogServices": of("Systems/1/LogServices"),
                    "Boot": {
                        "BootSourceOverrideTarget": "None", "BootSourceOverrideEnabled": "Disabled",
                        "BootSourceOverrideTarget@Redfish.AllowableValues": ["Pxe", "None", "Cd"],
                        "BootSourceOverrideEnabled@Redfish.AllowableValues":
                            ["Once", "Continuous", "Disabled"] },
                    "Actions": { "#ComputerSystem.Reset": {
                        "target": format!("{SYSTEM}/Actions/ComputerSystem.Reset"),
                        "ResetType@Redfish.AllowableValues": ["On", "ForceOff"] } } }),
        ),
        ("/redfish/v1/Systems/1/Bios", json!({ "Attributes": {} })),
        ("/redfish/v1/Systems/1/LogServices", one("/redfish/v1/Systems/1/LogServices/SEL")),
        ("/redfish/v1/Systems/1/Storage", one("/redfish/v1/Systems/1/Storage/R")),
        (
            "/redfish/v1/Systems/1/Storage/R",
            json!({ "Volumes": of("Systems/1/Storage/R/Volumes") }),
        ),
        ("/redfish/v1/Managers", one("/redfish/v1/Managers/1")),
        (
            "/redfish/v1/Managers/1",
            json!({ "FirmwareVersion": "3.1", "VirtualMedia": of("Managers/1/VirtualMedia") }),
        ),
        ("/redfish/v1/Managers/1/VirtualMedia", one(SLOT)),
        (
            SLOT,
            json!({ "MediaTypes": ["DVD", "CD"], "Image": null, "Inserted": false,
                    "Actions": { "#VirtualMedia.InsertMedia":
                        action(SLOT, "VirtualMedia.InsertMedia") } }),
        ),
        ("/redfish/v1/Chassis/1", json!({ "Thermal": of("Chassis/1/Thermal") })),
        ("/redfish/v1/Chassis/1/Thermal", json!({ "Temperatures": [] })),
        ("/redfish/v1/SessionService", json!({})),
        ("/redfish/v1/TaskService", json!({ "ServiceEnabled": true })),
        (
            "/redfish/v1/UpdateService",
            json!({ "HttpPushUri": "/push", "Actions": { "#UpdateService.SimpleUpdate":
                action("/redfish/v1/UpdateService", "UpdateService.SimpleUpdate") } }),
        ),
        (
            "/redfish/v1/Managers?$expand=.",
            json!({ "Members@odata.count": 1, "Members": [{ "@odata.id": "/x", "Id": "1" }] }),
        ),
    ];
    let mut tree = Tree::default();
    for (path, mut body) in all {
        for (_, change) in changes.iter().filter(|(changed, _)| *changed == path) {
            merge(&mut body, change);
        }
        put(&mut tree, path, body, (path == SYSTEM).then_some("\"a1\""));
    }
    tree
}

fn merge(body: &mut Value, change: &Value) {
    match (body, change) {
        (Value::Object(body), Value::Object(change)) => {
            for (name, value) in change {
                if value.is_null() {
                    body.remove(name);
                } else {
                    merge(body.entry(name.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (body, change) => *body = change.clone(),
    }
}

fn rules(oem: &str) -> (Rules, Marks) {
    let marks = Marks { oem: vec![oem.to_owned()], ..Marks::default() };
    (Rules::of(&marks), marks)
}

fn decided(tree: &Tree, rules: &Rules, marks: &Marks) -> Vec<Cell> {
    of_redfish(&Facts {
        tree,
        system: None,
        manager: None,
        rules,
        dialect: dialect::of(marks),
        session: Session::Held { located: true },
        tls: None,
        heard: &Heard::NotAsked,
    })
}

fn plain(tree: &Tree) -> Vec<Cell> {
    let (rules, marks) = rules("Example");
    decided(tree, &rules, &marks)
}

fn of<'c>(cells: &'c [Cell], feature: &str) -> (Verdict, &'c str) {
    let cell = cells.iter().find(|cell| cell.feature == feature).expect("a cell");
    (cell.verdict, cell.what.as_str())
}

/// Returns the features that differ.
fn differ(one: &[Cell], other: &[Cell]) -> Vec<&'static str> {
    let pairs = one.iter().zip(other).filter(|(one, other)| one != other);
    pairs.map(|(one, _)| one.feature).collect()
}

#[test]
fn a_service_by_the_standard_works_and_what_it_lacks_is_missing() {
    let tree = service(&[]);
    assert_eq!(wanted(&tree, None, None), Vec::<String>::new(), "all of it is there");
    let cells = plain(&tree);
    let ids: Vec<&str> = cells.iter().map(|cell| cell.feature).collect();
    let names: Vec<&str> = FEATURES.iter().map(|(id, ..)| *id).collect();
    assert_eq!(ids, names);
    for (feature, what) in [
        ("vendor", "Example"),
        ("firmware", "3.1"),
        ("redfish", "1.15.0"),
        ("session", "session"),
        ("etag", "strong"),
        ("power", "ForceOff, On"),
        ("boot.properties", "Target, Enabled"),
        ("boot.targets", "Cd, None, Pxe"),
        ("boot.settings", "the system itself"),
        ("media.slots", "CD (CD, DVD)"),
        ("media.form", "VirtualMedia.InsertMedia"),
        ("tasks", "TaskService"),
        ("logs", "SEL"),
        ("firmware.update", "SimpleUpdate, HttpPushUri"),
        ("volumes", "/redfish/v1/Systems/1/Storage/R/Volumes"),
        ("expand", "$expand=."),
        ("identify", "IndicatorLED (1)"),
        ("sensors", "Thermal"),
        ("damage", "dropped 0, bent 0, unreadable 0"),
    ] {
        assert_eq!(of(&cells, feature), (Verdict::Works, what), "{feature}");
    }
    for feature in ["events", "certificates", "accounts", "firmware.inventory"] {
        assert_eq!(of(&cells, feature).0, Verdict::Missing, "{feature}");
    }
    assert_eq!(of(&cells, "bios.settings").0, Verdict::Guessed);
    assert_eq!(of(&cells, "ipmi"), (Verdict::Unknown, "not asked"));
    assert!(cells.iter().all(
        |cell| PHRASES.iter().all(|(en, _)| *en != cell.what) || !cell.in_chinese().is_ascii()
    ));
}

#[test]
fn each_form_of_a_tag_has_its_name() {
    let base = plain(&service(&[]));
    for (tag, verdict) in [
        (Some("W/\"a1\""), Verdict::Quirk("etag-weak")),
        (Some("\"a1-gzip\""), Verdict::Quirk("etag-gzip")),
        (Some("\"\"a1\"\""), Verdict::Quirk("etag-quotes")),
        (Some("a1"), Verdict::Quirk("etag-quotes")),
        (Some("\"a1\", \"a1\""), Verdict::Quirk("etag-twice")),
        (Some("\"b2\""), Verdict::Quirk("etag-stale")),
        (Some("\"a1\""), Verdict::Works),
        (None, Verdict::Works),
    ] {
        let mut tree = service(&[]);
        let body = tree.body(SYSTEM).expect("a system").clone();
        put(&mut tree, SYSTEM, body, tag);
        let cells = plain(&tree);
        assert_eq!(of(&cells, "etag").0, verdict, "{tag:?}");
        assert!(differ(&base, &cells).iter().all(|feature| *feature == "etag"), "{tag:?}");
    }
    let mut tree = service(&[(SYSTEM, json!({ "@odata.etag": null }))]);
    let body = tree.body(SYSTEM).expect("a system").clone();
    put(&mut tree, SYSTEM, body, None);
    assert_eq!(of(&plain(&tree), "etag"), (Verdict::Missing, "none"));
    // A form that no rule knows helps nobody.
    let (known, marks) = rules("Example");
    let mut weak = service(&[]);
    let body = weak.body(SYSTEM).expect("a system").clone();
    put(&mut weak, SYSTEM, body, Some("W/\"a1\""));
    assert_eq!(of(&decided(&weak, &known.without("etag-weak"), &marks), "etag").0, Verdict::Wrong);
}

#[test]
fn the_form_of_media_is_the_one_that_is_advertised_or_known() {
    let own = json!({ "Actions": null, "Oem": { "Huawei": { "Actions": {
        "#VirtualMedia.VmmControl": { "target": format!("{SLOT}/Oem/Huawei/Vmm") } } } } });
    let (huawei, marks) = rules("Huawei");
    let vmm = service(&[(SLOT, own)]);
    let cells = decided(&vmm, &huawei, &marks);
    assert_eq!(of(&cells, "media.form").0, Verdict::Quirk("media-vmm"));
    // Another dialect has no step for it.
    assert_eq!(of(&plain(&vmm), "media.form").0, Verdict::Wrong);
    // Nothing is advertised: the dialect's path is a guess, and elsewhere properties are set.
    let bare = service(&[(SLOT, json!({ "Actions": null }))]);
    assert_eq!(of(&decided(&bare, &huawei, &marks), "media.form").0, Verdict::Guessed);
    assert_eq!(of(&plain(&bare), "media.form"), (Verdict::Quirk("media-patch"), "PATCH"));
    let mut none = service(&[]);
    put(&mut none, SLOT, json!({ "MediaTypes": ["CD"] }), None);
    assert_eq!(of(&plain(&none), "media.form").0, Verdict::Missing);
    // Not read is not missing.
    let mut silent = service(&[]);
    silent.put(SLOT.to_owned(), Answer::Silent("time".to_owned()));
    assert_eq!(of(&plain(&silent), "media.form"), (Verdict::Unknown, "no answer"));
    assert_eq!(of(&plain(&silent), "damage").0, Verdict::Wrong);
}

#[test]
fn values_that_are_not_told_are_guessed_and_those_of_action_info_are_told() {
    let info = "/redfish/v1/Systems/1/ResetActionInfo";
    let action = json!({ "Actions": { "#ComputerSystem.Reset": {
        "ResetType@Redfish.AllowableValues": null, "@Redfish.ActionInfo": info } } });
    let mut tree = service(&[(SYSTEM, action)]);
    assert_eq!(wanted(&tree, None, None), [info]);
    assert_eq!(of(&plain(&tree), "power"), (Verdict::Guessed, "values are not told"));
    let values = json!({ "Parameters": [{ "Name": "ResetType", "AllowableValues": ["On"] }] });
    put(&mut tree, info, values, None);
    let cells = plain(&tree);
    assert_eq!(of(&cells, "power"), (Verdict::Works, "On"));
    let by = cells.iter().find(|cell| cell.feature == "power").map(|cell| cell.by.as_str());
    assert_eq!(by, Some(info));
}

#[test]
fn what_boot_takes_is_by_its_own_words() {
    let once = json!({ "Boot": { "BootSourceOverrideEnabled@Redfish.AllowableValues":
        ["Disabled", "Once"] },
        "@Redfish.Settings": { "SettingsObject": link("/redfish/v1/Systems/1/Settings") } });
    let cells = plain(&service(&[(SYSTEM, once)]));
    assert_eq!(of(&cells, "boot.lasting").0, Verdict::Quirk("boot-once-only"));
    let settings = (Verdict::Quirk("boot-settings"), "/redfish/v1/Systems/1/Settings");
    assert_eq!(of(&cells, "boot.settings"), settings);
    let cells = plain(&service(&[(SYSTEM, json!({ "Boot": null }))]));
    for feature in ["boot.properties", "boot.targets", "boot.lasting", "boot.settings"] {
        assert_eq!(of(&cells, feature).0, Verdict::Missing, "{feature}");
    }
}

#[test]
fn an_answer_that_is_none_is_wrong_and_one_that_is_not_shown_unknown() {
    for (answer, verdict) in [
        (Answer::Status(500), Verdict::Wrong),
        (Answer::NotJson("it ends".to_owned()), Verdict::Wrong),
        (Answer::Status(403), Verdict::Unknown),
        (Answer::Silent("time".to_owned()), Verdict::Unknown),
    ] {
        let mut tree = service(&[]);
        tree.put("/redfish/v1/TaskService".to_owned(), answer.clone());
        assert_eq!(of(&plain(&tree), "tasks").0, verdict, "{answer:?}");
    }
    let off = service(&[("/redfish/v1/TaskService", json!({ "ServiceEnabled": false }))]);
    assert_eq!(of(&plain(&off), "tasks").0, Verdict::Missing);
    let lost = json!({ "Members@odata.count": 2 });
    let lost = service(&[("/redfish/v1/Managers?$expand=.", lost)]);
    assert_eq!(of(&plain(&lost), "expand").0, Verdict::Wrong);
    // Of an empty tree nothing is known, and every cell is there.
    let empty = plain(&Tree::default());
    assert_eq!(empty.len(), FEATURES.len());
    assert_eq!(of(&empty, "tasks"), (Verdict::Unknown, "not read"));
}

#[test]
fn damaged_fields_are_counted() {
    let bent = json!({ "Temperatures": { "Name": "Inlet", "ReadingCelsius": "24" } });
    let cells = plain(&service(&[("/redfish/v1/Chassis/1/Thermal", bent)]));
    assert!(matches!(of(&cells, "damage").0, Verdict::Quirk(_)), "{:?}", of(&cells, "damage"));
    let cells = plain(&service(&[(SYSTEM, json!({ "Model": ["R1"] }))]));
    assert_eq!(of(&cells, "damage").0, Verdict::Wrong);
    assert!(of(&cells, "damage").1.starts_with("dropped 1"), "{:?}", of(&cells, "damage"));
}

#[test]
fn what_manuals_say_shows_as_such() {
    let maker = |maker: &str| Marks {
        oem: vec!["Public".to_owned()],
        makers: vec![maker.to_owned()],
        ..Marks::default()
    };
    let (marks, tree) = (maker("H3C"), service(&[]));
    let cells = decided(&tree, &Rules::of(&marks), &marks);
    assert_eq!(of(&cells, "dialect"), (Verdict::Guessed, "hdm"));
    assert_eq!(of(&cells, "quirks").0, Verdict::Guessed);
    assert!(of(&cells, "quirks").1.contains("media-vmm (vendor-manual)"));
    let (huawei, marks) = rules("Huawei");
    let cells = decided(&tree, &huawei, &marks);
    assert_eq!(of(&cells, "dialect"), (Verdict::Works, "ibmc"));
    assert_eq!(of(&cells, "session").0, Verdict::Quirk("session-domain"));
}

#[test]
fn what_ipmi_lets_in_is_a_finding() {
    let pong = Pong { told: true, ipmi_2: true, nameless: true, ..Pong::default() };
    let heard = Heard::Answered { pong, suites: Some(vec![17, 0, 3]) };
    let mut cells = Vec::new();
    ipmi::put(&heard, &mut cells);
    assert_eq!(of(&cells, "ipmi"), (Verdict::Works, "2.0"));
    assert_eq!(of(&cells, "ipmi.suites"), (Verdict::Works, "0, 3, 17"));
    assert_eq!(of(&cells, "ipmi.users"), (Verdict::Wrong, "no name"));
    assert_eq!(of(&cells, "ipmi.suite-0").0, Verdict::Wrong);
    let mut lan = crate::ipmi::command::lan::Lan::default();
    for (parameter, data) in [(22, &[3][..]), (24, &[0, 0x40, 0x04]), (23, &[0, 0, 3, 17])] {
        lan.take(parameter, data);
    }
    // A session tells that it is listed and lets nobody in.
    let cells = of_ipmi(&crate::operation::identity::Identity::default(), Some(&lan), &heard);
    assert_eq!(of(&cells, "ipmi.suite-0"), (Verdict::Works, "not offered"));
    assert_eq!(of(&cells, "redfish").0, Verdict::Unknown);
}

mod any {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-zA-Z/ \u{4e00}\"]{0,12}".prop_map(Value::from),
            Just(json!(SYSTEM)),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            let name = prop_oneof![
                Just("@odata.id".to_owned()),
                Just("Members".to_owned()),
                Just("Actions".to_owned()),
                Just("#ComputerSystem.Reset".to_owned()),
                Just("Boot".to_owned()),
                Just("Links".to_owned()),
                Just("VirtualMedia".to_owned()),
                "[A-Za-z]{1,8}",
            ];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec((name, inner), 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// Whatever stands in the resources, there is one cell for each feature.
        #[test]
        fn bodies_have_every_cell(bodies in proptest::collection::vec(value(), 17), tag in ".{0,9}") {
            let mut tree = service(&[]);
            let paths: Vec<String> = tree.answers().map(|(path, _)| path.to_owned()).collect();
            for (path, change) in paths.iter().zip(&bodies) {
                let mut body = tree.body(path).cloned().unwrap_or_default();
                merge(&mut body, change);
                put(&mut tree, path, body, Some(&tag));
            }
            let cells = plain(&tree);
            prop_assert_eq!(cells.len(), FEATURES.len());
            prop_assert!(wanted(&tree, None, None).len() < 64);
        }
    }
}
