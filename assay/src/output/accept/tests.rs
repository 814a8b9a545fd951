//! A reader meets what does not conform first, and nothing runs off the page.

use profiles::{Case, Judgement, Lang, Reason};
use serde_json::json;

use super::*;
use crate::{
    output::Paint,
    report::{Inputs, build, todo},
};

fn judgement(check: &str, verdict: Verdict) -> Judgement {
    let case = Case {
        check: check.to_owned(),
        row: "5.3.3.1.1#3".to_owned(),
        clause: "5.3.3.1.1".to_owned(),
        clause_title: "服务器".to_owned(),
        item: "内存".to_owned(),
        wording: "≥ 512G".to_owned(),
        level: Level::Must,
        title: Text::new("内存容量", "memory size"),
        method: Text::same("SMBIOS"),
        expected: Text::same("≥ 512 GiB"),
        reading: None,
        waivable: false,
        points: None,
        deviation: None,
        terms: None,
        by_run: false,
        require_role: Vec::new(),
    };
    Judgement {
        case: case.into(),
        measured: Text::new("共 511 GiB，分布在 16 个插槽中", "511 GiB in 16 slots"),
        sources: vec!["smbios:17/0x0021".to_owned()],
        verdict,
        reasons: vec![Reason {
            text: Text::new("缺少来源", "no source"),
            close: Some(Text::new("以 root 运行", "run as root")),
        }],
        comparison: None,
        standing: None,
        out_of_scope: None,
    }
}

fn report(verdicts: &[(&str, Verdict)]) -> Report {
    let judgements = verdicts.iter().map(|(check, verdict)| judgement(check, *verdict)).collect();
    let facts = json!({ "inventory": { "schema": "inventory/v1" } });
    build(Inputs { judgements, facts, ..Inputs::default() }).0
}

fn layout(lang: Lang, columns: Option<usize>) -> Layout {
    Layout { lang, paint: Paint::Plain, columns }
}

#[test]
fn rows_that_do_not_conform_come_first_then_open_ones_then_the_rest() {
    let report = report(&[
        ("a", Verdict::Pass),
        ("b", Verdict::NeedsAttestation),
        ("c", Verdict::Fail),
        ("d", Verdict::NotMeasured),
    ]);
    let page = text(&report, layout(Lang::En, None));
    let at = |word: &str| page.find(word).unwrap_or_else(|| panic!("no `{word}` in:\n{page}"));
    assert!(at("✗ fail") < at("? not measured"));
    assert!(at("? not measured") < at("? needs attestation"));
    assert!(at("? needs attestation") < at("✓ pass"));
    assert!(page.contains("✗ 5.3.3.1.1 c memory size: expected ≥ 512 GiB; measured 511 GiB"));
    assert!(page.contains("4 rows: 1 conform, 1 do not, 1 not measured, 1 need attestation"));
    let chinese = text(&report, layout(Lang::Zh, None));
    assert!(chinese.contains("测试项 4 项，符合 1，不符合 1，未测 1，待人工确认 1"), "{chinese}");
    assert!(chinese.contains("测试结论: 有必须项不符合"), "{chinese}");
}

#[test]
fn a_waiver_is_called_what_the_page_calls_it() {
    let report = report(&[("a", Verdict::Waived)]);
    for lang in [Lang::Zh, Lang::En] {
        let page = text(&report, layout(lang, None));
        assert!(page.contains(Verdict::Waived.word().get(lang)), "{page}");
        assert!(!page.contains("同等配置认可") && !page.contains("waived as"), "{page}");
    }
}

#[test]
fn nothing_is_wider_than_the_terminal() {
    let report = report(&[("c", Verdict::Fail), ("d", Verdict::NotMeasured)]);
    for lang in [Lang::Zh, Lang::En] {
        for columns in [72, 80, 100, 132] {
            for line in text(&report, layout(lang, Some(columns))).lines() {
                assert!(width::of(line) <= columns, "{columns}: {line}");
            }
        }
    }
}

#[test]
fn what_the_same_thing_closes_stands_together_and_says_so_once() {
    let report = report(&[("a", Verdict::NotMeasured), ("b", Verdict::NotMeasured)]);
    let page = todo(&todo::todo(&report, "r"), layout(Lang::En, None));
    assert_eq!(page.matches("→ run as root").count(), 1, "{page}");
    assert_eq!(page.matches('□').count(), 2, "{page}");
    let done = todo(&[], layout(Lang::En, None));
    assert_eq!(done, "nothing is left to do\n");
}
