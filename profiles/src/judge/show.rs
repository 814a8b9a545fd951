//! Values as a reader of the report sees them.

use std::borrow::Cow;

use serde_json::Value;

use super::evaluate::number as number_of;
use super::facts;
use super::span::Span;
use crate::Text;
use crate::check::{Literal, Test};
use crate::path::{Aggregate, Path};
use crate::unit::{Unit, default_unit, integer, readable};
use crate::words::Area;

/// Objects, values or sources that one cell of a report lists.
pub(super) const SHOWN: usize = 8;
/// Longest text of a fact that a report shows.
const LONGEST: usize = 120;

/// Bytes that the text of a cell is given room for at first.
pub(super) const CELL: usize = 256;

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

/// Writes a count: `24`, `22–24`, `≥ 22`; nothing where nothing is known of it.
pub(super) fn number(out: &mut Text, span: Span) {
    out.push_same(|out| between(out, span, integer));
}

/// Writes what is known of a number, each end of it as `write` does.
fn between(out: &mut String, span: Span, write: impl Fn(&mut String, i128)) {
    match (span.least, span.most) {
        (Some(least), Some(most)) if least == most => write(out, least),
        (Some(least), Some(most)) => {
            write(out, least);
            out.push('–');
            write(out, most);
        }
        (Some(0) | None, None) => {}
        (Some(least), None) => {
            out.push_str("≥ ");
            write(out, least);
        }
        (None, Some(most)) => {
            out.push_str("≤ ");
            write(out, most);
        }
    }
}

/// Writes the number of `path` in `unit`, as far as it is known.
pub(super) fn span(out: &mut Text, span: Span, path: &Path, unit: Option<Unit>) {
    let Some(field) = path.unit() else {
        let mark = out.mark();
        number(out, span);
        if path.absolute && path.aggregate == Some(Aggregate::Count) && !out.stands_at(mark) {
            out.push(" ", " ");
            out.push(&path.words.noun.zh, &path.words.noun.en);
        }
        return;
    };
    let binary = path.words.binary;
    let show = |out: &mut String, value: i128| {
        readable(out, value, field, unit.unwrap_or_else(|| default_unit(value, field, binary)));
    };
    out.push_same(|out| between(out, span, show));
}

/// Writes one value that `path` leads to, of a section called `area`.
pub(super) fn value(out: &mut Text, value: &Value, path: &Path, unit: Option<Unit>, area: &Area) {
    match value {
        Value::Null => {}
        Value::Bool(true) => out.push("是", "yes"),
        Value::Bool(false) => out.push("否", "no"),
        Value::Number(_) => match (number_of(value), path.unit()) {
            (Some(number), Some(field)) => {
                let shown = unit.unwrap_or_else(|| default_unit(number, field, area.binary));
                out.push_same(|out| readable(out, number, field, shown));
            }
            (Some(number), None) => out.push_same(|out| integer(out, number)),
            (None, _) => out.push_same(|out| out.push_str(&value.to_string())),
        },
        Value::String(text) => {
            let text = cut(text);
            out.push(&text, &text);
        }
        // A brand and other named things carry their name in both languages.
        Value::Object(object) => {
            let name = |lang: &str| object.get(lang).and_then(Value::as_str).map(cut);
            match (name("zh"), name("en"), object.get("name").and_then(Value::as_str)) {
                (Some(zh), Some(en), _) => {
                    out.push(&zh, &en);
                    if zh != en {
                        out.push(" ", "");
                        out.push(&en, "");
                    }
                }
                (_, _, Some(name)) => {
                    let name = cut(name);
                    out.push(&name, &name);
                }
                _ => {}
            }
        }
        Value::Array(items) => {
            let count = i128::try_from(items.len()).unwrap_or(i128::MAX);
            out.push_same(|out| integer(out, count));
        }
    }
}

/// Returns a fact's text without control characters, and not longer than a cell takes.
fn cut(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST && !text.chars().any(char::is_control) {
        return text.into();
    }
    let mut out: String = text.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out.into()
}

/// Returns what an object of a section called `area` is called.
pub(super) fn label<'v>(area: &Area, object: Option<(usize, &'v Value)>) -> Cow<'v, str> {
    let Some((at, object)) = object else { return "".into() };
    let named =
        area.label.iter().find_map(|field| facts::field(object, field).and_then(Value::as_str));
    named.map_or_else(|| format!("#{}", at.saturating_add(1)).into(), cut)
}
