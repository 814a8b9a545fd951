//! Where an action is, by what a resource advertises (DSP0266 §7.5.7), wherever firmware puts it.

use serde_json::Value;

use super::script::{Script, Told};
use crate::redfish::tree;

/// An action that a resource advertises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advertised {
    /// Where it is posted to.
    pub target: String,
    /// Values that parameters may have, by what stands at the action: name, and values.
    inline: Vec<(String, Vec<String>)>,
    /// The resource that has them else (`@Redfish.ActionInfo`).
    info: Option<String>,
}

/// Finds the action `name`, as `ComputerSystem.Reset`, in a resource: below `Actions`, its `Oem`
/// with and without a vendor's name between, and below the vendor's own `Actions`; with and
/// without `#`.
pub fn find(resource: &Value, name: &str) -> Option<Advertised> {
    let actions = resource.get("Actions");
    let oem = actions.and_then(|actions| actions.get("Oem"));
    let vendors = |at: Option<&'_ Value>| -> Vec<Value> {
        let members = at.and_then(Value::as_object);
        members.into_iter().flat_map(|members| members.values().cloned()).collect()
    };
    let mut places: Vec<Value> = actions.into_iter().chain(oem).cloned().collect();
    places.extend(vendors(oem));
    for vendor in vendors(resource.get("Oem")) {
        places.extend(vendor.get("Actions").cloned());
        places.extend(vendors(vendor.get("Actions").and_then(|actions| actions.get("Oem"))));
    }
    places.iter().find_map(|place| within(place, name))
}

fn within(place: &Value, name: &str) -> Option<Advertised> {
    let (_, action) = place.as_object()?.iter().find(|(key, _)| {
        let key = key.trim_start_matches('#');
        // Vendors put their name before it: `#Huawei.VirtualMedia.VmmControl`.
        key == name || key.strip_suffix(name).is_some_and(|before| before.ends_with('.'))
    })?;
    let target = action.get("target").or_else(|| action.get("Target"))?.as_str()?;
    let members = action.as_object()?;
    let inline = members.iter().filter_map(|(key, values)| {
        let parameter = key.strip_suffix("@Redfish.AllowableValues")?;
        Some((parameter.to_owned(), texts(values)))
    });
    let info = action.get("@Redfish.ActionInfo").and_then(Value::as_str);
    Some(Advertised {
        target: tree::path(target)?,
        inline: inline.collect(),
        info: info.and_then(tree::path),
    })
}

/// Returns the texts of a list, or of one text where a list was meant.
pub fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(one) => vec![one.clone()],
        _ => Vec::new(),
    }
}

impl Advertised {
    /// Returns an action at a path that is not advertised.
    pub fn at(target: String) -> Self {
        Self { target, inline: Vec::new(), info: None }
    }

    /// Returns the values that stand at the action itself.
    pub fn inline(&self, parameter: &str) -> Option<&[String]> {
        let found = self.inline.iter().find(|(name, _)| name == parameter);
        found.map(|(_, values)| values.as_slice())
    }

    /// Returns the path of the resource that has the values else (`@Redfish.ActionInfo`).
    pub fn info(&self) -> Option<&str> {
        self.info.as_deref()
    }

    /// Returns the values that a parameter may have; empty where the BMC does not tell.
    pub fn allowed(&self, script: &mut Script<'_>, parameter: &str) -> Told<Vec<String>> {
        if let Some((_, values)) = self.inline.iter().find(|(name, _)| name == parameter) {
            return Ok(values.clone());
        }
        let Some(info) = &self.info else { return Ok(Vec::new()) };
        // Some link to one that is not there; then nothing is known.
        let reply = script.get(info)?;
        Ok(parameter_values(reply.json(), parameter))
    }
}

/// Returns the values that a resource of parameters (`ActionInfo`) has for one of them.
pub fn parameter_values(info: &Value, parameter: &str) -> Vec<String> {
    let parameters = info.get("Parameters").and_then(Value::as_array);
    let of = parameters
        .into_iter()
        .flatten()
        .find(|one| one.get("Name").and_then(Value::as_str) == Some(parameter));
    of.and_then(|one| one.get("AllowableValues")).map(texts).unwrap_or_default()
}
