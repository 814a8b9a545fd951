//! The sizes of the norm on one host of scratch: 500 VPCs with the same addresses, 2,048 virtual
//! network cards, 2,000 groups with 20,000 rules, and 10,000 guests of another host.
//!
//! Every card sends, and all of them are listened to.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use pnet_base::MacAddr;

use super::evidence::{About, Evidence, case};
use super::frame::{self, Way};
use super::site::{CARD, MTU, Node, both, card, said};
use super::world::{Host, put, vtep};
use super::{Case, Probe, Sighting};
use crate::desired::Desired;
use crate::kernel::scratch::{Scratch, apart};
use crate::kernel::wire::Hub;
use crate::text::Text;

const VPCS: usize = 500;
/// Of each VPC; the first have one more, so that there are [`CARDS`].
const EACH: usize = 4;
const CARDS: usize = 2048;
/// Guests of the other host, of each VPC.
const REMOTE: usize = 20;
/// How many probes are on their way at once: more would fill the socket.
const LOT: usize = 32;
/// How often is sent until all cards are up.
const ROUNDS: usize = 200;
const MOMENT: Duration = Duration::from_millis(50);
/// How long is listened behind a lot.
const BREATH: Duration = Duration::from_millis(1);
const LATE: Duration = Duration::from_millis(300);
/// Where the neighbour is permitted to send to, and where not.
const OPEN: u16 = 6000;
const CLOSED: u16 = 5999;

/// A card: number of its VPC, and which of that.
type Seat = (usize, usize);

/// Runs it.
pub fn run() -> Vec<Case> {
    let found = apart(|| Ok(measure())).map_err(|error| said(&error)).and_then(|found| found);
    found.unwrap_or_else(|why| CASES.iter().map(|about| case(about, Err(why.clone()))).collect())
}

const CASES: [About; 4] = [
    (
        "5.3.2.1#10",
        "一台主机上 2,048 块虚拟网卡，块块可用：每块发出的包都到其邻卡",
        "2,048 virtual network cards on one host, every one of use: what each sends arrives",
    ),
    (
        "5.2.3.1#5",
        "500 个地址相同的 VPC：任何一个 VPC 的包都不在另一个中出现",
        "500 VPCs with equal addresses: no packet of one is seen in another",
    ),
    (
        "5.2.3.2#4",
        "2,000 个安全组、20,000 条规则：未授权的端口一个也不通",
        "2,000 groups with 20,000 rules: what none permits does not pass, from any card",
    ),
    (
        "5.3.3.3.1#7",
        "全量同步：数据一致时无任何改动；一处不同时只改那一处",
        "full synchronisation changes nothing where nothing differs, and one thing where one does",
    ),
];

fn measure() -> Result<Vec<Case>, Text> {
    let (mut host, mut other) =
        Scratch::new().and_then(|a| Ok((a, Scratch::new()?))).map_err(|error| said(&error))?;
    let macs = [card(Host::A), card(Host::B)];
    host.join(&mut other, CARD, MTU, macs).map_err(|error| said(&error))?;
    host.address(CARD, vtep(Host::A.last()), 24).map_err(|error| said(&error))?;
    let mut node = Node::open(host).map_err(|error| said(&error))?;
    let desired = read(None)?;
    node.settle(&desired)?;
    let peers: Vec<String> = seats().map(peer).collect();
    node.space.wake(&peers).map_err(|error| said(&error))?;
    let mut lab = Lab::open(&node, &peers).map_err(|error| said(&error))?;
    let arrived = lab.arrive().map_err(|error| said(&error));
    let closed = lab.denied().map_err(|error| said(&error));
    // What was seen where it must not be is told, whatever else is not known.
    let apart = lab.leaks();
    let nothing = || Text::of("对照包未到", "the controls did not arrive", &[]);
    let lost = |found: &Result<Evidence, Text>| match found {
        Ok(evidence) => evidence.fault.as_ref().map(|_| nothing()),
        Err(why) => Some(why.clone()),
    };
    let apart = match lost(&arrived).or_else(|| lost(&closed)) {
        Some(why) if apart.fault.is_none() => Err(why),
        _ => Ok(apart),
    };
    let found = [arrived, apart, closed, synchronised(&mut node, &desired)];
    Ok(CASES.iter().zip(found).map(|(about, found)| case(about, found)).collect())
}

