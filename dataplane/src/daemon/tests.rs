//! The daemon's mind on a kernel and a disk that are values.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use super::document::KINDS;
use super::status::State;
use super::store::Store;
use super::*;
use crate::journal::NoLog;
use crate::kernel::fake::{Fake, Killed};
use crate::seen::{Link, Seen};

const FILE: &str = r#"{"schema": "assay/network/v1", "semantics": "norm",
"node": {"name": "n", "device": "u0", "vtep": "10.99.0.1"},
"vpc": [{"id": "red"}],
"network": [{"id": "net", "vpc": "red", "vni": 100}],
"subnet": [{"id": "s", "network": "net", "cidr": "10.0.0.0/24"}],
"group": [{"id": "web", "vpc": "red", "rule": [{"direction": "in", "protocol": "tcp", "ports": 443}]}],
"port": [
{"id": "a1", "network": "net", "device": "p1", "kind": "veth", "peer": "q1", "mac": "02:00:00:00:00:11", "ips": ["10.0.0.11"], "groups": ["web"]},
{"id": "a2", "network": "net", "device": "tap0", "kind": "tap", "mac": "02:00:00:00:00:12", "ips": ["10.0.0.12"], "groups": []}],
"remote": [{"id": "b1", "network": "net", "vtep": "10.99.0.2", "mac": "02:00:00:00:00:21", "ips": ["10.0.0.21"], "groups": ["web"]}]
}"#;

const A3: &str = r#"{"network": "net", "device": "p3", "kind": "veth", "peer": "q3",
 "mac": "02:00:00:00:00:13",
 "ips": ["10.0.0.13"], "groups": ["web"]}"#;

/// A disk that is a value: it can be full, and its owner can be killed at a byte.
#[derive(Clone, Default)]
struct Disk {
    bytes: Vec<u8>,
    full: bool,
    /// How many bytes are still written before whoever writes is killed.
    die: Option<usize>,
}

impl Disk {
    fn write(&mut self, from: usize, line: &str) -> io::Result<()> {
        if self.full {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        let line = line.as_bytes();
        if let Some(left) = self.die.take() {
            let length = left.min(line.len());
            // A whole state is written beside the old one, and put in its place when it is whole.
            if from > 0 || length == line.len() {
                self.bytes.truncate(from);
                self.bytes.extend(&line[..length]);
            }
            resume_unwind(Box::new(Killed));
        }
        self.bytes.truncate(from);
        self.bytes.extend(line);
        Ok(())
    }
}

impl Store for Disk {
    fn replace(&mut self, line: &str) -> io::Result<()> {
        self.write(0, line)
    }

    fn append(&mut self, line: &str) -> io::Result<bool> {
        self.write(self.bytes.len(), line)?;
        Ok(self.bytes.len() > 4000)
    }
}

/// A daemon with its kernel and disk.
#[derive(Clone)]
struct Lab {
    kernel: Fake,
    disk: Disk,
    daemon: Daemon,
}

impl Lab {
    fn new() -> Self {
        let (daemon, _refused) = Daemon::start(None, Past::default(), 0);
        let links = [device("u0", 2, None), device("tap0", 3, Some("tun"))].into();
        let kernel = Fake::new(Seen { links, ..Seen::default() });
        Self { kernel, disk: Disk::default(), daemon }
    }

    fn with_state() -> Self {
        let mut lab = Self::new();
        lab.whole(FILE, Some(1)).unwrap();
        lab
    }

    /// What is left of it when it is killed, and starts again.
    fn restart(&mut self) {
        let accepted = store::decode(&self.disk.bytes);
        let (daemon, refused) = Daemon::start(accepted, Past::default(), 0);
        assert_eq!(refused, None);
        self.daemon = daemon;
    }

    fn change(&mut self, change: Change<'_>) -> Result<Answer, Refusal> {
        let proposal = self.daemon.propose(&change)?;
        let task = proposal.task.clone();
        let looked = work::look(&mut self.kernel, &task);
        Daemon::fits(looked.as_ref().err())?;
        let answer = self.daemon.accept(proposal, &mut self.disk, 0)?;
        let (report, _node) =
            work::finish(&mut self.kernel, &task, looked.unwrap(), &mut NoLog, &mut || ());
        self.daemon.learn(&report, Moment::default());
        Ok(answer)
    }

