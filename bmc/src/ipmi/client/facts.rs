//! What a BMC tells of its machine, all of it in one value: for an inventory.

use super::{Client, Found, device::passing};
use crate::{
    ipmi::{
        IpmiError,
        command::{dcmi::PowerDraw, device::Device, lan::Lan, sel::Extent},
    },
    operation::{fru::Fru, sensor::Sensor},
};

/// What a BMC tells of itself and of its machine; a part is `None`, or empty, where it does not.
#[derive(Clone, Debug)]
pub struct Facts {
    /// What it is (Get Device ID).
    pub device: Device,
    /// The machine's UUID, as SMBIOS prints it.
    pub uuid: Option<String>,
    /// The memories of the parts.
    pub frus: Found<Fru>,
    /// The sensors with their thresholds.
    pub sensors: Found<Sensor>,
    /// The network of the channel that was asked for.
    pub lan: Option<Lan>,
    /// What the machine draws, by DCMI.
    pub draw: Option<PowerDraw>,
    /// How much the log holds.
    pub log: Option<Extent>,
}

impl Client {
    /// Reads what the BMC tells of its machine; `channel` is the one whose network is read.
    ///
    /// What it refuses, or tells in no form that can be read, is left out; that it does not answer
    /// any more is an error.
    pub async fn facts(&mut self, channel: u8) -> Result<Facts, IpmiError> {
        Ok(Facts {
            device: self.device().await?,
            uuid: passing(self.uuid().await)?.flatten(),
            frus: self.frus().await?,
            sensors: passing(self.sensors().await)?.unwrap_or_else(|| Found {
                items: Vec::new(),
                damage: vec!["the BMC refuses to tell its sensors".to_owned()],
            }),
            lan: passing(self.lan(channel).await)?,
            draw: passing(self.power_draw().await)?.flatten(),
            log: passing(self.log_extent().await)?,
        })
    }
}
