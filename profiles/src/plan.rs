//! What a test plan says of a check before anything is tested: at which stages it is due, with
//! what, how long it takes and what it puts at risk.
//!
//! A check may say so itself (`stages`, `tool`, `takes`, `risk`); what it leaves out follows from
//! how it decides.

use crate::check::fields::{Fields, Problems};
use crate::check::{Asked, Rule};
use crate::finding::did_you_mean;
use crate::unit::{Quantity, Unit};
use crate::{Inspection, Text, workload};

/// Stages of acceptance, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// 到货验收 (开箱验收).
    Arrival,
    /// 加电测试.
    PowerOn,
    /// 初步验收, before the trial run.
    Preliminary,
    /// 试运行.
    TrialRun,
    /// 最终验收.
    Final,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 5] =
        [Self::Arrival, Self::PowerOn, Self::Preliminary, Self::TrialRun, Self::Final];

    /// Returns the name that profiles write.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arrival => "arrival",
            Self::PowerOn => "power-on",
            Self::Preliminary => "preliminary",
            Self::TrialRun => "trial-run",
            Self::Final => "final",
        }
    }

    /// Returns what documents call it.
    pub fn word(self) -> Text {
        match self {
            Self::Arrival => Text::new("到货验收", "arrival inspection"),
            Self::PowerOn => Text::new("加电测试", "power-on test"),
            Self::Preliminary => Text::new("初验", "preliminary acceptance"),
            Self::TrialRun => Text::new("试运行", "trial run"),
            Self::Final => Text::new("终验", "final acceptance"),
        }
    }
}

/// What a test puts at risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Nothing: it reads, or a person looks.
    None,
    /// It loads what it tests, and who works beside it may notice.
    Load,
    /// What it tests goes out of service for a time.
    Outage,
    /// It overwrites what it tests.
    Destroys,
}

impl Risk {
    /// Every risk, by weight.
    pub const ALL: [Self; 4] = [Self::None, Self::Load, Self::Outage, Self::Destroys];

    /// Returns the name that profiles write.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Load => "load",
            Self::Outage => "outage",
            Self::Destroys => "destroys",
        }
    }

    /// Returns what documents say of it.
    pub fn word(self) -> Text {
        match self {
            Self::None => Text::new("无（只读或查阅）", "none (reads, or a person looks)"),
            Self::Load => Text::new(
                "产生负载，可能影响同一设备上的业务",
                "puts load on it; who works beside it may notice",
            ),
            Self::Outage => Text::new(
                "被测对象短时中断，须在割接窗口内进行",
                "what is tested goes out of service for a time: in a maintenance window only",
            ),
            Self::Destroys => Text::new(
                "覆写被测盘上的全部数据，须事先备份并书面确认",
                "overwrites everything on the disk under test: backed up and agreed in writing first",
            ),
        }
    }
}

/// What a plan says of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The stages at which it is due, in their order.
    pub stages: Vec<Stage>,
    /// With what it is tested.
    pub tool: Text,
    /// How long it takes for one thing under test, in seconds, about.
    pub takes_s: u64,
    /// What it puts at risk.
    pub risk: Risk,
}

const MINUTE: u64 = 60;

impl Plan {
    /// Reads `stages`, `tool`, `takes` and `risk`, and fills up what is left out.
    pub(crate) fn read(
        fields: &mut Fields<'_>,
        rule: Option<&Rule>,
        problems: &mut Problems,
    ) -> Option<Self> {
        let Some(rule) = rule else {
            // Of a rule that is broken that alone is told.
            for key in ["stages", "tool", "takes", "risk"] {
                fields.take(key);
            }
            return None;
        };
        let mut plan = Self::usual(rule);
        if let Some(tool) = fields.bilingual("tool", problems) {
            plan.tool = tool;
        }
        if let Some(text) = fields.text("takes", problems) {
            let seconds = Quantity::parse(text)
                .and_then(|quantity| quantity.whole_in(Unit::named("s"), text))
                .ok()
                .and_then(|seconds| u64::try_from(seconds).ok());
            if let Some(seconds) = seconds {
                plan.takes_s = seconds;
            } else {
                let message = format!("`takes` is `{text}`, not a time such as `20 min`");
                problems.error(fields.place, message);
            }
        }
        if let Some(text) = fields.text("risk", problems) {
            match Risk::ALL.into_iter().find(|risk| risk.name() == text) {
                Some(risk) => plan.risk = risk,
                None => unknown("risk", text, Risk::ALL.map(Risk::name), fields, problems),
            }
        }
        let nodes = fields.list("stages", problems);
        let mut stages = Vec::new();
        for node in nodes {
            let Some(text) = crate::check::fields::text_of(node, "stages", problems) else {
                continue;
            };
            match Stage::ALL.into_iter().find(|stage| stage.name() == text) {
                Some(stage) => stages.push(stage),
                None => unknown("stage", text, Stage::ALL.map(Stage::name), fields, problems),
            }
        }
        if !stages.is_empty() {
            plan.stages = Stage::ALL.into_iter().filter(|stage| stages.contains(stage)).collect();
        }
        Some(plan)
    }

    /// Returns what follows from how a check decides.
    fn usual(rule: &Rule) -> Self {
        use Stage::{Arrival, Final, PowerOn, Preliminary, TrialRun};
        let path = rule.path();
        let root = path.and_then(|path| path.steps.first()).map_or("", |step| step.name.as_str());
        let (stages, tool, minutes, risk): (&[Stage], _, _, _) = match rule {
            _ if let Some(workload) = path.and_then(workload::find) => {
                let risk = Risk::ALL.into_iter().find(|risk| risk.name() == workload.risk);
                let stages =
                    if workload.trial { &[TrialRun, Final] } else { &[Preliminary, Final] };
                let risk = risk.unwrap_or(Risk::Load);
                (stages, workload.title.clone(), workload.minutes, risk)
            }
            _ if root == "network" => {
                (&[Preliminary, Final], Text::same("assay net accept"), 10, Risk::Load)
            }
            _ if root == "storage" => {
                (&[Preliminary, Final], Text::same("assay storage accept"), 120, Risk::Destroys)
            }
            Rule::Attest { asked: Some(Asked { how: Inspection::Document, .. }), .. } => {
                (&[Arrival, Preliminary, Final], Inspection::Document.word(), 10, Risk::None)
            }
            Rule::Attest { .. } => {
                (&[Arrival, Preliminary, Final], Inspection::OnSite.word(), 15, Risk::None)
            }
            _ => (&[PowerOn, Preliminary, Final], Text::same("assay accept"), 1, Risk::None),
        };
        Self { stages: stages.to_vec(), tool, takes_s: minutes * MINUTE, risk }
    }
}

fn unknown<const N: usize>(
    what: &str,
    text: &str,
    names: [&'static str; N],
    fields: &Fields<'_>,
    problems: &mut Problems,
) {
    let hint = did_you_mean(text, names);
    let message = format!("unknown {what} `{text}`; it is one of {}{hint}", names.join(", "));
    problems.error(fields.place, message);
}