/// Asks what there is to do where nothing differs, and where one rule more is wanted.
fn synchronised(node: &mut Node, desired: &Desired) -> Result<Evidence, Text> {
    let mut evidence = Evidence::default();
    let mut note = |step: usize, what: &str, wanted: usize, steps: usize| {
        let frame = format!("{what}: {wanted}");
        evidence.sent.push(Probe { step, at: "plan".to_owned(), frame, wanted: "control" });
        let frame = format!("{what}: {steps}");
        evidence.seen.push(Sighting { step, at: "plan".to_owned(), frame });
        if wanted != steps {
            evidence.fault = Some(Text::of(
                "第 {0} 步应有 {1} 处改动，而有 {2} 处",
                "step {0} has to be {1} changes and is {2}",
                &[&step, &wanted, &steps],
            ));
        }
    };
    note(1, "changes", 0, node.planned(desired)?);
    let more = read(Some(OPEN + 1))?;
    note(2, "changes", 1, node.planned(&more)?.min(2));
    node.settle(&more)?;
    note(3, "changes", 0, node.planned(&more)?);
    Ok(evidence)
}

/// The host, seen from all cards at once.
struct Lab {
    hub: Hub,
    /// Numbers of the guests' devices.
    numbers: Vec<u32>,
    places: BTreeMap<u32, usize>,
    /// Where each probe was seen, by its number: allowed ones first, then denied ones.
    seen: BTreeMap<usize, Vec<(usize, String)>>,
}

impl Lab {
    fn open(node: &Node, peers: &[String]) -> io::Result<Self> {
        let (hub, numbers) = node.space.inside(|| {
            let hub = Hub::open()?;
            let numbers =
                peers.iter().map(|name| hub.number(name)).collect::<io::Result<Vec<u32>>>()?;
            Ok((hub, numbers))
        })?;
        let mut places = BTreeMap::new();
        places.extend(numbers.iter().enumerate().map(|(place, number)| (*number, place)));
        Ok(Self { hub, numbers, places, seen: BTreeMap::new() })
    }

    fn send(&self, place: usize, seat: Seat, token: usize, port: u16) -> io::Result<String> {
        let to = neighbour(seat);
        let ends = (address(seat.1), address(to.1));
        let way = Way { mac: (mac(seat.1), mac(to.1)), ip: ends };
        let bytes = way.udp((20_000, port), &frame::token(token));
        let number = self.numbers.get(place).copied().unwrap_or_default();
        self.hub.send(number, &bytes)?;
        Ok(frame::describe(&bytes))
    }

    fn listen(&mut self, limit: Duration) -> io::Result<()> {
        let Self { hub, places, seen, .. } = self;
        hub.hear(limit, &mut |number, bytes| {
            if let (Some(place), Some(token)) = (places.get(&number), frame::number(bytes)) {
                seen.entry(token).or_default().push((*place, frame::describe(bytes)));
            }
        })
    }

    /// Has every card send to its neighbour until that hears it, or [`ROUNDS`] times; returns
    /// what was sent, and the places of those that were not heard. Tokens are from `base` on.
    fn until_heard(
        &mut self,
        base: usize,
        wanted: &'static str,
    ) -> io::Result<(Vec<Probe>, Vec<usize>)> {
        let seats: Vec<Seat> = seats().collect();
        let mut probes = Vec::new();
        let mut open: Vec<usize> = (0..seats.len()).collect();
        for round in 0..ROUNDS {
            for lot in open.chunks(LOT) {
                for place in lot {
                    let Some(seat) = seats.get(*place) else { continue };
                    let told = self.send(*place, *seat, base + place, OPEN)?;
                    if round == 0 {
                        probes.push(sent(*place, *seat, told, wanted));
                    }
                }
                self.listen(BREATH)?;
            }
            self.listen(MOMENT)?;
            open.retain(|place| !self.seen.contains_key(&(base + place)));
            if open.is_empty() {
                break;
            }
        }
        Ok((probes, open))
    }

