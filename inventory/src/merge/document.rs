//! Documents about to be merged: one pool of sources, sections by name.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::object::Object;
use super::trust::{self, Reader};
use crate::model::{Inventory, Section, SectionState, SectionStatus, Source, SourceKind};

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Objects in an array.
    Many,
    /// One object, or none.
    One,
    /// Texts.
    Texts,
}

/// Every section with its key and shape.
pub(super) const SECTIONS: [(Section, &str, Shape); 29] = [
    (Section::System, "system", Shape::One),
    (Section::Platform, "platform", Shape::One),
    (Section::Board, "board", Shape::Many),
    (Section::Chassis, "chassis", Shape::Many),
    (Section::Firmware, "firmware", Shape::Many),
    (Section::Bmc, "bmc", Shape::One),
    (Section::Cpu, "cpu", Shape::Many),
    (Section::Cache, "cache", Shape::Many),
    (Section::Topology, "topology", Shape::One),
    (Section::Dimm, "dimm", Shape::Many),
    (Section::MemoryArray, "memory_array", Shape::Many),
    (Section::Memory, "memory", Shape::One),
    (Section::Slot, "slot", Shape::Many),
    (Section::Pci, "pci", Shape::Many),
    (Section::Nic, "nic", Shape::Many),
    (Section::Hba, "hba", Shape::Many),
    (Section::Infiniband, "infiniband", Shape::Many),
    (Section::Controller, "controller", Shape::Many),
    (Section::Disk, "disk", Shape::Many),
    (Section::Psu, "psu", Shape::Many),
    (Section::Fan, "fan", Shape::Many),
    (Section::Sensor, "sensor", Shape::Many),
    (Section::Gpu, "gpu", Shape::Many),
    (Section::Tpm, "tpm", Shape::Many),
    (Section::Lldp, "lldp", Shape::Many),
    (Section::Plane, "plane", Shape::Many),
    (Section::PlaneSharing, "plane_sharing", Shape::Many),
    (Section::Identity, "identity", Shape::One),
    (Section::OemStrings, "oem_strings", Shape::Texts),
];

/// A document whose sources are those of the pool.
#[derive(Clone, Debug)]
pub(super) struct Document {
    members: Map<String, Value>,
    pub(super) sections: BTreeMap<Section, SectionStatus>,
    /// What stands for the document where it says nothing of an object.
    pub(super) source: Option<u32>,
}

impl Document {
    /// Returns the objects of the section under `key`.
    pub(super) fn objects(&self, key: &str) -> Vec<Object> {
        match self.members.get(key) {
            Some(Value::Array(items)) => {
                items.iter().filter_map(|item| item.as_object().cloned()).collect()
            }
            Some(Value::Object(object)) => vec![object.clone()],
            _ => Vec::new(),
        }
    }

    pub(super) fn member(&self, key: &str) -> Option<&Value> {
        self.members.get(key)
    }

    /// Returns how complete a section is, where it was asked for.
    pub(super) fn state(&self, section: Section) -> Option<SectionState> {
        self.sections.get(&section).map(|status| status.status)
    }
}

/// The sources of all documents, each once.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    sources: Vec<Source>,
}

impl Pool {
    pub(super) fn sources(&self) -> &[Source] {
        &self.sources
    }

    pub(super) fn into_value(self) -> Value {
        serde_json::to_value(self.sources).unwrap_or_default()
    }

    fn add(&mut self, source: &Source) -> u32 {
        let known = self.sources.iter().position(|known| known == source);
        let index = known.unwrap_or_else(|| {
            self.sources.push(source.clone());
            self.sources.len().saturating_sub(1)
        });
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// Takes a document in: its sources into the pool, its indices with them.
    pub(super) fn take(&mut self, value: Value) -> Document {
        let Value::Object(mut members) = value else {
            return Document { members: Map::new(), sections: BTreeMap::new(), source: None };
        };
        let own: Vec<Source> = members
            .remove("sources")
            .and_then(|sources| typed_json::read(&sources).ok())
            .unwrap_or_default();
        let sections = members
            .remove("sections")
            .and_then(|sections| typed_json::read(&sections).ok())
            .unwrap_or_default();
        let mut indices = Indices { pool: self, own: &own, known: BTreeMap::new() };
        for source in 0..own.len() {
            indices.of(u64::try_from(source).unwrap_or(u64::MAX));
        }
        for (_, value) in &mut members {
            indices.renumber(value);
        }
        let source = indices.known.get(&0).copied();
        Document { members, sections, source }
    }
}

/// Renumbers the sources of one document.
struct Indices<'a> {
    pool: &'a mut Pool,
    own: &'a [Source],
    known: BTreeMap<u64, u32>,
}

