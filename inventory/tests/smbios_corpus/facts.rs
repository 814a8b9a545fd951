//! Each fact of the model against the field that dmidecode read.

use std::collections::BTreeMap;
use std::path::Path;

use inventory::import::{ImportError, dmidecode};
use inventory::model::{Inventory, Origin};
use inventory::placeholder;
use libtest_mimic::Failed;
use serde::Deserialize as _;
use serde_json::Value;

use crate::{FIELDS, Tally, corpus, model, tables};

/// How a fact is worded.
#[derive(Clone, Copy)]
enum Kind {
    /// A text, placeholders being null.
    Text,
    /// A locator.
    Locator,
    /// A code's word, unknown ones being null.
    Word,
    /// A plain number, or one with a unit of its own.
    Number,
    /// Hertz, shown in MHz.
    Hertz,
    /// Bytes, in the largest whole unit.
    Bytes,
    /// Millivolt, shown in volt.
    Volts,
    /// Milliwatt, shown in watt.
    Watt,
    /// Yes or no.
    Answer,
}

/// Type, field of dmidecode, section and field of the model.
const FACTS: &[(u8, &str, &str, &str, Kind)] = &[
    (0, "Vendor", "firmware", "vendor", Kind::Text),
    (0, "Version", "firmware", "version", Kind::Text),
    (0, "Release Date", "firmware", "date", Kind::Text),
    (1, "Manufacturer", "system", "manufacturer", Kind::Text),
    (1, "Product Name", "system", "product", Kind::Text),
    (1, "Version", "system", "version", Kind::Text),
    (1, "Serial Number", "system", "serial", Kind::Text),
    (1, "SKU Number", "system", "sku", Kind::Text),
    (1, "Family", "system", "family", Kind::Text),
    (1, "Wake-up Type", "system", "wake_up", Kind::Word),
    (2, "Manufacturer", "board", "manufacturer", Kind::Text),
    (2, "Product Name", "board", "product", Kind::Text),
    (2, "Version", "board", "version", Kind::Text),
    (2, "Serial Number", "board", "serial", Kind::Text),
    (2, "Asset Tag", "board", "asset_tag", Kind::Text),
    (2, "Type", "board", "kind", Kind::Word),
    (3, "Manufacturer", "chassis", "manufacturer", Kind::Text),
    (3, "Type", "chassis", "kind", Kind::Word),
    (3, "Version", "chassis", "version", Kind::Text),
    (3, "Serial Number", "chassis", "serial", Kind::Text),
    (3, "Asset Tag", "chassis", "asset_tag", Kind::Text),
    (3, "Height", "chassis", "height_u", Kind::Number),
    (3, "Number Of Power Cords", "chassis", "power_cords", Kind::Number),
    (4, "Socket Designation", "cpu", "locator", Kind::Locator),
    (4, "Family", "cpu", "family", Kind::Word),
    (4, "Manufacturer", "cpu", "manufacturer", Kind::Text),
    (4, "Version", "cpu", "model", Kind::Text),
    (4, "Max Speed", "cpu", "max_claimed", Kind::Hertz),
    (4, "Current Speed", "cpu", "current", Kind::Hertz),
    (4, "Upgrade", "cpu", "socket", Kind::Word),
    (4, "Serial Number", "cpu", "serial", Kind::Text),
    (4, "Part Number", "cpu", "part_number", Kind::Text),
    (4, "Core Count", "cpu", "cores", Kind::Number),
    (4, "Core Enabled", "cpu", "cores_enabled", Kind::Number),
    (4, "Thread Count", "cpu", "threads", Kind::Number),
    (7, "Socket Designation", "cache", "locator", Kind::Locator),
    (7, "Installed Size", "cache", "size_bytes", Kind::Bytes),
    (7, "Maximum Size", "cache", "max_size_bytes", Kind::Bytes),
    (7, "System Type", "cache", "kind", Kind::Word),
    (7, "Associativity", "cache", "associativity", Kind::Word),
    (9, "Designation", "slot", "locator", Kind::Locator),
    (9, "Type", "slot", "kind", Kind::Word),
    (9, "Length", "slot", "length", Kind::Word),
    (9, "ID", "slot", "id", Kind::Number),
    (9, "Bus Address", "slot", "address", Kind::Word),
    (16, "Location", "memory_array", "location", Kind::Word),
    (16, "Use", "memory_array", "usage", Kind::Word),
    (16, "Error Correction Type", "memory_array", "error_correction", Kind::Word),
    (16, "Maximum Capacity", "memory_array", "max_capacity_bytes", Kind::Bytes),
    (16, "Number Of Devices", "memory_array", "devices_claimed", Kind::Number),
    (17, "Array Handle", "dimm", "array", Kind::Word),
    (17, "Total Width", "dimm", "total_width_bits", Kind::Number),
    (17, "Data Width", "dimm", "data_width_bits", Kind::Number),
    (17, "Size", "dimm", "size_bytes", Kind::Bytes),
    (17, "Form Factor", "dimm", "form_factor", Kind::Word),
    (17, "Locator", "dimm", "locator", Kind::Locator),
    (17, "Bank Locator", "dimm", "bank", Kind::Locator),
    (17, "Type", "dimm", "memory_type", Kind::Word),
    (17, "Speed", "dimm", "speed_mts", Kind::Number),
    (17, "Configured Memory Speed", "dimm", "configured_speed_mts", Kind::Number),
    (17, "Manufacturer", "dimm", "manufacturer", Kind::Text),
    (17, "Serial Number", "dimm", "serial", Kind::Text),
    (17, "Asset Tag", "dimm", "asset_tag", Kind::Text),
    (17, "Part Number", "dimm", "part_number", Kind::Text),
    (17, "Rank", "dimm", "rank", Kind::Number),
    (17, "Configured Voltage", "dimm", "voltage_mv", Kind::Volts),
    (38, "Specification Version", "bmc", "ipmi_version", Kind::Word),
    (39, "Location", "psu", "locator", Kind::Locator),
    (39, "Name", "psu", "name", Kind::Text),
    (39, "Manufacturer", "psu", "manufacturer", Kind::Text),
    (39, "Serial Number", "psu", "serial", Kind::Text),
    (39, "Asset Tag", "psu", "asset_tag", Kind::Text),
    (39, "Model Part Number", "psu", "part_number", Kind::Text),
    (39, "Revision", "psu", "revision", Kind::Text),
    (39, "Max Power Capacity", "psu", "power_mw", Kind::Watt),
    (39, "Status", "psu", "status", Kind::Locator),
    (39, "Type", "psu", "kind", Kind::Word),
    (39, "Plugged", "psu", "plugged", Kind::Answer),
    (39, "Hot Replaceable", "psu", "hot_replaceable", Kind::Answer),
];