    fn whole(&mut self, text: &str, generation: Option<u64>) -> Result<Answer, Refusal> {
        self.change(Change::Whole { text, generation, confirmed: false })
    }

    fn one(&mut self, id: &str, text: Option<&str>, expected: u64) -> Result<Answer, Refusal> {
        let expected = Some(expected);
        self.change(Change::One { section: "port", id, text, expected })
    }

    fn tick(&mut self) {
        let Some(task) = self.daemon.task() else { return };
        let node = work::look(&mut self.kernel, &task).unwrap();
        let (report, _node) = work::finish(&mut self.kernel, &task, node, &mut NoLog, &mut || ());
        self.daemon.learn(&report, Moment { at_ms: 0, took: Duration::from_millis(7) });
    }

    fn states(&self) -> BTreeMap<String, State> {
        let all = self.daemon.statuses();
        all.map(|((section, id), status)| (format!("{section} {id}"), status.state)).collect()
    }

    fn state(&self, id: &str) -> Option<status::Status> {
        self.daemon.status(&("port".to_owned(), id.to_owned()))
    }

    fn events(&mut self) -> Vec<&'static str> {
        let kinds = self.daemon.events.after(0).map(|event| event.kind.name()).collect();
        self.daemon.events = Events::default();
        kinds
    }
}

fn device(name: &str, index: u32, kind: Option<&str>) -> (crate::address::Device, Link) {
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
    (name.parse().unwrap(), link)
}

fn has(lab: &Lab, name: &str) -> bool {
    lab.kernel.seen.links.contains_key(&name.parse().unwrap())
}

#[test]
fn nothing_is_done_before_a_whole_state_was_accepted() {
    let mut lab = Lab::new();
    assert!(lab.daemon.task().is_none());
    assert!(matches!(lab.one("a3", Some(A3), 0), Err(Refusal::NothingYet)));
    assert_eq!((lab.kernel.asked, lab.disk.bytes.len()), (0, 0));
    assert_eq!((lab.events(), lab.daemon.is_ready()), (vec!["started"], false));
}

#[test]
fn a_state_is_applied_and_the_same_again_asks_nothing_of_the_kernel() {
    let mut lab = Lab::with_state();
    assert_eq!(lab.events(), ["started", "accepted", "applied"]);
    assert!(lab.daemon.is_ready());
    assert_eq!(lab.daemon.reached(), (1, 1));
    assert!(lab.states().values().all(|state| *state == State::Verified), "{:?}", lab.states());
    let asked = lab.kernel.asked;
    let again = lab.whole(FILE, Some(1)).unwrap();
    assert_eq!(again, Answer { generation: 1, changed: false });
    lab.tick();
    assert_eq!((lab.kernel.asked, lab.events()), (asked, vec![]));
    // A new number for the same: nothing of it is new but the number.
    assert_eq!(lab.whole(FILE, Some(5)).unwrap(), Answer { generation: 5, changed: true });
    assert_eq!(lab.kernel.asked, asked);
    assert_eq!((lab.daemon.reached(), lab.state("a1").unwrap().desired), ((5, 5), Some(1)));
    assert_eq!(lab.events(), ["accepted", "applied"]);
}

#[test]
fn a_change_of_another_generation_is_refused() {
    let mut lab = Lab::with_state();
    lab.whole(FILE, Some(7)).unwrap();
    let other = FILE.replace("443", "80");
    assert!(matches!(
        lab.whole(&other, Some(7)),
        Err(Refusal::NotAbove { generation: 7, current: 7 })
    ));
    assert!(matches!(lab.whole(FILE, Some(6)), Err(Refusal::NotAbove { .. })));
    assert!(matches!(lab.one("a3", Some(A3), 6), Err(Refusal::Stale { expected: 6, current: 7 })));
    let without = Change::One { section: "port", id: "a3", text: Some(A3), expected: None };
    assert!(matches!(lab.change(without), Err(Refusal::NoExpectation { current: 7 })));
    assert!(matches!(lab.one("a9", None, 7), Err(Refusal::NoSuch { kind: "ports", .. })));
    // Of two that have seen the same, the second is refused.
    let first = lab.daemon.propose(&Change::One {
        section: "port",
        id: "a3",
        text: Some(A3),
        expected: Some(7),
    });
    lab.one("a1", None, 7).unwrap();
    let late = lab.daemon.accept(first.unwrap(), &mut lab.disk, 0);
    assert!(matches!(late, Err(Refusal::Stale { .. })), "{late:?}");
    assert_eq!(lab.whole(&other, None).unwrap().generation, 9);
}

