//! What is read of a BMC.

use std::time::Duration;

use super::{Bmc, HandError, Read, Spoken};
use crate::{
    client::{Patience, certificate},
    ipmi::{self, Found, IpmiError, command::dcmi::PowerDraw},
    operation::{boot, fru::Fru, identity::Identity, log::Entry, power, sensor::Sensor},
    probe::{self, Cell, Facts, Heard},
    redfish::{
        self,
        client::{Client, Slot, TaskSeen},
        finding,
        inventory::Inventory,
        tree::Tree,
        walk::Purpose,
    },
    target::Address,
};

/// The channel that a session of IPMI came by (IPMI 2.0 §6.3).
pub(super) const OWN_CHANNEL: u8 = 0x0e;
/// How long IPMI is listened for, in passing.
const LISTEN: Duration = Duration::from_millis(1500);

impl Bmc {
    /// Reads what the host and its BMC are.
    pub async fn identity(&mut self) -> Result<Identity, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => {
                let mut identity = client.identity().await?;
                identity.dialect = client.dialect().map(|dialect| dialect.id.clone());
                Ok(identity)
            }
            Spoken::Ipmi(client) => Ok(client.identity().await?),
        }
    }

    /// Reads the host's power; `None` where the BMC does not tell.
    pub async fn power_state(&mut self) -> Result<Option<power::State>, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => Ok(client.power_state().await?),
            Spoken::Ipmi(client) => Ok(Some(client.power_state().await?)),
        }
    }

    /// Reads what the host boots from next.
    pub async fn boot(&mut self) -> Result<boot::Seen, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => Ok(client.boot().await?.boot),
            Spoken::Ipmi(client) => Ok(client.boot().await?),
        }
    }

    /// Reads all sensors.
    pub async fn sensors(&mut self) -> Result<Read<Vec<Sensor>>, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => {
                read(client, Purpose::Sensors, &redfish::sensors::sensors).await
            }
            Spoken::Ipmi(client) => Ok(found(client.sensors().await?)),
        }
    }

    /// Reads the logs, the oldest entry of each first.
    pub async fn log(&mut self) -> Result<Read<Vec<Entry>>, HandError> {
        match &mut self.spoken {
            Spoken::Redfish(client) => read(client, Purpose::Logs, &redfish::log::logs).await,
            Spoken::Ipmi(client) => Ok(found(client.log().await?)),
        }
    }

    /// Reads the parts of the host, over Redfish.
    pub async fn inventory(&mut self) -> Result<Read<Inventory>, HandError> {
        let client = self.redfish()?;
        read(client, Purpose::Inventory, &redfish::inventory::inventory).await
    }

    /// Reads what the machine is judged by, over Redfish.
    pub async fn machine(&mut self) -> Result<finding::Read<Tree>, HandError> {
        Ok(self.redfish()?.tree(Purpose::Machine).await?)
    }

    /// Reads what the machine is judged by, over IPMI.
    pub async fn facts(&mut self) -> Result<ipmi::Facts, HandError> {
        Ok(self.ipmi()?.facts(OWN_CHANNEL).await?)
    }

    /// Reads all that the service has, over Redfish.
    pub async fn tree(&mut self) -> Result<finding::Read<Tree>, HandError> {
        Ok(self.redfish()?.tree(Purpose::Everything).await?)
    }

    /// Reads all that the service is judged by against a profile, over Redfish.
    pub async fn judged_tree(&mut self) -> Result<finding::Read<Tree>, HandError> {
        Ok(self.redfish()?.tree(Purpose::Profile).await?)
    }

    /// Reads the slots of virtual media, over Redfish.
    pub async fn media(&mut self) -> Result<Vec<Slot>, HandError> {
        Ok(self.redfish()?.media().await?)
    }

    /// Reads the schemes of images that a slot of virtual media takes, or the best one, over
    /// Redfish; `None` where nobody tells.
    pub async fn media_ways(
        &mut self,
        slot: Option<&str>,
    ) -> Result<Option<Vec<String>>, HandError> {
        Ok(self.redfish()?.media_ways(slot).await?)
    }

    /// Reads the tasks that the BMC knows of, over Redfish.
    pub async fn tasks(&mut self) -> Result<Vec<TaskSeen>, HandError> {
        Ok(self.redfish()?.tasks().await?)
    }

    /// Reads what the BMC can do and in which form; nothing is changed. IPMI is asked in passing,
    /// without a credential, unless Redfish was named.
    pub async fn probe(&mut self) -> Result<Vec<Cell>, HandError> {
        let heard = match &self.ipmi {
            Some(address) => hear(address).await,
            None => Heard::NotAsked,
        };
        match &mut self.spoken {
            Spoken::Redfish(client) => {
                let probed = client.probe().await?;
                // What cannot be looked at once more is not told.
                let tls = certificate::look(&self.address, Patience::default()).await.ok();
                let rules = client.rules();
                Ok(probe::of_redfish(&Facts {
                    tree: &probed.tree,
                    system: probed.system.as_deref(),
                    manager: probed.manager.as_deref(),
                    rules: &rules,
                    dialect: client.dialect(),
                    session: probed.session,
                    tls: tls.as_ref(),
                    heard: &heard,
                }))
            }
            Spoken::Ipmi(client) => {
                let identity = client.identity().await?;
                // A user without the right to see it sees the rest.
                let lan = client.lan(OWN_CHANNEL).await.ok();
                Ok(probe::of_ipmi(&identity, lan.as_ref(), &heard))
            }
        }
    }

    /// Reads the memories of the parts, over IPMI.
    pub async fn frus(&mut self) -> Result<Read<Vec<Fru>>, HandError> {
        Ok(found(self.ipmi()?.frus().await?))
    }

    /// Reads what the host draws, over IPMI; `None` where the BMC has no DCMI.
    pub async fn power_draw(&mut self) -> Result<Option<PowerDraw>, HandError> {
        Ok(self.ipmi()?.power_draw().await?)
    }
}

/// Listens for what IPMI tells anybody.
pub(super) async fn hear(address: &Address) -> Heard {
    match ipmi::ping(address, LISTEN).await {
        Ok(pong) => {
            let suites = if pong.ipmi_2 { ipmi::suites(address, LISTEN).await.ok() } else { None };
            Heard::Answered { pong, suites: suites.flatten() }
        }
        Err(IpmiError::Closed { .. }) => Heard::Closed,
        Err(_) => Heard::Silent,
    }
}

/// Walks the service for a purpose and reads what it is for.
async fn read<T>(
    client: &Client,
    purpose: Purpose,
    reads: &dyn Fn(&Tree) -> finding::Read<T>,
) -> Result<Read<T>, HandError> {
    let tree = client.tree(purpose).await?;
    let found = reads(&tree.value);
    Ok(joined(&tree, found))
}

/// Joins what a walk met with what was read of it.
pub(super) fn joined<T>(tree: &finding::Read<Tree>, found: finding::Read<T>) -> Read<T> {
    let complete = tree.is_complete() && found.is_complete();
    // What the walk met, the readers met too.
    let mut remarks = Vec::new();
    for finding in tree.findings.iter().chain(&found.findings) {
        let said = finding.said();
        if !remarks.contains(&said) {
            remarks.push(said);
        }
    }
    Read { value: found.value, remarks, complete }
}

fn found<T>(found: Found<T>) -> Read<Vec<T>> {
    let remarks: Vec<_> = found.damage.into_iter().map(|text| (text.clone(), text)).collect();
    Read { value: found.items, complete: remarks.is_empty(), remarks }
}
