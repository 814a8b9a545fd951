//! What a BMC says it is, and what it manages.

/// What `info` tells; each part is `None` where the BMC does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// Who made the host.
    pub manufacturer: Option<String>,
    /// The host's model.
    pub model: Option<String>,
    /// The host's serial number.
    pub serial: Option<String>,
    /// The host's UUID, as SMBIOS prints it.
    pub uuid: Option<String>,
    /// The host's asset tag.
    pub asset: Option<String>,
    /// The BMC's model or product.
    pub bmc_model: Option<String>,
    /// The version of the BMC's firmware.
    pub bmc_version: Option<String>,
    /// The version of the host's BIOS.
    pub bios_version: Option<String>,
    /// The BMC's own name.
    pub host_name: Option<String>,
    /// What its protocol's version is: `Redfish 1.15.0`, `IPMI 2.0`.
    pub protocol: String,
    /// The dialect that it was taken for.
    pub dialect: Option<String>,
    /// The host's power.
    pub power: Option<super::power::State>,
    /// The host's health, in the BMC's word.
    pub health: Option<String>,
}
