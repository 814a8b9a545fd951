//! Agents in guests, asked one thing after the other while all are listened to.

use std::{
    collections::VecDeque,
    process::{Command as Process, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use dataplane::{
    accept::cloud::{
        Agents,
        order::{Done, Order, Saw},
    },
    text::Text,
};

use super::super::agent::message::{Command, Reply, VERSION};
use crate::{
    clock,
    command::wire::{Wire, address::Address, call::chain},
    failure::Failure,
    lang::text,
};

/// How long an agent may take for one thing; a connection takes it a second at most.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often agents are told that somebody is there.
const PING: Duration = Duration::from_secs(2);
/// How long a command of the operator's may take.
const COMMAND: Duration = Duration::from_mins(2);
/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(20);

/// Agents that were connected to.
#[derive(Debug)]
pub(super) struct Fleet {
    wires: Vec<Wire>,
    /// Why each that is lost is.
    lost: Vec<Option<String>>,
    inbox: Receiver<(usize, Heard)>,
    /// What was seen and not told yet.
    saw: VecDeque<(usize, Saw)>,
    stop: Arc<AtomicBool>,
    began: Instant,
}

/// What is heard of an agent.
enum Heard {
    Said(Box<Reply>),
    Gone(String),
}

impl Fleet {
    /// Begins to listen to all.
    pub(super) fn begin(wires: Vec<Wire>, stop: Arc<AtomicBool>) -> Self {
        let (tell, inbox) = mpsc::channel();
        for (agent, wire) in wires.iter().enumerate() {
            listen(agent, wire.clone(), tell.clone());
        }
        let lost = vec![None; wires.len()];
        Self { wires, lost, inbox, saw: VecDeque::new(), stop, began: clock::instant() }
    }

    /// Shows each its token.
    pub(super) fn greet(&mut self, addresses: &[Address]) -> Result<(), Failure> {
        for (place, address) in addresses.iter().enumerate() {
            let token = address.token.clone();
            let welcomed = match self.say(place, &Command::Net { version: VERSION, token }) {
                Ok(Reply::Welcome { .. }) => Ok(()),
                Ok(Reply::Refused { why }) | Err(why) => Err(why),
                Ok(_) => Err("it answers something else".to_owned()),
            };
            if let Err(why) = welcomed {
                self.leave();
                return Err(Failure::unable(text(
                    "代理 `{}` 不接受：{}；未发出任何探测",
                    "agent `{}` does not let us in: {}; no probe was sent",
                    &[&address.host, &why],
                ))
                .hint(text(
                    "令牌只用一次：请重新启动代理，取新的一行",
                    "a token is good once: start the agent anew and take its new line",
                    &[],
                )));
            }
        }
        Ok(())
    }

    /// Does something while agents know that somebody is there.
    pub(super) fn keep<T>(&mut self, body: impl FnOnce(&mut Self) -> T) -> T {
        let wires = self.wires.clone();
        let (end, ended) = mpsc::channel::<()>();
        thread::scope(|scope| {
            let ping = move || {
                while ended.recv_timeout(PING) == Err(RecvTimeoutError::Timeout) {
                    for wire in &wires {
                        // Whoever is gone is missed by its listener.
                        drop(wire.send(&Command::Ping));
                    }
                }
            };
            // Without, agents end a session that is long silent.
            drop(thread::Builder::new().name("ping".to_owned()).spawn_scoped(scope, ping));
            let done = body(self);
            drop(end);
            done
        })
    }

    /// Sends all away.
    pub(super) fn leave(&self) {
        for wire in &self.wires {
            drop(wire.send(&Command::Goodbye));
            wire.close();
        }
    }

    /// Says something to an agent and returns its answer.
    fn say(&mut self, agent: usize, command: &Command) -> Result<Reply, String> {
        let lost = |fleet: &Self| fleet.lost.get(agent).cloned().flatten();
        if let Some(why) = lost(self) {
            return Err(why);
        }
        let Some(wire) = self.wires.get(agent) else { return Err("no agent".to_owned()) };
        let sent = wire.send(command).map_err(|error| chain(&error));
        if let Err(why) = sent {
            return Err(self.lose(agent, why));
        }
        let end = clock::instant() + PATIENCE;
        loop {
            if let Some(why) = lost(self) {
                return Err(why);
            }
            let left = end.saturating_duration_since(clock::instant());
            match self.inbox.recv_timeout(left) {
                Ok((of, Heard::Said(reply))) => match *reply {
                    Reply::Saw { saw } => self.saw.push_back((of, saw)),
                    other if of == agent => return Ok(other),
                    _ => {}
                },
                Ok((of, Heard::Gone(why))) => drop(self.lose(of, why)),
                Err(_) => return Err(self.lose(agent, "it does not answer".to_owned())),
            }
        }
    }

    /// Notes that an agent is lost; returns why, as it was noted first.
    fn lose(&mut self, agent: usize, why: String) -> String {
        let Some(lost) = self.lost.get_mut(agent) else { return why };
        lost.get_or_insert(why).clone()
    }
}

impl Agents for Fleet {
    fn ask(&mut self, agent: usize, order: Order) -> Result<Done, Text> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Text::of("操作人员中断了检验", "the operator interrupted", &[]));
        }
        let same = |why: String| Text { zh: why.clone(), en: why };
        match self.say(agent, &Command::Ask { order }).map_err(same)? {
            Reply::Did { done } => Ok(done),
            Reply::Refused { why } => Err(same(why)),
            _ => Err(Text::of("答非所问", "it answers something else", &[])),
        }
    }

    fn hear(&mut self, limit_ms: u32, heard: &mut dyn FnMut(usize, Saw) -> bool) -> bool {
        let end = clock::instant() + Duration::from_millis(limit_ms.into());
        loop {
            while let Some((agent, saw)) = self.saw.pop_front() {
                if heard(agent, saw) {
                    return true;
                }
            }
            let left = end.saturating_duration_since(clock::instant());
            match self.inbox.recv_timeout(left) {
                Ok((agent, Heard::Said(reply))) => {
                    if let Reply::Saw { saw } = *reply {
                        self.saw.push_back((agent, saw));
                    }
                }
                Ok((agent, Heard::Gone(why))) => drop(self.lose(agent, why)),
                Err(_) => return false,
            }
        }
    }

    fn tell(&mut self, command: &[String]) -> Result<(), Text> {
        let Some((program, words)) = command.split_first() else { return Ok(()) };
        let failed = |why: &dyn std::fmt::Display| {
            Text::of(
                "命令 `{0}` 未成功：{1}",
                "the command `{0}` failed: {1}",
                &[&command.join(" "), why],
            )
        };
        let mut process = Process::new(program);
        // Its words are for the operator; stdout is the evidence's.
        process.args(words).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = process.spawn().map_err(|error| failed(&error))?;
        let end = clock::instant() + COMMAND;
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(failed(&status)),
                Ok(None) if clock::instant() < end => thread::park_timeout(LOOK),
                Ok(None) => {
                    drop(child.kill());
                    drop(child.wait());
                    return Err(failed(&"it did not end in time"));
                }
                Err(error) => return Err(failed(&error)),
            }
        }
    }

    fn now_ms(&mut self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

fn listen(agent: usize, wire: Wire, tell: Sender<(usize, Heard)>) {
    let body = move || {
        let why = wire.listen(|reply: Reply, _came_ns| {
            tell.send((agent, Heard::Said(Box::new(reply)))).is_ok()
        });
        // A run that is over wants to hear no more.
        drop(tell.send((agent, Heard::Gone(chain(&why)))));
    };
    // Without a thread nothing is heard of it, and it is lost.
    drop(thread::Builder::new().name("ears".to_owned()).spawn(body));
}
