//! The files that follow from the document, byte for byte and by their own rules.

use std::{env, fs, path::PathBuf, process::Command};

use assay::report::{
    Language, RenderOptions, Report,
    batch::Batch,
    canonical,
    render::{self, Bundle},
};
use profiles::{Text, Verdict};
use serde_json::{Value, json};

use crate::fixture::{self, BOTH};

/// Where the committed files are.
fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/report/golden").join(name)
}

/// Compares with the committed file; `ASSAY_BLESS=1` commits what is.
fn compare(name: &str, bytes: &[u8]) {
    let path = golden(name);
    if env::var_os("ASSAY_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
    }
    let committed = fs::read(&path).unwrap_or_default();
    let line = committed.split(|b| *b == b'\n').zip(bytes.split(|b| *b == b'\n'));
    let differs = line.enumerate().find(|(_, (a, b))| a != b);
    if let Some((number, (was, is))) = differs {
        let (was, is) = (String::from_utf8_lossy(was), String::from_utf8_lossy(is));
        panic!("{name}, line {}: was\n{was}\nis\n{is}\n(ASSAY_BLESS=1 commits it)", number + 1);
    }
    assert_eq!(committed.len(), bytes.len(), "{name}");
}

fn decided(options: RenderOptions) -> Bundle {
    let (report, placed) = fixture::decided();
    fixture::bundle(&report, &placed, options)
}

fn file(bundle: &Bundle, name: &str) -> String {
    String::from_utf8(bundle.files[name].clone()).unwrap()
}

#[test]
fn the_files_are_the_committed_ones_byte_for_byte() {
    let bundle = decided(BOTH);
    for name in [
        "index.html",
        "junit.xml",
        "ocp-tv.jsonl",
        "result.csv",
        "result.columns.csv",
        "result.json",
    ] {
        compare(&format!("both/{name}"), &bundle.files[name]);
    }
    let batch = render::batch_bundle(&fixture::batch(4), BOTH).unwrap();
    for name in ["index.html", "result.csv"] {
        compare(&format!("batch/{name}"), &batch.files[name]);
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    for language in [Language::Zh, Language::En, Language::Both] {
        let options = RenderOptions { language, junit_strict: true };
        assert_eq!(decided(options), decided(options));
    }
    let batch = |count| render::batch_bundle(&fixture::batch(count), BOTH).unwrap();
    assert_eq!(batch(3), batch(3));
}

/// Leaves the pages where a person can look at them.
#[test]
fn the_pages_load_nothing_run_nothing_and_show_every_verdict() {
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report");
    for (name, language) in [("zh", Language::Zh), ("en", Language::En), ("both", Language::Both)] {
        let options = RenderOptions { language, junit_strict: false };
        let bundle = decided(options);
        let batch = render::batch_bundle(&fixture::batch(12), options).unwrap();
        for (kind, bundle) in [("", &bundle), ("batch-", &batch)] {
            let folder = out.join(format!("{kind}{name}"));
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("index.html"), &bundle.files["index.html"]).unwrap();
            let page = file(bundle, "index.html");
            for forbidden in [
                "<script",
                "<link",
                "<img",
                "http://",
                "https://",
                "url(http",
                "@import",
                "javascript:",
                "onclick",
            ] {
                let policy = page.matches("http-equiv").count();
                assert_eq!(page.matches(forbidden).count(), 0, "{name}: {forbidden} ({policy})");
            }
        }
        let page = file(&bundle, "index.html");
        for verdict in Verdict::ALL {
            let code = serde_json::to_value(verdict).unwrap();
            assert!(page.contains(&format!("v-{}", code.as_str().unwrap())), "{name}: {code}");
        }
        for hostile in ["HMA84GR7#[$<b>", "storcli 导出 (1)"] {
            assert!(!page.contains(hostile), "{name}: {hostile}");
        }
        assert!(page.contains("HMA84GR7#[$&lt;b&gt;"));
        assert!(!page.contains("检测报告") && !page.contains("电子签名"));
    }
    let zh = file(&decided(RenderOptions::default()), "index.html");
    assert!(zh.contains(&Verdict::Waived.word().zh), "the terminal calls a waiver so");
    for wording in [
        "测试记录",
        "自测报告",
        "测试结论",
        "测试项 14 项，符合 8，不符合 3，未测 2",
        "验收结论",
        "书面核查",
        "现场查验",
        "同等性能（容量）认可",
        "认可单位",
        "完整性校验",
        "征求意见稿",
    ] {
        assert!(zh.contains(wording), "{wording}");
    }
}

