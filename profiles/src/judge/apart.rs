//! Sections that sources count differently: sixteen memory modules by the machine's own tables,
//! fifteen by its BMC.
//!
//! Which part it is that one of them does not know nobody can tell, so no field is in dispute;
//! what rests on the section is all the same not proven by it.

use serde_json::Value;

use super::facts::Facts;
use crate::{Reason, Text, Verdict, words};

/// A section that is counted differently.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Apart<'a> {
    pub(crate) section: &'a str,
    claims: &'a [Value],
    zh: &'a str,
    en: &'a str,
}

/// Returns the sections of the inventory that sources count differently, by its findings: of the
/// class `missing`, with a whole section as path, and two values that differ.
pub(crate) fn of(root: &Value) -> Vec<Apart<'_>> {
    let findings = root.pointer("/inventory/findings").and_then(Value::as_array);
    findings.into_iter().flatten().filter_map(one).collect()
}

fn one(finding: &Value) -> Option<Apart<'_>> {
    let text = |key: &str| finding.get(key).and_then(Value::as_str);
    let claims = finding.get("claims")?.as_array()?.as_slice();
    let mut counts = claims.iter().filter_map(|claim| claim.get("value").and_then(Value::as_u64));
    let first = counts.next()?;
    let differs = counts.any(|other| other != first);
    let section = text("path").filter(|path| !path.contains(['[', '.']))?;
    let (zh, en) = (text("message_zh").unwrap_or_default(), text("message").unwrap_or_default());
    (text("class") == Some("missing") && differs).then_some(Apart { section, claims, zh, en })
}

impl Apart<'_> {
    /// Returns the reason that a row has, with every count and who says it.
    pub(crate) fn reason(&self, facts: &Facts<'_>) -> Reason {
        let said = self.claims.iter().map(|claim| {
            let source = claim.get("source").and_then(Value::as_u64);
            let locator = source.and_then(|id| facts.locator(id)).unwrap_or("?");
            format!("{} [{locator}]", claim.get("value").unwrap_or(&Value::Null))
        });
        let counts = said.collect::<Vec<_>>().join(" / ");
        let area = words::area(self.section);
        let text = if self.en.is_empty() {
            Text::new(
                format!("{}：来源清点的数量不一致：{counts}", area.name.zh),
                format!("{}: sources count differently: {counts}", area.name.en),
            )
        } else {
            Text::new(format!("{}：{counts}", self.zh), format!("{}: {counts}", self.en))
        };
        let close = Text::new(
            "由专人现场核实以何者为准后签署，或去除错误的来源重新运行",
            "have a person settle on the machine which is right and sign, or run again without \
             the wrong source",
        );
        Reason { text, close: Some(close) }
    }
}

/// Returns the verdict of a row that rests on such a section: one that would pass is left to a
/// person. One that fails by the parts of all sources together fails by those of each.
pub(crate) fn weighed(verdict: Verdict) -> Verdict {
    if verdict == Verdict::Pass { Verdict::NeedsAttestation } else { verdict }
}
