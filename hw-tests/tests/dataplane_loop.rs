//! Loops that guests and cables make outside of our bridges: found within two intervals, broken,
//! opened again once they are gone; and nothing is found that is none.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "measures how long finding takes")]

#[path = "dataplane_loop/lab.rs"]
mod lab;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dataplane::loops::{Kind, What, frame as probe};
use hw_tests::network::frame::{self, Arp, BROADCAST};
use hw_tests::network::wire::Wire;
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};

use lab::{Eye, Lab};

const NEEDS: &[Need] = &[Need::Root, Need::Program("ip"), Need::Program("bridge")];

/// One second from probe to probe, so two until a loop is found.
const BLOCK: &str = "interval = 1\naction = \"block\"\nrecovery = 5";
const FOUND: Duration = Duration::from_millis(2500);
const GONE: Duration = Duration::from_secs(8);
const STATION: frame::Mac = [2, 0, 0, 0, 1, 2];

fn main() -> ExitCode {
    let trials = vec![
        trial("a_port_that_is_looped_to_itself_is_found_and_closed", NEEDS, one_port),
        trial("a_storm_between_two_ports_ends_and_the_others_go_on", NEEDS, two_ports),
        trial("of_two_nodes_that_are_joined_one_closes_its_port", NEEDS, two_nodes),
        trial("a_closed_port_outlives_who_closed_it_and_is_opened_by_hand", NEEDS, kept),
        trial("forged_and_old_probes_do_nothing", NEEDS, forged),
        trial("a_flood_of_broadcast_is_no_loop", NEEDS, flood),
        trial("no_bridge_of_ours_passes_a_probe_on", NEEDS, alone),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn check(sound: bool, what: &str) -> Result<(), Failed> {
    if sound { Ok(()) } else { Err(what.into()) }
}

/// A frame to all that every port may send.
fn question(number: u8) -> Vec<u8> {
    let arp = Arp {
        operation: 1,
        sender: (STATION, [10, 0, 0, 12].into()),
        target: ([0; 6], [10, 0, 0, number].into()),
    };
    frame::arp(BROADCAST, STATION, arp, b"assay")
}

/// Whether what one guest sends to all reaches another.
fn passes(lab: &Lab, from: &str, to: &str) -> Result<bool, Failed> {
    let (from, to) = (Wire::open(&lab.outside, from)?, Wire::open(&lab.outside, to)?);
    let sent = question(77);
    from.send(&sent)?;
    Ok(to.hear(Duration::from_millis(500), |frame| frame == sent.as_slice())?.is_some())
}

fn one_port() -> Result<(), Failed> {
    let lab = Lab::new(1, BLOCK)?;
    let host = &lab.hosts[0];
    lab.join(&["g1a"])?;
    lab.outside.line("bridge link set dev g1a hairpin on")?;
    let mut eye = host.guard(BLOCK, None)?;
    let took = eye.until("1a", What::Found, FOUND)?;
    println!("figure: loops.one_port.found = {:.0} ms", took.as_secs_f64() * 1e3);
    check(eye.news[0].finding.kind == Kind::Own, "not of one port")?;
    host.is("a", "blocking")?;
    host.is("b", "forwarding")?;
    check(passes(&lab, "g1b", "g1c")?, "the others do not go on")?;
    // As long as the loop is there it stays closed, whatever the carrier does.
    lab.outside.line("ip link set g1a down")?;
    lab.outside.line("ip link set g1a up")?;
    eye.look(Duration::from_secs(6))?;
    host.is("a", "blocking")?;
    lab.part()?;
    let took = eye.until("1a", What::Gone, GONE)?;
    println!("figure: loops.one_port.open = {:.0} ms", took.as_secs_f64() * 1e3);
    host.is("a", "forwarding")?;
    check(eye.news.len() == 2, "told more than once")
}

fn two_ports() -> Result<(), Failed> {
    let lab = Lab::new(1, BLOCK)?;
    let host = &lab.hosts[0];
    lab.join(&["g1a", "g1b"])?;
    Wire::open(&lab.outside, "g1c")?.send(&question(1))?;
    let storm = host.rate("b")?;
    println!("figure: loops.two_ports.storm = {storm} /s");
    check(storm > 5000, "there is no storm to end")?;
    let mut eye = host.guard(BLOCK, None)?;
    let took = eye.until("1b", What::Found, FOUND)?;
    println!("figure: loops.two_ports.found = {:.0} ms", took.as_secs_f64() * 1e3);
    check(eye.news[0].finding.kind == Kind::Port("1a".to_owned()), "not of two ports")?;
    host.is("a", "forwarding")?;
    host.is("b", "blocking")?;
    let calm = host.rate("b")?;
    println!("figure: loops.two_ports.calm = {calm} /s");
    check(calm < storm / 100, "the storm goes on")?;
    check(passes(&lab, "g1c", "g1a")?, "the port that is left does not go on")?;
    eye.look(Duration::from_secs(6))?;
    check(eye.news.len() == 1, "told more than once")?;
    lab.part()?;
    eye.until("1b", What::Gone, GONE)?;
    host.is("b", "forwarding")?;
    check(passes(&lab, "g1c", "g1b")?, "the port that was opened does not go on")
}

fn two_nodes() -> Result<(), Failed> {
    let lab = Lab::new(2, BLOCK)?;
    let [one, two] = lab.hosts.as_slice() else { return Err("two hosts".into()) };
    lab.join(&["g1a", "g2b"])?;
    let key = Some("a secret of all nodes");
    let mut eyes = [one.guard(BLOCK, key)?, two.guard(BLOCK, key)?];
    let begun = Instant::now();
    while eyes.iter().any(|eye| eye.news.is_empty()) {
        check(begun.elapsed() < FOUND, "not found by both")?;
        eyes[0].turn()?;
        eyes[1].turn()?;
    }
    println!("figure: loops.two_nodes.found = {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
    check(
        eyes[0].news[0].finding.kind == Kind::Node("n2".to_owned(), "2b".to_owned()),
        "not of two nodes",
    )?;
    one.is("a", "forwarding")?;
    two.is("b", "blocking")?;
    // Without the key nothing is found, and nothing is closed.
    let mut stranger = two.guard(&BLOCK.replace("block", "report"), None)?;
    stranger.look(Duration::from_secs(2))?;
    check(stranger.news.is_empty(), "found without a key")?;
    lab.part()?;
    let mut eye = two.guard(BLOCK, key)?;
    eye.until("2b", What::Gone, GONE).map(drop).or_else(|_error| two.is("b", "forwarding"))
}

fn kept() -> Result<(), Failed> {
    let lab = Lab::new(1, BLOCK)?;
    let host = &lab.hosts[0];
    lab.join(&["g1a", "g1b"])?;
    let mut eye = host.guard(BLOCK, None)?;
    eye.until("1b", What::Found, FOUND)?;
    // As by kill -9: nothing is told to it, and nothing is undone.
    drop(eye);
    host.is("b", "blocking")?;
    // Repair does not know of it.
    let mut lab = lab;
    let again = lab.hosts[0].desired(BLOCK)?;
    let steps = lab.hosts[0].node.settle(&again)?.steps;
    check(steps == 0, "repair has something to do")?;
    let host = &lab.hosts[0];
    host.is("b", "blocking")?;
    let mut eye = host.guard(BLOCK, None)?;
    check(eye.news[0].finding.kind == Kind::Before, "not taken over")?;
    let lifted = eye.guard.lift("1b");
    check(lifted.len() == 1 && lifted[0].what == What::Lifted, "not opened by hand")?;
    host.is("b", "forwarding")?;
    eye.news.clear();
    eye.until("1b", What::Found, FOUND)?;
    host.is("b", "blocking")?;
    // Who no longer wants ports closed has them open.
    eye.guard.take(&host.desired(&BLOCK.replace("block", "report"))?, None);
    host.is("b", "forwarding")
}

/// Hears a probe of a port at its guest.
fn probe_at(lab: &Lab, eye: &mut Eye, end: &str) -> Result<Vec<u8>, Failed> {
    let wire = Wire::open(&lab.outside, end)?;
    for _ in 0..20 {
        eye.look(Duration::from_millis(100))?;
        let is_probe = |frame: &[u8]| probe::decode(frame).is_some();
        if let Some(frame) = wire.hear(Duration::ZERO, is_probe)? {
            return Ok(frame);
        }
    }
    Err("no probe".into())
}

fn forged() -> Result<(), Failed> {
    let lab = Lab::new(1, BLOCK)?;
    let host = &lab.hosts[0];
    let mut eye = host.guard(BLOCK, None)?;
    let sound = probe_at(&lab, &mut eye, "g1a")?;
    let wire = Wire::open(&lab.outside, "g1a")?;
    for at in 14..sound.len().min(70) {
        let mut forged = sound.clone();
        forged[at] ^= 1;
        wire.send(&forged)?;
        eye.turn()?;
    }
    eye.look(Duration::from_secs(3))?;
    // And the sound one, three intervals late.
    wire.send(&sound)?;
    eye.look(Duration::from_millis(500))?;
    check(eye.news.is_empty(), "something was found")?;
    check(eye.guard.detector().counts.refused > 0, "nothing was heard")?;
    host.is("a", "forwarding")?;
    // The control: a fresh one is a loop.
    let fresh = probe_at(&lab, &mut eye, "g1a")?;
    wire.send(&fresh)?;
    eye.until("1a", What::Found, FOUND).map(drop)
}

fn flood() -> Result<(), Failed> {
    let lab = Lab::new(1, BLOCK)?;
    let host = &lab.hosts[0];
    let wires = [Wire::open(&lab.outside, "g1b")?, Wire::open(&lab.outside, "g1c")?];
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let mut eye = host.guard(BLOCK, None)?;
    let begun = Instant::now();
    let looked = thread::scope(|scope| {
        for wire in &wires {
            scope.spawn(|| {
                let frame = question(200);
                while !stop.load(Ordering::Relaxed) {
                    if wire.send(&frame).is_ok() {
                        sent.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let looked = eye.look(Duration::from_secs(6));
        stop.store(true, Ordering::Relaxed);
        looked
    });
    let rate = sent.load(Ordering::Relaxed) / begun.elapsed().as_secs().max(1);
    println!("figure: loops.flood = {rate} /s");
    looked?;
    check(eye.news.is_empty(), "something was found")?;
    check(rate > 20_000, "there was no flood")?;
    let sent = eye.guard.detector().counts.sent;
    check((12..=21).contains(&sent), &format!("{sent} probes in six seconds by three ports"))
}

fn alone() -> Result<(), Failed> {
    let lab = Lab::new(1, BLOCK)?;
    let mut eye = lab.hosts[0].guard(BLOCK, None)?;
    let a = probe_at(&lab, &mut eye, "g1a")?;
    let (from, to) = (Wire::open(&lab.outside, "g1a")?, Wire::open(&lab.outside, "g1b")?);
    // Back in by its own port: the worst that a guest can do with it.
    from.send(&a)?;
    let mut ports = Vec::new();
    for _ in 0..25 {
        eye.look(Duration::from_millis(100))?;
        to.hear(Duration::ZERO, |frame| {
            ports.extend(probe::decode(frame).map(|heard| heard.probe.port.to_owned()));
            false
        })?;
    }
    check(!ports.is_empty() && ports.iter().all(|port| port == "1b"), &format!("{ports:?}"))
}
