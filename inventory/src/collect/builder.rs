//! What a collector writes into: its sections, its sources, its evidence.
//!
//! A collector writes each object as it finds it. When its deadline passes, the
//! run takes what is there; what a late collector writes afterwards goes
//! nowhere.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Inventory;
use crate::model::{Section, SectionState, Source, SourceId, SourceKind};

use super::{Collected, EvidenceFile};

/// A collector's share of the inventory.
#[derive(Clone, Debug, Default)]
pub struct Builder {
    part: Arc<Mutex<Collected>>,
}

impl Builder {
    /// Adds a source and returns the index that this share's facts refer to it
    /// by.
    pub fn source(&self, kind: SourceKind, locator: impl Into<String>) -> SourceId {
        let source = Source { kind, locator: locator.into(), at: None, digest: None };
        self.lock().inventory.add_source(source)
    }

    /// Edits this share in one step.
    pub fn edit<R>(&self, how: impl FnOnce(&mut Inventory) -> R) -> R {
        how(&mut self.lock().inventory)
    }

    /// Records how complete a section is.
    pub fn section(&self, section: Section, state: SectionState, reason: Option<String>) {
        self.edit(|inventory| inventory.set_section(section, state, reason));
    }

    /// Keeps a raw file as evidence.
    pub fn evidence(&self, path: &str, bytes: Vec<u8>, locator: impl Into<String>) {
        let path = path.trim_start_matches('/').to_owned();
        self.lock().evidence.push(EvidenceFile { path, bytes, locator: locator.into() });
    }

    /// Takes what was written so far; what is written later is lost.
    pub(crate) fn take(&self) -> Collected {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Collected> {
        self.part.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
