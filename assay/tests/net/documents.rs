//! What is printed for programs, against its schema: what takes root to come about is made with
//! a kernel in memory.

use std::collections::BTreeMap;

use assay::output::net::{apply, plan, show, verify};
use assay::output::{Layout, Paint};
use dataplane::apply::{Applied, Run};
use dataplane::desired::Desired;
use dataplane::desired::loops::{Action, LoopDetection};
use dataplane::journal::{NoLog, Past};
use dataplane::kernel::fake::Fake;
use dataplane::kernel::links::counters::Counters;
use dataplane::node::{self, Node};
use dataplane::plan::Scope;
use dataplane::seen::{Link, Seen};
use dataplane::text::Text;
use profiles::Lang;
use serde_json::{Map, Value, json};

/// Holds a document against the schema of all of them.
pub(crate) fn valid(document: &Value) {
    let schema: Value =
        serde_json::from_str(include_str!("documents.schema.json")).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    assert!(validator.is_valid(document), "{}: {document:#}", faults(&schema, document));
}

/// Says what is wrong with a document as the kind that it says it is.
fn faults(schema: &Value, document: &Value) -> String {
    let named = document["schema"].as_str().unwrap_or_default();
    let kind = named.trim_start_matches("assay/net-").trim_end_matches("/v1");
    let kind = kind.replace("destroy", "apply");
    let one = json!({ "$ref": format!("#/$defs/{kind}"), "$defs": &schema["$defs"] });
    let Ok(validator) = jsonschema::validator_for(&one) else { return named.to_owned() };
    let errors = validator.iter_errors(document);
    errors
        .map(|error| format!("{error} at {}", error.instance_path()))
        .collect::<Vec<_>>()
        .join("; ")
}

fn desired() -> Desired {
    dataplane::spec::read("state.toml", include_str!("state.toml")).expect("the file is sound")
}

fn link(mtu: u32, kind: Option<&str>) -> Link {
    Link {
        index: 1,
        kind: kind.map(str::to_owned),
        alias: None,
        mac: None,
        mtu,
        up: true,
        no_arp: false,
        generates_addresses: true,
        master: None,
        bridge_port: None,
        bridge: None,
        vxlan: None,
        peer: None,
        addresses: std::collections::BTreeSet::new(),
    }
}

/// A node with its underlay, and the tap that a guest brought.
fn kernel() -> Fake {
    let device = |name: &str| name.parse().expect("it names a device");
    let mut seen = Seen::default();
    seen.links.insert(device("u0"), link(1500, None));
    seen.links.insert(device("tap1"), link(1500, Some("tun")));
    Fake::new(seen)
}

fn look(kernel: &mut Fake, scope: &Scope) -> Node {
    node::look(kernel, &desired(), scope).expect("the file can be had here")
}

fn complete() -> Scope {
    Scope { complete: true, ..Scope::default() }
}

fn applied(kernel: &mut Fake, node: &Node) -> Applied {
    let past = Past::default();
    let run = Run { generation: 1, digest: "", past: &past };
    dataplane::apply::apply(kernel, &node.plan, run, &mut NoLog).expect("it begins")
}

