//! Services that are open, and closing them.

use super::{Acted, Client, RedfishError, answer::refused};
use crate::{
    operation::lockdown::Item,
    redfish::ladder::{
        lockdown,
        script::{Script, Told},
    },
};

impl Client {
    /// Returns what is open, and what is to be closed of it.
    pub async fn services(&self) -> Result<Vec<Item>, RedfishError> {
        let manager = self.inner.manager().await?;
        let accounts = self.inner.collection("AccountService");
        let mut found = Ok(Vec::new());
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            found = lockdown::read(script, &manager, &accounts)?;
            Ok(())
        };
        self.inner.drive(&mut once).await?;
        found.map_err(|refusal| refused(&self.inner, refusal))
    }

    /// Opens or closes a thing, and reads it back.
    pub async fn set_service(&self, item: &Item, open: bool) -> Result<Acted, RedfishError> {
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| lockdown::set(script, item, open, &rules);
        self.inner.climb(&climb).await
    }
}
