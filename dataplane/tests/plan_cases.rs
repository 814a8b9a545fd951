//! Plans of states that are told apart: what is in the way, what waits, what is held, what is
//! taken over, and what people read of it.

#[path = "plan/state.rs"]
#[expect(dead_code, reason = "the random states are another test's")]
mod state;

use std::collections::BTreeSet;

use dataplane::apply::{self, Applied, ApplyError, Revoked, Run, apply};
use dataplane::journal::{End, Log, Past, Record, decode, encode};
use dataplane::kernel::fake::Fake;
use dataplane::kernel::{Connection, Kernel};
use dataplane::nft::{
    Batch, Chain, Change, Comparison, Element, Expression, Family, Key, KeyType, Meta, Register,
    Rule, Ruleset, Set, Table, Verdict,
};
use dataplane::plan::{Held, LinkChange, MARK, Plan, Scope, Step, plan, text};
use dataplane::seen::{Link, Seen, Vxlan};
use dataplane::spec;
use dataplane::wanted::Wanted;
use state::{foreign, name, wanted};

/// A log that is read by [`decode`].
#[derive(Default)]
struct Kept(String);

impl Log for Kept {
    fn append(&mut self, record: &Record, _durable: bool) -> std::io::Result<()> {
        self.0 += &encode(record);
        Ok(())
    }
}

fn all() -> Scope {
    Scope { complete: true, confirmed: true, began: BTreeSet::new() }
}

/// A state of one network with ports `(id, device, host, group)`.
fn with(ports: &[(&str, &str, u8, &str)]) -> Wanted {
    let mut text = "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n\
        [node]\nname = \"n\"\ndevice = \"u0\"\nvtep = \"10.99.0.1\"\n\
        [[vpc]]\nid = \"red\"\n\
        [[network]]\nid = \"red-a\"\nvpc = \"red\"\nvni = 100\n\
        [[subnet]]\nid = \"s\"\nnetwork = \"red-a\"\ncidr = \"10.0.0.0/24\"\n\
        [[group]]\nid = \"web\"\nvpc = \"red\"\n[[group]]\nid = \"app\"\nvpc = \"red\"\n"
        .to_owned();
    for (id, device, host, group) in ports {
        let kind = match &device[..1] {
            "p" => format!("kind = \"veth\"\npeer = \"q{}\"", &device[1..]),
            "t" => "kind = \"tap\"".to_owned(),
            _ => "kind = \"physical\"".to_owned(),
        };
        let port = format!(
            "[[port]]\nid = \"{id}\"\nnetwork = \"red-a\"\ndevice = \"{device}\"\n{kind}\n\
             mac = \"02:00:00:00:00:{host:02x}\"\nips = [\"10.0.0.{host}\"]\ngroups = [\"{group}\"]\n"
        );
        text += &port;
    }
    wanted(&spec::read("n.toml", &text).expect("it is sound"))
}

fn node(devices: &[(&str, Link)]) -> Fake {
    let mut underlay = foreign(None);
    underlay.addresses.insert("10.99.0.1/24".parse().expect("it is sound"));
    let mut seen = Seen::default();
    seen.links.insert(name("u0"), underlay);
    for (device, link) in devices {
        seen.links.insert(name(device), link.clone());
    }
    Fake::new(seen)
}

fn tap() -> Link {
    foreign(Some("tun"))
}

fn run(fake: &mut Fake, plan: &Plan) -> Applied {
    let run = Run { generation: 3, digest: "d", past: &Past::default() };
    apply(fake, plan, run, &mut Kept::default()).expect("it is sound")
}

fn converge(fake: &mut Fake, wanted: &Wanted) -> Plan {
    let plan = plan(wanted, &fake.seen, &all());
    assert_eq!(plan.conflicts, []);
    assert_eq!(run(fake, &plan), Applied::Done { steps: plan.steps.len() });
    plan
}

