//! Everything that uses a device: mounts, swap, holders, the running system, programs.

use std::collections::BTreeSet;
use std::io;

use crate::safety::{How, Number, Source, Unread, Use};

use super::mounts::{Mount, Mounts};
use super::processes;
use super::root::{self, Root};
use super::sysfs::{self, Device};

/// Deeper than any stack of devices that works; a loop in a broken tree ends.
const DEEPEST: u8 = 16;
/// Mount points that the running system comes from.
const SYSTEM: &[(&str, &str)] = &[
    ("/", "root filesystem"),
    ("/usr", "/usr"),
    ("/boot", "/boot"),
    ("/boot/efi", "EFI system partition"),
    ("/efi", "EFI system partition"),
];

/// How a device that is looked at belongs to the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The target, another path to it, a partition of them, or what is made of those.
    Part,
    /// The disk that the target is a partition of: what has all of it has the target.
    Whole,
    /// What the target is made of.
    Below,
}

/// Returns what uses `target`, whose other paths are `siblings`; with `writers`, also
/// which programs could write to it.
pub(super) fn of(
    root: &Root,
    target: &Device,
    siblings: &[Device],
    mounts: &Mounts,
    writers: bool,
) -> (Vec<Use>, Vec<Unread>) {
    let mut unread = Vec::new();
    let members = members(root, target, siblings, &mut unread);
    let mut uses = Vec::new();
    for (device, role) in &members {
        uses.extend(mounted(root, device, mounts));
        if device.number().is_some_and(|number| mounts.swaps.contains(&number)) {
            uses.push(Use { device: device.name.clone(), how: How::Swap });
        }
        if *role != Role::Below {
            uses.extend(held(root, device, target, &mut unread));
        }
    }
    let chain = chain(root, mounts);
    for (device, _) in members.iter().filter(|(_, role)| *role == Role::Part) {
        let parts = chain.iter().filter(|(name, _)| *name == device.name);
        let how = parts.map(|(_, part)| How::Boot { part: part.clone() });
        uses.extend(how.map(|how| Use { device: device.name.clone(), how }));
    }
    if writers {
        uses.extend(open(root, &members, &mut unread));
    }
    (uses, unread)
}

/// Returns every device that belongs to the target.
fn members(
    root: &Root,
    target: &Device,
    siblings: &[Device],
    unread: &mut Vec<Unread>,
) -> Vec<(Device, Role)> {
    let mut found: Vec<(Device, Role)> = Vec::new();
    for device in std::iter::once(target).chain(siblings) {
        add(root, device, Role::Part, (0, unread), &mut found);
    }
    if let Some(whole) = target.parent() {
        found.push((whole.clone(), Role::Whole));
        let above = above(root, &whole, unread);
        for holder in above.into_iter().filter(|holder| holder.name != target.name) {
            add(root, &holder, Role::Part, (1, unread), &mut found);
        }
    }
    below(root, target, 0, unread, &mut found);
    found
}

/// Adds a device, its partitions, and what is made of them.
fn add(
    root: &Root,
    device: &Device,
    role: Role,
    (depth, unread): (u8, &mut Vec<Unread>),
    found: &mut Vec<(Device, Role)>,
) {
    if depth > DEEPEST || found.iter().any(|(known, _)| known.name == device.name) {
        return;
    }
    found.push((device.clone(), role));
    let deeper = depth.saturating_add(1);
    let mut next = listed(device.partitions(), device, unread);
    next.extend(above(root, device, unread));
    for device in next {
        add(root, &device, role, (deeper, &mut *unread), found);
    }
}

/// Returns what is made of a device: its holders, and loop devices on it, which the
/// kernel neither lists as such nor keeps an exclusive open from.
fn above(root: &Root, device: &Device, unread: &mut Vec<Unread>) -> Vec<Device> {
    let mut above = listed(device.holders(root), device, unread);
    let all = listed(Device::all(root), device, unread);
    above.extend(all.into_iter().filter(|other| {
        other.name != device.name
            && other
                .attribute("loop/backing_file")
                .is_some_and(|backing| is_node(root, &backing, device))
    }));
    above
}

/// Adds what a device is made of.
fn below(
    root: &Root,
    device: &Device,
    depth: u8,
    unread: &mut Vec<Unread>,
    found: &mut Vec<(Device, Role)>,
) {
    let slaves = listed(device.slaves(root), device, unread);
    for slave in slaves.into_iter().filter(|_| depth <= DEEPEST) {
        if !found.iter().any(|(known, _)| known.name == slave.name) {
            found.push((slave.clone(), Role::Below));
        }
        below(root, &slave, depth.saturating_add(1), unread, found);
    }
}

fn listed(devices: io::Result<Vec<Device>>, of: &Device, unread: &mut Vec<Unread>) -> Vec<Device> {
    devices.unwrap_or_else(|error| {
        unread.push(Unread { source: Source::Sysfs, why: format!("{}: {error}", of.name) });
        Vec::new()
    })
}

