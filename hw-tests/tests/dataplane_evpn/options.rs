//! What a neighbour may be told besides its number, and how a running FRR takes another file.

use std::process::{Command, Stdio};

use dataplane::evpn::{self, Password, Passwords};
use dataplane::spec;
use hw_tests::network::within;
use hw_tests::program;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::lab::{Lab, PATIENCE, page, pings, state};
use crate::{ALL, must};

const SECRET: &str = "s3cret";

/// The file of a host in an AS of its own, its neighbour at an address and with options of its own.
fn apart(host: usize, network: u8, options: &str) -> String {
    let other = 2 - host;
    let session = format!("address = \"10.99.0.{other}\"\nremote_asn = \"internal\"\n");
    let instead = format!("address = \"10.{network}.0.{other}\"\n{options}");
    let text = state(host, "", ALL).replace(&session, &instead);
    text.replace("asn = 65000\n", &format!("asn = {}\n", 65001 + host))
}

/// What bgpd says of a neighbour.
fn neighbour(lab: &Lab, host: usize, address: &str) -> Result<Value, Failed> {
    let said = lab.frr[host].ask(&format!("show bgp neighbors {address} json"))?;
    let mut said: Value = serde_json::from_str(&said)?;
    Ok(said[address].take())
}

fn is_up(lab: &Lab, address: &str) -> bool {
    neighbour(lab, 0, address).is_ok_and(|it| it["bgpState"] == "Established")
}

/// Fails where what runs differs from what the file says.
fn as_written(lab: &Lab, host: usize, text: &str) -> Result<(), Failed> {
    let desired = spec::read("evpn.toml", text).map_err(|errors| errors.to_string())?;
    let running = lab.frr[host].ask("show running-config")?;
    let mut passwords = Passwords::new();
    if text.contains("password_file") {
        passwords.extend(Some("10.99.0.2".parse()?).zip(Password::new(SECRET)));
    }
    let found = evpn::compare(&desired, &passwords, &running).ok_or("there is no EVPN")?;
    must(&format!("host {host} runs what it is to:\n{}{running}", found.text()), found.is_empty())
}

/// Two systems, by addresses that are on no wire: eBGP takes `hops`, `source`, and BFD over hops.
pub(crate) fn far() -> Result<(), Failed> {
    let mut lab = Lab::apart("")?;
    let mut files = Vec::new();
    for host in [0, 1] {
        let (own, other) = (host + 1, 2 - host);
        lab.hosts[host].line(&format!("ip address add 10.98.0.{own}/32 dev lo"))?;
        lab.hosts[host].line(&format!("ip route add 10.98.0.{other}/32 via 10.99.0.{other}"))?;
        files.push(apart(
            host,
            98,
            &format!(
                "remote_asn = {}\nhops = 2\nsource = \"10.98.0.{own}\"\nbfd = true\n",
                65000 + other
            ),
        ));
    }
    for host in [0, 1] {
        lab.frr[host].start(&page(&files[host])?)?;
        lab.frr[host].start_bfdd()?;
    }
    lab.meets()?;
    must("a1 pings b1", pings(lab.guest("a1"), "10.0.0.33")?)?;
    for host in [0, 1] {
        as_written(&lab, host, &files[host])?;
    }
    let far = "10.98.0.2";
    let watched = || neighbour(&lab, 0, far).is_ok_and(|it| it["peerBfdInfo"]["status"] == "Up");
    within(PATIENCE, "BFD to watch", watched)?;
    let said = neighbour(&lab, 0, far)?;
    let as_told = said["hostLocal"] == "10.98.0.1" && said["peerBfdInfo"]["type"] == "multi hop";
    must(&format!("as it was told: {said:#}"), as_told)?;
    // BFD alone is kept away (RFC 5883: port 4784); BGP would take minutes to notice.
    let keep_away = "add table ip deaf; add chain ip deaf in { type filter hook input priority 0; }; \
                     add rule ip deaf in udp dport 4784 drop";
    lab.hosts[1].feed(&["nft", "-f", "-"], keep_away)?;
    let took = within(PATIENCE, "the session to end", || !is_up(&lab, far))?;
    must(&format!("it ends by BFD, after {took:?}"), took.as_secs() < 10)?;
    lab.hosts[1].line("nft delete table ip deaf")?;
    within(PATIENCE, "the session to be back", || is_up(&lab, far))?;
    lab.meets()?;
    // Without its hops it is none: those addresses are on no wire.
    let change = ["configure terminal", "router bgp 65001", "no neighbor 10.98.0.2 ebgp-multihop"];
    let words: Vec<&str> = change.iter().flat_map(|line| ["-c", line]).collect();
    lab.frr[0].ask_all(&words)?;
    within(PATIENCE, "the session to end without hops", || !is_up(&lab, far))?;
    Ok(())
}

