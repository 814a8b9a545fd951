//! What a report says of the clients of a run of many.
//!
//! The run's own numbers are those of the common window; here stands what each client had
//! in it, what each did in a window of its own, and the merged histograms themselves, so
//! that the addition can be done again from what the agents recorded.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::message::hexadecimal;
use crate::measurement::Subject;
use crate::workload::{Op, Region};

/// The clients of a run of many.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Clients {
    /// The first second of the common window, from each client's start.
    pub first_s: u32,
    /// Length of the common window, in seconds.
    pub window_s: u32,
    /// Sum of what each client did a second in its own window.
    pub own_iops: u64,
    /// Sum of the bytes a second of each client in its own window.
    pub own_bytes_per_s: u64,
    /// Each client, in the order they were named.
    pub client: Vec<Client>,
    /// What all did together in the common window.
    pub stream: Vec<Merged>,
}

/// One client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Client {
    /// As the operator named it.
    pub name: String,
    /// What it had under load; empty of one that did not finish.
    pub subject: Subject,
    /// Its share of the operations of the common window.
    pub share_ppm: u32,
    /// Operations in the common window.
    pub ios: u64,
    /// Bytes moved in the common window.
    pub moved_bytes: u64,
    /// Operations a second in its own window: from the end of its ramp to its own end.
    pub own_iops: u64,
    /// Bytes a second in its own window.
    pub own_bytes_per_s: u64,
    /// Length of its own window, in seconds.
    pub own_s: u32,
    /// How much later than the first client's its load began.
    pub began_after_ns: u64,
    /// Its clock minus the controller's; `None` of one that did not finish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_offset_us: Option<i64>,
    /// The most that may be off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_error_ns: Option<u64>,
    /// By how much it moved over the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_moved_ns: Option<u64>,
    /// Share of its time the busiest load thread was on a processor.
    pub busiest_thread_ppm: u32,
    /// Share of all processors' time that its hypervisor took.
    pub steal_ppm: u32,
    /// Whether it was lost before its end.
    pub lost: bool,
}

/// Operations of one kind, of all clients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Merged {
    /// The operation.
    pub op: Op,
    /// The part of the target.
    pub region: Region,
    /// Bytes moved.
    pub moved_bytes: u64,
    /// The histogram of their latencies, in hexadecimal as agents send it.
    #[serde(with = "hexadecimal")]
    #[schemars(with = "String")]
    pub histogram: Vec<u8>,
}
