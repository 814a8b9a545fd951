//! A live Redfish service: connecting, its session, what is read of it and done with it.
//!
//! Sockets are in `edge`; what is sent next is decided in [`super::ladder`]. A client belongs to
//! one BMC and one command: [`Client::connect`], some calls, [`Client::close`]. A client that is
//! dropped closes its session too, see [`Farewells`].

mod account;
mod act;
mod answer;
mod audit;
mod bios;
mod bundle;
mod certificate;
pub(crate) mod clock;
mod edge;
mod error;
mod events;
mod farewell;
mod firmware;
mod greet;
mod image;
mod interface;
mod lockdown;
mod options;
mod place;
mod probe;
mod session;
mod stages;
mod storage;
mod walk;
mod watch;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
};

use serde_json::Value;
use tokio::sync::OnceCell;

pub use self::{
    act::{Insertion, Seen, TaskSeen},
    certificate::Csr,
    error::RedfishError,
    events::Listening,
    farewell::Farewells,
    firmware::{Source, Update, Updated},
    greet::greet,
    image::{Image, ImageError},
    options::Options,
    probe::Probed,
    stages::Watch,
    watch::LogMarks,
};
use self::{
    edge::{Edge, now},
    session::Held,
};
pub use super::ladder::{
    events::{Subscription, Wanted as Subscribing},
    message::Said,
    script::{Acted, Body, Note, Reply},
    slot::Slot,
};
use super::{
    ladder::{
        etag,
        script::{Method, Next, Refusal, Request, Script, Told, Verdict, Who},
    },
    tree::Tree,
};
use crate::{
    client::{Trust, config},
    credential::{Credential, Secret},
    dialect::{self, Dialect, Marks, Rules},
    operation::Outcome,
    target::Address,
};

/// The root of a service (DSP0266 §6.2).
pub const ROOT: &str = "/redfish/v1/";

/// A Redfish service, with a session where a user is named.
#[derive(Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

/// A Redfish service that was found there, before any credential is sent to it.
pub struct Reached {
    edge: Arc<Edge>,
    root: Value,
    server: String,
    options: Options,
}

impl std::fmt::Debug for Reached {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a service that was reached")
    }
}

/// What a client is, shared with the tasks that finish what was begun.
struct Inner {
    edge: Arc<Edge>,
    options: Options,
    credential: Option<Credential>,
    root: Value,
    marks: Mutex<Marks>,
    held: Mutex<Held>,
    /// Quirks whose steps this BMC took.
    learned: Mutex<BTreeSet<String>>,
    /// How often the session may be begun anew when the BMC has ended it.
    renewals: AtomicU8,
    /// The session that is held was good for something.
    is_proven: AtomicBool,
    /// Held while one is begun anew: two requests at once may find it ended.
    renewing: tokio::sync::Mutex<()>,
    system: OnceCell<String>,
    manager: OnceCell<String>,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{:?}", self.held())
    }
}

impl Client {
    /// Connects to a BMC: looks first whether a Redfish service is there at all, without any
    /// credential, and then begins a session where a user is named.
    ///
    /// # Errors
    /// [`RedfishError::refused`] tells those after which nothing else may be tried with the
    /// credential at this host.
    pub async fn connect(
        address: &Address,
        credential: Option<(&str, &Secret)>,
        trust: Trust,
        options: Options,
    ) -> Result<Self, RedfishError> {
        Self::reach(address, trust, options).await?.enter(credential).await
    }

    /// Looks whether a Redfish service is there at all; no credential is sent.
    pub async fn reach(
        address: &Address,
        trust: Trust,
        options: Options,
    ) -> Result<Reached, RedfishError> {
        let config = config(trust).map_err(|source| RedfishError::Trust { source })?;
        let edge = Arc::new(Edge::new(address, config, &options));
        let (root, server) = session::root(&edge).await?;
        Ok(Reached { edge, root, server, options })
    }
}

