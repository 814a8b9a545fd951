//! A run while it goes: two lines on a terminal, plain lines elsewhere.
//!
//! Pure: the seconds that were measured come in, the time that passed is an argument.

use std::{collections::VecDeque, time::Duration};

use profiles::{Lang, Text};
use storage_bench::observed::Second;

use crate::{
    lang::text,
    output::{
        unit::{grouped, latency, throughput},
        width,
    },
};

/// Seconds that the sparkline shows at most.
const SHOWN: usize = 30;
/// A terminal narrower than this gets lines of this width all the same.
const NARROWEST: usize = 20;

/// What is known of a run before it begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// What it is called.
    pub title: String,
    /// Time before anything is measured.
    pub lead_in: Duration,
    /// How long it is measured, where that is known.
    pub runtime: Option<Duration>,
    /// Bytes that it moves at most, where that is known.
    pub bytes: Option<u64>,
    /// Operations a second that are due, in the open loop.
    pub offered_iops: Option<u64>,
}

/// What was seen of it so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Live {
    facts: Facts,
    /// Operations of the last seconds, the newest at the end.
    recent: VecDeque<u64>,
    seconds: u64,
    ios: u64,
    bytes: u64,
    last: Last,
}

/// The last second that was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Last {
    ios: u64,
    bytes: u64,
    p50_ns: u64,
    p99_ns: u64,
    p99_9_ns: u64,
}

impl Live {
    /// Returns the view of a run that has not begun.
    pub fn new(facts: Facts) -> Self {
        Self { facts, ..Self::default() }
    }

    /// Takes a second that was measured.
    ///
    /// The percentiles of several kinds of operation are the largest of theirs: which of them is
    /// slow is told by the report.
    pub fn second(&mut self, second: &Second) {
        let mut last = Last::default();
        for of in second.operations.values() {
            last.ios += of.ios;
            last.bytes += of.bytes;
            last.p50_ns = last.p50_ns.max(of.p50_ns);
            last.p99_ns = last.p99_ns.max(of.p99_ns);
            last.p99_9_ns = last.p99_9_ns.max(of.p99_9_ns);
        }
        self.last = last;
        self.seconds += 1;
        self.ios = self.ios.saturating_add(last.ios);
        self.bytes = self.bytes.saturating_add(last.bytes);
        if self.recent.len() == SHOWN {
            self.recent.pop_front();
        }
        self.recent.push_back(last.ios);
    }

    /// Returns how many seconds were measured.
    pub fn seconds(&self) -> u64 {
        self.seconds
    }

    /// Returns the lines that stand on a terminal of so many columns, `passed` after the start;
    /// none is wider.
    pub fn block(&self, passed: Duration, lang: Lang, columns: usize) -> [String; 2] {
        // The last column stays free: some terminals go on to the next line in it.
        let columns = columns.saturating_sub(1).max(NARROWEST);
        let times = self.times(passed).get(lang).to_owned();
        let title =
            width::cut(&self.facts.title, columns.saturating_sub(width::of(&times) + 2).max(8));
        let head = width::cut(&format!("{title}  {times}"), columns);
        if self.seconds == 0 {
            return [head, String::new()];
        }
        let mut numbers = self.numbers().get(lang).to_owned();
        // Where Chinese is shown, these letters may take two columns each.
        let each = if lang == Lang::Zh { 2 } else { 1 };
        let room = columns.saturating_sub(width::of(&numbers) + 2) / each;
        if room >= 5 {
            let from = self.recent.len().saturating_sub(room);
            numbers.push_str("  ");
            numbers.push_str(&sparkline(self.recent.iter().copied().skip(from)));
        }
        [head, width::cut(&numbers, columns)]
    }

    /// Returns the line for where there is no terminal.
    pub fn line(&self, passed: Duration) -> Text {
        let (times, numbers) = (self.times(passed), self.numbers());
        let of = |lang| format!("{} {}: {}", self.facts.title, times.get(lang), numbers.get(lang));
        Text::new(of(Lang::Zh), of(Lang::En))
    }

    /// Says how long it goes, and how long it will.
    fn times(&self, passed: Duration) -> Text {
        let seconds = passed.as_secs().to_string();
        if self.seconds == 0 && passed < self.facts.lead_in {
            let all = self.facts.lead_in.as_secs_f64().ceil();
            return text("预热 {}/{} 秒", "ramp {}/{} s", &[&seconds, &format!("{all:.0}")]);
        }
        let Some(left) = self.left(passed) else {
            return text("已运行 {} 秒", "{} s", &[&seconds]);
        };
        let (passed, left_for) = (clock(passed), clock(left));
        if left.is_zero() {
            return text("{}，收尾中", "{}, finishing", &[&passed]);
        }
        text("{}，约剩 {}", "{}, about {} left", &[&passed, &left_for])
    }

