//! The BMC's own network (DSP0268 `EthernetInterface`).
//!
//! An address that is talked to goes away with the change, so nothing here waits for an answer: this
//! is what is to be sent, and the client looks where the BMC is then.

use std::net::Ipv4Addr;

use serde_json::{Map, Value, json};

use super::{
    place::{children, link},
    property,
    script::{Method, Refusal, Script, Told, Verdict},
};
use crate::{
    dialect::Rules,
    operation::{
        Outcome,
        interface::{Interface, Network, Source, Wanted, objection},
    },
};

/// An interface, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its path.
    pub path: String,
    /// What it is.
    pub interface: Interface,
    /// Whether it has a list of static addresses (version 1.4 on).
    has_static: bool,
}

/// What is to be sent: bodies of a PATCH, the standard's first.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The interface's path.
    pub path: String,
    /// The bodies to try in turn.
    pub forms: Vec<Value>,
}

/// Lists the interfaces of a manager.
pub fn list(script: &mut Script<'_>, manager: &str) -> Told<Result<Vec<Place>, Refusal>> {
    let reply = script.get(manager)?;
    if !reply.is_good() {
        return Ok(Err(Refusal::of(Method::Get, manager, reply)));
    }
    let Some(collection) = link(reply.json(), "/EthernetInterfaces") else {
        return Ok(Ok(Vec::new()));
    };
    let reply = script.get(&collection)?;
    if !reply.is_good() {
        return Ok(Err(Refusal::of(Method::Get, &collection, reply)));
    }
    let mut found = Vec::new();
    for path in children(reply.json()) {
        let reply = script.get(&path)?;
        if reply.is_good() {
            let has_static = reply.json().get("IPv4StaticAddresses").is_some_and(Value::is_array);
            found.push(Place { interface: interface(&path, reply.json()), path, has_static });
        }
    }
    Ok(Ok(found))
}

/// Reads an interface.
pub fn interface(path: &str, body: &Value) -> Interface {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |name: &str| body.get(name).and_then(Value::as_array).into_iter().flatten();
    let ip = |one: &Value, name: &str| one.get(name)?.as_str()?.parse::<Ipv4Addr>().ok();
    let used = list("IPv4Addresses")
        .filter(|one| ip(one, "Address").is_some_and(|address| !address.is_unspecified()));
    let used: Vec<&Value> = used.collect();
    let network = |one: &&Value| {
        let (address, mask) = (ip(one, "Address")?, ip(one, "SubnetMask"));
        mask.map_or(Some(Network { address, prefix: 32 }), |mask| Network::of(address, mask))
    };
    let gateway = used.iter().find_map(|one| ip(one, "Gateway"));
    let origin = used.iter().find_map(|one| one.get("AddressOrigin")?.as_str());
    let dhcp = body.pointer("/DHCPv4/DHCPEnabled").and_then(Value::as_bool);
    let vlan = body.pointer("/VLAN/VLANEnable").and_then(Value::as_bool).map(|on| {
        let id = body.pointer("/VLAN/VLANId").and_then(Value::as_u64);
        id.and_then(|id| u16::try_from(id).ok()).filter(|_| on)
    });
    let ipv6 = list("IPv6Addresses").filter_map(|one| one.get("Address")?.as_str());
    let id = match text("Id") {
        id if id.is_empty() => path.rsplit('/').next().unwrap_or_default().to_owned(),
        id => id,
    };
    Interface {
        id,
        mac: text("MACAddress"),
        addresses: used.iter().filter_map(network).collect(),
        gateway: gateway.filter(|gateway| !gateway.is_unspecified()),
        dhcp: dhcp.or_else(|| origin.map(|origin| origin == "DHCP")),
        vlan,
        ipv6: ipv6.filter(|one| *one != "::" && !one.is_empty()).map(str::to_owned).collect(),
        is_up: body.get("LinkStatus").and_then(Value::as_str).map(|word| word == "LinkUp"),
        suites: Vec::new(),
    }
}

