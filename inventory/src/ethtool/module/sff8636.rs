//! QSFP, QSFP+ and QSFP28: SFF-8636.

use super::{Eeprom, LOWER, Module, UPPER, bit_rate, powers, temperature, text, word};

/// The upper page's offsets count from 128.
const fn up(offset: usize) -> usize {
    offset - 128
}

/// Transmitter technologies from here on are copper.
const COPPER: u8 = 0xa0;

const LANES: usize = 4;

pub(super) fn module(eeprom: &Eeprom) -> Module {
    let lower = eeprom.piece(LOWER).unwrap_or_default();
    let upper = eeprom.piece(UPPER).unwrap_or_default();
    let copper = upper.get(up(147)).is_some_and(|technology| *technology >= COPPER);
    let wavelength = word(&upper, up(186)).filter(|raw| !copper && *raw > 0);
    let mut module = Module {
        vendor: text(&upper, up(148), 16),
        part_number: text(&upper, up(168), 16),
        serial: text(&upper, up(196), 16),
        bit_rate_bps: bit_rate(upper.get(up(140)).copied(), upper.get(up(222)).copied()),
        // Units of 0.05 nm.
        wavelength_pm: wavelength.map(|raw| u64::from(raw) * 50),
        // A module without a thermometer holds zeros.
        temperature_mc: word(&lower, 22).filter(|raw| *raw != 0).map(temperature),
        ..Module::default()
    };
    if !copper {
        module.rx_power_nw = powers(&lower, 34, LANES);
        module.tx_power_nw = powers(&lower, 50, LANES);
    }
    module
}
