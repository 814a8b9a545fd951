//! Whether a volume may be made or removed, decided from what was read before anything is touched.
//!
//! What is not known counts as not so: a drive of which nobody tells that it is free and sound is
//! not taken.

use std::collections::BTreeSet;

use crate::operation::raid::{Arrays, Controller, Drive, Init, Level, Volume, Wanted};

/// A volume that may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The collection that it is made in.
    pub collection: String,
    /// Its level.
    pub level: Level,
    /// The paths of its drives.
    pub drives: Vec<String>,
    /// The numbers that the controller has for them, where it tells all.
    pub numbers: Vec<u64>,
    /// The key below `Oem` that the BMC has, where vendors have a form of their own.
    pub namespace: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// Capacity in bytes; else all that there is.
    pub size_bytes: Option<u64>,
    /// Bytes of a stripe on one drive.
    pub stripe_bytes: Option<u64>,
    /// How it is prepared.
    pub init: Option<Init>,
    /// It is to be encrypted.
    pub encrypt: bool,
}

/// Why nothing is touched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum Declined {
    /// A drive is not there.
    #[error("there is no drive `{drive}`; there are: {there}")]
    NoDrive { drive: String, there: String },
    /// A word names several.
    #[error("`{word}` is several: {these}; name one by its path")]
    Ambiguous { word: String, these: String },
    /// A drive stands there twice.
    #[error("drive `{drive}` is named twice")]
    Twice { drive: String },
    /// The controller is not there.
    #[error("there is no storage `{controller}`; there are: {there}")]
    NoController { controller: String, there: String },
    /// Drives hang on several controllers.
    #[error("the drives hang on several controllers: {these}")]
    Apart { these: String },
    /// The controller makes no volumes.
    #[error("storage `{controller}` makes no volumes")]
    NoVolumes { controller: String },
    /// The controller does not make that level.
    #[error("storage `{controller}` makes {levels}, and not {level}")]
    NoLevel { controller: String, levels: String, level: &'static str },
    /// There are too few drives.
    #[error("{level} takes {least} drives at least, and {count} are named")]
    Few { level: &'static str, least: usize, count: usize },
    /// The number of drives does not go up.
    #[error("{level} takes an even number of drives, and {count} are named")]
    Odd { level: &'static str, count: usize },
    /// A drive is in a volume.
    #[error("drive `{drive}` is in the volume `{volume}`")]
    InUse { drive: String, volume: String },
    /// A drive is a spare.
    #[error("drive `{drive}` is a hot spare ({kind})")]
    Spare { drive: String, kind: String },
    /// A drive is not sound, or nobody tells that it is.
    #[error("drive `{drive}` is not known to be free and sound: {why}")]
    Unsound { drive: String, why: String },
    /// Drives are of several kinds.
    #[error("the drives are of several kinds ({these}); --mixed takes them all the same")]
    Mixed { these: String },
    /// It is larger than the drives.
    #[error("{size} bytes are wanted, and the drives give {most} at most")]
    Large { size: u64, most: u64 },
    /// The size of a drive is not known.
    #[error("the size of drive `{drive}` is not known")]
    NoSize { drive: String },
    /// A volume is not there.
    #[error("there is no volume `{volume}`; there are: {there}")]
    NoVolume { volume: String, there: String },
    /// Not all of the storage could be read.
    #[error("not all of the storage could be read, so nobody knows what is in use: {what}")]
    Unread { what: String },
}

impl Declined {
    /// Says it in Chinese, as its message does in English.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::NoDrive { drive, there } => format!("没有硬盘 `{drive}`；有：{there}"),
            Self::Ambiguous { word, these } => {
                format!("`{word}` 指多个：{these}；请写路径")
            }
            Self::Twice { drive } => format!("硬盘 `{drive}` 写了两次"),
            Self::NoController { controller, there } => {
                format!("没有存储 `{controller}`；有：{there}")
            }
            Self::Apart { these } => format!("这些硬盘属于不同控制器：{these}"),
            Self::NoVolumes { controller } => format!("存储 `{controller}` 不能建卷"),
            Self::NoLevel { controller, levels, level } => {
                format!("存储 `{controller}` 支持 {levels}，不支持 {level}")
            }
            Self::Few { level, least, count } => {
                format!("{level} 至少需要 {least} 块硬盘，只写了 {count} 块")
            }
            Self::Odd { level, count } => format!("{level} 需要偶数块硬盘，写了 {count} 块"),
            Self::InUse { drive, volume } => format!("硬盘 `{drive}` 已在卷 `{volume}` 中"),
            Self::Spare { drive, kind } => format!("硬盘 `{drive}` 是热备盘（{kind}）"),
            Self::Unsound { drive, why } => {
                format!("不能确认硬盘 `{drive}` 空闲且完好：{why}")
            }
            Self::Mixed { these } => {
                format!("硬盘种类不一（{these}）；确需如此请加 --mixed")
            }
            Self::Large { size, most } => format!("要求 {size} 字节，这些硬盘最多 {most} 字节"),
            Self::NoSize { drive } => format!("硬盘 `{drive}` 的容量未知"),
            Self::NoVolume { volume, there } => format!("没有卷 `{volume}`；有：{there}"),
            Self::Unread { what } => format!("存储信息未能完整读取，无法确认哪些在用：{what}"),
        }
    }
}

