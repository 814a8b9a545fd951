//! The policy, case by case.

use super::*;
use crate::model::{ScsiErrorCounter, Smart};

fn ata(attributes: &[(u8, u8, u8, u8)], passed: bool) -> Disk {
    let attributes = attributes.iter().map(|(id, value, worst, threshold)| AtaAttribute {
        id: *id,
        value: Some(*value),
        worst: Some(*worst),
        threshold: Some(*threshold),
        raw: Some(99_999),
        when_failed: crate::smart::ata::when_failed(Some(*value), Some(*worst), Some(*threshold))
            .to_owned(),
        ..AtaAttribute::default()
    });
    let ata = AtaSmart { attributes: attributes.collect(), ..AtaSmart::default() };
    Disk {
        health: Some(DiskHealth { passed: Some(passed), ..DiskHealth::default() }),
        smart: Some(Smart { ata: Some(ata), ..Smart::default() }),
        ..Disk::default()
    }
}

#[test]
fn raw_values_alone_are_neither_reason_nor_note() {
    let drive = ata(&[(5, 100, 100, 10), (187, 1, 1, 0), (197, 100, 100, 0)], true);
    let health = assess(&drive).expect("it passed");
    assert_eq!(health, DiskHealth { passed: Some(true), ..DiskHealth::default() });
}

#[test]
fn failing_now_is_a_reason_and_in_the_past_a_note() {
    let health = assess(&ata(&[(5, 3, 3, 10), (190, 60, 40, 45)], false)).expect("it failed");
    assert_eq!(health.reasons, ["attribute 5 Unknown_Attribute: value 3 met its threshold 10"]);
    assert_eq!(
        health.notes,
        ["attribute 190 Unknown_Attribute: worst value 40 met its threshold 45 in the past"]
    );
}

#[test]
fn a_failing_drive_always_has_a_reason() {
    let health = assess(&ata(&[], false)).expect("it failed");
    assert_eq!(health.reasons, ["the drive reports that it is failing"]);
}

#[test]
fn asking_twice_gives_the_same() {
    let mut drive = ata(&[(5, 3, 3, 10)], false);
    drive.health = assess(&drive);
    assert_eq!(assess(&drive), drive.health);
}

#[test]
fn spare_below_a_threshold_without_a_warning_is_a_note() {
    let nvme = |critical_warning| Disk {
        smart: Some(Smart {
            nvme: Some(NvmeSmart {
                critical_warning: Some(critical_warning),
                available_spare_percent: Some(98),
                available_spare_threshold_percent: Some(99),
                media_errors: Some(2),
                ..NvmeSmart::default()
            }),
            ..Smart::default()
        }),
        ..Disk::default()
    };
    let quiet = assess(&nvme(0)).expect("notes");
    assert_eq!(quiet.reasons, [""; 0]);
    assert_eq!(quiet.notes.len(), 2, "{quiet:?}");
    let loud = assess(&nvme(0b1001)).expect("reasons");
    assert_eq!(
        loud.reasons,
        [
            "critical warning 0x09: available spare is below its threshold",
            "critical warning 0x09: media is read-only",
        ]
    );
}

#[test]
fn the_latest_finished_self_test_decides() {
    let test = |passed| SelfTest {
        passed,
        status: "Completed: read failure".to_owned(),
        ..SelfTest::default()
    };
    for (tests, reasons, notes) in [
        (vec![test(None), test(Some(false))], 1, 0),
        (vec![test(Some(true)), test(Some(false))], 0, 1),
        (vec![test(None)], 0, 0),
    ] {
        let scsi = ScsiSmart { self_tests: tests, ..ScsiSmart::default() };
        let drive =
            Disk { smart: Some(Smart { scsi: Some(scsi), ..Smart::default() }), ..Disk::default() };
        let health = assess(&drive).unwrap_or_default();
        assert_eq!((health.reasons.len(), health.notes.len()), (reasons, notes));
    }
}

#[test]
fn lifetime_counts_of_a_scsi_drive_are_notes() {
    let errors = ScsiErrorCounter { uncorrected: Some(535), ..ScsiErrorCounter::default() };
    let scsi = ScsiSmart {
        grown_defects: Some(260),
        errors: [("write".to_owned(), errors)].into(),
        exception_asc: Some(0),
        ..ScsiSmart::default()
    };
    let drive =
        Disk { smart: Some(Smart { scsi: Some(scsi), ..Smart::default() }), ..Disk::default() };
    let health = assess(&drive).expect("notes");
    assert_eq!(health.reasons, [""; 0]);
    assert_eq!(health.notes.len(), 2);
}

#[test]
fn a_worn_out_drive_is_noted() {
    let drive = Disk { wear_ratio_ppm: Some(1_010_000), ..Disk::default() };
    assert_eq!(assess(&drive).expect("a note").notes, ["101 % of the rated endurance is used"]);
    assert_eq!(assess(&Disk::default()), None);
}
