//! `assay daemon dataplane` on the real kernel, in namespaces of the test's own: what it is told
//! is there by iproute2 and nft; what is damaged is mended; killed, it loses no packet.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "measures how long mending takes")]

#[path = "dataplane_daemon/lab.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod lab;
#[path = "dataplane_daemon/rooms.rs"]
mod rooms;
#[path = "dataplane_daemon/traffic.rs"]
mod traffic;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{ExitCode, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use dataplane::naming;
use hw_tests::network::dump::{differences, dump};
use hw_tests::network::{Space, eventually};
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};
use rustix::process::Signal;
use serde_json::{Value, json};

use lab::{Lab, ask, port, state};

const NEEDS: &[Need] =
    &[Need::Root, Need::Program("ip"), Need::Program("bridge"), Need::Program("nft")];
const WITHOUT: &[Need] = &[Need::Root, Need::Program("ip"), Need::Program("setpriv")];
const WITH_PING: &[Need] = &[Need::Root, Need::Program("ip"), Need::Program("ping")];

/// How long an event may take that is not measured.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long mending may take.
const MENDED: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let trials = vec![
        trial("a_whole_state_is_applied_and_again_writes_nothing", NEEDS, whole),
        trial("one_object_comes_changes_and_goes", NEEDS, objects),
        trial("what_is_wrong_is_refused_whole_and_touches_nothing", NEEDS, refused),
        trial("of_two_callers_who_saw_the_same_one_is_first", NEEDS, callers),
        trial("killed_and_started_again_no_packet_is_lost", WITH_PING, killed),
        trial("a_bridge_of_an_older_version_is_repaired_under_traffic", WITH_PING, older),
        trial("told_to_end_it_leaves_everything_and_goes_on_later", NEEDS, ended),
        trial("every_damage_is_mended_within_a_second_and_told", NEEDS, damaged),
        trial("every_damage_to_a_router_is_mended_within_a_second_and_told", NEEDS, rooms::damaged),
        trial("without_the_right_to_hear_routers_that_is_said", WITHOUT, rooms::deaf),
        trial("a_tap_that_returns_is_opened_and_told", NEEDS, tap),
        trial("it_is_alone_and_listens_to_nobody_it_does_not_know", NEEDS, alone),
        trial("what_happens_is_printed_by_net_watch", NEEDS, watched),
        trial("every_call_is_in_the_log_with_its_caller", NEEDS, calls),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A node that is as the state says.
fn kept() -> Result<Lab, Failed> {
    let mut lab = Lab::new()?;
    lab.start()?;
    lab.put("/v1/state?generation=1", &state().to_string())?.is(200)?;
    Ok(lab)
}

/// Waits until the kernel has told what it finds out of a new pair a second later: no carrier.
fn settled(lab: &Lab) -> Result<(), Failed> {
    let is_told = || {
        let links = lab.space.json(&["ip", "-j", "link", "show", "type", "veth"]).ok()?;
        let own = |link: &&Value| link["ifname"].as_str().is_some_and(|it| it.starts_with('p'));
        let mut links = links.as_array()?.iter().filter(own);
        Some(links.all(|link| link["operstate"] == "LOWERLAYERDOWN"))
    };
    eventually("what the kernel says of new pairs", || is_told() == Some(true))?;
    Ok(())
}

fn same(lab: &Lab, before: &hw_tests::network::dump::Dump, what: &str) -> Result<(), Failed> {
    let told = differences(before, &dump(&lab.space)?);
    if told.is_empty() { Ok(()) } else { Err(format!("{what}:\n{}", told.join("\n")).into()) }
}

fn whole() -> Result<(), Failed> {
    let mut lab = Lab::new()?;
    let before = dump(&lab.space)?;
    lab.start()?;
    let mode = fs::metadata(lab.socket())?.permissions().mode() & 0o777;
    assert_eq!(mode, 0o660, "{mode:o}");
    lab.get("/readyz")?.is(503)?;
    lab.get("/v1/state")?.is(409)?;
    same(&lab, &before, "before a state came")?;
    let events = lab.listen()?;
    let done = lab.put("/v1/state?generation=7", &state().to_string())?.is(200)?;
    assert_eq!(done.headers.get("etag").map(String::as_str), Some("\"7\""));
    let done = done.json()?;
    assert_eq!(
        (&done["generation"], &done["verified"], &done["changed"]),
        (&json!(7), &json!(7), &json!(true))
    );
    assert_eq!(events.next("accepted", PATIENCE)?["generation"], 7);
    events.next("applied", PATIENCE)?;
    lab.get("/readyz")?.is(200)?;
    let link = lab.space.json(&["ip", "-j", "link", "show", "dev", "p1"])?;
    assert_eq!(link[0]["master"], naming::bridge("net").as_str(), "{link:#}");
    let rules = lab.space.run(&["nft", "list", "table", "inet", "assay"])?;
    // A permission is an element, which nft shows as an address of IPv6 with the port at its end.
    assert!(rules.contains("as_fwd") && rules.contains(":1bb:0"), "{rules}");
    let status = lab.get("/v1/status")?.is(200)?.json()?;
    let objects = status["objects"].as_array().ok_or("no objects")?;
    assert_eq!(objects.len(), 8);
    assert!(objects.iter().all(|it| it["state"] == "verified" && it["desired"] == 7), "{status:#}");
    let one = lab.get("/v1/status/ports/a1")?.is(200)?.json()?;
    assert_eq!((&one["kind"], &one["verified"]), (&json!("ports"), &json!(7)));
    // What is given out can be put back.
    let text = lab.get("/v1/state")?.is(200)?.text;
    settled(&lab)?;
    let before = dump(&lab.space)?;
    let heard = hear(&lab.space, || {
        let again = lab.put("/v1/state?generation=7", &text)?.is(200)?.json()?;
        assert_eq!(again["changed"], false);
        let next = lab.put("/v1/state?generation=8", &state().to_string())?.is(200)?.json()?;
        assert_eq!((&next["verified"], &next["changed"]), (&json!(8), &json!(true)));
        Ok(())
    })?;
    assert_eq!(heard, Vec::<String>::new(), "nothing to do, and it was written");
    same(&lab, &before, "after the same again")?;
    let metrics = lab.get("/metrics")?.is(200)?.text;
    assert!(metrics.contains("assay_dataplane_generation{of=\"verified\"} 8\n"), "{metrics}");
    assert!(metrics.contains("{kind=\"ports\",state=\"verified\"} 3\n"), "{metrics}");
    Ok(())
}

/// Returns what `ip monitor` and `nft monitor` say of `body`.
fn hear(space: &Space, body: impl FnOnce() -> Result<(), Failed>) -> Result<Vec<String>, Failed> {
    let (tell, told) = channel();
    let mut children = Vec::new();
    for words in [&["ip", "monitor", "link", "address", "route", "neigh"][..], &["nft", "monitor"]]
    {
        let mut child = space.command(words).stdout(Stdio::piped()).spawn()?;
        let out = child.stdout.take().ok_or("no pipe")?;
        let tell = tell.clone();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    break;
                }
            }
        });
        children.push(child);
    }
    // What is heard of both says that both listen; and so what is heard of their end.
    let marked = |mark: &str| -> Result<Vec<String>, Failed> {
        let (mut before, mut missing) = (Vec::new(), vec!["link/", "add table"]);
        let end = Instant::now() + PATIENCE;
        let mut count = 0;
        while !missing.is_empty() {
            if Instant::now() > end {
                return Err(format!("the monitors do not say {missing:?}").into());
            }
            let name = format!("{mark}{count}");
            space.line(&format!("ip link add {name} type bridge"))?;
            space.line(&format!("ip link delete {name}"))?;
            space.line(&format!("nft add table ip {name}"))?;
            space.line(&format!("nft delete table ip {name}"))?;
            count += 1;
            while let Ok(line) = told.recv_timeout(Duration::from_millis(100)) {
                if line.contains(mark) {
                    missing.retain(|word| {
                        !(line.contains(word) || *word == "link/" && line.contains(": mark"))
                    });
                } else {
                    before.push(line);
                }
            }
        }
        Ok(before)
    };
    marked("marka")?;
    let done = body();
    let heard = marked("markb");
    for mut child in children {
        child.kill()?;
        child.wait()?;
    }
    done?;
    // Of the marks' own: their second lines, and which generation rules are of.
    let own = |line: &String| {
        line.trim_start().starts_with("link/") || line.contains("new generation") || line.is_empty()
    };
    Ok(heard?.into_iter().filter(|line| !own(line)).collect())
}

