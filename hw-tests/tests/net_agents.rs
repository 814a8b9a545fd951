//! `assay net accept --plan`: a cloud of two hosts looked at by agents in its guests. All of it
//! passes where it is right; where it is broken on purpose, exactly what is broken fails.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "measures how long it takes")]

#[path = "net_agents/lab.rs"]
mod lab;

use std::process::ExitCode;
use std::time::Instant;

use hw_tests::network::within;
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};

use lab::{Came, Lab, RIGHT, SEATS, Shape, judged};

const NEEDS: &[Need] = &[Need::Root, Need::Program("ip")];
const WITH_NFT: &[Need] = &[Need::Root, Need::Program("ip"), Need::Program("nft")];

fn main() -> ExitCode {
    let trials = vec![
        trial("a_cloud_that_is_right_passes_and_its_rows_with_it", NEEDS, right),
        trial("a_rule_that_is_missing_fails_what_it_permits", NEEDS, without_a_rule),
        trial("a_leak_between_vpcs_fails_whatever_leaks", WITH_NFT, leak),
        trial("without_snat_only_snat_fails", NEEDS, without_snat),
        trial("a_wrong_mtu_fails_only_the_size", NEEDS, wrong_mtu),
        trial("forged_addresses_that_pass_fail_only_those_cases", NEEDS, spoofing),
        trial("a_change_that_does_not_hold_fails_only_that_case", NEEDS, unchanged),
        trial("a_lost_agent_leaves_its_cases_open", NEEDS, lost),
        trial("a_wrong_key_or_token_or_a_dead_agent_is_told_and_nothing_is_sent", NEEDS, strangers),
        trial("an_agent_does_no_more_than_it_was_started_for", NEEDS, bounds),
    ];
    // Each is a site of its own and waits most of the time; more at once, and what is timed in them
    // waits for a processor.
    let few = Arguments { test_threads: Some(3), ..Arguments::from_args() };
    libtest_mimic::run(&few, trials).exit_code()
}

