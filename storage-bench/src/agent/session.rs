//! An agent's side of one session.
//!
//! Told what the controller says, what its own engine does and what time it is; asked what
//! to do next. A load never runs without a controller that is heard: where it falls silent
//! or asks out of turn, the load is stopped first.

use std::collections::VecDeque;

use super::SECOND_NS;
use super::message::{Assignment, Command, Delta, Listed, Refusal, Reply, Report, VERSION};
use super::token::{Denied, Gate, Presented};

/// How long a controller may be silent; it pings once a second.
pub const SILENCE_NS: u64 = 5 * SECOND_NS;

/// What an agent is, as it found itself at its start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its host's name.
    pub host: String,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// Its devices; no other is ever used.
    pub devices: Vec<Listed>,
}

/// What the driver must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Say this to the controller.
    Send(Reply),
    /// Open the device and make the load ready, then tell [`Session::prepared`].
    Prepare(Box<Assignment>),
    /// Begin the load when this machine's clock says so, and tell what it does.
    Run {
        /// When, by this machine's clock.
        at_ns: u64,
    },
    /// Stop the load at once, then tell [`Session::ended`].
    Halt,
    /// Close the connection.
    Close,
}

/// Where a session is.
#[derive(Clone, Debug, PartialEq)]
enum State {
    /// Nobody has shown the token.
    Waiting,
    /// The controller is let in.
    Admitted,
    /// The driver opens the device.
    Preparing,
    /// The load could begin.
    Ready,
    /// The load begins at a moment that was named, or runs.
    Running,
    /// It was told to stop, and has not stopped yet.
    Halting,
    /// The load has ended.
    Ended,
    /// Over.
    Closed,
}

/// One session.
#[derive(Debug)]
pub struct Session {
    identity: Identity,
    state: State,
    actions: VecDeque<Action>,
    heard_ns: u64,
}

impl Session {
    /// Starts a session with whoever connected.
    pub fn start(identity: Identity, now_ns: u64) -> Self {
        Self { identity, state: State::Waiting, actions: VecDeque::new(), heard_ns: now_ns }
    }

    /// Takes what the controller says; `gate` is the agent's, one for all its sessions.
    pub fn handle(&mut self, command: Command, gate: &mut Gate, now_ns: u64) {
        if self.state == State::Closed {
            return;
        }
        self.heard_ns = now_ns;
        match (&self.state, command) {
            (State::Waiting, Command::Hello { version, token }) => {
                self.greet(version, &token, gate, now_ns);
            }
            // Who has not shown the token learns nothing, not even the time.
            (State::Waiting, _) => self.refuse(Refusal::Token, "a token is asked for first"),
            (_, Command::Ping { number }) => self.send(Reply::Pong { number, agent_ns: now_ns }),
            (State::Admitted | State::Ended, Command::Prepare { assignment }) => {
                self.prepare(assignment);
            }
            (State::Ready, Command::Start { agent_ns }) => self.begin(agent_ns, now_ns),
            (State::Running, Command::Stop) => {
                self.state = State::Halting;
                self.actions.push_back(Action::Halt);
            }
            // It ended by itself while the word was on its way.
            (State::Halting | State::Ended, Command::Stop) => {}
            (State::Admitted | State::Preparing | State::Ready, Command::Stop) => {
                self.close();
            }
            (_, Command::Goodbye) => self.close(),
            _ => self.refuse(Refusal::Unexpected, "asked out of turn"),
        }
    }

    /// Takes whether the load could begin.
    pub fn prepared(&mut self, result: Result<(), String>) {
        if self.state != State::Preparing {
            return;
        }
        match result {
            Ok(()) => {
                self.state = State::Ready;
                self.send(Reply::Ready);
            }
            Err(reason) => self.refuse(Refusal::Device, &reason),
        }
    }

    /// Takes that the load began, by this machine's clock.
    pub fn began(&mut self, now_ns: u64) {
        if matches!(self.state, State::Running | State::Halting) {
            self.send(Reply::Started { agent_ns: now_ns });
        }
    }

    /// Takes a second of the load.
    pub fn second(&mut self, index: u32, streams: Vec<Delta>) {
        if matches!(self.state, State::Running | State::Halting) {
            self.send(Reply::Second { index, streams });
        }
    }

