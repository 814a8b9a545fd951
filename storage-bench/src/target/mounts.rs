//! What is mounted and what is swap: `proc_pid_mountinfo(5)`, `/proc/swaps`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;

use crate::safety::{Number, Source, Unread};

use super::root::Root;
use super::sysfs;

/// One mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// Device of the filesystem; one of its own making for btrfs and others.
    pub(super) number: Number,
    /// Where.
    pub(super) place: String,
    /// Its type.
    pub(super) filesystem: String,
    /// What was mounted: a device's path, or any word.
    pub(super) source: String,
    /// The device that `source` is a node of.
    pub(super) node: Option<Number>,
    /// Whose namespace, where it is not ours: `pid (program)`.
    pub(super) namespace: Option<String>,
}

/// All that is mounted and swap, and what could not be read of that.
#[derive(Clone, Debug, Default)]
pub(super) struct Mounts {
    pub(super) list: Vec<Mount>,
    /// Devices that are swap.
    pub(super) swaps: Vec<Number>,
    pub(super) unread: Vec<Unread>,
}

impl Mounts {
    /// Returns the mount that `path` is on: the last one on the longest mount point.
    pub(super) fn of_path(&self, path: &str) -> Option<&Mount> {
        let ours = self.list.iter().filter(|mount| mount.namespace.is_none());
        let above = ours.filter(|mount| is_below(path, &mount.place));
        above.max_by_key(|mount| mount.place.len())
    }
}

fn is_below(path: &str, mount_point: &str) -> bool {
    mount_point == "/"
        || path
            .strip_prefix(mount_point)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Reads our own mounts and swap; with `everywhere`, those of all namespaces too.
pub(super) fn read(root: &Root, everywhere: bool) -> Mounts {
    let mut all = Mounts::default();
    match root.text("/proc/self/mountinfo") {
        Ok(text) => all.list.extend(parse(&text, None)),
        Err(error) => all.unread.push(unread(Source::Mounts, &error)),
    }
    match root.text("/proc/swaps") {
        Ok(text) => {
            all.swaps =
                parse_swaps(&text).iter().filter_map(|path| sysfs::node(root, path)).collect();
        }
        // A kernel without swap has no list of it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => all.unread.push(unread(Source::Swaps, &error)),
    }
    if everywhere {
        elsewhere(root, &mut all);
    }
    // Once for each word: hosts of containers have thousands of mounts of a few devices.
    let mut nodes: BTreeMap<String, Option<Number>> = BTreeMap::new();
    for mount in &mut all.list {
        let known = nodes.get(&mount.source).copied();
        mount.node = known.unwrap_or_else(|| sysfs::node(root, &mount.source));
        nodes.insert(mount.source.clone(), mount.node);
    }
    all
}

fn unread(source: Source, error: &io::Error) -> Unread {
    Unread { source, why: error.to_string() }
}

/// Adds the mounts of every other namespace that a process lives in.
fn elsewhere(root: &Root, all: &mut Mounts) {
    let own = fs::read_link(root.host("/proc/self/ns/mnt")).ok();
    let mut met = BTreeSet::new();
    met.extend(own);
    let mut known: BTreeSet<(Number, String)> = BTreeSet::new();
    known.extend(all.list.iter().map(|mount| (mount.number, mount.place.clone())));
    let mut denied = 0_u32;
    for pid in root.list("/proc").unwrap_or_default() {
        if !pid.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let namespace = match fs::read_link(root.host(&format!("/proc/{pid}/ns/mnt"))) {
            Ok(namespace) => namespace,
            // A process that has ended meanwhile is none.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                denied = denied.saturating_add(1);
                continue;
            }
            Err(_gone) => continue,
        };
        if !met.insert(namespace) {
            continue;
        }
        match root.text(&format!("/proc/{pid}/mountinfo")) {
            Ok(text) => {
                let program = root.text(&format!("/proc/{pid}/comm")).unwrap_or_default();
                let who = format!("{pid} ({})", program.trim());
                let new = parse(&text, Some(&who));
                let new = new.filter(|mount| known.insert((mount.number, mount.place.clone())));
                all.list.extend(new.collect::<Vec<_>>());
            }
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                denied = denied.saturating_add(1);
            }
            Err(_gone) => {}
        }
    }
    if denied > 0 {
        let why = format!("{denied} processes may not be looked at");
        all.unread.push(Unread { source: Source::OtherMounts, why });
    }
}

/// Reads the lines of a `mountinfo`; those that are no mounts are left out.
fn parse<'a>(text: &'a str, namespace: Option<&'a str>) -> impl Iterator<Item = Mount> + 'a {
    text.lines().filter_map(move |line| {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ');
        let (major, minor) = before.nth(2)?.split_once(':')?;
        let place = unescape(before.nth(1)?);
        let mut after = after.split(' ');
        Some(Mount {
            number: Number { major: major.parse().ok()?, minor: minor.parse().ok()? },
            place,
            filesystem: after.next()?.to_owned(),
            source: unescape(after.next()?),
            node: None,
            namespace: namespace.map(str::to_owned),
        })
    })
}

fn parse_swaps(text: &str) -> Vec<String> {
    let lines = text.lines().skip(1);
    lines.filter_map(|line| line.split_whitespace().next()).map(unescape).collect()
}

/// Undoes the kernel's `\040` for a blank, and its like.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let octal = tail.first_chunk::<3>().filter(|_| *first == b'\\');
        let value = octal.and_then(|digits| {
            let digits = std::str::from_utf8(digits).ok()?;
            u8::from_str_radix(digits, 8).ok()
        });
        if let Some(value) = value {
            bytes.push(value);
            rest = tail.get(3..).unwrap_or_default();
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
31 22 7:3 /sub /mnt/a\\040b rw,relatime shared:1 master:2 - xfs /dev/loop3 rw
32 22 0:45 / /mnt/pool rw - btrfs /dev/loop4 rw
33 22 0:46 / /mnt rw - tmpfs none rw
not a mount
";

    #[test]
    fn optional_fields_and_escaped_blanks_are_read() {
        let mounts: Vec<Mount> = parse(TEXT, None).collect();
        assert_eq!(mounts.len(), 4);
        assert_eq!(mounts[1].place, "/mnt/a b");
        assert_eq!(mounts[1].number, Number { major: 7, minor: 3 });
        assert_eq!(
            (mounts[1].filesystem.as_str(), mounts[1].source.as_str()),
            ("xfs", "/dev/loop3")
        );
    }

    #[test]
    fn a_path_is_on_the_mount_with_the_longest_mount_point() {
        let mounts = Mounts { list: parse(TEXT, None).collect(), ..Mounts::default() };
        let of = |path| mounts.of_path(path).unwrap().filesystem.as_str();
        assert_eq!(of("/mnt/pool/x"), "btrfs");
        assert_eq!(of("/mnt/poolx"), "tmpfs");
        assert_eq!(of("/home"), "ext4");
    }

    #[test]
    fn swaps_are_the_first_column_below_the_title() {
        let text = "Filename\tType\tSize\n/dev/sda2  partition 1 0 -2\n/a\\040b file 1 0 -3\n";
        assert_eq!(parse_swaps(text), ["/dev/sda2", "/a b"]);
    }

    #[test]
    fn a_lone_backslash_stays() {
        assert_eq!(unescape("a\\9\\"), "a\\9\\");
        assert_eq!(unescape("\\134\\011"), "\\\t");
    }
}
