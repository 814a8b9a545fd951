//! The bundle of all logs, as a file.

use std::io::Write;

use super::{Acted, Client, Method, Outcome, RedfishError, Refusal, Script, Told, answer::refused};
use crate::redfish::ladder::dump;

/// Bytes that a bundle has at most: those of real machines have some hundred MB.
const MOST: u64 = 1 << 30;

impl Client {
    /// Has the BMC bundle its logs, and writes what it makes of them. Only where the outcome is
    /// [`Outcome::Done`] the file is whole.
    ///
    /// # Errors
    /// Where the BMC refuses or gives up, the connection breaks, or it cannot be written.
    pub async fn collect_logs(&self, into: &mut (dyn Write + Send)) -> Result<Acted, RedfishError> {
        let manager = self.inner.manager().await?;
        let rules = self.rules();
        let mut end = None;
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            end = Some(dump::collect(script, &manager, &rules)?);
            Ok(())
        };
        let notes = self.inner.drive(&mut once).await?;
        let request = match end {
            Some(Ok(request)) => request,
            Some(Err(Ok(outcome))) => return Ok(Acted { outcome, notes }),
            Some(Err(Err(refusal))) => return Err(refused(&self.inner, refusal)),
            None => return Ok(Acted { outcome: Outcome::Accepted { task: None }, notes }),
        };
        let who = self.inner.who(request.who);
        match self.inner.edge.download(&request, &who, into, MOST).await? {
            None => Ok(Acted { outcome: Outcome::Done, notes }),
            Some(reply) => {
                let refusal = Refusal::of(Method::Post, &request.path, &reply);
                Err(refused(&self.inner, refusal))
            }
        }
    }
}
