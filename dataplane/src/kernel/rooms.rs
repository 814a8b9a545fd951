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

use super::links::decode::HeardRoute;
use super::links::route::Route;
use super::namespace::{Namespace, inside};
use super::socket::Socket;
use super::{KernelError, StepError, Translation, connections, rules};
use crate::naming;
use crate::plan::{RoomChange, Step};
use crate::seen::Room;
use crate::wanted::room::Hop;

/// Where ip(8) keeps names of namespaces.
const FOLDER: &str = "/run/netns";
const ITSELF: &str = "/proc/thread-self/ns/net";
/// What the alias of a room's loopback device begins with.
const ROUTER: &str = "assay:router:";
const LOOPBACK: &str = "lo";

/// What a room is to do and not to do: it forwards, whatever interface an answer would take;
/// nothing comes to its devices by itself. IPv6 may be left out of a kernel. `*` stands for `all`,
/// `default` and each device: of some the kernel asks the device, of others it takes the stricter.
const SETTINGS: [(&str, &str); 10] = [
    ("ipv4/conf/*/forwarding", "1"),
    ("ipv4/conf/*/rp_filter", "0"),
    ("ipv4/conf/*/send_redirects", "0"),
    // Its devices answer for their own addresses only.
    ("ipv4/conf/all/arp_ignore", "1"),
    ("ipv6/conf/*/disable_ipv6", "0"),
    ("ipv6/conf/all/forwarding", "1"),
    ("ipv6/conf/*/accept_ra", "0"),
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
    /// Where they are introduced, so that what happens in them is heard there.
    post: Option<Socket>,
}

/// A room that is open. It keeps its namespace even where others take its name away.
#[derive(Debug)]
struct Open {
    path: PathBuf,
    /// Whether the name led to it when it was last looked at.
    named: bool,
    file: File,
    route: Route,
    filter: Socket,
}

impl Rooms {
    /// The rooms of the node whose namespace this thread is in.
    pub fn here() -> io::Result<Self> {
        let prefix = format!("as-{:x}-", fs::metadata(ITSELF)?.ino());
        Ok(Self { prefix, open: BTreeMap::new(), post: None })
    }

    /// Has all rooms introduced at a post, those too that are opened later.
    pub(super) fn introduce_at(&mut self, mut post: Socket) -> io::Result<()> {
        for room in self.open.values() {
            introduce(&mut post, &room.file)?;
        }
        self.post = Some(post);
        Ok(())
    }

    /// Whether the names of all rooms that are open lead to them.
    pub fn are_named(&self) -> bool {
        self.open.values().all(|room| is_same(&room.path, &room.file))
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
            Step::Room { vpc, change } => {
                if let RoomChange::AddPair { name, vpc: other, mtu } = &**change {
                    let other = self.descriptor(other);
                    let other = other.ok_or_else(|| refused(&Errno::NOENT.into()))?;
                    let room = self.get(vpc).map_err(|error| refused(&error))?;
                    return room.route.ask_all(&request::pair(name, *mtu, other));
                }
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

    /// Opens rooms that are new, and sees which have lost their names.
    fn find(&mut self) -> io::Result<()> {
        for room in self.open.values_mut() {
            room.named = is_same(&room.path, &room.file);
        }
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
                self.enter(&path)?;
            }
        }
        Ok(())
    }

    fn get(&mut self, vpc: &str) -> io::Result<&mut Open> {
        if !self.open.contains_key(vpc) {
            let path = self.path(vpc);
            self.enter(&path)?;
        }
        self.open.get_mut(vpc).ok_or_else(|| Errno::NOENT.into())
    }

    /// Opens the room that a file stands for, where it stands for one.
    fn enter(&mut self, path: &Path) -> io::Result<()> {
        let Some((vpc, room)) = open(path)? else { return Ok(()) };
        if let Some(post) = &mut self.post {
            introduce(post, &room.file)?;
        }
        self.open.insert(vpc, room);
        Ok(())
    }

    fn add(&mut self, vpc: &str) -> io::Result<()> {
        let path = self.path(vpc);
        make_file(&path)?;
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
        if self.open.remove(vpc).is_some_and(|room| !room.named) {
            return Ok(());
        }
        let path = self.path(vpc);
        unmount(&path, UnmountFlags::DETACH)?;
        fs::remove_file(&path)
    }
}

