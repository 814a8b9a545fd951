//! What was found at a BMC, or met instead.

use std::sync::Arc;

use bmc::{
    audit::{Audited, Finding},
    hand::{Acted, HandError, Protocol, Read, Renewed},
    interop::{
        finding::Outcome as Came,
        judge::{Report, Verdict},
        load::Loaded,
    },
    ipmi::{IpmiError, command::dcmi::PowerDraw},
    operation::{
        Outcome, boot, firmware::Component, fru::Fru, identity::Identity, log::Entry, power::State,
        raid::Arrays, sensor::Sensor,
    },
    probe::Cell,
    redfish::{
        client::{RedfishError, Slot, Subscription, TaskSeen},
        inventory::Inventory,
    },
};

use super::adoption::Adoption;
use super::earlier::Earlier;
use super::settings::Seen;
use super::talk::Talk;

/// What came of an interoperability profile.
#[derive(Debug)]
pub struct Judged {
    /// The profile that was named, and those that it requires.
    pub profiles: Arc<Vec<Loaded>>,
    /// What came of their requirements.
    pub report: Report,
}

impl Judged {
    /// Says how many requirements came to what: in Chinese, and in English.
    pub fn said(&self) -> (String, String) {
        let count = |came| self.report.count(came);
        let (pass, warn) = (count(Came::Pass), count(Came::Warn));
        let (fail, open) = (count(Came::Fail), count(Came::NotTested));
        let must = self.report.open();
        (
            format!("通过 {pass}，警告 {warn}，不通过 {fail}，未测 {open}（其中必须项 {must}）"),
            format!(
                "pass {pass}, warn {warn}, fail {fail}, not tested {open} (of them mandatory {must})"
            ),
        )
    }
}

/// What was found.
#[derive(Debug)]
pub enum Found {
    /// What the host and its BMC are.
    Identity(Box<Identity>),
    /// The host's power, and what it draws where that was asked and is known.
    Power(Option<State>, Option<PowerDraw>),
    /// What it boots from next.
    Boot(boot::Seen),
    /// What became of a change.
    Acted(Acted),
    /// Sensors.
    Sensors(Read<Vec<Sensor>>),
    /// Entries of logs.
    Log(Read<Vec<Entry>>),
    /// The parts of the host.
    Inventory(Box<Read<Inventory>>),
    /// Memories of parts.
    Frus(Read<Vec<Fru>>),
    /// Settings.
    Setting(Seen),
    /// Slots of virtual media.
    Media(Vec<Slot>),
    /// Tasks.
    Tasks(Vec<TaskSeen>),
    /// Firmware that is installed.
    Components(Read<Vec<Component>>),
    /// What became of an update.
    Renewed(Box<Renewed>),
    /// Controllers, drives and volumes.
    Arrays(Box<Read<Arrays>>),
    /// A recording was written.
    Recorded {
        /// Its file.
        file: String,
        /// Resources that are in it.
        resources: usize,
        /// Places that have stand-ins.
        replaced: usize,
        /// Places that were cut.
        cut: usize,
        /// Whether all was read that was there.
        whole: bool,
    },
    /// Who is sent events.
    Subscriptions(Vec<Subscription>),
    /// Its log was followed.
    Watched {
        /// Entries that were told.
        entries: u64,
        /// Times that it was lost.
        lost: u64,
    },
    /// A console was open.
    Console(Talk),
    /// What the BMC can do.
    Probe(Vec<Cell>),
    /// It was taken into service, or not.
    Adopted(Adoption),
    /// What is weak about it.
    Audit(Box<Audited>),
    /// What came of a profile.
    Judged(Box<Judged>),
    /// What the machine is judged by; told by its report and not here.
    Surveyed(Box<Surveyed>),
    /// Something of this program's own side failed, and so nothing was done.
    Unable {
        /// Why: in Chinese, and in English.
        why: (String, String),
    },
    /// An answer as it came: its status or completion code, and its text.
    Raw {
        /// Status of HTTP, completion code of IPMI.
        code: u16,
        /// Whether that means that it was done.
        is_good: bool,
        /// The answer.
        text: String,
    },
}

