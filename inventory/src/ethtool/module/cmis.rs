//! QSFP-DD, OSFP and others: CMIS 4.0 and later.

use super::{
    CHARACTERISTICS, Eeprom, LANES, LOWER, Module, UPPER, powers, temperature, text, word,
};

/// The upper pages' offsets count from 128.
const fn up(offset: usize) -> usize {
    offset - 128
}

/// Media interface technologies from here on are copper.
const COPPER: u8 = 0x0a;
const MOST_LANES: usize = 8;

pub(super) fn module(eeprom: &Eeprom) -> Module {
    let lower = eeprom.piece(LOWER).unwrap_or_default();
    let upper = eeprom.piece(UPPER).unwrap_or_default();
    let copper = upper.get(up(212)).is_some_and(|technology| *technology >= COPPER);
    let page = eeprom.piece(CHARACTERISTICS).unwrap_or_default();
    let wavelength = word(&page, up(138)).filter(|raw| !copper && *raw > 0);
    let mut module = Module {
        vendor: text(&upper, up(129), 16),
        part_number: text(&upper, up(148), 16),
        serial: text(&upper, up(166), 16),
        wavelength_pm: wavelength.map(|raw| u64::from(raw) * 50),
        temperature_mc: word(&lower, 14).filter(|raw| *raw != 0).map(temperature),
        ..Module::default()
    };
    if let Some(monitors) = eeprom.piece(LANES).filter(|_| !copper) {
        let lanes = media_lanes(&lower);
        module.tx_power_nw = powers(&monitors, up(154), lanes);
        module.rx_power_nw = powers(&monitors, up(186), lanes);
    }
    module
}

/// Returns the number of media lanes of the first application (byte 88, low
/// half); a module that tells none has all.
fn media_lanes(lower: &[u8]) -> usize {
    let lanes = lower.get(88).map_or(0, |byte| usize::from(byte & 0x0f));
    if (1..=MOST_LANES).contains(&lanes) { lanes } else { MOST_LANES }
}
