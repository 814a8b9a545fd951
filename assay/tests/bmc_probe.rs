//! `assay bmc probe` on a simulated rack of every make: what each is known to have, the same twice,
//! and a fault in its own cell alone.

#[path = "bmc_rack/rack.rs"]
#[expect(dead_code, reason = "others of the rack's tests use the rest")]
mod rack;

use std::collections::BTreeMap;

use rack::Rack;
use serde_json::Value;

const MAKES: [&str; 11] = [
    "huawei",
    "xfusion",
    "openubmc",
    "h3c",
    "inspur",
    "lenovo",
    "ami",
    "zte",
    "enginetech",
    "openbmc",
    "dmtf",
];

/// Every make has a cell for each of these.
const FEATURES: usize = 35;

fn makes<'w>(more: &[&'w str]) -> Vec<&'w str> {
    let dialects = MAKES.iter().flat_map(|make| ["--dialect", *make]);
    dialects.chain(more.iter().copied()).collect()
}

/// Returns a host's cells by their features: verdict, quirk, what, by.
fn cells(host: &Value) -> BTreeMap<String, [String; 4]> {
    let all = host["probe"].as_array().expect("cells");
    let text = |cell: &Value, name: &str| cell[name].as_str().unwrap_or_default().to_owned();
    let fields = ["verdict", "quirk", "what", "by"];
    let found: BTreeMap<_, _> = all
        .iter()
        .map(|cell| (text(cell, "feature"), fields.map(|name| text(cell, name))))
        .collect();
    assert_eq!((all.len(), found.len()), (FEATURES, FEATURES), "{host:#}");
    found
}

/// What a make has: the feature, the verdict, the quirk, and a part of what was found.
type Known = (&'static str, &'static str, &'static str, &'static str);

const KNOWN: [(&str, &[Known]); 11] = [
    (
        "huawei",
        &[
            ("vendor", "works", "", "Huawei"),
            ("firmware", "works", "", "6.41"),
            ("dialect", "works", "", "ibmc"),
            ("session", "quirk", "session-domain", "session"),
            ("media.form", "quirk", "media-vmm", "VirtualMedia.VmmControl"),
            ("volumes", "quirk", "storages", "/Storages/RAID1/Volumes"),
            ("certificates", "missing", "", ""),
            ("expand", "missing", "", ""),
            ("sensors", "works", "", "Thermal, Power"),
            ("identify", "works", "", "LocationIndicatorActive"),
        ],
    ),
    (
        "xfusion",
        &[
            // Huawei's own machines were recorded, and no other's.
            ("dialect", "guessed", "", "ibmc"),
            ("session", "works", "", "session"),
            ("media.form", "quirk", "media-vmm", ""),
        ],
    ),
    (
        "openubmc",
        &[
            ("vendor", "works", "", "openUBMC"),
            ("dialect", "guessed", "", "ibmc"),
            ("media.form", "quirk", "media-vmm", ""),
        ],
    ),
    (
        "h3c",
        &[
            ("dialect", "guessed", "", "hdm"),
            ("quirks", "guessed", "", "media-vmm (vendor-manual)"),
            ("media.form", "quirk", "media-vmm", ""),
            ("firmware.update", "works", "", "SimpleUpdate"),
        ],
    ),
    (
        "inspur",
        &[
            ("dialect", "guessed", "", "isbmc"),
            // Its body names the session, so that it is closed: nothing is lost by the token there.
            ("session", "works", "", "session"),
            ("media.form", "works", "", "VirtualMedia.InsertMedia"),
            ("expand", "missing", "", ""),
        ],
    ),
    (
        "lenovo",
        &[
            ("dialect", "works", "", "xcc"),
            ("media.form", "quirk", "media-patch", "PATCH"),
            ("media.slots", "works", "", "EXT1 (CD, DVD)"),
            ("boot.lasting", "quirk", "boot-once-only", "Disabled, Once"),
        ],
    ),
    (
        "ami",
        &[
            ("dialect", "guessed", "", "megarac"),
            ("media.form", "works", "", "VirtualMedia.InsertMedia"),
            ("bios.settings", "works", "", "/Systems/Self/Bios/SD"),
        ],
    ),
    // Neither its root's maker nor its `Server` tells it.
    (
        "zte",
        &[
            ("dialect", "guessed", "", "megarac"),
            ("quirks", "works", "", "firmware-keep-zte"),
            ("media.form", "works", "", "VirtualMedia.InsertMedia"),
        ],
    ),
    // It has the key and the `Server` of H3C's.
    (
        "enginetech",
        &[
            ("dialect", "guessed", "", "megarac"),
            ("quirks", "works", "", "firmware-item-enginetech"),
            ("firmware.update", "works", "", "SimpleUpdate"),
        ],
    ),
    ("openbmc", &[("dialect", "unknown", "", ""), ("boot.targets", "works", "", "BiosSetup, Cd")]),
    (
        "dmtf",
        &[
            ("redfish", "works", "", "1.15.0"),
            ("session", "works", "", "session"),
            ("media.slots", "works", "", "CD1 (CD, DVD), USB1 (USBStick)"),
            ("firmware.inventory", "works", "", "4"),
            ("firmware.update", "works", "", "SimpleUpdate (HTTP, HTTPS), MultipartHttpPushUri"),
            ("events", "works", "", "subscriptions, SSE"),
            ("certificates", "works", "", "GenerateCSR, ReplaceCertificate"),
            ("accounts", "works", "", "AccountLockoutThreshold 5"),
            ("expand", "works", "", "$expand=."),
            ("sensors", "works", "", "Sensors, Thermal, Power"),
            ("logs", "works", "", "Audit, SEL"),
        ],
    ),
];

