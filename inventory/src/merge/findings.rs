//! What the merged document has to say about its parts.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::compare;
use super::document::Document;
use super::object::Claim;
use crate::model::{FindingClass, Source};

/// Findings of the parts, and those of the merge.
#[derive(Debug, Default)]
pub(super) struct Findings {
    /// The parts' own, with the number of the part.
    own: Vec<(usize, Value)>,
    /// Where objects went: part and old path to new path.
    moved: BTreeMap<(usize, String), String>,
    new: Vec<Value>,
}

impl Findings {
    pub(super) fn of(documents: &[Document]) -> Self {
        let own = documents.iter().enumerate().flat_map(|(part, document)| {
            let findings = document.member("findings").and_then(Value::as_array);
            findings.into_iter().flatten().map(move |finding| (part, finding.clone()))
        });
        Self { own: own.collect(), ..Self::default() }
    }

    /// Says that an object of `part` went from one path to another.
    pub(super) fn moved(&mut self, part: usize, from: &str, to: &str) {
        self.moved.insert((part, from.to_owned()), to.to_owned());
    }

    /// Adds a field that sources contradict each other on.
    pub(super) fn disagreement(
        &mut self,
        path: &str,
        field: &str,
        label: Option<&str>,
        chosen: &Claim,
        contrary: &[Claim],
        sources: &[Source],
    ) {
        let said = |claim: &Claim, by: &str| {
            format!("{}{by}{}", shown(&claim.value), locator(claim.source, sources))
        };
        let others: Vec<String> = contrary.iter().map(|claim| said(claim, " by ")).collect();
        let others_zh: Vec<String> = contrary.iter().map(|claim| said(claim, "，来源 ")).collect();
        let name = label.map_or_else(String::new, |label| format!(" (`{label}`)"));
        let name_zh = label.map_or_else(String::new, |label| format!("（{label}）"));
        let claims: Vec<Value> = std::iter::once(chosen)
            .chain(contrary)
            .map(|claim| json!({ "source": claim.source, "value": claim.value }))
            .collect();
        self.new.push(json!({
            "class": compare::class(field),
            "path": format!("{path}.{field}"),
            "message": format!(
                "`{path}`{name}: {field} is {}, and {}",
                said(chosen, " by "),
                others.join(", ")
            ),
            "message_zh": format!(
                "{path}{name_zh}：{field} 的取值不一致：{}；{}",
                said(chosen, "，来源 "),
                others_zh.join("；")
            ),
            "claims": claims,
        }));
    }

    /// Adds an object that a source which claims to know all does not have.
    pub(super) fn missing(
        &mut self,
        path: &str,
        label: Option<&str>,
        holder: u32,
        without: Option<u32>,
        sources: &[Source],
    ) {
        let name = label.map_or_else(String::new, |label| format!(" (`{label}`)"));
        let name_zh = label.map_or_else(String::new, |label| format!("（{label}）"));
        let holder_locator = locator(holder, sources);
        let without = without.map_or_else(|| "?".to_owned(), |without| file(without, sources));
        self.new.push(json!({
            "class": FindingClass::Missing,
            "path": path,
            "message": format!("`{path}`{name} is known by {holder_locator}, and missing in {without}"),
            "message_zh": format!("{path}{name_zh}：{holder_locator} 中有，{without} 中缺失"),
            "claims": [{ "source": holder, "value": label }],
        }));
    }

    /// Returns all findings, each once, with the paths of the merged document.
    pub(super) fn into_value(self) -> Value {
        let mut findings: Vec<Value> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        let own = self.own.into_iter().map(|(part, mut finding)| {
            if let Some(path) = finding.get("path").and_then(Value::as_str) {
                let (object, rest) = match path.find(']') {
                    Some(end) => path.split_at(end.saturating_add(1)),
                    None => (path, ""),
                };
                if let Some(to) = self.moved.get(&(part, object.to_owned())) {
                    let path = format!("{to}{rest}");
                    if let Some(place) = finding.get_mut("path") {
                        *place = path.into();
                    }
                }
            }
            finding
        });
        for finding in own.chain(self.new) {
            if seen.insert(finding.to_string()) {
                findings.push(finding);
            }
        }
        Value::Array(findings)
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        other => other.to_string(),
    }
}

fn locator(source: u32, sources: &[Source]) -> String {
    let source = usize::try_from(source).ok().and_then(|index| sources.get(index));
    source.map_or_else(|| "?".to_owned(), |source| source.locator.clone())
}

/// Returns the file or table that a source is part of.
fn file(source: u32, sources: &[Source]) -> String {
    let locator = locator(source, sources);
    match locator.split_once('#') {
        Some((file, _)) => file.to_owned(),
        None => locator.split(':').next().unwrap_or(&locator).to_owned(),
    }
}
