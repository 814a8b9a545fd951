//! The rtnetlink side of a namespace: steps done in groups, and looks.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::{Duration, Instant};

use rustix::net::netdevice::{index_to_name_inlined, name_to_index};

use super::aside::Aside;
use super::collect::{self, Addresses, Entries, Links, Routes};
use super::counters::{self, Counters};
use super::decode::{self, HeardRoute};
use super::encode::{Numbers, mark, removal, requests, without_figures};
use super::numbers::{
    AF_BRIDGE, AF_UNSPEC, RTM_GETADDR, RTM_GETLINK, RTM_GETNEIGH, RTM_GETNEXTHOP, RTM_GETROUTE,
    link,
};
use super::removal::{Removal, There, is_deletion};
use crate::address::Device;
use crate::kernel::socket::{Dumped, Outcome, Request, Socket};
use crate::kernel::{Interest, KernelError, StepError};
use crate::plan::Step;
use crate::seen::{self, Seen};
use crate::wanted::{Link, LinkKind};

/// How many steps are on their way together.
const GROUP: usize = 64;

/// How often a dump is begun that something changes in the middle of.
const TRIALS: usize = 8;

/// How long a VNI may be held by a namespace that is coming to its end: 11.9 s were seen after
/// the end of 500 namespaces (Linux 6.18).
const PATIENCE: Duration = Duration::from_secs(20);

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(320);

/// A socket of rtnetlink.
#[derive(Debug)]
pub struct Route {
    socket: Socket,
    numbers: Known,
    aside: Aside,
    /// How long a VNI that is held by nobody here is asked for.
    pub patience: Duration,
    /// Descriptors of namespaces that devices may be made into, by VPC.
    pub rooms: BTreeMap<String, i32>,
}

impl Route {
    /// Opens a socket in the namespace that this thread is in.
    pub fn open() -> io::Result<Self> {
        let socket = Socket::open(None)?;
        let (numbers, aside, rooms) = (Known::new(), Aside::open()?, BTreeMap::new());
        Ok(Self { socket, numbers, aside, patience: PATIENCE, rooms })
    }

    /// Looks at everything but rules.
    pub fn look(&mut self, interest: &Interest) -> Result<Seen, KernelError> {
        let (links, addresses) = self.near()?;
        let mut routes = self.all("read routes", RTM_GETROUTE, &[0; 12], Routes::hear)?;
        match self.all("read next hops", RTM_GETNEXTHOP, &[0; 8], Routes::hear_nexthop) {
            Ok(hops) => routes.extend(hops),
            // Kernels before 5.3 have none.
            Err(KernelError::Io { source, .. }) if is(&source, libc::EOPNOTSUPP) => {}
            Err(error) => return Err(error),
        }
        let mut forwarding = [0; 12];
        forwarding[0] = AF_BRIDGE;
        let mut entries = Entries::new(&links, interest);
        for (what, header) in
            [("read forwarding entries", forwarding), ("read neighbours", [0; 12])]
        {
            entries.extend(dump(
                &mut self.socket,
                what,
                RTM_GETNEIGH,
                &header,
                &|| Entries::new(&links, interest),
                Entries::hear,
            )?);
        }
        Ok(collect::seen(&links, addresses, entries, &routes))
    }

    /// Returns all devices with their addresses, and nothing else of a look.
    pub fn devices(&mut self) -> Result<BTreeMap<Device, seen::Link>, KernelError> {
        self.near().map(|(links, addresses)| links.with(addresses))
    }

    /// Returns what has gone through each device.
    pub fn counters(&mut self) -> Result<BTreeMap<Device, Counters>, KernelError> {
        self.all("read counters of devices", RTM_GETLINK, &[AF_UNSPEC; 16], counters::hear)
    }

    /// Returns the routes that we made, and those that the kernel has for addresses of devices.
    pub fn routes(&mut self) -> Result<Vec<HeardRoute>, KernelError> {
        let hear = |heard: &mut Vec<HeardRoute>, body: &[u8]| heard.extend(decode::route(body));
        self.all("read routes", RTM_GETROUTE, &[0; 12], hear)
    }

    /// Sends requests in one datagram; the first failure is told.
    pub fn ask_all(&mut self, requests: &[Request]) -> Outcome {
        self.ask(requests).into_iter().find(Result::is_err).unwrap_or(Ok(()))
    }

    /// Returns the kernel's number of a device.
    pub fn number(&self, device: &Device) -> Option<u32> {
        name_to_index(self.socket.as_fd(), device.as_str()).ok()
    }

