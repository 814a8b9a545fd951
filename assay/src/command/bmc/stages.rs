//! How far the hosts of a run are, for the line that shows it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use bmc::{operation::firmware::Stage, redfish::client::Watch};
use profiles::Lang;

use super::subjects::Host;

/// Hosts that are told of in one line.
const NAMED: usize = 3;

/// How far the hosts of a run are.
#[derive(Debug)]
pub(super) struct Stages {
    names: Vec<String>,
    now: Arc<Mutex<BTreeMap<usize, Stage>>>,
}

/// No panic leaves what is behind the lock half changed.
fn lock(now: &Mutex<BTreeMap<usize, Stage>>) -> std::sync::MutexGuard<'_, BTreeMap<usize, Stage>> {
    now.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stages {
    pub(super) fn of<'h>(hosts: impl Iterator<Item = &'h Host>) -> Self {
        let names = hosts.map(|host| host.address.to_string()).collect();
        Self { names, now: Arc::default() }
    }

    /// Returns who is told of the host at `at`.
    pub(super) fn watch(&self, at: usize) -> Watch {
        let now = Arc::clone(&self.now);
        Watch::new(move |stage| {
            lock(&now).insert(at, stage);
        })
    }

    /// Forgets a host that has ended.
    pub(super) fn ended(&self, at: usize) {
        lock(&self.now).remove(&at);
    }

    /// Returns how far each host is that is known of.
    pub(super) fn all(&self, lang: Lang) -> Vec<(usize, String)> {
        lock(&self.now).iter().map(|(at, stage)| (*at, shown(stage, lang))).collect()
    }

    /// Returns a line with what is known of hosts behind it.
    pub(super) fn beside(&self, line: &str, lang: Lang) -> String {
        let now = lock(&self.now);
        let told = now.iter().take(NAMED).filter_map(|(at, stage)| {
            Some(format!("{} {}", self.names.get(*at)?, shown(stage, lang)))
        });
        let told: Vec<String> = told.collect();
        let more = if now.len() > NAMED { " …" } else { "" };
        match (told.is_empty(), lang) {
            (true, _) => line.to_owned(),
            (false, Lang::Zh) => format!("{line}；{}{more}", told.join("，")),
            (false, Lang::En) => format!("{line}; {}{more}", told.join(", ")),
        }
    }
}

fn shown(stage: &Stage, lang: Lang) -> String {
    let zh = lang == Lang::Zh;
    match stage {
        Stage::Sending { sent, of } => {
            let percent = sent.saturating_mul(100) / (*of).max(1);
            if zh { format!("上传 {percent}%") } else { format!("sending {percent}%") }
        }
        Stage::Working { percent: Some(percent) } if zh => format!("执行 {percent}%"),
        Stage::Working { percent: Some(percent) } => format!("working {percent}%"),
        Stage::Working { percent: None } => if zh { "执行中" } else { "working" }.to_owned(),
        Stage::Away => if zh { "BMC 重启中" } else { "BMC restarts" }.to_owned(),
        Stage::Reading => if zh { "读回版本" } else { "reading back" }.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_tells_how_far_some_hosts_are() {
        let names = (1..=5).map(|at| format!("192.0.2.{at}")).collect();
        let stages = Stages { names, now: Arc::default() };
        assert_eq!(stages.beside("doing it", Lang::En), "doing it");
        lock(&stages.now).extend([
            (0, Stage::Sending { sent: 1, of: 4 }),
            (1, Stage::Working { percent: Some(7) }),
        ]);
        let line = stages.beside("doing it", Lang::En);
        assert_eq!(line, "doing it; 192.0.2.1 sending 25%, 192.0.2.2 working 7%");
        lock(&stages.now).extend([(2, Stage::Away), (3, Stage::Reading)]);
        assert!(stages.beside("正在执行", Lang::Zh).ends_with("192.0.2.3 BMC 重启中 …"));
        stages.ended(3);
        assert!(!stages.beside("", Lang::En).contains('…'));
    }
}
