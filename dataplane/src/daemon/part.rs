//! A VPC of a desired state as a state of its own: what a change of one object is read, compiled
//! and planned against, where the whole of a full node would take a second.
//!
//! Objects of a VPC name objects of that VPC alone, and address groups; what they become is keyed
//! by its networks' bridges, its groups' names and its ports' devices. Where that does not hold
//! (a router, a card of a bare-metal tenant, a device that a port elsewhere has too) there is no
//! part, and the change goes by way of the whole, which also says best what is wrong with it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::document::{Document, Edit, Key, members};
use super::index::{Index, Objects};
use super::near;
use crate::address::Device;
use crate::desired::routing::Routing;
use crate::desired::{Desired, Port, PortKind};
use crate::firewall::compile::Facts;
use crate::spec;

/// A VPC before and after a change.
#[derive(Clone, Debug)]
pub struct Part {
    /// The VPC.
    pub(super) vpc: String,
    /// As it is.
    pub before: Arc<Desired>,
    /// As it is to be.
    pub after: Arc<Desired>,
    /// What the change leaves as it is, where `before` and `after` are no more than what is
    /// [`near`](super::near) it.
    pub(super) facts: Option<Facts>,
}

impl Part {
    /// Returns the part that an edit changes; nothing where it may change more than that, or is
    /// wrong.
    pub(super) fn of(
        desired: &Desired,
        index: &Index,
        document: &Document,
        edit: &Edit,
    ) -> Option<Self> {
        let vpc = vpc_of(desired, edit)?;
        let routing = &desired.routing;
        let routed = routing.routers.contains_key(&vpc)
            || routing.acls.contains_key(&vpc)
            || routing.peerings.values().any(|peering| peering.vpcs.contains(&vpc));
        if routed {
            return None;
        }
        let objects = index.of_vpc(&vpc)?;
        let near = near::part(desired, objects, &vpc, document, edit);
        let part = near.or_else(|| {
            let before = cut(desired, objects);
            let text = document.part(&keys(&before, &vpc, document, edit)).render(Some(edit)).text;
            let after = Arc::new(spec::read("state", &text).ok()?);
            Some(Self { vpc: vpc.clone(), before: Arc::new(before), after, facts: None })
        })?;
        part.is_alone(desired, index, &edit.key).then_some(part)
    }

    /// Whether nothing outside has a name that the changed object has.
    fn is_alone(&self, desired: &Desired, index: &Index, (section, id): &Key) -> bool {
        let other = match section.as_str() {
            "port" => desired.remotes.contains_key(id),
            "remote" => desired.ports.contains_key(id),
            _ => false,
        };
        if other || section != "port" {
            return !other;
        }
        let (before, after) = (self.before.ports.get(id), self.after.ports.get(id));
        let mut ports = [before, after].into_iter().flatten();
        // Of a device that others made, more has to be known than that it is there.
        let same = |port: &Port| {
            before.is_some_and(|it| (&it.device, &it.kind) == (&port.device, &port.kind))
        };
        let known = |port: &Port| match port.kind {
            PortKind::Veth { .. } => true,
            PortKind::Tap => same(port),
            PortKind::Physical | PortKind::Vf => false,
        };
        if !ports.clone().all(known) {
            return false;
        }
        let taken = |name: &Device| {
            let own = before.into_iter().flat_map(names).filter(|own| *own == name);
            let mut externals = desired.routing.externals.values();
            index.count(name) > own.count() || externals.any(|it| it.device == *name)
        };
        !ports.any(|port| names(port).any(taken))
    }

    /// Puts the changed object into the whole.
    pub(super) fn merge(&self, whole: &mut Desired, index: &mut Index, key: &Key) {
        let (section, id) = key;
        index.remove(whole, section, id);
        put_changed(whole, &self.after, key);
        index.add(whole, section, id);
    }
}

/// Has an object be in one state as it is in another.
pub(super) fn put_changed(whole: &mut Desired, part: &Desired, (section, id): &Key) {
    match section.as_str() {
        "group" => put(&mut whole.groups, &part.groups, id),
        "port" => put(&mut whole.ports, &part.ports, id),
        "remote" => put(&mut whole.remotes, &part.remotes, id),
        _ => {}
    }
}

