//! Documents of `smartctl -j`, field by field.

use inventory::Inventory;
use inventory::import::smartctl;
use libtest_mimic::Failed;
use serde_json::{Value, json};

use super::corpus::Corpus;

/// Compared fields, and those that differ.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) compared: usize,
    pub(crate) different: Vec<String>,
}

impl Tally {
    /// Compares one field; what the document lacks must be unknown to us.
    pub(crate) fn field(&mut self, file: &str, name: &str, wanted: &Value, found: &Value) {
        self.compared += 1;
        if wanted != found {
            self.different.push(format!("{file}: {name}: wanted {wanted}, found {found}"));
        }
    }

    /// Prints the figure; fails where more than one in `bar` differ, with 0 if any do.
    pub(crate) fn close(self, figure: &str, bar: usize) -> Result<(), Failed> {
        let wrong = self.different.len();
        println!(
            "figure: {figure} = {} % of {} ({wrong} different)",
            percent(self.compared - wrong, self.compared),
            self.compared
        );
        for different in self.different.iter().take(40) {
            println!("different: {different}");
        }
        if wrong > self.compared.checked_div(bar).unwrap_or(0) {
            return Err(format!("{wrong} of {} differ", self.compared).into());
        }
        Ok(())
    }
}

/// Returns a share in percent with three decimals, rounded down.
pub(crate) fn percent(part: usize, whole: usize) -> String {
    let thousandths = part * 100_000 / whole.max(1);
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// What published samples and firmware write where nothing is.
pub(crate) fn hidden(text: &str) -> bool {
    text == "REDACTED" || text.trim().is_empty() || text.chars().all(|c| matches!(c, 'X' | '0'))
}

fn text(value: &Value) -> Value {
    match value.as_str() {
        Some(text) if !hidden(text) => json!(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        _ => Value::Null,
    }
}

fn times(value: &Value, factor: i64) -> Value {
    value.as_i64().map_or(Value::Null, |value| json!(value * factor))
}

/// Compares every field that the model holds.
pub(crate) fn equal(corpus: &Corpus) -> Result<(), Failed> {
    let mut tally = Tally::default();
    let mut without = Vec::new();
    for (file, bytes) in &corpus.documents {
        let document: Value = serde_json::from_slice(bytes).expect("the sample is JSON");
        let read = smartctl::import(file, bytes).map_err(|error| error.to_string())?;
        let found = serde_json::to_value(&read).expect("an inventory is JSON");
        let disk = &found["disk"][0];
        if disk.is_null() {
            without.push(file.clone());
            continue;
        }
        general(&mut tally, file, &document, disk);
        nvme(&mut tally, file, &document, disk);
        ata(&mut tally, file, &document, disk);
        scsi(&mut tally, file, &document, disk);
    }
    if corpus.documents.len() < 190 {
        return Err(format!("only {} documents", corpus.documents.len()).into());
    }
    // Scan results, a device that could not be opened, a RAID volume.
    if without.len() != 5 {
        return Err(format!("files without a drive: {without:?}").into());
    }
    tally.close("smart.fields", 1000)
}

fn general(tally: &mut Tally, file: &str, wanted: &Value, disk: &Value) {
    let mut same = |name: &str, wanted: Value| tally.field(file, name, &wanted, &disk[name]);
    let scsi = wanted["device"]["protocol"] == "SCSI";
    let either = |a: &str, b: &str| {
        if wanted[a].is_null() { wanted[b].clone() } else { wanted[a].clone() }
    };
    same("serial", text(&wanted["serial_number"]));
    if scsi {
        same("model", text(&either("scsi_product", "product")));
        same("vendor", text(&either("scsi_vendor", "vendor")));
        same("firmware", text(&either("scsi_revision", "revision")));
    } else {
        same("model", text(&wanted["model_name"]));
        same("vendor", Value::Null);
        same("firmware", text(&wanted["firmware_version"]));
    }
    let bytes = &wanted["user_capacity"]["bytes"];
    let size = if bytes.is_null() { &wanted["nvme_total_capacity"] } else { bytes };
    same("size_bytes", size.clone());
    same("block_bytes", wanted["logical_block_size"].clone());
    same("physical_block_bytes", wanted["physical_block_size"].clone());
    let rpm = wanted["rotation_rate"].as_u64().filter(|rpm| *rpm > 0);
    same("rpm", rpm.map_or(Value::Null, |rpm| json!(rpm)));
    let current = &wanted["temperature"]["current"];
    same("temperature_mc", times(current, 1000));
    let time = &wanted["power_on_time"];
    same(
        "power_on_s",
        time["hours"].as_u64().map_or(Value::Null, |hours| {
            json!(hours * 3600 + time["minutes"].as_u64().unwrap_or(0) * 60)
        }),
    );
    tally.field(
        file,
        "power_cycles",
        &wanted["power_cycle_count"],
        &disk["counters"]["power_cycles"],
    );
    tally.field(file, "passed", &wanted["smart_status"]["passed"], &disk["health"]["passed"]);
    if let Some(naa) = wanted["wwn"]["naa"].as_u64() {
        let wwn = (naa << 60)
            | (wanted["wwn"]["oui"].as_u64().expect("a WWN has an OUI") << 36)
            | wanted["wwn"]["id"].as_u64().expect("a WWN has an id");
        tally.field(file, "wwid", &json!(format!("naa.{wwn:016x}")), &disk["wwid"]);
    }
}

pub(crate) fn nvme(tally: &mut Tally, file: &str, wanted: &Value, disk: &Value) {
    let log = &wanted["nvme_smart_health_information_log"];
    let ours = &disk["smart"]["nvme"];
    if log.is_null() {
        tally.field(file, "smart.nvme", &Value::Null, ours);
        return;
    }
    for (theirs, name) in [
        ("critical_warning", "critical_warning"),
        ("available_spare", "available_spare_percent"),
        ("available_spare_threshold", "available_spare_threshold_percent"),
        ("percentage_used", "percentage_used"),
        ("data_units_read", "data_units_read"),
        ("data_units_written", "data_units_written"),
        ("host_reads", "host_reads"),
        ("host_writes", "host_writes"),
        ("controller_busy_time", "controller_busy_minutes"),
        ("power_cycles", "power_cycles"),
        ("power_on_hours", "power_on_hours"),
        ("unsafe_shutdowns", "unsafe_shutdowns"),
        ("media_errors", "media_errors"),
        ("num_err_log_entries", "error_log_entries"),
        ("warning_temp_time", "warning_temperature_minutes"),
        ("critical_comp_time", "critical_temperature_minutes"),
    ] {
        tally.field(file, name, &log[theirs], &ours[name]);
    }
    tally.field(
        file,
        "nvme temperature",
        &times(&log["temperature"], 1000),
        &ours["temperature_mc"],
    );
    let sensors: Vec<Value> = log["temperature_sensors"]
        .as_array()
        .map(|sensors| sensors.iter().map(|sensor| times(sensor, 1000)).collect())
        .unwrap_or_default();
    tally.field(file, "sensors", &json!(sensors), &ours["temperature_sensors_mc"]);
    let counters = &disk["counters"];
    let units = |key: &str| json!(log[key].as_u64().expect("a count") * 512_000);
    tally.field(file, "read_bytes", &units("data_units_read"), &counters["read_bytes"]);
    tally.field(file, "written_bytes", &units("data_units_written"), &counters["written_bytes"]);
    tally.field(file, "wear", &times(&log["percentage_used"], 10_000), &disk["wear_ratio_ppm"]);
}

pub(crate) fn ata(tally: &mut Tally, file: &str, wanted: &Value, disk: &Value) {
    let table = &wanted["ata_smart_attributes"];
    let ours = &disk["smart"]["ata"];
    tally.field(file, "revision", &table["revision"], &ours["revision"]);
    let rows = table["table"].as_array().cloned().unwrap_or_default();
    let mine = ours["attributes"].as_array().cloned().unwrap_or_default();
    tally.field(file, "attributes", &json!(rows.len()), &json!(mine.len()));
    for (row, mine) in rows.iter().zip(&mine) {
        let name = format!("attribute {}", row["id"]);
        for (theirs, ours) in [
            (&row["id"], "id"),
            (&row["name"], "name"),
            (&row["flags"]["value"], "flags"),
            (&row["value"], "value"),
            (&row["worst"], "worst"),
            (&row["thresh"], "threshold"),
            (&row["raw"]["value"], "raw"),
            (&row["raw"]["string"], "raw_text"),
            (&row["when_failed"], "when_failed"),
        ] {
            tally.field(file, &format!("{name} {ours}"), theirs, &mine[ours]);
        }
    }
    let log = &wanted["ata_smart_error_log"];
    let count = &log["extended"]["count"];
    let count = if count.is_null() { &log["summary"]["count"] } else { count };
    tally.field(file, "error_count", count, &ours["error_count"]);
    let tests = &wanted["ata_smart_self_test_log"];
    let extended = tests["extended"]["table"].as_array();
    let rows = extended.or(tests["standard"]["table"].as_array()).cloned().unwrap_or_default();
    let mine = ours["self_tests"].as_array().cloned().unwrap_or_default();
    tally.field(file, "self-tests", &json!(rows.len()), &json!(mine.len()));
    for (row, mine) in rows.iter().zip(&mine) {
        tally.field(file, "self-test status", &row["status"]["string"], &mine["status"]);
        tally.field(file, "self-test passed", &row["status"]["passed"], &mine["passed"]);
        tally.field(file, "self-test hours", &row["lifetime_hours"], &mine["at_hours"]);
        tally.field(file, "self-test block", &row["lba"], &mine["failing_lba"]);
        let kind = match row["type"]["value"].as_u64() {
            Some(1) => json!("short"),
            Some(2) => json!("extended"),
            Some(other) => json!(format!("vendor 0x{other:02x}")),
            None => Value::Null,
        };
        tally.field(file, "self-test kind", &kind, &mine["kind"]);
    }
    for page in wanted["ata_device_statistics"]["pages"].as_array().into_iter().flatten() {
        for row in page["table"].as_array().into_iter().flatten() {
            let offset = row["offset"].as_u64().expect("a statistic has an offset");
            let key = format!("{}/0x{offset:03x}", page["number"]);
            let valid = row["flags"]["valid"] == true;
            let value = if valid { row["value"].clone() } else { Value::Null };
            tally.field(file, &key, &value, &ours["statistics"][&key]);
        }
    }
    for row in wanted["sata_phy_event_counters"]["table"].as_array().into_iter().flatten() {
        let key = format!("0x{:04x}", row["id"].as_u64().expect("a counter has an id"));
        tally.field(file, &key, &row["value"], &ours["phy_events"][&key]);
    }
}

pub(crate) fn scsi(tally: &mut Tally, file: &str, wanted: &Value, disk: &Value) {
    let ours = &disk["smart"]["scsi"];
    let cycles = &wanted["scsi_start_stop_cycle_counter"];
    tally.field(file, "grown", &wanted["scsi_grown_defect_list"], &ours["grown_defects"]);
    tally.field(
        file,
        "start-stop",
        &cycles["accumulated_start_stop_cycles"],
        &ours["start_stop_cycles"],
    );
    tally.field(
        file,
        "load-unload",
        &cycles["accumulated_load_unload_cycles"],
        &ours["load_unload_cycles"],
    );
    for side in ["read", "write", "verify"] {
        let log = &wanted["scsi_error_counter_log"][side];
        let ours = &ours["errors"][side];
        for (theirs, name) in [
            ("errors_corrected_by_eccfast", "corrected_fast"),
            ("errors_corrected_by_eccdelayed", "corrected_delayed"),
            ("errors_corrected_by_rereads_rewrites", "corrected_by_rereads_rewrites"),
            ("total_errors_corrected", "corrected_total"),
            ("correction_algorithm_invocations", "algorithm_invocations"),
            ("total_uncorrected_errors", "uncorrected"),
        ] {
            tally.field(file, &format!("{side} {name}"), &log[theirs], &ours[name]);
        }
        let bytes = log["gigabytes_processed"].as_str().map(|text| {
            // Three decimals of 10^9 bytes.
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            digits.parse::<u64>().expect("a number of gigabytes") * 1_000_000
        });
        tally.field(file, &format!("{side} bytes"), &json!(bytes), &ours["bytes_processed"]);
    }
}

/// Cuts some files at many lengths: each is read or refused in one sentence.
pub(crate) fn cuts(corpus: &Corpus) -> Result<(), Failed> {
    let documents = corpus.documents.iter().step_by(24);
    let texts = corpus.texts.iter().step_by(40);
    let mut cuts = 0_u64;
    for (file, bytes) in documents.chain(texts) {
        let step = (bytes.len() / 200).max(1);
        for end in (0..bytes.len()).step_by(step) {
            cuts += 1;
            check(file, smartctl::import(file, &bytes[..end]))?;
        }
    }
    println!("{cuts} cuts");
    Ok(())
}

fn check(
    file: &str,
    read: Result<Inventory, inventory::import::ImportError>,
) -> Result<(), Failed> {
    let Err(error) = read else { return Ok(()) };
    let sentence = error.to_string();
    if sentence.contains('\n') || !sentence.starts_with(&format!("`{file}`")) {
        return Err(format!("not one sentence with its file: {sentence}").into());
    }
    Ok(())
}
