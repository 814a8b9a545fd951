//! Loops that guests make outside of our bridges: each kind that the norm names is found, its port
//! is closed and no other, and it is opened by hand once the loop is gone.
//!
//! Guests' ends are wires here, and a loop is a cable: what is heard at one end of it is sent at
//! the other. Before it is plugged in, probes come to every guest and nothing is found.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use pnet_base::MacAddr;

use super::evidence::{About, Evidence, case};
use super::frame::{self, Way};
use super::site::{CARD, MTU, Node, both, card, said};
use super::world::{Host, node_name, put, vtep};
use super::{Case, FIRST_PORT, KNOCK, KNOCKS, LATE, Probe, SOON, Sighting};
use crate::desired::Desired;
use crate::kernel::loops::Guard;
use crate::kernel::scratch::{Scratch, apart};
use crate::kernel::wire::{self, Wire};
use crate::loops::{Key, Kind, News, What, frame as probe};
use crate::text::Text;

const ROW: &str = "5.3.3.3.1#3";
const CASES: [About; 3] = [
    (
        ROW,
        "单设备单端口环路：检出并只阻断该端口；环路解除后由人工恢复",
        "a loop at one port of one device is found and that port closed alone; opened by hand",
    ),
    (
        ROW,
        "单设备多端口环路：检出并只阻断其中一个端口；环路解除后由人工恢复",
        "a loop of two ports of one device is found and one of them closed; opened by hand",
    ),
    (
        ROW,
        "跨设备环路：检出并只阻断其中一台设备的端口；环路解除后由人工恢复",
        "a loop of ports of two devices is found and the port of one closed; opened by hand",
    ),
];

/// Ports: host and name. Who sends to the others is [`SENDER`].
const PORTS: [(Host, &str); 7] = [
    (Host::A, "a1"),
    (Host::A, "a2"),
    (Host::A, "a3"),
    (Host::A, "a4"),
    (Host::A, "a5"),
    (Host::B, "b1"),
    (Host::B, "b2"),
];
const SENDER: usize = 4;
/// How often is looked for what has to come: an interval of probes, a second, is ten times or less.
const TURNS: usize = 30;
/// How often until what was on its way is read.
const FEW: usize = 3;

/// A loop: the ports that its cable joins, which of them is to be closed, and one of the same host
/// that is not.
struct Circle {
    ends: [usize; 2],
    closed: usize,
    other: usize,
}

const CIRCLES: [Circle; 3] = [
    Circle { ends: [0, 0], closed: 0, other: 1 },
    Circle { ends: [1, 2], closed: 2, other: 1 },
    Circle { ends: [3, 5], closed: 5, other: 6 },
];

/// Runs it. `settles` has the last word on what each host is to have, and unless they are
/// `plugged` in the cables join nothing: so it is seen that what is broken is found.
pub fn run(settles: &(dyn Fn(&mut Desired) + Sync), plugged: bool) -> Vec<Case> {
    let found = apart(|| {
        let run = || Bed::open(settles)?.measure(plugged).map_err(|error| said(&error));
        Ok(run())
    });
    let found = found.map_err(|error| said(&error)).and_then(|found| found);
    let judged = CASES.iter().zip(&CIRCLES).enumerate();
    judged
        .map(|(at, (about, circle))| {
            let found = found.as_ref().map_err(Clone::clone);
            case(about, found.and_then(|found| found.judge(at, circle)))
        })
        .collect()
}

/// What came of it.
#[derive(Default)]
struct Found {
    /// Probes for loops that came to guests before any cable was there, by place.
    probes: BTreeMap<usize, String>,
    /// What was told before, and with the cables.
    early: Vec<News>,
    news: Vec<News>,
    /// Ports that were closed then.
    closed: Vec<String>,
    /// Packets to guests: what it was, and whether it came to whom it was for.
    sent: Vec<(String, bool)>,
}

/// Two hosts, what looks for loops on each, and the ends of all guests.
struct Bed {
    _nodes: [Node; 2],
    guards: [Guard; 2],
    wires: Vec<Wire>,
    _guests: Scratch,
    plugged: bool,
    found: Found,
}

