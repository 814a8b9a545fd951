//! Whether this dataplane does on this kernel what the norm asks of tenant networks: real packets
//! between guests on two hosts of scratch.
//!
//! `table` says what is done and what has to come of it, `world` for whom, `frame` how a
//! probe is made and read; [`site`] builds it. Nothing of the node's own networks is touched.
//! What is found is of this dataplane here, never of a delivered cloud.

pub mod cloud;
mod evidence;
mod frame;
mod judge;
pub mod loops;
mod making;
pub mod scale;
pub mod site;
mod table;
pub mod trial;
pub mod world;

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use pnet_base::MacAddr;
use serde::Serialize;

use self::making::Making;
use self::table::{Frame, ROWS, Row, Seen, Step};
use self::world::{Family, Host, SEATS, Seat, State};
use crate::desired::Desired;
use crate::text::Text;

/// How long is waited for what has to come; and once several things did not.
const SOON: Duration = Duration::from_secs(2);
const SOONER: Duration = Duration::from_millis(200);
/// How many may be lost before that.
const PATIENT: usize = 3;
/// How long is listened at the end for what should not have come.
const LATE: Duration = Duration::from_millis(300);
/// How long is waited for one answer of a guest that is just there, and how often.
const KNOCK: Duration = Duration::from_millis(20);
const KNOCKS: usize = 500;
/// Ports of those who begin: the case's place is added.
const FIRST_PORT: u16 = 20_000;

/// Where cases are run: two hosts, and guests on them.
pub trait Ground {
    /// Makes a host as a desired state says and cuts what that does not permit; the first time,
    /// gives every guest there its device.
    ///
    /// # Errors
    /// Where the kernel does not do it: why.
    fn settle(&mut self, host: Host, desired: &Desired) -> Result<(), Text>;

    /// Sends a frame.
    ///
    /// # Errors
    /// Where the device does not take it.
    fn send(&mut self, from: Sender, frame: &[u8]) -> io::Result<()>;

    /// Listens at every guest until `heard` says that what was waited for has come, or for
    /// `limit`; returns whether it did.
    ///
    /// # Errors
    /// Where it cannot be listened.
    fn hear(
        &mut self,
        limit: Duration,
        heard: &mut dyn FnMut(Seat, &[u8]) -> bool,
    ) -> io::Result<bool>;
}

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A guest, by its card.
    Guest(Seat),
    /// A host, by its card in the underlay.
    Card(Host),
}

/// What came of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All was as it has to be.
    Pass,
    /// Something arrived that must not, or did not that must.
    Fail,
    /// It could not be found out.
    NotMeasured,
}

/// A case, run.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Row of the norm.
    pub row: &'static str,
    /// What it is about, and between whom.
    pub case: Text,
    /// What came of it.
    pub verdict: Verdict,
    /// Why, where it is no pass.
    pub reason: Option<Text>,
    /// What was sent.
    pub probe_sent: Vec<Probe>,
    /// What of it was seen, and where.
    pub probe_seen: Vec<Sighting>,
}

/// A probe that was sent.
#[derive(Clone, Debug, Serialize)]
pub struct Probe {
    /// Place in the case, from 1.
    pub step: usize,
    /// Guest that sent it, or by whose host it was sent.
    pub at: String,
    /// What it is, as read from its bytes.
    pub frame: String,
    /// `arrives`, `control` (arrives, and nothing is proved without), `dropped`, `answered` or
    /// `refused` (too large: the sender is told).
    pub wanted: &'static str,
}

/// A probe, or the answer to it, that was seen by a guest.
#[derive(Clone, Debug, Serialize)]
pub struct Sighting {
    /// Which probe.
    pub step: usize,
    /// Guest.
    pub at: String,
    /// What it is, as read from its bytes.
    pub frame: String,
}

