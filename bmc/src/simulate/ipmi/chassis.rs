//! The chassis: power and the light (§28).

use super::{Answer, BAD_FIELD, NO_COMMAND, NOT_NOW, OK, TOO_SHORT};
use crate::simulate::{
    clock::Moment,
    host::{Host, PowerError},
};

pub(super) fn answer(host: &mut Host, command: u8, data: &[u8], now: Moment) -> Answer {
    let system = host.base.system.clone();
    match command {
        // Get Chassis Capabilities: no lock, no intrusion sensor; all devices are the BMC.
        0x00 => (OK, vec![0, 0x20, 0x20, 0x20, 0x20]),
        0x01 => {
            // Power comes back as it was; the light is told of (bit 6), and how it is.
            let on = !matches!(host.power(&system), "Off" | "PoweringOn");
            let lit = if host.is_lit() { 0x20 } else { 0 };
            (OK, vec![0x20 | u8::from(on), 0, 0x40 | lit, 0])
        }
        0x02 => {
            let Some(wanted) = data.first() else { return (TOO_SHORT, Vec::new()) };
            let kind = match wanted & 0x0f {
                0 => "ForceOff",
                1 => "On",
                2 => "PowerCycle",
                3 => "ForceRestart",
                4 => "Nmi",
                5 => "GracefulShutdown",
                _ => return (BAD_FIELD, Vec::new()),
            };
            match host.reset(&system, kind, now) {
                Ok(()) => (OK, Vec::new()),
                Err(PowerError::State | PowerError::Unknown) => (NOT_NOW, Vec::new()),
            }
        }
        // Chassis Identify: for 15 s, for so long, or for good.
        0x04 => {
            let seconds = data.first().copied().unwrap_or(15);
            let forever = data.get(1).is_some_and(|byte| byte & 1 == 1);
            host.identify(seconds, forever, now);
            (OK, Vec::new())
        }
        // Get System Restart Cause: by chassis control.
        0x07 => (OK, vec![0x01, 0x01]),
        _ => (NO_COMMAND, Vec::new()),
    }
}