fn objects() -> Result<(), Failed> {
    let lab = kept()?;
    let put = |path: &str, generation: u64, body: &Value| {
        lab.ask("PUT", path, &[&format!("If-Match: \"{generation}\"")], &body.to_string())
    };
    let is_there = |device: &str| lab.space.line(&format!("ip link show dev {device}")).is_ok();
    let done = put("/v1/ports/a3", 1, &port(3))?.is(200)?.json()?;
    assert_eq!((&done["generation"], &done["verified"]), (&json!(2), &json!(2)));
    assert!(is_there("p3"));
    let rule = json!({ "direction": "in", "protocol": "udp", "ports": 5353 });
    put("/v1/groups/web/rules/mdns", 2, &rule)?.is(200)?;
    let listed = || lab.space.run(&["nft", "list", "table", "inet", "assay"]);
    assert!(listed()?.contains(":14e9:0"));
    lab.ask("DELETE", "/v1/groups/web/rules/mdns?expected=3", &[], "")?.is(200)?;
    assert!(!listed()?.contains(":14e9:0"));
    put(
        "/v1/remotes/b2",
        4,
        &json!({
            "network": "net", "vtep": "10.99.0.3", "mac": "02:00:00:00:00:22",
            "ips": ["10.0.0.34"], "groups": [],
        }),
    )?
    .is(200)?;
    let entries = lab.space.line(&format!("bridge fdb show dev {}", naming::vxlan("net")))?;
    assert!(entries.contains("02:00:00:00:00:22 dst 10.99.0.3 self"), "{entries}");
    put("/v1/address-groups/office", 5, &json!({ "cidrs": ["192.0.2.0/24"] }))?.is(200)?;
    assert_eq!(lab.get("/v1/address-groups/office")?.is(200)?.json()?["id"], "office");
    put("/v1/networks/blue", 6, &json!({ "vpc": "red", "vni": 101 }))?.is(200)?;
    lab.ask("DELETE", "/v1/networks/blue", &["If-Match: 7"], "")?.is(200)?;
    lab.ask("DELETE", "/v1/ports/a3", &["If-Match: 8"], "")?.is(200)?;
    assert!(!is_there("p3"));
    lab.get("/v1/ports/a3")?.is(404)?;
    lab.get("/v1/status/ports/a3")?.is(404)?;
    let status = lab.get("/v1/status/ports/a1")?.json()?;
    assert_eq!((&status["desired"], &status["verified"]), (&json!(1), &json!(1)));
    Ok(())
}

