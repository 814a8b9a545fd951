//! The pictures of a performance test: all rounds of the first tracked mix, and the result
//! by size and mix. Those of the windows are the ones every run has, in `rounds`.

use profiles::Text;
use storage_bench::pts::{PartReport, TableRow, Test};

use crate::output::{
    storage::pts as said,
    unit::{grouped, memory},
};

use super::{
    super::{
        super::super::words::Word,
        super::text::Voice,
        Figure,
        pictures::{room, say},
        plot::{Mark, Plot, WIDE, marks},
        scale::{self, Axis, Spread},
    },
    words,
};

/// Height of a picture, in units.
const HEIGHT: u32 = 236;

/// Looks of lines; each differs by its dashes, its width, or both.
const LOOKS: [&str; 8] = ["l-1", "l-2", "l-3", "l-4", "l-5", "l-6", "l-7", "l-8"];

fn look(at: usize) -> &'static str {
    LOOKS.get(at % LOOKS.len()).copied().unwrap_or("l-1")
}

/// Returns the axis of a test's values, with its marks and its title.
fn values(
    plot: &Plot,
    v: Voice,
    test: Test,
    of: impl Iterator<Item = u64> + Clone,
) -> (Axis, Vec<Mark>, String) {
    let (from, to) = plot.up();
    if test == Test::Throughput {
        // Thousandths of kB/s are bytes a second; marks are whole MB/s.
        let most = of.max().unwrap_or(0) / 1_000_000;
        let steps = scale::even(most.saturating_add(most / 50).max(1), 5);
        let high = steps.last().copied().unwrap_or(1).saturating_mul(1_000_000);
        let axis = Axis { spread: Spread::Linear, low: 0, high, from, to };
        let at = |step: &u64| axis.place(step.saturating_mul(1_000_000));
        let marks = steps.iter().map(|step| Mark { at: at(step), text: grouped(*step) }).collect();
        return (axis, marks, say(v, words::RATE_AXIS));
    }
    let (low, high) = scale::around(of).unwrap_or((1, 10));
    let axis = Axis { spread: Spread::Logarithmic, low, high, from, to };
    let steps = scale::logarithmic(low, high);
    if test == Test::Latency {
        return (axis, marks(&axis, &steps, scale::tick), say(v, words::LATENCY_AXIS));
    }
    let read = |milli: u64| {
        if milli < 1_000 { said::value(test, milli) } else { grouped(milli / 1_000) }
    };
    (axis, marks(&axis, &steps, read), say(v, words::IOPS_AXIS))
}

/// Draws every round of the mix that is tracked first, a line for each size.
pub(super) fn convergence(v: Voice, test: Test, part: &PartReport) -> Option<Figure> {
    let count = part.convergence.iter().map(|line| line.rounds_milli.len()).max()?;
    if count == 0 {
        return None;
    }
    let mut plot = Plot::new(WIDE, HEIGHT, room(v));
    let (from, to) = plot.across();
    let round = |round: usize| (round as u64).saturating_mul(2);
    let high = round(count).saturating_add(1);
    let x = Axis { spread: Spread::Linear, low: 1, high, from, to };
    let x_marks: Vec<Mark> = (1..=count)
        .map(|number| Mark { at: x.place(round(number)), text: number.to_string() })
        .collect();
    let all = part.convergence.iter().flat_map(|line| line.rounds_milli.iter().copied());
    let (y, y_marks, y_title) = values(&plot, v, test, all);
    if let Some(end) = part.window.first().map(|window| window.first_round) {
        let (bottom, top) = plot.up();
        let first = u64::from(end).saturating_mul(2).saturating_sub(1);
        let left = x.place(first);
        plot.area("window", (left, top), (x.place(first.saturating_add(10)), bottom));
    }
    plot.frame((&x_marks, &say(v, super::super::words::ROUND_AXIS)), (&y_marks, &y_title));
    for (at, line) in part.convergence.iter().enumerate() {
        let places = line.rounds_milli.iter().enumerate().map(|(number, value)| {
            Some((x.place(round(number.saturating_add(1))), y.place(*value)))
        });
        let places: Vec<_> = places.collect();
        let last = places.last().copied().flatten();
        plot.line(look(at), places.iter().copied());
        for place in places.into_iter().flatten() {
            plot.dot(place, look(at));
        }
        if let Some((_, height)) = last {
            plot.name(height, &said::size(line.cell));
        }
    }
    let mix = part.convergence.first().map(|line| said::mix(line.cell.read_percent));
    let mix = mix.unwrap_or_default();
    let note = crate::lang::text(
        "读/写 {}，每线一种块大小；阴影为判定窗口",
        "read/write {}, a line for each size; the shaded rounds are the window",
        &[&mix],
    );
    Some(Figure {
        title: v.w(words::CONVERGENCE),
        drawing: plot.finish(&say(v, words::CONVERGENCE)),
        note: v.t(note),
        wide: true,
    })
}

/// Draws the result over the sizes, a line for each mix.
pub(super) fn by_size(
    v: Voice,
    test: Test,
    part: &PartReport,
    of: &dyn Fn(&TableRow) -> u64,
    title: Word,
) -> Figure {
    let (mixes, sizes) = said::axes(&part.table);
    let mut plot = Plot::new(WIDE, HEIGHT, room(v));
    let (from, to) = plot.across();
    let high = (sizes.len() as u64).saturating_mul(2).saturating_add(1);
    let x = Axis { spread: Spread::Linear, low: 1, high, from, to };
    let place = |at: usize| x.place((at as u64).saturating_add(1).saturating_mul(2));
    let x_marks: Vec<Mark> = sizes
        .iter()
        .enumerate()
        .map(|(at, bytes)| Mark { at: place(at), text: memory(u64::from(*bytes)) })
        .collect();
    let (y, y_marks, y_title) = values(&plot, v, test, part.table.iter().map(of));
    plot.frame((&x_marks, &say(v, words::SIZE_AXIS)), (&y_marks, &y_title));
    for (at, mix) in mixes.iter().enumerate() {
        let places: Vec<_> = sizes
            .iter()
            .enumerate()
            .map(|(at, bytes)| {
                let row = said::row_of(&part.table, *mix, *bytes)?;
                Some((place(at), y.place(of(row))))
            })
            .collect();
        plot.line(look(at), places.iter().copied());
        for place in places.iter().flatten() {
            plot.dot(*place, look(at));
        }
        if let Some((_, height)) = places.into_iter().flatten().last() {
            plot.name(height, &said::mix(*mix));
        }
    }
    let note = Text::new("每线一种读/写比", "a line for each read/write mix");
    Figure { title: v.w(title), drawing: plot.finish(&say(v, title)), note: v.t(note), wide: true }
}

/// Returns how dark a cell is among its like, by the logarithm of its value: 0 to 5.
pub(super) fn shade(least: u64, most: u64, value: u64) -> u8 {
    let axis = Axis { spread: Spread::Logarithmic, low: least, high: most, from: 0, to: 50 };
    u8::try_from(axis.place(value) / 10).unwrap_or(0).min(5)
}
