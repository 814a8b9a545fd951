//! `assay bmc TARGET… events listen`: events of hosts, as they come: by the stream of each, else by
//! a subscription to a place of ours.

mod receive;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::mpsc;

use self::receive::Reception;
use super::{access::Keys, media::place, subjects::Host, verb::Verb, watch::follow};
use crate::{
    cli::{
        self,
        bmc::{
            BmcCommand,
            events::{Events, EventsCommand, Listen},
        },
    },
    console::Console,
    exit::Exit,
    failure::Failure,
    output::bmc::feed::Told,
};

/// What is wanted of events that are listened to.
#[derive(Clone, Debug)]
pub(super) struct Listening {
    /// Take the stream where there is one.
    pub(super) streams: bool,
    serve: Option<SocketAddr>,
    hosts: Vec<Host>,
    feed: Option<mpsc::UnboundedSender<Told>>,
    /// Where events are received, from when somebody needs it.
    reception: Arc<Mutex<Option<Arc<Reception>>>>,
}

impl Listening {
    /// Reads what is wanted.
    pub(super) fn of(given: &Listen) -> Self {
        Self {
            streams: !given.no_stream,
            serve: given.serve,
            hosts: Vec::new(),
            feed: None,
            reception: Arc::default(),
        }
    }

    /// Tells something.
    pub(super) fn say(&self, told: Told) {
        if let Some(feed) = &self.feed {
            // Nobody listens any more when all of it ends.
            feed.send(told).ok();
        }
    }

    /// Returns the URL of ours that a host may send its events to, by its name; whoever needs it
    /// first has it listened for. To be called within a runtime.
    pub(super) fn url(&self, name: &str) -> Result<String, (String, String)> {
        let mut open = self.reception.lock().unwrap_or_else(PoisonError::into_inner);
        let reception = if let Some(reception) = &*open {
            Arc::clone(reception)
        } else {
            let places = place::find(&self.hosts, self.serve, "events").map_err(|failure| {
                let message = |lang| failure.message.get(lang).to_owned();
                (message(profiles::Lang::Zh), message(profiles::Lang::En))
            })?;
            let names = self.hosts.iter().map(|host| host.address.to_string()).collect();
            let begun = Reception::begin(places, names, self.feed.clone()).map_err(|error| {
                (format!("无法接收事件：{error}"), format!("events cannot be received: {error}"))
            })?;
            Arc::clone(open.insert(Arc::new(begun)))
        };
        reception.url(name).ok_or_else(super::media::no_way)
    }
}

/// Returns what is to be listened to.
pub(super) fn of(command: &BmcCommand) -> Option<&Listen> {
    match command {
        BmcCommand::Events(Events { command: EventsCommand::Listen(listen) }) => Some(listen),
        _ => None,
    }
}

/// Listens to the events of the hosts until it is asked to stop.
pub(super) fn run(
    given: &Listen,
    arguments: &cli::bmc::Bmc,
    hosts: &[Host],
    keys: &Keys,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let (feed, from) = mpsc::unbounded_channel();
    let listening = Listening { hosts: hosts.to_vec(), feed: Some(feed), ..Listening::of(given) };
    let verb = Verb::Listen(listening);
    follow(&verb, from, given.time, arguments, hosts, keys, console)
}
