//! Power, boot and the light, each read back (§28).

use std::time::Duration;

use super::{Client, now};
use crate::{
    ipmi::{
        IpmiError,
        command::{
            boot::{self, Flags},
            chassis::{self, Status},
            netfn,
        },
        wire::message::Request,
    },
    operation::{
        Outcome,
        boot::{Device, Override, Seen},
        power,
    },
};

/// How long to wait before power is looked at again, the first time.
const LOOK: Duration = Duration::from_millis(100);
/// How long that grows.
const LOOK_LONGEST: Duration = Duration::from_secs(1);

/// What the identify light does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identify {
    /// It is on until it is turned off.
    On,
    /// It is on for so many seconds.
    For(u8),
    /// It is off.
    Off,
}

impl Client {
    /// Returns what the BMC says of the chassis: power, faults, the light.
    pub async fn chassis(&mut self) -> Result<Status, IpmiError> {
        const WHAT: &str = "Get Chassis Status";
        let data = self.asked(netfn::CHASSIS, 0x01, &[], WHAT).await?;
        Status::read(&data).ok_or(IpmiError::Malformed { what: WHAT })
    }

    /// Returns the host's power.
    pub async fn power_state(&mut self) -> Result<power::State, IpmiError> {
        Ok(self.chassis().await?.state())
    }

    /// Changes the host's power, and looks until it is as asked for, or
    /// [`Patience::settle`](super::super::Patience::settle) is over. A soft shutdown that takes
    /// longer is [`Outcome::Accepted`].
    ///
    /// Reset and cycle are sent once: an answer that is lost is [`IpmiError::Unanswered`], and not
    /// a second reset.
    pub async fn power(&mut self, action: power::Action) -> Result<Outcome, IpmiError> {
        const WHAT: &str = "Chassis Control";
        let data = vec![chassis::control(action)];
        let request = Request { netfn: netfn::CHASSIS, lun: 0, command: 0x02, data };
        let once = matches!(action, power::Action::Reset | power::Action::Cycle);
        let code = self.ask(request, WHAT, once).await?.code;
        if code != 0 {
            return unsupported(WHAT, code);
        }
        let wanted = match action {
            power::Action::Off | power::Action::Soft => power::State::Off,
            power::Action::On | power::Action::Reset | power::Action::Cycle => power::State::On,
        };
        let until = now() + self.options.patience.settle;
        let mut pause = LOOK;
        loop {
            let found = self.power_state().await?;
            if found == wanted {
                return Ok(Outcome::Done);
            }
            if now() + pause > until {
                return Ok(if action == power::Action::Soft {
                    Outcome::Accepted { task: None }
                } else {
                    Outcome::NotKept { sent: say(wanted), found: say(found) }
                });
            }
            self.wait(pause).await?;
            pause = (pause * 2).min(LOOK_LONGEST);
        }
    }

    /// Returns what the host boots from next, as far as it is in force.
    pub async fn boot(&mut self) -> Result<Seen, IpmiError> {
        Ok(self.boot_flags().await?.in_force())
    }

    /// Returns the boot flags as they stand in the BMC, in force or not.
    pub async fn boot_flags(&mut self) -> Result<Flags, IpmiError> {
        const WHAT: &str = "Get System Boot Options";
        let data = self.asked(netfn::CHASSIS, 0x09, &[boot::FLAGS, 0, 0], WHAT).await?;
        Flags::read(&data).ok_or(IpmiError::Malformed { what: WHAT })
    }

    /// Sets what the host boots from next, and reads it back: flags that a BMC says yes to and
    /// does not mark valid are not kept.
    pub async fn set_boot(&mut self, wanted: Override) -> Result<Outcome, IpmiError> {
        const WHAT: &str = "Set System Boot Options";
        let Some(flags) = boot::flags(wanted) else {
            return Ok(Outcome::Unsupported {
                why: (
                    "IPMI 没有从 HTTP 启动的选项；请用 Redfish".to_owned(),
                    "IPMI has no word for booting by HTTP; use Redfish".to_owned(),
                ),
            });
        };
        // By the book, in this order; of all but the flags BMCs may have none, so their answers do
        // not matter. The flags would be forgotten after 60 s without a power command; with bit 3
        // they are kept.
        for option in
            [&[boot::PROGRESS, 0x01][..], &[boot::CLEARING, 0x08], &[boot::ACKNOWLEDGE, 0x01, 0x01]]
        {
            self.command(netfn::CHASSIS, 0x08, option, WHAT).await?;
        }
        let code = self.command(netfn::CHASSIS, 0x08, &flags, WHAT).await?.code;
        for end in [0x02, 0x00] {
            self.command(netfn::CHASSIS, 0x08, &[boot::PROGRESS, end], WHAT).await?;
        }
        if code != 0 {
            return unsupported(WHAT, code);
        }
        let found = self.boot_flags().await?;
        Ok(if found.keeps(wanted) {
            Outcome::Done
        } else if wanted.device == Device::None {
            Outcome::NotKept { sent: "none".to_owned(), found: found.say() }
        } else {
            Outcome::NotKept { sent: boot::say(wanted), found: found.say() }
        })
    }

    /// Sets the identify light. What a BMC tells of it is read back; where it tells nothing, the
    /// outcome is [`Outcome::Accepted`].
    pub async fn identify(&mut self, wanted: Identify) -> Result<Outcome, IpmiError> {
        const WHAT: &str = "Chassis Identify";
        let (data, on) = match wanted {
            Identify::On => (vec![0, 1], true),
            Identify::For(seconds) => (vec![seconds], seconds > 0),
            Identify::Off => (vec![0], false),
        };
        let mut code = self.command(netfn::CHASSIS, 0x04, &data, WHAT).await?.code;
        if code != 0 && wanted == Identify::On {
            // "Until it is turned off" came with 2.0; four minutes is the most of before.
            code = self.command(netfn::CHASSIS, 0x04, &[0xff], WHAT).await?.code;
        }
        if code != 0 {
            return unsupported(WHAT, code);
        }
        let light = |on: bool| if on { "on".to_owned() } else { "off".to_owned() };
        Ok(match self.chassis().await?.light() {
            None => Outcome::Accepted { task: None },
            Some(found) if found == on => Outcome::Done,
            Some(found) => Outcome::NotKept { sent: light(on), found: light(found) },
        })
    }
}

/// Tells what a refusal means: a command that the BMC does not have is no error of the session.
pub(super) fn unsupported(what: &'static str, code: u8) -> Result<Outcome, IpmiError> {
    let (chinese, english) = crate::ipmi::completion::meaning(code);
    match code {
        0xc1 | 0xc2 | 0xd6 => Ok(Outcome::Unsupported {
            why: (format!("{what}：{chinese}"), format!("{what}: {english}")),
        }),
        code => Err(IpmiError::Refused { what, code }),
    }
}

fn say(state: power::State) -> String {
    match state {
        power::State::On => "on",
        power::State::Off => "off",
        power::State::TurningOn => "turning on",
        power::State::TurningOff => "turning off",
        power::State::Paused => "paused",
    }
    .to_owned()
}
