//! Each finding as JSON.

use bmc::{
    audit::Finding,
    hand::Read,
    ipmi::command::dcmi::PowerDraw,
    operation::{
        boot,
        fru::Fru,
        identity::Identity,
        log::{Entry, Severity},
        power,
        sensor::{self, Sensor},
    },
    probe::Cell,
    redfish::{
        client::{Slot, Subscription, TaskSeen},
        inventory::{Inventory, Part},
    },
};
use serde_json::{Value, json};

use super::{
    super::{adoption, found::Found},
    store,
};

/// Puts a finding into the object of its host.
pub(super) fn put(host: &mut Value, found: &Found) {
    let (key, value) = match found {
        Found::Identity(identity) => ("info", of_identity(identity)),
        Found::Power(state, draw) => {
            if let Some(draw) = draw {
                host["draw"] = of_draw(draw);
            }
            ("power", of_power(*state))
        }
        Found::Boot(seen) => ("boot", of_boot(*seen)),
        Found::Acted(_) | Found::Unable { .. } | Found::Surveyed(_) => return,
        Found::Components(read) => ("firmware", all(host, read, &store::component)),
        Found::Renewed(renewed) => {
            if let Some(task) = &renewed.task {
                host["task"] = task.as_str().into();
            }
            ("updated", renewed.changes.iter().map(store::change).collect())
        }
        Found::Arrays(read) => {
            host["complete"] = read.complete.into();
            ("raid", store::arrays(&read.value))
        }
        Found::Setting(seen) => return seen.put(host),
        Found::Sensors(read) => ("sensors", all(host, read, &of_sensor)),
        Found::Log(read) => ("entries", all(host, read, &entry)),
        Found::Inventory(read) => {
            host["complete"] = read.complete.into();
            ("inventory", of_inventory(&read.value))
        }
        Found::Frus(read) => ("frus", all(host, read, &of_fru)),
        Found::Media(slots) => ("media", slots.iter().map(of_slot).collect()),
        Found::Tasks(tasks) => ("tasks", tasks.iter().map(of_task).collect()),
        Found::Recorded { file, resources, replaced, cut, whole } => (
            "recording",
            json!({ "file": file, "resources": resources, "replaced": replaced, "cut": cut,
                    "complete": whole }),
        ),
        Found::Subscriptions(all) => {
            let one = |one: &Subscription| {
                json!({ "id": one.id, "path": one.path, "destination": one.destination,
                        "context": one.context, "protocol": one.protocol, "kind": one.kind,
                        "state": one.state })
            };
            ("subscriptions", all.iter().map(one).collect())
        }
        Found::Watched { entries, lost } => {
            ("watched", json!({ "entries": entries, "lost": lost }))
        }
        Found::Console(talk) => ("console", talk.value()),
        Found::Adopted(one) => ("adoption", adoption::value(one)),
        Found::Audit(audited) => ("audit", audited.findings.iter().map(of_check).collect()),
        Found::Probe(cells) => ("probe", cells.iter().map(of_cell).collect()),
        Found::Judged(judged) => ("accept", super::interop::of(judged)),
        Found::Raw { code, text, .. } => {
            host["code"] = (*code).into();
            ("answer", serde_json::from_str(text).unwrap_or_else(|_| text.as_str().into()))
        }
    };
    host[key] = value;
}

fn all<T>(host: &mut Value, read: &Read<Vec<T>>, of: &dyn Fn(&T) -> Value) -> Value {
    host["complete"] = read.complete.into();
    read.value.iter().map(of).collect()
}

fn of_power(state: Option<power::State>) -> Value {
    use power::State;
    match state {
        Some(State::On) => "on".into(),
        Some(State::Off) => "off".into(),
        Some(State::TurningOn) => "turning-on".into(),
        Some(State::TurningOff) => "turning-off".into(),
        Some(State::Paused) => "paused".into(),
        None => Value::Null,
    }
}

