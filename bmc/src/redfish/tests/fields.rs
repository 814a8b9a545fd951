//! One field in every form that was met, and what a reader makes of it.

use serde_json::{Value, json};

use super::{link, tree};
use crate::redfish::{
    finding::{Finding, Trouble},
    reader::{Node, Reader},
};

/// Reads the field `f` of a resource, and returns what was found wrong with it.
fn read<T>(value: &Value, read: impl Fn(&Node<'_>) -> T) -> (T, Vec<Finding>) {
    let tree = tree(&[("/redfish/v1", json!({ "f": value }))]);
    let reader = Reader::new(&tree);
    let value = read(&reader.root().unwrap());
    (value, reader.done(()).findings)
}

fn is_loss(findings: &[Finding]) -> Option<bool> {
    findings.first().map(|finding| {
        assert_eq!(finding.path, "/redfish/v1");
        assert!(finding.pointer.starts_with("/f"), "{finding:?}");
        finding.trouble.is_loss()
    })
}

#[test]
fn a_number_is_read_in_any_form_that_says_one() {
    // Value, as a number, as a whole one, and whether what did not fit was lost.
    type Read = (Value, Option<f64>, Option<u64>, Option<bool>);
    let cases: [Read; 11] = [
        (json!(12), Some(12.0), Some(12), None),
        (json!("12"), Some(12.0), Some(12), Some(false)),
        (json!(" 40 %"), Some(40.0), Some(40), Some(false)),
        (json!(12.0), Some(12.0), Some(12), None),
        (json!(null), None, None, None),
        (json!("N/A"), None, None, Some(false)),
        (json!(""), None, None, Some(false)),
        (json!("64 GiB"), None, None, Some(true)),
        (json!([12]), None, None, Some(true)),
        (json!({ "Value": 12 }), None, None, Some(true)),
        (json!(true), None, None, Some(true)),
    ];
    for (value, number, count, loss) in cases {
        let (found, findings) = read(&value, |node| node.number("f"));
        assert_eq!((found, is_loss(&findings)), (number, loss), "{value}");
        let (found, findings) = read(&value, |node| node.count("f"));
        assert_eq!((found, is_loss(&findings)), (count, loss), "{value}");
    }
    for value in [json!(-1), json!(1.5), json!(1e300)] {
        let (found, findings) = read(&value, |node| node.count("f"));
        assert_eq!((found, is_loss(&findings)), (None, Some(true)), "{value}");
    }
    assert_eq!(read(&json!(1.5), |node| node.amount("f", 1 << 20)).0, Some(1_572_864));
}

#[test]
fn a_text_a_flag_and_a_list_are_read_in_any_form_that_says_one() {
    let text = |value: Value| read(&value, |node| node.text("f"));
    assert_eq!(text(json!("  a  b ")), (Some("a b".to_owned()), vec![]));
    assert_eq!(text(json!("N/A")), (None, vec![]));
    let (found, findings) = text(json!(7));
    assert_eq!((found.as_deref(), is_loss(&findings)), (Some("7"), Some(false)));
    let (found, findings) = text(json!(["a"]));
    assert_eq!((found, is_loss(&findings)), (None, Some(true)));
    for (value, flag, loss) in [
        (json!(true), Some(true), None),
        (json!("Enabled"), Some(true), Some(false)),
        (json!(0), Some(false), Some(false)),
        (json!("perhaps"), None, Some(true)),
    ] {
        let (found, findings) = read(&value, |node| node.flag("f"));
        assert_eq!((found, is_loss(&findings)), (flag, loss), "{value}");
    }
    for (value, count, loss) in [
        (json!([{ "a": 1 }, { "a": 2 }]), 2, None),
        (json!({ "a": 1 }), 1, Some(false)),
        (json!({}), 0, Some(false)),
        (json!(null), 0, None),
        (json!("x"), 0, Some(true)),
        // One bad member costs that member.
        (json!([{ "a": 1 }, 7, { "a": 2 }]), 2, Some(true)),
    ] {
        let (found, findings) = read(&value, |node| node.items("f").len());
        assert_eq!((found, is_loss(&findings)), (count, loss), "{value}");
    }
}

#[test]
fn a_link_leads_to_a_resource_a_part_of_one_or_is_told_of() {
    let tree = tree(&[
        (
            "/redfish/v1",
            json!({
                "plain": link("/redfish/v1/A/"), "text": "/redfish/v1/A", "list": [link("/redfish/v1/A")],
                "part": link("/redfish/v1/A#/Fans/1"), "nopart": link("/redfish/v1/A#/Fans/9"),
                "off": link("https://other.example/redfish/v1"), "gone": link("/redfish/v1/B"),
                "empty": {}, "whole": { "@odata.id": "/redfish/v1/C", "@odata.type": "#C", "Id": "C" },
            }),
        ),
        ("/redfish/v1/A", json!({ "Id": "A", "Fans": [{ "Id": "F0" }, { "Id": "F1" }] })),
    ]);
    let reader = Reader::new(&tree);
    let root = reader.root().unwrap();
    let id = |key| root.follow(key).and_then(|node| node.text("Id"));
    for key in ["plain", "text", "list"] {
        assert_eq!(id(key).as_deref(), Some("A"), "{key}");
    }
    assert_eq!(id("part").as_deref(), Some("F1"));
    assert_eq!(root.follow("part").unwrap().place(), "/redfish/v1/A#/Fans/1");
    assert_eq!(id("whole").as_deref(), Some("C"));
    assert_eq!(root.follow("whole").unwrap().place(), "/redfish/v1/C");
    for key in ["nopart", "off", "gone", "empty"] {
        assert_eq!(id(key), None, "{key}");
    }
    let read = reader.done(());
    let lost: Vec<_> = read.losses().map(|finding| (&finding.pointer, &finding.trouble)).collect();
    let off = Trouble::OffHost("https://other.example/redfish/v1".to_owned());
    assert_eq!(lost.len(), 3, "{lost:?}");
    assert!(lost.contains(&(&"/off".to_owned(), &off)), "{lost:?}");
    assert!(lost.iter().any(|(_, trouble)| **trouble == Trouble::NotRead), "{lost:?}");
}

#[test]
fn every_finding_is_a_sentence_in_both_languages() {
    let troubles = [
        Trouble::Dropped { expected: "a number", seen: "[]".to_owned() },
        Trouble::Bent { expected: "text", seen: "7".to_owned() },
        Trouble::Status(503),
        Trouble::NotRead,
        Trouble::NotJson("expected value at line 1".to_owned()),
        Trouble::TooLarge,
        Trouble::Silent("timed out".to_owned()),
        Trouble::OffHost("//other".to_owned()),
        Trouble::Fewer { said: 2, listed: 1 },
        Trouble::Capped { most: 3 },
        Trouble::Guessed,
    ];
    for trouble in troubles {
        let finding =
            Finding { path: "/redfish/v1".to_owned(), pointer: "/Members".to_owned(), trouble };
        let (zh, en) = finding.said();
        assert!(zh.starts_with("`/redfish/v1#/Members`："), "{zh}");
        assert!(en.starts_with("`/redfish/v1#/Members`: ") && en.is_ascii(), "{en}");
        assert!(zh.chars().any(|c| !c.is_ascii() && c != '：'), "{zh}");
    }
}
