//! What a test of many agents came to, and whether it proves anything.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Agent, Controller, Ending, Loss, State, doubt};
use crate::agent::clock::Clock;
use crate::agent::message::Listed;
use crate::agent::window::{Part, common, missing};
use crate::measurement::Doubt;

/// What a test came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What each agent did, as far as it told; `None` of one that never ran.
    pub parts: Vec<Option<Part>>,
    /// Which agents were lost, and why.
    pub losses: BTreeMap<usize, Loss>,
    /// The clock of each agent before and after; `None` of one that did not finish.
    pub clocks: Vec<Option<(Clock, Clock)>>,
    /// The devices that each agent listed.
    pub devices: Vec<Vec<Listed>>,
    /// The seconds that count; `None` where there are none.
    pub window: Option<Range<u32>>,
    /// Why it proves nothing; empty where it does.
    pub doubts: Vec<Doubt>,
}

impl Controller {
    pub(super) fn conclude(&self) -> Outcome {
        let part = |one: &Agent| match &one.state {
            State::Finished { part, .. } => Some(part.clone()),
            State::Lost { part, .. } => part.clone(),
            _ => None,
        };
        let loss = |(at, one): (usize, &Agent)| match &one.state {
            State::Lost { loss, .. } => Some((at, loss.clone())),
            _ => None,
        };
        let clocks = |one: &Agent| match &one.state {
            State::Finished { clock, later, .. } => Some((*clock, *later)),
            _ => None,
        };
        let parts: Vec<Option<Part>> = self.agents.iter().map(part).collect();
        let ran: Vec<Part> = parts.iter().flatten().cloned().collect();
        let window = common(&ran);
        let mut losses = BTreeMap::new();
        losses.extend(self.agents.iter().enumerate().filter_map(loss));
        Outcome {
            doubts: self.doubts(&parts, window.as_ref()),
            losses,
            clocks: self.agents.iter().map(clocks).collect(),
            devices: self.agents.iter().map(|one| one.devices.clone()).collect(),
            parts,
            window,
        }
    }

    fn doubts(&self, parts: &[Option<Part>], window: Option<&Range<u32>>) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        for (one, part) in self.agents.iter().zip(parts) {
            let host = &one.task.host;
            match &one.state {
                State::Lost { loss, .. } => doubts.push(doubt::lost(host, loss)),
                State::Finished { clock, later, .. } if !clock.held(later) => {
                    doubts.push(doubt::skewed(host));
                }
                _ => {}
            }
            let Some(part) = part else { continue };
            if part.report.busiest_thread_ppm > doubt::CPU_BOUND_PPM {
                doubts.push(doubt::cpu_bound(host, part.report.busiest_thread_ppm));
            }
            if let Some(reason) = &part.report.ended_early {
                doubts.push(doubt::ended_early(host, reason));
            }
            if let Some(second) = window.and_then(|window| missing(part, window)) {
                doubts.push(doubt::incomplete(host, second));
            }
        }
        match self.ending {
            Some(Ending::Stopped) => doubts.push(doubt::stopped()),
            Some(Ending::Skewed) => doubts.push(doubt::unknown_clock()),
            Some(Ending::Lost) | None => {}
        }
        if window.is_none() {
            doubts.push(doubt::no_window());
        }
        doubts
    }
}
