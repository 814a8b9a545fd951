//! Many clients, one test, as processes on this host: agents with targets of their own, a
//! controller, and everything that can go wrong between them.
//!
//! Prints the figures that `docs/benchmarks.md` quotes. Folders, loop devices, ports and
//! processes are made by each case and gone after it.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "how long something took is what is looked at")]

#[path = "storage_agents/host.rs"]
mod host;
#[path = "storage_agents/proxy.rs"]
mod proxy;

use std::fs::File;
use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use storage_bench::histogram::Histogram;
use storage_bench::workload::{Op, Region};

use host::{Agent, agent_said, came, control, interrupt, job, rest, run, until};
use proxy::Proxy;

type Case = (&'static str, &'static [Need], fn(&Path) -> Result<(), Failed>);

const LOOP: &[Need] = &[Need::Root, Need::Program("losetup")];

const CASES: &[Case] = &[
    ("the_sum_is_bit_for_bit_what_the_agents_recorded", LOOP, merge),
    ("an_agent_killed_makes_the_run_invalid_by_its_name", &[], killed),
    ("an_agent_stopped_by_its_operator_makes_the_run_invalid", &[], stopped),
    ("ctrl_c_ends_all_agents", &[], ctrl_c),
    ("a_controller_that_vanishes_stops_the_load", &[], vanished),
    ("another_key_is_told_nothing", &[], another_key),
    ("a_token_is_for_one_run_and_for_its_time", &[], tokens),
    ("only_what_was_named_is_used_and_written", LOOP, not_named),
    ("a_slow_way_back_hides_the_clock", &[], skewed_before),
    ("a_clock_lost_during_the_run_makes_it_invalid", &[], skewed_after),
    ("dead_agents_do_not_slow_the_living", &[], dead),
    ("strangers_cost_nothing", &[], strangers),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = CASES.iter().map(|(name, needs, body)| {
        trial(name, needs, move || {
            let lab = tempfile::Builder::new().prefix("assay-agents-").tempdir()?;
            body(lab.path()).map_err(|failed| {
                let said = ["a", "b", "c"].map(|name| agent_said(lab.path(), name));
                Failed::from(format!("{}\nagents said: {said:?}", failed.message().unwrap_or("")))
            })
        })
    });
    let trials: Vec<Trial> = trials.collect();
    // One after the other: each case times what it does.
    let alone = Arguments { test_threads: Some(1), ..arguments };
    libtest_mimic::run(&alone, trials).exit_code()
}

/// A loop device, gone when dropped.
struct Loop {
    device: PathBuf,
    name: String,
}

impl Loop {
    fn new(lab: &Path, bytes: u64) -> Result<Self, Failed> {
        let image = lab.join("image");
        File::create(&image)?.set_len(bytes)?;
        let made = Command::new("losetup").args(["--find", "--show"]).arg(&image).output()?;
        if !made.status.success() {
            return Err(String::from_utf8_lossy(&made.stderr).into_owned().into());
        }
        let device = PathBuf::from(String::from_utf8_lossy(&made.stdout).trim());
        let short = device.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = std::fs::read_to_string(format!("/sys/block/{short}/dev"))?;
        Ok(Self { device, name: format!("device:{}:{bytes}", number.trim()) })
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        // Where this fails `losetup -a` shows it.
        drop(Command::new("losetup").arg("--detach").arg(&self.device).status());
    }
}

