//! The state of a simulated host over time.

use serde_json::json;

use crate::simulate::bench::Bench;

#[test]
fn hosts_of_a_site_share_what_is_the_same() {
    let mut bench = Bench::of("dmtf", "");
    bench.patch("Systems/1", &json!({ "AssetTag": "A1" }));
    // Its account, the session, and the system.
    assert_eq!(bench.host.changed.len(), 3);
}

#[test]
fn names_are_filled_in_and_other_texts_are_left() {
    let bench = Bench::of("dmtf", "");
    for (text, filled) in [
        ("@serial@-D3", "SIM26000007-D3"),
        ("a@b.example", "a@b.example"),
        ("@nobody@ and @name@", "@nobody@ and server-7"),
        ("@@", "@@"),
        ("@mac:255@@ip@", "02:53:00:00:07:FF127.0.0.7"),
        ("@mac:256@", "@mac:256@"),
    ] {
        assert_eq!(bench.host.filled(text, bench.now), filled, "{text}");
    }
}

#[test]
fn a_secret_is_not_in_what_is_printed() {
    let bench = Bench::of("dmtf", "");
    let shown = format!("{:?}", bench.host);
    assert!(!shown.contains(crate::simulate::bench::PASSWORD), "{shown}");
}
