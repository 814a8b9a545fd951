//! Which of many disks are slow or sick: `storage.md` §8.
//!
//! All disks run the same short profile; each is compared with its peers, the disks of
//! the same model, firmware and capacity. A speed accuses a disk only when both hold:
//!
//! 1. its robust z, 0.6745·(x − median)/MAD, is beyond 3.5 on the bad side: it does not
//!    belong to the spread of its peers;
//! 2. it is at least 15 % worse than their median: peers that agree to a hair accuse
//!    nobody. A tail ([`Speeds::p99_9_ns`]) has to be twice the median, for tails of
//!    healthy disks differ by tens of percent from run to run.
//!
//! Disks that share a bus slow each other down, so what is slow in company is measured
//! once more alone, beside one healthy peer alone ([`beside`], [`confirm`]).
//!
//! With fewer than five peers there is no spread to speak of: only absolute rules are
//! asked, and the result says so. What SMART counted during the run accuses in any group.

mod group;
pub mod profile;
mod smart;
mod zones;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measurement::Doubt;
pub use crate::scan::smart::{Ata, Counted, Counters, Nvme, Scsi};
use crate::text::millis;

/// Fewest disks of a group that are compared with each other.
pub const LEAST_PEERS: usize = 5;

/// An operation that takes this long was retried: a disk without trouble, a spun-down one
/// apart, takes a tenth of it under its own queue.
pub const LONGEST_NS: u64 = 1_000_000_000;

/// One disk and what it did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// Its path.
    pub path: String,
    /// Its serial number.
    pub serial: String,
    /// Maker's model.
    pub model: String,
    /// Firmware revision.
    pub firmware: String,
    /// Size.
    pub size_bytes: u64,
    /// How fast it was.
    pub speeds: Speeds,
    /// Bytes a second of each part of it, from the first to the last, where it was swept.
    pub zones: Vec<u64>,
    /// What it had counted before the run.
    pub before: Option<Counters>,
    /// What it had counted after it.
    pub after: Option<Counters>,
}

/// How fast a disk was; what was not measured is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Speeds {
    /// Mean latency, 4 KiB random read, one at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean_ns: Option<u64>,
    /// 99.9th percentile of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_9_ns: Option<u64>,
    /// Longest operation of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ns: Option<u64>,
    /// Sequential read at the start of the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outer_bytes_per_s: Option<u64>,
    /// Sequential read at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inner_bytes_per_s: Option<u64>,
    /// Operations that failed.
    pub errors: u64,
}

/// What a disk is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nothing speaks against it.
    #[default]
    Healthy,
    /// Slow in company: to be measured alone.
    Suspect,
    /// Slow, alone too.
    Slow,
    /// It failed operations, or counted faults.
    Sick,
    /// It was not measured in full: nothing is known.
    Unmeasured,
}

/// One disk and what was found of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// Its path.
    pub path: String,
    /// Its serial number.
    pub serial: String,
    /// Maker's model.
    pub model: String,
    /// Firmware revision.
    pub firmware: String,
    /// Size.
    pub size_bytes: u64,
    /// What it is.
    pub state: State,
    /// Disks of its model, firmware and size in the same run, itself included.
    pub peers: u32,
    /// Whether it was compared with them; with fewer than five only absolute rules are.
    pub compared: bool,
    /// How fast it was.
    pub speeds: Speeds,
    /// How it stands to its peers, speed by speed.
    pub standing: Vec<Standing>,
    /// Bytes a second of each part of it.
    pub zones_bytes_per_s: Vec<u64>,
    /// The parts that are slower than their neighbours, from 0.
    pub slow_zones: Vec<u32>,
    /// What SMART counts that tells of faults, before the run and after it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counters: Vec<Counted>,
    /// What speaks against it.
    pub reasons: Vec<Doubt>,
    /// What is worth knowing and does not speak against it.
    pub notes: Vec<Doubt>,
}

/// How one speed of a disk stands to its peers'.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// The speed, by its field in [`Speeds`].
    pub speed: String,
    /// The disk's own.
    pub value: u64,
    /// Median of the group.
    pub median: u64,
    /// Robust z in thousandths, positive on the bad side.
    pub z_milli: i64,
    /// How much worse than the median, in parts per million; negative where better.
    pub worse_ppm: i64,
    /// Whether both limits are passed.
    pub flagged: bool,
}

/// Judges disks that were measured all at once, in the order given.
pub fn judge(disks: &[Disk]) -> Vec<Found> {
    disks.iter().map(|disk| found(disk, &group::peers(disk, disks))).collect()
}

