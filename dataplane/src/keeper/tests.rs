//! Keepers on a kernel in memory that can refuse or die at any step.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;
use crate::journal::{Log, Record, decode, encode};
use crate::kernel::fake::Fake;
use crate::seen::{Link, Seen};

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
[[port]]
id = "a1"
network = "red-a"
device = "p1"
kind = "veth"
peer = "q1"
mac = "02:00:00:00:00:11"
ips = ["10.0.0.11"]
groups = ["web"]
[[port]]
id = "a2"
network = "red-a"
device = "tap0"
kind = "tap"
mac = "02:00:00:00:00:12"
ips = ["10.0.0.12"]
groups = []
[[group]]
id = "web"
vpc = "red"
[[group.rule]]
direction = "in"
protocol = "tcp"
ports = 443
"#;

/// A disk in memory.
#[derive(Clone, Debug, Default)]
struct Memory {
    accepted: Option<String>,
    applied: Option<String>,
    journal: String,
    full: bool,
}

impl Log for Memory {
    fn append(&mut self, record: &Record, _durable: bool) -> io::Result<()> {
        if matches!(record, Record::Begin { .. }) {
            self.journal.clear();
        }
        self.journal.push_str(&encode(record));
        Ok(())
    }
}

impl Store for Memory {
    fn accepted(&self) -> io::Result<Option<String>> {
        Ok(self.accepted.clone())
    }
    fn accept(&mut self, text: &str) -> io::Result<()> {
        if self.full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.accepted = Some(text.to_owned());
        Ok(())
    }
    fn applied(&self) -> io::Result<Option<String>> {
        Ok(self.applied.clone())
    }
    fn apply(&mut self, text: &str) -> io::Result<()> {
        self.applied = Some(text.to_owned());
        Ok(())
    }
    fn past(&self) -> Past {
        decode(self.journal.as_bytes())
    }
}

fn device(index: u32, kind: Option<&str>) -> Link {
    Link {
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
    }
}

fn fake() -> Fake {
    let links = [("u0", device(2, None)), ("tap0", device(3, Some("tun")))];
    let links = links.map(|(name, link)| (name.parse().expect("a name"), link)).into();
    Fake::new(Seen { links, ..Seen::default() })
}

/// A node with its keeper.
struct Node {
    kernel: Fake,
    store: Memory,
    keeper: Keeper,
}

impl Node {
    fn new(kernel: Fake, store: Memory) -> Self {
        let keeper = Keeper::load(&store, str::to_owned).expect("it can be read");
        Self { kernel, store, keeper }
    }

    fn kept() -> Self {
        let mut node = Self::new(fake(), Memory::default());
        node.put(FILE).expect("it is accepted");
        assert!(matches!(node.round(), Ended::Wanted { steps } if steps > 10));
        node
    }

    fn restart(self) -> Self {
        Self::new(self.kernel, self.store)
    }

    fn put(&mut self, text: &str) -> Result<u64, Refused> {
        self.keeper.replace(&mut self.kernel, &mut self.store, text, (None, false), 0)
    }

    fn change(&mut self, at: (&str, &str), change: Change, of: u64) -> Result<u64, Refused> {
        self.keeper.change(&mut self.kernel, &mut self.store, at, change, Some(of), 0)
    }

    fn round(&mut self) -> Ended {
        self.keeper.round(&mut self.kernel, &mut self.store, 0).ended
    }

    fn events(&self, after: u64) -> Vec<&'static str> {
        self.keeper.events().after(after).map(|event| event.kind.name()).collect()
    }

    fn object(&self, kind: &str, id: &str) -> Value {
        let status = self.keeper.status();
        let objects = status["objects"].as_array().expect("objects").clone();
        let found = objects.into_iter().find(|it| it["kind"] == kind && it["id"] == id);
        found.expect("the object")
    }
}

fn port(id: &str, number: u8) -> Map<String, Value> {
    let value = json!({ "network": "red-a", "device": format!("p{number}"), "kind": "veth",
        "peer": format!("q{number}"), "mac": format!("02:00:00:00:00:{number:02x}"),
        "ips": [format!("10.0.0.{number}")], "groups": ["web"], "id": id });
    value.as_object().expect("an object").clone()
}

#[test]
fn nothing_is_touched_before_a_first_full_state() {
    let mut there = Node::kept().kernel;
    there.asked = 0;
    let mut node = Node::new(there, Memory::default());
    assert_eq!(node.round(), Ended::NoState);
    let refused = node.change(("port", "a1"), Change::Delete, 0).unwrap_err();
    assert!(matches!(refused, Refused::NoState));
    assert_eq!((node.kernel.asked, node.keeper.is_ready()), (0, false));
}

