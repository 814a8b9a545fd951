//! Any bytes as a report of dmidecode.
//!
//! `cargo fuzz run -s none dmidecode -- -max_len=16384 -rss_limit_mb=512 -timeout=5`

#![no_main]

use inventory::import::dmidecode::{import, structures};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(found) = structures("fuzz", bytes) {
        let model = import("fuzz", bytes).expect("what has structures has a model");
        let devices = found.iter().filter(|structure| structure.kind == 17).count();
        assert_eq!(model.dimm.len(), devices, "every memory device is in the model");
    }
});
