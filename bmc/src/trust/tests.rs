//! Fingerprints as others write them, and what becomes of a store.

use proptest::prelude::*;

use super::*;

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

#[test]
fn a_fingerprint_is_read_as_others_write_it() {
    let pin = Pin::of(b"");
    // SHA-256 of nothing, FIPS 180-4's own.
    let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(pin.to_string(), hex);
    let colons: Vec<String> =
        hex.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).to_uppercase()).collect();
    for text in [hex.to_owned(), format!("sha256:{hex}"), colons.join(":"), colons.join(" ")] {
        assert_eq!(text.parse(), Ok(pin), "{text}");
    }
    for text in ["", "e3b0", &hex[..62], &format!("{hex}00"), &hex.replace('e', "g")] {
        assert_eq!(text.parse::<Pin>(), Err(PinError), "{text}");
    }
}

#[test]
fn a_changed_certificate_is_never_taken_for_a_new_one() {
    let (old, new) = (Pin::of(b"old"), Pin::of(b"new"));
    let mut known = Known::default();
    let bmc = address("192.0.2.7");
    assert_eq!(known.standing(&bmc, old), Standing::New);
    assert!(known.learn(&bmc, old));
    // With or without the port that is meant anyway.
    assert_eq!(known.standing(&address("192.0.2.7:443"), old), Standing::Known);
    assert_eq!(known.standing(&bmc, new), Standing::Changed { was: old });
    assert!(!known.learn(&bmc, new));
    assert_eq!(known.pin(&bmc), Some(old));
    assert_eq!(known.standing(&address("192.0.2.7:8443"), new), Standing::New);
    assert!(known.forget(&bmc) && !known.forget(&bmc));
    assert_eq!(known.standing(&bmc, new), Standing::New);
}

#[test]
fn a_store_with_a_line_that_cannot_be_read_is_refused_whole() {
    let pin = Pin::of(b"one");
    let other = Pin::of(b"other");
    let text = format!("# ours\n\n192.0.2.7:443 {pin}\n[2001:db8::7]:8443   {pin}\n");
    let known = Known::parse(&text).expect("a store");
    assert_eq!(known.pin(&address("192.0.2.7")), Some(pin));
    assert_eq!(Known::parse(&known.text()), Ok(known));
    for (text, line) in [
        ("192.0.2.7:443\n".to_owned(), 1),
        (format!("\n192.0.2.7:443 {pin} x\n"), 2),
        (format!("192.0.2.777 {pin}\n"), 1),
        (format!("192.0.2.7 {pin}\n192.0.2.7:443 {other}\n"), 2),
    ] {
        assert_eq!(Known::parse(&text), Err(KnownError { line }), "{text}");
    }
}

proptest! {
    #[test]
    fn no_store_is_too_much_for_it(text in "([0-9a-f:. #\n]|192\\.0\\.2\\.7){0,80}") {
        if let Ok(known) = Known::parse(&text) {
            prop_assert_eq!(Known::parse(&known.text()), Ok(known));
        }
    }
}
