//! Documents of `smartctl -j`, releases 6.7 to 7.5.

use serde_json::Value;

use super::{Report, behind, json_logs, kernel_name, put_text};
use crate::import::document::{Damage, Node};
use crate::import::{ImportError, json};
use crate::model::{Disk, DiskHealth, NvmeSmart};

/// Reads every document in `bytes`: one object, several in a row, or an array.
pub(super) fn read(name: &str, bytes: &[u8]) -> Result<Vec<Report>, ImportError> {
    let mut documents = Vec::new();
    let values = json::read(bytes).map_err(|error| {
        ImportError::new(name, error.what.clone()).at(error.place()).with_hint(
            "was the file copied whole? `smartctl -x -j /dev/sda` writes what is read here",
        )
    })?;
    for (number, document) in (1_usize..).zip(values) {
        match document {
            Value::Array(items) => documents.extend(
                items.into_iter().enumerate().map(|(index, item)| (format!("$[{index}]"), item)),
            ),
            other if number == 1 => documents.push(("$".to_owned(), other)),
            other => documents.push((format!("$ (document {number})"), other)),
        }
    }
    let mut reports = Vec::new();
    for (place, document) in &documents {
        if !is_ours(document) {
            return Err(ImportError::new(
                name,
                "neither `smartctl`, `device` nor `devices` is a member of this document",
            )
            .at(place.clone())
            .with_hint("`smartctl -x -j /dev/sda` writes what is read here"));
        }
        reports.push(report(place, document));
    }
    if reports.is_empty() {
        return Err(ImportError::new(name, "the file holds no document of smartctl"));
    }
    Ok(reports)
}

fn is_ours(document: &Value) -> bool {
    ["smartctl", "device", "devices"].iter().any(|key| document.get(key).is_some())
}

fn report(place: &str, document: &Value) -> Report {
    let damage = Damage::default();
    let root = Node::new(document, place.to_owned(), &damage);
    let device = root.get("device").get("name").text().map(str::to_owned);
    let scanned = root.get("devices").items().len();
    let mut missing = Vec::new();
    if scanned > 0 {
        missing.push(format!(
            "`smartctl --scan` names {scanned} devices and describes none; run it on each"
        ));
    }
    missing.extend(no_data(&root));
    let mut disk = Disk::default();
    let described = scanned == 0 && describe(&root, &mut disk);
    if !described && missing.is_empty() {
        missing.push("the document names no drive".to_owned());
    }
    Report { place: place.to_owned(), device, disk, described, missing, damage: damage.take() }
}

/// Returns why data are missing, by bits 0 to 2 of the exit status.
fn no_data(root: &Node<'_>) -> Option<String> {
    let tool = root.get("smartctl");
    let status = tool.number("exit_status").unwrap_or_default();
    let messages: Vec<&str> = tool
        .get("messages")
        .items()
        .iter()
        .filter(|message| message.get("severity").text() == Some("error"))
        .filter_map(|message| message.get("string").text())
        .collect();
    let words = match status & 7 {
        0 => return None,
        bits if bits & 1 != 0 => "smartctl did not understand its command line",
        bits if bits & 2 != 0 => "smartctl could not open the device, or it slept",
        _ => "a command to the drive failed, or a checksum was wrong",
    };
    Some(if messages.is_empty() {
        format!("{words} (exit status {status})")
    } else {
        format!("{words} (exit status {status}: {})", messages.join("; "))
    })
}

/// Fills `disk` and says whether the document told anything of it.
fn describe(root: &Node<'_>, disk: &mut Disk) -> bool {
    identity(root, disk);
    geometry(root, disk);
    readings(root, disk);
    smart(root, disk);
    let bare = Disk {
        locator: disk.locator.clone(),
        name: disk.name.clone(),
        protocol: disk.protocol.clone(),
        behind: disk.behind.clone(),
        kind: disk.kind.clone(),
        ..Disk::default()
    };
    *disk != bare
}

