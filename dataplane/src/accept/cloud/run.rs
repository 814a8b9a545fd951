//! The probes of all cases sent, and each case judged by what was seen.

use std::net::SocketAddr;

use super::order::{Done, Here, How, Order, Saw, Send, Sight};
use super::steps::{Shot, Step, Wanted, missing, steps};
use super::{Agents, Cloud, Trial};
use crate::accept::{Case, Probe, Sighting, Verdict};
use crate::text::Text;

/// How long is waited for what has to come, and at the end for what should not have.
const SOON_MS: u32 = 2_000;
const LATE_MS: u32 = 300;

/// What was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// What each agent says it is, as it said at the beginning; in the order of the plan.
    pub agents: Vec<Option<Here>>,
    /// What came of each case.
    pub cases: Vec<Case>,
}

/// Runs all cases; `base` is a number of this run's own, whose lower half is 0.
pub fn run(cloud: &Cloud, base: u64, agents: &mut dyn Agents) -> Found {
    let mut run = Run { cloud, agents, next: base, here: Vec::new(), sent: Vec::new() };
    for (place, agent) in cloud.agents.iter().enumerate() {
        let order = Order::Look { addresses: agent.addresses.clone() };
        let found = run.ask(place, order);
        let found = found.and_then(|done| match done {
            Done::Here(here) => Ok(here),
            _ => Err(Text::of("代理答非所问", "the agent answers something else", &[])),
        });
        run.here.push(found);
    }
    let mut cases = Vec::new();
    for case in &cloud.cases {
        let families = cloud.families(case);
        for four in &families {
            cases.push(run.case(case, *four));
        }
        if families.is_empty() {
            let why = Text::of(
                "两端没有同一种地址（IPv4 或 IPv6）",
                "the ends have no addresses of one family",
                &[],
            );
            cases.push(run.judged(case, None, Some(why)));
        }
    }
    let agents = run.here.into_iter().map(Result::ok).collect();
    Found { agents, cases }
}

/// A probe on its way.
struct Sent {
    nonce: u64,
    step: usize,
    from: usize,
    at: usize,
    wanted: Wanted,
    told: String,
    seen: Vec<(usize, Saw)>,
    /// Its own device did not take it.
    refused: bool,
}

struct Run<'a> {
    cloud: &'a Cloud,
    agents: &'a mut dyn Agents,
    next: u64,
    here: Vec<Result<Here, Text>>,
    /// Of the case that is run.
    sent: Vec<Sent>,
}

