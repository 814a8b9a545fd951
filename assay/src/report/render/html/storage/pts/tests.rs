//! The page has the parts of the PTS' report in their order, marks what is no result, and
//! lets nothing out of its place.

use storage_bench::{
    measurement::{Doubt, Latency, Totals},
    pts::{Options, Pts, Step},
};

use super::*;

fn run(test: Test, fast: bool) -> Report {
    let options = if fast { Options::fast } else { Options::standard };
    let mut pts = Pts::new(options(test, 64 << 30, 512)).unwrap();
    loop {
        match pts.next() {
            Step::Purge => pts.purged(Some("<b>format</b>".to_owned())),
            Step::Precondition { write_bytes, .. } => {
                pts.preconditioned(&Totals { moved_bytes: write_bytes, ..Totals::default() })
            }
            Step::Cell { round, cell, .. } => {
                // Falls off a cliff in round 3, then settles.
                let slow = if round < 3 { 1 } else { 4 };
                let value = 4_000_000_000 / (slow * u64::from(cell.block_bytes / 512));
                let service = Latency { mean_ns: value, max_ns: 9 * value, ..Latency::default() };
                let (milli_iops, bytes_per_s) = (value, value);
                let totals = Totals { milli_iops, bytes_per_s, service, ..Totals::default() };
                pts.record(cell, &totals, &[])
            }
            Step::Done => break,
        }
        .unwrap();
    }
    pts.report()
}

fn page_of(reports: &[Report], lang: Lang) -> String {
    page(reports, lang).unwrap()
}

/// Asserts that `parts` stand in `page` in this order.
fn in_order(page: &str, parts: &[&str]) {
    let mut from = 0;
    for part in parts {
        let at = page[from..].find(part);
        from += at.unwrap_or_else(|| panic!("`{part}` is missing, or not in its place"));
    }
}

#[test]
fn the_page_has_the_order_of_the_specifications_own() {
    let reports = [run(Test::Iops, false), run(Test::Latency, false)];
    in_order(
        &page_of(&reports, Lang::En),
        &[
            "PTS IOPS test",
            "Serial number",
            "Volatile write cache",
            "Steady-state convergence",
            "Steady-state window: 0/100 4 KiB",
            "Steady-state window: 65/35 64 KiB",
            "Steady-state window: 100/0 1 MiB",
            "IOPS (mean of the window)",
            "By size and mix",
            "PTS latency test",
            "Mean latency (mean of the window)",
            "Longest latency (of the window)",
        ],
    );
    let zh = page_of(&reports, Lang::Zh);
    in_order(&zh, &["稳态收敛", "稳态判定窗口：0/100 4 KiB", "IOPS（窗口均值）", "PTS 时延测试"]);
    assert!(zh.contains("lang=\"zh-CN\"") && !zh.contains("Convergence"));
}

#[test]
fn a_reduced_test_is_marked_and_a_full_one_is_not() {
    let mark = "不可用于验收";
    assert!(page_of(&[run(Test::Throughput, true)], Lang::Zh).contains(mark));
    let full = page_of(&[run(Test::Throughput, false)], Lang::Zh);
    assert!(!full.contains(mark) && full.contains("有效：第 7 轮达到稳态"));
}

#[test]
fn nothing_of_the_document_is_markup_and_nothing_leaves_the_page() {
    let mut report = run(Test::Latency, false);
    report.reasons.push(Doubt::new("x", "<script>", "<script>"));
    let page = page_of(&[report], Lang::En);
    assert!(page.contains("&lt;b&gt;format&lt;/b&gt;") && page.contains("&lt;script&gt;"));
    for outside in ["<script", "<b>format", "http:", "https:", "<link", "src="] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn a_test_that_has_not_begun_still_has_a_page() {
    let fresh = Pts::new(Options::standard(Test::Iops, 64 << 30, 512)).unwrap().report();
    let page = page_of(&[fresh], Lang::En);
    assert!(page.contains("Not begun") && !page.contains("Serial number"), "{page}");
    assert!(page_of(&[], Lang::En).ends_with("</html>"));
}

#[test]
fn a_cell_is_the_darker_the_larger_its_value() {
    assert_eq!(pictures::shade(10, 1_000_000, 10), 0);
    assert_eq!(pictures::shade(10, 1_000_000, 1_000_000), 5);
    assert_eq!(pictures::shade(10, 1_000_000, 3_200), 2);
    assert_eq!(pictures::shade(7, 7, 7), 0);
    assert_eq!(pictures::shade(0, 0, 0), 0);
}
