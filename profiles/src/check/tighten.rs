//! Whether a check asks at least what the one it overrides asks.
//!
//! A profile may tighten what it inherits; to loosen it, it must say why. What
//! cannot be shown to be at least as tight counts as looser.

use super::{Amount, Bound, Branch, Check, Condition, Counting, Literal, Rule, Test};
use crate::{Level, Mark};

/// Returns what makes `new` ask less than `old`, or `None` where it asks at least as much.
pub(crate) fn looser(old: &Check, new: &Check) -> Option<&'static str> {
    if rank(new.level) < rank(old.level) {
        return Some("its level counts less");
    }
    if mark(new) < mark(old) {
        return Some("the tender's mark is taken away");
    }
    if new.waivable && !old.waivable {
        return Some("it may be waived");
    }
    if !old.require_role.iter().all(|role| new.require_role.contains(role)) {
        return Some("fewer roles must sign");
    }
    if new.row != old.row {
        return Some("it is for another row");
    }
    if new.applies != old.applies {
        return Some("it applies to other machines");
    }
    (!rule(&old.rule, &new.rule)).then_some("its rule does not ask at least as much")
}

/// Returns how much the tender's mark weighs.
fn mark(check: &Check) -> u8 {
    match check.terms.as_ref().and_then(|terms| terms.mark) {
        Some(Mark::Material) => 2,
        Some(Mark::Important) => 1,
        None => 0,
    }
}

fn rank(level: Level) -> u8 {
    match level {
        Level::Must => 2,
        Level::Scored => 1,
        Level::Info => 0,
    }
}

fn rule(old: &Rule, new: &Rule) -> bool {
    match (old, new) {
        (Rule::Value { path: a, test: s, .. }, Rule::Value { path: b, test: t, .. }) => {
            a == b && test(s, t)
        }
        (Rule::Count(s), Rule::Count(t)) => counting(s, t),
        // Fewer things may be absent where more is asked of them.
        (Rule::Absent(s), Rule::Absent(t)) => {
            s.over == t.over && implies(&t.condition, &s.condition)
        }
        (Rule::All(s), Rule::All(t)) => s.iter().all(|a| t.iter().any(|b| branch(a, b))),
        (Rule::Any(s), Rule::Any(t)) => t.iter().all(|b| s.iter().any(|a| branch(a, b))),
        (Rule::Any(s), t) => s.iter().any(|a| rule(&a.rule, t)),
        (
            Rule::Ratio { part: old_part, whole: old_whole, bound: old, .. },
            Rule::Ratio { part, whole, bound: new, .. },
        ) => old_part == part && old_whole == whole && bound(*old, *new),
        (
            Rule::Measure { run: p, condition: s, .. },
            Rule::Measure { run: q, condition: t, .. },
        ) => p == q && implies(s, t),
        (Rule::Attest { refuted_by: s, .. }, Rule::Attest { refuted_by: t, .. }) => {
            s.iter().all(|a| {
                t.iter().any(|b| {
                    implies(&b.condition, &a.condition) && implies(&a.condition, &b.condition)
                })
            })
        }
        _ => false,
    }
}

fn branch(old: &Branch, new: &Branch) -> bool {
    rule(&old.rule, &new.rule)
}

fn counting(old: &Counting, new: &Counting) -> bool {
    if old.over != new.over || !bound(old.bound, new.bound) {
        return false;
    }
    // A minimum is tighter where more is asked of each, a maximum where less is.
    let min = old.bound.min.is_none() || implies(&old.condition, &new.condition);
    let max = old.bound.max.is_none() || implies(&new.condition, &old.condition);
    min && max
}

fn bound(old: Bound, new: Bound) -> bool {
    let min = old.min.is_none_or(|least| new.min.is_some_and(|min| min >= least));
    let max = old.max.is_none_or(|most| new.max.is_some_and(|max| max <= most));
    min && max
}

/// Returns whether what meets `new` is known to meet `old`.
fn implies(old: &Condition, new: &Condition) -> bool {
    match (old, new) {
        (Condition::All(parts), new) => parts.iter().all(|old| implies(old, new)),
        (old, Condition::Any(parts)) => parts.iter().all(|new| implies(old, new)),
        (Condition::Any(olds), Condition::All(news)) => {
            olds.iter().any(|old| implies(old, new)) || news.iter().any(|new| implies(old, new))
        }
        (Condition::Any(parts), new) => parts.iter().any(|old| implies(old, new)),
        (old, Condition::All(parts)) => parts.iter().any(|new| implies(old, new)),
        (Condition::Value { path: a, test: s, .. }, Condition::Value { path: b, test: t, .. }) => {
            a == b && test(s, t)
        }
        (Condition::Count(s), Condition::Count(t)) => counting(s, t),
        _ => false,
    }
}

fn test(old: &Test, new: &Test) -> bool {
    match (old, new) {
        (Test::Min(old), Test::Min(new) | Test::Eq(Literal::Amount(new))) => low(new) >= low(old),
        (Test::Max(old), Test::Max(new) | Test::Eq(Literal::Amount(new))) => high(new) <= high(old),
        (Test::Eq(Literal::Amount(old)), Test::Eq(Literal::Amount(new))) => {
            low(new) >= low(old) && high(new) <= high(old)
        }
        (Test::In(old), Test::In(new)) => new.iter().all(|value| old.contains(value)),
        (Test::In(old), Test::Eq(new)) => old.contains(new),
        _ => old == new,
    }
}

/// The least value an amount's tolerance lets pass, in millionths.
fn low(amount: &Amount) -> i128 {
    amount.value.saturating_mul(1_000_000 - i128::from(amount.tolerance_ppm))
}

/// The largest value an amount's tolerance lets pass, in millionths.
fn high(amount: &Amount) -> i128 {
    amount.value.saturating_mul(1_000_000 + i128::from(amount.above_ppm))
}