impl Run<'_> {
    fn case(&mut self, case: &Trial, four: bool) -> Case {
        self.sent.clear();
        let mut broken = missing(case);
        if broken.is_none() {
            let steps = steps(self.cloud, case, four).unwrap_or_default();
            broken = self.steps(&steps).err();
            for agent in ends(&steps) {
                // Nothing is known of what one that was lost meanwhile would have seen.
                if let Err(why) = self.ask(agent, Order::Close) {
                    broken.get_or_insert(why);
                }
            }
            self.listen(LATE_MS, None);
        }
        self.judged(case, Some(four), broken)
    }

    fn steps(&mut self, steps: &[Step]) -> Result<(), Text> {
        for agent in ends(steps) {
            if let Some(Err(why)) = self.here.get(agent) {
                return Err(why.clone());
            }
        }
        self.ears(steps)?;
        // What the cloud was told is taken back, whatever comes of what is between.
        let mut back = None;
        let mut done = Ok(());
        for (at, step) in steps.iter().enumerate() {
            match step {
                Step::Tell(_) => {
                    let undo = steps.iter().find_map(|step| match step {
                        Step::Undo(command) => Some(command),
                        _ => None,
                    });
                    back = undo;
                }
                Step::Undo(_) => {
                    back = None;
                    self.cut(steps);
                }
                _ => {}
            }
            done = self.step(at, step);
            if done.is_err() {
                break;
            }
        }
        if let Some(command) = back {
            self.cut(steps);
            self.agents.tell(command)?;
        }
        done
    }

    /// Ends what is held, so that nothing of it is sent again once it may pass.
    fn cut(&mut self, steps: &[Step]) {
        let mut ended = false;
        for step in steps {
            if let Step::Send(Shot { how: How::Hold, from, .. }, _) = step {
                drop(self.agents.ask(*from, Order::Close));
                ended = true;
            }
        }
        if ended {
            drop(self.ears(steps));
        }
    }

    /// Has everybody listen to whom something is sent.
    fn ears(&mut self, steps: &[Step]) -> Result<(), Text> {
        let mut asked: Vec<(usize, SocketAddr, bool)> = Vec::new();
        for step in steps {
            let (Step::Send(shot, _) | Step::Until(shot, _)) = step else { continue };
            let Some(at) = shot.ear else { continue };
            let ear = (shot.at, at, matches!(shot.how, How::Tcp | How::Hold));
            if asked.contains(&ear) {
                continue;
            }
            asked.push(ear);
            self.ask(shot.at, Order::Listen { at, tcp: ear.2 })?;
        }
        Ok(())
    }

    fn ask(&mut self, agent: usize, order: Order) -> Result<Done, Text> {
        let name = self.cloud.agents.get(agent).map_or("", |agent| agent.id.as_str());
        match self.agents.ask(agent, order) {
            Ok(Done::Refused(why)) => {
                Err(Text::of("代理 `{0}`：{1}", "agent `{0}`: {1}", &[&name, &why]))
            }
            Err(why) => Err(Text {
                zh: Text::of("代理 `{0}` 已失联：{1}", "", &[&name, &why.zh]).zh,
                en: Text::of("", "agent `{0}` is lost: {1}", &[&name, &why.en]).en,
            }),
            done => done,
        }
    }

    fn step(&mut self, at: usize, step: &Step) -> Result<(), Text> {
        match step {
            Step::Tell(command) | Step::Undo(command) => self.agents.tell(command),
            Step::Send(shot, wanted) => {
                let place = self.shoot(at, shot, wanted.clone())?;
                self.wait(place);
                Ok(())
            }
            Step::Say(line, wanted) => {
                let Some(opened) = self.sent.iter().find(|sent| sent.step == *line) else {
                    return Ok(());
                };
                let (line, from, to) = (opened.nonce, opened.from, opened.at);
                let told = format!("{}, held", opened.told);
                let nonce = self.nonce();
                self.put((nonce, at), (from, to), wanted.clone(), told);
                self.ask(from, Order::Say { line, nonce })?;
                self.wait(self.sent.len().saturating_sub(1));
                Ok(())
            }
            Step::Until(shot, seen) => {
                let limit = u64::from(self.cloud.settle_s) * 1_000;
                let end = self.agents.now_ms().saturating_add(limit);
                loop {
                    let place = self.shoot(at, shot, Wanted::Either)?;
                    if self.listen(LATE_MS, Some(place)) == *seen {
                        return Ok(());
                    }
                    // That it never comes to this, the next step says.
                    if self.agents.now_ms() >= end {
                        return Ok(());
                    }
                }
            }
        }
    }

    fn nonce(&mut self) -> u64 {
        self.next = self.next.wrapping_add(1);
        self.next
    }

    fn put(
        &mut self,
        (nonce, step): (u64, usize),
        (from, at): (usize, usize),
        wanted: Wanted,
        told: String,
    ) {
        let (seen, refused) = (Vec::new(), false);
        self.sent.push(Sent { nonce, step, from, at, wanted, told, seen, refused });
    }

    /// Sends a probe; returns its place.
    fn shoot(&mut self, step: usize, shot: &Shot, wanted: Wanted) -> Result<usize, Text> {
        let raw = |agent: usize| matches!(self.here.get(agent), Some(Ok(here)) if here.raw);
        let deaf = shot.how == How::Echo && !raw(shot.at);
        if shot.how.is_raw() && (deaf || !raw(shot.from)) {
            let who = if deaf { shot.at } else { shot.from };
            let name = self.cloud.agents.get(who).map_or("", |agent| agent.id.as_str());
            return Err(Text::of(
                "代理 `{0}` 没有 CAP_NET_RAW",
                "agent `{0}` has no CAP_NET_RAW",
                &[&name],
            ));
        }
        let nonce = self.nonce();
        let place = self.sent.len();
        self.put((nonce, step), (shot.from, shot.at), wanted, told(shot));
        let order = Order::Send(Send {
            nonce,
            how: shot.how,
            from: shot.own,
            to: shot.to,
            source: shot.source,
            mac: shot.mac.map(|mac| mac.0),
            bytes: shot.bytes,
        });
        if self.ask(shot.from, order)? == Done::TooLarge
            && let Some(sent) = self.sent.get_mut(place)
        {
            sent.refused = true;
        }
        Ok(place)
    }

    /// Waits for what has to come of a probe.
    fn wait(&mut self, place: usize) {
        match self.sent.get(place).map(|sent| &sent.wanted) {
            Some(Wanted::No | Wanted::Either) | None => self.listen(LATE_MS, None),
            Some(_) => self.listen(SOON_MS, Some(place)),
        };
    }

    /// Listens until a probe has come as it has to, and notes all that is seen; returns whether
    /// it did.
    fn listen(&mut self, limit_ms: u32, until: Option<usize>) -> bool {
        let Self { agents, sent, .. } = self;
        let whole = |sent: &[Sent]| {
            until.and_then(|place| sent.get(place)).is_some_and(|sent| match sent.wanted {
                Wanted::Refused => was_refused(sent),
                _ => arrived(sent) && answered(sent),
            })
        };
        if whole(sent) {
            return true;
        }
        agents.hear(limit_ms, &mut |at, saw| {
            if let Some(one) = sent.iter_mut().find(|one| one.nonce == saw.nonce) {
                one.seen.push((at, saw));
            }
            whole(sent)
        })
    }

    fn judged(&self, case: &Trial, four: Option<bool>, broken: Option<Text>) -> Case {
        let (verdict, reason) = self.verdict(broken);
        let names = &self.cloud.agents;
        let name = |agent: usize| names.get(agent).map_or("", |agent| agent.id.as_str());
        let family = match four {
            Some(true) => "，IPv4",
            Some(false) => "，IPv6",
            None => "",
        };
        let values: [&dyn std::fmt::Display; 5] =
            [&case.id, &name(case.from), &name(case.to), &family, &family.replace('，', ", ")];
        let judged = self.sent.iter().filter(|sent| sent.wanted != Wanted::Either);
        let probe_sent = judged
            .clone()
            .map(|sent| Probe {
                step: sent.step + 1,
                at: name(sent.from).to_owned(),
                frame: sent.told.clone(),
                wanted: match sent.wanted {
                    Wanted::No => "dropped",
                    Wanted::Control => "control",
                    Wanted::Refused => "refused",
                    _ => "arrives",
                },
            })
            .collect();
        let mut probe_seen = Vec::new();
        for sent in judged {
            for (at, saw) in &sent.seen {
                let word = match saw.what {
                    Sight::Came => "came",
                    Sight::Frame => "a frame came",
                    Sight::Answer => "its answer came",
                    Sight::TooLarge => "refused as too large",
                };
                let (at, frame) = (name(*at).to_owned(), format!("{word}, from {}", saw.from));
                probe_seen.push(Sighting { step: sent.step + 1, at, frame });
            }
        }
        let case_name = Text::of("{0}：{1} → {2}{3}", "{0}: {1} → {2}{4}", &values);
        Case { row: case.row, case: case_name, verdict, reason, probe_sent, probe_seen }
    }

    fn verdict(&self, broken: Option<Text>) -> (Verdict, Option<Text>) {
        let name = |agent: usize| {
            self.cloud.agents.get(agent).map_or("", |agent| agent.id.as_str()).to_owned()
        };
        let said = |sent: &Sent, at: usize, zh, en| {
            Text::of(zh, en, &[&(sent.step + 1), &name(at), &sent.told])
        };
        // What was seen where it must not be has failed, whatever else is not known.
        for sent in &self.sent {
            if let Some((at, _)) = sent.seen.iter().find(|(at, saw)| self.leaks(sent, *at, saw)) {
                let why = said(
                    sent,
                    *at,
                    "第 {0} 步的包不应到 {1} 而到了：{2}",
                    "step {0} must not be seen at {1}, and was: {2}",
                );
                return (Verdict::Fail, Some(why));
            }
        }
        if let Some(why) = broken {
            return (Verdict::NotMeasured, Some(why));
        }
        for sent in &self.sent {
            let due = matches!(sent.wanted, Wanted::Yes | Wanted::Under(_));
            let why = if due && !arrived(sent) {
                said(
                    sent,
                    sent.at,
                    "第 {0} 步应到 {1} 而未到：{2}",
                    "step {0} has to arrive at {1} and did not: {2}",
                )
            } else if due && !answered(sent) {
                said(
                    sent,
                    sent.from,
                    "第 {0} 步的应答未回到 {1}：{2}",
                    "step {0}: no answer came back to {1}: {2}",
                )
            } else if sent.wanted == Wanted::Refused && !was_refused(sent) {
                said(
                    sent,
                    sent.from,
                    "第 {0} 步的包过大而未送达，{1} 未得到告知：{2}",
                    "step {0} is too large and was lost, and {1} was not told: {2}",
                )
            } else if let Some(from) = under_another(sent) {
                let Wanted::Under(due) = &sent.wanted else { continue };
                let due: Vec<String> = due.iter().map(ToString::to_string).collect();
                Text::of(
                    "第 {0} 步的包应以 {1} 为源地址，而见到的是 {2}",
                    "step {0} has to be seen with the source {1}, and was with {2}",
                    &[&(sent.step + 1), &due.join(", "), &from],
                )
            } else {
                continue;
            };
            return (Verdict::Fail, Some(why));
        }
        let lost = self
            .sent
            .iter()
            .find(|sent| sent.wanted == Wanted::Control && !(arrived(sent) && answered(sent)));
        if let Some(lost) = lost {
            let why = said(
                lost,
                lost.at,
                "第 {0} 步的对照包未到 {1} 或无应答，其余未到的包不能说明问题：{2}",
                "the control, step {0}, did not arrive at {1} or had no answer: that others did not \
                 proves nothing: {2}",
            );
            return (Verdict::NotMeasured, Some(why));
        }
        if self.sent.is_empty() {
            let why = Text::of("没有发出探测", "nothing was sent", &[]);
            return (Verdict::NotMeasured, Some(why));
        }
        (Verdict::Pass, None)
    }

    /// Whether somebody saw what was not for them.
    fn leaks(&self, sent: &Sent, at: usize, saw: &Saw) -> bool {
        if at == sent.from || !matches!(saw.what, Sight::Came | Sight::Frame) {
            return false;
        }
        let vpc = |agent: usize| self.cloud.agents.get(agent).and_then(|it| it.vpc.as_ref());
        let (here, ends) = (vpc(at), [vpc(sent.from), vpc(sent.at)]);
        // What is of no network of its VPC, a router takes to be outside, whoever has it too.
        let outwards = here.is_none() && ends[0] != ends[1] && ends.iter().all(Option::is_some);
        match sent.wanted {
            Wanted::Either => false,
            _ if saw.what == Sight::Frame && outwards => false,
            Wanted::No | Wanted::Refused => true,
            _ if at == sent.at => false,
            // A switch may send a frame to all of a network, and not beyond.
            _ => saw.what == Sight::Came || !ends.contains(&here),
        }
    }
}