/// What is in the way of one port on `device`, in English.
fn reasons(fake: &Fake, wanted: &Wanted) -> Vec<String> {
    let plan = plan(wanted, &fake.seen, &all());
    assert!(plan.conflicts.is_empty() || plan.steps.is_empty());
    for conflict in &plan.conflicts {
        assert!(!conflict.reason_zh.is_empty() && !conflict.cause.is_empty());
    }
    plan.conflicts.into_iter().map(|conflict| conflict.reason).collect()
}

#[test]
fn a_card_that_carries_something_is_no_port() {
    let physical = with(&[("a", "e1", 11, "web")]);
    let has = |change: &dyn Fn(&mut Fake)| {
        let mut fake = node(&[("e1", foreign(None))]);
        change(&mut fake);
        reasons(&fake, &physical)
    };
    let card = |fake: &mut Fake, change: &dyn Fn(&mut Link)| {
        change(fake.seen.links.get_mut(&name("e1")).unwrap());
    };
    let address = |text: &str| text.parse::<ipnet::IpNet>().unwrap();
    assert_eq!(has(&|_| {}), [""; 0]);
    let local = |fake: &mut Fake| {
        card(fake, &|link| assert!(link.addresses.insert(address("fe80::1/64"))));
    };
    assert_eq!(has(&local), [""; 0], "that one comes by itself");
    let managed =
        has(&|fake| card(fake, &|link| assert!(link.addresses.insert(address("192.0.2.9/24")))));
    assert_eq!(managed.len(), 1);
    assert!(managed[0].contains("192.0.2.9/24"), "{managed:?}");
    let tunnel =
        has(&|fake| card(fake, &|link| assert!(link.addresses.insert(address("10.99.0.1/24")))));
    assert!(tunnel[0].contains("VTEP"), "{tunnel:?}");
    let routed = has(&|fake| assert!(fake.seen.routed_devices.insert(name("e1"))));
    assert!(routed[0].contains("routes"), "{routed:?}");
    for kind in ["bond", "bridge", "team"] {
        let enslaved = has(&|fake| {
            fake.seen.links.insert(name("m0"), foreign(Some(kind)));
            card(fake, &|link| link.master = Some(name("m0")));
        });
        assert!(enslaved[0].contains(&format!("`m0`, a {kind}")), "{enslaved:?}");
    }
}

#[test]
fn names_and_numbers_of_others_are_in_the_way() {
    let wanted = with(&[("a", "p1", 11, "web")]);
    let bridge = wanted.links.keys().find(|name| name.as_str().starts_with("asb")).unwrap();
    for taken in ["p1", "q1", bridge.as_str()] {
        let reasons = reasons(&node(&[(taken, foreign(Some("bridge")))]), &wanted);
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        assert!(reasons[0].contains(&format!("`{taken}`")), "{reasons:?}");
    }
    let vxlan = |vni, port| {
        let vxlan = Vxlan { vni, local: None, port, learning: true, proxy: false };
        node(&[("vx9", Link { vxlan: Some(vxlan), ..foreign(Some("vxlan")) })])
    };
    for vni in [100, 7] {
        let reasons = reasons(&vxlan(vni, 4789), &wanted);
        assert!(reasons[0].contains("`vx9`") && reasons[0].contains("4789"), "{reasons:?}");
    }
    assert_eq!(reasons(&vxlan(100, 8472), &wanted), [""; 0], "another port is another tunnel");
}

#[test]
fn a_table_of_our_name_that_others_made_is_left_alone() {
    let wanted = with(&[("a", "p1", 11, "web")]);
    let mut fake = node(&[]);
    let chains = [("as_fwd".to_owned(), Chain::default())].into();
    fake.seen.ruleset.inet = Some(Table { chains, ..Table::default() });
    let reasons = reasons(&fake, &wanted);
    assert!(reasons[0].contains("nft delete table inet assay"), "{reasons:?}");
    // Taking ours away does not take theirs.
    let before = fake.seen.clone();
    converge(&mut fake, &Wanted::default());
    assert_eq!(fake.seen, before);
}