fn merge(lab: &Path) -> Result<(), Failed> {
    let disk = Loop::new(lab, 32 << 20)?;
    let agents = [
        Agent::start(lab, "a", &[])?,
        Agent::start(lab, "b", &[])?,
        Agent::start_on(lab, "c", &["--allow-destroy", &disk.name])?,
    ];
    let mut words = job(4);
    for word in &mut words {
        if word.starts_with("--rw=") {
            "--rw=randrw".clone_into(word);
        }
    }
    words.push("--ramp_time=1".to_owned());
    let lines: Vec<String> = agents.iter().map(|agent| agent.line.clone()).collect();
    let came = run(&lines, &words)?;
    let one = &came.document["run"][0];
    let clients = &one["clients"];
    let number = |value: &Value| value.as_u64().unwrap_or(u64::MAX);
    let (first, length) = (number(&clients["first_s"]), number(&clients["window_s"]));
    if !(4..=6).contains(&length) {
        return Err(format!("a window of {length} s: {came:?}").into());
    }
    // The sum, made again from what each agent wrote down itself.
    let mut ios = 0;
    let mut different = 0;
    let kinds = [(Op::Read, "read"), (Op::Write, "write")];
    for (op, word) in kinds {
        let (mut sum, mut bytes) = (Histogram::new(), 0);
        for agent in &agents {
            for (_, of) in agent
                .seconds()?
                .iter()
                .filter(|(at, _)| (first..first + length).contains(&u64::from(**at)))
            {
                if let Some((moved, service)) = of.get(&(op, Region::Hot)) {
                    sum.merge(service);
                    bytes += moved;
                }
            }
        }
        let streams = clients["stream"].as_array();
        let told = streams.into_iter().flatten().find(|stream| stream["op"] == word);
        let told = told.ok_or_else(|| format!("no {word}: {came:?}"))?;
        let hexadecimal = sum.encode().iter().fold(String::new(), |mut text, byte| {
            let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
            text.extend([digit(byte >> 4), digit(byte & 15)]);
            text
        });
        different += u32::from(told["histogram"] != hexadecimal.as_str());
        assert_eq!(number(&told["moved_bytes"]), bytes);
        assert_eq!(number(&one[word]["ios"]), sum.count());
        ios += sum.count();
    }
    assert_eq!(number(&one["all"]["ios"]), ios);
    let shares = clients["client"].as_array().into_iter().flatten();
    assert_eq!(shares.map(|client| number(&client["ios"])).sum::<u64>(), ios);
    // 4 s prove no speed, and that is all that is wrong with them, the host's load apart.
    came.invalid("too-short")?;
    if agents.iter().any(|agent| agent.files() > 0 && agent.folder.is_dir()) {
        return Err("a file was left".into());
    }
    println!(
        "figure: agents.merge = {}, {} agents, {ios} I/Os",
        if different == 0 { "identical" } else { "DIFFERENT" },
        agents.len()
    );
    if different == 0 { Ok(()) } else { Err(format!("{came:?}").into()) }
}

/// Three agents at work for long, and their controller.
fn at_work(lab: &Path) -> Result<([Agent; 3], std::process::Child), Failed> {
    let agents =
        [Agent::start(lab, "a", &[])?, Agent::start(lab, "b", &[])?, Agent::start(lab, "c", &[])?];
    let lines: Vec<String> = agents.iter().map(|agent| agent.line.clone()).collect();
    let controller = control(&lines, &job(60))?;
    for agent in &agents {
        agent.wait_for_seconds(2)?;
    }
    Ok((agents, controller))
}

fn killed(lab: &Path) -> Result<(), Failed> {
    let (mut agents, controller) = at_work(lab)?;
    let began = Instant::now();
    agents[1].kill()?;
    let came = came(controller, began)?;
    came.invalid("agent-lost")?;
    assert!(came.reason("agent-lost").contains(agents[1].host()), "{came:?}");
    assert!(came.took < Duration::from_secs(10), "{came:?}");
    let clients = came.document["run"][0]["clients"]["client"].as_array();
    let lost = clients.into_iter().flatten().map(|client| client["lost"] == true);
    assert_eq!(lost.collect::<Vec<_>>(), [false, true, false], "{came:?}");
    // The others ended their loads, and took their files away.
    for at in [0, 2] {
        assert_eq!(agents[at].end()?, 0);
        assert_eq!(agents[at].files(), 0);
    }
    println!("figure: agents.lost = INVALID by name, {} ms after kill -9", came.took.as_millis());
    Ok(())
}

