//! Steps in their order.

use std::borrow::Cow;
use std::sync::Arc;

use super::conflict::{began, cause};
use super::rules;
use super::state::{OUR_BRIDGE, State, our_vxlan};
use super::{LinkChange, Planned, Scope, Step};
use crate::address::Device;
use crate::naming;
use crate::nft::{Batch, Change};
use crate::router;
use crate::seen::{self, Seen};
use crate::wanted::{Link, LinkKind, Wanted};

/// Returns the steps from `seen` to `wanted`; nothing is in the way.
pub(super) fn steps(wanted: &Wanted, seen: &Seen, scope: &Scope) -> Vec<Planned> {
    let mut order =
        Order { state: State::new(Cow::Borrowed(seen)), wanted, scope, steps: Vec::new() };
    order.make_room();
    order.make_rooms();
    order.add_rules();
    order.make_devices();
    // The chains at the ingress of devices that were not there before.
    order.add_rules();
    order.settle();
    order.join();
    order.raise();
    order.fill();
    order.furnish();
    if scope.complete {
        order.free_stale_ports();
        order.strip_rooms();
        order.clear();
        order.clear_rooms();
    }
    order.steps
}

/// Whether a device is a port of ours: made as one, or a port of a bridge of ours.
pub(super) fn is_port(seen: &Seen, link: &seen::Link) -> bool {
    let master = link.master.as_ref().and_then(|master| seen.links.get(master));
    let bridged = master.is_some_and(|master| master.network().is_some());
    let others = link.network().is_none() && link.gateway().is_none();
    link.port().is_some() || (bridged && others)
}

/// Whether a VXLAN device that is there keeps a wanted one from being made.
pub(super) fn collides(wanted: &Link, there: &seen::Link) -> bool {
    let LinkKind::Vxlan { vni, port, .. } = &wanted.kind else { return false };
    there.vxlan.is_some_and(|there| (there.vni, there.port) == (*vni, *port))
}

pub(super) struct Order<'a> {
    pub(super) state: State<'a>,
    pub(super) wanted: &'a Wanted,
    scope: &'a Scope,
    steps: Vec<Planned>,
}

impl<'a> Order<'a> {
    pub(super) fn push(&mut self, step: Step, cause: String) {
        let undo = self.state.take(&step);
        // Entries come one device after another, and most undos are what is to be expected: a
        // full node has tens of thousands of both.
        let same = self.steps.last().filter(|last| *last.cause == *cause);
        let cause = same.map_or_else(|| cause.into(), |last| Arc::clone(&last.cause));
        let known = match &*undo.steps {
            [only] => step.opposite().is_some_and(|it| it == *only),
            _ => false,
        };
        let lost = undo.lost.map(Box::new);
        self.steps.push(Planned { step, undo: (!known).then_some(undo.steps), lost, cause });
    }

    fn change(&mut self, name: &Device, change: LinkChange) {
        let cause = self.cause(name);
        self.push(Step::ChangeLink { name: name.clone(), change }, cause);
    }

    fn rules(&mut self, batch: Batch) {
        if !batch.changes.is_empty() {
            self.push(Step::Rules(batch), "rules".to_owned());
        }
    }

    /// What a device is for: as wanted, or as its alias or its bridge says.
    fn cause(&self, name: &Device) -> String {
        if let Some(link) = self.wanted.links.get(name) {
            return cause(&link.kind);
        }
        let Some(link) = self.there(name) else { return format!("device {name}") };
        match (link.network().or(link.gateway()), link.port()) {
            (Some(network), _) => format!("network {network}"),
            (None, Some(port)) => format!("port {port}"),
            (None, None) => format!("device {name}"),
        }
    }

    fn there(&self, name: &Device) -> Option<&seen::Link> {
        self.state.seen().links.get(name)
    }

