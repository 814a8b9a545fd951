//! What snapshots cost, as windows with and without them compare: ratios with their 95 %
//! intervals, in numbers and drawn on one axis.

use std::fmt::Write as _;

use profiles::Text;
use serde_json::Value;
use storage_bench::abba::{Comparison, Interval, WorstSecond};

use crate::{
    output::unit::{grouped, latency, percent, seconds},
    report::storage::restore,
};

use super::{
    super::super::words::Word,
    super::text::{Html, Voice},
    Compared, Line, Ratio, chip, words,
};

/// The rate that is to be kept with snapshots: what [`Comparison::kept`] holds the lower end
/// of the interval against.
const KEPT_PPM: u64 = 950_000;

/// Width of the drawing of an interval, in units.
const WIDTH: u64 = 240;

const BLOCKS: Word = Word("对照", "Compared");
const OFFERED: Word = Word("目标速率", "Offered");
const WORST: Word = Word("最差一秒", "Worst second");
const COMMANDS: Word = Word("快照命令", "Snapshot commands");
const IOPS: Word = Word("IOPS", "IOPS");
const P50: Word = Word("p50 响应时间", "p50 response time");
const P99: Word = Word("p99 响应时间", "p99 response time");

/// Returns the comparisons that the facts hold and that read.
pub(super) fn comparisons(v: Voice, facts: &Value) -> Vec<Compared> {
    let found = facts.pointer("/storage/snapshot").and_then(Value::as_array);
    found.into_iter().flatten().filter_map(read).map(|one| show(v, &one)).collect()
}

fn read(value: &Value) -> Option<Comparison> {
    let mut value = value.clone();
    restore(&mut value);
    typed_json::read(&value).ok()
}

fn show(v: Voice, found: &Comparison) -> Compared {
    // The rate alone has a limit.
    let intervals = [(IOPS, found.iops, true), (P50, found.p50, false), (P99, found.p99, false)];
    // What was not compared has no ratio.
    let known = intervals.iter().filter(|(_, of, _)| of.ratio_ppm > 0);
    let axis = Axis::around(known.clone().map(|(_, of, _)| *of));
    let ratios = known.map(|(name, of, limited)| Ratio {
        name: v.w(*name),
        cells: [of.ratio_ppm, of.low_ppm, of.high_ppm].map(|ppm| v.s(percent(ppm))),
        drawing: axis.draw(*of, *limited),
    });
    Compared {
        case: v.s(&found.case),
        chip: chip(v, found.validity),
        reasons: found
            .reasons
            .iter()
            .map(|doubt| (v.t(Text::new(&doubt.zh, &doubt.en)), v.s(&doubt.code)))
            .collect(),
        ratios: ratios.collect(),
        particulars: particulars(v, found),
    }
}

fn particulars(v: Voice, found: &Comparison) -> Vec<Line> {
    let window = seconds(found.window_ns);
    let (blocks, draws, seed) = (found.blocks, found.resamples, found.seed);
    let compared = Text::new(
        format!("{blocks} 组“无、有、有、无”，每段 {window}；自助法 {draws} 次，种子 {seed}"),
        format!(
            "{blocks} blocks of without, with, with, without, each {window}; bootstrap of {draws} draws, seed {seed}"
        ),
    );
    let offered = Text::new(
        format!("{} IOPS，各段相同", grouped(found.offered_iops)),
        format!("{} IOPS in every window", grouped(found.offered_iops)),
    );
    let worst = |of: WorstSecond| format!("{} IOPS, {}", grouped(of.iops), latency(of.max_ns));
    let (without, with) = (worst(found.worst_second_without), worst(found.worst_second_with));
    let worst = Text::new(
        format!("无快照 {without}；有快照 {with}"),
        format!("without {without}; with {with}"),
    );
    let (count, longest) = found.hook.iter().fold((0_u32, 0), |(count, longest), hook| {
        (count.saturating_add(1), hook.took_ns.max(longest))
    });
    let longest = seconds(longest);
    let commands = Text::new(
        format!("{count} 次，最长 {longest}"),
        format!("{count}, the longest took {longest}"),
    );
    vec![
        (v.w(words::SUBJECT), v.s(&found.subject.path)),
        (v.w(words::STARTED), v.time(&found.started_at)),
        (v.w(BLOCKS), v.t(compared)),
        (v.w(OFFERED), v.t(offered)),
        (v.w(WORST), v.t(worst)),
        (v.w(COMMANDS), v.t(commands)),
    ]
}

