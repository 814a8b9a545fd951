//! Any bytes as what the kernel says: dumps of rules, connections, errors. None of it panics, and
//! a connection that was read is named the same when it is cut.
//!
//! `cargo fuzz run -s none netlink -- -max_len=16384 -rss_limit_mb=512 -timeout=5`

#![no_main]

use dataplane::conntrack;
use dataplane::kernel::socket::outcomes;
use dataplane::nft::decode::Reading;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for (_number, outcome) in outcomes(bytes) {
        if let Err(error) = outcome {
            assert!(error.errno > 0);
        }
    }
    if let Some(connection) = conntrack::decode(bytes) {
        assert_eq!(conntrack::decode(&conntrack::cut(&connection)), Some(connection));
    }
    let mut reading = Reading::default();
    let mut rest = bytes;
    // A kind and a length before each body.
    while let [kind, length, behind @ ..] = rest {
        let (body, others) = behind.split_at(behind.len().min(usize::from(*length) * 4));
        // What is damaged is told; what matters here is that the rest is read.
        let _told = match kind % 5 {
            0 => reading.table(body),
            1 => reading.chain(body),
            2 => reading.set(body),
            3 => reading.elements(body),
            _ => reading.rule(body),
        };
        rest = others;
    }
    for (family, set) in reading.sets() {
        assert!(reading.has(family));
        let _counted = reading.count(family, &set);
    }
    let (ruleset, _foreign) = reading.finish();
    // No range ends where it begins: that is a single key.
    for table in [&ruleset.inet, &ruleset.netdev].into_iter().flatten() {
        for element in table.sets.values().flat_map(|set| set.elements.keys()) {
            assert!(element.last.as_deref() != Some(&element.key));
        }
    }
});
