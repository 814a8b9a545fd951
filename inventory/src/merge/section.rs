//! One section of the merged document out of those of its parts.

use std::collections::BTreeMap;

use serde_json::Value;

use super::document::{Document, Pool};
use super::findings::Findings;
use super::matching::{self, Group};
use super::object::{self, Claim, Object};
use super::trust::Reader;
use super::{compare, trust};
use crate::model::{Controller, Disk, Inventory, Section, SectionState, Source};

/// Merges a section of several objects.
pub(super) fn many(
    section: Section,
    key: &str,
    documents: &[Document],
    pool: &Pool,
    findings: &mut Findings,
) -> Value {
    let sources = pool.sources();
    let parts = by_trust(section, key, documents, sources);
    let groups = matching::group(section, parts, sources);
    let mut merged = Vec::with_capacity(groups.len());
    for (index, group) in groups.into_iter().enumerate() {
        let path = format!("{key}[{index}]");
        for (part, old) in &group.from {
            findings.moved(*part, &format!("{key}[{old}]"), &path);
        }
        let Group { members, from } = group;
        let united = unite(section, &path, members, sources, findings);
        for document in lacking(section, &united, &from, documents) {
            let holder = object::main_source(&united);
            let label = label(&united);
            findings.missing(&path, label.as_deref(), holder, document.source, sources);
        }
        merged.push(Value::Object(united));
    }
    Value::Array(merged)
}

/// Merges a section of one object.
pub(super) fn one(
    section: Section,
    key: &str,
    documents: &[Document],
    pool: &Pool,
    findings: &mut Findings,
) -> Value {
    let sources = pool.sources();
    let parts = by_trust(section, key, documents, sources);
    let members: Vec<Object> = parts.into_iter().flat_map(|(_, objects)| objects).collect();
    if members.is_empty() {
        return Value::Null;
    }
    Value::Object(unite(section, key, members, sources, findings))
}

/// Merges a section of texts: those of the most trusted document, then what
/// others have beyond them.
pub(super) fn texts(section: Section, key: &str, documents: &[Document], pool: &Pool) -> Value {
    let rank = |document: &Document| {
        let source = document.source.and_then(|index| pool.sources().get(index as usize));
        source.map_or(usize::MAX, |source| trust::rank(section, "", source))
    };
    let mut ordered: Vec<&Document> = documents.iter().collect();
    tiny_sort::stable::sort_by_key(&mut ordered, |document| rank(document));
    let mut texts: Vec<Value> = Vec::new();
    for document in ordered {
        let own = document.member(key).and_then(Value::as_array).cloned().unwrap_or_default();
        // A text that one document has twice is there twice.
        let new: Vec<Value> = own.into_iter().filter(|text| !texts.contains(text)).collect();
        texts.extend(new);
    }
    Value::Array(texts)
}

/// Returns the objects of each document, the most trusted document first.
fn by_trust(
    section: Section,
    key: &str,
    documents: &[Document],
    sources: &[Source],
) -> Vec<(usize, Vec<Object>)> {
    let mut parts: Vec<(usize, Vec<Object>)> =
        documents.iter().map(|document| document.objects(key)).enumerate().collect();
    tiny_sort::stable::sort_by_key(&mut parts, |(_, objects)| {
        let ranks = objects.iter().map(|object| {
            let source = sources.get(object::main_source(object) as usize);
            source.map_or(usize::MAX, |source| trust::rank(section, "", source))
        });
        ranks.min().unwrap_or(usize::MAX)
    });
    parts
}

/// Makes one object of several that describe the same thing.
fn unite(
    section: Section,
    path: &str,
    members: Vec<Object>,
    sources: &[Source],
    findings: &mut Findings,
) -> Object {
    let first = members.first().cloned().unwrap_or_default();
    if members.iter().all(|member| *member == first) {
        return first;
    }
    let members = object::ordered(members, |member| {
        object::order(section, "", object::main_source(member), &Value::Null, sources)
    });
    let mut united = members.first().cloned().unwrap_or_default();
    let main = object::main_source(&united);
    // A slot is empty or not; facts come from those who agree on that.
    let present = object::claims(section, "present", &members, sources);
    let dissents = |source: u32| {
        let mut own = present.iter().filter(|claim| claim.source == source).peekable();
        let chosen = present.first().map(|claim| &claim.value);
        own.peek().is_some() && own.all(|claim| Some(&claim.value) != chosen)
    };
    let mut paths: Vec<String> = Vec::new();
    for (field, _) in members.iter().flat_map(object::fields) {
        if !paths.contains(&field) {
            paths.push(field);
        }
    }
    let mut named = BTreeMap::new();
    let mut also = BTreeMap::new();
    let mut disagreements = Vec::new();
    for field in paths {
        let all = object::claims(section, &field, &members, sources);
        let Some(chosen) = all.iter().find(|claim| !dissents(claim.source)).cloned() else {
            if object::get(&united, &field).is_some_and(|value| !object::is_unknown(value)) {
                object::set(&mut united, &field, Value::Null);
            }
            if !all.is_empty() {
                also.insert(field, all);
            }
            continue;
        };
        let others: Vec<Claim> = all
            .into_iter()
            .filter(|claim| claim.source != chosen.source || claim.value != chosen.value)
            .collect();
        let contrary: Vec<Claim> = others
            .iter()
            .filter(|claim| compare::disagree(section, &field, &chosen.value, &claim.value))
            .cloned()
            .collect();
        if !contrary.is_empty() {
            disagreements.push((field.clone(), chosen.clone(), contrary));
        }
        object::set(&mut united, &field, chosen.value);
        if chosen.source != main {
            named.insert(field.clone(), chosen.source);
        }
        if !others.is_empty() {
            also.insert(field, others);
        }
    }
    let label = label(&united);
    for (field, chosen, contrary) in disagreements {
        findings.disagreement(path, &field, label.as_deref(), &chosen, &contrary, sources);
    }
    ports(section, path, &mut united, &members, sources, findings);
    if section != Section::Identity {
        let raw = raw(&members, &united);
        object::set_origin(&mut united, main, named, also, raw);
    }
    united
}