fn refused() -> Result<(), Failed> {
    let lab = kept()?;
    let before = dump(&lab.space)?;
    let asked = |method: &str, path: &str, body: &str, code: u16| -> Result<Value, Failed> {
        lab.ask(method, path, &[], body)?.is(code)?.json()
    };
    let twice = port(3).to_string().replace("02:00:00:00:00:13", "02:00:00:00:00:11");
    let twice = twice.replace(",\"mac\"", ",\n\"mac\"");
    let error = asked("PUT", "/v1/ports/a3?expected=1", &twice, 422)?;
    let fault = &error["faults"][0];
    assert_eq!((&fault["in"], &fault["pointer"]), (&json!("body"), &json!("/mac")), "{error:#}");
    assert_eq!(fault["line"], 2, "{error:#}");
    assert!(fault["what"]["zh"].as_str().is_some_and(|it| it.contains("MAC")), "{error:#}");
    let unknown = state().to_string().replace("\"vni\"", "\"vnni\"");
    let error = asked("PUT", "/v1/state", &unknown, 422)?;
    let faults = error["faults"].as_array().ok_or("no faults")?;
    let fault = faults.iter().find(|it| it["pointer"] == "/network/0/vnni");
    let fault = fault.ok_or_else(|| format!("not where it stands: {error:#}"))?;
    assert_eq!(fault["hint"]["en"], "did you mean `vni`?", "{error:#}");
    let group = asked("DELETE", "/v1/groups/web?expected=1", "", 422)?;
    assert_eq!(group["faults"][0]["in"], "state", "{group:#}");
    let stale = asked("PUT", "/v1/ports/a3?expected=9", &port(3).to_string(), 409)?;
    assert_eq!(stale["current"], 1);
    asked("PUT", "/v1/ports/a3", &port(3).to_string(), 428)?;
    asked("PUT", "/v1/ports/a3?expected=x", &port(3).to_string(), 400)?;
    asked("PUT", "/v1/ports/a4?expected=1", &port(3).to_string(), 400)?;
    asked("PUT", "/v1/ports/a3?expected=1", "{", 422)?;
    asked("PUT", "/v1/ports/a3?expected=1", "[]", 400)?;
    asked("PUT", "/v1/state?generation=0", &state().to_string(), 409)?;
    asked("PUT", "/v1/state", "", 400)?;
    asked("DELETE", "/v1/ports/nobody?expected=1", "", 404)?;
    asked("DELETE", "/v1/state", "", 405)?;
    asked("GET", "/v1/routers/a", "", 404)?;
    asked("PUT", "/v1/ports/a3?expected=1", &" ".repeat(2 << 20), 413)?;
    let wide = state().to_string().replace("\"vni\":100", "\"vni\":100,\"mtu\":1590");
    let unfit = asked("PUT", "/v1/state?generation=2", &wide, 422)?;
    assert!(unfit["error"].as_str().is_some_and(|it| it.contains("1590")), "{unfit:#}");
    same(&lab, &before, "after all that was refused")?;
    assert_eq!(lab.get("/v1/status")?.json()?["generation"], 1);
    Ok(())
}

