//! The plan for a delivered cloud: its schema is that of the shape below, and the shape is that of
//! the reader; what is wrong is told with its line.

use std::collections::BTreeSet;

use dataplane::accept::cloud::ROWS;
use dataplane::spec::cloud::{SCHEMA, read};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// What is to be tried between guests of a delivered cloud.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
#[schemars(title = "assay/cloud/v1")]
struct Plan {
    /// The version of this format: `assay/cloud/v1`.
    schema: String,
    /// What the cloud is called: the evidence is of `delivered-cloud@NAME`.
    cloud: String,
    /// How long a change may take to hold, in seconds; 10.
    settle_s: Option<u32>,
    #[serde(default)]
    agent: Vec<Agent>,
    #[serde(default)]
    case: Vec<Case>,
}

/// A guest of the cloud, or somebody outside of it, that runs `assay net agent`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
#[expect(clippy::struct_field_names, reason = "as the file has it")]
struct Agent {
    id: String,
    /// `HOST:PORT`, as the agent's line begins; on a path that the cases do not touch.
    agent: String,
    /// Its VPC; none of who is outside.
    vpc: Option<String>,
    /// Its addresses in that VPC, or outside: at least one.
    addresses: Vec<String>,
    /// Its elastic IP.
    eip: Option<String>,
    /// Its groups; for the reader of the plan.
    #[serde(default)]
    groups: Vec<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// The probe arrives, and its answer comes back.
    Allow,
    /// It does not; `control` does, right before and after.
    Deny,
    /// It arrives, and `twin`, which has the same address in another VPC, sees nothing of it; nor
    /// the other way.
    Isolated,
    /// With another's `mac` or `source` address it does not arrive, and without it does.
    Forged,
    /// It is seen under an address of `seen_as`.
    Snat,
    /// It arrives by the elastic IP of `to`, which sends `out` under it.
    Eip,
    /// A packet of `bytes` passes whole, and one byte more is refused to who sends it.
    Mtu,
    /// What holds is another thing once `hook` was run, and again once `undo` was.
    Change,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum After {
    Allow,
    Deny,
    /// The elastic IP is that of `moved_to`.
    Moved,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Via {
    /// By the elastic IP of `to`.
    Eip,
}

/// Something that has to hold.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the shape is what counts")]
struct Case {
    id: String,
    /// Of the norm, such as `5.2.3.2#4`.
    row: String,
    kind: Kind,
    /// An agent.
    from: String,
    /// An agent.
    to: String,
    /// `udp/PORT`, `tcp/PORT`, `fragments/PORT` or `icmp`.
    probe: String,
    via: Option<Via>,
    /// What passes whatever comes of the probe; as `probe`.
    control: Option<String>,
    /// With `isolated`: an agent with the address of `to` in another VPC.
    twin: Option<String>,
    /// With `isolated`: an agent of that VPC.
    twin_from: Option<String>,
    /// With `forged`.
    mac: Option<String>,
    /// With `forged`.
    source: Option<String>,
    /// With `snat`.
    #[serde(default)]
    seen_as: Vec<String>,
    /// With `eip`; as `probe`.
    out: Option<String>,
    /// With `mtu`: 576 to 9216.
    bytes: Option<u16>,
    /// With `change`: program and arguments, run by the controller without a shell.
    #[serde(default)]
    hook: Vec<String>,
    /// With `change`: takes back what `hook` did.
    #[serde(default)]
    undo: Vec<String>,
    /// With `change`: what holds then.
    after: Option<After>,
    /// With `change`: a connection that is there already is cut, too.
    held: Option<bool>,
    /// With `after = "moved"`.
    moved_to: Option<String>,
}

const COMMITTED: &str = include_str!("../schema/cloud-v1.json");
const FULL: &str = include_str!("spec/cloud.toml");

/// Writes the schema where it is committed, when asked to.
#[test]
fn the_committed_schema_is_that_of_the_shape() {
    let schema = schemars::schema_for!(Plan).to_value();
    if std::env::var_os("ASSAY_UPDATE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/cloud-v1.json");
        std::fs::write(path, serde_json::to_string_pretty(&schema).unwrap() + "\n").unwrap();
        return;
    }
    let committed: Value = serde_json::from_str(COMMITTED).unwrap();
    assert!(
        committed == schema,
        "the shape changed: ASSAY_UPDATE_GOLDEN=1 cargo test -p dataplane --test cloud"
    );
}

/// Collects the names of fields of every table in a schema.
fn fields(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(entries) => {
            if let Some(Value::Object(properties)) = entries.get("properties") {
                found.extend(properties.keys().cloned());
            }
            entries.values().for_each(|entry| fields(entry, found));
        }
        Value::Array(items) => items.iter().for_each(|item| fields(item, found)),
        _ => {}
    }
}

