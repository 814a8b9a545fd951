//! Tells when something of ours changed, or a device that a port waits for.
//!
//! One socket for each protocol that hears what the kernel tells of every change: rtnetlink
//! (devices, forwarding entries, neighbours) and `nf_tables`. [`Concern`] says which of it is of
//! concern. What is told is only an edge: whoever is woken looks and plans, and where nothing
//! differs there is nothing to do. Events that were lost for want of room mean that everything is
//! to be looked at again.
//!
//! Open the watch before the first look. Then, each time: [`forget`](Watch::forget), look, do
//! what is to be done, [`forget`](Watch::forget), look to verify, [`mind`](Watch::mind) what was
//! seen, [`wait`](Watch::wait). What happens between a `forget` and the end of the look behind it
//! is told by the next `wait`, perhaps for nothing; nothing is ever missed.
//!
//! Routers' namespaces are heard at a *post*: a namespace of its own in which each of them has a
//! number, and nobody else. Its two sockets hear all namespaces that have one
//! (`NETLINK_LISTEN_ALL_NSID`), so that neither routes of the node nor containers ever wake
//! anybody. Whatever happens to devices, addresses, routes and rules in there is of concern. That
//! somebody took a name away is told by the kernel's list of mounts, to which `poll` answers when
//! any of it changes.
//!
//! Not heard, and left to a look now and then: addresses and routes of the node (they are only in
//! the way of ports that are not ours yet), and sysctls other than those of forwarding and of the
//! reverse path filter, which have no events.

mod concern;

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::{Errno, retry_on_intr};
use rustix::net::netlink::{NETFILTER, SocketAddrNetlink};
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SocketFlags, SocketType, bind, recv, socket_with,
};

pub use concern::Concern;

use super::namespace::{Namespace, inside};
use super::real::Real;
use super::socket::{Message, Room, Socket, make_room, switch_on};
use crate::address::Device;

/// `RTMGRP_LINK | RTMGRP_NEIGH`.
const ROUTE_GROUPS: u32 = 0x1 | 0x4;
/// The same, and `RTNLGRP_IPV4_IFADDR`, `…IPV4_ROUTE`, `…IPV6_IFADDR`, `…IPV6_ROUTE`,
/// `…IPV4_NETCONF`, `…IPV6_NETCONF` as bits.
const POST_GROUPS: u32 = 0x1 | 1 << 4 | 1 << 6 | 1 << 8 | 1 << 10 | 1 << 23 | 1 << 24;
/// `NFNLGRP_NFTABLES` (7) as a bit.
const FILTER_GROUPS: u32 = 1 << 6;

/// Room for events: some ten thousand.
const RECEIVE: usize = 8 << 20;
/// The kernel sends at most 32 KiB at once.
const LARGEST: usize = 64 * 1024;

/// How long it has to be quiet before what happened is told.
const LULL: Duration = Duration::from_millis(10);
/// How long what happened waits at most to be told.
const LONGEST: Duration = Duration::from_millis(100);

/// Changes whenever something is mounted or unmounted where this process is.
const MOUNTS: &str = "/proc/self/mountinfo";

/// Hears events of the namespace in which it was opened.
#[derive(Debug)]
pub struct Watch {
    attends: bool,
    post: Option<Post>,
    route: OwnedFd,
    filter: OwnedFd,
    called: Arc<OwnedFd>,
    concern: Concern,
    /// Senders of changes of rules that are not told.
    own: BTreeSet<u32>,
    buffer: Vec<u8>,
    /// How long it has to be quiet before what happened is told.
    pub lull: Duration,
    /// How long what happened waits at most to be told, where it is never quiet.
    pub longest: Duration,
}

/// Why a wait ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Something changed.
    Changed(Changed),
    /// A [`Caller`] called.
    Called,
    /// The deadline came.
    Deadline,
}

/// What changed. It says where to look, and is not what is there now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a place to look at")]
pub struct Changed {
    /// Devices that came, went or changed, or an entry of theirs did.
    pub devices: BTreeSet<Device>,
    /// Whether rules of ours changed.
    pub rules: bool,
    /// Whether something changed in a router's namespace.
    pub rooms: bool,
    /// Whether something was mounted or unmounted; see [`Real::are_named`].
    pub mounts: bool,
    /// Whether events were lost: anything may have changed.
    pub lost: bool,
}

