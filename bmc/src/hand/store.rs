//! Firmware and arrays, over Redfish.

use super::{Acted, Bmc, HandError, Read, look};
use crate::{
    operation::{
        Outcome,
        firmware::{Change, Component},
        raid::{Arrays, Wanted},
    },
    redfish::client::{RedfishError, Update, Updated},
};

/// What became of an update.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// What became of it, and what there is to say.
    pub acted: Acted,
    /// Versions that are others now.
    pub changes: Vec<Change>,
    /// The task that was followed, where it was named.
    pub task: Option<String>,
}

impl Bmc {
    /// Reads what firmware and software is installed.
    pub async fn firmware(&mut self) -> Result<Read<Vec<Component>>, HandError> {
        let (tree, found) = self.redfish()?.components().await?;
        Ok(look::joined(&tree, found))
    }

    /// Installs firmware, follows that to its end through a restart of the BMC, and reads the
    /// versions back.
    pub async fn update_firmware(&mut self, wanted: &Update<'_>) -> Result<Renewed, HandError> {
        match self.redfish()?.update(wanted).await {
            Ok(Updated { outcome, changes, notes }) => {
                let acted = crate::redfish::client::Acted { outcome, notes }.into();
                Ok(Renewed { acted, changes, task: None })
            }
            Err(error) => Ok(Renewed { acted: declined(error)?, changes: Vec::new(), task: None }),
        }
    }

    /// Takes up an update that runs, by its task or the only one that is there.
    pub async fn follow_update(&mut self, task: Option<&str>) -> Result<Renewed, HandError> {
        let (acted, task) = match self.redfish()?.follow(task).await {
            Ok((place, followed)) => (followed.into(), Some(place)),
            Err(error) => (declined(error)?, None),
        };
        Ok(Renewed { acted, changes: Vec::new(), task })
    }

    /// Reads controllers, drives and volumes.
    pub async fn arrays(&mut self) -> Result<Read<Arrays>, HandError> {
        let (tree, found) = self.redfish()?.arrays().await?;
        Ok(look::joined(&tree, found))
    }

    /// Makes a volume, and looks whether it is there.
    pub async fn create_volume(&mut self, wanted: &Wanted) -> Result<Acted, HandError> {
        let made = self.redfish()?.create_volume(wanted).await;
        made.map_or_else(declined, |acted| Ok(acted.into()))
    }

    /// Removes volumes that are named, and looks whether they are gone. What was on them is lost.
    pub async fn delete_volumes(&mut self, names: &[String]) -> Result<Acted, HandError> {
        let gone = self.redfish()?.delete_volumes(names).await;
        gone.map_or_else(declined, |acted| Ok(acted.into()))
    }
}

/// Returns what was not even asked for as the outcome that it is.
fn declined(error: RedfishError) -> Result<Acted, HandError> {
    match error {
        RedfishError::Declined { why } => {
            Ok(Acted { outcome: Outcome::Refused { why }, remarks: Vec::new() })
        }
        other => Err(other.into()),
    }
}
