//! The page and tables of the made-up machine.

use std::{fs, path::PathBuf};

use assay::report::{Language, RenderOptions, render};

use crate::fixture;

/// Where what the tests make is left for a person to look at.
fn out(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report").join(name)
}

#[test]
fn the_samples_are_written_for_the_eye() {
    let (report, placed) = fixture::decided();
    for (name, language) in [("zh", Language::Zh), ("en", Language::En), ("both", Language::Both)] {
        let options = RenderOptions { language, junit_strict: false };
        for (path, bytes) in fixture::bundle(&report, &placed, options).files {
            let path = out(name).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        for (path, bytes) in render::batch_bundle(&fixture::batch(12), options).unwrap().files {
            let path = out(&format!("batch-{name}")).join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}
