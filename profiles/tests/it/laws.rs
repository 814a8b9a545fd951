//! Laws of the judge over the bundled profiles and a made-up machine.

use std::sync::LazyLock;

use profiles::{Catalogue, Judgement, Profile, Tally, Verdict, judge, overall};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Value, json};

use crate::machine::conforming;

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(|| {
    let catalogue = Catalogue::bundled();
    let profile = |id: &String| catalogue.profile(id).expect("a test compiles it");
    catalogue.ids().iter().map(profile).collect()
});

fn all(facts: &Value) -> Vec<Judgement> {
    PROFILES.iter().flat_map(|profile| judge(profile, facts)).collect()
}

/// Returns a pointer to everything below `value`.
fn pointers(value: &Value, at: &str, out: &mut Vec<String>) {
    let mut inside = |key: &str, value: &Value| {
        let at = format!("{at}/{key}");
        pointers(value, &at, out);
        out.push(at);
    };
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| inside(key, value)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, value)| inside(&at.to_string(), value));
        }
        _ => {}
    }
}

static POINTERS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut out = Vec::new();
    pointers(&conforming()["inventory"], "/inventory", &mut out);
    out
});

/// Takes away one piece of knowledge: a value, a whole object, or a section's standing.
fn forget(facts: &mut Value, pointer: &str) {
    if let Some(value) = facts.pointer_mut(pointer) {
        // A list that loses its elements says there are none; a list not known says nothing.
        *value = Value::Null;
    }
}

