//! `assay daemon dataplane` on the real kernel: full sync and changes, drift, restarts and kills
//! with packets going through, refusals. Other programs do the damage and read back.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "waits until deadlines, and paces packets")]

#[path = "dataplane_daemon/daemon.rs"]
mod daemon;
#[path = "dataplane_real/node.rs"]
mod node;
#[path = "dataplane_real/state.rs"]
mod state;
#[path = "dataplane_daemon/traffic.rs"]
mod traffic;

use std::env;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::{ExitCode, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use dataplane::naming;
use hw_tests::network::{eventually, within};
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};
use serde_json::{Value, json};

use daemon::Daemon;
use node::{Lab, converge, look, read, same};
use state::{Which, text};
use traffic::{stream, way};

const NEEDS: &[Need] =
    &[Need::Root, Need::Program("ip"), Need::Program("bridge"), Need::Program("nft")];

fn main() -> ExitCode {
    let trials = vec![
        trial("a_full_state_comes_true_and_is_not_written_twice", NEEDS, full_sync),
        trial("every_damage_is_repaired_and_told_within_a_second", NEEDS, drift),
        trial("no_packet_is_lost_while_the_daemon_is_killed", NEEDS, killed),
        trial("killed_within_changes_the_next_one_converges", NEEDS, killed_in_changes),
        trial("a_tap_is_taken_up_and_missed", NEEDS, tap),
        trial("what_cannot_be_is_refused_whole", NEEDS, refused),
        trial("one_daemon_at_a_time_and_for_its_group_only", NEEDS, alone),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn full_sync() -> Result<(), Failed> {
    let daemon = Daemon::new()?;
    let desired = read(&text(Which::One))?;
    // What another program finds is what a clean apply by the library gives.
    let clean = Lab::new()?;
    converge(&mut clean.real()?, &desired)?;
    daemon.call("GET", "/v1/state", None, "")?.is(404)?;
    daemon.call("GET", "/readyz", None, "")?.is(503)?;
    let done = daemon.put(&text(Which::One))?;
    assert_eq!((&done["generation"], &done["outcome"]), (&json!(1), &json!("as-wanted")));
    same("after a full sync", &clean.dump()?, &daemon.lab.dump()?)?;
    let port = daemon.lab.space.json(&["ip", "-j", "link", "show", "p5"])?;
    assert_eq!(port[0]["master"], naming::bridge("n0").as_str());
    let status = daemon.get("/v1/status")?;
    let objects = status["objects"].as_array().ok_or("no objects")?;
    assert!(objects.len() > 50, "{}", objects.len());
    let behind = |it: &&Value| it["desired"] != 1 || it["applied"] != 1 || it["verified"] != 1;
    assert_eq!(objects.iter().find(behind), None);
    quiet(&daemon)?;
    // Almost all ports at once go only where that is confirmed.
    let mut few = daemon.get("/v1/state")?;
    few["port"].as_array_mut().ok_or("no ports")?.truncate(1);
    let held = daemon.call("PUT", "/v1/state", Some("1"), &few.to_string())?.is(409)?;
    assert_eq!(held.json()?["error"]["code"], "held");
    // Another state, in which almost everything is otherwise.
    let other = daemon.put(&text(Which::Other))?;
    assert_eq!(other["generation"], 2);
    let plan = look(&mut daemon.lab.real()?, &read(&text(Which::Other))?)?.plan;
    assert!(plan.steps.is_empty(), "{:#?}", plan.steps);
    Ok(())
}

/// A full sync with nothing to do, twice, and changes that change nothing: monitors hear nothing.
fn quiet(daemon: &Daemon) -> Result<(), Failed> {
    // The carriers of new pairs come once a second; until then the kernel has something to tell.
    let bridge = naming::bridge("n0").to_string();
    eventually("carriers", || {
        let link = daemon.lab.space.json(&["ip", "-j", "link", "show", &bridge]);
        link.is_ok_and(|link| link[0]["operstate"] == "UP")
    })?;
    let (send, lines) = channel();
    let mut children = Vec::new();
    for words in [vec!["ip", "-o", "monitor", "all"], vec!["stdbuf", "-oL", "nft", "monitor"]] {
        let mut child = daemon.lab.space.command(&words).stdout(Stdio::piped()).spawn()?;
        let said = child.stdout.take().ok_or("no pipe")?;
        let send = send.clone();
        thread::spawn(move || {
            for line in BufReader::new(said).lines().map_while(Result::ok) {
                drop(send.send(line));
            }
        });
        children.push(child);
    }
    let mark = |name: &str| -> Result<Vec<String>, Failed> {
        let (mut heard, end) = (Vec::new(), Instant::now() + Duration::from_secs(20));
        let (mut device, mut table) = (false, false);
        for at in 0.. {
            daemon.lab.ip(&format!("link add {name}{at} type bridge"))?;
            daemon.lab.nft(&format!("add table ip {name}{at}"))?;
            while let Ok(line) = lines.recv_timeout(Duration::from_millis(300)) {
                device |= line.contains(&format!(": {name}"));
                table |= line.contains(&format!("table ip {name}"));
                if !line.contains("marker") && !line.starts_with("# new generation") {
                    heard.push(line);
                }
            }
            if device && table {
                break;
            }
            if Instant::now() > end {
                return Err("a monitor hears nothing".into());
            }
        }
        Ok(heard)
    };
    mark("markera")?;
    let before = daemon.get("/v1/status")?;
    for _ in 0..2 {
        assert_eq!(daemon.put(&text(Which::One))?["steps"], 0);
    }
    let heard = mark("markerb")?;
    for mut child in children {
        drop(child.kill());
        drop(child.wait());
    }
    assert!(heard.is_empty(), "{heard:#?}");
    assert_eq!(daemon.get("/v1/status")?, before);
    Ok(())
}

/// Kinds of damage; `{b}` and `{v}` stand for bridge and VXLAN device of network `n0`.
const DAMAGE: &[(&str, &[&str])] = &[
    ("a port is deleted", &["ip link del p5"]),
    ("a port is down", &["ip link set p5 down"]),
    ("a port left its bridge", &["ip link set p5 nomaster"]),
    ("another MTU", &["ip link set p5 mtu 1300"]),
    ("a port floods", &["bridge link set dev p5 flood on"]),
    ("a port's entry is deleted", &["bridge fdb del 02:00:00:00:00:0f dev p5 master"]),
    ("a foreign entry", &["bridge fdb add 02:00:00:00:66:66 dev {v} dst 10.99.0.66 self"]),
    ("a neighbour is deleted", &["ip neigh del 10.0.0.30 dev {v}"]),
    ("the VXLAN device is deleted", &["ip link del {v}"]),
    ("the bridge is deleted", &["ip link del {b}"]),
    ("the bridge passes the rules by", &["ip link set {b} type bridge nf_call_iptables 0"]),
    ("a table is deleted", &["nft delete table inet assay"]),
    ("a chain is flushed", &["nft flush chain inet assay as_fwd"]),
    ("anti-spoofing is flushed", &["nft flush table netdev assay"]),
];

fn drift() -> Result<(), Failed> {
    let daemon = Daemon::new()?;
    daemon.put(&text(Which::One))?;
    let before = daemon.lab.dump()?;
    let events = daemon.events(2)?;
    let (bridge, vxlan) = (naming::bridge("n0"), naming::vxlan("n0"));
    let (mut longest, mut failed) = (Duration::ZERO, Vec::new());
    for (what, commands) in DAMAGE {
        for command in *commands {
            let line = command.replace("{b}", bridge.as_str()).replace("{v}", vxlan.as_str());
            daemon.lab.space.line(&line)?;
        }
        let begun = Instant::now();
        let (_repaired, seen) = events
            .until("drift-repaired", Duration::from_secs(5))
            .map_err(|error| format!("{what}: {}", error.message().unwrap_or_default()))?;
        let took = begun.elapsed();
        println!("{what}: repaired {:.1} ms after it", took.as_secs_f64() * 1e3);
        longest = longest.max(took);
        if !seen.iter().any(|event| event["kind"] == "drift-seen") {
            failed.push(format!("{what}: not seen: {seen:#?}"));
        }
        // A carrier may come once more.
        let again = within(Duration::from_secs(5), "the same", || {
            daemon.lab.dump().is_ok_and(|dump| same(what, &before, &dump).is_ok())
        });
        if again.is_err() {
            same(what, &before, &daemon.lab.dump()?)?;
        }
    }
    println!("figure: daemon.drift.kinds = {}", DAMAGE.len());
    println!("figure: daemon.drift.longest = {:.1} ms", longest.as_secs_f64() * 1e3);
    println!("figure: daemon.memory = {} KiB", daemon.resident_kib().unwrap_or(0));
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(longest <= Duration::from_secs(1), "{longest:?}");
    let metrics = daemon.call("GET", "/metrics", None, "")?.is(200)?.text;
    let counted = format!("assay_dataplane_drifts_total {}", DAMAGE.len());
    assert!(metrics.contains(&counted), "{metrics}");
    Ok(())
}

/// Brings the guests' ends up that packets go between.
fn guests(daemon: &Daemon) -> Result<(), Failed> {
    for device in ["q5", "q15"] {
        daemon.lab.ip(&format!("link set {device} addrgenmode none up"))?;
    }
    Ok(())
}

/// Packets of the stream: 2,000, or what `ASSAY_PACKETS` says (10,000 for the figure).
fn packets() -> u32 {
    env::var("ASSAY_PACKETS").ok().and_then(|count| count.parse().ok()).unwrap_or(2000)
}

fn killed() -> Result<(), Failed> {
    let mut daemon = Daemon::new()?;
    daemon.put(&text(Which::One))?;
    guests(&daemon)?;
    daemon.ready()?;
    let before = daemon.lab.dump()?;
    let (mut kills, mut ends) = (0, 0);
    let space = daemon.lab.space.clone();
    let stream = stream(&space, ("q5", "q15"), &way(5, 15), packets(), |over| {
        while !over.load(Ordering::SeqCst) {
            if kills > ends {
                assert_eq!(daemon.terminate()?, Some(0));
                ends += 1;
            } else {
                daemon.kill()?;
                kills += 1;
            }
            daemon.start()?;
            daemon.ready()?;
        }
        Ok(())
    })?;
    println!(
        "figure: daemon.restart.lost = {} of {} ({kills} kills, {ends} ends, {:.1} s)",
        stream.lost.len(),
        stream.sent,
        stream.took.as_secs_f64(),
    );
    assert!(stream.lost.is_empty(), "{stream:?}");
    assert!(kills > 1 && ends > 0, "{kills} kills, {ends} ends");
    same("after restarts", &before, &daemon.lab.dump()?)?;
    // The control: without its groups the port hears nothing.
    let mut port = port(&daemon, "p15")?;
    port["groups"] = json!([]);
    daemon.call("PUT", "/v1/port/p15", Some("1"), &port.to_string())?.is(200)?;
    let control = traffic::stream(&space, ("q5", "q15"), &way(5, 15), 50, |_over| Ok(()))?;
    assert_eq!(control.lost.len(), 50, "{control:?}");
    Ok(())
}

/// Returns a port as the daemon has accepted it.
fn port(daemon: &Daemon, id: &str) -> Result<Value, Failed> {
    let state = daemon.get("/v1/state")?;
    let mut ports = state["port"].as_array().into_iter().flatten();
    Ok(ports.find(|port| port["id"] == id).cloned().ok_or("no such port")?)
}

fn killed_in_changes() -> Result<(), Failed> {
    let mut daemon = Daemon::new()?;
    daemon.put(&text(Which::One))?;
    guests(&daemon)?;
    daemon.ready()?;
    let before = daemon.lab.dump()?;
    let space = daemon.lab.space.clone();
    let port = port(&daemon, "p10")?;
    let mut kills = 0;
    let stream = stream(&space, ("q5", "q15"), &way(5, 15), packets(), |over| {
        while !over.load(Ordering::SeqCst) {
            let gone = kills % 2 == 0;
            let (method, body) =
                if gone { ("DELETE", String::new()) } else { ("PUT", port.to_string()) };
            let generation = daemon.get("/v1/status")?["generation"].to_string();
            let call = daemon.send(method, "/v1/port/p10", Some(&generation), &body)?;
            // Somewhere within: each time a little later.
            thread::sleep(Duration::from_millis(kills % 12));
            daemon.kill()?;
            drop(call);
            kills += 1;
            daemon.start()?;
            daemon.ready()?;
        }
        Ok(())
    })?;
    println!("{kills} kills within changes, {} of {} lost", stream.lost.len(), stream.sent);
    assert!(stream.lost.is_empty(), "{stream:?}");
    // Whatever was accepted is there; then back to the first state.
    daemon.put(&text(Which::One))?;
    daemon.ready()?;
    same("after kills within changes", &before, &daemon.lab.dump()?)
}

fn tap() -> Result<(), Failed> {
    let daemon = Daemon::new()?;
    daemon.put(&text(Which::One))?;
    let events = daemon.events(2)?;
    daemon.lab.ip("link del t1")?;
    let (waits, _) = events.until("port-waits", Duration::from_secs(5))?;
    assert_eq!(waits["objects"], json!(["port p1"]));
    let status = daemon.get("/v1/status")?;
    let port = status["objects"].as_array().into_iter().flatten().find(|it| it["id"] == "p1");
    assert!(port.is_some_and(|port| port["reason"]["en"].is_string()), "{port:?}");
    daemon.lab.tap(1)?;
    events.until("port-taken-up", Duration::from_secs(5))?;
    let link = daemon.lab.space.json(&["ip", "-j", "link", "show", "t1"])?;
    assert_eq!(link[0]["master"], naming::bridge("n1").as_str());
    daemon.ready()
}

fn refused() -> Result<(), Failed> {
    let daemon = Daemon::new()?;
    daemon.call("PUT", "/v1/port/p5", Some("0"), "{}")?.is(409)?;
    daemon.put(&text(Which::One))?;
    let before = daemon.lab.dump()?;
    let wrong = daemon.call("DELETE", "/v1/port/p5", Some("7"), "")?.is(409)?.json()?;
    assert_eq!(
        (&wrong["error"]["code"], &wrong["error"]["generation"]),
        (&json!("generation"), &json!(1))
    );
    daemon.call("DELETE", "/v1/port/p5", None, "")?.is(428)?;
    daemon.call("DELETE", "/v1/port/none", Some("1"), "")?.is(404)?;
    let bad = text(Which::One).replacen("vni = 100\n", "vni = 0\nmut = 1\n", 1);
    let bad = daemon.call("PUT", "/v1/state", None, &bad)?.is(422)?.json()?;
    let faults = bad["error"]["faults"].as_array().ok_or("no faults")?;
    assert_eq!(faults.len(), 2, "{faults:#?}");
    for fault in faults {
        assert!(fault["line"].as_u64() > Some(3) && fault["hint"]["zh"].is_string(), "{fault:#}");
    }
    let odd = json!({ "network": "n0", "device": "px", "kind": "veth", "peer": "qx",
        "mac": "02:00:00:00:00:0f", "ips": ["10.0.0.99"], "groups": ["a9"] });
    let odd = daemon.call("PUT", "/v1/port/px", Some("1"), &odd.to_string())?.is(422)?.json()?;
    let pointers: Vec<&Value> =
        odd["error"]["faults"].as_array().into_iter().flatten().map(|it| &it["pointer"]).collect();
    assert!(!pointers.is_empty() && pointers.iter().all(|it| it.is_string()), "{odd:#}");
    daemon.call("PUT", "/v1/port/px", Some("1"), "{")?.is(400)?;
    same("after refusals", &before, &daemon.lab.dump()?)?;
    assert_eq!(daemon.get("/v1/status")?["generation"], 1);
    let state = daemon.call("GET", "/v1/state", None, "")?.is(200)?;
    assert!(state.head.contains("etag: \"1\""), "{}", state.head);
    // Each of these calls is in the log, with who called.
    let calls = daemon.get("/v1/calls")?;
    let calls = calls["calls"].as_array().ok_or("no calls")?;
    let call = calls.iter().find(|call| call["code"] == 428).ok_or("no call")?;
    assert_eq!(call["interface"], "DELETE /v1/port/p5");
    assert_eq!(call["caller"]["pid"], std::process::id());
    assert_eq!(call["error"]["code"], "if-match");
    assert!(call["duration_us"].is_u64() && call["request"].is_object(), "{call:#}");
    Ok(())
}

fn alone() -> Result<(), Failed> {
    let mut daemon = Daemon::new()?;
    let mode = std::fs::metadata(daemon.socket())?.permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let file = daemon.folder.path().join("state.toml");
    std::fs::write(&file, text(Which::One))?;
    let file = file.display().to_string();
    let other = daemon.folder.path().join("other").display().to_string();
    let second: [(&[&str], i32); 3] = [
        (&["daemon", "dataplane", "--socket", &other], 3),
        (&["net", "apply", &file], 3),
        (&["daemon", "dataplane", "--listen", "127.0.0.1:1"], 2),
    ];
    for (words, code) in second {
        let output = daemon.command(words)?.output()?;
        assert_eq!(output.status.code(), Some(code), "{words:?}: {output:?}");
    }
    daemon.put(&text(Which::One))?;
    let dump = daemon.lab.dump()?;
    assert_eq!(daemon.terminate()?, Some(0));
    assert!(!daemon.socket().exists(), "the socket is still there");
    same("after its end", &dump, &daemon.lab.dump()?)?;
    // What was applied is known to the commands; what they take away is not put back.
    let verified = daemon.command(&["net", "verify"])?.output()?;
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    daemon.command(&["net", "destroy", "--yes"])?.output()?;
    daemon.start()?;
    daemon.call("GET", "/v1/state", None, "")?.is(404)?;
    assert!(daemon.lab.ip("link show p5").is_err(), "it was put back");
    Ok(())
}