impl Changed {
    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether nothing changed but what is mounted.
    pub fn is_of_mounts(&self) -> bool {
        *self == Self { mounts: true, ..Self::default() }
    }
}

/// Ends the waits of a [`Watch`], from another thread.
#[derive(Clone, Debug)]
pub struct Caller(Arc<OwnedFd>);

impl Caller {
    /// Ends the wait that is going on, or the next one.
    pub fn call(&self) -> io::Result<()> {
        match rustix::io::write(&self.0, &1_u64.to_ne_bytes()) {
            // It has been called so often that there is no more to count.
            Ok(_) | Err(Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Watch {
    /// Opens a watch in the namespace that this thread is in; see
    /// [`namespace::inside`](super::namespace::inside) for others.
    pub fn open() -> io::Result<Self> {
        Self::with_room(RECEIVE)
    }

    /// Opens a watch with so many bytes of room for events, on each socket.
    pub fn with_room(room: usize) -> io::Result<Self> {
        let called = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self {
            attends: false,
            post: None,
            route: listen(None, ROUTE_GROUPS, room)?,
            filter: listen(Some(NETFILTER), FILTER_GROUPS, room)?,
            called: Arc::new(called),
            concern: Concern::default(),
            own: BTreeSet::new(),
            buffer: vec![0; LARGEST],
            lull: LULL,
            longest: LONGEST,
        })
    }

    /// Has what happens in routers' namespaces heard too, of those that the kernel has and of
    /// those that it opens later. Returns whether it was not heard before: what happened until
    /// then is to be looked for. Takes `CAP_SYS_ADMIN` and `CAP_NET_BROADCAST`; it is tried once.
    pub fn attend(&mut self, kernel: &mut Real) -> io::Result<bool> {
        if std::mem::replace(&mut self.attends, true) {
            return Ok(false);
        }
        let (post, introducing) = inside(Namespace::Scratch, || {
            let route = listen(None, POST_GROUPS, RECEIVE)?;
            let filter = listen(Some(NETFILTER), FILTER_GROUPS, RECEIVE)?;
            for socket in [&route, &filter] {
                switch_on(socket.as_fd(), libc::NETLINK_LISTEN_ALL_NSID)?;
            }
            Ok((Post { route, filter, mounts: File::open(MOUNTS)? }, Socket::open(None)?))
        })?;
        kernel.introduce_at(introducing)?;
        self.post = Some(post);
        Ok(true)
    }

    /// Returns what ends waits from another thread.
    pub fn caller(&self) -> Caller {
        Caller(Arc::clone(&self.called))
    }

    /// Says what is of concern from now on. Until then it is the rules alone, and devices that
    /// are marked as ours.
    pub fn mind(&mut self, concern: Concern) {
        self.concern = concern;
    }

    /// Has changes of rules not told that a socket asks for, known by its
    /// [`Real::filter_port`](super::real::Real::filter_port): who changes one element of a set
    /// knows that it did. The kernel does not say who changed a device.
    pub fn except(&mut self, port: u32) {
        self.own.insert(port);
    }

    /// Forgets what happened so far, calls apart: a look that begins now sees all of it.
    pub fn forget(&mut self) -> io::Result<()> {
        self.hear()?;
        Ok(())
    }

    /// Has more be of concern than is.
    pub fn mind_too(&mut self, more: Concern) {
        self.concern.merge(more);
    }

    /// Returns what changed so far, calls apart, and does not wait.
    pub fn heard(&mut self) -> io::Result<Changed> {
        self.hear()
    }

    /// Waits until something changed and it has been quiet for a moment, a caller calls, or the
    /// deadline comes; without one, for ever. What changed goes before a call.
    pub fn wait(&mut self, deadline: Option<Instant>) -> io::Result<Woken> {
        let mut changed = Changed::default();
        // Since the first event, and until when it is collected.
        let mut latest: Option<Instant> = None;
        loop {
            let (until, collecting) = match latest {
                Some(latest) => (now().checked_add(self.lull).map(|it| it.min(latest)), true),
                None => (deadline, false),
            };
            let ready = self.ready(until)?;
            if ready.events || ready.mounts {
                let mut more = self.hear()?;
                more.mounts = ready.mounts;
                let first = changed.is_empty() && !more.is_empty();
                changed.merge(more);
                if first {
                    latest = now().checked_add(self.longest);
                }
            }
            if collecting
                && (!(ready.events || ready.mounts) || latest.is_some_and(|latest| now() >= latest))
            {
                return Ok(Woken::Changed(changed));
            }
            if !changed.is_empty() {
                continue;
            }
            if ready.called {
                self.take_calls()?;
                return Ok(Woken::Called);
            }
            if deadline.is_some_and(|deadline| now() >= deadline) {
                return Ok(Woken::Deadline);
            }
        }
    }

    /// Waits for one of the sockets.
    fn ready(&self, until: Option<Instant>) -> io::Result<Ready> {
        let called = PollFd::new(&*self.called, PollFlags::IN);
        let mut fds = vec![
            called,
            PollFd::new(&self.route, PollFlags::IN),
            PollFd::new(&self.filter, PollFlags::IN),
        ];
        if let Some(post) = &self.post {
            fds.push(PollFd::new(&post.route, PollFlags::IN));
            fds.push(PollFd::new(&post.filter, PollFlags::IN));
            fds.push(PollFd::new(&post.mounts, PollFlags::PRI));
        }
        let left = until.map(|until| until.saturating_duration_since(now()));
        let left = left.map(|left| Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        });
        match poll(&mut fds, left.as_ref()) {
            Ok(_) => {}
            // It is asked again, with what is left of the time.
            Err(Errno::INTR) => return Ok(Ready::default()),
            Err(error) => return Err(error.into()),
        }
        let told = |from, to| fds.iter().take(to).skip(from).any(|fd| !fd.revents().is_empty());
        Ok(Ready { called: told(0, 1), events: told(1, 5), mounts: told(5, 6) })
    }

    /// Takes all events that are there.
    fn hear(&mut self) -> io::Result<Changed> {
        let Self { post, route, filter, concern, own, buffer, .. } = self;
        let mut changed = Changed::default();
        let mut rules = false;
        let mut lost = drain(route, buffer, &mut |message| {
            changed.devices.extend(concern.of_route(message.kind, message.body));
        })? | drain(filter, buffer, &mut |message| {
            let others = !own.contains(&message.port);
            rules |= others && Concern::of_rules(message.kind, message.body);
        })?;
        if let Some(Post { route, filter, .. }) = post {
            let rooms = &mut changed.rooms;
            lost |= drain(route, buffer, &mut |_message| *rooms = true)?;
            lost |= drain(filter, buffer, &mut |message| {
                *rooms |= Concern::of_rules(message.kind, message.body);
            })?;
        }
        (changed.rules, changed.lost) = (rules, lost);
        Ok(changed)
    }

    fn take_calls(&self) -> io::Result<()> {
        match rustix::io::read(&self.called, &mut [0_u8; 8]) {
            Ok(_) | Err(Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Changed {
    fn merge(&mut self, other: Self) {
        self.devices.extend(other.devices);
        self.rules |= other.rules;
        self.rooms |= other.rooms;
        self.mounts |= other.mounts;
        self.lost |= other.lost;
    }
}

/// Where routers' namespaces are heard.
#[derive(Debug)]
struct Post {
    route: OwnedFd,
    filter: OwnedFd,
    mounts: File,
}

/// Which of the sockets have something.
#[derive(Default)]
struct Ready {
    events: bool,
    mounts: bool,
    called: bool,
}

fn listen(protocol: Option<Protocol>, groups: u32, room: usize) -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol)?;
    make_room(socket.as_fd(), Room::Receive, room)?;
    bind(&socket, &SocketAddrNetlink::new(0, groups))?;
    Ok(socket)
}

/// Hears everything that a socket has; returns whether something was lost.
fn drain(
    socket: &OwnedFd,
    buffer: &mut [u8],
    hear: &mut dyn FnMut(&Message<'_>),
) -> io::Result<bool> {
    let mut lost = false;
    loop {
        match retry_on_intr(|| recv(socket, &mut *buffer, RecvFlags::TRUNC)) {
            Ok((_kept, length)) => {
                lost |= length > buffer.len();
                let mut rest = buffer.get(..length).unwrap_or_default();
                while let Some(message) = Message::of(&mut rest) {
                    hear(&message);
                }
            }
            // The kernel says it once, and goes on with what happens then.
            Err(Errno::NOBUFS) => lost = true,
            Err(Errno::AGAIN) => return Ok(lost),
            Err(error) => return Err(error.into()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "an edge: waits until a deadline")]
fn now() -> Instant {
    Instant::now()
}
