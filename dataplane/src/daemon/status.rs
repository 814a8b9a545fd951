//! How far each object is: which generation changed it, and whether that is applied and reads
//! back as wanted.

use super::document::Key;
use super::{Daemon, Standing};
use crate::text::Text;

/// How far an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The generation that changed it last; `None` where it is no longer desired.
    pub desired: Option<u64>,
    /// The generation of it that is applied: `desired` where all of it is.
    pub applied: u64,
    /// The generation of it that was read back as wanted.
    pub verified: u64,
    /// One word for it.
    pub state: State,
    /// Why it is not as wanted.
    pub reason: Option<Text>,
}

/// One word for how far an object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It reads back as wanted.
    Verified,
    /// It was applied, and not read back.
    Applied,
    /// Nothing came of it yet.
    Pending,
    /// It waits for its device.
    Waiting,
    /// Something is in the way, as `reason` says.
    Blocked,
    /// It is no longer desired, and may still be there.
    Going,
}

impl State {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Waiting => "waiting",
            Self::Blocked => "blocked",
            Self::Going => "going",
        }
    }
}

impl Daemon {
    /// Returns how far all objects are, those on their way out last.
    pub fn statuses(&self) -> impl Iterator<Item = (Key, Status)> {
        let there = self.accepted.document.objects().map(|(section, id, object)| {
            let key = (section.to_owned(), id.to_owned());
            let status = self.status_since(&key, object.since);
            (key, status)
        });
        there.chain(self.gone.keys().map(|key| (key.clone(), self.going())))
    }

    /// Returns how far an object is; `None` where there is none.
    pub fn status(&self, key: &Key) -> Option<Status> {
        match self.accepted.document.object(key) {
            Some(object) => Some(self.status_since(key, object.since)),
            None => self.gone.get(key).map(|_since| self.going()),
        }
    }

    fn going(&self) -> Status {
        let (applied, verified) = (self.applied, self.verified);
        Status { desired: None, applied, verified, state: State::Going, reason: self.obstacle("") }
    }

    fn status_since(&self, key: &Key, since: u64) -> Status {
        let (applied, verified) = (self.applied.min(since), self.verified.min(since));
        let (section, id) = key;
        let waits = if section == "port" { self.waits.get(id) } else { None };
        let closed = if section == "port" { self.closed_for(id) } else { None };
        let reason = closed.or_else(|| self.obstacle(&format!("{section} {id}")));
        let (state, reason) = match (reason, waits) {
            (Some(reason), _) => (State::Blocked, Some(reason)),
            (None, Some(device)) => {
                let zh = "其设备 {0} 不存在；出现后规则就位即开通";
                let en = "its device {0} is not there; it opens when that comes, its rules first";
                (State::Waiting, Some(Text::of(zh, en, &[device])))
            }
            _ if verified == since => (State::Verified, None),
            _ if applied == since => (State::Applied, None),
            _ => (State::Pending, None),
        };
        Status { desired: Some(since), applied, verified, state, reason }
    }

    /// Returns what stands in the way of an object. Rules are everybody's, and so is what keeps
    /// the whole from being done.
    fn obstacle(&self, object: &str) -> Option<Text> {
        let of = |all: &std::collections::BTreeMap<String, Text>| {
            all.get(object).or_else(|| all.get("rules")).cloned()
        };
        match &self.standing {
            Standing::Empty | Standing::Pending | Standing::AsWanted => None,
            Standing::Differs(differs) => of(differs),
            Standing::Conflicts(conflicts) => {
                let of_other = || {
                    let (whose, why) = conflicts.first_key_value()?;
                    Some(Text::of(
                        "整体被 {0} 的冲突阻挡：{1}",
                        "all is held up by a conflict of {0}: {1}",
                        &[whose, &why.en],
                    ))
                };
                conflicts.get(object).cloned().or_else(of_other)
            }
            Standing::Held(held) => Some(Text::of(
                "将一次删除 {1} 个端口中的 {0} 个，须以 ?confirm=true 确认",
                "{0} of {1} ports would go at once: confirm it with ?confirm=true",
                &[&held.ports, &held.of],
            )),
            Standing::Failed(cause, why) if cause == object => Some(why.clone()),
            Standing::Failed(cause, why) => Some(Text::of(
                "整体因 {0} 的失败而撤销：{1}",
                "all was undone for a failure of {0}: {1}",
                &[cause, &why.en],
            )),
            Standing::Unable(why) => Some(why.clone()),
        }
    }
}
