//! Texts of `smartctl -x`: verdicts, tables, capacities, alarms.

use inventory::import::smartctl;
use inventory::model::Disk;
use libtest_mimic::Failed;
use serde_json::json;

use super::corpus::Corpus;
use super::fields::{Tally, percent};

fn disk(file: &str, bytes: &[u8]) -> Result<Disk, Failed> {
    let read = smartctl::import(file, bytes).map_err(|error| error.to_string())?;
    match <[Disk; 1]>::try_from(read.disk) {
        Ok([disk]) => Ok(disk),
        Err(disks) => Err(format!("{file}: {} drives", disks.len()).into()),
    }
}

fn after<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(key)).map(str::trim)
}

/// The overall health equals the file's own result line.
pub(crate) fn verdicts(corpus: &Corpus) -> Result<(), Failed> {
    let mut tally = Tally::default();
    for (file, bytes) in &corpus.texts {
        let text = String::from_utf8_lossy(bytes);
        let line = after(&text, "SMART overall-health self-assessment test result:");
        let wanted = match line {
            Some("PASSED") => json!(true),
            Some("FAILED!") => json!(false),
            other => return Err(format!("{file}: result line {other:?}").into()),
        };
        let health = disk(file, bytes)?.health.ok_or(format!("{file}: no health"))?;
        tally.field(file, "passed", &wanted, &json!(health.passed));
        if health.passed == Some(false) && health.reasons.is_empty() {
            return Err(format!("{file}: failing without a reason").into());
        }
    }
    if tally.compared < 330 {
        return Err(format!("only {} texts", tally.compared).into());
    }
    tally.close("smart.verdicts", 0)
}

fn number(text: &str) -> Option<u64> {
    let digits: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == ',').collect();
    digits.replace(',', "").parse().ok()
}

/// Attribute rows, capacity and NVMe counters equal the text.
pub(crate) fn tables(corpus: &Corpus) -> Result<(), Failed> {
    let mut tally = Tally::default();
    for (file, bytes) in &corpus.texts {
        let text = String::from_utf8_lossy(bytes);
        let disk = disk(file, bytes)?;
        let capacity = after(&text, "User Capacity:")
            .or_else(|| after(&text, "Namespace 1 Size/Capacity:").filter(|_| single(&text)))
            .or_else(|| after(&text, "Total NVM Capacity:"))
            .or_else(|| after(&text, "Namespace 1 Size/Capacity:"));
        tally.field(file, "size", &json!(capacity.and_then(number)), &json!(disk.size_bytes));
        let model = after(&text, "Device Model:").or_else(|| after(&text, "Model Number:"));
        // Blanks are folded, as everywhere in the model.
        let model = model.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        tally.field(file, "model", &json!(model), &json!(disk.model));
        rows(&mut tally, file, &text, &disk);
        counters(&mut tally, file, &text, &disk);
    }
    tally.close("smart.texts", 0)
}

fn single(text: &str) -> bool {
    after(text, "Number of Namespaces:") == Some("1")
}

fn rows(tally: &mut Tally, file: &str, text: &str, disk: &Disk) {
    let rows: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("ID# ATTRIBUTE_NAME"))
        .skip(1)
        .take_while(|line| !line.contains("||||||_"))
        .collect();
    let ours = disk.smart.as_ref().and_then(|smart| smart.ata.as_ref());
    let ours = ours.map(|ata| ata.attributes.clone()).unwrap_or_default();
    tally.field(file, "rows", &json!(rows.len()), &json!(ours.len()));
    for (row, ours) in rows.iter().zip(&ours) {
        let cells: Vec<&str> = row.split_whitespace().collect();
        let name = format!("row {}", cells[0]);
        let byte = |cell: &str| json!(cell.parse::<u8>().ok());
        tally.field(file, &name, &byte(cells[0]), &json!(ours.id));
        tally.field(file, &name, &json!(cells[1]), &json!(ours.name));
        tally.field(file, &name, &byte(cells[3]), &json!(ours.value));
        tally.field(file, &name, &byte(cells[4]), &json!(ours.worst));
        tally.field(file, &name, &byte(cells[5]), &json!(ours.threshold));
        let failed = match cells[6] {
            "NOW" => "now",
            "Past" => "past",
            _ => "",
        };
        tally.field(file, &name, &json!(failed), &json!(ours.when_failed));
        let raw = cells[7];
        let end = raw.find(|c: char| !c.is_ascii_digit()).unwrap_or(raw.len());
        let raw = raw
            .strip_prefix("0x")
            .map_or_else(|| raw[..end].parse().ok(), |hex| u64::from_str_radix(hex, 16).ok());
        tally.field(file, &name, &json!(raw), &json!(ours.raw));
    }
}

fn counters(tally: &mut Tally, file: &str, text: &str, disk: &Disk) {
    let Some(ours) = disk.smart.as_ref().and_then(|smart| smart.nvme.as_ref()) else { return };
    let ours = serde_json::to_value(ours).expect("health is JSON");
    for (key, name) in [
        ("Available Spare:", "available_spare_percent"),
        ("Available Spare Threshold:", "available_spare_threshold_percent"),
        ("Percentage Used:", "percentage_used"),
        ("Data Units Read:", "data_units_read"),
        ("Data Units Written:", "data_units_written"),
        ("Host Read Commands:", "host_reads"),
        ("Host Write Commands:", "host_writes"),
        ("Controller Busy Time:", "controller_busy_minutes"),
        ("Power Cycles:", "power_cycles"),
        ("Power On Hours:", "power_on_hours"),
        ("Unsafe Shutdowns:", "unsafe_shutdowns"),
        ("Media and Data Integrity Errors:", "media_errors"),
        ("Error Information Log Entries:", "error_log_entries"),
        ("Warning  Comp. Temperature Time:", "warning_temperature_minutes"),
        ("Critical Comp. Temperature Time:", "critical_temperature_minutes"),
    ] {
        let wanted = after(text, key).and_then(number);
        tally.field(file, name, &json!(wanted), &ours[name]);
    }
}

/// Drives that passed and yet have a reason are listed; they are few.
pub(crate) fn alarms(corpus: &Corpus) -> Result<(), Failed> {
    let (mut passed, mut alarms) = (0_usize, Vec::new());
    for (file, bytes) in corpus.documents.iter().chain(&corpus.texts) {
        let read = smartctl::import(file, bytes).map_err(|error| error.to_string())?;
        for health in read.disk.into_iter().filter_map(|disk| disk.health) {
            if health.passed != Some(true) {
                continue;
            }
            passed += 1;
            if !health.reasons.is_empty() {
                alarms.push(format!("{file}: {}", health.reasons.join("; ")));
            }
        }
    }
    let share = percent(alarms.len(), passed);
    println!("figure: smart.alarms = {} of {passed} ({share} %)", alarms.len());
    for alarm in &alarms {
        println!("alarm on a drive marked PASSED: {alarm}");
    }
    if alarms.len() * 200 > passed || passed < 400 {
        return Err(alarms.join("\n").into());
    }
    Ok(())
}
