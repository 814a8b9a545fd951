//! The report says whether it is a result before it says any number, in both languages.

use profiles::Lang;
use storage_bench::{
    measurement::{Latency, Subject, Totals},
    pts::{Options, Pts, Step},
};

use super::*;
use crate::output::Paint;

/// Runs a test on a device that gives `value` for the round, purged or not.
fn run(options: Options, purged: bool, value: impl Fn(usize, Cell) -> u64) -> Report {
    let mut test = Pts::new(options).expect("the device is large enough");
    loop {
        match test.next() {
            Step::Purge => test.purged(purged.then(|| "nvme format -s1".to_owned())),
            Step::Precondition { write_bytes, .. } => {
                test.preconditioned(&Totals { moved_bytes: write_bytes, ..Totals::default() })
            }
            Step::Cell { round, cell, .. } => {
                let value = value(round, cell);
                let service = Latency { mean_ns: value, max_ns: value * 9, ..Latency::default() };
                let (milli_iops, bytes_per_s) = (value, value);
                let totals = Totals { milli_iops, bytes_per_s, service, ..Totals::default() };
                test.record(cell, &totals, &[])
            }
            Step::Done => break,
        }
        .expect("it was asked for");
    }
    let mut report = test.report();
    report.subject = Some(Subject {
        kind: "block".to_owned(),
        path: "/dev/nvme1n1".to_owned(),
        size_bytes: 64 << 30,
        ..Subject::default()
    });
    report
}

fn text_of(report: &Report, lang: Lang) -> String {
    reports(std::slice::from_ref(report), Layout { lang, paint: Paint::Plain, columns: None })
}

#[test]
fn a_result_is_told_with_its_window_and_its_table() {
    let options = Options::standard(Test::Iops, 64 << 30, 512);
    let report = run(options, true, |_, cell| u64::from(cell.block_bytes) * 1_000);
    let page = text_of(&report, Lang::En);
    for line in [
        "PTS IOPS test · /dev/nvme1n1",
        "✓ valid: steady at round 5",
        "purge: nvme format -s1; preconditioning: 128 KiB sequential writes, 137.43 GB",
        "  0/100 4 KiB  mean 4,096  rounds 1–5, range 0 % (≤ 20 %), slope 0 % (≤ 10 %): steady",
        "size \\ read/write  0/100",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    let zh = text_of(&report, Lang::Zh);
    assert!(zh.contains("✓ 有效：第 5 轮达到稳态") && zh.contains("块大小 \\ 读/写"), "{zh}");
}

#[test]
fn what_is_no_result_says_so_first_and_why() {
    let options = Options::fast(Test::Latency, 1 << 30, 4096);
    let fast = run(options, false, |_, _| 81_234);
    let page = text_of(&fast, Lang::En);
    let head: Vec<&str> = page.lines().take(4).collect();
    assert_eq!(
        head,
        [
            "PTS latency test · /dev/nvme1n1",
            "✗ reduced (--fast), no PTS result: steady at round 5",
            "  ! run with --fast: no PTS result (reduced)",
            "  ! the device was not purged (preconditioned with 128 KiB): what it went through \
             before is unknown (not-purged)",
        ]
    );
    assert!(page.contains("longest of the window") && page.contains("731.1 µs"), "{page}");
    assert!(page.contains("cells that the block size forbids: 100/0 512 B"), "{page}");
    let wild = run(Options::standard(Test::Throughput, 64 << 30, 512), true, |round, _| {
        if round.is_multiple_of(2) { 1 } else { 900_000_000 }
    });
    let page = text_of(&wild, Lang::Zh);
    assert!(page.contains("✗ 无效：未得出稳态结果") && page.contains("25 轮未达稳态"), "{page}");
}

#[test]
fn a_share_over_its_limit_never_reads_as_if_it_were_not() {
    assert_eq!(percent_up(200_000), "20 %");
    assert_eq!(percent_up(200_001), "20.01 %");
    assert_eq!(percent_up(99_999), "10 %");
}

#[test]
fn a_round_is_told_with_what_it_did_to_the_window() {
    let report = run(Options::standard(Test::Latency, 64 << 30, 512), true, |_, _| 81_234);
    let said = round(&report, 5, 7_500_000_000_000);
    assert_eq!(
        said.en,
        "latency round 5: 0/100 4 KiB 81.23 µs, rounds 1–5, range 0 % (≤ 20 %), slope 0 % \
         (≤ 10 %): steady; at most 2 h 5 min left"
    );
    assert!(said.zh.starts_with("latency 第 5 轮：0/100 4 KiB 81.23 µs, 第 1–5 轮"), "{}", said.zh);
}

#[test]
fn a_slow_device_keeps_its_tenths() {
    assert_eq!(value(Test::Iops, 12_345), "12.3");
    assert_eq!(value(Test::Iops, 1_234_567_890), "1,234,567");
    assert_eq!(value(Test::Throughput, 498_250_000), "498.25 MB/s");
}

#[test]
fn a_test_that_has_not_begun_is_named_and_has_no_numbers() {
    let fresh = Pts::new(Options::standard(Test::Iops, 64 << 30, 512)).expect("large enough");
    assert_eq!(text_of(&fresh.report(), Lang::En), "PTS IOPS test: not begun\n");
}
