//! Which runs of two documents are of one case.

use crate::measurement::Run;

/// The case of a run that answers none.
const AD_HOC: &str = "ad-hoc";

/// Runs that belong together, by their places in two lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairing {
    /// Case, place in the first list, place in the other.
    pub pairs: Vec<(String, usize, usize)>,
    /// Cases that only the first list has.
    pub only_base: Vec<String>,
    /// Cases that only the other list has.
    pub only_other: Vec<String>,
    /// Cases that a list has several runs of without saying which one counts.
    pub unclear: Vec<String>,
}

/// Pairs runs by case. Of several runs of a case the last one counts, as in a report; of
/// several that answer no case none does. Where each list has one run only, they are a pair
/// whatever they are called.
pub fn pairing(base: &[Run], other: &[Run]) -> Pairing {
    if let ([a], [b]) = (base, other) {
        let case =
            if a.case == b.case { a.case.clone() } else { format!("{} / {}", a.case, b.case) };
        return Pairing { pairs: vec![(case, 0, 0)], ..Pairing::default() };
    }
    let mut found = Pairing::default();
    let last = |runs: &[Run], case: &str| runs.iter().rposition(|run| run.case == case);
    let count = |runs: &[Run]| runs.iter().filter(|run| run.case == AD_HOC).count();
    for (at, run) in base.iter().enumerate() {
        if last(base, &run.case) != Some(at) {
            continue;
        }
        match last(other, &run.case) {
            Some(_) if run.case == AD_HOC && count(base).max(count(other)) > 1 => {
                found.unclear.push(run.case.clone());
            }
            Some(there) => found.pairs.push((run.case.clone(), at, there)),
            None => found.only_base.push(run.case.clone()),
        }
    }
    for (at, run) in other.iter().enumerate() {
        if last(other, &run.case) == Some(at) && last(base, &run.case).is_none() {
            found.only_other.push(run.case.clone());
        }
    }
    found
}
