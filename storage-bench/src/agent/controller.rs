//! The controller's side: many agents taken through one test together.
//!
//! Told what agents say, that they are gone, and the time; asked what to say to whom. All
//! are greeted and say what devices they have. Then, once or several times: each is told what
//! to do, their clocks are measured, their loads made ready; when the last is ready, all
//! begin at one moment two seconds later; at the end the clocks are measured again. An
//! agent that is lost ends the test for all: what was measured is kept, and proves nothing.

mod doubt;
mod one;
mod outcome;

pub use outcome::Outcome;

use one::{Agent, Exchange, State};

use std::collections::{BTreeMap, VecDeque};

use super::SECOND_NS;
use super::message::{Assignment, Command, Listed, Refusal, Reply, VERSION};
use super::token::Presented;
use super::window::Part;

/// From the last agent's being ready to the start of all.
pub const START_IN_NS: u64 = 2 * SECOND_NS;
/// How often every agent is pinged.
pub const HEARTBEAT_NS: u64 = SECOND_NS;
/// How long an agent may be silent.
pub const SILENCE_NS: u64 = 5 * SECOND_NS;
/// How long an agent may take to open its device and make its load ready.
pub const PREPARE_NS: u64 = 120 * SECOND_NS;
/// How long after its time a load may take to end.
pub const GRACE_NS: u64 = 30 * SECOND_NS;
/// How fast a file that is made for reading is expected to be filled at the least.
const FILE_BYTES_PER_S: u64 = 50_000_000;
/// Longest load, in seconds: 4 days.
const LOAD_S: u64 = 345_600;
/// The number of pings that only ask whether an agent is there.
const HEARTBEAT: u32 = u32::MAX;
/// Kinds of operations of one second: three on two regions.
const MAX_STREAMS: usize = 6;

/// One agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Its host, as the operator named it: for messages.
    pub host: String,
    /// Its token.
    pub token: Presented,
}

/// What the driver must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Say this to an agent, at once: pings are timed.
    Send {
        /// Which, as in the list of tasks.
        agent: usize,
        /// What.
        command: Command,
    },
    /// Close the connection to an agent.
    Close {
        /// Which.
        agent: usize,
    },
}

/// Why an agent is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The connection is gone, or speaks no protocol of ours.
    Disconnected(String),
    /// It was not heard for [`SILENCE_NS`].
    Silent,
    /// It did not do in time what it was asked.
    Overdue,
    /// It refused.
    Refused(Refusal, String),
    /// It speaks another version.
    Version(u32),
    /// It said what it was not asked.
    Unexpected,
}

/// A test of many agents.
#[derive(Debug)]
pub struct Controller {
    agents: Vec<Agent>,
    actions: VecDeque<Action>,
    /// Why the test ends before its time.
    ending: Option<Ending>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Lost,
    Stopped,
    Skewed,
}

impl Controller {
    /// Starts a test; every agent is connected.
    pub fn start(tasks: Vec<Task>, now_ns: u64) -> Self {
        let agents: Vec<Agent> = tasks
            .into_iter()
            .map(|task| {
                let (state, devices) = (State::Greeting, Vec::new());
                let assignment = None;
                Agent { task, assignment, state, devices, heard_ns: now_ns, pinged_ns: now_ns }
            })
            .collect();
        let hello = agents.iter().enumerate().map(|(agent, one)| {
            let command = Command::Hello { version: VERSION, token: one.task.token.clone() };
            Action::Send { agent, command }
        });
        let actions = hello.collect();
        Self { agents, actions, ending: None }
    }

    /// Returns what devices each agent listed, when all wait for something to do; `None` where
    /// they do not (yet), or the test is at its end.
    pub fn idle(&self) -> Option<Vec<&[Listed]>> {
        let idle = self.ending.is_none() && self.agents.iter().all(|one| one.state.is_idle());
        idle.then(|| self.agents.iter().map(|one| one.devices.as_slice()).collect())
    }