fn found(disk: &Disk, peers: &[&Disk]) -> Found {
    let compared = peers.len() >= LEAST_PEERS;
    let standing = if compared { group::standing(disk, peers) } else { Vec::new() };
    let slow_zones = zones::slow(&disk.zones);
    let mut reasons = group::reasons(&standing);
    let slow = !reasons.is_empty() || !slow_zones.is_empty();
    reasons.extend(zones::reason(&slow_zones, disk.zones.len()));
    let faults = faults(disk);
    let sick = !faults.is_empty();
    reasons.extend(faults);
    Found {
        path: disk.path.clone(),
        serial: disk.serial.clone(),
        model: disk.model.clone(),
        firmware: disk.firmware.clone(),
        size_bytes: disk.size_bytes,
        state: match (sick, slow) {
            (true, _) => State::Sick,
            (false, true) => State::Suspect,
            (false, false) => State::Healthy,
        },
        peers: u32::try_from(peers.len()).unwrap_or(u32::MAX),
        compared,
        speeds: disk.speeds,
        standing,
        zones_bytes_per_s: disk.zones.clone(),
        slow_zones,
        counters: smart::counted(disk.before.as_ref(), disk.after.as_ref()),
        reasons,
        notes: notes(disk, peers.len()),
    }
}

/// Returns the parts of a disk that are slower than their neighbours, from 0.
pub fn slow_zones(zones: &[u64]) -> Vec<u32> {
    zones::slow(zones)
}

/// What speaks against a disk whatever its peers do.
fn faults(disk: &Disk) -> Vec<Doubt> {
    let mut faults = Vec::new();
    let errors = disk.speeds.errors;
    if errors > 0 {
        let en = format!("{errors} operations failed");
        faults.push(Doubt::new("io-errors", format!("{errors} 次读写出错"), en));
    }
    if let Some(longest) = disk.speeds.max_ns
        && longest >= LONGEST_NS
    {
        let (longest, limit) = (millis(longest), millis(LONGEST_NS));
        let zh = format!("最长一次读写 {longest}，不小于 {limit}");
        let en = format!("the longest operation took {longest}, {limit} or more");
        faults.push(Doubt::new("long-operation", zh, en));
    }
    if let Some(after) = &disk.after {
        faults.extend(smart::faults(disk.before.as_ref(), after));
    }
    faults
}

fn notes(disk: &Disk, peers: usize) -> Vec<Doubt> {
    let mut notes = Vec::new();
    if peers < LEAST_PEERS {
        let zh = format!("同型号仅 {peers} 块，少于 {LEAST_PEERS} 块：只按绝对规则判断");
        let en =
            format!("peers of this model: {peers}, fewer than {LEAST_PEERS}: absolute rules only");
        notes.push(Doubt::new("few-peers", zh, en));
    }
    match (&disk.before, &disk.after) {
        (Some(before), Some(after)) if before.same_kind(after) => {}
        (_, Some(_)) => notes.push(Doubt::new(
            "smart-not-compared",
            "缺少运行前的 SMART 读数：无法比较运行期间的变化",
            "no SMART reading from before the run: what changed during it is not known",
        )),
        (_, None) => notes.push(Doubt::new(
            "no-smart",
            "未取得 SMART 读数",
            "no SMART reading: only speed was judged",
        )),
    }
    notes
}

/// Returns the disks that suspect `at` is measured beside: its healthy peers, the ones
/// nearest to the middle first, so that it is the suspect that is judged and not the peer.
pub fn beside(found: &[Found], at: usize) -> Vec<usize> {
    let Some(suspect) = found.get(at) else { return Vec::new() };
    let kind = |found: &Found| (found.model.clone(), found.firmware.clone(), found.size_bytes);
    let own = kind(suspect);
    let healthy = found.iter().enumerate();
    let healthy = healthy.filter(|(_, other)| other.state == State::Healthy && kind(other) == own);
    let off = |found: &Found| found.standing.iter().map(|one| one.worse_ppm.unsigned_abs()).max();
    let mut healthy: Vec<(u64, usize)> =
        healthy.map(|(at, other)| (off(other).unwrap_or(u64::MAX), at)).collect();
    tiny_sort::stable::sort(&mut healthy);
    healthy.into_iter().map(|(_, at)| at).collect()
}

/// Settles suspects: `alone` gives what a suspect and one healthy peer did, in rounds in
/// which each was alone, taking turns; where there are none the suspect stays one.
///
/// A speed that was slow in company is slow alone where the best round of the suspect is
/// 15 % worse (twice, for a tail) than the median of the peer's: whatever else goes on at
/// the host makes rounds slower and never faster. What is not is taken back: the bus was
/// slow and not the disk.
pub fn confirm(found: &mut Found, alone: &[(Speeds, Speeds)]) {
    if found.state != State::Suspect || alone.is_empty() {
        return;
    }
    let mut flagged = found.standing.iter().filter(|standing| standing.flagged);
    let slow = flagged.any(|standing| group::is_worse(&standing.speed, alone));
    if !found.slow_zones.is_empty() || slow {
        found.state = State::Slow;
        return;
    }
    found.state = State::Healthy;
    let zh = "同时测试时偏慢，单独测试时正常：共享链路受限";
    let en = "slow in company, not alone: what the disks share is the limit";
    found.notes.push(Doubt::new("slow-in-company", zh, en));
    found.reasons.clear();
}

#[cfg(test)]
mod tests;