#[test]
fn the_page_is_well_formed() {
    for page in [decided(BOTH), render::batch_bundle(&fixture::batch(3), BOTH).unwrap()] {
        let page = file(&page, "index.html");
        let mut open: Vec<&str> = Vec::new();
        let void = ["meta", "br", "col", "wbr", "!DOCTYPE"];
        for piece in page.split('<').skip(1) {
            let (tag, _) = piece.split_once('>').expect("a tag is closed");
            let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "{tag}");
            } else if !tag.ends_with('/') && !void.contains(&name) {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
        let ids: Vec<&str> =
            page.split(" id=\"").skip(1).filter_map(|piece| piece.split('"').next()).collect();
        let unique: std::collections::BTreeSet<&&str> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "ids are unique");
        for target in page.split("href=\"#").skip(1).filter_map(|piece| piece.split('"').next()) {
            assert!(ids.contains(&target), "{target}");
        }
    }
}

#[test]
fn an_interrupted_run_is_marked_and_not_accepted() {
    let mut inputs = fixture::inputs();
    inputs.judgements.retain(|judgement| judgement.verdict == Verdict::Pass);
    inputs.interrupted = Some(Text::new("收到 SIGINT", "got SIGINT"));
    let (report, placed) = assay::report::build(inputs);
    assert_eq!(report.exit_code(), 3);
    let bundle = fixture::bundle(&report, &placed, BOTH);
    assert!(file(&bundle, "index.html").contains("本次测试中途中断"));
    assert!(
        file(&bundle, "junit.xml").contains("got SIGINT")
            || file(&bundle, "junit.xml").contains("收到 SIGINT")
    );
    let last = file(&bundle, "ocp-tv.jsonl").lines().last().unwrap().to_owned();
    assert!(
        last.contains(r#""testRunEnd":{"result":"NOT_APPLICABLE","status":"ERROR"}"#),
        "{last}"
    );
}

#[test]
fn documents_validate_against_their_own_schemas() {
    let report: Value = serde_json::from_str(&file(&decided(BOTH), "result.json")).unwrap();
    let schema = jsonschema::validator_for(&Report::json_schema()).unwrap();
    let errors: Vec<String> = schema.iter_errors(&report).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let mut broken = report;
    broken["rows"][0]["verdict"] = json!("fine");
    assert!(!schema.is_valid(&broken), "a verdict that is none is found");
    let batch = render::batch_bundle(&fixture::batch(3), BOTH).unwrap();
    let batch: Value = serde_json::from_slice(&batch.files["result.json"]).unwrap();
    assert!(jsonschema::validator_for(&Batch::json_schema()).unwrap().is_valid(&batch));
    for (name, schema) in [
        ("assay-report-v1.schema.json", Report::json_schema()),
        ("assay-batch-v1.schema.json", Batch::json_schema()),
    ] {
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        compare(name, text.as_bytes());
    }
}

#[test]
fn the_result_is_canonical_and_reads_back_as_itself() {
    let bundle = decided(BOTH);
    let bytes = &bundle.files["result.json"];
    let report: Report = canonical::from_bytes(bytes).unwrap();
    assert_eq!(report, fixture::decided().0);
    assert_eq!(&canonical::to_bytes(&report).unwrap(), bytes);
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains(r#""host_reads":"18446744073709551615""#), "2^64 − 1 is a string");
}

#[test]
fn ocp_lines_follow_the_specification() {
    let text = file(&decided(BOTH), "ocp-tv.jsonl");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let schema = jsonschema::validator_for(&ocp_schema()).unwrap();
    for (number, line) in lines.iter().enumerate() {
        let errors: Vec<String> = schema.iter_errors(line).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{line}: {errors:?}");
        assert_eq!(line["sequenceNumber"], json!(number));
    }
    assert_eq!(lines[0]["schemaVersion"], json!({"major": 2, "minor": 0}));
    assert!(lines[1]["testRunArtifact"]["testRunStart"].is_object());
    let end = &lines.last().unwrap()["testRunArtifact"]["testRunEnd"];
    assert_eq!(end, &json!({"status": "COMPLETE", "result": "FAIL"}));
    let mut open: Option<String> = None;
    for step in lines.iter().filter_map(|line| line.get("testStepArtifact")) {
        let id = step["testStepId"].as_str().unwrap().to_owned();
        if step.get("testStepStart").is_some() {
            assert_eq!(open.replace(id), None);
        } else if step.get("testStepEnd").is_some() {
            assert_eq!(open.take(), Some(id));
        } else {
            assert_eq!(open.as_ref(), Some(&id));
        }
    }
    let types = |kind: &str| {
        lines.iter().filter(|l| l["testStepArtifact"]["diagnosis"]["type"] == kind).count()
    };
    // 6 passed, 1 attested, 1 waived; 3 failed and the whole; 2 open.
    assert_eq!((types("PASS"), types("FAIL"), types("UNKNOWN")), (8, 4, 2));
}

/// What OCP Test & Validation 2.0 asks of the lines we write, in our own words.
#[expect(clippy::too_many_lines, reason = "a schema")]
pub(crate) fn ocp_schema() -> Value {
    let text = json!({"type": "string"});
    let object = |required: Value, properties: Value| json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false});
    let one_of = |members: &[(&str, Value)], common: Value| {
        let branches: Vec<Value> = members
            .iter()
            .map(|(name, schema)| {
                let mut properties = common.clone();
                properties[name] = schema.clone();
                let required: Vec<String> =
                    properties.as_object().unwrap().keys().cloned().collect();
                object(json!(required), properties)
            })
            .collect();
        json!({ "oneOf": branches })
    };
    let hardware = object(
        json!(["hardwareInfoId", "name"]),
        json!({
        "hardwareInfoId": text, "name": text, "location": text, "manufacturer": text,
        "manufacturerPartNumber": text, "serialNumber": text}),
    );
    let software = object(
        json!(["softwareInfoId", "name"]),
        json!({
        "softwareInfoId": text, "name": text, "version": text,
        "softwareType": {"enum": ["UNSPECIFIED", "FIRMWARE", "SYSTEM", "APPLICATION"]}}),
    );
    let dut = object(
        json!(["dutInfoId"]),
        json!({
        "dutInfoId": text, "name": text,
        "platformInfos": {"items": object(json!(["info"]), json!({"info": text}))},
        "softwareInfos": {"items": software}, "hardwareInfos": {"items": hardware}}),
    );
    let start = object(
        json!(["name", "version", "commandLine", "parameters", "dutInfo"]),
        json!({"name": text, "version": text, "commandLine": text,
            "parameters": {"type": "object"}, "dutInfo": dut}),
    );
    let value = json!({"type": ["string", "boolean", "number"]});
    let kinds = json!({"enum": [
        "EQUAL", "NOT_EQUAL", "LESS_THAN", "LESS_THAN_OR_EQUAL", "GREATER_THAN",
        "GREATER_THAN_OR_EQUAL", "REGEX_MATCH", "REGEX_NO_MATCH", "IN_SET", "NOT_IN_SET"]});
    let validators = json!({"type": "array", "items":
        object(json!(["type", "value"]), json!({"name": text, "type": kinds, "value": value}))});
    let status = json!({"enum": ["COMPLETE", "ERROR", "SKIP"]});
    let end = object(
        json!(["status", "result"]),
        json!({
        "status": status, "result": {"enum": ["NOT_APPLICABLE", "PASS", "FAIL"]}}),
    );
    let step = one_of(
        &[
            ("testStepStart", object(json!(["name"]), json!({"name": text}))),
            ("testStepEnd", object(json!(["status"]), json!({"status": status}))),
            (
                "measurement",
                object(
                    json!(["name", "value"]),
                    json!({
                "name": text, "value": value, "unit": text, "validators": validators,
                "hardwareInfoId": text, "metadata": {"type": "object"}}),
                ),
            ),
            (
                "measurementSeriesStart",
                object(
                    json!(["name", "measurementSeriesId"]),
                    json!({"name": text, "measurementSeriesId": text, "unit": text,
                        "validators": validators, "hardwareInfoId": text}),
                ),
            ),
            (
                "measurementSeriesElement",
                object(
                    json!(["index", "value", "timestamp", "measurementSeriesId"]),
                    json!({"index": {"type": "integer", "minimum": 0}, "value": value,
                        "timestamp": text, "measurementSeriesId": text}),
                ),
            ),
            (
                "measurementSeriesEnd",
                object(
                    json!(["measurementSeriesId", "totalCount"]),
                    json!({"measurementSeriesId": text,
                        "totalCount": {"type": "integer", "minimum": 0}}),
                ),
            ),
            (
                "diagnosis",
                object(
                    json!(["verdict", "type"]),
                    json!({
                "verdict": text, "type": {"enum": ["PASS", "FAIL", "UNKNOWN"]},
                "message": text, "hardwareInfoId": text}),
                ),
            ),
            ("error", object(json!(["symptom"]), json!({"symptom": text, "message": text}))),
            (
                "log",
                object(
                    json!(["severity", "message"]),
                    json!({
                "severity": {"enum": ["INFO", "DEBUG", "WARNING", "ERROR", "FATAL"]}, "message": text}),
                ),
            ),
        ],
        json!({"testStepId": text}),
    );
    let run = one_of(&[("testRunStart", start), ("testRunEnd", end)], json!({}));
    let version =
        object(json!(["major", "minor"]), json!({"major": {"const": 2}, "minor": {"const": 0}}));
    one_of(
        &[("schemaVersion", version), ("testRunArtifact", run), ("testStepArtifact", step)],
        json!({"sequenceNumber": {"type": "integer", "minimum": 0}, "timestamp": text}),
    )
}

