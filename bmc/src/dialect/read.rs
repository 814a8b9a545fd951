//! Reads a dialect from the text of a TOML document.

use serde_json::{Map, Value};
use toml::de::{DeTable, DeValue};

use super::{Confidence, Dialect, Effect, Feature, Quirk, When};

type Table<'t> = DeTable<'t>;

/// Reads a dialect; the error says what is missing or wrong.
pub(super) fn dialect(text: &str) -> Result<Dialect, String> {
    let table = DeTable::parse(text).map_err(|error| error.to_string())?;
    let table = table.get_ref();
    let mut quirks = Vec::new();
    for (name, value) in table {
        let name = name.get_ref().as_ref();
        match (name, value.get_ref()) {
            ("id" | "name" | "namespaces" | "detect" | "recorded", _) => {}
            ("quirk", DeValue::Array(many)) => {
                for one in many {
                    let DeValue::Table(one) = one.get_ref() else {
                        return Err("a quirk is a table".to_owned());
                    };
                    quirks.push(quirk(one)?);
                }
            }
            _ => return Err(format!("`{name}` is not known")),
        }
    }
    Ok(Dialect {
        id: text_of(table, "id")?,
        name: text_of(table, "name")?,
        namespaces: list(table, "namespaces").unwrap_or_default(),
        detect: whens(table, "detect")?,
        recorded: whens(table, "recorded")?,
        quirks,
    })
}

/// Reads a list of marks; none where there is no list.
fn whens(table: &Table<'_>, name: &str) -> Result<Vec<When>, String> {
    let mut all = Vec::new();
    if let Some(DeValue::Array(many)) = value(table, name) {
        for one in many {
            let DeValue::Table(one) = one.get_ref() else {
                return Err(format!("`{name}` is a list of tables"));
            };
            all.push(when(one)?);
        }
    }
    Ok(all)
}

fn quirk(table: &Table<'_>) -> Result<Quirk, String> {
    let id = text_of(table, "id")?;
    let of = |what: String| format!("quirk `{id}`: {what}");
    let empty = Table::new();
    let when = match value(table, "when") {
        Some(DeValue::Table(own)) => when(own),
        _ => when(&empty),
    };
    Ok(Quirk {
        when: when.map_err(of)?,
        effect: effect(table).map_err(of)?,
        source: text_of(table, "source").map_err(of)?,
        confidence: confidence(&text_of(table, "confidence").map_err(of)?)
            .ok_or_else(|| of("its confidence is no word that is known".to_owned()))?,
        test: text_of(table, "test").map_err(of)?,
        id,
    })
}

fn when(table: &Table<'_>) -> Result<When, String> {
    let mut read = When::default();
    for (name, value) in table {
        let DeValue::String(text) = value.get_ref() else {
            return Err(format!("`{}` is text", name.get_ref()));
        };
        let part = match name.get_ref().as_ref() {
            "oem" => &mut read.oem,
            "server" => &mut read.server,
            "maker" => &mut read.maker,
            "model" => &mut read.model,
            "firmware" => &mut read.firmware,
            "member" => &mut read.member,
            other => return Err(format!("`{other}` is no mark")),
        };
        *part = Some(text.to_string());
    }
    Ok(read)
}

fn effect(table: &Table<'_>) -> Result<Effect, String> {
    let feature = || -> Result<Feature, String> {
        Feature::of(&text_of(table, "feature")?).ok_or_else(|| "no such feature".to_owned())
    };
    let effect = text_of(table, "effect")?;
    Ok(match effect.as_str() {
        "always" => Effect::Always,
        "step" => Effect::Step,
        "first" => {
            Effect::First { ladder: text_of(table, "ladder")?, step: text_of(table, "step")? }
        }
        "login" => Effect::Login(object(table)?),
        "body" => Effect::Body { feature: feature()?, body: object(table)? },
        "token" => Effect::Token(text_of(table, "pointer")?),
        "schemes" => {
            Effect::Schemes(list(table, "schemes").ok_or_else(|| "`schemes` is a list".to_owned())?)
        }
        "tries" => match value(table, "times") {
            Some(DeValue::Integer(times)) => Effect::Tries {
                feature: feature()?,
                times: times.as_str().parse().map_err(|_error| "`times` is a number".to_owned())?,
            },
            _ => return Err("`times` is a number".to_owned()),
        },
        "path" => Effect::Path { feature: feature()?, path: text_of(table, "path")? },
        other => return Err(format!("`{other}` is no effect")),
    })
}

fn object(table: &Table<'_>) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(&text_of(table, "body")?) {
        Ok(Value::Object(body)) => Ok(body),
        _ => Err("`body` is a JSON object".to_owned()),
    }
}

fn confidence(word: &str) -> Option<Confidence> {
    Some(match word {
        "assumption" => Confidence::Assumption,
        "vendor-manual" => Confidence::Manual,
        "read" => Confidence::Read,
        "fixture" => Confidence::Fixture,
        "field" => Confidence::Field,
        "measured" => Confidence::Measured,
        _ => return None,
    })
}

fn value<'v>(table: &'v Table<'_>, name: &str) -> Option<&'v DeValue<'v>> {
    table.iter().find(|(own, _)| own.get_ref().as_ref() == name).map(|(_, value)| value.get_ref())
}

fn text_of(table: &Table<'_>, name: &str) -> Result<String, String> {
    match value(table, name) {
        Some(DeValue::String(text)) if !text.trim().is_empty() => Ok(text.to_string()),
        _ => Err(format!("`{name}` is missing")),
    }
}

fn list(table: &Table<'_>, name: &str) -> Option<Vec<String>> {
    let DeValue::Array(items) = value(table, name)? else { return None };
    items
        .iter()
        .map(|item| match item.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => None,
        })
        .collect()
}
