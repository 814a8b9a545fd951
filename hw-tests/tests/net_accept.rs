//! `assay net accept` on the real kernel: all of it passes, what is broken on purpose is found,
//! and nothing stays behind, however it ends.

#![expect(clippy::disallowed_methods, reason = "measures how long it takes")]
#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataplane::accept::site::{Site, on_site};
use dataplane::accept::trial::{Trial, arrives};
use dataplane::accept::world::{Host, Seat};
use dataplane::accept::{Case, Ground, Sender, Verdict, run};
use dataplane::desired::{Desired, Direction, Peer, Rule, Traffic};
use dataplane::text::Text;
use hw_tests::network::node::Node;
use hw_tests::network::{Bed, within};
use hw_tests::{Need, program, trial};
use libtest_mimic::{Arguments, Failed};
use serde_json::Value;

const NEEDS: &[Need] = &[Need::Root, Need::Program("ip")];
const WITH_NFT: &[Need] =
    &[Need::Root, Need::Program("ip"), Need::Program("nft"), Need::Program("nsenter")];
const WITH_SETPRIV: &[Need] = &[Need::Root, Need::Program("ip"), Need::Program("setpriv")];

/// One host's worth of a network, with ports.
const STATE: &str = include_str!("../../dataplane/tests/compile/host-a.toml");

/// Longer than any run here.
const LONG: Duration = Duration::from_mins(2);

fn main() -> ExitCode {
    let trials = vec![
        trial("every_case_passes_here", NEEDS, passes),
        trial("a_rule_that_permits_all_fails_the_denies", NEEDS, permits_all),
        trial("a_guest_that_hears_nothing_fails_or_leaves_open_its_cases", NEEDS, deaf),
        trial("loops_are_found_closed_and_opened_and_a_broken_detector_is_missed", NEEDS, loops),
        trial("the_program_says_so_and_leaves_nothing", NEEDS, program_passes),
        trial("the_sizes_of_the_norm_are_tried_and_nothing_stays", NEEDS, scale)
            .with_ignored_flag(std::env::var_os("ASSAY_ACCEPT_SCALE").is_none()),
        trial("a_packet_tried_in_a_copy_does_what_the_judge_says", NEEDS, tried),
        trial("rules_that_somebody_takes_away_meanwhile_are_missed", WITH_NFT, sabotaged),
        trial("killed_in_the_middle_nothing_stays", NEEDS, killed),
        trial("beside_tenant_ports_it_is_refused", WITH_NFT, refused),
        trial("without_the_right_to_it_one_sentence_says_what_it_takes", WITH_SETPRIV, no_right),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// What of some cases is no pass, one line each.
fn told(cases: &[Case]) -> String {
    let bad = cases.iter().filter(|case| case.verdict != Verdict::Pass);
    let line = |case: &Case| {
        let reason = case.reason.as_ref().map_or("", |reason| reason.en.as_str());
        format!("{} {}: {:?}: {reason}", case.row, case.case.en, case.verdict)
    };
    bad.map(line).collect::<Vec<_>>().join("\n")
}

fn passes() -> Result<(), Failed> {
    let begun = Instant::now();
    let cases = on_site(|mut site| run(&mut site)).map_err(|why| why.en)?;
    let took = begun.elapsed().as_secs_f64();
    println!("figure: net.accept = {} cases in {took:.1} s (at most 45)", cases.len());
    assert!(took <= 45.0, "{took:.1} s");
    let bad = told(&cases);
    if bad.is_empty() { Ok(()) } else { Err(bad.into()) }
}

/// A site that is not as the library would have it.
struct Broken<'a> {
    site: Site,
    /// What becomes of a desired state.
    settles: Settles<'a>,
    /// Who hears nothing once all are up.
    deaf: &'a [Seat],
    /// Whether they are: until then, everything sent is IPv6.
    up: bool,
}

impl Ground for Broken<'_> {
    fn settle(&mut self, host: Host, desired: &Desired) -> Result<(), Text> {
        let mut desired = desired.clone();
        (self.settles)(&mut desired);
        self.site.settle(host, &desired)
    }

    fn send(&mut self, from: Sender, frame: &[u8]) -> io::Result<()> {
        self.up |= frame.get(12..14) == Some(&[8, 0]);
        self.site.send(from, frame)
    }

    fn hear(
        &mut self,
        limit: Duration,
        heard: &mut dyn FnMut(Seat, &[u8]) -> bool,
    ) -> io::Result<bool> {
        let deaf = if self.up { self.deaf } else { &[] };
        self.site.hear(limit, &mut |at, frame| !deaf.contains(&at) && heard(at, frame))
    }
}

