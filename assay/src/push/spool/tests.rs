//! The spool keeps what it took, in order, and refuses what is not its own.

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::PathBuf,
};

use super::*;
use crate::push::entry::{Document, Route};

/// A folder that is gone when the test ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("assay-spool-{}-{name}", std::process::id()));
        drop(fs::remove_dir_all(&path));
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

fn entry(number: u32) -> Entry {
    let route = Route {
        url: "https://cloud.example/".to_owned(),
        token_file: None,
        client_cert: None,
        ca: None,
        insecure_http: false,
    };
    let body = format!("{{\"schema\":\"inventory/v1\",\"n\":{number}}}").into_bytes();
    let document = Document { schema: "inventory/v1".to_owned(), body };
    Entry { route, queued_at: "2026-01-01T00:00:00Z".to_owned(), document }
}

fn open(scratch: &Scratch) -> Spool {
    Spool::open(&scratch.0, Limits::default()).expect("the spool opens")
}

#[test]
fn what_was_queued_comes_back_in_order_and_files_are_the_owners_alone() {
    let scratch = Scratch::new("order");
    let spool = open(&scratch);
    for number in 0..12 {
        assert!(matches!(spool.enqueue(&entry(number)), Ok(Queued::New(_))));
    }
    let names = open(&scratch).queued().expect("the queue can be listed");
    let read: Vec<Entry> =
        names.iter().map(|name| spool.read(name).expect("readable").expect("there")).collect();
    assert_eq!(read, (0..12).map(entry).collect::<Vec<_>>());
    let file = scratch.0.join("queue").join(names[0].file());
    let mode = |path: PathBuf| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(file), mode(scratch.0.clone())), (0o600, 0o700));
}

#[test]
fn the_same_document_for_the_same_endpoint_is_queued_once() {
    let scratch = Scratch::new("once");
    let spool = open(&scratch);
    let first = spool.enqueue(&entry(1)).expect("room");
    assert_eq!(spool.enqueue(&entry(1)).expect("room"), Queued::Already(first.name().clone()));
    let mut elsewhere = entry(1);
    elsewhere.route.url.push_str("other");
    assert!(matches!(spool.enqueue(&elsewhere), Ok(Queued::New(_))));
}

#[test]
fn a_full_spool_refuses_and_drops_nothing() {
    let scratch = Scratch::new("full");
    let spool = Spool::open(&scratch.0, Limits { count: 2, bytes: 1 << 20 }).expect("opens");
    for number in 0..2 {
        spool.enqueue(&entry(number)).expect("room");
    }
    assert!(matches!(spool.enqueue(&entry(2)), Err(SpoolError::Full { count: 2, .. })));
    assert_eq!(spool.queued().expect("listed").len(), 2);
    let length = entry(0).encode().expect("UTF-8").len() as u64;
    let small = Spool::open(&scratch.0, Limits { count: 9, bytes: 3 * length - 1 }).expect("opens");
    assert!(matches!(small.enqueue(&entry(2)), Err(SpoolError::Full { .. })));
}

#[test]
fn what_is_refused_is_kept_with_its_reason_and_can_go_back_to_its_place() {
    let scratch = Scratch::new("refused");
    let spool = open(&scratch);
    for number in 0..3 {
        spool.enqueue(&entry(number)).expect("room");
    }
    let before = spool.queued().expect("listed");
    for _ in 0..2 {
        spool.set_aside(&before[1], "422: no such rack").expect("it is there");
        let refused = spool.refused().expect("listed");
        assert_eq!((&refused[0].name, refused[0].why.as_str()), (&before[1], "422: no such rack"));
        assert_eq!(spool.queued().expect("listed"), [before[0].clone(), before[2].clone()]);
        assert_eq!(spool.requeue().expect("moved"), 1);
        assert_eq!(spool.queued().expect("listed"), before);
    }
}

#[test]
fn what_a_killed_writer_left_is_removed_and_counts_for_nothing() {
    let scratch = Scratch::new("killed");
    let spool = open(&scratch);
    let left = scratch.0.join("queue/.tmp-half");
    fs::write(&left, "{\"format\"").expect("ours");
    assert_eq!(spool.queued().expect("listed"), []);
    spool.enqueue(&entry(1)).expect("room");
    assert!(!left.exists());
}

#[test]
fn a_spool_that_others_may_enter_or_that_is_a_link_is_refused() {
    let scratch = Scratch::new("hostile");
    fs::create_dir(&scratch.0).expect("made");
    fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o755)).expect("ours");
    let refused = |result: Result<Spool, SpoolError>| {
        assert!(matches!(result, Err(SpoolError::Hostile { .. })), "{result:?}");
    };
    refused(Spool::open(&scratch.0, Limits::default()));
    fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o700)).expect("ours");

    let link = Scratch::new("link");
    symlink(&scratch.0, &link.0).expect("made");
    refused(Spool::open(&link.0, Limits::default()));
    fs::remove_file(&link.0).expect("there");

    symlink("/tmp", scratch.0.join("queue")).expect("made");
    refused(Spool::open(&scratch.0, Limits::default()));
}

#[test]
fn a_planted_file_in_the_queue_is_refused() {
    let scratch = Scratch::new("planted");
    let spool = open(&scratch);
    let name = spool.enqueue(&entry(1)).expect("room").name().clone();
    let file = scratch.0.join("queue").join(name.file());
    let hostile = |why: &str| {
        let result = spool.read(&name);
        assert!(matches!(result, Err(SpoolError::Hostile { .. })), "{why}: {result:?}");
    };
    fs::hard_link(&file, scratch.0.join("second")).expect("made");
    hostile("second name");
    fs::remove_file(scratch.0.join("second")).expect("there");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("ours");
    hostile("open to others");
    fs::remove_file(&file).expect("there");
    symlink("/etc/passwd", &file).expect("made");
    hostile("link");
    fs::remove_file(&file).expect("there");
    fs::write(&file, "{}\n").expect("ours");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("ours");
    assert!(matches!(spool.read(&name), Err(SpoolError::Damaged { .. })));
}

#[test]
fn one_process_delivers_at_a_time() {
    let scratch = Scratch::new("lock");
    let spool = open(&scratch);
    let held = spool.try_flush_lock().expect("ours").expect("free");
    // A second descriptor is a second holder, as another process would be.
    assert!(open(&scratch).try_flush_lock().expect("ours").is_none());
    drop(held);
    assert!(open(&scratch).try_flush_lock().expect("ours").is_some());
}
