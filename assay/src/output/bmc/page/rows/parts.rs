//! The parts of a host, a row each.

use bmc::redfish::inventory::{Inventory, Part};
use profiles::Lang;

use super::pick;
use crate::output::table::Cell;

/// The columns.
pub(super) const HEAD: &[(&str, &str)] = &[
    ("部件", "part"),
    ("位置", "where"),
    ("厂商", "maker"),
    ("型号", "model"),
    ("部件号", "part number"),
    ("序列号", "serial"),
    ("规格", "what it is"),
    ("健康", "health"),
];

/// Returns a row for each part that is there.
pub(super) fn rows(found: &Inventory, lang: Lang) -> Vec<Vec<Cell>> {
    let mut rows = Vec::new();
    let mut add = |kind: (&str, &str), part: &Part, is: String| {
        if part.is_present {
            rows.push(row(pick(lang, kind), part, is));
        }
    };
    for one in &found.systems {
        add(("系统", "system"), &one.part, size(one.memory_bytes));
    }
    for one in &found.chassis {
        add(("机箱", "chassis"), &one.part, one.kind.clone().unwrap_or_default());
    }
    for one in &found.managers {
        add(("BMC", "BMC"), &one.part, one.part.version.clone().unwrap_or_default());
    }
    for one in &found.processors {
        let cores = one.cores.map(|cores| format!("{cores} {}", pick(lang, ("核", "cores"))));
        add(("处理器", "processor"), &one.part, cores.unwrap_or_default());
    }
    for one in &found.modules {
        let speed = one.speed_mts.map(|speed| format!("{speed} MT/s")).unwrap_or_default();
        let is = [size(one.size_bytes), one.kind.clone().unwrap_or_default(), speed].join(" ");
        add(("内存", "DIMM"), &one.part, is.trim().to_owned());
    }
    for one in &found.controllers {
        add(("存储控制器", "storage controller"), &one.part, one.protocols.join(", "));
    }
    for one in &found.drives {
        let said = |text: &Option<String>| text.clone().unwrap_or_default();
        let is = [size(one.size_bytes), said(&one.media), said(&one.protocol)].join(" ");
        add(("硬盘", "drive"), &one.part, is.trim().to_owned());
    }
    for one in &found.adapters {
        let addresses: Vec<&str> =
            one.ports.iter().flat_map(|port| &port.addresses).map(String::as_str).collect();
        add(("网卡", "NIC"), &one.part, addresses.join(", "));
    }
    for one in &found.supplies {
        let watts = one.capacity_w.map(|watts| format!("{watts} W"));
        add(("电源", "power supply"), &one.part, watts.unwrap_or_default());
    }
    for one in &found.fans {
        let turns = one.rpm.map(|rpm| format!("{rpm} RPM"));
        let share = one.speed_percent.map(|percent| format!("{percent} %"));
        add(("风扇", "fan"), &one.part, turns.or(share).unwrap_or_default());
    }
    for one in &found.trusted {
        add(("可信模块", "trusted module"), &one.part, one.interface.clone().unwrap_or_default());
    }
    for one in &found.firmware {
        add(("固件", "firmware"), &one.part, one.part.version.clone().unwrap_or_default());
    }
    rows
}

fn row(kind: String, part: &Part, is: String) -> Vec<Cell> {
    let said = |text: &Option<String>| Cell::from(text.clone().unwrap_or_default());
    let place = part.location.as_ref().or(part.name.as_ref());
    vec![
        kind.into(),
        place.cloned().unwrap_or_default().into(),
        said(&part.manufacturer),
        said(&part.model),
        said(&part.part_number),
        said(&part.serial),
        is.into(),
        said(&part.health),
    ]
}

const GIB: u64 = 1 << 30;

/// Writes a size as parts are sold: binary units of whole numbers where it is one, else decimal.
pub(super) fn size(bytes: Option<u64>) -> String {
    let Some(bytes) = bytes else { return String::new() };
    if bytes >= GIB && bytes.is_multiple_of(GIB) {
        return format!("{} GiB", bytes / GIB);
    }
    match bytes {
        0..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        1_000_000_000..10_000_000_000_000 => format!("{} GB", bytes / 1_000_000_000),
        _ => format!("{} TB", bytes / 1_000_000_000_000),
    }
}
