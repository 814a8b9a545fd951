//! What a rule expects, in words, where the profile does not say it itself.

use super::{Amount, Bound, Condition, Counting, Literal, Rule, Test};
use crate::Text;
use crate::path::Aggregate;
use crate::unit::{Unit, exact};
use crate::words;

/// Returns `text` of each, joined for a reader of each language.
pub(crate) fn join(texts: impl IntoIterator<Item = Text>, zh: &str, en: &str) -> Text {
    let mut texts = texts.into_iter();
    let mut joined = texts.next().unwrap_or_default();
    for text in texts {
        joined.zh.push_str(zh);
        joined.zh.push_str(&text.zh);
        joined.en.push_str(en);
        joined.en.push_str(&text.en);
    }
    joined
}

/// Returns what `rule` expects.
pub(crate) fn expected(rule: &Rule) -> Text {
    match rule {
        Rule::Value { test, path, .. } => {
            let noun = (path.aggregate == Some(Aggregate::Count)).then_some(path.words);
            test_text(test, noun)
        }
        Rule::Count(counting) => counting_text(counting, true),
        Rule::Absent(counting) => {
            let of = counting_text(counting, true);
            Text::new(format!("无：{}", of.zh), format!("none: {}", of.en))
        }
        Rule::All(branches) => {
            join(branches.iter().map(|branch| expected(&branch.rule)), "，且 ", ", and ")
        }
        Rule::Any(branches) => {
            join(branches.iter().map(|branch| expected(&branch.rule)), "，或 ", ", or ")
        }
        Rule::Ratio { bound, .. } => bound_text(*bound, Unit::named("ppm"), Unit::named("%")),
        Rule::Measure { condition, .. } => condition_text(condition),
        Rule::Attest { .. } => Text::new("由专人确认", "confirmed by a person"),
    }
}

fn counting_text(counting: &Counting, named: bool) -> Text {
    let count = bound_text(counting.bound, None, None);
    let condition = condition_text(&counting.condition);
    let noun = if named { counting.over.words.noun.clone() } else { counting.over.name.clone() };
    let (zh, en) = if condition.zh.is_empty() {
        (String::new(), String::new())
    } else {
        (format!("（{}）", condition.zh), format!(" ({})", condition.en))
    };
    Text::new(format!("{} {}{zh}", count.zh, noun.zh), format!("{} {}{en}", count.en, noun.en))
}

fn condition_text(condition: &Condition) -> Text {
    match condition {
        Condition::All(parts) => join(parts.iter().map(condition_text), "，", ", "),
        Condition::Any(parts) => join(parts.iter().map(condition_text), " 或 ", " or "),
        Condition::Count(counting) => counting_text(counting, false),
        Condition::Value { path, test, .. } => {
            let name = &path.name;
            let test = test_text(test, None);
            Text::new(format!("{} {}", name.zh, test.zh), format!("{} {}", name.en, test.en))
        }
    }
}

/// Returns an amount in the unit the profile wrote it in.
pub(crate) fn amount(amount: &Amount) -> String {
    match (amount.field, amount.shown) {
        (Some(field), Some(shown)) => exact(amount.value, field, shown),
        (Some(field), None) => format!("{} {field}", amount.value),
        (None, _) => amount.value.to_string(),
    }
}

fn literal(value: &Literal) -> Text {
    match value {
        Literal::Amount(number) => Text::same(amount(number)),
        Literal::Text(text) => Text::same(text),
        Literal::Flag(true) => Text::new("是", "yes"),
        Literal::Flag(false) => Text::new("否", "no"),
    }
}

fn test_text(test: &Test, noun: Option<&words::Area>) -> Text {
    let with = |sign: &str, number: &Amount| {
        let tolerance = tolerance(number);
        let text = format!("{sign} {}", amount(number));
        let (zh, en) = noun.map_or(("", ""), |area| (area.noun.zh.as_str(), area.noun.en.as_str()));
        let space = if noun.is_some() { " " } else { "" };
        Text::new(
            format!("{text}{space}{zh}{}", tolerance.zh),
            format!("{text}{space}{en}{}", tolerance.en),
        )
    };
    match test {
        Test::Min(number) => with("≥", number),
        Test::Max(number) => with("≤", number),
        Test::Eq(Literal::Amount(number)) => with("=", number),
        Test::Eq(value) => literal(value),
        Test::Ne(value) => {
            let value = literal(value);
            Text::new(format!("非 {}", value.zh), format!("not {}", value.en))
        }
        Test::In(values) => join(values.iter().map(literal), "、", ", "),
        Test::Regex(pattern) => {
            Text::new(format!("符合 {}", pattern.text), format!("matching {}", pattern.text))
        }
    }
}

fn tolerance(number: &Amount) -> Text {
    match (number.tolerance_ppm, Unit::named("ppm"), Unit::named("%")) {
        (1.., Some(ppm), Some(percent)) => {
            let share = exact(i128::from(number.tolerance_ppm), ppm, percent);
            Text::new(format!("（容差 {share}）"), format!(" (tolerance {share})"))
        }
        _ => Text::default(),
    }
}

fn bound_text(bound: Bound, field: Option<Unit>, shown: Option<Unit>) -> Text {
    let number = |value| amount(&Amount { value, field, shown, tolerance_ppm: 0, above_ppm: 0 });
    Text::same(match (bound.min, bound.max) {
        (Some(min), Some(max)) if min == max => format!("= {}", number(min)),
        (Some(min), Some(max)) => format!("{}–{}", number(min), number(max)),
        (Some(min), None) => format!("≥ {}", number(min)),
        (None, Some(max)) => format!("≤ {}", number(max)),
        (None, None) => String::new(),
    })
}
