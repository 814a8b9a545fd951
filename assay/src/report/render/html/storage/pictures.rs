//! The pictures of a run: IOPS and latency over time, latency by percentile, and how
//! completions were spread within seconds. Those of steady state are in `rounds`.

use profiles::Text;
use storage_bench::{
    measurement::{Latency, Run, Shape},
    shape::SMOOTH,
};

use crate::{
    lang::text,
    output::unit::{grouped, latency, seconds as as_seconds},
    report::Language,
};

use super::{
    super::text::{Html, Voice},
    Bilingual, Figure, heat,
    plot::{HALF, Mark, Plot, WIDE, marks},
    rounds,
    scale::{self, Axis, Spread},
    series::{self, Count, Kind, Seconds},
    words,
};

/// Height of a picture, in units.
const HEIGHT: u32 = 176;

/// Windows of the detail of a shape, and from how many on there is one.
const DETAIL: usize = 100;
const DETAIL_FROM: usize = 150;

/// Returns a text for a picture, which has no room for boxes: both languages in a line.
pub(super) fn say(v: Voice, word: impl Bilingual) -> String {
    let Text { zh, en } = word.both();
    match v.language {
        Language::Zh => zh,
        Language::En => en,
        Language::Both if zh == en => zh,
        Language::Both => format!("{zh} {en}"),
    }
}

/// Returns all pictures that a run has data for.
pub(super) fn figures(v: Voice, run: &Run) -> Vec<Figure> {
    let mut figures = Vec::new();
    if let Some(seconds) = series::seconds(run) {
        figures.push(iops(v, run, &seconds));
        for kind in &seconds.kinds {
            figures.extend(band(v, run, &seconds, kind));
            figures.extend(heat::figure(v, run, kind.op));
        }
    }
    if let Some(shape) = run.shape.as_ref().filter(|shape| shape.ios.len() > 1) {
        figures.push(completions(v, run, shape, shape.ios.len(), words::SHAPE_TITLE));
        // What is smooth looks no different from near.
        if shape.kind != SMOOTH && shape.ios.len() > DETAIL_FROM {
            figures.push(completions(v, run, shape, DETAIL, words::SHAPE_DETAIL));
        }
    }
    figures.extend(curve(v, run));
    if let Some(steady) = &run.steady {
        figures.extend(rounds::figures(v, steady));
    }
    figures
}

/// Returns the room for the names of lines, in units.
pub(super) fn room(v: Voice) -> u32 {
    match v.language {
        Language::Zh => 72,
        Language::En => 84,
        Language::Both => 112,
    }
}

/// Returns the note of what a point stands for, where it stands for more than one second.
fn joined(seconds: &Seconds, zh: &str, en: &str) -> Text {
    if seconds.step == 1 {
        return text("每点 1 s", "1 s a point", &[]);
    }
    text(zh, en, &[&seconds.step.to_string()])
}

/// Returns the axis of time in half seconds, for a second is drawn at its middle.
pub(super) fn time(plot: &Plot, count: u64) -> (Axis, Vec<Mark>, bool) {
    let (from, to) = plot.across();
    let high = count.max(1).saturating_mul(2);
    let axis = Axis { spread: Spread::Linear, low: 0, high, from, to };
    let (times, minutes) = scale::times(count);
    let read = |second: u64| if minutes { second / 60 } else { second }.to_string();
    let marks = times.iter().map(|s| Mark { at: axis.place(s.saturating_mul(2)), text: read(*s) });
    (axis, marks.collect(), minutes)
}

pub(super) fn time_title(v: Voice, minutes: bool) -> String {
    say(v, if minutes { words::TIME_MIN } else { words::TIME_S })
}

/// Returns the place in time of each point, with the point.
fn over_time<'a, T>(
    axis: &'a Axis,
    seconds: &'a Seconds,
    points: &'a [T],
) -> impl Iterator<Item = (u32, &'a T)> {
    points.iter().enumerate().map(move |(at, point)| {
        // The last point of a joined run may stand for fewer seconds.
        let from = at.saturating_mul(seconds.step);
        let to = from.saturating_add(seconds.step).min(seconds.count);
        (axis.place(from.saturating_add(to) as u64), point)
    })
}

