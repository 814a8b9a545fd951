//! What steps make of the namespaces of routers, and what takes that back.
//!
//! Of its own accord the kernel takes the routes by a device away with it, and when it goes
//! down; then its IPv6 addresses too (`addrconf_ifdown`).

use std::collections::BTreeSet;

use super::{State, Undo, plain};
use crate::address::Device;
use crate::naming;
use crate::plan::{RoomChange, Step, batch};
use crate::router;
use crate::seen::{self, Room};
use crate::text::Text;
use crate::wanted::room::{Furniture, FurnitureKind};

impl State<'_> {
    pub(super) fn add_room(&mut self, vpc: &str) -> Undo {
        let room = Room { forwards: true, named: true, ..Room::default() };
        self.change().rooms.insert(vpc.to_owned(), room);
        Undo::of([Step::DeleteRoom { vpc: vpc.to_owned() }])
    }

    pub(super) fn delete_room(&mut self, vpc: &str) -> Undo {
        let gone = self.change().rooms.remove(vpc);
        Undo::of(gone.map(|_room| Step::AddRoom { vpc: vpc.to_owned() }))
    }

    pub(super) fn change_room(&mut self, vpc: &str, change: &RoomChange) -> Undo {
        match change {
            RoomChange::AddPair { name, vpc: other, mtu } => {
                return self.add_pair(vpc, name, other, *mtu);
            }
            RoomChange::DeleteDevice { name } if naming::is_peer(name) => {
                return self.delete_pair(name);
            }
            _ => {}
        }
        let Some(room) = self.change().rooms.get_mut(vpc) else { return Undo::default() };
        let mut lost = None;
        let back = match change {
            RoomChange::AddUplink { name, device } => {
                let link = seen::Link {
                    alias: device.kind.alias(),
                    mac: Some(device.mac),
                    ..plain("macvlan", device.mtu)
                };
                room.devices.insert(name.clone(), link);
                vec![RoomChange::DeleteDevice { name: name.clone() }]
            }
            RoomChange::AddPair { .. } => Vec::new(),
            RoomChange::DeleteDevice { name } => remove(room, name, &mut lost),
            RoomChange::Up { name, up } => set_up(room, name, *up),
            RoomChange::Mtu { name, mtu } => {
                let Some(link) = room.devices.get_mut(name) else { return Undo::default() };
                let mtu = std::mem::replace(&mut link.mtu, *mtu);
                vec![RoomChange::Mtu { name: name.clone(), mtu }]
            }
            RoomChange::AddAddress { name, address } => {
                let link = room.devices.get_mut(name);
                let new = link.is_some_and(|link| link.addresses.insert(*address));
                let back = RoomChange::DeleteAddress { name: name.clone(), address: *address };
                // It is taken away first, where its network has no route; and with the last
                // address of a device Linux takes the routes by it (`fib_disable_ip`).
                let four = |it: &ipnet::IpNet| it.addr().is_ipv4() == address.addr().is_ipv4();
                let link = room.devices.get(name);
                if link.is_some_and(|it| it.addresses.iter().filter(|it| four(it)).count() == 1) {
                    room.routes.retain(|to, hop| hop.device != *name || !four(to));
                }
                new.then_some(back).into_iter().collect()
            }
            RoomChange::DeleteAddress { name, address } => {
                let link = room.devices.get_mut(name);
                let gone = link.is_some_and(|link| link.addresses.remove(address));
                let back = RoomChange::AddAddress { name: name.clone(), address: *address };
                gone.then_some(back).into_iter().collect()
            }
            RoomChange::SetRoute { to, hop } => {
                let back = match room.routes.insert(*to, hop.clone()) {
                    Some(hop) => RoomChange::SetRoute { to: *to, hop },
                    None => RoomChange::DeleteRoute { to: *to, hop: hop.clone() },
                };
                vec![back]
            }
            RoomChange::DeleteRoute { to, .. } => {
                let gone = room.routes.remove(to);
                gone.map(|hop| RoomChange::SetRoute { to: *to, hop }).into_iter().collect()
            }
            RoomChange::Settings | RoomChange::Name => {
                let of = match change {
                    RoomChange::Name => &mut room.named,
                    _ => &mut room.forwards,
                };
                lost = (!std::mem::replace(of, true)).then(|| {
                    Text::of(
                        "路由器 {0} 的设置已修正，不改回",
                        "the settings of the router of `{0}` were repaired, and are not spoilt again",
                        &[&vpc],
                    )
                });
                Vec::new()
            }
            RoomChange::Rules(change) => {
                let back = batch::take(&mut room.ruleset, change);
                let some = !back.changes.is_empty();
                some.then_some(RoomChange::Rules(back)).into_iter().collect()
            }
        };
        let steps = back.into_iter().map(|change| Step::room(vpc, change));
        Undo { steps: steps.collect(), lost }
    }

    fn add_pair(&mut self, vpc: &str, name: &Device, other: &str, mtu: u32) -> Undo {
        for (vpc, mac) in [vpc, other].into_iter().zip(router::PEER_MACS) {
            if let Some(room) = self.change().rooms.get_mut(vpc) {
                let link = seen::Link { mac: Some(mac), ..plain("veth", mtu) };
                room.devices.insert(name.clone(), link);
            }
        }
        let change = RoomChange::DeleteDevice { name: name.clone() };
        Undo::of([Step::room(vpc, change)])
    }

    /// Takes both ends away. Who made the pair is told by their MAC addresses.
    fn delete_pair(&mut self, name: &Device) -> Undo {
        let rooms = self.seen.rooms.iter();
        let ends = rooms.filter_map(|(vpc, room)| {
            let link = room.devices.get(name)?;
            Some((link.mac != router::PEER_MACS.first().copied(), vpc.clone(), link.mtu))
        });
        let mut ends: Vec<(bool, String, u32)> = ends.collect();
        tiny_sort::stable::sort(&mut ends);
        let mut undo = Undo::default();
        if let [(_, maker, mtu), (_, other, _)] = ends.as_slice() {
            let (name, vpc, mtu) = (name.clone(), other.clone(), *mtu);
            let change = RoomChange::AddPair { name, vpc, mtu };
            undo.steps.push(Step::room(maker, change));
        } else {
            let (zh, en) = ("网卡 {0} 已删除，无法恢复", "device `{0}` is gone for good");
            undo.lost = Some(Text::of(zh, en, &[name]));
        }
        for (_, vpc, _) in ends {
            let back = self.remove_end(&vpc, name);
            undo.steps.extend(if undo.lost.is_none() { back } else { Vec::new() });
        }
        undo
    }

    /// Returns the VPC whose router has a device with this name.
    pub(super) fn room_of(&self, end: &Device) -> Option<String> {
        let mut rooms = self.seen.rooms.iter();
        let holder = rooms.find(|(_vpc, room)| room.devices.contains_key(end));
        holder.map(|(vpc, _room)| vpc.clone())
    }

    /// Puts the other end of a pair into a room.
    pub(super) fn add_end(&mut self, vpc: &str, end: &Device, mtu: u32) {
        if let Some(room) = self.change().rooms.get_mut(vpc) {
            let link = seen::Link { mac: Some(router::MAC), ..plain("veth", mtu) };
            room.devices.insert(end.clone(), link);
        }
    }

    /// Takes it away again; returns what gives back what it had.
    pub(super) fn remove_end(&mut self, vpc: &str, end: &Device) -> Vec<Step> {
        let Some(room) = self.change().rooms.get_mut(vpc) else { return Vec::new() };
        let Some(link) = room.devices.get(end).cloned() else { return Vec::new() };
        let back = furnish(room, end, &link);
        room.routes.retain(|_to, hop| hop.device != *end);
        room.devices.remove(end);
        let step = |change| Step::room(vpc, change);
        back.into_iter().map(step).collect()
    }
}

