//! What tells a machine from others.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The identity vector: each member may be missing, none is trusted alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Identity {
    /// The first usable member in the order of the fields, as `kind:value`.
    pub key: Option<String>,
    /// Serial number of the system.
    pub system_serial: Option<String>,
    /// UUID of the system.
    pub uuid: Option<String>,
    /// Serial number of the hosting board.
    pub board_serial: Option<String>,
    /// Serial number of the chassis.
    pub chassis_serial: Option<String>,
    /// MAC address of the BMC.
    pub bmc_mac: Option<String>,
    /// Lowest permanent, globally administered MAC address.
    pub nic_mac: Option<String>,
}