    /// Takes that the load ended; another may be asked for in the same session.
    pub fn ended(&mut self, now_ns: u64, report: Report) {
        if matches!(self.state, State::Running | State::Halting) {
            self.state = State::Ended;
            self.send(Reply::Stopped { agent_ns: now_ns, report: Box::new(report) });
        }
    }

    /// Takes that the connection is gone.
    pub fn disconnected(&mut self) {
        self.close();
    }

    /// Returns what the driver must do next; `None` until something happens.
    pub fn poll(&mut self, now_ns: u64) -> Option<Action> {
        if self.deadline_ns().is_some_and(|deadline| deadline <= now_ns) {
            self.refuse(Refusal::Silence, "the controller was not heard");
        }
        self.actions.pop_front()
    }

    /// Returns when `poll` has something to say though nothing happens.
    pub fn deadline_ns(&self) -> Option<u64> {
        (self.state != State::Closed).then(|| self.heard_ns.saturating_add(SILENCE_NS))
    }

    /// Returns whether somebody showed the token.
    pub fn is_admitted(&self) -> bool {
        !matches!(self.state, State::Waiting | State::Closed)
    }

    /// Returns whether the session is over and all was said.
    pub fn is_closed(&self) -> bool {
        self.state == State::Closed && self.actions.is_empty()
    }

    fn greet(&mut self, version: u32, token: &Presented, gate: &mut Gate, now_ns: u64) {
        if version != VERSION {
            let detail = format!("this agent speaks version {VERSION}");
            return self.refuse(Refusal::Version, &detail);
        }
        match gate.admit(token, now_ns) {
            Ok(()) => {
                self.state = State::Admitted;
                let Identity { host, capabilities, devices } = self.identity.clone();
                self.send(Reply::Welcome { version: VERSION, host, capabilities, devices });
            }
            Err(Denied::Wrong) => self.refuse(Refusal::Token, "the token is wrong"),
            Err(Denied::Expired) => {
                self.refuse(Refusal::Expired, "the token has expired: start the agent anew");
            }
            Err(Denied::Closed) => {
                self.refuse(Refusal::Closed, "a token is for one run: start the agent anew");
            }
        }
    }

    fn prepare(&mut self, assignment: Box<Assignment>) {
        let serial = &assignment.serial;
        // An empty name is of no device: it would match one that has no serial.
        let named = |device: &&Listed| !serial.is_empty() && device.serial == *serial;
        let mut listed = self.identity.devices.iter().filter(named);
        match (listed.next(), listed.next()) {
            (Some(device), None) if assignment.writes() && !device.writable => {
                let detail = format!("`{serial}` was not allowed to be written");
                self.refuse(Refusal::NotWritable, &detail);
            }
            (Some(_), None) => {
                self.state = State::Preparing;
                self.actions.push_back(Action::Prepare(assignment));
            }
            (None, _) => {
                let detail = format!("`{serial}` was not listed when this agent started");
                self.refuse(Refusal::NotListed, &detail);
            }
            (Some(_), Some(_)) => {
                let detail = format!("`{serial}` names more than one device");
                self.refuse(Refusal::NotListed, &detail);
            }
        }
    }

    fn begin(&mut self, at_ns: u64, now_ns: u64) {
        if at_ns <= now_ns {
            return self.refuse(Refusal::Late, "the moment of the start had passed");
        }
        self.state = State::Running;
        self.actions.push_back(Action::Run { at_ns });
    }

    fn send(&mut self, reply: Reply) {
        self.actions.push_back(Action::Send(reply));
    }

    fn refuse(&mut self, refusal: Refusal, detail: &str) {
        // The load first: the connection may block.
        if self.state == State::Running {
            self.state = State::Halting;
            self.actions.push_back(Action::Halt);
        }
        self.send(Reply::Refused { refusal, detail: detail.to_owned() });
        self.close();
    }

    fn close(&mut self) {
        if self.state == State::Closed {
            return;
        }
        if self.state == State::Running {
            self.actions.push_back(Action::Halt);
        }
        self.actions.push_back(Action::Close);
        self.state = State::Closed;
    }
}

#[cfg(test)]
mod tests;
