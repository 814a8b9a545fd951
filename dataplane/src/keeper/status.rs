//! How far each object has come.

use serde_json::{Value, json};

use super::Keeper;
use crate::text::Text;

/// How far an object has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Generation in which it became as it is desired.
    pub(super) desired: u64,
    /// Generation that was last applied with it; 0 where none was.
    pub(super) applied: u64,
    /// Generation with which it was last read back as wanted; 0 where none was.
    pub(super) verified: u64,
    /// Why it is not as wanted.
    pub(super) reason: Option<Text>,
}

impl Standing {
    pub(super) fn new(desired: u64) -> Self {
        Self { desired, applied: 0, verified: 0, reason: None }
    }
}

impl Keeper {
    /// Returns how far the state and each of its objects has come, as JSON. A generation that is
    /// not known is 0; `reason` is there only where something is not as wanted.
    pub fn status(&self) -> Value {
        let mut document = json!({ "schema": "assay/dataplane-status/v1", "generation": 0,
            "applied": 0, "verified": 0, "ready": self.is_ready(), "reasons": [], "objects": [] });
        let Some(kept) = &self.kept else { return document };
        document["generation"] = kept.generation.into();
        document["applied"] = kept.applied.into();
        document["verified"] = kept.verified.into();
        document["reasons"] = kept.trouble.iter().map(both).collect();
        let objects = kept.objects.iter().map(|((kind, id), standing)| {
            let mut object = json!({ "kind": kind, "id": id, "desired": standing.desired,
                "applied": standing.applied, "verified": standing.verified });
            if let Some(reason) = &standing.reason {
                object["reason"] = both(reason);
            }
            object
        });
        document["objects"] = objects.collect();
        document
    }

    /// Returns how many objects there are, and how many of them are not as wanted.
    pub fn objects(&self) -> (usize, usize) {
        let objects = self.kept.as_ref().map(|kept| &kept.objects);
        let behind = |standing: &&Standing| standing.verified < standing.desired;
        let all = objects.map_or(0, std::collections::BTreeMap::len);
        (all, objects.into_iter().flatten().map(|(_, it)| it).filter(behind).count())
    }
}

fn both(text: &Text) -> Value {
    json!({ "zh": &text.zh, "en": &text.en })
}
