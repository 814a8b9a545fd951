//! SFP, SFP+ and SFP28: SFF-8472 (A0h as in INF-8074, diagnostics in A2h).

use super::{Eeprom, LOWER, MONITORS, Module, bit_rate, powers, temperature, text, word};

/// Byte 8: the cable is passive or active copper.
const COPPER: u8 = 0b0000_1100;
/// Byte 92: diagnostics are there; and they need the module's own calibration,
/// which is not done here.
const DIAGNOSTICS: u8 = 0b0100_0000;
const EXTERNAL: u8 = 0b0001_0000;

pub(super) fn module(eeprom: &Eeprom) -> Module {
    let base = eeprom.piece(LOWER).unwrap_or_default();
    let copper = base.get(8).is_some_and(|bits| bits & COPPER != 0);
    let wavelength = word(&base, 60).filter(|nm| !copper && *nm > 0);
    let mut module = Module {
        vendor: text(&base, 20, 16),
        part_number: text(&base, 40, 16),
        serial: text(&base, 68, 16),
        bit_rate_bps: bit_rate(base.get(12).copied(), base.get(66).copied()),
        wavelength_pm: wavelength.map(|nm| u64::from(nm) * 1_000),
        ..Module::default()
    };
    let kind = base.get(92).copied().unwrap_or(0);
    let monitors = eeprom.piece(MONITORS);
    if let Some(monitors) = monitors.filter(|_| kind & DIAGNOSTICS != 0 && kind & EXTERNAL == 0) {
        module.temperature_mc = word(&monitors, 96).map(temperature);
        module.tx_power_nw = powers(&monitors, 102, 1);
        module.rx_power_nw = powers(&monitors, 104, 1);
    }
    module
}
