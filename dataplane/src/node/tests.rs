//! A node's whole way, on a kernel that is a value and can refuse any step.

use std::borrow::Cow;

use super::*;
use crate::apply::{Applied, Run, apply};
use crate::journal::{NoLog, Past};
use crate::kernel::StepError;
use crate::plan::{State, Step};
use crate::seen::Link;

const FILE: &str = r#"
schema = "assay/network/v1"
semantics = "norm"
[node]
name = "compute-1"
device = "u0"
vtep = "10.99.0.1"
[[vpc]]
id = "red"
[[network]]
id = "red-a"
vpc = "red"
vni = 100
[[subnet]]
id = "red-a4"
network = "red-a"
cidr = "10.0.0.0/24"
[[subnet]]
id = "red-a6"
network = "red-a"
cidr = "fd00::/64"
[[port]]
id = "a1"
network = "red-a"
device = "p1"
kind = "veth"
peer = "q1"
mac = "02:00:00:00:00:11"
ips = ["10.0.0.11", "fd00::11"]
groups = ["web"]
[[port]]
id = "a2"
network = "red-a"
device = "tap0"
kind = "tap"
mac = "02:00:00:00:00:12"
ips = ["10.0.0.12"]
groups = []
[[remote]]
id = "b1"
network = "red-a"
vtep = "10.99.0.2"
mac = "02:00:00:00:00:21"
ips = ["10.0.0.21"]
groups = ["web"]
[[group]]
id = "web"
vpc = "red"
[[group.rule]]
direction = "in"
protocol = "tcp"
ports = 443
"#;

/// A kernel that does what a plan thinks a kernel does.
struct Model {
    state: State<'static>,
    /// Which step, counted from 0, is refused; undoing is not.
    refuse: Option<usize>,
    tried: usize,
    connections: Vec<Connection>,
}

impl Kernel for Model {
    fn look(&mut self, _interest: &Interest) -> Result<Seen, KernelError> {
        Ok(self.state.seen().clone())
    }

    fn perform(&mut self, steps: &[Step]) -> Vec<Result<(), StepError>> {
        let mut results = Vec::new();
        for step in steps {
            let refused = self.refuse == Some(self.tried);
            self.tried += 1;
            if refused {
                self.refuse = None;
                results.push(Err(StepError { errno: 12, said: None }));
                break;
            }
            self.state.take(step);
            results.push(Ok(()));
        }
        results
    }

    fn connections(&mut self, zones: &BTreeSet<u16>) -> Result<Vec<Connection>, KernelError> {
        let of = |it: &&Connection| zones.contains(&it.zone);
        Ok(self.connections.iter().filter(of).cloned().collect())
    }

    fn cut(&mut self, connections: &[Connection]) -> Result<usize, KernelError> {
        let before = self.connections.len();
        self.connections.retain(|it| !connections.contains(it));
        Ok(before - self.connections.len())
    }
}

fn kernel() -> Model {
    let device = |name: &str, index, kind: Option<&str>| {
        let link = Link {
            index,
            kind: kind.map(str::to_owned),
            alias: None,
            mac: None,
            mtu: 1600,
            up: true,
            no_arp: false,
            generates_addresses: true,
            master: None,
            bridge_port: None,
            bridge: None,
            vxlan: None,
            peer: None,
            addresses: BTreeSet::new(),
        };
        (name.parse().expect("a name"), link)
    };
    let links = [device("u0", 2, None), device("tap0", 3, Some("tun"))].into();
    let state = State::new(Cow::Owned(Seen { links, ..Seen::default() }));
    Model { state, refuse: None, tried: 0, connections: Vec::new() }
}

fn desired(text: &str) -> Desired {
    crate::spec::read("test.toml", text).expect("the file is sound")
}

fn scope() -> Scope {
    Scope { complete: true, confirmed: true, ..Scope::default() }
}

