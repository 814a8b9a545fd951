//! The list of commands, and dialogues with drives that sleep, fail or hang.

use std::collections::BTreeMap;

use super::allow;
use super::dialogue::{NvmePort, Reply, ScsiPort, ask_nvme, ask_scsi};
use super::*;
use crate::smart::pages::Page;

/// Returns ATA PASS-THROUGH(16) with these bytes at their places.
fn pass_through(bytes: &[(usize, u8)]) -> [u8; 16] {
    let mut cdb = [0; 16];
    cdb[0] = 0x85;
    for (at, byte) in bytes {
        cdb[*at] = *byte;
    }
    cdb
}

const READS: [(usize, u8); 2] = [(1, 0x08), (2, 0x0e)];
const SILENT: [(usize, u8); 2] = [(1, 0x06), (2, 0x20)];

#[test]
fn of_all_scsi_opcodes_only_the_listed_ones_are_admitted() {
    let listed = [0x00, 0x03, 0x12, 0x4d, 0x85, 0x9e, 0xb7];
    for opcode in 0..=u8::MAX {
        let admitted = [6_usize, 10, 12, 16].into_iter().any(|length| {
            let mut cdb = vec![0_u8; length];
            [0_u8, 1, 0x08, 0x06, 0x10].into_iter().any(|second| {
                cdb.iter_mut().zip([opcode, second]).for_each(|(place, byte)| *place = byte);
                // LOG SENSE needs the current values, ATA a command of its own.
                if opcode == 0x4d && length > 2 {
                    cdb[2] = 0x40;
                }
                if opcode == 0x85 && length == 16 {
                    cdb[2] = 0x20;
                    cdb[14] = 0xe5;
                }
                allow::scsi(&cdb).is_ok()
            })
        });
        assert_eq!(admitted, listed.contains(&opcode), "{opcode:#04x}");
    }
}

#[test]
fn commands_that_change_something_are_refused() {
    let refused: [(&str, Vec<u8>); 9] = [
        ("FORMAT UNIT", vec![0x04, 0, 0, 0, 0, 0]),
        ("MODE SELECT(10)", vec![0x55, 0x10, 0, 0, 0, 0, 0, 0, 8, 0]),
        ("WRITE(10)", vec![0x2a, 0, 0, 0, 0, 0, 0, 0, 1, 0]),
        ("SEND DIAGNOSTIC", vec![0x1d, 0x20, 0, 0, 0, 0]),
        ("SANITIZE", vec![0x48, 3, 0, 0, 0, 0, 0, 0, 0, 0]),
        ("LOG SENSE that saves", vec![0x4d, 1, 0x42, 0, 0, 0, 0, 1, 0, 0]),
        ("LOG SELECT", vec![0x4c, 0, 0x42, 0, 0, 0, 0, 1, 0, 0]),
        ("SERVICE ACTION IN, GET LBA STATUS", {
            let mut cdb = vec![0; 16];
            cdb[..2].copy_from_slice(&[0x9e, 0x12]);
            cdb
        }),
        ("INQUIRY of seven bytes", vec![0x12, 0, 0, 0, 96, 0, 0]),
    ];
    for (name, cdb) in refused {
        let error = allow::scsi(&cdb).expect_err(name).to_string();
        assert!(error.contains("not on the list"), "{error}");
    }
}

#[test]
fn ata_commands_are_admitted_by_command_feature_log_and_direction() {
    let with = |base: &[(usize, u8)], more: &[(usize, u8)]| {
        allow::scsi(&pass_through(&[base, more].concat())).is_ok()
    };
    let smart = |feature, log| [(4, feature), (8, log), (10, 0x4f), (12, 0xc2), (14, 0xb0)];
    assert!(with(&READS, &[(14, 0xec)]), "IDENTIFY DEVICE");
    assert!(with(&SILENT, &[(14, 0xe5)]), "CHECK POWER MODE");
    assert!(with(&READS, &smart(0xd0, 0)), "SMART READ DATA");
    assert!(with(&SILENT, &smart(0xda, 0)), "SMART RETURN STATUS");
    assert!(with(&[(1, 0x09), (2, 0x0e)], &[(8, 0x04), (14, 0x2f)]), "READ LOG EXT");

    for command in [0x06, 0x92, 0xb4, 0xca, 0xea, 0xef, 0xf1, 0xf4, 0xe0, 0xe6, 0x35, 0x61] {
        assert!(!with(&READS, &[(14, command)]), "{command:#04x}");
        assert!(!with(&SILENT, &[(14, command)]), "{command:#04x}");
    }
    for feature in [0xd2, 0xd3, 0xd4, 0xd6, 0xd8, 0xd9, 0xdb] {
        assert!(!with(&READS, &smart(feature, 0)), "SMART {feature:#04x}");
        assert!(!with(&SILENT, &smart(feature, 0)), "SMART {feature:#04x}");
    }
    assert!(!with(&[(1, 0x09), (2, 0x0e)], &[(4, 1), (8, 0x11), (14, 0x2f)]), "resets counters");
    assert!(!with(&[(1, 0x09), (2, 0x0e)], &[(8, 0xe0), (14, 0x2f)]), "SCT");
    assert!(!with(&[(1, 0x0a), (2, 0x06)], &[(14, 0xec)]), "data-out");
    assert!(!with(&[(1, 0x08), (2, 0x06)], &[(14, 0xec)]), "PIO in, transfer to the device");
}

