//! A file on its way from the BMC: written as it comes, never held whole, and from this host alone.

use std::{
    io::{self, Write},
    time::Duration,
};

use reqwest::header;
use tokio::time::timeout;

use super::{As, Edge, json, reply};
use crate::redfish::{
    client::RedfishError,
    ladder::script::{Body, Reply, Request},
};

/// How long a BMC may look for the file, and how long the file may stand still.
const STALLED: Duration = Duration::from_mins(1);

impl Edge {
    /// Sends a request whose answer is a file of `most` bytes at most, and writes it; an answer
    /// that is none is returned. No redirect is followed.
    pub(in super::super) async fn download(
        &self,
        request: &Request,
        who: &As,
        into: &mut (dyn Write + Send),
        most: u64,
    ) -> Result<Option<Reply>, RedfishError> {
        let all = async {
            let _alone = self.changes.acquire().await.ok();
            let _turn = self.all.acquire().await.ok();
            self.written(request, who, into, most).await
        };
        match timeout(self.left(), all).await {
            Ok(written) => written,
            Err(_) => Err(RedfishError::Deadline { within: self.total }),
        }
    }

    async fn written(
        &self,
        request: &Request,
        who: &As,
        into: &mut (dyn Write + Send),
        most: u64,
    ) -> Result<Option<Reply>, RedfishError> {
        let path = || request.path.clone();
        let broken = |source| RedfishError::Broken { path: path(), source };
        let silent = || RedfishError::Silent { path: path(), within: STALLED };
        let client = self.client().await?;
        let message = self.message(&client, request, &request.path, who);
        let mut message =
            message.map_err(|error| broken(io::Error::new(io::ErrorKind::InvalidInput, error)))?;
        message.headers_mut().insert(header::ACCEPT, header::HeaderValue::from_static("*/*"));
        let answer = timeout(STALLED, client.execute(message)).await.map_err(|_late| silent())?;
        let mut answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.is_connect() => {
                return Err(RedfishError::Reach(self.reason(error).await));
            }
            Err(error) => return Err(broken(io::Error::other(error.without_url()))),
        };
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        let kind = headers.get(header::CONTENT_TYPE).map(header::HeaderValue::as_bytes);
        // A refusal, or what some say with the status of a success.
        if !status.is_success() || kind.is_some_and(|kind| kind.starts_with(b"application/json")) {
            let body = self.read(answer).await.map_err(broken)?;
            let body = body.map_or(Body::TooLarge, |body| json(&body, &headers));
            return Ok(Some(reply(status, &headers, body)));
        }
        let mut left = most;
        loop {
            let piece = timeout(STALLED, answer.chunk()).await.map_err(|_late| silent())?;
            let piece = piece.map_err(|error| broken(io::Error::other(error.without_url())))?;
            let Some(piece) = piece else { return Ok(None) };
            let count = u64::try_from(piece.len()).unwrap_or(u64::MAX);
            left = left.checked_sub(count).ok_or_else(|| RedfishError::Unwritten {
                why: (
                    format!("超过 {} MB", most >> 20),
                    format!("it is more than {} MB", most >> 20),
                ),
            })?;
            into.write_all(&piece).map_err(|error| RedfishError::Unwritten {
                why: (error.to_string(), error.to_string()),
            })?;
        }
    }
}
