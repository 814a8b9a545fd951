//! What SMART counted during a run, and what it says of a disk by itself.
//!
//! Values come in; reading a device is someone else's. The difference over the run is the
//! signal: a disk that once had an error is not one that has them. A few values speak for
//! themselves: sectors that wait to be remapped, an NVMe warning, a spent spare.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measurement::Doubt;

/// What a disk has counted over its life.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Counters {
    /// ATA attributes.
    Ata(Ata),
    /// The NVMe SMART log.
    Nvme(Nvme),
    /// SCSI log pages.
    Scsi(Scsi),
}

impl Counters {
    /// Returns whether both are of the same kind of disk.
    pub(super) fn same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Returns every count, by the name it has in [`COUNTS`].
    fn counts(&self) -> BTreeMap<&'static str, u64> {
        let wide = |count: u128| u64::try_from(count).unwrap_or(u64::MAX);
        let mut counts = BTreeMap::new();
        match self {
            Self::Ata(ata) => counts.extend(
                ATTRIBUTES.iter().filter_map(|(id, _, en, _)| Some((*en, *ata.raw.get(id)?))),
            ),
            Self::Nvme(nvme) => counts.extend([
                ("media errors", wide(nvme.media_errors)),
                ("percentage used", nvme.percentage_used.into()),
                ("available spare", nvme.available_spare.into()),
                ("critical warning", nvme.critical_warning.into()),
            ]),
            Self::Scsi(scsi) => {
                let known = [
                    ("grown defects", scsi.grown_defects),
                    ("uncorrected errors", scsi.uncorrected),
                ];
                counts.extend(known.into_iter().filter_map(|(en, count)| Some((en, count?))));
            }
        }
        counts
    }
}

/// One count, before the run and after it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    /// What is counted, in Chinese.
    pub zh: String,
    /// What is counted, in English.
    pub en: String,
    /// Before; `None` where it was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// After; `None` where it was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
}

/// Returns what was counted before and after; nothing where no count was read.
pub(super) fn counted(before: Option<&Counters>, after: Option<&Counters>) -> Vec<Counted> {
    let counts = |counters: Option<&Counters>| counters.map(Counters::counts).unwrap_or_default();
    let (before, after) = (counts(before), counts(after));
    let chinese = |en: &str| {
        let attribute = ATTRIBUTES.iter().find(|(_, _, own, _)| *own == en);
        let other = COUNTS.iter().find(|(_, own)| *own == en);
        attribute.map(|(_, zh, ..)| *zh).or(other.map(|(zh, _)| *zh)).unwrap_or_default()
    };
    let mut names = BTreeSet::new();
    names.extend(before.keys().chain(after.keys()).copied());
    let count = |en: &str| Counted {
        zh: chinese(en).to_owned(),
        en: en.to_owned(),
        before: before.get(en).copied(),
        after: after.get(en).copied(),
    };
    names.into_iter().map(count).collect()
}

/// The counts of other disks than ATA's: Chinese, English.
const COUNTS: [(&str, &str); 6] = [
    ("介质错误", "media errors"),
    ("已用寿命（%）", "percentage used"),
    ("备用空间（%）", "available spare"),
    ("严重告警", "critical warning"),
    ("新增缺陷", "grown defects"),
    ("不可纠正错误", "uncorrected errors"),
];

/// Raw values of ATA attributes, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ata {
    /// The raw values.
    pub raw: BTreeMap<u8, u64>,
}

/// The parts of the NVMe SMART log that tell of wear and faults (NVMe 2.0 §5.16.1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Nvme {
    /// Critical warning bits.
    pub critical_warning: u8,
    /// Unrecovered media errors.
    pub media_errors: u128,
    /// Share of the rated life that is used; may exceed 100.
    pub percentage_used: u8,
    /// Spare that is left, in percent.
    pub available_spare: u8,
    /// Spare below which the disk warns.
    pub available_spare_threshold: u8,
}

