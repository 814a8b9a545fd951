//! What is weak about a BMC as it stands: decided from what was read of it, and of its
//! neighbours.
//!
//! Every check has a row, and the same id for ever. What could not be read is `Unknown` with the
//! reason, never sound: a BMC that does not tell is not a BMC that is closed. Nothing here sends
//! anything; [`crate::hand`] gathers the [`Facts`].

mod access;
mod certificate;
pub mod defaults;
mod rack;
mod settings;
#[cfg(test)]
mod tests;

use crate::{
    client::{Old, certificate::Shown, hello::Answer},
    ipmi::command::lan::Lan,
    operation::{account::Account, clock::Clock, lockdown::Item},
    probe::Heard,
    redfish::security::{Port, Security},
    trust::Pin,
};

pub use rack::compare;

/// How much a weakness matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// To be known.
    Low,
    /// To be mended.
    Medium,
    /// Lets somebody in, or shows a secret.
    High,
}

impl Severity {
    /// Returns it as programs read it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is as it should be.
    Sound,
    /// It was not tried, for nobody asked for it: not known, and no failure to find out.
    Untried,
    /// It is not known.
    Unknown,
    /// It is weak.
    Weak,
}

impl State {
    /// Returns it as programs read it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Sound => "sound",
            Self::Untried => "not-tried",
            Self::Unknown => "unknown",
            Self::Weak => "finding",
        }
    }
}

/// A text: in Chinese, and in English.
pub type Said = (String, String);

/// A check of a BMC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its name in documents: `ipmi.suite-0`.
    pub id: &'static str,
    /// What it is about, where a check is made of several: a user's name.
    pub subject: Option<String>,
    /// How much it matters where it is weak.
    pub severity: Severity,
    /// What it came to.
    pub state: State,
    /// What was seen, or why nothing was.
    pub seen: Said,
    /// What to do; of what is weak or unknown.
    pub advice: Said,
}

impl Finding {
    /// Returns whether it is weak and has to be mended.
    pub fn is_due(&self) -> bool {
        self.state == State::Weak && self.severity >= Severity::Medium
    }

    /// Returns whether something could not be found out that would have to be mended at once.
    pub fn is_open(&self) -> bool {
        self.state == State::Unknown && self.severity == Severity::High
    }
}

/// How a well-known credential was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It let us in.
    Taken,
    /// It was refused.
    Refused,
    /// It was not tried, or nobody knows; because.
    Not(Said),
}

/// What was read of a BMC. `Err` holds why something could not be read.
#[derive(Clone, Debug)]
pub struct Facts {
    /// This machine's time, seconds of Unix time.
    pub now: i64,
    /// What IPMI told anybody.
    pub heard: Heard,
    /// The network of IPMI's channel, in a session of IPMI.
    pub lan: Option<Lan>,
    /// What HTTPS showed.
    pub shown: Result<Shown, Said>,
    /// How it answered to versions of TLS that are too old.
    pub old: Vec<(Old, Answer)>,
    /// Services, and users without a name.
    pub services: Result<Vec<Item>, Said>,
    /// Users.
    pub accounts: Result<Vec<Account>, Said>,
    /// The clock.
    pub clock: Result<Clock, Said>,
    /// Sessions, lock-out, and where its port is.
    pub security: Result<Security, Said>,
    /// When its firmware was released, as it writes it.
    pub released: Option<String>,
    /// Who made it, or its dialect: whose credentials are the well-known ones.
    pub makes: Vec<String>,
    /// The user that is logged in.
    pub user: String,
    /// The credential that let us in is a well-known one.
    pub by_default: bool,
    /// Well-known credentials that were tried: the user, and what came of it; `None` where that
    /// was not asked for.
    pub tried: Option<Vec<(String, Tried)>>,
}

/// A BMC that was audited.
#[derive(Clone, Debug)]
pub struct Audited {
    /// Every check.
    pub findings: Vec<Finding>,
    /// SHA-256 of the key that HTTPS showed.
    pub key: Option<Pin>,
    /// The host's model, or the BMC's.
    pub model: Option<String>,
    /// The version of the firmware.
    pub version: Option<String>,
}

/// Judges a BMC by itself; [`compare`] judges it beside others.
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let mut all = Vec::new();
    access::ipmi(facts, &mut all);
    access::users(facts, &mut all);
    certificate::judge(facts, &mut all);
    settings::services(facts, &mut all);
    settings::port(facts, &mut all);
    settings::others(facts, &mut all);
    all
}

fn said(zh: impl Into<String>, en: impl Into<String>) -> Said {
    (zh.into(), en.into())
}

/// A check before it is known what it came to.
struct Check {
    id: &'static str,
    severity: Severity,
    advice: (&'static str, &'static str),
}

impl Check {
    fn is(&self, state: State, seen: Said) -> Finding {
        let advice = match state {
            State::Sound => Said::default(),
            State::Untried | State::Unknown | State::Weak => said(self.advice.0, self.advice.1),
        };
        Finding { id: self.id, subject: None, severity: self.severity, state, seen, advice }
    }

    fn sound(&self, zh: impl Into<String>, en: impl Into<String>) -> Finding {
        self.is(State::Sound, said(zh, en))
    }

    fn weak(&self, zh: impl Into<String>, en: impl Into<String>) -> Finding {
        self.is(State::Weak, said(zh, en))
    }

    fn unknown(&self, why: &Said) -> Finding {
        self.is(State::Unknown, why.clone())
    }

    fn of(&self, weak: bool, zh: impl Into<String>, en: impl Into<String>) -> Finding {
        self.is(if weak { State::Weak } else { State::Sound }, said(zh, en))
    }
}

/// Why something is not known: the BMC does not say.
fn untold() -> Said {
    said("BMC 未说明", "the BMC does not tell")
}
