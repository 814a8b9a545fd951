//! What an array says of itself around a run: hits of its cache, how far it reduced data, and
//! what the numbers are for each usable petabyte of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The cache hit rate that a load was to have: asked for, issued, and evidenced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hit {
    /// Share of the operations that was to go to the hot set.
    pub requested_ppm: u32,
    /// Share that went there.
    pub issued_ppm: u32,
    /// Share that the cache answered, as far as anything shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidenced_ppm: Option<u32>,
    /// What shows it: `counters` (the array's own, before and after), `estimated` (from
    /// the latencies of hot and cold reads) or `none`.
    pub source: String,
    /// Lower end of the 95 % interval of an estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_ppm: Option<u32>,
    /// Upper end of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_ppm: Option<u32>,
    /// Median latency of hot reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hot_p50_ns: Option<u64>,
    /// Median latency of cold reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cold_p50_ns: Option<u64>,
    /// The array's counters, where the operator gave them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<HitCounters>,
}

/// How far an array reduced what was written, by its own account before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reduction {
    /// Bytes of the target that were written, each counted once.
    pub written_bytes: u64,
    /// By how much the array's use grew.
    pub used_bytes: u64,
    /// The former over the latter, in thousandths: 2000 for 2:1.
    pub reported_milli: u32,
}

/// What a run did for each petabyte of usable capacity (“单 PB 有效容量”), rounded down:
/// never more than it did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PerPetabyte {
    /// Usable capacity of the whole system, as the operator gave it.
    pub usable_bytes: u64,
    /// Operations a second for each 10^15 bytes.
    pub iops: u64,
    /// Bytes a second for each 10^15 bytes.
    pub bytes_per_s: u64,
    /// Operations a second for each 2^50 bytes.
    pub iops_binary: u64,
    /// Bytes a second for each 2^50 bytes.
    pub bytes_per_s_binary: u64,
    /// How the numbers came about, in both readings.
    pub arithmetic: String,
}

impl Reduction {
    /// Returns the reduction of data that replaced as much other data, which was kept whole;
    /// `None` where nothing was written.
    pub fn replaced(written_bytes: u64, used_before: u64, used_after: u64) -> Option<Self> {
        let kept = (written_bytes.saturating_add(used_after)).saturating_sub(used_before);
        // Of what vanished altogether the ratio has no end: one byte stands for none.
        (written_bytes > 0).then(|| Self::of(written_bytes, kept.max(1))).flatten()
    }

    /// Returns the reduction that a growth of use shows; `None` where use did not grow,
    /// for then the array has not counted yet, or counts elsewhere.
    pub fn of(written_bytes: u64, used_bytes: u64) -> Option<Self> {
        let milli = (u128::from(written_bytes) * 1_000).checked_div(u128::from(used_bytes))?;
        let reported_milli = u32::try_from(milli).unwrap_or(u32::MAX);
        Some(Self { written_bytes, used_bytes, reported_milli })
    }
}

/// Cache counters of an array before and after a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct HitCounters {
    /// Hits before.
    pub hits_before: u64,
    /// Accesses before.
    pub accesses_before: u64,
    /// Hits after.
    pub hits_after: u64,
    /// Accesses after.
    pub accesses_after: u64,
}