fn callers() -> Result<(), Failed> {
    let lab = kept()?;
    let socket = lab.socket();
    for round in 0..5_u64 {
        let expected = format!("If-Match: \"{}\"", round + 1);
        let codes = thread::scope(|scope| {
            let one = |number: usize| {
                let (socket, expected) = (&socket, &expected);
                scope.spawn(move || {
                    let path = format!("/v1/ports/a{number}");
                    ask(socket, "PUT", &path, &[expected], &port(number).to_string())
                        .map(|it| it.code)
                })
            };
            let base = 3 + 2 * usize::try_from(round).unwrap_or_default();
            let both = [one(base), one(base + 1)];
            both.map(|it| it.join().map_or(0, |code| code.unwrap_or(0)))
        });
        let mut sorted = codes;
        sorted.sort_unstable();
        assert_eq!(sorted, [200, 409], "round {round}");
    }
    assert_eq!(lab.get("/v1/status")?.json()?["verified"], 6);
    Ok(())
}

fn killed() -> Result<(), Failed> {
    let mut lab = kept()?;
    traffic::settle(&lab)?;
    lab.ready()?;
    let before = dump(&lab.space)?;
    let socket = lab.socket();
    let mut kills = 0;
    let least = std::env::var("ASSAY_PACKETS").map_or(Ok(3000), |given| given.parse::<u32>())?;
    let guests = lab.guests.clone();
    let mut generation = 1_u64;
    let (sent, came) = traffic::during(&guests, least + least / 5, |sent| {
        // At rest, and in the middle of a change; each time at another moment of it.
        while sent.load(Ordering::SeqCst) < least {
            let change = thread::spawn({
                let (socket, number) = (socket.clone(), 3 + kills % 40);
                move || {
                    let path = format!("/v1/ports/a{number}?expected={generation}");
                    // It is killed with the daemon.
                    drop(ask(&socket, "PUT", &path, &[], &port(number).to_string()));
                }
            });
            let begun = sent.load(Ordering::SeqCst);
            let moment = u32::try_from(kills * 13 % 60)?;
            eventually("the next moment", || sent.load(Ordering::SeqCst) >= begun + moment)?;
            assert_eq!(lab.end(Signal::KILL)?, None);
            kills += 1;
            drop(change.join());
            lab.start()?;
            lab.ready()?;
            generation = lab.get("/v1/status")?.json()?["generation"].as_u64().ok_or("a number")?;
        }
        Ok(())
    })?;
    println!("figure: daemon.kills = {kills}");
    println!("figure: daemon.sent = {sent}");
    println!("figure: daemon.lost = {}", sent.abs_diff(came));
    assert_eq!((sent, sent >= least), (came, true), "packets were lost over {kills} kills");
    assert!(least < 10_000 || kills >= 5, "{kills}");
    // Packets that are lost would be missed: a port that is down until it is mended loses some.
    let (sent, came) = traffic::during(&guests, 500, |_sent| {
        lab.space.line("ip link set p2 down")?;
        eventually("the port up again", || {
            lab.space.line("ip -br link show dev p2").is_ok_and(|it| it.contains(",UP"))
        })?;
        Ok(())
    })?;
    assert!(came < sent, "{came} of {sent} came past a port that was down");
    // What was accepted on the way goes; nothing else differs.
    let text = state().to_string();
    lab.put(&format!("/v1/state?generation={}&confirm=true", generation + 1), &text)?.is(200)?;
    same(&lab, &before, "after all kills")
}

