//! What the kernel takes for the rules of a full node: all of them, and one rule, member or port
//! more and less; beside it, what an empty node takes, and what `nft -f` takes for the same sets.
//!
//! `rules_cost ROUNDS`, as root, in namespaces of its own. Prints a line for each figure: name,
//! and microseconds. The figures of `hw-tests` read them.

#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a program that measures")]

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dataplane::address::Mac;
use dataplane::desired::{Desired, Direction, Peer, Rule, Traffic, Zones};
use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::kernel::rules;
use dataplane::kernel::socket::Socket;
use dataplane::nft::encode::encode;
use dataplane::nft::{Batch, Chain, Change, Element, Family, KeyType, Ruleset, Set, Table};
use dataplane::plan::{self, Scope, Step};
use dataplane::seen::Seen;
use dataplane::wanted::Wanted;
use dataplane::{firewall, naming, spec};
use rustix::time::{ClockId, clock_gettime};

/// VPCs, ports, ports elsewhere, groups.
type Size = (usize, usize, usize, usize);
const EMPTY: Size = (1, 2, 1, 2);
const FULL: Size = (500, 2048, 10_000, 2000);

fn station(number: usize) -> (String, String) {
    let [.., high, low] = u32::try_from(number + 10).expect("few").to_be_bytes();
    (format!("10.0.{high}.{low}"), format!("02:00:00:00:{high:02x}:{low:02x}"))
}

fn state((vpcs, ports, remotes, groups): Size) -> Desired {
    let mut text = String::from(
        "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n\
         node = { name = \"n\", device = \"u0\", vtep = \"10.99.0.1\" }\n",
    );
    let mut add = |section: std::fmt::Arguments<'_>| {
        text.write_fmt(section).expect("a String takes everything");
    };
    for n in 0..vpcs {
        add(format_args!("[[vpc]]\nid = \"v{n}\"\n"));
        add(format_args!("[[network]]\nid = \"n{n}\"\nvpc = \"v{n}\"\nvni = {}\n", n + 1));
        add(format_args!(
            "[[subnet]]\nid = \"s{n}\"\nnetwork = \"n{n}\"\ncidr = \"10.0.0.0/16\"\n"
        ));
    }
    for n in 0..groups {
        add(format_args!("[[group]]\nid = \"g{n}\"\nvpc = \"v{}\"\n", n % vpcs));
        for rule in 1..=10 {
            let other = (n + rule * vpcs) % groups;
            let ports = if rule == 10 { "\"8000-8080\"".to_owned() } else { rule.to_string() };
            add(format_args!(
                "[[group.rule]]\ndirection = \"in\"\nprotocol = \"tcp\"\nports = {ports}\n\
                 from = {{ group = \"g{other}\" }}\n"
            ));
        }
    }
    for n in 0..ports + remotes {
        let (ip, mac) = station(n / vpcs);
        let group = n % vpcs + n / vpcs % (groups / vpcs).max(1) * vpcs;
        let kind = if n < ports {
            format!("[[port]]\ndevice = \"t{n}\"\nkind = \"tap\"\n")
        } else {
            "[[remote]]\nvtep = \"10.99.0.2\"\n".to_owned()
        };
        add(format_args!(
            "{kind}id = \"p{n}\"\nnetwork = \"n{}\"\nmac = \"{mac}\"\nips = [\"{ip}\"]\n\
             groups = [\"g{group}\"]\n",
            n % vpcs
        ));
    }
    spec::read("full.toml", &text).expect("it is right")
}

fn compile(desired: &Desired) -> Ruleset {
    let zones = naming::zones(desired, &Zones::default()).expect("few networks");
    let mut rules = firewall::compile::compile(desired, &zones).expect("it compiles");
    for table in [&mut rules.inet, &mut rules.netdev].into_iter().flatten() {
        table.chains.insert(plan::MARK.to_owned(), Chain::default());
    }
    rules
}

/// Batches that turn one into the other, adding first.
fn batches(want: &Ruleset, have: &Ruleset) -> Vec<Batch> {
    let wanted = Wanted { ruleset: want.clone(), ..Wanted::default() };
    let seen = Seen { ruleset: have.clone(), ..Seen::default() };
    let scope = Scope { complete: true, confirmed: true, ..Scope::default() };
    let plan = plan::plan(&wanted, &seen, &scope);
    let steps = plan.steps.into_iter().map(|planned| planned.step);
    steps
        .filter_map(|step| if let Step::Rules(batch) = step { Some(batch) } else { None })
        .collect()
}

