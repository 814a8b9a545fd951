//! What tender and bid say of a check: read, refused, and held against what was measured.

use profiles::scope::{Agreed, ScopeOut, leave_out};
use profiles::{
    Catalogue, Deviation, Judgement, Mark, Outcome, ProfileError, Standing, Text, Verdict,
    deviation, judge, overall,
};
use serde_json::{Value, json};

use crate::machine::conforming;

const TEXTS: &str = "tender = { zh = \"不低于规范\", en = \"as the norm\" }\n\
                     bid = { zh = \"满足\", en = \"met\" }\n";

fn profile(check: &str) -> Result<profiles::Profile, ProfileError> {
    let text = format!(
        "norm = \"gd-gov-cloud\"\nedition = \"征求意见稿\"\nprofile = \"t\"\nversion = \"1\"\n\
         title = {{ zh = \"一\", en = \"one\" }}\nsubject = \"machine\"\n\
         [[check]]\nid = \"t\"\nrow = \"5.3.3.1.1#3\"\n\
         title = {{ zh = \"一\", en = \"one\" }}\nmethod = {{ zh = \"一\", en = \"one\" }}\n{check}\n"
    );
    Catalogue::bundled().with_file("t.toml", &text).expect(check).profile("t")
}

fn refused(check: &str) -> String {
    match profile(check).expect_err("it is wrong") {
        ProfileError::Broken { found, .. } => {
            found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
        }
        other => other.to_string(),
    }
}

fn disks(status: &str, disks: &Value, findings: &Value) -> Value {
    let mut disks = disks.clone();
    for disk in disks.as_array_mut().expect("a list") {
        disk["origin"] = json!({ "source": 0 });
    }
    json!({ "inventory": {
        "sections": { "disk": { "status": status } },
        "sources": [{ "kind": "nvme", "locator": "nvme:0" }],
        "disk": disks,
        "findings": findings,
    } })
}

const GB: u64 = 1_000_000_000;
const SUM: &str = "kind = \"min\"\npath = \"inventory.disk.size_bytes.sum\"\nvalue = \"3 GB\"\n";
const EACH: &str = "kind = \"min\"\npath = \"inventory.disk.size_bytes\"\nvalue = \"3 GB\"\n";
const HOT: &str =
    "kind = \"max\"\npath = \"inventory.disk.temperature_mc.max\"\nvalue = \"45 °C\"\n";
const COUNT: &str = "kind = \"count_where\"\nover = \"inventory.disk\"\nwhere = {}\nmin = 2\n";

#[test]
fn the_deviation_is_better_only_where_an_exact_number_is() {
    let sizes = |sizes: &[u64]| -> Value {
        sizes.iter().map(|size| json!({ "size_bytes": size })).collect()
    };
    let unknown = json!([{ "size_bytes": 4 * GB }, { "size_bytes": null }]);
    let four = "bid_value = \"4 GB\"";
    for (rule, bid, status, objects, expected) in [
        (SUM, "", "complete", sizes(&[3 * GB + 1]), Deviation::Positive),
        (SUM, "", "complete", sizes(&[3 * GB]), Deviation::None),
        (SUM, "", "complete", sizes(&[3 * GB - 1]), Deviation::Negative),
        // At least so much passes, and is no number that could be called better.
        (SUM, "", "complete", unknown.clone(), Deviation::None),
        (SUM, "", "partial", sizes(&[9 * GB]), Deviation::None),
        (SUM, "", "partial", sizes(&[GB]), Deviation::Undecided),
        (SUM, four, "complete", sizes(&[4 * GB + 1]), Deviation::Positive),
        (SUM, four, "complete", sizes(&[4 * GB]), Deviation::None),
        // What the norm asks is reached; what the bid promised is not.
        (SUM, four, "complete", sizes(&[4 * GB - 1]), Deviation::Negative),
        (SUM, "bid_value = \"5 GB\"", "complete", unknown.clone(), Deviation::Undecided),
        (SUM, four, "complete", unknown.clone(), Deviation::None),
        // A bid below what is asked does not make what is asked better.
        (SUM, "bid_value = \"1 GB\"", "complete", sizes(&[3 * GB]), Deviation::None),
        (EACH, "", "complete", sizes(&[4 * GB, 5 * GB]), Deviation::Positive),
        (EACH, "", "complete", sizes(&[3 * GB, 5 * GB]), Deviation::None),
        (EACH, four, "complete", sizes(&[3 * GB, 5 * GB]), Deviation::Negative),
        (HOT, "", "complete", json!([{ "temperature_mc": 44_999 }]), Deviation::Positive),
        (HOT, "", "complete", json!([{ "temperature_mc": 45_000 }]), Deviation::None),
        (
            HOT,
            "bid_value = \"40 °C\"",
            "complete",
            json!([{ "temperature_mc": 41_000 }]),
            Deviation::Negative,
        ),
        (COUNT, "", "complete", json!([{}, {}, {}]), Deviation::Positive),
        (COUNT, "", "complete", json!([{}, {}]), Deviation::None),
        (COUNT, "bid_value = 3", "complete", json!([{}, {}]), Deviation::Negative),
        (
            "kind = \"eq\"\npath = \"inventory.disk.protocol\"\nvalue = \"sas\"\n",
            "",
            "complete",
            json!([{ "protocol": "sas" }]),
            Deviation::None,
        ),
    ] {
        let profile = profile(&format!("{rule}{TEXTS}{bid}")).map_err(|error| error.to_string());
        let judged = judge(&profile.expect(rule), &disks(status, &objects, &json!([]))).remove(0);
        let found = deviation(judged.verdict, judged.standing.expect("it has terms"));
        assert_eq!(found, expected, "{rule}{bid}\n{status} {objects}\n{judged:#?}");
    }
}