fn of_draw(draw: &PowerDraw) -> Value {
    json!({ "watts": draw.watts, "least": draw.least, "most": draw.most, "mean": draw.mean,
            "seconds": draw.period.as_secs(), "active": draw.active })
}

fn of_identity(identity: &Identity) -> Value {
    json!({
        "manufacturer": identity.manufacturer,
        "model": identity.model,
        "serial": identity.serial,
        "uuid": identity.uuid,
        "asset": identity.asset,
        "bmc_model": identity.bmc_model,
        "bmc_version": identity.bmc_version,
        "bios_version": identity.bios_version,
        "host_name": identity.host_name,
        "protocol": identity.protocol,
        "dialect": identity.dialect,
        "power": of_power(identity.power),
        "health": identity.health,
    })
}

fn of_boot(seen: boot::Seen) -> Value {
    let device = seen.device.map(|device| match device {
        boot::Device::None => "none",
        boot::Device::Pxe => "pxe",
        boot::Device::Http => "http",
        boot::Device::Disk => "disk",
        boot::Device::Cd => "cd",
        boot::Device::Bios => "bios",
    });
    let lasting = seen.lasting.map(|lasting| match lasting {
        boot::Lasting::Once => "once",
        boot::Lasting::Persistent => "persistent",
    });
    let firmware = seen.firmware.map(|firmware| match firmware {
        boot::Firmware::Uefi => "uefi",
        boot::Firmware::Legacy => "legacy",
    });
    json!({ "device": device, "lasting": lasting, "firmware": firmware })
}

fn of_sensor(one: &Sensor) -> Value {
    let state = match one.state {
        sensor::State::Ok => "ok",
        sensor::State::Warning => "warning",
        sensor::State::Critical => "critical",
        sensor::State::Unavailable => "unavailable",
        sensor::State::Unknown => "unknown",
    };
    let at = &one.thresholds;
    json!({
        "name": one.name, "kind": one.kind, "reading": one.reading, "unit": one.unit,
        "state": state, "asserted": one.asserted, "source": one.source,
        "thresholds": {
            "lower_non_recoverable": at.lower_non_recoverable,
            "lower_critical": at.lower_critical,
            "lower_non_critical": at.lower_non_critical,
            "upper_non_critical": at.upper_non_critical,
            "upper_critical": at.upper_critical,
            "upper_non_recoverable": at.upper_non_recoverable,
        },
    })
}

/// An entry of a log.
pub fn entry(entry: &Entry) -> Value {
    let severity = match entry.severity {
        Severity::Unknown => "unknown",
        Severity::Ok => "ok",
        Severity::Warning => "warning",
        Severity::Critical => "critical",
    };
    json!({ "log": entry.log, "id": entry.id, "time": entry.time, "severity": severity,
            "origin": entry.origin, "message": entry.message, "raw": entry.raw })
}

fn of_fru(fru: &Fru) -> Value {
    let fields: Vec<Value> = fru
        .fields
        .iter()
        .map(|field| json!({ "area": field.area, "name": field.name, "text": field.text }))
        .collect();
    json!({ "name": fru.name, "fields": fields, "damage": fru.damage })
}

fn of_slot(slot: &Slot) -> Value {
    json!({ "slot": slot.id, "path": slot.path, "takes": slot.kinds, "inserted": slot.inserted,
            "image": slot.image })
}

fn of_task(task: &TaskSeen) -> Value {
    json!({ "path": task.path, "name": task.name, "state": task.state, "percent": task.percent,
            "message": task.message })
}

fn of_check(one: &Finding) -> Value {
    let said = |(zh, en): &(String, String)| json!({ "zh": zh, "en": en });
    let advice = (!one.advice.1.is_empty()).then(|| said(&one.advice));
    json!({ "check": one.id, "subject": one.subject, "severity": one.severity.text(),
            "state": one.state.text(), "seen": said(&one.seen), "advice": advice })
}

