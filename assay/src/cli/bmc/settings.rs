//! What the verbs on settings take: of the BMC itself, and of its host's firmware.

pub mod bios;
pub mod certs;
pub mod lockdown;
pub mod nic;
pub mod time;
pub mod users;