    /// Tells all agents, which wait for it, what to do: one assignment each.
    ///
    /// Where the test is at its end nothing is done, and what was done before is forgotten.
    pub fn assign(&mut self, assignments: Vec<Assignment>, now_ns: u64) {
        let go_on = self.idle().is_some();
        for (agent, (one, assignment)) in self.agents.iter_mut().zip(assignments).enumerate() {
            if go_on {
                one.assignment = Some(Box::new(assignment));
                // Whoever thought long over the last load was not listening meanwhile.
                one.heard_ns = one.heard_ns.max(now_ns);
                one.state = State::Measuring(Exchange::default());
                let command = Command::Ping { number: 0 };
                self.actions.push_back(Action::Send { agent, command });
            } else if one.state.is_idle() {
                one.state = State::Dismissed;
            }
        }
    }

    /// Says goodbye to all agents that wait for something to do.
    pub fn leave(&mut self) {
        for (agent, one) in self.agents.iter_mut().enumerate() {
            if one.state.is_idle() {
                one.state = State::Dismissed;
                self.actions.push_back(Action::Send { agent, command: Command::Goodbye });
                self.actions.push_back(Action::Close { agent });
            }
        }
    }

    /// Takes what `agent` says.
    pub fn handle(&mut self, agent: usize, reply: Reply, now_ns: u64) {
        let Some(one) = self.agents.get_mut(agent) else { return };
        if one.state.is_gone() {
            return;
        }
        one.heard_ns = now_ns;
        match one.take(reply, now_ns) {
            Ok(None) => {}
            Ok(Some(command)) => self.actions.push_back(Action::Send { agent, command }),
            Err(loss) => self.lose(agent, loss, now_ns),
        }
        self.proceed(now_ns);
    }

    /// Takes that the connection to `agent` is gone.
    pub fn disconnected(&mut self, agent: usize, reason: &str, now_ns: u64) {
        self.lose(agent, Loss::Disconnected(reason.to_owned()), now_ns);
        self.proceed(now_ns);
    }

    /// Takes that the operator wants an end; what was measured is kept.
    pub fn stop(&mut self, now_ns: u64) {
        self.end(Ending::Stopped, now_ns);
        self.proceed(now_ns);
    }

    /// Returns what the driver must do next; `None` until something happens.
    pub fn poll(&mut self, now_ns: u64) -> Option<Action> {
        self.tick(now_ns);
        let action = self.actions.pop_front()?;
        // The clock is read as late as can be: what waits in this queue is no round trip.
        if let Action::Send { agent, command: Command::Ping { number } } = action
            && let Some(one) = self.agents.get_mut(agent)
            && let State::Measuring(exchange) | State::Rechecking { exchange, .. } = &mut one.state
            && exchange.number == number
        {
            exchange.sent_ns = Some(now_ns);
        }
        Some(action)
    }

    /// Returns when `poll` has something to say though nothing happens.
    pub fn deadline_ns(&self) -> Option<u64> {
        let live = self.agents.iter().filter(|one| !one.state.is_gone());
        live.map(Agent::deadline_ns).min()
    }

    /// Returns what the test came to, when all agents are done and all was said.
    pub fn outcome(&self) -> Option<Outcome> {
        let over = self.actions.is_empty() && self.agents.iter().all(|one| one.state.is_over());
        over.then(|| self.conclude())
    }

