//! What the cover says beside the results: project, stage, parties, place.
//!
//! [`super::project`] reads it from the file that the acceptance team keeps; every
//! field may be missing and is then left blank for the pen.

use clap::ValueEnum;
use profiles::Text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The cover's particulars, as the project file states them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Cover {
    /// Name of the project.
    pub project: Option<String>,
    /// Number of the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_number: Option<String>,
    /// Contract number.
    pub contract: Option<String>,
    /// Section of the tender (标段).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
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
    /// Who speaks for the parties.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Person>,
    /// When each stage is planned.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Planned>,
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

/// The parties of an acceptance, in the order they sign.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// 建设单位（甲方）.
    Owner,
    /// 承建单位（乙方）.
    Contractor,
    /// 监理单位.
    Supervisor,
    /// 使用单位.
    User,
    /// 第三方测评单位.
    Assessor,
}

impl Party {
    /// Every party, with the key that a project file names it by.
    pub const ALL: [(&'static str, Self); 5] = [
        ("owner", Self::Owner),
        ("contractor", Self::Contractor),
        ("supervisor", Self::Supervisor),
        ("user", Self::User),
        ("assessor", Self::Assessor),
    ];

    /// Returns what the party is called.
    pub fn word(self) -> Text {
        match self {
            Self::Owner => Text::new("建设单位（甲方）", "Owner (Party A)"),
            Self::Contractor => Text::new("承建单位（乙方）", "Contractor (Party B)"),
            Self::Supervisor => Text::new("监理单位", "Supervisor"),
            Self::User => Text::new("使用单位", "User"),
            Self::Assessor => Text::new("第三方测评单位", "Third-party assessor"),
        }
    }
}

impl Parties {
    /// Returns the name of a party.
    pub fn name(&self, party: Party) -> &Option<String> {
        match party {
            Party::Owner => &self.owner,
            Party::Contractor => &self.contractor,
            Party::Supervisor => &self.supervisor,
            Party::User => &self.user,
            Party::Assessor => &self.assessor,
        }
    }

    /// Gives a party its name.
    pub(super) fn put(&mut self, party: Party, name: Option<String>) {
        *match party {
            Party::Owner => &mut self.owner,
            Party::Contractor => &mut self.contractor,
            Party::Supervisor => &mut self.supervisor,
            Party::User => &mut self.user,
            Party::Assessor => &mut self.assessor,
        } = name;
    }
}

/// A person of a party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The party.
    pub party: Party,
    /// Name.
    pub name: String,
    /// Title: `项目经理`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// When a stage is planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// The stage.
    pub stage: Stage,
    /// The day, or the first one: `2026-12-01`.
    pub from: String,
    /// The last day, of a stage that takes several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl Planned {
    /// Returns the day, or the first and the last one.
    pub fn days(&self) -> String {
        match &self.to {
            Some(to) => format!("{} — {to}", self.from),
            None => self.from.clone(),
        }
    }
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
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    JsonSchema,
    ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// 到货验收 (开箱验收).
    #[value(aliases = ["到货", "到货验收", "开箱验收"])]
    Arrival,
    /// 加电测试.
    #[value(aliases = ["加电", "加电测试"])]
    PowerOn,
    /// 初步验收, before the trial run.
    #[value(aliases = ["初验", "初步验收"])]
    Preliminary,
    /// 试运行.
    #[value(alias = "试运行")]
    TrialRun,
    /// 最终验收.
    #[value(aliases = ["终验", "最终验收"])]
    Final,
}

impl Stage {
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
