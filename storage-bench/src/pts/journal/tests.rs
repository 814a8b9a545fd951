//! A journal cut anywhere is the test where it stood; what it cannot know, it does not claim.

use std::collections::BTreeMap;

use super::*;
use crate::measurement::{Doubt, Mode, Subject};
use crate::observed::{Observed, Stream, Window};
use crate::summary::{Context, run};
use crate::workload::{Op, Region, Spec};

const GIB: u64 = 1 << 30;

fn settings(test: &[Test]) -> Settings {
    let options = Options::fast(Test::Iops, GIB, 512);
    Settings {
        test: test.to_vec(),
        span_bytes: options.span_bytes,
        block_bytes: 512,
        iodepth: 4,
        threads: 1,
        cell_ns: 1_000_000_000,
        write_cache: "unknown".to_owned(),
        watch_rounds: 0,
        fast: true,
        seed: 1,
    }
}

fn begin(test: &[Test]) -> Journal {
    let target = Fingerprint { path: "/dev/zram7".to_owned(), ..Fingerprint::default() };
    Journal::begin(target, settings(test), Platform::default()).unwrap()
}

fn measured(case: String, workload: Spec, bytes: u64, doubts: Vec<Doubt>) -> Box<Run> {
    let op = if workload.read_percent == 100 { Op::Read } else { Op::Write };
    let mut stream = Stream { bytes, ..Stream::default() };
    stream.service.record_n(300_000, 1_000);
    let observed = Observed {
        elapsed_ns: 1_000_000_000,
        streams: BTreeMap::from([((op, Region::Hot), stream)]),
        windows: vec![Window { ios: 100, bytes: 100 }; 10],
        ..Observed::default()
    };
    let context = Context {
        id: case.clone(),
        case,
        subject: Subject { path: "/dev/zram7".to_owned(), ..Subject::default() },
        mode: Mode::Throughput,
        workload,
        iodepth: 4,
        threads: 1,
        offered_iops: None,
        started_at: "2026-11-25T08:00:00Z".to_owned(),
        ramp_ns: 0,
        cap_iops: None,
        steady: None,
        hit: None,
        reduction: None,
    };
    Box::new(run(context, &observed, doubts))
}

fn counted(bytes: u64) -> Written {
    Written { boot: Some("b".to_owned()), bytes: Some(bytes) }
}

/// Returns the next line of a test, as its driver would write it; `None` where it is done.
fn next(journal: &Journal, at: u64) -> Option<Entry> {
    let test = journal.current()?;
    let written = counted(at);
    let word = case_of(test.options().test);
    Some(match test.next() {
        Step::Purge => Entry::Purged { how: None, written },
        Step::Precondition { workload, write_bytes, .. } => {
            let run = measured(format!("{word}precondition"), workload, write_bytes, Vec::new());
            Entry::Preconditioned { run, written }
        }
        Step::Cell { cell, round, workload, .. } => {
            let run = measured(format!("{word}{round}.{cell}"), workload, 4 << 20, Vec::new());
            Entry::Cell { cell, run, written }
        }
        Step::Done => return None,
    })
}

/// Runs tests to their end and returns the lines with them.
fn lines(journal: &mut Journal) -> Vec<String> {
    let mut lines = vec![serde_json::to_string(&journal.first()).unwrap()];
    while let Some(entry) = next(journal, 0) {
        lines.push(serde_json::to_string(&entry).unwrap());
        journal.take(entry).unwrap();
    }
    lines
}

#[test]
fn a_journal_cut_anywhere_is_the_test_where_it_stood() {
    let mut whole = begin(&[Test::Latency, Test::Throughput]);
    let lines = lines(&mut whole);
    let reports = whole.reports();
    assert_eq!(reports.len(), 2);
    assert!(reports.iter().all(|report| report.part[0].steady && report.subject.is_some()));
    for kept in 1..=lines.len() {
        let mut text = lines[..kept].join("\n") + "\n";
        let length = text.len();
        // What a crash left of the next line is as if it had not been begun.
        if let Some(next) = lines.get(kept) {
            text.push_str(&next[..next.len() / 2]);
        }
        let (mut read, good) = Journal::read(text.as_bytes()).unwrap();
        assert_eq!(good, length);
        for line in &lines[kept..] {
            assert!(read.current().is_some());
            read.take(serde_json::from_str(line).unwrap()).unwrap();
        }
        assert!(read.current().is_none());
        assert_eq!(read.reports(), reports, "cut after {kept} lines");
    }
}

#[test]
fn a_damaged_journal_is_refused_by_line() {
    let mut journal = begin(&[Test::Latency]);
    let mut text = lines(&mut journal);
    text.truncate(5);
    for (at, line, want) in [
        (2, "{}", "line 3 is not one of a test's journal"),
        (3, text[1].as_str(), "line 4 does not follow from those before it"),
        (0, text[1].as_str(), "it does not begin with `storage-pts/v1`"),
    ] {
        let mut text = text.clone();
        line.clone_into(&mut text[at]);
        let error = Journal::read((text.join("\n") + "\n").as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), want);
    }
    assert!(matches!(Journal::read(b""), Err(JournalError::NotBegun)));
    assert!(matches!(Journal::read(b"{\"begun\":{\"sch"), Err(JournalError::NotBegun)));
}

#[test]
fn a_device_is_untouched_only_where_the_kernel_counts_no_more_than_the_step_wrote() {
    let mut journal = begin(&[Test::Latency]);
    assert!(journal.is_untouched(&counted(7)), "nothing was done yet");
    for at in [100, 200, 300] {
        let entry = next(&journal, at).unwrap();
        journal.take(entry).unwrap();
    }
    // A second of the preconditioning's 1 GiB/s bounds what a cell may write.
    for (now, untouched) in [
        (counted(300), true),
        (counted(300 + GIB), true),
        (counted(301 + GIB), false),
        (counted(299), false),
        (Written { boot: Some("another".to_owned()), bytes: Some(300) }, false),
        (Written { boot: None, bytes: Some(300) }, false),
        (Written { boot: Some("b".to_owned()), bytes: None }, false),
    ] {
        assert_eq!(journal.is_untouched(&now), untouched, "{now:?}");
    }
}

#[test]
fn runs_are_kept_without_their_seconds_and_their_doubts_reach_the_report() {
    let mut journal = begin(&[Test::Latency]);
    for _ in 0..2 {
        let entry = next(&journal, 0).unwrap();
        journal.take(entry).unwrap();
    }
    while let Some(mut entry) = next(&journal, 0) {
        if let Entry::Cell { run, .. } = &mut entry {
            run.reasons = vec![Doubt::new("cpu-bound", "受限", "the client is the limit")];
        }
        journal.take(entry).unwrap();
    }
    assert!(journal.runs().iter().all(|run| run.shape.is_none() && run.second.is_empty()));
    let reasons = &journal.reports()[0].reasons;
    let busy = reasons.iter().find(|reason| reason.code == "cpu-bound").unwrap();
    let want = "cells: 45, first in round 1, 100/0 8 KiB: the client is the limit";
    assert_eq!(busy.en, want);
}

#[test]
fn settings_that_differ_are_named_as_the_options_are() {
    let then = settings(&[Test::Iops]);
    assert!(then.differences(&then).is_empty());
    let now = Settings { iodepth: 16, cell_ns: 5_000_000, ..then.clone() };
    let names: Vec<&str> = then.differences(&now).iter().map(|row| row.0).collect();
    assert_eq!(names, ["--iodepth", "--cell-time"]);
}
