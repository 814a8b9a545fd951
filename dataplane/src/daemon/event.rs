//! What happened, numbered, the last of it kept.

use std::collections::{BTreeSet, VecDeque};

use crate::text::Text;

/// How many events are kept.
pub const KEPT: usize = 1024;

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A desired state, or a change of one, was accepted.
    Accepted,
    /// It was applied and reads back as wanted.
    Applied,
    /// Something differed from what was wanted, and was mended.
    Drift,
    /// A port's device is there that was waited for.
    Opened,
    /// A port waits for its device.
    Waits,
    /// What was applied reads back otherwise.
    Differs,
    /// Something of others' is in the way.
    Conflict,
    /// Many ports would go: someone has to agree.
    Held,
    /// A step failed, and all is undone.
    RolledBack,
    /// A step failed, and not all could be undone.
    LeftOver,
    /// Nothing could be found out or done.
    Unable,
    /// Connections were cut that are no longer permitted.
    Revoked,
    /// A loop was found outside.
    Loop,
    /// One is gone, or its port was opened by hand.
    LoopGone,
    /// The daemon began.
    Started,
}

impl Kind {
    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Applied => "applied",
            Self::Drift => "drift",
            Self::Opened => "opened",
            Self::Waits => "waits",
            Self::Differs => "differs",
            Self::Conflict => "conflict",
            Self::Held => "held",
            Self::RolledBack => "rolled-back",
            Self::LeftOver => "left-over",
            Self::Unable => "unable",
            Self::Revoked => "revoked",
            Self::Loop => "loop",
            Self::LoopGone => "loop-gone",
            Self::Started => "started",
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// From 1, in order.
    pub id: u64,
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// What kind of thing.
    pub kind: Kind,
    /// The generation of the desired state then.
    pub generation: u64,
    /// Whom it is about: `port a1`, `network red-a`, `rules`.
    pub objects: BTreeSet<String>,
    /// What happened, in one sentence.
    pub text: Text,
    /// What was done, a few of it.
    pub steps: Vec<Text>,
    /// How long it took from when it was noticed, in milliseconds.
    pub took_ms: Option<u64>,
}

/// The last events.
#[derive(Clone, Debug, Default)]
pub struct Events {
    last: u64,
    kept: VecDeque<Event>,
}

impl Events {
    /// Adds an event; it gets its number here.
    pub fn push(&mut self, mut event: Event) {
        self.last += 1;
        event.id = self.last;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(event);
    }

    /// Returns the number of the last one.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Returns those that are kept behind number `after`.
    pub fn after(&self, after: u64) -> impl Iterator<Item = &Event> {
        self.kept.iter().filter(move |event| event.id > after)
    }
}