    /// Looks at some devices, without their addresses; those that are not there are left out.
    pub fn look_at(
        &mut self,
        names: &[Device],
    ) -> Result<BTreeMap<Device, seen::Link>, KernelError> {
        let request = |name: &Device| {
            let mut body = without_figures();
            body.put_text(link::NAME, name.as_str());
            Request { kind: RTM_GETLINK, flags: 0, body: body.0 }
        };
        let failed = |source| KernelError::Io { what: "read devices", source };
        let mut heard = Links::default();
        for names in names.chunks(GROUP) {
            let requests: Vec<Request> = names.iter().map(request).collect();
            let outcomes = self.socket.inquire(&requests, &mut |body| heard.hear(body));
            for error in outcomes.map_err(failed)?.into_iter().filter_map(Result::err) {
                if error.errno != libc::ENODEV {
                    return Err(failed(io::Error::from_raw_os_error(error.errno)));
                }
            }
        }
        Ok(heard.named(BTreeMap::new()))
    }

    fn links(&mut self) -> Result<Links, KernelError> {
        self.all("read devices", RTM_GETLINK, &without_figures().0, Links::hear)
    }

    fn near(&mut self) -> Result<(Links, Addresses), KernelError> {
        let links = self.links()?;
        Ok((links, self.all("read addresses", RTM_GETADDR, &[0; 8], Addresses::hear)?))
    }

    fn all<T: Default>(
        &mut self,
        what: &'static str,
        kind: u16,
        body: &[u8],
        hear: fn(&mut T, &[u8]),
    ) -> Result<T, KernelError> {
        dump(&mut self.socket, what, kind, body, &T::default, hear)
    }

    /// Does steps in order, none of them rules; stops after the group in which one failed.
    pub fn perform(&mut self, steps: &[Step]) -> Vec<Outcome> {
        self.numbers.forget();
        let mut there = None;
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(steps.len());
        while let Some(rest) = steps.get(outcomes.len()..).filter(|rest| !rest.is_empty()) {
            let done = match rest.iter().position(|step| !is_deletion(step)) {
                // A look for one alone would cost more than it.
                Some(0 | 1) => self.group(rest),
                None if rest.len() == 1 => self.remove_one(rest),
                _ => self.remove(rest, &mut there),
            };
            let failed = done.iter().any(Result::is_err);
            outcomes.extend(done);
            if failed {
                break;
            }
        }
        outcomes
    }

    /// Does the first steps of `steps`, as many as can be on their way together.
    fn group(&mut self, steps: &[Step]) -> Vec<Outcome> {
        let (mut all, mut lengths) = (Vec::new(), Vec::new());
        self.numbers.settle();
        let mut stranger = None;
        for (at, step) in steps.iter().take(GROUP).enumerate() {
            if at > 0 && is_deletion(step) {
                break;
            }
            match requests(step, &mut self.numbers.within(self.socket.as_fd(), &self.rooms)) {
                Ok(requests) => {
                    lengths.push(requests.len());
                    all.extend(requests);
                }
                Err(device) => {
                    stranger = Some(device);
                    break;
                }
            }
            if let Step::DeleteLink { name } = step {
                self.numbers.gone(name);
            }
        }
        // It may be that a step of this group makes it; the next group asks again.
        if let Some(device) = stranger.filter(|_device| lengths.is_empty()) {
            let said = Some(format!("there is no device `{device}`"));
            return vec![Err(StepError { errno: libc::ENODEV, said })];
        }
        let mut outcomes = self.ask(&all).into_iter();
        let mut done = Vec::with_capacity(lengths.len());
        let mut repaired = false;
        for (step, length) in steps.iter().zip(lengths) {
            let own: Vec<Outcome> = outcomes.by_ref().take(length).collect();
            let first = self.settled(step, &own);
            let outcome = match (step, first) {
                (Step::AddLink { name, link }, Err(error)) if is_held(link, &error) => {
                    let outcome = self.wait_for_vni(step, name, link, error);
                    repaired |= outcome.is_ok();
                    outcome
                }
                // It may have failed for want of the device that came late.
                (_, Err(_)) if repaired => self.alone(step),
                (_, outcome) => outcome,
            };
            done.push(outcome);
        }
        done
    }

    /// Takes the one device away that `steps` names.
    fn remove_one(&mut self, steps: &[Step]) -> Vec<Outcome> {
        self.numbers.settle();
        let number = match steps {
            [Step::DeleteLink { name }] => self.number(name),
            _ => None,
        };
        let done = number.and_then(|number| self.aside.remove(number, &self.socket));
        match (done, steps) {
            (Some(outcome), [Step::DeleteLink { name }]) => {
                self.numbers.gone(name);
                vec![outcome]
            }
            _ => self.group(steps),
        }
    }