/// What controllers call drives that are free (MegaRAID and its kin, by iBMC and HDM).
const FREE: &[&str] = &["unconfiguredgood", "unconfigured(good)", "unconfigured good", "ready"];

/// Decides whether a volume may be made.
///
/// # Errors
/// Where it may not, with the reason.
pub fn plan(wanted: &Wanted, arrays: &Arrays) -> Result<Plan, Declined> {
    let mut drives: Vec<&Drive> = Vec::new();
    for word in &wanted.drives {
        let one = drive(word, wanted, arrays)?;
        if drives.iter().any(|had| had.place == one.place) {
            return Err(Declined::Twice { drive: one.id.clone() });
        }
        drives.push(one);
    }
    let (level, count) = (wanted.level, drives.len());
    if count < level.least() {
        return Err(Declined::Few { level: level.word(), least: level.least(), count });
    }
    let is_even = matches!(level, Level::Raid1 | Level::Raid10 | Level::Raid50 | Level::Raid60);
    if is_even && count % 2 == 1 {
        return Err(Declined::Odd { level: level.word(), count });
    }
    let controller = controller(wanted, arrays, &drives)?;
    let Some(collection) = controller.volumes.clone() else {
        return Err(Declined::NoVolumes { controller: controller.id.clone() });
    };
    let makes = |own: &String| own.eq_ignore_ascii_case(level.word());
    if !controller.levels.is_empty() && !controller.levels.iter().any(makes) {
        return Err(Declined::NoLevel {
            controller: controller.id.clone(),
            levels: controller.levels.join(", "),
            level: level.word(),
        });
    }
    for drive in &drives {
        sound(drive, arrays)?;
    }
    kinds(wanted, &drives)?;
    let mut smallest = u64::MAX;
    for drive in &drives {
        let size = drive.size_bytes.ok_or_else(|| Declined::NoSize { drive: drive.id.clone() })?;
        smallest = smallest.min(size);
    }
    let holding = u64::try_from(level.holding(count)).unwrap_or_default();
    let most = smallest.saturating_mul(holding);
    if let Some(size) = wanted.size_bytes.filter(|size| *size > most) {
        return Err(Declined::Large { size, most });
    }
    let numbers: Vec<u64> = drives.iter().filter_map(|drive| drive.number).collect();
    Ok(Plan {
        collection,
        level,
        numbers: if numbers.len() == count { numbers } else { Vec::new() },
        drives: drives.iter().map(|drive| drive.place.clone()).collect(),
        namespace: None,
        name: wanted.name.clone(),
        size_bytes: wanted.size_bytes,
        stripe_bytes: wanted.stripe_bytes,
        init: wanted.init,
        encrypt: wanted.encrypt,
    })
}

/// Finds the drive that a word names, on the controller that is named.
fn drive<'a>(word: &str, wanted: &Wanted, arrays: &'a Arrays) -> Result<&'a Drive, Declined> {
    let on = wanted.controller.as_deref();
    let all = arrays.drives.iter().filter(|drive| {
        on.is_none_or(|on| drive.storage == on || last(&drive.storage).eq_ignore_ascii_case(on))
    });
    let all: Vec<&Drive> = all.collect();
    let by = |is: &dyn Fn(&Drive) -> bool| -> Vec<&'a Drive> {
        all.iter().copied().filter(|drive| is(drive)).collect()
    };
    let ways: [&dyn Fn(&Drive) -> bool; 4] = [
        &|drive| drive.place == word || drive.id == word,
        &|drive| drive.serial.as_deref() == Some(word),
        &|drive| drive.number.is_some_and(|number| number.to_string() == word),
        &|drive| drive.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(word)),
    ];
    for is in ways {
        match by(is).as_slice() {
            [] => {}
            [one] => return Ok(one),
            several => {
                let these = several.iter().map(|drive| drive.place.as_str());
                return Err(Declined::Ambiguous {
                    word: word.to_owned(),
                    these: these.collect::<Vec<_>>().join(", "),
                });
            }
        }
    }
    let there = all.iter().map(|drive| drive.id.as_str()).take(40).collect::<Vec<_>>().join(", ");
    Err(Declined::NoDrive { drive: word.to_owned(), there })
}