#[test]
fn a_tap_that_is_not_there_is_waited_for_and_taken_up_closed() {
    let wanted = with(&[("a", "t1", 11, "web"), ("b", "t2", 12, "web")]);
    for old_kernel in [false, true] {
        let mut fake = node(&[("t1", tap())]);
        fake.chains_go_with_devices = old_kernel;
        let plan = converge(&mut fake, &wanted);
        let waits: Vec<_> = plan.waits.iter().map(|wait| wait.device.as_str()).collect();
        assert_eq!(waits, ["t2"]);
        assert!(converge(&mut fake, &wanted).steps.is_empty());
        fake.seen.links.insert(name("t2"), tap());
        let steps = converge(&mut fake, &wanted).steps;
        let first = steps.iter().position(|planned| matches!(planned.step, Step::Rules(_)));
        let joined = steps.iter().position(|planned| {
            let change = LinkChange::Master(Some(name("asb0000000000")));
            let mut step = planned.step.clone();
            if let Step::ChangeLink { change: LinkChange::Master(Some(bridge)), .. } = &mut step {
                *bridge = name("asb0000000000");
            }
            step == Step::ChangeLink { name: name("t2"), change }
        });
        assert!(first.is_some() && first < joined, "{steps:#?}");
        // Its guest stops: it vanishes, and comes back.
        let gone = Step::DeleteLink { name: name("t2") };
        assert_eq!(fake.perform(&[gone]), [Ok(())]);
        assert!(converge(&mut fake, &wanted).steps.is_empty());
        fake.seen.links.insert(name("t2"), tap());
        converge(&mut fake, &wanted);
        assert!(fake.seen.links[&name("t2")].up);
    }
}

#[test]
fn who_takes_over_an_address_gets_it_after_the_other_is_closed() {
    let old = with(&[("a", "t1", 11, "web"), ("b", "p2", 12, "app")]);
    let new = with(&[("c", "t3", 11, "app"), ("b", "p2", 12, "app")]);
    let mut fake = node(&[("t1", tap()), ("t3", tap())]);
    converge(&mut fake, &old);
    let steps = converge(&mut fake, &new).steps;
    let at = |wanted: &dyn Fn(&Step) -> bool| {
        steps.iter().position(|planned| wanted(&planned.step)).unwrap()
    };
    let freed = at(&|step| {
        *step == Step::ChangeLink { name: name("t1"), change: LinkChange::Master(None) }
    });
    let rules = at(&|step| matches!(step, Step::Rules(_)));
    assert!(freed < rules, "{steps:#?}");
    // Where nobody takes anything over, what is stale goes last.
    let mut fake = node(&[("t1", tap()), ("t3", tap())]);
    converge(&mut fake, &old);
    let steps = converge(&mut fake, &with(&[("c", "t3", 13, "app"), ("b", "p2", 12, "app")])).steps;
    let at = |wanted: &dyn Fn(&Step) -> bool| {
        steps.iter().position(|planned| wanted(&planned.step)).unwrap()
    };
    let freed = at(&|step| {
        *step == Step::ChangeLink { name: name("t1"), change: LinkChange::Master(None) }
    });
    let up =
        at(&|step| *step == Step::ChangeLink { name: name("t3"), change: LinkChange::Up(true) });
    assert!(up < freed, "{steps:#?}");
}

#[test]
fn a_mac_address_that_moves_is_replaced_in_place() {
    let old = with(&[("a", "t1", 11, "web"), ("b", "t2", 12, "web")]);
    let mut new = old.clone();
    // The two exchange their MAC addresses in the bridge.
    new.forwarding = old
        .forwarding
        .keys()
        .map(|key| {
            let mut key = key.clone();
            key.device = name(if key.device == name("t1") { "t2" } else { "t1" });
            (key, None)
        })
        .collect();
    let mut fake = node(&[("t1", tap()), ("t2", tap())]);
    converge(&mut fake, &old);
    let plan = converge(&mut fake, &new);
    assert_eq!(plan.steps.len(), 2);
    assert!(plan.steps.iter().all(|planned| matches!(planned.step, Step::SetForwarding { .. })));
    assert_eq!(fake.seen.forwarding, new.forwarding);
}