    /// Whether we made a device: by its mark, or where an unfinished run did not come to that.
    fn is_ours(&self, name: &Device, link: &seen::Link) -> bool {
        link.is_ours() || began(self.scope, name, link)
    }

    /// Names of the devices that are there of which something holds.
    fn names(&self, which: impl Fn(&Device, &seen::Link) -> bool) -> Vec<Device> {
        let links = self.state.seen().links.iter();
        links.filter(|(name, link)| which(name, link)).map(|(name, _link)| name.clone()).collect()
    }

    /// Wanted devices that are there, with what is wanted.
    fn wanted_there(&self) -> Vec<(&'a Device, &'a Link)> {
        let wanted = self.wanted;
        let links = &self.state.seen().links;
        wanted.links.iter().filter(|(name, _link)| links.contains_key(*name)).collect()
    }

    /// Takes away first what would be in the way of what is wanted: devices that cannot be
    /// changed into what they are to be, and ports in another bridge than theirs.
    fn make_room(&mut self) {
        let seen = self.state.seen();
        let in_the_way = |link: &seen::Link| {
            self.wanted.links.iter().any(|(name, wanted)| {
                let own = seen.links.get(name);
                collides(wanted, link) && own.is_none_or(|own| must_be_remade(seen, wanted, own))
            })
        };
        let others = self.names(|name, link| {
            let wanted = self.wanted.links.get(name);
            let other = wanted.map_or_else(
                || link.vxlan.is_some() && in_the_way(link),
                |wanted| must_be_remade(seen, wanted, link),
            );
            other && self.is_ours(name, link)
        });
        for name in self.names(|name, link| {
            let wanted = self.wanted.links.get(name).and_then(|wanted| wanted.master.as_ref());
            wanted.is_some() && link.master.is_some() && wanted != link.master.as_ref()
        }) {
            self.free(&name);
        }
        // Where an element gets another value, a stale port would get rules of another's.
        let replaces = |change: &Change| matches!(change, Change::DeleteElements { .. });
        if self.scope.complete && self.adding().changes.iter().any(replaces) {
            self.free_stale_ports();
        }
        for name in others {
            for port in self.state.ports_of(&name) {
                self.free(&port);
            }
            self.free(&name);
            let batch = rules::releasing(&self.state.seen().ruleset, name.as_str());
            self.rules(batch);
            let cause = self.cause(&name);
            self.push(Step::DeleteLink { name }, cause);
        }
    }

    fn adding(&self) -> Batch {
        let seen = self.state.seen();
        let present = |device: &str| {
            device.parse::<Device>().is_ok_and(|device| seen.links.contains_key(&device))
        };
        rules::adding(&self.wanted.ruleset, &seen.ruleset, &present)
    }

    fn add_rules(&mut self) {
        let batch = self.adding();
        self.rules(batch);
    }

    /// Takes a device down and out of its bridge.
    fn free(&mut self, name: &Device) {
        let Some((up, bridged)) = self.there(name).map(|link| (link.up, link.master.is_some()))
        else {
            return;
        };
        if bridged && up {
            self.change(name, LinkChange::Up(false));
        }
        if bridged {
            self.change(name, LinkChange::Master(None));
        }
    }

    fn make_devices(&mut self) {
        for rank in 0..4 {
            for (name, link) in &self.wanted.links {
                let made = rank_of(&link.kind) == Some(rank);
                if made && self.there(name).is_none() {
                    let down = Link { master: None, bridge_port: None, up: false, ..link.clone() };
                    let step = Step::AddLink { name: name.clone(), link: Box::new(down) };
                    self.push(step, cause(&link.kind));
                }
            }
        }
    }

