//! What is near a change of one object within its VPC: where the change leaves as it is what rules
//! depend on besides ([`Facts`]), the object is read by itself, and compiled with those few others
//! that share a key of the kernel's with it. The rest of the VPC becomes the same before and after.
//!
//! Others that share something are: a port with the same groups (their chains), ports whose group
//! it is (their rules), a port behind the same tunnel end in the same network; and one station in
//! each network, without which a network is not here. No address has two stations there, and no
//! port has more than its own.

use std::sync::Arc;

use super::document::{Document, Edit};
use super::index::Objects;
use super::part::{Part, common_keys, put_changed, without_stations};
use crate::desired::{Desired, Port, Remote};
use crate::firewall::compile::Facts;
use crate::spec;

/// Returns the part near a change; nothing where all of the VPC has to be looked at.
pub(super) fn part(
    desired: &Desired,
    objects: &Objects,
    vpc: &str,
    document: &Document,
    edit: &Edit,
) -> Option<Part> {
    let (section, id) = &edit.key;
    // Who still names a group that goes would not be found.
    if section == "group" && edit.text.is_none() {
        return None;
    }
    let mut before = without_stations(desired, objects);
    let mut after = before.clone();
    put_changed(&mut before, desired, &edit.key);
    if edit.text.is_some() {
        put_changed(&mut after, &alone(&before, vpc, document, edit)?, &edit.key);
    }

    let other = |own: &&String| section == "group" || *own != id;
    let ports = objects.ports.iter().filter(other).filter_map(|id| desired.ports.get_key_value(id));
    let remotes =
        objects.remotes.iter().filter(other).filter_map(|id| desired.remotes.get_key_value(id));
    let facts = |state: &Desired| {
        let ports: Vec<&Port> =
            ports.clone().map(|(_id, port)| port).chain(state.ports.values()).collect();
        let others = remotes.clone().map(|(_id, remote)| remote);
        let remotes: Vec<&Remote> = others.chain(state.remotes.values()).collect();
        let simple = ports.iter().all(|port| port.allowed.is_empty());
        if simple { Facts::of(state, &ports, &remotes) } else { None }
    };
    let facts = facts(&before).filter(|own| facts(&after).as_ref() == Some(own))?;

    let changed = [before.ports.get(id), after.ports.get(id)].map(Option::<&Port>::cloned);
    let moved = [before.remotes.get(id), after.remotes.get(id)].map(Option::<&Remote>::cloned);
    let mut here: Vec<&str> = Vec::new();
    let mut ends = moved.map(|it| it.map(|remote| (remote.network, remote.vtep)));
    for (own, remote) in remotes {
        let mut near = !here.contains(&remote.network.as_str());
        for end in &mut ends {
            let same = |(network, vtep): &_| (network, vtep) == (&remote.network, &remote.vtep);
            near |= end.take_if(|it| same(it)).is_some();
        }
        if near {
            here.push(&remote.network);
            for state in [&mut before, &mut after] {
                state.remotes.insert(own.clone(), remote.clone());
            }
        }
    }
    let mut alike = changed.map(|it| it.map(|port| (port.groups, port.security)));
    for (own, port) in ports {
        let mut near = !here.contains(&port.network.as_str());
        near |= section == "group" && port.groups.contains(id);
        for like in &mut alike {
            let same =
                |(groups, security): &_| (groups, security) == (&port.groups, &port.security);
            near |= like.take_if(|it| same(it)).is_some();
        }
        if near {
            here.push(&port.network);
            for state in [&mut before, &mut after] {
                state.ports.insert(own.clone(), port.clone());
            }
        }
    }
    let (before, after) = (Arc::new(before), Arc::new(after));
    Some(Part { vpc: vpc.to_owned(), before, after, facts: Some(facts) })
}

/// Reads the changed object in its VPC, with groups as names; nothing where something is wrong.
fn alone(part: &Desired, vpc: &str, document: &Document, edit: &Edit) -> Option<Desired> {
    let texts: Vec<&str> = edit.text.as_deref().into_iter().collect();
    let mut text = document.part(&common_keys(part, vpc, document, &texts));
    for group in part.groups.keys() {
        text.put("group", group, &format!("{{\"id\":\"{group}\",\"vpc\":\"{vpc}\"}}"));
    }
    spec::read("state", &text.render(Some(edit)).text).ok()
}
