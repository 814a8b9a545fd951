//! Tests of `json`.

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn what_programs_get_wrong_is_read() {
    let cases: &[(&[u8], Value)] = &[
        (br#"{"a":1}"#, json!([{"a": 1}])),
        (b"[{\"a\":1}\n {\"b\":2}]", json!([[{"a": 1}, {"b": 2}]])),
        (b"[{\"a\":1},]", json!([[{"a": 1}]])),
        (b"{\"a\":1,,\"b\":2,}", json!([{"a": 1, "b": 2}])),
        (b"{\"a\":1 \"b\":[1 2]}", json!([{"a": 1, "b": [1, 2]}])),
        // Observed with lshw on a supply named `PS-2162-6L2\`.
        (b"{\"a\":\"6L2\\\",\n\"b\":\"x\\\"\n}", json!([{"a": "6L2\\", "b": "x\\"}])),
        (b"{\"a\":\"say \\\"so\\\", then\"}", json!([{"a": "say \"so\", then"}])),
        (b"{\"a\":1},\n{\"b\":2}\n", json!([{"a": 1}, {"b": 2}])),
        (b"[\"caf\xe9\"]", json!([["caf\u{e9}"]])),
        ("[\"浪潮\"]".as_bytes(), json!([["浪潮"]])),
        (b"\xef\xbb\xbf[1]", json!([[1]])),
        (b"[\"a\\\nb\tc\\u0041\\ud83d\\ude00\\ud800\\q\"]", json!([["a\nb\tcA😀\u{fffd}q"]])),
        (
            b"[true,false,null,-1,1.5,18446744073709551615]",
            json!([[true, false, null, -1, 1.5, u64::MAX]]),
        ),
        (b"", json!([])),
        (b" \n, ", json!([])),
    ];
    for (text, value) in cases {
        let read = read(text).map(Value::Array);
        assert_eq!(read.as_ref(), Ok(value), "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    let cases: &[(&[u8], usize, usize, &str)] = &[
        (
            b"{\n\"a\" 1}",
            2,
            5,
            "a colon after the name of a member is missing in what line 1 opens",
        ),
        (b"{\"a\":", 1, 6, "the file ends where a value must stand"),
        (b"[\n[1,2", 2, 5, "the file ends inside what line 2 opens"),
        (b"{\n\"abc", 2, 5, "the file ends inside the text of line 2"),
        (b"[1]\n}", 2, 1, "`}` begins no value"),
        (b"{a:1}", 1, 2, "the name of a member, or `}` is missing in what line 1 opens"),
        (b"[nan]", 1, 2, "`nan` is no value"),
        (b"\x00", 1, 1, "byte 0x00 begins no value"),
    ];
    for (text, line, column, what) in cases {
        let error = read(text).unwrap_err();
        let expected = JsonError { line: *line, column: *column, what: (*what).to_owned() };
        assert_eq!(error, expected, "{}", String::from_utf8_lossy(text));
    }
}

#[test]
fn nesting_and_number_of_values_are_bounded() {
    let deep = "[".repeat(100_000);
    assert!(read(deep.as_bytes()).unwrap_err().what.contains("nested"));
    let many = "0,".repeat(MAX_VALUES + 1);
    assert!(read(many.as_bytes()).unwrap_err().what.contains("more than"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn sound_json_is_read_as_serde_reads_it(value in any_json()) {
        let text = serde_json::to_vec_pretty(&value).unwrap();
        prop_assert_eq!(read(&text), Ok(vec![value]));
    }

    #[test]
    fn any_bytes_end_in_values_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
        let _outcome = read(&bytes);
    }
}
