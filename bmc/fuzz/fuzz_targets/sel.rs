//! Any bytes as entries of the SEL, and as the answers to all other commands: read without a panic.

#![no_main]

use bmc::ipmi::command::{
    boot::Flags,
    chassis::Status,
    dcmi::PowerDraw,
    device::{self, Device},
    lan::Lan,
    sdr::{self, Body},
    sel::{self, Extent},
    text,
    user::{self, Access, ChannelAccess},
    watchdog::Watchdog,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let sensors: Vec<_> = sdr::read(bytes)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|record| match record.body {
            Body::Sensor(sensor) => Some(sensor),
            _ => None,
        })
        .collect();
    for chunk in bytes.chunks(18) {
        let Some((_next, record)) = sel::entry(chunk) else { continue };
        let mut entry = sel::shown(&record, &|_, number| Some(format!("sensor {number}")));
        if let Some(sensor) = sensors.first() {
            sel::with_values(&mut entry, &record, sensor);
        }
        assert!(!entry.message.is_empty());
    }
    let _extent = Extent::read(bytes);
    let _flags = Flags::read(bytes).map(|flags| (flags.say(), flags.in_force()));
    let _status = Status::read(bytes).map(|status| (status.faults(), status.light()));
    let _draw = PowerDraw::read(bytes);
    let _device = Device::read(bytes).map(|device| (device.version(), device.maker()));
    let _uuid = device::uuid(bytes);
    let _watchdog = Watchdog::read(bytes);
    let _user = Access::read(bytes).map(|access| access.user(2, user::name(bytes)));
    let _channel = ChannelAccess::read(bytes);
    let mut rest = bytes;
    while text::take(&mut rest, bytes.len() % 2 == 0).is_some() {}
    let mut lan = Lan::default();
    for chunk in bytes.chunks(23) {
        if let Some((parameter, data)) = chunk.split_first() {
            lan.take(*parameter, data);
            lan.take_ipv6(data);
        }
    }
    let _open = lan.lets_anybody_in();
});
