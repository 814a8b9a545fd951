//! Documents → pages → decoders.

use inventory::model::Disk;
use inventory::smart::pages::{Page, Pages, apply};
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::corpus::Corpus;
use super::encode;
use super::fields::{Tally, ata, hidden, nvme, scsi};

/// Encodes what a document says into the pages of its drive, decodes them, and
/// compares the disk that results with the document.
pub(crate) fn round_trip(corpus: &Corpus) -> Result<(), Failed> {
    let mut tally = Tally::default();
    let mut pages_made = 0;
    for (file, bytes) in &corpus.documents {
        let mut document: Value = serde_json::from_slice(bytes).expect("the sample is JSON");
        let pages = match document["device"]["protocol"].as_str() {
            Some("NVMe") => of_nvme(&document),
            Some("ATA") => of_ata(&document),
            Some("SCSI") => of_scsi(&document),
            _ => continue,
        };
        pages_made += pages.0.len();
        let mut disk = Disk::default();
        let damage = apply(&pages, &mut disk);
        if !damage.is_empty() {
            return Err(format!("{file}: {damage:?}").into());
        }
        let found = serde_json::to_value(&disk).expect("a disk is JSON");
        forget_what_pages_lack(&mut document, &found);
        identity(&mut tally, file, &document, &found, &pages);
        nvme(&mut tally, file, &document, &found);
        ata(&mut tally, file, &document, &found);
        scsi(&mut tally, file, &document, &found);
    }
    println!("figure: smart.pages = {pages_made}");
    tally.close("smart.round_trip", 0)
}

/// A drive database names attributes and prints raw values its own way; pages
/// hold numbers, raw ones of 48 bits.
fn forget_what_pages_lack(document: &mut Value, found: &Value) {
    let mine = found["smart"]["ata"]["attributes"].as_array().cloned().unwrap_or_default();
    let rows = document["ata_smart_attributes"]["table"].as_array_mut();
    for (row, mine) in rows.into_iter().flatten().zip(&mine) {
        row["name"] = mine["name"].clone();
        row["raw"]["string"] = Value::Null;
        row["raw"]["value"] = json!(row["raw"]["value"].as_u64().unwrap_or(0) & 0xffff_ffff_ffff);
    }
    // The count fits 16 bits on the page, and so do hours of self-tests.
    for log in ["standard", "extended"] {
        let rows = document["ata_smart_self_test_log"][log]["table"].as_array_mut();
        for row in rows.into_iter().flatten() {
            // A block is told for tests that failed only.
            if row["status"]["passed"] != false {
                row["lba"] = Value::Null;
            }
        }
    }
}

fn identity(tally: &mut Tally, file: &str, wanted: &Value, found: &Value, pages: &Pages) {
    let text = |value: &Value| match value.as_str() {
        Some(text) if !text.trim().is_empty() => {
            json!(text.split_whitespace().collect::<Vec<_>>().join(" "))
        }
        _ => Value::Null,
    };
    if pages.get(Page::AtaIdentify).is_some() || pages.get(Page::NvmeController).is_some() {
        tally.field(file, "model", &text(&wanted["model_name"]), &found["model"]);
        tally.field(file, "serial", &text(&wanted["serial_number"]), &found["serial"]);
        tally.field(file, "firmware", &text(&wanted["firmware_version"]), &found["firmware"]);
    }
    if pages.get(Page::AtaIdentify).is_some() || pages.get(Page::ScsiCapacity).is_some() {
        tally.field(file, "size", &wanted["user_capacity"]["bytes"], &found["size_bytes"]);
        tally.field(file, "block", &wanted["logical_block_size"], &found["block_bytes"]);
    }
    if let Some(rpm) = wanted["rotation_rate"].as_u64().filter(|rpm| *rpm > 0)
        && (pages.get(Page::AtaIdentify).is_some()
            || pages.get(Page::ScsiCharacteristics).is_some())
    {
        tally.field(file, "rpm", &json!(rpm), &found["rpm"]);
    }
    let passed = &wanted["smart_status"]["passed"];
    if pages.get(Page::AtaSmartStatus).is_some() || pages.get(Page::NvmeHealth).is_some() {
        tally.field(file, "passed", passed, &found["health"]["passed"]);
    }
}