#[test]
fn the_reader_knows_the_fields_of_the_schema_and_no_others() {
    let mut in_schema = BTreeSet::new();
    fields(&serde_json::from_str(COMMITTED).unwrap(), &mut in_schema);
    let odd = "qqqqqqqqqq = 1\n";
    let text = ["[[agent]]\n", "[[case]]\n"]
        .iter()
        .fold(format!("{odd}{FULL}"), |text, at| text.replace(at, &format!("{at}{odd}")));
    let errors = read("f", &text).unwrap_err();
    let hints = errors.faults.iter().filter_map(|fault| fault.hint.as_ref());
    let known: BTreeSet<String> = hints
        .filter_map(|hint| hint.en.strip_prefix("known here: "))
        .flat_map(|names| names.split(", "))
        .map(str::to_owned)
        .collect();
    assert_eq!(known, in_schema);
    let value: Value = toml::from_str(FULL).unwrap();
    Plan::deserialize(&value).unwrap();
}

#[test]
fn a_plan_says_what_is_tried_and_what_is_left_open() {
    let cloud = read("cloud.toml", FULL).unwrap();
    assert_eq!((cloud.agents.len(), cloud.cases.len(), cloud.settle_s), (5, 10, 20));
    let runs: Vec<usize> = cloud.cases.iter().map(|case| cloud.families(case).len()).collect();
    // In both families where both ends have both; by NAT, and beside who has IPv4 only, in one.
    assert_eq!(runs, [2, 2, 1, 1, 1, 1, 1, 2, 2, 1]);
    let missing: Vec<bool> = cloud.missing().iter().map(Option::is_some).collect();
    assert_eq!(missing.iter().filter(|it| **it).count(), 1);
    assert!(missing[9], "to move the elastic IP there is no command");
    let open = cloud.left_open();
    assert!(open.contains(&"5.2.3.1#2") && !open.contains(&"5.2.3.5#2"), "{open:?}");
}

#[test]
fn what_is_wrong_is_told_with_its_line_and_what_to_do() {
    for (from, to, told, hint) in [
        (SCHEMA, "assay/cloud/v2", "unknown schema", "assay/cloud/v1"),
        ("row = \"8.3.8#1\"", "row = \"8.3.8#9\"", "there is no row `8.3.8#9`", "8.3.8#"),
        ("to = \"db\"", "to = \"dv\"", "there is no agent `dv`", "`db`"),
        ("probe = \"tcp/3306\"", "probe = \"3306\"", "cannot understand `3306`", "tcp/443"),
        ("probe = \"tcp/22\"", "probe = \"tcp/0\"", "cannot understand `tcp/0`", "tcp/443"),
        ("kind = \"snat\"", "kind = \"nat\"", "unknown `kind`: `nat`", "snat"),
        ("after = \"moved\"", "after = \"gone\"", "unknown `after`: `gone`", "moved"),
        ("192.0.2.12:7444", "192.0.2.12", "is no HOST:PORT", ""),
        ("192.0.2.12:7444", "192.0.2.11:7444", "another agent's already", ""),
        ("bytes = 1450", "bytes = 14500", "not within 576 to 9216", ""),
        ("probe = \"udp/3306\"\nmac", "probe = \"tcp/3306\"\nmac", "has to be udp", ""),
        ("eip = \"203.0.113.99\"", "", "`web` has no `eip`", ""),
        ("twin = \"other-db\"", "twin = \"other-web\"", "no address in common", ""),
        ("twin = \"other-db\"", "twin = \"db\"", "of one VPC", ""),
        ("addresses = [\"198.51.100.7\"]", "addresses = []", "it has no addresses", ""),
        ("settle_s = 20", "settle_s = 0", "not within 1 to 600", ""),
        ("id = \"moved\"", "id = \"size\"", "is used already", ""),
    ] {
        assert!(FULL.contains(from), "{from}");
        let errors = read("cloud.toml", &FULL.replace(from, to)).unwrap_err();
        let fault = errors.faults.iter().find(|fault| fault.message().en.contains(told));
        let fault = fault.unwrap_or_else(|| panic!("{to}: {errors:#?}"));
        assert!(fault.place.line > 0 && !fault.message().zh.is_empty());
        let hinted = fault.hint.as_ref().map_or("", |hint| hint.en.as_str());
        assert!(hinted.contains(hint), "{to}: {hinted}");
    }
    assert!(ROWS.iter().all(|row| row.contains('#')));
}
