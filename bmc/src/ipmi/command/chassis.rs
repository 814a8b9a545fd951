//! The host's power, and its light (§28.2 to §28.5).

use crate::{ipmi::wire::take, operation::power};

/// The answer to Get Chassis Status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Byte 1: power on, overload, interlock, fault, control fault, policy.
    pub power: u8,
    /// Byte 2: what happened last to it.
    pub last: u8,
    /// Byte 3: intrusion, lock-out, drive fault, fan fault, and the light.
    pub other: u8,
}

impl Status {
    /// Reads the answer's data.
    pub fn read(mut data: &[u8]) -> Option<Self> {
        let [power, last, other] = *take::<3>(&mut data)?;
        Some(Self { power, last, other })
    }

    /// Returns the host's power.
    pub fn state(self) -> power::State {
        if self.power & 1 != 0 { power::State::On } else { power::State::Off }
    }

    /// Returns what is wrong with it, in words; empty where all is well.
    pub fn faults(self) -> Vec<&'static str> {
        let named = [
            (self.power, 0x02, "power overload"),
            (self.power, 0x04, "power interlock"),
            (self.power, 0x08, "power fault"),
            (self.power, 0x10, "power control fault"),
            (self.other, 0x01, "chassis intrusion"),
            (self.other, 0x04, "drive fault"),
            (self.other, 0x08, "cooling fault"),
        ];
        named
            .into_iter()
            .filter(|(byte, bit, _)| byte & bit != 0)
            .map(|(_, _, name)| name)
            .collect()
    }

    /// Returns whether the light is on, where the BMC tells.
    pub fn light(self) -> Option<bool> {
        (self.other & 0x40 != 0).then_some(self.other & 0x30 != 0)
    }
}

/// Returns the data of Chassis Control for an action.
pub fn control(action: power::Action) -> u8 {
    match action {
        power::Action::Off => 0,
        power::Action::On => 1,
        power::Action::Cycle => 2,
        power::Action::Reset => 3,
        power::Action::Soft => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_reads() {
        let on = Status::read(&[0x61, 0x10, 0x50]).expect("a status");
        assert_eq!((on.state(), on.light()), (power::State::On, Some(true)));
        assert!(on.faults().is_empty());
        let off = Status::read(&[0x08, 0, 0x0c, 0xff]).expect("a status");
        assert_eq!((off.state(), off.light()), (power::State::Off, None));
        assert_eq!(off.faults(), ["power fault", "drive fault", "cooling fault"]);
        assert_eq!(Status::read(&[1, 2]), None);
    }
}
