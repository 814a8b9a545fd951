//! Namespaces of routers: kept by bind mounts in `/run/netns`, where ip(8) keeps its own and
//! shows ours.
//!
//! A name is `as-`, the inode of the node's namespace, and the digits of the VPC: several nodes
//! may share a machine, as in tests. Whose a room is says the alias of its loopback device,
//! which is there before the mount is: a run that is killed meanwhile leaves an empty file.

mod request;

pub use request::PROTOCOL;

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::mount::{
    MountPropagationFlags, UnmountFlags, mount_bind, mount_bind_recursive, mount_change, unmount,
};
use rustix::net::netlink;

use super::links::route::Route;
use super::namespace::{Namespace, inside};
use super::socket::Socket;
use super::{Interest, KernelError, StepError, Translation, connections, rules};
use crate::naming;
use crate::plan::{RoomChange, Step};
use crate::seen::{Room, Seen};
use crate::wanted::room::Hop;

/// Where ip(8) keeps names of namespaces.
const FOLDER: &str = "/run/netns";
const ITSELF: &str = "/proc/thread-self/ns/net";
/// What the alias of a room's loopback device begins with.
const ROUTER: &str = "assay:router:";
const LOOPBACK: &str = "lo";

/// What a room is to do and not to do: it forwards, whatever interface an answer would take;
/// nothing comes to its devices by itself. IPv6 may be switched off.
const SETTINGS: [(&str, &str); 12] = [
    ("ipv4/ip_forward", "1"),
    ("ipv4/conf/all/rp_filter", "0"),
    ("ipv4/conf/default/rp_filter", "0"),
    ("ipv4/conf/all/send_redirects", "0"),
    ("ipv4/conf/default/send_redirects", "0"),
    // Its devices answer for their own addresses only.
    ("ipv4/conf/all/arp_ignore", "1"),
    ("ipv6/conf/all/forwarding", "1"),
    ("ipv6/conf/all/accept_ra", "0"),
    ("ipv6/conf/default/accept_ra", "0"),
    // Every node has the gateway's addresses: looking for duplicates would find them.
    ("ipv6/conf/all/accept_dad", "0"),
    ("ipv6/conf/default/accept_dad", "0"),
    ("ipv6/conf/default/addr_gen_mode", "1"),
];

/// The rooms of a node.
#[derive(Debug)]
pub struct Rooms {
    /// What their names begin with.
    prefix: String,
    /// Those that are open, by VPC.
    open: BTreeMap<String, Open>,
}

/// A room that is open. It keeps its namespace even where others take its name away.
#[derive(Debug)]
struct Open {
    path: PathBuf,
    file: File,
    route: Route,
    filter: Socket,
}

impl Rooms {
    /// The rooms of the node whose namespace this thread is in.
    pub fn here() -> io::Result<Self> {
        let prefix = format!("as-{:x}-", fs::metadata(ITSELF)?.ino());
        Ok(Self { prefix, open: BTreeMap::new() })
    }

    /// Looks at all rooms.
    pub fn look(&mut self) -> Result<BTreeMap<String, Room>, KernelError> {
        let failed = |source| KernelError::Io { what: "look at namespaces of routers", source };
        self.find().map_err(failed)?;
        let mut seen = BTreeMap::new();
        for (vpc, room) in &mut self.open {
            seen.insert(vpc.clone(), room.look()?);
        }
        Ok(seen)
    }

    /// Returns what stands for a room in requests.
    pub fn descriptor(&mut self, vpc: &str) -> Option<i32> {
        self.get(vpc).ok().map(|room| room.file.as_raw_fd())
    }

    /// Does a step in a room, or to one; others do nothing. `route` is that of the node.
    pub fn perform(&mut self, step: &Step, route: &mut Route) -> Result<(), StepError> {
        match step {
            Step::AddRoom { vpc } => self.add(vpc).map_err(|error| refused(&error)),
            Step::DeleteRoom { vpc } => self.delete(vpc).map_err(|error| refused(&error)),
            Step::Room { vpc, change: RoomChange::AddPair { name, vpc: other, mtu } } => {
                let other = self.descriptor(other);
                let other = other.ok_or_else(|| refused(&Errno::NOENT.into()))?;
                let room = self.get(vpc).map_err(|error| refused(&error))?;
                room.route.ask_all(&request::pair(name, *mtu, other))
            }
            Step::Room { vpc, change } => {
                let room = self.get(vpc).map_err(|error| refused(&error))?;
                room.change(change, route)
            }
            _ => Ok(()),
        }
    }

