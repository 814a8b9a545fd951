//! The network rows: what `assay net accept` has to have found to answer one, and that nothing
//! short of it does.

use profiles::check::Rule;
use profiles::lint::lint_id;
use profiles::{Catalogue, Judgement, Verdict, judge};
use serde_json::{Value, json};

use Verdict::{Fail, NeedsAttestation, NotMeasured, Pass};

/// Rows that packets answer, and how many cases `net accept` has of each at least; those of this
/// dataplane alone last.
const ROWS: [(&str, u64); 19] = [
    ("5.2.3.1#1", 7),
    ("5.2.3.1#2", 3),
    ("5.2.3.1#5", 2),
    ("5.2.3.1#6", 1),
    ("5.2.3.2#1", 6),
    ("5.2.3.2#2", 10),
    ("5.2.3.2#3", 2),
    ("5.2.3.2#4", 4),
    ("5.2.3.2#5", 4),
    ("5.2.3.5#1", 1),
    ("5.2.3.5#2", 1),
    ("5.2.3.5#3", 1),
    ("5.2.3.5#5", 1),
    ("5.3.1.1#1", 10),
    ("8.3.8#1", 10),
    ("8.3.8#2", 2),
    ("8.3.8#3", 6),
    ("5.3.2.1#10", 1),
    ("5.3.3.3.1#3", 3),
];
/// Rows that guests of a cloud cannot tell of.
const ONLY_PERSON: [&str; 3] = ["5.3.2.1#10", "5.3.3.3.1#3", "5.3.3.3.1#7"];

/// A row's run as `assay accept --network` sums it up.
fn run(row: &str, subject: &str, passed: u64) -> Value {
    let mut run = json!({
        "id": format!("1:{row}"), "row": row, "subject": subject, "of": subject, "kernel": "6.18",
        "scale": subject == "assay-dataplane", "validity": "valid", "reasons": [],
        "passed": passed, "failed": 0, "open": 0,
    });
    for least in 1..=16 {
        run[format!("at_least_{least}")] = json!(passed >= least);
    }
    run
}

fn runs(subject: &str) -> Vec<Value> {
    let mut runs: Vec<Value> = ROWS.iter().map(|(row, count)| run(row, subject, *count)).collect();
    runs.push(run("5.3.3.3.1#7", subject, 1));
    runs
}

fn judged(variant: &str, runs: &[Value]) -> Vec<Judgement> {
    let profile = Catalogue::bundled().profile(&format!("gd-gov-cloud/network@{variant}"));
    judge(&profile.expect("it is bundled"), &json!({ "network": { "run": runs } }))
}

#[test]
fn every_row_passes_at_its_number_and_what_a_person_has_to_see_is_for_a_person() {
    for (variant, subject, persons) in
        [("dataplane", "assay-dataplane", 5), ("delivered", "delivered-cloud", 8)]
    {
        let all = judged(variant, &runs(subject));
        let person = all.iter().filter(|judgement| judgement.verdict == NeedsAttestation);
        assert_eq!(person.count(), persons, "{variant}: {all:#?}");
        assert!(all.iter().all(|it| [Pass, NeedsAttestation].contains(&it.verdict)), "{all:#?}");
        for (row, _) in ROWS {
            let cloud = variant == "delivered" && ONLY_PERSON.contains(&row);
            let passes = all.iter().any(|it| it.row == row && it.verdict == Pass);
            assert_eq!(passes, !cloud, "{variant} {row}");
        }
        // Nothing that is of another subject answers any of them.
        let other =
            if subject == "delivered-cloud" { "assay-dataplane" } else { "delivered-cloud" };
        let all = judged(variant, &runs(other));
        let person = all.iter().filter(|judgement| judgement.verdict == NeedsAttestation);
        assert_eq!(person.count(), persons, "{variant}: {all:#?}");
        let open = [NotMeasured, NeedsAttestation];
        assert!(all.iter().all(|it| open.contains(&it.verdict)), "{all:#?}");
    }
}

