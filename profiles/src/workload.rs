//! Workloads: what has to run, and what it finds out, for the rows that no inventory shows and no
//! other section of the facts answers.
//!
//! They are data, `workloads.toml`. A row names its workload and its target today; as long as
//! nothing has run, it is `not-measured`. What a run found stands in the facts as one object of
//! `workload.run[]`: the workload's name, its subject, `validity`, and its fields.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::check::Rule;
use crate::path::Path;
use crate::{Text, bundled};

/// The section of the facts that runs of workloads stand in.
pub(crate) const SECTION: &str = "workload";

/// One workload.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// What it is called.
    pub title: Text,
    /// What its evidence is about, as profiles write it: `delivered-cloud`.
    pub subject: String,
    /// What it does, in a few words, and where it runs.
    pub how: Text,
    /// How long it takes for one thing under test, in minutes, about.
    #[serde(default = "usual_minutes")]
    pub minutes: u64,
    /// What it puts at risk, as profiles write it.
    #[serde(default = "usual_risk")]
    pub risk: String,
    /// Whether it runs for the whole trial run, and ends with it.
    #[serde(default)]
    pub trial: bool,
    /// Numbers that it finds out, by name; the name's end is the unit (`delivery_s`), a name
    /// without one is a count.
    #[serde(default)]
    pub number: BTreeMap<String, Text>,
    /// What it finds to be so or not.
    #[serde(default)]
    pub flag: BTreeMap<String, Text>,
}

fn usual_minutes() -> u64 {
    30
}

fn usual_risk() -> String {
    "load".to_owned()
}

static WORKLOADS: LazyLock<BTreeMap<String, Workload>> = LazyLock::new(|| {
    typed_json::parse_toml(bundled::text("gd-gov-cloud/workloads.toml"))
        .expect("the test `every_field_of_a_workload_is_asked_for` reads it")
});

/// Returns every workload, by name.
pub fn workloads() -> &'static BTreeMap<String, Workload> {
    &WORKLOADS
}

/// Returns what the field `name` of a workload is called.
pub(crate) fn field(name: &str) -> Option<&'static Text> {
    WORKLOADS.values().find_map(|one| one.number.get(name).or_else(|| one.flag.get(name)))
}

/// Returns the name of the workload whose runs `path` selects:
/// `workload.run[workload=NAME].…`.
pub fn named(path: &Path) -> Option<&str> {
    let mut steps = path.steps.iter();
    steps.next().filter(|step| step.name == SECTION)?;
    let mut filter = steps.next()?.filter.iter();
    let asked = filter.find(|predicate| Path::names(&predicate.field) == "workload")?;
    asked.among.first().map(String::as_str).filter(|_| !asked.negated)
}

/// Returns the workload whose runs `path` selects.
pub(crate) fn find(path: &Path) -> Option<&'static Workload> {
    WORKLOADS.get(named(path)?)
}

/// Returns who or what closes a check that waits for a workload.
pub(crate) fn close(rule: &Rule) -> Option<Text> {
    let Rule::Measure { run, .. } = rule else { return None };
    let workload = find(run)?;
    let Workload { title, how, .. } = workload;
    Some(Text::new(
        format!("待实测：{}——{}", title.zh, how.zh),
        format!("still to be measured: {}: {}", title.en, how.en),
    ))
}

/// Returns the JSON Schema of the section, as `profile lint` holds paths against it.
pub fn json_schema() -> Value {
    let (text, count, flag) =
        (json!({ "type": "string" }), json!({ "type": "integer" }), json!({ "type": "boolean" }));
    let mut fields = Map::new();
    for name in ["id", "row", "at", "tool"] {
        fields.insert(name.to_owned(), text.clone());
    }
    let names: Vec<&str> = WORKLOADS.keys().map(String::as_str).collect();
    fields.insert("workload".to_owned(), json!({ "enum": names, "type": "string" }));
    fields.insert("subject".to_owned(), text.clone());
    fields.insert("validity".to_owned(), json!({ "enum": ["valid", "invalid"] }));
    fields.insert("reasons".to_owned(), json!({ "type": "array", "items": text }));
    for workload in WORKLOADS.values() {
        fields.extend(workload.number.keys().map(|name| (name.clone(), count.clone())));
        fields.extend(workload.flag.keys().map(|name| (name.clone(), flag.clone())));
    }
    json!({
        "type": "object",
        "properties": {
            "run": { "type": "array", "items": { "type": "object", "properties": fields } },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{WORKLOADS, named};
    use crate::check::{Condition, Rule};
    use crate::path::Path;
    use crate::plan::Risk;
    use crate::profile::Subject;
    use crate::{Catalogue, Profile, Text};

    fn asked<'c>(condition: &'c Condition, paths: &mut Vec<&'c Path>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => {
                for part in parts {
                    asked(part, paths);
                }
            }
            Condition::Value { path, .. } => paths.push(path),
            Condition::Count(counting) => paths.push(&counting.over),
        }
    }

    fn profiles() -> Vec<Profile> {
        let catalogue = Catalogue::bundled();
        catalogue.ids().iter().map(|id| catalogue.profile(id).expect("bundled")).collect()
    }

    #[test]
    fn every_field_of_a_workload_is_asked_for_and_no_check_asks_for_another_workloads() {
        let mut unasked: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, workload) in &*WORKLOADS {
            assert!(Subject::named(&workload.subject).is_some(), "{name}: {}", workload.subject);
            let mut risks = Risk::ALL.iter().map(|risk| risk.name());
            assert!(risks.any(|risk| risk == workload.risk), "{name}: {}", workload.risk);
            let fields = workload.number.keys().chain(workload.flag.keys());
            unasked.insert(name, fields.map(String::as_str).collect());
        }
        let profiles = profiles();
        for check in profiles.iter().flat_map(|profile| &profile.checks) {
            let Rule::Measure { run, condition, show, .. } = &check.rule else { continue };
            let Some(name) = named(run) else { continue };
            let workload = WORKLOADS.get(name).unwrap_or_else(|| panic!("no workload {name}"));
            let subject = format!("[workload={name},subject={},row=", workload.subject);
            assert!(run.to_string().contains(&subject), "{}: {run} lacks {subject}", check.check);
            let mut paths: Vec<&Path> = show.iter().collect();
            asked(condition, &mut paths);
            assert!(!paths.is_empty(), "{}", check.check);
            for path in paths {
                let field = Path::names(&path.steps);
                let known =
                    workload.number.contains_key(&field) || workload.flag.contains_key(&field);
                assert!(known, "{}: {name} has no field {field}", check.check);
                if let Some(left) = unasked.get_mut(name) {
                    left.remove(field.as_str());
                }
            }
        }
        unasked.retain(|_, fields| !fields.is_empty());
        assert!(unasked.is_empty(), "no check asks for {unasked:?}");
    }

    #[test]
    fn a_field_has_one_meaning() {
        let mut seen: BTreeMap<&str, &Text> = BTreeMap::new();
        for (workload, one) in &*WORKLOADS {
            for (name, text) in one.number.iter().chain(&one.flag) {
                assert!(!text.zh.is_empty() && !text.en.is_empty(), "{workload}.{name}");
                let before = *seen.entry(name).or_insert(text);
                assert_eq!(before, text, "{workload}.{name} is called otherwise elsewhere");
            }
        }
    }
}