    /// Sees who is silent or overdue, and pings the others.
    fn tick(&mut self, now_ns: u64) {
        let mut lost = Vec::new();
        for (agent, one) in self.agents.iter_mut().enumerate() {
            if one.state.is_gone() {
                continue;
            }
            if one.heard_ns.saturating_add(SILENCE_NS) <= now_ns {
                lost.push((agent, Loss::Silent));
            } else if one.state.until_ns().is_some_and(|until| until <= now_ns) {
                lost.push((agent, Loss::Overdue));
            } else if one.state.has_heartbeat()
                && one.pinged_ns.saturating_add(HEARTBEAT_NS) <= now_ns
            {
                one.pinged_ns = now_ns;
                let command = Command::Ping { number: HEARTBEAT };
                self.actions.push_back(Action::Send { agent, command });
            }
        }
        if !lost.is_empty() {
            for (agent, loss) in lost {
                self.lose(agent, loss, now_ns);
            }
            self.proceed(now_ns);
        }
    }

    fn lose(&mut self, agent: usize, loss: Loss, now_ns: u64) {
        let Some(one) = self.agents.get_mut(agent).filter(|one| !one.state.is_gone()) else {
            return;
        };
        let part = one.state.told();
        one.state = State::Lost { loss, part };
        let about = |action: &Action| match action {
            Action::Send { agent, .. } | Action::Close { agent } => *agent,
        };
        self.actions.retain(|action| about(action) != agent);
        self.actions.push_back(Action::Close { agent });
        self.end(Ending::Lost, now_ns);
    }

    /// Ends the test: who runs is stopped, who has not begun is sent away.
    fn end(&mut self, ending: Ending, now_ns: u64) {
        if self.ending.is_some() {
            return;
        }
        self.ending = Some(ending);
        for (agent, one) in self.agents.iter_mut().enumerate() {
            match &mut one.state {
                State::Running { until_ns, .. } => {
                    *until_ns = now_ns.saturating_add(GRACE_NS).min(*until_ns);
                    self.actions.push_back(Action::Send { agent, command: Command::Stop });
                }
                State::Rechecking { .. }
                | State::Finished { .. }
                | State::Dismissed
                | State::Lost { .. } => {}
                State::Greeting
                | State::Idle
                | State::Measuring(_)
                | State::Preparing { .. }
                | State::Ready { .. } => {
                    one.state = State::Dismissed;
                    let command = Command::Goodbye;
                    self.actions.push_back(Action::Send { agent, command });
                    self.actions.push_back(Action::Close { agent });
                }
            }
        }
    }

    /// Does what the states of all agents together ask for.
    fn proceed(&mut self, now_ns: u64) {
        let unknown = |one: &Agent| match &one.state {
            State::Preparing { clock, .. } => !clock.is_known(),
            _ => false,
        };
        if self.agents.iter().any(unknown) {
            self.end(Ending::Skewed, now_ns);
        }
        if self.ending.is_none() {
            self.start_all(now_ns);
        }
        for one in &mut self.agents {
            if let State::Rechecking { clock, part, exchange } = &one.state
                && let Some(later) = exchange.estimator.clock()
            {
                let (part, clock) = (part.clone(), *clock);
                one.state = State::Finished { part, clock, later };
            }
        }
    }

    /// Tells all when to begin, when the last is ready.
    fn start_all(&mut self, now_ns: u64) {
        if !self.agents.iter().all(|one| matches!(one.state, State::Ready { .. })) {
            return;
        }
        let start_ns = now_ns.saturating_add(START_IN_NS);
        for (agent, one) in self.agents.iter_mut().enumerate() {
            let State::Ready { clock } = one.state else { continue };
            let Some(assignment) = &one.assignment else { continue };
            let (ramp_ns, length_ns) = (assignment.ramp_ns(), one::length_ns(assignment));
            one.state = State::Running {
                clock,
                until_ns: start_ns.saturating_add(length_ns),
                started_ns: None,
                part: Part {
                    started_ns: start_ns,
                    stopped_ns: start_ns,
                    ramp_ns,
                    seconds: BTreeMap::new(),
                    report: Box::default(),
                },
            };
            let command = Command::Start { agent_ns: clock.theirs(start_ns) };
            self.actions.push_back(Action::Send { agent, command });
        }
    }
}

#[cfg(test)]
mod tests;