/// Reads XML back with another program; `None` where it is not installed.
fn xpath(bundle: &Bundle, query: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("junit.xml");
    fs::write(&path, &bundle.files["junit.xml"]).unwrap();
    let asked = Command::new("xmllint").arg("--xpath").arg(query).arg(&path).output();
    match asked {
        Err(_) => {
            assert!(env::var_os("ASSAY_REQUIRE_PEERS").is_none(), "xmllint is not installed");
            None
        }
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
        }
    }
}

#[test]
fn junit_says_of_each_row_what_the_report_says() {
    let lax = decided(RenderOptions { language: Language::En, junit_strict: false });
    let strict = decided(RenderOptions { language: Language::En, junit_strict: true });
    for (bundle, query, wanted) in [
        (&lax, "count(//testcase[not(contains(@classname,'.sections'))])", "14"),
        (&lax, "count(//testcase/failure)", "3"),
        (&lax, "count(//testcase/skipped)", "3"),
        (&lax, "count(//testcase/error)", "1"),
        (&lax, "string(//testsuite/@hostname)", "bms-c07-11"),
        (
            &lax,
            "string(//failure[1]/@message)",
            "expected ≥ 2 cards of ≥ 2 ports at 16 Gbit/s, measured 1 dual-port card at 16 Gbit/s",
        ),
        (&lax, "string(//property[@name='assay.device']/@value)", "serial:2102310YSY10J3000017"),
        (&strict, "count(//testcase/failure)", "5"),
        (&strict, "count(//testcase/skipped)", "1"),
        (&strict, "string(//testsuite/@failures)", "5"),
    ] {
        if let Some(said) = xpath(bundle, query) {
            assert_eq!(said, wanted, "{query}");
        }
    }
}