/// A bridge that was given its MTU at birth alone, and whose MAC address the kernel chose.
fn older() -> Result<(), Failed> {
    let mut lab = Lab::new()?;
    let bridge = naming::bridge("net");
    let own = naming::bridge_mac(&bridge);
    // It begins with the address that it should have, so that nothing is repaired yet.
    for line in [
        format!(
            "ip link add {bridge} mtu 1550 address {own} type bridge stp_state 0 mcast_snooping 0 \
             nf_call_iptables 1 nf_call_ip6tables 1"
        ),
        format!("ip link set {bridge} arp off alias assay:network:net addrgenmode none"),
    ] {
        lab.space.line(&line)?;
    }
    lab.start()?;
    lab.put("/v1/state?generation=1", &state().to_string())?.is(200)?;
    traffic::settle(&lab)?;
    let before = dump(&lab.space)?;
    must("fragments beyond 1,500 bytes are lost in it", !traffic::large(&lab.guests)?)?;
    assert_eq!(lab.end(Signal::KILL)?, None);
    lab.space.line(&format!("ip link set {bridge} address 02:00:00:00:66:66"))?;
    let guests = lab.guests.clone();
    let (sent, came) = traffic::during(&guests, 1000, |_sent| {
        lab.start()?;
        lab.ready()
    })?;
    assert_eq!(sent, came, "packets were lost while it was repaired");
    must("fragments arrive", traffic::large(&lab.guests)?)?;
    let link = lab.space.json(&["ip", "-j", "link", "show", "dev", bridge.as_str()])?;
    assert_eq!((&link[0]["address"], &link[0]["mtu"]), (&json!(own.to_string()), &json!(1550)));
    same(&lab, &before, "after it was repaired")
}

