//! What the daemon learns of a task, and what it tells of that: what is as it was a moment ago
//! is not told again.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{Event, Kind};
use super::work::{Outcome, Report};
use super::{Daemon, Moment, Standing};
use crate::apply::Revoked;
use crate::text::Text;

/// How many steps or reasons are told with an event.
const TOLD: usize = 20;

/// What an event says.
struct Said {
    kind: Kind,
    text: Text,
    objects: BTreeSet<String>,
    steps: Vec<Text>,
}

impl Daemon {
    /// Takes in what came of a task.
    pub fn learn(&mut self, report: &Report, moment: Moment) {
        self.counts.tasks += 1;
        self.past.clone_from(&report.past);
        let unread = std::mem::take(&mut self.unread) && self.applied == report.generation;
        let before = self.verified == report.generation || (unread && report.count > 0);
        let waited = std::mem::take(&mut self.waits);
        let standing = stand(&report.outcome);
        let repeated = standing == self.standing;
        self.standing = standing;
        let failed = matches!(
            self.standing,
            Standing::Failed(..) | Standing::Unable(_) | Standing::Differs(_)
        );
        self.failures = if failed { self.failures.saturating_add(1) } else { 0 };
        self.counts.failures += u64::from(failed);
        if matches!(report.outcome, Outcome::AsWanted | Outcome::Differs(_)) {
            self.counts.steps += u64::try_from(report.count).unwrap_or(u64::MAX);
            self.applied = report.generation;
            self.gone.retain(|_key, since| *since > report.generation);
            self.sweep = false;
        }
        if report.outcome == Outcome::AsWanted {
            match &report.part {
                None => self.verified = report.generation,
                Some(_) => self.unread = true,
            }
            // An agreement holds for the once that it was given for.
            self.accepted.confirmed = false;
        }
        let blind = matches!(report.outcome, Outcome::Unable(_));
        self.waits = if blind { waited.clone() } else { report.waits.clone() };
        if let (false, Some(part)) = (blind, &report.part) {
            let others = waited.iter().filter(|(port, _device)| !part.contains(*port));
            self.waits.extend(others.map(|(port, device)| (port.clone(), device.clone())));
        }
        let said = match &report.outcome {
            Outcome::AsWanted if before && report.count == 0 && repeated => None,
            Outcome::AsWanted if before && report.count > 0 => Some(mended(report, &waited)),
            Outcome::AsWanted => Some(applied(report)),
            _ if repeated => None,
            outcome => Some(obstacle(outcome, report.count)),
        };
        if let Some(Said { kind, text, objects, steps }) = said {
            self.counts.drifts += u64::from(kind == Kind::Drift);
            let took_ms = u64::try_from(moment.took.as_millis()).ok();
            let (generation, at_ms) = (report.generation, moment.at_ms);
            let event = Event { id: 0, at_ms, kind, generation, objects, text, steps, took_ms };
            self.events.push(event);
        }
        self.tell_of_waits(&waited, moment.at_ms);
        self.tell_of_connections(report.revoked, moment.at_ms);
    }

    fn tell_of_waits(&mut self, waited: &BTreeMap<String, String>, at_ms: u64) {
        for (port, device) in self.waits.clone() {
            if waited.contains_key(&port) {
                continue;
            }
            let (zh, en) = ("端口 {0} 等待其设备 {1}", "port {0} waits for its device {1}");
            let text = Text::of(zh, en, &[&port, &device]);
            self.tell_about(Kind::Waits, at_ms, one(&format!("port {port}")), text);
        }
    }

    fn tell_of_connections(&mut self, Revoked { seen, cut }: Revoked, at_ms: u64) {
        if cut == 0 {
            return;
        }
        self.counts.cut += u64::try_from(cut).unwrap_or(u64::MAX);
        let text = Text::of(
            "查看连接 {0} 条，切断不再允许的 {1} 条",
            "connections: {0} looked at, {1} cut that are no longer permitted",
            &[&seen, &cut],
        );
        self.tell(Kind::Revoked, at_ms, text);
    }
}

fn one(object: &str) -> BTreeSet<String> {
    BTreeSet::from([object.to_owned()])
}

