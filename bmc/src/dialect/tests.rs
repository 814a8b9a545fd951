//! The data is whole: each text can be read, each quirk has its source and a test that is there,
//! and BMCs are told apart as their roots show them.

use std::{collections::BTreeSet, fs, path::Path};

use super::*;

const AMI: &str = "AMI MegaRAC Redfish Service";

fn oem(keys: &[&str]) -> Marks {
    Marks { oem: keys.iter().map(|key| (*key).to_owned()).collect(), ..Marks::default() }
}

#[test]
fn every_text_is_read() {
    for text in TEXTS {
        let dialect = read::dialect(text).expect("a dialect");
        assert!(!dialect.detect.is_empty(), "{}", dialect.id);
    }
    assert_eq!(all().len(), TEXTS.len());
    let ids: BTreeSet<&str> = all().iter().map(|dialect| dialect.id.as_str()).collect();
    assert_eq!(ids.len(), TEXTS.len(), "each has its own name");
}

#[test]
fn a_quirk_without_source_confidence_or_test_is_refused() {
    let whole = "id = \"a\"\nname = \"A\"\n[[quirk]]\nid = \"q\"\neffect = \"step\"\nsource = \"s\"\nconfidence = \"read\"\ntest = \"t\"\n";
    assert!(read::dialect(whole).is_ok());
    for part in
        ["source = \"s\"\n", "confidence = \"read\"\n", "test = \"t\"\n", "effect = \"step\"\n"]
    {
        let error = read::dialect(&whole.replace(part, "")).expect_err(part);
        let (name, _) = part.split_once(' ').expect("a name");
        assert!(error.contains(name), "{error}");
    }
    for (part, other) in [
        ("source = \"s\"", "source = \" \""),
        ("confidence = \"read\"", "confidence = \"sure\""),
        ("effect = \"step\"", "effect = \"insecure\""),
        ("id = \"a\"", "id = \"a\"\nextra = 1"),
        ("id = \"q\"", "id = \"q\"\nwhen = { colour = \"blue\" }"),
    ] {
        assert!(read::dialect(&whole.replace(part, other)).is_err(), "{other}");
    }
}

/// Returns the names of all tests of this crate, from their source.
fn tests() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src"), root.join("tests")];
    let mut names = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("a source");
                let mut attribute = false;
                for line in text.lines().map(str::trim) {
                    if attribute && let Some(rest) = line.strip_prefix("fn ") {
                        names.extend(rest.split_once('(').map(|(name, _)| name.to_owned()));
                    }
                    attribute = line == "#[test]" || (attribute && line.starts_with('#'));
                }
            }
        }
    }
    names
}

#[test]
fn every_quirk_names_a_test_that_is_there() {
    let tests = tests();
    for dialect in all() {
        for quirk in &dialect.quirks {
            assert!(tests.contains(&quirk.test), "{}: no test `{}`", quirk.id, quirk.test);
        }
    }
}

/// The rules that the complaints of users ask for, as far as they are of Redfish's changes,
/// sessions and connections; reading has its own tests, and so has IPMI.
const OWED: &[&str] = &[
    "boot-all-three",
    "boot-no-mode",
    "boot-no-none",
    "boot-not-kept",
    "boot-once-only",
    "boot-settings",
    "conn-close",
    "eject-500",
    "eject-empty-body",
    "etag-412-retry",
    "etag-gzip",
    "etag-quotes",
    "etag-required",
    "etag-twice",
    "etag-weak",
    "hung-bmc",
    "media-creds",
    "media-method",
    "media-no-inserted",
    "media-patch",
    "media-protocol",
    "media-slot-refused",
    "media-two-trees",
    "media-vmm",
    "session-domain",
    "session-full",
    "session-token-in-body",
    "slow-first-byte",
    "task-200-success",
    "task-messages-object",
    "task-no-location",
    "task-state-unknown",
    "tls-old",
    "tls-pin",
];

#[test]
fn every_complaint_has_its_rule() {
    let quirks = all().iter().flat_map(|dialect| &dialect.quirks);
    let ids: BTreeSet<&str> = quirks.map(|quirk| quirk.id.as_str()).collect();
    for owed in OWED {
        assert!(ids.contains(owed), "{owed}");
    }
}

#[test]
fn what_is_guessed_shows_as_such() {
    for dialect in all().iter().filter(|dialect| dialect.recorded.is_empty()) {
        let sure = dialect.quirks.iter().find(|quirk| quirk.confidence >= Confidence::Fixture);
        assert_eq!(sure, None, "{} has no recorded tree", dialect.id);
    }
    // What was seen at Huawei's machines is inferred at those of its kin; what goes for all is not.
    let told = |oem: &str, id: &str| Rules::of(&self::oem(&[oem])).id(id).expect(id).guessed;
    for (oem, guessed) in [("Huawei", false), ("xFusion", true), ("openUBMC", true)] {
        assert_eq!(Rules::of(&self::oem(&[oem])).is_recorded(), !guessed, "{oem}");
        for id in ["media-vmm", "raid-numbers", "time-ntp-service-path"] {
            assert_eq!(told(oem, id), guessed, "{oem} {id}");
        }
        assert!(!told(oem, "etag-weak"), "{oem}");
    }
    // That nobody was seen to have a path is a guess at every make.
    assert!(told("Huawei", "media-vmm-path") && told("Public", "bios-sd-path"));
    assert!(!told("Lenovo", "bios-pending-path") && told("Lenovo", "bios-sd-path"));
}