fn identity(root: &Node<'_>, disk: &mut Disk) {
    let device = root.get("device");
    let path = device.get("name").text().unwrap_or_default();
    let kind = device.get("type").text().unwrap_or_default();
    if let Some((locator, controller)) = behind(path, kind) {
        disk.locator = Some(locator);
        disk.behind = Some(controller);
    } else {
        disk.name = kernel_name(path).map(str::to_owned);
        disk.locator.clone_from(&disk.name);
    }
    disk.protocol = protocol(root, kind).map(str::to_owned);
    let first = |keys: [&str; 2]| keys.iter().find_map(|key| root.get(key).text());
    if let Some(vendor) = first(["scsi_vendor", "vendor"]) {
        put_text(&mut disk.vendor, &mut disk.origin, "vendor", vendor);
    }
    let product = first(["scsi_product", "product"]);
    if let Some(model) = product.or_else(|| first(["model_name", "scsi_model_name"])) {
        put_text(&mut disk.model, &mut disk.origin, "model", model);
    }
    if let Some(serial) = root.get("serial_number").text() {
        put_text(&mut disk.serial, &mut disk.origin, "serial", serial);
    }
    let revision = first(["scsi_revision", "revision"]);
    if let Some(firmware) = root.get("firmware_version").text().or(revision) {
        put_text(&mut disk.firmware, &mut disk.origin, "firmware", firmware);
    }
    disk.wwid = wwid(root);
}

/// Returns the protocol of the drive itself, whatever bridge it sits behind.
fn protocol(root: &Node<'_>, kind: &str) -> Option<&'static str> {
    match root.get("device").get("protocol").text()? {
        "NVMe" => Some("nvme"),
        "ATA" if root.get("sata_version").exists() || kind.contains("sat") => Some("sata"),
        "ATA" => Some("ata"),
        "SCSI" => {
            let transport = root.get("scsi_transport_protocol");
            let named = transport.get("name").text().unwrap_or_default();
            // 6 is SAS Serial SCSI Protocol (SPC-5 §7.6.1).
            Some(if transport.number("value") == Some(6) || named.contains("SAS") {
                "sas"
            } else {
                "scsi"
            })
        }
        other => {
            root.get("device").get("protocol").note(format!("protocol `{other}` is not known"));
            None
        }
    }
}

fn wwid(root: &Node<'_>) -> Option<String> {
    let wwn = root.get("wwn");
    if let (Some(naa), Some(oui), Some(id)) =
        (wwn.number("naa"), wwn.number("oui"), wwn.number("id"))
    {
        return Some(format!("naa.{naa:x}{oui:06x}{id:09x}"));
    }
    if let Some(id) = root.get("logical_unit_id").text()
        && let Some(digits) = id.strip_prefix("0x")
        && digits.chars().all(|digit| digit.is_ascii_hexdigit())
        && !digits.is_empty()
    {
        return Some(format!("naa.{}", digits.to_ascii_lowercase()));
    }
    let namespaces = root.get("nvme_namespaces").items();
    let [only] = namespaces.as_slice() else { return None };
    if let Some(nguid) = only.get("nguid").text() {
        return Some(format!("eui.{}", nguid.to_ascii_lowercase()));
    }
    let eui = only.get("eui64");
    let (oui, id) = (eui.number("oui")?, eui.number("ext_id")?);
    (oui != 0 || id != 0).then(|| format!("eui.{oui:06x}{id:010x}"))
}

fn geometry(root: &Node<'_>, disk: &mut Disk) {
    let namespaces = root.get("nvme_namespaces").items();
    let only = if let [only] = namespaces.as_slice() { Some(only) } else { None };
    disk.size_bytes = root
        .get("user_capacity")
        .number("bytes")
        .or_else(|| only?.get("size").number("bytes"))
        .or_else(|| root.number("nvme_total_capacity"))
        .filter(|size| *size != 0);
    disk.block_bytes =
        root.small("logical_block_size").or_else(|| only?.small("formatted_lba_size"));
    disk.physical_block_bytes = root.small("physical_block_size");
    match root.small::<u32>("rotation_rate") {
        Some(0) => disk.kind = Some("ssd".to_owned()),
        Some(rpm) => {
            disk.kind = Some("hdd".to_owned());
            disk.rpm = Some(rpm);
        }
        None if disk.protocol.as_deref() == Some("nvme") => disk.kind = Some("ssd".to_owned()),
        None => {}
    }
}

fn readings(root: &Node<'_>, disk: &mut Disk) {
    let temperature = root.get("temperature");
    let current = temperature.get("current").signed();
    // A SCSI drive without a sensor reads 0 with a trip point of 0.
    let none = current == Some(0)
        && (disk.protocol.as_deref() == Some("nvme")
            || temperature.get("drive_trip").signed() == Some(0));
    disk.temperature_mc = current.filter(|_| !none).and_then(|degrees| degrees.checked_mul(1000));
    let on = root.get("power_on_time");
    disk.power_on_s = on.number("hours").and_then(|hours| {
        let minutes = on.number("minutes").unwrap_or_default();
        hours.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)
    });
    disk.counters.power_cycles = root.number("power_cycle_count");
    // Since release 7.5, for every protocol.
    disk.wear_ratio_ppm = root
        .get("endurance_used")
        .number("current_percent")
        .and_then(|percent| percent.checked_mul(10_000));
    let passed = root.get("smart_status").get("passed").flag();
    disk.health = passed.map(|passed| DiskHealth { passed: Some(passed), ..DiskHealth::default() });
}

