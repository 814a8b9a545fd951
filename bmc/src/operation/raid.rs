//! Drives, the controllers that they hang on, and the volumes that are made of them.

/// What a host has of storage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrays {
    /// Subsystems: a controller, or several that have the same drives.
    pub controllers: Vec<Controller>,
    /// Drives.
    pub drives: Vec<Drive>,
    /// Volumes.
    pub volumes: Vec<Volume>,
}

/// A storage subsystem (`Storage`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controller {
    /// The last part of its path, by which it is named.
    pub id: String,
    /// Its path.
    pub place: String,
    /// Its name or the model of its controller.
    pub name: Option<String>,
    /// The version of its firmware.
    pub version: Option<String>,
    /// RAID levels that it says it makes, as `RAID1`; empty where it does not tell.
    pub levels: Vec<String>,
    /// The path of its volumes; none where it makes none.
    pub volumes: Option<String>,
    /// Bytes of its cache.
    pub cache_bytes: Option<u64>,
    /// `Status.Health`, in the BMC's word.
    pub health: Option<String>,
}

/// A drive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drive {
    /// The last part of its path, by which it is named.
    pub id: String,
    /// Its path.
    pub place: String,
    /// The path of the subsystem that lists it.
    pub storage: String,
    /// Its name.
    pub name: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Its serial number.
    pub serial: Option<String>,
    /// Capacity in bytes.
    pub size_bytes: Option<u64>,
    /// `HDD`, `SSD`.
    pub media: Option<String>,
    /// `SAS`, `SATA`, `NVMe`.
    pub protocol: Option<String>,
    /// `Status.State`, in the BMC's word.
    pub state: Option<String>,
    /// `Status.Health`, in the BMC's word.
    pub health: Option<String>,
    /// What its controller says of it, in a vendor's word: `UnconfiguredGood`, `Online`.
    pub standing: Option<String>,
    /// What it is a spare of: `Global`, `Dedicated`; none where it is none.
    pub spare: Option<String>,
    /// Whether its failure is predicted.
    pub is_failing: Option<bool>,
    /// The number that its controller has for it, in vendors' forms.
    pub number: Option<u64>,
    /// The paths of the volumes that it says it is in.
    pub volumes: Vec<String>,
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// The last part of its path, by which it is named.
    pub id: String,
    /// Its path.
    pub place: String,
    /// The path of the subsystem that lists it.
    pub storage: String,
    /// Its name, as it was given.
    pub name: Option<String>,
    /// `RAID1`, `RAID5`.
    pub level: Option<String>,
    /// Capacity in bytes.
    pub size_bytes: Option<u64>,
    /// Bytes of a stripe on one drive.
    pub stripe_bytes: Option<u64>,
    /// The paths of its drives.
    pub drives: Vec<String>,
    /// The paths of its spares.
    pub spares: Vec<String>,
    /// `Status.State`, in the BMC's word.
    pub state: Option<String>,
    /// `Status.Health`, in the BMC's word.
    pub health: Option<String>,
    /// How it is read, in the BMC's word: `ReadAhead`.
    pub reads: Option<String>,
    /// How it is written: `WriteBack`, `WriteThrough`.
    pub writes: Option<String>,
    /// Whether it is encrypted.
    pub is_encrypted: Option<bool>,
    /// Whether the host boots from it.
    pub is_boot: Option<bool>,
}

/// A RAID level that volumes are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum Level {
    Raid0,
    Raid1,
    Raid5,
    Raid6,
    Raid10,
    Raid50,
    Raid60,
}

impl Level {
    /// Returns the word of Redfish (DSP0268, `RAIDType`).
    pub fn word(self) -> &'static str {
        match self {
            Self::Raid0 => "RAID0",
            Self::Raid1 => "RAID1",
            Self::Raid5 => "RAID5",
            Self::Raid6 => "RAID6",
            Self::Raid10 => "RAID10",
            Self::Raid50 => "RAID50",
            Self::Raid60 => "RAID60",
        }
    }

    /// Returns the word of the schemas before that (`VolumeType`); RAID 6 and 60 had none.
    pub fn old_word(self) -> Option<&'static str> {
        match self {
            Self::Raid0 => Some("NonRedundant"),
            Self::Raid1 => Some("Mirrored"),
            Self::Raid5 => Some("StripedWithParity"),
            Self::Raid10 => Some("SpannedMirrors"),
            Self::Raid50 => Some("SpannedStripesWithParity"),
            Self::Raid6 | Self::Raid60 => None,
        }
    }

    /// Returns how few drives it takes.
    pub fn least(self) -> usize {
        match self {
            Self::Raid0 => 1,
            Self::Raid1 => 2,
            Self::Raid5 => 3,
            Self::Raid6 | Self::Raid10 => 4,
            Self::Raid50 => 6,
            Self::Raid60 => 8,
        }
    }

    /// Returns of how many groups it is made of so many drives: mirrors of two, else two halves.
    pub fn spans(self, drives: usize) -> usize {
        match self {
            Self::Raid0 | Self::Raid1 | Self::Raid5 | Self::Raid6 => 1,
            Self::Raid10 => (drives / 2).max(1),
            Self::Raid50 | Self::Raid60 => 2,
        }
    }

    /// Returns how many of so many drives hold data.
    pub fn holding(self, drives: usize) -> usize {
        match self {
            Self::Raid0 => drives,
            Self::Raid1 => 1,
            Self::Raid10 => drives / 2,
            Self::Raid5 => drives.saturating_sub(1),
            Self::Raid6 | Self::Raid50 => drives.saturating_sub(2),
            Self::Raid60 => drives.saturating_sub(4),
        }
    }
}

/// How a new volume is prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Init {
    /// Its first blocks are cleared.
    Fast,
    /// All of it is written.
    Full,
}

/// The volume that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its level.
    pub level: Level,
    /// Its drives, by name, path, serial number, or the number that its controller has for it.
    pub drives: Vec<String>,
    /// The subsystem by its name or path; else the one that has the drives.
    pub controller: Option<String>,
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
    /// Drives of several kinds are meant.
    pub mixed: bool,
}