/// Returns the part of a page that is of a dialect: its heading has the dialect's id.
fn section<'p>(page: &'p str, id: &str) -> Option<&'p str> {
    let named = |part: &&str| part.lines().next().is_some_and(|head| head.contains(id));
    page.split("\n## ").find(|part| named(part))
}

#[test]
fn the_page_of_vendors_says_what_the_data_says() {
    let tests = tests();
    for (name, recorded) in [("bmc-vendors.md", "recorded"), ("bmc-vendors.zh.md", "有记录")] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
        let page = fs::read_to_string(path).expect("a page");
        for dialect in all() {
            let own = section(&page, &format!("(`{}`)", dialect.id));
            let own = own.unwrap_or_else(|| panic!("{name}: no section of `{}`", dialect.id));
            for quirk in &dialect.quirks {
                let is_named = own.contains(&format!("`{}`", quirk.id));
                assert!(
                    is_named,
                    "{name}: `{}` is not in the section of `{}`",
                    quirk.id, dialect.id
                );
            }
            let claims = own
                .lines()
                .any(|line| line.split('|').nth(3).is_some_and(|known| known.contains(recorded)));
            assert_eq!(claims, !dialect.recorded.is_empty(), "{name}: {}", dialect.id);
        }
        // What it says is held by a test, is; the names of tests are sentences.
        let words = page.split('`').skip(1).step_by(2);
        for word in words.filter(|word| word.contains('_') && !word.contains(['/', '.', ' '])) {
            assert!(tests.contains(word), "{name}: no test `{word}`");
        }
        for make in crate::simulate::template::dialects() {
            assert!(page.contains(&format!("`{make}`")), "{name}: {make}");
        }
    }
}

#[test]
fn bmcs_are_told_apart_by_what_they_show() {
    let with = |mut marks: Marks, maker: &str, server: &str| {
        marks.makers.push(maker.to_owned());
        server.clone_into(&mut marks.server);
        marks
    };
    let cases = [
        (oem(&["Huawei"]), Some("ibmc")),
        (oem(&["xFusion"]), Some("ibmc")),
        (oem(&["openUBMC"]), Some("ibmc")),
        (with(oem(&["Public"]), "H3C", ""), Some("hdm")),
        (with(oem(&["Public"]), "新华三", ""), Some("hdm")),
        (with(oem(&["Public"]), "Inspur Electronic", ""), Some("isbmc")),
        (with(oem(&["Public"]), "IEIT SYSTEMS", ""), Some("isbmc")),
        (with(oem(&["Public"]), "ZTE", ""), Some("megarac")),
        (with(oem(&["Lenovo"]), "Lenovo", ""), Some("xcc")),
        // As recorded: its root has no `Oem`.
        (with(oem(&[]), "Lenovo", ""), Some("xcc")),
        (with(oem(&["Ami"]), "Lenovo", ""), Some("megarac")),
        (with(oem(&[]), "Nettrix", AMI), Some("megarac")),
        (with(oem(&["OpenBMC"]), "Example", "nginx"), Some("any")),
        // xFusion by either of its names, with and without its key.
        (with(oem(&[]), "超聚变数字技术有限公司", ""), Some("ibmc")),
        (with(oem(&[]), "XFUSION", ""), Some("ibmc")),
        (with(oem(&["Public"]), "浪潮", ""), Some("isbmc")),
        // The same key and the same `Server`: the maker decides, and without one it is H3C's.
        (with(oem(&["Public"]), "UNIS", AMI), Some("hdm")),
        (with(oem(&["Public"]), "H3C", AMI), Some("hdm")),
        (with(oem(&["Public"]), "ZTE", AMI), Some("megarac")),
        (with(oem(&["Public"]), "中兴", AMI), Some("megarac")),
        (with(oem(&["Public"]), "Nettrix", AMI), Some("megarac")),
        (with(oem(&["Public"]), "宁畅", AMI), Some("megarac")),
        (with(oem(&["Public"]), "Enginetech", AMI), Some("megarac")),
        (with(oem(&[]), "中兴", ""), Some("megarac")),
        // Of nobody's known make, and without a mark of the firmware's.
        (with(oem(&[]), "maginfra", ""), Some("any")),
        (Marks::default(), Some("any")),
    ];
    for (marks, expected) in cases {
        assert_eq!(of(&marks).map(|dialect| dialect.id.as_str()), expected, "{marks:?}");
    }
}

#[test]
fn a_path_alone_tells_the_firmware() {
    for (member, expected) in [
        ("/redfish/v1/Managers/Self", "megarac"),
        ("/redfish/v1/Systems/Self", "megarac"),
        ("/redfish/v1/Managers/1", "any"),
    ] {
        let marks = Marks { members: vec![member.to_owned()], ..Marks::default() };
        assert_eq!(of(&marks).map(|dialect| dialect.id.as_str()), Some(expected), "{member}");
        assert_eq!(Rules::of(&marks).has("bios-sd-path"), expected == "megarac", "{member}");
    }
}

#[test]
fn quirks_hold_for_their_own_and_those_of_all_for_all() {
    let huawei = Rules::of(&oem(&["Huawei"]));
    assert!(huawei.has("session-domain") && huawei.has("media-vmm") && huawei.has("etag-weak"));
    assert_eq!(huawei.logins().count(), 1);
    let xfusion = Rules::of(&oem(&["xFusion"]));
    assert!(!xfusion.has("session-domain") && xfusion.has("media-vmm"));
    let other = Rules::of(&Marks::default());
    assert!(!other.has("media-vmm") && other.has("etag-weak"));
    assert!(other.namespaces().is_empty());
    assert!(!huawei.without("media-vmm").has("media-vmm"));
}
