//! The daemon with a full node: what memory it takes, and how long one change of it takes.
//!
//! By default it is a tenth of one. The bars are of the full size and the release program:
//! `ASSAY_NETWORKS`, `…_PORTS`, `…_REMOTES`, `…_GROUPS`, `…_CHANGES`.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]
#![expect(clippy::disallowed_methods, reason = "this test measures")]

#[path = "dataplane_daemon/lab.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod lab;

use std::env;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use hw_tests::network::eventually;
use hw_tests::network::full::Size;
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};
use serde_json::{Value, json};

use lab::Lab;

const NEEDS: &[Need] = &[Need::Root, Need::Program("ip")];
/// Most memory in kB.
const MEMORY: u64 = 64 * 1024;
/// How long a change of a rule or member may take, and of a port; 99 of 100 of them.
const RULE: Duration = Duration::from_millis(2);
const PORT: Duration = Duration::from_millis(20);
/// How long the same state once more may take.
const NOTHING: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let trials =
        vec![trial("a_full_node_is_kept_in_little_memory_and_changed_at_once", NEEDS, full)];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A tenth of a full node.
const USUAL: Size = Size { networks: 50, groups: 200, ports: 200, remotes: 1000 };

/// The state as a client of the daemon makes it.
trait Client: Sized {
    fn group(self, n: usize) -> usize;
    fn rule(self, group: usize, rule: usize) -> Value;
    fn station(self, n: usize) -> Value;
    fn state(self) -> Value;
}

impl Client for Size {
    /// The group of a port, here or elsewhere.
    fn group(self, n: usize) -> usize {
        let of_network = (self.groups / self.networks).max(1);
        n % self.networks + n / self.networks % of_network * self.networks
    }

    fn rule(self, group: usize, rule: usize) -> Value {
        let other = (group + rule * self.networks) % self.groups;
        json!({
            "id": format!("r{rule}"), "direction": "in", "protocol": "tcp", "ports": rule,
            "from": { "group": format!("g{other}") },
        })
    }

    fn station(self, n: usize) -> Value {
        let [.., high, low] = (n / self.networks + 10).to_be_bytes();
        let mut station = json!({
            "id": format!("p{n}"), "network": format!("n{}", n % self.networks),
            "mac": format!("02:00:00:00:{high:02x}:{low:02x}"), "ips": [format!("10.0.{high}.{low}")],
            "groups": [format!("g{}", self.group(n))],
        });
        if n < self.ports {
            station["kind"] = "veth".into();
            station["device"] = format!("p{n}").into();
            station["peer"] = format!("q{n}").into();
        } else {
            station["vtep"] = "10.99.0.2".into();
        }
        station
    }

    fn state(self) -> Value {
        let vpcs = (0..self.networks).map(|n| json!({ "id": format!("v{n}") }));
        let networks = (0..self.networks)
            .map(|n| json!({ "id": format!("n{n}"), "vpc": format!("v{n}"), "vni": n + 1 }));
        let subnets = (0..self.networks).map(
            |n| json!({ "id": format!("s{n}"), "network": format!("n{n}"), "cidr": "10.0.0.0/16" }),
        );
        let groups = (0..self.groups).map(|n| {
            let rules: Vec<Value> = (1..=10).map(|rule| self.rule(n, rule)).collect();
            json!({ "id": format!("g{n}"), "vpc": format!("v{}", n % self.networks), "rule": rules })
        });
        let all = self.ports + self.remotes;
        json!({
            "schema": "assay/network/v1",
            "semantics": "norm",
            "node": { "name": "n", "device": "u0", "vtep": "10.99.0.1" },
            "vpc": vpcs.collect::<Vec<_>>(),
            "network": networks.collect::<Vec<_>>(),
            "subnet": subnets.collect::<Vec<_>>(),
            "group": groups.collect::<Vec<_>>(),
            "port": (0..self.ports).map(|n| self.station(n)).collect::<Vec<_>>(),
            "remote": (self.ports..all).map(|n| self.station(n)).collect::<Vec<_>>(),
        })
    }
}

