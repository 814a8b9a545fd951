//! What is done with a BMC; every change is read back.

use super::{Acted, Bmc, HandError, Protocol, Spoken};
use crate::{
    ipmi::{self, Identify, Reset},
    operation::{Outcome, boot, power},
    redfish::{
        client::{self, Insertion},
        ladder::script::{self, Note},
    },
};

impl Bmc {
    /// Changes the host's power.
    pub async fn power(&mut self, action: power::Action) -> Result<Acted, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => Ok(client.power(action).await?.into()),
            Spoken::Ipmi(client) => Ok(client.power(action).await?.into()),
        }
    }

    /// Sets what the host boots from next.
    pub async fn set_boot(&mut self, wanted: boot::Override) -> Result<Acted, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => Ok(client.set_boot(wanted).await?.into()),
            Spoken::Ipmi(client) => Ok(client.set_boot(wanted).await?.into()),
        }
    }

    /// Turns the light that identifies the host on or off.
    pub async fn identify(&mut self, on: bool) -> Result<Acted, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => Ok(client.identify(on).await?.into()),
            Spoken::Ipmi(client) => {
                let wanted = if on { Identify::On } else { Identify::Off };
                Ok(client.identify(wanted).await?.into())
            }
        }
    }

    /// Clears a log; `name` says which where there are several. Save it first.
    pub async fn clear_log(&mut self, name: Option<&str>) -> Result<Acted, HandError> {
        if let Spoken::Ipmi(client) = &mut self.spoken {
            return Ok(client.clear_log().await?.into());
        }
        let mut logs: Vec<String> = Vec::new();
        for entry in self.log().await?.value {
            let is_meant = name
                .is_none_or(|name| entry.log == name || entry.log.rsplit('/').next() == Some(name));
            if is_meant && !logs.contains(&entry.log) {
                logs.push(entry.log);
            }
        }
        match logs.as_slice() {
            // What has no entry needs no clearing.
            [] => Ok(Acted { outcome: Outcome::Done, remarks: Vec::new() }),
            [log] => Ok(self.redfish()?.clear_log(log).await?.into()),
            _ => Err(HandError::SeveralLogs { logs }),
        }
    }

    /// Restarts the BMC.
    pub async fn reset_bmc(&mut self) -> Result<Acted, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => Ok(client.reset_bmc().await?.into()),
            Spoken::Ipmi(client) => Ok(client.reset_bmc(Reset::Cold).await?.into()),
        }
    }

    /// Inserts the image at `url`, over Redfish.
    pub async fn insert(&mut self, url: &str, with: &Insertion<'_>) -> Result<Acted, HandError> {
        Ok(self.redfish()?.insert(url, with).await?.into())
    }

    /// Ejects what is in a slot, or in every one, over Redfish.
    pub async fn eject(&mut self, slot: Option<&str>) -> Result<Acted, HandError> {
        Ok(self.redfish()?.eject(slot).await?.into())
    }

    /// Returns the client of Redfish, for what is raw.
    pub fn redfish(&mut self) -> Result<&mut client::Client, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => Ok(client),
            Spoken::Ipmi(_) => Err(HandError::Only(Protocol::Redfish)),
        }
    }

    /// Returns the client of IPMI, for what is raw.
    pub fn ipmi(&mut self) -> Result<&mut ipmi::Client, HandError> {
        match &mut self.spoken {
            Spoken::Ipmi(client) => Ok(client),
            Spoken::Redfish(_) => Err(HandError::Only(Protocol::Ipmi)),
        }
    }
}

impl From<Outcome> for Acted {
    fn from(outcome: Outcome) -> Self {
        Self { outcome, remarks: Vec::new() }
    }
}

impl From<script::Acted> for Acted {
    fn from(acted: script::Acted) -> Self {
        let remarks = acted.notes.into_iter().map(Note::told).collect();
        Self { outcome: acted.outcome, remarks }
    }
}
