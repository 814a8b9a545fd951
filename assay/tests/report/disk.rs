//! Reports on disk: whole or not at all, and nobody else's folder touched.

use std::{fs, os::unix::fs::symlink, path::Path};

use assay::report::{
    batch, decide,
    digest::Digests,
    folder::{self, FolderError},
    sign::{SecretKey, Signer},
    verify::{self, Options},
    write::{self, WriteError},
};

use crate::fixture::{self, BOTH, person};

fn line(path: &Path) -> String {
    verify::verify(path, &Options::default()).unwrap().line()
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_report_is_written_verified_revised_signed_and_read_back() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("out/assay-report");
    let (report, placed) = fixture::first();
    let written = write::write(&dir, &report, &placed, BOTH).unwrap();
    assert_eq!(written.moved, None);
    assert_eq!(line(&dir), "intact, unsigned");
    assert_eq!(
        names(&dir),
        [
            "evidence",
            "index.html",
            "junit.xml",
            "manifest.json",
            "ocp-tv.jsonl",
            "result.columns.csv",
            "result.csv",
            "result.json",
            "summary.csv"
        ]
    );
    let before = folder::load(&dir.join("result.json")).unwrap();
    assert_eq!(before.report, report);

    let making = fixture::making(&before.report);
    let attestation = decide::Attestation {
        check: "bms1.brand".to_owned(),
        conform: true,
        how: assay::report::document::How::OnSite,
        person: person("王", "总监", "监理"),
        reason: "铭牌".to_owned(),
        evidence: vec![assay::report::evidence::EvidenceFile {
            path: "../铭牌.jpg".to_owned(),
            bytes: b"jpg".to_vec(),
            locator: "attested:铭牌.jpg".to_owned(),
        }],
    };
    let (next, new) = decide::attest(&before.report, vec![attestation], making.clone()).unwrap();
    let second = write::revise(&dir, &dir, &next, &new, BOTH).unwrap();
    assert_ne!(second.code, written.code);
    assert_eq!(line(&dir), "intact, unsigned");
    assert!(dir.join("revisions/1/result.json").is_file());
    assert!(dir.join("evidence/attested/bms1.brand").is_dir());
    assert_eq!(names(temp.path().join("out").as_path()), ["assay-report"], "nothing is left over");

    // The same decision again is on a revision that is no longer there.
    let again = write::revise(&dir, &dir, &next, &new, BOTH);
    assert!(matches!(again, Err(WriteError::Overtaken { .. })), "{again:?}");

    let key = SecretKey::parse("key", &"07".repeat(32)).unwrap();
    let signer = |name: &str| Signer {
        name: name.to_owned(),
        role: "监理单位".to_owned(),
        stage: None,
        at: "2026-11-25T09:00:00+08:00".to_owned(),
    };
    assert_eq!(write::sign(&dir, &key, signer("甲")).unwrap().1, 1);
    let other = SecretKey::parse("key", &"08".repeat(32)).unwrap();
    assert_eq!(write::sign(&dir, &other, signer("乙")).unwrap().1, 2);
    let keys = vec![key.public(), other.public()];
    let signed =
        verify::verify(&dir, &Options { keys, expect: Some(second.code), ..Options::default() })
            .unwrap();
    assert_eq!(
        signed.line(),
        format!("intact, signed by {}, {}", key.public().id(), other.public().id())
    );

    let third = folder::load(&dir).unwrap();
    let making = decide::Making { predecessor: third.digests, ..making };
    write::revise(&dir, &dir, &decide::rerender(&third.report, making), &[], BOTH).unwrap();
    assert_eq!(line(&dir), "intact, unsigned");
    assert!(dir.join("revisions/2/signatures.json").is_file(), "the signed revision is kept");
    let loaded = folder::load(&dir).unwrap();
    let aside = temp.path().join("aside");
    let making = fixture::making(&loaded.report);
    write::revise(&dir, &aside, &decide::rerender(&loaded.report, making), &[], BOTH).unwrap();
    assert_eq!(line(&aside), "intact, unsigned");
    assert_eq!(folder::load(&dir).unwrap().report.revision.number, 3, "the old one stays");
    fs::write(dir.join("revisions/1/result.json"), b"{}").unwrap();
    assert_eq!(line(&dir), "altered: revisions/1/result.json");
}