#[test]
fn a_state_that_is_not_complete_takes_nothing_away() {
    let old = with(&[("a", "p1", 11, "web"), ("b", "p2", 12, "app")]);
    let mut fake = node(&[]);
    converge(&mut fake, &old);
    let part = Scope { complete: false, ..all() };
    let plan = plan(&with(&[("a", "p1", 11, "web")]), &fake.seen, &part);
    let takes = |step: &Step| match step {
        Step::DeleteLink { .. } | Step::DeleteForwarding { .. } | Step::DeleteNeighbour { .. } => {
            true
        }
        Step::ChangeLink { change, .. } => {
            matches!(change, LinkChange::Up(false) | LinkChange::Master(None))
        }
        Step::Rules(batch) => batch
            .changes
            .iter()
            .any(|change| matches!(change, Change::DeleteChain { .. } | Change::DeleteSet { .. })),
        _ => false,
    };
    assert!(!plan.steps.iter().any(|planned| takes(&planned.step)), "{plan:#?}");
}

#[test]
fn many_ports_go_only_when_someone_agrees() {
    let ports: Vec<(String, String)> =
        (0..10).map(|at| (format!("a{at}"), format!("p{at}"))).collect();
    let of = |count: usize| {
        let some = ports.iter().take(count).zip(11..);
        let some: Vec<_> =
            some.map(|((id, device), host)| (id.as_str(), device.as_str(), host, "web")).collect();
        with(&some)
    };
    let mut fake = node(&[]);
    converge(&mut fake, &of(10));
    let unasked = Scope { confirmed: false, ..all() };
    assert_eq!(plan(&of(8), &fake.seen, &unasked).held, None, "a fifth is no more than a fifth");
    let held = plan(&of(7), &fake.seen, &unasked);
    assert_eq!(held.held, Some(Held { ports: 3, of: 10 }));
    let before = fake.seen.clone();
    let run = Run { generation: 1, digest: "", past: &Past::default() };
    let refused = apply(&mut fake, &held, run, &mut Kept::default()).unwrap_err();
    assert!(matches!(refused, ApplyError::Held { .. }), "{refused:?}");
    assert_eq!(fake.seen, before);
    assert_eq!(plan(&of(7), &fake.seen, &all()).held, None);
}