    /// Returns how long it will still take: by its time, or by what it has to move.
    fn left(&self, passed: Duration) -> Option<Duration> {
        let by_time =
            self.facts.runtime.map(|runtime| (runtime + self.facts.lead_in).saturating_sub(passed));
        let by_bytes = self.facts.bytes.filter(|_| self.bytes > 0).map(|bytes| {
            let left = u128::from(bytes.saturating_sub(self.bytes));
            let ms = left * u128::from(self.seconds) * 1000 / u128::from(self.bytes);
            Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX))
        });
        match (by_time, by_bytes) {
            (Some(time), Some(bytes)) => Some(time.min(bytes)),
            (time, bytes) => time.or(bytes),
        }
    }

    fn numbers(&self) -> Text {
        let last = self.last;
        let mut numbers = format!(
            "{} IOPS  {}  p50 {}  p99 {}  p99.9 {}",
            grouped(last.ios),
            throughput(last.bytes),
            latency(last.p50_ns),
            latency(last.p99_ns),
            latency(last.p99_9_ns),
        );
        if last.ios == 0 {
            // A second without a completion has no latency, and not one of 0.
            "0 IOPS".clone_into(&mut numbers);
        }
        let Some(rate) = self.facts.offered_iops else { return Text::same(numbers) };
        let behind = rate.saturating_mul(self.seconds).saturating_sub(self.ios);
        let behind = grouped(behind);
        text("{}  积压 {}", "{}  backlog {}", &[&numbers, &behind])
    }
}

/// Returns a bar for each value, the largest as high as a line.
pub fn sparkline(values: impl Iterator<Item = u64> + Clone) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = values.clone().max().unwrap_or(0).max(1);
    let bar = |value: u64| {
        let at = u128::from(value) * 7 / u128::from(most);
        usize::try_from(at).ok().and_then(|at| BARS.get(at)).copied().unwrap_or('█')
    };
    values.map(bar).collect()
}

/// Returns a time as `m:ss`, or `h:mm:ss`.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use storage_bench::{observed::SecondOf, workload::Op};

    use super::*;

    fn second(ios: u64) -> Second {
        let of = |ios, p99_ns| SecondOf {
            ios,
            bytes: ios * 4096,
            p50_ns: 7_200,
            p99_ns,
            p99_9_ns: 2_000_000,
            ..SecondOf::default()
        };
        let operations = BTreeMap::from([(Op::Read, of(ios, 13_500)), (Op::Write, of(0, 20_000))]);
        Second { operations }
    }

    fn live(offered_iops: Option<u64>) -> Live {
        let mut live = Live::new(Facts {
            title: "四个卷的随机读，队列深度三十二".to_owned(),
            lead_in: Duration::from_secs(5),
            runtime: Some(Duration::from_mins(2)),
            bytes: None,
            offered_iops,
        });
        for ios in [0, 100_000, 200_000, 150_000] {
            live.second(&second(ios));
        }
        live
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_in_either_language() {
        for columns in [0, 10, 20, 40, 60, 79, 80, 81, 120, 300] {
            for lang in [Lang::Zh, Lang::En] {
                for line in live(Some(300_000)).block(Duration::from_secs(9), lang, columns) {
                    let bars = line.chars().filter(|c| ('▁'..='█').contains(c)).count();
                    let wide = width::of(&line) + if lang == Lang::Zh { bars } else { 0 };
                    assert!(wide < columns.max(NARROWEST + 1), "{columns}: {line}");
                    assert!(!line.contains(['\r', '\n', '\u{1b}']), "{line}");
                }
            }
        }
    }

    #[test]
    fn what_was_seen_is_said() {
        let [head, numbers] = live(Some(300_000)).block(Duration::from_secs(9), Lang::En, 140);
        assert!(head.ends_with("0:09, about 1:56 left"), "{head}");
        assert_eq!(
            numbers,
            "150,000 IOPS  614.4 MB/s  p50 7.2 µs  p99 20 µs  p99.9 2 ms  backlog 750,000  ▁▄█▆"
        );
        let line = live(None).line(Duration::from_secs(9));
        assert!(
            line.zh.contains("约剩 1:56: 150,000 IOPS") && !line.zh.contains("积压"),
            "{line:?}"
        );
    }

    #[test]
    fn a_second_without_a_completion_has_no_latency() {
        let mut live = live(None);
        live.second(&Second::default());
        assert_eq!(live.numbers().en, "0 IOPS");
    }

    #[test]
    fn before_and_without_an_end_only_what_is_known_is_said() {
        let at = Duration::from_secs(3);
        let facts =
            Facts { title: "a".to_owned(), lead_in: Duration::from_secs(5), ..Facts::default() };
        assert_eq!(Live::new(facts.clone()).block(at, Lang::En, 80), ["a  ramp 3/5 s", ""]);
        let mut endless = Live::new(Facts { lead_in: Duration::ZERO, ..facts.clone() });
        endless.second(&second(1000));
        assert_eq!(endless.block(at, Lang::Zh, 80)[0], "a  已运行 3 秒");
        // By what is left to move, at the pace so far.
        endless.facts.bytes = Some(61 * 1000 * 4096);
        assert_eq!(endless.block(at, Lang::En, 80)[0], "a  0:03, about 1:00 left");
    }

    #[test]
    fn the_longest_bar_is_the_largest_value() {
        assert_eq!(sparkline([0, 1, 4, 8].into_iter()), "▁▁▄█");
        assert_eq!(sparkline([0, 0].into_iter()), "▁▁");
        assert_eq!(sparkline([u64::MAX].into_iter()), "█");
    }
}