#[test]
fn of_nvme_only_identify_and_three_logs_are_admitted() {
    for opcode in 0..=u8::MAX {
        for cdw10 in 0..=0xff {
            let listed = match opcode {
                0x06 => cdw10 <= 1,
                0x02 => matches!(cdw10, 2 | 3 | 6),
                _ => false,
            };
            assert_eq!(allow::nvme(opcode, 1, cdw10).is_ok(), listed, "{opcode:#x} {cdw10:#x}");
        }
    }
}

/// A drive that answers from tables, and fails or hangs where told to.
#[derive(Default)]
struct FakeScsi {
    answers: BTreeMap<Vec<u8>, Vec<u8>>,
    sense: BTreeMap<Vec<u8>, Vec<u8>>,
    hangs_at: Option<usize>,
    asked: Vec<Vec<u8>>,
}

impl FakeScsi {
    fn inquiry(vendor: &str) -> Vec<u8> {
        let mut page = vec![0_u8; 36];
        page[8..8 + vendor.len()].copy_from_slice(vendor.as_bytes());
        page
    }
}

impl ScsiPort for FakeScsi {
    fn name(&self) -> &'static str {
        "/dev/fake"
    }

    fn send(&mut self, command: &allow::Admitted<'_>, length: usize) -> Result<Reply, DeviceError> {
        let cdb = command.cdb().to_vec();
        self.asked.push(cdb.clone());
        if self.hangs_at.is_some_and(|step| self.asked.len() > step) {
            return Err(DeviceError::TimedOut {
                device: self.name().to_owned(),
                command: command.name(),
            });
        }
        // Answers are found by the longest prefix of the command they are for.
        let longest = |table: &BTreeMap<Vec<u8>, Vec<u8>>| {
            let fitting = table.iter().filter(|(key, _)| cdb.starts_with(key));
            fitting.max_by_key(|(key, _)| key.len()).map(|(_, answer)| answer.clone())
        };
        if let Some(sense) = longest(&self.sense) {
            return Ok(Reply { data: Vec::new(), status: 2, sense });
        }
        let Some(mut data) = longest(&self.answers) else {
            // Illegal request, invalid field.
            let sense = vec![0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x24, 0];
            return Ok(Reply { data: Vec::new(), status: 2, sense });
        };
        data.truncate(length);
        Ok(Reply { data, status: 0, sense: Vec::new() })
    }
}

/// ATA registers as descriptor sense data: count, LBA mid, LBA high.
fn registers(count: u8, mid: u8, high: u8) -> Vec<u8> {
    let mut sense = vec![0x72, 1, 0, 0x1d, 0, 0, 0, 14];
    sense.extend([0x09, 12, 0, 0, 0, count, 0, 0, 0, mid, 0, high, 0x40, 0x50]);
    sense
}

#[test]
fn an_ata_drive_in_standby_is_asked_for_its_power_mode_and_nothing_else() {
    for (mode, asleep) in [(0x00, true), (0x01, true), (0x80, false), (0xff, false)] {
        let mut port = FakeScsi::default();
        port.answers.insert(vec![0x12, 0], FakeScsi::inquiry("ATA     "));
        port.sense.insert(vec![0x85, 0x06, 0x20], registers(mode, 0, 0));
        let answers = ask_scsi(&mut port, false);
        assert_eq!(answers.asleep, asleep, "{mode:#04x}");
        if asleep {
            let opcodes: Vec<u8> = port.asked.iter().map(|cdb| cdb[0]).collect();
            assert_eq!(opcodes, [0x12, 0x85], "{mode:#04x}");
            assert_eq!(port.asked[1][14], 0xe5);
        } else {
            assert!(port.asked.iter().any(|cdb| cdb[0] == 0x85 && cdb[14] == 0xec));
        }
        // Asked to, it is woken without a look at its power mode.
        let mut port = FakeScsi { asked: Vec::new(), ..port };
        assert!(!ask_scsi(&mut port, true).asleep);
        assert!(port.asked.iter().all(|cdb| cdb.get(14) != Some(&0xe5)));
    }
}