impl Reached {
    /// Begins a session where a user is named.
    ///
    /// # Errors
    /// [`RedfishError::refused`] tells those after which nothing else may be tried with the
    /// credential at this host.
    pub async fn enter(self, credential: Option<(&str, &Secret)>) -> Result<Client, RedfishError> {
        let Self { edge, root, server, options } = self;
        let credential = credential.map(|(user, password)| Credential {
            user: user.to_owned(),
            password: Secret::new(password.reveal().to_owned()),
        });
        let inner = Arc::new(Inner::new(edge, (root, &server), credential, options));
        if inner.credential.is_some() {
            session::begin(&inner).await?;
        }
        Ok(Client { inner })
    }
}

impl Client {
    /// Returns the service's root, as it was read without a credential; `Null` where it is not
    /// shown without one.
    pub fn root(&self) -> &Value {
        &self.inner.root
    }

    /// Returns the dialect that the BMC was taken for, by what was read of it so far.
    pub fn dialect(&self) -> Option<&'static Dialect> {
        dialect::of(&self.inner.marks())
    }

    /// Returns the quirks that hold for it, by what was read of it so far.
    pub fn rules(&self) -> Rules {
        self.inner.rules()
    }

    /// Returns the quirks whose steps this BMC took, also those it was connected with: a caller may
    /// keep them by firmware version, for [`Options::learned`].
    pub fn learned(&self) -> Vec<String> {
        self.inner.learned()
    }

    /// Returns the path of the session, which an operator may note in case the program is killed.
    pub fn session(&self) -> Option<String> {
        self.inner.held().path()
    }

    /// Returns whether the password has to be changed before anything else.
    pub fn must_change_password(&self) -> bool {
        self.inner.held().must_change()
    }

    /// Closes the session. It is waited for 1 s at most; what takes longer goes on, and
    /// [`Farewells::settle`] waits for it.
    pub async fn close(self) {
        session::close(&self.inner).await;
    }

    /// Closes a session that an earlier run of ours left, if it is there still and is of the same
    /// user; returns whether there was one.
    pub async fn remove_stale(&self, path: &str) -> Result<bool, RedfishError> {
        session::remove_stale(&self.inner, path).await
    }

    /// Reads whatever is at `path`.
    pub async fn get(&self, path: &str) -> Result<Reply, RedfishError> {
        self.inner.send(&Request::get(path)).await
    }

    /// Changes whatever is at `path`, by the ladder of `If-Match`, without reading it back.
    pub async fn patch(&self, path: &str, body: Value) -> Result<Reply, RedfishError> {
        let rules = self.rules();
        let mut end = None;
        let mut once = |script: &mut Script<'_>| -> Told<()> {
            end = Some(etag::patch(script, path, &body, &rules)?.clone());
            Ok(())
        };
        self.inner.drive(&mut once).await?;
        Ok(end.unwrap_or_default())
    }

    /// Posts to `path`, once.
    pub async fn post(&self, path: &str, body: Option<Value>) -> Result<Reply, RedfishError> {
        self.inner.send(&Request::post(path, body)).await
    }

    /// Removes what is at `path`.
    pub async fn delete(&self, path: &str) -> Result<Reply, RedfishError> {
        self.inner.send(&Request::delete(path)).await
    }
}

impl Inner {
    fn new(
        edge: Arc<Edge>,
        (root, server): (Value, &str),
        credential: Option<Credential>,
        options: Options,
    ) -> Self {
        let mut learned = BTreeSet::new();
        learned.extend(options.learned.iter().cloned());
        Self {
            edge,
            marks: Mutex::new(place::marks(&root, server)),
            root,
            held: Mutex::default(),
            learned: Mutex::new(learned),
            renewals: AtomicU8::new(session::RENEWALS),
            is_proven: AtomicBool::new(false),
            renewing: tokio::sync::Mutex::const_new(()),
            system: OnceCell::new(),
            manager: OnceCell::new(),
            credential,
            options,
        }
    }

