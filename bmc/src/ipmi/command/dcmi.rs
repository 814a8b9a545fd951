//! Power of a whole machine (DCMI 1.5 §6.6.1).

use std::time::Duration;

use crate::ipmi::wire::{byte, double, word};

/// What every request and answer of DCMI begins with.
pub const BODY: u8 = 0xdc;
/// Get Power Reading, of the system.
pub const READING: [u8; 4] = [BODY, 0x01, 0x00, 0x00];

/// The answer to Get Power Reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerDraw {
    /// Watts now.
    pub watts: u16,
    /// The least in the period.
    pub least: u16,
    /// The most in the period.
    pub most: u16,
    /// The mean of the period.
    pub mean: u16,
    /// When, in seconds since 1970 of the BMC's clock.
    pub time: u32,
    /// How long the period is.
    pub period: Duration,
    /// Whether it measures now.
    pub active: bool,
}

impl PowerDraw {
    /// Reads the answer's data.
    pub fn read(mut data: &[u8]) -> Option<Self> {
        (byte(&mut data)? == BODY).then_some(())?;
        let (watts, least) = (word(&mut data)?, word(&mut data)?);
        let (most, mean) = (word(&mut data)?, word(&mut data)?);
        let (time, period) = (double(&mut data)?, double(&mut data)?);
        let active = byte(&mut data)? & 0x40 != 0;
        let period = Duration::from_millis(u64::from(period));
        Some(Self { watts, least, most, mean, time, period, active })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_reads() {
        let data = [0xdc, 0x2c, 1, 0x64, 0, 0x90, 1, 0xfa, 0, 1, 2, 3, 4, 0xe8, 3, 0, 0, 0x40];
        let draw = PowerDraw::read(&data).expect("a reading");
        assert_eq!((draw.watts, draw.least, draw.most, draw.mean), (300, 100, 400, 250));
        assert_eq!(
            (draw.time, draw.period, draw.active),
            (0x0403_0201, Duration::from_secs(1), true)
        );
        assert_eq!(PowerDraw::read(&data[..17]), None);
        assert_eq!(PowerDraw::read(&[0xdd; 18]), None);
    }
}
