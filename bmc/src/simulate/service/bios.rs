//! BIOS settings: checked by their registry, kept until the next boot.

use serde_json::{Map, Value};

use super::{Host, patch::bad_value, stop};
use crate::simulate::{
    host::{below, object, set},
    knobs::Knob,
    message::{Response, error},
};

impl Host {
    /// Forgets what waits for the next boot.
    pub(super) fn revoke_bios(&mut self, settings: &str) {
        if self.has(Knob::BiosNotRevoked) {
            return;
        }
        if let Some(body) = self.edit(settings) {
            set(body, &["Attributes"], Value::Object(Map::new()));
        }
    }

    /// Returns what a registry says of attributes.
    pub(super) fn attributes(&self, registry: &str) -> Vec<Value> {
        let path = below(&format!("Registries/{registry}/{registry}.json"));
        let body = self.raw(&path);
        let all = body.and_then(|body| body["RegistryEntries"]["Attributes"].as_array());
        all.cloned().unwrap_or_default()
    }

    pub(super) fn patch_bios(
        &mut self,
        path: &str,
        sent: &Map<String, Value>,
    ) -> Result<(), Box<Response>> {
        let wanted = sent.get("Attributes").map(object).unwrap_or_default();
        let registry = self.raw(path).and_then(|body| body["AttributeRegistry"].as_str());
        let known = registry.map(|name| self.attributes(name)).unwrap_or_default();
        for (name, value) in &wanted {
            if known.is_empty() {
                continue;
            }
            let property = format!("Attributes/{name}");
            let Some(said) = known.iter().find(|one| one["AttributeName"] == **name) else {
                let message = format!(
                    "The property {name} is not in the list of valid properties for the resource."
                );
                return stop(error(400, "PropertyUnknown", &message, &[&property]));
            };
            let fits = match said["Type"].as_str() {
                Some("Enumeration") => {
                    let values = said["Value"].as_array().into_iter().flatten();
                    values.map(|one| &one["ValueName"]).any(|one| one == value)
                }
                Some("Integer") => value.as_i64().is_some_and(|number| {
                    let bound = |name: &str| said[name].as_i64();
                    bound("LowerBound").is_none_or(|least| number >= least)
                        && bound("UpperBound").is_none_or(|most| number <= most)
                }),
                Some("Boolean") => value.is_boolean(),
                _ => true,
            };
            if !fits {
                return stop(bad_value(&property, value));
            }
        }
        if self.has(Knob::BiosNotKept) {
            return Ok(());
        }
        if let Some(body) = self.edit(path) {
            for (name, value) in wanted {
                set(body, &["Attributes", &name], value);
            }
        }
        Ok(())
    }
}
