//! What was checked of the data of a run: what it can be reduced by, and what was read back.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::Ratios;
use crate::integrity::judge::Fault;

/// Data that was made, asked for and measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DataCheck {
    /// Blocks for each distinct one that were asked for, in thousandths; `None` where any will
    /// do, as of zeroes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_dedup_thousandths: Option<u32>,
    /// Bytes for each that is random, in thousandths; `None` as above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_compress_thousandths: Option<u32>,
    /// What was found.
    pub measured: Ratios,
}

/// What reading back found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verified {
    /// Blocks of 4 KiB that were written and read back.
    pub checked: u64,
    /// Those that were at fault, by class, each at least once.
    pub faults: BTreeMap<Fault, u64>,
    /// The first of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<FaultyBlock>,
    /// Whether every block that was written was read back.
    pub complete: bool,
    /// Why reading ended early, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_early: Option<String>,
}

/// A block at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FaultyBlock {
    /// The target.
    pub path: String,
    /// First byte of the block there.
    pub offset_bytes: u64,
    /// The class.
    pub fault: Fault,
}
