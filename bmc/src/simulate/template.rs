//! The resources of simulated servers: made of a template, a dialect's changes to it, and a few
//! numbers; or those of a recorded tree.
//!
//! Documents are held once for all hosts of one make. What differs by host stands in them as
//! `@serial@`, `@mac:3@` and so on, and is filled in when a document is read.

mod expand;
mod quirks;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::knobs::{KnobError, Knobs};
use crate::redfish::tree::{Answer, Tree};

/// Where the service begins.
pub(super) const ROOT: &str = "/redfish/v1";

const RACK: &str = include_str!("server/rack.json");
const DIALECTS: &str = include_str!("server/dialects.json");

/// How much a made server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of the fields say it")]
pub struct Numbers {
    pub cpus: u16,
    pub dimms: u16,
    pub drives: u16,
    pub nics: u16,
    pub gpus: u16,
    pub power_supplies: u16,
    pub fans: u16,
    /// Entries that its event log has at the start.
    pub log: u16,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { cpus: 2, dimms: 16, drives: 4, nics: 4, gpus: 0, power_supplies: 2, fans: 8, log: 3 }
    }
}

/// Why there is no such server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum TemplateError {
    /// There is no such dialect.
    #[error("there is no dialect `{name}` to simulate")]
    Dialect { name: String },
    /// A dialect's quirk is none of ours.
    #[error("the dialect's quirks cannot be read")]
    Knobs { source: KnobError },
    /// The compiled-in template does not read; a test holds that it does.
    #[error("the template of servers cannot be read")]
    Template { source: serde_json::Error },
    /// A tree without a service's root.
    #[error("the tree has no `{ROOT}`")]
    NoRoot,
}

/// The documents of a make of server, and what is known of it.
#[derive(Debug, Default)]
pub struct Base {
    /// Bodies by path.
    pub(super) documents: BTreeMap<String, Value>,
    /// Statuses that paths of a recorded tree answered instead.
    pub(super) statuses: BTreeMap<String, u16>,
    /// Whether it was made; a recorded tree says itself what its collections have.
    pub(super) made: bool,
    /// The name of its extensions (`Oem.{namespace}`).
    pub(super) namespace: String,
    /// What it calls itself in the header `Server`; empty for nothing.
    pub(super) server: String,
    /// The subject of its certificate, where that is not its name.
    subject: Option<String>,
    /// Paths of the system, the manager and the chassis; the first of each.
    pub(super) system: String,
    pub(super) manager: String,
    pub(super) chassis: String,
    /// Which make it is; empty of a recorded tree.
    pub(super) make: String,
    /// What it does in its own way.
    pub(super) knobs: Knobs,
}

/// Returns the names of the dialects that are simulated.
pub fn dialects() -> Vec<String> {
    let table: Map<String, Value> = serde_json::from_str(DIALECTS).unwrap_or_default();
    table.into_iter().map(|(name, _)| name).collect()
}

impl Base {
    /// Makes the documents of a server of that dialect.
    pub fn made(dialect: &str, numbers: Numbers, knobs: &Knobs) -> Result<Self, TemplateError> {
        let read = |source| TemplateError::Template { source };
        let table: Map<String, Value> = serde_json::from_str(DIALECTS).map_err(read)?;
        let none = || TemplateError::Dialect { name: dialect.to_owned() };
        let mut chain = vec![table.get(dialect).ok_or_else(none)?];
        // A dialect is what another one is, with less or more.
        if let Some(other) = chain.first().and_then(|own| own["base"].as_str()) {
            chain.insert(0, table.get(other).ok_or_else(none)?);
        }
        let mut variables = BTreeMap::new();
        let mut raw: Map<String, Value> = serde_json::from_str(RACK).map_err(read)?;
        for layer in table.get("dmtf").into_iter().chain(chain.iter().copied()) {
            let named = layer["vars"].as_object().into_iter().flatten();
            variables.extend(
                named.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))),
            );
            for (path, change) in layer["merge"].as_object().into_iter().flatten() {
                expand::change(&mut raw, path, change);
            }
        }
        let text = |name: &str| {
            let found = chain.iter().rev().find_map(|layer| layer[name].as_str());
            found.unwrap_or_default().to_owned()
        };
        let own = chain.last().and_then(|layer| layer["quirks"].as_array());
        let own: Vec<&str> = own.into_iter().flatten().filter_map(Value::as_str).collect();
        let own: Knobs = own.join(",").parse().map_err(|source| TemplateError::Knobs { source })?;
        let documents = expand::documents(&raw, &variables, numbers);
        let named = |kind: &str, variable: &str| {
            let id = variables.get(variable).map_or("1", String::as_str);
            format!("{ROOT}/{kind}/{id}")
        };
        let subject = Some(text("subject")).filter(|subject| !subject.is_empty());
        let mut base = Self {
            make: dialect.to_owned(),
            documents,
            statuses: BTreeMap::new(),
            made: true,
            namespace: variables.get("ns").cloned().unwrap_or_default(),
            server: text("server"),
            subject,
            system: named("Systems", "S"),
            manager: named("Managers", "M"),
            chassis: named("Chassis", "C"),
            knobs: own.with(knobs),
        };
        quirks::shape(&mut base);
        Ok(base)
    }

    /// Takes the documents of a recorded tree.
    pub fn recorded(tree: &Tree, knobs: &Knobs) -> Result<Self, TemplateError> {
        let mut base = Self { knobs: knobs.clone(), ..Self::default() };
        for (path, answer) in tree.answers() {
            match answer {
                Answer::Resource(resource) => {
                    base.documents.insert(path.to_owned(), resource.body.clone());
                }
                Answer::Status(status) => {
                    base.statuses.insert(path.to_owned(), *status);
                }
                Answer::NotJson(_) | Answer::TooLarge | Answer::Silent(_) => {
                    base.statuses.insert(path.to_owned(), 500);
                }
            }
        }
        let root = base.documents.get(ROOT).ok_or(TemplateError::NoRoot)?;
        let namespace = root["Oem"].as_object().and_then(|oem| oem.keys().next().cloned());
        base.namespace = namespace.unwrap_or_default();
        let first = |kind: &str| {
            let members = base.documents.get(&format!("{ROOT}/{kind}"))?["Members"].as_array()?;
            let link = members.first()?["@odata.id"].as_str()?;
            Some(link.trim_end_matches('/').to_owned())
        };
        base.system = first("Systems").unwrap_or_default();
        base.manager = first("Managers").unwrap_or_default();
        base.chassis = first("Chassis").unwrap_or_default();
        quirks::shape(&mut base);
        Ok(base)
    }

    /// Returns the subject of its certificate, where it is not the BMC's name.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// Returns what this make does in its own way, and wrong.
    pub fn knobs(&self) -> &Knobs {
        &self.knobs
    }
}

#[cfg(test)]
mod tests;
