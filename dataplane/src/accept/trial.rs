//! One packet between two ports of a node, tried with their rules in a copy of the node in
//! namespaces of scratch: no tenant's port is touched.
//!
//! The same packet is sent first where the copy holds no rules: its control.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use pnet_base::MacAddr;
use pnet_packet::ip::IpNextHeaderProtocol;

use super::frame::{self, SYN, Way};
use super::site::{CARD, MTU, Node, both, card, said};
use super::world::{Host, vtep};
use crate::address::Device;
use crate::desired::{Desired, Port, PortKind};
use crate::firewall::protocol::{ICMP, ICMPV6, TCP, UDP};
use crate::kernel::scratch::{Scratch, apart};
use crate::kernel::wire::{self, Wire};
use crate::router;
use crate::text::Text;

/// How often the control is sent, how long is waited for it, and for the packet.
const KNOCKS: usize = 200;
const SOON: Duration = Duration::from_millis(500);
const KNOCK: Duration = Duration::from_millis(50);

/// A packet, and between which ports.
#[derive(Clone, Debug)]
pub struct Trial<'a> {
    /// Id of the port that sends.
    pub from: &'a str,
    /// Id of the port that it is for.
    pub to: &'a str,
    /// Its source and destination.
    pub addresses: (IpAddr, IpAddr),
    /// Protocol above IP.
    pub protocol: u8,
    /// Destination port, for what has ports.
    pub port: Option<u16>,
    /// Type and code, for ICMP.
    pub icmp: Option<(u8, u8)>,
}

/// Sends it; returns whether it arrived.
///
/// # Errors
/// Where that could not be found out: why.
pub fn arrives(desired: &Desired, trial: &Trial<'_>) -> Result<bool, Text> {
    let ports = [trial.from, trial.to].map(|id| desired.ports.get(id));
    let [Some(from), Some(to)] = ports else {
        return Err(Text::of(
            "两端都须是本节点的端口",
            "both ends have to be ports of this node",
            &[],
        ));
    };
    let ends = [from, to];
    apart(|| {
        Ok(Bench::open()
            .map_err(|error| said(&error))
            .and_then(|mut bench| bench.run(desired, ends, trial)))
    })
    .map_err(|error| said(&error))?
}

struct Bench {
    node: Node,
    _other: Scratch,
    wires: Vec<(Wire, Scratch)>,
}

impl Bench {
    fn open() -> io::Result<Self> {
        let (mut host, mut other) = (Scratch::new()?, Scratch::new()?);
        // Jumbo frames of a real underlay fit.
        host.join(&mut other, CARD, MTU.max(9216), [card(Host::A), card(Host::B)])?;
        host.address(CARD, vtep(Host::A.last()), 24)?;
        Ok(Self { node: Node::open(host)?, _other: other, wires: Vec::new() })
    }

    fn run(
        &mut self,
        desired: &Desired,
        ends: [&Port; 2],
        trial: &Trial<'_>,
    ) -> Result<bool, Text> {
        let copy = copy(desired, [trial.from, trial.to])?;
        let mut open = copy.clone();
        open.routing.acls.clear();
        for port in open.ports.values_mut() {
            port.security = false;
        }
        self.node.settle(&open)?;
        for place in 0..ends.len() {
            self.seat(place).map_err(|error| said(&error))?;
        }
        let mut sent: u16 = 0;
        let mut send = |bench: &Self, limit: Duration| -> Result<bool, Text> {
            sent += 1;
            let made = made(ends, trial, sent);
            let found = bench.send(&made, sent.into(), ends, limit);
            found.map_err(|error| said(&error))
        };
        let mut heard = false;
        for _ in 0..KNOCKS {
            heard = send(self, KNOCK)?;
            if heard {
                break;
            }
        }
        if !heard {
            return Err(Text::of(
                "没有规则时该包也未到达，不能说明问题",
                "it does not arrive without any rules either, which proves nothing",
                &[],
            ));
        }
        self.node.settle(&copy)?;
        send(self, SOON)
    }

    /// Gives a guest its device.
    fn seat(&mut self, place: usize) -> io::Result<()> {
        let mut space = Scratch::new()?;
        self.node.space.hand(&names(place).1, &mut space, "eth0")?;
        let wire = space.inside(|| Wire::open("eth0"))?;
        self.wires.push((wire, space));
        Ok(())
    }

    /// Sends a frame; returns whether the other end hears it.
    fn send(
        &self,
        bytes: &[u8],
        token: usize,
        ends: [&Port; 2],
        limit: Duration,
    ) -> io::Result<bool> {
        let wires: Vec<&Wire> = self.wires.iter().map(|(wire, _)| wire).collect();
        if let Some(first) = wires.first() {
            first.send(bytes)?;
        }
        wire::hear(&wires, limit, &mut |place, frame| {
            if let (Some(asked), Some(port), Some(wire)) =
                (frame::asks(frame), ends.get(place), wires.get(place))
                && asked.0.octets() == router::MAC.0
                && (port.addresses.contains(&asked.1)
                    || port.allowed.iter().any(|pair| pair.range.contains(&asked.1)))
            {
                drop(wire.send(&frame::answer(asked, MacAddr::from(port.mac.0))));
            }
            place == 1 && frame::number(frame) == Some(token)
        })
    }
}

fn made([from, to]: [&Port; 2], trial: &Trial<'_>, number: u16) -> Vec<u8> {
    let near = from.network == to.network;
    let there = if near { to.mac } else { router::MAC };
    let way = Way { mac: (MacAddr::from(from.mac.0), MacAddr::from(there.0)), ip: trial.addresses };
    let token = frame::token(number.into());
    // One of its own for each, so that none is taken for another's connection.
    let ports = (40_000 + number, trial.port.unwrap_or_default());
    match trial.protocol {
        TCP => way.tcp(ports, SYN, &token),
        UDP => way.udp(ports, &token),
        ICMP | ICMPV6 => {
            let echo = if trial.protocol == ICMP { 8 } else { 128 };
            let (kind, code) = trial.icmp.unwrap_or((echo, 0));
            let mut rest = number.to_be_bytes().to_vec();
            rest.extend([0, 1]);
            rest.extend(token);
            way.icmp(kind, code, &rest)
        }
        other => way.ip(IpNextHeaderProtocol(other), None, &token),
    }
}

fn names(place: usize) -> (String, String) {
    (format!("p-{place}"), format!("q-{place}"))
}

/// A node with two ports of another, all its networks and groups, and no way out.
fn copy(desired: &Desired, ids: [&str; 2]) -> Result<Desired, Text> {
    let mut copy = desired.clone();
    copy.ports.retain(|id, _port| ids.contains(&id.as_str()));
    copy.remotes.clear();
    copy.node.vtep = vtep(Host::A.last());
    let device = |name: &str| name.parse::<Device>().map_err(|error| both(error.to_string()));
    copy.node.device = device(CARD)?;
    copy.routing.externals.clear();
    copy.routing.elastic.clear();
    for router in copy.routing.routers.values_mut() {
        router.uplink = None;
        router.snats.clear();
    }
    for (place, id) in ids.iter().enumerate() {
        let Some(port) = copy.ports.get_mut(*id) else { continue };
        let (name, peer) = names(place);
        port.device = device(&name)?;
        port.kind = PortKind::Veth { peer: device(&peer)? };
    }
    Ok(copy)
}