#[test]
fn one_object_comes_and_goes() {
    let mut lab = Lab::with_state();
    assert_eq!(lab.one("a3", Some(A3), 1).unwrap().generation, 2);
    assert!(has(&lab, "p3"));
    let since = |lab: &Lab, id| lab.state(id).map(|status| (status.desired, status.verified));
    assert_eq!(since(&lab, "a3"), Some((Some(2), 2)));
    assert_eq!(since(&lab, "a1"), Some((Some(1), 1)));
    assert_eq!(lab.one("a3", None, 2).unwrap().generation, 3);
    assert!(!has(&lab, "p3") && lab.daemon.is_ready(), "{:?}", lab.daemon.standing());
    assert_eq!(lab.state("a3"), None);
}

#[test]
fn many_ports_go_only_when_someone_agrees() {
    let mut lab = Lab::with_state();
    lab.one("a3", Some(A3), 1).unwrap();
    lab.events();
    lab.whole(FILE, Some(3)).unwrap();
    assert_eq!((lab.events(), lab.daemon.standing().name()), (vec!["accepted", "held"], "held"));
    assert_eq!(lab.state("a3").unwrap().state, State::Going);
    assert!(lab.state("a1").unwrap().reason.unwrap().en.contains("?confirm=true"));
    // Not by another change either, nor by a restart.
    let group = r#"{"vpc": "red"}"#;
    let edit = Change::One { section: "group", id: "g", text: Some(group), expected: Some(3) };
    lab.change(edit).unwrap();
    lab.restart();
    lab.tick();
    assert!(has(&lab, "p3") && lab.daemon.standing().name() == "held");
    let text = lab.daemon.document().render(None).text;
    let confirmed = Change::Whole { text: &text, generation: Some(4), confirmed: true };
    assert!(!lab.change(confirmed).unwrap().changed);
    assert!(!has(&lab, "p3") && lab.daemon.is_ready(), "{:?}", lab.daemon.standing());
}

