//! A contract's own profile: one file, inheritance, and what is refused.

use profiles::{Catalogue, ProfileError, Verdict, judge};

use crate::machine::conforming;

const HEAD: &str = r#"
profile = "acme/contract-7"
version = "1"
title = { zh = "合同七", en = "contract 7" }
inherits = "gd-gov-cloud/bms-1"
"#;

fn added(text: &str) -> Result<profiles::Profile, ProfileError> {
    let text = format!("{HEAD}{text}");
    Catalogue::bundled().with_file("contract.toml", &text)?.profile("acme/contract-7")
}

fn refused(text: &str) -> String {
    added(text).expect_err("it is wrong").to_string()
}

#[test]
fn a_contract_tightens_by_naming_a_check_and_a_value() {
    let profile = added("[[check]]\nid = \"bms1.memory\"\nvalue = \"1 TiB\"\n").unwrap();
    let bundled = Catalogue::bundled().profile("gd-gov-cloud/bms-1").unwrap();
    assert_eq!(profile.checks.len(), bundled.checks.len());
    assert_ne!(profile.digest, bundled.digest);
    assert_eq!(profile.inherits, ["gd-gov-cloud/bms-1"]);
    let judged = judge(&profile, &conforming());
    let memory = judged.iter().find(|judgement| judgement.check == "bms1.memory").unwrap();
    assert_eq!(memory.verdict, Verdict::Fail);
    assert_eq!(memory.expected.en, "≥ 1 TiB");
    assert_eq!(memory.measured.en, "0.5 TiB");
}

#[test]
fn loosening_needs_a_deviation_which_the_judgement_shows() {
    let looser = "[[check]]\nid = \"bms1.memory\"\nvalue = \"256 GiB\"\n";
    let message = refused(looser);
    assert!(message.contains("`contract.toml`, line 6, check `bms1.memory`"), "{message}");
    assert!(message.contains("deviation"), "{message}");
    let why = "deviation = { zh = \"合同附件三\", en = \"annex 3\" }\n";
    let profile = added(&format!("{looser}{why}")).unwrap();
    let judged = judge(&profile, &conforming());
    let memory = judged.iter().find(|judgement| judgement.check == "bms1.memory").unwrap();
    assert_eq!(memory.deviation.as_ref().unwrap().en, "annex 3");
}

#[test]
fn roles_are_required_of_a_whole_profile_or_of_a_check_and_none_may_be_dropped() {
    let all = "require-role = [\"监理单位\", \"owner\"]\n";
    let profile = added(&format!("{all}[[check]]\nid = \"bms1.memory\"\nrequire-role = []\n"));
    let profile = profile.unwrap();
    let of = |id: &str| {
        let check = profile.checks.iter().find(|check| check.check == id).unwrap();
        check.require_role.clone()
    };
    assert_eq!(of("bms1.brand"), [profiles::Role::Supervisor, profiles::Role::Owner]);
    assert_eq!(of("bms1.memory"), []);
    let judged = judge(&profile, &conforming());
    let open = judged.iter().find(|judgement| judgement.verdict == Verdict::NeedsAttestation);
    let said =
        open.unwrap().reasons.iter().any(|reason| reason.text.en.contains("supervisor, owner"));
    assert!(said, "{open:?}");

    let text = format!("{HEAD}{all}");
    let catalogue = Catalogue::bundled().with_file("contract.toml", &text).unwrap();
    let child = |more: &str| {
        let head = HEAD.replace("acme/contract-7", "acme/child");
        let head = head.replace("gd-gov-cloud/bms-1", "acme/contract-7");
        let catalogue = catalogue.clone().with_file("child.toml", &format!("{head}{more}"));
        catalogue.unwrap().profile("acme/child").map(|profile| profile.checks)
    };
    let inherited = child("").unwrap();
    assert!(inherited.iter().all(|check| check.require_role.len() == 2), "they are inherited");
    assert!(child("require-role = [\"owner\", \"supervisor\", \"user\"]\n").is_ok());
    let fewer = child("require-role = [\"owner\"]\n").unwrap_err().to_string();
    assert!(fewer.contains("fewer roles must sign"), "{fewer}");
}