/// What a machine is judged by, as its BMC told it.
#[derive(Debug)]
pub struct Surveyed {
    /// What it is made of.
    pub inventory: inventory::Inventory,
    /// What the BMC said, for the evidence.
    pub bytes: Vec<u8>,
}

impl Found {
    /// Returns what became of a change, where it was one.
    pub fn acted(&self) -> Option<&Acted> {
        match self {
            Self::Acted(acted) => Some(acted),
            Self::Renewed(renewed) => Some(&renewed.acted),
            _ => None,
        }
    }
}

/// What a host came to.
#[derive(Debug)]
pub enum Met {
    /// It answered.
    Found {
        /// By which protocol.
        protocol: Protocol,
        /// What.
        found: Found,
    },
    /// Nothing came of it.
    Failed {
        /// By which protocol; none where it was not connected.
        protocol: Option<Protocol>,
        /// Why.
        error: HandError,
    },
    /// It was not asked: its credential was refused by too many others.
    Stopped {
        /// The credential's name.
        credential: String,
    },
    /// It was not begun: one before it is not as wanted.
    Held,
    /// It is only told what would be done.
    Told,
    /// The operator asked to stop before it was done.
    Interrupted,
    /// An earlier run of the same journal did it.
    Earlier(Box<Earlier>),
    /// An earlier run was ended while it acted on the host, or heard nothing of what it did: nobody
    /// knows whether it was done.
    Unknown {
        /// When it was begun, RFC 3339.
        at: String,
    },
}

/// How a host ended, in a word that is the same in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// It was read, or done.
    Done,
    /// It is being done.
    Accepted,
    /// It was not kept.
    NotKept,
    /// This BMC cannot.
    Unsupported,
    /// It was not asked for: it would do harm, or is nothing that this BMC takes.
    Unfit,
    /// It was connected, and nothing came of it.
    Failed,
    /// The credential was refused.
    Refused,
    /// It could not be reached or be trusted.
    Unreached,
    /// It has another certificate than the one that is known.
    Changed,
    /// It was not asked.
    NotTried,
    /// It would be done.
    DryRun,
    /// The operator asked to stop.
    Interrupted,
    /// Something is weak that has to be mended.
    Weak,
    /// Something that a profile asks for is not met.
    NotConforming,
    /// Of something that a profile or an audit asks for it is not known whether it is met.
    Undecided,
    /// Nobody knows whether it was done.
    Unknown,
}

/// Every word, in the order they are counted in.
pub const WORDS: [Word; 16] = [
    Word::Done,
    Word::Accepted,
    Word::DryRun,
    Word::NotKept,
    Word::Unsupported,
    Word::Unfit,
    Word::Failed,
    Word::Refused,
    Word::Unreached,
    Word::Changed,
    Word::NotTried,
    Word::Interrupted,
    Word::Unknown,
    Word::Weak,
    Word::NotConforming,
    Word::Undecided,
];

impl Word {
    /// Returns the word of a text that [`Word::text`] wrote.
    pub fn of(text: &str) -> Option<Self> {
        WORDS.into_iter().find(|word| word.text() == text)
    }

    /// Returns it as programs read it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Accepted => "accepted",
            Self::NotKept => "not-kept",
            Self::Unsupported => "unsupported",
            Self::Unfit => "unfit",
            Self::Failed => "failed",
            Self::Refused => "refused",
            Self::Unreached => "unreached",
            Self::Changed => "certificate-changed",
            Self::NotTried => "not-tried",
            Self::DryRun => "dry-run",
            Self::Interrupted => "interrupted",
            Self::Weak => "findings",
            Self::NotConforming => "not-conforming",
            Self::Undecided => "undecided",
            Self::Unknown => "unknown",
        }
    }

    /// Returns what it is called: in Chinese, and in English.
    pub fn called(self) -> (&'static str, &'static str) {
        match self {
            Self::Done => ("完成", "done"),
            Self::Accepted => ("已受理", "accepted"),
            Self::NotKept => ("未生效", "NOT KEPT"),
            Self::Unsupported => ("不支持", "unsupported"),
            Self::Unfit => ("拒绝执行", "NOT DONE"),
            Self::Failed => ("失败", "FAILED"),
            Self::Refused => ("凭据被拒", "REFUSED"),
            Self::Unreached => ("未到达", "not reached"),
            Self::Changed => ("证书已变更", "CERTIFICATE CHANGED"),
            Self::NotTried => ("未尝试", "not tried"),
            Self::DryRun => ("仅预演", "dry run"),
            Self::Interrupted => ("已中断", "interrupted"),
            Self::Weak => ("有发现", "FINDINGS"),
            Self::NotConforming => ("不符合", "NOT CONFORMING"),
            Self::Undecided => ("未能全部判定", "UNDECIDED"),
            Self::Unknown => ("不明，须先查看", "UNKNOWN, LOOK FIRST"),
        }
    }

    /// Returns whether the host is as wanted, or will be.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Done | Self::Accepted | Self::DryRun)
    }
}

