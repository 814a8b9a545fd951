//! A response-time curve: the runs of a ramp side by side, by the share of the load that each
//! offers.
//!
//! A step is a run of its own, named `NAME@80%`; that name and its open loop are all that makes
//! it a step, so that a page finds ramps among the runs of a document.

use storage_bench::measurement::{Run, Validity};

use super::{Cell, Table, Tone, grouped, time};
use crate::output::Layout;

/// One step of a ramp.
#[derive(Clone, Copy, Debug)]
pub struct Step<'r> {
    /// Share of the whole load that it offers.
    pub percent: u32,
    /// What came of it.
    pub run: &'r Run,
}

/// A ramp.
#[derive(Clone, Debug)]
pub struct Ramp<'r> {
    /// Its name.
    pub name: &'r str,
    /// Its steps, in the order they were run.
    pub steps: Vec<Step<'r>>,
}

/// Returns the name of a step.
pub fn step_name(name: &str, percent: u32) -> String {
    format!("{name}@{percent}%")
}

/// Returns the ramps among runs, each with two steps or more.
pub fn ramps(runs: &[Run]) -> Vec<Ramp<'_>> {
    let mut ramps: Vec<Ramp<'_>> = Vec::new();
    for run in runs.iter().filter(|run| run.open_loop.is_some()) {
        let Some((name, share)) = run.case.rsplit_once('@') else { continue };
        let percent = share.strip_suffix('%').and_then(|percent| percent.parse().ok());
        let Some(percent) = percent else { continue };
        let step = Step { percent, run };
        let rises = |ramp: &&mut Ramp<'_>| {
            ramp.name == name && ramp.steps.last().is_some_and(|last| last.percent < percent)
        };
        match ramps.last_mut().filter(rises) {
            Some(ramp) => ramp.steps.push(step),
            None => ramps.push(Ramp { name, steps: vec![step] }),
        }
    }
    ramps.retain(|ramp| ramp.steps.len() > 1);
    ramps
}

/// Returns the curve of each ramp among `runs` as a table; empty where there is none.
pub fn tables(runs: &[Run], layout: Layout) -> String {
    let mut text = String::new();
    for ramp in ramps(runs) {
        let head = format!("{} · {}", ramp.name, layout.say("响应时间曲线", "response-time curve"));
        text.push_str(&layout.paint.dye(Tone::Strong, &head));
        text.push('\n');
        text.push_str(&table(&ramp, layout).render(layout.paint, layout.columns));
        text.push('\n');
    }
    text
}

fn table(ramp: &Ramp<'_>, layout: Layout) -> Table {
    let mut table = Table::new([
        layout.say("负载", "load"),
        layout.say("目标 IOPS", "offered"),
        layout.say("实际 IOPS", "achieved"),
        layout.say("平均", "mean"),
        "p50",
        "p99",
        "p99.9",
        layout.say("最大", "max"),
        layout.say("最大积压", "backlog"),
        layout.say("有效性", "validity"),
    ]);
    for Step { percent, run } in &ramp.steps {
        let Some(open) = &run.open_loop else { continue };
        let times = &open.response;
        let known = |ns: u64| (times.count > 0).then_some(ns);
        let valid = match run.validity {
            Validity::Valid => Cell::toned("✓", Tone::Good),
            Validity::Invalid => Cell::toned("✗", Tone::Bad),
        };
        table.row([
            format!("{percent} %").into(),
            grouped(run.offered_iops.unwrap_or(open.offered_iops)).into(),
            grouped(open.achieved_iops).into(),
            time(known(times.mean_ns)),
            time(known(times.p50_ns)),
            time(times.p99_ns),
            time(times.p99_9_ns),
            time(known(times.max_ns)),
            grouped(open.backlog_max).into(),
            valid,
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use profiles::Lang;
    use storage_bench::measurement::{Latency, Mode, OpenLoop};

    use super::*;
    use crate::output::{Paint, storage::tests::sample};

    fn step(case: &str, p99_ns: Option<u64>) -> Run {
        let response = Latency { count: 5000, mean_ns: 1_000, p99_ns, ..Latency::default() };
        let open =
            OpenLoop { achieved_iops: 790, backlog_max: 12, response, ..OpenLoop::default() };
        Run {
            case: case.to_owned(),
            mode: Mode::Rate,
            open_loop: Some(open),
            offered_iops: Some(800),
            ..sample()
        }
    }

    #[test]
    fn steps_of_one_name_that_rise_are_a_ramp_and_nothing_else_is() {
        let runs: Vec<Run> =
            ["a@10%", "a@50%", "b@50%", "a@90%", "a@100%", "a@10%", "mail@host", "c@x%"]
                .iter()
                .map(|case| step(case, Some(1)))
                .collect();
        let found: Vec<(&str, Vec<u32>)> = ramps(&runs)
            .iter()
            .map(|ramp| (ramp.name, ramp.steps.iter().map(|step| step.percent).collect()))
            .collect();
        assert_eq!(found, [("a", vec![10, 50]), ("a", vec![90, 100])]);
        let closed: Vec<Run> = ["a@10%", "a@50%"]
            .iter()
            .map(|case| Run { open_loop: None, ..step(case, None) })
            .collect();
        assert!(ramps(&closed).is_empty());
        assert_eq!(step_name("a", 95), "a@95%");
    }

    #[test]
    fn the_curve_stands_in_a_table_with_what_is_not_known_left_open() {
        let runs = [step("a@50%", Some(7_000)), step("a@100%", None)];
        let layout = Layout { lang: Lang::En, paint: Paint::Plain, columns: None };
        let table = tables(&runs, layout);
        let lines: Vec<Vec<&str>> =
            table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["a", "·", "response-time", "curve"]);
        assert_eq!(lines[2][..4], ["50", "%", "800", "790"]);
        assert!(table.contains("7 µs") && lines[3].contains(&"—"), "{table}");
        assert_eq!(tables(&runs[..1], layout), "");
    }
}