#[test]
fn every_way_to_ask_less_is_seen() {
    for change in [
        "id = \"bms1.memory\"\nlevel = \"info\"",
        "id = \"bms1.memory\"\npath = \"inventory.dimm.size_bytes.sum\"",
        "id = \"bms1.memory\"\nkind = \"max\"",
        "id = \"bms1.cpu\"\nmin = 3",
        "id = \"bms1.cpu\"\ntolerance = \"2 %\"",
        "id = \"bms1.cpu\"\nwhere = { \"cores.min\" = 16 }",
        "id = \"bms1.cpu\"\nwhere = { \"cores.min\" = 16, \"frequency_hz.nominal.min\" = \"2.0 GHz\" }",
        "id = \"bms1.chip\"\nrefuted_by = []",
        "id = \"bms1.hba\"\nwhere = { \"protocol.eq\" = \"fc\", \"port.count_where\" = { where = { \"supported_bps.max.min\" = \"16 Gbit/s\" }, min = 1 } }",
    ] {
        let message = refused(&format!("[[check]]\n{change}\n"));
        assert!(message.contains("looser than in `gd-gov-cloud/bms-1`"), "{change}: {message}");
    }
    for change in [
        "id = \"bms1.cpu\"\nmin = 5",
        "id = \"bms1.cpu\"\ntolerance = \"0 %\"",
        "id = \"bms1.cpu\"\nwhere = { \"cores.min\" = 20, \"frequency_hz.nominal.min\" = \"2.10 GHz\", \"enabled.eq\" = true }",
        "id = \"bms1.pcie-slots\"\nmin = 10",
        "id = \"bms1.memory\"\ntitle = { zh = \"内存\", en = \"memory\" }",
    ] {
        added(&format!("[[check]]\n{change}\n")).expect(change);
    }
}

#[test]
fn a_check_is_dropped_only_with_a_reason() {
    let message = refused("[[drop]]\nid = \"bms1.hba\"\n");
    assert!(message.contains("deviation"), "{message}");
    let why = "deviation = { zh = \"不接光纤\", en = \"no fibre channel here\" }\n";
    let profile = added(&format!("[[drop]]\nid = \"bms1.hba\"\n{why}")).unwrap();
    assert!(!profile.checks.iter().any(|check| check.check == "bms1.hba"));
    assert_eq!(profile.dropped[0].id, "bms1.hba");
    let message = refused(&format!("[[drop]]\nid = \"bms1.hbaa\"\n{why}"));
    assert!(message.contains("nothing inherited"), "{message}");
}

#[test]
fn strict_reads_numbers_without_a_sign_as_equality() {
    let head = HEAD.replace("bms-1", "bms-2");
    let text = format!("{head}strict = true\n");
    let catalogue = Catalogue::bundled().with_file("contract.toml", &text).unwrap();
    let profile = catalogue.profile("acme/contract-7").unwrap();
    let judged = judge(&profile, &conforming());
    let verdict = |id: &str| judged.iter().find(|j| j.check == id).unwrap().verdict;
    // Four sockets of 24 cores are not two of ten; four cards of two ports are what is asked.
    assert_eq!(verdict("bms2.cpu"), Verdict::Fail);
    assert_eq!(verdict("bms2.nic"), Verdict::Pass);
    assert_eq!(verdict("bms2.memory"), Verdict::Pass);
    assert_eq!(verdict("bms2.storage"), Verdict::Pass);
}