/// What the drawings of one comparison have in common: parts per million at both ends.
struct Axis {
    low: u64,
    high: u64,
}

impl Axis {
    fn around(intervals: impl Iterator<Item = Interval>) -> Self {
        let (low, high) = intervals.fold((KEPT_PPM, 1_000_000), |(low, high), of| {
            (of.low_ppm.min(low), of.high_ppm.max(high))
        });
        let room = high.saturating_sub(low) / 12;
        Self { low: low.saturating_sub(room), high: high.saturating_add(room) }
    }

    fn place(&self, ppm: u64) -> u64 {
        let span = self.high.saturating_sub(self.low).max(1);
        let along = ppm.clamp(self.low, self.high).saturating_sub(self.low);
        u64::try_from(u128::from(along) * u128::from(WIDTH) / u128::from(span)).unwrap_or(WIDTH)
    }

    /// Draws an interval; with the limit, where one is held against it.
    fn draw(&self, of: Interval, limited: bool) -> Html {
        let mut drawing = format!(
            "<svg class=\"interval\" viewBox=\"0 0 {WIDTH} 18\" width=\"{WIDTH}\" height=\"18\" \
             aria-hidden=\"true\">"
        );
        let mut line = |class: &str, from: u64, to: u64, top: u64, bottom: u64| {
            // Writing to a string does not fail.
            let _written = write!(
                drawing,
                "<line class=\"{class}\" x1=\"{from}\" x2=\"{to}\" y1=\"{top}\" y2=\"{bottom}\"/>"
            );
        };
        let even = self.place(1_000_000);
        line("even", even, even, 0, 18);
        if limited {
            let limit = self.place(KEPT_PPM);
            line("limit", limit, limit, 0, 18);
        }
        let [low, ratio, high] = [of.low_ppm, of.ratio_ppm, of.high_ppm].map(|at| self.place(at));
        line("span", low, high, 9, 9);
        line("span", low, low, 5, 13);
        line("span", high, high, 5, 13);
        let _written = write!(drawing, "<circle cx=\"{ratio}\" cy=\"9\" r=\"3\"/></svg>");
        Html(drawing)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::report::Language;

    fn facts() -> Value {
        let interval = |low: u64, ratio: u64, high: u64| json!({"low_ppm": low, "ratio_ppm": ratio, "high_ppm": high});
        let second =
            json!({"block": 1, "window": 2, "second": 3, "iops": 1_500, "max_ns": 2_000_000});
        json!({"storage": {"snapshot": [{
            "id": "x", "case": "distributed-volume.snapshot.abba",
            "subject": {"kind": "block", "path": "/dev/sdb", "size_bytes": 1, "block_bytes": 512},
            "started_at": "2026-11-25T10:00:00Z", "validity": "invalid",
            "reasons": [{"code": "too-short", "zh": "太短", "en": "too short"}],
            "of_run": "r", "offered_iops": 1_600, "window_ns": 60_000_000_000_u64,
            "hook": [], "blocks": 6, "resamples": 10_000, "seed": "18446744073709551615",
            "iops": interval(941_234, 984_199, 1_002_000), "p50": interval(990_000, 1_000_000, 1_020_000),
            "p99": interval(0, 0, 0), "worst_second_without": second,
            "worst_second_with": second, "kept": false,
        }]}})
    }

    #[test]
    fn a_comparison_shows_its_ratios_with_their_intervals_and_why_it_proves_nothing() {
        let shown = comparisons(Voice { language: Language::En }, &facts());
        let [one] = &shown[..] else { panic!("one comparison, not {}", shown.len()) };
        assert_eq!(one.reasons[0].1.to_string(), "too-short");
        // What was not compared is left out, not shown as nothing.
        assert_eq!(one.ratios.len(), 2);
        let cells: Vec<String> = one.ratios[0].cells.iter().map(ToString::to_string).collect();
        assert_eq!(cells, ["98.41 %", "94.12 %", "100.2 %"]);
        assert!(one.ratios[0].drawing.to_string().contains("class=\"limit\""));
        assert!(!one.ratios[1].drawing.to_string().contains("class=\"limit\""));
    }

    #[test]
    fn a_damaged_comparison_is_left_out() {
        let facts = json!({"storage": {"snapshot": [{"id": 7}]}});
        assert!(comparisons(Voice { language: Language::Zh }, &facts).is_empty());
    }
}
