//! Steps in the namespaces of routers: they are made and get their rules before anything else,
//! their devices when those are made, and what is stale in them goes before devices do.

use super::order::Order;
use super::{RoomChange, Step, rules};
use crate::address::Device;
use crate::naming;
use crate::router;
use crate::seen;
use crate::wanted::room::{Furniture, FurnitureKind, Room};

impl Order<'_> {
    fn room(&mut self, vpc: &str, change: RoomChange) {
        self.push(Step::room(vpc, change), format!("router {vpc}"));
    }

    fn seen_room(&self, vpc: &str) -> Option<&seen::Room> {
        self.state.seen().rooms.get(vpc)
    }

    /// Makes rooms that are not there, and gives all their rules.
    pub(super) fn make_rooms(&mut self) {
        for (vpc, room) in &self.wanted.rooms {
            if self.seen_room(vpc).is_none() {
                self.push(Step::AddRoom { vpc: vpc.clone() }, format!("router {vpc}"));
            }
            if self.seen_room(vpc).is_some_and(|room| !room.named) {
                self.room(vpc, RoomChange::Name);
            }
            if self.seen_room(vpc).is_some_and(|room| !room.forwards) {
                self.room(vpc, RoomChange::Settings);
            }
            let Some(there) = self.seen_room(vpc) else { continue };
            let batch = rules::adding(&room.ruleset, &there.ruleset, &|_device| true);
            self.room_rules(vpc, batch);
        }
    }

    fn room_rules(&mut self, vpc: &str, batch: crate::nft::Batch) {
        if !batch.changes.is_empty() {
            self.room(vpc, RoomChange::Rules(batch));
        }
    }

    /// Gives rooms what they lack: devices, addresses, routes.
    pub(super) fn furnish(&mut self) {
        for (vpc, room) in &self.wanted.rooms {
            for (name, device) in &room.devices {
                self.pair(vpc, name, device);
            }
        }
        for (vpc, room) in &self.wanted.rooms {
            for (name, device) in &room.devices {
                self.uplink(vpc, name, device);
                self.settle_in_room(vpc, name, device);
            }
            self.routes(vpc, room);
        }
    }

    fn pair(&mut self, vpc: &str, name: &Device, device: &Furniture) {
        let FurnitureKind::Peer { vpc: other, made_here: true, .. } = &device.kind else { return };
        let end = |vpc: &str| self.seen_room(vpc)?.devices.get(name)?.mac;
        let macs = router::PEER_MACS.map(Some);
        if [end(vpc), end(other)] == macs {
            return;
        }
        // Of a peering that led elsewhere, one end is somewhere else.
        let holders = self.state.seen().rooms.iter();
        let holders = holders.filter(|(_vpc, room)| room.devices.contains_key(name));
        let holders: Vec<String> = holders.map(|(vpc, _room)| vpc.clone()).collect();
        for holder in holders {
            self.delete_device(&holder, name);
        }
        let (name, other, mtu) = (name.clone(), other.clone(), device.mtu);
        self.room(vpc, RoomChange::AddPair { name, vpc: other, mtu });
    }

    /// Takes a device away that may have gone with another.
    fn delete_device(&mut self, vpc: &str, name: &Device) {
        if self.seen_room(vpc).is_some_and(|room| room.devices.contains_key(name)) {
            self.room(vpc, RoomChange::DeleteDevice { name: name.clone() });
        }
    }

    fn uplink(&mut self, vpc: &str, name: &Device, device: &Furniture) {
        let FurnitureKind::Uplink { parent, .. } = &device.kind else { return };
        let there = self.seen_room(vpc).and_then(|room| room.devices.get(name));
        let other = there.is_some_and(|there| {
            there.kind.as_deref() != Some("macvlan")
                || there.alias != device.kind.alias()
                || there.mac != Some(device.mac)
        });
        if other {
            self.room(vpc, RoomChange::DeleteDevice { name: name.clone() });
        }
        let missing = self.seen_room(vpc).is_some_and(|room| !room.devices.contains_key(name));
        if missing && self.state.seen().links.contains_key(parent) {
            let (name, device) = (name.clone(), Box::new(device.clone()));
            self.room(vpc, RoomChange::AddUplink { name, device });
        }
    }

    fn settle_in_room(&mut self, vpc: &str, name: &Device, device: &Furniture) {
        let there = |order: &Self| order.seen_room(vpc)?.devices.get(name).cloned();
        let Some(before) = there(self) else { return };
        if before.mtu != device.mtu {
            self.room(vpc, RoomChange::Mtu { name: name.clone(), mtu: device.mtu });
        }
        if !before.up {
            self.room(vpc, RoomChange::Up { name: name.clone(), up: true });
        }
        for address in device.addresses.difference(&before.addresses) {
            let (name, address) = (name.clone(), *address);
            self.room(vpc, RoomChange::AddAddress { name, address });
        }
    }

    fn routes(&mut self, vpc: &str, room: &Room) {
        for (to, hop) in &room.routes {
            let Some(there) = self.seen_room(vpc) else { return };
            // A device that waits for another takes its routes along.
            if there.routes.get(to) != Some(hop) && there.devices.contains_key(&hop.device) {
                self.room(vpc, RoomChange::SetRoute { to: *to, hop: hop.clone() });
            }
        }
    }

    /// Takes away what is stale in rooms, but not what guards: routes and addresses of all, then
    /// devices, which take those of another room along.
    pub(super) fn strip_rooms(&mut self) {
        let rooms = self.state.seen().rooms.clone();
        let nothing = Room::default();
        let wanted = |vpc: &String| self.wanted.rooms.get(vpc).unwrap_or(&nothing);
        let of_rooms: Vec<(&String, &seen::Room, &Room)> =
            rooms.iter().map(|(vpc, there)| (vpc, there, wanted(vpc))).collect();
        for (vpc, there, wanted) in &of_rooms {
            for (to, hop) in &there.routes {
                if !wanted.routes.contains_key(to) {
                    self.room(vpc, RoomChange::DeleteRoute { to: *to, hop: hop.clone() });
                }
            }
            for (name, device) in &wanted.devices {
                let Some(link) = there.devices.get(name) else { continue };
                for address in link.addresses.difference(&device.addresses) {
                    let (name, address) = (name.clone(), *address);
                    self.room(vpc, RoomChange::DeleteAddress { name, address });
                }
            }
        }
        for (vpc, there, wanted) in &of_rooms {
            for (name, link) in &there.devices {
                let uplink = link.alias.as_deref().is_some_and(|it| it.starts_with(UPLINK));
                if !wanted.devices.contains_key(name) && (uplink || naming::is_peer(name)) {
                    self.delete_device(vpc, name);
                }
            }
        }
    }

    /// Takes stale rules away, and rooms that are empty.
    pub(super) fn clear_rooms(&mut self) {
        let rooms = self.state.seen().rooms.clone();
        for (vpc, there) in &rooms {
            let wanted = self.wanted.rooms.get(vpc);
            let nothing = crate::nft::Ruleset::default();
            let ruleset = wanted.map_or(&nothing, |room| &room.ruleset);
            // Devices of others in a room keep it, and the rules with it.
            if wanted.is_none() && !there.devices.is_empty() {
                continue;
            }
            self.room_rules(vpc, rules::removing(ruleset, &there.ruleset));
            if wanted.is_none() {
                self.push(Step::DeleteRoom { vpc: vpc.clone() }, format!("router {vpc}"));
            }
        }
    }
}

/// What the alias of a device of ours on a device of the node begins with.
const UPLINK: &str = "assay:uplink:";
