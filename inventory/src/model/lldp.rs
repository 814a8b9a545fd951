//! What an LLDP neighbour says beyond its name: IEEE 802.3 and LLDP-MED.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Autonegotiation and medium of the neighbour's port (IEEE 802.3 clause 79).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LldpAutonegotiation {
    /// Whether the port can negotiate.
    pub supported: Option<bool>,
    /// Whether it does.
    pub enabled: Option<bool>,
    /// Advertised capabilities, the bits of `ifMauAutoNegCapAdvertisedBits`.
    pub advertised: Option<u32>,
    /// Operational medium, `dot3MauType` (RFC 4836): 30 = 1000BASE-T full duplex.
    pub mau_type: Option<u32>,
}

/// Power over Ethernet at the neighbour's port (IEEE 802.3 clause 79).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LldpPower {
    /// `pse` (gives power) or `pd` (takes it).
    pub role: Option<String>,
    /// Whether the port can give power.
    pub supported: Option<bool>,
    /// Whether it is turned on.
    pub enabled: Option<bool>,
    /// Power class, from 0.
    pub class: Option<u32>,
    /// Power the device asks for, in milliwatt.
    pub requested_mw: Option<u64>,
    /// Power the supply grants, in milliwatt.
    pub allocated_mw: Option<u64>,
}

/// LLDP-MED (ANSI/TIA-1057): the device's class and its inventory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LldpMed {
    /// `endpoint-1`, `endpoint-2`, `endpoint-3`, `network-connectivity`, `undefined`.
    pub device: Option<String>,
    /// Elements the device can send.
    pub capabilities: Vec<String>,
    /// Network policies by application.
    pub policy: Vec<LldpPolicy>,
    /// Hardware revision.
    pub hardware: Option<String>,
    /// Firmware revision.
    pub firmware: Option<String>,
    /// Software revision.
    pub software: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Manufacturer.
    pub manufacturer: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Asset id.
    pub asset_id: Option<String>,
    /// Power asked for or available, in milliwatt.
    pub power_mw: Option<u64>,
}

/// A network policy of LLDP-MED.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LldpPolicy {
    /// Application type: 1 = voice.
    pub application: u32,
    /// Whether the policy is defined.
    pub known: bool,
    /// Whether frames carry a VLAN tag.
    pub tagged: bool,
    /// VLAN id.
    pub vlan: u32,
    /// Priority (802.1p).
    pub priority: u32,
    /// Differentiated services code point.
    pub dscp: u32,
}