impl Bed {
    fn open(settles: &dyn Fn(&mut Desired)) -> Result<Self, Text> {
        let mut wanted = [read(Host::A)?, read(Host::B)?];
        wanted.iter_mut().for_each(settles);
        let spaces = || -> io::Result<_> {
            let (mut a, mut b) = (Scratch::new()?, Scratch::new()?);
            a.join(&mut b, CARD, MTU, [card(Host::A), card(Host::B)])?;
            a.address(CARD, vtep(Host::A.last()), 24)?;
            b.address(CARD, vtep(Host::B.last()), 24)?;
            Ok(([Node::open(a)?, Node::open(b)?], Scratch::new()?))
        };
        let (mut nodes, mut guests) = spaces().map_err(|error| said(&error))?;
        for (node, desired) in nodes.iter_mut().zip(&wanted) {
            node.settle(desired)?;
        }
        let mut ends = || -> io::Result<_> {
            let [a, b] = &mut nodes;
            let mut wires = Vec::new();
            for (host, name) in PORTS {
                let node = if host == Host::A { &mut *a } else { &mut *b };
                node.space.hand(&format!("q-{name}"), &mut guests, name)?;
                wires.push(guests.inside(|| Wire::open(name))?);
            }
            Ok((wires, [a.space.inside(Guard::open)?, b.space.inside(Guard::open)?]))
        };
        let (wires, mut guards) = ends().map_err(|error| said(&error))?;
        for (guard, desired) in guards.iter_mut().zip(&wanted) {
            // Nobody else hears what is signed with it.
            guard.take(desired, Some(Key::of(b"scratch")));
        }
        let found = Found::default();
        Ok(Self { _nodes: nodes, guards, wires, _guests: guests, plugged: false, found })
    }

    fn measure(mut self, plugged: bool) -> io::Result<Found> {
        // The first ones come before the devices are up.
        let others = CIRCLES.iter().flat_map(|circle| [circle.closed, circle.other]);
        let mut knocks = 0..KNOCKS;
        for to in others {
            while knocks.next().is_some() && !self.arrives(to, KNOCK)? {}
        }
        self.found.sent.clear();
        self.turns(TURNS, &|found| CIRCLES.iter().all(|it| found.probes.contains_key(&it.closed)))?;
        self.found.early = std::mem::take(&mut self.found.news);
        self.plugged = plugged;
        self.turns(TURNS, &|found| CIRCLES.iter().all(|circle| found.told(circle).is_some()))?;
        let closed = self.guards.iter().flat_map(|guard| guard.detector().closed());
        self.found.closed = closed.map(|(port, _device)| port).collect();
        for circle in &CIRCLES {
            self.arrives(circle.closed, LATE)?;
            self.arrives(circle.other, SOON)?;
        }
        self.plugged = false;
        // What came by the cables before is no sign of a loop behind.
        self.turns(FEW, &|_| false)?;
        for circle in &CIRCLES {
            // Only the one that closed it knows of it.
            for guard in &mut self.guards {
                guard.lift(name(circle.closed));
            }
            self.arrives(circle.closed, SOON)?;
        }
        Ok(self.found)
    }

    /// Has probes sent, hears them, and carries what there is through the cables, so often or until
    /// it is enough.
    fn turns(&mut self, limit: usize, enough: &dyn Fn(&Found) -> bool) -> io::Result<()> {
        for _ in 0..limit {
            for guard in &mut self.guards {
                self.found.news.extend(guard.turn()?);
            }
            self.listen(Duration::ZERO, None)?;
            if enough(&self.found) {
                break;
            }
        }
        Ok(())
    }

    /// Sends a packet to a guest; returns whether it comes there in time.
    fn arrives(&mut self, to: usize, limit: Duration) -> io::Result<bool> {
        let token = self.found.sent.len();
        let way = Way { mac: (mac(SENDER), mac(to)), ip: (address(SENDER), address(to)) };
        let bytes = way.udp((FIRST_PORT, 6000), &frame::token(token));
        self.found.sent.push((frame::describe(&bytes), false));
        if let Some(wire) = self.wires.get(SENDER) {
            wire.send(&bytes)?;
        }
        let heard = self.listen(limit, Some((to, token)))?;
        self.found.sent.last_mut().expect("it was sent").1 = heard;
        Ok(heard)
    }

    fn listen(&mut self, limit: Duration, until: Option<(usize, usize)>) -> io::Result<bool> {
        let Self { wires, found, plugged, .. } = self;
        let all: Vec<&Wire> = wires.iter().collect();
        wire::hear(&all, limit, &mut |at, bytes| {
            if probe::decode(bytes).is_some() {
                found.probes.entry(at).or_insert_with(|| frame::describe(bytes));
            }
            for Circle { ends: [one, other], .. } in CIRCLES.iter().filter(|_| *plugged) {
                for (from, to) in [(one, other), (other, one)] {
                    if *from == at
                        && let Some(wire) = all.get(*to)
                    {
                        // A full queue loses it, as a cable does.
                        drop(wire.send(bytes));
                    }
                }
            }
            until == frame::number(bytes).map(|token| (at, token)) && until.is_some()
        })
    }
}

impl Found {
    /// Returns what was told of the port that a loop closes, where it is what there is.
    fn told(&self, circle: &Circle) -> Option<&News> {
        let [first, _] = circle.ends;
        let kind = match circle.closed {
            closed if closed == first => Kind::Own,
            closed if host(closed) == host(first) => Kind::Port(name(first).to_owned()),
            _ => Kind::Node(node_name(host(first)), name(first).to_owned()),
        };
        let is = |news: &News| {
            news.what == What::Found
                && news.port == name(circle.closed)
                && news.finding.kind == kind
        };
        self.news.iter().find(|news| is(news))
    }

