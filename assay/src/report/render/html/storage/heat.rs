//! Latency over time as a heat map: how many operations of each stretch took how long.
//!
//! A percentile says how bad the worst are; the map says whether there are two kinds of
//! operations, and when the one gave way to the other.

use storage_bench::{
    histogram::Bins,
    measurement::{Run, SecondOf},
    workload::Op,
};

use profiles::Text;

use super::{
    super::text::Voice,
    Bilingual, Figure,
    pictures::{batch, room, say, time, time_title},
    plot::{Plot, WIDE, marks},
    scale::{self, Axis, Spread},
    words,
};

const HEIGHT: u32 = 176;

/// Most stretches across a page: finer ones would print as noise.
const MOST: usize = 120;

/// Bins that a spread has.
const LAST: u32 = 64;

/// Greys from little to much, told apart by a photocopy, and the share of a stretch's
/// operations, in ten thousandths, below which each is used.
const GREYS: [(&str, u64); 5] = [
    ("#e3eaf2", 10),
    ("#bccde0", 100),
    ("#85a3c4", 1_000),
    ("#456d9b", 5_000),
    ("#12263f", u64::MAX),
];

/// Returns the map of one kind of operation; `None` of a run that has no spread of it.
pub(super) fn figure(v: Voice, run: &Run, op: Op) -> Option<Figure> {
    let whole = usize::try_from(run.elapsed_ns / 1_000_000_000).unwrap_or(usize::MAX);
    let seconds = run.second.get(..whole.min(run.second.len()))?;
    if seconds.len() < 2 {
        return None;
    }
    let of = |second: &storage_bench::measurement::Second| {
        second.of.iter().find(|of| of.op == op).and_then(|of: &SecondOf| of.spread.clone())
    };
    let spreads: Vec<Option<Bins>> = seconds.iter().map(of).collect();
    let used = || spreads.iter().flatten();
    let end = |bins: &Bins| bins.first.saturating_add(count(bins.ios.len())).min(LAST);
    let first = used().map(|bins| bins.first).min()?.min(LAST - 1);
    let last = used().map(end).max()?.max(first + 1);
    let step = spreads.len().div_ceil(MOST);
    let mut plot = Plot::new(WIDE, HEIGHT, room(v));
    let (x, x_marks, minutes) = time(&plot, count_of(spreads.len()));
    let (from, to) = plot.up();
    let (low, high) = (Bins::low(first), Bins::low(last));
    let y = Axis { spread: Spread::Logarithmic, low, high, from, to };
    let y_marks = marks(&y, &scale::logarithmic(low, high), scale::tick);
    plot.frame((&x_marks, &time_title(v, minutes)), (&y_marks, &say(v, words::LATENCY_AXIS)));
    let joined: Vec<Vec<u64>> = spreads.chunks(step).map(|part| join(part, first, last)).collect();
    let shade = |column: &[u64], bin: usize| {
        let all: u64 = column.iter().sum();
        let ios = column.get(bin).copied().filter(|ios| *ios > 0)?;
        let share = u128::from(ios) * 10_000 / u128::from(all.max(1));
        GREYS.iter().position(|(_, below)| share < u128::from(*below))
    };
    for (grey, (fill, _)) in GREYS.iter().enumerate() {
        let mut cells = Vec::new();
        for (bin, number) in (first..last).enumerate() {
            let (bottom, top) = (y.place(Bins::low(number)), y.place(Bins::low(number + 1)));
            // Stretches of one shade beside each other are one cell: the page stays small.
            let mut begun: Option<usize> = None;
            for at in 0..=joined.len() {
                let here = joined.get(at).and_then(|column| shade(column, bin)) == Some(grey);
                match (here, begun) {
                    (true, None) => begun = Some(at),
                    (false, Some(from)) => {
                        let place = |at: usize| {
                            let second = at.saturating_mul(step).min(spreads.len());
                            x.place(count_of(second).saturating_mul(2))
                        };
                        cells.push(((place(from), top), (place(at), bottom)));
                        begun = None;
                    }
                    _ => {}
                }
            }
        }
        plot.cells(fill, &cells);
    }
    let (op, title) = (words::op(op).both(), words::HEAT_TITLE.both());
    let mut title =
        Text::new(format!("{}：{}", title.zh, op.zh), format!("{}: {}", title.en, op.en));
    if run.all.service.batch_reaped {
        title = batch(&title);
    }
    let seconds = step.to_string();
    let note = crate::lang::text(
        "每格 {} s；由浅到深：占该时段操作的 < 0.1 %、< 1 %、< 10 %、< 50 %、≥ 50 %",
        "{} s a cell; from light to dark: < 0.1 %, < 1 %, < 10 %, < 50 %, ≥ 50 % of its operations",
        &[&seconds],
    );
    let told = say(v, &title);
    Some(Figure { title: v.t(&title), note: v.t(note), wide: true, drawing: plot.finish(&told) })
}

/// Adds the spreads of a stretch, over the bins from `first` to before `last`.
fn join(part: &[Option<Bins>], first: u32, last: u32) -> Vec<u64> {
    let mut sum = vec![0_u64; usize::try_from(last.saturating_sub(first)).unwrap_or(0)];
    for bins in part.iter().flatten() {
        let from = usize::try_from(bins.first.saturating_sub(first)).unwrap_or(0);
        for (all, ios) in sum.iter_mut().skip(from).zip(&bins.ios) {
            *all = all.saturating_add(u64::from(*ios));
        }
    }
    sum
}

/// A document from elsewhere may name any bin; the picture ends where the bins do.
fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(LAST).min(LAST)
}

fn count_of(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