    fn settle(&mut self) {
        for (name, link) in self.wanted_there() {
            let Some(there) = self.there(name) else { continue };
            let alias = link.kind.alias();
            let bridge = match link.kind {
                LinkKind::Bridge { arp, .. } => Some(arp),
                _ => None,
            };
            let settled = there.bridge == Some(OUR_BRIDGE) && !there.generates_addresses;
            // Versions before 2026-11-26 left it to the kernel, and gave the MTU at birth alone,
            // of which cut packets are not told: see `encode`.
            let older = there.mac != Some(naming::bridge_mac(name));
            let unsettled = bridge.filter(|arp| !settled || there.no_arp == *arp || older);
            let other_alias = alias.is_some() && there.alias != alias;
            let (other_mtu, lower) = (there.mtu != link.mtu, there.up && !link.up);
            if other_alias {
                self.change(name, LinkChange::Alias(alias));
            }
            if let Some(arp) = unsettled {
                self.change(name, LinkChange::BridgeSettings { arp });
                if older && !other_mtu {
                    // The kernel passes by what is the same. The larger one first: none is lost.
                    self.change(name, LinkChange::Mtu(link.mtu.saturating_add(1)));
                    self.change(name, LinkChange::Mtu(link.mtu));
                }
            }
            if other_mtu {
                self.change(name, LinkChange::Mtu(link.mtu));
            }
            if lower {
                self.change(name, LinkChange::Up(false));
            }
            let far = self.there(name).and_then(|there| unused_end(self.state.seen(), there));
            if let Some(peer) = far.filter(|(_name, far)| far.mtu != link.mtu) {
                let (peer, mtu) = (peer.0.clone(), link.mtu);
                let change = LinkChange::Mtu(mtu);
                self.push(Step::ChangeLink { name: peer, change }, cause(&link.kind));
            }
        }
    }

    /// Bridges go up, for nothing is in them yet; then come their ports, down.
    fn join(&mut self) {
        for (name, link) in self.wanted_there() {
            let bridge = matches!(link.kind, LinkKind::Bridge { .. });
            if bridge && link.up && !self.there(name).is_some_and(|there| there.up) {
                self.change(name, LinkChange::Up(true));
            }
        }
        for (name, link) in self.wanted_there() {
            let Some(there) = self.there(name) else { continue };
            if there.master != link.master {
                if there.up {
                    self.change(name, LinkChange::Up(false));
                }
                self.change(name, LinkChange::Master(link.master.clone()));
            }
            let behaves = self.there(name).and_then(|there| there.bridge_port);
            match link.bridge_port {
                Some(port) if behaves != Some(port) => self.change(name, LinkChange::Port(port)),
                _ => {}
            }
        }
    }

    fn raise(&mut self) {
        for (name, link) in self.wanted_there() {
            if link.up && !self.there(name).is_some_and(|there| there.up) {
                self.change(name, LinkChange::Up(true));
            }
        }
    }

    /// Entries that are new or lead elsewhere; the kernel replaces what it has.
    fn fill(&mut self) {
        let wanted = self.wanted;
        let seen = self.state.seen();
        if (&wanted.forwarding, &wanted.neighbours) == (&seen.forwarding, &seen.neighbours) {
            return;
        }
        for (key, to) in &wanted.forwarding {
            let same = self.state.seen().forwarding.get(key) == Some(to);
            if !same && self.there(&key.device).is_some() {
                let step = Step::SetForwarding { key: key.clone(), to: *to };
                let cause = self.cause(&key.device);
                self.push(step, cause);
            }
        }
        for (key, mac) in &wanted.neighbours {
            let same = self.state.seen().neighbours.get(key) == Some(mac);
            if !same && self.there(&key.device).is_some() {
                let step = Step::SetNeighbour { key: key.clone(), mac: *mac };
                let cause = self.cause(&key.device);
                self.push(step, cause);
            }
        }
    }

    fn free_stale_ports(&mut self) {
        let seen = self.state.seen();
        let ours = |bridge: &Device| {
            self.wanted.links.contains_key(bridge)
                || seen.links.get(bridge).is_some_and(seen::Link::is_ours)
        };
        let stale = self.names(|name, link| {
            !self.wanted.links.contains_key(name) && link.master.as_ref().is_some_and(ours)
        });
        for name in stale {
            self.free(&name);
        }
    }