    fn judge(&self, at: usize, circle: &Circle) -> Result<Evidence, Text> {
        let closed = name(circle.closed);
        let probe = self.probes.get(&circle.closed).ok_or_else(|| {
            Text::of("没有探测帧到达 {0}", "no probe for loops comes to {0}", &[&closed])
        })?;
        let packets =
            [2 * at, 2 * at + 1, 2 * CIRCLES.len() + at].map(|place| self.sent.get(place));
        let [Some(stopped), Some(other), Some(open)] = packets else {
            return Err(Text::of("未运行", "it was not run", &[]));
        };
        let told = self.told(circle);
        let stray =
            self.closed.iter().find(|port| !CIRCLES.iter().any(|it| name(it.closed) == *port));
        let fault = |zh, en| Some(Text::of(zh, en, &[&closed]));
        let fault = if let Some(news) = self.early.first() {
            let (zh, en) = ("没有环路而报告 {0}", "a loop at {0} is told of where there is none");
            Some(Text::of(zh, en, &[&news.port]))
        } else if let Some(port) = stray {
            let (zh, en) = ("{0} 不应被阻断", "{0} is closed and is not to be");
            Some(Text::of(zh, en, &[port]))
        } else if told.is_none() {
            fault("{0} 的环路未检出", "the loop at {0} is not found")
        } else if stopped.1 {
            fault("{0} 未被阻断", "{0} is not closed")
        } else if !other.1 {
            let (zh, en) = ("对照包未到 {0}", "the control did not arrive at {0}");
            return Err(Text::of(zh, en, &[&name(circle.other)]));
        } else if !open.1 {
            fault("{0} 未能恢复", "{0} is not opened")
        } else {
            None
        };
        let [one, two] = circle.ends.map(name);
        let sent = [
            (closed, probe.clone(), "control"),
            ("cable", format!("{one} - {two}"), "arrives"),
            (name(SENDER), stopped.0.clone(), "dropped"),
            (name(SENDER), other.0.clone(), "control"),
            (name(SENDER), open.0.clone(), "arrives"),
        ];
        let news = told.map(|news| format!("{}: {}", news.port, news.finding.kind.name()));
        let came = |packet: &(String, bool)| packet.1.then(|| packet.0.clone());
        let seen = [
            (closed, Some(probe.clone())),
            ("detector", news),
            (closed, came(stopped)),
            (name(circle.other), came(other)),
            (closed, came(open)),
        ];
        let sent = sent.into_iter().enumerate().map(|(at, (by, frame, wanted))| Probe {
            step: at + 1,
            at: by.to_owned(),
            frame,
            wanted,
        });
        let seen = seen.into_iter().enumerate().filter_map(|(at, (by, frame))| {
            Some(Sighting { step: at + 1, at: by.to_owned(), frame: frame? })
        });
        Ok(Evidence { fault, sent: sent.collect(), seen: seen.collect() })
    }
}

fn name(port: usize) -> &'static str {
    PORTS.get(port).map_or("", |port| port.1)
}

fn host(port: usize) -> Host {
    PORTS.get(port).map_or(Host::A, |port| port.0)
}

fn last(port: usize) -> u8 {
    u8::try_from(port + 11).unwrap_or(u8::MAX)
}

fn address(port: usize) -> IpAddr {
    [10, 0, 0, last(port)].into()
}

fn mac(port: usize) -> MacAddr {
    MacAddr::new(2, 0, 0, 0, 0, last(port))
}

fn read(own: Host) -> Result<Desired, Text> {
    let mut text = format!(
        "schema='assay/network/v1'\nsemantics='norm'\n[node]\nname='{}'\ndevice='{CARD}'\n\
         vtep='{}'\n[node.loop_detection]\ninterval=1\naction='block'\nrecovery=60\n\
         [[vpc]]\nid='v'\n[[network]]\nid='n'\nvpc='v'\nvni=300\n\
         [[subnet]]\nid='s'\nnetwork='n'\ncidr='10.0.0.0/24'\n[[group]]\nid='g'\nvpc='v'\n",
        node_name(own),
        vtep(own.last())
    );
    for (port, (host, name)) in PORTS.iter().enumerate() {
        let (kind, rest) = if *host == own {
            ("port", format!("device='p-{name}'\nkind='veth'\npeer='q-{name}'\n"))
        } else {
            ("remote", format!("vtep='{}'\n", vtep(host.last())))
        };
        put(
            &mut text,
            format_args!(
                "[[{kind}]]\nid='{name}'\nnetwork='n'\nmac='{}'\nips=['{}']\ngroups=['g']\n{rest}",
                mac(port),
                address(port)
            ),
        );
    }
    crate::spec::read("loops", &text).map_err(|errors| both(errors.to_string()))
}