fn of_cell(cell: &Cell) -> Value {
    json!({ "feature": cell.feature, "verdict": cell.verdict.text(), "quirk": cell.verdict.quirk(),
            "what": cell.what, "by": cell.by })
}

/// A part, and what else is known of it.
fn part(part: &Part, more: Value) -> Value {
    let mut value = json!({
        "place": part.place, "name": part.name, "location": part.location,
        "manufacturer": part.manufacturer, "model": part.model, "part_number": part.part_number,
        "serial": part.serial, "version": part.version, "present": part.is_present,
        "state": part.state, "health": part.health,
    });
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    value
}

fn of_inventory(found: &Inventory) -> Value {
    let list = |parts: Vec<Value>| Value::Array(parts);
    json!({
        "systems": list(found.systems.iter().map(|one| part(&one.part, json!({
            "uuid": one.uuid, "sku": one.sku, "asset": one.asset, "power": of_power(one.power),
            "memory_bytes": one.memory_bytes }))).collect()),
        "chassis": list(found.chassis.iter().map(|one| part(&one.part, json!({
            "kind": one.kind, "height_mm": one.height_mm }))).collect()),
        "managers": list(found.managers.iter().map(|one| part(&one.part, json!({
            "kind": one.kind, "uuid": one.uuid, "time": one.time }))).collect()),
        "processors": list(found.processors.iter().map(|one| part(&one.part, json!({
            "cores": one.cores, "threads": one.threads, "clock_hz": one.clock_hz,
            "architecture": one.architecture }))).collect()),
        "memory": list(found.modules.iter().map(|one| part(&one.part, json!({
            "size_bytes": one.size_bytes, "kind": one.kind, "speed_mts": one.speed_mts,
            "ranks": one.ranks }))).collect()),
        "controllers": list(found.controllers.iter().map(|one| part(&one.part, json!({
            "protocols": one.protocols, "levels": one.levels }))).collect()),
        "drives": list(found.drives.iter().map(|one| part(&one.part, json!({
            "size_bytes": one.size_bytes, "protocol": one.protocol, "media": one.media,
            "rpm": one.rpm, "life_left_percent": one.life_left_percent }))).collect()),
        "volumes": list(found.volumes.iter().map(|one| json!({
            "place": one.place, "name": one.name, "level": one.level, "size_bytes": one.size_bytes,
            "drives": one.drives, "health": one.health })).collect()),
        "nics": list(found.adapters.iter().map(|one| part(&one.part, json!({
            "ports": one.ports.iter().map(|port| json!({
                "place": port.place, "name": port.name, "addresses": port.addresses,
                "speed_bps": port.speed_bps, "linked": port.is_linked })).collect::<Vec<_>>()
            }))).collect()),
        "interfaces": list(found.interfaces.iter().map(|one| json!({
            "place": one.place, "id": one.id, "name": one.name, "mac": one.mac,
            "speed_bps": one.speed_bps, "linked": one.is_linked })).collect()),
        "pcie_devices": list(found.devices.iter().map(|one| part(&one.part, json!({
            "lanes": one.lanes, "generation": one.generation }))).collect()),
        "slots": list(found.slots.iter().map(|one| json!({
            "place": one.place, "label": one.label, "lanes": one.lanes,
            "generation": one.generation, "used": one.is_used })).collect()),
        "power_supplies": list(found.supplies.iter().map(|one| part(&one.part, json!({
            "capacity_w": one.capacity_w, "output_w": one.output_w, "input_v": one.input_v
            }))).collect()),
        "fans": list(found.fans.iter().map(|one| part(&one.part, json!({
            "rpm": one.rpm, "speed_percent": one.speed_percent }))).collect()),
        "trusted_modules": list(found.trusted.iter().map(|one| part(&one.part, json!({
            "interface": one.interface }))).collect()),
        "firmware": list(found.firmware.iter().map(|one| part(&one.part, json!({
            "released": one.released, "updateable": one.is_updateable }))).collect()),
    })
}
