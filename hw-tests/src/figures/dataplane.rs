//! The figures of the dataplane: what judging a packet costs, whether many groups cost more than
//! few, what a change of rules takes, and what tests count.
//!
//! Costs are processor time of the one thread that sends: between namespaces joined by veth a
//! packet's whole way, to the far guest's card, is done before `send` returns, on that processor
//! and at that thread's expense. So another program's load moves them little.

mod batches;
mod converge;
mod cost;
mod layout;
mod load;
mod road;
mod rules;
mod tests;

use hw_tests::sample::interval;

use super::{Case, CaseError, Figure, TOLERANCE};

/// The cases, in the order of the page.
pub(super) const CASES: &[Case] = &[
    Case { name: "dataplane-matrix", measure: tests::matrix },
    Case { name: "dataplane-guest", measure: tests::guest },
    Case { name: "net-accept", measure: tests::accept },
    Case { name: "dataplane-groups", measure: cost::groups },
    Case { name: "dataplane-many", measure: cost::many },
    Case { name: "dataplane-converge", measure: converge::converge },
    Case { name: "dataplane-rules", measure: rules::one },
    Case { name: "dataplane-layout", measure: layout::layout },
];

/// Returns the figure of ratios, pair by pair, whose 95 % interval has to end at or below `bar`.
fn ratio(
    what: &str,
    bar: Option<f64>,
    pairs: &[(f64, f64)],
    more: &str,
) -> Result<Figure, CaseError> {
    let ratios: Vec<f64> = pairs.iter().map(|(ours, theirs)| ours / theirs).collect();
    let of = |side: fn(&(f64, f64)) -> f64| {
        interval(&pairs.iter().map(side).collect::<Vec<_>>()).map_or(f64::NAN, |found| found.median)
    };
    let found =
        interval(&ratios).ok_or_else(|| CaseError::Failed("nothing was measured".to_owned()))?;
    let measured = format!(
        "{:.3} (95 %: {:.3}–{:.3}), {:.0} against {:.0} ns, {} pairs; {more}",
        found.median,
        found.low,
        found.high,
        of(|pair| pair.0),
        of(|pair| pair.1),
        ratios.len(),
    );
    Ok(Figure {
        what: what.to_owned(),
        bar: bar.map_or("–".to_owned(), |bar| format!("≤ {bar:.1}, the whole interval")),
        measured,
        met: bar.map(|bar| found.high <= bar),
        broken: bar.map(|bar| found.low > bar * TOLERANCE),
    })
}