pub(crate) fn of_tables(servers: &Path) -> Result<Tally, Failed> {
    compare(servers, tables(servers).map(|(machine, table)| Ok((machine, model(&table)))))
}

pub(crate) fn of_reports(servers: &Path) -> Result<Tally, Failed> {
    let machines = corpus::expected(servers).keys().cloned();
    let models = machines.map(|machine| {
        let inventory = dmidecode::import("m.txt", &corpus::report(servers, &machine))?;
        Ok((machine, inventory))
    });
    compare(servers, models)
}

fn compare(
    servers: &Path,
    models: impl Iterator<Item = Result<(String, Inventory), ImportError>>,
) -> Result<Tally, Failed> {
    let mut tally = Tally::at(FIELDS);
    let expected = corpus::expected(servers);
    for model in models {
        let (machine, inventory) = model?;
        let objects = objects(&inventory)?;
        for field in &expected[&machine] {
            let Some(&(_, _, section, name, kind)) =
                FACTS.iter().find(|fact| fact.0 == field.kind && fact.1 == field.field)
            else {
                continue;
            };
            let Some(object) = objects.get(&(section, format!("{}/{}", field.kind, field.handle)))
            else {
                continue;
            };
            let value = match name {
                "current" | "max_claimed" => &object["frequency_hz"][name],
                name => &object[name],
            };
            // An empty socket's claim is dropped on purpose.
            let claim = &object["origin"]["raw"][name];
            let found = worded(
                kind,
                if value.is_null() && matches!(kind, Kind::Number) { claim } else { value },
            );
            let wanted = wanted(kind, &field.value);
            if found == wanted {
                tally.right();
            } else {
                tally.wrong(format!("{section}.{name}"), || {
                    format!("{machine} {field:?}: wanted {wanted:?}, found {found:?}")
                });
            }
        }
    }
    Ok(tally)
}

/// The objects of the model by section and by the structure they came from.
fn objects(inventory: &Inventory) -> Result<BTreeMap<(&'static str, String), Value>, Failed> {
    let document = serde_json::to_value(inventory)?;
    let mut objects = BTreeMap::new();
    for section in FACTS.iter().map(|fact| fact.2) {
        let list = match &document[section] {
            Value::Array(list) => list.clone(),
            Value::Null => Vec::new(),
            object => vec![object.clone()],
        };
        for object in list {
            let origin: Origin = Origin::deserialize(&object["origin"])?;
            let source = &inventory.sources[usize::try_from(origin.source.0)?];
            let (_, place) = source.locator.split_once('#').expect("imports name a place");
            objects.insert((section, place.to_owned()), object);
        }
    }
    Ok(objects)
}

fn worded(kind: Kind, value: &Value) -> Option<String> {
    let number = || value.as_u64().or_else(|| value.as_str()?.parse().ok());
    match kind {
        Kind::Text | Kind::Locator | Kind::Word => value.as_str().map(str::to_owned),
        Kind::Number => number().map(|n| n.to_string()),
        Kind::Hertz => number().map(|hertz| format!("{}", hertz / 1_000_000)),
        Kind::Bytes => number().filter(|&bytes| bytes > 0).map(folded),
        Kind::Volts => number().map(|millivolt| millivolt.to_string()),
        Kind::Watt => number().map(|milliwatt| format!("{}", milliwatt / 1000)),
        Kind::Answer => value.as_bool().map(|yes| if yes { "Yes" } else { "No" }.to_owned()),
    }
}

fn folded(bytes: u64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"];
    let mut number = bytes;
    let mut unit = 0;
    while number.is_multiple_of(1024) && unit < 4 {
        number /= 1024;
        unit += 1;
    }
    format!("{number} {}", units[unit])
}

fn wanted(kind: Kind, value: &str) -> Option<String> {
    let value = value.trim();
    let number = value.split(' ').next().filter(|n| n.parse::<f64>().is_ok());
    let special = matches!(value, "Not Specified" | "<BAD INDEX>" | "<OUT OF SPEC>");
    match kind {
        Kind::Text => placeholder::clean(value).value,
        Kind::Locator => (!special && !value.is_empty()).then(|| value.to_owned()),
        Kind::Word => (!special && value != "Unknown" && !value.contains("<OUT OF SPEC>"))
            .then(|| value.to_owned()),
        Kind::Number | Kind::Hertz | Kind::Watt => number.map(str::to_owned),
        Kind::Volts => number.map(|volts| {
            let millivolt = volts.parse::<f64>().expect("a number") * 1000.0;
            format!("{millivolt:.0}")
        }),
        Kind::Bytes => number.filter(|n| *n != "0").map(|_| value.to_owned()),
        Kind::Answer => Some(value.to_owned()),
    }
}
