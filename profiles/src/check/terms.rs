//! What the contract's papers say of a check: `mark`, `tender`, `bid`, `bid_value`.

use super::expect::amount;
use super::fields::{Fields, Problems};
use super::rule::Rules;
use super::{Amount, Bound, Rule, Test};
use crate::node::{Node, Value};
use crate::{Level, Mark, Terms};

/// Reads what tender and bid say; `None` where the profile quotes neither.
pub(crate) fn terms(
    fields: &mut Fields<'_>,
    level: Level,
    problems: &mut Problems,
) -> Option<Terms> {
    let mark = fields.text("mark", problems).and_then(|sign| {
        let mark = Mark::named(sign);
        if mark.is_none() {
            let message = format!("unknown mark `{sign}`; it is ★ or ▲");
            problems.error(fields.place, message);
        }
        mark
    });
    if mark == Some(Mark::Material) && level != Level::Must {
        let message = "a check marked ★ is a material clause: its level is `must`";
        problems.error(fields.place, message);
    }
    let tender = fields.bilingual("tender", problems);
    let bid = fields.bilingual("bid", problems);
    let terms = Terms { mark, tender, bid, bid_value: None };
    (terms != Terms::default()).then_some(terms)
}

impl Rules<'_> {
    /// Reads the number that the bid promises, for a rule that compares by size.
    pub(crate) fn bid(
        &mut self,
        fields: &mut Fields<'_>,
        rule: Option<&Rule>,
        terms: &mut Option<Terms>,
    ) -> Option<Amount> {
        let node = fields.take("bid_value")?;
        let bid = self.promised(node, rule?)?;
        if let Some(terms) = terms.as_mut().filter(|terms| terms.bid.is_some()) {
            terms.bid_value = Some(amount(&bid));
        } else {
            let message = "`bid_value` goes with `bid`, the text it stands in";
            self.problems.error(&node.place, message);
        }
        Some(bid)
    }

    fn promised(&mut self, node: &Node, rule: &Rule) -> Option<Amount> {
        match rule {
            Rule::Value { path, test: Test::Min(_) | Test::Max(_), .. } => self.amount(path, node),
            Rule::Count(counting) if one_sided(counting.bound).is_some() => match &node.value {
                Value::Integer(count @ 0..) => {
                    let value = i128::from(*count);
                    Some(Amount { value, field: None, shown: None, tolerance_ppm: 0, above_ppm: 0 })
                }
                other => {
                    let message = format!("`bid_value` is {}, not a count from 0", other.kind());
                    self.problems.error(&node.place, message);
                    None
                }
            },
            _ => {
                let message = "`bid_value` is for what is compared by size: kind `min`, `max`, or \
                               `count_where` with one of `min` and `max`";
                self.problems.error(&node.place, message);
                None
            }
        }
    }
}

/// Returns the number that `bound` asks for, and whether more of it is better.
pub(crate) fn one_sided(bound: Bound) -> Option<(i128, bool)> {
    match bound {
        Bound { min: Some(min), max: None } => Some((min, true)),
        Bound { min: None, max: Some(max) } => Some((max, false)),
        Bound { .. } => None,
    }
}
