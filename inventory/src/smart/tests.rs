//! Laws of all decoders, and pages whose values the corpus does not have.

use proptest::prelude::*;

use super::pages::{Page, Pages, apply};
use super::{PageError, ata, nvme, scsi};
use crate::model::{Disk, Smart};

/// Decodes `bytes` as every page there is.
fn decode_all(bytes: &[u8]) -> Vec<PageError> {
    let all = Page::ALL.into_iter().map(|page| (page, bytes.to_vec())).collect();
    apply(&Pages(all), &mut Disk::default())
}

#[test]
fn every_page_has_a_file_name_of_its_own() {
    for page in Page::ALL {
        assert_eq!(Page::from_file_name(page.file_name()), Some(page));
    }
    assert_eq!(Page::from_file_name("../../etc/passwd"), None);
}

#[test]
fn a_page_of_any_length_is_decoded_or_named_with_what_it_lacks() {
    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(4200).collect();
    for length in (0..1100).chain([4095, 4096, 4200]) {
        for error in decode_all(&bytes[..length]) {
            let sentence = error.to_string();
            assert!(!sentence.contains('\n') && !sentence.ends_with('.'), "{sentence}");
        }
    }
    assert_eq!(
        nvme::health(&[0; 10]).expect_err("too short").to_string(),
        "NVMe log 02h ends at byte 0xa, but must have 0x200 bytes"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4200)) {
        decode_all(&bytes);
    }

    #[test]
    fn lists_with_lengths_of_their_own_never_run_past_the_end(
        mut bytes in proptest::collection::vec(prop_oneof![Just(0_u8), Just(0xff), any::<u8>()], 64..600),
        code in prop_oneof![Just(0x00_u8), Just(0x18), Just(0x80), Just(0x83), Just(0x89), Just(0xb1)],
    ) {
        bytes[1] = code;
        decode_all(&bytes);
        bytes[0] = code & 0x3f;
        decode_all(&bytes);
    }
}

#[test]
fn counters_of_128_bits_are_held_at_the_largest_of_64() {
    let mut page = [0_u8; 512];
    page[48..56].fill(0xff);
    page[56] = 1;
    page[32..40].fill(0xff);
    let health = nvme::health(&page).expect("512 bytes");
    assert_eq!(health.data_units_written, Some(u64::MAX));
    assert_eq!(health.data_units_read, Some(u64::MAX));
    assert_eq!(health.temperature_mc, None, "0 K is not reported");
}

#[test]
fn an_nvme_namespace_has_the_size_of_its_chosen_format() {
    let mut page = [0_u8; 4096];
    page[..8].copy_from_slice(&1000_u64.to_le_bytes());
    page[26] = 1;
    page[128 + 2] = 9;
    page[132 + 2] = 12;
    page[120..128].copy_from_slice(&[0, 0x25, 0x38, 1, 2, 3, 4, 5]);
    let found = nvme::namespace(&page).expect("4096 bytes");
    assert_eq!((found.block_bytes, found.size_bytes()), (Some(4096), Some(4_096_000)));
    assert_eq!(found.wwid.as_deref(), Some("eui.0025380102030405"));
    page[104] = 0x36;
    let wwid = nvme::namespace(&page).expect("4096 bytes").wwid;
    assert_eq!(wwid.as_deref(), Some("eui.36000000000000000000000000000000"));
    // 2^63 is what a hostile page may claim.
    page[132 + 2] = 63;
    assert_eq!(nvme::namespace(&page).expect("4096 bytes").size_bytes(), None);
}

#[test]
fn nvme_self_tests_and_firmware_slots_are_read() {
    let mut log = [0xff_u8; 564];
    for (entry, bytes) in [(0_usize, [0x17, 3, 2, 0]), (1, [0x20, 0, 0, 0])] {
        let at = 4 + 28 * entry;
        log[at..at + 28].fill(0);
        log[at..at + 4].copy_from_slice(&bytes);
        log[at + 4..at + 12].copy_from_slice(&500_u64.to_le_bytes());
        log[at + 16..at + 24].copy_from_slice(&77_u64.to_le_bytes());
    }
    let tests = nvme::self_tests(&log).expect("564 bytes");
    assert_eq!(tests.len(), 2);
    assert_eq!((tests[0].kind.as_str(), tests[0].passed), ("short", Some(false)));
    assert_eq!((tests[0].at_hours, tests[0].failing_lba), (Some(500), Some(77)));
    assert_eq!((tests[1].kind.as_str(), tests[1].passed), ("extended", Some(true)));
    assert_eq!(tests[1].failing_lba, None);

    let mut slots = [0_u8; 512];
    slots[0] = 0x12;
    slots[8..16].copy_from_slice(b"GDC5602Q");
    let slots = nvme::firmware_slots(&slots).expect("512 bytes");
    assert_eq!((slots.active, slots.next), (2, 1));
    assert_eq!(slots.revisions[0].as_deref(), Some("GDC5602Q"));
    assert_eq!(slots.revisions[6], None);
}

#[test]
fn the_normalised_value_meets_the_threshold_and_zero_is_none() {
    for (value, worst, threshold, wanted) in [
        (5, 5, 10, "now"),
        (10, 10, 10, "now"),
        (11, 9, 10, "past"),
        (11, 11, 10, ""),
        (0, 0, 0, ""),
        (1, 1, 0, ""),
    ] {
        let found = ata::when_failed(Some(value), Some(worst), Some(threshold));
        assert_eq!(found, wanted, "{value} {worst} {threshold}");
    }
    assert_eq!(ata::when_failed(Some(0), Some(0), None), "");
}