/// Who there is, and what holds between them; with commands that change the cloud.
#[expect(clippy::too_many_lines, reason = "one case after the other")]
fn plan(lab: &Lab) -> Result<String, Failed> {
    let head = "schema = \"assay/cloud/v1\"\ncloud = \"bed\"\nsettle_s = 5\n";
    let mut plan = vec![head.to_owned()];
    for (at, (name, _)) in lab.guests.iter().enumerate() {
        let seat = SEATS.iter().find(|seat| seat.0 == *name);
        let vpc = seat.map_or_else(String::new, |seat| {
            let vpc = seat.2.split('-').next().unwrap_or_default();
            format!("vpc = \"{vpc}\"\n")
        });
        let addresses = match *name {
            "out" => "\"198.51.100.7\"".to_owned(),
            "y1" => "\"10.7.0.65\", \"fd00:0:0:7::41\"".to_owned(),
            _ => {
                let last = seat.map_or(0, |seat| seat.3);
                format!("\"10.0.0.{last}\", \"fd00:0:0:a::{last:x}\"")
            }
        };
        let elastic = if *name == "a1" { "eip = \"203.0.113.99\"\n" } else { "" };
        plan.push(format!(
            "[[agent]]\nid = \"{name}\"\nagent = \"192.0.2.{}:7444\"\n{vpc}{elastic}\
             addresses = [{addresses}]\n",
            11 + at
        ));
    }
    let back = lab.telling("back", RIGHT)?;
    let change = |name: &str, shape: Shape| -> Result<String, Failed> {
        let hook = serde_json::to_string(&lab.telling(name, shape)?)?;
        Ok(format!("hook = {hook}\nundo = {}\n", serde_json::to_string(&back)?))
    };
    let revoked = change("revoked", Shape { without: Some("web-tmp"), ..RIGHT })?;
    let joined = change("joined", Shape { peering: true, ..RIGHT })?;
    let moved = change("moved", Shape { elastic: "a3", ..RIGHT })?;
    let deleted = change("deleted", Shape { elastic: "", ..RIGHT })?;
    let mut case = |id: &str, row: &str, kind: &str, ends: [&str; 2], rest: &str| {
        let [from, to] = ends;
        plan.push(format!(
            "[[case]]\nid = \"{id}\"\nrow = \"{row}\"\nkind = \"{kind}\"\nfrom = \"{from}\"\n\
             to = \"{to}\"\n{rest}\n"
        ));
    };
    let sql = "probe = \"tcp/3306\"";
    case("sql", "5.2.3.2#4", "allow", ["a1", "a2"], sql);
    let closed = "probe = \"tcp/22\"\ncontrol = \"tcp/3306\"";
    case("ssh", "5.2.3.2#2", "deny", ["a1", "a2"], closed);
    let out = "probe = \"tcp/443\"\ncontrol = \"udp/5005\"";
    case("egress", "5.2.3.2#2", "deny", ["a2", "a1"], out);
    case("fragments", "5.2.3.2#2", "allow", ["a1", "a2"], "probe = \"fragments/6000\"");
    case("ping", "8.3.8#3", "allow", ["a2", "a1"], "probe = \"icmp\"");
    let no_ping = "probe = \"icmp\"\ncontrol = \"udp/6000\"";
    case("no-ping", "8.3.8#3", "deny", ["a1", "a2"], no_ping);
    let twin = "probe = \"udp/6000\"\ntwin = \"x2\"\ntwin_from = \"x1\"";
    case("apart", "8.3.8#1", "isolated", ["a1", "a2"], twin);
    let mac = "probe = \"udp/5005\"\nmac = \"02:00:00:00:00:99\"";
    case("forged-mac", "5.2.3.2#1", "forged", ["a1", "a3"], mac);
    let source = "probe = \"udp/5005\"\nsource = \"10.0.0.77\"";
    case("forged-source", "5.2.3.2#1", "forged", ["a1", "a3"], source);
    let source = "probe = \"udp/5005\"\nsource = \"fd00:0:0:a::77\"";
    case("forged-source-6", "5.2.3.2#1", "forged", ["a1", "a3"], source);
    for (id, probe) in [("snat-udp", "udp/53"), ("snat-tcp", "tcp/80"), ("snat-ping", "icmp")] {
        let seen = format!("probe = \"{probe}\"\nseen_as = [\"203.0.113.10\"]");
        case(id, "5.2.3.1#1", "snat", ["a3", "out"], &seen);
    }
    let elastic = "probe = \"tcp/443\"\nout = \"udp/53\"";
    case("eip", "5.2.3.5#1", "eip", ["out", "a1"], elastic);
    let closed = "via = \"eip\"\nprobe = \"tcp/22\"\ncontrol = \"tcp/443\"";
    case("eip-closed", "5.2.3.5#1", "deny", ["out", "a1"], closed);
    case("size", "5.3.1.1#1", "mtu", ["a1", "a2"], "probe = \"udp/6000\"\nbytes = 1550");
    let rest = format!(
        "probe = \"tcp/8080\"\ncontrol = \"udp/5005\"\nafter = \"deny\"\nheld = true\n{revoked}"
    );
    case("revoked", "5.2.3.2#4", "change", ["a2", "a1"], &rest);
    let rest = format!("probe = \"udp/7000\"\nafter = \"allow\"\n{joined}");
    case("peering", "5.2.3.1#2", "change", ["a1", "y1"], &rest);
    let rest = format!(
        "via = \"eip\"\nprobe = \"tcp/443\"\nafter = \"moved\"\nmoved_to = \"a3\"\n{moved}"
    );
    case("moved", "5.2.3.5#2", "change", ["out", "a1"], &rest);
    let gone = format!("via = \"eip\"\nprobe = \"tcp/443\"\nafter = \"deny\"\n{deleted}");
    case("deleted", "5.2.3.5#3", "change", ["out", "a1"], &gone);
    let by_hand = "probe = \"tcp/443\"\nvia = \"eip\"\nafter = \"deny\"\ncontrol = \"tcp/443\"";
    case("unbound", "5.2.3.5#2", "change", ["out", "a1"], by_hand);
    Ok(plan.concat())
}

/// Cases that no command is given for.
const OPEN: &[&str] = &["unbound/4"];

fn run(lab: &mut Lab) -> Result<Came, Failed> {
    lab.start()?;
    let (plan, lines) = (plan(lab)?, lab.lines(&|_, line| line));
    let came = lab.accept(&plan, &lines)?;
    if came.document.is_null() {
        return Err(format!("exit {:?}: {}", came.code, came.said).into());
    }
    lab.ended()?;
    Ok(came)
}

/// Fails unless exactly these cases fail, and exactly these are open besides those that always are.
fn exactly(came: &Came, failed: &[&str], open: &[&str]) -> Result<(), Failed> {
    let mut wanted: Vec<&str> = open.iter().chain(OPEN).copied().collect();
    let mut is_open = came.names("not-measured");
    wanted.sort_unstable();
    is_open.sort();
    if came.names("fail") != failed || is_open != wanted {
        let told = format!(
            "failed {:#?}\nopen {:#?}\n{}",
            came.of_verdict("fail"),
            came.of_verdict("not-measured"),
            came.said
        );
        return Err(told.into());
    }
    Ok(())
}

