//! Rings on files made here.

use std::io::{Read, Seek, Write};
use std::os::fd::AsFd;

use super::super::{Polling, Stable, slots};
use super::*;

fn setup() -> Setup {
    Setup {
        slots: 4,
        batch: 2,
        polling: Polling::NotAsked,
        sq_thread: false,
        nop: false,
        stable: Stable::No,
    }
}

fn request(kind: Kind, offset: u64) -> Request {
    Request { kind, file: 0, offset, length: 4096, done: 0 }
}

/// Does one operation and returns its result, and the slot.
fn one(uring: &mut Uring<'_, '_>, slot: Slot, request: &Request) -> (Slot, i32) {
    uring.push(slot, request).unwrap();
    for _ in 0..100 {
        uring.enter(1, 100_000_000).unwrap();
        if let Some(done) = uring.reap() {
            return done;
        }
    }
    panic!("{request:?} did not come back");
}

#[test]
fn what_cannot_be_registered_goes_without() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&[7; 8192]).unwrap();
    let buffers = Buffers::new(4, 4096).unwrap();
    let mut slot = slots(&buffers).pop().unwrap();
    let mut ring = Ring::new(&setup()).unwrap();
    let files = Files::new([file.as_fd()]).unwrap();
    let (mut uring, _) = ring.start(files, buffers, &setup()).unwrap();
    (uring.piece, uring.name_flags, uring.limits_waits) = (None, Flags::empty(), false);
    uring.names = uring.files.raw().into_iter().map(Fd).collect();
    uring.until_trial = u32::MAX;

    uring.buffer(&mut slot, 4096).fill(9);
    let (mut slot, result) = one(&mut uring, slot, &request(Kind::Write, 4096));
    assert_eq!(result, 4096);
    uring.buffer(&mut slot, 4096).fill(0);
    let (mut slot, result) = one(&mut uring, slot, &request(Kind::Read, 0));
    assert_eq!(result, 4096);
    assert_eq!(uring.buffer(&mut slot, 4096), &[7; 4096]);
    let mut tail = Vec::new();
    (&file).seek(io::SeekFrom::Start(4096)).unwrap();
    (&file).read_to_end(&mut tail).unwrap();
    assert_eq!(tail, [9; 4096]);
}

#[test]
fn a_ring_with_fewer_flags_does_the_same() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&[7; 4096]).unwrap();
    for attempt in ATTEMPTS {
        let ring = attempt.builder(&setup(), 4).build(2).unwrap();
        let mut ring = Ring { ring, features: attempt.features(&setup()) };
        let buffers = Buffers::new(4, 4096).unwrap();
        let slot = slots(&buffers).pop().unwrap();
        let files = Files::new([file.as_fd()]).unwrap();
        let (mut uring, features) = ring.start(files, buffers, &setup()).unwrap();
        let (mut slot, result) = one(&mut uring, slot, &request(Kind::Read, 0));
        assert_eq!((result, &*uring.buffer(&mut slot, 4096)), (4096, &[7; 4096][..]));
        let deferred = features.iter().find(|feature| feature.name == "DEFER_TASKRUN").unwrap();
        assert_eq!(deferred.on, attempt.work == Work::Deferred);
    }
}

#[test]
fn a_full_queue_gives_the_slot_back_and_nothing_is_lost() {
    let file = tempfile::tempfile().unwrap();
    file.set_len(65_536).unwrap();
    let buffers = Buffers::new(4, 4096).unwrap();
    let mut free = slots(&buffers);
    let mut ring = Ring::new(&setup()).unwrap();
    let files = Files::new([file.as_fd()]).unwrap();
    let (mut uring, _) = ring.start(files, buffers, &setup()).unwrap();
    let mut done = 0;
    let mut refused = 0;
    while done < 100 {
        while let Some(slot) = free.pop() {
            if let Err(slot) = uring.push(slot, &request(Kind::Read, 4096)) {
                free.push(slot);
                refused += 1;
                break;
            }
        }
        uring.enter(1, 100_000_000).unwrap();
        while let Some((slot, result)) = uring.reap() {
            assert_eq!(result, 4096);
            free.push(slot);
            done += 1;
        }
    }
    assert!(refused > 0 && uring.outstanding == 0);
}

#[test]
fn a_wait_for_what_does_not_come_ends_with_its_time() {
    // Nobody writes to the pipe: a read of it stays outstanding.
    let (reader, writer) = io::pipe().unwrap();
    let buffers = Buffers::new(4, 4096).unwrap();
    let slot = slots(&buffers).pop().unwrap();
    let mut ring = Ring::new(&setup()).unwrap();
    let files = Files::new([reader.as_fd()]).unwrap();
    let (mut uring, _) = ring.start(files, buffers, &setup()).unwrap();
    uring.push(slot, &request(Kind::Read, 0)).unwrap();
    uring.enter(1, 1_000_000).unwrap();
    assert_eq!(uring.reap(), None);
    assert_eq!(uring.outstanding, 1);
    (&writer).write_all(&[5; 4096]).unwrap();
    uring.enter(1, 5_000_000_000).unwrap();
    let (mut slot, result) = uring.reap().unwrap();
    assert_eq!((result, &*uring.buffer(&mut slot, 4096)), (4096, &[5; 4096][..]));
}