#[test]
fn a_number_that_sources_dispute_is_never_better() {
    let profile = profile(&format!("{SUM}{TEXTS}")).map_err(|error| error.to_string()).unwrap();
    let findings = json!([{ "class": "missing", "path": "disk",
        "claims": [{ "source": 0, "value": 1 }, { "source": 0, "value": 2 }] }]);
    let facts = disks("complete", &json!([{ "size_bytes": 9 * GB }]), &findings);
    let judged = judge(&profile, &facts).remove(0);
    assert_eq!(judged.verdict, Verdict::NeedsAttestation);
    assert_ne!(judged.standing, Some(Standing::Better));
}

#[test]
fn marks_and_texts_are_read_and_what_is_wrong_with_them_is_told() {
    let marked = profile(&format!("{SUM}{TEXTS}mark = \"★\"\n")).unwrap();
    let terms = marked.checks[0].terms.clone().unwrap();
    assert_eq!(terms.mark, Some(Mark::Material));
    assert_eq!(terms.tender.unwrap().zh, "不低于规范");
    let plain = judge(&profile(SUM).unwrap(), &disks("complete", &json!([]), &json!([]))).remove(0);
    assert_eq!((plain.terms.as_ref(), plain.standing), (None, None));
    for (check, wanted) in [
        (format!("{SUM}mark = \"★\"\nlevel = \"info\"\n"), "is a material clause"),
        (format!("{SUM}mark = \"*\"\n"), "unknown mark `*`; it is ★ or ▲"),
        (format!("{SUM}tender = {{ zh = \"一\" }}\n"), "lacks its `en` text"),
        (format!("{SUM}bid_value = \"4 GB\"\n"), "goes with `bid`"),
        (format!("{SUM}{TEXTS}bid_value = \"4 Gbit/s\"\n"), "the field is in bytes"),
        (format!("{COUNT}{TEXTS}bid_value = \"4\"\n"), "not a count from 0"),
        (
            format!(
                "kind = \"attest\"\nno_evidence = {{ zh = \"无\", en = \"none\" }}\n{TEXTS}bid_value = 1\n"
            ),
            "compared by size",
        ),
    ] {
        let message = refused(&check);
        assert!(message.contains(wanted), "wanted {wanted}\ngot {message}");
    }
    profile(&format!("{SUM}mark = \"▲\"\nlevel = \"scored\"\npoints = 3\n")).unwrap();
}

