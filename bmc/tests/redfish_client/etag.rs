//! Which `If-Match` is taken.

use std::{cell::Cell, time::Duration};

use bmc::{
    dialect::Rules,
    redfish::ladder::{
        etag,
        script::{Method, Reply},
    },
};
use serde_json::json;

use crate::talk::{Talk, error, needs, rules, status, talk, with};

const PATH: &str = "/redfish/v1/Systems/1";

/// Changes a resource whose header and body show these tags, at a BMC that takes one value of
/// `If-Match` alone.
fn patched(
    header: Option<&str>,
    body: Option<&str>,
    takes: Option<&str>,
    rules: &Rules,
) -> Talk<Reply> {
    let tree = match body {
        Some(tag) => json!({ PATH: { "AssetTag": "a", "@odata.etag": tag } }),
        None => json!({ PATH: { "AssetTag": "a" } }),
    };
    let mut own = |request: &bmc::redfish::ladder::script::Request,
                   tree: &mut crate::talk::Tree| {
        match request.method {
            Method::Get => {
                let reply = crate::talk::answer(200, tree.get(&request.path)?.clone());
                Some(header.map_or(reply.clone(), |tag| with(reply, "etag", tag)))
            }
            Method::Patch if request.if_match.as_deref() != takes => Some(status(412)),
            _ => None,
        }
    };
    let change = json!({ "AssetTag": "b" });
    talk(&tree, &mut own, &|script| Ok(etag::patch(script, PATH, &change, rules)?.clone()))
}

fn works(header: Option<&str>, body: Option<&str>, takes: Option<&str>) -> impl Fn(&Rules) -> bool {
    move |rules| patched(header, body, takes, rules).end.is_good()
}

#[test]
fn the_tag_is_sent_as_it_came_and_then_that_of_the_body() {
    let rules = rules("");
    let took = patched(Some("\"1a\""), Some("\"1b\""), Some("\"1a\""), &rules);
    assert!(took.end.is_good() && took.notes.is_empty());
    assert_eq!(took.sent.len(), 2, "one GET, one PATCH: {:?}", took.sent);
    let took = patched(Some("\"1a\""), Some("\"1b\""), Some("\"1b\""), &rules);
    assert!(took.end.is_good());
    assert_eq!(took.sent.len(), 3);
    assert_eq!(patched(None, None, None, &rules).sent.len(), 2, "no tag, no header");
}

#[test]
fn a_weak_tag_is_taken_as_a_strong_one() {
    needs("etag-weak", &rules(""), &works(Some("W/\"1a\""), None, Some("\"1a\"")));
}

#[test]
fn the_suffix_of_a_compressor_is_cut() {
    needs("etag-gzip", &rules(""), &works(Some("\"1a-gzip\""), None, Some("\"1a\"")));
    needs("etag-gzip", &rules(""), &works(Some("W/\"1a-gzip\""), None, Some("\"1a\"")));
}

#[test]
fn doubled_quotes_are_undone() {
    needs("etag-quotes", &rules(""), &works(Some("\"\"1a\"\""), None, Some("\"1a\"")));
    needs("etag-quotes", &rules(""), &works(Some("1a"), None, Some("\"1a\"")));
    needs("etag-quotes", &rules(""), &works(Some("\"1a\""), None, Some("1a")));
}

#[test]
fn of_two_tags_each_is_tried() {
    let twice = Some("\"old\", \"new\"");
    needs("etag-twice", &rules(""), &works(twice, None, Some("\"new\"")));
    needs("etag-twice", &rules(""), &works(twice, None, Some("\"old\"")));
}

#[test]
fn a_star_is_sent_where_no_tag_is_shown_and_one_is_demanded() {
    let demands = |rules: &Rules| {
        let tree = json!({ PATH: { "AssetTag": "a" } });
        let change = json!({ "AssetTag": "b" });
        let mut own = |request: &bmc::redfish::ladder::script::Request, _: &mut _| {
            let wants = request.method == Method::Patch && request.if_match.is_none();
            wants.then(|| error(428, "PreconditionRequired", "If-Match is required."))
        };
        let went =
            talk(&tree, &mut own, &|script| Ok(etag::patch(script, PATH, &change, rules)?.clone()));
        went.end.is_good()
    };
    needs("etag-required", &rules(""), &demands);
}

#[test]
fn a_resource_that_changes_meanwhile_is_read_again() {
    let tree = json!({ PATH: { "AssetTag": "a" } });
    let change = json!({ "AssetTag": "b" });
    let run = |rules: &Rules| {
        // It takes the tag of the second read, and no star.
        let reads = Cell::new(0);
        let mut own = |request: &bmc::redfish::ladder::script::Request,
                       tree: &mut crate::talk::Tree| {
            if request.method == Method::Get {
                reads.set(reads.get() + 1);
                let tag = format!("\"{}\"", reads.get());
                return Some(with(crate::talk::answer(200, tree.get(PATH)?.clone()), "etag", &tag));
            }
            (request.if_match.as_deref() != Some("\"2\"")).then(|| status(412))
        };
        talk(&tree, &mut own, &|script| Ok(etag::patch(script, PATH, &change, rules)?.clone()))
    };
    needs("etag-412-retry", &rules(""), &|rules| run(rules).end.is_good());
    assert_eq!(run(&rules("")).waited, Duration::from_secs(10));
}

#[test]
fn xcc_is_sent_a_star_at_once() {
    let first = |rules: &Rules| patched(Some("\"1a\""), None, Some("*"), rules).sent.len() == 2;
    needs("etag-star-first", &rules("Lenovo"), &first);
}

#[test]
fn another_refusal_is_none_of_the_tag() {
    let tree = json!({ PATH: {} });
    let mut own = |request: &bmc::redfish::ladder::script::Request, _: &mut _| {
        (request.method == Method::Patch)
            .then(|| error(400, "PropertyNotWritable", "AssetTag is read only."))
    };
    let change = json!({ "AssetTag": "b" });
    let went =
        talk(
            &tree,
            &mut own,
            &|script| Ok(etag::patch(script, PATH, &change, &rules(""))?.clone()),
        );
    assert_eq!((went.end.status, went.changes().len()), (Some(400), 1));
}

#[test]
fn a_change_whose_answer_was_lost_is_sent_once_more() {
    let tree = json!({ PATH: {} });
    let lost = Cell::new(false);
    let mut own = |request: &bmc::redfish::ladder::script::Request, _: &mut _| {
        (request.method == Method::Patch && !lost.replace(true)).then(Reply::default)
    };
    let change = json!({ "AssetTag": "b" });
    let went =
        talk(
            &tree,
            &mut own,
            &|script| Ok(etag::patch(script, PATH, &change, &rules(""))?.clone()),
        );
    assert!(went.end.is_good());
    assert_eq!(went.changes().len(), 2);
}
