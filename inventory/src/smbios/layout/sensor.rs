//! Types 22 to 30 and 34 to 36: batteries, probes, fans, resets, thresholds.

use super::super::words::{self, Words};
use super::super::{Structure, Unit, Value};
use super::{Field, Layout, Named, handle, handle_if_any, hex32, owned, text, with, word};

pub(super) const LAYOUTS: &[Layout] = &[
    Layout::new(22, "Portable Battery", BATTERY),
    Layout::new(23, "System Reset", &[]).and(reset),
    Layout::new(24, "Hardware Security", SECURITY),
    Layout::new(25, "System Power Controls", POWER),
    Layout::new(26, "Voltage Probe", VOLTAGE),
    Layout::new(27, "Cooling Device", COOLING),
    Layout::new(28, "Temperature Probe", TEMPERATURE),
    Layout::new(29, "Electrical Current Probe", CURRENT),
    Layout::new(30, "Out-of-band Remote Access", REMOTE),
    Layout::new(34, "Management Device", DEVICE),
    Layout::new(35, "Management Device Component", COMPONENT),
    Layout::new(36, "Management Device Threshold Data", THRESHOLD),
];

const BATTERY: &[Field] = &[
    text("Location", 0x04),
    text("Manufacturer", 0x05),
    with("Manufacture Date", 0x06, |s, at| text_unless_smart(s, at, 0)),
    with("Serial Number", 0x07, |s, at| text_unless_smart(s, at, 0)),
    text("Name", 0x08),
    with("Chemistry", 0x09, |s, at| {
        let code = s.u8(at)?;
        let smart = code == 2 && s.u8(0x14).is_some();
        (!smart).then(|| words::CHEMISTRY.value(code.into()))
    }),
    with("Design Capacity", 0x0A, |s, at| {
        let factor = s.u8(0x15).unwrap_or(1);
        s.u16(at).map(|capacity| match capacity {
            0 => Value::Word("Unknown"),
            capacity => owned(format!("{} mWh", u32::from(capacity) * u32::from(factor))),
        })
    }),
    with("Design Voltage", 0x0C, |s, at| {
        s.u16(at).map(|millivolt| match millivolt {
            0 => Value::Word("Unknown"),
            millivolt => owned(format!("{millivolt} mV")),
        })
    }),
    text("SBDS Version", 0x0E),
    with("Maximum Error", 0x0F, |s, at| {
        s.u8(at).map(|percent| match percent {
            0xFF => Value::Word("Unknown"),
            percent => Value::Quantity(percent.into(), Unit::Percent),
        })
    }),
    with("SBDS Serial Number", 0x10, |s, at| {
        let serial = s.u16(at)?;
        (s.u8(0x07) == Some(0)).then(|| owned(format!("{serial:04X}")))
    }),
    with("SBDS Manufacture Date", 0x12, |s, at| {
        let date = s.u16(at)?;
        let (year, month, day) = (1980 + (date >> 9), (date >> 5) & 0xF, date & 0x1F);
        (s.u8(0x06) == Some(0)).then(|| owned(format!("{year}-{month:02}-{day:02}")))
    }),
    with("SBDS Chemistry", 0x14, |s, at| {
        s.text(at).filter(|_| s.u8(0x09) == Some(2)).map(Value::from)
    }),
    with("OEM-specific Information", 0x16, hex32),
];

const SECURITY: &[Field] = &[
    with("Power-On Password Status", 0x04, |s, at| pair(s, at, 6)),
    with("Keyboard Password Status", 0x04, |s, at| pair(s, at, 4)),
    with("Administrator Password Status", 0x04, |s, at| pair(s, at, 2)),
    with("Front Panel Reset Status", 0x04, |s, at| pair(s, at, 0)),
];

const POWER: &[Field] = &[with("Next Scheduled Power-on", 0x04, schedule)];

const VOLTAGE: &[Field] = &[
    text("Description", 0x04),
    with("Location", 0x05, |s, at| low_five(s, at, words::PROBE_LOCATION)),
    with("Status", 0x05, high_three),
    with("Maximum Value", 0x06, volt),
    with("Minimum Value", 0x08, volt),
    with("Resolution", 0x0A, |s, at| resolution(s, at, 1, "mV")),
    with("Tolerance", 0x0C, volt),
    with("Accuracy", 0x0E, accuracy),
    with("OEM-specific Information", 0x10, hex32),
    with("Nominal Value", 0x14, volt),
];