fn of_nvme(document: &Value) -> Pages {
    let mut pages = Pages::default();
    let log = &document["nvme_smart_health_information_log"];
    if !log.is_null() {
        pages.0.insert(Page::NvmeHealth, encode::nvme_health(log));
    }
    pages.0.insert(Page::NvmeController, encode::nvme_controller(document));
    pages
}

fn of_ata(document: &Value) -> Pages {
    let mut pages = Pages::default();
    if document["user_capacity"]["bytes"].is_u64() && document["logical_block_size"].is_u64() {
        pages.0.insert(Page::AtaIdentify, encode::ata_identify(document));
    }
    let table = &document["ata_smart_attributes"];
    if !table.is_null() {
        pages.0.insert(Page::AtaSmartData, encode::ata_smart_data(table));
        pages.0.insert(Page::AtaSmartThresholds, encode::ata_thresholds(table));
    }
    let errors = &document["ata_smart_error_log"];
    let count = errors["extended"]["count"].as_u64().or(errors["summary"]["count"].as_u64());
    if let Some(count) = count {
        pages.0.insert(Page::AtaErrors, encode::ata_errors(count));
    }
    if let Some(passed) = document["smart_status"]["passed"].as_bool() {
        pages.0.insert(Page::AtaSmartStatus, encode::ata_status(passed));
    }
    let tests = &document["ata_smart_self_test_log"];
    if let Some(rows) = tests["extended"]["table"].as_array() {
        pages.0.insert(Page::AtaSelfTestsExtended, encode::ata_self_tests(rows, true));
    } else if let Some(rows) = tests["standard"]["table"].as_array() {
        pages.0.insert(Page::AtaSelfTests, encode::ata_self_tests(rows, false));
    }
    if let Some(found) = document["ata_device_statistics"]["pages"].as_array() {
        pages.0.insert(Page::AtaStatistics, encode::ata_statistics(found));
    }
    if let Some(table) = document["sata_phy_event_counters"]["table"].as_array() {
        pages.0.insert(Page::AtaPhyEvents, encode::ata_phy_events(table));
    }
    pages
}

fn of_scsi(document: &Value) -> Pages {
    let mut pages = Pages::default();
    let either = |a: &str, b: &str| {
        document[a].as_str().or(document[b].as_str()).unwrap_or_default().to_owned()
    };
    let (vendor, product) = (either("scsi_vendor", "vendor"), either("scsi_product", "product"));
    let revision = either("scsi_revision", "revision");
    if !vendor.is_empty() {
        pages.0.insert(Page::ScsiInquiry, encode::scsi_inquiry(&vendor, &product, &revision));
    }
    if let Some(serial) = document["serial_number"].as_str().filter(|text| !hidden(text)) {
        pages.0.insert(Page::ScsiSerial, encode::scsi_serial(serial));
    }
    if document["user_capacity"]["bytes"].is_u64() {
        pages.0.insert(Page::ScsiCapacity, encode::scsi_capacity(document));
    }
    if let Some(rotation) = document["rotation_rate"].as_u64() {
        pages.0.insert(Page::ScsiCharacteristics, encode::scsi_characteristics(rotation));
    }
    for (side, page, code) in [
        ("write", Page::ScsiWriteErrors, 2),
        ("read", Page::ScsiReadErrors, 3),
        ("verify", Page::ScsiVerifyErrors, 5),
    ] {
        let log = &document["scsi_error_counter_log"][side];
        if !log.is_null() {
            pages.0.insert(page, encode::scsi_errors(code, log));
        }
    }
    if let Some(count) = document["scsi_grown_defect_list"].as_u64() {
        pages.0.insert(Page::ScsiDefects, encode::scsi_defects(count));
    }
    let cycles = &document["scsi_start_stop_cycle_counter"];
    let mut parameters = Vec::new();
    for (code, key) in [(4, "accumulated_start_stop_cycles"), (6, "accumulated_load_unload_cycles")]
    {
        if let Some(count) = cycles[key].as_u64() {
            let count = u32::try_from(count).expect("four bytes");
            parameters.push((code, count.to_be_bytes().to_vec()));
        }
    }
    if !parameters.is_empty() {
        pages.0.insert(Page::ScsiStartStop, encode::scsi_log(0x0e, &parameters));
    }
    pages
}
