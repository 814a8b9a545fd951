//! Walks a live service: what a [`Walk`] wants to know is fetched, as many resources at a time as
//! the BMC is asked at once.

use std::sync::Arc;

use serde_json::Value;
use tokio::task::JoinSet;

use super::{Client, Inner, RedfishError};
use crate::redfish::{
    finding::Read,
    ladder::script::{Body, Reply, Request},
    tree::{Answer, Resource, Tree},
    walk::{Bounds, Purpose, Walk},
};

/// Headers of an answer that are its server's and not the resource's.
const LEFT_OUT: &[&str] = &["set-cookie", "x-auth-token", "date", "connection", "keep-alive"];

impl Client {
    /// Walks the service for a purpose; what could not be read is in the findings.
    ///
    /// # Errors
    /// Where nothing more can be read at all: the user is refused, time is over, or the BMC hangs
    /// from the start.
    pub async fn tree(&self, purpose: Purpose) -> Result<Read<Tree>, RedfishError> {
        self.tree_within(purpose, Bounds::default()).await
    }

    /// Walks the service no farther than `bounds`.
    pub async fn tree_within(
        &self,
        purpose: Purpose,
        bounds: Bounds,
    ) -> Result<Read<Tree>, RedfishError> {
        let mut walk = Walk::within(purpose, bounds);
        let mut flying: JoinSet<(String, Result<Reply, RedfishError>)> = JoinSet::new();
        let mut read = 0_usize;
        loop {
            while flying.len() < self.inner.options.at_once.max(1)
                && let Some(path) = walk.next()
            {
                if path == "/redfish/v1"
                    && !matches!(purpose, Purpose::Everything | Purpose::Profile)
                    && self.root().is_object()
                {
                    // It was read when the service was looked for.
                    let body = self.root().clone();
                    walk.answered(
                        &path,
                        Answer::Resource(Resource { body, ..Resource::default() }),
                    );
                    continue;
                }
                flying.spawn(fetch(Arc::clone(&self.inner), path));
            }
            let Some(fetched) = flying.join_next().await else {
                if walk.is_done() {
                    return Ok(walk.finish());
                }
                continue;
            };
            let Ok((path, reply)) = fetched else { continue };
            let answer = match reply {
                Ok(reply) => answer(reply),
                // Nothing was read yet: there is no part to return.
                Err(error) if read == 0 => return Err(error),
                Err(error @ RedfishError::Deadline { .. }) => return Err(error),
                Err(error) => Answer::Silent(error.to_string()),
            };
            if matches!(answer, Answer::Status(401)) && read == 0 {
                let reply = Reply { status: Some(401), ..Reply::default() };
                return Err(super::answer::refused(
                    &self.inner,
                    super::Refusal::of(super::Method::Get, &path, &reply),
                ));
            }
            read += 1;
            walk.answered(&path, answer);
        }
    }
}

pub(super) async fn fetch(
    inner: Arc<Inner>,
    path: String,
) -> (String, Result<Reply, RedfishError>) {
    let reply = inner.send(&Request::get(&path)).await;
    (path, reply)
}

/// Returns what a tree keeps of a reply.
pub(super) fn answer(reply: Reply) -> Answer {
    let Some(status) = reply.status else { return Answer::Silent("no answer".to_owned()) };
    if !reply.is_good() {
        return Answer::Status(status);
    }
    match reply.body {
        Body::Json(body @ Value::Object(_)) => {
            let mut headers = reply.headers;
            headers.retain(|name, _| !LEFT_OUT.contains(&name.as_str()));
            Answer::Resource(Resource { body, headers })
        }
        Body::Json(_) => Answer::NotJson("it is no object".to_owned()),
        Body::Empty => Answer::NotJson("it is empty".to_owned()),
        Body::Page => Answer::NotJson("it is a web page".to_owned()),
        Body::Broken(why) => Answer::NotJson(why),
        Body::TooLarge => Answer::TooLarge,
    }
}
