//! What is asked of a drive, and in which order.
//!
//! A drive in standby is asked for its power mode and nothing that would wake
//! it. A command that fails costs its page; one that times out ends the
//! dialogue, so that a hung drive costs seconds and not minutes.

use crate::smart::pages::Page;
use crate::smart::{ata, nvme, scsi};

use super::{Answers, DeviceError, allow};

/// What came back from a SCSI command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// Data, as many bytes as the drive sent.
    pub data: Vec<u8>,
    /// SCSI status: 0 good, 2 check condition.
    pub status: u8,
    /// Sense data.
    pub sense: Vec<u8>,
}

/// Where SCSI commands go.
pub trait ScsiPort {
    /// Names the device, for messages.
    fn name(&self) -> &str;
    /// Sends a command and returns up to `length` bytes.
    fn send(&mut self, command: &allow::Admitted<'_>, length: usize) -> Result<Reply, DeviceError>;
}

/// Where NVMe admin commands go.
pub trait NvmePort {
    /// Names the device, for messages.
    fn name(&self) -> &str;
    /// Sends a command and returns `length` bytes.
    fn send(
        &mut self,
        command: &allow::AdmittedNvme,
        length: usize,
    ) -> Result<Vec<u8>, DeviceError>;
}

/// Asks an NVMe drive; `nsid` is the namespace of the block device.
pub fn ask_nvme(port: &mut dyn NvmePort, nsid: Option<u32>) -> Answers {
    let mut answers = Answers::default();
    let mut ask = |answers: &mut Answers, page, opcode, nsid, cdw10, length| -> bool {
        let sent = allow::nvme(opcode, nsid, cdw10)
            .map_err(DeviceError::from)
            .and_then(|command| port.send(&command, length));
        match sent {
            Ok(data) => {
                answers.pages.0.insert(page, data);
                true
            }
            Err(error) => {
                let go_on = !error.ends_dialogue();
                answers.errors.push(error);
                go_on
            }
        }
    };
    if !ask(&mut answers, Page::NvmeController, 0x06, 0, 1, nvme::IDENTIFY_BYTES) {
        return answers;
    }
    let identity =
        answers.pages.get(Page::NvmeController).and_then(|page| nvme::controller(page).ok());
    let Some(identity) = identity else { return answers };
    if let Some(nsid) = nsid
        && !ask(&mut answers, Page::NvmeNamespace, 0x06, nsid, 0, nvme::IDENTIFY_BYTES)
    {
        return answers;
    }
    // From 1.3 on a flag keeps asynchronous events for whoever waits for them.
    let retain = if identity.version >= 0x0001_0300 { 1 << 15 } else { 0 };
    let log = |id: u32, bytes: usize| {
        let dwords = u32::try_from(bytes / 4).unwrap_or(1) - 1;
        id | retain | (dwords << 16)
    };
    let logs = [
        (Page::NvmeHealth, 2, nvme::HEALTH_BYTES, true),
        (Page::NvmeFirmware, 3, nvme::FIRMWARE_BYTES, true),
        (Page::NvmeSelfTests, 6, nvme::SELF_TEST_BYTES, identity.self_tests),
    ];
    for (page, id, bytes, there) in logs {
        let cdw10 = log(id, bytes);
        if there && !ask(&mut answers, page, 0x02, nvme::ALL_NAMESPACES, cdw10, bytes) {
            break;
        }
    }
    answers
}

/// A dialogue with a SCSI device in progress.
struct Talk<'a> {
    port: &'a mut dyn ScsiPort,
    answers: Answers,
    over: bool,
}

/// Asks a SCSI or SATA drive. With `wake`, a drive in standby is asked too.
pub fn ask_scsi(port: &mut dyn ScsiPort, wake: bool) -> Answers {
    let mut talk = Talk { port, answers: Answers::default(), over: false };
    // INQUIRY reaches the medium of no drive.
    let inquiry = talk.keep(Page::ScsiInquiry, &[0x12, 0, 0, 0, 96, 0], 96);
    let is_ata = inquiry
        .and_then(|page| scsi::inquiry(&page).ok())
        .is_some_and(|found| found.vendor.as_deref() == Some("ATA"));
    if talk.over {
        return talk.answers;
    }
    if !wake && if is_ata { talk.ata_sleeps() } else { talk.scsi_sleeps() } {
        talk.answers.asleep = true;
        return talk.answers;
    }
    talk.vital_pages();
    if is_ata {
        talk.ata();
    } else {
        talk.scsi();
    }
    talk.answers
}