fn right() -> Result<(), Failed> {
    let mut lab = Lab::new(RIGHT)?;
    let begun = Instant::now();
    let came = run(&mut lab)?;
    let took = begun.elapsed().as_secs_f64();
    exactly(&came, &[], &[])?;
    let passed = came.names("pass").len();
    println!("figure: net.accept.agents = {passed} cases pass in {took:.1} s");
    // One is to be done by hand.
    assert_eq!(came.code, Some(3), "{}", came.said);
    assert_eq!(came.document["subject"], "delivered-cloud@bed");
    let agents = came.document["agents"].as_array().map_or(0, Vec::len);
    assert_eq!(agents, 7, "{:#}", came.document["agents"]);
    for case in came.document["cases"].as_array().into_iter().flatten() {
        let open = case["verdict"] == "not-measured";
        let (sent, seen) = (&case["probe_sent"], &case["probe_seen"]);
        let both = sent.as_array().zip(seen.as_array());
        let any = both.is_some_and(|(sent, seen)| !sent.is_empty() && !seen.is_empty());
        assert!(any || open, "{case:#}");
    }
    let rows = judged(lab.folder.path(), &came.document)?;
    // Of the one row that has all the cases that the profile asks for.
    for (row, verdict) in &rows {
        assert_ne!(verdict, "fail", "{row}: {rows:?}");
    }
    let of = |row: &str| rows.iter().find(|it| it.0 == row).map_or("", |it| it.1.as_str());
    assert_eq!(of("network.eip.bind"), "pass", "{rows:?}");
    assert_eq!(of("network.eip.delete"), "pass", "{rows:?}");
    assert_eq!(of("network.eip.translation"), "not-measured", "{rows:?}");
    // Guests do not see their node: it is for a person.
    assert_eq!(of("network.vnics"), "needs-attestation", "{rows:?}");
    Ok(())
}

fn without_a_rule() -> Result<(), Failed> {
    let mut lab = Lab::new(Shape { without: Some("db-sql"), ..RIGHT })?;
    let came = run(&mut lab)?;
    // Their cases before the first change: that one puts the rule back.
    exactly(&came, &["sql/4", "sql/6"], &["ssh/4", "ssh/6"])?;
    assert_eq!(came.code, Some(1));
    let rows = judged(lab.folder.path(), &came.document)?;
    let between = rows.iter().find(|it| it.0 == "network.groups.between");
    assert_eq!(between.map(|it| it.1.as_str()), Some("fail"), "{rows:?}");
    Ok(())
}

fn leak() -> Result<(), Failed> {
    let mut lab = Lab::new(RIGHT)?;
    lab.hosts[1].feed(
        &["nft", "-f", "-"],
        "table netdev leak {\nchain out {\ntype filter hook egress device \"p-a2\" priority 0\n\
         dup to \"p-x2\"\n}\n}\n",
    )?;
    let came = run(&mut lab)?;
    let failed = came.of_verdict("fail");
    for case in ["apart/4", "apart/6", "sql/4", "size/4"] {
        assert!(failed.iter().any(|it| it.0 == case), "{case}: {failed:#?}");
    }
    for (case, why) in &failed {
        assert!(why.contains("must not be seen at x2"), "{case}: {why}");
    }
    // What goes elsewhere does not leak.
    let passed = came.names("pass");
    for case in ["forged-mac/4", "snat-udp/4", "eip/4", "peering/4", "moved/4"] {
        assert!(passed.iter().any(|it| it == case), "{case}: {passed:?}");
    }
    assert_eq!(came.code, Some(1));
    Ok(())
}

fn without_snat() -> Result<(), Failed> {
    let mut lab = Lab::new(Shape { snat: false, ..RIGHT })?;
    let came = run(&mut lab)?;
    exactly(&came, &["snat-udp/4", "snat-tcp/4", "snat-ping/4"], &[])
}

fn wrong_mtu() -> Result<(), Failed> {
    let mut lab = Lab::new(RIGHT)?;
    // What the guest was told is less than what the plan was.
    lab.space("a1").line("ip link set eth0 mtu 1500")?;
    let came = run(&mut lab)?;
    exactly(&came, &["size/4", "size/6"], &[])
}

fn spoofing() -> Result<(), Failed> {
    let port = "allowed = [{ cidr = \"10.0.0.17/32\", mac = \"02:00:00:00:00:99\" }, \
                { cidr = \"fd00:0:0:a::11/128\", mac = \"02:00:00:00:00:99\" }, \
                { cidr = \"10.0.0.77/32\" }, { cidr = \"fd00:0:0:a::77/128\" }]\n";
    let mut lab = Lab::new(Shape { port, ..RIGHT })?;
    let came = run(&mut lab)?;
    exactly(&came, &["forged-mac/4", "forged-mac/6", "forged-source/4", "forged-source-6/6"], &[])
}