fn permits_all() -> Result<(), Failed> {
    let settles = |desired: &mut Desired| {
        for group in desired.groups.values_mut() {
            group.rules.extend([Direction::In, Direction::Out].map(|direction| Rule {
                name: "sabotage".to_owned(),
                direction,
                family: None,
                traffic: Traffic::Any,
                peer: Peer::Any,
            }));
        }
    };
    let cases = on_site(|site| run(&mut Broken { site, settles: &settles, deaf: &[], up: false }));
    let cases = cases.map_err(|why| why.en)?;
    // Groups no longer keep anything apart; networks and anti-spoofing still do.
    for case in &cases {
        let has = |wanted: &str| case.probe_sent.iter().any(|probe| probe.wanted == wanted);
        let by_groups = ["5.2.3.2#5", "8.3.8#3"].contains(&case.row);
        if by_groups && has("dropped") && case.verdict == Verdict::Pass {
            return Err(format!("passes though all is permitted: {case:#?}").into());
        }
        if ["8.3.8#1", "5.3.1.1#1"].contains(&case.row) {
            assert_eq!(case.verdict, Verdict::Pass, "{case:#?}");
        }
    }
    Ok(())
}

/// A control that is lost proves nothing: the denies before it are open, and no pass.
fn deaf() -> Result<(), Failed> {
    let deaf = [Seat::A3, Seat::B1];
    let cases = on_site(|site| run(&mut Broken { site, settles: &|_| (), deaf: &deaf, up: false }));
    let cases = cases.map_err(|why| why.en)?;
    let spoofed = cases.iter().filter(|case| case.case.en.contains("VLAN tag"));
    for case in spoofed {
        assert_eq!(case.verdict, Verdict::NotMeasured, "{case:#?}");
    }
    let free = cases.iter().filter(|case| case.case.en.contains("free within"));
    for case in free {
        assert_eq!(case.verdict, Verdict::Fail, "{case:#?}");
    }
    Ok(())
}

/// What becomes of a desired state.
type Settles<'a> = &'a (dyn Fn(&mut Desired) + Sync);