#[test]
fn a_scsi_drive_in_standby_or_stopped_is_left_alone() {
    let conditions: [(Vec<u8>, Vec<u8>); 2] = [
        // REQUEST SENSE returns the power condition as data.
        (vec![0x70, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x5e, 0x04, 0, 0, 0, 0], Vec::new()),
        // TEST UNIT READY: initialising command required.
        (
            vec![0x70, 0, 0, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            vec![0x70, 0, 2, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x04, 0x02],
        ),
    ];
    for (condition, ready) in conditions {
        let mut port = FakeScsi::default();
        port.answers.insert(vec![0x12, 0], FakeScsi::inquiry("SEAGATE "));
        port.answers.insert(vec![0x03], condition);
        if ready.is_empty() {
            port.answers.insert(vec![0x00], Vec::new());
        } else {
            port.sense.insert(vec![0x00], ready);
        }
        let answers = ask_scsi(&mut port, false);
        assert!(answers.asleep);
        assert!(port.asked.iter().all(|cdb| matches!(cdb[0], 0x00 | 0x03 | 0x12)), "{port:?}");
    }
}

impl std::fmt::Debug for FakeScsi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.asked).finish()
    }
}

fn awake_ata() -> FakeScsi {
    let mut port = FakeScsi::default();
    let mut identify = vec![0_u8; 512];
    let mut word = |at: usize, value: u16| {
        identify[2 * at..2 * at + 2].copy_from_slice(&value.to_le_bytes());
    };
    word(82, 1);
    word(83, 0x4400);
    word(84, 0x4020);
    word(85, 1);
    word(100, 1000);
    word(217, 7200);
    let mut directory = vec![0_u8; 512];
    for log in [3_usize, 4, 7, 0x11] {
        directory[2 * log] = 1;
    }
    let mut list = vec![0_u8; 512];
    list[8..12].copy_from_slice(&[3, 0, 1, 5]);
    port.answers.insert(vec![0x12, 0], FakeScsi::inquiry("ATA     "));
    port.answers.insert(pass(0xec, 0x08, 0x0e, 0, 0, 0), identify);
    port.answers.insert(pass_prefix(0xd0), vec![0; 512]);
    port.answers.insert(vec![0x85, 0x09, 0x0e, 0, 0, 0, 1, 0, 0x00], directory);
    port.answers.insert(vec![0x85, 0x09, 0x0e, 0, 0, 0, 1, 0, 0x03], vec![3; 512]);
    port.answers.insert(vec![0x85, 0x09, 0x0e, 0, 0, 0, 1, 0, 0x04], list);
    port.sense.insert(vec![0x85, 0x06, 0x20, 0, 0xda], registers(0, 0x4f, 0xc2));
    port.sense.insert(vec![0x85, 0x06, 0x20, 0, 0x00], registers(0xff, 0, 0));
    port
}

fn pass(command: u8, protocol: u8, flags: u8, features: u8, mid: u8, high: u8) -> Vec<u8> {
    vec![0x85, protocol, flags, 0, features, 0, 1, 0, 0, 0, mid, 0, high, 0, command, 0]
}

fn pass_prefix(features: u8) -> Vec<u8> {
    vec![0x85, 0x08, 0x0e, 0, features]
}

#[test]
fn an_ata_drive_tells_what_its_directory_names() {
    let mut port = awake_ata();
    let answers = ask_scsi(&mut port, false);
    let pages: Vec<Page> = answers.pages.0.keys().copied().collect();
    assert_eq!(
        pages,
        [
            Page::AtaIdentify,
            Page::AtaSmartData,
            Page::AtaSmartStatus,
            Page::AtaErrors,
            Page::AtaStatistics,
            Page::ScsiInquiry,
        ]
    );
    assert_eq!(answers.pages.get(Page::AtaSmartStatus), Some(&[0x4f, 0xc2][..]));
    // The statistics pages 1 and 5 were named; each is one sector.
    assert_eq!(answers.pages.get(Page::AtaStatistics).map(<[u8]>::len), Some(1024));
    assert!(answers.errors.is_empty(), "{:?}", answers.errors);
}