fn whole(ruleset: &Ruleset) -> Batch {
    let mut changes = Vec::new();
    for (family, table) in [(Family::Inet, &ruleset.inet), (Family::Netdev, &ruleset.netdev)] {
        let Some(table) = table else { continue };
        changes.push(Change::AddTable(family));
        for (name, chain) in &table.chains {
            let (name, hook) = (name.clone(), chain.hook.clone());
            changes.push(Change::AddChain { family, name, hook });
        }
        for (name, set) in &table.sets {
            changes.push(Change::AddSet { family, name: name.clone(), set: set.clone() });
            let elements = set.elements.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            changes.push(Change::AddElements {
                family,
                set: name.clone(),
                shape: set.shape(),
                elements,
            });
        }
        for (name, chain) in &table.chains {
            changes.push(Change::SetRules {
                family,
                name: name.clone(),
                rules: chain.rules.clone(),
            });
        }
    }
    Batch { changes }
}

fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).expect("below a second"))
}

fn told(what: &str, times: &mut [Duration]) {
    times.sort();
    let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1e6;
    println!("{what} = {:.1} (99 %: {:.1}, most: {:.1})", at(50), at(99), at(100));
}

/// What a batch took: the time, and that of the processor.
fn timed(socket: &mut Socket, batch: &Batch) -> [Duration; 2] {
    // What the compile gave back is sorted by the first that asks for memory: not on this time.
    drop(encode(batch, 0, None));
    let (begin, before) = (Instant::now(), cpu());
    rules::perform(socket, batch).expect("it is done");
    let used = cpu().saturating_sub(before);
    [begin.elapsed(), used]
}

/// Does changes and takes them back. Between any two the whole state is compiled anew, so that
/// the kernel finds nothing of its own in the processor's caches; then again, in a row.
fn changes(
    socket: &mut Socket,
    what: &str,
    rounds: usize,
    base: &Ruleset,
    other: &dyn Fn(usize) -> Ruleset,
) {
    let mut cold = [Vec::new(), Vec::new()];
    let mut warm = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        let changed = other(round);
        let steps = [batches(&changed, base), batches(base, &changed)];
        for (at, batch) in steps.iter().flatten().enumerate() {
            let found = timed(socket, batch);
            if at == 0 {
                cold.iter_mut().zip(found).for_each(|(all, one)| all.push(one));
            }
        }
        for batch in (0..10).flat_map(|_| steps.iter().flatten()) {
            warm.iter_mut().zip(timed(socket, batch)).for_each(|(all, one)| all.push(one));
        }
    }
    for (name, [mut time, mut cpu]) in [("after a compile", cold), ("in a row", warm)] {
        told(&format!("{what} {name}"), &mut time);
        told(&format!("{what} {name}, processor"), &mut cpu);
    }
}

fn one_more(socket: &mut Socket, name: &str, size: Size, rounds: usize) {
    let desired = state(size);
    let base = compile(&desired);
    rules::perform(socket, &whole(&base)).expect("it is done");
    let with_rule = |round: usize, last: u16| {
        let mut desired = desired.clone();
        let group = desired.groups.get_mut(&format!("g{}", round * 7 % size.3)).expect("there");
        group.rules.push(Rule {
            name: "more".to_owned(),
            direction: Direction::In,
            family: None,
            traffic: Traffic::Ports { protocol: 6, first: 9000, last },
            peer: Peer::Group(format!("g{}", (round * 7 + size.0) % size.3)),
        });
        compile(&desired)
    };
    changes(socket, &format!("{name}: rule"), rounds, &base, &|round| with_rule(round, 9000));
    let ranged = format!("{name}: rule with a range of ports");
    changes(socket, &ranged, rounds, &base, &|round| with_rule(round, 9010));
    changes(socket, &format!("{name}: member"), rounds, &base, &|round| {
        let mut desired = desired.clone();
        let remote = desired.remotes.values_mut().nth(round * 13 % size.2).expect("there");
        remote.addresses.insert([10, 0, 200, 7].into());
        compile(&desired)
    });
    changes(socket, &format!("{name}: port"), rounds, &base, &|round| {
        let mut desired = desired.clone();
        let mut port = desired.ports.values().nth(round * 17 % size.1).expect("there").clone();
        port.device = "new0".parse().expect("a device");
        port.mac = Mac([2, 0, 0, 7, 7, 7]);
        port.addresses = [[10, 0, 201, 7].into()].into();
        desired.ports.insert("new".to_owned(), port);
        let mut rules = compile(&desired);
        // Its chain would wait for the device.
        let table = rules.netdev.as_mut().expect("there");
        let of = |chain: &Chain| chain.hook.as_ref().and_then(|hook| hook.device.clone());
        table.chains.retain(|_, chain| of(chain).as_deref() != Some("new0"));
        rules
    });
}

