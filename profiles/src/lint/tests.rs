//! Lint against a schema shaped as schemars writes it.

use serde_json::{Value, json};

use super::{Severity, lint_id};
use crate::Catalogue;

/// The schema of facts, with `inventory` embedded whole: its references are relative to it.
fn schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "inventory": {
                "type": "object",
                "properties": {
                    "disk": { "type": "array", "items": { "$ref": "#/$defs/Disk" } },
                    "system": { "anyOf": [{ "$ref": "#/$defs/System" }, { "type": "null" }] },
                },
                "$defs": {
                    "Disk": { "type": "object", "properties": {
                        "size_bytes": { "type": ["integer", "null"] },
                        "protocol": { "type": "string", "enum": ["sas", "nvme"] },
                        "present": { "type": ["boolean", "null"] },
                        "port": { "type": "array", "items": { "type": "object", "properties": {
                            "supported_bps": { "type": "array", "items": { "type": "integer" } },
                        } } },
                        "counters": { "$ref": "#/$defs/Counters" },
                    } },
                    "Counters": { "type": "object", "additionalProperties": { "type": "integer" } },
                    "System": { "type": "object", "properties": {
                        "product": { "type": ["string", "null"] },
                    } },
                },
            },
        },
    })
}

fn found(rule: &str) -> Vec<super::Finding> {
    let text = format!(
        "norm = \"gd-gov-cloud\"\nedition = \"征求意见稿\"\nprofile = \"t\"\nversion = \"1\"\n\
         title = {{ zh = \"一\", en = \"one\" }}\nsubject = \"machine\"\n\
         [[check]]\nid = \"t\"\nrow = \"5.3.3.1.1#3\"\n\
         title = {{ zh = \"一\", en = \"one\" }}\nmethod = {{ zh = \"一\", en = \"one\" }}\n{rule}\n"
    );
    let catalogue = Catalogue::bundled().with_file("t.toml", &text).unwrap();
    lint_id(&catalogue, "t", &schema()).unwrap()
}

#[test]
fn paths_that_the_facts_have_are_fine() {
    for rule in [
        "kind = \"min\"\npath = \"inventory.disk[present,protocol=sas].size_bytes.sum\"\nvalue = \"1 GB\"",
        "kind = \"min\"\npath = \"inventory.disk.port.supported_bps.max\"\nvalue = \"1 Gbit/s\"",
        "kind = \"min\"\npath = \"inventory.disk.counters.whatever\"\nvalue = 1",
        "kind = \"eq\"\npath = \"inventory.system.product\"\nvalue = \"X\"",
        "kind = \"count_where\"\nover = \"inventory.disk\"\nmin = 1\n\
         where = { \"present.eq\" = true, \"port.count_where\" = { where = { \"supported_bps.max.min\" = \"1 Gbit/s\" }, min = 1 } }",
    ] {
        assert!(found(rule).is_empty(), "{rule}: {:#?}", found(rule));
    }
}

#[test]
fn what_the_facts_do_not_have_or_hold_otherwise_is_found() {
    for (rule, wanted) in [
        (
            "kind = \"min\"\npath = \"inventory.dsk.size_bytes.sum\"\nvalue = \"1 GB\"",
            "`t.toml`, line 7, check `t`, path `inventory.dsk.size_bytes.sum`: the facts have no field `dsk`; did you mean `disk`?",
        ),
        (
            "kind = \"min\"\npath = \"inventory.disk[presen].size_bytes.sum\"\nvalue = \"1 GB\"",
            "the filter's field `presen` does not exist; did you mean `present`?",
        ),
        (
            "kind = \"min\"\npath = \"inventory.system.product.sum\"\nvalue = 1",
            "a text has no sum, least or largest",
        ),
        (
            "kind = \"eq\"\npath = \"inventory.disk.protocol\"\nvalue = true",
            "`eq` does not fit: the field holds a text",
        ),
        (
            "kind = \"regex\"\npath = \"inventory.disk.present\"\npattern = \"x\"",
            "`regex` does not fit: the field holds true or false",
        ),
        (
            "kind = \"count_where\"\nover = \"inventory.system\"\nmin = 1",
            "there is only one of it, so nothing is counted",
        ),
        (
            "kind = \"count_where\"\nover = \"inventory.disk\"\nmin = 1\nwhere = { \"portt.count.min\" = 1 }",
            "the facts have no field `portt`; did you mean `port`?",
        ),
        ("kind = \"attest\"\nevidence = [\"inventory.bmc.chip\"]", "the facts have no field `bmc`"),
        (
            "kind = \"min\"\npath = \"inventory.disk.size_bytes.sum\"\nvalue = \"1 Gbit/s\"",
            "unit bytes: `1 Gbit/s` is in Gbit/s, but the field is in bytes",
        ),
    ] {
        let found = found(rule);
        let errors: Vec<_> =
            found.iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert_eq!(errors.len(), 1, "{rule}: {found:#?}");
        assert!(errors[0].to_string().contains(wanted), "wanted {wanted}\ngot {}", errors[0]);
    }
}

#[test]
fn what_may_surprise_its_author_is_a_warning() {
    let absent =
        "kind = \"absent\"\nover = \"inventory.disk\"\nwhere = { \"protocol.eq\" = \"sas\" }";
    assert!(found(absent)[0].message.contains("passes only where the section is complete"));
    assert!(found(&format!("{absent}\nneeds_complete = true")).is_empty());
    let never =
        found("kind = \"in\"\npath = \"inventory.disk.protocol\"\nvalues = [\"sas\", \"floppy\"]");
    assert_eq!(never[0].message, "the field never holds `floppy`");
    assert!(never.iter().all(|finding| finding.severity == Severity::Warning));
}

#[test]
fn a_schema_that_refers_to_itself_ends() {
    let schema = json!({ "$ref": "#", "properties": { "inventory": { "$ref": "#/x" } } });
    for id in Catalogue::bundled().ids() {
        assert!(lint_id(&Catalogue::bundled(), &id, &schema).is_ok());
    }
}
