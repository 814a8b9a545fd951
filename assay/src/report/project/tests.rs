//! A project file is read whole or refused with every line that is wrong.

use profiles::Catalogue;

use super::*;

fn known() -> Known {
    let mut known = Known::default();
    known.add(&Catalogue::bundled());
    known
}

fn english(text: &str) -> Vec<String> {
    let faults = match parse(text) {
        Err(faults) => faults,
        Ok(project) => project.scope(&known()).expect_err(text),
    };
    for fault in &faults {
        let Text { zh, en } = &fault.say;
        assert!(zh.chars().any(|c| u32::from(c) > 0x2fff), "{zh}");
        assert!(en.chars().all(|c| u32::from(c) < 0x3000), "{en}");
    }
    faults.iter().map(|fault| format!("{}: {}", fault.line, fault.say.en)).collect()
}

#[test]
fn a_cover_sheet_of_before_is_a_project_file() {
    for stage in ["终验", "final", "最终验收"] {
        let text = format!(
            "\u{feff}project = \"政务云二期\"\ncontract = \"C-1\"\nannex = \"附件三\"\nnumber = \"7\"\n\
             stage = \"{stage}\"\nplace = \"三号楼\"\nnotes = [\"补齐\"]\n[parties]\nowner = \"甲\"\n\
             contractor = \"乙\"\nsupervisor = \"丙\"\nuser = \"丁\"\nassessor = \"戊\"\n\
             [location]\nroom = \"A\"\nrack = \"B\"\nunit = \"U07\"\n"
        );
        let cover = parse(&text).unwrap().cover;
        assert_eq!(cover.stage, Some(Stage::Final));
        assert_eq!(cover.parties.assessor.as_deref(), Some("戊"));
        assert_eq!(cover.location.line().as_deref(), Some("A / B / U07"));
        assert_eq!((cover.place.as_deref(), cover.notes.len()), (Some("三号楼"), 1));
    }
    assert_eq!(parse("").unwrap(), Project::default());
}

