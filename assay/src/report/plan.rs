//! The test plan (验收测试方案), made before anything is tested: every case of the profiles that is
//! due at a stage, with method, tool, expected value, time and risk.

use profiles::{
    Level, Profile, Text,
    check::Asked,
    plan::{Risk, Stage},
};
use serde_json::{Value, json};

use super::cover::Cover;

/// A plan: what is tested, by which profiles.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Project, contract, parties.
    pub cover: Cover,
    /// The stage it is for; all of them where none is named.
    pub stage: Option<Stage>,
    /// When it was made, RFC 3339.
    pub at: String,
    /// One part for each profile, in the order they were named.
    pub parts: Vec<Part>,
}

/// What one profile asks for.
#[derive(Clone, Debug)]
pub struct Part {
    /// Id of the profile.
    pub profile: String,
    /// Its version.
    pub version: String,
    /// Its title.
    pub title: Text,
    /// The norm's title and edition.
    pub norm: [Text; 2],
    /// What it is about.
    pub subject: Text,
    /// How units and wordings are read.
    pub units: Vec<Text>,
    /// Its cases at this stage.
    pub cases: Vec<Case>,
    /// How many cases the profile has at all stages.
    pub of: usize,
}

/// One test case, before it is tested.
#[derive(Clone, Debug)]
pub struct Case {
    /// Id of the check.
    pub check: String,
    /// Row of the norm.
    pub row: String,
    /// Title of the check.
    pub title: Text,
    /// How it counts.
    pub level: Level,
    /// How it is tested.
    pub method: Text,
    /// What has to be shown to the person who decides, and by whom.
    pub asked: Option<Text>,
    /// With what.
    pub tool: Text,
    /// What is expected.
    pub expected: Text,
    /// Seconds for one thing under test, about.
    pub takes_s: u64,
    /// What it puts at risk.
    pub risk: Risk,
    /// The stages at which it is due.
    pub stages: Vec<Stage>,
}

impl Part {
    /// Returns what `profile` asks for at `stage`.
    pub fn of(profile: &Profile, stage: Option<Stage>) -> Self {
        let due = profile
            .checks
            .iter()
            .filter(|check| stage.is_none_or(|stage| check.plan.stages.contains(&stage)));
        let cases = due.map(|check| Case {
            check: check.check.clone(),
            row: check.row.clone(),
            title: check.title.clone(),
            level: check.level,
            method: check.method.clone(),
            asked: check.rule.asked().map(Asked::text),
            tool: check.plan.tool.clone(),
            expected: check.expected.clone(),
            takes_s: check.plan.takes_s,
            risk: check.plan.risk,
            stages: check.plan.stages.clone(),
        });
        Self {
            profile: profile.id.clone(),
            version: profile.version.clone(),
            title: profile.title.clone(),
            norm: [profile.norm.clone(), profile.edition.clone()],
            subject: profile.subject.word(),
            units: profile.units.clone(),
            cases: cases.collect(),
            of: profile.checks.len(),
        }
    }
}

impl Plan {
    /// Returns all cases, in order.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.parts.iter().flat_map(|part| &part.cases)
    }

    /// Returns the seconds that one of each thing under test takes, one case after the other.
    pub fn takes_s(&self) -> u64 {
        self.cases().map(|case| case.takes_s).fold(0, u64::saturating_add)
    }

    /// Returns the cases that put something at risk, the heaviest risk first.
    pub fn risky(&self) -> Vec<&Case> {
        let by_weight = Risk::ALL.into_iter().rev().filter(|risk| *risk != Risk::None);
        by_weight.flat_map(|risk| self.cases().filter(move |case| case.risk == risk)).collect()
    }

    /// Returns the plan for programs: `assay-plan/v1`.
    pub fn document(&self) -> Value {
        let case = |case: &Case| {
            let stages: Vec<&str> = case.stages.iter().map(|stage| stage.name()).collect();
            json!({
                "check": case.check,
                "row": case.row,
                "title": case.title,
                "level": case.level,
                "method": case.method,
                "asked": case.asked,
                "tool": case.tool,
                "expected": case.expected,
                "takes_s": case.takes_s,
                "risk": case.risk.name(),
                "stages": stages,
            })
        };
        let part = |part: &Part| {
            let cases: Vec<Value> = part.cases.iter().map(case).collect();
            json!({
                "profile": part.profile,
                "version": part.version,
                "title": part.title,
                "cases": cases,
                "of": part.of,
            })
        };
        let parts: Vec<Value> = self.parts.iter().map(part).collect();
        json!({
            "schema": "assay-plan/v1",
            "at": self.at,
            "stage": self.stage.map(Stage::name),
            "cover": self.cover,
            "takes_s": self.takes_s(),
            "parts": parts,
        })
    }
}