/// The parts of SCSI log pages that tell of faults (SPC-5, SBC-4); what a disk does not
/// report is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scsi {
    /// Sectors that were remapped in use.
    pub grown_defects: Option<u64>,
    /// Errors that could not be corrected, of reads, writes and verifications together.
    pub uncorrected: Option<u64>,
}

/// The attributes whose growth over a run accuses: id, Chinese, English, and whether a
/// value above 0 accuses by itself.
const ATTRIBUTES: [(u8, &str, &str, bool); 7] = [
    (5, "已重映射扇区", "reallocated sectors", false),
    (187, "已报告不可纠正错误", "reported uncorrectable errors", false),
    (188, "命令超时", "command timeouts", false),
    (196, "重映射事件", "reallocation events", false),
    (197, "待重映射扇区", "pending sectors", true),
    (198, "离线不可纠正扇区", "offline uncorrectable sectors", true),
    (199, "接口 CRC 错误", "interface CRC errors", false),
];

/// Returns what the counters say against a disk.
pub(super) fn faults(before: Option<&Counters>, after: &Counters) -> Vec<Doubt> {
    match (before, after) {
        (Some(Counters::Ata(before)), Counters::Ata(after)) => ata(Some(before), after),
        (_, Counters::Ata(after)) => ata(None, after),
        (Some(Counters::Nvme(before)), Counters::Nvme(after)) => nvme(Some(before), after),
        (_, Counters::Nvme(after)) => nvme(None, after),
        (Some(Counters::Scsi(before)), Counters::Scsi(after)) => scsi(before, after),
        (_, Counters::Scsi(_)) => Vec::new(),
    }
}

fn ata(before: Option<&Ata>, after: &Ata) -> Vec<Doubt> {
    let mut faults = Vec::new();
    for (id, zh, en, alone) in ATTRIBUTES {
        let Some(now) = after.raw.get(&id) else { continue };
        // An attribute that was not reported before is no growth.
        let then = before.and_then(|before| before.raw.get(&id));
        let grown = then.and_then(|then| now.checked_sub(*then)).filter(|grown| *grown > 0);
        if let Some(grown) = grown {
            let zh = format!("运行期间{zh}（{id}）增加 {grown}");
            faults.push(Doubt::new(
                "smart-grew",
                zh,
                format!("{en} ({id}) grew by {grown} during the run"),
            ));
        } else if alone && *now > 0 {
            faults.push(Doubt::new(
                "smart",
                format!("{zh}（{id}）为 {now}"),
                format!("{en} ({id}): {now}"),
            ));
        }
    }
    faults
}

fn nvme(before: Option<&Nvme>, after: &Nvme) -> Vec<Doubt> {
    let mut faults = Vec::new();
    let grown = before.map_or(0, |before| after.media_errors.saturating_sub(before.media_errors));
    if grown > 0 {
        let zh = format!("运行期间介质错误增加 {grown}");
        faults.push(Doubt::new(
            "smart-grew",
            zh,
            format!("media errors grew by {grown} during the run"),
        ));
    }
    if after.critical_warning != 0 {
        let bits = format!("0x{:02x}", after.critical_warning);
        faults.push(Doubt::new(
            "smart",
            format!("严重告警 {bits}"),
            format!("critical warning {bits}"),
        ));
    }
    let (spare, least) = (after.available_spare, after.available_spare_threshold);
    if spare < least {
        let zh = format!("备用空间 {spare} %，低于门限 {least} %");
        let en = format!("{spare} % spare left, below the threshold of {least} %");
        faults.push(Doubt::new("smart", zh, en));
    }
    let used = after.percentage_used;
    if used >= 100 {
        let zh = format!("已用寿命 {used} %");
        faults.push(Doubt::new("smart", zh, format!("{used} % of the rated life used")));
    }
    faults
}

