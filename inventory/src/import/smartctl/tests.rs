//! Synthetic documents and texts in smartctl's layout.

use proptest::prelude::*;

use super::*;
use crate::model::{SelfTest, Smart};

const SAS: &str = "\
smartctl 7.4 2023-08-01 r5530 [x86_64-linux-5.10.0] (local build)
Copyright (C) 2002-23, Bruce Allen, Christian Franke, www.smartmontools.org

=== START OF INFORMATION SECTION ===
Vendor:               SEAGATE
Product:              ST900MM0168
Revision:             N003
Compliance:           SPC-4
User Capacity:        900,185,481,216 bytes [900 GB]
Logical block size:   512 bytes
Physical block size:  4096 bytes
Rotation Rate:        10000 rpm
Form Factor:          2.5 inches
Logical Unit id:      0x5000c500a0000001
Serial number:        W4000001
Device type:          disk
Transport protocol:   SAS (SPL-4)
Local Time is:        Mon Nov  2 10:00:00 2026 CST
SMART support is:     Available - device has SMART capability.
SMART support is:     Enabled
Temperature Warning:  Enabled

=== START OF READ SMART DATA SECTION ===
SMART Health Status: FAILURE PREDICTION THRESHOLD EXCEEDED [asc=5d, ascq=0]

Current Drive Temperature:     34 C
Drive Trip Temperature:        60 C

Accumulated power on time, hours:minutes 30462:42
Manufactured in week 28 of year 2018
Specified cycle count over device lifetime:  50000
Accumulated start-stop cycles:  45
Specified load-unload count over device lifetime:  600000
Accumulated load-unload cycles:  2227
Elements in grown defect list: 7

Error counter log:
           Errors Corrected by           Total   Correction     Gigabytes    Total
               ECC          rereads/    errors   algorithm      processed    uncorrected
           fast | delayed   rewrites  corrected  invocations   [10^9 bytes]  errors
read:   5330255        1        41   5330297    5332649      11523.849           1
write:         0        0      1973      1973     128473      11151.772         535

Non-medium error count:       12

SMART Self-test log
Num  Test              Status                 segment  LifeTime  LBA_first_err [SK ASC ASQ]
     Description                              number   (hours)
# 1  Background short  Completed                   -   30462                 - [-   -    -]
# 2  Background long   Failed in segment -->       3   12345         104870168 [0x3 0x11 0x0]

Long (extended) Self-test duration: 5400 seconds [90.0 minutes]
";

const OLD: &str = "\
smartctl 6.2 2013-07-26 r3841 [x86_64-linux-3.10.0] (local build)
Copyright (C) 2002-13, Bruce Allen, Christian Franke, www.smartmontools.org

=== START OF INFORMATION SECTION ===
Device Model:     EXAMPLE HDD 4000
Serial Number:    E0000001
LU WWN Device Id: 5 000c50 0a1b2c3d4
Firmware Version: SN04
User Capacity:    4.000.787.030.016 bytes [4,00 TB]
Sector Size:      512 bytes logical/physical
Rotation Rate:    7200 rpm
SATA Version is:  SATA 3.1, 6.0 Gb/s (current: 6.0 Gb/s)

=== START OF READ SMART DATA SECTION ===
SMART overall-health self-assessment test result: FAILED!
Drive failure expected in less than 24 hours. SAVE ALL DATA.

SMART Attributes Data Structure revision number: 10
Vendor Specific SMART Attributes with Thresholds:
ID# ATTRIBUTE_NAME          FLAG     VALUE WORST THRESH TYPE      UPDATED  WHEN_FAILED RAW_VALUE
  5 Reallocated_Sector_Ct   0x0033   005   005   010    Pre-fail  Always   FAILING_NOW 1272 (0 3)
  9 Power_On_Hours          0x0032   060   060   000    Old_age   Always       -       16350h+12m+10.120s
190 Airflow_Temperature_Cel 0x0022   065   043   045    Old_age   Always   In_the_past 35 (Min/Max 35/57)
230 Media_Wearout_Indicator 0x0032   001   001   ---    Old_age   Always       -       0x0032000a0032