    /// Takes away what is stale: entries, then rules, then devices, those last whose other end
    /// a tenant may have, for they cannot be given back.
    fn clear(&mut self) {
        let stays = |name: &Device| self.wanted.links.contains_key(name);
        let seen = self.state.seen();
        let mut gone = Vec::new();
        for (key, to) in &seen.forwarding {
            if stays(&key.device) && !self.wanted.forwarding.contains_key(key) {
                gone.push((&key.device, Step::DeleteForwarding { key: key.clone(), to: *to }));
            }
        }
        for key in seen.neighbours.keys() {
            if stays(&key.device) && !self.wanted.neighbours.contains_key(key) {
                gone.push((&key.device, Step::DeleteNeighbour { key: key.clone() }));
            }
        }
        let gone: Vec<_> = gone.into_iter().map(|(name, step)| (self.cause(name), step)).collect();
        for (cause, step) in gone {
            self.push(step, cause);
        }
        let batch = rules::removing(&self.wanted.ruleset, &self.state.seen().ruleset);
        self.rules(batch);
        let stale = self.names(|name, link| self.is_ours(name, link) && !stays(name));
        let rank = |name: &Device| match self.there(name).and_then(|link| link.kind.as_deref()) {
            Some("vxlan") => 0,
            Some("bridge") => 1,
            _ => 2,
        };
        let mut stale: Vec<_> = stale.into_iter().map(|name| (rank(&name), name)).collect();
        tiny_sort::stable::sort_by_key(&mut stale, |(rank, _name)| *rank);
        for (_rank, name) in stale {
            // Of a pair that we made both ends of, the other end has gone already.
            if self.there(&name).is_some() {
                let cause = self.cause(&name);
                self.push(Step::DeleteLink { name }, cause);
            }
        }
    }
}

/// In which order devices are made; `None` where others make them.
fn rank_of(kind: &LinkKind) -> Option<u8> {
    match kind {
        LinkKind::Bridge { .. } => Some(0),
        LinkKind::Vxlan { .. } => Some(1),
        LinkKind::Veth { .. } => Some(2),
        LinkKind::Gateway { .. } => Some(3),
        LinkKind::Existing { .. } => None,
    }
}

/// Whether a device of ours cannot be changed into what is wanted. A veth pair is made again only
/// while nobody uses its other end.
fn must_be_remade(seen: &Seen, wanted: &Link, there: &seen::Link) -> bool {
    let kind = there.kind.as_deref();
    match &wanted.kind {
        LinkKind::Bridge { .. } => kind != Some("bridge"),
        LinkKind::Vxlan { vni, local, port, proxy, .. } => {
            there.vxlan != Some(our_vxlan(*vni, *local, *port, *proxy))
        }
        LinkKind::Veth { peer, peer_mac, .. } => {
            let other = unused_end(seen, there).is_some_and(|(name, far)| {
                name != peer || far.mac.is_some_and(|mac| mac != *peer_mac)
            });
            kind != Some("veth") || other
        }
        LinkKind::Gateway { vpc, end, .. } => {
            let far = seen.rooms.get(vpc).and_then(|room| room.devices.get(end));
            kind != Some("veth") || far.is_none_or(|far| far.mac != Some(router::MAC))
        }
        LinkKind::Existing { .. } => false,
    }
}

/// Returns the other end of a veth pair of ours, where nobody has taken it yet.
fn unused_end<'a>(seen: &'a Seen, there: &'a seen::Link) -> Option<(&'a Device, &'a seen::Link)> {
    there.port()?;
    let name = there.peer.as_ref()?;
    let far = seen.links.get(name)?;
    let unused = !far.up && far.master.is_none() && far.addresses.is_empty();
    unused.then_some((name, far))
}
