//! Any bytes as dumps of devices, addresses, routes, entries and neighbours, and as events.
//!
//! `cargo fuzz run -s none links -- -max_len=16384 -rss_limit_mb=512 -timeout=5`
//!
//! The input is a row of messages: which dump, the length of the body, the body.

#![no_main]

use dataplane::kernel::Interest;
use dataplane::kernel::links::collect::{Addresses, Entries, Links, Routes, seen};
use dataplane::kernel::watch::Concern;
use dataplane::wanted::Wanted;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut messages = Vec::new();
    let mut rest = bytes;
    while let Some(([dump, low, high], behind)) = rest.split_first_chunk() {
        let length = usize::from(u16::from_le_bytes([*low, *high])).min(behind.len());
        let (body, next) = behind.split_at(length);
        messages.push((dump % 5, body));
        rest = next;
    }
    let mut links = Links::default();
    let (mut addresses, mut routes) = (Addresses::default(), Routes::default());
    for (dump, body) in &messages {
        match dump {
            0 => links.hear(body),
            1 => addresses.hear(body),
            2 => routes.hear(body),
            3 => routes.hear_nexthop(body),
            _ => {}
        }
    }
    let interest = Interest { devices: ["p1".parse().unwrap()].into() };
    let mut entries = Entries::new(&links, &interest);
    for (_dump, body) in messages.iter().filter(|(dump, _body)| *dump == 4) {
        entries.hear(body);
    }
    let seen = seen(&links, addresses, entries, &routes);
    // What was seen names devices that were seen, and is never more than what was said.
    let known = |device| seen.links.contains_key(device);
    assert!(seen.links.len() <= messages.len());
    assert!(seen.forwarding.keys().all(|key| known(&key.device)));
    assert!(seen.neighbours.keys().all(|key| known(&key.device)));
    assert!(seen.routed_devices.iter().all(known));
    let devices = seen.links.values();
    let named = devices.flat_map(|link| link.master.iter().chain(&link.peer));
    for device in named {
        assert!(known(device), "{device} was not seen");
    }
    let mut concern = Concern::new(&Wanted::default(), &seen, interest.devices.first());
    for (kind, body) in &messages {
        concern.of_route([16, 17, 28, 29, 24][usize::from(*kind)], body);
        Concern::of_rules(0x0a00 | u16::from(*kind), body);
    }
});
