//! `lldpcli -f json0` and `-f json` of lldpd.
//!
//! `json0` always has arrays; `json` takes an array of one away, turns an
//! object that has only `value` into that value, and moves `name` out to become
//! the key of its object. One set of accessors reads both.

use serde_json::{Map, Value};

use super::super::json;
use super::{ImportError, MAX_NEIGHBOURS, file_source};
use crate::model::{
    Inventory, LldpAutonegotiation, LldpMed, LldpNeighbour, LldpPolicy, LldpPower, LldpTlv, Origin,
    Section, SectionState, Source,
};

/// lldpcli's names of chassis id subtypes, from 1.
const CHASSIS_IDS: [&str; 7] = ["chassis", "ifalias", "port", "mac", "ip", "ifname", "local"];
/// lldpcli's names of port id subtypes, from 1.
const PORT_IDS: [&str; 7] = ["ifalias", "port", "mac", "ip", "ifname", "agent", "local"];

/// lldpcli's names of capabilities, and ours.
const CAPABILITIES: [(&str, &str); 8] = [
    ("Other", "other"),
    ("Repeater", "repeater"),
    ("Bridge", "bridge"),
    ("Wlan", "wlan-access-point"),
    ("Router", "router"),
    ("Tel", "telephone"),
    ("Docsis", "docsis"),
    ("Station", "station"),
];

pub(super) fn import(name: &str, bytes: &[u8]) -> Result<Inventory, ImportError> {
    let values = json::read(bytes)
        .map_err(|error| ImportError::new(name, error.what.clone()).at(error.place()))?;
    let Some(lldp) = values.first().and_then(|value| value.get("lldp")) else {
        return Err(ImportError::new(name, "has no member `lldp`")
            .at("$")
            .with_hint("`lldpcli -f json0 show neighbors details` writes one"));
    };
    let file = file_source(name, bytes);
    let mut inventory = Inventory::default();
    let mut left_out = Vec::new();
    for outer in many(Some(lldp)) {
        for (interface, object) in many(outer.get("interface")).flat_map(interfaces) {
            // lldpd speaks CDP and others too; those are not LLDP's facts.
            let via = text(object.get("via")).unwrap_or_default();
            if !via.is_empty() && !via.starts_with("LLDP") {
                left_out.push(via);
                continue;
            }
            if inventory.lldp.len() >= MAX_NEIGHBOURS {
                left_out.push("LLDP, too many".to_owned());
                break;
            }
            let source = inventory.add_source(Source {
                locator: format!("{}#{interface}", file.locator),
                ..file.clone()
            });
            let mut neighbour = neighbour(object);
            neighbour.interface = Some(interface);
            neighbour.origin = Origin::of(source);
            inventory.lldp.push(neighbour);
        }
    }
    tiny_sort::stable::sort(&mut left_out);
    left_out.dedup();
    let reason =
        (!left_out.is_empty()).then(|| format!("left out: neighbours by {}", left_out.join(", ")));
    let state = if reason.is_some() { SectionState::Partial } else { SectionState::Complete };
    inventory.set_section(Section::Lldp, state, reason);
    Ok(inventory)
}

/// Returns the neighbours under one entry of `interface`, with the interface's name.
fn interfaces(entry: &Value) -> Vec<(String, &Map<String, Value>)> {
    let Value::Object(object) = entry else { return Vec::new() };
    if let Some(name) = text(object.get("name")) {
        return vec![(name, object)];
    }
    object
        .iter()
        .flat_map(|(name, value)| many(Some(value)).map(move |value| (name, value)))
        .filter_map(|(name, value)| Some((name.clone(), value.as_object()?)))
        .collect()
}