const TEMPERATURE: &[Field] = &[
    text("Description", 0x04),
    with("Location", 0x05, |s, at| low_five(s, at, words::TEMPERATURE_LOCATION)),
    with("Status", 0x05, high_three),
    with("Maximum Value", 0x06, degrees),
    with("Minimum Value", 0x08, degrees),
    with("Resolution", 0x0A, |s, at| resolution(s, at, 3, "deg C")),
    with("Tolerance", 0x0C, degrees),
    with("Accuracy", 0x0E, accuracy),
    with("OEM-specific Information", 0x10, hex32),
    with("Nominal Value", 0x14, degrees),
];

const CURRENT: &[Field] = &[
    text("Description", 0x04),
    with("Location", 0x05, |s, at| low_five(s, at, words::PROBE_LOCATION)),
    with("Status", 0x05, high_three),
    with("Maximum Value", 0x06, ampere),
    with("Minimum Value", 0x08, ampere),
    with("Resolution", 0x0A, |s, at| resolution(s, at, 1, "mA")),
    with("Tolerance", 0x0C, ampere),
    with("Accuracy", 0x0E, accuracy),
    with("OEM-specific Information", 0x10, hex32),
    with("Nominal Value", 0x14, ampere),
];

const COOLING: &[Field] = &[
    with("Temperature Probe Handle", 0x04, handle_if_any),
    with("Type", 0x06, |s, at| low_five(s, at, words::COOLING)),
    with("Status", 0x06, high_three),
    with("Cooling Unit Group", 0x07, |s, at| {
        s.u8(at).filter(|&group| group != 0).map(|group| Value::Number(group.into()))
    }),
    with("OEM-specific Information", 0x08, hex32),
    with("Nominal Speed", 0x0C, |s, at| {
        s.u16(at).map(|speed| match speed {
            0x8000 => Value::Word("Unknown Or Non-rotating"),
            speed => Value::Quantity(speed.into(), Unit::RotationsPerMinute),
        })
    }),
    text("Description", 0x0E),
];

const REMOTE: &[Field] = &[
    text("Manufacturer Name", 0x04),
    with("Inbound Connection", 0x05, |s, at| s.u8(at).map(|bits| on_off(bits & 1 != 0))),
    with("Outbound Connection", 0x05, |s, at| s.u8(at).map(|bits| on_off(bits & 2 != 0))),
];

const DEVICE: &[Field] = &[
    text("Description", 0x04),
    word("Type", 0x05, words::MANAGEMENT_DEVICE),
    with("Address", 0x06, hex32),
    word("Address Type", 0x0A, words::MANAGEMENT_ADDRESS),
];

const COMPONENT: &[Field] = &[
    text("Description", 0x04),
    handle("Management Device Handle", 0x05),
    handle("Component Handle", 0x07),
    with("Threshold Handle", 0x09, handle_if_any),
];

const THRESHOLD: &[Field] = &[
    with("Lower Non-critical Threshold", 0x04, threshold),
    with("Upper Non-critical Threshold", 0x06, threshold),
    with("Lower Critical Threshold", 0x08, threshold),
    with("Upper Critical Threshold", 0x0A, threshold),
    with("Lower Non-recoverable Threshold", 0x0C, threshold),
    with("Upper Non-recoverable Threshold", 0x0E, threshold),
];

fn on_off(on: bool) -> Value<'static> {
    Value::Word(if on { "Enabled" } else { "Disabled" })
}

/// A string that smart batteries replace by a number further on.
fn text_unless_smart<'a>(s: &Structure<'a>, at: usize, replaced: u8) -> Option<Value<'a>> {
    let smart = s.u8(at)? == replaced && s.u8(0x19).is_some();
    if smart { None } else { s.text(at).map(Value::from) }
}

