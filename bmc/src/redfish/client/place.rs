//! Which system and which manager of a service is meant, and what they show of themselves.

use std::sync::Arc;

use serde_json::Value;

use super::{Inner, RedfishError};
pub(super) use crate::redfish::ladder::place::children as members;
use crate::{dialect::Marks, redfish::tree};

/// Returns what the root shows.
pub(super) fn marks(root: &Value, server: &str) -> Marks {
    let text = |name: &str| root.get(name).and_then(Value::as_str).map(str::to_owned);
    let oem = root.get("Oem").and_then(Value::as_object);
    Marks {
        oem: oem.map(|oem| oem.keys().cloned().collect()).unwrap_or_default(),
        server: server.to_owned(),
        makers: text("Vendor").into_iter().collect(),
        models: text("Product").into_iter().collect(),
        ..Marks::default()
    }
}

impl Inner {
    /// Returns the path of a collection of the root.
    pub(super) fn collection(&self, name: &str) -> String {
        let link = self.root.get(name).and_then(|link| link.get("@odata.id"));
        let path = link.and_then(Value::as_str).and_then(tree::path);
        path.unwrap_or_else(|| format!("/redfish/v1/{name}"))
    }

    /// Returns the system that is meant: the one that is named, or the only one whose power can be
    /// changed.
    pub(super) async fn system(self: &Arc<Self>) -> Result<String, RedfishError> {
        let found = self.system.get_or_try_init(|| self.find_system()).await?;
        Ok(found.clone())
    }

    async fn find_system(self: &Arc<Self>) -> Result<String, RedfishError> {
        let collection = self.read(&self.collection("Systems")).await?;
        let all = members(collection.json());
        self.note(|marks| marks.members.extend(all.iter().cloned()));
        if let Some(named) = &self.options.system {
            let is = |path: &&String| path.rsplit('/').next() == Some(named.as_str());
            let found = all.iter().find(is).cloned();
            let path = found.ok_or(RedfishError::Missing { what: "such system" })?;
            self.show(self.read(&path).await?.json());
            return Ok(path);
        }
        let (mut real, mut others) = (Vec::new(), Vec::new());
        for path in all {
            let Ok(reply) = self.read(&path).await else { continue };
            let body = reply.json();
            let kind = body.get("SystemType").and_then(Value::as_str);
            let fits = body.get("Actions").is_some() && kind.is_none_or(|kind| kind == "Physical");
            let list = if fits { &mut real } else { &mut others };
            list.push((path, body.clone()));
        }
        let mut found = if real.is_empty() { others } else { real };
        match (found.pop(), found.is_empty()) {
            (Some((path, body)), true) => {
                self.show(&body);
                Ok(path)
            }
            (Some((path, _)), false) => {
                let mut names: Vec<String> = found.into_iter().map(|(path, _)| path).collect();
                names.push(path);
                let id = |path: &String| path.rsplit('/').next().unwrap_or_default().to_owned();
                Err(RedfishError::Several { systems: names.iter().map(id).collect() })
            }
            (None, _) => Err(RedfishError::Missing { what: "system" }),
        }
    }

    /// Returns the manager of the system that is meant: the BMC itself.
    pub(super) async fn manager(self: &Arc<Self>) -> Result<String, RedfishError> {
        let found = self.manager.get_or_try_init(|| self.find_manager()).await?;
        Ok(found.clone())
    }

    async fn find_manager(self: &Arc<Self>) -> Result<String, RedfishError> {
        let mut paths = Vec::new();
        if let Ok(system) = self.system().await {
            let reply = self.read(&system).await?;
            let links = reply.json().pointer("/Links/ManagedBy").and_then(Value::as_array);
            let link = |one: &Value| one.get("@odata.id")?.as_str().and_then(tree::path);
            paths.extend(links.into_iter().flatten().filter_map(link));
        }
        if paths.is_empty() {
            let collection = self.read(&self.collection("Managers")).await?;
            paths = members(collection.json());
        }
        self.note(|marks| marks.members.extend(paths.iter().cloned()));
        let mut best: Option<(u8, String, Value)> = None;
        for path in paths {
            let Ok(reply) = self.read(&path).await else { continue };
            let body = reply.json();
            let text = |at: &str| body.pointer(at).and_then(Value::as_str);
            // Chassis' managers are listed beside the BMC, and spare ones are not enabled.
            let rank = u8::from(text("/Status/State").is_some_and(|state| state != "Enabled")) * 2
                + u8::from(text("/ManagerType").is_some_and(|kind| kind != "BMC"));
            if best.as_ref().is_none_or(|(had, ..)| rank < *had) {
                best = Some((rank, path, body.clone()));
            }
        }
        let (_, path, body) = best.ok_or(RedfishError::Missing { what: "manager" })?;
        self.show(&body);
        Ok(path)
    }

    /// Notes what a system or manager shows of itself.
    pub(super) fn show(&self, body: &Value) {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        self.note(|marks| {
            marks.makers.extend(text("Manufacturer"));
            marks.models.extend(text("Model"));
            if let Some(firmware) = text("FirmwareVersion") {
                marks.firmware = firmware;
            }
        });
    }
}
