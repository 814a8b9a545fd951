//! Kinds of damage, each by another program.

use std::time::{Duration, Instant};

use dataplane::naming;
use dataplane::plan::{Step, text};
use hw_tests::network::dump::Dump;
use libtest_mimic::Failed;

use crate::node::{converge, same};
use crate::{PATIENCE, Watched};

/// A kind of damage.
struct Damage {
    what: &'static str,
    /// Does it; `{b}` and `{v}` stand for bridge and VXLAN device of network `n0`.
    by: &'static [&'static str],
    /// Most steps that mend it.
    most: usize,
    /// Words that each step that mends it has one of.
    only: &'static [&'static str],
}

const ALL: &[Damage] = &[
    Damage { what: "a port is deleted", by: &["ip link del p5"], most: 8, only: &["p5", "q5"] },
    Damage { what: "a port is down", by: &["ip link set p5 down"], most: 1, only: &["p5"] },
    Damage {
        what: "a port left its bridge",
        by: &["ip link set p5 nomaster"],
        most: 5,
        only: &["p5"],
    },
    Damage {
        what: "a port is in a bridge of others",
        by: &["ip link add theirs type bridge", "ip link set p5 master theirs"],
        most: 7,
        only: &["p5"],
    },
    Damage { what: "another MTU", by: &["ip link set p5 mtu 1300"], most: 2, only: &["p5", "{b}"] },
    Damage {
        what: "a port floods",
        by: &["bridge link set dev p5 flood on"],
        most: 1,
        only: &["p5"],
    },
    Damage {
        what: "an entry is deleted",
        by: &["bridge fdb del 02:00:00:00:00:0f dev p5 master"],
        most: 1,
        only: &["p5"],
    },
    Damage {
        what: "an entry leads elsewhere",
        by: &["bridge fdb replace 02:00:00:00:00:1e dev {v} dst 10.99.0.66 self"],
        most: 1,
        only: &["{v}"],
    },
    Damage {
        what: "a foreign entry",
        by: &["bridge fdb add 02:00:00:00:66:66 dev {v} dst 10.99.0.66 self"],
        most: 1,
        only: &["{v}"],
    },
    Damage {
        what: "a neighbour is deleted",
        by: &["ip neigh del 10.0.0.30 dev {v}"],
        most: 1,
        only: &["{v}"],
    },
    Damage {
        what: "a neighbour has another address",
        by: &["ip neigh replace 10.0.0.30 lladdr 02:00:00:00:66:66 dev {v} nud permanent"],
        most: 1,
        only: &["{v}"],
    },
    Damage {
        what: "the VXLAN device is deleted",
        by: &["ip link del {v}"],
        most: 40,
        only: &["{v}"],
    },
    Damage {
        what: "the bridge is deleted",
        by: &["ip link del {b}"],
        most: 40,
        only: &["{b}", "{v}", "p5", "p10", "p15"],
    },
    Damage {
        what: "the bridge passes the rules by",
        by: &["ip link set {b} type bridge nf_call_iptables 0"],
        most: 1,
        only: &["{b}"],
    },
    Damage {
        what: "the bridge has another MAC address",
        by: &["ip link set {b} address 02:00:00:00:66:66"],
        most: 3,
        only: &["{b}"],
    },
    Damage {
        what: "the guest's end has another MAC address",
        by: &["ip link set q5 address 02:00:00:00:66:66"],
        most: 12,
        only: &["p5", "q5"],
    },
    Damage {
        what: "a tap vanishes and returns",
        by: &[
            "ip link del t1",
            "ip tuntap add t1 mode tap",
            "ip link set t1 addrgenmode none address 02:00:00:00:88:01",
        ],
        most: 6,
        only: &["t1"],
    },
    Damage {
        what: "a table is deleted",
        by: &["nft delete table inet assay"],
        most: 1,
        only: &["rules"],
    },
    Damage {
        what: "a chain is flushed",
        by: &["nft flush chain inet assay as_fwd"],
        most: 1,
        only: &["rules"],
    },
    Damage {
        what: "anti-spoofing is flushed",
        by: &["nft flush table netdev assay"],
        most: 1,
        only: &["rules"],
    },
    Damage { what: "an element is deleted", by: &["nft-element"], most: 1, only: &["rules"] },
];

/// Damage, event, look, plan, apply, equal; one after the other on one node.
pub(crate) fn every() -> Result<(), Failed> {
    let mut watched = Watched::new()?;
    let before = watched.lab.dump()?;
    let (mut longest, mut failed) = (Duration::ZERO, Vec::new());
    for damage in ALL {
        match one(&mut watched, damage, &before) {
            Ok(took) => {
                println!("{}: mended {:.1} ms after it", damage.what, took.as_secs_f64() * 1e3);
                longest = longest.max(took);
            }
            Err(error) => {
                failed.push(format!("{}: {}", damage.what, error.message().unwrap_or_default()));
                // The next one is judged by itself.
                let desired = watched.desired.clone();
                converge(&mut watched.real, &desired)?;
                watched.settle()?;
            }
        }
    }
    println!("figure: drift.kinds = {}", ALL.len());
    println!("figure: drift.longest = {:.1} ms", longest.as_secs_f64() * 1e3);
    assert!(longest <= Duration::from_secs(1), "{longest:?}");
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
}

fn one(watched: &mut Watched, damage: &Damage, before: &Dump) -> Result<Duration, Failed> {
    let (bridge, vxlan) = (naming::bridge("n0"), naming::vxlan("n0"));
    let fill = |text: &str| text.replace("{b}", bridge.as_str()).replace("{v}", vxlan.as_str());
    for line in damage.by {
        if *line == "nft-element" {
            element(watched)?;
        } else {
            watched.lab.space.line(&fill(line))?;
        }
    }
    let begun = Instant::now();
    let changed = watched.wait(PATIENCE)?.ok_or("nothing was heard of it")?;
    let node = watched.look()?;
    let only: Vec<String> = damage.only.iter().map(|word| fill(word)).collect();
    for planned in &node.plan.steps {
        let said = text::step(&planned.step).en;
        let rules = matches!(planned.step, Step::Rules(_)) && only.iter().any(|it| it == "rules");
        let own = matches!(planned.step, Step::Rules(_)) || only.iter().any(|it| said.contains(it));
        if !rules && !own {
            return Err(format!("`{said}` is not what was damaged; {changed:?}").into());
        }
    }
    let steps = node.plan.steps.len();
    if steps == 0 || steps > damage.most {
        let said: Vec<_> = node.plan.steps.iter().map(|it| text::step(&it.step).en).collect();
        return Err(format!("{steps} steps: {said:#?}; {changed:?}").into());
    }
    let desired = watched.desired.clone();
    converge(&mut watched.real, &desired)?;
    let took = begun.elapsed();
    // What the damage brought along and is nobody's of ours.
    drop(watched.lab.ip("link del theirs"));
    watched.settle()?;
    same("after it was mended", before, &watched.lab.dump()?)?;
    Ok(took)
}

/// Deletes one element of the first set that has one.
fn element(watched: &Watched) -> Result<(), Failed> {
    let listed =
        watched.lab.space.json(&["nft", "-j", "list", "map", "inet", "assay", "as_zone"])?;
    let mut sets = listed["nftables"].as_array().into_iter().flatten();
    let key = sets
        .find_map(|each| each["map"]["elem"][0][0].as_str())
        .ok_or_else(|| format!("no element: {listed}"))?;
    watched.lab.nft(&format!("delete element inet assay as_zone {{ \"{key}\" }}"))?;
    Ok(())
}
