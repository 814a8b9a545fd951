//! Which steps on devices, entries and neighbours Linux refuses, and how.

use crate::address::Device;
use crate::plan::{LinkChange, Step};
use crate::seen::{Link, Seen};
use crate::wanted::{ForwardingKey, ForwardingOf, LinkKind};

const ENOENT: i32 = 2;
const EEXIST: i32 = 17;
const ENODEV: i32 = 19;
const EINVAL: i32 = 22;
const EOPNOTSUPP: i32 = 95;
const ENETDOWN: i32 = 100;

/// Smallest and largest MTU of a device that the kernel takes.
const MTU: std::ops::RangeInclusive<u32> = 68..=65535;

pub(super) fn check(seen: &Seen, step: &Step) -> Result<(), i32> {
    match step {
        Step::AddLink { name, link } => {
            refuse(seen.links.contains_key(name), EEXIST)?;
            refuse(!MTU.contains(&link.mtu), EINVAL)?;
            refuse(link.master.is_some() || link.up, EINVAL)?;
            match &link.kind {
                LinkKind::Veth { peer, .. } => refuse(seen.links.contains_key(peer), EEXIST),
                LinkKind::Vxlan { vni, port, .. } => {
                    let same = |there: &Link| {
                        there.vxlan.is_some_and(|there| (there.vni, there.port) == (*vni, *port))
                    };
                    refuse(seen.links.values().any(same), EEXIST)
                }
                LinkKind::Bridge { .. } => Ok(()),
                LinkKind::Gateway { vpc, end, .. } => {
                    let room = seen.rooms.get(vpc).ok_or(ENOENT)?;
                    refuse(room.devices.contains_key(end), EEXIST)
                }
                LinkKind::Existing { .. } => Err(EINVAL),
            }
        }
        Step::ChangeLink { name, change } => changeable(seen, link(seen, name)?, change),
        Step::DeleteLink { name } => link(seen, name).map(drop),
        Step::SetForwarding { key, to } => {
            let device = entry(seen, key)?;
            refuse(key.of == ForwardingOf::Device && to.is_none(), EINVAL)?;
            refuse(key.of == ForwardingOf::Device && device.vxlan.is_none(), EOPNOTSUPP)
        }
        Step::DeleteForwarding { key, .. } => {
            entry(seen, key)?;
            refuse(!seen.forwarding.contains_key(key), ENOENT)
        }
        Step::SetNeighbour { key, .. } => refuse(!link(seen, &key.device)?.up, ENETDOWN),
        Step::DeleteNeighbour { key } => {
            link(seen, &key.device)?;
            refuse(!seen.neighbours.contains_key(key), ENOENT)
        }
        Step::Rules(_) | Step::AddRoom { .. } | Step::DeleteRoom { .. } | Step::Room { .. } => {
            Ok(())
        }
    }
}

fn refuse(when: bool, errno: i32) -> Result<(), i32> {
    if when { Err(errno) } else { Ok(()) }
}

fn link<'a>(seen: &'a Seen, name: &Device) -> Result<&'a Link, i32> {
    seen.links.get(name).ok_or(ENODEV)
}

fn entry<'a>(seen: &'a Seen, key: &ForwardingKey) -> Result<&'a Link, i32> {
    let device = link(seen, &key.device)?;
    refuse(key.of == ForwardingOf::Bridge && device.master.is_none(), EINVAL)?;
    Ok(device)
}

fn changeable(seen: &Seen, device: &Link, change: &LinkChange) -> Result<(), i32> {
    match change {
        LinkChange::Mtu(mtu) => refuse(!MTU.contains(mtu), EINVAL),
        LinkChange::Master(Some(bridge)) => {
            refuse(link(seen, bridge)?.bridge.is_none(), EOPNOTSUPP)
        }
        LinkChange::Port(_) => refuse(device.master.is_none(), EOPNOTSUPP),
        LinkChange::BridgeSettings { .. } => refuse(device.bridge.is_none(), EOPNOTSUPP),
        LinkChange::Up(_) | LinkChange::Alias(_) | LinkChange::Master(None) => Ok(()),
    }
}