fn neighbour(interface: &Map<String, Value>) -> LldpNeighbour {
    let (system_name, chassis) = chassis(one(interface.get("chassis")));
    let port = one(interface.get("port"));
    let field = |object: Option<&Value>, key: &str| text(object.and_then(|value| value.get(key)));
    let number = |object: Option<&Value>, key: &str| field(object, key)?.parse().ok();
    let chassis_id = one(chassis.and_then(|chassis| chassis.get("id")));
    let port_id = one(port.and_then(|port| port.get("id")));
    let mut neighbour = LldpNeighbour {
        chassis_id: text(chassis_id),
        chassis_id_subtype: subtype(chassis_id, &CHASSIS_IDS),
        system_name,
        system_description: field(chassis, "descr"),
        management_addresses: many(chassis.and_then(|chassis| chassis.get("mgmt-ip")))
            .filter_map(|address| text(Some(address)))
            .collect(),
        port_id: text(port_id),
        port_id_subtype: subtype(port_id, &PORT_IDS),
        port_description: field(port, "descr"),
        ttl_s: number(port, "ttl").or_else(|| text(interface.get("ttl"))?.parse().ok()),
        max_frame_bytes: number(port, "mfs"),
        aggregation_id: number(port, "aggregation"),
        autonegotiation: one(port.and_then(|port| port.get("auto-negotiation")))
            .map(autonegotiation),
        power: one(port.and_then(|port| port.get("power"))).map(power),
        med: one(interface.get("lldp-med")).map(med),
        ..LldpNeighbour::default()
    };
    neighbour.aggregated = neighbour.aggregation_id.map(|id| id > 0);
    for capability in many(chassis.and_then(|chassis| chassis.get("capability"))) {
        let Some(kind) = text(capability.get("type")) else { continue };
        let known = CAPABILITIES.iter().find(|(theirs, _)| *theirs == kind);
        let kind = known.map_or_else(|| kind.to_lowercase(), |(_, ours)| (*ours).to_owned());
        if flag(capability.get("enabled")) == Some(true) {
            neighbour.capabilities_enabled.push(kind.clone());
        }
        neighbour.capabilities.push(kind);
    }
    vlans(&mut neighbour, interface);
    let unknown = one(interface.get("unknown-tlvs")).and_then(|tlvs| tlvs.get("unknown-tlv"));
    neighbour.other.extend(many(unknown).map(unknown_tlv));
    neighbour
}

/// Returns the system's name and the object that describes the chassis: `json`
/// makes the name its key.
fn chassis(value: Option<&Value>) -> (Option<String>, Option<&Value>) {
    let Some(object) = value.and_then(Value::as_object) else { return (None, None) };
    if object.contains_key("id") {
        return (text(object.get("name")), value);
    }
    match object.iter().find(|(_, inner)| inner.get("id").is_some()) {
        Some((name, inner)) => (Some(name.clone()), Some(inner)),
        None => (text(object.get("name")), value),
    }
}

fn vlans(neighbour: &mut LldpNeighbour, interface: &Map<String, Value>) {
    for vlan in many(interface.get("vlan")) {
        let Some(id) = text(vlan.get("vlan-id")).and_then(|id| id.parse().ok()) else { continue };
        if flag(vlan.get("pvid")) == Some(true) {
            neighbour.port_vlan = Some(id);
        }
        if let Some(name) = text(vlan.get("value")) {
            neighbour.vlan_names.insert(id, name);
        }
    }
    neighbour.protocol_vlans.extend(
        many(interface.get("ppvid"))
            .filter_map(|vlan| text(vlan.get("value"))?.parse::<u32>().ok()),
    );
}

fn subtype(id: Option<&Value>, names: &[&str]) -> Option<u32> {
    let kind = text(id?.get("type"))?;
    let index = names.iter().position(|name| *name == kind)?;
    u32::try_from(index).ok()?.checked_add(1)
}

fn autonegotiation(value: &Value) -> LldpAutonegotiation {
    LldpAutonegotiation {
        supported: flag(value.get("supported")),
        enabled: flag(value.get("enabled")),
        // The names that lldpcli prints do not give back the numbers.
        advertised: None,
        mau_type: None,
    }
}

fn power(value: &Value) -> LldpPower {
    let role = text(value.get("device-type")).map(|role| role.to_lowercase());
    LldpPower {
        role: role.filter(|role| matches!(role.as_str(), "pse" | "pd")),
        supported: flag(value.get("supported")),
        enabled: flag(value.get("enabled")),
        class: text(value.get("class"))
            .and_then(|class| class.strip_prefix("class ")?.parse().ok()),
        requested_mw: text(value.get("requested")).and_then(|value| value.parse().ok()),
        allocated_mw: text(value.get("allocated")).and_then(|value| value.parse().ok()),
    }
}

