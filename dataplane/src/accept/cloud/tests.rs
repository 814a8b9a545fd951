//! Runs over guests that are made up, and what is judged of them.

use std::net::SocketAddr;

use super::order::{Here, How, Sight};
use super::*;
use crate::accept::{Case, Verdict};
use crate::spec::cloud::read;

const PLAN: &str = include_str!("../../../tests/spec/cloud.toml");

/// A cloud that passes all it is sent, but for what it is told.
#[derive(Default)]
struct Fake {
    plan: Option<Cloud>,
    /// Ports that pass nothing, and that pass nothing once something was told.
    closed: Vec<u16>,
    closed_then: Vec<u16>,
    /// Whether forged frames and frames that are too large pass.
    careless: bool,
    /// Who sees what is sent to anybody.
    spy: Option<usize>,
    /// The source that outside sees of what comes out.
    seen_as: Option<IpAddr>,
    /// Whom nothing is heard of.
    lost: Option<usize>,
    told: Vec<Vec<String>>,
    saw: Vec<(usize, Saw)>,
    ms: u64,
}

impl Fake {
    fn of(plan: &str) -> Self {
        Self { plan: Some(read("cloud.toml", plan).expect("a plan")), ..Self::default() }
    }

    fn run(&mut self) -> Vec<Case> {
        let plan = self.plan.clone().expect("a plan");
        run(&plan, 7 << 32, self).cases
    }

    fn whose(&self, from: usize, to: SocketAddr) -> Option<usize> {
        let agents = &self.plan.as_ref()?.agents;
        let vpc = &agents.get(from)?.vpc;
        agents.iter().position(|agent| {
            let near = agent.vpc.is_none() || agent.vpc == *vpc;
            agent.elastic == Some(to.ip()) || near && agent.addresses.contains(&to.ip())
        })
    }
}

impl Agents for Fake {
    fn ask(&mut self, agent: usize, order: Order) -> Result<Done, Text> {
        self.ms += 50;
        if self.lost == Some(agent) {
            return Err(Text::of("断开", "it is gone", &[]));
        }
        let Order::Send(probe) = order else {
            let here = Here { raw: true, ..Here::default() };
            let looks = matches!(order, Order::Look { .. });
            return Ok(if looks { Done::Here(here) } else { Done::Done });
        };
        let odd = probe.mac.is_some() || probe.source.is_some();
        if probe.how == How::Frame && probe.bytes > 1450 && !self.careless {
            return Ok(Done::TooLarge);
        }
        let closed = self.closed.contains(&probe.to.port())
            || self.told.len() % 2 == 1 && self.closed_then.contains(&probe.to.port());
        let Some(to) = self.whose(agent, probe.to) else { return Ok(Done::Done) };
        if closed || odd && !self.careless {
            return Ok(Done::Done);
        }
        let outside = self.plan.as_ref().is_some_and(|plan| plan.agents[to].vpc.is_none());
        let elastic = self.plan.as_ref().and_then(|plan| plan.agents[agent].elastic);
        let from = if outside { elastic.or(self.seen_as) } else { None };
        let (nonce, from) = (probe.nonce, from.unwrap_or(probe.from));
        self.saw.push((to, Saw { nonce, what: Sight::Came, from }));
        self.saw.push((agent, Saw { nonce, what: Sight::Answer, from: probe.to.ip() }));
        self.saw.extend(self.spy.map(|spy| (spy, Saw { nonce, what: Sight::Came, from })));
        Ok(Done::Done)
    }

    fn hear(&mut self, _limit_ms: u32, heard: &mut dyn FnMut(usize, Saw) -> bool) -> bool {
        self.ms += 50;
        self.saw.drain(..).fold(false, |done, (agent, saw)| heard(agent, saw) || done)
    }

    fn tell(&mut self, command: &[String]) -> Result<(), Text> {
        // Every other takes back what the one before it did.
        assert_eq!(command[0] == "./again", self.told.len() % 2 == 1);
        self.told.push(command.to_vec());
        Ok(())
    }

    fn now_ms(&mut self) -> u64 {
        self.ms
    }
}

/// Names of cases with a verdict.
fn names(cases: &[Case], verdict: Verdict) -> Vec<&str> {
    let chosen = cases.iter().filter(|case| case.verdict == verdict);
    let mut names: Vec<&str> =
        chosen.map(|case| case.case.en.split(':').next().unwrap_or_default()).collect();
    names.dedup();
    names
}

/// As the plan has it.
fn sound() -> Fake {
    Fake {
        closed: vec![22],
        closed_then: vec![3306],
        seen_as: "203.0.113.10".parse().ok(),
        ..Fake::of(&PLAN.replace("control = \"udp/3306\"", "control = \"udp/99\""))
    }
}

#[test]
fn what_is_as_planned_passes_and_what_takes_a_hand_is_open() {
    let mut fake = sound();
    let cases = fake.run();
    assert_eq!(names(&cases, Verdict::Fail), [""; 0], "{cases:#?}");
    assert_eq!(names(&cases, Verdict::NotMeasured), ["moved"]);
    // Told and taken back, once for each family.
    assert_eq!(fake.told.len(), 4);
}

#[test]
fn a_deny_without_its_control_is_no_pass() {
    let cases = Fake { closed: vec![22, 3306], ..sound() }.run();
    let open = names(&cases, Verdict::NotMeasured);
    assert!(open.contains(&"web-to-db-ssh") && open.contains(&"forged"), "{open:?}");
    let failed = names(&cases, Verdict::Fail);
    assert!(failed.contains(&"web-to-db") && failed.contains(&"equal-addresses"), "{failed:?}");
    let none = PLAN.replacen("control = \"tcp/3306\"\n", "", 1);
    let cases = Fake { plan: read("c", &none).ok(), ..sound() }.run();
    assert!(names(&cases, Verdict::NotMeasured).contains(&"web-to-db-ssh"));
}

#[test]
fn what_is_seen_where_it_must_not_be_has_failed() {
    for (fake, failed) in [
        (Fake { closed: Vec::new(), ..sound() }, &["web-to-db-ssh", "elastic-closed"][..]),
        (Fake { careless: true, ..sound() }, &["forged", "size"]),
        (Fake { seen_as: "203.0.113.11".parse().ok(), ..sound() }, &["out"]),
        (Fake { closed_then: Vec::new(), ..sound() }, &["revoked"]),
    ] {
        let mut fake = fake;
        let cases = fake.run();
        assert_eq!(names(&cases, Verdict::Fail), failed, "{cases:#?}");
    }
    let cases = Fake { spy: Some(3), ..sound() }.run();
    assert!(names(&cases, Verdict::Fail).contains(&"equal-addresses"));
}

#[test]
fn of_who_is_lost_nothing_is_known() {
    let cases = Fake { lost: Some(3), ..sound() }.run();
    let open = names(&cases, Verdict::NotMeasured);
    assert_eq!(open, ["equal-addresses", "moved"], "{cases:#?}");
    let why = cases.iter().find_map(|case| case.reason.as_ref()).expect("a reason");
    assert!(why.en.contains("`other-db` is lost: it is gone"), "{}", why.en);
}
