//! Images on their way: how long they may take, and how far they are.

use std::{pin::pin, sync::PoisonError, time::Duration};

use tokio::time::timeout;

use super::{super::image::Cargo, Edge};

/// How long an upload may stand still.
const STALLED: Duration = Duration::from_mins(1);
/// How long a BMC may look at an image that it has whole before it answers.
const VERIFIED: Duration = Duration::from_mins(10);

impl Edge {
    /// Waits for the answer to an upload for as long as bytes go out, and a while after the last.
    pub(super) async fn uploading(
        &self,
        sending: impl Future<Output = reqwest::Result<reqwest::Response>>,
    ) -> Result<reqwest::Result<reqwest::Response>, ()> {
        let mut sending = pin!(sending);
        let mut before = None;
        loop {
            let sent = self.sent();
            let is_whole = sent.is_some_and(|(sent, of)| sent >= of);
            let patience = if is_whole { VERIFIED } else { STALLED };
            if before == Some(sent) {
                return Err(());
            }
            before = Some(sent);
            if let Ok(answer) = timeout(patience, &mut sending).await {
                return Ok(answer);
            }
        }
    }

    /// Takes the image that uploads are of from now on.
    pub(in super::super) fn load(&self, cargo: Option<Cargo>) {
        *self.cargo.lock().unwrap_or_else(PoisonError::into_inner) = cargo;
    }

    pub(super) fn cargo(&self) -> Option<Cargo> {
        self.cargo.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns how many bytes of the image were sent, and how many it has.
    pub(in super::super) fn sent(&self) -> Option<(u64, u64)> {
        self.cargo().map(|cargo| cargo.sent())
    }
}