fn med(value: &Value) -> LldpMed {
    let inventory = one(value.get("inventory"));
    let field = |key: &str| text(inventory.and_then(|inventory| inventory.get(key)));
    LldpMed {
        device: text(value.get("device-type")).map(|device| {
            if device.starts_with("Network Connectivity") {
                return "network-connectivity".to_owned();
            }
            let classes = [("(Class III)", "3"), ("(Class II)", "2"), ("(Class I)", "1")];
            match classes.iter().find(|(theirs, _)| device.contains(theirs)) {
                Some((_, class)) => format!("endpoint-{class}"),
                None => device,
            }
        }),
        capabilities: many(value.get("capability"))
            .filter_map(|capability| text(capability.get("type")))
            .map(|capability| match capability.as_str() {
                "Policy" => "network-policy".to_owned(),
                "MDI/PSE" => "power-pse".to_owned(),
                "MDI/PD" => "power-pd".to_owned(),
                other => other.to_lowercase(),
            })
            .collect(),
        policy: many(value.get("policy")).filter_map(policy).collect(),
        hardware: field("hardware"),
        firmware: field("firmware"),
        software: field("software"),
        serial: field("serial"),
        manufacturer: field("manufacturer"),
        model: field("model"),
        asset_id: field("asset"),
        power_mw: one(value.get("poe")).and_then(|poe| text(poe.get("power"))?.parse().ok()),
    }
}

/// Application types of LLDP-MED as lldpcli names them, from 1.
const APPLICATIONS: [&str; 8] = [
    "Voice",
    "Voice Signaling",
    "Guest Voice",
    "Guest Voice Signaling",
    "Softphone Voice",
    "Video Conferencing",
    "Streaming Video",
    "Video Signaling",
];

fn policy(value: &Value) -> Option<LldpPolicy> {
    let kind = text(value.get("apptype"))?;
    let index = APPLICATIONS.iter().position(|name| *name == kind)?;
    let vlan = one(value.get("vlan")).and_then(|vlan| text(vlan.get("vid")));
    // The priority is printed as a name, with its number in front or without.
    let leading = |key: &str| -> u32 {
        let text = text(value.get(key)).unwrap_or_default();
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    };
    Some(LldpPolicy {
        application: u32::try_from(index).ok()?.checked_add(1)?,
        known: flag(value.get("defined")).unwrap_or(true),
        tagged: vlan.is_some(),
        vlan: vlan.and_then(|vlan| vlan.parse().ok()).unwrap_or(0),
        priority: leading("priority"),
        dscp: leading("dscp"),
    })
}

/// An element that lldpd does not know: organisation and value as `00,1B,21`.
fn unknown_tlv(value: &Value) -> LldpTlv {
    let hex = |text: Option<String>| -> String {
        let text = text.unwrap_or_default();
        text.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect()
    };
    let oui = text(value.get("oui")).map(|oui| oui.to_lowercase().replace([',', ':'], "-"));
    LldpTlv {
        kind: 127,
        oui,
        subtype: text(value.get("subtype")).and_then(|subtype| subtype.parse().ok()),
        value: hex(text(value.get("value"))),
    }
}

/// Returns the members of an array, or a value that stands alone.
fn many(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    match value {
        Some(Value::Array(items)) => items.iter(),
        Some(single) => std::slice::from_ref(single).iter(),
        None => [].iter(),
    }
}

/// Returns the first member of an array, or a value that stands alone.
fn one(value: Option<&Value>) -> Option<&Value> {
    many(value).next()
}

/// Returns a text that may stand alone, as `value`, or in an array; empty is none.
fn text(value: Option<&Value>) -> Option<String> {
    let value = one(value)?;
    let value = if value.is_object() { one(value.get("value"))? } else { value };
    match value {
        Value::String(text) => Some(text.trim_end().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns a flag; lldpcli of before 1.0 writes `on` and `yes`.
fn flag(value: Option<&Value>) -> Option<bool> {
    match one(value)? {
        Value::Bool(flag) => Some(*flag),
        Value::String(text) => match text.as_str() {
            "on" | "yes" => Some(true),
            "off" | "no" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
