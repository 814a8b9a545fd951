//! A controller and its agents together, over a network that delays, loses and reorders
//! between agents; with clocks that are apart and drift.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::agent::message::{Delta, Report};
use crate::agent::session::{self, Identity, Session};
use crate::agent::token::{Gate, Token};
use crate::agent::window::merge;
use crate::drive::Drive;
use crate::histogram::Histogram;
use crate::measurement::Mode;
use crate::workload::{Op, Order, Region, Spec};

const MS: u64 = 1_000_000;
/// The least that a message takes, one way.
const WIRE_NS: u64 = 100_000;
const RAMP: u64 = 1;
const RUNTIME: u64 = 4;

/// What is wrong with one agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Flaw {
    /// The connection ends at this time.
    lost_at_ns: Option<u64>,
    /// It stops answering at this time.
    silent_at_ns: Option<u64>,
    /// Its clock gains so much in a second.
    drift_ns: u64,
    /// How long a message takes, one way.
    delay_ns: u64,
    /// Its load keeps a thread busy.
    busy: bool,
    /// One second of it is never told.
    hole: bool,
    /// Its token is another.
    stranger: bool,
}

/// An agent's host: its session, its clock, and an engine that only counts seconds.
struct Host {
    session: Session,
    gate: Gate,
    offset_ns: u64,
    flaw: Flaw,
    /// When the load begins, by its own clock, and how many seconds it told.
    load: Option<(u64, u32, bool)>,
}

impl Host {
    fn clock(&self, now_ns: u64) -> u64 {
        now_ns + self.offset_ns + self.flaw.drift_ns * (now_ns / MS) / 1000
    }

    /// Lets its load tell what it did until now.
    fn work(&mut self, local_ns: u64) {
        let Some((start_ns, told, began)) = self.load.as_mut() else { return };
        if !*began && local_ns >= *start_ns {
            *began = true;
            self.session.began(*start_ns);
        }
        while *began && local_ns >= *start_ns + u64::from(*told + 1) * SECOND_NS {
            let service = [u64::from(*told) + 1, 1000].map(u64::to_le_bytes).concat();
            let delta = Delta { op: Op::Read, region: Region::Hot, bytes: 8192, service };
            if !(self.flaw.hole && *told == 3) {
                self.session.second(*told, vec![delta]);
            }
            *told += 1;
            if u64::from(*told) == RAMP + RUNTIME {
                let busy = if self.flaw.busy { 900_000 } else { 100_000 };
                let end_ns = *start_ns + (RAMP + RUNTIME) * SECOND_NS;
                self.session.ended(end_ns, report(busy, None));
                self.load = None;
                return;
            }
        }
    }

    fn act(&mut self, local_ns: u64) -> (Vec<Reply>, bool) {
        let (mut said, mut closed) = (Vec::new(), false);
        while let Some(action) = self.session.poll(local_ns) {
            match action {
                session::Action::Send(reply) => said.push(reply),
                session::Action::Prepare(_) => self.session.prepared(Ok(())),
                session::Action::Run { at_ns } => self.load = Some((at_ns, 0, false)),
                session::Action::Halt => {
                    self.load = None;
                    self.session.ended(local_ns, report(0, Some("halted")));
                }
                session::Action::Close => closed = true,
            }
        }
        (said, closed)
    }
}

fn report(busiest_thread_ppm: u32, ended_early: Option<&str>) -> Report {
    let ended_early = ended_early.map(str::to_owned);
    Report { busiest_thread_ppm, ended_early, ..Report::default() }
}

fn task(token: &Token) -> Task {
    Task { host: "h".to_owned(), token: Presented::new(token.reveal()) }
}

fn assignment() -> Assignment {
    let workload = Spec {
        start_bytes: 0,
        span_bytes: 1 << 20,
        read_percent: 100,
        trim: false,
        read_blocks: Vec::new(),
        write_blocks: Vec::new(),
        align_bytes: 0,
        order: Order::Sequential,
        seed: 1,
    };
    let drive = Drive {
        ramp: Duration::from_secs(RAMP),
        runtime: Some(Duration::from_secs(RUNTIME)),
        ..Drive::single(Mode::Latency, workload)
    };
    let serial = "S".to_owned();
    Assignment { serial, drive, direct: true, file_bytes: None, sample_seed: None }
}

