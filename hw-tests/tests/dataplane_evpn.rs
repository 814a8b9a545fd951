//! EVPN with real FRR: what its zebra learns is left alone, and what is ours is told to others.
//!
//! Each test has two hosts, zebra and bgpd in each host's namespace with folders of the test's own,
//! and guests who send real packets.

#[path = "dataplane_evpn/frr.rs"]
mod frr;
#[path = "dataplane_evpn/lab.rs"]
mod lab;
#[path = "dataplane_evpn/options.rs"]
mod options;
#[path = "dataplane_evpn/restart.rs"]
mod restart;

use std::net::UdpSocket;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use hw_tests::network::frame::{self, Arp, Path};
use hw_tests::network::wire::Wire;
use hw_tests::network::{Space, within};
use hw_tests::{Need, program, trial};
use lab::{Lab, PATIENCE, SEATS, has, mac, pings, state};
use libtest_mimic::{Arguments, Failed};

/// Someone to whom all guests belong.
const ALL: &dyn Fn(&str) -> bool = &|_guest| true;
/// Routers of `red`.
const ROUTED: &str = "[[router]]\nid = \"r\"\nvpc = \"red\"\n";
/// How long something is waited for that is not to come, behind its positive control.
const SILENCE: Duration = Duration::from_millis(400);

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("ip"),
    Need::Program("bridge"),
    Need::Program("ping"),
    Need::Program("sysctl"),
    Need::Program("chown"),
    Need::Program("nft"),
    Need::Program("vtysh"),
    Need::Path { path: "/usr/lib/frr/bgpd", package: "frr" },
    Need::Path { path: "/usr/lib/frr/zebra", package: "frr" },
];

const WITH_BFD: &[Need] = &[
    Need::Root,
    Need::Program("ip"),
    Need::Program("bridge"),
    Need::Program("ping"),
    Need::Program("sysctl"),
    Need::Program("chown"),
    Need::Program("nft"),
    Need::Program("vtysh"),
    Need::Path { path: "/usr/lib/frr/bfdd", package: "frr" },
];

const RELOAD: &[Need] = &[
    Need::Root,
    Need::Program("ip"),
    Need::Program("bridge"),
    Need::Program("ping"),
    Need::Program("sysctl"),
    Need::Program("chown"),
    Need::Program("nft"),
    Need::Program("vtysh"),
    Need::Path { path: "/usr/lib/frr/bfdd", package: "frr" },
    Need::Path { path: "/usr/lib/frr/frr-reload.py", package: "frr-pythontools" },
];

fn main() -> ExitCode {
    let trials = vec![
        trial("nodes_learn_each_others_tunnel_ends_and_ports", NEEDS, learned),
        trial("guests_meet_across_and_groups_hold", NEEDS, guests),
        trial("arp_for_known_guests_stays_on_the_node_and_the_node_answers_none", NEEDS, arp),
        trial("what_zebra_learned_is_neither_damage_nor_ours", NEEDS, left_alone),
        trial("a_port_that_goes_is_withdrawn", NEEDS, withdrawn),
        trial("vxlan_from_outside_the_ranges_is_dropped", NEEDS, forged),
        trial("routers_of_two_nodes_do_not_meet", NEEDS, routed),
        trial("bgpd_and_zebra_killed_come_back_and_so_do_packets", NEEDS, restart::killed),
        trial("an_external_session_over_two_hops_ends_when_bfd_says_so", WITH_BFD, options::far),
        trial("frr_takes_each_change_of_the_file_and_says_what_it_says", RELOAD, options::reload),
        trial("the_program_prints_compares_and_writes_the_file", NEEDS, program_says),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn must(what: &str, holds: bool) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(what.to_owned().into()) }
}

fn learned() -> Result<(), Failed> {
    let lab = Lab::new("")?;
    let there = lab.learned(0, "red-a", 0x21);
    must(&format!("a knows where b1 is: {there:?}"), there.as_deref() == Some("10.99.0.2"))?;
    // Types 2 (MAC address, and with each IP address) and 3 (tunnel end), RFC 7432 §7.
    let prefixes = lab.frr[0].prefixes()?;
    for prefix in [
        "[2]:[0]:[48]:[02:00:00:00:00:21]".to_owned(),
        "[2]:[0]:[48]:[02:00:00:00:00:21]:[32]:[10.0.0.33]".to_owned(),
        "[2]:[0]:[48]:[02:00:00:00:00:21]:[128]:[fd00::21]".to_owned(),
        "[3]:[0]:[32]:[10.99.0.2]".to_owned(),
        // Its own, which it tells others.
        "[2]:[0]:[48]:[02:00:00:00:00:11]:[32]:[10.0.0.17]".to_owned(),
        "[3]:[0]:[32]:[10.99.0.1]".to_owned(),
    ] {
        must(&format!("{prefix} is one of {prefixes:#?}"), prefixes.contains(&prefix))?;
    }
    let flooded = lab.entries(0, "red-a")?;
    let flooded = flooded.iter().find(|entry| entry["mac"] == "00:00:00:00:00:00");
    must("broadcast goes to b", flooded.is_some_and(|entry| entry["dst"] == "10.99.0.2"))
}

