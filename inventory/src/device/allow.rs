//! The commands that may reach a drive: those that read and change nothing.
//!
//! By opcode, service action, feature, log and transfer direction. Some
//! commands that sound like reads are left out for what they change: READ LOG
//! EXT with features resets the phy counters, LOG SENSE with SP saves
//! parameters, READ DEFECT DATA(10) confuses some bridges.

/// Why a command is not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("command {command} is not on the list of read-only commands: {why}")]
pub struct Refused {
    /// The command's bytes, or opcode, in hexadecimal.
    pub command: String,
    /// What about it is not allowed.
    pub why: &'static str,
}

/// A SCSI command that is on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admitted<'a> {
    cdb: &'a [u8],
    name: &'static str,
}

impl<'a> Admitted<'a> {
    /// Returns its bytes.
    pub fn cdb(&self) -> &'a [u8] {
        self.cdb
    }

    /// Returns its name.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// GP logs that may be read: directory, errors, statistics, self-tests, phy
/// events.
const ATA_LOGS: [u8; 6] = [0x00, 0x03, 0x04, 0x06, 0x07, 0x11];

/// NVMe logs that may be read: health, firmware slots, self-tests.
const NVME_LOGS: [u8; 3] = [0x02, 0x03, 0x06];

fn hex(bytes: &[u8]) -> String {
    let words: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    words.join(" ")
}

/// Admits a SCSI command, or says why not.
pub fn scsi(cdb: &[u8]) -> Result<Admitted<'_>, Refused> {
    let refuse = |why| Err(Refused { command: hex(cdb), why });
    let (name, length) = match *cdb {
        [0x00, ..] => ("TEST UNIT READY", 6),
        [0x03, ..] => ("REQUEST SENSE", 6),
        [0x12, evpd, ..] if evpd & !1 == 0 => ("INQUIRY", 6),
        [0x4d, 0, page, 0, ..] if page & 0xc0 == 0x40 => ("LOG SENSE", 10),
        [0x4d, ..] => return refuse("LOG SENSE may read current values only, and save none"),
        [0x85, ..] => {
            return match ata(cdb) {
                Ok(name) => Ok(Admitted { cdb, name }),
                Err(why) => refuse(why),
            };
        }
        [0x9e, action, ..] if action & 0x1f == 0x10 => ("READ CAPACITY(16)", 16),
        [0xb7, flags, ..] if flags & 0xf8 == 0x08 => ("READ DEFECT DATA(12)", 12),
        _ => return refuse("the opcode is not listed"),
    };
    if cdb.len() != length {
        return refuse("the command has not the length of its kind");
    }
    Ok(Admitted { cdb, name })
}

/// Admits an ATA command inside ATA PASS-THROUGH(16) (SAT-4 §12.2.2).
fn ata(cdb: &[u8]) -> Result<&'static str, &'static str> {
    let [
        _,
        protocol,
        flags,
        features_high,
        features,
        _,
        _,
        _,
        lba_low,
        _,
        lba_mid,
        _,
        lba_high,
        _,
        command,
        _,
    ] = *cdb
    else {
        return Err("ATA PASS-THROUGH has 16 bytes");
    };
    // PIO data-in moves to the host (T_DIR); non-data moves nothing (T_LENGTH 0).
    let reads = matches!(protocol >> 1, 4) && flags & 0x0b == 0x0a;
    let silent = protocol >> 1 == 3 && matches!(flags & 0x03, 0);
    if !reads && !silent {
        return Err("the transfer is neither data-in nor none");
    }
    let smart = (lba_mid, lba_high) == (0x4f, 0xc2);
    match (command, features) {
        (0xec, _) if reads => Ok("IDENTIFY DEVICE"),
        (0xe5, _) if silent => Ok("CHECK POWER MODE"),
        (0xb0, 0xd0) if reads && smart => Ok("SMART READ DATA"),
        (0xb0, 0xd1) if reads && smart => Ok("SMART READ THRESHOLDS"),
        (0xb0, 0xd5) if reads && smart && ATA_LOGS.contains(&lba_low) => Ok("SMART READ LOG"),
        (0xb0, 0xda) if silent && smart => Ok("SMART RETURN STATUS"),
        (0xb0, _) => Err("the SMART feature is not listed"),
        (0x2f, 0) if reads && features_high == 0 && ATA_LOGS.contains(&lba_low) => {
            Ok("READ LOG EXT")
        }
        (0x2f, _) => Err("READ LOG EXT may read listed logs only, and reset none"),
        _ => Err("the ATA command is not listed"),
    }
}

/// An NVMe admin command that is on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmittedNvme {
    /// Opcode.
    pub opcode: u8,
    /// Namespace.
    pub nsid: u32,
    /// Command dword 10.
    pub cdw10: u32,
    /// Its name.
    pub name: &'static str,
}

/// Admits an NVMe admin command, or says why not.
pub fn nvme(opcode: u8, nsid: u32, cdw10: u32) -> Result<AdmittedNvme, Refused> {
    let [low, ..] = cdw10.to_le_bytes();
    let name = match opcode {
        // CNS 00h namespace, 01h controller.
        0x06 if cdw10 <= 1 => "Identify",
        0x02 if NVME_LOGS.contains(&low) => "Get Log Page",
        _ => {
            return Err(Refused {
                command: format!("NVMe admin {opcode:02x}h, dword 10 {cdw10:08x}h"),
                why: "neither Identify nor a listed log",
            });
        }
    };
    Ok(AdmittedNvme { opcode, nsid, cdw10, name })
}