impl Open {
    fn look(&mut self) -> Result<Room, KernelError> {
        let mut devices = self.route.devices()?;
        let mut names = BTreeMap::new();
        names.extend(devices.iter().map(|(name, link)| (link.index, name.clone())));
        devices.retain(|name, _link| name.as_str() != LOOPBACK);
        let heard = self.route.routes()?;
        for link in devices.values_mut().filter(|link| link.up) {
            // An address whose network has no route is no more than half of one.
            link.addresses.retain(|address| {
                let there = |it: &HeardRoute| it.to == address.trunc();
                address.prefix_len() == address.max_prefix_len() || heard.iter().any(there)
            });
        }
        let mut routes = BTreeMap::new();
        routes.extend(heard.into_iter().filter(|heard| heard.ours).filter_map(|heard| {
            let device = names.get(&heard.device)?.clone();
            Some((heard.to, Hop { via: heard.via, device }))
        }));
        let (ruleset, _others) = rules::look(&mut self.filter)?;
        let what = "read settings of a router";
        let forwards = inside(Namespace::Open(self.file.as_fd()), || Ok(are_set()));
        let forwards = forwards.map_err(|source| KernelError::Io { what, source })?;
        Ok(Room { devices, routes, ruleset, forwards, named: self.named })
    }

    fn change(&mut self, change: &RoomChange, route: &mut Route) -> Result<(), StepError> {
        match change {
            RoomChange::Rules(batch) => rules::perform(&mut self.filter, batch),
            RoomChange::Settings => {
                inside(Namespace::Open(self.file.as_fd()), set).map_err(|error| refused(&error))
            }
            RoomChange::Name => {
                let named = inside(Namespace::Open(self.file.as_fd()), || {
                    make_file(&self.path)?;
                    Ok(mount_bind(ITSELF, &self.path)?)
                });
                self.named |= named.is_ok();
                named.map_err(|error| refused(&error))
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
                // It may be there without a route to its network, which it brings when it comes.
                drop(self.route.ask_all(&request::address(number, *address, false)));
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
    let devices = route.devices().map_err(io::Error::other)?;
    let alias = devices.into_iter().find(|(name, _link)| name.as_str() == LOOPBACK);
    let alias = alias.and_then(|(_name, link)| link.alias).unwrap_or_default();
    let vpc = alias.strip_prefix(ROUTER).map(str::to_owned);
    Ok(vpc.map(|vpc| (vpc, Open { path: path.to_owned(), named: true, file, route, filter })))
}

/// Whether a name still leads to what is open.
fn is_same(path: &Path, file: &File) -> bool {
    let number = |about: io::Result<fs::Metadata>| about.ok().map(|it| (it.dev(), it.ino()));
    let there = number(fs::metadata(path));
    there.is_some() && there == number(file.metadata())
}

/// Introduces a namespace at a post: what happens in it is told there from now on.
fn introduce(post: &mut Socket, namespace: &File) -> io::Result<()> {
    match post
        .ask(&[request::introduction(namespace.as_raw_fd())])?
        .into_iter()
        .find_map(Result::err)
    {
        Some(error) if error.errno != libc::EEXIST => {
            Err(io::Error::from_raw_os_error(error.errno))
        }
        _ => Ok(()),
    }
}

/// Makes the file that a namespace is mounted on.
fn make_file(path: &Path) -> io::Result<()> {
    make_folder()?;
    match OpenOptions::new().write(true).create_new(true).mode(0o444).open(path) {
        // A run that was killed before it came to the mount left the file.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && open(path)?.is_none() => {
            Ok(())
        }
        other => other.map(drop),
    }
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

/// Returns the settings of the namespace that this thread is in: files, and what is in them.
fn settings() -> Vec<(PathBuf, &'static str)> {
    let mut all = Vec::new();
    for (name, value) in SETTINGS {
        let folder = Path::new("/proc/sys/net");
        let Some((of, what)) = name.split_once("/*/") else {
            all.push((folder.join(name), value));
            continue;
        };
        let each = fs::read_dir(folder.join(of)).into_iter().flatten().flatten();
        all.extend(each.map(|each| (each.path().join(what), value)));
    }
    all
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
    settings().into_iter().all(|(path, value)| match fs::read_to_string(&path) {
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