fn host(number: u8, flaw: Flaw) -> Host {
    let device =
        Listed { serial: "S".to_owned(), model: "M".to_owned(), size_bytes: 1, writable: false };
    let identity =
        Identity { host: "h".to_owned(), capabilities: Vec::new(), devices: vec![device] };
    let token = Token::new([if flaw.stranger { 99 } else { number }; 32]);
    let offset_ns = u64::from(number) * 1_000_003 * MS;
    let session = Session::start(identity, offset_ns);
    Host { session, gate: Gate::new(token, u64::MAX), offset_ns, flaw, load: None }
}

#[derive(Debug)]
enum Event {
    Say(usize, Command),
    Hear(usize, Reply),
    Gone(usize),
}

/// Runs a test to its end, and returns what it came to and when.
fn run(flaws: &[Flaw], stop_at_ns: Option<u64>) -> (Outcome, u64) {
    let (mut outcomes, took) = run_loads(flaws, stop_at_ns, 1);
    (outcomes.pop().unwrap(), took)
}

/// Runs a test of so many loads to its end, and returns what they came to and when.
fn run_loads(flaws: &[Flaw], stop_at_ns: Option<u64>, loads: usize) -> (Vec<Outcome>, u64) {
    let mut hosts: Vec<Host> = (0..).zip(flaws).map(|(at, flaw)| host(at, *flaw)).collect();
    let tasks = (0..).zip(flaws).map(|(at, _)| task(&Token::new([at; 32]))).collect();
    let mut controller = Controller::start(tasks, 0);
    let (mut now, mut wire) = (0, BTreeMap::<u64, Vec<Event>>::new());
    let (mut closed, mut outcomes) = (vec![false; flaws.len()], Vec::new());
    loop {
        assert!(now < 400 * SECOND_NS, "it ends");
        if stop_at_ns.is_some_and(|stop| stop <= now) {
            controller.stop(now);
        }
        for event in wire.remove(&now).unwrap_or_default() {
            match event {
                Event::Say(at, command) => {
                    let local = hosts[at].clock(now);
                    let Host { session, gate, .. } = &mut hosts[at];
                    session.handle(command, gate, local);
                }
                Event::Hear(at, reply) if !closed[at] => controller.handle(at, reply, now),
                Event::Gone(at) if !closed[at] => controller.disconnected(at, "reset", now),
                Event::Hear(..) | Event::Gone(_) => {}
            }
        }
        for (at, host) in hosts.iter_mut().enumerate() {
            let (local, delay) = (host.clock(now), now + host.flaw.delay_ns.max(WIRE_NS));
            host.work(local);
            let (said, ended) = host.act(local);
            if host.flaw.silent_at_ns.is_some_and(|silent| silent <= now) {
                continue;
            }
            let mut queue: Vec<_> = said.into_iter().map(|reply| Event::Hear(at, reply)).collect();
            if ended || host.flaw.lost_at_ns.is_some_and(|lost| lost <= now) {
                queue.push(Event::Gone(at));
            }
            if !queue.is_empty() {
                wire.entry(delay).or_default().extend(queue);
            }
        }
        if controller.outcome().is_none() && controller.idle().is_some() {
            controller.assign(vec![assignment(); flaws.len()], now);
        }
        while let Some(action) = controller.poll(now) {
            match action {
                Action::Send { agent, command } => {
                    let delay = now + hosts[agent].flaw.delay_ns.max(WIRE_NS);
                    wire.entry(delay).or_default().push(Event::Say(agent, command));
                }
                Action::Close { agent } => closed[agent] = true,
            }
        }
        if let Some(outcome) = controller.outcome() {
            outcomes.push(outcome);
            if outcomes.len() == loads || controller.idle().is_none() {
                return (outcomes, now);
            }
            controller.assign(vec![assignment(); flaws.len()], now);
        }
        let step = now + 10 * MS;
        now = wire.keys().next().copied().map_or(step, |next| next.min(step));
    }
}

