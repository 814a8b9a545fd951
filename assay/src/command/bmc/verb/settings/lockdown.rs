//! What is wanted of what is open.

use super::Setting;
use crate::cli::bmc::settings::lockdown::{Lockdown, LockdownCommand};

pub(super) fn of(given: &Lockdown) -> Setting {
    match &given.command {
        None | Some(LockdownCommand::Status) => Setting::Services,
        Some(LockdownCommand::On(state)) => Setting::Close { save: state.save.clone() },
        Some(LockdownCommand::Off(state)) => Setting::Open { save: state.save.clone() },
    }
}
