//! Any bytes as a record of a sensor, its reading, its thresholds and its factors: read without a
//! panic, and no number is infinite.

#![no_main]

use bmc::ipmi::command::{
    sdr::{self, Body},
    sensor::{self, Reading},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let (record, rest) = bytes.split_at(bytes.len() / 3 * 2);
    let records = sdr::read(record).unwrap_or_default();
    assert!(records.len() <= 15);
    for one in records {
        let Body::Sensor(sensor) = one.body else { continue };
        let thresholds = sensor::thresholds(rest, &sensor);
        let shown = sensor::shown(&sensor, Reading::read(rest), thresholds);
        assert!(shown.reading.is_none_or(f64::is_finite));
        if let Some(factors) = sensor.factors {
            for byte in 0..=255 {
                assert!(factors.value(byte).is_none_or(f64::is_finite));
                let varied = factors.at(rest).and_then(|factors| factors.value(byte));
                assert!(varied.is_none_or(f64::is_finite));
            }
        }
    }
});
