//! The registry of attributes: which values a setting takes (DSP0268 `AttributeRegistry`).

use serde_json::Value;

use super::super::{
    place::children,
    script::{Script, Told},
};
use crate::{
    operation::bios::{Kind, Rule},
    redfish::tree,
};

/// Reads the registry of that name; nothing where there is none.
pub(super) fn read(
    script: &mut Script<'_>,
    registries: &str,
    name: &str,
) -> Told<Vec<(String, Rule)>> {
    let files = children(script.get(registries)?.json());
    let Some(file) = find(&files, name) else { return Ok(Vec::new()) };
    let reply = script.get(&file)?;
    let Some(place) = location(reply.json()) else { return Ok(Vec::new()) };
    let reply = script.get(&place)?;
    let all = reply.json().pointer("/RegistryEntries/Attributes").and_then(Value::as_array);
    Ok(all.into_iter().flatten().filter_map(rule).collect())
}

/// Returns the file of a registry by its name: as it is, in another spelling (Supermicro has
/// `BiosAttributeRegistry.v1_0_0` for `BiosAttributeRegistry.1.0.0`), or without the version.
fn find(files: &[String], name: &str) -> Option<String> {
    let spelled = |text: &str| text.to_lowercase().replace(".v", ".").replace('_', ".");
    let last = |path: &String| path.rsplit('/').next().unwrap_or_default().to_owned();
    let wanted = spelled(name);
    let stem = |text: &str| text.split('.').next().unwrap_or_default().to_owned();
    let exact = files.iter().find(|path| last(path) == name);
    let other = || files.iter().find(|path| spelled(&last(path)) == wanted);
    let bare = || files.iter().find(|path| stem(&spelled(&last(path))) == stem(&wanted));
    exact.or_else(other).or_else(bare).cloned()
}

/// Returns where the text of a registry is, the English one if there are several.
fn location(file: &Value) -> Option<String> {
    let all = file.get("Location").and_then(Value::as_array)?;
    let english = |one: &&Value| {
        let language = one.get("Language").and_then(Value::as_str).unwrap_or_default();
        language.to_lowercase().starts_with("en")
    };
    let one = all.iter().find(english).or_else(|| all.first())?;
    let uri = one.get("Uri").unwrap_or(&Value::Null);
    let uri = uri.get("@odata.id").unwrap_or(uri).as_str()?;
    // Some serve registries beside Redfish (Supermicro: `/registries/…`).
    tree::path(uri).or_else(|| {
        let sound = uri.starts_with("/registries/")
            && !uri.contains("..")
            && uri.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
        sound.then(|| uri.to_owned())
    })
}

fn rule(entry: &Value) -> Option<(String, Rule)> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let flag = |name: &str| entry.get(name) == Some(&Value::Bool(true));
    let number = |name: &str| match entry.get(name) {
        Some(Value::Number(number)) => number.as_i64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let name = Some(text("AttributeName")).filter(|name| !name.is_empty())?;
    let kind = match entry.get("Type").and_then(Value::as_str) {
        Some("Enumeration") => Kind::Enumeration,
        Some("Integer") => Kind::Integer,
        Some("Boolean") => Kind::Boolean,
        Some("String") => Kind::Text,
        Some("Password") => Kind::Password,
        _ => Kind::Unknown,
    };
    let bounds = match kind {
        Kind::Text => (number("MinLength"), number("MaxLength")),
        _ => (number("LowerBound"), number("UpperBound")),
    };
    let values = entry.get("Value").and_then(Value::as_array).into_iter().flatten();
    let values = values.filter_map(|value| {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let own = text("ValueName").or_else(|| value.as_str())?;
        Some((own.to_owned(), text("ValueDisplayName").unwrap_or_default().to_owned()))
    });
    let rule = Rule {
        kind,
        title: text("DisplayName"),
        values: values.collect(),
        bounds,
        step: number("ScalarIncrement"),
        read_only: flag("ReadOnly") || flag("Immutable"),
        gray: flag("GrayOut"),
    };
    Some((name, rule))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_registry_is_found_in_each_spelling() {
        let path = |name: &str| format!("/redfish/v1/Registries/{name}");
        for (name, file) in [
            ("BiosAttributeRegistry.1.0.0", "BiosAttributeRegistry.1.0.0"),
            ("BiosAttributeRegistry.v1_0_0", "BiosAttributeRegistry.1.0.0"),
            ("BiosAttributeRegistry.v1_0_0", "BiosAttributeRegistry"),
        ] {
            let files = [path("Base.1.8.0"), path(file)];
            assert_eq!(find(&files, name), Some(path(file)), "{name}");
        }
        assert_eq!(find(&[path("Base.1.8.0")], "BiosAttributeRegistry.1.0.0"), None);
    }

    #[test]
    fn a_registry_is_of_this_host() {
        let at = |uri: Value| {
            location(&json!({ "Location": [
            { "Language": "zh", "Uri": "/redfish/v1/zh" }, { "Language": "en-US", "Uri": uri }] }))
        };
        assert_eq!(at(json!("/redfish/v1/x.json")).as_deref(), Some("/redfish/v1/x.json"));
        assert_eq!(at(json!({ "@odata.id": "/redfish/x" })).as_deref(), Some("/redfish/x"));
        assert_eq!(at(json!("/registries/A.1.0.json")).as_deref(), Some("/registries/A.1.0.json"));
        for uri in ["https://elsewhere/x", "/registries/../etc", "//elsewhere/registries/x", "/x"] {
            assert_eq!(at(json!(uri)), None, "{uri}");
        }
    }
}