/// Runs all cases.
pub fn run(ground: &mut dyn Ground) -> Vec<Case> {
    let cases = all();
    let mut run = Run { ground, sent: Vec::new(), state: None, lost: 0 };
    let mut broken = vec![None; cases.len()];
    if let Err(why) = run.begin() {
        broken.fill(Some(why));
    } else {
        for (place, (one, broken)) in cases.iter().zip(&mut broken).enumerate() {
            *broken = run.case(place, *one).err();
        }
        // What comes late is held against its own case.
        if let Err(why) = run.listen(LATE, None) {
            broken.fill(Some(why));
        }
    }
    let judged = cases.into_iter().zip(broken).enumerate();
    judged.map(|(place, (one, broken))| judge::judge(place, one, broken, &run.sent)).collect()
}

/// Returns every case as not measured, for a reason that holds for all of them.
pub fn unmeasured(why: &Text) -> Vec<Case> {
    let judged = all().into_iter().enumerate();
    judged.map(|(place, one)| judge::judge(place, one, Some(why.clone()), &[])).collect()
}

/// A row for one pair and family.
#[derive(Clone, Copy, Debug)]
struct One {
    row: &'static Row,
    pair: (Seat, Seat),
    family: Family,
}

fn all() -> Vec<One> {
    let mut all = Vec::new();
    for row in ROWS.iter().copied().flatten() {
        for pair in row.pairs {
            all.extend(row.families.iter().map(|family| One { row, pair: *pair, family: *family }));
        }
    }
    all
}

/// A probe on its way; its place in [`Run::sent`] is its token.
#[derive(Clone, Debug)]
struct Sent {
    /// Of which case; of none while the guests come up.
    case: Option<usize>,
    step: usize,
    ends: (Seat, Seat),
    wanted: Seen,
    frame: String,
    /// Who may see it.
    may: Vec<Seat>,
    /// Where, what, and from which address.
    seen: Vec<(Seat, String, Option<IpAddr>)>,
    /// The answer that came to whom asked, or the error to whom sent.
    answer: Option<String>,
}

struct Run<'a> {
    ground: &'a mut dyn Ground,
    sent: Vec<Sent>,
    state: Option<State>,
    lost: usize,
}