impl Met {
    /// Returns how the host ended.
    pub fn word(&self) -> Word {
        if let Some(acted) = self.acted() {
            return match &acted.outcome {
                Outcome::Done => Word::Done,
                Outcome::Accepted { .. } => Word::Accepted,
                Outcome::NotKept { .. } => Word::NotKept,
                Outcome::Unsupported { .. } => Word::Unsupported,
                Outcome::Refused { .. } => Word::Unfit,
            };
        }
        match self {
            Self::Found {
                found: Found::Raw { is_good: false, .. } | Found::Unable { .. }, ..
            } => Word::Failed,
            Self::Found { found: Found::Judged(judged), .. } => match judged.report.verdict() {
                Verdict::Met => Word::Done,
                Verdict::Failed => Word::NotConforming,
                Verdict::Open => Word::Undecided,
            },
            Self::Found { found: Found::Setting(seen), .. } if seen.is_bad() => Word::NotKept,
            Self::Found { found: Found::Console(talk), .. } if !talk.is_good() => Word::Failed,
            Self::Found { found: Found::Adopted(one), .. } if one.reason().is_some() => {
                Word::Failed
            }
            Self::Found { found: Found::Audit(audited), .. } => {
                let any = |is: fn(&Finding) -> bool| audited.findings.iter().any(is);
                match (any(Finding::is_due), any(Finding::is_open)) {
                    (true, _) => Word::Weak,
                    (false, true) => Word::Undecided,
                    (false, false) => Word::Done,
                }
            }
            Self::Found { .. } => Word::Done,
            Self::Failed { error, .. } if error.refused() => Word::Refused,
            Self::Failed { error: HandError::Only(_), .. } => Word::Unsupported,
            Self::Failed { error: HandError::Changed { .. }, .. } => Word::Changed,
            Self::Failed { protocol: Some(_), .. } => Word::Failed,
            Self::Failed { protocol: None, .. } => Word::Unreached,
            Self::Stopped { .. } | Self::Held => Word::NotTried,
            Self::Told => Word::DryRun,
            Self::Interrupted => Word::Interrupted,
            Self::Earlier(earlier) => earlier.word,
            Self::Unknown { .. } => Word::Unknown,
        }
    }

    /// Returns what became of a change, where it was one.
    fn acted(&self) -> Option<&Acted> {
        match self {
            Self::Found { found, .. } => found.acted(),
            _ => None,
        }
    }

    /// Returns whether the host is not as wanted.
    pub fn is_bad(&self) -> bool {
        !self.word().is_good()
    }