    fn arrive(&mut self) -> io::Result<Evidence> {
        let (sent, open) = self.until_heard(0, "arrives")?;
        let mut evidence = Evidence { sent, ..Evidence::default() };
        if let Some(place) = open.first() {
            evidence.fault = Some(Text::of(
                "{0} 块网卡发出的包没有到达，首个是 {1}",
                "what {0} cards send does not arrive, {1} the first of them",
                &[&open.len(), &name(seats().nth(*place).unwrap_or_default())],
            ));
        }
        evidence.seen = self.sightings(0..CARDS);
        Ok(evidence)
    }

    /// Has every card send what is not permitted, and behind that, as its control, what is.
    fn denied(&mut self) -> io::Result<Evidence> {
        let mut evidence = Evidence::default();
        for (place, seat) in seats().enumerate() {
            let told = self.send(place, seat, CARDS + place, CLOSED)?;
            evidence.sent.push(sent(place, seat, told, "dropped"));
            if place % LOT == 0 {
                self.listen(BREATH)?;
            }
        }
        let (controls, open) = self.until_heard(2 * CARDS, "control")?;
        evidence.sent.extend(controls);
        self.listen(LATE)?;
        evidence.seen = self.sightings(CARDS..3 * CARDS);
        if let Some((_, seen)) = self.seen.range(CARDS..2 * CARDS).next() {
            let frame = seen.first().map(|seen| seen.1.clone()).unwrap_or_default();
            evidence.fault =
                Some(Text::of("不应到而到了：{0}", "must not arrive, and did: {0}", &[&frame]));
        } else if !open.is_empty() {
            let what = "the controls behind the denials did not all arrive";
            return Err(io::Error::other(format!("{what}: {} are missing", open.len())));
        }
        Ok(evidence)
    }

    /// Whether anything was seen by who is not its addressee.
    fn leaks(&self) -> Evidence {
        let seats: Vec<Seat> = seats().collect();
        let mut evidence = Evidence { seen: self.sightings(0..CARDS), ..Evidence::default() };
        for (place, seat) in seats.iter().enumerate() {
            let told = format!("{} > {}", name(*seat), name(neighbour(*seat)));
            evidence.sent.push(sent(place, *seat, told, "control"));
        }
        for (token, seen) in &self.seen {
            let Some(seat) = seats.get(token % CARDS) else { continue };
            let to = neighbour(*seat);
            let stray = seen.iter().find(|(place, _)| seats.get(*place) != Some(&to));
            if let Some((place, frame)) = stray {
                let at = name(seats.get(*place).copied().unwrap_or_default());
                evidence.fault = Some(Text::of(
                    "不应到 {0} 而到了：{1}",
                    "must not be seen at {0}, and was: {1}",
                    &[&at, frame],
                ));
            }
        }
        evidence
    }

    fn sightings(&self, tokens: std::ops::Range<usize>) -> Vec<Sighting> {
        let seats: Vec<Seat> = seats().collect();
        let all = self.seen.range(tokens).flat_map(|(token, seen)| {
            seen.iter()
                .take(1)
                .map(move |(place, frame)| (token % CARDS + 1, *place, frame.clone()))
        });
        let at = |place: usize| name(seats.get(place).copied().unwrap_or_default());
        all.map(|(step, place, frame)| Sighting { step, at: at(place), frame }).collect()
    }
}

fn sent(place: usize, seat: Seat, frame: String, wanted: &'static str) -> Probe {
    Probe { step: place + 1, at: name(seat), frame, wanted }
}

