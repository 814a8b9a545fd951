//! Damage inside of a router's namespace.

use std::os::unix::fs::MetadataExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use dataplane::naming;
use hw_tests::network::Space;
use hw_tests::network::dump::{differences, dump};
use libtest_mimic::Failed;
use serde_json::json;

use crate::lab::{Lab, state};
use crate::{MENDED, PATIENCE};

/// What is done in it; `{g}` is its device.
const DAMAGE: &[&str] = &[
    "ip address flush dev {g}",
    "ip route del 10.0.0.0/24",
    "ip link set {g} down",
    "ip link del {g}",
    "nft flush ruleset",
    "nft flush chain inet assay as_fwd",
    "sysctl -qw net.ipv4.ip_forward=0",
    "sysctl -qw net.ipv6.conf.all.forwarding=0",
];

/// A node with a router, by a daemon that is running.
fn routed(lab: &Lab) -> Result<Space, Failed> {
    let mut routed = state();
    routed["subnet"][0]["gateway"] = json!("10.0.0.1");
    routed["router"] = json!([{ "id": "r", "vpc": "red" }]);
    lab.put("/v1/state?generation=1", &routed.to_string())?.is(200)?;
    let inode = std::fs::metadata(lab.space.path())?.ino();
    Ok(Space::of_others(format!("as-{inode:x}-{}", naming::digits(["red"]))))
}

/// A unit of an older version has not the capability. It is said once, and not tried again.
pub(crate) fn deaf() -> Result<(), Failed> {
    let mut lab = Lab::new()?;
    lab.start_by(&["setpriv", "--bounding-set=-net_broadcast", "--inh-caps=-net_broadcast"])?;
    let room = routed(&lab)?;
    lab.ready()?;
    let events = lab.listen()?;
    room.line("nft flush ruleset")?;
    // A look for another reason finds it.
    assert!(events.next("drift", MENDED * 2).is_err(), "it was heard all the same");
    lab.space.line("ip link set p1 down")?;
    events.next("drift", PATIENCE)?;
    assert!(room.line("nft list table inet assay").is_ok(), "it was not mended with the other");
    let log = std::fs::read_to_string(lab.folder.path().join("log"))?;
    assert_eq!(log.matches("that takes CAP_NET_BROADCAST").count(), 1, "{log}");
    Ok(())
}

/// Each is mended within a second, read back, and told as the router's.
pub(crate) fn damaged() -> Result<(), Failed> {
    let mut lab = Lab::new()?;
    lab.start()?;
    let room = routed(&lab)?;
    let before = [dump(&lab.space)?, dump(&room)?];
    let whole = || -> Result<bool, Failed> {
        let (node, router) = (dump(&lab.space)?, dump(&room)?);
        Ok(differences(&before[0], &node).is_empty() && differences(&before[1], &router).is_empty())
    };
    let events = lab.listen()?;
    let mut longest = Duration::ZERO;
    let end = naming::gateway_end("net");
    let delete = format!("ip netns delete {}", room.name());
    for damage in DAMAGE.iter().copied().chain([delete.as_str()]) {
        let line = damage.replace("{g}", end.as_str());
        let begun = Instant::now();
        if damage == delete {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert!(Command::new(words[0]).args(&words[1..]).status()?.success());
        } else {
            room.line(&line)?;
        }
        // What the kernel does of itself about it may take an event of its own.
        let took = loop {
            let event = events.next("drift", PATIENCE).map_err(|error| {
                Failed::from(format!("after `{line}`: {}", error.message().unwrap_or_default()))
            })?;
            let took = begun.elapsed();
            let objects = event["objects"].as_array().ok_or("no objects")?;
            let own = |it: &str| it == "router red" || it == "network net";
            assert!(objects.iter().all(|it| it.as_str().is_some_and(own)), "{event:#}");
            if whole()? {
                break took;
            }
        };
        println!("{line}: mended, read back and told {:.1} ms after it", took.as_secs_f64() * 1e3);
        assert!(took <= MENDED, "{line}: {took:?}");
        longest = longest.max(took);
    }
    println!("figure: daemon.drift.rooms = {}", DAMAGE.len() + 1);
    println!("figure: daemon.drift.rooms.longest = {:.1} ms", longest.as_secs_f64() * 1e3);
    Ok(())
}