fn loops() -> Result<(), Failed> {
    let begun = Instant::now();
    let cases = dataplane::accept::loops::run(&|_| (), true);
    println!("figure: net.accept.loops = {} s, 3 cases", begun.elapsed().as_secs_f32());
    let bad = told(&cases);
    if !bad.is_empty() {
        return Err(bad.into());
    }
    assert_eq!(cases.len(), 3);
    for case in &cases {
        let wanted = ["control", "arrives", "dropped", "control", "arrives"];
        let sent: Vec<&str> = case.probe_sent.iter().map(|probe| probe.wanted).collect();
        let seen: Vec<usize> = case.probe_seen.iter().map(|seen| seen.step).collect();
        assert_eq!((sent.as_slice(), seen.as_slice()), (&wanted[..], &[1, 2, 4, 5][..]));
    }
    let report = |desired: &mut Desired| {
        if let Some(loops) = &mut desired.node.loops {
            loops.action = dataplane::desired::loops::Action::Report;
        }
    };
    let off = |desired: &mut Desired| desired.node.loops = None;
    // Groups that permit nothing: no control arrives, so that nothing is proved by the denial.
    let shut = |desired: &mut Desired| {
        for port in desired.ports.values_mut() {
            port.groups = Arc::default();
        }
    };
    let broken: [(Settles<'_>, bool, Verdict, &str); 4] = [
        // Without a loop none is found, and one that is only told of is not broken.
        (&|_| (), false, Verdict::Fail, "is not found"),
        (&report, true, Verdict::Fail, "is not closed"),
        (&off, true, Verdict::NotMeasured, "no probe for loops comes to"),
        (&shut, true, Verdict::NotMeasured, "the control did not arrive"),
    ];
    // They wait most of the time.
    std::thread::scope(|scope| {
        for (settles, plugged, wanted, why) in broken {
            scope.spawn(move || {
                for case in dataplane::accept::loops::run(settles, plugged) {
                    let reason = case.reason.as_ref().map_or("", |reason| reason.en.as_str());
                    assert!(case.verdict == wanted && reason.contains(why), "{why}: {case:#?}");
                }
            });
        }
    });
    Ok(())
}

/// Names of namespaces and of devices of the node's own.
fn standing() -> Result<(BTreeSet<String>, BTreeSet<String>), Failed> {
    let list = |words: &[&str]| -> Result<BTreeSet<String>, Failed> {
        let output = Command::new("ip").args(words).output()?;
        let text = String::from_utf8(output.stdout)?;
        let names = text.lines().filter_map(|line| line.split_whitespace().next());
        // Other tests come and go meanwhile.
        Ok(names.filter(|name| !name.contains("-bed-")).map(str::to_owned).collect())
    };
    Ok((list(&["netns", "list"])?, list(&["-br", "link"])?))
}

fn accept(words: &[&str]) -> Result<Command, Failed> {
    let mut command = Command::new(program::assay()?);
    command.args(["net", "accept"]).args(words).env("LC_ALL", "C").stdin(Stdio::null());
    Ok(command)
}

fn document(output: &Output) -> Result<Value, Failed> {
    let said = String::from_utf8_lossy(&output.stderr);
    let document: Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}: {said}"))?;
    assert_eq!(document["schema"], "assay/net-accept/v1");
    let subject = document["subject"].as_str().unwrap_or_default();
    assert!(subject.starts_with("assay-dataplane@"), "{subject}");
    Ok(document)
}

/// How many cases have a verdict.
fn count(document: &Value, verdict: &str) -> usize {
    let cases = document["cases"].as_array().into_iter().flatten();
    cases.filter(|case| case["verdict"] == verdict).count()
}

fn program_passes() -> Result<(), Failed> {
    let before = standing()?;
    let begun = Instant::now();
    let output = accept(&["--disruptive", "--output", "json"])?.output()?;
    let took = begun.elapsed().as_secs_f64();
    let document = document(&output)?;
    let all = document["cases"].as_array().map_or(0, Vec::len);
    println!("figure: net.accept.program = {all} cases in {took:.1} s (at most 45)");
    assert!(took <= 45.0, "{took:.1} s");
    assert_eq!(output.status.code(), Some(0), "{document:#}");
    assert!((120..=200).contains(&all), "{all}");
    assert_eq!(count(&document, "pass"), all);
    for case in document["cases"].as_array().into_iter().flatten() {
        let (sent, seen) = (&case["probe_sent"], &case["probe_seen"]);
        let both = sent.as_array().zip(seen.as_array());
        assert!(both.is_some_and(|(sent, seen)| !sent.is_empty() && !seen.is_empty()), "{case:#}");
    }
    assert_eq!(standing()?, before, "something stays behind");
    let output = accept(&["--disruptive", "--lang", "zh"])?.output()?;
    let page = String::from_utf8(output.stdout)?;
    assert!(page.contains("不通过 0，未测 0"), "{page}");
    Ok(())
}

/// Two networks of a VPC with a router, besides the one of the reference.
const ROUTED: &str = r#"
[[router]]
id = "r"
vpc = "red"
"#;

