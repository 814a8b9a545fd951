//! How a measured number stands to what tender and bid say of it.

use super::evaluate::Judge;
use super::span::Span;
use crate::Standing;
use crate::check::terms::one_sided;
use crate::check::{Amount, Check, Rule, Test};
use crate::kleene::Truth;
use crate::path::Path;

impl<'a> Judge<'a> {
    /// Returns how what `check` measures stands to what is asked and promised.
    ///
    /// Better is only what is compared by size and known exactly, of which no source says
    /// otherwise; of many values the worst one counts.
    pub(crate) fn standing(&mut self, check: &'a Check) -> Standing {
        let mark = self.mark();
        let found = match &check.rule {
            Rule::Value { path, test: Test::Min(asked), .. } => {
                Some((self.worst(path, true), asked.value, true))
            }
            Rule::Value { path, test: Test::Max(asked), .. } => {
                Some((self.worst(path, false), asked.value, false))
            }
            Rule::Count(counting) => one_sided(counting.bound).map(|(asked, more)| {
                let span = self.count(&self.facts.document(), counting, &mut |_| {});
                (span, asked, more)
            }),
            _ => None,
        };
        self.forget(mark);
        let Some((span, asked, more)) = found else { return Standing::Same };
        let span = if self.disputed || !self.apart.is_empty() { Span::ANY } else { span };
        stands(span, asked, check.bid.as_ref(), more)
    }

    /// Returns the number of `path`; of many values the one that is hardest to pass by.
    fn worst(&mut self, path: &'a Path, smallest: bool) -> Span {
        let document = self.facts.document();
        if path.aggregate.is_some() {
            return self.aggregate(&document, path);
        }
        let reached = self.follow(&document, path);
        let span = self.extreme(&reached, path, smallest);
        self.done(reached);
        span
    }
}

fn stands(span: Span, asked: i128, bid: Option<&Amount>, more: bool) -> Standing {
    let mut reference = asked;
    if let Some(bid) = bid {
        let test = if more { Test::Min(bid.clone()) } else { Test::Max(bid.clone()) };
        match span.passes(&test) {
            Truth::False => return Standing::Worse,
            Truth::Unknown => return Standing::Unknown,
            Truth::True => {}
        }
        reference = if more { asked.max(bid.value) } else { asked.min(bid.value) };
    }
    match span.exact() {
        Some(number) if more && number > reference => Standing::Better,
        Some(number) if !more && number < reference => Standing::Better,
        _ => Standing::Same,
    }
}
