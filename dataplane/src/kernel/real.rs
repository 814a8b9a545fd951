//! The kernel of a network namespace.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use rustix::net::netlink;

use super::links::counters::Counters;
use super::links::route::Route;
use super::rooms::Rooms;
use super::socket::Socket;
use super::{
    Connection, Interest, Kernel, KernelError, StepError, Translation, connections, rules,
};
use crate::address::Device;
use crate::plan::Step;
use crate::seen::{Link, Seen};
use crate::wanted::LinkKind;

/// The kernel of the namespace in which it was opened.
#[derive(Debug)]
pub struct Real {
    route: Route,
    /// Of netfilter: for rules, and for connections.
    filter: Socket,
    rooms: Rooms,
}

impl Real {
    /// Opens the kernel of the namespace that this thread is in; see
    /// [`namespace::inside`](super::namespace::inside) for others.
    pub fn open() -> io::Result<Self> {
        let filter = Socket::open(Some(netlink::NETFILTER))?;
        Ok(Self { route: Route::open()?, filter, rooms: Rooms::here()? })
    }

    /// Has all routers' namespaces introduced at a post, a namespace that `post` was opened in.
    pub(super) fn introduce_at(&mut self, post: Socket) -> io::Result<()> {
        self.rooms.introduce_at(post)
    }

    /// Whether the names of all routers' namespaces lead to them.
    pub fn are_named(&self) -> bool {
        self.rooms.are_named()
    }

    /// Returns what has gone through each device.
    ///
    /// # Errors
    /// Where the kernel cannot be asked.
    pub fn counters(&mut self) -> Result<BTreeMap<Device, Counters>, KernelError> {
        self.route.counters()
    }

    /// Returns the number by which the kernel names the sender of our changes of rules; see
    /// [`Watch::except`](super::watch::Watch::except).
    pub fn filter_port(&self) -> io::Result<u32> {
        self.filter.port()
    }
}

/// Says whether bridged packets can pass the rules of the IP layer (`br_netfilter`): without it
/// the kernel takes the setting of a bridge and does nothing, and groups would not hold.
pub fn judges_bridged_packets() -> Result<(), KernelError> {
    // The module has no directory where it is built in; the setting is in the first namespace
    // only before Linux 5.3.
    let signs = ["/proc/sys/net/bridge/bridge-nf-call-iptables", "/sys/module/br_netfilter"];
    if signs.iter().any(|sign| Path::new(sign).exists()) {
        return Ok(());
    }
    Err(KernelError::Feature {
        feature: "br_netfilter, without which security groups do not hold",
        hint: "modprobe br_netfilter".to_owned(),
    })
}

/// Whether a step is done in the namespace of a router, or makes it or takes it away.
fn is_of_rooms(step: &Step) -> bool {
    matches!(step, Step::AddRoom { .. } | Step::DeleteRoom { .. } | Step::Room { .. })
}

impl Real {
    /// Opens the rooms that devices are made into.
    fn open_rooms(&mut self, steps: &[Step]) {
        self.route.rooms.clear();
        for step in steps {
            if let Step::AddLink { link, .. } = step
                && let LinkKind::Gateway { vpc, .. } = &link.kind
                && let Some(room) = self.rooms.descriptor(vpc)
            {
                self.route.rooms.insert(vpc.clone(), room);
            }
        }
    }
}

impl Kernel for Real {
    fn look(&mut self, interest: &Interest) -> Result<Seen, KernelError> {
        let Self { route, filter, rooms } = self;
        let (seen, rules) = std::thread::scope(|scope| {
            // The kernel tells of both at once; each takes half of the time on a full node.
            let thread = std::thread::Builder::new().name("rules".to_owned());
            let rules = thread.spawn_scoped(scope, || rules::look(filter));
            (route.look(interest), rules.map(std::thread::ScopedJoinHandle::join))
        });
        let mut seen = seen?;
        let what = "start a thread that reads rules";
        let rules = rules.map_err(|source| KernelError::Io { what, source })?;
        (seen.ruleset, seen.foreign_tables) =
            rules.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        seen.rooms = rooms.look()?;
        Ok(seen)
    }

    fn look_at(&mut self, devices: &[Device]) -> Result<BTreeMap<Device, Link>, KernelError> {
        self.route.look_at(devices)
    }

    fn perform(&mut self, steps: &[Step]) -> Vec<Result<(), StepError>> {
        let mut done = Vec::with_capacity(steps.len());
        let mut rest = steps;
        while let Some(first) = rest.first() {
            let (length, results) = match first {
                Step::Rules(batch) => (1, vec![rules::perform(&mut self.filter, batch)]),
                step if is_of_rooms(step) => (1, vec![self.rooms.perform(step, &mut self.route)]),
                _ => {
                    let other = |step: &Step| matches!(step, Step::Rules(_)) || is_of_rooms(step);
                    let length = rest.iter().position(other).unwrap_or(rest.len());
                    let steps = rest.get(..length).unwrap_or_default();
                    self.open_rooms(steps);
                    (length, self.route.perform(steps))
                }
            };
            let stopped = results.len() < length || results.iter().any(Result::is_err);
            done.extend(results);
            if stopped {
                break;
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        done
    }

    fn connections(&mut self, zones: &BTreeSet<u16>) -> Result<Vec<Connection>, KernelError> {
        connections::look(&mut self.filter, zones)
    }

    fn cut(&mut self, connections: &[Connection]) -> Result<usize, KernelError> {
        connections::cut(&mut self.filter, connections)
    }

    fn translations(&mut self) -> Result<Vec<Translation>, KernelError> {
        self.rooms.translations()
    }

    fn cut_translations(&mut self, which: &[Translation]) -> Result<usize, KernelError> {
        self.rooms.cut(which)
    }
}