/// The cloud says that it did what it was told, and did not.
fn unchanged() -> Result<(), Failed> {
    let mut lab = Lab::new(RIGHT)?;
    lab.start()?;
    let (plan, lines) = (plan(&lab)?, lab.lines(&|_, line| line));
    let lies: String = plan
        .lines()
        .map(|line| if line.starts_with("hook = ") { "hook = [\"true\"]" } else { line })
        .fold(String::new(), |text, line| text + line + "\n");
    let came = lab.accept(&lies, &lines)?;
    exactly(
        &came,
        &["revoked/4", "revoked/6", "peering/4", "peering/6", "moved/4", "deleted/4"],
        &[],
    )
}

fn lost() -> Result<(), Failed> {
    let mut lab = Lab::new(RIGHT)?;
    lab.start()?;
    let (plan, lines) = (plan(&lab)?, lab.lines(&|_, line| line));
    // A hook is the moment: the first change is that of a rule, and y1 has no part in it.
    let plan = plan.replacen("set -e\\n", "set -e\\ntouch FOLDER/begun\\n", 1);
    let folder = lab.folder.path().display().to_string();
    let controller = lab.controller(&plan.replace("FOLDER", &folder), &lines)?;
    let begun = lab.folder.path().join("begun");
    within(std::time::Duration::from_mins(1), "the first change", || begun.exists())?;
    lab.kill("y1")?;
    let came = Came::of(&controller.wait_with_output()?)?;
    exactly(&came, &[], &["peering/4", "peering/6"])?;
    assert_eq!(came.code, Some(3), "{}", came.said);
    for (case, why) in came.of_verdict("not-measured") {
        assert!(case.starts_with("unbound") || why.contains("`y1` is lost"), "{case}: {why}");
    }
    lab.ended()
}

fn strangers() -> Result<(), Failed> {
    let mut lab = Lab::new(RIGHT)?;
    let zeros = "0".repeat(64);
    let part = |line: &str, at: usize, by: &str| {
        let mut parts: Vec<&str> = line.split('#').collect();
        parts[at] = by;
        parts.join("#")
    };
    for (at, code, told) in [(1, 2, "0000000000000000 was given"), (2, 3, "the token is wrong")] {
        lab.start()?;
        let plan = plan(&lab)?;
        let lines =
            lab.lines(&|name, line| if name == "x1" { part(&line, at, &zeros) } else { line });
        let came = lab.accept(&plan, &lines)?;
        assert_eq!(came.code, Some(code), "{}", came.said);
        assert!(came.said.contains(told) && came.document.is_null(), "{}", came.said);
    }
    lab.start()?;
    lab.kill("x1")?;
    let (plan, lines) = (plan(&lab)?, lab.lines(&|_, line| line));
    let came = lab.accept(&plan, &lines)?;
    assert_eq!(came.code, Some(3), "{}", came.said);
    assert!(came.said.contains("192.0.2.14:7444") && came.document.is_null(), "{}", came.said);
    // Nothing was sent to the others: their tokens are good.
    lab.start()?;
    let fewer = lab.lines(&|name, line| if name == "y1" { String::new() } else { line });
    let came = lab.accept(&plan, &fewer)?;
    assert_eq!(came.code, Some(2), "{}", came.said);
    assert!(came.said.contains("the line of agent `y1`"), "{}", came.said);
    Ok(())
}

/// What is not within what it was started with is not done, and told.
fn bounds() -> Result<(), Failed> {
    let mut lab = Lab::new(RIGHT)?;
    lab.start()?;
    let plan = "schema = \"assay/cloud/v1\"\ncloud = \"bed\"\n\
        [[agent]]\nid = \"a1\"\nagent = \"192.0.2.11:7444\"\nvpc = \"red\"\naddresses = [\"10.0.0.17\"]\n\
        [[agent]]\nid = \"mgr\"\nagent = \"192.0.2.12:7444\"\naddresses = [\"192.0.2.12\"]\n\
        [[agent]]\nid = \"x2\"\nagent = \"192.0.2.15:7444\"\naddresses = [\"10.0.0.250\"]\n\
        [[case]]\nid = \"off\"\nrow = \"5.2.3.2#2\"\nkind = \"allow\"\nfrom = \"a1\"\nto = \"mgr\"\n\
        probe = \"udp/7000\"\n\
        [[case]]\nid = \"else\"\nrow = \"5.2.3.2#2\"\nkind = \"allow\"\nfrom = \"x2\"\nto = \"a1\"\n\
        probe = \"udp/7000\"\n";
    let lines = lab.lines(&|name, line| match name {
        "a1" | "a2" | "x2" => line,
        _ => String::new(),
    });
    let came = lab.accept(plan, &lines)?;
    assert_eq!(came.code, Some(3), "{}", came.said);
    let open = came.of_verdict("not-measured");
    assert!(open[0].1.contains("192.0.2.12 is not within"), "{open:?}");
    assert!(open[1].1.contains("10.0.0.250 is no address of this guest"), "{open:?}");
    Ok(())
}