fn pair(s: &Structure<'_>, at: usize, shift: u32) -> Option<Value<'static>> {
    s.u8(at).map(|bits| words::SECURITY.value(((bits >> shift) & 3).into()))
}

fn low_five(s: &Structure<'_>, at: usize, words: Words) -> Option<Value<'static>> {
    s.u8(at).map(|bits| words.value((bits & 0x1F).into()))
}

fn high_three(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    s.u8(at).map(|bits| words::PROBE_STATUS.value((bits >> 5).into()))
}

/// A signed number of 10^-`digits` units; 8000h is unknown.
fn signed(s: &Structure<'_>, at: usize, digits: usize, unit: &str) -> Option<Value<'static>> {
    let raw = s.bytes::<2>(at).map(i16::from_le_bytes)?;
    if raw == i16::MIN {
        return Some(Value::Word("Unknown"));
    }
    let sign = if raw < 0 { "-" } else { "" };
    Some(owned(format!("{sign}{} {unit}", decimal(raw.unsigned_abs(), digits))))
}

/// The same without a sign: a step is never negative.
fn resolution(s: &Structure<'_>, at: usize, digits: usize, unit: &str) -> Option<Value<'static>> {
    s.u16(at).map(|raw| match raw {
        0x8000 => Value::Word("Unknown"),
        raw => owned(format!("{} {unit}", decimal(raw, digits))),
    })
}

/// Returns `number` with its last `digits` behind the point.
fn decimal(number: u16, digits: usize) -> String {
    let scale = (0..digits).fold(1_u32, |scale, _| scale.saturating_mul(10));
    format!("{}.{:0digits$}", u32::from(number) / scale, u32::from(number) % scale)
}

fn volt(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    signed(s, at, 3, "V")
}

fn ampere(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    signed(s, at, 3, "A")
}

fn degrees(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    signed(s, at, 1, "deg C")
}

fn accuracy(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    s.u16(at).map(|accuracy| match accuracy {
        0x8000 => Value::Word("Unknown"),
        accuracy => owned(format!("{}.{:02}%", accuracy / 100, accuracy % 100)),
    })
}

fn threshold(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let raw = s.bytes::<2>(at).map(i16::from_le_bytes)?;
    (raw != i16::MIN).then(|| owned(raw.to_string()))
}

/// Month, day and time in BCD; what is out of range means any.
fn schedule(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let [month, day, hour, minute, second] = s.bytes::<5>(at)?;
    let part = |bcd: u8, least: u8, most: u8| {
        let digits = bcd >> 4 <= 9 && bcd & 0xF <= 9;
        if digits && (least..=most).contains(&bcd) { format!("{bcd:02X}") } else { "*".to_owned() }
    };
    Some(owned(format!(
        "{}-{} {}:{}:{}",
        part(month, 0x01, 0x12),
        part(day, 0x01, 0x31),
        part(hour, 0x00, 0x23),
        part(minute, 0x00, 0x59),
        part(second, 0x00, 0x59)
    )))
}

/// Without a watchdog timer the rest of the structure means nothing.
fn reset<'a>(s: &Structure<'a>, named: &mut Named<'a>) {
    let Some(bits) = s.u8(0x04) else { return };
    let watchdog = bits & 0x20 != 0;
    let present = Value::Word(if watchdog { "Present" } else { "Not Present" });
    named.push(("Status".into(), on_off(bits & 1 != 0)));
    named.push(("Watchdog Timer".into(), present));
    if !watchdog {
        return;
    }
    named.push(("Boot Option".into(), words::RESET_OPTION.value(((bits >> 1) & 3).into())));
    let limit = words::RESET_OPTION.value(((bits >> 3) & 3).into());
    named.push(("Boot Option On Limit".into(), limit));
    let counts = [
        ("Reset Count", 0x05, false),
        ("Reset Limit", 0x07, false),
        ("Timer Interval", 0x09, true),
        ("Timeout", 0x0B, true),
    ];
    for (name, at, minutes) in counts {
        let value = match s.u16(at) {
            None => continue,
            Some(0xFFFF) => Value::Word("Unknown"),
            Some(number) if minutes => Value::Quantity(number.into(), Unit::Minutes),
            Some(number) => Value::Number(number.into()),
        };
        named.push((name.into(), value));
    }
}