/// Gives the BMC a name: where its protocols have one, or else at its first interface that has.
pub fn name(script: &mut Script<'_>, manager: &str, wanted: &str, rules: &Rules) -> Told<Verdict> {
    let reply = script.get(manager)?;
    if !reply.is_good() {
        return Ok(Err(Refusal::of(Method::Get, manager, reply)));
    }
    let body = reply.json();
    let mut places: Vec<String> = link(body, "/NetworkProtocol").into_iter().collect();
    if let Some(collection) = link(body, "/EthernetInterfaces") {
        places.extend(children(script.get(&collection)?.json()));
    }
    let mut last = None;
    for path in places {
        let reply = script.get(&path)?;
        if !reply.json().get("HostName").is_some_and(|own| own.is_string() || own.is_null()) {
            continue;
        }
        if reply.json().get("HostName").and_then(Value::as_str) == Some(wanted) {
            return Ok(Ok(Outcome::Done));
        }
        match property::set(script, &path, "HostName", &Value::from(wanted), rules)? {
            // Shown here, and set at the other place.
            Err(refusal) if matches!(refusal.status, Some(400 | 405 | 501)) => {
                last = Some(Err(refusal));
            }
            other => return Ok(other),
        }
    }
    let why = ("BMC 没有自己的名称".to_owned(), "the BMC has no name of its own".to_owned());
    Ok(last.unwrap_or(Ok(Outcome::Unsupported { why })))
}

/// Plans a change of the interface that is meant; `own` is the address that is talked to.
pub fn plan(
    script: &mut Script<'_>,
    manager: &str,
    wanted: &Wanted,
    own: Option<Ipv4Addr>,
) -> Told<Result<Result<Plan, Outcome>, Refusal>> {
    if let Some(why) = objection(wanted) {
        return Ok(Ok(Err(Outcome::Refused { why })));
    }
    let all = match list(script, manager)? {
        Ok(all) => all,
        Err(refusal) => return Ok(Err(refusal)),
    };
    Ok(Ok(choose(&all, wanted, own)
        .map(|place| Plan { path: place.path.clone(), forms: forms(place, wanted) })))
}

/// Returns the interface that is meant: the one that is named, the only one, or the one that is
/// talked to.
fn choose<'p>(
    all: &'p [Place],
    wanted: &Wanted,
    own: Option<Ipv4Addr>,
) -> Result<&'p Place, Outcome> {
    let names: Vec<&str> = all.iter().map(|place| place.interface.id.as_str()).collect();
    let names = names.join(", ");
    let refused = |zh: String, en: String| Err(Outcome::Refused { why: (zh, en) });
    if let Some(name) = &wanted.interface {
        let is = |place: &&Place| place.interface.id.eq_ignore_ascii_case(name);
        return all.iter().find(is).map_or_else(
            || {
                refused(
                    format!("没有网口 `{name}`；有：{names}"),
                    format!("there is no interface `{name}`; there are {names}"),
                )
            },
            Ok,
        );
    }
    let has = |place: &&Place| {
        place.interface.addresses.iter().any(|network| Some(network.address) == own)
    };
    match (all, all.iter().find(has)) {
        ([], _) => Err(Outcome::Unsupported {
            why: (
                "BMC 不提供网口设置".to_owned(),
                "the BMC shows no interfaces of its own".to_owned(),
            ),
        }),
        ([only], _) => Ok(only),
        (_, Some(talked)) => Ok(talked),
        (_, None) => refused(
            format!("有多个网口：{names}；用 --interface 指定一个"),
            format!("there are several interfaces: {names}; name one with --interface"),
        ),
    }
}

/// Returns the bodies to try: by the list of static addresses, and as it was before there was one.
fn forms(place: &Place, wanted: &Wanted) -> Vec<Value> {
    let mut shared = Map::new();
    match wanted.vlan {
        Some(Some(vlan)) => {
            shared.insert("VLAN".to_owned(), json!({ "VLANEnable": true, "VLANId": vlan }));
        }
        Some(None) => {
            shared.insert("VLAN".to_owned(), json!({ "VLANEnable": false }));
        }
        None => {}
    }
    let with = |more: Value| {
        let mut body = shared.clone();
        if let Value::Object(more) = more {
            body.extend(more);
        }
        Value::Object(body)
    };
    match wanted.source {
        None => vec![Value::Object(shared)],
        Some(Source::Dhcp) => vec![
            with(json!({ "DHCPv4": { "DHCPEnabled": true } })),
            with(json!({ "IPv4Addresses": [{ "AddressOrigin": "DHCP" }] })),
        ],
        Some(Source::Static { network, gateway }) => {
            let mut address = json!({ "Address": network.address.to_string(),
                "SubnetMask": network.mask().to_string() });
            // It is left as it is where none is named.
            if let Some(gateway) = gateway.or(place.interface.gateway) {
                address["Gateway"] = gateway.to_string().into();
            }
            let mut old = address.clone();
            old["AddressOrigin"] = "Static".into();
            let new = with(json!({ "DHCPv4": { "DHCPEnabled": false },
                "IPv4StaticAddresses": [address] }));
            let old = with(json!({ "IPv4Addresses": [old] }));
            if place.has_static { vec![new, old] } else { vec![old, new] }
        }
    }
}