/// Merges the ports of a card.
fn ports(
    section: Section,
    path: &str,
    united: &mut Object,
    members: &[Object],
    sources: &[Source],
    findings: &mut Findings,
) {
    if !members.iter().any(|member| member.get("port").is_some_and(Value::is_array)) {
        return;
    }
    let parts = members
        .iter()
        .map(|member| {
            let ports = member.get("port").and_then(Value::as_array);
            ports.into_iter().flatten().filter_map(|port| port.as_object().cloned()).collect()
        })
        .enumerate()
        .collect();
    let groups = matching::group_ports(parts, sources);
    let ports = groups
        .into_iter()
        .enumerate()
        .map(|(index, group)| {
            let path = format!("{path}.port[{index}]");
            Value::Object(unite(section, &path, group.members, sources, findings))
        })
        .collect();
    united.insert("port".to_owned(), Value::Array(ports));
}

/// Returns the texts as read that still explain a value: of the object whose
/// value was chosen, or of any where there is none.
fn raw(members: &[Object], united: &Object) -> BTreeMap<String, Value> {
    let mut texts = BTreeMap::new();
    for member in members {
        for (field, text) in object::raw(member) {
            let own = object::get(member, field).unwrap_or(&Value::Null);
            let chosen = object::get(united, field).unwrap_or(&Value::Null);
            if own == chosen {
                texts.entry(field.clone()).or_insert_with(|| text.clone());
            }
        }
    }
    texts
}

/// Returns what people call an object.
fn label(object: &Object) -> Option<String> {
    ["locator", "name", "address", "serial", "device", "model", "product"]
        .iter()
        .find_map(|field| object.get(*field)?.as_str().filter(|text| !text.is_empty()))
        .map(str::to_owned)
}

/// Returns the documents that claim to know all of a section, and lack this
/// object of it.
fn lacking<'a>(
    section: Section,
    object: &Object,
    from: &[(usize, usize)],
    documents: &'a [Document],
) -> Vec<&'a Document> {
    let is_counted = matches!(
        section,
        Section::Cpu
            | Section::Dimm
            | Section::Slot
            | Section::Nic
            | Section::Hba
            | Section::Controller
            | Section::Disk
            | Section::Psu
            | Section::Gpu
    );
    // An empty slot is missing from what lists only what is there.
    let is_empty = object.get("present") == Some(&Value::Bool(false));
    if !is_counted || is_empty {
        return Vec::new();
    }
    let lacks = |number: usize, document: &Document| {
        document.state(section) == Some(SectionState::Complete)
            && !from.iter().any(|(part, _)| *part == number)
    };
    documents
        .iter()
        .enumerate()
        .filter(|(number, document)| lacks(*number, document))
        .map(|(_, document)| document)
        .collect()
}

/// Closes what only all parts together can tell: the disks are complete when
/// the kernel named the controllers, and as many drives were read behind each
/// as it counts.
pub(super) fn close_disks(mut inventory: Inventory) -> Inventory {
    let sees_all = |source: &Source| matches!(trust::reader(source), Reader::Kernel | Reader::Lshw);
    if !inventory.sources.iter().any(sees_all) || !every_drive_is_read(&inventory) {
        return inventory;
    }
    let Some(status) = inventory.sections.get_mut(&Section::Disk) else { return inventory };
    if status.status != SectionState::Partial {
        return inventory;
    }
    // What a program that was run on some drives says of the others is moot
    // too; what is missing for another reason stays.
    let reason = status.reason.take().unwrap_or_default();
    let rest: Vec<&str> = reason
        .split("; ")
        .filter(|reason| !reason.contains("behind") && !reason.contains(" tells of "))
        .filter(|reason| !reason.is_empty())
        .collect();
    if rest.is_empty() {
        status.status = SectionState::Complete;
    } else {
        status.reason = Some(rest.join("; "));
    }
    inventory
}

/// Says whether there are RAID controllers, and as many drives behind each as
/// it counts.
fn every_drive_is_read(inventory: &Inventory) -> bool {
    let raids: Vec<_> = inventory
        .controller
        .iter()
        .filter(|controller| controller.kind.as_deref() == Some("raid"))
        .collect();
    let behind = |controller: &Controller| {
        let is_there = |disk: &&Disk| match (&disk.behind, &controller.address) {
            (Some(_), _) if raids.len() == 1 => true,
            (Some(behind), Some(address)) => behind.contains(address.as_str()),
            _ => false,
        };
        u32::try_from(inventory.disk.iter().filter(is_there).count()).unwrap_or(u32::MAX)
    };
    !raids.is_empty()
        && raids
            .iter()
            .all(|controller| controller.drives.is_some_and(|drives| behind(controller) >= drives))
}
