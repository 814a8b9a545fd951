//! What a project file and a contract's profile add to a report: rows that are left out, the table
//! of deviations, the number.

use std::sync::Arc;

use assay::report::{
    Language, RenderOptions, Report, batch, build, canonical,
    cover::{Party, Person, Planned, Stage},
    render,
};
use profiles::{
    Deviation, Mark, Standing, Terms, Text, Verdict,
    scope::{Agreed, ScopeOut},
};
use serde_json::Value;

use crate::fixture::{self, BOTH};

fn inputs() -> assay::report::Inputs {
    let mut inputs = fixture::inputs();
    inputs.scope_out = vec![ScopeOut {
        rows: vec!["bms1.hba".to_owned(), "5.3.3.1.2.1#6".to_owned(), "5.2.1.2#3".to_owned()],
        reason: Text::new("光纤存储由包二采购", "fibre channel is bought by lot 2"),
        agreed: vec![Agreed {
            unit: "某省政务服务数据管理局".to_owned(),
            person: "张处".to_owned(),
            date: "2026-11-20".to_owned(),
        }],
    }];
    inputs.number_prefix = Some("CSJL-".to_owned());
    inputs.cover.number = None;
    inputs.cover.section = Some("一标段".to_owned());
    inputs.cover.people = vec![Person {
        party: Party::Owner,
        name: "张处".to_owned(),
        title: Some("信息化处处长".to_owned()),
        phone: None,
    }];
    inputs.cover.stages =
        vec![Planned { stage: Stage::Preliminary, from: "2026-12-01".to_owned(), to: None }];
    for (check, mark, standing) in [
        ("bms1.memory", Some(Mark::Material), Standing::Better),
        ("bms1.disk", Some(Mark::Important), Standing::Same),
        ("bms1.cpu.frequency", Some(Mark::Material), Standing::Same),
        ("bms1.nic", None, Standing::Unknown),
        ("bms1.hba", None, Standing::Same),
        ("bms1.dimm.slots", None, Standing::Worse),
    ] {
        let row = inputs.judgements.iter_mut().find(|row| row.check == check).unwrap();
        row.standing = Some(standing);
        Arc::make_mut(&mut row.case).terms = Some(Terms {
            mark,
            tender: Some(Text::new("不低于规范要求", "as the norm asks")),
            bid: Some(Text::new("=完全响应<b>", "=met in full<b>")),
            bid_value: (standing == Standing::Worse).then(|| "64".to_owned()),
        });
    }
    inputs
}

fn report() -> Report {
    build(inputs()).0
}

fn files(language: Language) -> std::collections::BTreeMap<String, Vec<u8>> {
    let (report, placed) = build(inputs());
    let options = RenderOptions { language, junit_strict: false };
    fixture::bundle(&report, &placed, options).files
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_owned()).unwrap()
}

#[test]
fn rows_left_out_are_counted_by_themselves_and_keep_what_was_measured() {
    let (before, after) = (build(fixture::inputs()).0, report());
    assert_eq!((before.summary.out_of_scope, after.summary.out_of_scope), (0, 2));
    let (was, is) = (before.summary.overall.all, after.summary.overall.all);
    assert_eq!((was.fail - 2, was.not_applicable + 2), (is.fail, is.not_applicable));
    assert_eq!(was.pass, is.pass);
    let hba = after.rows.iter().find(|row| row.judgement.check == "bms1.hba").unwrap();
    assert_eq!(hba.verdict, Verdict::NotApplicable);
    assert_eq!(hba.judgement.measured.en, "1 dual-port card at 16 Gbit/s");
    assert_eq!(hba.judgement.out_of_scope.as_ref().unwrap().judged, Verdict::Fail);
    // What other profiles judge is not asked of them either.
    assert!(after.coverage[0].reason.zh.starts_with("不在本合同范围：光纤存储由包二采购"));
    let page = text(&files(Language::Zh)["index.html"]);
    let (first, rest) = page.split_once("<section id=\"basis\">").unwrap();
    for wanted in [
        "本合同范围外 2 行",
        "光纤存储由包二采购（某省政务服务数据管理局 张处 2026-11-20 同意）",
        "5.3.3.1.2.1#6",
        "，不适用 1，本合同范围外 2",
        "一标段",
        "2026-12-01",
    ] {
        assert!(first.contains(wanted), "{wanted} is not on page 1");
    }
    for wanted in ["1 张双口 16 Gbit/s", "如实记录，不计入结论", "信息化处处长"]
    {
        assert!(rest.contains(wanted), "{wanted}");
    }
}

