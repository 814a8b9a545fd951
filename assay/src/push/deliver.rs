//! Edge: takes the spool's entries in order and sends them until the queue is
//! empty, the time is up, or a receiver blocks.

use std::{
    collections::{BTreeMap, btree_map::Entry as Slot},
    path::PathBuf,
    time::Duration,
};

use tracing::{debug, info, warn};

use super::{
    client::{Client, ClientError},
    decide::{self, Answer, Next},
    entry::{Name, Route},
    spool::{Held, Spool, SpoolError},
};
use crate::clock;

/// How long to try.
#[derive(Clone, Debug)]
pub struct Options {
    /// The longest one request may take.
    pub timeout: Duration,
    /// How long to go on without a delivery.
    pub retry_for: Duration,
    /// Send by this route whatever is queued for its URL: the operator's files
    /// of today, not those named when the entry was queued.
    pub route: Option<Route>,
    /// Send nothing that is queued for another URL.
    pub only_route: bool,
}

/// Why entries of one endpoint stay in the queue.
#[derive(Debug)]
pub enum Waiting {
    /// The receiver could not be reached, or is busy.
    Later(String),
    /// The receiver takes nothing from us until somebody acts.
    Blocked(String),
    /// The route's own files or URL cannot be used.
    Unusable(ClientError),
}

/// What a delivery came to.
#[derive(Debug, Default)]
pub struct Delivery {
    /// What was delivered, in order.
    pub delivered: Vec<Name>,
    /// What was refused for good now, with its file and the reason.
    pub refused: Vec<(Name, PathBuf, String)>,
    /// Why the rest waits, by URL.
    pub waiting: BTreeMap<String, Waiting>,
    /// Whether another process was delivering all the time.
    pub busy: bool,
}

/// While another process delivers, its lock is tried this often.
const LOCK_BEAT: Duration = Duration::from_millis(100);

/// Delivers what the spool holds.
pub fn deliver(spool: &Spool, options: &Options) -> Result<Delivery, SpoolError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| SpoolError::Io {
        action: "start the network for",
        path: spool.path().to_owned(),
        source,
    })?;
    runtime.block_on(run(spool, options))
}

async fn run(spool: &Spool, options: &Options) -> Result<Delivery, SpoolError> {
    let mut delivery = Delivery::default();
    let Some(_held) = lock(spool, options.retry_for).await? else {
        delivery.busy = true;
        return Ok(delivery);
    };
    let mut clients: BTreeMap<Route, Client> = BTreeMap::new();
    // Until nothing is left but what waits: others may queue meanwhile.
    loop {
        let mut moved = false;
        for name in spool.queued()? {
            let Some(entry) = read(spool, &name, &mut delivery)? else { continue };
            let Some(route) = route_of(&entry.route, options) else { continue };
            if delivery.waiting.contains_key(&route.url) {
                continue;
            }
            let client = match clients.entry(route.clone()) {
                Slot::Occupied(slot) => slot.into_mut(),
                Slot::Vacant(slot) => match Client::new(&route, options.timeout) {
                    Ok(client) => slot.insert(client),
                    Err(error) => {
                        delivery.waiting.insert(route.url, Waiting::Unusable(error));
                        continue;
                    }
                },
            };
            let (answer, next) = send(client, &entry.document, options.retry_for).await;
            match next {
                Next::Delivered => {
                    spool.remove(&name)?;
                    info!(key = %name.key, url = %route.url, "delivered");
                    delivery.delivered.push(name);
                    moved = true;
                }
                Next::Refused => {
                    let why = words(&answer);
                    let path = spool.set_aside(&name, &why)?;
                    warn!(key = %name.key, url = %route.url, why, "refused for good");
                    delivery.refused.push((name, path, why));
                    moved = true;
                }
                Next::Blocked => {
                    delivery.waiting.insert(route.url, Waiting::Blocked(words(&answer)));
                }
                Next::Later | Next::Retry(_) => {
                    delivery.waiting.insert(route.url, Waiting::Later(words(&answer)));
                }
            }
        }
        if !moved {
            return Ok(delivery);
        }
    }
}

/// Reads an entry. One that is damaged is set aside: it must not hold up the rest.
fn read(
    spool: &Spool,
    name: &Name,
    delivery: &mut Delivery,
) -> Result<Option<super::entry::Entry>, SpoolError> {
    match spool.read(name) {
        Err(SpoolError::Damaged { source, .. }) => {
            let why = source.to_string();
            let path = spool.set_aside(name, &why)?;
            delivery.refused.push((name.clone(), path, why));
            Ok(None)
        }
        read => read,
    }
}

/// Returns the route to send by, or `None` where this run is not about it.
fn route_of(queued: &Route, options: &Options) -> Option<Route> {
    match &options.route {
        Some(route) if route.url == queued.url => Some(route.clone()),
        Some(_) if options.only_route => None,
        _ => Some(queued.clone()),
    }
}

/// Sends until it is decided, or the time is up.
async fn send(
    client: &Client,
    document: &super::entry::Document,
    retry_for: Duration,
) -> (Answer, Next) {
    let start = clock::instant();
    let mut attempt = 0;
    loop {
        let answer = client.send(document).await;
        let left = retry_for.saturating_sub(start.elapsed());
        let next = decide::next(&answer, attempt, left, jitter());
        debug!(attempt, answer = %words(&answer), ?next, "sent");
        match next {
            Next::Retry(pause) => tokio::time::sleep(pause).await,
            next => return (answer, next),
        }
        attempt = attempt.saturating_add(1);
    }
}

async fn lock(spool: &Spool, patience: Duration) -> Result<Option<Held>, SpoolError> {
    let start = clock::instant();
    loop {
        if let Some(held) = spool.try_flush_lock()? {
            return Ok(Some(held));
        }
        if start.elapsed() >= patience {
            return Ok(None);
        }
        tokio::time::sleep(LOCK_BEAT).await;
    }
}

/// Returns an answer in words.
fn words(answer: &Answer) -> String {
    match answer {
        Answer::Status { code, said, .. } if said.is_empty() => format!("answered {code}"),
        Answer::Status { code, said, .. } => format!("answered {code}: {said}"),
        Answer::Broken(why) => why.clone(),
        Answer::Untrusted(why) => format!("does not prove who it is: {why}"),
    }
}

fn jitter() -> u32 {
    let mut bytes = [0; 4];
    // Without randomness machines come back in step, and that is all.
    let _filled = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::NONBLOCK);
    u32::from_ne_bytes(bytes)
}