impl Talk<'_> {
    /// Sends a command; what fails is noted.
    fn send(&mut self, cdb: &[u8], length: usize) -> Option<Reply> {
        if self.over {
            return None;
        }
        let sent = allow::scsi(cdb)
            .map_err(DeviceError::from)
            .and_then(|command| Ok((command.name(), self.port.send(&command, length)?)));
        match sent {
            Ok((_, reply)) if reply.status == 0 || recovered(&reply.sense) => Some(reply),
            Ok((command, reply)) => {
                // An illegal request is a page that this drive does not have.
                if sense_key(&reply.sense) != Some(5) {
                    self.answers.errors.push(DeviceError::Failed {
                        device: self.port.name().to_owned(),
                        command,
                        answer: sense_words(&reply),
                    });
                }
                None
            }
            Err(error) => {
                self.over = error.ends_dialogue();
                self.answers.errors.push(error);
                None
            }
        }
    }

    fn keep(&mut self, page: Page, cdb: &[u8], length: usize) -> Option<Vec<u8>> {
        let reply = self.send(cdb, length)?;
        if reply.data.is_empty() {
            return None;
        }
        self.answers.pages.0.insert(page, reply.data.clone());
        Some(reply.data)
    }

    /// CHECK POWER MODE: 00h standby, 01h `standby_y` (ACS-4 §7.3).
    fn ata_sleeps(&mut self) -> bool {
        let reply = self.send(&ata_command(0xe5, Transfer::None, 0, 0, 0, 0), 0);
        let registers = reply.and_then(|reply| ata_registers(&reply.sense));
        registers.is_some_and(|registers| matches!(registers.count, 0x00 | 0x01))
    }

    /// REQUEST SENSE tells the power condition without leaving it (SPC-5 §5.13).
    fn scsi_sleeps(&mut self) -> bool {
        let condition = self.send(&[0x03, 0, 0, 0, 252, 0], 252);
        if condition.is_some_and(|reply| asleep(&reply.data)) {
            return true;
        }
        let ready = self.send_quietly(&[0x00, 0, 0, 0, 0, 0]);
        ready.is_some_and(|reply| asleep(&reply.sense))
    }

    /// Sends a command whose failure says something of its own.
    fn send_quietly(&mut self, cdb: &[u8]) -> Option<Reply> {
        if self.over {
            return None;
        }
        let command = allow::scsi(cdb).ok()?;
        match self.port.send(&command, 0) {
            Ok(reply) => Some(reply),
            Err(error) => {
                self.over = error.ends_dialogue();
                self.answers.errors.push(error);
                None
            }
        }
    }

    fn vital_pages(&mut self) {
        let vpd = |code: u8, length: u16| {
            let [high, low] = length.to_be_bytes();
            [0x12, 1, code, high, low, 0]
        };
        let listed = self.keep(Page::ScsiVpdPages, &vpd(0x00, 252), 252);
        let listed = listed.and_then(|page| scsi::supported_pages(&page).ok()).unwrap_or_default();
        for (page, code, length) in [
            (Page::ScsiSerial, 0x80, 252),
            (Page::ScsiDesignators, 0x83, 1024),
            (Page::ScsiAtaBehind, 0x89, 572),
            (Page::ScsiCharacteristics, 0xb1, 64),
        ] {
            if listed.contains(&code) {
                self.keep(page, &vpd(code, length), usize::from(length));
            }
        }
        let mut capacity = [0_u8; 16];
        capacity[..2].copy_from_slice(&[0x9e, 0x10]);
        capacity[13] = 32;
        self.keep(Page::ScsiCapacity, &capacity, 32);
    }

    fn scsi(&mut self) {
        let listed = self.send(&log_sense(0), LOG_BYTES).map(|reply| reply.data);
        let listed = listed.as_deref().and_then(|page| page.get(4..)).unwrap_or_default();
        for (page, code) in [
            (Page::ScsiWriteErrors, 0x02),
            (Page::ScsiReadErrors, 0x03),
            (Page::ScsiVerifyErrors, 0x05),
            (Page::ScsiNonMedium, 0x06),
            (Page::ScsiTemperature, 0x0d),
            (Page::ScsiStartStop, 0x0e),
            (Page::ScsiSelfTests, 0x10),
            (Page::ScsiEndurance, 0x11),
            (Page::ScsiBackgroundScan, 0x15),
            (Page::ScsiPhys, 0x18),
            (Page::ScsiExceptions, 0x2f),
        ] {
            if listed.contains(&code) {
                self.keep(page, &log_sense(code), LOG_BYTES);
            }
        }
        // The header of the grown list in the format bytes-from-index: it has
        // the length, and that is what is wanted.
        self.keep(Page::ScsiDefects, &[0xb7, 0x0c, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0], 8);
    }

    fn ata(&mut self) {
        let identify = ata_command(0xec, Transfer::In(1), 0, 0, 0, 0);
        let identity = self
            .keep(Page::AtaIdentify, &identify, ata::SECTOR)
            .and_then(|page| ata::identify(&page).ok());
        let Some(identity) = identity.filter(|found| found.smart_enabled) else { return };
        let smart = |features, log| ata_command(0xb0, Transfer::In(1), features, log, 0x4f, 0xc2);
        self.keep(Page::AtaSmartData, &smart(0xd0, 0), ata::SECTOR);
        self.keep(Page::AtaSmartThresholds, &smart(0xd1, 1), ata::SECTOR);
        let status = ata_command(0xb0, Transfer::None, 0xda, 0, 0x4f, 0xc2);
        if let Some(registers) = self.send(&status, 0).and_then(|reply| ata_registers(&reply.sense))
        {
            let registers = vec![registers.lba_mid, registers.lba_high];
            self.answers.pages.0.insert(Page::AtaSmartStatus, registers);
        }
        if !identity.general_logs {
            self.keep(Page::AtaSelfTests, &smart(0xd5, 0x06), ata::SECTOR);
            return;
        }
        let log = |log, page| ata_command(0x2f, Transfer::In(1), 0, log, page, 0);
        let directory = self.send(&log(0, 0), ata::SECTOR).map(|reply| reply.data);
        let directory = directory.unwrap_or_default();
        let has = |log: u8| {
            let at = usize::from(log) * 2;
            directory.get(at..at + 2).is_some_and(|pages| pages != [0, 0])
        };
        for (page, code) in [
            (Page::AtaErrors, 0x03),
            (Page::AtaSelfTestsExtended, 0x07),
            (Page::AtaPhyEvents, 0x11),
        ] {
            if has(code) {
                self.keep(page, &log(code, 0), ata::SECTOR);
            }
        }
        if has(0x04) {
            self.statistics(&log);
        }
    }

    /// Reads the list of statistics pages, then those of ACS-4 that it names.
    fn statistics(&mut self, log: &dyn Fn(u8, u8) -> [u8; 16]) {
        let Some(list) = self.send(&log(0x04, 0), ata::SECTOR) else { return };
        let count = usize::from(list.data.get(8).copied().unwrap_or_default());
        let named = list.data.get(9..).unwrap_or_default();
        let named: Vec<u8> = named.iter().take(count).copied().collect();
        let mut pages = Vec::new();
        for number in (1..=7).filter(|number| named.contains(number)) {
            if let Some(reply) = self.send(&log(0x04, number), ata::SECTOR)
                && reply.data.len() == ata::SECTOR
            {
                pages.extend(reply.data);
            }
        }
        if !pages.is_empty() {
            self.answers.pages.0.insert(Page::AtaStatistics, pages);
        }
    }
}

