//! `assay net` on the real kernel, in namespaces of the test's own; iproute2, nft and conntrack
//! do the damage and read back.

#[path = "net/lab.rs"]
mod lab;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::net::UdpSocket;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitCode;

use hw_tests::network::eventually;
use hw_tests::{Need, program, trial};
use libtest_mimic::{Arguments, Failed};
use serde_json::Value;

use lab::{Lab, STATE, Said, large};

const NEEDS: &[Need] =
    &[Need::Root, Need::Program("ip"), Need::Program("bridge"), Need::Program("nft")];
const WITH_CONNTRACK: &[Need] = &[Need::Root, Need::Program("ip"), Need::Program("conntrack")];
const WITH_SETPRIV: &[Need] = &[Need::Root, Need::Program("ip"), Need::Program("setpriv")];

fn main() -> ExitCode {
    let trials = vec![
        trial("what_is_applied_verifies_and_is_there", NEEDS, applied),
        trial("a_file_of_another_node_is_doubted", NEEDS, another_nodes_file),
        trial("every_damage_is_named_and_repaired", NEEDS, damaged),
        trial("destroy_leaves_what_others_made_and_nothing_else", NEEDS, destroyed),
        trial("what_others_have_is_a_conflict_and_stays_untouched", NEEDS, conflict),
        trial("many_ports_go_only_when_that_is_confirmed", NEEDS, confirmed),
        trial("a_step_that_fails_leaves_what_was_there", NEEDS, rolled_back),
        trial("killed_in_the_middle_the_next_run_converges", NEEDS, killed),
        trial("two_runs_at_a_time_are_one_too_many", NEEDS, locked),
        trial("a_connection_that_is_not_permitted_is_named_and_cut", WITH_CONNTRACK, stray),
        trial("without_the_right_to_it_one_sentence_says_what_it_takes", WITH_SETPRIV, no_right),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn applied() -> Result<(), Failed> {
    let lab = Lab::new()?;
    lab.net(&["verify", STATE], 1)?;
    lab.net(&["diff", STATE], 1)?;
    let planned = lab.json(&["plan", STATE], 0)?;
    let before = lab.dump()?;
    let done = lab.json(&["apply", STATE], 0)?;
    assert_eq!((&done["outcome"], &done["steps_done"]), (&"done".into(), &steps(&planned).into()));
    assert_ne!(lab.dump()?, before, "apply did nothing");
    lab.net(&["verify", STATE], 0)?;
    lab.net(&["diff", STATE], 0)?.has("no differences")?;
    // What was applied is known without its file.
    lab.net(&["verify"], 0)?;
    let shown = lab.json(&["show"], 0)?;
    let ports = shown["networks"][0]["ports"].as_array().ok_or("no ports are shown")?;
    let names: Vec<&Value> = ports.iter().map(|port| &port["device"]).collect();
    assert_eq!(names, ["p1", "p2"]);
    assert!(ports.iter().all(|port| port["state"] == "up"), "{shown:#}");
    lab.net(&["show", "--port", "a2"], 0)?.has("tcp 7777 from members of group group-0")?;
    // As ip(8) counts, so it is shown.
    lab.space.line("ip link set q1 up")?;
    eventually("a packet of the guest's card", || {
        let counted = lab.json(&["show", "--port", "a1"], 0).ok();
        let ports = counted.as_ref().map(|shown| &shown["networks"][0]["ports"][0]);
        ports.is_some_and(|port| port["counters"]["received"]["packets"].as_u64() > Some(0))
    })?;
    let again = lab.json(&["apply", STATE], 0)?;
    assert_eq!((&again["outcome"], &again["steps_done"]), (&"unchanged".into(), &0.into()));
    Ok(())
}

fn another_nodes_file() -> Result<(), Failed> {
    let lab = Lab::new()?;
    assert_eq!(lab.net(&["plan", STATE], 0)?.err, "");
    lab.space.line("ip address delete 10.99.0.1/24 dev u0")?;
    let doubt = "no device of this node has the VTEP address 10.99.0.1";
    for (verb, code) in [("plan", 0), ("diff", 1), ("verify", 1), ("apply", 0)] {
        lab.net(&[verb, STATE], code)?.has(doubt)?;
    }
    Ok(())
}

fn steps(plan: &Value) -> usize {
    plan["steps"].as_array().map_or(0, Vec::len)
}

/// What is done to the node, and the object that the difference is to be told of.
const DAMAGE: &[(&str, &str)] = &[
    ("ip link set p1 nomaster", "port a1"),
    ("ip link set p1 down", "port a1"),
    ("ip link set p2 mtu 1400", "port a2"),
    ("ip link delete p2", "port a2"),
    ("bridge link set dev p1 learning on", "port a1"),
    ("bridge fdb delete 02:00:00:00:00:11 dev p1 master", "port a1"),
    ("ip link set asvf313c654c6 down", "network red-a"),
    ("ip link delete asvf313c654c6", "network red-a"),
    ("ip link set asbf313c654c6 type bridge nf_call_iptables 0", "network red-a"),
    ("bridge fdb delete 02:00:00:00:00:21 dev asvf313c654c6 dst 10.99.0.2 self", "network red-a"),
    ("ip neigh delete 10.0.0.21 dev asvf313c654c6", "network red-a"),
    ("nft flush chain inet assay as_fwd", "rules"),
    ("nft delete table netdev assay", "rules"),
    ("nft add rule inet assay as_fwd accept", "rules"),
];

fn damaged() -> Result<(), Failed> {
    let lab = Lab::new()?;
    lab.net(&["apply", STATE], 0)?;
    let whole = lab.dump()?;
    for (damage, object) in DAMAGE {
        lab.space.line(damage)?;
        let verified = lab.json(&["verify"], 1).map_err(|error| after(damage, &error))?;
        let named: BTreeSet<&str> = verified["steps"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|step| step["for"].as_str())
            .collect();
        if !named.contains(object) {
            return Err(format!("after `{damage}` only {named:?} is named").into());
        }
        lab.net(&["diff"], 1)?.has(&format!("\n{object}\n"))?;
        lab.net(&["apply", STATE], 0).map_err(|error| after(damage, &error))?;
        lab.net(&["verify"], 0).map_err(|error| after(damage, &error))?;
        same(&lab.dump()?, &whole).map_err(|error| after(damage, &error))?;
    }
    Ok(())
}

fn after(damage: &str, error: &Failed) -> Failed {
    format!("after `{damage}`: {}", error.message().unwrap_or_default()).into()
}

/// Compares line by line, and tells the first that differs.
fn same(one: &str, other: &str) -> Result<(), Failed> {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (one, other) = (lines(one), lines(other));
    match (one.difference(&other).next(), other.difference(&one).next()) {
        (None, None) => Ok(()),
        (more, less) => Err(format!("too much: {more:?}\ntoo little: {less:?}").into()),
    }
}

fn destroyed() -> Result<(), Failed> {
    let lab = Lab::new()?;
    lab.space.line("ip link add br9 type bridge")?;
    lab.space.line("ip link set u1 master br9")?;
    lab.space.line("nft add table inet theirs")?;
    lab.space.line("nft add chain inet theirs as_fwd { type filter hook forward priority 0 ; }")?;
    let before = lab.dump()?;
    lab.net(&["apply", STATE], 0)?;
    let applied = lab.dump()?;
    lab.net(&["destroy"], 2)?.has("needs --yes")?;
    lab.net(&["destroy", "--dry-run", "--undo"], 0)?.has("undo: ")?;
    same(&lab.dump()?, &applied)?;
    assert_eq!(lab.json(&["destroy", "--yes"], 0)?["outcome"], "done");
    same(&lab.dump()?, &before)?;
    assert_eq!(lab.json(&["destroy", "--yes"], 0)?["outcome"], "unchanged");
    lab.net(&["destroy", "--dry-run"], 0)?.has("nothing that this program made is here")?;
    lab.net(&["verify"], 2)?.has("none was applied here yet")
}

fn conflict() -> Result<(), Failed> {
    let lab = Lab::new()?;
    lab.space.line("ip link add p1 type veth peer name x1")?;
    lab.space.line("nft add table inet assay")?;
    lab.space.line("nft add chain inet assay theirs")?;
    let before = lab.dump()?;
    lab.net(&["plan", STATE], 2)?.has("conflict (port a1): the name `p1` is taken")?;
    lab.net(&["diff", STATE], 1)?.has("conflict (rules): a table `inet assay`")?;
    let refused = lab.net(&["apply", STATE], 2)?;
    refused.has("node A: refused, nothing was touched")?;
    refused.has("conflict (port a1): the name `p1` is taken")?;
    refused.has("conflict (rules): a table `inet assay`")?;
    assert_eq!(lab.json(&["apply", STATE], 2)?["outcome"], "refused");
    same(&lab.dump()?, &before)?;
    lab.net(&["destroy", "--yes"], 0)?;
    same(&lab.dump()?, &before)
}

fn confirmed() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let (two, one) = (lab.file("two.toml", &large(1, 2))?, lab.file("one.toml", &large(1, 1))?);
    lab.net(&["apply", &two], 0)?;
    let before = lab.dump()?;
    lab.net(&["apply", &one], 2)?.has("1 of 2 ports would be taken away at once")?;
    same(&lab.dump()?, &before)?;
    lab.net(&["apply", &one, "--yes"], 0)?;
    assert!(!lab.devices()?.contains(&"d0x1".to_owned()), "the port is still there");
    Ok(())
}

fn rolled_back() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let before = lab.dump()?;
    // The port of VXLAN is taken: its device can be made and does not go up.
    let taken = lab.space.inside(|| UdpSocket::bind("0.0.0.0:4789"))??;
    let failed = lab.net(&["apply", STATE], 4)?;
    failed.has("a step failed, and all is undone")?;
    failed.has("failed: set `asvf313c654c6` up")?;
    failed.has("Address already in use")?;
    same(&lab.dump()?, &before)?;
    let document = lab.json(&["apply", STATE], 4)?;
    assert_eq!(document["outcome"], "rolled-back");
    assert_eq!(document["failed"]["step"]["zh"], "启用 asvf313c654c6");
    drop(taken);
    lab.net(&["apply", STATE], 0)?;
    lab.net(&["verify"], 0).map(drop)
}

