//! The journal on disk: one run at a time, and what the one before has left.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;

use dataplane::journal::{End, Log, Past, Record};
use dataplane::kernel::journal::{Journal, JournalError};

/// A folder that is gone when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("assay-{name}-{}", std::process::id()));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir(&folder).expect("it is sound");
        Self(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn begin(generation: u64) -> Record {
    let devices = ["p1".parse().expect("it is sound")].into();
    Record::Begin { generation, digest: "d".to_owned(), steps: 2, devices }
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).expect("it is sound").permissions().mode() & 0o777
}

#[test]
fn a_second_run_is_told_which_process_has_the_lock() {
    let scratch = Scratch::new("journal-lock");
    let folder = scratch.0.join("deep/dataplane");
    let first = Journal::open(&folder).unwrap();
    assert_eq!(first.past(), &Past::default());
    assert_eq!(mode(&folder), 0o700);
    match Journal::open(&folder).unwrap_err() {
        error @ JournalError::Locked { .. } => {
            let id = std::process::id();
            let said = format!("another run is changing this node (process {id})");
            assert_eq!(error.to_string(), said);
            assert!(error.hint().is_some());
        }
        other => panic!("{other}"),
    }
    drop(first);
    Journal::open(&folder).unwrap();
}

#[test]
fn what_a_run_wrote_is_read_by_the_next() {
    let scratch = Scratch::new("journal-past");
    let mut journal = Journal::open(&scratch.0).unwrap();
    assert!(journal.append(&Record::Performed { steps: 1 }, false).is_err(), "nothing has begun");
    journal.append(&begin(4), true).unwrap();
    journal.append(&Record::Performed { steps: 1 }, false).unwrap();
    drop(journal);
    // Cut off: the devices that it began to make are told.
    let mut journal = Journal::open(&scratch.0).unwrap();
    let past = journal.past().clone();
    assert!(past.is_unfinished());
    assert_eq!((past.generation, past.performed, past.steps), (4, 1, 2));
    assert_eq!(past.began, ["p1".parse().unwrap()].into());
    assert_eq!(mode(&scratch.0.join("journal")), 0o600);
    journal.append(&begin(5), true).unwrap();
    journal.append(&Record::End(End::Done), true).unwrap();
    drop(journal);
    let past = Journal::open(&scratch.0).unwrap().past().clone();
    assert_eq!((past.generation, past.end), (5, Some(End::Done)));
    // What stood in the place of a journal is no more than a torn one.
    fs::write(scratch.0.join("journal"), [0xff; 100]).unwrap();
    assert_eq!(Journal::open(&scratch.0).unwrap().past(), &Past::default());
}

#[test]
fn a_folder_that_others_could_write_is_closed_and_a_link_is_none() {
    let scratch = Scratch::new("journal-folder");
    let folder = scratch.0.join("open");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    drop(Journal::open(&folder).unwrap());
    assert_eq!(mode(&folder), 0o700);
    let link = scratch.0.join("link");
    symlink(&folder, &link).unwrap();
    let error = Journal::open(&link).unwrap_err();
    assert!(matches!(error, JournalError::NoFolder { .. }), "{error}");
}