fn controller<'a>(
    wanted: &Wanted,
    arrays: &'a Arrays,
    drives: &[&Drive],
) -> Result<&'a Controller, Declined> {
    if let Some(named) = &wanted.controller {
        let is = |one: &&Controller| one.place == *named || one.id.eq_ignore_ascii_case(named);
        return arrays.controllers.iter().find(is).ok_or_else(|| Declined::NoController {
            controller: named.clone(),
            there: ids(arrays.controllers.iter().map(|one| one.id.as_str())),
        });
    }
    let mut storages = BTreeSet::new();
    storages.extend(drives.iter().map(|drive| drive.storage.as_str()));
    let storages: Vec<&str> = storages.into_iter().collect();
    match storages.as_slice() {
        [one] => arrays.controllers.iter().find(|own| own.place == *one).ok_or_else(|| {
            Declined::NoController { controller: (*one).to_owned(), there: String::new() }
        }),
        several => Err(Declined::Apart { these: ids(several.iter().map(|place| last(place))) }),
    }
}

/// Makes sure that a drive is free and sound.
fn sound(drive: &Drive, arrays: &Arrays) -> Result<(), Declined> {
    let holds = arrays.volumes.iter().find(|volume| volume.drives.contains(&drive.place));
    let named = holds.map(|volume| volume.id.clone());
    let linked = || drive.volumes.first().map(|place| last(place).to_owned());
    if let Some(volume) = named.or_else(linked) {
        return Err(Declined::InUse { drive: drive.id.clone(), volume });
    }
    let spared = arrays.volumes.iter().find(|volume| volume.spares.contains(&drive.place));
    let kind = drive.spare.clone().or_else(|| spared.map(|volume| volume.id.clone()));
    if let Some(kind) = kind {
        return Err(Declined::Spare { drive: drive.id.clone(), kind });
    }
    let bad = |why: String| Err(Declined::Unsound { drive: drive.id.clone(), why });
    if drive.is_failing == Some(true) {
        return bad("FailurePredicted".to_owned());
    }
    if let Some(standing) = &drive.standing
        && !FREE.contains(&standing.to_ascii_lowercase().as_str())
    {
        return bad(standing.clone());
    }
    match (drive.health.as_deref(), drive.state.as_deref()) {
        (Some("OK"), Some("Enabled" | "StandbyOffline" | "StandbySpare") | None) => Ok(()),
        // The controller says so in a word of its own.
        (None, _) if drive.standing.is_some() => Ok(()),
        (health, state) => {
            bad(format!("Health {}, State {}", health.unwrap_or("?"), state.unwrap_or("?")))
        }
    }
}

/// Makes sure that drives are of one kind; what is not known is a kind of its own.
fn kinds(wanted: &Wanted, drives: &[&Drive]) -> Result<(), Declined> {
    let kind = |drive: &&Drive| {
        let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".to_owned());
        format!("{} {}", said(&drive.protocol), said(&drive.media))
    };
    let mut all = BTreeSet::new();
    all.extend(drives.iter().map(kind));
    if all.len() > 1 && !wanted.mixed {
        let these: Vec<String> = all.into_iter().collect();
        return Err(Declined::Mixed { these: these.join(", ") });
    }
    Ok(())
}

/// Finds the volumes that words name, by path, name or the end of the path; each once. There is no
/// word for all of them.
///
/// # Errors
/// Where a word names none, or several.
pub fn volumes<'a>(words: &[String], arrays: &'a Arrays) -> Result<Vec<&'a Volume>, Declined> {
    let mut found: Vec<&Volume> = Vec::new();
    for word in words {
        let is = |volume: &&Volume| {
            volume.place == *word
                || volume.id == *word
                || volume.name.as_deref() == Some(word.as_str())
        };
        let fits: Vec<&Volume> = arrays.volumes.iter().filter(is).collect();
        match fits.as_slice() {
            [one] => {
                if !found.iter().any(|had| had.place == one.place) {
                    found.push(one);
                }
            }
            [] => {
                let there = ids(arrays.volumes.iter().map(|volume| volume.id.as_str()));
                return Err(Declined::NoVolume { volume: word.clone(), there });
            }
            several => {
                let these = ids(several.iter().map(|volume| volume.place.as_str()));
                return Err(Declined::Ambiguous { word: word.clone(), these });
            }
        }
    }
    Ok(found)
}

fn ids<'t>(all: impl Iterator<Item = &'t str>) -> String {
    all.take(40).collect::<Vec<_>>().join(", ")
}

fn last(place: &str) -> &str {
    place.rsplit('/').next().unwrap_or_default()
}