fn make(kernel: &mut Model, desired: &Desired) -> (Node, Applied) {
    let node = look(kernel, desired, &scope()).expect("it can be looked at");
    let past = Past::default();
    let run = Run { generation: 1, digest: "", past: &past };
    kernel.tried = 0;
    let applied = apply(kernel, &node.plan, run, &mut NoLog).expect("it is begun");
    (node, applied)
}

fn connection(zone: u16, port: u16) -> Connection {
    Connection {
        zone,
        id: u32::from(port),
        source: "10.0.0.99".parse().unwrap(),
        destination: "10.0.0.11".parse().unwrap(),
        protocol: 6,
        ports: Some((4000, port)),
        icmp: None,
    }
}

#[test]
fn planning_what_was_applied_gives_no_step() {
    let (mut kernel, desired) = (kernel(), desired(FILE));
    let (node, applied) = make(&mut kernel, &desired);
    assert!(matches!(applied, Applied::Done { steps } if steps > 10), "{applied:?}");
    let again = look(&mut kernel, &desired, &scope()).unwrap();
    assert_eq!(again.plan, Plan::default());
    assert_eq!((again.zones, again.kept), (node.zones.clone(), node.zones));
}

#[test]
fn a_failure_at_any_step_leaves_what_was_there() {
    let desired = desired(FILE);
    let mut kernel = kernel();
    let before = kernel.state.seen().clone();
    let steps = look(&mut kernel, &desired, &scope()).unwrap().plan.steps.len();
    for refuse in 0..steps {
        kernel.refuse = Some(refuse);
        let (_node, applied) = make(&mut kernel, &desired);
        assert!(matches!(applied, Applied::RolledBack { .. }), "{refuse}: {applied:?}");
        let after = kernel.state.seen();
        assert_eq!(after.ruleset, before.ruleset, "{refuse}");
        assert_eq!(after.forwarding, before.forwarding, "{refuse}");
        assert_eq!(after.links.keys().collect::<Vec<_>>(), before.links.keys().collect::<Vec<_>>());
        let tap = |seen: &Seen| seen.links.get(&"tap0".parse().unwrap()).cloned();
        assert_eq!(tap(after).map(|link| link.master), Some(None), "{refuse}");
        assert_eq!(tap(after).map(|link| link.mtu), tap(&before).map(|link| link.mtu), "{refuse}");
    }
}

#[test]
fn what_is_destroyed_leaves_nothing_but_what_others_made() {
    let mut kernel = kernel();
    let names = |kernel: &Model| kernel.state.seen().links.keys().cloned().collect::<Vec<_>>();
    let before = names(&kernel);
    let _made = make(&mut kernel, &desired(FILE));
    assert_ne!(names(&kernel), before);
    let node = look_to_destroy(&mut kernel, &scope()).unwrap();
    kernel.connections = vec![connection(1, 443)];
    let past = Past::default();
    let run = Run { generation: 2, digest: "", past: &past };
    let applied = apply(&mut kernel, &node.plan, run, &mut NoLog).unwrap();
    assert!(matches!(applied, Applied::Done { .. }), "{applied:?}");
    assert_eq!(names(&kernel), before);
    let seen = kernel.state.seen();
    assert_eq!((seen.ruleset.inet.clone(), seen.forwarding.len()), (None, 0));
    // A number may be another network's next: no connection of ours may wait for it.
    assert_eq!(revoke(&mut kernel, &node, None).unwrap(), Revoked { seen: 1, cut: 1 });
}

#[test]
fn connections_that_rules_no_longer_permit_are_cut_and_no_others() {
    let mut kernel = kernel();
    let _made = make(&mut kernel, &desired(FILE));
    let closed = desired(&FILE.replace("ports = 443", "ports = 80"));
    kernel.connections = vec![connection(1, 443), connection(1, 80), connection(9, 443)];
    let (node, _applied) = make(&mut kernel, &closed);
    assert_eq!(stray(&mut kernel, &node, Some(&closed)).unwrap(), [connection(1, 443)]);
    assert_eq!(revoke(&mut kernel, &node, Some(&closed)).unwrap().cut, 1);
    assert_eq!(kernel.connections, [connection(1, 80), connection(9, 443)]);
}
