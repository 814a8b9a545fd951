//! Tests of `inventory`.

use super::*;
use crate::model::{SourceId, SourceKind};

fn read(text: &str) -> Result<Inventory, ImportError> {
    import("machine.json", text.as_bytes())
}

#[test]
fn a_document_written_by_us_is_read_back_as_it_was() {
    let text = r#"{"schema":"inventory/v1",
        "dimm":[{"locator":"A1","size_bytes":17179869184,"origin":{"source":0}}],
        "sections":{"dimm":{"status":"complete"}},
        "sources":[{"kind":"smbios","locator":"smbios:17/0x0021"}]}"#;
    let inventory = read(text).unwrap();
    let written = serde_json::to_vec(&inventory).unwrap();
    assert_eq!(import("again.json", &written).unwrap(), inventory);
}

#[test]
fn a_fact_may_carry_its_source() {
    let text = r#"{"schema":"inventory/v1",
        "cpu":[{"locator":"CPU1","frequency_hz":{"nominal":{"value":2400000000,"source":1}},
                "cores":{"value":32,"source":1},"origin":{"source":0}}],
        "sources":[{"kind":"smbios","locator":"a"},{"kind":"proc","locator":"b"}]}"#;
    let cpu = read(text).unwrap().cpu.remove(0);
    assert_eq!(cpu.cores, Some(32));
    assert_eq!(cpu.frequency_hz.nominal, Some(2_400_000_000));
    assert_eq!(cpu.origin.sources["cores"], SourceId(1));
    assert_eq!(cpu.origin.sources["frequency_hz.nominal"], SourceId(1));
}

#[test]
fn an_object_without_origin_comes_from_the_file() {
    let text = r#"{"schema":"inventory/v1","nic":[{"port":[{"name":"eth0"}]}]}"#;
    let inventory = read(text).unwrap();
    let source = inventory.nic[0].port[0].origin.source;
    let source = &inventory.sources[source.0 as usize];
    assert_eq!(source.kind, SourceKind::Import);
    assert_eq!(source.locator, "import:machine.json");
}

#[test]
fn what_a_later_minor_version_adds_is_passed_over() {
    let text = r#"{"schema":"inventory/v1.7","quantum":[{"qubits":3}],
        "dimm":[{"locator":"A1","colour":"green","origin":{"source":0}}],
        "sections":{"quantum":{"status":"complete"},"dimm":{"status":"complete"}},
        "sources":[{"kind":"telepathy","locator":"x"}],
        "findings":[{"class":"doubtful","path":"a","message":"b","message_zh":"c"}]}"#;
    let inventory = read(text).unwrap();
    assert_eq!(inventory.schema, SCHEMA);
    assert_eq!(inventory.dimm.len(), 1);
    assert_eq!(inventory.sections.len(), 1);
    assert_eq!(inventory.sources[0].kind, SourceKind::Import);
}

#[test]
fn a_bad_document_is_refused_with_the_place() {
    let cases = [
        ("[]", "$"),
        ("{}", "$.schema"),
        (r#"{"schema":"inventory/v2"}"#, "$.schema"),
        (r#"{"schema":"inventory/v10"}"#, "$.schema"),
        (r#"{"schema":"#, "line 1, column 10"),
        (r#"{"schema":"inventory/v1","dimm":[{},{"size_bytes":-1}]}"#, "$.dimm[1]"),
        (r#"{"schema":"inventory/v1","dimm":7}"#, "$.dimm"),
        (r#"{"schema":"inventory/v1","cpu":[{"origin":{"source":3}}]}"#, "$.cpu[0].origin.source"),
        (
            r#"{"schema":"inventory/v1","cpu":[{"cores":{"value":3,"source":"x"}}]}"#,
            "$.cpu[0].cores.source",
        ),
    ];
    for (text, place) in cases {
        let error = read(text).unwrap_err();
        assert_eq!(error.place.as_deref(), Some(place), "{text}: {error}");
    }
}