fn guests() -> Result<(), Failed> {
    let lab = Lab::new("")?;
    for (from, to) in [("a1", "b1"), ("b1", "a1")] {
        let last = SEATS.iter().find(|seat| seat.0 == to).map_or(0, |seat| seat.3);
        for address in [format!("10.0.0.{last}"), format!("fd00::{last:x}")] {
            must(&format!("{from} pings {address}"), pings(lab.guest(from), &address)?)?;
        }
    }
    // Between groups only what a rule permits: port 80 of `app`, for `web`.
    must("a1 does not ping b2", !pings(lab.guest("a1"), "10.0.0.34")?)?;
    let (a1, b2) = (lab.guest("a1"), lab.guest("b2"));
    must("a1 reaches port 80 of b2", hears(a1, b2, "10.0.0.34", 80)?)?;
    must("a1 does not reach port 81 of b2", !hears(a1, b2, "10.0.0.34", 81)?)?;
    must("b2 does not reach port 80 of a1", !hears(b2, a1, "10.0.0.17", 80)?)?;
    // x1 of `blue` has the addresses of b1, and is another.
    must("x1 does not ping a1", !pings(lab.guest("x1"), "10.0.0.17")?)
}

/// Whether a datagram comes to a port.
fn hears(from: &Space, to: &Space, address: &str, port: u16) -> Result<bool, Failed> {
    let listens = to.inside(|| UdpSocket::bind((address, port)))??;
    listens.set_read_timeout(Some(SILENCE))?;
    let sends = from.inside(|| UdpSocket::bind(("0.0.0.0", 0)))??;
    let mut heard = false;
    // The first may wait for ARP and be late.
    for _trial in 0..3 {
        sends.send_to(b"hello", (address, port))?;
        heard = heard || listens.recv(&mut [0; 8]).is_ok();
    }
    Ok(heard)
}

fn arp() -> Result<(), Failed> {
    let lab = Lab::new("")?;
    let mac = [2, 0, 0, 0, 0, 0x11];
    let asks = |address: [u8; 4]| {
        let said = Arp {
            operation: 1,
            sender: (mac, [10, 0, 0, 0x11].into()),
            target: ([0; 6], address.into()),
        };
        frame::arp([0xff; 6], mac, said, b"")
    };
    // An answer says who has the address: operation 2, of the sender behind it.
    let answers = |address: [u8; 4]| {
        move |frame: &[u8]| {
            frame.get(12..14) == Some(&[8, 6])
                && frame.get(20..22) == Some(&[0, 2])
                && frame.get(28..32) == Some(&address)
        }
    };
    let guest = Wire::open(lab.guest("a1"), "eth0")?;
    let far = Wire::open(lab.guest("b1"), "eth0")?;
    let [known, nobody, node] = [[10, 0, 0, 0x21], [10, 0, 0, 0x77], [10, 99, 0, 1]];
    guest.send(&asks(known))?;
    must("b1's address is answered for", guest.hear(PATIENCE, answers(known))?.is_some())?;
    let asked = |frame: &[u8]| frame.get(12..14) == Some(&[8, 6]);
    must("b1 is not asked", far.hear(SILENCE, asked)?.is_none())?;
    // The control: nobody knows that address, and all are asked.
    guest.send(&asks(nobody))?;
    must("b1 is asked for what nobody has", far.hear(PATIENCE, asked)?.is_some())?;
    guest.send(&asks(node))?;
    let heard = guest.hear(SILENCE, answers(node))?;
    must("the node answers for no address of its own", heard.is_none())?;
    // The control: it would, but for the chain at the bridge's own ingress.
    let chain = format!("as_b_{}", dataplane::naming::digits(["red-a"]));
    lab.hosts[0].run(&["nft", "delete", "chain", "netdev", dataplane::nft::TABLE, &chain])?;
    guest.send(&asks(node))?;
    must("without its chain it would", guest.hear(PATIENCE, answers(node))?.is_some())
}