#[test]
fn what_is_wrong_is_refused_whole_and_where_it_stands() {
    let mut lab = Lab::with_state();
    lab.one("a3", Some(A3), 1).unwrap();
    let before = (lab.kernel.seen.clone(), lab.disk.bytes.clone(), lab.events().len());
    let faults = |refused: Result<Answer, Refusal>| match refused {
        Err(Refusal::Faults(errors)) => {
            let place = |fault: &spec::Fault| {
                let spec::Place { file, line, pointer } = &fault.place;
                format!("{file}:{line}:{}", pointer.as_deref().unwrap_or("-"))
            };
            errors.faults.iter().map(place).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let bad = A3.replace("02:00:00:00:00:13", "02:00:00:00:00:11");
    assert_eq!(faults(lab.one("a3", Some(&bad), 2)), ["body:2:/mac"]);
    let bad = A3.replace("\"web\"", "\"web\", \"wbe\"");
    assert_eq!(faults(lab.one("a9", Some(&bad), 2)).last().unwrap(), "body:3:/groups/1");
    assert_eq!(faults(lab.one("a3", Some("{\n\"a\": }"), 2)), ["body:2:-"]);
    // What others have of it is theirs.
    let group = Change::One { section: "group", id: "web", text: None, expected: Some(2) };
    let found = faults(lab.change(group));
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[0].starts_with("state:") && found[0].contains("/groups/0"), "{found:?}");
    assert_eq!(
        faults(lab.whole(&FILE.replace("443", "\n70000"), Some(3)))[0],
        "body:6:/group/0/rule/0/ports"
    );
    assert!(matches!(lab.whole("[]", Some(3)), Err(Refusal::NoObject)));
    assert!(matches!(lab.one("a3", Some("7"), 2), Err(Refusal::NoObject)));
    let other = lab.one("a3", Some("{\"id\": \"a4\"}"), 2);
    assert!(matches!(other, Err(Refusal::OtherId { .. })));
    // Nothing smuggles a second object in.
    let two = format!("{}, {}", A3, A3.replace("p3", "p4"));
    assert!(lab.one("a3", Some(&two), 2).is_err());
    lab.disk.full = true;
    assert!(matches!(lab.one("a3", None, 2), Err(Refusal::Store { .. })));
    assert_eq!(
        (lab.kernel.seen.clone(), lab.disk.bytes.clone(), lab.events().len() + before.2),
        before
    );
    assert_eq!(lab.daemon.accepted().generation, 2);
}

#[test]
fn what_was_accepted_counts_after_a_restart() {
    let mut lab = Lab::with_state();
    for (at, id) in ["c1", "c2", "c3"].iter().enumerate() {
        let text = A3.replace("p3", id).replace("q3", &format!("q{id}"));
        let text =
            text.replace(":13", &format!(":3{at}")).replace("10.0.0.13", &format!("10.0.0.3{at}"));
        lab.one(id, Some(&text), 1 + u64::try_from(at).unwrap()).unwrap();
    }
    let (seen, asked) = (lab.kernel.seen.clone(), lab.kernel.asked);
    lab.restart();
    assert_eq!(lab.daemon.accepted().generation, 4);
    lab.tick();
    assert_eq!((lab.kernel.seen.clone(), lab.kernel.asked), (seen, asked));
    assert!(lab.daemon.is_ready());
    // Nothing on disk: nothing is known, and nothing is deleted.
    lab.disk.bytes.clear();
    lab.restart();
    lab.tick();
    assert_eq!(lab.kernel.asked, asked);
}

/// Does something on a clone that is killed; returns whether it was.
fn killed(lab: &mut Lab, what: impl FnOnce(&mut Lab)) -> bool {
    match catch_unwind(AssertUnwindSafe(|| what(lab))) {
        Ok(()) => false,
        Err(panic) if panic.is::<Killed>() => true,
        Err(panic) => resume_unwind(panic),
    }
}

#[test]
fn killed_at_any_byte_of_the_disk_it_is_the_old_state_or_the_new() {
    let length = {
        let mut lab = Lab::with_state();
        lab.one("a3", Some(A3), 1).unwrap();
        lab.disk.bytes.len()
    };
    let (mut old, mut new) = (0, 0);
    let begun = Lab::with_state();
    for left in 0..length {
        let mut lab = begun.clone();
        let seen = lab.kernel.seen.clone();
        lab.disk.die = Some(left);
        if !killed(&mut lab, |lab| drop(lab.one("a3", Some(A3), 1))) {
            break;
        }
        assert_eq!(lab.kernel.seen, seen, "nothing is touched before it is on disk");
        lab.restart();
        lab.tick();
        match lab.daemon.accepted().generation {
            1 => old += 1,
            2 => new += 1,
            other => panic!("{left}: {other}"),
        }
        assert_eq!(has(&lab, "p3"), lab.daemon.accepted().generation == 2, "{left}");
        assert!(lab.daemon.is_ready());
        // And it goes on from there.
        let now = lab.daemon.accepted().generation;
        assert_eq!(lab.one("a3", Some(A3), now).unwrap().generation, now + 1);
        let read = store::decode(&lab.disk.bytes).map(|accepted| accepted.generation);
        if now == 2 {
            assert_eq!(read, Some(3), "{left}");
        }
    }
    assert!(old > 100 && new > 0, "{old} {new}");
}

#[test]
fn killed_at_any_step_the_next_one_ends_as_if_nothing_was() {
    let whole = Lab::with_state().kernel;
    for at in 0..whole.asked {
        let mut lab = Lab::new();
        lab.kernel.die = Some(at);
        assert!(killed(&mut lab, |lab| drop(lab.whole(FILE, Some(1)))), "{at}");
        lab.restart();
        assert_eq!(lab.daemon.accepted().generation, 1);
        lab.tick();
        assert!(lab.daemon.is_ready(), "{at}: {:?}", lab.daemon.standing());
        assert_eq!(lab.kernel.seen.ruleset, whole.seen.ruleset, "{at}");
        assert_eq!(lab.kernel.seen.forwarding, whole.seen.forwarding, "{at}");
    }
}

#[test]
fn drift_is_mended_and_told_and_a_tap_that_returns_is_opened() {
    let mut lab = Lab::with_state();
    lab.events();
    let p1 = "p1".parse().unwrap();
    lab.kernel.seen.links.get_mut(&p1).unwrap().up = false;
    lab.tick();
    assert!(lab.kernel.seen.links[&p1].up);
    let event = lab.daemon.events.after(0).last().unwrap().clone();
    assert_eq!((event.kind, event.took_ms), (Kind::Drift, Some(7)));
    assert_eq!(event.objects, BTreeSet::from(["port a1".to_owned()]));
    assert_eq!((event.steps.len(), lab.daemon.counts.drifts), (1, 1));
    lab.events();
    let tap = lab.kernel.seen.links.remove(&"tap0".parse().unwrap()).unwrap();
    lab.kernel.seen.forwarding.retain(|key, _to| key.device.as_str() != "tap0");
    lab.tick();
    assert_eq!(lab.state("a2").unwrap().state, State::Waiting);
    assert_eq!(lab.events(), ["waits"]);
    lab.tick();
    assert_eq!(lab.events(), Vec::<&str>::new());
    let tap = Link { master: None, bridge_port: None, up: false, ..tap };
    lab.kernel.seen.links.insert("tap0".parse().unwrap(), tap);
    lab.tick();
    assert_eq!((lab.events(), lab.state("a2").unwrap().state), (vec!["opened"], State::Verified));
}

#[test]
fn a_failure_is_told_once_and_tried_again_ever_later() {
    let mut lab = Lab::new();
    lab.kernel.fail = Some((3, 12));
    lab.whole(FILE, Some(1)).unwrap();
    assert_eq!(lab.events(), ["started", "accepted", "rolled-back"]);
    assert!(lab.states().values().all(|state| *state == State::Blocked), "{:?}", lab.states());
    assert_eq!((lab.daemon.reached(), lab.daemon.calm()), ((0, 0), Duration::from_secs(1)));
    lab.kernel.fail = Some((lab.kernel.asked + 3, 12));
    lab.tick();
    assert_eq!((lab.events(), lab.daemon.calm()), (vec![], Duration::from_secs(2)));
    for _ in 0..40 {
        lab.kernel.fail = Some((lab.kernel.asked + 3, 12));
        lab.tick();
    }
    assert_eq!(lab.daemon.calm(), Duration::from_secs(30));
    lab.kernel.fail = None;
    lab.tick();
    assert_eq!((lab.events(), lab.daemon.calm()), (vec!["applied"], CALM));
    assert!(lab.states().values().all(|state| *state == State::Verified));
}

#[test]
fn what_others_have_is_named_for_whom_it_stops() {
    let mut lab = Lab::new();
    let (name, link) = device("p1", 9, Some("dummy"));
    lab.kernel.seen.links.insert(name, link);
    lab.whole(FILE, Some(1)).unwrap();
    assert_eq!((lab.kernel.asked, lab.events().last().copied()), (0, Some("conflict")));
    let reason = |lab: &Lab, id| lab.state(id).unwrap().reason.unwrap().en;
    assert!(reason(&lab, "a1").contains("`p1`"), "{}", reason(&lab, "a1"));
    assert!(
        reason(&lab, "a2").contains("held up by a conflict of port a1"),
        "{}",
        reason(&lab, "a2")
    );
    lab.kernel.seen.links.remove(&"p1".parse().unwrap());
    lab.tick();
    assert!(lab.daemon.is_ready());
}

#[test]
fn what_cannot_be_had_here_is_refused_before_it_counts() {
    let mut lab = Lab::new();
    let large = FILE.replace("\"vni\": 100", "\"vni\": 100, \"mtu\": 1590");
    let refused = lab.whole(&large, Some(1));
    assert!(matches!(refused, Err(Refusal::Unfit { .. })), "{refused:?}");
    assert_eq!((lab.daemon.accepted().generation, lab.disk.bytes.len()), (0, 0));
}

#[test]
fn every_section_of_the_file_can_be_changed_by_itself() {
    let schema = include_str!("../../schema/network-v1.json");
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let sections = schema["properties"].as_object().unwrap().iter();
    let lists = sections.filter(|(_name, about)| about["type"] == "array");
    let mut own: Vec<&str> = lists.map(|(name, _about)| name.as_str()).collect();
    own.sort_unstable();
    let mut all: Vec<&str> = KINDS.iter().map(|(_name, section)| *section).collect();
    all.sort_unstable();
    assert_eq!(own, all);
}