#[test]
fn a_full_state_is_applied_read_back_and_not_written_again() {
    let mut node = Node::kept();
    assert_eq!(node.events(0), ["accepted", "applied"]);
    assert!(node.keeper.is_ready());
    let asked = node.kernel.asked;
    assert_eq!(node.round(), Ended::Wanted { steps: 0 });
    assert_eq!(node.put(FILE).unwrap(), 1, "the same is no new generation");
    assert_eq!(node.round(), Ended::Wanted { steps: 0 });
    assert_eq!((node.kernel.asked, node.events(2).len()), (asked, 0));
    let port = node.object("port", "a1");
    assert_eq!(
        (&port["desired"], &port["applied"], &port["verified"]),
        (&1.into(), &1.into(), &1.into())
    );
}

#[test]
fn a_change_is_for_one_generation() {
    let mut node = Node::kept();
    let put = || Change::Put(port("a3", 13));
    let refused = node.change(("port", "a3"), put(), 7).unwrap_err();
    assert!(matches!(refused, Refused::Generation { expected: 7, have: 1 }), "{refused}");
    assert_eq!(node.change(("port", "a3"), put(), 1).unwrap(), 2);
    assert!(matches!(node.round(), Ended::Wanted { steps } if steps > 0));
    assert!(node.kernel.seen.links.contains_key(&"p13".parse().unwrap()));
    assert_eq!(node.object("port", "a3")["desired"], 2);
    assert_eq!(node.object("port", "a1")["desired"], 1);
    assert_eq!(node.object("port", "a1")["verified"], 2);
    assert_eq!(node.change(("port", "a3"), Change::Delete, 2).unwrap(), 3);
    assert!(matches!(node.round(), Ended::Wanted { .. }));
    assert!(!node.kernel.seen.links.contains_key(&"p13".parse().unwrap()));
}

#[test]
fn what_is_unsound_is_refused_whole() {
    let mut node = Node::kept();
    let before = (node.store.clone().accepted, node.kernel.asked);
    let mut twice = port("a3", 13);
    twice.insert("mac".to_owned(), "02:00:00:00:00:11".into());
    twice.insert("grups".to_owned(), json!([]));
    let refused = node.change(("port", "a3"), Change::Put(twice), 1).unwrap_err();
    let Refused::Faults { errors } = &refused else { panic!("{refused}") };
    let places: Vec<_> = errors.faults.iter().filter_map(|it| it.place.pointer.clone()).collect();
    assert!(places.contains(&"/port/2/grups".to_owned()), "{places:?}");
    let delete = node.change(("network", "red-a"), Change::Delete, 1).unwrap_err();
    assert!(matches!(delete, Refused::Faults { .. }), "ports name it: {delete}");
    let odd = [("node", "x"), ("semantics", "x"), ("sheep", "x"), ("port", "a9")];
    for (kind, id) in odd {
        let error = node.change((kind, id), Change::Delete, 1).unwrap_err();
        assert!(error.hint().is_some(), "{kind}: {error}");
    }
    let other = node.change(("port", "a4"), Change::Put(port("a3", 13)), 1).unwrap_err();
    assert!(matches!(other, Refused::Id { .. }), "{other}");
    let few = FILE.replace("a1", "b1").replace("\"p1\"", "\"p7\"").replace("q1", "q7");
    assert!(matches!(node.put(&few).unwrap_err(), Refused::Held { .. }));
    node.store.full = true;
    let full = node.change(("port", "a3"), Change::Put(port("a3", 13)), 1).unwrap_err();
    assert!(matches!(full, Refused::Disk { .. }), "{full}");
    assert_eq!((node.store.accepted.clone(), node.kernel.asked), before);
    assert_eq!(node.keeper.state().unwrap().0, 1);
}

#[test]
fn drift_is_seen_repaired_and_told() {
    let mut node = Node::kept();
    let before = node.kernel.seen.clone();
    let p1 = "p1".parse().unwrap();
    node.kernel.seen.links.get_mut(&p1).unwrap().master = None;
    assert!(matches!(node.round(), Ended::Wanted { steps: 1.. }));
    assert_eq!(node.events(2), ["drift-seen", "drift-repaired"]);
    let seen: Vec<_> = node.keeper.events().after(2).flat_map(|it| it.objects.clone()).collect();
    assert!(seen.contains(&"port a1".to_owned()), "{seen:?}");
    assert_eq!(node.kernel.seen, before);
}

