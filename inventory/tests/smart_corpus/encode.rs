//! Binary pages, written from the standards: NVMe 1.4 figures 194 and 247,
//! ACS-4 §7.13 and §9.5 ff., SPC-5 §7.3, SBC-4 §5.20.

use serde_json::Value;

fn put(page: &mut [u8], at: usize, bytes: &[u8]) {
    page[at..at + bytes.len()].copy_from_slice(bytes);
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn low<const N: usize>(value: u64) -> [u8; N] {
    let bytes = value.to_le_bytes();
    assert!(bytes[N..].iter().all(|byte| *byte == 0), "{value} does not fit {N} bytes");
    bytes[..N].try_into().expect("the slice has N bytes")
}

/// Writes `text` padded with blanks.
fn padded(text: &str, length: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    assert!(bytes.len() <= length, "`{text}` is longer than {length}");
    bytes.resize(length, b' ');
    bytes
}

/// Writes `text` as ATA does: two letters to a word, the first in the high byte.
fn words(text: &str, length: usize) -> Vec<u8> {
    padded(text, length).chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect()
}

pub(crate) fn nvme_health(log: &Value) -> Vec<u8> {
    let mut page = vec![0; 512];
    let kelvin = |value: &Value| {
        let celsius = value.as_i64().expect("a temperature");
        u16::try_from(celsius + 273).expect("above 0 K").to_le_bytes()
    };
    page[0] = low::<1>(number(&log["critical_warning"]))[0];
    put(&mut page, 1, &kelvin(&log["temperature"]));
    page[3] = low::<1>(number(&log["available_spare"]))[0];
    page[4] = low::<1>(number(&log["available_spare_threshold"]))[0];
    page[5] = low::<1>(number(&log["percentage_used"]))[0];
    for (at, key) in [
        (32, "data_units_read"),
        (48, "data_units_written"),
        (64, "host_reads"),
        (80, "host_writes"),
        (96, "controller_busy_time"),
        (112, "power_cycles"),
        (128, "power_on_hours"),
        (144, "unsafe_shutdowns"),
        (160, "media_errors"),
        (176, "num_err_log_entries"),
    ] {
        put(&mut page, at, &u128::from(number(&log[key])).to_le_bytes());
    }
    put(&mut page, 192, &low::<4>(number(&log["warning_temp_time"])));
    put(&mut page, 196, &low::<4>(number(&log["critical_comp_time"])));
    for (at, sensor) in
        (200..).step_by(2).zip(log["temperature_sensors"].as_array().into_iter().flatten())
    {
        put(&mut page, at, &kelvin(sensor));
    }
    page
}

pub(crate) fn nvme_controller(document: &Value) -> Vec<u8> {
    let mut page = vec![0; 4096];
    let text = |key: &str| document[key].as_str().unwrap_or_default().to_owned();
    put(&mut page, 4, &padded(&text("serial_number"), 20));
    put(&mut page, 24, &padded(&text("model_name"), 40));
    put(&mut page, 64, &padded(&text("firmware_version"), 8));
    put(&mut page, 73, &low::<3>(number(&document["nvme_ieee_oui_identifier"])));
    put(&mut page, 80, &low::<4>(number(&document["nvme_version"]["value"])));
    // Minutes above a temperature are told by drives that tell the temperature.
    let log = &document["nvme_smart_health_information_log"];
    for (at, key) in [(266, "warning_temp_time"), (268, "critical_comp_time")] {
        let kelvin: u16 = if log[key].is_null() { 0 } else { 343 };
        put(&mut page, at, &kelvin.to_le_bytes());
    }
    let total = u128::from(number(&document["nvme_total_capacity"]));
    put(&mut page, 280, &total.to_le_bytes());
    put(&mut page, 516, &low::<4>(number(&document["nvme_number_of_namespaces"])));
    page
}

pub(crate) fn ata_identify(document: &Value) -> Vec<u8> {
    let mut page = vec![0; 512];
    let text = |key: &str| document[key].as_str().unwrap_or_default().to_owned();
    let mut word = |at: usize, value: u64| put(&mut page, 2 * at, &low::<2>(value));
    let logical = number(&document["logical_block_size"]);
    let physical = number(&document["physical_block_size"]);
    let blocks = number(&document["user_capacity"]["bytes"]) / logical;
    // SMART; 48-bit addresses; GP logging and a name: words 82 to 87.
    word(82, 1);
    word(83, 0x4000 | 1 << 10);
    word(84, 0x4000 | 1 << 5 | 1 << 8);
    word(85, 1);
    word(86, 1 << 10);
    word(87, 0x4000 | 1 << 5 | 1 << 8);
    for (at, shift) in (100..104).zip([0, 16, 32, 48]) {
        word(at, blocks >> shift & 0xffff);
    }
    word(60, blocks.min(0x0fff_ffff) & 0xffff);
    word(61, blocks.min(0x0fff_ffff) >> 16);
    let mut sizes = 0x4000;
    if logical != 512 {
        sizes |= 1 << 12;
        word(117, (logical / 2) & 0xffff);
        word(118, (logical / 2) >> 16);
    }
    if physical != logical {
        sizes |= 1 << 13 | u64::from((physical / logical).ilog2());
    }
    word(106, sizes);
    let wwn = &document["wwn"];
    let name = number(&wwn["naa"]) << 60 | number(&wwn["oui"]) << 36 | number(&wwn["id"]);
    for (at, shift) in (108..112).zip([48, 32, 16, 0]) {
        word(at, name >> shift & 0xffff);
    }
    word(76, 0x000e);
    match number(&document["rotation_rate"]) {
        0 => word(217, 1),
        rpm => word(217, rpm),
    }
    put(&mut page, 20, &words(&text("serial_number"), 20));
    put(&mut page, 46, &words(&text("firmware_version"), 8));
    put(&mut page, 54, &words(&text("model_name"), 40));
    page[510] = 0xa5;
    checksum(&mut page);
    page
}

/// Makes the sum of all bytes zero.
fn checksum(page: &mut [u8]) {
    page[511] = 0;
    page[511] = page.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg();
}

pub(crate) fn ata_smart_data(table: &Value) -> Vec<u8> {
    let mut page = vec![0; 512];
    put(&mut page, 0, &low::<2>(number(&table["revision"])));
    for (at, row) in (2..).step_by(12).zip(table["table"].as_array().into_iter().flatten()) {
        page[at] = low::<1>(number(&row["id"]))[0];
        put(&mut page, at + 1, &low::<2>(number(&row["flags"]["value"])));
        page[at + 3] = low::<1>(number(&row["value"]))[0];
        page[at + 4] = low::<1>(number(&row["worst"]))[0];
        // Some formats of the drive database take in the reserved byte as well.
        put(&mut page, at + 5, &low::<7>(number(&row["raw"]["value"])));
    }
    checksum(&mut page);
    page
}

pub(crate) fn ata_thresholds(table: &Value) -> Vec<u8> {
    let mut page = vec![0; 512];
    for (at, row) in (2..).step_by(12).zip(table["table"].as_array().into_iter().flatten()) {
        page[at] = low::<1>(number(&row["id"]))[0];
        page[at + 1] = low::<1>(number(&row["thresh"]))[0];
    }
    checksum(&mut page);
    page
}

/// GP log 03h: only the count of errors.
pub(crate) fn ata_errors(count: u64) -> Vec<u8> {
    let mut page = vec![0; 512];
    put(&mut page, 500, &low::<2>(count));
    page
}

/// Status registers after SMART RETURN STATUS.
pub(crate) fn ata_status(passed: bool) -> Vec<u8> {
    if passed { vec![0x4f, 0xc2] } else { vec![0xf4, 0x2c] }
}

/// GP log 07h in one sector, or SMART log 06h; `rows` are latest first and the
/// ring is turned so that the latest is not the first entry.
pub(crate) fn ata_self_tests(rows: &[Value], extended: bool) -> Vec<u8> {
    let (base, size, places) = if extended { (4, 26, 19) } else { (2, 24, 21) };
    assert!(rows.len() <= places, "{} tests", rows.len());
    let mut page = vec![0; 512];
    let latest = places.min(rows.len() + 2);
    for (age, row) in rows.iter().enumerate() {
        let at = base + size * ((latest + places - 1 - age) % places);
        page[at] = low::<1>(number(&row["type"]["value"]))[0];
        page[at + 1] = low::<1>(number(&row["status"]["value"]))[0];
        put(&mut page, at + 2, &low::<2>(number(&row["lifetime_hours"]) & 0xffff));
        match row["lba"].as_u64() {
            Some(lba) if extended => put(&mut page, at + 5, &low::<6>(lba)),
            Some(lba) => put(&mut page, at + 5, &low::<4>(lba)),
            None if extended => put(&mut page, at + 5, &[0xff; 6]),
            None => put(&mut page, at + 5, &[0xff; 4]),
        }
    }
    let index = if rows.is_empty() { 0 } else { latest as u64 };
    if extended {
        put(&mut page, 0, &[1, 0]);
        put(&mut page, 2, &low::<2>(index));
    } else {
        put(&mut page, 0, &[1, 0]);
        page[508] = low::<1>(index)[0];
    }
    page
}

/// GP log 04h: a sector for each page of the document.
pub(crate) fn ata_statistics(pages: &[Value]) -> Vec<u8> {
    let mut sectors = Vec::new();
    for page in pages {
        let mut sector = vec![0; 512];
        put(&mut sector, 0, &low::<2>(number(&page["revision"])));
        sector[2] = low::<1>(number(&page["number"]))[0];
        for row in page["table"].as_array().into_iter().flatten() {
            let at = usize::try_from(number(&row["offset"])).expect("an offset");
            let size = usize::try_from(number(&row["size"])).expect("a size");
            let value = row["value"].as_i64().unwrap_or(0).to_le_bytes();
            put(&mut sector, at, &value[..size]);
            let valid = if row["flags"]["valid"] == true { 0x40 } else { 0 };
            sector[at + 7] = 0x80 | valid;
        }
        sectors.extend(sector);
    }
    sectors
}

/// GP log 11h.
pub(crate) fn ata_phy_events(table: &[Value]) -> Vec<u8> {
    let mut page = vec![0; 512];
    let mut at = 4;
    for row in table {
        let size = usize::try_from(number(&row["size"])).expect("a size");
        let id = number(&row["id"]) | ((size as u64 / 2) << 12);
        put(&mut page, at, &low::<2>(id));
        put(&mut page, at + 2, &number(&row["value"]).to_le_bytes()[..size]);
        at += 2 + size;
    }
    checksum(&mut page);
    page
}

pub(crate) fn scsi_inquiry(vendor: &str, product: &str, revision: &str) -> Vec<u8> {
    let mut page = vec![0; 36];
    page[4] = 31;
    put(&mut page, 8, &padded(vendor, 8));
    put(&mut page, 16, &padded(product, 16));
    put(&mut page, 32, &padded(revision, 4));
    page
}

pub(crate) fn scsi_serial(serial: &str) -> Vec<u8> {
    let mut page = vec![0, 0x80, 0, u8::try_from(serial.len()).expect("a short serial")];
    page.extend(serial.as_bytes());
    page
}

pub(crate) fn scsi_capacity(document: &Value) -> Vec<u8> {
    let mut page = vec![0; 32];
    let logical = number(&document["logical_block_size"]);
    let blocks = number(&document["user_capacity"]["bytes"]) / logical;
    put(&mut page, 0, &(blocks - 1).to_be_bytes());
    put(&mut page, 8, &u32::try_from(logical).expect("a block").to_be_bytes());
    if let Some(physical) = document["physical_block_size"].as_u64() {
        page[13] = u8::try_from((physical / logical).ilog2()).expect("a small exponent");
    }
    page
}

/// A log page of parameters: code and value.
pub(crate) fn scsi_log(code: u8, parameters: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (parameter, value) in parameters {
        body.extend(parameter.to_be_bytes());
        body.push(0);
        body.push(u8::try_from(value.len()).expect("a short value"));
        body.extend(value);
    }
    let mut page = vec![code, 0];
    page.extend(u16::try_from(body.len()).expect("a short page").to_be_bytes());
    page.extend(body);
    page
}

/// An error counter page: seven counters of eight bytes.
pub(crate) fn scsi_errors(code: u8, log: &Value) -> Vec<u8> {
    let text = log["gigabytes_processed"].as_str().expect("gigabytes are a text");
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let bytes = digits.parse::<u64>().expect("three decimals of 10^9") * 1_000_000;
    let counters = [
        number(&log["errors_corrected_by_eccfast"]),
        number(&log["errors_corrected_by_eccdelayed"]),
        number(&log["errors_corrected_by_rereads_rewrites"]),
        number(&log["total_errors_corrected"]),
        number(&log["correction_algorithm_invocations"]),
        bytes,
        number(&log["total_uncorrected_errors"]),
    ];
    let parameters: Vec<(u16, Vec<u8>)> =
        (0..).zip(counters.map(|counter| counter.to_be_bytes().to_vec())).collect();
    scsi_log(code, &parameters)
}

/// READ DEFECT DATA(12): the header of a grown list in eight-byte addresses.
pub(crate) fn scsi_defects(count: u64) -> Vec<u8> {
    let mut page = vec![0, 0x0d, 0, 0];
    page.extend(u32::try_from(count * 8).expect("a short list").to_be_bytes());
    page
}

/// VPD page B1h.
pub(crate) fn scsi_characteristics(rotation: u64) -> Vec<u8> {
    let mut page = vec![0; 64];
    put(&mut page, 0, &[0, 0xb1, 0, 60]);
    let rate = if rotation == 0 { 1 } else { u16::try_from(rotation).expect("a rate") };
    put(&mut page, 4, &rate.to_be_bytes());
    page
}