#[test]
fn a_status_that_a_bridge_made_up_is_no_verdict() {
    assert_eq!(ata::status(&[0x4f, 0xc2]), Ok(Some(true)));
    assert_eq!(ata::status(&[0xf4, 0x2c]), Ok(Some(false)));
    assert_eq!(ata::status(&[0, 0]), Ok(None));
    assert!(ata::status(&[0x4f]).is_err());
}

#[test]
fn a_scsi_list_of_designators_yields_the_name_of_the_logical_unit() {
    let mut page = vec![0, 0x83, 0, 0];
    let mut add = |code_set: u8, kind: u8, id: &[u8]| {
        page.extend([code_set, kind, 0, u8::try_from(id.len()).expect("short")]);
        page.extend(id);
    };
    add(2, 1, b"SEAGATE ST900MM0168");
    // The name of the target port has association 1.
    add(1, 0x93, &[0x50, 0, 0xc5, 0, 0xa0, 0, 0, 2]);
    add(1, 3, &[0x50, 0, 0xc5, 0, 0xa0, 0, 0, 1]);
    let length = u8::try_from(page.len() - 4).expect("short");
    page[3] = length;
    assert_eq!(scsi::designator(&page), Ok(Some("naa.5000c500a0000001".to_owned())));
    page[1] = 0x80;
    assert!(scsi::designator(&page).is_err(), "another page than asked for");
}

#[test]
fn scsi_capacity_and_defects_refuse_what_cannot_be() {
    let mut page = [0_u8; 32];
    page[..8].fill(0xff);
    assert!(scsi::capacity(&page).is_err());
    page[..8].copy_from_slice(&1_758_174_767_u64.to_be_bytes());
    page[8..12].copy_from_slice(&512_u32.to_be_bytes());
    page[13] = 3;
    let found = scsi::capacity(&page).expect("32 bytes");
    assert_eq!(found.size_bytes(), Some(900_185_481_216));
    assert_eq!(found.physical_block_bytes, 4096);
    assert_eq!(scsi::grown_defects(&[0, 0x0d, 0, 0, 0, 0, 0, 56]), Ok(Some(7)));
    assert_eq!(scsi::grown_defects(&[0, 0x08, 0, 0, 0, 0, 0, 56]), Ok(Some(14)), "short blocks");
    assert_eq!(scsi::grown_defects(&[0, 0x15, 0, 0, 0, 0, 0, 56]), Ok(None), "primary list");
    assert!(scsi::grown_defects(&[0, 0x0e, 0, 0, 0, 0, 0, 56]).is_err());
}

#[test]
fn sas_phys_tell_their_link_and_its_errors() {
    let mut phy = vec![0_u8; 48];
    phy[1] = 1;
    phy[3] = 44;
    phy[5] = 0x0b;
    phy[8..16].copy_from_slice(&[0x50, 0, 0xc5, 0, 0xa0, 0, 0, 1]);
    phy[32..36].copy_from_slice(&9_u32.to_be_bytes());
    let mut value = vec![6, 0, 0, 1];
    value.extend(phy);
    let mut page = vec![0x18, 0, 0, 0, 0, 1, 3, u8::try_from(value.len()).expect("short")];
    page.extend(value);
    page[3] = u8::try_from(page.len() - 4).expect("short");
    let phys = scsi::log::phys(&page).expect("a page");
    assert_eq!(phys.len(), 1);
    assert_eq!(phys[0].sas_address.as_deref(), Some("5000c500a0000001"));
    assert_eq!((phys[0].link_bps, phys[0].invalid_dwords), (Some(12_000_000_000), Some(9)));
}

#[test]
fn an_exception_is_a_verdict_and_its_codes_are_kept() {
    for (asc, passed) in [(0x00, true), (0x5d, false), (0x0b, false), (0x29, true)] {
        let page = vec![0x2f, 0, 0, 12, 0, 0, 3, 8, asc, 1, 33, 0, 0, 0, 0, 0];
        let mut disk = Disk::default();
        let pages = Pages([(Page::ScsiExceptions, page)].into());
        assert_eq!(apply(&pages, &mut disk), []);
        assert_eq!(disk.health.and_then(|health| health.passed), Some(passed), "{asc:#x}");
        assert_eq!(disk.temperature_mc, Some(33_000));
        let Some(Smart { scsi: Some(smart), .. }) = disk.smart else { panic!("no data") };
        assert_eq!((smart.exception_asc, smart.exception_ascq), (Some(asc), Some(1)));
    }
}

#[test]
fn an_ata_drive_behind_a_translation_layer_is_told_by_its_own_words() {
    let mut page = vec![0, 0x89, 2, 0x38];
    page.resize(60, 0);
    page[56] = 0xec;
    let mut identify = vec![0_u8; 512];
    let model: Vec<u8> =
        b"EXAMPLE SSD 480".chunks(2).flat_map(|pair| pair.iter().rev()).copied().collect();
    identify[54..94].fill(b' ');
    identify[54..54 + 14].copy_from_slice(&model[..14]);
    identify[434..436].copy_from_slice(&1_u16.to_le_bytes());
    identify[152..154].copy_from_slice(&0x0e_u16.to_le_bytes());
    page.extend(identify);
    let mut inquiry = vec![0_u8; 36];
    inquiry[8..16].copy_from_slice(b"ATA     ");
    inquiry[16..32].copy_from_slice(b"EXAMPLE SSD 4800");
    let mut disk = Disk::default();
    apply(&Pages([(Page::ScsiAtaBehind, page), (Page::ScsiInquiry, inquiry)].into()), &mut disk);
    assert_eq!(disk.protocol.as_deref(), Some("sata"));
    assert_eq!(disk.kind.as_deref(), Some("ssd"));
    assert_eq!(disk.model.as_deref(), Some("EXAMPLE SSD 48"));
    assert_eq!(disk.vendor, None);
}