#[test]
fn a_firmware_that_writes_nonsense_breaks_no_file() {
    let nonsense = "\u{0}\u{1b}[31m<b>&\"'\u{202e}\u{fffe}\u{ffff}]]>,=\r\n\u{feff}".repeat(40);
    let mut inputs = fixture::inputs();
    for judgement in &mut inputs.judgements {
        let case = std::sync::Arc::make_mut(&mut judgement.case);
        case.check.push_str(&nonsense);
        case.title = Text::same(&nonsense);
        judgement.measured = Text::same(&nonsense);
        judgement.reasons.push(profiles::Reason { text: Text::same(&nonsense), close: None });
    }
    inputs.facts["inventory"]["system"]["serial"] = json!(nonsense);
    inputs.facts["inventory"]["identity"]["key"] = json!(nonsense);
    inputs.facts["inventory"]["dimm"][0]["locator"] = json!(nonsense);
    inputs.facts["inventory"]["slot"] = json!([1, null, {"locator": nonsense}]);
    inputs.cover.number = Some(nonsense.clone());
    let (report, placed) = assay::report::build(inputs);
    let bundle = fixture::bundle(&report, &placed, BOTH);
    if let Some(count) = xpath(&bundle, "count(//testcase)") {
        assert_eq!(count, "15");
    }
    let page = file(&bundle, "index.html");
    for character in ['\u{0}', '\u{1b}', '\u{202e}', '\u{fffe}', '\u{feff}'] {
        assert!(!page.contains(character), "{character:?}");
    }
    assert!(!page.contains("<b>&amp;"));
    for line in file(&bundle, "ocp-tv.jsonl").lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok());
    }
}

#[test]
fn the_table_has_a_row_a_check_and_as_many_cells_as_columns() {
    let bundle = decided(RenderOptions { language: Language::Zh, junit_strict: false });
    let table = file(&bundle, "result.csv");
    assert!(table.starts_with("\u{feff}序号,"));
    let rows = cells(&table);
    let columns = cells(&file(&bundle, "result.columns.csv"));
    assert_eq!(rows.len(), 15);
    for row in &rows {
        assert_eq!(row.len(), columns.len() - 1, "{row:?}");
    }
    let titles: Vec<&String> = columns[1..].iter().map(|column| &column[1]).collect();
    assert_eq!(rows[0].iter().collect::<Vec<_>>(), titles);
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@'])));
}

/// Reads RFC 4180.
fn cells(table: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (vec![], vec![], String::new(), false);
    let mut characters = table.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(character) = characters.next() {
        match (character, quoted) {
            ('"', true) if characters.peek() == Some(&'"') => {
                cell.push('"');
                characters.next();
            }
            ('"', _) => quoted = !quoted,
            (',', false) => row.push(std::mem::take(&mut cell)),
            ('\r', false) => {}
            ('\n', false) => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (other, _) => cell.push(other),
        }
    }
    rows
}
