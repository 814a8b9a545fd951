//! What `storcli … J` and `perccli … J` wrote: controllers, volumes, drives.
//!
//! Every command gives `Controllers[]` with `Command Status` and `Response
//! Data`; what else is in there depends on the command. Tables are recognised by
//! their columns (`EID:Slt`, `DG/VD`), so that `/c0 show`, `/call show all` and
//! `/c0/eall/sall show all` are read alike and add to each other.

mod drive;
mod size;
mod volume;

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{Damage, Node};
use super::{ImportError, digest, json};
use crate::health;
use crate::model::{
    Controller, Finding, FindingClass, Inventory, Origin, Section, SectionState, Source,
    SourceKind, Volume,
};
use crate::placeholder;

/// A controller and what was told of its drives and volumes, by their keys.
#[derive(Debug, Default)]
struct Group {
    controller: Controller,
    drives: BTreeMap<drive::Slot, drive::Drive>,
    volumes: BTreeMap<u64, Volume>,
    claimed: Option<u64>,
}

/// Reads `bytes`, the content of the file `name`.
pub fn import(name: &str, bytes: &[u8]) -> Result<Inventory, ImportError> {
    const HINT: &str = "`storcli64 /call show all J` and `storcli64 /call/eall/sall show all J` \
                        write what is read here";
    let values = json::read(bytes).map_err(|error| {
        ImportError::new(name, error.what.clone()).at(error.place()).with_hint(HINT)
    })?;
    let damage = Damage::default();
    let mut groups: BTreeMap<u64, Group> = BTreeMap::new();
    let mut failures = Vec::new();
    let documents: Vec<&Value> = values
        .iter()
        .flat_map(|value| match value {
            Value::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        })
        .collect();
    if documents.is_empty() {
        return Err(ImportError::new(name, "the file is empty").with_hint(HINT));
    }
    for document in documents {
        let root = Node::new(document, "$".to_owned(), &damage);
        let controllers = root.get("Controllers").items();
        if controllers.is_empty() {
            return Err(ImportError::new(
                name,
                "there is no array `Controllers` with anything in it",
            )
            .at("$")
            .with_hint(HINT));
        }
        for controller in controllers {
            answer(&controller, &mut groups, &mut failures);
        }
    }
    Ok(inventory(name, bytes, groups, &failures, damage.take()))
}

/// Takes one controller's answer to one command.
fn answer(node: &Node<'_>, groups: &mut BTreeMap<u64, Group>, failures: &mut Vec<String>) {
    let status = node.get("Command Status");
    let data = node.get("Response Data");
    if status.get("Status").text().is_some_and(|word| !word.eq_ignore_ascii_case("success")) {
        let words = status.get("Description").text().unwrap_or("the command failed");
        let words = words.trim().to_owned();
        if !failures.contains(&words) {
            failures.push(words);
        }
    }
    for row in data.get("System Overview").items() {
        if let Some(number) = row.number("Ctl") {
            overview(&row, &mut groups.entry(number).or_default().controller);
        }
    }
    let number = match status.get("Controller").raw() {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        _ => None,
    }
    .or_else(|| data.get("Basics").number("Controller"));
    let Some(number) = number.filter(|_| data.exists()) else { return };
    let group = groups.entry(number).or_default();
    describe(&data, group);
    for key in data.keys() {
        let member = data.get(key);
        match member.raw() {
            Some(Value::Array(_)) => rows(&member, group),
            Some(Value::Object(_)) => {
                if let Some(path) = key.strip_suffix(" - Detailed Information") {
                    if let Some(slot) = drive::Slot::of_path(path) {
                        group.drives.entry(slot).or_default().detail(&member);
                    }
                } else if let Some(volume) = volume::number_of(key) {
                    volume::properties(&member, group.volumes.entry(volume).or_default());
                }
            }
            _ => {}
        }
    }
}

fn rows(table: &Node<'_>, group: &mut Group) {
    for row in table.items() {
        if !matches!(row.raw(), Some(Value::Object(_))) {
            continue;
        }
        if let Some(slot) = row.get("EID:Slt").text().and_then(drive::Slot::of_row) {
            group.drives.entry(slot).or_default().row(&row);
        } else if let Some(id) = row.get("DG/VD").text()
            && let Some(number) = volume::number_of_row(id)
        {
            volume::row(&row, group.volumes.entry(number).or_default());
        }
    }
}

/// Reads a row of `storcli show`.
fn overview(row: &Node<'_>, controller: &mut Controller) {
    controller.kind = Some("raid".to_owned());
    if controller.model.is_none() {
        controller.model = text(&row.get("Model"));
    }
    if controller.drives.is_none() {
        controller.drives = row.small("PDs");
    }
    if controller.state.is_none() {
        controller.state = text(&row.get("Hlth"));
    }
}

