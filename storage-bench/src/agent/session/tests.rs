//! Every state and everything that can be said in it.

use proptest::prelude::*;

use super::*;
use crate::agent::token::{Presented, Token};
use crate::drive::Drive;
use crate::measurement::Mode;
use crate::workload::{Order, Spec};

const TOKEN: [u8; 32] = [7; 32];

fn identity() -> Identity {
    let device = |serial: &str, writable| Listed {
        serial: serial.to_owned(),
        model: "M".to_owned(),
        size_bytes: 1 << 30,
        writable,
    };
    Identity {
        host: "h".to_owned(),
        capabilities: vec!["io_uring".to_owned()],
        devices: vec![
            device("W", true),
            device("R", false),
            device("", true),
            device("TWICE", true),
            device("TWICE", true),
        ],
    }
}

fn assignment(serial: &str, read_percent: u8) -> Assignment {
    let workload = Spec {
        start_bytes: 0,
        span_bytes: 1 << 20,
        read_percent,
        trim: false,
        read_blocks: Vec::new(),
        write_blocks: Vec::new(),
        align_bytes: 0,
        order: Order::Sequential,
        seed: 1,
    };
    let (serial, drive) = (serial.to_owned(), Drive::single(Mode::Latency, workload));
    Assignment { serial, drive, direct: true, file_bytes: None, sample_seed: None }
}

fn hello(version: u32, token: &str) -> Command {
    Command::Hello { version, token: Presented::new(token) }
}

fn right() -> Command {
    hello(VERSION, &Token::new(TOKEN).reveal())
}

fn prepare(serial: &str, read_percent: u8) -> Command {
    Command::Prepare { assignment: Box::new(assignment(serial, read_percent)) }
}

fn drain(session: &mut Session, now_ns: u64) -> Vec<Action> {
    std::iter::from_fn(|| session.poll(now_ns)).collect()
}

/// The names of the states, in the order a session goes through them.
const STATES: [&str; 7] =
    ["waiting", "admitted", "preparing", "ready", "running", "halting", "ended"];

type Step = dyn Fn(&mut Session, &mut Gate);

/// A session in one of [`STATES`].
fn session(state: &str) -> (Session, Gate) {
    let (mut session, mut gate) =
        (Session::start(identity(), 0), Gate::new(Token::new(TOKEN), u64::MAX));
    let steps: [&Step; 6] = [
        &|session, gate| session.handle(right(), gate, 0),
        &|session, gate| session.handle(prepare("W", 0), gate, 0),
        &|session, _| session.prepared(Ok(())),
        &|session, gate| session.handle(Command::Start { agent_ns: 50 }, gate, 0),
        &|session, gate| session.handle(Command::Stop, gate, 0),
        &|session, _| session.ended(90, Report::default()),
    ];
    let at = STATES.iter().position(|name| *name == state).unwrap();
    steps.iter().take(at).for_each(|step| step(&mut session, &mut gate));
    drain(&mut session, 0);
    (session, gate)
}

