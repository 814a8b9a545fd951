//! What a BMC is, what its machine draws, and its own reset (§20, §27.7; DCMI 1.5 §6.6).

use super::{Client, chassis::unsupported};
use crate::{
    ipmi::{
        IpmiError,
        command::{
            dcmi::{self, PowerDraw},
            device::{self, Device},
            fru, netfn,
            watchdog::Watchdog,
        },
        wire::message::Request,
    },
    operation::{Outcome, identity::Identity},
};

/// What kind of reset a BMC does to itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// All of it, from its start.
    Cold,
    /// Its functions, without its state.
    Warm,
}

impl Client {
    /// Returns what the BMC says it is (Get Device ID).
    pub async fn device(&mut self) -> Result<Device, IpmiError> {
        const WHAT: &str = "Get Device ID";
        let data = self.asked(netfn::APP, 0x01, &[], WHAT).await?;
        Device::read(&data).ok_or(IpmiError::Malformed { what: WHAT })
    }

    /// Returns the host's UUID; `None` where the BMC has none.
    pub async fn uuid(&mut self) -> Result<Option<String>, IpmiError> {
        let answer = self.command(netfn::APP, 0x37, &[], "Get System GUID").await?;
        Ok(device::uuid(&answer.data).filter(|_| answer.code == 0))
    }

    /// Returns what the BMC and its host are: device id, GUID, the FRU's names, power. What cannot
    /// be read of these is `None`; the session itself must stand.
    pub async fn identity(&mut self) -> Result<Identity, IpmiError> {
        let device = self.device().await?;
        let (major, minor) = device.ipmi;
        let mut identity = Identity {
            bmc_version: Some(device.version()),
            protocol: format!("IPMI {major}.{minor}"),
            uuid: self.uuid().await?,
            ..Identity::default()
        };
        identity.power = passing(self.power_state().await)?;
        let image = passing(self.fru_image(0).await)?.flatten();
        let fields = image.map(|image| fru::fields("", &image).fields).unwrap_or_default();
        let find = |area: &str, name: &str| {
            let found = fields.iter().find(|one| one.area == area && one.name == name);
            found.map(|one| one.text.clone())
        };
        identity.manufacturer = find("product", "manufacturer")
            .or_else(|| find("board", "manufacturer"))
            .or_else(|| device.maker().map(str::to_owned));
        identity.model = find("product", "product").or_else(|| find("board", "product"));
        identity.serial = find("product", "serial").or_else(|| find("chassis", "serial"));
        identity.asset = find("product", "asset tag");
        Ok(identity)
    }

    /// Reads what the machine draws, by DCMI; `None` where the BMC has no DCMI power.
    pub async fn power_draw(&mut self) -> Result<Option<PowerDraw>, IpmiError> {
        const WHAT: &str = "DCMI Get Power Reading";
        let answer = self.command(netfn::GROUP, 0x02, &dcmi::READING, WHAT).await?;
        match answer.code {
            0 => {
                let read = PowerDraw::read(&answer.data);
                read.map(Some).ok_or(IpmiError::Malformed { what: WHAT })
            }
            // No such command, group, or sensor of power.
            0xc1 | 0xc2 | 0xcb | 0xcc | 0xcd | 0xd6 => Ok(None),
            code => Err(IpmiError::Refused { what: WHAT, code }),
        }
    }

    /// Reads the host's watchdog.
    pub async fn watchdog(&mut self) -> Result<Watchdog, IpmiError> {
        const WHAT: &str = "Get Watchdog Timer";
        let data = self.asked(netfn::APP, 0x25, &[], WHAT).await?;
        Watchdog::read(&data).ok_or(IpmiError::Malformed { what: WHAT })
    }

    /// Resets the BMC; the session is gone after it. Some BMCs are gone before they answer: then
    /// the outcome is [`Outcome::Accepted`] as well.
    pub async fn reset_bmc(&mut self, reset: Reset) -> Result<Outcome, IpmiError> {
        let (command, what) = match reset {
            Reset::Cold => (0x02, "Cold Reset"),
            Reset::Warm => (0x03, "Warm Reset"),
        };
        let request = Request { netfn: netfn::APP, lun: 0, command, data: Vec::new() };
        match self.ask(request, what, true).await {
            Ok(answer) if answer.code != 0 => unsupported(what, answer.code),
            Ok(_) | Err(IpmiError::Unanswered { .. }) => Ok(Outcome::Accepted { task: None }),
            Err(error) => Err(error),
        }
    }
}

/// Lets a refusal pass as nothing; the end of a session does not pass.
pub(super) fn passing<T>(result: Result<T, IpmiError>) -> Result<Option<T>, IpmiError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(IpmiError::Refused { .. } | IpmiError::Malformed { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
