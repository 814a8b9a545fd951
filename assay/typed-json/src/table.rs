//! A table of TOML as a value of JSON.

use serde_json::{Map, Number, Value};
use toml::de::{DeTable, DeValue};

/// Returns a table as a value: dates as their text, numbers that JSON does not have as `null`.
pub fn value(table: &DeTable<'_>) -> Value {
    let mut members = Map::new();
    members
        .extend(table.iter().map(|(key, held)| (key.get_ref().to_string(), one(held.get_ref()))));
    Value::Object(members)
}

fn one(held: &DeValue<'_>) -> Value {
    match held {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Integer(number) => {
            let read = i64::from_str_radix(number.as_str(), number.radix());
            read.map_or(Value::Null, Value::from)
        }
        DeValue::Float(number) => {
            let read = number.as_str().parse().ok().and_then(Number::from_f64);
            read.map_or(Value::Null, Value::Number)
        }
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Datetime(date) => Value::String(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| one(item.get_ref())).collect(),
        DeValue::Table(table) => value(table),
    }
}
