//! Settings of a host's firmware.

use super::{Acted, Client, Inner, RedfishError, answer::refused};
use crate::{
    operation::bios::Wanted,
    redfish::ladder::{
        bios::{self, Places, Settings},
        script::{Script, Told},
    },
};

impl Client {
    /// Returns the settings of the BIOS: what they are, what waits for a restart, and what they
    /// take.
    pub async fn bios(&self) -> Result<Settings, RedfishError> {
        let (system, registries) = self.inner.bios_places().await?;
        let places = Places { system: &system, registries: &registries };
        let rules = self.rules();
        let mut found = Ok(Settings::default());
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            found = bios::read(script, places, true, &rules)?;
            Ok(())
        };
        self.inner.drive(&mut once).await?;
        found.map_err(|refusal| refused(&self.inner, refusal))
    }

    /// Sets settings of the BIOS for the next start, and reads back what waits.
    pub async fn set_bios(&self, wanted: &[Wanted]) -> Result<Acted, RedfishError> {
        let (system, registries) = self.inner.bios_places().await?;
        let places = Places { system: &system, registries: &registries };
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| bios::set(script, places, wanted, &rules);
        self.inner.climb(&climb).await
    }

    /// Sets all settings of the BIOS to what they came with, from the next start on.
    pub async fn reset_bios(&self) -> Result<Acted, RedfishError> {
        let (system, registries) = self.inner.bios_places().await?;
        let places = Places { system: &system, registries: &registries };
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| bios::reset(script, places, &rules);
        self.inner.climb(&climb).await
    }

    /// Withdraws the settings that wait for the next start, and looks that none does.
    pub async fn revoke_bios(&self) -> Result<Acted, RedfishError> {
        let (system, registries) = self.inner.bios_places().await?;
        let places = Places { system: &system, registries: &registries };
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| bios::revoke(script, places, &rules);
        self.inner.climb(&climb).await
    }
}

impl Inner {
    /// Returns the system, and the collection of registries.
    async fn bios_places(self: &std::sync::Arc<Self>) -> Result<(String, String), RedfishError> {
        Ok((self.system().await?, self.collection("Registries")))
    }
}