fn must(what: &str, holds: bool) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(what.into()) }
}

fn ended() -> Result<(), Failed> {
    let mut lab = kept()?;
    lab.ask("PUT", "/v1/ports/a3?expected=1", &[], &port(3).to_string())?.is(200)?;
    settled(&lab)?;
    let before = dump(&lab.space)?;
    assert_eq!(lab.end(Signal::TERM)?, Some(0));
    assert!(!lab.socket().exists());
    same(&lab, &before, "after its end")?;
    let space = lab.space.clone();
    // The monitors listen while it starts, looks and finds nothing to do.
    let heard = hear(&space, || lab.start().and_then(|()| lab.ready()))?;
    assert_eq!(heard, Vec::<String>::new());
    assert_eq!(lab.get("/v1/status")?.json()?["generation"], 2);
    same(&lab, &before, "after its return")?;
    // Damage while nobody watched is found at the start.
    assert_eq!(lab.end(Signal::KILL)?, None);
    lab.space.line("ip link set p1 down")?;
    lab.start()?;
    lab.ready()?;
    same(&lab, &before, "after damage while it was away")
}

const DAMAGE: &[&str] = &[
    "ip link del p1",
    "ip link set p1 down",
    "ip link set p1 nomaster",
    "ip link set p1 mtu 1300",
    "bridge link set dev p1 flood on",
    "bridge fdb del 02:00:00:00:00:11 dev p1 master",
    "bridge fdb replace 02:00:00:00:00:21 dev {v} dst 10.99.0.66 self",
    "bridge fdb add 02:00:00:00:66:66 dev {v} dst 10.99.0.66 self",
    "ip neigh del 10.0.0.33 dev {v}",
    "ip link del {v}",
    "ip link del {b}",
    "ip link set {b} type bridge nf_call_iptables 0",
    "ip link set q1 address 02:00:00:00:66:66",
    "nft delete table inet assay",
    "nft delete table netdev assay",
    "nft flush chain inet assay as_fwd",
    "nft flush table netdev assay",
    "nft add rule inet assay as_fwd accept",
];

fn damaged() -> Result<(), Failed> {
    let lab = kept()?;
    let before = dump(&lab.space)?;
    let (bridge, vxlan) = (naming::bridge("net"), naming::vxlan("net"));
    let events = lab.listen()?;
    let mut longest = Duration::ZERO;
    for damage in DAMAGE {
        let line = damage.replace("{b}", bridge.as_str()).replace("{v}", vxlan.as_str());
        let begun = Instant::now();
        lab.space.line(&line)?;
        // An event may be for what the kernel did of itself about the damage before: the one
        // behind which all is as it was counts.
        let took = loop {
            let event = events.next("drift", PATIENCE);
            let took = begun.elapsed();
            let event = event.map_err(|error| {
                Failed::from(format!("after `{line}`: {}", error.message().unwrap_or_default()))
            })?;
            assert!(event["steps"].as_array().is_some_and(|it| !it.is_empty()), "{event:#}");
            if differences(&before, &dump(&lab.space)?).is_empty() {
                break took;
            }
        };
        println!("{line}: mended, read back and told {:.1} ms after it", took.as_secs_f64() * 1e3);
        assert!(took <= MENDED, "{line}: {took:?}");
        longest = longest.max(took);
    }
    println!("figure: daemon.drift.kinds = {}", DAMAGE.len());
    println!("figure: daemon.drift.longest = {:.1} ms", longest.as_secs_f64() * 1e3);
    Ok(())
}

