//! What is wanted of settings, as a value.

mod bios;
mod certs;
mod lockdown;
mod nic;
mod time;
mod users;

use std::path::PathBuf;

use bmc::{
    hand::Needs,
    operation::{bios::Wanted, interface},
    safety::Effect,
};

pub(in crate::command::bmc) use certs::{Replacement, Request};
pub(in crate::command::bmc) use users::User;

use crate::{cli::bmc::BmcCommand, failure::Failure};

/// What is wanted of settings.
#[derive(Clone, Debug)]
pub(in crate::command::bmc) enum Setting {
    Users,
    User(User),
    Bios {
        names: Vec<String>,
    },
    BiosPending,
    SetBios(Vec<Wanted>),
    ResetBios,
    RevokeBios,
    Certificates,
    Request(Request),
    Replace(Replacement),
    Clock,
    /// To a moment in seconds of Unix time, or to this machine's clock.
    SetClock(Option<i64>),
    Ntp(Vec<String>),
    Interfaces,
    SetInterface(interface::Wanted),
    Services,
    Close {
        save: PathBuf,
    },
    Open {
        save: PathBuf,
    },
}

impl Setting {
    /// Reads what is wanted; nothing where it is of no setting.
    pub(super) fn of(command: &BmcCommand) -> Result<Option<Self>, Failure> {
        Ok(Some(match command {
            BmcCommand::Users(users) => users::of(users)?,
            BmcCommand::Bios(given) => bios::of(given)?,
            BmcCommand::Certs(given) => certs::of(given),
            BmcCommand::Time(given) => time::of(given)?,
            BmcCommand::Nic(given) => nic::of(given)?,
            BmcCommand::Lockdown(given) => lockdown::of(given),
            _ => return Ok(None),
        }))
    }

    /// Tells it where certificates are kept that are known.
    pub(in crate::command::bmc) fn keep(&mut self, place: &std::path::Path) {
        if let Self::Replace(replacement) = self
            && let Some(known) = &mut replacement.known
        {
            place.clone_into(known);
        }
    }

    /// Returns whether it is of one host by its nature.
    pub(in crate::command::bmc) fn is_of_one(&self) -> bool {
        matches!(
            self,
            Self::SetInterface(interface::Wanted {
                source: Some(interface::Source::Static { .. }),
                ..
            })
        )
    }

    /// Returns what shows its plan, where looking at the hosts does.
    pub(in crate::command::bmc) fn plan(&self) -> Option<Self> {
        matches!(self, Self::Close { .. }).then_some(Self::Services)
    }

    /// Returns its name in documents.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::User(user) => user.change.name(),
            Self::Bios { .. } => "bios get",
            Self::BiosPending => "bios pending",
            Self::SetBios(_) => "bios set",
            Self::ResetBios => "bios reset",
            Self::RevokeBios => "bios revoke",
            Self::Certificates => "certs list",
            Self::Request(_) => "certs csr",
            Self::Replace(_) => "certs replace",
            Self::Clock => "time",
            Self::SetClock(_) => "time set",
            Self::Ntp(_) => "time ntp",
            Self::Interfaces => "nic",
            Self::SetInterface(_) => "nic set",
            Self::Services => "lockdown",
            Self::Close { .. } => "lockdown on",
            Self::Open { .. } => "lockdown off",
        }
    }

    /// Returns how much it changes.
    pub(super) fn effect(&self) -> Effect {
        match self {
            Self::Users
            | Self::Bios { .. }
            | Self::BiosPending
            | Self::Certificates
            | Self::Clock
            | Self::Interfaces
            | Self::Services => Effect::Read,
            // A request that waits is void, and another one can be made.
            Self::Request(_) | Self::SetClock(_) | Self::Ntp(_) => Effect::Change,
            // A host may not start with them.
            Self::SetBios(_)
            | Self::ResetBios
            | Self::RevokeBios
            | Self::Replace(_)
            | Self::SetInterface(_)
            | Self::Close { .. }
            | Self::Open { .. } => Effect::Destroy,
            Self::User(user) => user.change.effect(),
        }
    }

    /// Returns which protocol it takes.
    pub(super) fn needs(&self) -> Needs {
        match self {
            Self::Users | Self::User(_) | Self::Clock | Self::SetClock(_) | Self::Interfaces => {
                Needs::Either
            }
            Self::Bios { .. }
            | Self::BiosPending
            | Self::SetBios(_)
            | Self::ResetBios
            | Self::RevokeBios
            | Self::Certificates
            | Self::Request(_)
            | Self::Replace(_)
            | Self::Ntp(_)
            | Self::SetInterface(_)
            | Self::Services
            | Self::Close { .. }
            | Self::Open { .. } => Needs::Redfish,
        }
    }
}