/// Reads `/c0 show` (flat) and `/c0 show all` (in groups).
fn describe(data: &Node<'_>, group: &mut Group) {
    let controller = &mut group.controller;
    controller.kind = Some("raid".to_owned());
    let basics = data.get("Basics");
    let version = data.get("Version");
    let put = |place: &mut Option<String>, candidates: [Node<'_>; 2]| {
        if let Some(found) = candidates.iter().find_map(text) {
            *place = Some(found);
        }
    };
    put(&mut controller.model, [basics.get("Model"), data.get("Product Name")]);
    put(&mut controller.serial, [basics.get("Serial Number"), data.get("Serial Number")]);
    put(&mut controller.firmware, [version.get("Firmware Version"), data.get("FW Version")]);
    put(&mut controller.driver, [version.get("Driver Name"), data.get("Driver Name")]);
    let status = data.get("Status");
    // `Status` is a text in answers of other commands.
    let grouped = matches!(status.raw(), Some(Value::Object(_)));
    let holder = if grouped { &status } else { data };
    if let Some(state) = text(&holder.get("Controller Status")) {
        controller.state = Some(state);
    }
    let address = text(&basics.get("PCI Address")).or_else(|| text(&data.get("PCI Address")));
    if let Some(address) = address {
        controller.address = pci_address(&address);
        if controller.address.is_none() {
            data.note(format!("PCI address `{address}` is not of the form 00:3b:00:00"));
        }
    }
    for key in ["Physical Drives", "Drives"] {
        if matches!(data.get(key).raw(), Some(Value::Number(_))) {
            group.claimed = data.number(key);
        }
    }
}

fn text(node: &Node<'_>) -> Option<String> {
    match node.raw()? {
        Value::String(text) => placeholder::clean(text).value.filter(|text| text != "NA"),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns `0000:3b:00.0` from `00:3b:00:00`.
fn pci_address(text: &str) -> Option<String> {
    let parts: Vec<u32> = text
        .split([':', '.'])
        .map(|part| u32::from_str_radix(part, 16))
        .collect::<Result<_, _>>()
        .ok()?;
    let [domain, bus, device, function] = *parts.as_slice() else { return None };
    (bus <= 0xff && device <= 0x1f && function <= 7)
        .then(|| format!("{domain:04x}:{bus:02x}:{device:02x}.{function}"))
}

fn inventory(
    name: &str,
    bytes: &[u8],
    groups: BTreeMap<u64, Group>,
    failures: &[String],
    damage: Vec<(String, String)>,
) -> Inventory {
    let mut inventory = Inventory::default();
    let digest = digest(bytes);
    let mut reasons = failures.to_owned();
    for (number, mut group) in groups {
        let source = inventory.add_source(Source {
            kind: SourceKind::Import,
            locator: format!("import:{name}#/c{number}"),
            at: None,
            digest: Some(digest.clone()),
        });
        let found = u32::try_from(group.drives.len()).unwrap_or(u32::MAX);
        let claimed = group.claimed.and_then(|claimed| u32::try_from(claimed).ok());
        let controller = &mut group.controller;
        controller.drives = claimed.or(controller.drives).or((found > 0).then_some(found));
        if controller.drives.is_some_and(|drives| drives > found) {
            reasons.push(format!(
                "controller {number} has {} drives, the file lists {found}",
                controller.drives.unwrap_or_default()
            ));
        }
        controller.volume = group.volumes.into_values().collect();
        controller.origin = Origin::of(source);
        let behind = behind(number, controller);
        let mut coarse = 0_u32;
        for (slot, drive) in group.drives {
            let mut disk = drive.into_disk(slot, source);
            coarse = coarse.saturating_add(u32::from(disk.size_bytes.is_none()));
            disk.behind = Some(behind.clone());
            disk.health = health::assess(&disk);
            inventory.disk.push(disk);
        }
        if coarse > 0 {
            reasons.push(format!(
                "controller {number} gives {coarse} drives a rounded-down size only; \
                 `/c{number}/eall/sall show all J` has the true one"
            ));
        }
        inventory.controller.push(group.controller);
    }
    for (place, what) in damage {
        inventory.findings.push(finding(name, &place, &what));
    }
    sections(&mut inventory, failures, &reasons);
    inventory
}

/// Names the controller that drives sit behind.
fn behind(number: u64, controller: &Controller) -> String {
    let model = controller.model.as_deref().unwrap_or("RAID controller");
    match &controller.address {
        Some(address) => format!("{model} ({address})"),
        None => format!("{model} (/c{number})"),
    }
}

fn sections(inventory: &mut Inventory, failures: &[String], reasons: &[String]) {
    let reason = |reasons: &[String], last: &str| {
        let mut all = reasons.to_vec();
        all.push(last.to_owned());
        Some(all.join("; "))
    };
    if inventory.controller.is_empty() {
        let none =
            failures.iter().any(|words| words.to_ascii_lowercase().contains("no controller"));
        let state = if none { SectionState::Unsupported } else { SectionState::Failed };
        let words = if failures.is_empty() {
            "no controller is described".to_owned()
        } else {
            failures.join("; ")
        };
        inventory.set_section(Section::Controller, state, Some(format!("storcli: {words}")));
        return;
    }
    inventory.set_section(
        Section::Controller,
        SectionState::Partial,
        reason(failures, "storcli tells of its own controllers, not of others"),
    );
    let state =
        if inventory.disk.is_empty() { SectionState::Failed } else { SectionState::Partial };
    inventory.set_section(
        Section::Disk,
        state,
        reason(reasons, "storcli tells of drives behind its controllers, not of others"),
    );
}

fn finding(file: &str, place: &str, what: &str) -> Finding {
    Finding {
        class: FindingClass::Damage,
        path: "controller".to_owned(),
        message: format!("`{file}`, {place}: {what}; the field is left out"),
        message_zh: format!("`{file}` 的 {place} 处无法解读，该字段略去（{what}）"),
        claims: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
