//! Journals: cut short is fine and said, another volume's or a damaged one is refused, and
//! one on the disk that it tells of is never begun.

use std::fs::{self, File};
use std::path::Path;

use libtest_mimic::Failed;

use crate::lab::Lab;
use crate::writer::{Journal, Writer, after_crash, judge};
use crate::{Case, Outcome};

pub(crate) const CASES: &[Case] = &[
    ("a_journal_cut_in_a_record_is_used_and_the_cut_is_said", cut),
    ("a_journal_of_another_device_is_refused", of_another),
    ("a_journal_damaged_in_its_middle_judges_nothing", damaged),
    ("a_journal_on_a_filesystem_over_the_same_disk_is_refused", over_the_same_disk),
];

fn written(device: &str) -> Result<Journal, Failed> {
    let journal = Journal::new()?;
    let more = ["--bs", "4k", "--passes", "2"];
    let (code, document) = Writer::start(device, &journal.path(), &more)?.end()?;
    assert_eq!(code, Some(0), "{document:#}");
    Ok(journal)
}

fn cut(lab: &mut Lab) -> Outcome {
    let (_image, device) = lab.blank()?;
    let journal = written(&device)?;
    let whole = journal.bytes();
    File::options().write(true).open(journal.path())?.set_len(whole - 45)?;
    let (code, document) = judge(&device, &journal.path())?;
    assert_eq!(code, Some(0), "{document:#}");
    // Two records are touched by 45 bytes; 19 bytes of the first are left.
    assert_eq!(document["journal"]["cut_bytes"], 19, "{document:#}");
    assert_eq!(document["journal"]["closed"], false);
    Ok(None)
}

fn of_another(lab: &mut Lab) -> Outcome {
    let (_image, device) = lab.blank()?;
    let (_other_image, other) = lab.blank()?;
    let journal = written(&device)?;
    refuses(&other, &journal.path(), 2, "is not this target's")?;
    Ok(None)
}

fn damaged(lab: &mut Lab) -> Outcome {
    let (_image, device) = lab.blank()?;
    let journal = written(&device)?;
    let mut bytes = fs::read(journal.path())?;
    let at = 128 + 32 * 100 + 9;
    *bytes.get_mut(at).ok_or("the journal is longer")? ^= 1;
    fs::write(journal.path(), bytes)?;
    refuses(&device, &journal.path(), 3, "is damaged")?;
    fs::write(journal.path(), b"no journal")?;
    refuses(&device, &journal.path(), 3, "this is no journal")?;
    Ok(None)
}

fn refuses(device: &str, journal: &Path, code: i32, sentence: &str) -> Result<(), Failed> {
    let output = after_crash(device, journal)?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(sentence), "{said}");
    assert!(output.stdout.is_empty());
    Ok(())
}

/// A loop device and a filesystem on another one, both in files of one disk.
fn over_the_same_disk(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.blank()?;
    let before = fs::read(&image)?;
    let (_other_image, formatted) = lab.ext4()?;
    let place = lab.mount(&formatted, "rw")?;
    for journal in [place.join("journal"), lab.path("journal")] {
        let child = Writer::start(&device, &journal, &[])?;
        let said = child.refused(2)?;
        assert!(said.contains("is on the disk that is verified"), "{said}");
        assert!(!journal.exists());
    }
    assert!(fs::read(&image)? == before, "nothing was written");
    Ok(None)
}