#[test]
fn a_report_in_the_way_moves_aside_and_anything_else_refuses() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("assay-report");
    let (report, placed) = fixture::first();
    write::write(&dir, &report, &placed, BOTH).unwrap();
    for number in 1..=2 {
        let written = write::write(&dir, &report, &placed, BOTH).unwrap();
        assert_eq!(written.moved, Some(temp.path().join(format!("assay-report.{number}"))));
    }
    assert_eq!(names(temp.path()), ["assay-report", "assay-report.1", "assay-report.2"]);
    assert_eq!(line(&temp.path().join("assay-report.1")), "intact, unsigned");

    let home = temp.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("thesis.tex"), b"x").unwrap();
    let file = temp.path().join("file");
    fs::write(&file, b"x").unwrap();
    let link = temp.path().join("link");
    symlink(&home, &link).unwrap();
    for taken in [&home, &file, &link] {
        let refused = write::write(taken, &report, &placed, BOTH);
        assert!(matches!(refused, Err(WriteError::Occupied { .. })), "{refused:?}");
    }
    assert_eq!(names(&home), ["thesis.tex"]);
    let empty = temp.path().join("empty");
    fs::create_dir(&empty).unwrap();
    write::write(&empty, &report, &placed, BOTH).unwrap();
    assert_eq!(line(&empty), "intact, unsigned");
}

#[test]
fn evidence_that_is_not_what_the_report_indexes_is_not_written() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("assay-report");
    let (report, placed) = fixture::first();
    let mut other = placed.clone();
    other[0].bytes.push(0);
    for wrong in [&placed[1..], &other] {
        let refused = write::write(&dir, &report, wrong, BOTH);
        assert!(matches!(refused, Err(WriteError::Evidence { .. })), "{refused:?}");
    }
    assert!(names(temp.path()).is_empty());
}

#[test]
fn a_link_in_a_report_is_an_alteration_and_no_way_out() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("assay-report");
    let (report, placed) = fixture::first();
    write::write(&dir, &report, &placed, BOTH).unwrap();
    let copy = temp.path().join("copy");
    fs::rename(dir.join("index.html"), &copy).unwrap();
    symlink(&copy, dir.join("index.html")).unwrap();
    assert_eq!(line(&dir), "altered: index.html");
    fs::remove_file(dir.join("index.html")).unwrap();
    fs::rename(&copy, dir.join("index.html")).unwrap();
    assert_eq!(line(&dir), "intact, unsigned");
    fs::create_dir(dir.join("evidence/more")).unwrap();
    assert_eq!(line(&dir), "altered: evidence/more");
}

#[test]
fn an_altered_report_is_neither_merged_nor_revised_nor_signed() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("assay-report");
    let (report, placed) = fixture::first();
    write::write(&dir, &report, &placed, BOTH).unwrap();
    fs::write(dir.join("evidence/proc/cpuinfo"), b"other").unwrap();
    let refused = folder::load(&dir).unwrap_err();
    assert!(matches!(refused, FolderError::Altered { .. }), "{refused:?}");
    assert!(refused.to_string().ends_with("is refused: altered: evidence/proc/cpuinfo"));
    let revised = write::revise(&dir, &dir, &report, &placed, BOTH);
    assert!(matches!(revised, Err(WriteError::Folder(FolderError::Altered { .. }))));
    let key = SecretKey::parse("key", &"07".repeat(32)).unwrap();
    let signer =
        Signer { name: "甲".to_owned(), role: "乙".to_owned(), stage: None, at: String::new() };
    assert!(write::sign(&dir, &key, signer).is_err());
    let nothing = folder::read(temp.path()).unwrap_err();
    assert!(matches!(nothing, FolderError::NotAReport { .. }));
}

#[test]
fn reports_of_many_machines_merge_into_one_batch_on_disk() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("batch");
    let batch = fixture::batch(4);
    write::write_batch(&dir, &batch, BOTH).unwrap();
    assert_eq!(line(&dir), "intact, unsigned");
    assert_eq!(names(&dir), ["index.html", "manifest.json", "result.csv", "result.json"]);
    assert!(matches!(folder::load(&dir), Err(FolderError::Kind { .. })));
    assert_eq!(batch.exit_code(), 1);
    assert_eq!(batch.outcomes, batch::Outcomes { accepted: 1, not_accepted: 3, incomplete: 0 });
    assert!(batch.machines.iter().flat_map(|machine| &machine.rows).all(|row| {
        row.decision.is_some() || row.verdict == profiles::Verdict::Fail || row.verdict.is_open()
    }));

    let (report, placed) = fixture::first();
    let one = temp.path().join("one");
    write::write(&one, &report, &placed, BOTH).unwrap();
    let loaded = || folder::load(&one).unwrap();
    let twice = batch::merge(vec![loaded(), loaded()], batch::Options::default());
    assert!(matches!(twice, Err(batch::MergeError::SameMachine { .. })), "{twice:?}");
    assert!(matches!(
        batch::merge(vec![], batch::Options::default()),
        Err(batch::MergeError::Nothing)
    ));
    assert_eq!(loaded().digests, Digests::of(&fs::read(one.join("result.json")).unwrap()));
}