/// Changes of the file of host A, each taken by `frr-reload.py` from the one before.
pub(crate) fn reload() -> Result<(), Failed> {
    let mut lab = Lab::apart("")?;
    let secret = lab.folder.path().join("secret");
    std::fs::write(&secret, SECRET)?;
    std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let external = "remote_asn = \"external\"\n";
    let first = apart(0, 99, external);
    let target = |text: &str, target: &str| {
        let told = format!("vni = 100\nroute_targets = [{target}]\n");
        text.replace("vni = 100\n", &told)
    };
    for host in [0, 1] {
        write(&lab, host, &apart(host, 99, external))?;
        lab.frr[host].start_as_written()?;
        lab.frr[host].start_bfdd()?;
    }
    lab.meets()?;
    // What the others are told of `red-a`, and take of it, is what both name.
    let named = target(&first, "\"65000:777\"");
    take(&lab, 0, &named)?;
    within(PATIENCE, "each to forget the other's guests", || {
        lab.learned(0, "red-a", 0x21).is_none() && lab.learned(1, "red-a", 0x11).is_none()
    })?;
    take(&lab, 1, &target(&apart(1, 99, external), "\"65000:777\""))?;
    lab.meets()?;
    take(&lab, 0, &target(&first, "\"65000:777\", \"65000:778\""))?;
    take(&lab, 0, &named)?;
    let more =
        |options: &str| target(&apart(0, 99, &format!("{external}{options}")), "\"65000:777\"");
    let session = "[[node.evpn.neighbour]]\naddress = \"10.99.0.3\"\nremote_asn = 65003\n";
    for text in [
        more("bfd = true\nsource = \"10.99.0.1\"\n"),
        more("hops = 3\n"),
        more(&format!("password_file = \"{}\"\n", secret.display())),
        more("").replace("asn = 65001\n", "asn = 65001\ngraceful_restart = false\n"),
        more(session),
        more("").replace("remote_asn = \"external\"", "remote_asn = 65002"),
        more("").replace("asn = 65001\n", "asn = 65001\nrouter_id = \"192.0.2.9\"\n"),
        more("").replace("asn = 65001\n", "asn = 65009\n"),
        named,
    ] {
        take(&lab, 0, &text)?;
    }
    lab.meets()?;
    must("a1 pings b1", pings(lab.guest("a1"), "10.0.0.33")?)
}

/// Has the program write what FRR reads.
fn write(lab: &Lab, host: usize, text: &str) -> Result<(), Failed> {
    let file = lab.folder.path().join(format!("{host}.toml"));
    std::fs::write(&file, text)?;
    let mut command = Command::new(program::assay()?);
    command.args(["net", "evpn"]).arg(&file).arg("--write").arg(lab.frr[host].file());
    let output = command.env("LC_ALL", "C").stdin(Stdio::null()).output()?;
    must(&String::from_utf8_lossy(&output.stderr), output.status.success())
}

/// Writes, has FRR take it, and looks whether it runs what was written; nothing is left to do.
fn take(lab: &Lab, host: usize, text: &str) -> Result<(), Failed> {
    write(lab, host, text)?;
    let said = lab.frr[host].reload("--reload")?;
    as_written(lab, host, text).map_err(|error| format!("{error:?}\n{said}"))?;
    let left = lab.frr[host].reload("--test")?;
    // Of FRR itself: a name that it is told by the machine, and a line of `vtysh.conf`.
    let own = ["Lines To ", "===", "no hostname ", "service integrated-vtysh-config"];
    let mut left = left.lines().filter(|line| !line.is_empty() && !line.contains("  INFO: "));
    let left = left.find(|line| !own.iter().any(|own| line.starts_with(own)));
    must(&format!("nothing is left to take: {left:?}"), left.is_none())
}
