//! Synthetic documents in storcli's layout.

use proptest::prelude::*;

use super::*;

const SHOW: &str = r#"{"Controllers":[{
 "Command Status":{"CLI Version":"007.1704","Controller":0,"Status":"Success","Description":"None"},
 "Response Data":{
  "Product Name":"AVAGO MegaRAID SAS 9361-8i","Serial Number":"SV00000001",
  "PCI Address":"00:3b:00:00","FW Version":"4.680.00-8290","Driver Name":"megaraid_sas",
  "Controller Status":"Optimal","Physical Drives":3,
  "VD LIST":[{"DG/VD":"0/239","TYPE":"RAID1","State":"Optl","Access":"RW","Size":"837.258 GB","Name":"system"}],
  "PD LIST":[
   {"EID:Slt":"252:0","DID":8,"State":"Onln","DG":0,"Size":"837.258 GB","Intf":"SAS","Med":"HDD","SeSz":"512B","Model":"ST900MM0168     ","Sp":"U"},
   {"EID:Slt":"252:10","DID":9,"State":"UBad","DG":"-","Size":"446.625 GB","Intf":"SATA","Med":"SSD","SeSz":"512B","Model":"INTEL SSDSC2KB480G8"},
   {"EID:Slt":"252:2","DID":7,"State":"UGood","DG":"-","Size":"123.456 GB","Intf":"SAS","Med":"HDD","SeSz":"4 KB","Model":"ODD"}]}}]}"#;

const DETAIL: &str = r#"{"Controllers":[{
 "Command Status":{"Controller":1,"Status":"Success"},
 "Response Data":{
  "Drive /c1/e8/s4":[{"EID:Slt":"8:4","DID":4,"State":"Onln","Size":"9.094 TB","Intf":"SAS","Med":"HDD","SeSz":"4 KB","Model":"HUH721010AL4200"}],
  "Drive /c1/e8/s4 - Detailed Information":{
   "Drive /c1/e8/s4 State":{"Media Error Count":3,"Other Error Count":0,"Drive Temperature":" 29C (84.20 F)","Predictive Failure Count":1,"S.M.A.R.T alert flagged by drive":"Yes"},
   "Drive /c1/e8/s4 Device attributes":{"SN":"7PG00001        ","Manufacturer Id":"HGST    ","Model Number":"HUH721010AL4200 ","WWN":"5000CCA251000001","Firmware Revision":"A907    ","Raw size":"9.094 TB [0x9187ffff Sectors]","Logical Sector Size":"4 KB","Physical Sector Size":"4 KB"}},
  "VD3 Properties":{"Number of Blocks":"936640512","OS Drive Name":"/dev/sdc"},
  "/c1/v3":[{"DG/VD":"1/3","TYPE":"RAID5","State":"Dgrd","Size":"446.625 GB","Name":""}]}}]}"#;

fn read(text: &str) -> Inventory {
    import("storcli.json", text.as_bytes()).expect("the document is sound")
}

#[test]
fn a_controller_its_volumes_and_drives_are_read() {
    let read = read(SHOW);
    let [controller] = read.controller.as_slice() else { panic!("{:?}", read.controller) };
    assert_eq!(controller.model.as_deref(), Some("AVAGO MegaRAID SAS 9361-8i"));
    assert_eq!(controller.serial.as_deref(), Some("SV00000001"));
    assert_eq!(controller.address.as_deref(), Some("0000:3b:00.0"));
    assert_eq!(controller.firmware.as_deref(), Some("4.680.00-8290"));
    assert_eq!(controller.state.as_deref(), Some("Optimal"));
    assert_eq!(controller.drives, Some(3));
    let volume = &controller.volume[0];
    assert_eq!(volume.name.as_deref(), Some("system"));
    assert_eq!(volume.level.as_deref(), Some("RAID1"));
    assert_eq!(volume.size_bytes, Some(898_998_932_078));
    let slots: Vec<&str> = read.disk.iter().filter_map(|disk| disk.locator.as_deref()).collect();
    assert_eq!(slots, ["252:0", "252:2", "252:10"]);
    let behind = "AVAGO MegaRAID SAS 9361-8i (0000:3b:00.0)";
    assert!(read.disk.iter().all(|disk| disk.behind.as_deref() == Some(behind)));
    assert_eq!(read.disk[0].kind.as_deref(), Some("hdd"));
    assert_eq!(read.disk[2].protocol.as_deref(), Some("sata"));
}

#[test]
fn a_coerced_size_is_the_drive_that_is_sold_with_it_or_none() {
    let read = read(SHOW);
    // 837.258 GB by powers of 1,024 is less than 900 GB; the drive is not.
    assert_eq!(read.disk[0].size_bytes, Some(900_185_481_216));
    assert_eq!(read.disk[2].size_bytes, Some(480_103_981_056));
    assert_eq!(read.disk[1].size_bytes, None, "no drive of that size is sold");
    assert_eq!(read.disk[0].origin.raw["size_bytes"], "837.258 GB (coerced)");
    let reason = read.sections[&Section::Disk].reason.clone().expect("a partial section");
    assert!(reason.contains("controller 0 gives 1 drives a rounded-down size only"), "{reason}");
}

