//! Where a fact came from, how complete a section is, where sources disagree.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The index of a [`Source`] in the document's `sources`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(transparent)]
pub struct SourceId(pub u32);

/// What kind of place a fact was read from.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SourceKind {
    /// An SMBIOS structure.
    Smbios,
    /// A file under `/sys`.
    Sysfs,
    /// A file under `/proc`.
    Proc,
    /// PCI configuration, and the compiled-in id database.
    Pci,
    /// An NVMe admin command.
    Nvme,
    /// An ATA command by pass-through.
    Ata,
    /// A SCSI command.
    Scsi,
    /// ethtool netlink or ioctl.
    Ethtool,
    /// rtnetlink.
    Netlink,
    /// A captured LLDP frame.
    Lldp,
    /// An IPMI command.
    Ipmi,
    /// A Redfish resource.
    Redfish,
    /// A file that another program wrote.
    Import,
    /// The word of a named person.
    Attested,
    /// Computed from other facts; the locator says which.
    Derived,
}

/// One place that facts were read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// What kind of place it is.
    pub kind: SourceKind,
    /// Which one: `smbios:17/0x0021`, `sysfs:/sys/class/fc_host/host3/speed`,
    /// `import:dmidecode.txt#17/0x0021`.
    pub locator: String,
    /// When it was read, RFC 3339 UTC, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// SHA-256 of the file or table it was read from, as `sha256:HEX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// The provenance of one object's fields.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Origin {
    /// The source of every field that `sources` does not name.
    pub source: SourceId,
    /// Fields with a source of their own, by name (`frequency_hz.nominal`).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, SourceId>,
    /// What other sources say of a field, agreeing or not.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub also: BTreeMap<String, Vec<Claim>>,
    /// The text as read, where the used value differs (blanks, placeholders).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub raw: BTreeMap<String, String>,
}

impl Origin {
    /// Returns the provenance of an object read whole from `source`.
    pub fn of(source: SourceId) -> Self {
        Self { source, ..Self::default() }
    }
}

/// What one further source says of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// Who says it.
    pub source: SourceId,
    /// What it says.
    pub value: Value,
}

/// The sections of the document, named as its top-level keys.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the top-level key of the same name")]
pub enum Section {
    System,
    Platform,
    Board,
    Chassis,
    Firmware,
    Bmc,
    Cpu,
    Cache,
    Topology,
    Dimm,
    MemoryArray,
    Memory,
    Slot,
    Pci,
    Nic,
    Hba,
    Infiniband,
    Controller,
    Disk,
    Psu,
    Fan,
    Sensor,
    Gpu,
    Tpm,
    Lldp,
    Plane,
    PlaneSharing,
    Identity,
    OemStrings,
}

/// How much of a section could be read.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SectionState {
    /// Everything this machine can tell.
    Complete,
    /// Some objects or fields are missing.
    Partial,
    /// Nothing usable.
    Failed,
    /// The machine, kernel or source has no such thing.
    Unsupported,
}

/// A section's completeness, with the reason where it is not complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SectionStatus {
    /// How much could be read.
    pub status: SectionState,
    /// Why not all of it: `SMBIOS table: permission denied (needs root)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a finding is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum FindingClass {
    /// Two sources give different values for one field.
    Value,
    /// Two sources give different serials, UUIDs or parts.
    Identity,
    /// One source has an object that the other lacks.
    Missing,
    /// A table or file is damaged or breaks its own rules.
    Damage,
    /// A device works below what it can do (link width, memory speed).
    Degraded,
}

/// Something a reader of the report should know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What it is about.
    pub class: FindingClass,
    /// The object or field: `dimm[3].size_bytes`, `cpu`, `smbios`.
    pub path: String,
    /// One sentence in English: what was seen, and where.
    pub message: String,
    /// The same in Chinese.
    pub message_zh: String,
    /// Who says what, where values differ.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
}