/// Takes a device of our making away; returns what makes it again.
fn remove(room: &mut Room, name: &Device, lost: &mut Option<Text>) -> Vec<RoomChange> {
    let Some(link) = room.devices.get(name).cloned() else { return Vec::new() };
    let parts = link.alias.as_deref().and_then(|alias| alias.strip_prefix("assay:uplink:"));
    let parts = parts.and_then(|rest| rest.split_once(':'));
    let mut back = Vec::new();
    let born = parts.and_then(|(parent, external)| {
        let (parent, external) = (parent.parse().ok()?, external.to_owned());
        let kind = FurnitureKind::Uplink { external, parent };
        let addresses = BTreeSet::new();
        Some(Furniture { kind, mac: link.mac?, mtu: link.mtu, addresses })
    });
    if let Some(device) = born {
        back.push(RoomChange::AddUplink { name: name.clone(), device: Box::new(device) });
        back.extend(furnish(room, name, &link));
    } else {
        let (zh, en) = ("网卡 {0} 已删除，无法恢复", "device `{0}` is gone for good");
        *lost = Some(Text::of(zh, en, &[name]));
    }
    room.routes.retain(|_to, hop| hop.device != *name);
    room.devices.remove(name);
    back
}

/// What gives a new device what another had.
fn furnish(room: &Room, name: &Device, link: &seen::Link) -> Vec<RoomChange> {
    let mut back = Vec::new();
    if link.up {
        back.push(RoomChange::Up { name: name.clone(), up: true });
    }
    let add =
        |address: &ipnet::IpNet| RoomChange::AddAddress { name: name.clone(), address: *address };
    back.extend(link.addresses.iter().map(add));
    back.extend(routes_by(room, name));
    back
}

fn routes_by(room: &Room, name: &Device) -> Vec<RoomChange> {
    let by = room.routes.iter().filter(|(_to, hop)| hop.device == *name);
    by.map(|(to, hop)| RoomChange::SetRoute { to: *to, hop: hop.clone() }).collect()
}

fn set_up(room: &mut Room, name: &Device, up: bool) -> Vec<RoomChange> {
    let by = if up { Vec::new() } else { routes_by(room, name) };
    let Some(link) = room.devices.get_mut(name) else { return Vec::new() };
    let mut back = vec![RoomChange::Up { name: name.clone(), up: link.up }];
    link.up = up;
    if !up {
        let six = link.addresses.iter().filter(|address| address.addr().is_ipv6());
        let add = |address: &ipnet::IpNet| RoomChange::AddAddress {
            name: name.clone(),
            address: *address,
        };
        back.extend(six.map(add));
        link.addresses.retain(|address| address.addr().is_ipv4());
        back.extend(by);
        room.routes.retain(|_to, hop| hop.device != *name);
    }
    back
}
