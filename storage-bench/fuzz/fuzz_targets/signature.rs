//! Any bytes as the start and the end of a disk.
//!
//! `cargo fuzz run -s none signature -- -max_len=300000 -rss_limit_mb=512 -timeout=5`

#![no_main]

use libfuzzer_sys::fuzz_target;
use storage_bench::signature::scan;

fuzz_target!(|bytes: &[u8]| {
    // The first bytes say where the start ends, the rest is start and end of the disk.
    let Some((cut, bytes)) = bytes.split_first_chunk::<2>() else { return };
    let cut = usize::from(u16::from_le_bytes(*cut)) * 16;
    let (head, tail) = bytes.split_at(cut.min(bytes.len()));
    for size in [bytes.len() as u64, head.len() as u64, 1 << 40, u64::MAX] {
        let contents = scan(head, tail, size);
        for found in &contents.signatures {
            assert!(!found.to_string().chars().any(char::is_control), "a mark can be printed");
        }
        if contents.blank {
            assert!(contents.signatures.is_empty(), "zeros are no mark");
        }
    }
});