/// Bytes asked of a log page.
const LOG_BYTES: usize = 4096;

fn log_sense(code: u8) -> [u8; 10] {
    [0x4d, 0, 0x40 | code, 0, 0, 0, 0, 0x10, 0x00, 0]
}

/// What an ATA command moves.
#[derive(Clone, Copy, Debug)]
enum Transfer {
    None,
    In(u8),
}

/// Builds ATA PASS-THROUGH(16). `low`, `mid` and `high` are bits 7:0, 15:8 and
/// 23:16 of the LBA.
fn ata_command(
    command: u8,
    transfer: Transfer,
    features: u8,
    low: u8,
    mid: u8,
    high: u8,
) -> [u8; 16] {
    // READ LOG EXT is a 48-bit command.
    let extend = u8::from(command == 0x2f);
    let (protocol, flags, count) = match transfer {
        // CK_COND: the registers come back as sense data.
        Transfer::None => (3 << 1, 0x20, 0),
        Transfer::In(sectors) => ((4 << 1) | extend, 0x0e, sectors),
    };
    [0x85, protocol, flags, 0, features, 0, count, 0, low, 0, mid, 0, high, 0, command, 0]
}

/// Registers after an ATA command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Registers {
    count: u8,
    lba_mid: u8,
    lba_high: u8,
}

