//! Events of a service: subscriptions to them, and the stream of them.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value;

use super::{Acted, Client, RedfishError, Said, Script, Told, answer::refused, edge::Edge};
use crate::{
    operation::Outcome,
    redfish::{
        event::{self, Event},
        ladder::{
            events::{self, Subscription, Wanted},
            script::Who,
        },
        tree,
    },
};

/// A stream that says nothing for so long is taken for lost: services write a comment now and then
/// (DSP0266 §13.2.3), and a connection through which nothing comes is not told from one that broke.
const SILENCE: Duration = Duration::from_hours(1);

/// A stream of events; it ends when it is dropped.
#[derive(Debug)]
pub struct Listening {
    answer: reqwest::Response,
    stream: event::Stream,
    path: String,
}

impl Client {
    /// Returns the subscriptions that the service has.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, RedfishError> {
        let at = self.inner.collection("EventService");
        let mut found = Ok(Vec::new());
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            found = events::list(script, &at)?;
            Ok(())
        };
        self.inner.drive(&mut once).await?;
        found.map_err(|refusal| refused(&self.inner, refusal))
    }

    /// Subscribes, and reads back what was made; returns its path, where something was.
    pub async fn subscribe(
        &self,
        wanted: &Wanted<'_>,
    ) -> Result<(Acted, Option<String>), RedfishError> {
        let at = self.inner.collection("EventService");
        let path = Mutex::new(None);
        let climb = |script: &mut Script<'_>| {
            let (verdict, made) = events::subscribe(script, &at, wanted)?;
            *path.lock().unwrap_or_else(PoisonError::into_inner) = made;
            Ok(verdict)
        };
        let acted = self.inner.climb(&climb).await?;
        Ok((acted, path.into_inner().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Ends a subscription, by its name or its path.
    pub async fn unsubscribe(&self, named: &str) -> Result<Acted, RedfishError> {
        let at = self.inner.collection("EventService");
        let climb = |script: &mut Script<'_>| events::unsubscribe(script, &at, named);
        self.inner.climb(&climb).await
    }

    /// Ends a subscription that a killed run left, by its path; returns whether it was there.
    pub async fn remove_subscription(&self, path: &str) -> Result<bool, RedfishError> {
        if self.get(path).await?.is(&[404, 410]) {
            return Ok(false);
        }
        Ok(self.unsubscribe(path).await?.outcome == Outcome::Done)
    }

    /// Opens the stream of events; `None` where the service advertises none.
    pub async fn listen(&self) -> Result<Option<Listening>, RedfishError> {
        let at = self.inner.collection("EventService");
        let service = self.inner.read(&at).await?;
        let uri = service.json().get("ServerSentEventUri").and_then(Value::as_str);
        let Some(path) = uri.and_then(tree::path) else { return Ok(None) };
        let who = self.inner.who(Who::Held);
        let answer = self.inner.edge.open(&path, &who).await?;
        let status = answer.status().as_u16();
        if status != 200 {
            let said = Box::new(Said::default());
            return Err(RedfishError::Refused { what: format!("GET {path}"), status, said });
        }
        Ok(Some(Listening { answer, stream: event::Stream::default(), path }))
    }
}

impl Listening {
    /// Waits for events. It may be given up and called again: nothing is lost by that.
    pub async fn next(&mut self) -> Result<Vec<Event>, RedfishError> {
        loop {
            let broken = |source| RedfishError::Broken { path: self.path.clone(), source };
            let piece = tokio::time::timeout(SILENCE, self.answer.chunk()).await;
            let piece = match piece {
                Ok(Ok(Some(piece))) => piece,
                Ok(Ok(None)) => return Err(broken(std::io::ErrorKind::UnexpectedEof.into())),
                Ok(Err(error)) => return Err(broken(std::io::Error::other(error.without_url()))),
                Err(_) => {
                    let path = self.path.clone();
                    return Err(RedfishError::Silent { path, within: SILENCE });
                }
            };
            let data = self.stream.take(&piece);
            let read =
                |data: &String| event::events(&serde_json::from_str(data).unwrap_or_default());
            let events: Vec<Event> = data.iter().flat_map(read).collect();
            if !events.is_empty() {
                return Ok(events);
            }
        }
    }
}

impl Edge {
    /// Asks for a stream, and returns its answer when the head of it is there.
    pub(super) async fn open(
        &self,
        path: &str,
        who: &super::edge::As,
    ) -> Result<reqwest::Response, RedfishError> {
        use reqwest::header::{ACCEPT, HeaderValue};
        let broken = |error: Box<dyn std::error::Error + Send + Sync>| RedfishError::Broken {
            path: path.to_owned(),
            source: std::io::Error::other(error),
        };
        let client = self.client().await?;
        let request = super::Request::get(path);
        let mut message = self.message(&client, &request, path, who).map_err(broken)?;
        message.headers_mut().insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
        let within = self.first_byte();
        match tokio::time::timeout(within, client.execute(message)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if error.is_connect() => {
                Err(RedfishError::Reach(self.reason(error).await))
            }
            Ok(Err(error)) => Err(broken(error.without_url().into())),
            Err(_) => Err(RedfishError::Silent { path: path.to_owned(), within }),
        }
    }
}