fn stopped(lab: &Path) -> Result<(), Failed> {
    let (mut agents, controller) = at_work(lab)?;
    agents[0].interrupt()?;
    let came = came(controller, Instant::now())?;
    assert!(came.code == 3 && !came.codes().is_empty(), "{came:?}");
    assert!(came.stderr.is_empty() || !came.stderr.contains("panic"), "{came:?}");
    let told = format!("{}{}", came.reason("ended-early"), came.reason("agent-lost"));
    assert!(told.contains(agents[0].host()), "{came:?}");
    for agent in &mut agents {
        agent.end()?;
        assert_eq!(agent.files(), 0);
    }
    Ok(())
}

fn ctrl_c(lab: &Path) -> Result<(), Failed> {
    let (mut agents, controller) = at_work(lab)?;
    let began = Instant::now();
    interrupt(controller.id())?;
    let came = came(controller, began)?;
    came.invalid("stopped")?;
    assert!(came.took < Duration::from_secs(10), "{came:?}");
    for agent in &mut agents {
        assert_eq!(agent.end()?, 0);
        assert_eq!(agent.files(), 0);
    }
    Ok(())
}

fn vanished(lab: &Path) -> Result<(), Failed> {
    let (mut agents, mut controller) = at_work(lab)?;
    let began = Instant::now();
    controller.kill()?;
    controller.wait()?;
    for agent in &mut agents {
        assert_eq!(agent.end()?, 3, "its run was cut short");
        assert_eq!(agent.files(), 0);
    }
    let took = began.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    println!("figure: agents.orphaned = load ended {} ms after its controller", took.as_millis());
    Ok(())
}

fn another_key(lab: &Path) -> Result<(), Failed> {
    let (agent, mut other) = (Agent::start(lab, "a", &[])?, Agent::start(lab, "b", &[])?);
    let wrong = agent.line_with(1, &"0".repeat(64));
    let mut lines = vec![wrong, other.line.clone()];
    run(&lines, &job(2))?.refused(2, "its key is")?;
    // The other was connected to and told nothing: its token is still good.
    assert!(other.is_alive());
    assert!(!agent_said(lab, "b").contains("the run"), "{}", agent_said(lab, "b"));
    lines[0].clone_from(&agent.line);
    run(&lines, &job(2))?.invalid("too-short")?;
    assert_eq!(other.end()?, 0);
    Ok(())
}

fn tokens(lab: &Path) -> Result<(), Failed> {
    let mut agent = Agent::start(lab, "a", &["--stay"])?;
    let wrong = agent.line_with(2, &"0".repeat(64));
    run(&[wrong], &job(2))?.refused(3, "the token is wrong")?;
    run(std::slice::from_ref(&agent.line), &job(2))?.invalid("too-short")?;
    // It has a new token now: the old one is as wrong as any.
    until("a new token", || {
        let token = std::fs::read_to_string(lab.join("a.token")).unwrap_or_default();
        token.trim() != agent.line
    })?;
    run(std::slice::from_ref(&agent.line), &job(2))?.refused(3, "the token is wrong")?;
    agent.kill()?;
    // One that is in use lets nobody else in.
    let agent = Agent::start(lab, "b", &[])?;
    let first = control(std::slice::from_ref(&agent.line), &job(60))?;
    agent.wait_for_seconds(1)?;
    run(std::slice::from_ref(&agent.line), &job(2))?.refused(3, "a token is for one run")?;
    interrupt(first.id())?;
    came(first, Instant::now())?.invalid("stopped")?;
    // One whose time is over lets nobody in, and ends.
    let mut agent = Agent::start(lab, "c", &["--expires", "1s"])?;
    assert_eq!(agent.end()?, 3);
    assert!(agent_said(lab, "c").contains("nobody came"), "{}", agent_said(lab, "c"));
    Ok(())
}