    /// Returns the connections that pass the rooms.
    pub fn translations(&mut self) -> Result<Vec<Translation>, KernelError> {
        let what = "look at namespaces of routers";
        self.find().map_err(|source| KernelError::Io { what, source })?;
        let mut all = Vec::new();
        for (vpc, room) in &mut self.open {
            let both = connections::look_both_ways(&mut room.filter)?.into_iter();
            all.extend(both.map(|(connection, destination, source)| Translation {
                vpc: vpc.clone(),
                connection,
                source,
                destination,
            }));
        }
        Ok(all)
    }

    /// Forgets connections; returns how many were still there.
    pub fn cut(&mut self, which: &[Translation]) -> Result<usize, KernelError> {
        let mut cut: usize = 0;
        for (vpc, room) in &mut self.open {
            let own = which.iter().filter(|translation| translation.vpc == *vpc);
            let own: Vec<_> = own.map(|translation| translation.connection.clone()).collect();
            cut = cut.saturating_add(connections::cut(&mut room.filter, &own)?);
        }
        Ok(cut)
    }

    fn path(&self, vpc: &str) -> PathBuf {
        Path::new(FOLDER).join(format!("{}{}", self.prefix, naming::digits([vpc])))
    }

    /// Opens rooms that are new, and forgets those whose names lead elsewhere now.
    fn find(&mut self) -> io::Result<()> {
        self.open.retain(|_vpc, room| is_same(&room.path, &room.file));
        let entries = match fs::read_dir(FOLDER) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let ours = entry.file_name().to_str().is_some_and(|it| it.starts_with(&self.prefix));
            let path = entry.path();
            if ours && !self.open.values().any(|room| room.path == path) {
                self.open.extend(open(&path)?);
            }
        }
        Ok(())
    }

    fn get(&mut self, vpc: &str) -> io::Result<&mut Open> {
        if !self.open.contains_key(vpc) {
            let path = self.path(vpc);
            self.open.extend(open(&path)?);
        }
        self.open.get_mut(vpc).ok_or_else(|| Errno::NOENT.into())
    }

    fn add(&mut self, vpc: &str) -> io::Result<()> {
        make_folder()?;
        let path = self.path(vpc);
        match OpenOptions::new().write(true).create_new(true).mode(0o444).open(&path) {
            // A run that was killed before it came to the mount left the file.
            Err(error)
                if error.kind() == io::ErrorKind::AlreadyExists && open(&path)?.is_none() => {}
            other => drop(other?),
        }
        let made = inside(Namespace::Scratch, || {
            set()?;
            let mut route = Route::open()?;
            let name = format!("{ROUTER}{vpc}");
            route.ask_all(&request::loopback(&name)).map_err(io::Error::other)?;
            mount_bind(ITSELF, &path)?;
            Ok(())
        });
        if made.is_err() {
            drop(fs::remove_file(&path));
        }
        made
    }

    fn delete(&mut self, vpc: &str) -> io::Result<()> {
        // A socket that is open would keep it.
        self.open.remove(vpc);
        let path = self.path(vpc);
        unmount(&path, UnmountFlags::DETACH)?;
        fs::remove_file(&path)
    }
}

impl Open {
    fn look(&mut self) -> Result<Room, KernelError> {
        let Seen { links: mut devices, .. } = self.route.look(&Interest::default())?;
        let mut names = BTreeMap::new();
        names.extend(devices.iter().map(|(name, link)| (link.index, name.clone())));
        devices.retain(|name, _link| name.as_str() != LOOPBACK);
        let mut routes = BTreeMap::new();
        routes.extend(self.route.routes()?.into_iter().filter_map(|heard| {
            let device = names.get(&heard.device)?.clone();
            Some((heard.to, Hop { via: heard.via, device }))
        }));
        let (ruleset, _others) = rules::look(&mut self.filter)?;
        let what = "read settings of a router";
        let forwards = inside(Namespace::Open(self.file.as_fd()), || Ok(are_set()));
        let forwards = forwards.map_err(|source| KernelError::Io { what, source })?;
        Ok(Room { devices, routes, ruleset, forwards })
    }