    /// Returns why it is not as wanted: in Chinese, and in English.
    pub fn reason(&self) -> Option<(String, String)> {
        if let Some(acted) = self.acted() {
            return match &acted.outcome {
                Outcome::Done => None,
                Outcome::Accepted { task } => task.as_ref().map(|task| {
                    (format!("BMC 正在执行：{task}"), format!("the BMC works on it: {task}"))
                }),
                Outcome::NotKept { sent, found } => Some((
                    format!("BMC 应答成功，但读回为 {found}（要求 {sent}）"),
                    format!("the BMC said yes, and what is read back is {found} (wanted {sent})"),
                )),
                Outcome::Unsupported { why } | Outcome::Refused { why } => Some(why.clone()),
            };
        }
        match self {
            Self::Held => Some((
                "前面的主机未如预期，此台未开始".to_owned(),
                "a host before it is not as wanted, so this one was not begun".to_owned(),
            )),
            Self::Found { found: Found::Raw { is_good: false, code, .. }, .. } => {
                // Status codes of HTTP are told in decimal, completion codes of IPMI in hexadecimal.
                let code = if *code < 0x100 { format!("{code:#04x}") } else { code.to_string() };
                Some((format!("应答码 {code}"), format!("answered with code {code}")))
            }
            Self::Found { found: Found::Unable { why }, .. } => Some(why.clone()),
            Self::Found { found: Found::Judged(judged), .. } => Some(judged.said()),
            Self::Found { found: Found::Console(talk), .. } if !talk.is_good() => {
                let (zh, en) = talk.why();
                Some((zh.to_owned(), en.to_owned()))
            }
            Self::Found { found: Found::Adopted(one), .. } => one.reason(),
            Self::Found { .. } | Self::Told => None,
            Self::Failed { error, .. } => Some((error.in_chinese(), error.to_string())),
            Self::Stopped { credential } => Some((
                format!("凭据 `{credential}` 已被其他主机拒绝，为防锁定不再尝试"),
                format!(
                    "other hosts refused the credential `{credential}`; so that none is locked, it is not tried any more"
                ),
            )),
            Self::Interrupted => Some((
                "操作员中止，未完成".to_owned(),
                "stopped by the operator before it was done".to_owned(),
            )),
            Self::Earlier(earlier) => earlier.reason(),
            Self::Unknown { at } => Some((
                format!("先前的运行自 {at} 起对它操作，结果没有记下：不知是否已执行"),
                format!(
                    "an earlier run acted on it from {at} on and noted no result: whether it was done is not known"
                ),
            )),
        }
    }

    /// Returns what the user can do about it: in Chinese, and in English.
    pub fn hint(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Failed { error, .. } => Some(error.hint()),
            Self::Stopped { .. } => Some((
                "核对用户名和密码后再运行",
                "check the name and the password, then run it again",
            )),
            Self::Unknown { .. } => Some((
                "先查看主机的状态；确认可以再做一遍的，加 --yes-unknown 与这类主机的台数",
                "look at the hosts first; to do it to them again, add --yes-unknown with their number",
            )),
            _ => None,
        }
    }

    /// Returns what there is to say beside: in Chinese, and in English.
    pub fn remarks(&self) -> &[(String, String)] {
        let found = match self {
            Self::Found { found, .. } => found,
            Self::Earlier(earlier) => return &earlier.remarks,
            _ => return &[],
        };
        match found {
            Found::Acted(acted) => &acted.remarks,
            Found::Adopted(one) => &one.remarks,
            Found::Renewed(renewed) => &renewed.acted.remarks,
            Found::Components(read) => &read.remarks,
            Found::Arrays(read) => &read.remarks,
            Found::Sensors(read) => &read.remarks,
            Found::Log(read) => &read.remarks,
            Found::Inventory(read) => &read.remarks,
            Found::Frus(read) => &read.remarks,
            Found::Setting(seen) => seen.remarks(),
            _ => &[],
        }
    }

    /// Returns whether nobody knows if it was done: it was sent, and the answer never came.
    pub fn is_unsure(&self) -> bool {
        match self {
            Self::Interrupted | Self::Unknown { .. } => true,
            Self::Failed { error: HandError::Redfish(error), .. } => matches!(
                error,
                RedfishError::Silent { .. }
                    | RedfishError::Broken { .. }
                    | RedfishError::Deadline { .. }
                    | RedfishError::Reach(_)
            ),
            // What IPMI was told to do is sent again until it answers, and some never do.
            Self::Failed { error: HandError::Ipmi(error), .. } => {
                !matches!(error, IpmiError::Refused { .. })
            }
            _ => false,
        }
    }

    /// Returns the protocol that was spoken.
    pub fn protocol(&self) -> Option<&'static str> {
        let protocol = match self {
            Self::Found { protocol, .. } => Some(*protocol),
            Self::Failed { protocol, .. } => *protocol,
            _ => None,
        };
        match protocol? {
            Protocol::Redfish => Some("redfish"),
            Protocol::Ipmi => Some("ipmi"),
            Protocol::Auto => None,
        }
    }
}