fn tried() -> Result<(), Failed> {
    let before = standing()?;
    let far = STATE
        .replace("network = [", "network = [{ id = \"red-b\", vpc = \"red\", vni = 101 }, ")
        .replace("cidr = \"10.0.0.0/24\"", "cidr = \"10.0.0.0/24\", gateway = \"10.0.0.1\"")
        .replace(
            "subnet = [",
            "subnet = [{ id = \"b4\", network = \"red-b\", cidr = \"10.0.1.0/24\", \
             gateway = \"10.0.1.1\" }, ",
        )
        .replace("network = \"red-a\", device = \"p2\"", "network = \"red-b\", device = \"p2\"")
        .replace("\"10.0.0.12\", \"fd00::12\"", "\"10.0.1.12\"");
    let mut count = 0;
    for (file, addresses) in [
        (STATE.to_owned(), &[("10.0.0.11", "10.0.0.12"), ("fd00::11", "fd00::12")][..]),
        (format!("{far}{ROUTED}"), &[("10.0.0.11", "10.0.1.12")][..]),
    ] {
        let desired = dataplane::spec::read("tried", &file).map_err(|error| error.to_string())?;
        for (one, other) in addresses {
            for (from, to, way, port, passes) in [
                ("a1", "a2", (*one, *other), 7777, true),
                ("a1", "a2", (*one, *other), 7778, false),
                ("a2", "a1", (*other, *one), 7777, false),
            ] {
                let trial = Trial {
                    from,
                    to,
                    addresses: (way.0.parse()?, way.1.parse()?),
                    protocol: 6,
                    port: Some(port),
                    icmp: None,
                };
                let arrived = arrives(&desired, &trial).map_err(|why| why.en)?;
                assert_eq!(arrived, passes, "{trial:?}");
                count += 1;
            }
        }
        let trial = Trial {
            from: "a1",
            to: "b1",
            addresses: ("10.0.0.11".parse()?, "10.0.0.21".parse()?),
            protocol: 6,
            port: Some(1),
            icmp: None,
        };
        let why = arrives(&desired, &trial).err().ok_or("b1 is not here")?;
        assert!(why.en.contains("ports of this node"), "{}", why.en);
    }
    println!("figure: net.explain.probe = {count} packets as the judge says");
    assert_eq!(standing()?, before, "something stays behind");
    Ok(())
}

/// Thousands of cards; the kernel takes them away behind the program's back.
fn scale() -> Result<(), Failed> {
    let before = standing()?;
    let begun = Instant::now();
    let cases = dataplane::accept::scale::run();
    let took = begun.elapsed().as_secs_f64();
    println!("figure: net.accept.scale = {took:.1} s, 2,048 cards");
    for case in cases.iter().filter(|case| case.row == "5.3.2.1#10") {
        assert_eq!(case.probe_seen.len(), 2048, "{:?}", case.reason);
    }
    let bad = told(&cases);
    assert!(bad.is_empty(), "{bad}");
    assert_eq!(standing()?, before, "something stays behind");
    Ok(())
}

/// Files by which a process keeps namespaces that are not its own.
fn spaces(child: &Child) -> Vec<String> {
    let folder = format!("/proc/{}/fd", child.id());
    let files = fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let paths = files.map(|file| file.path());
    let kept = paths.filter(|path| {
        fs::read_link(path).is_ok_and(|to| to.to_string_lossy().starts_with("net:["))
    });
    kept.map(|path| path.display().to_string()).collect()
}

fn begin(words: &[&str]) -> Result<Child, Failed> {
    let mut command = accept(words)?;
    Ok(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?)
}

/// Takes a table away wherever a process has one; returns whether it did anywhere.
fn take_away(child: &Child) -> bool {
    let mut any = false;
    for space in spaces(child) {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={space}")).args(["nft", "delete", "table", "netdev", "assay"]);
        any |= command.output().is_ok_and(|output| output.status.success());
    }
    any
}

/// One run whose table is taken away as soon as it is seen.
fn robbed() -> Result<(Option<i32>, Value), Failed> {
    let mut child = begin(&["--disruptive", "--output", "json"])?;
    let mut ended = false;
    let mut taken = 0;
    // It may be there again after a change, and is taken away again.
    within(LONG, "the end of a run", || {
        ended = child.try_wait().is_ok_and(|status| status.is_some());
        taken += usize::from(!ended && take_away(&child));
        // What it prints would fill the pipe.
        ended || taken > 0
    })?;
    assert!(taken > 0, "it ended before anything was taken away");
    let output = child.wait_with_output()?;
    Ok((output.status.code(), document(&output)?))
}

