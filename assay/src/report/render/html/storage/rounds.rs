//! The pictures of steady state, as the PTS report has them: all rounds, and the window
//! with the limits of range and slope. A tracked value is shown in percent of the mean
//! of the window, for the document does not name its unit.

use storage_bench::{
    measurement::Steady,
    steady::{WINDOW, Window},
};

use crate::output::storage::said;

use super::{
    super::text::Voice,
    Figure,
    pictures::{BESIDE, room, say},
    plot::{Mark, Plot},
    scale::{self, Axis, Spread},
    words,
};

/// Height of a picture, in units.
const HEIGHT: u32 = 176;

/// Shares of the mean are in thousandths: 1000 is the mean.
const MEAN: u64 = 1_000;

/// Returns the pictures of the rounds; none before there is a window.
pub(super) fn figures(v: Voice, steady: &Steady) -> Vec<Figure> {
    let values = &steady.rounds_milli;
    let end = steady.round.map_or(values.len(), |round| usize::try_from(round).unwrap_or(0));
    let Some(window) = values.get(..end).and_then(|values| values.last_chunk::<WINDOW>()) else {
        return Vec::new();
    };
    let sums = Window::of(*window);
    if sums.sum == 0 {
        return Vec::new();
    }
    let share = |value: u64| {
        // value / (sum / 5), in thousandths
        let share = u128::from(value) * 5 * u128::from(MEAN) / sums.sum;
        u64::try_from(share).unwrap_or(u64::MAX)
    };
    let shares: Vec<u64> = values.iter().map(|value| share(*value)).collect();
    let first = end.saturating_sub(WINDOW);
    vec![convergence(v, steady, &shares, first), judged(v, steady, &shares, first, sums)]
}

fn rounds(plot: &Plot, first: usize, count: usize) -> (Axis, Vec<Mark>) {
    let (from, to) = plot.across();
    // Half a round of room at both ends; rounds count from 1.
    let low = (first as u64).saturating_mul(2).saturating_add(1);
    let high = low.saturating_add((count as u64).saturating_mul(2));
    let axis = Axis { spread: Spread::Linear, low, high, from, to };
    let every = count.div_ceil(13).max(1);
    let marks =
        (1..=count).filter(|round| count <= 13 || round.is_multiple_of(every)).map(|round| {
            let round = first.saturating_add(round);
            Mark { at: axis.place(round as u64 * 2), text: round.to_string() }
        });
    (axis, marks.collect())
}

fn percent(share: u64) -> String {
    format!("{} %", share / 10)
}

fn convergence(v: Voice, steady: &Steady, shares: &[u64], first: usize) -> Figure {
    let mut plot = Plot::new(BESIDE, HEIGHT, room(v));
    let (x, x_marks) = rounds(&plot, 0, shares.len());
    let most = shares.iter().copied().max().unwrap_or(MEAN).max(MEAN * 6 / 5);
    let values = scale::even(most, 5);
    let (from, to) = plot.up();
    let y = Axis {
        spread: Spread::Linear,
        low: 0,
        high: values.last().copied().unwrap_or(1),
        from,
        to,
    };
    let y_marks: Vec<Mark> =
        values.iter().map(|value| Mark { at: y.place(*value), text: percent(*value) }).collect();
    // The window lies under everything else.
    let left = x.place((first as u64).saturating_mul(2).saturating_add(1));
    let right = x.place((first.saturating_add(WINDOW) as u64).saturating_mul(2).saturating_add(1));
    plot.area("window", (left, to), (right, from));
    plot.frame((&x_marks, &say(v, words::ROUND_AXIS)), (&y_marks, &say(v, words::SHARE_AXIS)));
    plot.level("l-limit", y.place(MEAN), &say(v, words::MEAN));
    let at = |round: usize| x.place((round as u64).saturating_add(1).saturating_mul(2));
    let places: Vec<_> =
        shares.iter().enumerate().map(|(round, share)| (at(round), y.place(*share))).collect();
    plot.line("l-1", places.iter().copied().map(Some));
    for place in places {
        plot.dot(place, "l-1");
    }
    let state = said::steady(steady);
    let told = format!("{}: {}", say(v, words::ROUNDS_TITLE), say(v, &state));
    Figure {
        title: v.w(words::ROUNDS_TITLE),
        note: v.t(profiles::Text::new("阴影为判定窗口", "the shaded rounds are the window")),
        wide: false,
        drawing: plot.finish(&told),
    }
}

fn judged(v: Voice, steady: &Steady, shares: &[u64], first: usize, sums: Window) -> Figure {
    let mut plot = Plot::new(BESIDE, HEIGHT, room(v));
    let (x, x_marks) = rounds(&plot, first, WINDOW);
    let window = shares.iter().skip(first).take(WINDOW);
    let farthest = window.clone().map(|share| share.abs_diff(MEAN)).max().unwrap_or(0);
    let reach = [150, 200, 300, 500, 1_000].into_iter().find(|reach| *reach > farthest);
    let reach = reach.unwrap_or(MEAN);
    let (from, to) = plot.up();
    let high = MEAN.saturating_add(reach.max(farthest));
    let y = Axis { spread: Spread::Linear, low: MEAN.saturating_sub(reach), high, from, to };
    let step = if reach > 300 { 250 } else { 50 };
    let y_marks: Vec<Mark> = (0..=high / step)
        .map(|at| at.saturating_mul(step))
        .filter(|share| *share >= y.low)
        .map(|share| Mark { at: y.place(share), text: percent(share) })
        .collect();
    plot.frame((&x_marks, &say(v, words::ROUND_AXIS)), (&y_marks, &say(v, words::SHARE_AXIS)));
    // A range of 20 % is ± 10 % about the mean; a rise of 10 % over the window is from
    // 5 % below the mean to 5 % above it.
    plot.level("l-limit", y.place(MEAN + 100), &say(v, words::RANGE_LIMIT));
    plot.level("l-limit", y.place(MEAN - 100), &say(v, words::RANGE_LIMIT));
    let ends = [x.place(x.low.saturating_add(1)), x.place(x.high.saturating_sub(1))];
    for [start, end] in [[MEAN - 50, MEAN + 50], [MEAN + 50, MEAN - 50]] {
        let limit = ends.into_iter().zip([start, end]);
        plot.line("l-3", limit.map(|(at, share)| Some((at, y.place(share)))));
    }
    plot.name(y.place(MEAN + 50), &say(v, words::SLOPE_LIMIT));
    // The fitted line two rounds from the middle: mean ± 2 · slope, in thousandths.
    let rise =
        sums.slope_tenfold.saturating_mul(1_000).checked_div(i128::try_from(sums.sum).unwrap_or(1));
    let rise = i64::try_from(rise.unwrap_or(0)).unwrap_or(0);
    let fit = [MEAN.saturating_add_signed(rise.saturating_neg()), MEAN.saturating_add_signed(rise)];
    plot.line("l-2", ends.into_iter().zip(fit).map(|(at, share)| Some((at, y.place(share)))));
    let [_, last] = fit;
    plot.name(y.place(last), &say(v, words::FIT));
    for (at, share) in window.enumerate() {
        let round = first.saturating_add(at).saturating_add(1) as u64;
        plot.dot((x.place(round.saturating_mul(2)), y.place(*share)), "l-1");
    }
    let state = said::steady(steady);
    let told = format!("{}: {}", say(v, words::WINDOW_TITLE), say(v, &state));
    Figure {
        title: v.w(words::WINDOW_TITLE),
        note: v.t(state),
        wide: false,
        drawing: plot.finish(&told),
    }
}