fn iops(v: Voice, run: &Run, seconds: &Seconds) -> Figure {
    let mut plot = Plot::new(WIDE, HEIGHT, room(v));
    let (x, x_marks, minutes) = time(&plot, seconds.count as u64);
    let levels = [
        (words::CAP, run.cap.as_ref().map(|cap| cap.target_iops)),
        (words::OFFERED, run.open_loop.as_ref().map(|open| open.offered_iops)),
    ];
    let drawn = seconds.all.iter().map(|count| count.most);
    let most = drawn.chain(levels.iter().filter_map(|(_, level)| *level)).max().unwrap_or(1);
    let values = scale::even(most.saturating_add(most / 50), 5);
    let (from, to) = plot.up();
    // In thousandths, as means are.
    let high = values.last().copied().unwrap_or(1).saturating_mul(1_000);
    let y = Axis { spread: Spread::Linear, low: 0, high, from, to };
    let place = |iops: u64| y.place(iops.saturating_mul(1_000));
    let y_marks: Vec<Mark> =
        values.iter().map(|value| Mark { at: place(*value), text: grouped(*value) }).collect();
    plot.frame((&x_marks, &time_title(v, minutes)), (&y_marks, &say(v, words::IOPS_AXIS)));
    if seconds.step > 1 {
        let edges = over_time(&x, seconds, &seconds.all)
            .map(|(at, count)| Some((at, place(count.least), place(count.most))));
        plot.band("b-2", edges);
    }
    let mut draw = |look: &str, points: &[Count], name: String| {
        let line =
            over_time(&x, seconds, points).map(|(at, count)| Some((at, y.place(count.mean_milli))));
        plot.line(look, line);
        plot.name(points.last().map_or(from, |count| y.place(count.mean_milli)), &name);
    };
    draw("l-1", &seconds.all, say(v, words::ALL));
    if seconds.kinds.len() > 1 {
        for (kind, look) in seconds.kinds.iter().zip(["l-2", "l-3", "l-4"]) {
            draw(look, &kind.ios, say(v, words::op(kind.op)));
        }
    }
    for (word, level) in levels {
        if let Some(level) = level {
            let name = format!("{} {}", say(v, word), grouped(level));
            plot.level("l-limit", place(level), &name);
        }
    }
    let mut note = joined(
        seconds,
        "每点 {} s：线为均值，灰带为其中最小与最大的一秒",
        "{} s a point: the line is their mean, the band their least and most",
    );
    if seconds.silent > 0 {
        let silent = seconds.silent.to_string();
        let more = text(
            "；无任何完成的整秒：{} 个",
            "; whole seconds without a completion: {}",
            &[&silent],
        );
        note = Text::new(note.zh + &more.zh, note.en + &more.en);
    }
    let told = format!("{}: {} IOPS", say(v, words::IOPS_TITLE), grouped(run.all.iops));
    Figure {
        title: v.w(words::IOPS_TITLE),
        note: v.t(note),
        wide: true,
        drawing: plot.finish(&told),
    }
}

fn band(v: Voice, run: &Run, seconds: &Seconds, kind: &Kind) -> Option<Figure> {
    let (low, high) = scale::around(kind.times.iter().flatten().flatten().copied())?;
    let mut plot = Plot::new(WIDE, HEIGHT, room(v));
    let (x, x_marks, minutes) = time(&plot, seconds.count as u64);
    let (from, to) = plot.up();
    let y = Axis { spread: Spread::Logarithmic, low, high, from, to };
    let y_marks = marks(&y, &scale::logarithmic(low, high), scale::tick);
    plot.frame((&x_marks, &time_title(v, minutes)), (&y_marks, &say(v, words::LATENCY_AXIS)));
    // From the outermost in: p99.9 to the longest, p99 to p99.9, p50 to p99.
    for (look, lower, upper) in [("b-3", 2, 3), ("b-2", 1, 2), ("b-1", 0, 1)] {
        let edges = over_time(&x, seconds, &kind.times).map(|(at, times)| {
            let edge = |which: usize| times.and_then(|times| times.get(which).copied());
            Some((at, y.place(edge(lower)?), y.place(edge(upper)?)))
        });
        plot.band(look, edges);
    }
    let max = say(v, words::MAX);
    for (which, (look, name)) in
        [("l-1", "p50"), ("l-2", "p99"), ("l-3", "p99.9"), ("l-4", max.as_str())]
            .into_iter()
            .enumerate()
    {
        let value =
            |times: &Option<series::Times>| times.and_then(|times| times.get(which).copied());
        let line = over_time(&x, seconds, &kind.times)
            .map(|(at, times)| value(times).map(|ns| (at, y.place(ns))));
        plot.line(look, line);
        let last = kind.times.iter().rev().find_map(value);
        plot.name(last.map_or(from, |ns| y.place(ns)), name);
    }
    let mut note =
        joined(seconds, "每点 {} s，取其中最差的一秒", "{} s a point, the worst of them");
    let bands = Text::new(
        "；灰带自下而上：p50–p99、p99–p99.9、p99.9–最大",
        "; bands from below: p50–p99, p99–p99.9, p99.9–max",
    );
    note = Text::new(note.zh + &bands.zh, note.en + &bands.en);
    let op = words::op(kind.op).both();
    let title = words::BAND_TITLE.both();
    let mut title =
        Text::new(format!("{}：{}", title.zh, op.zh), format!("{}: {}", title.en, op.en));
    if run.all.service.batch_reaped {
        title = batch(&title);
    }
    let told = say(v, &title);
    Some(Figure { title: v.t(&title), note: v.t(note), wide: true, drawing: plot.finish(&told) })
}