SMART Error Log Version: 1
ATA Error Count: 306 (device log contains only the most recent five errors)

SMART Self-test log structure revision number 1
Num  Test_Description    Status                  Remaining  LifeTime(hours)  LBA_of_first_error
# 1  Extended offline    Completed: read failure       90%     16150         716216
# 2  Short offline       Aborted by host               20%     16000         -
#10  Vendor (0xdf)       Completed without error       00%      4314         -

";

fn read(text: &str) -> Inventory {
    import("smart.txt", text.as_bytes()).expect("the file is sound")
}

fn disk(text: &str) -> Disk {
    let read = read(text);
    assert_eq!(read.disk.len(), 1, "{:?}", read.sections);
    read.disk.into_iter().next().expect("one disk")
}

#[test]
fn the_text_of_a_sas_drive_is_read() {
    let disk = disk(SAS);
    assert_eq!(disk.protocol.as_deref(), Some("sas"));
    assert_eq!(
        (disk.vendor.as_deref(), disk.model.as_deref()),
        (Some("SEAGATE"), Some("ST900MM0168"))
    );
    assert_eq!(disk.serial.as_deref(), Some("W4000001"));
    assert_eq!(disk.size_bytes, Some(900_185_481_216));
    assert_eq!(disk.rpm, Some(10_000));
    assert_eq!(disk.wwid.as_deref(), Some("naa.5000c500a0000001"));
    assert_eq!(disk.temperature_mc, Some(34_000));
    assert_eq!(disk.power_on_s, Some((30_462 * 60 + 42) * 60));
    assert_eq!(disk.counters.read_bytes, Some(11_523_849_000_000));
    assert_eq!(disk.counters.uncorrected, Some(536));
    let Some(Smart { scsi: Some(scsi), .. }) = &disk.smart else { panic!("no SCSI data") };
    assert_eq!(scsi.grown_defects, Some(7));
    assert_eq!(scsi.non_medium_errors, Some(12));
    assert_eq!((scsi.exception_asc, scsi.exception_ascq), (Some(0x5d), Some(0)));
    assert_eq!((scsi.start_stop_cycles, scsi.load_unload_cycles), (Some(45), Some(2227)));
    assert_eq!(scsi.errors["write"].corrected_by_rereads_rewrites, Some(1973));
    assert_eq!(
        scsi.self_tests[1],
        SelfTest {
            kind: "extended".to_owned(),
            status: "Failed in segment -->".to_owned(),
            passed: Some(false),
            at_hours: Some(12_345),
            failing_lba: Some(104_870_168),
        }
    );
    let health = disk.health.expect("a verdict");
    assert_eq!(health.passed, Some(false));
    assert_eq!(health.reasons, ["failure prediction threshold exceeded (asc 5dh, ascq 00h)"]);
    assert!(health.notes.contains(&"1 earlier self-tests failed".to_owned()), "{health:?}");
}

#[test]
fn the_old_table_and_the_separators_of_another_locale_are_read() {
    let disk = disk(OLD);
    assert_eq!(disk.size_bytes, Some(4_000_787_030_016));
    assert_eq!(disk.wwid.as_deref(), Some("naa.5000c500a1b2c3d4"));
    assert_eq!(disk.power_on_s, Some((16_350 * 60 + 12) * 60));
    assert_eq!(disk.counters.reallocated, Some(1272));
    let Some(Smart { ata: Some(ata), .. }) = &disk.smart else { panic!("no ATA data") };
    let table: Vec<_> = ata
        .attributes
        .iter()
        .map(|held| (held.id, held.flags, held.threshold, held.raw, held.when_failed.as_str()))
        .collect();
    assert_eq!(
        table,
        [
            (5, Some(0x33), Some(10), Some(1272), "now"),
            (9, Some(0x32), Some(0), Some(16_350), ""),
            (190, Some(0x22), Some(45), Some(35), "past"),
            (230, Some(0x32), None, Some(0x0032_000a_0032), ""),
        ]
    );
    assert_eq!(ata.error_count, Some(306));
    let tests: Vec<_> = ata
        .self_tests
        .iter()
        .map(|held| (held.kind.as_str(), held.passed, held.at_hours, held.failing_lba))
        .collect();
    assert_eq!(
        tests,
        [
            ("extended", Some(false), Some(16_150), Some(716_216)),
            ("short", None, Some(16_000), None),
            ("vendor 0xdf", Some(true), Some(4_314), None),
        ]
    );
    let health = disk.health.expect("a verdict");
    assert_eq!(
        health.reasons,
        [
            "attribute 5 Reallocated_Sector_Ct: value 5 met its threshold 10",
            "latest self-test (extended) failed at 16150 h: Completed: read failure, block 716216",
        ]
    );
    assert!(health.notes[0].ends_with("worst value 43 met its threshold 45 in the past"));
}

