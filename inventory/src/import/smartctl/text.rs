//! The text of `smartctl -i`, `-a` and `-x`, releases 5.4 to 7.5.
//!
//! The text has no escape for a line that a drive's own strings might forge;
//! what stands first wins. Tables are read while their section lasts.

use super::text_fields::{Fields, field};
use super::text_logs as logs;
use super::{Report, put_text};
use crate::import::ImportError;
use crate::model::{AtaSmart, Disk, NvmeSmart, ScsiSmart, Smart};

/// Which table or log the lines belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Fields,
    Attributes,
    AtaErrors,
    SelfTests,
    NvmeSelfTests,
    Statistics,
    PhyEvents,
    ScsiErrors,
}

/// Reads every run of smartctl in `text`.
pub(super) fn read(name: &str, text: &str) -> Result<Vec<Report>, ImportError> {
    let lines: Vec<&str> = text.lines().map(|line| line.trim_end_matches('\r')).collect();
    let starts = runs(&lines);
    if starts.is_empty() {
        return Err(ImportError::new(
            name,
            "no line begins with `smartctl` and a release, and none with `=== START OF`",
        )
        .at("line 1")
        .with_hint("`smartctl -x /dev/sda` writes what is read here"));
    }
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    let reports = starts
        .iter()
        .copied()
        .zip(ends)
        .map(|(start, end)| run(start, lines.get(start..end).unwrap_or_default()));
    Ok(reports.collect())
}

/// Returns the indices of the lines that begin a run.
fn runs(lines: &[&str]) -> Vec<usize> {
    let banner = |line: &str| {
        line.strip_prefix("smartctl ")
            .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
    };
    let found: Vec<usize> =
        (0..).zip(lines).filter(|(_, line)| banner(line)).map(|(at, _)| at).collect();
    if found.is_empty() {
        // A text whose banner was cut away.
        let heading = lines.iter().position(|line| line.starts_with("=== START OF "));
        return heading.into_iter().collect();
    }
    found
}

/// What is gathered from one run.
#[derive(Debug, Default)]
struct Run {
    disk: Disk,
    fields: Fields,
    ata: AtaSmart,
    nvme: NvmeSmart,
    scsi: ScsiSmart,
    missing: Vec<String>,
    damage: Vec<(String, String)>,
}

fn run(start: usize, lines: &[&str]) -> Report {
    let mut run = Run::default();
    let mut part = Part::Fields;
    for (number, line) in (start.saturating_add(1)..).zip(lines) {
        part = part_of(line).unwrap_or(part);
        if part != Part::Fields && line.trim().is_empty() {
            // ATA error logs have blank lines inside, and nothing for us after them.
            part = Part::Fields;
            continue;
        }
        run.line(part, line, number);
    }
    run.report(format!("line {}", start.saturating_add(1)))
}

/// Returns the part that a heading begins.
fn part_of(line: &str) -> Option<Part> {
    const HEADINGS: [(&str, Part); 13] = [
        ("=== START OF", Part::Fields),
        ("ID# ATTRIBUTE_NAME", Part::Attributes),
        ("ID#  ATTRIBUTE_NAME", Part::Attributes),
        ("SMART Extended Comprehensive Error Log Version", Part::AtaErrors),
        ("SMART Error Log Version", Part::AtaErrors),
        ("SMART Self-test log", Part::SelfTests),
        ("SMART Extended Self-test Log Version", Part::SelfTests),
        ("SMART Selective self-test log", Part::Fields),
        ("Self-test Log (NVMe Log 0x06", Part::NvmeSelfTests),
        ("Device Statistics (", Part::Statistics),
        ("SATA Phy Event Counters", Part::PhyEvents),
        ("Error counter log:", Part::ScsiErrors),
        ("SMART/Health Information", Part::Fields),
    ];
    let line = line.trim_start();
    HEADINGS.iter().find(|(heading, _)| line.starts_with(heading)).map(|(_, part)| *part)
}

impl Run {
    fn line(&mut self, part: Part, line: &str, number: usize) {
        if let Some(reason) = logs::refusal(line) {
            self.missing.push(format!("line {number}: {reason}"));
        }
        match part {
            Part::Fields => {
                if let Some((key, value)) = field(line) {
                    self.field(key, value, number);
                }
            }
            Part::Attributes => self.ata.attributes.extend(logs::attribute(line)),
            Part::AtaErrors => {
                if let Some(count) = logs::error_count(line) {
                    self.ata.error_count.get_or_insert(count);
                }
            }
            Part::SelfTests if line.trim_start().starts_with('#') => {
                if line.contains('[') {
                    self.scsi.self_tests.extend(logs::scsi_self_test(line));
                } else {
                    self.ata.self_tests.extend(logs::ata_self_test(line));
                }
            }
            Part::SelfTests => {}
            Part::NvmeSelfTests => self.nvme.self_tests.extend(logs::nvme_self_test(line)),
            Part::Statistics => self.ata.statistics.extend(logs::statistic(line)),
            Part::PhyEvents => self.ata.phy_events.extend(logs::phy_event(line)),
            Part::ScsiErrors => self.scsi.errors.extend(logs::scsi_errors(line)),
        }
    }

    fn field(&mut self, key: &str, value: &str, number: usize) {
        let disk = &mut self.disk;
        match key {
            "Device Model" | "Model Number" | "Product" if disk.model.is_none() => {
                put_text(&mut disk.model, &mut disk.origin, "model", value);
            }
            "Vendor" if disk.vendor.is_none() => {
                put_text(&mut disk.vendor, &mut disk.origin, "vendor", value);
            }
            "Serial Number" | "Serial number" if disk.serial.is_none() => {
                put_text(&mut disk.serial, &mut disk.origin, "serial", value);
            }
            "Firmware Version" | "Revision" if disk.firmware.is_none() => {
                put_text(&mut disk.firmware, &mut disk.origin, "firmware", value);
            }
            _ => {}
        }
        let taken = self.fields.take(key, value)
            && self.fields.nvme(&mut self.nvme, key, value)
            && self.fields.scsi(&mut self.scsi, key, value);
        if !taken {
            let what = format!("`{key}` should have a number, but reads `{value}`");
            if self.damage.len() < 20 {
                self.damage.push((format!("line {number}"), what));
            }
        }
        if key == "SMART Attributes Data Structure revision number" {
            self.ata.revision = value.parse().ok();
        }
    }

    fn report(self, place: String) -> Report {
        let Self { mut disk, fields, ata, nvme, scsi, mut missing, damage } = self;
        if let Some(wwid) = fields.apply(&mut disk) {
            put_text(&mut disk.wwid, &mut disk.origin, "wwid", &wwid);
        }
        let smart = Smart {
            ata: (ata != AtaSmart::default()).then_some(ata),
            nvme: (nvme != NvmeSmart::default()).then_some(nvme),
            scsi: (scsi != ScsiSmart::default()).then_some(scsi),
        };
        if smart != Smart::default() {
            disk.smart = Some(smart);
        }
        let described = disk != Disk::default();
        if !described && missing.is_empty() {
            missing.push("the text names no drive".to_owned());
        }
        Report { place, device: None, disk, described, missing, damage }
    }
}