#[test]
fn a_tap_that_goes_waits_and_is_taken_up() {
    let mut node = Node::kept();
    let tap = "tap0".parse().unwrap();
    node.kernel.seen.links.remove(&tap);
    node.kernel.seen.forwarding.retain(|key, _to| key.device != tap);
    assert!(matches!(node.round(), Ended::Wanted { .. }));
    assert_eq!(node.events(2), ["port-waits"]);
    assert!(node.object("port", "a2")["reason"]["en"].as_str().unwrap().contains("tap0"));
    node.kernel.seen.links.insert(tap, device(9, Some("tun")));
    assert!(matches!(node.round(), Ended::Wanted { steps: 1.. }));
    assert_eq!(node.events(3), ["port-taken-up"]);
    assert_eq!(node.object("port", "a2")["verified"], 1);
}

#[test]
fn a_conflict_is_told_once_and_what_is_there_stays() {
    let mut node = Node::kept();
    node.kernel.seen.links.insert("p13".parse().unwrap(), device(13, Some("veth")));
    let asked = node.kernel.asked;
    node.change(("port", "a3"), Change::Put(port("a3", 13)), 1).unwrap();
    assert_eq!((node.round(), node.round()), (Ended::Not, Ended::Not));
    assert_eq!(node.events(2), ["accepted", "conflict"]);
    assert_eq!((node.kernel.asked, node.keeper.is_ready()), (asked, false));
    let reason = node.object("port", "a3")["reason"]["en"].clone();
    assert!(reason.as_str().unwrap().contains("`p13` is taken"), "{reason}");
    node.kernel.seen.links.remove(&"p13".parse().unwrap());
    assert!(matches!(node.round(), Ended::Wanted { steps: 1.. }));
    assert_eq!(node.object("port", "a3").get("reason"), None);
}

#[test]
fn a_restart_takes_up_what_was_accepted_and_touches_nothing() {
    let mut node = Node::kept().restart();
    let asked = node.kernel.asked;
    assert_eq!(node.round(), Ended::Wanted { steps: 0 });
    assert_eq!((node.kernel.asked, node.keeper.state().unwrap().0), (asked, 1));
    assert!(node.keeper.is_ready());
}

#[test]
fn killed_at_any_step_the_next_keeper_converges() {
    let wanted = Node::kept();
    let steps = wanted.kernel.asked;
    let shape = |kernel: &Fake| {
        let links = kernel.seen.links.iter().map(|(name, it)| (name.clone(), it.up, it.mtu));
        let links: Vec<_> = links.collect();
        (links, kernel.seen.ruleset.clone(), kernel.seen.forwarding.clone())
    };
    for at in 0..steps {
        let mut node = Node::new(fake(), Memory::default());
        node.put(FILE).unwrap();
        node.kernel.die = Some(at);
        let died = catch_unwind(AssertUnwindSafe(|| node.round()));
        assert!(died.is_err(), "step {at}");
        let mut node = node.restart();
        assert!(matches!(node.round(), Ended::Wanted { .. }), "{at}: {}", node.keeper.status());
        assert_eq!(shape(&node.kernel), shape(&wanted.kernel), "{at}");
    }
}

#[test]
fn a_step_that_fails_is_undone_told_and_tried_again() {
    let mut node = Node::new(fake(), Memory::default());
    node.put(FILE).unwrap();
    node.kernel.fail = Some((4, 16));
    let round = node.keeper.round(&mut node.kernel, &mut node.store, 0);
    assert_eq!((round.ended, round.again.is_some()), (Ended::Not, true));
    assert_eq!(node.events(0), ["accepted", "rolled-back"]);
    assert!(matches!(node.round(), Ended::Wanted { .. }));
}

#[test]
fn what_was_applied_by_hand_meanwhile_counts() {
    let mut node = Node::kept();
    let more = FILE.replace("ports = 443", "ports = 80");
    node.store.apply(&more).unwrap();
    let begin = |generation| {
        let devices = BTreeSet::new();
        encode(&Record::Begin { generation, digest: String::new(), steps: 0, devices })
    };
    node.store.journal = begin(5) + &encode(&Record::End(End::Done));
    let mut node = node.restart();
    assert_eq!(node.keeper.state().unwrap().0, 5);
    assert!(matches!(node.round(), Ended::Wanted { steps: 1.. }));
    // And where it was taken away by hand, there is nothing to keep.
    node.store.applied = None;
    node.store.journal = begin(6) + &encode(&Record::End(End::Done));
    assert!(node.restart().keeper.state().is_none());
}

#[test]
fn the_ring_forgets_the_oldest() {
    let mut node = Node::kept();
    for _ in 0..3000 {
        node.keeper.note(Happened::Applied, Vec::new(), Text::default(), 0);
    }
    assert_eq!(node.keeper.events().last(), 3002);
    assert_eq!(node.keeper.events().after(0).next().unwrap().sequence, 3002 - 1023);
}