#[test]
fn runs_one_after_the_other_are_drives_of_their_own() {
    let both = read(&format!("{SAS}\n{OLD}"));
    assert_eq!(both.disk.len(), 2);
    let locators: Vec<&str> = both.sources.iter().map(|held| held.locator.as_str()).collect();
    assert_eq!(locators[0], "import:smart.txt#line 1");
    assert!(locators[1].starts_with("import:smart.txt#line 5"), "{locators:?}");
    assert_eq!(both.sections[&Section::Disk].status, SectionState::Partial);
}

#[test]
fn a_drive_that_slept_or_did_not_open_costs_a_reason() {
    for words in [
        "Device is in STANDBY mode, exit(2)",
        "Smartctl open device: /dev/sdq failed: No such device",
    ] {
        let read = read(&format!("smartctl 7.2 2020-12-30 r5155 [x] (local build)\n\n{words}\n"));
        assert!(read.disk.is_empty());
        let status = &read.sections[&Section::Disk];
        assert_eq!(status.status, SectionState::Failed);
        assert!(status.reason.as_ref().is_some_and(|reason| reason.contains(words)), "{status:?}");
    }
}

fn json(members: &str) -> Inventory {
    let text =
        format!(r#"{{"json_format_version":[1,0],"smartctl":{{"exit_status":0}},{members}}}"#);
    import("smart.json", text.as_bytes()).expect("the document is sound")
}

#[test]
fn drives_behind_controllers_say_where_they_sit() {
    for (device, kind, locator, behind, name) in [
        ("/dev/sda", "sat+megaraid,3", Some("megaraid,3"), Some("megaraid (/dev/sda)"), None),
        ("/dev/bus/0", "megaraid,12", Some("megaraid,12"), Some("megaraid (/dev/bus/0)"), None),
        ("/dev/sg0", "cciss,1", Some("cciss,1"), Some("cciss (/dev/sg0)"), None),
        ("/dev/sdb", "sat", Some("sdb"), None, Some("sdb")),
        ("/dev/nvme0", "nvme", Some("nvme0"), None, Some("nvme0")),
    ] {
        let read = json(&format!(
            r#""device":{{"name":"{device}","type":"{kind}","protocol":"ATA"}},"model_name":"M""#
        ));
        let disk = &read.disk[0];
        assert_eq!(disk.locator.as_deref(), locator, "{kind}");
        assert_eq!(disk.behind.as_deref(), behind, "{kind}");
        assert_eq!(disk.name.as_deref(), name, "{kind}");
    }
}

#[test]
fn numbers_that_a_double_cannot_hold_are_read_from_their_text() {
    let read = json(
        r#""device":{"name":"/dev/nvme0","type":"nvme","protocol":"NVMe"},
        "nvme_smart_health_information_log":{"critical_warning":0,
          "host_reads":9007199254740993,"host_reads_s":"9007199254740995",
          "host_writes":1.8446744073709552e20,"host_writes_s":"184467440737095516150",
          "data_units_read":340282366920938463463374607431768211455}"#,
    );
    let Some(Smart { nvme: Some(nvme), .. }) = &read.disk[0].smart else { panic!("no data") };
    assert_eq!(nvme.host_reads, Some(9_007_199_254_740_995));
    assert_eq!(nvme.host_writes, Some(u64::MAX));
    assert_eq!(nvme.data_units_read, Some(u64::MAX));
}

#[test]
fn a_field_of_the_wrong_type_is_left_out_and_named() {
    let read = json(
        r#""device":{"name":"/dev/sda","type":"sat","protocol":"ATA"},"model_name":"M",
        "user_capacity":{"bytes":"many"},"temperature":[1],"rotation_rate":-5"#,
    );
    assert_eq!(read.disk[0].size_bytes, None);
    let places: Vec<&str> = read
        .findings
        .iter()
        .filter_map(|found| found.message.split(", ").nth(1)?.split(": ").next())
        .collect();
    assert_eq!(places, ["$.user_capacity.bytes", "$.rotation_rate", "$.temperature"]);
}

#[test]
fn the_exit_status_is_a_mask() {
    for (status, missing) in
        [(0, false), (4, true), (8, false), (64, false), (216, false), (2, true)]
    {
        let text = format!(
            r#"{{"smartctl":{{"exit_status":{status}}},"device":{{"name":"/dev/sda","protocol":"ATA","type":"sat"}},"model_name":"M"}}"#
        );
        let read = import("x", text.as_bytes()).expect("sound");
        let reason = read.sections[&Section::Disk].reason.clone().expect("always partial");
        assert_eq!(reason.contains("exit status"), missing, "{status}: {reason}");
        assert_eq!(read.disk.len(), 1);
    }
}

#[test]
fn a_scan_names_devices_and_describes_none() {
    let read = json(
        r#""devices":[{"name":"/dev/sda","type":"scsi","protocol":"SCSI"},
        {"name":"/dev/bus/0","type":"megaraid,0","protocol":"SCSI"}]"#,
    );
    assert!(read.disk.is_empty());
    let status = &read.sections[&Section::Disk];
    assert_eq!(status.status, SectionState::Failed);
    assert!(status.reason.as_ref().is_some_and(|reason| reason.contains("names 2 devices")));
}

