//! Any bytes as a table: found, walked, shown and turned into the model.
//!
//! `cargo fuzz run -s none smbios -- -max_len=8192 -rss_limit_mb=512 -timeout=5`

#![no_main]

use inventory::smbios::{inventory, parse, parse_pair, raw};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(table) = parse(bytes) {
        let shown = raw(&table);
        assert_eq!(shown.len(), table.structures().len(), "every structure is shown");
        let model = inventory(&table, Some("fuzz"), None);
        let count = |kind| table.structures().filter(|structure| structure.kind == kind).count();
        assert_eq!(model.dimm.len(), count(17), "every memory device is in the model");
        assert_eq!(model.slot.len(), count(9), "every slot is in the model");
    }
    let (entry, table) = bytes.split_at(bytes.len().min(0x20));
    if let Ok(table) = parse_pair(entry, table) {
        inventory(&table, None, None);
    }
});
