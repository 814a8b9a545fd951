//! What is read is what `serde_json` reads, arrays for named fields apart.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{of, parse, parse_toml, read};

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Port {
    name: String,
    speed: Option<u64>,
    vlans: BTreeMap<u32, String>,
    pair: Option<(u8, i64)>,
    kind: Option<Kind>,
    kinds: BTreeMap<Kind, bool>,
    number: Option<Number>,
    rest: Value,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Copper,
    Fibre { metres: u32 },
    Other(String),
    Pair(u8, u8),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Number(f64);

#[derive(Debug, PartialEq, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
enum Tagged {
    One { port: Port },
}

/// Holds a reading against that of `serde_json`: the value, or the words of the error.
fn same<T: DeserializeOwned + PartialEq + std::fmt::Debug>(value: &Value) {
    let ours = read::<T>(value).map_err(|error| error.to_string());
    // Of a number in a key it tells the place within the key, which is no place of the document.
    let theirs = T::deserialize(value).map_err(|error| {
        let told = error.to_string();
        told.split_once(" at line 1").map_or(told.clone(), |(what, _)| what.to_owned())
    });
    assert_eq!(ours, theirs, "{value}");
}

#[test]
fn everything_is_read_and_refused_as_serde_json_does() {
    let wrong = [json!(null), json!(true), json!(7), json!(-7), json!(1.5), json!("x"), json!({})];
    for value in &wrong {
        for key in ["name", "speed", "vlans", "pair", "kind", "kinds", "number", "rest", "none"] {
            let mut object = json!({});
            object[key] = value.clone();
            same::<Port>(&object);
            same::<Tagged>(&json!({ "is": "one", "port": object }));
        }
        same::<Port>(value);
        same::<Vec<Port>>(value);
        same::<Kind>(value);
    }
    for value in [
        json!({ "name": "p0", "speed": 25, "vlans": { "1": "a", "4094": "b" } }),
        json!({ "vlans": { "x": "a" } }),
        json!({ "vlans": { "-1": "a" } }),
        json!({ "pair": [1, -2], "rest": { "a": [1, null, "b", 2.5] } }),
        json!({ "pair": [1] }),
        json!({ "pair": [1, 2, 3] }),
        json!({ "pair": [256, 2] }),
        json!({ "kinds": { "copper": true }, "number": 2.5 }),
        json!({ "kinds": { "fibre": true } }),
        json!({ "kinds": { "no such": true } }),
    ] {
        same::<Port>(&value);
    }
    for value in [
        json!("copper"),
        json!({ "copper": null }),
        json!({ "copper": 1 }),
        json!("fibre"),
        json!({ "fibre": { "metres": 2 } }),
        json!({ "fibre": { "metres": -2 } }),
        json!({ "fibre": {}, "other": "x" }),
        json!({ "other": "x" }),
        json!({ "other": 1 }),
        json!({ "pair": [1, 2] }),
        json!({ "pair": [1] }),
        json!({ "pair": {} }),
    ] {
        same::<Kind>(&value);
    }
}

#[test]
fn an_array_is_no_type_with_named_fields() {
    let array = json!(["p0", 25, {}, null, null, {}, null, null]);
    assert!(Port::deserialize(&array).is_ok(), "serde_json takes it");
    let error = read::<Port>(&array).unwrap_err().to_string();
    assert_eq!(error, "invalid type: sequence, expected struct Port");
    let error = read::<Kind>(&json!({ "fibre": [2] })).unwrap_err().to_string();
    assert_eq!(error, "invalid type: sequence, expected struct variant");
}

#[test]
fn what_is_no_json_is_told_with_its_place() {
    let error = parse::<Port>(b"{\"name\": \n p0}").unwrap_err();
    assert_eq!((error.line(), error.column()), (2, 2));
    assert_eq!(parse::<Vec<u8>>(b"[1, 2]").unwrap(), [1, 2]);
}

#[test]
fn toml_is_read_as_its_own_reader_does() {
    let text = "whole = 0x1f\nless = -7\npoint = 1_0.5\nflag = true\ntext = \"a\\nb\"\n\
                list = [1, [2], { a = 3 }]\n[table]\n\"two words\".x = 1\n[[many]]\n[[many]]\nb = 2\n";
    assert_eq!(parse_toml::<Value>(text).unwrap(), toml::from_str::<Value>(text).unwrap());
    assert_eq!(parse_toml::<Value>("at = 2026-11-23\n").unwrap(), json!({ "at": "2026-11-23" }));
    assert_eq!(parse_toml::<Value>("big = nan\n").unwrap(), json!({ "big": null }));
    assert!(parse_toml::<Value>("a = \"\n").is_err());
    let error = parse_toml::<Port>("name = 1\n").unwrap_err();
    assert_eq!(error, "invalid type: integer `1`, expected a string");
}

#[test]
fn a_document_is_the_value_that_serde_json_makes_of_it() {
    #[derive(serde::Serialize)]
    struct Sample {
        text: &'static str,
        numbers: (u64, i64, f64, f64),
        nothing: Option<u8>,
        map: BTreeMap<u16, Vec<char>>,
    }
    let sample = Sample {
        text: "行\n\u{1}\"",
        numbers: (u64::MAX, i64::MIN, 0.1, 1.0),
        nothing: None,
        map: [(7, vec!['a', '中'])].into(),
    };
    assert_eq!(of(&sample).expect("JSON"), serde_json::to_value(&sample).expect("JSON"));
}