#[test]
fn a_pair_whose_other_end_a_tenant_has_is_taken_away_last_and_not_given_back() {
    let mut fake = node(&[]);
    converge(&mut fake, &with(&[("a", "p1", 11, "web"), ("b", "p2", 12, "web")]));
    // A guest takes the other end into its namespace.
    fake.seen.links.remove(&name("q1"));
    fake.seen.links.get_mut(&name("p1")).unwrap().peer = None;
    let plan = plan(&Wanted::default(), &fake.seen, &all());
    let lost: Vec<_> = plan.steps.iter().filter(|planned| planned.lost.is_some()).collect();
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0].step, Step::DeleteLink { name: name("p1") });
    fake.fail = Some((fake.asked + plan.steps.len() - 1, 16));
    match run(&mut fake, &plan) {
        Applied::Stuck { left, because, .. } => {
            assert_eq!(because.errno, 16);
            assert!(left.iter().any(|left| left.undo.en.contains("`p1`")), "{left:#?}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_device_that_a_killed_run_made_and_did_not_mark_is_taken_up() {
    let wanted = with(&[("a", "p1", 11, "web")]);
    let mut clean = node(&[]);
    let first = converge(&mut clean, &wanted);
    for planned in &first.steps {
        let Step::AddLink { name: made, .. } = &planned.step else { continue };
        let mut fake = node(&[]);
        assert_eq!(fake.perform(std::slice::from_ref(&planned.step)), [Ok(())]);
        fake.seen.links.get_mut(made).unwrap().alias = None;
        assert_eq!(reasons(&fake, &wanted).len(), 1, "without the journal it may be anyone's");
        // The journal, cut off at its end, says whose it is.
        let mut log = Kept::default();
        log.append(&dataplane::journal::begin(4, "d", &first, &Past::default()), true).unwrap();
        let past = decode(log.0.as_bytes());
        assert!(past.is_unfinished());
        let scope = Scope { began: past.began.clone(), ..all() };
        let mut destroyed = fake.clone();
        for (fake, wanted, end) in [
            (&mut fake, &wanted, &clean.seen),
            (&mut destroyed, &Wanted::default(), &node(&[]).seen),
        ] {
            let plan = plan(wanted, &fake.seen, &scope);
            let run = Run { generation: 5, digest: "d", past: &past };
            let applied = apply(fake, &plan, run, &mut log).unwrap();
            assert_eq!(applied, Applied::Done { steps: plan.steps.len() });
            assert_eq!(&fake.seen, end);
            assert_eq!(decode(log.0.as_bytes()).end, Some(End::Done));
        }
        // Where someone uses it meanwhile, it is not taken.
        let mut used = node(&[]);
        assert_eq!(used.perform(std::slice::from_ref(&planned.step)), [Ok(())]);
        let link = used.seen.links.get_mut(made).unwrap();
        (link.alias, link.up) = (None, true);
        assert_eq!(plan(&wanted, &used.seen, &scope).conflicts.len(), 1);
    }
}

#[test]
fn the_journal_tells_how_a_run_ended() {
    let wanted = with(&[("a", "p1", 11, "web")]);
    let mut log = Kept::default();
    let mut fake = node(&[]);
    let plan = plan(&wanted, &fake.seen, &all());
    let run = Run { generation: 9, digest: "d9", past: &Past::default() };
    fake.fail = Some((plan.steps.len() - 1, 12));
    let applied = apply(&mut fake, &plan, run, &mut log).unwrap();
    assert!(matches!(applied, Applied::RolledBack { .. }));
    let past = decode(log.0.as_bytes());
    assert_eq!((past.generation, past.digest.as_str()), (9, "d9"));
    assert_eq!((past.end.clone(), past.steps), (Some(End::RolledBack), plan.steps.len()));
    let run = Run { generation: 10, digest: "d10", past: &past };
    let applied = apply(&mut fake, &plan, run, &mut log).unwrap();
    assert_eq!(applied, Applied::Done { steps: plan.steps.len() });
    let past = decode(log.0.as_bytes());
    assert_eq!(
        (past.generation, past.end, past.performed),
        (10, Some(End::Done), plan.steps.len())
    );
}

fn element(bytes: [u8; 4], last: Option<[u8; 4]>) -> (Element, Option<dataplane::nft::Value>) {
    (
        Element {
            key: Key::from_slice(&bytes),
            last: last.map(|last| Box::new(Key::from_slice(&last))),
        },
        None,
    )
}

/// Rules with one set and a chain that names it.
fn rules(set: Set) -> Wanted {
    let lookup = Rule {
        expressions: vec![
            Expression::Meta { key: Meta::InName, to: Register(0) },
            Expression::Compare { from: Register(0), how: Comparison::Equal, value: vec![0; 4] },
            Expression::Lookup { set: "as_r".to_owned(), from: Register(0), inverted: false },
            Expression::Verdict(Verdict::Accept),
        ],
        comment: None,
    };
    let chain = Chain { hook: None, rules: vec![lookup] };
    let inet = Table {
        chains: [("as_judge".to_owned(), chain)].into(),
        sets: [("as_r".to_owned(), set)].into(),
    };
    Wanted { ruleset: Ruleset { inet: Some(inet), netdev: None }, ..Wanted::default() }
}

#[test]
fn sets_change_by_elements_and_are_replaced_only_where_their_shape_changed() {
    let ranges = Set {
        key: vec![KeyType::Ipv4],
        value: None,
        interval: true,
        elements: [element([10, 0, 0, 0], Some([10, 0, 0, 255])), element([192, 0, 2, 0], None)]
            .into_iter()
            .collect(),
    };
    let wider = Set {
        elements: [element([10, 0, 0, 0], Some([10, 0, 255, 255]))].into_iter().collect(),
        ..ranges.clone()
    };
    let single = Set {
        key: vec![KeyType::Ether],
        interval: false,
        elements: [element([2, 0, 0, 1], None)].into_iter().collect(),
        ..ranges.clone()
    };
    let mut fake = Fake::default();
    let first = rules(ranges);
    converge(&mut fake, &first);
    let mark = &fake.seen.ruleset.inet.as_ref().unwrap().chains[MARK];
    assert_eq!(mark, &Chain::default());
    // The wider range comes in one batch with the removal of what it overlaps; the rest of what
    // is stale goes later; rules are not written again.
    let plan = converge(&mut fake, &rules(wider.clone()));
    let batches: Vec<&Batch> = plan
        .steps
        .iter()
        .map(|planned| match &planned.step {
            Step::Rules(batch) => batch,
            other => panic!("{other:?}"),
        })
        .collect();
    let kinds: Vec<Vec<&str>> =
        batches.iter().map(|batch| batch.changes.iter().map(kind).collect()).collect();
    assert_eq!(kinds, [vec!["-elements", "+elements"], vec!["-elements"]]);
    for (from, to) in [(&wider, &single), (&single, &wider)] {
        let before = fake.seen.clone();
        assert_eq!(&before.ruleset.inet.as_ref().unwrap().sets["as_r"], from);
        let plan = dataplane::plan::plan(&rules(to.clone()), &fake.seen, &all());
        assert_eq!(plan.steps.len(), 1, "one batch: {plan:#?}");
        assert!(matches!(run(&mut fake, &plan), Applied::Done { .. }));
        assert_eq!(&fake.seen.ruleset.inet.as_ref().unwrap().sets["as_r"], to);
        let mut undone = fake.clone();
        for undo in &*plan.steps[0].undo() {
            let result = undone.perform(std::slice::from_ref(undo));
            assert_eq!(result, [Ok(())]);
        }
        assert_eq!(undone.seen, before);
    }
}

fn kind(change: &Change) -> &'static str {
    match change {
        Change::AddElements { family: Family::Inet, .. } => "+elements",
        Change::DeleteElements { family: Family::Inet, .. } => "-elements",
        _ => "other",
    }
}

#[test]
fn what_is_no_longer_permitted_is_cut_and_nothing_else() {
    let connection = |zone, id| Connection {
        zone,
        id,
        source: "10.0.0.11".parse().unwrap(),
        destination: "10.0.0.12".parse().unwrap(),
        protocol: 6,
        ports: Some((40_000, 443)),
        icmp: None,
    };
    let connections = vec![connection(1, 1), connection(1, 2), connection(2, 3)];
    let mut fake = Fake { connections, ..Fake::default() };
    let mut even = |connection: &Connection| connection.id.is_multiple_of(2);
    let revoked = apply::revoke(&mut fake, &BTreeSet::from([1]), &mut even).unwrap();
    assert_eq!(revoked, Revoked { seen: 2, cut: 1 });
    assert_eq!(fake.connections, [connection(1, 2), connection(2, 3)]);
}

#[test]
fn a_plan_is_read_in_both_languages_and_as_json() {
    let mut fake = node(&[("t1", tap())]);
    converge(&mut fake, &with(&[("a", "t1", 11, "web")]));
    fake.seen.links.get_mut(&name("t1")).unwrap().up = false;
    let plan = plan(&with(&[("a", "t1", 11, "web"), ("b", "t2", 12, "web")]), &fake.seen, &all());
    let lines = text::lines(&plan);
    let up = lines.iter().position(|line| line.en == "2. [port a] set `t1` up").unwrap();
    assert_eq!(lines[up].zh, "2. [端口 a] 启用 t1");
    assert_eq!(lines[up + 1].en, "   undo: set `t1` down");
    assert_eq!(lines[up + 1].zh, "   撤销：停用 t1");
    assert!(lines[0].en.contains("waits for device `t2`"), "{}", lines[0].en);
    let value = text::value(&plan);
    assert_eq!(value["steps"].as_array().unwrap().len(), plan.steps.len());
    assert_eq!(value["steps"][1]["for"], "port a");
    assert_eq!(value["steps"][1]["undo"][0]["en"], "set `t1` down");
    assert_eq!(value["waits"][0]["device"], "t2");
    assert!(value["held"].is_null());
}
