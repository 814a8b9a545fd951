//! The BMC's clock, against this machine's.

use std::time::SystemTime;

use super::{Acted, Client, Note, RedfishError, answer::refused};
use crate::{
    operation::clock::Clock,
    redfish::ladder::{
        clock::{self, Wanted},
        script::{Script, Told},
    },
};

/// Returns the time of this machine's clock, in seconds of Unix time.
#[expect(clippy::disallowed_methods, reason = "the edge reads the clock")]
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

impl Client {
    /// Returns the clock and its servers, and what there is to tell of the reading.
    pub async fn clock(&self) -> Result<(Clock, Vec<Note>), RedfishError> {
        let manager = self.inner.manager().await?;
        let rules = self.rules();
        let began = now();
        let mut found = Ok(Clock::default());
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            found = clock::status(script, &manager, began, &rules)?;
            Ok(())
        };
        let notes = self.inner.drive(&mut once).await?;
        let clock = found.map_err(|refusal| refused(&self.inner, refusal))?;
        Ok((clock, notes))
    }

    /// Sets the clock, and reads it back.
    pub async fn set_clock(&self, wanted: Wanted) -> Result<Acted, RedfishError> {
        let manager = self.inner.manager().await?;
        let rules = self.rules();
        let began = now();
        let climb = |script: &mut Script<'_>| clock::set(script, &manager, wanted, began, &rules);
        self.inner.climb(&climb).await
    }

    /// Has the clock set by these servers of NTP, or by none.
    pub async fn follow_time(&self, servers: &[String]) -> Result<Acted, RedfishError> {
        let manager = self.inner.manager().await?;
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| clock::follow(script, &manager, servers, &rules);
        self.inner.climb(&climb).await
    }
}
