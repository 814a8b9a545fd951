//! One connection to an agent: the session's state machine, with a socket, a load and a clock.

use std::{
    fs::File,
    io::Write,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use profiles::Lang;
use storage_bench::agent::{
    message::{Command, Delta, Reply, Report},
    session::{Action, Identity, Session},
    token::Gate,
};

use super::{
    offer::Offer,
    work::{Held, Work},
};
use crate::{
    clock,
    command::wire::{Wire, door::Served},
};

/// How often it is looked whether the operator asked to stop.
const LOOK: Duration = Duration::from_millis(200);

/// What all connections of an agent share.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) offer: Arc<Offer>,
    pub(super) identity: Identity,
    pub(super) gate: Mutex<Gate>,
    /// Set when the agent's operator wants an end.
    pub(super) stop: Arc<AtomicBool>,
    /// Where what is measured is added to.
    pub(super) record: Option<Mutex<File>>,
    pub(super) lang: Lang,
}

/// What happens to a session.
#[derive(Debug)]
pub(super) enum Event {
    /// The controller says something; it came at this time.
    Heard(Command, u64),
    /// The controller is gone.
    Gone(String),
    /// The load says something.
    Told(Told),
}

/// What a load says.
#[derive(Debug)]
pub(super) enum Told {
    /// It could begin, or not.
    Prepared(Result<(), String>),
    /// It began.
    Began(u64),
    /// A second of it, ramp included.
    Second(u32, Vec<Delta>),
    /// It has ended.
    Ended(u64, Box<Report>),
}

/// Serves one connection to its end.
pub(super) fn serve(desk: &Desk, wire: &Wire) -> Served {
    let (tell, told) = mpsc::channel();
    let listening = wire.clone();
    let heard = tell.clone();
    let ears = thread::Builder::new().name("ears".to_owned()).spawn(move || {
        let why =
            listening.listen(|command, now_ns| heard.send(Event::Heard(command, now_ns)).is_ok());
        // A session that is over needs no word.
        drop(heard.send(Event::Gone(crate::failure::one_line(&why.to_string()))));
    });
    let mut conversation = Conversation {
        desk,
        wire,
        session: Session::start(desk.identity.clone(), clock::since_start_ns()),
        held: Arc::default(),
        work: None,
        tell,
        served: Served { admitted: false, done: 0, why: None },
    };
    if ears.is_ok() {
        conversation.run(&told);
    }
    let served = conversation.served.clone();
    // The load ends first: its target is closed when this returns.
    drop(conversation);
    wire.close();
    if let Ok(ears) = ears {
        // A panic there has ended the connection.
        drop(ears.join());
    }
    served
}

struct Conversation<'a> {
    desk: &'a Desk,
    wire: &'a Wire,
    session: Session,
    held: Arc<Held>,
    work: Option<Work>,
    tell: mpsc::Sender<Event>,
    served: Served,
}

impl Conversation<'_> {
    fn run(&mut self, told: &Receiver<Event>) {
        loop {
            if self.act() || self.session.is_closed() {
                return;
            }
            if self.desk.stop.load(Ordering::Relaxed) && !self.halt() {
                self.served.why = Some("stopped by the agent's operator".to_owned());
                return;
            }
            let now_ns = clock::since_start_ns();
            let until = self.session.deadline_ns().unwrap_or(now_ns).saturating_sub(now_ns);
            match told.recv_timeout(Duration::from_nanos(until).min(LOOK)) {
                Ok(event) => self.take(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Stops the load at the operator's wish; returns whether there is one to wait for.
    fn halt(&mut self) -> bool {
        if let Some(work) = &mut self.work {
            work.stop();
        }
        self.work.is_some()
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Heard(command, came_ns) => {
                let mut gate = self.desk.gate.lock().unwrap_or_else(PoisonError::into_inner);
                self.session.handle(command, &mut gate, came_ns);
                self.served.admitted |= self.session.is_admitted();
            }
            Event::Gone(why) => {
                self.served.why.get_or_insert(why);
                self.session.disconnected();
            }
            Event::Told(Told::Prepared(result)) => {
                if result.is_err() {
                    self.work = None;
                }
                self.session.prepared(result);
            }
            Event::Told(Told::Began(now_ns)) => self.session.began(now_ns),
            Event::Told(Told::Second(index, streams)) => self.session.second(index, streams),
            Event::Told(Told::Ended(now_ns, mut report)) => {
                self.work = None;
                self.served.done += 1;
                if self.desk.stop.load(Ordering::Relaxed) {
                    report.ended_early = Some("stopped by the agent's operator".to_owned());
                }
                self.session.ended(now_ns, *report);
            }
        }
    }

    /// Does what the session asks for; returns whether the connection is to be closed.
    fn act(&mut self) -> bool {
        let mut close = false;
        while let Some(action) = self.session.poll(clock::since_start_ns()) {
            match action {
                Action::Send(reply) => self.say(&reply),
                Action::Prepare(assignment) => {
                    let (offer, held) = (Arc::clone(&self.desk.offer), Arc::clone(&self.held));
                    let tell = self.tell.clone();
                    self.work = Some(Work::start(assignment, offer, held, self.desk.lang, tell));
                }
                Action::Run { at_ns } => {
                    if let Some(work) = &mut self.work {
                        work.begin(at_ns);
                    }
                }
                Action::Halt => {
                    self.halt();
                }
                Action::Close => close = true,
            }
        }
        close
    }

    fn say(&mut self, reply: &Reply) {
        if let Reply::Refused { detail, .. } = reply {
            self.served.why = Some(detail.clone());
        }
        let measured =
            matches!(reply, Reply::Started { .. } | Reply::Second { .. } | Reply::Stopped { .. });
        if let Some(record) = self.desk.record.as_ref().filter(|_| measured)
            && let Ok(mut line) = serde_json::to_vec(reply)
        {
            line.push(b'\n');
            let mut record = record.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = record.write_all(&line) {
                tracing::warn!(%error, "cannot add to the record");
            }
        }
        if let Err(error) = self.wire.send(reply) {
            self.served.why.get_or_insert_with(|| crate::failure::one_line(&error.to_string()));
            // The load must not outlive what it is told to.
            self.halt();
            self.session.disconnected();
        }
    }
}