fn left_alone() -> Result<(), Failed> {
    let mut lab = Lab::new("")?;
    for host in [0, 1] {
        let file = state(host, "", ALL);
        let before = lab.entries(host, "red-a")?;
        let differs = lab.differences(host, &file)?;
        must(&format!("host {host} is as wanted: {differs:#?}"), differs.is_empty())?;
        let steps = lab.apply(host, &file)?;
        must(&format!("a second application has no step on host {host}: {steps}"), steps == 0)?;
        must("zebra's entries stay", lab.entries(host, "red-a")? == before)?;
    }
    // A change of ours leaves them too.
    let before = lab.learned(1, "red-a", 0x11);
    let steps = lab.apply(1, &state(1, "", &|guest| guest != "b2"))?;
    must("taking b2 away takes steps", steps > 0)?;
    must("a1 is still known", before.is_some() && lab.learned(1, "red-a", 0x11) == before)?;
    must("a1 pings b1", pings(lab.guest("a1"), "10.0.0.33")?)?;
    // What others put in by hand is damage as before.
    let device = dataplane::naming::vxlan("red-a").to_string();
    let odd = mac(0x99);
    lab.hosts[0].run(&[
        "bridge",
        "fdb",
        "add",
        &odd,
        "dev",
        &device,
        "dst",
        "10.99.0.9",
        "self",
        "permanent",
    ])?;
    let differs = lab.differences(0, &state(0, "", ALL))?;
    let forgets =
        differs.first().is_some_and(|line| line.contains("forget") && line.contains(&odd));
    must(&format!("an entry by hand is found: {differs:#?}"), forgets)?;
    lab.apply(0, &state(0, "", ALL))?;
    let left = lab.entries(0, "red-a")?;
    must("it is taken away", !left.iter().any(|entry| entry["mac"] == odd.as_str()))?;
    must("and zebra's are not", left.iter().any(|entry| has(entry, "extern_learn")))
}

fn withdrawn() -> Result<(), Failed> {
    let mut lab = Lab::new("")?;
    must("b2 is known", lab.learned(0, "red-a", 0x22).is_some())?;
    lab.apply(1, &state(1, "", &|guest| guest != "b2"))?;
    within(PATIENCE, "b2 to be withdrawn", || lab.learned(0, "red-a", 0x22).is_none())?;
    must("b1 is still known", lab.learned(0, "red-a", 0x21).is_some())?;
    lab.apply(1, &state(1, "", ALL))?;
    within(PATIENCE, "b2 to be told again", || lab.learned(0, "red-a", 0x22).is_some())?;
    Ok(())
}

fn forged() -> Result<(), Failed> {
    let lab = Lab::new("")?;
    let [_a, b] = &lab.hosts;
    // 10.99.0.2 to .14 are of the range in which tunnel ends are, .77 is not.
    for (source, passes) in
        [("10.99.0.2", true), ("10.99.0.14", true), ("10.99.0.77", false), ("10.99.0.2", true)]
    {
        let heard = Wire::open(lab.guest("a1"), "eth0")?;
        let token = format!("from {source}");
        let (b1, a1) = ([2, 0, 0, 0, 0, 0x21], [2, 0, 0, 0, 0, 0x11]);
        let inner = Path { mac: (b1, a1), ip: ("10.0.0.33".parse()?, "10.0.0.17".parse()?) };
        let inner = inner.udp((7, 7), token.as_bytes());
        let wire = Wire::open(b, "u0")?;
        let outer = outer(&lab, source)?;
        wire.send(&outer.vxlan(40_000, 100, &inner))?;
        let limit = if passes { PATIENCE } else { SILENCE };
        let token = token.as_bytes();
        let found = heard.hear(limit, |frame| frame.windows(token.len()).any(|it| it == token))?;
        must(&format!("from {source}: heard is {passes}"), found.is_some() == passes)?;
    }
    Ok(())
}

/// A packet of the underlay to host A.
fn outer(lab: &Lab, source: &str) -> Result<Path, Failed> {
    let of = |host: usize| -> Result<[u8; 6], Failed> {
        let text = lab.hosts[host].run(&["cat", "/sys/class/net/u0/address"])?;
        let mac: dataplane::address::Mac = text.trim().parse()?;
        Ok(mac.0)
    };
    Ok(Path { mac: (of(1)?, of(0)?), ip: (source.parse()?, "10.99.0.1".parse()?) })
}

