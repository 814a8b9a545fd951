//! Asks a disk who has reserved it.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

use rustix::fs::OFlags;

use crate::reservation::{self, ANSWER_BYTES, Held, Report, Reservations};
use crate::safety::{Source, Unread};

use super::pass_through;
use super::root::Root;
use super::sysfs::Device;

/// SCSI statuses.
const GOOD: u8 = 0;
const CHECK_CONDITION: u8 = 2;
const RESERVATION_CONFLICT: u8 = 0x18;
/// NVMe statuses: the command is not known; a field is not; the other form is meant.
const INVALID_OPCODE: i32 = 0x01;
const INVALID_FIELD: i32 = 0x02;
const INCONSISTENT_FORMAT: i32 = 0x18;

/// Returns the reservations on a device, or on the disks it is made of; `None` where
/// none of them knows any.
pub(super) fn of(root: &Root, device: &Device) -> (Option<Reservations>, Vec<Unread>) {
    let mut all: Option<Reservations> = None;
    let mut unread = Vec::new();
    if !root.is_live() {
        return (all, unread);
    }
    for disk in disks(root, device, 0) {
        let asked = match disk.bus() {
            Some("scsi") => open(root, &disk).and_then(|file| scsi(&file)),
            Some("nvme") => open(root, &disk).and_then(|file| nvme(&file, &disk)),
            _ => Ok(None),
        };
        match asked {
            Ok(Some(found)) => {
                let all = all.get_or_insert_default();
                all.keys.extend(found.keys);
                all.held = all.held.take().or(found.held);
            }
            Ok(None) => {}
            Err(why) => {
                let why = format!("{}: {why}", disk.name);
                unread.push(Unread { source: Source::Reservations, why });
            }
        }
    }
    if let Some(all) = &mut all {
        // Every path to a disk tells the same keys.
        tiny_sort::stable::sort(&mut all.keys);
        all.keys.dedup();
    }
    (all, unread)
}

/// Returns the disks that a device is made of, itself where it is one.
fn disks(root: &Root, device: &Device, depth: u8) -> Vec<Device> {
    let disk = device.disk();
    let slaves = disk.slaves(root).unwrap_or_default();
    // Deeper than any stack that works; a loop in a broken tree ends.
    if slaves.is_empty() || depth > 8 {
        return vec![disk];
    }
    slaves.iter().flat_map(|slave| disks(root, slave, depth.saturating_add(1))).collect()
}

fn open(root: &Root, disk: &Device) -> Result<File, String> {
    let flags = (OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed();
    let node = root.host(&disk.node());
    OpenOptions::new().read(true).custom_flags(flags).open(node).map_err(|e| e.to_string())
}

fn scsi(device: &File) -> Result<Option<Reservations>, String> {
    let ask = |command| {
        pass_through::scsi(device, command, ANSWER_BYTES).map_err(|error| error.to_string())
    };
    let conflict = || Held { key: None, kind: "reservation conflict".to_owned() };
    let answer = ask(reservation::read_keys())?;
    if !answer.arrived {
        return Err("the command did not reach the device".to_owned());
    }
    let keys = match answer.status {
        GOOD => reservation::decode_keys(&answer.data).map_err(|error| error.to_string())?,
        CHECK_CONDITION if reservation::is_unsupported(&answer.sense) => return Ok(None),
        RESERVATION_CONFLICT => {
            return Ok(Some(Reservations { keys: vec![], held: Some(conflict()) }));
        }
        status => return Err(format!("READ KEYS ended with status {status:#04x}")),
    };
    let answer = ask(reservation::read_reservation())?;
    let held = match answer.status {
        GOOD if answer.arrived => {
            reservation::decode_reservation(&answer.data).map_err(|error| error.to_string())?
        }
        RESERVATION_CONFLICT => Some(conflict()),
        status => return Err(format!("READ RESERVATION ended with status {status:#04x}")),
    };
    Ok(Some(Reservations { keys, held }))
}

fn nvme(device: &File, disk: &Device) -> Result<Option<Reservations>, String> {
    let nsid = disk.number_at("nsid").and_then(|nsid| u32::try_from(nsid).ok());
    let nsid = nsid.ok_or_else(|| "its namespace id is not known".to_owned())?;
    // A host with a 128-bit identifier is answered in the long form only, and one with a
    // 64-bit identifier in the short one.
    for form in [Report::Extended, Report::Short] {
        let extended = form == Report::Extended;
        let (status, data) = pass_through::report(device, nsid, extended, ANSWER_BYTES)
            .map_err(|error| error.to_string())?;
        // The low byte is the code, the next three bits its type: 0, generic.
        match status & 0x7ff {
            0 => {
                let found = reservation::decode_report(&data, form);
                return found.map(Some).map_err(|error| error.to_string());
            }
            INVALID_OPCODE => return Ok(None),
            INVALID_FIELD | INCONSISTENT_FORMAT if extended => {}
            status => return Err(format!("Reservation Report ended with status {status:#05x}")),
        }
    }
    Ok(None)
}