fn codes(outcome: &Outcome) -> Vec<&str> {
    outcome.doubts.iter().map(|doubt| doubt.code.as_str()).collect()
}

fn decode(bytes: &[u8]) -> Option<Histogram> {
    let (values, rest) = bytes.as_chunks::<8>();
    let mut histogram = Histogram::new();
    for value in values {
        histogram.record(u64::from_le_bytes(*value));
    }
    rest.is_empty().then_some(histogram)
}

const GOOD: Flaw = Flaw {
    lost_at_ns: None,
    silent_at_ns: None,
    drift_ns: 0,
    delay_ns: 0,
    busy: false,
    hole: false,
    stranger: false,
};

#[test]
fn agents_that_do_as_they_are_told_prove_something() {
    for count in [1, 2, 5] {
        let (outcome, took) = run(&vec![GOOD; count], None);
        assert_eq!(codes(&outcome), Vec::<&str>::new());
        assert!(took < (2 + RAMP + RUNTIME + 1) * SECOND_NS, "{took}");
        assert!(outcome.losses.is_empty() && outcome.devices.iter().all(|list| list.len() == 1));
        // All began at one moment of the controller's: its clocks are exact to the wire.
        let parts: Vec<Part> = outcome.parts.into_iter().map(Option::unwrap).collect();
        let starts = parts.iter().map(|part| part.started_ns);
        assert!(starts.clone().max().unwrap() - starts.min().unwrap() <= WIRE_NS);
        let window = outcome.window.unwrap();
        let system = merge(&parts, &window, decode).unwrap();
        let stream = &system.streams[&(Op::Read, Region::Hot)];
        assert_eq!(stream.service.count(), 2 * u64::from(system.seconds) * count as u64);
        assert!(u64::from(system.seconds) >= RUNTIME - 1, "{window:?}");
    }
}

#[test]
fn one_session_takes_many_loads_each_counted_alone() {
    let (outcomes, took) = run_loads(&[GOOD, GOOD], None, 3);
    assert_eq!(outcomes.len(), 3);
    assert!(took < 3 * (2 + RAMP + RUNTIME + 1) * SECOND_NS, "{took}");
    for outcome in outcomes {
        assert_eq!(codes(&outcome), Vec::<&str>::new());
        let seconds = outcome.parts.iter().flatten().map(|part| part.seconds.len() as u64);
        assert_eq!(seconds.collect::<Vec<_>>(), [RAMP + RUNTIME; 2]);
    }
    // One that is lost in the second load: the first stays what it was.
    let lost = Flaw { lost_at_ns: Some(12 * SECOND_NS), ..GOOD };
    let (outcomes, _) = run_loads(&[GOOD, lost], None, 3);
    let doubts: Vec<bool> = outcomes.iter().map(|one| one.doubts.is_empty()).collect();
    assert_eq!(doubts, [true, false]);
}

#[test]
fn every_flaw_has_its_doubt() {
    let table: [(&str, Flaw, &[&str]); 9] = [
        ("lost early", Flaw { lost_at_ns: Some(MS), ..GOOD }, &["agent-lost", "no-common-window"]),
        (
            "lost late",
            Flaw { lost_at_ns: Some(5 * SECOND_NS), ..GOOD },
            &["agent-lost", "ended-early"],
        ),
        ("silent", Flaw { silent_at_ns: Some(5 * SECOND_NS), ..GOOD }, &["agent-lost"]),
        ("stranger", Flaw { stranger: true, ..GOOD }, &["agent-lost", "no-common-window"]),
        ("far", Flaw { delay_ns: MS, ..GOOD }, &["clock-skew", "no-common-window"]),
        ("nearly far", Flaw { delay_ns: MS - 1000, ..GOOD }, &[]),
        ("drifting", Flaw { drift_ns: 300_000, ..GOOD }, &["clock-skew"]),
        ("busy", Flaw { busy: true, ..GOOD }, &["client-cpu-bound"]),
        ("holed", Flaw { hole: true, ..GOOD }, &["agent-incomplete"]),
    ];
    for (what, flaw, wanted) in table {
        for agents in [[flaw, GOOD], [GOOD, flaw]] {
            let (outcome, _) = run(&agents, None);
            let mut found = codes(&outcome);
            found.sort_unstable();
            assert_eq!(found, wanted, "{what}: {outcome:?}");
            assert_eq!(outcome.losses.len(), usize::from(wanted.contains(&"agent-lost")));
        }
    }
}