fn full() -> Result<(), Failed> {
    let size = Size::given(USUAL)?;
    let changes = env::var("ASSAY_CHANGES").map_or(Ok(40), |given| given.parse::<usize>())?;
    let mut lab = Lab::new()?;
    lab.start()?;
    println!(
        "at rest without a state: {} kB held, {} kB at most",
        lab.memory("VmRSS")?,
        lab.memory("VmHWM")?
    );
    let text = size.state().to_string();
    let begun = Instant::now();
    lab.put("/v1/state?generation=1", &text)?.is(200)?;
    println!("{size:?}, {} bytes: applied and read back in {:.2?}", text.len(), begun.elapsed());
    println!("then: {} kB held, {} kB at most", lab.memory("VmRSS")?, lab.memory("VmHWM")?);
    let begun = Instant::now();
    lab.put("/v1/state?generation=1", &text)?.is(200)?;
    let nothing = begun.elapsed();
    println!("figure: full.nothing = {:.3} s", nothing.as_secs_f64());
    let (mut generation, mut met) = (1, nothing <= NOTHING);
    for kind in [Kind::Rule, Kind::Member, Kind::Port] {
        met &= timed(&lab, size, kind, changes, &mut generation)?;
    }
    // What was applied by itself reads back as wanted with the whole.
    eventually("all read back", || {
        let status = lab.get("/v1/status/vpcs").and_then(|answer| answer.json());
        status.is_ok_and(|status| status["verified"] == generation)
    })?;
    let events = lab.events()?;
    assert!(!events.contains("event: drift"), "{events}");
    lab.ready()?;
    let (held, most) = (lab.memory("VmRSS")?, lab.memory("VmHWM")?);
    println!("figure: full.held = {:.1} MB", mb(held));
    println!("figure: full.most = {:.1} MB", mb(most));
    if size.is_full() {
        assert!(most <= MEMORY, "{most} kB at most");
        assert!(met, "a change, or none, took too long");
    }
    Ok(())
}

/// What is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Rule,
    Member,
    Port,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Member => "member",
            Self::Port => "port",
        }
    }

    /// Returns where a new object goes, and the object.
    fn object(self, size: Size, at: usize) -> (String, Value) {
        match self {
            Self::Rule => {
                let group = at * 7 % size.groups;
                let mut rule = size.rule(group, 1);
                rule["id"] = "more".into();
                rule["ports"] = (100 + at % 5).into();
                (format!("/v1/groups/g{group}/rules/more"), rule)
            }
            Self::Member => {
                let mut remote = size.station(size.ports + at * 7 % size.remotes);
                remote["id"] = format!("m{at}").into();
                remote["mac"] = "02:00:00:01:00:01".into();
                remote["ips"] = json!(["10.0.255.1"]);
                (format!("/v1/remotes/m{at}"), remote)
            }
            Self::Port => {
                let mut port = size.station(at * 7 % size.ports);
                port["id"] = format!("x{at}").into();
                (port["device"], port["peer"]) = (format!("x{at}").into(), format!("y{at}").into());
                port["mac"] = "02:00:00:01:00:02".into();
                port["ips"] = json!(["10.0.255.2"]);
                (format!("/v1/ports/x{at}"), port)
            }
        }
    }
}

/// Makes and takes back as many changes; returns whether 99 of 100 were within the bar.
fn timed(
    lab: &Lab,
    size: Size,
    kind: Kind,
    changes: usize,
    generation: &mut u64,
) -> Result<bool, Failed> {
    let mut took = Vec::new();
    for at in 0..changes.div_ceil(2) {
        let (path, object) = kind.object(size, at);
        for (method, body) in [("PUT", object.to_string()), ("DELETE", String::new())] {
            let path = format!("{path}?expected={generation}");
            let begun = Instant::now();
            let answer = lab.ask(method, &path, &[], &body)?.is(200)?;
            took.push(begun.elapsed());
            *generation += 1;
            assert_eq!(answer.json()?["applied"], *generation, "{answer:?}");
        }
    }
    took.sort_unstable();
    let part = |percent: usize| took[(took.len() * percent).div_ceil(100).saturating_sub(1)];
    let ms = |took: Duration| took.as_secs_f64() * 1e3;
    println!(
        "figure: full.{} = p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms, {} changes",
        kind.name(),
        ms(part(50)),
        ms(part(99)),
        ms(part(100)),
        took.len()
    );
    Ok(part(99) <= if kind == Kind::Port { PORT } else { RULE })
}

fn mb(kb: u64) -> f64 {
    u32::try_from(kb).map_or(f64::INFINITY, f64::from) / 1024.0
}
