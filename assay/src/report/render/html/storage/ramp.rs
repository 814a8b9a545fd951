//! The picture of a ramp: response time by the share of the load that is offered, with the last
//! step, for it stands for all of them.

use profiles::Text;
use storage_bench::measurement::{Latency, Run};

use crate::output::storage::ramp::{Ramp, ramps};

use super::{
    super::super::words::Word,
    super::text::Voice,
    Figure, Shown,
    pictures::{room, say},
    plot::{Mark, Plot, WIDE, marks},
    scale::{self, Axis, Spread},
    words,
};

/// Height of the picture, in units.
const HEIGHT: u32 = 176;

const TITLE: Word = Word("响应时间曲线", "Response-time curve");
const SHARE: Word = Word("目标速率占最大速率的百分比", "offered rate, percent of the most");

/// A percentile: its name, how it is drawn, and where it is found.
type Line = (&'static str, &'static str, fn(&Latency) -> Option<u64>);

const LINES: [Line; 3] = [
    ("p50", "l-1", |times| (times.count > 0).then_some(times.p50_ns)),
    ("p99", "l-2", |times| times.p99_ns),
    ("p99.9", "l-3", |times| times.p99_9_ns),
];

/// Puts the picture of each ramp among `runs` before the others of its last step.
pub(super) fn add(v: Voice, runs: &[Run], shown: &mut [Shown]) {
    for ramp in ramps(runs) {
        let last = ramp.steps.last().map(|step| step.run);
        let at = runs.iter().position(|run| last.is_some_and(|last| std::ptr::eq(run, last)));
        let shown = at.and_then(|at| shown.get_mut(at));
        if let (Some(shown), Some(figure)) = (shown, figure(v, &ramp)) {
            shown.figures.insert(0, figure);
        }
    }
}

fn figure(v: Voice, ramp: &Ramp<'_>) -> Option<Figure> {
    let times = || {
        let steps = ramp.steps.iter();
        steps.filter_map(|step| Some((step.percent, &step.run.open_loop.as_ref()?.response)))
    };
    let known = times().flat_map(|(_, times)| LINES.iter().filter_map(|(_, _, of)| of(times)));
    let (low, high) = scale::around(known)?;
    let mut plot = Plot::new(WIDE, HEIGHT, room(v));
    let (from, to) = plot.across();
    let x = Axis { spread: Spread::Linear, low: 0, high: 105, from, to };
    let x_marks: Vec<Mark> = times()
        .map(|(percent, _)| percent)
        // Steps side by side are marked by the first.
        .fold(Vec::<u32>::new(), |mut marked, percent| {
            if marked.last().is_none_or(|last| percent.abs_diff(*last) > 4) {
                marked.push(percent);
            }
            marked
        })
        .into_iter()
        .map(|percent| Mark { at: x.place(percent.into()), text: format!("{percent} %") })
        .collect();
    let (from, to) = plot.up();
    let y = Axis { spread: Spread::Logarithmic, low, high, from, to };
    let y_marks = marks(&y, &scale::logarithmic(low, high), scale::tick);
    plot.frame((&x_marks, &say(v, SHARE)), (&y_marks, &say(v, words::LATENCY_AXIS)));
    for (name, look, of) in LINES {
        let places: Vec<_> = times()
            .map(|(percent, times)| of(times).map(|ns| (x.place(percent.into()), y.place(ns))))
            .collect();
        plot.line(look, places.iter().copied());
        for place in places.iter().copied().flatten() {
            plot.dot(place, look);
        }
        if let Some((_, height)) = places.iter().copied().flatten().last() {
            plot.name(height, name);
        }
    }
    let note = Text::new(
        "开环：响应时间自预定时刻计；每一级为一次独立运行",
        "open loop: response time counts from the intended start; each step is a run of its own",
    );
    let told = format!("{}: {}", say(v, TITLE), ramp.name);
    Some(Figure { title: v.w(TITLE), note: v.t(note), wide: true, drawing: plot.finish(&told) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{tests::run, *};
    use crate::report::Language;

    #[test]
    fn the_last_step_of_a_ramp_bears_its_picture_and_a_run_alone_none() {
        let step = |percent: u32| {
            run(|run| {
                let response = run["all"]["service"].clone();
                run["case"] = json!(format!("db@{percent}%"));
                run["mode"] = json!("rate");
                run["open_loop"] = json!({
                    "offered_iops": 100, "achieved_iops": 100, "backlog_max": 0, "backlog_end": 0,
                    "response": response, "lateness": response,
                });
            })
        };
        let of = |steps: &[Value]| {
            let facts = json!({"storage": {"schema": "storage/v1", "run": steps}});
            let shown = runs(Voice { language: Language::En }, &facts).expect("runs").shown;
            let has = |shown: &Shown| {
                shown.figures.iter().filter(|of| of.title.0.contains("Response-time curve")).count()
            };
            shown.iter().map(has).collect::<Vec<_>>()
        };
        assert_eq!(of(&[step(10), step(50), step(100)]), [0, 0, 1]);
        assert_eq!(of(&[step(10)]), [0]);
    }
}
