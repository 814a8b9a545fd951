//! The watchdog of a host (§27.7).

use crate::ipmi::wire::take;

/// The answer to Get Watchdog Timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watchdog {
    /// Whether it runs.
    pub running: bool,
    /// Whether its running out is not logged.
    pub silent: bool,
    /// Who set it: 1 BIOS, 2 BIOS during POST, 3 loading of the system, 4 the system, 5 OEM.
    pub user: u8,
    /// What it does in the end: 0 nothing, 1 reset, 2 power down, 3 power cycle.
    pub action: u8,
    /// What it does before: 0 nothing, 1 SMI, 2 NMI, 3 an interrupt of messages.
    pub before: u8,
    /// How many seconds before.
    pub before_seconds: u8,
    /// Uses that have run out, bit by bit.
    pub expired: u8,
    /// What it was set to, in tenths of a second.
    pub initial: u16,
    /// What is left, in tenths of a second.
    pub left: u16,
}

impl Watchdog {
    /// Reads the answer's data.
    pub fn read(mut data: &[u8]) -> Option<Self> {
        let [using, acts, before_seconds, expired] = *take::<4>(&mut data)?;
        let initial = u16::from_le_bytes(*take(&mut data)?);
        let left = u16::from_le_bytes(*take(&mut data)?);
        Some(Self {
            running: using & 0x40 != 0,
            silent: using & 0x80 != 0,
            user: using & 0x07,
            action: acts & 0x07,
            before: acts >> 4 & 0x07,
            before_seconds,
            expired,
            initial,
            left,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watchdog_reads() {
        let read = Watchdog::read(&[0x44, 0x21, 5, 0, 0x58, 2, 0x2c, 1]).expect("a watchdog");
        assert!(read.running && !read.silent);
        assert_eq!((read.user, read.action, read.before, read.before_seconds), (4, 1, 2, 5));
        assert_eq!((read.initial, read.left), (600, 300));
        assert_eq!(Watchdog::read(&[0; 7]), None);
    }
}