/// Records of the journal after which the run is killed.
const KILLS: usize = 12;

fn killed() -> Result<(), Failed> {
    let clean = Lab::new()?;
    let text = large(6, 8);
    let file = clean.file("large.toml", &text)?;
    clean.net(&["apply", &file], 0)?;
    let wanted = clean.dump()?;
    let mut cut_off = 0;
    for records in 1..=KILLS {
        let lab = Lab::new()?;
        let mut child = lab.command(&["apply", &file])?.spawn()?;
        let journal = lab.state().join("journal");
        eventually("the journal, or the end", || {
            let written = fs::read_to_string(&journal).unwrap_or_default();
            written.lines().count() >= records
                || child.try_wait().is_ok_and(|status| status.is_some())
        })?;
        drop(child.kill());
        cut_off += usize::from(child.wait()?.signal() == Some(9));
        lab.net(&["apply", &file], 0)?;
        lab.net(&["verify"], 0)?;
        same(&lab.dump()?, &wanted)
            .map_err(|error| after(&format!("a kill at record {records}"), &error))?;
        lab.net(&["destroy", "--yes"], 0)?;
        assert_eq!(lab.devices()?, ["lo", "u0", "u1"], "after a kill at record {records}");
    }
    if cut_off < KILLS / 2 {
        return Err(format!("only {cut_off} of {KILLS} runs were killed before their end").into());
    }
    Ok(())
}

