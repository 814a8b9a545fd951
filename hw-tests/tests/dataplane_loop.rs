//! Loops that guests and cables make outside of our bridges: found within two intervals, broken,
//! opened again once they are gone; and nothing is found that is none.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "measures how long finding takes")]

#[path = "dataplane_loop/cost.rs"]
mod cost;
#[path = "dataplane_loop/lab.rs"]
mod lab;
#[path = "dataplane_daemon/lab.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod node;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dataplane::loops::{Key, Kind, What, frame as probe};
use hw_tests::network::eventually;
use hw_tests::network::frame::{self, Arp, BROADCAST};
use hw_tests::network::wire::Wire;
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};

use lab::{Eye, Lab};
use node::Lab as Node;

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
        trial("the_daemon_closes_tells_and_opens_and_net_loops_finds", NEEDS, daemon),
        trial("the_secret_is_read_again_when_its_file_is_another", NEEDS, secret),
        trial("what_many_ports_cost_is_measured", NEEDS, cost::many),
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
    host.is("a", "disabled")?;
    host.is("b", "forwarding")?;
    check(passes(&lab, "g1b", "g1c")?, "the others do not go on")?;
    // As long as the loop is there it stays closed, whatever the carrier does.
    lab.outside.line("ip link set g1a down")?;
    lab.outside.line("ip link set g1a up")?;
    eye.look(Duration::from_secs(6))?;
    host.is("a", "disabled")?;
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
    // One frame is enough, unless the machine is so busy that it is dropped on its way.
    let wire = Wire::open(&lab.outside, "g1c")?;
    let mut storm = Ok(0);
    let begun = eventually("there is no storm to end", || {
        storm = wire.send(&question(1)).map_err(Failed::from).and_then(|_sent| host.rate("b"));
        !matches!(storm, Ok(..=5000))
    });
    let storm = storm?;
    println!("figure: loops.two_ports.storm = {storm} /s");
    begun?;
    let mut eye = host.guard(BLOCK, None)?;
    let took = eye.until("1b", What::Found, FOUND)?;
    println!("figure: loops.two_ports.found = {:.0} ms", took.as_secs_f64() * 1e3);
    check(eye.news[0].finding.kind == Kind::Port("1a".to_owned()), "not of two ports")?;
    host.is("a", "forwarding")?;
    host.is("b", "disabled")?;
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
    // Without the key nothing is found, and nothing is closed.
    let (mut one_eye, mut stranger) = (one.guard(BLOCK, key)?, two.guard(BLOCK, None)?);
    for _ in 0..20 {
        one_eye.look(Duration::from_millis(50))?;
        stranger.look(Duration::from_millis(50))?;
    }
    check(one_eye.news.is_empty() && stranger.news.is_empty(), "found without a key")?;
    check(stranger.guard.detector().counts.refused > 0, "nothing was heard")?;
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
    two.is("b", "disabled")?;
    lab.part()?;
    eyes[1].until("2b", What::Gone, GONE)?;
    two.is("b", "forwarding")
}

