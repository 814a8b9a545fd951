//! The controller of many agents, with sockets and clocks: connects to all at once, takes
//! them through one load after the other, and sends them away.
//!
//! Each agent has a thread that connects, and then one that listens and notes when words
//! came; all that is said is said from here. An agent that does not answer delays no other.

use std::{
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

use storage_bench::{
    agent::{
        controller::{Action, Controller, Outcome, Task},
        message::{Assignment, Listed, Reply},
    },
    histogram::Histogram,
};

use crate::{
    clock,
    command::wire::{
        Wire,
        address::Address,
        call::{self, chain},
    },
    console::Console,
    failure::Failure,
    interrupt::Interrupt,
    progress::Progress,
};

/// How often it is looked whether the operator asked to stop.
const LOOK: Duration = Duration::from_millis(100);

/// Agents that were connected to.
#[derive(Debug)]
pub(super) struct Fleet {
    /// What messages call them.
    pub(super) names: Vec<String>,
    controller: Controller,
    wires: Vec<Wire>,
    inbox: Receiver<(usize, Heard)>,
}

/// What is heard of an agent.
enum Heard {
    Said(Box<Reply>, u64),
    Gone(String),
}

impl Fleet {
    /// Connects to all; who has another key than was given is told nothing.
    pub(super) fn connect(addresses: &[Address]) -> Result<Self, Failure> {
        call::all(addresses).map(|wires| Self::begin(addresses, wires))
    }

    fn begin(addresses: &[Address], wires: Vec<Wire>) -> Self {
        let (tell, inbox) = mpsc::channel();
        for (agent, wire) in wires.iter().enumerate() {
            listen(agent, wire.clone(), tell.clone());
        }
        let task =
            |address: &Address| Task { host: address.host.clone(), token: address.token.clone() };
        let tasks = addresses.iter().map(task).collect();
        Self {
            names: addresses.iter().map(|address| address.host.clone()).collect(),
            controller: Controller::start(tasks, clock::since_start_ns()),
            wires,
            inbox,
        }
    }

    /// Returns what devices each agent has, when all have let us in; or what the test came to.
    pub(super) fn greet(
        &mut self,
        interrupt: &Interrupt,
    ) -> Result<Vec<Vec<Listed>>, Box<Outcome>> {
        loop {
            self.act();
            if let Some(devices) = self.controller.idle() {
                return Ok(devices.into_iter().map(<[Listed]>::to_vec).collect());
            }
            if let Some(outcome) = self.controller.outcome() {
                return Err(Box::new(outcome));
            }
            self.wait(interrupt, &mut |_, _| {});
        }
    }

    /// Takes all through one load, and returns what it came to.
    pub(super) fn load(
        &mut self,
        assignments: Vec<Assignment>,
        title: &str,
        interrupt: &Interrupt,
        console: &Console,
    ) -> Outcome {
        let line = Progress::start(console.progress, title);
        let mut live = Live::new(title, &assignments);
        self.controller.assign(assignments, clock::since_start_ns());
        loop {
            self.act();
            if let Some(outcome) = self.controller.outcome() {
                return outcome;
            }
            self.wait(interrupt, &mut |agent, reply| {
                if let Some(status) = live.take(agent, reply) {
                    line.step(&status);
                }
            });
        }
    }

    /// Works out something while all agents are kept: an agent does not wait for a controller
    /// that is not heard, however long that thinks.
    pub(super) fn meanwhile<T: Send>(
        &mut self,
        interrupt: &Interrupt,
        work: impl FnOnce() -> T + Send,
    ) -> T {
        thread::scope(|scope| {
            let working = scope.spawn(work);
            while !working.is_finished() {
                self.act();
                self.wait(interrupt, &mut |_, _| {});
            }
            match working.join() {
                Ok(done) => done,
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    /// Returns whether they can be told to do more.
    pub(super) fn is_idle(&self) -> bool {
        self.controller.idle().is_some()
    }

    /// Sends all away.
    pub(super) fn leave(mut self) {
        self.controller.leave();
        self.act();
        self.wires.iter().for_each(Wire::close);
    }

    /// Does what the controller asks for.
    fn act(&mut self) {
        while let Some(action) = self.controller.poll(clock::since_start_ns()) {
            match action {
                Action::Send { agent, command } => {
                    let Some(wire) = self.wires.get(agent) else { continue };
                    if let Err(error) = wire.send(&command) {
                        let now_ns = clock::since_start_ns();
                        self.controller.disconnected(agent, &chain(&error), now_ns);
                    }
                }
                Action::Close { agent } => {
                    if let Some(wire) = self.wires.get(agent) {
                        wire.close();
                    }
                }
            }
        }
    }

    /// Waits for words, a deadline, or the operator.
    fn wait(&mut self, interrupt: &Interrupt, seen: &mut dyn FnMut(usize, &Reply)) {
        let now_ns = clock::since_start_ns();
        if interrupt.asked() {
            self.controller.stop(now_ns);
        }
        let until = self.controller.deadline_ns().unwrap_or(now_ns).saturating_sub(now_ns);
        match self.inbox.recv_timeout(Duration::from_nanos(until).min(LOOK)) {
            Ok((agent, Heard::Said(reply, came_ns))) => {
                seen(agent, &reply);
                self.controller.handle(agent, *reply, came_ns);
            }
            Ok((agent, Heard::Gone(why))) => self.controller.disconnected(agent, &why, now_ns),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }
}

fn listen(agent: usize, wire: Wire, tell: Sender<(usize, Heard)>) {
    let body = move || {
        let why = wire.listen(|reply: Reply, came_ns| {
            tell.send((agent, Heard::Said(Box::new(reply), came_ns))).is_ok()
        });
        // A test that is over wants to hear no more.
        drop(tell.send((agent, Heard::Gone(chain(&why)))));
    };
    // Without a thread nothing is heard of it, and it is lost.
    drop(thread::Builder::new().name("ears".to_owned()).spawn(body));
}

/// What the progress line says while a load runs.
struct Live<'a> {
    title: &'a str,
    ramp_s: u64,
    total_s: Option<u64>,
    /// Of each agent: the seconds it told, and what it did in the last of them.
    last: Vec<(u64, u64, u64, u64)>,
}

impl<'a> Live<'a> {
    fn new(title: &'a str, assignments: &[Assignment]) -> Self {
        let first = assignments.first();
        let ramp_s = first.map_or(0, |one| one.drive.ramp.as_secs());
        let total_s = first.and_then(|one| one.drive.runtime).map(|time| time.as_secs() + ramp_s);
        Self { title, ramp_s, total_s, last: vec![(0, 0, 0, 0); assignments.len()] }
    }

    /// Takes what an agent says; returns the line anew where that changes it.
    fn take(&mut self, agent: usize, reply: &Reply) -> Option<String> {
        let Reply::Second { index, streams } = reply else { return None };
        let (mut ios, mut bytes, mut p99_ns) = (0_u64, 0_u64, 0_u64);
        for delta in streams {
            let service = Histogram::decode(&delta.service).unwrap_or_default();
            ios += service.count();
            bytes = bytes.saturating_add(delta.bytes);
            p99_ns = p99_ns.max(service.percentile(990_000).unwrap_or(0));
        }
        *self.last.get_mut(agent)? = (u64::from(*index) + 1, ios, bytes, p99_ns);
        let sum = |of: fn(&(u64, u64, u64, u64)) -> u64| self.last.iter().map(of).sum::<u64>();
        let told = self.last.iter().filter(|one| one.0 > 0).count();
        let at = self.last.iter().map(|one| one.0).max().unwrap_or(0);
        let p99_us = self.last.iter().map(|one| one.3).max().unwrap_or(0) / 1000;
        let of = self.total_s.map_or_else(String::new, |total| format!("/{total}"));
        let ramp = if at <= self.ramp_s { " ramp" } else { "" };
        Some(format!(
            "{} {at}{of} s{ramp}: {told} agents, {} IOPS, {} MB/s, p99 {p99_us} µs",
            self.title,
            sum(|one| one.1),
            sum(|one| one.2) / 1_000_000,
        ))
    }
}
