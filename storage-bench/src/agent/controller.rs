//! The controller's side: many agents taken through one test together.
//!
//! Told what agents say, that they are gone, and the time; asked what to say to whom. All
//! are greeted, their clocks measured, their loads made ready; when the last is ready, all
//! begin at one moment two seconds later; at the end the clocks are measured again. An
//! agent that is lost ends the test for all: what was measured is kept, and proves nothing.

mod doubt;
mod outcome;

pub use outcome::Outcome;

use std::collections::{BTreeMap, VecDeque};

use super::SECOND_NS;
use super::clock::{Clock, Estimator};
use super::message::{Assignment, Command, Delta, Listed, Refusal, Reply, VERSION};
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
/// The number of pings that only ask whether an agent is there.
const HEARTBEAT: u32 = u32::MAX;
/// Kinds of operations of one second: three on two regions.
const MAX_STREAMS: usize = 6;

/// What one agent is to do.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// Its host, as the operator named it: for messages.
    pub host: String,
    /// Its token.
    pub token: Presented,
    /// Its load.
    pub assignment: Assignment,
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

/// Where one agent is.
#[derive(Clone, Debug, PartialEq)]
enum State {
    /// It was sent its token.
    Greeting,
    /// Its clock is measured.
    Measuring(Exchange),
    /// It opens its device.
    Preparing { clock: Clock, until_ns: u64 },
    /// Its load could begin.
    Ready { clock: Clock },
    /// It was told when to begin.
    Running { clock: Clock, until_ns: u64, started_ns: Option<u64>, part: Part },
    /// It has ended, and its clock is measured again.
    Rechecking { clock: Clock, part: Part, exchange: Exchange },
    /// It is done.
    Finished { part: Part, clock_held: bool },
    /// It was sent away before it ran.
    Dismissed,
    /// It is lost; what it told until then is kept.
    Lost { loss: Loss, part: Option<Part> },
}

/// A measurement of a clock: the ping that is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Exchange {
    estimator: Estimator,
    number: u32,
    /// `None` until it is handed to the driver.
    sent_ns: Option<u64>,
}