fn smart(root: &Node<'_>, disk: &mut Disk) {
    if let Some(found) = nvme(root) {
        disk.smart.get_or_insert_default().nvme = Some(found);
    }
    if let Some(found) = json_logs::ata(root) {
        disk.smart.get_or_insert_default().ata = Some(found);
    }
    if let Some(found) = json_logs::scsi(root) {
        disk.smart.get_or_insert_default().scsi = Some(found);
    }
}

fn nvme(root: &Node<'_>) -> Option<NvmeSmart> {
    let log = root.get("nvme_smart_health_information_log");
    if !log.exists() {
        return None;
    }
    let degrees = |celsius: i64| celsius.checked_mul(1000);
    let temperature = log.get("temperature").signed().filter(|celsius| *celsius != -273);
    let sensors = log.get("temperature_sensors").items();
    Some(NvmeSmart {
        critical_warning: log.small("critical_warning"),
        temperature_mc: temperature.and_then(degrees),
        available_spare_percent: log.small("available_spare"),
        available_spare_threshold_percent: log.small("available_spare_threshold"),
        percentage_used: log.small("percentage_used"),
        data_units_read: log.number("data_units_read"),
        data_units_written: log.number("data_units_written"),
        host_reads: log.number("host_reads"),
        host_writes: log.number("host_writes"),
        controller_busy_minutes: log.number("controller_busy_time"),
        power_cycles: log.number("power_cycles"),
        power_on_hours: log.number("power_on_hours"),
        unsafe_shutdowns: log.number("unsafe_shutdowns"),
        media_errors: log.number("media_errors"),
        error_log_entries: log.number("num_err_log_entries"),
        warning_temperature_minutes: log.number("warning_temp_time"),
        critical_temperature_minutes: log.number("critical_comp_time"),
        temperature_sensors_mc: sensors
            .iter()
            .filter(|sensor| sensor.raw().is_some_and(|value| !value.is_null()))
            .filter_map(|sensor| sensor.signed().and_then(degrees))
            .collect(),
        firmware_slots: Vec::new(),
        self_tests: json_logs::nvme_self_tests(&root.get("nvme_self_test_log")),
    })
}
