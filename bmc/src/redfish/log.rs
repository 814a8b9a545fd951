//! Log services of systems, managers and chassis.

use super::{
    finding::Read,
    reader::{Node, Reader},
    root,
    tree::{Answer, Resource, Tree},
};
use serde_json::Value;

use crate::operation::log::{Entry, Severity};

/// Returns the entries of all logs, log by log, as each lists them.
pub fn logs(tree: &Tree) -> Read<Vec<Entry>> {
    let reader = Reader::new(tree);
    let found = of(&reader);
    reader.done(found)
}

/// Returns the log services, by path, and their names: each once, though systems and managers may
/// both list them.
pub fn services(tree: &Tree) -> Read<Vec<(String, Option<String>)>> {
    let reader = Reader::new(tree);
    let found = listed(&reader).into_iter().map(|service| (service.place(), service.text("Name")));
    let found = found.collect();
    reader.done(found)
}

/// Returns the log services, by path, and the path of the collection of their entries.
pub fn collections(tree: &Tree) -> Read<Vec<(String, String)>> {
    let reader = Reader::new(tree);
    let found = listed(&reader).into_iter();
    let found = found.filter_map(|service| Some((service.place(), service.link("Entries")?)));
    let found = found.collect();
    reader.done(found)
}

/// Reads one entry of a log, as it stands in its collection or by itself.
pub fn one(body: &Value, log: &str) -> Option<Entry> {
    const PLACE: &str = "/redfish/v1/Entry";
    let path = body.get("@odata.id").and_then(Value::as_str).unwrap_or(PLACE).to_owned();
    let mut tree = Tree::default();
    tree.put(
        path.clone(),
        Answer::Resource(Resource { body: body.clone(), ..Resource::default() }),
    );
    let reader = Reader::new(&tree);
    reader.resource(&path).map(|node| entry(&node, log))
}

pub(super) fn of<'r>(reader: &'r Reader<'r>) -> Vec<Entry> {
    let mut found = Vec::new();
    for service in listed(reader) {
        let place = service.place();
        found.extend(service.members("Entries").iter().map(|node| entry(node, &place)));
    }
    found
}

pub(super) fn listed<'r>(reader: &'r Reader<'r>) -> Vec<Node<'r>> {
    let systems = root::systems(reader);
    let chassis = root::chassis(reader, &systems);
    let managers = root::collection(reader, "Managers");
    let mut services: Vec<Node<'r>> = Vec::new();
    for owner in systems.iter().chain(&managers).chain(&chassis) {
        for service in owner.members("LogServices") {
            if !services.iter().any(|known| known.place() == service.place()) {
                services.push(service);
            }
        }
    }
    services
}

fn entry(node: &Node<'_>, log: &str) -> Entry {
    let origin = node.node("Links").and_then(|links| links.link("OriginOfCondition"));
    let sensor = || {
        let kind = node.text("SensorType")?;
        Some(match node.text_or_number("SensorNumber") {
            Some(number) => format!("{kind} {number}"),
            None => kind,
        })
    };
    let message = node.first_text(&["Message", "EntryCode", "MessageId", "Name"]);
    Entry {
        id: node.first_text(&["Id", "MemberId"]).unwrap_or_else(|| node.place()),
        log: log.to_owned(),
        time: node.first_text(&["Created", "EventTimestamp"]),
        severity: severity(node),
        origin: origin.or_else(sensor),
        message: message.unwrap_or_default(),
        raw: None,
    }
}

fn severity(node: &Node<'_>) -> Severity {
    let word = node.first_text(&["Severity", "MessageSeverity"]).unwrap_or_default();
    match word.to_ascii_lowercase().as_str() {
        "ok" | "informational" | "information" | "info" | "normal" => Severity::Ok,
        "warning" | "minor" | "caution" => Severity::Warning,
        "critical" | "major" | "fatal" | "error" => Severity::Critical,
        _ => Severity::Unknown,
    }
}