    /// Takes the first devices away that `steps` begins with, as many as go together.
    fn remove(&mut self, steps: &[Step], there: &mut Option<There>) -> Vec<Outcome> {
        self.numbers.settle();
        let there = there.get_or_insert_with(|| self.there());
        let steps = steps.get(..there.next(steps)).unwrap_or_default();
        let mut numbers = self.numbers.within(self.socket.as_fd(), &self.rooms);
        let removal = Removal::new(steps, &mut numbers, there.free_group());
        let begun = now();
        let outcomes = self.ask(&removal.requests);
        there.learn(steps, now().saturating_duration_since(begun));
        let done = match removal.told(outcomes) {
            Some(told) => {
                let each = steps.iter().zip(told);
                each.map(|(step, outcome)| outcome.unwrap_or_else(|| self.alone(step))).collect()
            }
            // One by one, then: it is the slower way, and tells which of them it is.
            None => steps.iter().map(|step| self.alone(step)).collect(),
        };
        for step in steps {
            if let Step::DeleteLink { name } = step {
                self.numbers.gone(name);
            }
        }
        done
    }

    /// Looks at what is there; where that fails, a group that is chosen of a thousand million
    /// is free nevertheless.
    fn there(&mut self) -> There {
        self.all("read devices", RTM_GETLINK, &without_figures().0, There::hear)
            .unwrap_or_else(|_error| There::unknown())
    }

    /// Does one step by itself.
    fn alone(&mut self, step: &Step) -> Outcome {
        self.numbers.settle();
        match requests(step, &mut self.numbers.within(self.socket.as_fd(), &self.rooms)) {
            Ok(requests) => {
                let outcomes = self.ask(&requests);
                self.settled(step, &outcomes)
            }
            Err(device) => {
                let said = Some(format!("there is no device `{device}`"));
                Err(StepError { errno: libc::ENODEV, said })
            }
        }
    }

    fn ask(&mut self, requests: &[Request]) -> Vec<Outcome> {
        self.socket.ask(requests).unwrap_or_else(|error| {
            let errno = error.raw_os_error().unwrap_or(libc::EIO);
            let said = Some("no answer from the kernel; it may be done nevertheless".to_owned());
            vec![Err(StepError { errno, said }); requests.len()]
        })
    }

    /// Makes one outcome of those of a step's requests. A device that was made and could not be
    /// marked is taken away again: without its mark nobody would know whose it is.
    fn settled(&mut self, step: &Step, outcomes: &[Outcome]) -> Outcome {
        let (Step::AddLink { name, link }, [Ok(()), Err(error)]) = (step, outcomes) else {
            return outcomes.iter().find(|outcome| outcome.is_err()).cloned().unwrap_or(Ok(()));
        };
        let Some(number) = self.numbers.chosen(name) else { return Err(error.clone()) };
        let mut error = error.clone();
        if error.errno == libc::EAFNOSUPPORT {
            match self.ask(&[mark(number, link)]).pop() {
                Some(Err(other)) => error = other,
                _ => return Ok(()),
            }
        }
        if let Some(Err(left)) = self.ask(&[removal(number)]).pop() {
            let before = error.said.take().map(|said| said + "; ").unwrap_or_default();
            let left = format!("`{name}` was made and could not be taken away: {left}");
            error.said = Some(before + &left);
        }
        Err(error)
    }

    /// Asks for a VXLAN device until nobody holds its VNI any more.
    fn wait_for_vni(
        &mut self,
        step: &Step,
        name: &Device,
        link: &Link,
        mut error: StepError,
    ) -> Outcome {
        if name_to_index(self.socket.as_fd(), name.as_str()).is_ok() {
            return Err(error);
        }
        let LinkKind::Vxlan { vni, port, .. } = link.kind else { return Err(error) };
        let holder = self.links().ok().and_then(|links| links.holder(vni, port));
        if let Some(holder) = holder {
            error.said = Some(format!("VNI {vni} is taken by device `{holder}`"));
            return Err(error);
        }
        let end = now().checked_add(self.patience);
        let mut pause = FIRST_PAUSE;
        while end.is_none_or(|end| now() < end) {
            wait(pause);
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
            match self.alone(step) {
                Err(other) if is_held(link, &other) => {}
                outcome => return outcome,
            }
        }
        error.said = Some(format!(
            "VNI {vni} is held by a device that was moved to another namespace, or by a \
             namespace that is coming to its end; given up after {} s",
            self.patience.as_secs(),
        ));
        Err(error)
    }
}