fn routed() -> Result<(), Failed> {
    let lab = Lab::new(ROUTED)?;
    within(PATIENCE, "a to learn c1", || lab.learned(0, "red-b", 0x31).is_some())?;
    for address in ["10.0.0.1", "fd00::1"] {
        must(&format!("a1 pings {address}"), pings(lab.guest("a1"), address)?)?;
        must(&format!("b1 pings {address}"), pings(lab.guest("b1"), address)?)?;
    }
    // Host A has no port of `red-b`, and routes into it all the same.
    for address in ["10.0.1.49", "fd00:0:0:1::31"] {
        must(&format!("a1 pings c1, {address}"), pings(lab.guest("a1"), address)?)?;
    }
    must("c1 pings a1", pings(lab.guest("c1"), "10.0.0.17")?)?;
    let router = dataplane::router::MAC.to_string();
    for host in [0, 1] {
        let entries = lab.entries(host, "red-a")?;
        let strange = entries.iter().any(|entry| entry["mac"] == router.as_str());
        must(&format!("host {host} does not send for the gateway to the other"), !strange)?;
        let differs = lab.differences(host, &state(host, ROUTED, ALL))?;
        must(&format!("host {host} is as wanted: {differs:#?}"), differs.is_empty())?;
    }
    Ok(())
}

fn program_says() -> Result<(), Failed> {
    let mut lab = Lab::apart("")?;
    let folder = lab.folder.path().to_owned();
    let secret = folder.join("secret");
    std::fs::write(&secret, "s3cret-of-both\n")?;
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let mut files = Vec::new();
    for host in [0, 1] {
        let with = format!("remote_asn = \"internal\"\npassword_file = \"{}\"", secret.display());
        let text = state(host, "", ALL).replace("remote_asn = \"internal\"", &with);
        let file = folder.join(format!("{host}.toml"));
        std::fs::write(&file, text)?;
        files.push(file.display().to_string());
    }
    let run = |words: &[&str], expected: i32| -> Result<(String, String), Failed> {
        let mut command = Command::new(program::assay()?);
        command.args(["net", "evpn"]).args(words).env("LC_ALL", "C").stdin(Stdio::null());
        let output = command.output()?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        let fits = output.status.code() == Some(expected);
        must(&format!("{words:?} ends with {expected}: {:?}\n{out}{err}", output.status), fits)?;
        must("no password is shown", !out.contains("s3cret") && !err.contains("s3cret"))?;
        Ok((out, err))
    };
    let (printed, _) = run(&[&files[0]], 0)?;
    must("it is printed", printed.contains("\n  advertise-all-vni\n"))?;
    for (host, file) in files.iter().enumerate() {
        let to = lab.frr[host].file();
        let to = to.display().to_string();
        run(&[file, "--write", &to], 0)?;
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&to)?.permissions());
        must(&format!("mode {mode:o}"), mode & 0o777 == 0o640)?;
        let (_, again) = run(&[file, "--write", &to], 0)?;
        must("a second time nothing is written", again.contains("says so already"))?;
        run(&[file, "--check", &to], 0)?;
        lab.frr[host].start_as_written()?;
    }
    // With one password on both sides they meet.
    lab.meets()?;
    let running = folder.join("running");
    std::fs::write(&running, lab.frr[0].ask("show running-config")?)?;
    let running = running.display().to_string();
    run(&[&files[0], "--check", &running], 0)?;
    let change = "configure terminal\nrouter bgp 65000\nno neighbor 10.99.0.2 password";
    let words: Vec<&str> = change.lines().flat_map(|line| ["-c", line]).collect();
    lab.frr[0].ask_all(&words)?;
    std::fs::write(&running, lab.frr[0].ask("show running-config")?)?;
    let (differs, _) = run(&[&files[0], "--check", &running], 1)?;
    let expected = "+ router bgp 65000: neighbor 10.99.0.2 password (hidden)\n";
    must(&format!("it says what is missing: {differs}"), differs == expected)?;
    let foreign = folder.join("foreign");
    std::fs::write(&foreign, "router ospf\n")?;
    let (_, refused) = run(&[&files[0], "--write", &foreign.display().to_string()], 2)?;
    must(&refused, refused.contains("was not written by this program"))?;
    must("it stays", std::fs::read_to_string(&foreign)? == "router ospf\n")
}
