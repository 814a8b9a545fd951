//! Dead hosts among the living: ports that are closed, and hosts that say nothing at all. What they
//! add to the time at which the slowest of the living are done.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hw_tests::Need;
use rustix::net::{AddressFamily, SocketType, bind, listen, socket};

use super::super::storage::{Noise, absent, spread};
use super::super::{CaseError, Effort, Figure};
use super::TOLERANCE;
use super::failed;
use super::fleet::head_of;
use super::rack::{Asked, Rack};

/// Hosts that live, and dead ones among them: a tenth of all.
const LIVING: usize = 230;
const DEAD: usize = 26;
/// What the dead may add.
const ADDED: f64 = 1.10;
/// Where the dead are: an address each, all of them on loopback.
const GRAVES: Ipv4Addr = Ipv4Addr::new(127, 96, 0, 1);

/// Runs over the living alone, with closed ports among them, and with silent hosts, in turn.
pub(super) fn dead(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(&[Need::Program("time")])?;
    let rounds = if effort == Effort::Full { 21 } else { 4 };
    let rack = Rack::start(LIVING, &["--no-ipmi", "--fault", "latency=100"])?;
    let silent = Silent::start()?;
    let closed = free_port()?;
    let living = list(&rack, "living.csv", None)?;
    let with_closed = list(&rack, "closed.csv", Some(closed))?;
    let with_silent = list(&rack, "silent.csv", Some(silent.port))?;
    let noise = Noise::start();
    let (mut alone, mut by_closed, mut by_silent) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        // Who goes first changes, so that a drifting machine favours nobody.
        let mut turns: [(&Path, usize, &mut Vec<f64>); 3] = [
            (&living, 0, &mut alone),
            (&with_closed, DEAD, &mut by_closed),
            (&with_silent, DEAD, &mut by_silent),
        ];
        turns.rotate_left(round % 3);
        for (list, dead, times) in turns {
            times.push(of_the_living(&rack, list, dead)?);
        }
    }
    let noise = noise.text();
    let base = spread(&alone)?;
    let figure = |what: &str, times: &[f64]| -> Result<Figure, CaseError> {
        let ratios: Vec<f64> = times.iter().zip(&alone).map(|(with, alone)| with / alone).collect();
        let (ratio, times) = (spread(&ratios)?, spread(times)?);
        Ok(Figure {
            what: format!("bmc: p99 of {LIVING} living BMCs with {DEAD} {what}"),
            bar: "≤ 1.10 of that without".to_owned(),
            measured: format!(
                "{:.3} ({:.3}–{:.3}), {:.2} s against {:.2} s, {rounds} rounds; {noise}",
                ratio.median, ratio.min, ratio.max, times.median, base.median
            ),
            met: Some(ratio.median <= ADDED),
            broken: Some(ratio.min > ADDED * TOLERANCE),
        })
    };
    Ok(vec![
        figure("closed ports among them", &by_closed)?,
        figure("silent hosts among them, the first three too", &by_silent)?,
    ])
}

/// Returns the time at which 99 of 100 living hosts were done, from the begin of the run.
fn of_the_living(rack: &Rack, list: &Path, dead: usize) -> Result<f64, CaseError> {
    let words = ["--protocol", "redfish", "raw", "get", "/redfish/v1/Systems"];
    let asked: Asked = rack.ask(list, &words)?;
    if (asked.count("done"), asked.count("unreached")) != (LIVING, dead) {
        let (done, unreached) = (asked.count("done"), asked.count("unreached"));
        return Err(failed(format!("{done} done and {unreached} not reached")));
    }
    let living = asked.hosts.iter().filter(|host| host["result"] == "done");
    let time =
        |host: &serde_json::Value| Some(host["waited"].as_f64()? + host["seconds"].as_f64()?);
    let times: Option<Vec<f64>> = living.map(time).collect();
    let mut times = times.ok_or_else(|| failed("a host without its time"))?;
    times.sort_by(f64::total_cmp);
    times.get(times.len() * 99 / 100).copied().ok_or_else(|| failed("nobody lives"))
}

/// Writes a list of the living, and of the dead at that port: the first three, and every ninth.
fn list(rack: &Rack, name: &str, dead: Option<u16>) -> Result<PathBuf, CaseError> {
    let living = head_of(rack, LIVING)?;
    let mut lines = living.lines();
    let head = lines.next().unwrap_or_default();
    // The pin and the credential of a living one: a dead one is asked like all.
    let like: Vec<&str> = living.lines().nth(1).unwrap_or_default().split(',').collect();
    let mut graves = (0..DEAD).map(|at| {
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let ip = Ipv4Addr::from(u32::from(GRAVES) + at);
        let cell = |(name, like): (&str, &&str)| match name {
            "address" => dead.map_or_else(String::new, |port| format!("{ip}:{port}")),
            "credential" | "pin" | "in-service" => (*like).to_owned(),
            _ => String::new(),
        };
        head.split(',').zip(&like).map(cell).collect::<Vec<_>>().join(",")
    });
    let mut text = format!("{head}\n");
    let mut add = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    let is_dead = |at: usize| dead.is_some() && (at == 0 || at.is_multiple_of(9));
    for (at, line) in lines.enumerate() {
        let before = if at == 0 { 3 } else { 1 };
        for _ in 0..if is_dead(at) { before } else { 0 } {
            if let Some(grave) = graves.next() {
                add(&grave);
            }
        }
        add(line);
    }
    if dead.is_some() {
        graves.for_each(|grave| add(&grave));
    }
    let path = rack.file(name);
    fs::write(&path, text)?;
    Ok(path)
}

fn free_port() -> Result<u16, CaseError> {
    Ok(std::net::TcpListener::bind("0.0.0.0:0")?.local_addr()?.port())
}

/// A port on which nothing is answered: its queue is full, and the kernel drops every SYN, as a
/// host without power does (tcp(7), `listen(2)`).
struct Silent {
    _ear: OwnedFd,
    _queued: Vec<TcpStream>,
    port: u16,
}

impl Silent {
    fn start() -> Result<Self, CaseError> {
        let io = |error: rustix::io::Errno| CaseError::Io(error.into());
        let ear = socket(AddressFamily::INET, SocketType::STREAM, None).map_err(io)?;
        bind(&ear, &SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))).map_err(io)?;
        listen(&ear, 0).map_err(io)?;
        let ear_of_std = std::net::TcpListener::from(ear.try_clone()?);
        let port = ear_of_std.local_addr()?.port();
        let place = SocketAddr::from((GRAVES, port));
        let mut queued = Vec::new();
        // It is silent once a connection is not taken any more.
        while let Ok(stream) = TcpStream::connect_timeout(&place, Duration::from_millis(300)) {
            queued.push(stream);
            if queued.len() > 64 {
                return Err(failed("the queue of a port does not fill up"));
            }
        }
        Ok(Self { _ear: ear, _queued: queued, port })
    }
}