#[derive(Debug)]
struct Agent {
    task: Task,
    state: State,
    devices: Vec<Listed>,
    heard_ns: u64,
    pinged_ns: u64,
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
                Agent { task, state, devices, heard_ns: now_ns, pinged_ns: now_ns }
            })
            .collect();
        let hello = agents.iter().enumerate().map(|(agent, one)| {
            let command = Command::Hello { version: VERSION, token: one.task.token.clone() };
            Action::Send { agent, command }
        });
        let actions = hello.collect();
        Self { agents, actions, ending: None }
    }

    /// Takes what `agent` says.
    pub fn handle(&mut self, agent: usize, reply: Reply, now_ns: u64) {
        let Some(one) = self.agents.get_mut(agent) else { return };
        if one.state.is_over() {
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
        let live = self.agents.iter().filter(|one| !one.state.is_over());
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
            if one.state.is_over() {
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
        let Some(one) = self.agents.get_mut(agent).filter(|one| !one.state.is_over()) else {
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
        for (agent, one) in self.agents.iter_mut().enumerate() {
            if let State::Rechecking { clock, part, exchange } = &one.state
                && let Some(later) = exchange.estimator.clock()
            {
                let (part, clock_held) = (part.clone(), clock.held(&later));
                one.state = State::Finished { part, clock_held };
                self.actions.push_back(Action::Send { agent, command: Command::Goodbye });
                self.actions.push_back(Action::Close { agent });
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
            let Assignment { ramp_ns, runtime_ns, .. } = one.task.assignment;
            let length_ns = ramp_ns.saturating_add(runtime_ns).saturating_add(GRACE_NS);
            one.state = State::Running {
                clock,
                until_ns: start_ns.saturating_add(length_ns),
                started_ns: None,
                part: Part {
                    started_ns: start_ns,
                    stopped_ns: start_ns,
                    ramp_ns,
                    seconds: BTreeMap::new(),
                    busiest_thread_ppm: 0,
                    ended_early: None,
                },
            };
            let command = Command::Start { agent_ns: clock.theirs(start_ns) };
            self.actions.push_back(Action::Send { agent, command });
        }
    }
}

impl Agent {
    /// Takes what it says: returns what to answer, or why it is lost.
    fn take(&mut self, reply: Reply, now_ns: u64) -> Result<Option<Command>, Loss> {
        match (&mut self.state, reply) {
            (_, Reply::Refused { refusal, detail }) => Err(Loss::Refused(refusal, detail)),
            (State::Greeting, Reply::Welcome { version, devices, .. }) => {
                if version != VERSION {
                    return Err(Loss::Version(version));
                }
                self.devices = devices;
                self.state = State::Measuring(Exchange::default());
                Ok(Some(Command::Ping { number: 0 }))
            }
            // The answer to a heartbeat, perhaps of the state before: it was heard.
            (state, Reply::Pong { number: HEARTBEAT, .. }) if *state != State::Greeting => Ok(None),
            (State::Measuring(exchange), Reply::Pong { number, agent_ns }) => {
                let next = exchange.take(number, agent_ns, now_ns)?;
                let Some(clock) = exchange.estimator.clock() else { return Ok(Some(next)) };
                let until_ns = now_ns.saturating_add(PREPARE_NS);
                self.state = State::Preparing { clock, until_ns };
                // A clock that is not known ends the test before any device is opened.
                let assignment = self.task.assignment.clone();
                Ok(clock.is_known().then_some(Command::Prepare { assignment }))
            }
            (State::Rechecking { exchange, .. }, Reply::Pong { number, agent_ns }) => {
                let next = exchange.take(number, agent_ns, now_ns)?;
                Ok(exchange.estimator.clock().is_none().then_some(next))
            }
            (State::Preparing { clock, .. }, Reply::Ready) => {
                self.state = State::Ready { clock: *clock };
                Ok(None)
            }
            (State::Running { clock, started_ns, part, .. }, Reply::Started { agent_ns }) => {
                part.started_ns = clock.ours(agent_ns);
                let again = started_ns.replace(part.started_ns).is_some();
                if again { Err(Loss::Unexpected) } else { Ok(None) }
            }
            (
                State::Running { part, started_ns: Some(_), .. },
                Reply::Second { index, streams },
            ) => {
                let known = add_second(part, &self.task.assignment, index, streams);
                if known { Ok(None) } else { Err(Loss::Unexpected) }
            }
            (
                State::Running { clock, part, .. },
                Reply::Stopped { agent_ns, busiest_thread_ppm, ended_early },
            ) => {
                part.stopped_ns = clock.ours(agent_ns);
                part.busiest_thread_ppm = busiest_thread_ppm;
                part.ended_early = ended_early;
                let (clock, part) = (*clock, part.clone());
                let exchange = Exchange::default();
                self.state = State::Rechecking { clock, part, exchange };
                Ok(Some(Command::Ping { number: 0 }))
            }
            _ => Err(Loss::Unexpected),
        }
    }

    fn deadline_ns(&self) -> u64 {
        let silent = self.heard_ns.saturating_add(SILENCE_NS);
        let ping = self.state.has_heartbeat().then(|| self.pinged_ns.saturating_add(HEARTBEAT_NS));
        let until = self.state.until_ns();
        [ping, until].into_iter().flatten().fold(silent, u64::min)
    }
}

/// Adds a second, unless it was told already or there can be no such second.
fn add_second(part: &mut Part, task: &Assignment, index: u32, streams: Vec<Delta>) -> bool {
    let length_ns = task.ramp_ns.saturating_add(task.runtime_ns).saturating_add(GRACE_NS);
    let possible = u64::from(index) <= length_ns / SECOND_NS && streams.len() <= MAX_STREAMS;
    possible && part.seconds.insert(index, streams).is_none()
}

impl Exchange {
    /// Takes an answer and returns the next ping.
    fn take(&mut self, number: u32, agent_ns: u64, now_ns: u64) -> Result<Command, Loss> {
        let sent_ns = self.sent_ns.take().filter(|_| number == self.number);
        self.estimator.add(sent_ns.ok_or(Loss::Unexpected)?, agent_ns, now_ns);
        self.number = self.number.saturating_add(1);
        Ok(Command::Ping { number: self.number })
    }
}

impl State {
    fn is_over(&self) -> bool {
        matches!(self, Self::Finished { .. } | Self::Dismissed | Self::Lost { .. })
    }

    /// Returns whether the agent is pinged only to hear that it is there.
    fn has_heartbeat(&self) -> bool {
        matches!(self, Self::Preparing { .. } | Self::Ready { .. } | Self::Running { .. })
    }

    /// Returns what the agent told of its load: all whole seconds, where it has not ended.
    fn told(&self) -> Option<Part> {
        match self {
            Self::Running { part, started_ns: Some(started_ns), .. } => {
                let seconds = part.seconds.keys().last().map_or(0, |last| u64::from(*last) + 1);
                let stopped_ns = started_ns.saturating_add(seconds.saturating_mul(SECOND_NS));
                Some(Part { stopped_ns, ..part.clone() })
            }
            Self::Rechecking { part, .. } => Some(part.clone()),
            _ => None,
        }
    }

    fn until_ns(&self) -> Option<u64> {
        match self {
            Self::Preparing { until_ns, .. } | Self::Running { until_ns, .. } => Some(*until_ns),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