#[test]
fn the_template_is_a_project_file_that_says_nothing_and_its_examples_are_right() {
    assert_eq!(parse(TEMPLATE).unwrap(), Project::default());
    // An example has no blank behind its `#`.
    let lines = TEMPLATE.lines().map(|line| match line.strip_prefix('#') {
        Some(example) if !example.starts_with(' ') && !example.is_empty() => example,
        _ => line,
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let project = parse(&text).unwrap();
    assert_eq!(project.profiles, ["contract.toml"]);
    assert_eq!(project.cover.people.len(), 1);
    assert_eq!(project.cover.place.as_deref(), Some("3 号楼 A302 机房（广州市……路 1 号）"));
    let scope = project.scope(&known()).unwrap();
    assert_eq!(scope[0].rows, ["5.3.3.1.2.1#5"]);
    assert_eq!(scope[0].agreed[0].date, "2026-11-20");
    assert_eq!(scope[0].agreed[0].unit, "建设单位（甲方）");
}

#[test]
fn every_field_is_read() {
    let text = r#"
project = "甲项目"
project-number = "P-9"
section = "一标段"
number-prefix = "CSJL-"
[parties.owner]
name = "某市政数局"
people = [{ name = "张三", title = "处长", phone = "020-1" }, { name = "李四" }]
[parties.tester]
name = "某测评中心"
[stages]
final = 2027-03-01
"初验" = "2026-12-01"
trial-run = ["2026-12-02", 2027-02-28]
[places.A302]
name = "A302 机房"
address = "某路 1 号"
[places.B101]
name = "B101 机房"
[location]
room = "B101"
[[scope-out]]
rows = ["5.2.1.2#2-3", "bms1.hba"]
reason = "另行采购"
agreed = [{ unit = "owner", person = "张三", date = "2026-11-20" },
          { unit = "某公司", person = "王五", date = 2026-11-21 }]
"#;
    let project = parse(text).unwrap();
    let cover = &project.cover;
    assert_eq!(cover.project_number.as_deref(), Some("P-9"));
    assert_eq!(cover.section.as_deref(), Some("一标段"));
    assert_eq!(cover.parties.assessor.as_deref(), Some("某测评中心"));
    assert_eq!(cover.people[0].title.as_deref(), Some("处长"));
    assert_eq!((cover.people[1].party, cover.people[1].phone.as_ref()), (Party::Owner, None));
    let days: Vec<(Stage, String)> =
        cover.stages.iter().map(|planned| (planned.stage, planned.days())).collect();
    assert_eq!(
        days,
        [
            (Stage::Preliminary, "2026-12-01".to_owned()),
            (Stage::TrialRun, "2026-12-02 — 2027-02-28".to_owned()),
            (Stage::Final, "2027-03-01".to_owned()),
        ]
    );
    assert_eq!(cover.place.as_deref(), Some("B101 机房"));
    let scope = project.scope(&known()).unwrap();
    assert_eq!(scope[0].rows, ["5.2.1.2#2", "5.2.1.2#3", "bms1.hba"]);
    assert_eq!(scope[0].reason, Text::same("另行采购"));
    assert_eq!(scope[0].agreed[0].unit, "某市政数局");
    assert_eq!(scope[0].agreed[1].unit, "某公司");
}

const AGREED: &str =
    "reason = \"r\"\nagreed = [{ unit = \"u\", person = \"p\", date = \"2026-11-20\" }]\n";

#[test]
fn what_is_wrong_is_told_with_its_line_and_what_was_meant() {
    let out = |rows: &str| format!("[[scope-out]]\nrows = [{rows}]\n{AGREED}");
    for (text, wanted) in [
        ("projekt = \"a\"\n".to_owned(), "1: there is no field `projekt`; did you mean `project`?"),
        ("project = 1\n".to_owned(), "1: `project` is a number, not a text in quotes"),
        ("project = \"a\"\nstage = \"finale\"\n".to_owned(), "2: there is no stage `finale`"),
        (
            "\n[parties]\nowmer = \"b\"\n".to_owned(),
            "3: [parties] has no field `owmer`; did you mean `owner`?",
        ),
        (
            "[parties]\ntester = \"a\"\nassessor = \"b\"\n".to_owned(),
            "2: `tester` and `assessor` are one party; write one of them",
        ),
        ("project = \"a\n".to_owned(), "1: this is no TOML: "),
        (
            "parties = \"a\"\n".to_owned(),
            "1: `[parties]` is a text, not a table ({ field = value })",
        ),
        ("[stages]\nfinal = \"soon\"\n".to_owned(), "2: `final` is no day"),
        ("[stages]\nfinal = 2026-02-30\n".to_owned(), "2: "),
        ("[stages]\nfinal = \"2026-02-29\"\n".to_owned(), "2: `final` is no day"),
        (
            "[stages]\nfinal = [2026-12-02, 2026-12-01]\n".to_owned(),
            "2: `final` ends before it begins",
        ),
        ("[places.A]\nadress = \"x\"\n".to_owned(), "1: [places.…] lacks `name`"),
        (out(""), "1: [[scope-out]] lacks `rows`"),
        (
            out("\"5.3.3.1.2.1#99\""),
            "2: there is no row and no check `5.3.3.1.2.1#99` in the norm; did you mean",
        ),
        (out("\"annex-3#1\""), "; for rows of the contract's own, name its profile in `profiles`"),
        (out("\"bms1.hbaa\""), "; did you mean `bms1.hba`?"),
        (out("\"5.2.1.2#2-3\",\n\"5.2.1.2#2\""), "3: `5.2.1.2#2` is left out in line 2 already"),
        (
            "[[scope-out]]\nrows = [\"bms1.hba\"]\nreason = \"\"\n".to_owned(),
            "1: [[scope-out]] has no `reason`",
        ),
        (
            "[[scope-out]]\nrows = [\"bms1.hba\"]\nreason = \"r\"\n".to_owned(),
            "1: [[scope-out]] has no `agreed`",
        ),
        (
            "[[scope-out]]\nrows = [\"bms1.hba\"]\nreason = { zh = \"r\" }\nagreed = []\n"
                .to_owned(),
            "3: reason lacks `en`",
        ),
        (out("\"bms1.hba\"").replace(", person = \"p\"", ""), "agreed lacks `person`"),
        (
            out("\"bms1.hba\"").replace("2026-11-20", "2026-13-20"),
            "4: `date` is no day; write it as 2026-11-23",
        ),
        (out("\"bms1.hba\"") + "resaon = \"x\"\n", "did you mean `reason`?"),
    ] {
        let told = english(&text);
        assert!(
            told.iter().any(|line| line.starts_with(wanted) || line.ends_with(wanted)),
            "{text}\nwanted {wanted}\ngot {told:#?}"
        );
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once_in_the_order_of_lines() {
    let told = english("stage = \"x\"\nfoo = 1\n[parties]\nbar = 1\n[[scope-out]]\nrows = [1]\n");
    let lines: Vec<&str> = told.iter().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(lines, ["1", "2", "4", "5", "5", "6"], "{told:#?}");
}