fn head(schema: &str) -> Map<String, Value> {
    let all = [("schema", schema), ("node", "n1"), ("file", "state.toml")];
    all.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

fn finished(schema: &str, fields: Map<String, Value>) -> Value {
    let mut document = head(schema);
    document.extend(fields);
    let document = Value::Object(document);
    valid(&document);
    document
}

fn layout(lang: Lang) -> Layout {
    Layout { lang, paint: Paint::Plain, columns: None }
}

fn subject() -> Text {
    Text::of("节点 n1", "node n1", &[])
}

#[test]
fn what_became_of_a_plan_is_a_document_and_a_page_however_it_ended() {
    let scope = complete();
    let mut good = kernel();
    let node = look(&mut good, &scope);
    let steps = node.plan.steps.len();
    for at in [3, steps - 1] {
        let mut bad = kernel();
        bad.fail = Some((at, 1));
        let Applied::RolledBack { failed, because } = applied(&mut bad, &node) else {
            panic!("the step did not fail");
        };
        let ended = apply::Ended::RolledBack { failed, because: because.to_string() };
        let document = finished("assay/net-apply/v1", apply::fields(&node.plan, &ended));
        assert_eq!(document["outcome"], "rolled-back");
        let page = apply::page(&subject(), &node.plan, &ended, false, layout(Lang::En));
        assert!(page.starts_with("node n1: a step failed, and all is undone"), "{page}");
        assert!(page.contains("because: Operation not permitted"), "{page}");
    }
    let done = applied(&mut good, &node);
    assert_eq!(done, Applied::Done { steps });
    let revoked = node::revoke(&mut good, &node, Some(&desired()));
    let residue = dataplane::verify::verify(&mut good, &node.wanted, &scope);
    let ended = apply::Ended::Done { steps, revoked, residue };
    let document = finished("assay/net-apply/v1", apply::fields(&node.plan, &ended));
    assert_eq!((&document["outcome"], &document["steps_done"]), (&json!("done"), &json!(steps)));
    let page = apply::page(&subject(), &node.plan, &ended, false, layout(Lang::Zh));
    assert_eq!(page, format!("节点 n1：已执行 {steps} 步，读回核对无误\n"));
}

#[test]
fn whatever_is_left_over_is_named_with_what_was_done() {
    let left = dataplane::apply::Left {
        done: Text::of("甲", "a was done", &[]),
        undo: Text::of("乙", "b is left", &[]),
        because: None,
    };
    let failed = Text::of("丙", "c failed", &[]);
    let ended = apply::Ended::LeftOver { failed, because: "no".to_owned(), left: vec![left] };
    let plan = dataplane::plan::Plan::default();
    let document = finished("assay/net-destroy/v1", apply::fields(&plan, &ended));
    assert_eq!(document["left"][0]["left"]["en"], "b is left");
    let page = apply::page(&subject(), &plan, &ended, true, layout(Lang::En));
    for line in
        ["left over: 1\n", "  failed: c failed\n", "  left: b is left\n", "after: a was done\n"]
    {
        assert!(page.contains(line), "{line}: {page}");
    }
}

#[test]
fn a_node_that_differs_is_told_object_by_object() {
    let scope = complete();
    let mut kernel = kernel();
    let node = look(&mut kernel, &scope);
    let _done = applied(&mut kernel, &node);
    let same = look(&mut kernel, &scope);
    let found = verify::Found { plan: &same.plan, zones: &same.zones, stray: &[], blind: None };
    assert_eq!(finished("assay/net-verify/v1", verify::fields(&found))["verdict"], "as-wanted");
    assert_eq!(verify::page(&subject(), &found, layout(Lang::En)), "node n1: as wanted\n");
    let device = "p1".parse().expect("it names a device");
    kernel.seen.links.get_mut(&device).expect("it was made").up = false;
    let damaged = look(&mut kernel, &scope);
    let mut document = plan::fields(&damaged.plan);
    document.insert("differs".to_owned(), true.into());
    assert_eq!(finished("assay/net-diff/v1", document)["steps"][0]["for"], "port web-1");
    let page = plan::differences(&subject(), &damaged.plan, layout(Lang::En));
    assert!(page.contains("\nport web-1\n  ~ set `p1` up\n"), "{page}");
    let stray = dataplane::kernel::Connection {
        zone: 1,
        id: 1,
        source: "10.0.0.11".parse().expect("an address"),
        destination: "10.0.0.12".parse().expect("an address"),
        protocol: 6,
        ports: Some((4000, 22)),
        icmp: None,
    };
    let stray = [stray];
    let blind = Some("this kernel lacks x".to_owned());
    let found = verify::Found { plan: &damaged.plan, zones: &damaged.zones, stray: &stray, blind };
    let document = finished("assay/net-verify/v1", verify::fields(&found));
    assert_eq!(
        (&document["verdict"], &document["stray"][0]["network"]),
        (&json!("differs"), &json!("red-a"))
    );
    let page = verify::page(&subject(), &found, layout(Lang::Zh));
    assert!(
        page.contains("网络 red-a 不应存在的连接：tcp 10.0.0.11 4000 → 10.0.0.12 22"),
        "{page}"
    );
}

#[test]
fn what_is_shown_of_a_port_is_what_holds_for_it() {
    let scope = complete();
    let mut kernel = kernel();
    let node = look(&mut kernel, &scope);
    let _done = applied(&mut kernel, &node);
    let (desired, counters) = (desired(), BTreeMap::new());
    let subject =
        show::Subject { seen: &kernel.seen, desired: Some(&desired), counters: &counters };
    let networks = subject.networks();
    let document = finished("assay/net-show/v1", show::fields(&subject, &networks));
    let ports = document["networks"][0]["ports"].as_array().expect("ports");
    let states: Vec<&Value> = ports.iter().map(|port| &port["state"]).collect();
    assert_eq!(states, ["up", "up"]);
    assert_eq!(ports[1]["rules"]["in"][1]["rule"], "https");
    let page = show::page(&subject, &networks, true, layout(Lang::En));
    assert!(page.contains("        tcp 443 from members of group app [web: https]\n"), "{page}");
    // Of a card whose tenant owns the system nothing is promised.
    let mut metal = desired.clone();
    let port = metal.ports.get_mut("app-1").expect("it is in the file");
    port.kind = dataplane::desired::PortKind::Physical;
    let bare = show::Subject { desired: Some(&metal), ..subject };
    let document = finished("assay/net-show/v1", show::fields(&bare, &bare.networks()));
    let enforced = |at: usize| document["networks"][0]["ports"][at]["enforced"].clone();
    assert_eq!([enforced(0), enforced(1)], [json!(false), json!(true)]);
    let page = show::page(&bare, &bare.networks(), true, layout(Lang::En));
    assert!(page.contains("      bare metal: its tenant owns the system"), "{page}");
    // The kernel alone knows less, and says what it knows.
    let alone = show::Subject { seen: &kernel.seen, desired: None, counters: &counters };
    let networks = alone.networks();
    let document = finished("assay/net-show/v1", show::fields(&alone, &networks));
    assert_eq!(document["networks"][0]["ports"][0]["id"], "web-1");
    assert!(document["networks"][0]["ports"][1]["id"].is_null(), "{document:#}");
}

#[test]
fn a_port_that_is_closed_says_why_in_both_languages() {
    let scope = complete();
    let mut kernel = kernel();
    let node = look(&mut kernel, &scope);
    let _done = applied(&mut kernel, &node);
    let mut desired = desired();
    let device = desired.ports["app-1"].device.clone();
    let shown = |seen: &Seen, desired: &Desired, disabled: bool| {
        let one = Counters { disabled, ..Counters::default() };
        let counters = BTreeMap::from([(device.clone(), one)]);
        let subject = show::Subject { seen, desired: Some(desired), counters: &counters };
        let networks = subject.networks();
        let document = finished("assay/net-show/v1", show::fields(&subject, &networks));
        let port = document["networks"][0]["ports"][0].clone();
        assert_eq!(port["id"], "app-1");
        for lang in [Lang::Zh, Lang::En] {
            let why = &port["closed"][if lang == Lang::Zh { "zh" } else { "en" }];
            for single in [false, true] {
                let page = show::page(&subject, &networks, single, layout(lang));
                let said = page.split_whitespace().collect::<String>();
                let why = why.as_str().map(|it| it.split_whitespace().collect::<String>());
                let told = why.as_ref().is_some_and(|why| said.contains(why.as_str()));
                assert_eq!(told, why.is_some(), "{page}");
            }
        }
        (port["state"].clone(), port["closed"]["en"].as_str().unwrap_or_default().to_owned())
    };
    let open = kernel.seen.clone();
    assert_eq!(shown(&open, &desired, false), (json!("up"), String::new()));
    let (state, why) = shown(&open, &desired, true);
    assert_eq!(state, "blocked");
    assert!(why.contains("not by loop detection"), "{why}");
    desired.node.loops = Some(LoopDetection {
        interval: 5,
        action: Action::Block,
        recovery: 30,
        storm_limit: 1000,
        key_file: None,
    });
    let (_, why) = shown(&open, &desired, true);
    assert!(why.contains("`assay net unblock` says for which"), "{why}");
    let mut other = open.clone();
    other.links.get_mut(&device).expect("it is there").up = false;
    let (state, why) = shown(&other, &desired, false);
    assert!(state == "down" && why.contains("once its rules are there"), "{state} {why}");
    other.links.get_mut(&device).expect("it is there").master = None;
    let (state, why) = shown(&other, &desired, false);
    assert!(state == "apart" && why.contains("is no port of bridge"), "{state} {why}");
    other.links.remove(&device);
    let (state, why) = shown(&other, &desired, false);
    assert!(state == "absent" && why.contains("opened when it comes"), "{state} {why}");
}
