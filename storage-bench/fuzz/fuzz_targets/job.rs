//! Any text as a job file, and as a command line.
//!
//! `cargo fuzz run -s none job -- -max_len=8192 -rss_limit_mb=512 -timeout=5`

#![no_main]

use libfuzzer_sys::fuzz_target;
use storage_bench::job::export::export;
use storage_bench::job::file::{self, Surroundings};
use storage_bench::job::{Job, Target};

/// A world in which every variable has a value and every file includes another one.
struct World;

impl Surroundings for World {
    fn variable(&self, name: &str) -> Option<String> {
        Some(name.repeat(2))
    }

    fn include(&self, from: &str, path: &str) -> Result<(String, String), String> {
        Ok((path.to_owned(), format!("bs=8k\ninclude {from}\n")))
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let words: Vec<String> = text.split('\0').map(str::to_owned).collect();
    let files = file::parse("fuzz.fio", text, &World);
    for jobs in [files, Job::from_words(&words)].into_iter().flatten() {
        for job in &jobs {
            check(job);
        }
    }
});

fn check(job: &Job) {
    let text = export(job);
    // Waiting is for jobs before, of which an export knows nothing but the wall.
    let again = file::parse("export.fio", &text, &file::Alone);
    assert_eq!(again.as_deref(), Ok(std::slice::from_ref(job)), "{text}");
    for bytes in [0, 4095, 1 << 20, 1 << 40, u64::MAX] {
        let target = Target { bytes, thread: job.numjobs - 1, file: job.file_count() - 1 };
        if let Ok(spec) = job.spec(&target, 1) {
            let end = spec.start_bytes.checked_add(spec.span_bytes);
            assert!(end.is_some_and(|end| end <= bytes), "within the target: {text}");
            assert!(spec.span_bytes >= u64::from(job.largest_block()));
        }
        let _ = job.until(bytes);
    }
    assert!(!job.files(0).is_empty());
    assert_eq!(job.require(&job.needs()), Ok(()));
}
