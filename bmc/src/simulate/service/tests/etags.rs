//! Every form of `ETag`, and what is asked of a change.

use serde_json::json;

use crate::simulate::bench::{Bench, header_of};

/// Asks with each tag in turn; returns the statuses.
fn statuses(knob: &str, tags: &dyn Fn(&str, &str) -> Vec<String>) -> Vec<u16> {
    let mut statuses = Vec::new();
    let mut bench = Bench::of("dmtf", knob);
    let count = tags("", "").len();
    for at in 0..count {
        let answer = bench.ask("GET", "Systems/1", None, &[]).response;
        let shown = header_of(&answer, "etag").unwrap_or_default();
        let own = bench.get("Systems/1")["@odata.etag"].as_str().unwrap_or_default().to_owned();
        let tag = tags(&shown, &own).swap_remove(at);
        let sent = json!({ "AssetTag": format!("{at}") });
        let headers = [("if-match", tag.as_str())];
        let headers: &[(&str, &str)] = if tag.is_empty() { &[] } else { &headers };
        statuses.push(bench.ask("PATCH", "Systems/1", Some(&sent), headers).response.status);
    }
    statuses
}

#[test]
fn each_form_of_a_tag_has_its_step_that_works() {
    let shown = |shown: &str, own: &str| vec![shown.to_owned(), own.to_owned()];
    for (knob, expected) in [
        ("latency=0", [200, 200]),
        ("etag-weak", [412, 200]),
        ("etag-gzip", [412, 200]),
        ("etag-quotes", [412, 200]),
        ("etag-stale", [412, 200]),
        ("etag-twice", [200, 200]),
        ("etag-412-retry", [412, 200]),
    ] {
        assert_eq!(statuses(knob, &shown), expected, "{knob}");
    }
    let stripped = |shown: &str, _: &str| {
        vec![shown.trim_start_matches("W/").replace("-gzip", "").replace("\"\"", "\"")]
    };
    for knob in ["etag-weak", "etag-gzip", "etag-quotes"] {
        assert_eq!(statuses(knob, &stripped), [200], "{knob}");
    }
    let none = |_: &str, _: &str| vec![String::new(), "*".to_owned(), "\"other\"".to_owned()];
    assert_eq!(statuses("etag-required", &none), [428, 200, 412]);
    assert_eq!(statuses("etag-required=412", &none), [412, 200, 412]);
    assert_eq!(statuses("latency=0", &none), [200, 200, 412]);
}

#[test]
fn who_asks_for_no_encoding_gets_the_plain_tag() {
    let mut bench = Bench::of("dmtf", "etag-gzip");
    let headers = [("accept-encoding", "identity")];
    let answer = bench.ask("GET", "Systems/1", None, &headers).response;
    assert!(!header_of(&answer, "etag").expect("a tag").contains("gzip"));
}

#[test]
fn a_tag_lives_until_its_resource_changes() {
    let mut bench = Bench::of("dmtf", "");
    let tag = |bench: &mut Bench, place: &str| bench.get(place)["@odata.etag"].clone();
    let manager = tag(&mut bench, "Managers/BMC");
    bench.wait(5000);
    assert_eq!(tag(&mut bench, "Managers/BMC"), manager, "a clock that goes on is no change");
    let system = tag(&mut bench, "Systems/1");
    bench.patch("Systems/1", &json!({ "AssetTag": "A1" }));
    assert_ne!(tag(&mut bench, "Systems/1"), system);
}
