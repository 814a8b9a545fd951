//! Two hosts with this dataplane on them, in namespaces of scratch.

use std::error::Error;
use std::io;
use std::time::Duration;

use super::world::{Host, OUT_CARD, OUT_MTU, SEATS, Seat, outer_card, vtep};
use super::{Ground, Sender, frame};
use crate::apply::{self, Applied};
use crate::desired::Desired;
use crate::journal::{NoLog, Past};
use crate::kernel::real::{Real, judges_bridged_packets};
use crate::kernel::scratch::{Scratch, apart};
use crate::kernel::wire::{self, Wire};
use crate::node;
use crate::plan::Scope;
use crate::router;
use crate::text::Text;

/// The device of a host in the underlay, and the largest packet that goes through it: one of
/// 1,550 bytes of a tenant fits.
pub(super) const CARD: &str = "u0";
pub(super) const MTU: u32 = 1600;
/// The device of a guest.
const GUEST_CARD: &str = "eth0";

/// Hosts and guests; all is gone with the thread of [`on_site`], and with this process.
#[derive(Debug)]
pub struct Site {
    a: Node,
    b: Node,
    guests: Vec<Guest>,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) space: Scratch,
    kernel: Real,
    card: Wire,
    generation: u64,
}

#[derive(Debug)]
struct Guest {
    seat: Seat,
    wire: Wire,
    _space: Scratch,
}

/// Returns the MAC address of a host in the underlay.
pub(super) fn card(host: Host) -> [u8; 6] {
    [2, 0x99, 0, 0, 0, host.last()]
}

/// Makes hosts and what joins them, and has something done there.
///
/// Namespaces of their routers have names, in a tree of mounts that only this sees and the kernel
/// takes away with it.
///
/// # Errors
/// Where this kernel does not do it, or this process may not: why.
pub fn on_site<T: Send>(body: impl FnOnce(Site) -> T + Send) -> Result<T, Text> {
    let done = apart(|| Ok(Site::new().map(body)));
    done.map_err(|error| said(&error))?
}

impl Site {
    fn new() -> Result<Self, Text> {
        judges_bridged_packets().map_err(|error| said(&error))?;
        let hosts = || -> io::Result<Self> {
            let (mut a, mut b) = (Scratch::new()?, Scratch::new()?);
            a.join(&mut b, CARD, MTU, [card(Host::A), card(Host::B)])?;
            a.address(CARD, vtep(Host::A.last()), 24)?;
            b.address(CARD, vtep(Host::B.last()), 24)?;
            let mut guests = Vec::new();
            for (seat, space) in [(Seat::OutA, &mut a), (Seat::OutB, &mut b)] {
                guests.push(outside(seat, space)?);
            }
            Ok(Self { a: Node::open(a)?, b: Node::open(b)?, guests })
        };
        hosts().map_err(|error| said(&error))
    }

    fn node(&mut self, host: Host) -> &mut Node {
        if host == Host::A { &mut self.a } else { &mut self.b }
    }

    /// Gives the guests of a host their devices, unless they have them.
    fn seat(&mut self, host: Host) -> io::Result<()> {
        let here = |guest: &Guest| guest.seat.host() == host && !guest.seat.is_outside();
        if self.guests.iter().any(here) {
            return Ok(());
        }
        for seat in SEATS.iter().filter(|seat| seat.host() == host) {
            let mut space = Scratch::new()?;
            self.node(host).space.hand(&seat.peer(), &mut space, GUEST_CARD)?;
            let wire = space.inside(|| Wire::open(GUEST_CARD))?;
            self.guests.push(Guest { seat: *seat, wire, _space: space });
        }
        Ok(())
    }
}

impl Node {
    pub(super) fn open(space: Scratch) -> io::Result<Self> {
        let (kernel, card) = space.inside(|| Ok((Real::open()?, Wire::open(CARD)?)))?;
        Ok(Self { space, kernel, card, generation: 0 })
    }

    /// Returns how many changes a state would be.
    pub(super) fn planned(&mut self, desired: &Desired) -> Result<usize, Text> {
        let looked =
            node::look(&mut self.kernel, desired, &scope()).map_err(|error| said(&error))?;
        Ok(looked.plan.steps.len())
    }

    pub(super) fn settle(&mut self, desired: &Desired) -> Result<(), Text> {
        let kernel = &mut self.kernel;
        let looked = node::look(kernel, desired, &scope()).map_err(|error| said(&error))?;
        if let Some(conflict) = looked.plan.conflicts.first() {
            return Err(both(conflict.reason.clone()));
        }
        self.generation += 1;
        let past = Past::default();
        let run = apply::Run { generation: self.generation, digest: "", past: &past };
        match apply::apply(kernel, &looked.plan, run, &mut NoLog).map_err(|error| said(&error))? {
            Applied::Done { .. } => {}
            Applied::RolledBack { because, .. } | Applied::Stuck { because, .. } => {
                return Err(both(because.to_string()));
            }
        }
        node::revoke(kernel, &looked, Some(desired)).map_err(|error| said(&error))?;
        Ok(())
    }
}

impl Ground for Site {
    fn settle(&mut self, host: Host, desired: &Desired) -> Result<(), Text> {
        self.node(host).settle(desired)?;
        self.seat(host).map_err(|error| said(&error))
    }

    fn send(&mut self, from: Sender, frame: &[u8]) -> io::Result<()> {
        match from {
            Sender::Card(host) => self.node(host).card.send(frame),
            Sender::Guest(seat) => {
                let guest = self.guests.iter().find(|guest| guest.seat == seat);
                guest.map_or(Ok(()), |guest| guest.wire.send(frame))
            }
        }
    }

    fn hear(
        &mut self,
        limit: Duration,
        heard: &mut dyn FnMut(Seat, &[u8]) -> bool,
    ) -> io::Result<bool> {
        let wires: Vec<&Wire> = self.guests.iter().map(|guest| &guest.wire).collect();
        let guests = &self.guests;
        wire::hear(&wires, limit, &mut |place, frame| {
            let Some(guest) = guests.get(place) else { return false };
            // Nobody else does: guests have no addresses that their kernel knows of.
            if let Some(asked) = frame::asks(frame)
                && (guest.seat.is_outside() || asked.0.octets() == router::MAC.0)
                && guest.seat.answers_for(asked.1)
            {
                // Who is not answered asks again, and what it has to send is missed.
                drop(guest.wire.send(&frame::answer(asked, guest.seat.mac())));
            }
            heard(guest.seat, frame)
        })
    }
}

/// Makes what is outside of a host, and the device to it.
fn outside(seat: Seat, host: &mut Scratch) -> io::Result<Guest> {
    let mut space = Scratch::new()?;
    let card = [2, 0x97, 0, 0, 0, seat.host().last()];
    host.join(&mut space, OUT_CARD, OUT_MTU, [card, outer_card(seat.host())])?;
    let wire = space.inside(|| Wire::open(OUT_CARD))?;
    Ok(Guest { seat, wire, _space: space })
}

fn scope() -> Scope {
    Scope { complete: true, confirmed: true, ..Scope::default() }
}

/// An error with those under it, in one sentence.
pub(super) fn said(error: &dyn Error) -> Text {
    let mut text = error.to_string();
    let mut under = error.source();
    while let Some(source) = under {
        text = format!("{text}: {source}");
        under = source.source();
    }
    both(text)
}

pub(super) fn both(text: String) -> Text {
    Text { zh: text.clone(), en: text }
}