    fn note(&self, note: impl FnOnce(&mut Marks)) {
        note(&mut self.marks.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Notes what a tree shows of the BMC: who made it, its model, its firmware.
    fn learn(&self, tree: &Tree) {
        for (path, answer) in tree.answers() {
            let super::tree::Answer::Resource(resource) = answer else { continue };
            let kind = resource.body.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
            if kind.starts_with("#ComputerSystem.") || kind.starts_with("#Manager.") {
                self.note(|marks| marks.members.push(path.to_owned()));
                self.show(&resource.body);
            }
        }
    }

    fn marks(&self) -> Marks {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn learned(&self) -> Vec<String> {
        let learned = self.learned.lock().unwrap_or_else(PoisonError::into_inner);
        learned.iter().cloned().collect()
    }

    fn rules(&self) -> Rules {
        Rules::of(&self.marks()).remembering(&self.learned())
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request as who it says; a session that the BMC ended is begun anew, once.
    async fn send(self: &Arc<Self>, request: &Request) -> Result<Reply, RedfishError> {
        let who = self.who(request.who);
        let reply = self.edge.send(request, &who).await?;
        if request.who == Who::Held {
            if !reply.is(&[401]) {
                self.is_proven.store(true, Ordering::Relaxed);
            } else if session::is_renewed(self, &who).await? {
                return self.edge.send(request, &self.who(request.who)).await;
            }
        }
        Ok(reply)
    }

    async fn ask(self: &Arc<Self>, request: &Request, renews: bool) -> Result<Reply, RedfishError> {
        if renews {
            // It may begin a session, which is a conversation too.
            Box::pin(self.send(request)).await
        } else {
            // A login whose answer nobody waits for any more has made a session: it is waited for.
            let longest = session::LOGIN.max(self.options.first_byte);
            self.edge.send_within(request, &self.who(request.who), longest).await
        }
    }

    /// Runs a ladder: sends what it asks for until it has an end.
    async fn climb(
        self: &Arc<Self>,
        ladder: &(dyn Fn(&mut Script<'_>) -> Told<Verdict> + Send + Sync),
    ) -> Result<Acted, RedfishError> {
        let mut end = None;
        let mut once = |script: &mut Script<'_>| ladder(script).map(|verdict| end = Some(verdict));
        let notes = self.drive(&mut once).await?;
        if matches!(end, Some(Ok(_))) {
            let steps = notes.iter().filter_map(|note| note.quirk);
            self.learned
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .extend(steps.map(str::to_owned));
        }
        match end {
            Some(Ok(outcome)) => Ok(Acted { outcome, notes }),
            Some(Err(refusal)) => Err(answer::refused(self, refusal)),
            None => Ok(Acted { outcome: Outcome::Accepted { task: None }, notes }),
        }
    }

    /// Runs a conversation to its end; returns what there is to tell of it.
    async fn drive(
        self: &Arc<Self>,
        once: &mut (dyn FnMut(&mut Script<'_>) -> Told<()> + Send),
    ) -> Result<Vec<Note>, RedfishError> {
        self.converse(once, true).await
    }

    /// Runs a conversation; `renews` a session that the BMC has ended.
    async fn converse(
        self: &Arc<Self>,
        once: &mut (dyn FnMut(&mut Script<'_>) -> Told<()> + Send),
        renews: bool,
    ) -> Result<Vec<Note>, RedfishError> {
        // One and the same whenever the conversation is gone through: what was decided by it before
        // is decided so again.
        let (began, patience, mut replies) = (now(), self.edge.left(), Vec::new());
        loop {
            let mut script = Script::new(&replies, patience);
            let next = match once(&mut script) {
                Ok(()) => return Ok(script.notes),
                Err(next) => next,
            };
            if let Some(stage) = script.stage {
                self.options.watch.tell(stage);
            }
            let mut reply = match *next {
                Next::Wait(time) => {
                    tokio::time::sleep(time).await;
                    Reply::default()
                }
                Next::Send(request) => match self.ask(&request, renews).await {
                    Ok(reply) => reply,
                    // Nobody knows whether it was taken: the ladder looks at what is there.
                    Err(RedfishError::Broken { .. } | RedfishError::Silent { .. }) => {
                        let cut = request.upload.is_some().then(|| self.edge.sent());
                        Reply { cut: cut.flatten(), ..Reply::default() }
                    }
                    Err(error) => return Err(error),
                },
                Next::Try(request) => match self.ask(&request, renews).await {
                    Ok(reply) => reply,
                    Err(error) if error.may_be_away() => Reply::default(),
                    Err(error) => return Err(error),
                },
            };
            reply.at = now().saturating_duration_since(began);
            replies.push(reply);
        }
    }
}