#[test]
fn a_lost_agent_ends_the_test_for_all_and_what_was_measured_is_kept() {
    let lost = Flaw { lost_at_ns: Some(5 * SECOND_NS), ..GOOD };
    let (outcome, took) = run(&[GOOD, lost], None);
    assert!(took < 6 * SECOND_NS, "{took}");
    assert!(matches!(outcome.losses[&1], Loss::Disconnected(_)));
    let [Some(kept), Some(told)] = &outcome.parts[..] else { panic!("{outcome:?}") };
    assert_eq!(kept.report.ended_early.as_deref(), Some("halted"));
    assert!(kept.seconds.len() >= 2 && told.seconds.len() >= 2);
    assert!(outcome.window.is_some());
}

#[test]
fn the_operator_can_stop_at_any_time() {
    for at in [0, MS, SECOND_NS, 4 * SECOND_NS] {
        let (outcome, took) = run(&[GOOD, GOOD], Some(at));
        assert!(codes(&outcome).contains(&"stopped"), "{outcome:?}");
        assert!(took < at + SECOND_NS, "{took}");
        assert!(outcome.losses.is_empty(), "{outcome:?}");
    }
}

/// A controller of one agent, in a state.
fn at(state: &str) -> Controller {
    let mut controller = Controller::start(vec![task(&Token::new([1; 32]))], 0);
    let mut say = |reply| {
        controller.handle(0, reply, 10);
        if matches!(controller.agents[0].state, State::Idle) && state != "idle" {
            controller.assign(vec![assignment()], 10);
        }
        while controller.poll(10).is_some() {}
    };
    let welcome = |version| Reply::Welcome {
        version,
        host: String::new(),
        capabilities: Vec::new(),
        devices: Vec::new(),
    };
    let pong = |number| Reply::Pong { number, agent_ns: 10 };
    let mut steps = vec![("greeting", vec![])];
    // Of an idle agent, `measuring` is where it goes on being told what to do.
    steps.push((if state == "idle" { "idle" } else { "measuring" }, vec![welcome(VERSION)]));
    steps.push(("preparing", (0..32).map(pong).collect()));
    steps.push(("ready", vec![Reply::Ready]));
    steps.push(("begun", vec![Reply::Started { agent_ns: 20 }]));
    let stopped = Reply::Stopped { agent_ns: 30, report: Box::default() };
    steps.push(("rechecking", vec![stopped]));
    steps.push(("finished", (0..32).map(pong).collect()));
    let end = steps.iter().position(|(name, _)| *name == state).unwrap();
    steps.into_iter().take(end + 1).flat_map(|(_, said)| said).for_each(&mut say);
    controller
}

