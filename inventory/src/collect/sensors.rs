//! Temperatures, voltages, power, current and fans, from hwmon.
//!
//! Units of the kernel: m°C, mV, mA, µW, rpm
//! (`Documentation/hwmon/sysfs-interface.rst`).

use crate::Sysroot;
use crate::model::{Fan, Origin, Section, SectionState, Sensor, SourceId, SourceKind};

use super::read;
use super::{Builder, Options};

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Sensor, Section::Fan];

const CHIPS: &str = "/sys/class/hwmon";

/// The chip that asks a disk for its temperature, and may wake it.
const DRIVE: &str = "drivetemp";

/// Collects sensors and fans.
pub(crate) fn sensors(root: &Sysroot, options: &Options, builder: &Builder) {
    let chips = match root.list(CHIPS) {
        Ok(chips) => chips,
        Err(error) => {
            for section in SECTIONS {
                let (state, reason) = read::refused(CHIPS, &error);
                builder.section(*section, state, reason);
            }
            return;
        }
    };
    let mut silent = Vec::new();
    for chip in chips {
        // Before 3.15 the files are the parent device's.
        for base in [format!("{CHIPS}/{chip}"), format!("{CHIPS}/{chip}/device")] {
            let Some(name) = read::text(root, &format!("{base}/name")) else { continue };
            if name != DRIVE || options.wake_disks {
                let source = builder.source(SourceKind::Sysfs, format!("sysfs:{base}"));
                silent.extend(inputs(root, &base, &name, source, builder));
            }
            break;
        }
    }
    let fans = builder.edit(|inventory| inventory.fan.len());
    let sensors = builder.edit(|inventory| inventory.sensor.len());
    for (section, count, kind) in [(Section::Sensor, sensors, false), (Section::Fan, fans, true)] {
        let silent: Vec<_> = silent.iter().filter(|(fan, _)| *fan == kind).collect();
        let (state, reason) = match (count, silent.as_slice()) {
            (0, _) => {
                let what = if kind { "fan" } else { "sensor" };
                (SectionState::Unsupported, Some(format!("no {what} under {CHIPS}")))
            }
            (_, []) => (SectionState::Complete, None),
            (_, some) => {
                let names = some.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>();
                (SectionState::Partial, Some(format!("no reading from {}", names.join(", "))))
            }
        };
        builder.section(section, state, reason);
    }
}

/// Adds every input in `base`, and returns those without a reading, with
/// whether each is a fan.
fn inputs(
    root: &Sysroot,
    base: &str,
    chip: &str,
    source: SourceId,
    builder: &Builder,
) -> Vec<(bool, String)> {
    let files = root.list(base).unwrap_or_default();
    let mut silent = Vec::new();
    for file in &files {
        let Some((stem, kind)) = input(file, &files) else { continue };
        let name = read::text(root, &format!("{base}/{stem}_label"));
        let name = name.unwrap_or_else(|| stem.to_owned());
        let value: Option<i64> = read::number(root, &format!("{base}/{file}"));
        if value.is_none() {
            silent.push((kind == Kind::Fan, format!("{chip} {name}")));
        }
        let origin = Origin::of(source);
        if kind == Kind::Fan {
            let rpm = value.and_then(|rpm| u32::try_from(rpm).ok());
            builder.edit(|inventory| inventory.fan.push(Fan { name, rpm, origin }));
            continue;
        }
        let critical: Option<i64> = read::number(root, &format!("{base}/{stem}_crit"));
        let milli = |micro: i64| micro / 1_000;
        let mut sensor = Sensor { chip: Some(chip.to_owned()), name, origin, ..Sensor::default() };
        sensor.critical = critical;
        match kind {
            Kind::Temperature => sensor.temperature_mc = value,
            Kind::Voltage => sensor.voltage_mv = value,
            Kind::Current => sensor.current_ma = value,
            Kind::Power => {
                sensor.power_mw = value.map(milli).and_then(|power| u64::try_from(power).ok());
                sensor.critical = critical.map(milli);
            }
            Kind::Fan => {}
        }
        builder.edit(|inventory| inventory.sensor.push(sensor));
    }
    silent
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Temperature,
    Voltage,
    Current,
    Power,
    Fan,
}

/// Returns the stem and kind of a file that holds a reading: `temp1_input`.
///
/// Some power meters have an average and no momentary value.
fn input<'a>(file: &'a str, files: &[String]) -> Option<(&'a str, Kind)> {
    let (stem, what) = file.rsplit_once('_')?;
    let kind = [
        ("temp", Kind::Temperature),
        ("in", Kind::Voltage),
        ("curr", Kind::Current),
        ("power", Kind::Power),
        ("fan", Kind::Fan),
    ]
    .into_iter()
    .find(|(prefix, _)| stem.strip_prefix(prefix).is_some_and(|id| id.parse::<u32>().is_ok()))?
    .1;
    let average = what == "average"
        && kind == Kind::Power
        && !files.iter().any(|other| other.strip_prefix(stem) == Some("_input"));
    (what == "input" || average).then_some((stem, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_with_a_reading_are_told_from_the_others() {
        let files: Vec<String> =
            ["power1_average", "power1_input", "power2_average"].map(str::to_owned).into();
        let cases = [
            ("temp1_input", Some(("temp1", Kind::Temperature))),
            ("in0_input", Some(("in0", Kind::Voltage))),
            ("fan2_input", Some(("fan2", Kind::Fan))),
            ("power1_average", None),
            ("power2_average", Some(("power2", Kind::Power))),
            ("temp1_max", None),
            ("intrusion0_alarm", None),
            ("name", None),
            ("input", None),
        ];
        for (file, want) in cases {
            assert_eq!(input(file, &files), want, "{file}");
        }
    }
}
