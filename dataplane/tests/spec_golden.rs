//! Every bad file in `tests/spec/bad` is refused with exactly the sentences beside it, in both
//! languages; every good one is read.
//!
//! `ASSAY_UPDATE_GOLDEN=1` writes the sentences; they are then to be read before they are
//! committed.

use std::fs;
use std::path::{Path, PathBuf};

use dataplane::spec::{self, SpecErrors};

fn files(folder: &str) -> Vec<(PathBuf, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec").join(folder);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml" || end == "json"))
        .collect();
    files.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("it is text");
        (path, name, text)
    };
    files.into_iter().map(read).collect()
}

fn said(errors: &SpecErrors) -> String {
    let mut lines = Vec::new();
    for fault in &errors.faults {
        let message = fault.message();
        lines.extend([message.zh, message.en]);
        if let Some(hint) = &fault.hint {
            lines.extend([format!("  {}", hint.zh), format!("  {}", hint.en)]);
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn bad_files_are_refused_with_their_line_what_is_wrong_and_a_hint() {
    let update = std::env::var_os("ASSAY_UPDATE_GOLDEN").is_some();
    let files = files("bad");
    assert!(files.len() >= 35, "{} bad files", files.len());
    for (path, name, text) in files {
        let errors = spec::read(&name, &text).expect_err(&name);
        assert!(errors.count() > 0, "{name}");
        let (golden, said) = (path.with_extension("txt"), said(&errors));
        if update {
            fs::write(golden, said).unwrap();
            continue;
        }
        let wanted = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(said, wanted, "{name}");
    }
}

#[test]
fn every_sentence_is_whole_in_both_languages() {
    for (_, name, text) in files("bad") {
        for fault in spec::read(&name, &text).unwrap_err().faults {
            let sentences = [Some(fault.message()), fault.hint];
            for text in sentences.into_iter().flatten() {
                for side in [&text.zh, &text.en] {
                    assert!(!side.is_empty() && !side.ends_with(['.', '。']), "{name}: {side}");
                    assert!(!side.contains("{0}") && !side.contains("{1}"), "{name}: {side}");
                }
                let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..'\u{a000}').contains(&c));
                assert!(!han(&text.en), "{name}: {}", text.en);
            }
        }
    }
}

#[test]
fn good_files_are_read() {
    for (_, name, text) in files("good") {
        if let Err(errors) = spec::read(&name, &text) {
            panic!("{name}:\n{}", said(&errors));
        }
    }
}
