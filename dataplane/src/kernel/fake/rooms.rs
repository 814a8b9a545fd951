//! Which steps in namespaces of routers Linux refuses, and how.

use super::rules;
use crate::plan::{RoomChange, Step};
use crate::seen::{Room, Seen};
use crate::wanted::room::FurnitureKind;

const ENOENT: i32 = 2;
const ESRCH: i32 = 3;
const EBUSY: i32 = 16;
const EEXIST: i32 = 17;
const ENODEV: i32 = 19;
const EADDRNOTAVAIL: i32 = 99;
const ENETUNREACH: i32 = 101;

pub(super) fn check(seen: &Seen, step: &Step) -> Result<(), i32> {
    let known = |vpc: &String| seen.rooms.get(vpc).ok_or(ENOENT);
    match step {
        Step::AddRoom { vpc } => refuse(seen.rooms.contains_key(vpc), EEXIST),
        // Linux takes it with all that is in it; nothing of ours asks for that.
        Step::DeleteRoom { vpc } => refuse(!known(vpc)?.devices.is_empty(), EBUSY),
        Step::Room { vpc, change } => changeable(seen, known(vpc)?, change),
        _ => Ok(()),
    }
}

fn refuse(when: bool, errno: i32) -> Result<(), i32> {
    if when { Err(errno) } else { Ok(()) }
}

fn changeable(seen: &Seen, room: &Room, change: &RoomChange) -> Result<(), i32> {
    let known = |name| room.devices.get(name).ok_or(ENODEV);
    match change {
        RoomChange::AddUplink { name, device } => {
            let FurnitureKind::Uplink { parent, .. } = &device.kind else { return Err(ENODEV) };
            refuse(!seen.links.contains_key(parent), ENODEV)?;
            refuse(room.devices.contains_key(name), EEXIST)
        }
        RoomChange::AddPair { name, vpc, .. } => {
            let other = seen.rooms.get(vpc).ok_or(ENOENT)?;
            let taken = [room, other].iter().any(|room| room.devices.contains_key(name));
            refuse(taken, EEXIST)
        }
        RoomChange::DeleteDevice { name }
        | RoomChange::Up { name, .. }
        | RoomChange::Mtu { name, .. } => known(name).map(drop),
        RoomChange::AddAddress { name, address } => {
            refuse(known(name)?.addresses.contains(address), EEXIST)
        }
        RoomChange::DeleteAddress { name, address } => {
            refuse(!known(name)?.addresses.contains(address), EADDRNOTAVAIL)
        }
        RoomChange::SetRoute { hop, .. } => {
            let device = known(&hop.device)?;
            let near =
                hop.via.is_none_or(|via| device.addresses.iter().any(|it| it.contains(&via)));
            refuse(!device.up || !near, ENETUNREACH)
        }
        RoomChange::DeleteRoute { to, .. } => refuse(!room.routes.contains_key(to), ESRCH),
        RoomChange::Settings | RoomChange::Name => Ok(()),
        RoomChange::Rules(batch) => rules::check(&room.ruleset, &room.devices, batch),
    }
}