fn locked() -> Result<(), Failed> {
    let lab = Lab::new()?;
    lab.net(&["apply", STATE], 0)?;
    let lock = File::options().read(true).write(true).open(lab.state().join("lock"))?;
    lock.lock()?;
    let refused = lab.net(&["apply", STATE], 3)?;
    refused.has("this node is being changed already; nothing was touched")?;
    // Those who only look do not wait.
    lab.net(&["verify"], 0)?;
    lab.net(&["show"], 0)?;
    drop(lock);
    lab.net(&["apply", STATE], 0).map(drop)
}

fn stray() -> Result<(), Failed> {
    let lab = Lab::new()?;
    lab.net(&["apply", STATE], 0)?;
    for (port, mark) in [(22, 4000), (7777, 4001)] {
        lab.space.line(&format!(
            "conntrack -I -w 1 -p tcp -s 10.0.0.11 -d 10.0.0.12 --sport {mark} --dport {port} \
             --state ESTABLISHED -t 600"
        ))?;
    }
    let told = lab.net(&["verify"], 1)?;
    told.has("network red-a, connection that should not be: tcp 10.0.0.11 4000 → 10.0.0.12 22")?;
    assert!(!told.out.contains("7777"), "{told:?}");
    let applied = lab.json(&["apply", STATE], 0)?;
    assert_eq!(applied["connections"], serde_json::json!({ "seen": 2, "cut": 1 }));
    lab.net(&["verify"], 0)?;
    let kept = lab.space.line("conntrack -L -w 1")?;
    assert!(kept.contains("dport=7777") && !kept.contains("dport=22 "), "{kept}");
    // Where nothing is wanted, nothing goes on.
    lab.net(&["destroy", "--yes"], 0)?;
    let kept = lab.space.line("conntrack -L")?;
    assert!(!kept.contains("dport=7777"), "{kept}");
    Ok(())
}

fn no_right() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let cases: [(&[&str], &str); 5] = [
        (&["apply", STATE], "to change this node's networks takes root (or CAP_NET_ADMIN)"),
        (&["destroy", "--yes"], "to change this node's networks takes root"),
        (&["plan", STATE], "to look at this node's rules takes root (or CAP_NET_ADMIN)"),
        (&["verify", STATE], "to look at this node's rules takes root"),
        (&["show"], "to look at this node's rules takes root"),
    ];
    let without = |words: &[&str]| -> Result<Said, Failed> {
        let mut command = lab.space.command(&["setpriv", "--bounding-set", "-all"]);
        command.arg(program::assay()?).arg("net").args(words).env("LC_ALL", "C");
        Ok(Said::of(&command.output()?))
    };
    for (words, said) in cases {
        let output = without(words)?;
        output.exits(words, 3)?;
        output.has(said)?;
        assert!(output.out.is_empty(), "{output:?}");
    }
    let ask = ["explain", STATE, "--from", "a1", "--to", "b1", "--proto", "udp"];
    let free: [&[&str]; 3] = [&["lint", STATE], &["plan", STATE, "--offline"], &ask];
    for words in free {
        without(words)?.exits(words, 0)?;
    }
    Ok(())
}
