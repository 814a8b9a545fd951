//! The machine as a whole: maker, boards, chassis, firmware, management.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Origin;

/// Maker and product (SMBIOS type 1).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct System {
    /// As read, blanks folded; a placeholder is `null`.
    pub manufacturer: Option<String>,
    /// The normalised brand of the maker, where vendor data knows it.
    pub brand: Option<Brand>,
    /// Product name.
    pub product: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Stock-keeping unit.
    pub sku: Option<String>,
    /// Product family.
    pub family: Option<String>,
    /// UUID, lower case, in the byte order of its SMBIOS version.
    pub uuid: Option<String>,
    /// Wake-up type, in dmidecode's words.
    pub wake_up: Option<String>,
    /// Where it was read.
    pub origin: Origin,
}

/// A brand as the committed vendor data knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Brand {
    /// Stable id: `huawei`.
    pub id: String,
    /// Name in Chinese: `华为`.
    pub zh: String,
    /// Name in English: `Huawei`.
    pub en: String,
    /// ISO 3166 alpha-2 code of the brand's seat.
    pub country: String,
    /// What the vendor data says about this spelling, and where from.
    pub basis: String,
}

/// What the machine runs, where it was looked at while running.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Platform {
    /// `x86_64`, `aarch64`, `loongarch64`, …
    pub architecture: Option<String>,
    /// Kernel release.
    pub kernel: Option<String>,
    /// Name of the distribution (`PRETTY_NAME`).
    pub os: Option<String>,
    /// Host name.
    pub hostname: Option<String>,
    /// The hypervisor, where the machine is a guest: `kvm`, `vmware`, …
    pub hypervisor: Option<String>,
    /// Where it was read.
    pub origin: Origin,
}

/// A board (SMBIOS type 2).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Board {
    /// As read; a placeholder is `null`.
    pub manufacturer: Option<String>,
    /// The normalised brand of the maker.
    pub brand: Option<Brand>,
    /// Product name.
    pub product: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Asset tag.
    pub asset_tag: Option<String>,
    /// Board type, in dmidecode's words.
    pub kind: Option<String>,
    /// Whether this board hosts the system.
    pub hosting: Option<bool>,
    /// Where it was read.
    pub origin: Origin,
}

/// A chassis (SMBIOS type 3).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Chassis {
    /// As read; a placeholder is `null`.
    pub manufacturer: Option<String>,
    /// Chassis type, in dmidecode's words (`Rack Mount Chassis`).
    pub kind: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Asset tag.
    pub asset_tag: Option<String>,
    /// Height in rack units.
    pub height_u: Option<u32>,
    /// Number of power cords.
    pub power_cords: Option<u32>,
    /// Stock-keeping unit.
    pub sku: Option<String>,
    /// Where it was read.
    pub origin: Origin,
}

/// Firmware of the machine (SMBIOS type 0).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Firmware {
    /// What it is the firmware of: `bios`.
    pub kind: String,
    /// Vendor.
    pub vendor: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Release date as read.
    pub date: Option<String>,
    /// Size of the ROM in bytes.
    pub rom_size_bytes: Option<u64>,
    /// Where it was read.
    pub origin: Origin,
}

/// The management controller as the host sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Bmc {
    /// Whether the machine claims one (SMBIOS 38 or 42, `/dev/ipmi0`).
    pub present: Option<bool>,
    /// Interface to the host: `KCS`, `SSIF`, …
    pub interface: Option<String>,
    /// IPMI version, `2.0`.
    pub ipmi_version: Option<String>,
    /// Firmware version, where in-band access gave it.
    pub firmware: Option<String>,
    /// IANA enterprise number of its maker.
    pub manufacturer_id: Option<u32>,
    /// Its MAC address.
    pub mac: Option<String>,
    /// Its IP address.
    pub address: Option<String>,
    /// The chip, recognised by the PCI id of its display function.
    pub chip: Option<ManagementChip>,
    /// Where it was read.
    pub origin: Origin,
}

/// A management chip as the committed data knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ManagementChip {
    /// PCI id of the display function: `19e5:1711`.
    pub pci_id: String,
    /// Chip family: `Hi171x`.
    pub name: String,
    /// Maker: `HiSilicon`.
    pub maker: String,
    /// ISO 3166 alpha-2 code of the maker's seat.
    pub country: String,
    /// What the data rests on.
    pub basis: String,
}