impl Indices<'_> {
    fn of(&mut self, index: u64) -> u32 {
        if let Some(known) = self.known.get(&index) {
            return *known;
        }
        let own = usize::try_from(index).ok().and_then(|index| self.own.get(index));
        let unnamed = Source {
            kind: SourceKind::Derived,
            locator: "unnamed".to_owned(),
            at: None,
            digest: None,
        };
        let pooled = self.pool.add(own.unwrap_or(&unnamed));
        self.known.insert(index, pooled);
        pooled
    }

    /// Renumbers every origin and every claim below `value`.
    fn renumber(&mut self, value: &mut Value) {
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.renumber(item)),
            Value::Object(members) => {
                for (key, value) in members {
                    match (key.as_str(), value) {
                        ("origin", Value::Object(origin)) => self.origin(origin),
                        ("claims", Value::Array(claims)) => self.claims(claims),
                        (_, value) => self.renumber(value),
                    }
                }
            }
            _ => {}
        }
    }

    fn origin(&mut self, origin: &mut Object) {
        if let Some(source) = origin.get_mut("source") {
            self.index(source);
        }
        if let Some(Value::Object(sources)) = origin.get_mut("sources") {
            sources.values_mut().for_each(|source| self.index(source));
        }
        if let Some(Value::Object(also)) = origin.get_mut("also") {
            for claims in also.values_mut() {
                if let Value::Array(claims) = claims {
                    self.claims(claims);
                }
            }
        }
    }

    fn claims(&mut self, claims: &mut [Value]) {
        for claim in claims {
            if let Some(source) = claim.get_mut("source") {
                self.index(source);
            }
        }
    }

    fn index(&mut self, value: &mut Value) {
        let index = value.as_u64().unwrap_or(u64::MAX);
        *value = self.of(index).into();
    }
}

/// Returns what documents are ordered by before anything else: one collected on
/// the machine before imports, those by how much they are trusted, and what has
/// more sources first, so that a merged document keeps its order when a part of
/// it is merged in again.
pub(super) fn precedence(inventory: &Inventory) -> (bool, Option<Reader>, Reverse<usize>) {
    let readers = inventory.sources.iter().map(trust::reader);
    (inventory.collected_at.is_none(), readers.min(), Reverse(inventory.sources.len()))
}

/// Returns when the latest of the documents was collected.
pub(super) fn latest(documents: &[Document]) -> Value {
    let times = documents.iter().filter_map(|document| document.member("collected_at")?.as_str());
    times.max().map_or(Value::Null, Value::from)
}

/// Returns how complete each section is: the best of the documents counts, and
/// the reasons of all that are as good are told.
pub(super) fn statuses(documents: &[Document]) -> Value {
    let mut best = BTreeMap::<Section, SectionStatus>::new();
    for (section, status) in documents.iter().flat_map(|document| &document.sections) {
        match best.get_mut(section) {
            None => {
                best.insert(*section, status.clone());
            }
            Some(known) if status.status < known.status => *known = status.clone(),
            Some(known) if status.status == known.status => {
                known.reason = joined(known.reason.as_deref(), status.reason.as_deref());
            }
            Some(_) => {}
        }
    }
    serde_json::to_value(best).unwrap_or_default()
}

/// Joins reasons, each told once.
fn joined(known: Option<&str>, further: Option<&str>) -> Option<String> {
    let mut reasons: Vec<&str> = Vec::new();
    for reason in known.into_iter().chain(further).flat_map(|text| text.split("; ")) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
