//! What happened, in order: a ring that forgets the oldest and says so.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::text::Text;

/// More than anyone reads back; a reader that is this far behind looks at the whole.
const KEPT: usize = 1024;

/// Kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A desired state, or a change of it, was accepted and is on disk.
    Accepted,
    /// The kernel was brought to what is desired.
    Applied,
    /// The kernel was as wanted, and is no more.
    DriftSeen,
    /// It is as wanted again.
    DriftRepaired,
    /// What others made is in the way.
    Conflict,
    /// More ports would go at once than anyone agreed to.
    Held,
    /// A port's device is not there.
    PortWaits,
    /// A device that a port waited for is there, and is taken up.
    PortTakenUp,
    /// Connections that are no longer permitted were cut.
    Revoked,
    /// A step failed, and all is undone.
    RolledBack,
    /// A step failed, and not all could be undone.
    LeftOver,
    /// Done, and it reads back otherwise.
    Differs,
    /// The kernel could not be looked at, or something could not be written.
    Unknown,
}

impl Happened {
    /// Returns its name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Applied => "applied",
            Self::DriftSeen => "drift-seen",
            Self::DriftRepaired => "drift-repaired",
            Self::Conflict => "conflict",
            Self::Held => "held",
            Self::PortWaits => "port-waits",
            Self::PortTakenUp => "port-taken-up",
            Self::Revoked => "revoked",
            Self::RolledBack => "rolled-back",
            Self::LeftOver => "left-over",
            Self::Differs => "differs",
            Self::Unknown => "unknown",
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Counted from 1 in the life of a keeper.
    pub sequence: u64,
    /// When, in milliseconds since 1970 (UTC).
    pub at_ms: u64,
    /// What.
    pub kind: Happened,
    /// Generation of the desired state at that time.
    pub generation: u64,
    /// Objects of the user's that it is about: `port a1`, `rules`.
    pub objects: Vec<String>,
    /// The same in a sentence.
    pub text: Text,
}

impl Event {
    /// Returns it as JSON.
    pub fn value(&self) -> Value {
        json!({ "sequence": self.sequence, "at_ms": self.at_ms, "kind": self.kind.name(),
            "generation": self.generation, "objects": &self.objects,
            "text": { "zh": &self.text.zh, "en": &self.text.en } })
    }
}

/// The newest events.
#[derive(Debug, Default)]
pub struct Events {
    ring: VecDeque<Event>,
    last: u64,
}

impl Events {
    /// Returns the number of the newest; 0 where there was none.
    pub fn last(&self) -> u64 {
        self.last
    }

    /// Returns those behind number `after`, oldest first. The first has another number than
    /// `after + 1` where some are forgotten.
    pub fn after(&self, after: u64) -> impl Iterator<Item = &Event> {
        self.ring.iter().filter(move |event| event.sequence > after)
    }

    pub(super) fn add(&mut self, mut event: Event) {
        self.last = self.last.saturating_add(1);
        event.sequence = self.last;
        if self.ring.len() >= KEPT {
            self.ring.pop_front();
        }
        self.ring.push_back(event);
    }
}