/// The sets of a ruleset and what hangs at devices, without rules: nft has no words for a key
/// out of a map.
fn sayable(mut ruleset: Ruleset) -> Ruleset {
    for table in [&mut ruleset.inet, &mut ruleset.netdev].into_iter().flatten() {
        table.chains.retain(|_, chain| chain.hook.as_ref().is_some_and(|it| it.device.is_some()));
        table.chains.values_mut().for_each(|chain| chain.rules.clear());
    }
    ruleset
}

/// One set of 100,000 addresses.
fn one_set() -> Ruleset {
    let key = vec![KeyType::Ipv4];
    let address = |number: u32| (0x0a00_0000 + number).to_be_bytes().to_vec();
    let element = |number| (Element { key: address(number), last: None }, None);
    let elements = (0..100_000).map(element).collect();
    let set = Set { key, value: None, interval: false, elements };
    let sets = [("as_full".to_owned(), set)].into();
    Ruleset { inet: Some(Table { sets, ..Table::default() }), netdev: None }
}

/// Loads a ruleset by netlink and by `nft -f -` in turn.
fn loads(what: &str, ruleset: &Ruleset, pairs: usize) -> io::Result<()> {
    let (batch, text) = (whole(ruleset), ruleset.to_string());
    let mut found = [Vec::new(), Vec::new(), Vec::new(), Vec::new()];
    for pair in 0..pairs {
        for side in [pair % 2, 1 - pair % 2] {
            inside(Namespace::Scratch, || {
                let [ours, encoded, theirs, start] = &mut found;
                if side == 0 {
                    let mut socket = socket()?;
                    ours.push(timed(&mut socket, &batch)[0]);
                    let begin = Instant::now();
                    assert!(!encode(&batch, 0, None).bytes.is_empty());
                    encoded.push(begin.elapsed());
                } else {
                    theirs.push(nft(&text)?);
                    start.push(nft("")?);
                }
                Ok(())
            })?;
        }
    }
    let [ours, encoded, theirs, start] = &mut found;
    let ratios = ours.iter().zip(&*theirs).zip(&*start);
    let mut ratios: Vec<f64> = ratios
        .map(|((ours, theirs), start)| {
            theirs.saturating_sub(*start).as_secs_f64() / ours.as_secs_f64()
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    told(&format!("{what}, by netlink"), ours);
    told(&format!("{what}, of that encoding"), encoded);
    told(&format!("{what}, by nft, its start included"), theirs);
    told(&format!("{what}, start of nft"), start);
    println!(
        "{what}, nft over netlink = {:.2} ({:.2} to {:.2}, {pairs} pairs)",
        ratios[pairs / 2],
        ratios[0],
        ratios[pairs - 1]
    );
    Ok(())
}

fn nft(text: &str) -> io::Result<Duration> {
    let begin = Instant::now();
    let mut child = Command::new("nft").args(["-f", "-"]).stdin(Stdio::piped()).spawn()?;
    child.stdin.take().expect("it is piped").write_all(text.as_bytes())?;
    let ended = child.wait()?;
    assert!(ended.success(), "nft: {ended}");
    Ok(begin.elapsed())
}

fn socket() -> io::Result<Socket> {
    Socket::open(Some(rustix::net::netlink::NETFILTER))
}

fn main() -> io::Result<()> {
    let rounds = std::env::args().nth(1).map_or(Ok(20), |text| text.parse());
    let rounds: usize = rounds.map_err(io::Error::other)?;
    let pairs = (rounds / 4).clamp(3, 15);
    loads("100,000 elements", &one_set(), pairs)?;
    let full = compile(&state(FULL));
    loads("sets and ingress of a full node", &sayable(full.clone()), pairs)?;
    let mut all = Vec::new();
    for _ in 0..pairs {
        let mut socket = inside(Namespace::Scratch, socket)?;
        all.push(timed(&mut socket, &whole(&full))[0]);
    }
    told("all rules of a full node, by netlink", &mut all);
    for (name, size) in [("empty", EMPTY), ("full", FULL)] {
        let mut socket = inside(Namespace::Scratch, socket)?;
        one_more(&mut socket, name, size, rounds);
    }
    Ok(())
}