fn not_named(lab: &Path) -> Result<(), Failed> {
    let disk = Loop::new(lab, 32 << 20)?;
    let agent = Agent::start_on(lab, "a", &["--allow-read", &disk.name])?;
    let mut writes = job(2);
    writes.retain(|word| !word.starts_with("--rw="));
    writes.push("--rw=randwrite".to_owned());
    run(std::slice::from_ref(&agent.line), &writes)?.refused(2, "to be read only")?;
    let agent = Agent::start_on(lab, "b", &["--allow-read", &disk.name])?;
    let other = format!("{}#device:8:0:1", agent.line);
    run(&[other], &job(2))?.refused(2, "did not list")?;
    let zeros = std::fs::read(lab.join("image"))?.iter().all(|byte| *byte == 0);
    assert!(zeros, "the disk was written");
    // A path is no identity, and a device that is not there cannot be offered.
    for (name, said) in [("/dev/vda", "is a path"), ("NO-SUCH-SERIAL", "no device")] {
        let none = Agent::start_on(lab, "c", &["--allow-destroy", name]);
        assert!(none.is_err() && agent_said(lab, "c").contains(said), "{}", agent_said(lab, "c"));
    }
    Ok(())
}

fn skewed_before(lab: &Path) -> Result<(), Failed> {
    let (agent, other) = (Agent::start(lab, "a", &[])?, Agent::start(lab, "b", &[])?);
    let proxy = Proxy::start(agent.host(), Duration::from_millis(5))?;
    let came = run(&[agent.line_with(0, &proxy.host()), other.line.clone()], &job(30))?;
    came.invalid("clock-skew")?;
    assert!(came.took < Duration::from_secs(10), "no load began: {came:?}");
    assert_eq!((agent.seconds()?.len(), other.seconds()?.len()), (0, 0));
    Ok(())
}

fn skewed_after(lab: &Path) -> Result<(), Failed> {
    let (agent, other) = (Agent::start(lab, "a", &[])?, Agent::start(lab, "b", &[])?);
    let proxy = Proxy::start(agent.host(), Duration::ZERO)?;
    let lines = [agent.line_with(0, &proxy.host()), other.line.clone()];
    let controller = control(&lines, &job(4))?;
    agent.wait_for_seconds(1)?;
    proxy.delay(Duration::from_millis(5));
    let came = came(controller, Instant::now())?;
    came.invalid("clock-skew")?;
    assert!(came.reason("clock-skew").contains(&proxy.host()), "{came:?}");
    Ok(())
}

fn dead(lab: &Path) -> Result<(), Failed> {
    let agent = Agent::start(lab, "a", &[])?;
    // One that accepts and never speaks, one that refuses.
    let silent = [TcpListener::bind("127.0.0.1:0")?, TcpListener::bind("127.0.0.1:0")?];
    let closed = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
    let mut lines = vec![agent.line.clone(), agent.line_with(0, &closed)];
    for listener in &silent {
        lines.push(agent.line_with(0, &listener.local_addr()?.to_string()));
    }
    let came = run(&lines, &job(2))?;
    came.refused(3, "did not shake hands")?;
    assert!(came.stderr.contains(&closed), "{came:?}");
    assert!(came.took < Duration::from_secs(9), "all at once: {came:?}");
    // Nothing was sent to the living one: its token is good.
    run(&lines[..1], &job(2))?.invalid("too-short")
}

fn strangers(lab: &Path) -> Result<(), Failed> {
    let agent = Agent::start(lab, "a", &[])?;
    let before = agent.peak_kib();
    let flood = vec![0xff; 1 << 20];
    let hello: Vec<u8> = [&[0x16, 3, 1, 0x40, 0][..], &[0; 64]].concat();
    let words: [&[u8]; 5] = [b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n", &flood, &hello, b""];
    let mut idle = Vec::new();
    for round in 0..4 {
        for word in words {
            let mut stranger = TcpStream::connect(agent.host())?;
            // It may be closed while we speak.
            drop(stranger.write_all(word));
            if word.is_empty() {
                idle.push(stranger);
            } else if round == 0 {
                stranger.set_read_timeout(Some(Duration::from_secs(10)))?;
                assert!(rest(stranger).len() < 1000, "no stranger is told much");
            }
        }
    }
    let grown = agent.peak_kib().saturating_sub(before);
    assert!(grown < 16 * 1024, "{grown} KiB for strangers");
    drop(idle);
    // It still does what it is for.
    run(std::slice::from_ref(&agent.line), &job(2))?.invalid("too-short")?;
    println!("figure: agents.strangers = 20 connections, {grown} KiB");
    Ok(())
}