impl Run<'_> {
    /// Has both hosts settled, and waits until every guest is heard by another of its network.
    fn begin(&mut self) -> Result<(), Text> {
        self.settle(State::Usual)?;
        for seat in SEATS {
            let mut mates = SEATS.iter().filter(|mate| mate.network() == seat.network());
            let Some(mate) = mates.find(|mate| **mate != seat) else { continue };
            let mut heard = false;
            for _ in 0..KNOCKS {
                let token = self.send(None, (seat, *mate), Family::V6, &Frame::Hello, Seen::Yes)?;
                heard = self.listen(KNOCK, Some(token))?;
                if heard {
                    break;
                }
            }
            if !heard {
                return Err(Text::of(
                    "试验网络未能就绪：{0} 收不到 {1} 的包",
                    "the scratch networks do not come up: {0} hears nothing of {1}",
                    &[&mate.name(), &seat.name()],
                ));
            }
        }
        Ok(())
    }

    fn settle(&mut self, state: State) -> Result<(), Text> {
        if self.state == Some(state) {
            return Ok(());
        }
        // Whatever comes of it, it is no longer what it was.
        self.state = None;
        for host in [Host::A, Host::B] {
            self.ground.settle(host, &world::desired(host, state)?)?;
        }
        self.state = Some(state);
        Ok(())
    }

    /// Runs a case, and leaves the usual state behind.
    fn case(&mut self, place: usize, one: One) -> Result<(), Text> {
        let done = self.steps(place, one);
        self.settle(State::Usual)?;
        done
    }

    fn steps(&mut self, place: usize, one: One) -> Result<(), Text> {
        for (at, step) in one.row.steps.iter().enumerate() {
            match step {
                Step::Change(state) => self.settle(*state)?,
                Step::Join(group) => self.settle(State::In(one.pair.1, group))?,
                Step::Send(from, to, frame, wanted) => {
                    let ends = (from.of(one.pair), to.of(one.pair));
                    let token =
                        self.send(Some((place, at + 1)), ends, one.family, frame, *wanted)?;
                    if *wanted == Seen::No {
                        continue;
                    }
                    let limit = if self.lost < PATIENT { SOON } else { SOONER };
                    if !self.listen(limit, Some(token))? {
                        self.lost += 1;
                        // What comes behind a lost packet says nothing.
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    fn send(
        &mut self,
        case: Option<(usize, usize)>,
        ends: (Seat, Seat),
        family: Family,
        frame: &Frame,
        wanted: Seen,
    ) -> Result<usize, Text> {
        let token = self.sent.len();
        let port = case.and_then(|(place, _)| u16::try_from(place).ok());
        let making = Making {
            ends,
            family,
            number: FIRST_PORT.saturating_add(port.unwrap_or(1 << 14)),
            token: frame::token(token),
        };
        let frames = making.frames(frame);
        let told = frames.first().map(|bytes| frame::describe(bytes)).unwrap_or_default();
        self.sent.push(Sent {
            case: case.map(|case| case.0),
            step: case.map_or(0, |case| case.1),
            ends,
            wanted,
            frame: told,
            may: audience(ends, wanted),
            seen: Vec::new(),
            answer: None,
        });
        let sender = match frame {
            Frame::Tunnel(..) => Sender::Card(ends.0.host()),
            _ => Sender::Guest(ends.0),
        };
        for bytes in frames {
            self.ground.send(sender, &bytes).map_err(|error| {
                Text::of(
                    "无法从 {0} 发出探测：{1}",
                    "cannot send a probe from {0}: {1}",
                    &[&ends.0.name(), &error],
                )
            })?;
        }
        Ok(token)
    }

    /// Listens until a probe has come to whom it is for, or its answer to whom asked; notes all
    /// that is seen anywhere.
    fn listen(&mut self, limit: Duration, until: Option<usize>) -> Result<bool, Text> {
        let Self { ground, sent, .. } = self;
        let asked = until.and_then(|token| {
            let one = sent.get(token).filter(|one| one.wanted == Seen::Answered)?;
            let family = sent_family(&one.frame);
            Some((one.ends.0, one.ends.1.address(family), one.ends.1.mac()))
        });
        let mut heard = |at: Seat, bytes: &[u8]| {
            if let Some(number) = frame::number(bytes) {
                let Some(one) = sent.get_mut(number) else { return false };
                // A router may say why it does not pass something on.
                if at == one.ends.0 && frame::is_error(bytes) {
                    one.answer = Some(frame::describe(bytes));
                    return Some(number) == until && one.wanted == Seen::Refused;
                }
                one.seen.push((at, frame::describe(bytes), frame::source(bytes)));
                return Some(number) == until && at == one.ends.1;
            }
            let answered = asked.is_some_and(|(who, about, mac): (Seat, _, MacAddr)| {
                who == at && frame::answers(bytes, about) == Some(mac)
            });
            if answered && let Some(one) = until.and_then(|token| sent.get_mut(token)) {
                one.answer = Some(frame::describe(bytes));
            }
            answered
        };
        ground
            .hear(limit, &mut heard)
            .map_err(|error| Text::of("无法接收：{0}", "cannot listen: {0}", &[&error]))
    }
}

/// The family of a question, which is ARP or not.
fn sent_family(told: &str) -> Family {
    if told.contains("ARP") { Family::V4 } else { Family::V6 }
}

/// Who may see a packet.
fn audience((from, to): (Seat, Seat), wanted: Seen) -> Vec<Seat> {
    match wanted {
        // What is of no network of its VPC, a router takes to be outside, whoever has it too.
        Seen::No if from.vpc() != to.vpc() && !from.is_outside() && !to.is_outside() => {
            vec![if from.host() == Host::A { Seat::OutA } else { Seat::OutB }]
        }
        Seen::No | Seen::Refused => Vec::new(),
        Seen::Yes | Seen::Control | Seen::Under(_) => vec![to],
        // A question is to all, as far as the sender's own host.
        Seen::Answered => SEATS
            .iter()
            .filter(|seat| seat.network() == from.network() && seat.host() == from.host())
            .copied()
            .collect(),
    }
}

#[cfg(test)]
mod tests;