#[test]
fn a_drive_that_hangs_at_any_step_is_asked_no_further() {
    let mut complete = awake_ata();
    ask_scsi(&mut complete, false);
    for step in 0..complete.asked.len() {
        let mut port = FakeScsi { hangs_at: Some(step), ..awake_ata() };
        let answers = ask_scsi(&mut port, false);
        assert_eq!(port.asked.len(), step + 1, "one command times out, no more are sent");
        assert_eq!(answers.errors.len(), 1);
        assert!(matches!(answers.errors[0], DeviceError::TimedOut { .. }));
    }
}

/// An NVMe drive whose commands are numbered; one of them may hang.
#[derive(Default)]
struct FakeNvme {
    version: [u8; 4],
    self_tests: bool,
    fails_at: Option<usize>,
    asked: Vec<allow::AdmittedNvme>,
}

impl NvmePort for FakeNvme {
    fn name(&self) -> &'static str {
        "/dev/nvme9"
    }

    fn send(
        &mut self,
        command: &allow::AdmittedNvme,
        length: usize,
    ) -> Result<Vec<u8>, DeviceError> {
        self.asked.push(*command);
        if self.fails_at == Some(self.asked.len() - 1) {
            return Err(DeviceError::Failed {
                device: self.name().to_owned(),
                command: command.name,
                answer: "status 0x2002".to_owned(),
            });
        }
        let mut data = vec![0; length];
        if command.opcode == 0x06 && command.cdw10 == 1 {
            data[80..84].copy_from_slice(&self.version);
            data[256] = if self.self_tests { 0x10 } else { 0 };
        }
        Ok(data)
    }
}

#[test]
fn an_nvme_drive_is_asked_for_logs_that_it_has_and_keeps_its_events() {
    let mut port = FakeNvme { version: [0, 4, 1, 0], self_tests: true, ..FakeNvme::default() };
    let answers = ask_nvme(&mut port, Some(7));
    assert_eq!(answers.pages.0.len(), 5);
    let asked: Vec<(u8, u32, u32)> =
        port.asked.iter().map(|held| (held.opcode, held.nsid, held.cdw10)).collect();
    assert_eq!(
        asked,
        [
            (0x06, 0, 1),
            (0x06, 7, 0),
            (0x02, u32::MAX, 0x007f_8002),
            (0x02, u32::MAX, 0x007f_8003),
            (0x02, u32::MAX, 0x008c_8006),
        ]
    );
    // Before 1.3 there is no flag to retain events, and no self-test.
    let mut old = FakeNvme { version: [0, 2, 1, 0], ..FakeNvme::default() };
    ask_nvme(&mut old, None);
    let asked: Vec<u32> = old.asked.iter().map(|held| held.cdw10).collect();
    assert_eq!(asked, [1, 0x007f_0002, 0x007f_0003]);
}

#[test]
fn a_failed_nvme_command_costs_its_page_only() {
    for step in 1..5 {
        let mut port = FakeNvme {
            version: [0, 4, 1, 0],
            self_tests: true,
            fails_at: Some(step),
            ..FakeNvme::default()
        };
        let answers = ask_nvme(&mut port, Some(1));
        assert_eq!(answers.pages.0.len(), 4, "step {step}");
        assert_eq!(
            answers.errors[0].sentence(),
            format!("`/dev/nvme9`: {} failed: status 0x2002", port.asked[step].name)
        );
    }
}

#[test]
fn a_device_that_is_not_there_is_named() {
    let error = sgio::ScsiDevice::open("/dev/no-such-disk").expect_err("it is not there");
    assert!(error.sentence().starts_with("cannot open `/dev/no-such-disk`: "), "{error}");
    let error = nvme::NvmeDevice::open("/dev/no-such-nvme").expect_err("it is not there");
    assert!(error.ends_dialogue());
}

#[test]
fn a_file_that_is_no_device_refuses_the_call() {
    let file = tempfile::NamedTempFile::new().expect("a scratch file");
    let path = file.path().display().to_string();
    let mut device = sgio::ScsiDevice::open(&path).expect("a file can be opened");
    let answers = ask_scsi(&mut device, false);
    assert!(matches!(answers.errors.as_slice(), [DeviceError::NotSent { .. }]));
    let mut device = nvme::NvmeDevice::open(&path).expect("a file can be opened");
    let answers = ask_nvme(&mut device, Some(1));
    assert!(matches!(answers.errors.as_slice(), [DeviceError::NotSent { .. }]));
}
