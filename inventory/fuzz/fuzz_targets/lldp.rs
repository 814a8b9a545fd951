//! Any bytes as an LLDPDU, as a frame, as a capture, and as what lldpcli and
//! lshw print.
//!
//! `cargo fuzz run -s none lldp -- -max_len=8192 -rss_limit_mb=512 -timeout=5`

#![no_main]

use inventory::import::{lldp, lshw};
use inventory::lldp::{decode, decode_frame};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let neighbour = decode(bytes);
    assert_eq!(neighbour.damaged, neighbour.damage.is_some(), "damage is always told");
    // What came before the cut stands.
    let part = decode(&bytes[..bytes.len() / 2]);
    assert!(part.chassis_id.is_none() || part.chassis_id == neighbour.chassis_id);
    assert!(part.port_id.is_none() || part.port_id == neighbour.port_id);
    if let Some(framed) = decode_frame(bytes) {
        assert!(framed.source_mac.is_some(), "a frame has a sender");
    }
    if let Ok(inventory) = lldp::import("fuzz", bytes) {
        assert!(inventory.lldp.len() <= 512, "neighbours are bounded");
    }
    if let Ok(inventory) = lshw::import("fuzz", bytes) {
        assert!(!inventory.sections.is_empty(), "every import says what it knows");
    }
});
