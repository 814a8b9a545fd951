//! One of many agents, as its controller sees it: where it is, and what its words mean there.

use super::{
    FILE_BYTES_PER_S, GRACE_NS, HEARTBEAT, HEARTBEAT_NS, LOAD_S, Loss, MAX_STREAMS, PREPARE_NS,
    SILENCE_NS, Task,
};
use crate::agent::SECOND_NS;
use crate::agent::clock::{Clock, Estimator};
use crate::agent::message::{Assignment, Command, Delta, Listed, Reply, VERSION};
use crate::agent::window::Part;

/// Where one agent is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    /// It was sent its token.
    Greeting,
    /// It let us in, and is to be told what to do.
    Idle,
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
    /// It is done, and may be told to do more.
    Finished { part: Part, clock: Clock, later: Clock },
    /// It was sent away.
    Dismissed,
    /// It is lost; what it told until then is kept.
    Lost { loss: Loss, part: Option<Part> },
}

/// A measurement of a clock: the ping that is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Exchange {
    pub(super) estimator: Estimator,
    pub(super) number: u32,
    /// `None` until it is handed to the driver.
    pub(super) sent_ns: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Agent {
    pub(super) task: Task,
    /// What it is to do now; `None` until it is told.
    pub(super) assignment: Option<Box<Assignment>>,
    pub(super) state: State,
    pub(super) devices: Vec<Listed>,
    pub(super) heard_ns: u64,
    pub(super) pinged_ns: u64,
}

impl Agent {
    /// Takes what it says: returns what to answer, or why it is lost.
    pub(super) fn take(&mut self, reply: Reply, now_ns: u64) -> Result<Option<Command>, Loss> {
        match (&mut self.state, reply) {
            (_, Reply::Refused { refusal, detail }) => Err(Loss::Refused(refusal, detail)),
            (State::Greeting, Reply::Welcome { version, devices, .. }) => {
                if version != VERSION {
                    return Err(Loss::Version(version));
                }
                self.devices = devices;
                self.state = State::Idle;
                Ok(None)
            }
            // The answer to a heartbeat, perhaps of the state before: it was heard.
            (state, Reply::Pong { number: HEARTBEAT, .. }) if *state != State::Greeting => Ok(None),
            (State::Measuring(exchange), Reply::Pong { number, agent_ns }) => {
                let next = exchange.take(number, agent_ns, now_ns)?;
                let Some(clock) = exchange.estimator.clock() else { return Ok(Some(next)) };
                let Some(assignment) = self.assignment.clone() else {
                    return Err(Loss::Unexpected);
                };
                let file_s = assignment.file_bytes.unwrap_or(0) / FILE_BYTES_PER_S;
                let room_ns = file_s.saturating_mul(SECOND_NS);
                let until_ns = now_ns.saturating_add(PREPARE_NS).saturating_add(room_ns);
                self.state = State::Preparing { clock, until_ns };
                // A clock that is not known ends the test before any device is opened.
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
                let known = add_second(part, self.assignment.as_deref(), index, streams);
                if known { Ok(None) } else { Err(Loss::Unexpected) }
            }
            (State::Running { clock, part, .. }, Reply::Stopped { agent_ns, report }) => {
                part.stopped_ns = clock.ours(agent_ns);
                part.report = report;
                let (clock, part) = (*clock, part.clone());
                let exchange = Exchange::default();
                self.state = State::Rechecking { clock, part, exchange };
                Ok(Some(Command::Ping { number: 0 }))
            }
            _ => Err(Loss::Unexpected),
        }
    }

    pub(super) fn deadline_ns(&self) -> u64 {
        let silent = self.heard_ns.saturating_add(SILENCE_NS);
        let ping = self.state.has_heartbeat().then(|| self.pinged_ns.saturating_add(HEARTBEAT_NS));
        let until = self.state.until_ns();
        [ping, until].into_iter().flatten().fold(silent, u64::min)
    }
}

/// Adds a second, unless it was told already or there can be no such second.
fn add_second(part: &mut Part, task: Option<&Assignment>, index: u32, streams: Vec<Delta>) -> bool {
    let length_s = task.map_or(0, |task| length_ns(task) / SECOND_NS).min(LOAD_S);
    let possible = u64::from(index) <= length_s && streams.len() <= MAX_STREAMS;
    possible && part.seconds.insert(index, streams).is_none()
}

/// Returns how long a load may take from its start; without a runtime there is no limit.
pub(super) fn length_ns(task: &Assignment) -> u64 {
    let runtime_ns = task.runtime_ns().unwrap_or(u64::MAX);
    task.ramp_ns().saturating_add(runtime_ns).saturating_add(GRACE_NS)
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
    /// Returns whether there is nothing more to come of what it was told last.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Finished { .. }) || self.is_gone()
    }

    /// Returns whether nothing will be said to it any more.
    pub(super) fn is_gone(&self) -> bool {
        matches!(self, Self::Dismissed | Self::Lost { .. })
    }

    /// Returns whether it waits for something to do.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self, Self::Idle | Self::Finished { .. })
    }

    /// Returns whether the agent is pinged only to hear that it is there.
    pub(super) fn has_heartbeat(&self) -> bool {
        self.is_idle()
            || matches!(self, Self::Preparing { .. } | Self::Ready { .. } | Self::Running { .. })
    }

    /// Returns what the agent told of its load: all whole seconds, where it has not ended.
    pub(super) fn told(&self) -> Option<Part> {
        match self {
            Self::Running { part, started_ns: Some(started_ns), .. } => {
                let seconds = part.seconds.keys().last().map_or(0, |last| u64::from(*last) + 1);
                let stopped_ns = started_ns.saturating_add(seconds.saturating_mul(SECOND_NS));
                Some(Part { stopped_ns, ..part.clone() })
            }
            Self::Rechecking { part, .. } | Self::Finished { part, .. } => Some(part.clone()),
            _ => None,
        }
    }

    pub(super) fn until_ns(&self) -> Option<u64> {
        match self {
            Self::Preparing { until_ns, .. } | Self::Running { until_ns, .. } => Some(*until_ns),
            _ => None,
        }
    }
}
