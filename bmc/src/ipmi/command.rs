//! What is asked of a BMC, and how its answers read: bytes to values and back, nothing else.

pub mod boot;
pub mod chassis;
pub mod cipher;
pub mod dcmi;
pub mod device;
pub mod event;
pub mod fru;
pub mod lan;
pub mod sdr;
pub mod sel;
pub mod sensor;
pub mod sol;
pub mod text;
pub mod user;
pub mod watchdog;

/// Families of commands (table 5-1).
pub(crate) mod netfn {
    pub(crate) const CHASSIS: u8 = 0x00;
    pub(crate) const SENSOR: u8 = 0x04;
    pub(crate) const APP: u8 = 0x06;
    pub(crate) const STORAGE: u8 = 0x0a;
    pub(crate) const TRANSPORT: u8 = 0x0c;
    pub(crate) const GROUP: u8 = 0x2c;
}