impl AsFd for Route {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Whether a VXLAN device was refused because something of its name or VNI is there.
fn is_held(link: &Link, error: &StepError) -> bool {
    matches!(link.kind, LinkKind::Vxlan { .. })
        && matches!(error.errno, libc::EEXIST | libc::EBUSY | libc::EADDRINUSE)
}

/// Dumps until nothing came between; what was heard of a torn dump is thrown away.
///
/// On a node where something changes all the time no dump is ever whole. A torn one may lack
/// what was there all along (older kernels count their way through the list of devices), so
/// the last two are taken together: what is gone meanwhile is then told too, and a step on it
/// fails, which is told as well.
fn dump<T>(
    socket: &mut Socket,
    what: &'static str,
    kind: u16,
    body: &[u8],
    start: &dyn Fn() -> T,
    hear: fn(&mut T, &[u8]),
) -> Result<T, KernelError> {
    let request = Request { kind, flags: 0, body: body.to_vec() };
    let failed = |source| KernelError::Io { what, source };
    let mut heard = start();
    for trial in 1..=TRIALS {
        if trial < TRIALS {
            heard = start();
        }
        match socket.dump(&request, &mut |body| hear(&mut heard, body)).map_err(failed)? {
            Dumped::Whole => break,
            Dumped::Torn => {}
        }
    }
    Ok(heard)
}

fn is(error: &io::Error, number: i32) -> bool {
    error.raw_os_error() == Some(number)
}

#[expect(clippy::disallowed_methods, reason = "an edge: the deadline for a VNI is kept here")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the kernel tells nobody when a VNI is free")]
fn wait(pause: Duration) {
    std::thread::sleep(pause);
}

/// Numbers of devices, as far as they are known.
///
/// Those of new devices are chosen here, so that requests which need them can be on their way
/// together with the one that makes them. They begin beyond what the kernel, which counts from
/// 1, comes to, so that nobody else is given one meanwhile.
#[derive(Debug)]
struct Known {
    by_name: BTreeMap<Device, u32>,
    /// Taken away by the group that is being put together: the name may be somebody else's next.
    gone: BTreeSet<Device>,
    next: u32,
}

/// The lowest number that is chosen: two thirds of what there is are above it.
const LOWEST: u32 = 1 << 30;

impl Known {
    fn new() -> Self {
        // A start of its own for each, so that two at a time do not choose the same.
        let chance = RandomState::new().hash_one(0_u8);
        let next = LOWEST | u32::try_from(chance % u64::from(LOWEST)).unwrap_or(0);
        Self { by_name: BTreeMap::new(), gone: BTreeSet::new(), next }
    }

    fn forget(&mut self) {
        self.by_name.clear();
    }

    /// The group is on its way: what it took away is gone.
    fn settle(&mut self) {
        self.gone.clear();
    }

    fn gone(&mut self, device: &Device) {
        self.by_name.remove(device);
        self.gone.insert(device.clone());
    }

    fn chosen(&self, device: &Device) -> Option<u32> {
        self.by_name.get(device).copied()
    }

    fn within<'a>(
        &'a mut self,
        namespace: BorrowedFd<'a>,
        rooms: &'a BTreeMap<String, i32>,
    ) -> Within<'a> {
        Within { known: self, namespace, rooms }
    }
}

/// Numbers in the namespace of a socket.
struct Within<'a> {
    known: &'a mut Known,
    namespace: BorrowedFd<'a>,
    rooms: &'a BTreeMap<String, i32>,
}

impl Numbers for Within<'_> {
    fn of(&mut self, device: &Device) -> Option<u32> {
        if let Some(number) = self.known.chosen(device) {
            return Some(number);
        }
        if self.known.gone.contains(device) {
            return None;
        }
        let number = name_to_index(self.namespace, device.as_str()).ok()?;
        self.known.by_name.insert(device.clone(), number);
        Some(number)
    }

    fn room(&self, vpc: &str) -> Option<i32> {
        self.rooms.get(vpc).copied()
    }

    fn choose(&mut self, device: &Device) -> u32 {
        loop {
            let number = self.known.next;
            let next = number.wrapping_add(1);
            self.known.next = LOWEST | (next & (LOWEST - 1));
            if index_to_name_inlined(self.namespace, number).is_err() {
                self.known.by_name.insert(device.clone(), number);
                return number;
            }
        }
    }
}
