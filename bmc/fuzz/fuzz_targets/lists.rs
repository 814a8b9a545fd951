//! Any bytes as a list of hosts (CSV, TOML), as words that name targets, and as a store of known
//! certificates: read without a panic, in bounded memory, and what is written reads back.

#![no_main]

use bmc::{
    hosts::{csv, toml},
    target::{MOST, Target},
    trust::Known,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(hosts) = csv(bytes) {
        assert!(!hosts.is_empty());
    }
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(hosts) = toml(text) {
        assert!(!hosts.is_empty());
    }
    for word in text.split_whitespace() {
        if let Ok(target) = word.parse::<Target>() {
            assert!(target.count() <= MOST);
            assert_eq!(target.to_string().parse::<Target>().as_ref(), Ok(&target));
        }
    }
    if let Ok(known) = Known::parse(text) {
        assert_eq!(Known::parse(&known.text()), Ok(known));
    }
});