#[test]
fn a_volume_goes_to_its_controller() {
    let read = json(
        r#""device":{"name":"/dev/sdb","type":"scsi","protocol":"SCSI"},"vendor":"Intel",
        "product":"Raid 1 Volume","serial_number":"Volume1","user_capacity":{"bytes":1000202043392}"#,
    );
    assert!(read.disk.is_empty());
    let volume = &read.controller[0].volume[0];
    assert_eq!((volume.device.as_deref(), volume.level.as_deref()), (Some("sdb"), Some("RAID1")));
    assert_eq!(volume.size_bytes, Some(1_000_202_043_392));
}

#[test]
fn redacted_serials_tell_no_drive_from_another() {
    let read = json(
        r#""device":{"name":"/dev/sda","type":"sat","protocol":"ATA"},
        "serial_number":"REDACTED","model_name":"M""#,
    );
    assert_eq!(read.disk[0].serial, None);
    assert_eq!(read.disk[0].origin.raw["serial"], "REDACTED");
}

#[test]
fn what_smartctl_did_not_write_is_refused_in_one_sentence() {
    for (text, place) in [
        ("", None),
        ("hello\nworld\n", Some("line 1")),
        ("{\"smartctl\": {\"exit_status\": 0,", Some("line 1")),
        ("[1, 2]", Some("$[0]")),
        ("{\"Controllers\": []}", Some("$")),
    ] {
        let error = import("f", text.as_bytes()).expect_err(text);
        let sentence = error.to_string();
        assert!(sentence.starts_with("`f`") && !sentence.contains('\n'), "{sentence}");
        match place {
            Some(place) => {
                assert!(error.place.is_some_and(|held| held.starts_with(place)), "{sentence}");
            }
            None => assert_eq!(error.place, None),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_cut_and_no_changed_byte_of_a_text_is_more_than_an_error(
        cut in 0..SAS.len(), at in 0..OLD.len(), byte in any::<u8>()
    ) {
        drop(import("cut", &SAS.as_bytes()[..cut]));
        let mut bytes = OLD.as_bytes().to_vec();
        bytes[at] = byte;
        drop(import("changed", &bytes));
    }
}