/// A machine whose numbers lie on both sides of what is asked.
fn machine() -> impl Strategy<Value = Value> {
    let noise = proptest::collection::vec((any::<Index>(), 0_u8..5), 0..12);
    noise.prop_map(|noise| {
        let mut facts = conforming();
        for (index, kind) in noise {
            let pointer = index.get(POINTERS.as_slice());
            let Some(value) = facts.pointer_mut(pointer) else { continue };
            match (kind, &*value) {
                (0, Value::Number(number)) => {
                    *value = json!(number.as_u64().unwrap_or(0) / 2);
                }
                (1, Value::Bool(flag)) => *value = json!(!flag),
                (2, Value::String(_)) => *value = json!("other"),
                (3, Value::Array(items)) if !pointer.contains("sources") => {
                    *value = json!(items.get(..items.len() / 2));
                }
                _ => {}
            }
        }
        facts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn knowing_less_never_turns_a_verdict_into_pass(
        facts in machine(),
        gone in proptest::collection::vec(any::<Index>(), 1..6),
        downgraded in proptest::option::of((any::<Index>(), 0_usize..4)),
    ) {
        let before = all(&facts);
        let mut less = facts;
        for index in gone {
            forget(&mut less, index.get::<String>(&POINTERS));
        }
        if let (Some((index, status)), Some(sections)) =
            (downgraded, less.pointer_mut("/inventory/sections").and_then(Value::as_object_mut))
            && !sections.is_empty()
        {
            let at = index.index(sections.len());
            let status = ["partial", "failed", "unsupported", "?"][status];
            // A section that is not read at all must not become partly read.
            if let Some((_, section)) = sections.iter_mut().nth(at)
                && section["status"] == "complete"
            {
                *section = json!({ "status": status, "reason": "why" });
            }
        }
        for (before, after) in before.iter().zip(all(&less)) {
            if after.verdict == Verdict::Pass {
                prop_assert_eq!(before.verdict, Verdict::Pass, "{}", after.check);
            }
            // What is decided on less is decided the same on more.
            if after.verdict == Verdict::Fail {
                prop_assert_eq!(before.verdict, Verdict::Fail, "{}", after.check);
            }
            prop_assert_eq!(after.verdict.is_open(), after.reasons.iter().any(|r| r.close.is_some()));
        }
    }

    #[test]
    fn a_pass_always_names_its_sources(facts in machine()) {
        for judgement in all(&facts) {
            prop_assert!(judgement.verdict != Verdict::Pass || !judgement.sources.is_empty());
        }
    }

    #[test]
    fn judging_twice_gives_the_same(facts in machine()) {
        prop_assert_eq!(all(&facts), all(&facts));
    }

    #[test]
    fn a_second_source_that_agrees_changes_nothing_and_one_that_does_not_never_helps(
        facts in machine(),
        at in any::<Index>(),
        other in prop_oneof![Just(json!(1)), Just(json!(1_u64 << 40)), Just(json!("nvme")), Just(json!(false))],
    ) {
        // Claims about one field of one object that has provenance of its own.
        let owners: Vec<&String> = POINTERS
            .iter()
            .filter(|pointer| {
                let (object, field) = pointer.rsplit_once('/').expect("a pointer");
                field != "origin" && facts.pointer(object).is_some_and(|object| object.get("origin").is_some())
                    && facts.pointer(pointer).is_some_and(|value| !value.is_null() && !value.is_object())
            })
            .collect();
        prop_assume!(!owners.is_empty());
        let (object, field) = at.get(&owners).rsplit_once('/').expect("a pointer");
        let before = all(&facts);
        let claim = |value: Value| {
            let mut facts = facts.clone();
            if let Some(origin) = facts.pointer_mut(&format!("{object}/origin")) {
                origin["also"] = json!({ field: [{ "source": 1, "value": value }] });
            }
            all(&facts)
        };
        let same = facts.pointer(&format!("{object}/{field}")).cloned().unwrap_or(Value::Null);
        let verdicts = |judged: &[Judgement]| judged.iter().map(|j| j.verdict).collect::<Vec<_>>();
        prop_assert_eq!(verdicts(&before), verdicts(&claim(same)));
        for (before, after) in before.iter().zip(claim(other)) {
            let kept = after.verdict == before.verdict || after.verdict == Verdict::NeedsAttestation;
            prop_assert!(kept, "{}: {:?} became {:?}", after.check, before.verdict, after.verdict);
        }
    }
}

#[test]
fn overall_is_decided_by_must_rows_and_needs_one_that_is_decided() {
    use profiles::{Case, Level, Outcome};
    let base = all(&conforming()).remove(0);
    let of = |level, points, verdict| {
        let case = Case { level, points, ..(*base.case).clone() };
        Judgement { case: case.into(), verdict, ..base.clone() }
    };
    let must = |verdict| of(Level::Must, None, verdict);
    let table = [
        (vec![], Outcome::Incomplete),
        (vec![must(Verdict::NotApplicable)], Outcome::Incomplete),
        (vec![must(Verdict::Pass), must(Verdict::NotApplicable)], Outcome::Accepted),
        (vec![must(Verdict::Attested), must(Verdict::Waived)], Outcome::Accepted),
        (vec![must(Verdict::Pass), must(Verdict::NotMeasured)], Outcome::Incomplete),
        (vec![must(Verdict::Pass), must(Verdict::NeedsAttestation)], Outcome::Incomplete),
        (vec![must(Verdict::NotMeasured), must(Verdict::Fail)], Outcome::NotAccepted),
        (vec![must(Verdict::Pass), of(Level::Scored, None, Verdict::Fail)], Outcome::Accepted),
        (vec![must(Verdict::Pass), of(Level::Info, None, Verdict::NotMeasured)], Outcome::Accepted),
    ];
    for (judgements, outcome) in table {
        assert_eq!(overall(&judgements).outcome, outcome);
    }
    let scored = |verdict, points| of(Level::Scored, Some(points), verdict);
    let sum = overall(&[scored(Verdict::Pass, 3), scored(Verdict::Fail, 4), must(Verdict::Pass)]);
    assert_eq!((sum.points, sum.points_max), (3, 7));
    assert_eq!(sum.must, Tally { pass: 1, ..Tally::default() });
}