    fn change(&mut self, change: &RoomChange, route: &mut Route) -> Result<(), StepError> {
        match change {
            RoomChange::Rules(batch) => rules::perform(&mut self.filter, batch),
            RoomChange::Settings => {
                inside(Namespace::Open(self.file.as_fd()), set).map_err(|error| refused(&error))
            }
            RoomChange::AddUplink { name, device } => {
                let parent = request::parent(device).and_then(|parent| route.number(parent));
                let parent = parent.ok_or_else(|| refused(&Errno::NODEV.into()))?;
                let room = self.file.as_raw_fd();
                route.ask_all(&request::uplink(name, device, parent, room))?;
                let alias = device.kind.alias().unwrap_or_default();
                let marked = self.route.ask_all(&request::alias(name, &alias));
                if marked.is_err() {
                    drop(self.route.ask_all(&request::removal(name)));
                }
                marked
            }
            // Of two rooms.
            RoomChange::AddPair { .. } => Ok(()),
            RoomChange::DeleteDevice { name } => self.route.ask_all(&request::removal(name)),
            RoomChange::Up { name, up } => self.route.ask_all(&request::up(name, *up)),
            RoomChange::Mtu { name, mtu } => self.route.ask_all(&request::mtu(name, *mtu)),
            RoomChange::AddAddress { name, address } => {
                let number = self.number(name)?;
                self.route.ask_all(&request::address(number, *address, true))
            }
            RoomChange::DeleteAddress { name, address } => {
                let number = self.number(name)?;
                self.route.ask_all(&request::address(number, *address, false))
            }
            RoomChange::SetRoute { to, hop } => {
                let number = self.number(&hop.device)?;
                self.route.ask_all(&request::route(*to, hop.via, number, true))
            }
            RoomChange::DeleteRoute { to, hop } => {
                let number = self.number(&hop.device)?;
                self.route.ask_all(&request::route(*to, hop.via, number, false))
            }
        }
    }

    fn number(&self, name: &crate::address::Device) -> Result<u32, StepError> {
        self.route.number(name).ok_or_else(|| refused(&Errno::NODEV.into()))
    }
}

/// Opens the room that a file stands for; nothing where it stands for none.
fn open(path: &Path) -> io::Result<Option<(String, Open)>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let sockets = inside(Namespace::Open(file.as_fd()), || {
        Ok((Route::open()?, Socket::open(Some(netlink::NETFILTER))?))
    });
    let (mut route, filter) = match sockets {
        Ok(sockets) => sockets,
        // A file without a namespace behind it.
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => return Ok(None),
        Err(error) => return Err(error),
    };
    let seen = route.look(&Interest::default()).map_err(io::Error::other)?;
    let alias = seen.links.into_iter().find(|(name, _link)| name.as_str() == LOOPBACK);
    let alias = alias.and_then(|(_name, link)| link.alias).unwrap_or_default();
    let vpc = alias.strip_prefix(ROUTER).map(str::to_owned);
    Ok(vpc.map(|vpc| (vpc, Open { path: path.to_owned(), file, route, filter })))
}

/// Whether a name still leads to what is open.
fn is_same(path: &Path, file: &File) -> bool {
    let number = |about: io::Result<fs::Metadata>| about.ok().map(|it| (it.dev(), it.ino()));
    let there = number(fs::metadata(path));
    there.is_some() && there == number(file.metadata())
}

/// Makes the folder a mount that is shared, as ip-netns(8) does: namespaces that others made
/// before or after are then seen everywhere.
fn make_folder() -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(FOLDER)?;
    let share = || mount_change(FOLDER, MountPropagationFlags::SHARED | MountPropagationFlags::REC);
    match share() {
        Err(Errno::INVAL) => {
            mount_bind_recursive(FOLDER, FOLDER)?;
            Ok(share()?)
        }
        other => Ok(other?),
    }
}

fn settings() -> impl Iterator<Item = (PathBuf, &'static str)> {
    let folder = Path::new("/proc/sys/net");
    SETTINGS.iter().map(|(name, value)| (folder.join(name), *value))
}

/// Writes the settings of the namespace that this thread is in.
fn set() -> io::Result<()> {
    for (path, value) in settings() {
        match fs::write(&path, value) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && is_six(&path) => {}
            other => other?,
        }
    }
    Ok(())
}

fn are_set() -> bool {
    settings().all(|(path, value)| match fs::read_to_string(&path) {
        Ok(text) => text.trim() == value,
        Err(error) => error.kind() == io::ErrorKind::NotFound && is_six(&path),
    })
}

fn is_six(path: &Path) -> bool {
    path.starts_with("/proc/sys/net/ipv6")
}

fn refused(error: &io::Error) -> StepError {
    let errno = error.raw_os_error().unwrap_or(libc::EIO);
    let said = error.raw_os_error().is_none().then(|| error.to_string());
    StepError { errno, said }
}
