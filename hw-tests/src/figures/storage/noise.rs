//! What else the machine did while a case was measured.

use std::fs;

/// The machine when a case began.
#[derive(Clone, Debug)]
pub(in super::super) struct Noise {
    load: String,
    ticks: Ticks,
}

/// Processor time of the machine since it started, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ticks {
    all: u64,
    stolen: u64,
}

impl Noise {
    /// Looks at the machine before a case.
    pub(in super::super) fn start() -> Self {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split_whitespace().next().unwrap_or("unknown").to_owned();
        Self { load, ticks: Ticks::now() }
    }

    /// Returns what is said of it beside a figure: `load 0.31 at the start, steal 0.2 %`.
    pub(in super::super) fn text(&self) -> String {
        let steal = self.ticks.stolen_until(Ticks::now());
        format!("load {} at the start, steal {steal}", self.load)
    }
}

impl Ticks {
    fn now() -> Self {
        Self::of(&fs::read_to_string("/proc/stat").unwrap_or_default())
    }

    /// Reads the first line of `/proc/stat` (proc(5)): guest time is in user time already.
    fn of(stat: &str) -> Self {
        let line = stat.lines().next().unwrap_or_default();
        let numbers = line.split_whitespace().skip(1).take(8);
        let numbers: Vec<u64> = numbers.filter_map(|word| word.parse().ok()).collect();
        Self { all: numbers.iter().sum(), stolen: numbers.get(7).copied().unwrap_or(0) }
    }

    fn stolen_until(self, later: Self) -> String {
        let all = later.all.saturating_sub(self.all);
        let stolen = later.stolen.saturating_sub(self.stolen);
        match stolen.saturating_mul(1000).checked_div(all) {
            Some(tenths) => format!("{}.{} %", tenths / 10, tenths % 10),
            None => "unknown".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steal_is_that_of_the_case_and_not_since_the_start_of_the_machine() {
        let before = Ticks::of("cpu  100 0 100 700 0 0 0 100 5 5\ncpu0 1\n");
        assert_eq!(before, Ticks { all: 1000, stolen: 100 });
        let after = Ticks::of("cpu  200 0 200 1550 0 0 0 150 5 5\n");
        assert_eq!(before.stolen_until(after), "4.5 %");
        assert_eq!(before.stolen_until(before), "unknown");
    }
}
