//! Any text as a profile: read, compiled, linted and judged by, without a panic.
//!
//! The text may be followed by a line `%%` and facts as JSON.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use profiles::{Catalogue, judge, lint, overall};
use serde_json::{Value, json};

static BUNDLED: LazyLock<Catalogue> = LazyLock::new(Catalogue::bundled);

/// A little of what facts look like.
static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    json!({ "type": "object", "properties": { "inventory": { "type": "object", "properties": {
        "disk": { "type": "array", "items": { "$ref": "#/$defs/Disk" } },
    } } }, "$defs": { "Disk": { "type": "object", "properties": {
        "size_bytes": { "type": ["integer", "null"] }, "protocol": { "type": "string" },
    } } } })
});

static FACTS: LazyLock<Value> = LazyLock::new(|| {
    json!({ "inventory": {
        "sections": { "disk": { "status": "complete" }, "dimm": { "status": "partial" } },
        "sources": [{ "locator": "nvme:0" }],
        "disk": [{ "size_bytes": 1, "protocol": "sas", "origin": { "source": 0,
            "also": { "size_bytes": [{ "source": 0, "value": 2 }] } } }],
        "dimm": [{ "present": true, "kind": "ram", "size_bytes": null, "origin": { "source": 0 } }],
    } })
});

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (toml, facts) = text.split_once("\n%%\n").unwrap_or((&text, ""));
    let catalogue = match BUNDLED.clone().with_file("fuzz.toml", toml) {
        Ok(catalogue) => catalogue,
        Err(error) => {
            let sentence = error.to_string();
            assert!(!sentence.is_empty());
            return;
        }
    };
    let Some(id) = catalogue.id_in("fuzz.toml") else { return };
    let ids: Vec<String> = catalogue
        .ids()
        .into_iter()
        .filter(|known| known.split('@').next() == Some(id))
        .take(4)
        .collect();
    for id in ids {
        match catalogue.profile(&id) {
            Ok(profile) => {
                let own = serde_json::from_str(facts).unwrap_or_else(|_| FACTS.clone());
                let judged = judge(&profile, &own);
                assert_eq!(judged.len(), profile.checks.len());
                overall(&judged);
                for finding in lint::lint(&profile, &SCHEMA) {
                    assert!(!finding.to_string().is_empty());
                }
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});