/// Says of a title that its latencies are those of batches.
pub(super) fn batch(title: &Text) -> Text {
    let word = words::BATCH_REAPED.both();
    Text::new(format!("{}（{}）", title.zh, word.zh), format!("{} ({})", title.en, word.en))
}

/// Returns which latencies a run is told by.
fn curves(run: &Run) -> Vec<(super::Word, &Latency)> {
    if let Some(open) = &run.open_loop {
        return vec![(words::RESPONSE, &open.response), (words::SERVICE, &run.all.service)];
    }
    if let (Some(hot), Some(cold)) = (&run.hot, &run.cold) {
        return vec![(words::HOT, &hot.service), (words::COLD, &cold.service)];
    }
    let kinds = super::kinds(run);
    if kinds.is_empty() {
        return vec![(words::ALL, &run.all.service)];
    }
    kinds.into_iter().map(|(word, totals)| (word, &totals.service)).collect()
}

/// Percentiles by one over what is beyond them, with what they are called.
fn percentiles(times: &Latency) -> [(u64, &'static str, Option<u64>); 6] {
    [
        (2, "p50", Some(times.p50_ns)),
        (10, "p90", Some(times.p90_ns)),
        (20, "p95", Some(times.p95_ns)),
        (100, "p99", times.p99_ns),
        (1_000, "p99.9", times.p99_9_ns),
        (10_000, "p99.99", times.p99_99_ns),
    ]
}

fn curve(v: Voice, run: &Run) -> Option<Figure> {
    let curves: Vec<_> = curves(run).into_iter().filter(|(_, times)| times.count > 0).collect();
    let all = curves.iter().flat_map(|(_, times)| percentiles(times));
    let (low, high) = scale::around(all.filter_map(|(_, _, ns)| ns))?;
    let mut plot = Plot::new(WIDE, HEIGHT, room(v));
    let (from, to) = plot.across();
    // The ends stay clear of the frame, so that their numbers have room.
    let x = Axis {
        spread: Spread::Logarithmic,
        low: 2,
        high: 10_000,
        from: from.saturating_add(220),
        to: to.saturating_sub(220),
    };
    let (from, to) = plot.up();
    // Room for the numbers above the highest point, and below the lowest of two curves.
    let low = if curves.len() > 1 { (low / 2).max(1) } else { low };
    let y = Axis { spread: Spread::Logarithmic, low, high: high.saturating_mul(2), from, to };
    let named = percentiles(&Latency::default());
    let x_marks: Vec<Mark> = named
        .iter()
        .map(|(beyond, name, _)| Mark { at: x.place(*beyond), text: (*name).to_owned() })
        .collect();
    let y_marks = marks(&y, &scale::logarithmic(low, y.high), scale::tick);
    plot.frame((&x_marks, &say(v, words::CURVE_AXIS)), (&y_marks, &say(v, words::LATENCY_AXIS)));
    let mut missing = false;
    for ((word, times), look) in curves.iter().zip(["l-1", "l-2", "l-3"]) {
        let places: Vec<_> = percentiles(times)
            .into_iter()
            .map(|(beyond, _, ns)| ns.map(|ns| ((x.place(beyond), y.place(ns)), ns)))
            .collect();
        missing |= places.contains(&None);
        plot.line(look, places.iter().map(|place| place.map(|(place, _)| place)));
        for (at, place) in places.iter().enumerate() {
            let Some((place, ns)) = place else { continue };
            // Of two values the upper one is written above, the lower one below.
            let value = |times: &Latency| percentiles(times).get(at).and_then(|(_, _, ns)| *ns);
            let most = curves.iter().filter_map(|(_, times)| value(times)).max();
            let below = Some(*ns) != most;
            plot.point(*place, look, &latency(*ns), below);
        }
        if let Some((_, last)) = places.iter().flatten().last().map(|(place, _)| *place) {
            plot.name(last, &say(v, *word));
        }
    }
    let note = if missing {
        Text::new("操作数不足的百分位不给出", "percentiles of too few operations are not given")
    } else {
        Text::default()
    };
    let title = words::CURVE_TITLE.both();
    let title = if run.all.service.batch_reaped { batch(&title) } else { title };
    let told = say(v, &title);
    let note = if note.zh.is_empty() { Html::default() } else { v.t(note) };
    Some(Figure { title: v.t(&title), note, wide: true, drawing: plot.finish(&told) })
}

/// Draws the first `count` windows of a shape, with the cap where one was looked for.
fn completions(v: Voice, run: &Run, shape: &Shape, count: usize, title: super::Word) -> Figure {
    // Windows are joined to whole seconds: a mean over part of a slice is that of no cap.
    let second = usize::try_from(1_000_000_000 / shape.window_ns.max(1)).unwrap_or(1).max(1);
    let step = if count > series::MOST {
        count.div_ceil(series::MOST).next_multiple_of(second)
    } else {
        1
    };
    // A last second that the end of the run cut short would look like a drop.
    let count = count - count % step;
    let windows = shape.ios.iter().take(count).map(|ios| u64::from(*ios));
    let counts = series::counts(windows, step);
    let mut plot = Plot::new(WIDE, HEIGHT, room(v));
    let (from, to) = plot.across();
    let x = Axis { spread: Spread::Linear, low: 0, high: count.max(1) as u64, from, to };
    let window_ns = shape.window_ns.max(1);
    let whole_ns = window_ns.saturating_mul(count as u64);
    let (times, minutes) = scale::times((whole_ns / 1_000_000_000).max(1));
    let x_marks: Vec<Mark> = times
        .iter()
        .filter(|second| second.saturating_mul(1_000_000_000) <= whole_ns)
        .map(|second| Mark {
            at: x.place(second.saturating_mul(1_000_000_000) / window_ns),
            text: if minutes { second / 60 } else { *second }.to_string(),
        })
        .collect();
    // The cap in a window, in thousandths of an operation.
    let cap = run.cap.as_ref().map(|cap| {
        let milli = u128::from(cap.target_iops) * u128::from(window_ns) / 1_000_000;
        (cap.target_iops, u64::try_from(milli).unwrap_or(u64::MAX))
    });
    let most = counts.iter().map(|count| count.most).max().unwrap_or(0);
    let most = most.max(cap.map_or(0, |(_, milli)| milli.div_ceil(1_000)));
    let values = scale::even(most.saturating_add(most / 20), 5);
    let (from, to) = plot.up();
    let high = values.last().copied().unwrap_or(1).saturating_mul(1_000);
    let y = Axis { spread: Spread::Linear, low: 0, high, from, to };
    let y_marks: Vec<Mark> = values
        .iter()
        .map(|value| Mark { at: y.place(value.saturating_mul(1_000)), text: grouped(*value) })
        .collect();
    let window = latency(shape.window_ns);
    let y_title =
        text("每 {} 窗口完成的 I/O 数", "I/Os completed in each window of {}", &[&window]);
    plot.frame((&x_marks, &time_title(v, minutes)), (&y_marks, &say(v, &y_title)));
    let steps = || {
        counts.iter().enumerate().flat_map(|(at, one)| {
            let start = at.saturating_mul(step) as u64;
            let ends = [start, start.saturating_add(step as u64).min(count as u64)];
            ends.map(|end| (x.place(end), *one))
        })
    };
    let place = |ios: u64| y.place(ios.saturating_mul(1_000));
    if step == 1 {
        plot.band("b-1", steps().map(|(at, one)| Some((at, from, place(one.most)))));
    } else {
        plot.band("b-2", steps().map(|(at, one)| Some((at, place(one.least), place(one.most)))));
        plot.line("l-1", steps().map(|(at, one)| Some((at, y.place(one.mean_milli)))));
    }
    if let Some((_, milli)) = cap {
        plot.level("l-limit", y.place(milli), &say(v, words::CAP));
    }
    let span = as_seconds(whole_ns);
    let note = match (count < shape.ios.len(), step) {
        (true, 1) => text("最初 {}，逐窗口", "the first {}, window by window", &[&span]),
        (false, 1) => text("逐窗口", "window by window", &[]),
        (_, step) => text(
            "每点 {} 个窗口：线为均值，灰带为其中最小与最大",
            "{} windows a point: the line is their mean, the band their least and most",
            &[&step.to_string()],
        ),
    };
    let note = match cap {
        // The line is what the cap lets through in a window; the cap is told as it is.
        Some((target, _)) => {
            let more = text("；上限 {} IOPS", "; cap {} IOPS", &[&grouped(target)]);
            Text::new(note.zh + &more.zh, note.en + &more.en)
        }
        None => note,
    };
    let told = format!("{}: {}", say(v, title), say(v, crate::output::storage::said::shape(shape)));
    Figure { title: v.w(title), note: v.t(note), wide: true, drawing: plot.finish(&told) }
}

/// Width of the pictures that stand side by side.
pub(super) const BESIDE: u32 = HALF;
