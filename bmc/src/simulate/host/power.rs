//! Power of a host: what is asked for, what it takes, and what follows.

use serde_json::Value;

use super::{Due, Host, later, set};
use crate::simulate::{clock::Moment, knobs::Knob};

/// Why power is not acted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulate) enum PowerError {
    /// There is no such action.
    Unknown,
    /// It does not go with the state that power is in.
    State,
}

impl Host {
    /// Returns a system's power, in the words of Redfish.
    pub(in crate::simulate) fn power(&self, system: &str) -> &str {
        self.raw(system).and_then(|body| body["PowerState"].as_str()).unwrap_or("On")
    }

    /// Acts on a system's power by a `ResetType` of Redfish.
    pub(in crate::simulate) fn reset(
        &mut self,
        system: &str,
        kind: &str,
        now: Moment,
    ) -> Result<(), PowerError> {
        let on = matches!(self.power(system), "On" | "PoweringOn");
        if self.has(Knob::PowerIgnored) {
            return Ok(());
        }
        let time = self.knob(Knob::PowerTime, 1000);
        match kind {
            "On" | "ForceOn" => {
                if !on {
                    self.turn(system, "PoweringOn", now);
                    self.then(system, "On", time, now);
                }
            }
            "ForceOff" => {
                if self.power(system) != "Off" {
                    self.turn(system, "PoweringOff", now);
                    self.then(system, "Off", time, now);
                }
            }
            "PushPowerButton" if !on => return self.reset(system, "On", now),
            "GracefulShutdown" | "PushPowerButton" => {
                if on && !self.has(Knob::SoftIgnored) {
                    self.turn(system, "PoweringOff", now);
                    self.then(system, "Off", time.saturating_mul(2), now);
                }
            }
            _ if !on => {
                let known =
                    ["ForceRestart", "GracefulRestart", "PowerCycle", "ForcePowerCycle", "Nmi"];
                return Err(if known.contains(&kind) {
                    PowerError::State
                } else {
                    PowerError::Unknown
                });
            }
            "ForceRestart" | "GracefulRestart" => {
                self.due.retain(|(_, due)| !is_power(due, system));
                self.event("OK", "System restarted", now);
                self.starts(system, now);
            }
            "PowerCycle" | "ForcePowerCycle" => {
                self.turn(system, "PoweringOff", now);
                self.then(system, "Off", time, now);
                self.then(system, "PoweringOn", time.saturating_mul(2), now);
                self.then(system, "On", time.saturating_mul(3), now);
            }
            "Nmi" => self.event("Warning", "NMI was sent to the host", now),
            _ => return Err(PowerError::Unknown),
        }
        Ok(())
    }

    /// Begins to be so; what was to become of power before does not count any more.
    fn turn(&mut self, system: &str, to: &'static str, now: Moment) {
        self.due.retain(|(_, due)| !is_power(due, system));
        self.comes_to_be(system, to, now);
    }

    fn then(&mut self, system: &str, to: &'static str, ms: u32, now: Moment) {
        let at = later(ms, now);
        if ms == 0 {
            self.comes_to_be(system, to, now);
        } else {
            self.due.push((at, Due::Power { system: system.to_owned(), to }));
        }
    }

    /// Power is so from now on.
    pub(super) fn comes_to_be(&mut self, system: &str, to: &'static str, now: Moment) {
        let is_first = system == self.base.system;
        if let Some(body) = self.edit(system) {
            set(body, &["PowerState"], to.into());
            if body.get("BootProgress").is_some() && to != "On" {
                set(body, &["BootProgress", "LastState"], "None".into());
            }
        }
        let chassis = self.base.chassis.clone();
        if is_first
            && let Some(body) = self.edit(&chassis)
            && body.get("PowerState").is_some_and(Value::is_string)
        {
            set(body, &["PowerState"], to.into());
        }
        match to {
            "On" => {
                self.event("OK", "Power was turned on", now);
                self.starts(system, now);
            }
            "Off" => self.event("OK", "Power was turned off", now),
            _ => {}
        }
    }
}

fn is_power(due: &Due, of: &str) -> bool {
    matches!(due, Due::Power { system, .. } if system == of)
}