fn put<T: Clone>(whole: &mut BTreeMap<String, T>, part: &BTreeMap<String, T>, id: &str) {
    match part.get(id) {
        Some(object) => drop(whole.insert(id.to_owned(), object.clone())),
        None => drop(whole.remove(id)),
    }
}

/// Names of devices that a port takes.
pub(super) fn names(port: &Port) -> impl Iterator<Item = &Device> {
    let peer = match &port.kind {
        PortKind::Veth { peer } => Some(peer),
        _ => None,
    };
    std::iter::once(&port.device).chain(peer)
}

/// Returns the VPC of the object that is changed, where it stays in it.
fn vpc_of(desired: &Desired, edit: &Edit) -> Option<String> {
    let (section, id) = &edit.key;
    let of_network = |network: &str| Some(desired.networks.get(network)?.vpc.as_str());
    let before = match section.as_str() {
        "group" => desired.groups.get(id).map(|group| group.vpc.as_str()),
        "port" => desired.ports.get(id).and_then(|port| of_network(&port.network)),
        "remote" => desired.remotes.get(id).and_then(|remote| of_network(&remote.network)),
        _ => return None,
    };
    let Some(text) = &edit.text else { return before.map(str::to_owned) };
    let vpc = if section == "group" {
        word(text, "vpc")?
    } else {
        of_network(&word(text, "network")?)?.to_owned()
    };
    before.is_none_or(|before| before == vpc).then_some(vpc)
}

/// Returns a text that an object has.
fn word(text: &str, name: &str) -> Option<String> {
    let members = members(text)?;
    let (_name, value) = members.iter().find(|(own, _value)| own == name)?;
    Some(serde_json::from_str::<Value>(value).ok()?.as_str()?.to_owned())
}

/// Returns what of a desired state is of a VPC.
pub(super) fn cut(desired: &Desired, objects: &Objects) -> Desired {
    let mut part = without_stations(desired, objects);
    part.ports = of(&desired.ports, &objects.ports);
    part.remotes = of(&desired.remotes, &objects.remotes);
    part
}

/// The same without its ports, here and elsewhere.
pub(super) fn without_stations(desired: &Desired, objects: &Objects) -> Desired {
    Desired {
        node: desired.node.clone(),
        semantics: desired.semantics,
        networks: of(&desired.networks, &objects.networks),
        ports: BTreeMap::new(),
        remotes: BTreeMap::new(),
        groups: of(&desired.groups, &objects.groups),
        routing: Routing::default(),
    }
}

fn of<T: Clone>(all: &BTreeMap<String, T>, which: &[String]) -> BTreeMap<String, T> {
    let mut found = BTreeMap::new();
    for (id, object) in which.iter().filter_map(|id| all.get_key_value(id)) {
        found.insert(id.clone(), object.clone());
    }
    found
}

/// Returns the objects of a VPC, with the address groups that it names.
fn keys(part: &Desired, vpc: &str, document: &Document, edit: &Edit) -> Vec<Key> {
    let texts = part.groups.keys().filter_map(|id| {
        let object = document.object(&("group".to_owned(), id.clone()))?;
        Some(object.text.as_ref())
    });
    let texts: Vec<&str> = texts.chain(edit.text.as_deref()).collect();
    let mut keys = common_keys(part, vpc, document, &texts);
    let mut add = |section: &str, id: &str| keys.push((section.to_owned(), id.to_owned()));
    part.groups.keys().for_each(|id| add("group", id));
    part.ports.keys().for_each(|id| add("port", id));
    part.remotes.keys().for_each(|id| add("remote", id));
    keys
}

/// Returns those that are neither groups nor stations, with the address groups that texts name.
pub(super) fn common_keys(
    part: &Desired,
    vpc: &str,
    document: &Document,
    texts: &[&str],
) -> Vec<Key> {
    let mut keys = vec![("vpc".to_owned(), vpc.to_owned())];
    let mut add = |section: &str, id: &str| keys.push((section.to_owned(), id.to_owned()));
    for (id, network) in &part.networks {
        add("network", id);
        network.subnets.keys().for_each(|id| add("subnet", id));
    }
    for id in document.ids("addresses") {
        // As a word, or with escapes: then it is not found, and the part is no sound state.
        let quoted = format!("\"{id}\"");
        if texts.iter().any(|text| text.contains(&quoted)) {
            add("addresses", id);
        }
    }
    keys
}
