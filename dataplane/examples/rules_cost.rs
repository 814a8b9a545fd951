//! What the kernel takes for rules at full size: wip measuring.
#![expect(clippy::print_stdout, clippy::disallowed_methods, reason = "measures")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use dataplane::desired::{Desired, Direction, Peer, Rule, Traffic, Zones};
use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::kernel::rules;
use dataplane::kernel::socket::Socket;
use dataplane::nft::{Batch, Ruleset};
use dataplane::plan::{self, Scope, Step};
use dataplane::seen::Seen;
use dataplane::wanted::Wanted;
use dataplane::{firewall, naming, spec};

fn station(number: usize) -> (String, String) {
    let [.., high, low] = u32::try_from(number + 10).expect("few").to_be_bytes();
    (format!("10.0.{high}.{low}"), format!("02:00:00:00:{high:02x}:{low:02x}"))
}

fn state(vpcs: usize, ports: usize, remotes: usize, groups: usize) -> Desired {
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
    spec::read("full.toml", &text).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn compile(desired: &Desired) -> Ruleset {
    let zones = naming::zones(desired, &Zones::default()).expect("few networks");
    let mut rules = firewall::compile::compile(desired, &zones).expect("it compiles");
    for table in [&mut rules.inet, &mut rules.netdev].into_iter().flatten() {
        table.chains.insert(plan::MARK.to_owned(), dataplane::nft::Chain::default());
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
    use dataplane::nft::{Change, Family};
    let mut changes = Vec::new();
    for (family, table) in [(Family::Inet, &ruleset.inet), (Family::Netdev, &ruleset.netdev)] {
        let Some(table) = table else { continue };
        changes.push(Change::AddTable(family));
        for (name, chain) in &table.chains {
            changes.push(Change::AddChain { family, name: name.clone(), hook: chain.hook.clone() });
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
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).expect("below a second"))
}

fn told(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |part: usize| times[(times.len() - 1) * part / 100];
    println!(
        "  {what}: p50 {:?} p90 {:?} p99 {:?} max {:?} ({} batches)",
        at(50),
        at(90),
        at(99),
        at(100),
        times.len()
    );
}

fn steps(
    socket: &mut Socket,
    what: &str,
    rounds: usize,
    base: &Ruleset,
    other: &dyn Fn(usize) -> Ruleset,
) {
    let (mut times, mut cpus) = (Vec::new(), Vec::new());
    let mut kinds = std::collections::BTreeMap::<String, usize>::new();
    for round in 0..rounds {
        let changed = other(round);
        let there = batches(&changed, base);
        let back = batches(base, &changed);
        for batch in there.iter().chain(&back) {
            for change in &batch.changes {
                let text = change.to_string();
                let cut = text.split(" as_").next().unwrap_or_default().to_owned();
                *kinds.entry(cut).or_default() += 1;
            }
        }
        for _ in 0..20 {
            for batch in there.iter().chain(&back) {
                let (begin, cpu) = (Instant::now(), cpu());
                rules::perform(socket, batch).expect("done");
                cpus.push(self::cpu() - cpu);
                times.push(begin.elapsed());
            }
        }
    }
    told(what, times);
    told("  of the processor", cpus);
    println!("    {kinds:?}");
}

fn ingress(socket: &mut Socket, rounds: usize, base: &Ruleset) {
    use dataplane::nft::{Change, Family};
    let table = base.netdev.as_ref().expect("there");
    let (_, chain) = table.chains.iter().find(|(_, chain)| chain.hook.is_some()).expect("one");
    let mut times = Vec::new();
    for _ in 0..rounds {
        let (family, name) = (Family::Netdev, "as_p_more".to_owned());
        let mut hook = chain.hook.clone();
        if let Some(hook) = &mut hook {
            hook.device = Some("new0".to_owned());
        }
        let add = Batch {
            changes: vec![
                Change::AddChain { family, name: name.clone(), hook },
                Change::SetRules { family, name: name.clone(), rules: chain.rules.clone() },
            ],
        };
        let delete = Batch {
            changes: vec![
                Change::SetRules { family, name: name.clone(), rules: Vec::new() },
                Change::DeleteChain { family, name },
            ],
        };
        for batch in [add, delete] {
            let begin = Instant::now();
            rules::perform(socket, &batch).expect("done");
            times.push(begin.elapsed());
        }
    }
    told("ingress chain", times);
}

fn main() {
    let rounds: usize = std::env::args().nth(1).map_or(30, |n| n.parse().expect("a number"));
    for (name, size) in [("empty", (1, 2, 1, 2)), ("full", (500, 2048, 10_000, 2000))] {
        let desired = state(size.0, size.1, size.2, size.3);
        let begin = Instant::now();
        let base = compile(&desired);
        println!("{name}: compile {:?}", begin.elapsed());
        let inet = base.inet.as_ref().expect("there");
        println!(
            "  {} chains, {} sets, {} elements, {} rules",
            inet.chains.len(),
            inet.sets.len(),
            inet.sets.values().map(|s| s.elements.len()).sum::<usize>(),
            inet.chains.values().map(|c| c.rules.len()).sum::<usize>()
        );
        let mut socket =
            inside(Namespace::Scratch, || Socket::open(Some(rustix::net::netlink::NETFILTER)))
                .expect("root");
        let batch = whole(&base);
        let begin = Instant::now();
        rules::perform(&mut socket, &batch).expect("done");
        println!("  load {:?}", begin.elapsed());
        if std::env::args().nth(2).as_deref() == Some("look") {
            let begin = Instant::now();
            let seen = rules::look(&mut socket).expect("seen").0;
            println!("  look {:?}", begin.elapsed());
            assert_eq!(batches(&base, &seen).len(), 0);
        }
        for (what, first, last) in [("rule", 9000, 9000), ("rule with a range", 9000, 9010)] {
            let with_rule = |round: usize| {
                let mut desired = desired.clone();
                let id = format!("g{}", round * 7 % size.3);
                let group = desired.groups.get_mut(&id).expect("there");
                group.rules.push(Rule {
                    name: format!("{id}, more"),
                    direction: Direction::In,
                    family: None,
                    traffic: Traffic::Ports { protocol: 6, first, last },
                    peer: Peer::Group(format!("g{}", (round * 7 + size.0) % size.3)),
                });
                compile(&desired)
            };
            steps(&mut socket, what, rounds, &base, &with_rule);
        }
        let with_member = |round: usize| {
            let mut desired = desired.clone();
            let remote = desired.remotes.values_mut().nth(round * 13 % size.2).expect("there");
            remote.addresses.insert("10.0.200.7".parse().expect("an address"));
            compile(&desired)
        };
        steps(&mut socket, "member", rounds, &base, &with_member);
        let with_port = |round: usize| {
            let mut desired = desired.clone();
            let id = desired.ports.keys().nth(round * 17 % size.1).expect("there").clone();
            let mut port = desired.ports[&id].clone();
            port.device = "new0".parse().expect("a device");
            port.mac = dataplane::address::Mac([2, 0, 0, 7, 7, 7]);
            port.addresses = ["10.0.201.7".parse().expect("an address")].into();
            desired.ports.insert("new".to_owned(), port);
            let mut rules = compile(&desired);
            // The plan has a chain wait for its device.
            if let Some(table) = &mut rules.netdev {
                table.chains.retain(|_, chain| {
                    chain.hook.as_ref().and_then(|hook| hook.device.as_deref()) != Some("new0")
                });
            }
            rules
        };
        steps(&mut socket, "port", rounds, &base, &with_port);
        ingress(&mut socket, rounds, &base);
    }
}