#[test]
fn what_is_said_out_of_turn_loses_the_agent() {
    // One agent that is ready is told to begin at once: it is `running` then.
    let states =
        ["greeting", "idle", "measuring", "preparing", "ready", "begun", "rechecking", "finished"];
    let second = Reply::Second { index: 0, streams: Vec::new() };
    let (agent_ns, host) = (9, String::new());
    let stopped = Reply::Stopped { agent_ns, report: Box::default() };
    let (capabilities, devices) = (Vec::new(), Vec::new());
    let welcome = Reply::Welcome { version: VERSION, host, capabilities, devices };
    let refused = Reply::Refused { refusal: Refusal::Device, detail: String::new() };
    // `+` where the agent goes on.
    let table = [
        (welcome, "+-------"),
        (Reply::Pong { number: 0, agent_ns }, "--+---+-"),
        (Reply::Pong { number: 5, agent_ns }, "--------"),
        (Reply::Pong { number: HEARTBEAT, agent_ns }, "-+++++++"),
        (Reply::Ready, "---+----"),
        (Reply::Started { agent_ns }, "----+---"),
        (second, "-----+--"),
        (stopped, "----++--"),
        (refused, "--------"),
    ];
    for (reply, wanted) in table {
        for (state, wanted) in states.into_iter().zip(wanted.chars()) {
            let mut controller = at(state);
            controller.handle(0, reply.clone(), 20);
            let lost = matches!(controller.agents[0].state, State::Lost { .. });
            assert_eq!(lost, wanted == '-', "{state}: {reply:?}");
        }
    }
}

#[test]
fn a_second_that_cannot_be_or_comes_twice_loses_the_agent() {
    for index in [0, 1000, u32::MAX] {
        let mut controller = at("begun");
        for _ in 0..2 {
            controller.handle(0, Reply::Second { index, streams: Vec::new() }, 20);
        }
        assert!(matches!(controller.agents[0].state, State::Lost { .. }), "{index}");
    }
}

#[test]
fn an_agent_that_never_gets_ready_is_overdue() {
    let mut controller = at("preparing");
    let mut now = 10;
    while let Some(deadline) = controller.deadline_ns() {
        now = deadline;
        while let Some(action) = controller.poll(now) {
            if let Action::Send { command: Command::Ping { number }, .. } = action {
                controller.handle(0, Reply::Pong { number, agent_ns: now }, now);
            }
        }
    }
    assert_eq!(now, 10 + PREPARE_NS);
    assert_eq!(controller.outcome().unwrap().losses[&0], Loss::Overdue);
}

fn flaw() -> impl Strategy<Value = Flaw> {
    let when = || prop::option::weighted(0.2, (0..80_u64).prop_map(|tenths| tenths * 100 * MS));
    let rare = || prop::bool::weighted(0.1);
    (when(), when(), 0..1000_u64, rare(), rare(), rare()).prop_map(
        |(lost_at_ns, silent_at_ns, delay, busy, hole, stranger)| Flaw {
            lost_at_ns,
            silent_at_ns,
            drift_ns: 0,
            delay_ns: delay * 900,
            busy,
            hole,
            stranger,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever happens when: the test ends, a lost agent is always a doubt, and one
    /// without a flaw never is.
    #[test]
    fn it_always_ends_and_never_passes_what_went_wrong(
        flaws in prop::collection::vec(flaw(), 1..4),
        stop in prop::option::weighted(0.2, 0..8_u64),
    ) {
        let (outcome, took) = run(&flaws, stop.map(|second| second * SECOND_NS));
        prop_assert!(took < 60 * SECOND_NS, "{took}");
        let wrong = |flaw: &Flaw| {
            let during = |when: Option<u64>| when.is_some_and(|when| when < took);
            during(flaw.lost_at_ns) || flaw.stranger || flaw.busy || flaw.hole
        };
        let well = |flaw: &Flaw| Flaw { delay_ns: 0, ..*flaw } == GOOD;
        if flaws.iter().all(well) && stop.is_none_or(|stop| stop * SECOND_NS > took) {
            prop_assert_eq!(codes(&outcome), Vec::<&str>::new());
        }
        if flaws.iter().any(wrong) {
            prop_assert!(!outcome.doubts.is_empty(), "{outcome:?}");
        }
        for at in outcome.losses.keys() {
            prop_assert!(!well(&flaws[*at]), "{at}: {outcome:?}");
        }
        prop_assert_eq!(outcome.losses.len(), codes(&outcome).iter().filter(|code| **code == "agent-lost").count());
    }
}