/// Reads the registers from sense data (SAT-4 §12.2.2.7 and §12.2.2.8).
fn ata_registers(sense: &[u8]) -> Option<Registers> {
    match sense.first()? & 0x7f {
        // Descriptor format; the ATA Status Return descriptor is type 09h.
        0x72 | 0x73 => {
            let mut rest = sense.get(8..)?;
            loop {
                let [kind, length, ..] = *rest else { return None };
                if kind == 0x09 && length >= 12 {
                    return Some(Registers {
                        count: *rest.get(5)?,
                        lba_mid: *rest.get(9)?,
                        lba_high: *rest.get(11)?,
                    });
                }
                rest = rest.get(usize::from(length).checked_add(2)?..)?;
            }
        }
        // Fixed format: INFORMATION has error, status, device, count; the
        // COMMAND-SPECIFIC INFORMATION flags and the LBA. ASC 00h 1Dh marks it.
        0x70 if (sense.get(12), sense.get(13)) == (Some(&0x00), Some(&0x1d)) => Some(Registers {
            count: *sense.get(6)?,
            lba_mid: *sense.get(10)?,
            lba_high: *sense.get(11)?,
        }),
        _ => None,
    }
}

fn sense_key(sense: &[u8]) -> Option<u8> {
    match sense.first()? & 0x7f {
        0x70 | 0x71 => sense.get(2).map(|byte| byte & 0x0f),
        0x72 | 0x73 => sense.get(1).map(|byte| byte & 0x0f),
        _ => None,
    }
}

fn sense_codes(sense: &[u8]) -> Option<(u8, u8)> {
    match sense.first()? & 0x7f {
        0x70 | 0x71 => Some((*sense.get(12)?, *sense.get(13)?)),
        0x72 | 0x73 => Some((*sense.get(2)?, *sense.get(3)?)),
        _ => None,
    }
}

/// No sense and recovered error are success; ATA registers come that way.
fn recovered(sense: &[u8]) -> bool {
    matches!(sense_key(sense), Some(0 | 1))
}

/// Says whether sense data report standby or a stopped spindle.
fn asleep(sense: &[u8]) -> bool {
    matches!(
        sense_codes(sense),
        // 5Eh: standby by timer or command, standby_y; 04h 02h: start needed.
        Some((0x5e, 0x02 | 0x04 | 0x09 | 0x0a | 0x41 | 0x43) | (0x04, 0x02 | 0x11))
    )
}

fn sense_words(reply: &Reply) -> String {
    match (sense_key(&reply.sense), sense_codes(&reply.sense)) {
        (Some(key), Some((asc, ascq))) => {
            format!("sense key {key:x}h, asc {asc:02x}h, ascq {ascq:02x}h")
        }
        _ => format!("status {:02x}h", reply.status),
    }
}