fn stand(outcome: &Outcome) -> Standing {
    match outcome {
        Outcome::AsWanted => Standing::AsWanted,
        Outcome::Differs(differs) => Standing::Differs(differs.clone()),
        Outcome::Conflicts(conflicts) => Standing::Conflicts(conflicts.clone()),
        Outcome::Held(held) => Standing::Held(*held),
        Outcome::RolledBack { cause, why } | Outcome::LeftOver { cause, why, .. } => {
            Standing::Failed(cause.clone(), why.clone())
        }
        Outcome::Unable(why) => Standing::Unable(why.clone()),
    }
}

fn applied(report: &Report) -> Said {
    let (zh, en) = if report.part.is_none() {
        (
            "第 {0} 代已生效，读回核对无误（{1} 步）",
            "generation {0} is applied and reads back as wanted ({1} steps)",
        )
    } else {
        (
            "第 {0} 代已生效（{1} 步），稍后整体读回核对",
            "generation {0} is applied ({1} steps), and will be read back with the whole",
        )
    };
    let text = Text::of(zh, en, &[&report.generation, &report.count]);
    let (objects, steps) = (report.causes.clone(), report.steps.clone());
    Said { kind: Kind::Applied, text, objects, steps }
}

/// What was as wanted before, and had to be done again: somebody changed it, or a device that
/// was waited for is there.
fn mended(report: &Report, waited: &BTreeMap<String, String>) -> Said {
    let returned = |cause: &String| {
        let port = cause.strip_prefix("port ");
        port.is_some_and(|port| waited.contains_key(port) && !report.waits.contains_key(port))
    };
    let mut devices = report.causes.iter().filter(|cause| *cause != "rules").peekable();
    let opened = devices.peek().is_some() && devices.all(returned);
    let (kind, zh, en) = if opened {
        (
            Kind::Opened,
            "端口的设备已出现，规则就位后已开通（{0} 步）",
            "a port's device is there; it is open, its rules first ({0} steps)",
        )
    } else {
        (
            Kind::Drift,
            "内核与要求不符，已修复（{0} 步）",
            "the kernel differed from what is wanted, and is mended ({0} steps)",
        )
    };
    let text = Text::of(zh, en, &[&report.count]);
    Said { kind, text, objects: report.causes.clone(), steps: report.steps.clone() }
}

/// What stands in the way.
fn obstacle(outcome: &Outcome, count: usize) -> Said {
    let of = |kind, text, all: &BTreeMap<String, Text>| Said {
        kind,
        text,
        objects: all.keys().cloned().collect(),
        steps: all.values().take(TOLD).cloned().collect(),
    };
    let none = BTreeMap::new();
    match outcome {
        Outcome::AsWanted => of(Kind::Applied, Text::default(), &none),
        Outcome::Differs(differs) => {
            let (zh, en) = (
                "已执行 {0} 步，但读回与要求不符",
                "steps done: {0}; it reads back otherwise than wanted",
            );
            of(Kind::Differs, Text::of(zh, en, &[&count]), differs)
        }
        Outcome::Conflicts(conflicts) => {
            let (zh, en) = (
                "与他人之物冲突 {0} 处，未作改动",
                "conflicts with what others made: {0}; nothing was changed",
            );
            of(Kind::Conflict, Text::of(zh, en, &[&conflicts.len()]), conflicts)
        }
        Outcome::Held(held) => {
            let (zh, en) = (
                "将一次删除 {1} 个端口中的 {0} 个，须确认；未作改动",
                "{0} of {1} ports would go at once, to be confirmed; nothing was changed",
            );
            of(Kind::Held, Text::of(zh, en, &[&held.ports, &held.of]), &none)
        }
        Outcome::RolledBack { cause, why } => Said {
            kind: Kind::RolledBack,
            text: Text::of("有一步失败，已全部撤销", "a step failed, and all is undone", &[]),
            objects: one(cause),
            steps: vec![why.clone()],
        },
        Outcome::LeftOver { cause, why, left } => Said {
            kind: Kind::LeftOver,
            text: Text::of(
                "有一步失败，未能全部撤销；遗留 {0} 项",
                "a step failed, and not all could be undone; left over: {0}",
                &[&left.len()],
            ),
            objects: one(cause),
            steps: std::iter::once(why).chain(left).take(TOLD).cloned().collect(),
        },
        Outcome::Unable(why) => of(Kind::Unable, why.clone(), &none),
    }
}