#[test]
fn a_bad_drive_and_an_alert_are_reasons() {
    let bad = read(SHOW).disk[2].health.clone().expect("a state");
    assert_eq!(bad.reasons, ["the controller holds the drive for bad (UBad)"]);
    let failing = read(DETAIL).disk[0].health.clone().expect("a state");
    assert_eq!(failing.passed, Some(false));
    assert_eq!(failing.reasons.len(), 2, "{failing:?}");
    assert_eq!(failing.notes, ["the controller counted 3 media errors"]);
}

#[test]
fn details_have_the_serial_name_and_true_size() {
    let read = read(DETAIL);
    let disk = &read.disk[0];
    assert_eq!(disk.serial.as_deref(), Some("7PG00001"));
    assert_eq!(disk.vendor.as_deref(), Some("HGST"));
    assert_eq!(disk.wwid.as_deref(), Some("naa.5000cca251000001"));
    assert_eq!(disk.firmware.as_deref(), Some("A907"));
    assert_eq!(disk.block_bytes, Some(4096));
    assert_eq!(disk.size_bytes, Some(0x9187_ffff * 4096));
    assert_eq!(disk.temperature_mc, Some(29_000));
    let volume = &read.controller[0].volume[0];
    assert_eq!(volume.name.as_deref(), Some("VD 1/3"));
    assert_eq!(volume.device.as_deref(), Some("sdc"));
    assert_eq!(volume.size_bytes, Some(936_640_512 * 512));
}

#[test]
fn documents_of_several_commands_and_controllers_add_up() {
    let both = read(&format!("{SHOW}\n{DETAIL}"));
    assert_eq!(both.controller.len(), 2);
    assert_eq!(both.disk.len(), 4);
    let again = read(&format!("[{SHOW},{SHOW}]"));
    assert_eq!((again.controller.len(), again.disk.len()), (1, 3));
}

#[test]
fn no_controller_is_an_answer_and_not_an_error() {
    let read = read(
        r#"{"Controllers":[{"Command Status":{"Status":"Failure","Description":"No Controller found"}}]}"#,
    );
    let status = &read.sections[&Section::Controller];
    assert_eq!(status.status, SectionState::Unsupported);
    assert_eq!(status.reason.as_deref(), Some("storcli: No Controller found"));
    assert!(!read.sections.contains_key(&Section::Disk));
}

#[test]
fn what_is_no_document_of_storcli_is_refused_in_one_sentence() {
    for (text, place) in [
        ("", None),
        ("{\"Controllers\": [", Some("line 1")),
        ("{\"smartctl\": {}}", Some("$")),
        ("CLI Version = 007.1704", Some("line 1")),
    ] {
        let error = import("s.json", text.as_bytes()).expect_err(text);
        let sentence = error.to_string();
        assert!(sentence.starts_with("`s.json`"), "{sentence}");
        assert!(!sentence.contains('\n'), "{sentence}");
        assert_eq!(error.place.is_some(), place.is_some(), "{sentence}");
        if let Some(place) = place {
            assert!(error.place.is_some_and(|held| held.starts_with(place)), "{sentence}");
        }
    }
}

#[test]
fn sizes_are_exact_to_the_last_digit_printed() {
    for (text, bytes) in [
        ("446.625 GB", Some(479_559_942_144)),
        ("1.818 TB", Some(1_998_912_139_296)),
        ("512 B", Some(512)),
        ("0.000 KB", Some(0)),
        ("x GB", None),
        ("1.5", None),
        ("99999999999999999999 GB", None),
    ] {
        assert_eq!(size::binary(text).map(|(bytes, _)| bytes), bytes, "{text}");
    }
    assert_eq!(size::raw("447.130 GB [0x37e436b0 Sectors]", None), Some(480_103_981_056));
    assert_eq!(size::raw("447.130 GB [0x1 Sectors]", None), None);
}

#[test]
fn every_capacity_that_is_sold_is_found_again_from_what_a_controller_lists() {
    for capacity in [300_u64, 450, 480, 600, 900, 960, 1000, 1200, 1800, 1920, 2000, 4000, 8000] {
        let bytes = (97_696_368 + 1_953_504 * (capacity - 50)) * 512;
        // Half a GiB of metadata, then whole GiB.
        let coerced = (bytes - (512 << 20)) >> 30 << 30;
        assert_eq!(size::sold(coerced, 1 << 20), Some(bytes), "{capacity} GB");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_cut_and_no_changed_byte_is_more_than_an_error(
        cut in 0..SHOW.len(), at in 0..DETAIL.len(), byte in any::<u8>()
    ) {
        drop(import("cut", &SHOW.as_bytes()[..cut]));
        let mut bytes = DETAIL.as_bytes().to_vec();
        bytes[at] = byte;
        drop(import("changed", &bytes));
    }
}