#[test]
fn a_mark_is_not_taken_away_by_who_inherits_it() {
    let head = "version = \"1\"\ntitle = { zh = \"一\", en = \"one\" }\n";
    let parent = format!(
        "profile = \"a/parent\"\n{head}inherits = \"gd-gov-cloud/bms-1\"\n\
         [[check]]\nid = \"bms1.memory\"\nmark = \"★\"\n"
    );
    for (mark, fits) in [("▲", false), ("★", true)] {
        let child = format!(
            "profile = \"a/child\"\n{head}inherits = \"a/parent\"\n\
             [[check]]\nid = \"bms1.memory\"\nmark = \"{mark}\"\n"
        );
        let catalogue = Catalogue::bundled().with_file("p.toml", &parent).unwrap();
        let child = catalogue.with_file("c.toml", &child).unwrap().profile("a/child");
        assert_eq!(child.is_ok(), fits, "{mark}");
        if let Err(error) = child {
            assert!(error.to_string().contains("mark is taken away"), "{error}");
        }
    }
}

fn out(rows: &[&str]) -> ScopeOut {
    ScopeOut {
        rows: rows.iter().map(|row| (*row).to_owned()).collect(),
        reason: Text::new("另由包二采购", "bought by lot 2"),
        agreed: vec![Agreed {
            unit: "某市政数局".to_owned(),
            person: "张三".to_owned(),
            date: "2026-11-20".to_owned(),
        }],
    }
}

fn find<'j>(judged: &'j [Judgement], check: &str) -> &'j Judgement {
    judged.iter().find(|judgement| judgement.check == check).expect("it is there")
}

#[test]
fn a_row_that_is_left_out_counts_nowhere_and_keeps_what_was_measured() {
    let profile = Catalogue::bundled().profile("gd-gov-cloud/bms-1").unwrap();
    let mut facts = conforming();
    facts["inventory"]["dimm"] = json!([]);
    let before = judge(&profile, &facts);
    assert_eq!(find(&before, "bms1.memory").verdict, Verdict::Fail);
    let mut judged = before.clone();
    leave_out(&mut judged, &[out(&["5.3.3.1.2.1#3"])]);
    let memory = find(&judged, "bms1.memory");
    assert_eq!(memory.verdict, Verdict::NotApplicable);
    assert_eq!(memory.measured, find(&before, "bms1.memory").measured);
    assert!(!memory.measured.zh.is_empty());
    let left_out = memory.out_of_scope.as_ref().unwrap();
    assert_eq!(left_out.judged, Verdict::Fail);
    assert_eq!(
        memory.reasons[0].text.zh,
        "不在本合同范围：另由包二采购（某市政数局 张三 2026-11-20 同意）"
    );
    assert!(memory.reasons[1].text.en.contains("does not meet the norm"));
    let (was, is) = (overall(&before).all, overall(&judged).all);
    assert_eq!((was.fail - 1, was.pass), (is.fail, is.pass));
    for (was, is) in before.iter().zip(&judged).filter(|(was, _)| was.row != "5.3.3.1.2.1#3") {
        assert_eq!(was, is);
    }
}

#[test]
fn a_profile_that_is_left_out_whole_accepts_nothing() {
    let profile = Catalogue::bundled().profile("gd-gov-cloud/bms-1").unwrap();
    let mut judged = judge(&profile, &conforming());
    let rows: Vec<String> = judged.iter().map(|judgement| judgement.row.clone()).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    leave_out(&mut judged, &[out(&rows)]);
    assert!(judged.iter().all(|judgement| judgement.verdict == Verdict::NotApplicable));
    let overall = overall(&judged);
    assert_eq!((overall.outcome, overall.all.pass), (Outcome::Incomplete, 0));
}

#[test]
fn a_check_is_left_out_by_its_id_alone() {
    let profile = Catalogue::bundled().profile("gd-gov-cloud/bms-1").unwrap();
    let mut judged = judge(&profile, &conforming());
    leave_out(&mut judged, &[out(&["bms1.hba"])]);
    let left_out: Vec<&str> = judged
        .iter()
        .filter(|judgement| judgement.out_of_scope.is_some())
        .map(|judgement| judgement.check.as_str())
        .collect();
    assert_eq!(left_out, ["bms1.hba"]);
    let text = serde_json::to_string(&judged).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Judgement>>(&text).unwrap(), judged);
}