fn tap() -> Result<(), Failed> {
    let lab = kept()?;
    let before = dump(&lab.space)?;
    let events = lab.listen()?;
    lab.space.line("ip link del tap0")?;
    let waits = events.next("waits", PATIENCE)?;
    assert_eq!(waits["objects"], json!(["port t0"]), "{waits:#}");
    assert_eq!(lab.get("/v1/status/ports/t0")?.json()?["state"], "waiting");
    lab.space.line("ip tuntap add tap0 mode tap")?;
    lab.space.line("ip link set tap0 addrgenmode none address 02:00:00:00:88:01")?;
    let begun = Instant::now();
    events.next("opened", PATIENCE)?;
    println!("figure: daemon.tap.opened = {:.1} ms", begun.elapsed().as_secs_f64() * 1e3);
    assert!(begun.elapsed() <= MENDED);
    lab.ready()?;
    same(&lab, &before, "with the tap back")
}

fn alone() -> Result<(), Failed> {
    let lab = kept()?;
    let second = lab.command()?.output()?;
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(3), "{said}");
    assert!(said.contains("another run is changing this node"), "{said}");
    let listening = lab.command()?.args(["--listen", "127.0.0.1:1"]).output()?;
    assert_eq!(listening.status.code(), Some(2));
    let said = String::from_utf8_lossy(&listening.stderr).into_owned();
    assert!(said.contains("127.0.0.1:1"), "{said}");
    // `assay net` keeps away while the daemon has the node.
    let mut apply = std::process::Command::new(hw_tests::program::assay()?);
    let file = lab.folder.path().join("state.json");
    fs::write(&file, state().to_string())?;
    apply.args(["net", "apply"]).arg(&file).args(["--fabric-netns", lab.space.name(), "--state"]);
    let refused = apply.arg(lab.folder.path().join("state")).output()?;
    assert_eq!(refused.status.code(), Some(3));
    lab.get("/healthz")?.is(200)?;
    Ok(())
}

fn watched() -> Result<(), Failed> {
    let lab = kept()?;
    let mut command = std::process::Command::new(hw_tests::program::assay()?);
    command.args(["net", "watch", "--after", "0", "--socket"]).arg(lab.socket());
    command.env("LC_ALL", "C").stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let mut lines = BufReader::new(child.stdout.take().ok_or("no pipe")?).lines();
    let mut until = |words: &str| -> Result<(), Failed> {
        for line in lines.by_ref() {
            if line?.contains(words) {
                return Ok(());
            }
        }
        Err(format!("`{words}` is not printed").into())
    };
    until("applied [network net, port a1, port a2, port t0, rules] generation 1 is applied")?;
    lab.space.line("ip link set p1 down")?;
    until("drift [port a1] the kernel differed from what is wanted, and is mended")?;
    child.kill()?;
    child.wait()?;
    Ok(())
}

fn calls() -> Result<(), Failed> {
    let lab = kept()?;
    lab.ask("PUT", "/v1/ports/a3?expected=9&token=hush", &[], "{\"password\": \"hush\"}")?
        .is(409)?;
    let text = lab.get("/v1/calls")?.is(200)?.text;
    assert!(!text.contains("hush"), "{text}");
    let log: Value = serde_json::from_str(&text)?;
    let call = &log["calls"][0];
    assert_eq!(call["interface"], "PUT /v1/{kind}/{id}", "{log:#}");
    assert_eq!(call["request"], "/v1/ports/a3?expected=9&token=*** {\"password\":\"***\"}");
    assert_eq!((&call["status"], &call["caller"]["uid"]), (&json!(409), &json!(0)));
    assert_eq!(call["caller"]["pid"], std::process::id());
    assert!(call["error"].as_str().is_some_and(|it| it.contains("current generation is 1")));
    assert!(call["duration_us"].as_u64() > Some(0), "{call:#}");
    assert!(call["response"].as_str().is_some_and(|it| it.contains("\"current\":1")), "{call:#}");
    assert_eq!(log["calls"][1]["interface"], "PUT /v1/state");
    let description = lab.get("/openapi.json")?.is(200)?.json()?;
    assert!(description["paths"]["/v1/state"]["put"].is_object(), "{description:#}");
    Ok(())
}
