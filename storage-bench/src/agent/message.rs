//! What is said, as JSON inside of a frame.
//!
//! Times named `agent_ns` are of the agent's own monotonic clock.

use serde::{Deserialize, Serialize};

use super::token::Presented;
use crate::drive::Drive;
use crate::measurement::{EngineUsed, Subject};
use crate::workload::{Op, Region};

/// The version of these messages; another one is refused.
pub const VERSION: u32 = 1;

/// What a controller says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// First: who asks.
    Hello {
        /// [`VERSION`].
        version: u32,
        /// The agent's token, in hexadecimal.
        token: Presented,
    },
    /// Asks for the time, and shows that the controller is there.
    Ping {
        /// Which one.
        number: u32,
    },
    /// Says what is to be done; the agent opens its device and answers when it could begin.
    Prepare {
        /// What.
        assignment: Box<Assignment>,
    },
    /// Says when to begin.
    Start {
        /// When.
        agent_ns: u64,
    },
    /// Ends the load at once.
    Stop,
    /// Ends the session: nothing more will be asked.
    Goodbye,
}

/// What an agent says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The token was right: what this agent is.
    Welcome {
        /// [`VERSION`].
        version: u32,
        /// Its host's name.
        host: String,
        /// What it can do: engines and modes by name.
        capabilities: Vec<String>,
        /// The devices it listed at its start.
        devices: Vec<Listed>,
    },
    /// Something is not done; the session is over.
    Refused {
        /// Why.
        refusal: Refusal,
        /// More, for the operator.
        detail: String,
    },
    /// The answer to a ping.
    Pong {
        /// Of which.
        number: u32,
        /// When it came.
        agent_ns: u64,
    },
    /// The device is open and the load ready to begin.
    Ready,
    /// The load has begun.
    Started {
        /// When.
        agent_ns: u64,
    },
    /// One second of the load.
    Second {
        /// Which, from 0 at the start, ramp included.
        index: u32,
        /// What each kind of operation did.
        streams: Vec<Delta>,
    },
    /// The load has ended.
    Stopped {
        /// When.
        agent_ns: u64,
        /// What it knows of its load.
        report: Box<Report>,
    },
}

/// A device that an agent may be asked to use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its identity: serial number or world-wide identifier; of a folder, `folder:PATH`.
    pub serial: String,
    /// Maker's model.
    pub model: String,
    /// Its size; 0 of a folder, where a file of the asked size is made.
    pub size_bytes: u64,
    /// Whether the operator allowed it to be written, at the agent's start.
    pub writable: bool,
}

/// What one agent is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Assignment {
    /// The device, by identity as the agent listed it.
    pub serial: String,
    /// The load, resolved to the last parameter.
    pub drive: Drive,
    /// Whether operations go past the page cache.
    pub direct: bool,
    /// Size of the file to make, where what is listed is a folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_bytes: Option<u64>,
    /// Whether blocks are read afterwards and compared with what a filling with this seed
    /// wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_seed: Option<u64>,
}

impl Assignment {
    /// Returns whether it changes what is on the device.
    pub fn writes(&self) -> bool {
        self.drive.threads.iter().any(|spec| spec.read_percent < 100 || spec.trim)
    }

    /// Returns the time before what is measured.
    pub fn ramp_ns(&self) -> u64 {
        u64::try_from(self.drive.ramp.as_nanos()).unwrap_or(u64::MAX)
    }

    /// Returns how long is measured; `None` until the load is at its end.
    pub fn runtime_ns(&self) -> Option<u64> {
        self.drive.runtime.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
    }
}

/// What an agent knows of its load when it has ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What was under load.
    pub subject: Subject,
    /// The engine and what of it was in force.
    pub engine: EngineUsed,
    /// Share of its time the busiest load thread was on a processor.
    pub busiest_thread_ppm: u32,
    /// Share of all processors' time that the hypervisor took.
    pub steal_ppm: u32,
    /// User time of the load.
    pub user_ns: u64,
    /// System time of the load.
    pub system_ns: u64,
    /// By how much the clock that latencies are read from drifted.
    pub clock_drift_ppm: u32,
    /// Operations that failed, by kind and error number.
    pub errors: Vec<(Op, i32, u64)>,
    /// Why it ended before its time, if it did.
    pub ended_early: Option<String>,
    /// Blocks that were read to check a filling, and how many were wrong.
    pub sampled: Option<(u32, u32)>,
}

/// What one kind of operation did in one second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// The operation.
    pub op: Op,
    /// The part of the device.
    pub region: Region,
    /// Bytes moved.
    pub bytes: u64,
    /// Latencies, as `histogram::encode` writes them.
    #[serde(with = "hexadecimal")]
    pub service: Vec<u8>,
}

/// Why an agent does not do what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// The controller speaks another version.
    Version,
    /// The token is wrong.
    Token,
    /// The token's time is over.
    Expired,
    /// The token was used, or guessed at too often.
    Closed,
    /// The device was not listed when the agent started.
    NotListed,
    /// The device may not be written.
    NotWritable,
    /// It was asked out of turn.
    Unexpected,
    /// The moment of the start had passed.
    Late,
    /// The device could not be opened or the load not be made.
    Device,
    /// Nothing was heard for too long.
    Silence,
}

/// Bytes as a string: half as dense as they could be, and readable in a log.
pub(super) mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::agent) fn serialize<S: Serializer>(
        bytes: &[u8],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0');
        let text: String =
            bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
        to.serialize_str(&text)
    }

    pub(in crate::agent) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let byte = |pair: &[u8; 2]| {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            u8::try_from(high? * 16 + low?).ok()
        };
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        let whole = bytes.filter(|_| rest.is_empty());
        whole.ok_or_else(|| serde::de::Error::custom("not pairs of hexadecimal digits"))
    }
}
