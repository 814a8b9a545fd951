//! Settings of the BIOS.

use bmc::operation::bios::{Kind, Rule, Setting};
use profiles::Lang;
use serde_json::{Value, json};

use crate::output::table::Cell;

pub(super) const HEAD: &[(&str, &str)] =
    &[("名称", "name"), ("值", "value"), ("待生效", "waits"), ("可取", "takes"), ("说明", "title")];

/// Values of a list that are told in a table; JSON has them all.
const VALUES: usize = 8;

pub(super) fn row(setting: &Setting, lang: Lang) -> Vec<Cell> {
    let rule = setting.rule.as_ref();
    vec![
        setting.name.as_str().into(),
        setting.value.as_ref().map(shown).unwrap_or_default().into(),
        setting.pending.as_ref().map(shown).unwrap_or_default().into(),
        rule.map(|rule| takes(rule, lang)).unwrap_or_default().into(),
        rule.map_or("", |rule| rule.title.as_str()).into(),
    ]
}

/// Shows a value without quotes.
fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn takes(rule: &Rule, lang: Lang) -> String {
    let pick = |zh: &str, en: &str| match lang {
        Lang::Zh => zh.to_owned(),
        Lang::En => en.to_owned(),
    };
    if rule.read_only {
        return pick("只读", "read only");
    }
    let bounds = |(least, most): (Option<i64>, Option<i64>)| {
        let shown = |bound: Option<i64>| bound.map(|one| one.to_string()).unwrap_or_default();
        format!("{}…{}", shown(least), shown(most))
    };
    match rule.kind {
        Kind::Enumeration => {
            let values: Vec<&str> =
                rule.values.iter().map(|(value, _)| value.as_str()).take(VALUES).collect();
            let more = if rule.values.len() > VALUES { ", …" } else { "" };
            format!("{}{more}", values.join(", "))
        }
        Kind::Integer => bounds(rule.bounds),
        Kind::Boolean => "true, false".to_owned(),
        Kind::Text => format!("{} {}", bounds(rule.bounds), pick("字符", "characters")),
        Kind::Password => pick("密码", "a password"),
        Kind::Unknown => String::new(),
    }
}

pub(super) fn value(setting: &Setting) -> Value {
    let rule = setting.rule.as_ref().map(|rule| {
        let kind = match rule.kind {
            Kind::Enumeration => "enumeration",
            Kind::Integer => "integer",
            Kind::Boolean => "boolean",
            Kind::Text => "text",
            Kind::Password => "password",
            Kind::Unknown => "unknown",
        };
        let values: Vec<&str> = rule.values.iter().map(|(value, _)| value.as_str()).collect();
        json!({ "kind": kind, "title": rule.title, "values": values, "least": rule.bounds.0,
                "most": rule.bounds.1, "step": rule.step, "read_only": rule.read_only })
    });
    json!({ "name": setting.name, "value": setting.value, "pending": setting.pending,
            "rule": rule })
}
