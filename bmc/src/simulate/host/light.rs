//! The light that a host is found by.

use serde_json::Value;

use super::{Due, Host, later, set};
use crate::simulate::clock::Moment;

impl Host {
    /// Lights it or puts it out: the old and the new property say the same, of the system and of
    /// its chassis.
    pub(in crate::simulate) fn light(&mut self, lit: bool) {
        self.due.retain(|(_, due)| *due != Due::Dark);
        for path in [self.base.system.clone(), self.base.chassis.clone()] {
            let Some(body) = self.edit(&path) else { continue };
            if body.get("LocationIndicatorActive").is_some_and(|is| *is != Value::Bool(lit)) {
                set(body, &["LocationIndicatorActive"], lit.into());
            }
            let blinks = body["IndicatorLED"] == "Blinking";
            let word = if !lit {
                "Off"
            } else if blinks {
                "Blinking"
            } else {
                "Lit"
            };
            if body.get("IndicatorLED").is_some() {
                set(body, &["IndicatorLED"], word.into());
            }
        }
    }

    /// Returns whether it is lit.
    pub(in crate::simulate) fn is_lit(&self) -> bool {
        self.raw(&self.base.system).is_some_and(|body| {
            body["LocationIndicatorActive"] == true
                || body["IndicatorLED"].as_str().is_some_and(|led| led != "Off")
        })
    }

    /// Lights it for some seconds, or for good.
    pub(in crate::simulate) fn identify(&mut self, seconds: u8, forever: bool, now: Moment) {
        self.light(seconds > 0 || forever);
        if seconds > 0 && !forever {
            self.due.push((later(u32::from(seconds) * 1000, now), Due::Dark));
        }
    }
}