fn scsi(before: &Scsi, after: &Scsi) -> Vec<Doubt> {
    let counts = [
        ("新增缺陷", "grown defects", before.grown_defects, after.grown_defects),
        ("不可纠正错误", "uncorrected errors", before.uncorrected, after.uncorrected),
    ];
    let grown = counts.into_iter().filter_map(|(zh, en, before, after)| {
        let grown = after?.checked_sub(before?).filter(|grown| *grown > 0)?;
        let zh = format!("运行期间{zh}增加 {grown}");
        Some(Doubt::new("smart-grew", zh, format!("{en} grew by {grown} during the run")))
    });
    grown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(raw: &[(u8, u64)]) -> Counters {
        Counters::Ata(Ata { raw: raw.iter().copied().collect() })
    }

    fn codes(before: &Counters, after: &Counters) -> Vec<String> {
        faults(Some(before), after).into_iter().map(|fault| fault.code).collect()
    }

    #[test]
    fn growth_of_each_attribute_accuses_and_a_past_error_does_not() {
        for (id, _, _, alone) in ATTRIBUTES {
            let grew = codes(&attributes(&[(id, 7)]), &attributes(&[(id, 8)]));
            assert_eq!(grew, ["smart-grew"], "{id}");
            let stayed = codes(&attributes(&[(id, 7)]), &attributes(&[(id, 7)]));
            assert_eq!(stayed.is_empty(), !alone, "{id}");
            let fell = codes(&attributes(&[(id, 7)]), &attributes(&[(id, 0)]));
            assert!(fell.is_empty(), "{id}: sectors were remapped or the counter was reset");
            assert_eq!(codes(&attributes(&[]), &attributes(&[(id, 0)])), Vec::<String>::new());
        }
        assert!(codes(&attributes(&[(9, 1)]), &attributes(&[(9, 2)])).is_empty(), "hours pass");
    }

    #[test]
    fn without_a_reading_before_only_what_speaks_for_itself_accuses() {
        let after = attributes(&[(5, 100), (187, 9), (197, 2)]);
        let found = faults(None, &after);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].en.contains("pending"));
    }

    #[test]
    fn the_nvme_log_is_judged_at_its_edges() {
        let good = Nvme {
            available_spare: 10,
            available_spare_threshold: 10,
            percentage_used: 99,
            ..Nvme::default()
        };
        let after = |change: fn(&mut Nvme)| {
            let mut after = good;
            change(&mut after);
            codes(&Counters::Nvme(good), &Counters::Nvme(after))
        };
        assert!(after(|_| {}).is_empty());
        assert_eq!(after(|log| log.media_errors = 1), ["smart-grew"]);
        assert_eq!(after(|log| log.critical_warning = 4), ["smart"]);
        assert_eq!(after(|log| log.available_spare = 9), ["smart"]);
        assert_eq!(after(|log| log.percentage_used = 100), ["smart"]);
        let old = Counters::Nvme(Nvme { media_errors: 5, ..good });
        assert!(codes(&old, &old).is_empty(), "errors of the past");
    }

    #[test]
    fn defects_of_a_scsi_disk_accuse_as_they_grow() {
        let scsi = |grown_defects, uncorrected| Counters::Scsi(Scsi { grown_defects, uncorrected });
        assert!(codes(&scsi(Some(4), Some(9)), &scsi(Some(4), Some(9))).is_empty());
        assert_eq!(codes(&scsi(Some(4), None), &scsi(Some(5), Some(9))), ["smart-grew"]);
        assert_eq!(codes(&scsi(None, Some(0)), &scsi(None, Some(1))), ["smart-grew"]);
        assert!(faults(None, &scsi(Some(4), Some(9))).is_empty());
    }

    #[test]
    fn counts_stand_side_by_side() {
        let counted =
            counted(Some(&attributes(&[(5, 1), (9, 7)])), Some(&attributes(&[(5, 2), (197, 0)])));
        let row = |zh: &str, en: &str, before, after| Counted {
            zh: zh.to_owned(),
            en: en.to_owned(),
            before,
            after,
        };
        assert_eq!(
            counted,
            [
                row("待重映射扇区", "pending sectors", None, Some(0)),
                row("已重映射扇区", "reallocated sectors", Some(1), Some(2)),
            ]
        );
        let nvme = Counters::Nvme(Nvme::default());
        assert!(super::counted(None, Some(&nvme)).iter().all(|row| !row.zh.is_empty()));
        assert!(super::counted(None, None).is_empty());
    }
}
