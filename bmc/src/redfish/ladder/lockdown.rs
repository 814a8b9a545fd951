//! Services of a BMC that are open, and closing them one by one (DSP0268
//! `ManagerNetworkProtocol`, `ManagerAccount`).

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    account, etag,
    place::link,
    script::{Method, Refusal, Script, Told, Verdict},
    task,
};
use crate::{
    dialect::Rules,
    operation::{
        Outcome,
        lockdown::{Item, SERVICES, SNMP},
    },
};

/// Seconds before each look at what was kept.
const LOOKS: &[u64] = &[1, 2, 5];

/// Reads what is open, and what is to be closed of it.
pub fn read(
    script: &mut Script<'_>,
    manager: &str,
    accounts: &str,
) -> Told<Result<Vec<Item>, Refusal>> {
    let reply = script.get(manager)?;
    if !reply.is_good() {
        return Ok(Err(Refusal::of(Method::Get, manager, reply)));
    }
    let mut items = Vec::new();
    if let Some(path) = link(reply.json(), "/NetworkProtocol") {
        let reply = script.get(&path)?;
        if !reply.is_good() {
            return Ok(Err(Refusal::of(Method::Get, &path, reply)));
        }
        services(reply.json(), &path, &mut items);
    }
    match account::list(script, accounts)? {
        Ok(listing) => {
            for place in &listing.places {
                // A slot without a name lets in whoever gives none.
                if place.account.name.is_empty() && place.account.enabled == Some(true) {
                    items.push(Item {
                        name: format!("user:{}", place.account.id),
                        path: place.path.clone(),
                        pointer: "/Enabled".to_owned(),
                        open: Some(true),
                        wanted: Some(false),
                        why: None,
                    });
                }
            }
        }
        // A service without accounts has no users without a name.
        Err(refusal) if refusal.status == Some(404) => {}
        Err(refusal) => return Ok(Err(refusal)),
    }
    Ok(Ok(items))
}

fn services(body: &Value, path: &str, items: &mut Vec<Item>) {
    let flag = |pointer: &str| body.pointer(pointer).and_then(Value::as_bool);
    let mut add = |name: &str, pointer: String, wanted: Option<bool>| {
        let why = wanted.is_none().then(|| {
            (
                "SNMP 已启用，但 BMC 不说明各版本：可能只有 v3".to_owned(),
                "SNMP is on, and the BMC does not tell which versions: it may be v3 alone"
                    .to_owned(),
            )
        });
        let open = flag(&pointer);
        items.push(Item {
            name: name.to_owned(),
            path: path.to_owned(),
            pointer,
            open,
            wanted,
            why,
        });
    };
    for (name, property) in SERVICES {
        if body.get(*property).is_some_and(Value::is_object) {
            add(name, format!("/{property}/ProtocolEnabled"), Some(false));
        }
    }
    let Some(snmp) = body.get("SNMP").filter(|snmp| snmp.is_object()) else { return };
    let versions: Vec<&(&str, &str)> = SNMP
        .iter()
        .filter(|(_, property)| snmp.get(*property).is_some_and(Value::is_boolean))
        .collect();
    for (name, property) in &versions {
        add(name, format!("/SNMP/{property}"), Some(false));
    }
    if versions.is_empty() && snmp.get("ProtocolEnabled").is_some() {
        // Without v3 what is on is one of the others.
        let has_v3 = snmp.get("EnableSNMPv3") == Some(&Value::Bool(true));
        let is_on = snmp.get("ProtocolEnabled") == Some(&Value::Bool(true));
        let tells = snmp.get("EnableSNMPv3").is_some();
        let unsure = is_on && (has_v3 || !tells);
        add("snmp", "/SNMP/ProtocolEnabled".to_owned(), (!unsure).then_some(false));
    }
}

/// Opens or closes a thing, and reads it back.
pub fn set(script: &mut Script<'_>, item: &Item, open: bool, rules: &Rules) -> Told<Verdict> {
    let mut body = Value::Bool(open);
    for name in item.pointer.split('/').filter(|name| !name.is_empty()).rev() {
        body = json!({ name: body });
    }
    let answer = etag::patch(script, &item.path, &body, rules)?;
    if answer.status.is_some() && task::is_failure(answer, rules) {
        return Ok(Err(Refusal::of(Method::Patch, &item.path, answer)));
    }
    let mut found = Value::Null;
    for wait in LOOKS.iter().map(|wait| Duration::from_secs(*wait)) {
        let now = script.get(&item.path)?;
        found = now.json().pointer(&item.pointer).cloned().unwrap_or_default();
        if found == Value::Bool(open) {
            return Ok(Ok(Outcome::Done));
        }
        if !script.has_time(wait) {
            break;
        }
        script.wait(wait)?;
    }
    Ok(Ok(Outcome::NotKept { sent: open.to_string(), found: found.to_string() }))
}