fn seats() -> impl Iterator<Item = Seat> {
    let more = CARDS - VPCS * EACH;
    (0..VPCS).flat_map(move |vpc| (0..EACH + usize::from(vpc < more)).map(move |own| (vpc, own)))
}

/// Who permits what a card sends to it.
fn neighbour((vpc, own): Seat) -> Seat {
    (vpc, (own + 1) % EACH)
}

fn name((vpc, own): Seat) -> String {
    format!("v{vpc}-{own}")
}

fn peer((vpc, own): Seat) -> String {
    format!("q{vpc}-{own}")
}

fn last(own: usize) -> u8 {
    u8::try_from(own + 11).unwrap_or(u8::MAX)
}

fn address(own: usize) -> IpAddr {
    [10, 0, 0, last(own)].into()
}

fn mac(own: usize) -> MacAddr {
    MacAddr::new(2, 0, 0, 0, 0, last(own))
}

/// The desired state; `more` is a port that the first group permits besides.
fn read(more: Option<u16>) -> Result<Desired, Text> {
    let (own, other) = (vtep(Host::A.last()), vtep(Host::B.last()));
    let mut text = format!(
        "schema='assay/network/v1'\nsemantics='norm'\n[node]\nname='scale'\ndevice='{CARD}'\n\
         vtep='{own}'\n"
    );
    for vpc in 0..VPCS {
        put(
            &mut text,
            format_args!(
                "[[vpc]]\nid='v{vpc}'\n[[network]]\nid='v{vpc}'\nvpc='v{vpc}'\nvni={}\n\
                 [[subnet]]\nid='v{vpc}'\nnetwork='v{vpc}'\ncidr='10.0.0.0/24'\n",
                vpc + 1000
            ),
        );
        for own in 0..EACH {
            let before = (own + EACH - 1) % EACH;
            put(
                &mut text,
                format_args!(
                    "[[group]]\nid='g{vpc}-{own}'\nvpc='v{vpc}'\n[[group.rule]]\n\
                     direction='out'\nprotocol='any'\n[[group.rule]]\ndirection='in'\n\
                     protocol='udp'\nports={OPEN}\nfrom={{group='g{vpc}-{before}'}}\n"
                ),
            );
            for port in 8001..8009 {
                put(
                    &mut text,
                    format_args!("[[group.rule]]\ndirection='in'\nprotocol='tcp'\nports={port}\n"),
                );
            }
            if let Some(port) = more
                && (vpc, own) == (0, 0)
            {
                put(
                    &mut text,
                    format_args!("[[group.rule]]\ndirection='in'\nprotocol='udp'\nports={port}\n"),
                );
            }
        }
        for guest in 0..REMOTE {
            let last = guest + 101;
            put(
                &mut text,
                format_args!(
                    "[[remote]]\nid='r{vpc}-{guest}'\nnetwork='v{vpc}'\n\
                     mac='02:00:00:00:01:{last:02x}'\nips=['10.0.0.{last}']\n\
                     groups=['g{vpc}-0']\nvtep='{other}'\n"
                ),
            );
        }
    }
    for seat in seats() {
        let (vpc, own) = seat;
        put(
            &mut text,
            format_args!(
                "[[port]]\nid='{}'\nnetwork='v{vpc}'\nmac='{}'\nips=['{}']\ngroups=['g{vpc}-{}']\n\
                 device='p{vpc}-{own}'\nkind='veth'\npeer='{}'\n",
                name(seat),
                mac(own),
                address(own),
                own % EACH,
                peer(seat)
            ),
        );
    }
    crate::spec::read("scale", &text).map_err(|errors| both(errors.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_the_sizes_that_it_names() {
        assert_eq!(seats().count(), CARDS);
        let desired = read(None).unwrap();
        assert_eq!(desired.ports.len(), CARDS);
        assert_eq!(desired.remotes.len(), 10_000);
        assert_eq!(desired.groups.len(), 2000);
        let rules: usize = desired.groups.values().map(|group| group.rules.len()).sum();
        assert_eq!(rules, 20_000);
    }
}