/// What a session answers, shortened: `!` halts the load, `x` closes.
fn answer(state: &str, command: &Command) -> String {
    let (mut session, mut gate) = session(state);
    session.handle(command.clone(), &mut gate, 10);
    let words = drain(&mut session, 10).into_iter().map(|action| match action {
        Action::Send(Reply::Refused { refusal, .. }) => format!("{refusal:?}"),
        Action::Send(Reply::Welcome { .. }) => "welcome".to_owned(),
        Action::Send(Reply::Pong { number, agent_ns }) => format!("pong{number}@{agent_ns}"),
        Action::Send(reply) => format!("{reply:?}"),
        Action::Prepare(assignment) => format!("prepare {}", assignment.serial),
        Action::Run { at_ns } => format!("run@{at_ns}"),
        Action::Halt => "!".to_owned(),
        Action::Close => "x".to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_state_answers_every_command() {
    // In order of STATES.
    let unexpected = "Unexpected x";
    let table: [(Command, [&str; 7]); 6] = [
        (
            right(),
            [
                "welcome",
                unexpected,
                unexpected,
                unexpected,
                "! Unexpected x",
                unexpected,
                unexpected,
            ],
        ),
        (
            Command::Ping { number: 3 },
            ["Token x", "pong3@10", "pong3@10", "pong3@10", "pong3@10", "pong3@10", "pong3@10"],
        ),
        (
            prepare("W", 0),
            [
                "Token x",
                "prepare W",
                unexpected,
                unexpected,
                "! Unexpected x",
                unexpected,
                "prepare W",
            ],
        ),
        (
            Command::Start { agent_ns: 50 },
            ["Token x", unexpected, unexpected, "run@50", "! Unexpected x", unexpected, unexpected],
        ),
        (Command::Stop, ["Token x", "x", "x", "x", "!", "", ""]),
        (Command::Goodbye, ["Token x", "x", "x", "x", "! x", "x", "x"]),
    ];
    for (command, answers) in table {
        for (state, wanted) in STATES.into_iter().zip(answers) {
            assert_eq!(answer(state, &command), wanted, "{state}: {command:?}");
        }
    }
}

#[test]
fn only_a_device_that_was_listed_is_used_and_written_only_where_allowed() {
    let table = [
        (prepare("W", 0), "prepare W"),
        (prepare("W", 100), "prepare W"),
        (prepare("R", 100), "prepare R"),
        (prepare("R", 99), "NotWritable x"),
        (prepare("/dev/sda", 100), "NotListed x"),
        (prepare("", 100), "NotListed x"),
        (prepare("TWICE", 100), "NotListed x"),
    ];
    for (command, wanted) in table {
        assert_eq!(answer("admitted", &command), wanted, "{command:?}");
    }
    let mut trim = assignment("R", 100);
    trim.drive.threads[0].trim = true;
    assert_eq!(
        answer("admitted", &Command::Prepare { assignment: Box::new(trim) }),
        "NotWritable x"
    );
}

#[test]
fn who_has_another_version_or_token_is_not_let_in() {
    assert_eq!(answer("waiting", &hello(2, "")), "Version x");
    assert_eq!(answer("waiting", &hello(VERSION, "00")), "Token x");
    let (_first, mut gate) = session("admitted");
    let mut second = Session::start(identity(), 0);
    second.handle(right(), &mut gate, 0);
    let refused = drain(&mut second, 0);
    let closed = |action: &Action| {
        matches!(action, Action::Send(Reply::Refused { refusal: Refusal::Closed, .. }))
    };
    assert!(refused.iter().any(closed), "a token is for one session: {refused:?}");
}

#[test]
fn a_start_in_the_past_is_refused() {
    assert_eq!(answer("ready", &Command::Start { agent_ns: 10 }), "Late x");
}

#[test]
fn a_device_that_cannot_be_opened_ends_the_session() {
    let (mut session, _gate) = session("preparing");
    session.prepared(Err("busy".to_owned()));
    let detail = "busy".to_owned();
    let refused = Action::Send(Reply::Refused { refusal: Refusal::Device, detail });
    assert_eq!(drain(&mut session, 0), [refused, Action::Close]);
    assert!(session.is_closed());
}

#[test]
fn a_load_does_not_outlive_its_controller() {
    for gone in [false, true] {
        let (mut session, _gate) = session("running");
        let now = if gone {
            session.disconnected();
            1
        } else {
            assert_eq!(session.deadline_ns(), Some(SILENCE_NS));
            assert_eq!(session.poll(SILENCE_NS - 1), None);
            SILENCE_NS
        };
        let actions = drain(&mut session, now);
        assert_eq!((actions.first(), actions.last()), (Some(&Action::Halt), Some(&Action::Close)));
        assert!(session.is_closed() && session.deadline_ns().is_none());
    }
}

#[test]
fn what_the_load_does_is_told_in_order() {
    let (mut session, _gate) = session("running");
    session.began(51);
    session.second(0, Vec::new());
    let report = Report {
        busiest_thread_ppm: 400,
        ended_early: Some("why".to_owned()),
        ..Report::default()
    };
    session.ended(99, report.clone());
    session.ended(100, Report::default());
    let said = [
        Reply::Started { agent_ns: 51 },
        Reply::Second { index: 0, streams: Vec::new() },
        Reply::Stopped { agent_ns: 99, report: Box::new(report) },
    ];
    assert_eq!(drain(&mut session, 60), said.map(Action::Send));
}

proptest! {
    /// Anything in any order: a load runs only between `Run` and `Halt` or its end, and
    /// nothing follows `Close`.
    #[test]
    fn no_order_of_events_leaves_a_load_running(
        events in prop::collection::vec((0_u8..11, 0_u64..3), 1..60),
    ) {
        let (mut session, mut gate) = session("waiting");
        let (mut now, mut running, mut closed) = (0, false, false);
        for (event, later) in events {
            now += later * SECOND_NS;
            match event {
                0 => session.handle(right(), &mut gate, now),
                1 => session.handle(Command::Ping { number: 1 }, &mut gate, now),
                2 => session.handle(prepare("W", 0), &mut gate, now),
                3 => session.handle(Command::Start { agent_ns: now + 5 }, &mut gate, now),
                4 => session.handle(Command::Stop, &mut gate, now),
                5 => session.prepared(Ok(())),
                6 => session.prepared(Err(String::new())),
                7 => session.second(0, Vec::new()),
                8 => {
                    session.ended(now, Report::default());
                    running = false;
                }
                9 => session.began(now),
                _ => session.disconnected(),
            }
            for action in drain(&mut session, now) {
                prop_assert!(!closed, "{action:?} after the end");
                match action {
                    Action::Run { .. } => running = true,
                    Action::Halt => running = false,
                    Action::Close => closed = true,
                    _ => {}
                }
            }
            prop_assert!(!(closed && running), "closed and still running");
            prop_assert_eq!(closed, session.is_closed());
        }
    }
}