#[test]
fn a_contract_may_have_rows_of_its_own() {
    let text = r#"
[[row]]
id = "annex-3#4"
clause = "annex-3"
title = "合同附件三"
item = "电源"
text = "冗余电源不少于 2 个"

[[check]]
id = "acme.psu"
row = "annex-3#4"
kind = "count_where"
title = { zh = "冗余电源", en = "redundant power supplies" }
method = { zh = "读取 SMBIOS 类型 39", en = "SMBIOS type 39" }
over = "inventory.psu"
where = { "present.eq" = true }
min = 2
"#;
    let profile = added(text).unwrap();
    let judged = judge(&profile, &conforming());
    let psu = judged.last().unwrap();
    assert_eq!((psu.verdict, psu.wording.as_str()), (Verdict::NotMeasured, "冗余电源不少于 2 个"));
    assert_eq!(psu.expected.zh, "≥ 2 个电源（在位状态 是）");
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let check = |body: &str| {
        format!(
            "[[check]]\nid = \"x\"\nrow = \"5.3.3.1.2.1#3\"\n\
             title = {{ zh = \"一\", en = \"one\" }}\nmethod = {{ zh = \"一\", en = \"one\" }}\n{body}"
        )
    };
    let min = "kind = \"min\"\npath = \"inventory.dimm.size_bytes.sum\"\n";
    for (text, wanted) in [
        (
            check(&format!("{min}value = \"512 Gbit/s\"\n")),
            "line 13, check `x`, path `inventory.dimm.size_bytes.sum`, unit bytes: `512 Gbit/s` is in Gbit/s, but the field is in bytes",
        ),
        (check(&format!("{min}value = 512\n")), "`512` has no unit"),
        (check(&format!("{min}valu = \"512 GiB\"\n")), "`value` is missing"),
        (check("kind = \"minn\"\n"), "unknown kind `minn`; did you mean `min`?"),
        (
            check("kind = \"regex\"\npath = \"inventory.system.product\"\npattern = \"a(\"\n"),
            "does not compile",
        ),
        (check("kind = \"attest\"\n"), "needs `evidence`"),
        (
            check(&format!("{min}value = \"1 GiB\"\nwaivable = true\n")),
            "`waivable` is for rows that say “同等”",
        ),
        (
            check(&format!("{min}value = \"1 GiB\"\n")).replace("2.1#3", "2.1#33"),
            "the norm has no row",
        ),
        (
            check(&format!("{min}value = \"1 GiB\"\n")).replace("en = \"one\"", "en = \"\""),
            "lacks its `en` text",
        ),
        ("strikt = true\n".to_owned(), "line 6: unknown field `strikt`; did you mean `strict`?"),
        (format!("{0}{0}", check(&format!("{min}value = \"1 GiB\"\n"))), "is in line 6 already"),
        ("edition = \"正式稿\"\n".to_owned(), "edition"),
        (
            "require-role = [\"owner\", \"superviser\"]\n".to_owned(),
            "unknown role `superviser`; did you mean `supervisor`?",
        ),
        ("require-role = [\"owner\", \"建设\"]\n".to_owned(), "names owner twice"),
        ("require-role = \"owner\"\n".to_owned(), "`require-role` is a text, not a list"),
    ] {
        let message = refused(&text);
        let all = match added(&text).unwrap_err() {
            ProfileError::Broken { found, .. } => {
                found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
            }
            _ => message.clone(),
        };
        assert!(all.contains(wanted), "wanted {wanted}\ngot {all}");
        assert!(message.starts_with("`contract.toml`, line "), "{message}");
    }
}

#[test]
fn files_that_are_no_profile_are_refused_in_one_sentence() {
    let bundled = Catalogue::bundled();
    let refused = |text: &str| bundled.clone().with_file("x.toml", text).unwrap_err().to_string();
    assert!(refused("a = = 1").starts_with("`x.toml`, line 1: "));
    assert!(refused("").contains("`profile` must name"));
    assert!(refused("profile = \"gd-gov-cloud/bms-1\"").contains("gives already"));
    let unknown = bundled.profile("gd-gov-cloud/bms-3").unwrap_err();
    assert!(unknown.to_string().starts_with("no profile `gd-gov-cloud/bms-3`; did you mean"));
    let variant = bundled.profile("gd-gov-cloud/bms-service").unwrap_err().to_string();
    assert!(variant.contains("class-1, class-2"), "{variant}");
    assert!(bundled.profile("gd-gov-cloud/bms-service@class-3").is_err());
    assert!(bundled.profile("gd-gov-cloud/bms-1@x").is_err());
    let ring = "profile = \"a\"\ninherits = \"a\"\n";
    let ring = bundled.clone().with_file("a.toml", ring).unwrap().profile("a").unwrap_err();
    assert!(ring.to_string().contains("inherits from itself"), "{ring}");
}

#[test]
fn every_bundled_profile_compiles_and_is_listed_with_its_title() {
    let list = Catalogue::bundled().list();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/norms/gd-gov-cloud");
    let mut files = 0;
    for file in std::fs::read_dir(folder).expect("the norm's files") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("text");
        let Some((_, id)) = text.split_once("\nprofile = \"") else { continue };
        let (id, _) = id.split_once('"').expect("the id ends");
        let variants = text.matches("\n[variants.").count().max(1);
        let listed = list.iter().filter(|entry| entry.id.split('@').next() == Some(id));
        assert_eq!(listed.count(), variants, "{id}");
        files += variants;
    }
    assert_eq!(list.len(), files);
    for entry in list {
        assert!(!entry.title.zh.is_empty() && !entry.title.en.is_empty(), "{}", entry.id);
        assert!(entry.file.starts_with(entry.id.split('@').next().unwrap()), "{}", entry.id);
    }
}
