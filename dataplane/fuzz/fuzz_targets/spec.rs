//! Any text as a desired state: refused with a reason that has its place, or read and judged by.
//!
//! `cargo fuzz run -s none spec -- -max_len=16384 -rss_limit_mb=512 -timeout=5`

#![no_main]

use dataplane::firewall::explain::{Question, explain};
use dataplane::firewall::judge::{Judge, has_address};
use dataplane::spec;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let state = match spec::read("fuzz", &text) {
        Ok(state) => state,
        Err(errors) => {
            assert!(errors.count() > 0);
            let lines = text.split('\n').count();
            for fault in &errors.faults {
                assert!((1..=lines).contains(&fault.place.line), "{fault}");
                assert!(!fault.what.zh.is_empty() && !fault.what.en.is_empty());
            }
            return;
        }
    };
    // What was read is settled: every name leads somewhere.
    assert!(state.ports.values().all(|port| state.networks.contains_key(&port.network)));
    assert!(state.networks.values().all(|network| (1..1 << 24).contains(&network.vni)));
    let judge = Judge::new(&state);
    for (from, one) in state.ports.iter().take(4) {
        assert!(one.groups.iter().all(|group| state.groups.contains_key(group)));
        assert!(one.addresses.iter().all(|address| has_address(one, *address)));
        for to in state.ports.keys().chain(state.remotes.keys()).take(8) {
            let question = Question {
                from: from.clone(),
                to: to.clone(),
                protocol: 6,
                destination_port: Some(443),
                ..Question::default()
            };
            if let Ok(answer) = explain(&judge, &question) {
                assert_eq!(
                    answer.passes,
                    answer.packets.iter().all(|packet| packet.passes) && !answer.packets.is_empty()
                );
            }
        }
    }
});