#[test]
fn nothing_is_accepted_where_every_must_row_is_left_out() {
    let mut inputs = inputs();
    let rows = inputs.judgements.iter().map(|row| row.check.clone()).collect();
    inputs.scope_out[0].rows = rows;
    let (report, _) = build(inputs);
    assert_eq!((report.exit_code(), report.summary.overall.all.pass), (3, 0));
}

#[test]
fn the_table_of_deviations_says_of_each_row_how_it_stands() {
    let report = report();
    let told: Vec<(&str, Deviation)> = report
        .summary
        .deviations
        .iter()
        .map(|line| (line.check.as_str(), line.deviation))
        .collect();
    let wanted = [
        ("bms1.cpu.frequency", Deviation::Negative),
        ("bms1.memory", Deviation::Positive),
        ("bms1.disk", Deviation::None),
        ("bms1.hba", Deviation::NotApplicable),
        ("bms1.nic", Deviation::Undecided),
        ("bms1.dimm.slots", Deviation::Negative),
    ];
    assert_eq!(told, wanted);
    let files = files(Language::Zh);
    let csv = text(&files["deviations.csv"]);
    let lines: Vec<&str> = csv.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(
        lines[0],
        "序号,条款,用例编号,用例名称,标记,规范要求,招标要求,投标响应,实测,偏离,偏离代码,说明"
    );
    assert_eq!(lines.len(), 1 + wanted.len());
    assert!(lines[2].contains("★") && lines[2].contains("正偏离,positive"), "{}", lines[2]);
    assert!(lines[2].contains("'=完全响应"), "no formula: {}", lines[2]);
    assert!(lines[6].contains("未达投标值 64"), "{}", lines[6]);
    let page = text(&files["index.html"]);
    let table = page.split_once("<section id=\"deviations\">").unwrap().1;
    for wanted in [
        "技术偏离表 6 项：正偏离 1，无偏离 1，负偏离 2，未判定 1，不适用 1",
        "其中 ★ 条款 2 项：正偏离 1，无偏离 0，负偏离 1，未判定 0",
        "★5.3.3.1.2.1#3",
        "完全响应&lt;b&gt;",
    ] {
        assert!(table.contains(wanted), "{wanted}");
    }
}

#[test]
fn a_report_without_terms_has_no_table_and_no_file_of_them() {
    let (report, placed) = fixture::first();
    let files = fixture::bundle(&report, &placed, BOTH).files;
    assert!(!files.contains_key("deviations.csv"));
    assert!(!text(&files["index.html"]).contains("id=\"deviations\""));
    assert!(!text(&files["result.json"]).contains("\"deviations\":[{"));
}

#[test]
fn a_decision_changes_the_line_of_its_row() {
    let report = report();
    let waiver = assay::report::decide::Waiver {
        check: "bms1.cpu.frequency".to_owned(),
        how: assay::report::document::How::Document,
        person: fixture::person("张处", "处长", "某局"),
        reason: "性能不低于要求".to_owned(),
        evidence: Vec::new(),
    };
    let (next, _) =
        assay::report::decide::waive(&report, vec![waiver], fixture::making(&report)).unwrap();
    assert_eq!(next.summary.deviations[0].deviation, Deviation::None);
}

#[test]
fn the_result_is_canonical_and_fits_the_schema() {
    let files = files(Language::Both);
    let bytes = &files["result.json"];
    let read: Report = canonical::from_bytes(bytes).unwrap();
    assert_eq!(read, report());
    assert_eq!(&canonical::to_bytes(&read).unwrap(), bytes);
    let schema = jsonschema::validator_for(&Report::json_schema()).unwrap();
    let value: Value = serde_json::from_slice(bytes).unwrap();
    let errors: Vec<String> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn numbers_go_by_prefix_machine_and_minute_and_a_whole_number_goes_before() {
    assert_eq!(report().cover.number.as_deref(), Some("CSJL-2102310YSY10J3000017-202611231015"));
    let mut given = inputs();
    given.cover.number = Some("7".to_owned());
    assert_eq!(build(given).0.cover.number.as_deref(), Some("7"));
}

#[test]
fn a_batch_counts_what_is_left_out_too() {
    let mut batch = fixture::batch(3);
    batch.machines[0].out_of_scope = 2;
    batch.machines[0].tally.not_applicable += 2;
    let options = RenderOptions { language: Language::Zh, junit_strict: false };
    let page = text(&render::batch_bundle(&batch, options).unwrap().files["index.html"]);
    assert!(page.contains("，本合同范围外 2"), "counted");
    let bytes = canonical::to_bytes(&batch).unwrap();
    assert_eq!(canonical::from_bytes::<batch::Batch>(&bytes).unwrap(), batch);
}
