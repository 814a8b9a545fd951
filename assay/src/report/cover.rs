//! What the cover says beside the results: project, stage, parties, place.
//!
//! Read from a TOML file that the acceptance team keeps; every field may be
//! missing and is then left blank for the pen.

use profiles::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use toml::de::DeTable;

/// The cover's particulars, as the file given by `--cover` states them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cover {
    /// Name of the project.
    pub project: Option<String>,
    /// Contract number.
    pub contract: Option<String>,
    /// Annex of the contract that the configuration is agreed in.
    pub annex: Option<String>,
    /// Number of this report.
    pub number: Option<String>,
    /// Stage of acceptance.
    pub stage: Option<Stage>,
    /// Place of the test.
    pub place: Option<String>,
    /// Parties that sign.
    pub parties: Parties,
    /// Where the machine stands.
    pub location: Location,
    /// Conditions and open points for the conclusion, one paragraph each.
    pub notes: Vec<String>,
}

/// Parties that sign, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Parties {
    /// 建设单位（甲方）.
    pub owner: Option<String>,
    /// 承建单位（乙方）.
    pub contractor: Option<String>,
    /// 监理单位.
    pub supervisor: Option<String>,
    /// 使用单位.
    pub user: Option<String>,
    /// 第三方测评单位.
    pub assessor: Option<String>,
}

/// Where the machine stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Location {
    /// Room.
    pub room: Option<String>,
    /// Rack.
    pub rack: Option<String>,
    /// Lowest unit in the rack.
    pub unit: Option<String>,
}

impl Location {
    /// Returns room, rack and unit in one line.
    pub fn line(&self) -> Option<String> {
        let parts: Vec<&str> = [&self.room, &self.rack, &self.unit]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        (!parts.is_empty()).then(|| parts.join(" / "))
    }
}

/// Stages of acceptance.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// 到货验收 (开箱验收).
    #[serde(alias = "到货", alias = "到货验收", alias = "开箱验收")]
    Arrival,
    /// 加电测试.
    #[serde(alias = "加电", alias = "加电测试")]
    PowerOn,
    /// 初步验收, before the trial run.
    #[serde(alias = "初验", alias = "初步验收")]
    Preliminary,
    /// 试运行.
    #[serde(alias = "试运行")]
    TrialRun,
    /// 最终验收.
    #[serde(alias = "终验", alias = "最终验收")]
    Final,
}

impl Stage {
    /// Returns the stage that is called `name`, in English or as documents call it.
    pub fn named(name: &str) -> Option<Self> {
        serde_json::from_value(Value::String(name.to_owned())).ok()
    }

    /// Returns the stage as profiles know it.
    pub fn planned(self) -> profiles::plan::Stage {
        match self {
            Self::Arrival => profiles::plan::Stage::Arrival,
            Self::PowerOn => profiles::plan::Stage::PowerOn,
            Self::Preliminary => profiles::plan::Stage::Preliminary,
            Self::TrialRun => profiles::plan::Stage::TrialRun,
            Self::Final => profiles::plan::Stage::Final,
        }
    }

    /// Returns the stage's name.
    pub fn name(self) -> Text {
        match self {
            Self::Arrival => Text::new("到货验收", "Arrival inspection"),
            Self::PowerOn => Text::new("加电测试", "Power-on test"),
            Self::Preliminary => Text::new("初验", "Preliminary acceptance"),
            Self::TrialRun => Text::new("试运行", "Trial run"),
            Self::Final => Text::new("终验", "Final acceptance"),
        }
    }
}

/// Why a cover file could not be used.
#[derive(Debug, thiserror::Error)]
#[error("`{file}`, line {line}: {message}")]
pub struct CoverError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

impl CoverError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        Some(
            "fields are project, contract, annex, number, stage, place, notes, and the tables \
             [parties] and [location]; stages are arrival, power-on, preliminary, trial-run, final"
                .to_owned(),
        )
    }
}

/// Reads a cover from the text of the file named `file`.
pub fn parse(file: &str, text: &str) -> Result<Cover, CoverError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let refused = |at: Option<usize>, message: &str| {
        let before = at.and_then(|at| text.get(..at)).unwrap_or_default();
        CoverError {
            file: file.to_owned(),
            line: before.matches('\n').count().saturating_add(1),
            message: message.lines().collect::<Vec<_>>().join("; "),
        }
    };
    let table = DeTable::parse(text)
        .map_err(|error| refused(error.span().map(|span| span.start), error.message()))?;
    let table = table.get_ref();
    typed_json::read(&typed_json::value(table))
        .map_err(|error| refused(at_fault(table), &error.to_string()))
}

/// Returns where the key stands that alone is refused already.
fn at_fault(table: &DeTable<'_>) -> Option<usize> {
    let whole = typed_json::value(table);
    let fails = |cover: &Value| typed_json::read::<Cover>(cover).is_err();
    let (key, held) = table.iter().find(|(key, _)| {
        let key: &str = key.get_ref();
        fails(&json!({ key: &whole[key] }))
    })?;
    let outer: &str = key.get_ref();
    let inner = held.get_ref().as_table().and_then(|table| {
        table.keys().find(|key| {
            let key: &str = key.get_ref();
            fails(&json!({ outer: { key: &whole[outer][key] } }))
        })
    });
    Some(inner.unwrap_or(key).span().start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cover_is_read_with_the_stage_in_either_language() {
        for stage in ["终验", "final"] {
            let text = format!(
                "project = \"政务云二期\"\nstage = \"{stage}\"\n[parties]\nowner = \"甲\"\n\
                 [location]\nroom = \"A\"\nunit = \"U07\"\n"
            );
            let cover = parse("cover.toml", &text).unwrap();
            assert_eq!(cover.stage, Some(Stage::Final));
            assert_eq!(cover.parties.owner.as_deref(), Some("甲"));
            assert_eq!(cover.location.line().as_deref(), Some("A / U07"));
        }
        assert_eq!(parse("cover.toml", "").unwrap(), Cover::default());
    }

    #[test]
    fn a_wrong_cover_is_refused_with_file_and_line() {
        for (text, line, what) in [
            ("project = 1\n", 1, "string"),
            ("project = \"a\"\nstage = \"later\"\n", 2, "later"),
            ("project = \"a\"\n\n[parties]\nowmer = \"b\"\n", 4, "owmer"),
            ("project = \"a\n", 1, ""),
        ] {
            let error = parse("cover.toml", text).unwrap_err();
            assert_eq!(error.line, line, "{error}");
            assert!(error.message.contains(what), "{error}");
            assert!(error.to_string().starts_with("`cover.toml`, line "), "{error}");
        }
    }
}