/// Spoils what was found of a row.
type Mutant = (&'static str, fn(&mut Value), Verdict);

const MUTANTS: [Mutant; 5] = [
    ("a case failed", |run| run["failed"] = json!(1), Fail),
    (
        "a case is open",
        |run| {
            run["open"] = json!(1);
            run["validity"] = json!("invalid");
        },
        NotMeasured,
    ),
    (
        "a case fewer",
        |run| {
            let least = run["passed"].as_u64().unwrap_or_default();
            run["passed"] = json!(least - 1);
            run[format!("at_least_{least}")] = json!(false);
        },
        NotMeasured,
    ),
    ("another row", |run| run["row"] = json!("8.3.9#1"), NotMeasured),
    ("nobody's", |run| run["subject"] = Value::Null, NotMeasured),
];

#[test]
fn no_mutant_of_what_was_found_passes() {
    let mut count = 0;
    for (variant, subject) in [("dataplane", "assay-dataplane"), ("delivered", "delivered-cloud")] {
        let whole = runs(subject);
        for (at, found) in whole.iter().enumerate() {
            let row = found["row"].as_str().unwrap_or_default();
            if variant == "delivered" && ONLY_PERSON.contains(&row) {
                continue;
            }
            for (what, spoil, wanted) in MUTANTS {
                let mut runs = whole.clone();
                // A cloud is asked for one case of isolation only.
                if variant == "delivered" && row == "5.2.3.1#5" {
                    runs[at] = run(row, subject, 1);
                }
                spoil(&mut runs[at]);
                let all = judged(variant, &runs);
                let of = all.iter().find(|it| it.row == row && it.verdict != NeedsAttestation);
                let verdict = of.map(|of| of.verdict);
                assert_eq!(verdict, Some(wanted), "{variant} {row}: {what}: {of:#?}");
                count += 1;
            }
        }
    }
    // docs/guarantees.md names the number.
    assert_eq!(count, 185);
    // Without the sizes, their rows are open.
    let mut small = runs("assay-dataplane");
    for run in &mut small {
        run["scale"] = json!(false);
    }
    let all = judged("dataplane", &small);
    let open = all.iter().filter(|it| it.verdict == NotMeasured).map(|it| it.row.as_str());
    assert_eq!(open.collect::<Vec<_>>(), ["5.2.3.1#5", "5.3.2.1#10", "5.3.3.3.1#7"]);
}

#[test]
fn what_no_packet_shows_says_who_brings_which_evidence_and_is_never_decided_by_itself() {
    let catalogue = Catalogue::bundled();
    let profile = catalogue.profile("gd-gov-cloud/network-service").expect("it is bundled");
    let whole = json!({ "network": { "run": runs("delivered-cloud") } });
    for facts in [&json!({}), &whole] {
        for (judgement, check) in judge(&profile, facts).iter().zip(&profile.checks) {
            // What waits for a workload is open until that has run, whatever packets found.
            let attested = matches!(check.rule, Rule::Attest { .. });
            let wanted = if attested { NeedsAttestation } else { NotMeasured };
            assert_eq!(judgement.verdict, wanted, "{judgement:#?}");
        }
    }
    for check in &profile.checks {
        if !matches!(check.rule, Rule::Attest { .. }) {
            continue;
        }
        let zh = &check.method.zh;
        assert!(zh.contains("书面核查") || zh.contains("现场查验"), "{}: {zh}", check.check);
        let en = &check.method.en;
        assert!(en.contains("paper") || en.contains("on site"), "{}: {en}", check.check);
    }
    for id in ["network@delivered", "network@dataplane", "network-service"] {
        let schema = json!({ "type": "object" });
        let found = lint_id(&catalogue, &format!("gd-gov-cloud/{id}"), &schema).expect(id);
        let broken = found.iter().filter(|it| it.path.is_none());
        assert_eq!(broken.count(), 0, "{found:#?}");
    }
}