#[test]
fn every_make_has_its_own_cells_and_two_runs_say_the_same() {
    let rack = Rack::start(11, &makes(&[]));
    let first = rack.wanted(&["probe"]);
    assert_eq!(first, rack.wanted(&["probe"]), "nothing in it is of its time");
    for ((make, known), host) in KNOWN.iter().zip(&first) {
        let cells = cells(host);
        for (feature, verdict, quirk, what) in *known {
            let [seen_verdict, seen_quirk, seen_what, by] = &cells[*feature];
            let seen = (seen_verdict.as_str(), seen_quirk.as_str());
            assert_eq!(seen, (*verdict, *quirk), "{make} {feature}: {seen_what}");
            assert!(seen_what.contains(what), "{make} {feature}: {seen_what}");
            assert!(!by.is_empty(), "{make} {feature}");
        }
        // What goes for each of them.
        for (feature, verdict, what) in [
            ("etag", "works", "strong"),
            ("tls", "works", "1.3"),
            ("tasks", "works", "TaskService"),
            ("boot.settings", "works", "the system itself"),
            ("damage", "works", "dropped 0, bent 0, unreadable 0"),
            ("ipmi", "works", "2.0"),
            ("ipmi.suites", "works", "3, 17"),
            ("ipmi.users", "works", "none"),
            ("ipmi.suite-0", "works", "not offered"),
        ] {
            let [seen, _, what_seen, _] = &cells[feature];
            assert_eq!((seen.as_str(), what_seen.as_str()), (verdict, what), "{make} {feature}");
        }
        let [_, _, values, by] = &cells["power"];
        assert!(values.contains("ForceOff") && by.contains("ComputerSystem.Reset"), "{make}");
    }
    assert_eq!(rack.sessions(), [1; 11], "the one that asks");
}

#[test]
fn a_fault_changes_its_own_cell_alone() {
    // The same make eight times, the first as it is.
    let faults = [
        ("etag-weak", "etag", "quirk", "etag-weak"),
        ("etag-twice", "etag", "quirk", "etag-twice"),
        ("etag-stale", "etag", "quirk", "etag-stale"),
        ("media-two-trees", "media.slots", "quirk", "media-two-trees"),
        ("boot-settings", "boot.settings", "quirk", "boot-settings"),
        ("expand-broken", "expand", "wrong", ""),
        ("media-patch", "media.form", "quirk", "media-patch"),
        ("no-sessions", "session", "missing", ""),
        ("ipmi-no-17", "ipmi.suites", "works", ""),
    ];
    let words: Vec<String> = (2..).zip(faults).map(|(at, (id, ..))| format!("{at}:{id}")).collect();
    let mut more = vec!["--one-certificate"];
    more.extend(words.iter().flat_map(|word| ["--fault", word.as_str()]));
    let rack = Rack::start(faults.len() + 1, &more);
    let hosts = rack.wanted(&["probe"]);
    let (sound, broken) = hosts.split_first().expect("hosts");
    let sound = cells(sound);
    for ((fault, feature, verdict, quirk), host) in faults.iter().zip(broken) {
        let seen = cells(host);
        let differ: Vec<&str> = sound
            .iter()
            .filter(|(name, cell)| seen.get(*name) != Some(cell))
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(differ, [*feature], "{fault}");
        let [is, name, ..] = &seen[*feature];
        assert_eq!((is.as_str(), name.as_str()), (*verdict, *quirk), "{fault}");
    }
}

#[test]
fn many_hosts_are_a_matrix_and_one_is_a_list() {
    let rack = Rack::start(2, &["--dialect", "huawei", "--dialect", "dmtf"]);
    let said = |words: &[&str]| {
        let output = rack.ask(words);
        assert_eq!(output.status.code(), Some(0), "{words:?}");
        String::from_utf8(output.stdout).expect("text")
    };
    let text = said(&["probe"]);
    let line = |start: &str| text.lines().find(|line| line.starts_with(start)).unwrap_or_default();
    assert!(line("BMC").contains("media form"), "{text}");
    assert!(line(&rack.hosts[0]).contains("quirk (media-vmm)"), "{text}");
    assert!(line(&rack.hosts[1]).contains("Simulated"), "{text}");
    let csv = said(&["probe", "--output", "csv"]);
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(csv.lines().all(|line| line.split(',').count() >= FEATURES + 2), "{csv}");
    let chinese = said(&["probe", "--lang", "zh"]);
    assert!(chinese.contains("特殊 (media-vmm)") && chinese.contains("虚拟介质形式"), "{chinese}");

    let one = Rack::start(1, &["--dialect", "lenovo"]);
    let output = one.ask(&["probe"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let line = text.lines().find(|line| line.starts_with("media form")).unwrap_or_default();
    assert!(line.contains("quirk (media-patch)") && line.contains("VirtualMedia/EXT1"), "{text}");
    assert!(text.lines().count() > FEATURES, "{text}");

    // IPMI alone, and Redfish alone.
    let by_ipmi = cells(&one.wanted(&["probe", "--protocol", "ipmi"])[0]);
    assert_eq!(by_ipmi["ipmi"][0], "works");
    assert_eq!(by_ipmi["ipmi.suite-0"][2], "not offered");
    assert_eq!(by_ipmi["media.form"][0], "unknown");
    let by_redfish = cells(&one.wanted(&["probe", "--protocol", "redfish"])[0]);
    assert_eq!(
        (by_redfish["ipmi"][0].as_str(), by_redfish["ipmi"][2].as_str()),
        ("unknown", "not asked")
    );
}