fn sabotaged() -> Result<(), Failed> {
    let (mut status, mut document) = robbed()?;
    // Where the table goes before it is whole nothing can be applied: that is not measured, and
    // is no pass. Another run is robbed then, until one is robbed of rules that were there.
    for _ in 0..9 {
        if status != Some(3) {
            break;
        }
        let cases = document["cases"].as_array().into_iter().flatten();
        let unmeasured = cases.filter(|case| case["verdict"] == "not-measured").count();
        assert!(unmeasured > 0, "{document:#}");
        (status, document) = robbed()?;
    }
    assert_eq!(status, Some(1), "{document:#}");
    let cases = document["cases"].as_array().into_iter().flatten();
    let failed: Vec<&Value> = cases.filter(|case| case["verdict"] == "fail").collect();
    let forged = |case: &&Value| case["case"]["en"].to_string().contains("another's MAC address");
    assert!(failed.iter().any(forged), "{failed:#?}");
    for case in failed {
        assert!(case["reason"]["zh"].is_string() && case["reason"]["en"].is_string(), "{case:#}");
    }
    Ok(())
}

fn killed() -> Result<(), Failed> {
    let before = standing()?;
    let mut child = begin(&["--disruptive", "--output", "json"])?;
    let begun = within(LONG, "guests of a run", || {
        spaces(&child).len() >= 8 || child.try_wait().is_ok_and(|status| status.is_some())
    });
    let at_work = child.try_wait()?.is_none();
    // It is this test's own child.
    child.kill()?;
    child.wait()?;
    begun?;
    assert!(at_work, "it ended before it was killed");
    assert_eq!(standing()?, before, "something stays behind");
    let output = accept(&["--disruptive", "--output", "json"])?.output()?;
    assert_eq!(output.status.code(), Some(0), "{:#}", document(&output)?);
    assert_eq!(standing()?, before, "something stays behind");
    Ok(())
}

fn refused() -> Result<(), Failed> {
    let mut bed = Bed::new()?;
    let space = bed.space("node")?;
    space.line("ip link add u0 type veth peer name u1")?;
    for device in ["u0", "u1"] {
        space.line(&format!("ip link set {device} mtu 1600 up"))?;
    }
    space.line("ip address add 10.99.0.1/24 dev u0")?;
    let here = ["--fabric-netns", space.name(), "--output", "json"];
    let output = accept(&here)?.output()?;
    assert_eq!(output.status.code(), Some(0), "no tenants yet: {output:?}");
    Node::open(&space)?.apply(STATE)?;
    let before = space.run(&["nft", "-s", "list", "ruleset"])?;
    let output = accept(&here)?.output()?;
    let said = String::from_utf8(output.stderr.clone())?;
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(output.stdout.is_empty() && said.contains("tenant ports"), "{said}");
    assert!(said.contains("--disruptive"), "{said}");
    let output = accept(&[&here[..], &["--disruptive"]].concat())?.output()?;
    let document: Value = serde_json::from_slice(&output.stdout)?;
    let cases = document["cases"].as_array().map(Vec::as_slice).unwrap_or_default();
    let bad: Vec<&Value> = cases.iter().filter(|case| case["verdict"] != "pass").collect();
    assert_eq!(output.status.code(), Some(0), "{bad:#?}");
    let after = space.run(&["nft", "-s", "list", "ruleset"])?;
    assert_eq!(before, after, "it touched the tenants' networks");
    Ok(())
}

fn no_right() -> Result<(), Failed> {
    let mut command = Command::new("setpriv");
    command.args(["--bounding-set", "-all"]).arg(program::assay()?).args(["net", "accept"]);
    let output = command.env("LC_ALL", "C").output()?;
    let said = String::from_utf8(output.stderr)?;
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("takes root (or CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN)"), "{said}");
    assert!(output.stdout.is_empty());
    Ok(())
}