/// Returns who sends or listens.
fn ends(steps: &[Step]) -> Vec<usize> {
    let mut ends = Vec::new();
    for step in steps {
        let (Step::Send(shot, _) | Step::Until(shot, _)) = step else { continue };
        for end in [shot.from, shot.at] {
            if !ends.contains(&end) {
                ends.push(end);
            }
        }
    }
    ends
}

fn arrived(sent: &Sent) -> bool {
    sent.seen.iter().any(|seen| comes(sent, seen))
}

/// Whether it is the probe, where it has to come.
fn comes(sent: &Sent, (at, saw): &(usize, Saw)) -> bool {
    // A frame with an echo request is all there is of it; others come to a listener.
    let word = if sent.told.starts_with("icmp") { Sight::Frame } else { Sight::Came };
    *at == sent.at && saw.what == word
}

fn answered(sent: &Sent) -> bool {
    sent.seen.iter().any(|(at, saw)| *at == sent.from && saw.what == Sight::Answer)
}

fn was_refused(sent: &Sent) -> bool {
    let told = |(at, saw): &(usize, Saw)| *at == sent.from && saw.what == Sight::TooLarge;
    sent.refused || sent.seen.iter().any(told)
}

/// Returns the address that a probe was seen from, where it has to be another.
fn under_another(sent: &Sent) -> Option<std::net::IpAddr> {
    let Wanted::Under(due) = &sent.wanted else { return None };
    let mut came = sent.seen.iter().filter(|seen| comes(sent, seen));
    let other = came.find(|(_, saw)| !due.contains(&saw.from));
    other.map(|(_, saw)| saw.from)
}

/// Says what a probe is, the same in every language.
fn told(shot: &Shot) -> String {
    let kind = match shot.how {
        How::Udp | How::Frame => "udp",
        How::Fragments => "udp in fragments",
        How::Tcp | How::Hold => "tcp",
        How::Echo => "icmp echo",
    };
    let source = shot.source.unwrap_or(shot.own);
    let to = if shot.how == How::Echo { shot.to.ip().to_string() } else { shot.to.to_string() };
    let mut text = format!("{kind} {source} > {to}");
    if shot.source.is_some() {
        text.push_str(", forged source");
    }
    if let Some(mac) = shot.mac {
        text = format!("{text}, forged MAC {mac}");
    }
    if shot.bytes > 0 {
        text = format!("{text}, {} bytes, not to be cut", shot.bytes);
    }
    text
}