fn kept() -> Result<(), Failed> {
    let lab = Lab::new(1, BLOCK)?;
    let host = &lab.hosts[0];
    lab.join(&["g1a", "g1b"])?;
    let mut eye = host.guard(BLOCK, None)?;
    eye.until("1b", What::Found, FOUND)?;
    // As by kill -9: nothing is told to it, and nothing is undone.
    drop(eye);
    host.is("b", "disabled")?;
    // Repair does not know of it.
    let mut lab = lab;
    let again = lab.hosts[0].desired(BLOCK)?;
    let steps = lab.hosts[0].node.settle(&again)?.steps;
    check(steps == 0, "repair has something to do")?;
    let host = &lab.hosts[0];
    host.is("b", "disabled")?;
    let mut eye = host.guard(BLOCK, None)?;
    check(eye.news[0].finding.kind == Kind::Before, "not taken over")?;
    let lifted = eye.guard.lift("1b");
    check(lifted.len() == 1 && lifted[0].what == What::Lifted, "not opened by hand")?;
    host.is("b", "forwarding")?;
    eye.news.clear();
    eye.until("1b", What::Found, FOUND)?;
    host.is("b", "disabled")?;
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

/// Returns how many frames have come to a guest that floods nothing.
fn delivered(lab: &Lab) -> Result<u64, Failed> {
    let link = lab.outside.json(&["ip", "-j", "-s", "link", "show", "dev", "g1a"])?;
    Ok(link[0]["stats64"]["rx"]["packets"].as_u64().ok_or("no figures")?)
}

/// A frame to the guest of port `a` alone.
fn unicast() -> Vec<u8> {
    let arp = Arp {
        operation: 2,
        sender: (STATION, [10, 0, 0, 12].into()),
        target: ([2, 0, 0, 0, 1, 0], [10, 0, 0, 10].into()),
    };
    frame::arp([2, 0, 0, 0, 1, 0], STATION, arp, b"assay")
}

fn flood() -> Result<(), Failed> {
    let lab = Lab::new(1, BLOCK)?;
    let host = &lab.hosts[0];
    let wires = [Wire::open(&lab.outside, "g1b")?, Wire::open(&lab.outside, "g1c")?];
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let (before, unicast) = (delivered(&lab)?, unicast());
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
        let mut looked = eye.look(Duration::from_secs(5));
        // Some among all those: they go to their port alone, and are no storm. A node that is
        // flooded loses frames of any kind; of what is limited it would lose 15 of 16.
        let arrive = || -> Result<bool, Failed> {
            let (from, to) = (Wire::open(&lab.outside, "g1b")?, Wire::open(&lab.outside, "g1a")?);
            for _ in 0..100 {
                from.send(&unicast)?;
            }
            for _ in 0..30 {
                if to.hear(FOUND, |frame| frame == unicast.as_slice())?.is_none() {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        looked = looked.and_then(|()| check(arrive()?, "frames to one do not arrive"));
        looked = looked.and_then(|()| eye.look(Duration::from_secs(1)));
        stop.store(true, Ordering::Relaxed);
        looked
    });
    let rate = sent.load(Ordering::Relaxed) / begun.elapsed().as_secs().max(1);
    println!("figure: loops.flood = {rate} /s");
    looked?;
    let through = (delivered(&lab)? - before) / begun.elapsed().as_secs().max(1);
    println!("figure: loops.flood.through = {through} /s");
    // Two ports, 10,000 each, and what may come at once.
    check(through < 30_000, "the flood is not held down")?;
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

/// A file that is replaced, as secrets are, while the daemon runs.
fn secret() -> Result<(), Failed> {
    let mut node = Node::new()?;
    let path = node.folder.path().join("secret");
    let write = |secret: &str| -> Result<(), Failed> {
        let new = path.with_extension("new");
        std::fs::write(&new, secret)?;
        Ok(std::fs::rename(&new, &path)?)
    };
    let mut state = node::state();
    state["node"]["loop_detection"] =
        serde_json::json!({ "interval": 1, "key_file": path.to_str() });
    node.start()?;
    let events = node.listen()?;
    // None yet: that is told.
    node.put("/v1/state?generation=1", &state.to_string())?.is(200)?;
    let told = events.next("unable", FOUND)?.to_string();
    check(told.contains("cannot use key file"), &told)?;
    node.space.line(&format!("ip link set q1 netns {}", node.guests[0].name()))?;
    node.guests[0].line("ip link set q1 addrgenmode none up")?;
    let wire = Wire::open(&node.guests[0], "q1")?;
    let signed = |secret: &str| -> Result<(), Failed> {
        write(secret)?;
        let key = Key::of(secret.as_bytes());
        let by = |frame: &[u8]| probe::decode(frame).is_some_and(|heard| heard.is_by(&key));
        let begun = Instant::now();
        check(wire.hear(FOUND * 2, by)?.is_some(), "no probe is signed with it")?;
        println!("figure: loops.secret.read = {:.0} ms", begun.elapsed().as_secs_f64() * 1e3);
        Ok(())
    };
    signed("the first secret of all nodes")?;
    signed("another secret of all nodes, longer")
}

/// Two ports of a node that the daemon keeps, joined by a guest.
fn daemon() -> Result<(), Failed> {
    let mut node = Node::new()?;
    let mut state = node::state();
    state["node"]["loop_detection"] =
        serde_json::json!({ "interval": 1, "action": "block", "recovery": 5 });
    let text = state.to_string();
    node.start()?;
    node.put("/v1/state?generation=1", &text)?.is(200)?;
    for end in ["q1", "q2"] {
        node.space.line(&format!("ip link set {end} netns {}", node.guests[0].name()))?;
        node.guests[0].line(&format!("ip link set {end} addrgenmode none up"))?;
    }
    let guest = &node.guests[0];
    for line in [
        "ip link add out type bridge stp_state 0 mcast_snooping 0",
        "ip link set out addrgenmode none up",
        "ip link set q1 master out",
    ] {
        guest.line(line)?;
    }
    let events = node.listen()?;
    guest.line("ip link set q2 master out")?;
    let told = events.next("loop", FOUND)?;
    check(told["objects"] == serde_json::json!(["port a1", "port a2"]), &told.to_string())?;
    let found = node.get("/v1/loops")?.is(200)?.json()?["loops"][0].clone();
    let sound = found["port"] == "a2" && found["with"] == "a1" && found["blocked"] == true;
    check(sound && found["kind"] == "two-ports", &found.to_string())?;
    let status = node.get("/v1/status/ports/a2")?.is(200)?.json()?;
    check(status["state"] == "blocked", &status.to_string())?;
    let metrics = node.get("/metrics")?.is(200)?.text;
    check(metrics.contains("assay_dataplane_loops{state=\"blocked\"} 1"), &metrics)?;
    let is = |wanted: &str| {
        let links = node.space.json(&["bridge", "-j", "link", "show", "dev", "p2"]).ok()?;
        Some(links[0]["state"] == wanted)
    };
    check(is("disabled") == Some(true), "it is not closed")?;
    let mut show = std::process::Command::new(hw_tests::program::assay()?);
    show.args(["net", "show", "--output", "json", "--fabric-netns", node.space.name()]);
    show.arg("--state").arg(node.folder.path().join("state"));
    let shown: serde_json::Value = serde_json::from_slice(&show.output()?.stdout)?;
    let ports = shown["networks"][0]["ports"].as_array().into_iter().flatten();
    let states: Vec<_> = ports.map(|it| (&it["id"], &it["state"], &it["closed"]["en"])).collect();
    let said = |id: &str, state: &str, words: &str| {
        states.iter().any(|(port, is, why)| {
            **port == id && **is == state && why.as_str().unwrap_or_default().contains(words)
        })
    };
    let told = said("a1", "up", "") && said("a2", "blocked", "closed for a loop");
    check(told, &format!("{states:?}"))?;

    // Without the daemon: found, and nothing touched.
    let file = node.folder.path().join("state.json");
    std::fs::write(&file, &text)?;
    let loops = |seconds: &str| -> Result<(Option<i32>, String), Failed> {
        let mut command = std::process::Command::new(hw_tests::program::assay()?);
        command.args(["net", "loops", "--seconds", seconds, "--fabric-netns"]);
        command.arg(node.space.name()).arg(&file).env("LC_ALL", "C");
        let output = command.output()?;
        let text = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8_lossy(&text).into_owned()))
    };
    let (code, page) = loops("3")?;
    check(code == Some(1) && page.contains("port a2 and port a1 are joined"), &page)?;

    // Opened by hand it is closed again, and once the loop is gone it is opened.
    let unblock = |port: &[&str]| -> Result<(Option<i32>, String), Failed> {
        let mut command = std::process::Command::new(hw_tests::program::assay()?);
        command.args(["net", "unblock"]).args(port).arg("--socket").arg(node.socket());
        let output = command.env("LC_ALL", "C").output()?;
        let text = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8_lossy(&text).into_owned()))
    };
    let (code, page) = unblock(&[])?;
    check(code == Some(0) && page.contains("a2") && page.contains("closed"), &page)?;
    check(unblock(&["a1"])?.0 == Some(2), "a port that is not closed was opened")?;
    check(unblock(&["a2"])?.0 == Some(0), "it was not opened by hand")?;
    events.next("loop-gone", FOUND)?;
    events.next("loop", FOUND)?;
    guest.line("ip link set q2 nomaster")?;
    // It was back soon: it takes twice as long.
    events.next("loop-gone", GONE * 2)?;
    check(is("forwarding") == Some(true), "it is not open")?;
    check(node.get("/v1/loops")?.is(200)?.json()?["loops"] == serde_json::json!([]), "a loop")?;
    let drifts = node.events()?.matches("event: drift").count();
    check(drifts == 0, &format!("{drifts} repairs of what is no damage"))
}