fn mounted(root: &Root, device: &Device, mounts: &Mounts) -> Vec<Use> {
    let pool = pool_of(root, device);
    let here = mounts.list.iter().filter(|mount| is_on(mount, device));
    let mut uses: Vec<Use> = here
        .map(|mount| Use {
            device: device.name.clone(),
            how: How::Mounted {
                mount_point: mount.place.clone(),
                filesystem: mount.filesystem.clone(),
                namespace: mount.namespace.clone(),
            },
        })
        .collect();
    // Of the devices of a btrfs the mount table names one.
    if let Some(pool) = pool
        && uses.is_empty()
    {
        let how = How::Held { by: format!("btrfs {pool}"), what: "btrfs".to_owned() };
        uses.push(Use { device: device.name.clone(), how });
    }
    uses
}

/// Returns the btrfs that a device is in use by.
fn pool_of(root: &Root, device: &Device) -> Option<String> {
    let pools = root.list("/sys/fs/btrfs").ok()?;
    pools.into_iter().find(|pool| {
        let devices = root.list(&format!("/sys/fs/btrfs/{pool}/devices"));
        devices.is_ok_and(|names| names.contains(&device.name))
    })
}

fn is_on(mount: &Mount, device: &Device) -> bool {
    let number = device.number();
    number == Some(mount.number) || (number.is_some() && number == mount.node)
}

/// Returns whether `path` is a node of `device`.
fn is_node(root: &Root, path: &str, device: &Device) -> bool {
    let number = sysfs::node(root, path);
    number.is_some() && number == device.number()
}

/// Returns what is made of a device, the target itself left out.
fn held(root: &Root, device: &Device, target: &Device, unread: &mut Vec<Unread>) -> Vec<Use> {
    let holders = above(root, device, unread);
    let mut by: Vec<(String, String)> = holders
        .iter()
        .filter(|holder| holder.name != target.name)
        .map(|holder| (holder.name.clone(), holder.described()))
        .collect();
    // A cache device has no holder: the set has it.
    if device.has("bcache") && by.is_empty() {
        by.push(("bcache".to_owned(), "bcache".to_owned()));
    }
    by.into_iter()
        .map(|(by, what)| Use { device: device.name.clone(), how: How::Held { by, what } })
        .collect()
}

/// Returns the devices that the running system comes from, each with what it carries:
/// the system's mounts, what the kernel was told to start from or to wake up from, and
/// everything below them.
fn chain(root: &Root, mounts: &Mounts) -> BTreeSet<(String, String)> {
    let mut chain = BTreeSet::new();
    let Ok(devices) = Device::all(root) else { return chain };
    for device in &devices {
        let ours = mounts.list.iter().filter(|mount| mount.namespace.is_none());
        for mount in ours.filter(|mount| is_on(mount, device)) {
            let part = SYSTEM.iter().find(|(place, _)| *place == mount.place);
            if let Some((_, part)) = part {
                descend(root, device, part, 0, &mut chain);
            }
        }
    }
    let line = root.text("/proc/cmdline").unwrap_or_default();
    for word in line.split_whitespace() {
        let Some((key @ ("root" | "resume"), value)) = word.split_once('=') else { continue };
        if let Some(path) = node_of(root, value) {
            let named = devices.iter().filter(|device| is_node(root, &path, device));
            for device in named {
                descend(root, device, &format!("{key}={value}"), 0, &mut chain);
            }
        }
    }
    chain
}

/// Returns the node that a word of the kernel's command line names.
fn node_of(root: &Root, value: &str) -> Option<String> {
    let by = |folder: &str, id: &str| {
        let link = root.host(&format!("/dev/disk/{folder}/{id}"));
        Some(root.inside(&link.canonicalize().ok()?))
    };
    match value.split_once('=') {
        Some(("UUID", id)) => by("by-uuid", id),
        Some(("PARTUUID", id)) => by("by-partuuid", id),
        Some(("LABEL", id)) => by("by-label", id),
        _ if value.starts_with("/dev/") => {
            Some(root.host(value).canonicalize().map_or(value.to_owned(), |it| root.inside(&it)))
        }
        _ => None,
    }
}

/// Adds a device, the disk it is on, and what it is made of.
fn descend(
    root: &Root,
    device: &Device,
    part: &str,
    depth: u8,
    chain: &mut BTreeSet<(String, String)>,
) {
    if depth > DEEPEST || !chain.insert((device.name.clone(), part.to_owned())) {
        return;
    }
    let slaves = device.slaves(root).unwrap_or_default();
    for below in device.parent().into_iter().chain(slaves) {
        descend(root, &below, part, depth.saturating_add(1), chain);
    }
}

fn open(root: &Root, members: &[(Device, Role)], unread: &mut Vec<Unread>) -> Vec<Use> {
    // Programs that have what the target is made of are its own.
    let mine = members.iter().filter(|(_, role)| *role != Role::Below);
    let mine: Vec<(Number, &str)> =
        mine.filter_map(|(device, _)| Some((device.number()?, device.name.as_str()))).collect();
    let numbers: Vec<Number> = mine.iter().map(|(number, _)| *number).collect();
    let (writers, hidden) = processes::writers(root, &numbers);
    unread.extend(hidden);
    writers
        .into_iter()
        .map(|writer| {
            let device = mine.iter().find(|(number, _)| *number == writer.number);
            Use {
                device: device.map_or(String::new(), |(_, name)| (*name).to_owned()),
                how: How::Open { pid: writer.pid, program: writer.program },
            }
        })
        .collect()
}

/// Returns whether the machine has a list of block devices at all.
pub(super) fn has_sysfs(root: &Root) -> bool {
    root::names(&root.host("/sys/class/block")).is_ok_and(|names| !names.is_empty())
}
