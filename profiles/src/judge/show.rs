//! Values as a reader of the report sees them.

use serde_json::Value;

use super::evaluate::number as number_of;
use super::span::Span;
use crate::Text;
use crate::check::{Literal, Test};
use crate::path::Path;
use crate::unit::{Unit, default_unit, readable};
use crate::words;

/// Objects, values or sources that one cell of a report lists.
pub(super) const SHOWN: usize = 8;
/// Longest text of a fact that a report shows.
const LONGEST: usize = 120;

/// Returns the unit that `test` writes its number in.
pub(super) fn unit_of(test: &Test) -> Option<Unit> {
    let literal = |literal: &Literal| match literal {
        Literal::Amount(amount) => amount.shown,
        Literal::Text(_) | Literal::Flag(_) => None,
    };
    match test {
        Test::Min(amount) | Test::Max(amount) => amount.shown,
        Test::Eq(value) | Test::Ne(value) => literal(value),
        Test::In(values) => values.iter().find_map(literal),
        Test::Regex(_) => None,
    }
}

/// Returns a count: `24`, `22–24`, `≥ 22`; empty where nothing is known of it.
pub(super) fn number(span: Span) -> String {
    match (span.least, span.most) {
        (Some(least), Some(most)) if least == most => least.to_string(),
        (Some(least), Some(most)) => format!("{least}–{most}"),
        (Some(0) | None, None) => String::new(),
        (Some(least), None) => format!("≥ {least}"),
        (None, Some(most)) => format!("≤ {most}"),
    }
}

/// Returns the number of `path` in `unit`, as far as it is known.
pub(super) fn span(span: Span, path: &Path, unit: Option<Unit>) -> Text {
    let area = words::area(super::evaluate::area(path));
    let Some(field) = path.unit() else {
        let number = number(span);
        if number.is_empty() || !path.absolute {
            return Text::same(number);
        }
        let counted = path.aggregate == Some(crate::path::Aggregate::Count);
        return if counted {
            Text::new(format!("{number} {}", area.noun.zh), format!("{number} {}", area.noun.en))
        } else {
            Text::same(number)
        };
    };
    let show = |value: i128| {
        readable(value, field, unit.unwrap_or_else(|| default_unit(value, field, area.binary)))
    };
    Text::same(match (span.least, span.most) {
        (Some(least), Some(most)) if least == most => show(least),
        (Some(least), Some(most)) => format!("{}–{}", show(least), show(most)),
        (Some(0) | None, None) => String::new(),
        (Some(least), None) => format!("≥ {}", show(least)),
        (None, Some(most)) => format!("≤ {}", show(most)),
    })
}

/// Returns one value that `path` leads to.
pub(super) fn value(value: &Value, path: &Path, unit: Option<Unit>, area: &str) -> Text {
    match value {
        Value::Null => Text::default(),
        Value::Bool(true) => Text::new("是", "yes"),
        Value::Bool(false) => Text::new("否", "no"),
        Value::Number(_) => match (number_of(value), path.unit()) {
            (Some(number), Some(field)) => {
                let binary = words::area(area).binary;
                let shown = unit.unwrap_or_else(|| default_unit(number, field, binary));
                Text::same(readable(number, field, shown))
            }
            _ => Text::same(value.to_string()),
        },
        Value::String(text) => Text::same(cut(text)),
        // A brand and other named things carry their name in both languages.
        Value::Object(object) => {
            let name = |lang: &str| object.get(lang).and_then(Value::as_str).map(cut);
            match (name("zh"), name("en"), object.get("name").and_then(Value::as_str)) {
                (Some(zh), Some(en), _) if zh != en => Text::new(format!("{zh} {en}"), en),
                (Some(zh), Some(en), _) => Text { zh, en },
                (_, _, Some(name)) => Text::same(cut(name)),
                _ => Text::default(),
            }
        }
        Value::Array(items) => Text::same(items.len().to_string()),
    }
}

/// Returns a fact's text without control characters, and not longer than a cell takes.
fn cut(text: &str) -> String {
    let mut out: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

/// Returns what an object of section `area` is called.
pub(super) fn label(area: &str, object: Option<(usize, &Value)>) -> String {
    let Some((at, object)) = object else { return String::new() };
    let named = words::area(area)
        .label
        .iter()
        .find_map(|field| object.get(field).and_then(Value::as_str))
        .map(cut);
    named.unwrap_or_else(|| format!("#{}", at.saturating_add(1)))
}
