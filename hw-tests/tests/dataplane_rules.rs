//! Rules on the real kernel: what is written reads back, and nft(8) lists what was meant.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

#[path = "dataplane_rules/lab.rs"]
mod lab;
#[path = "dataplane_rules/pace.rs"]
mod pace;
#[path = "dataplane_rules/sample.rs"]
mod sample;

use std::collections::BTreeMap;
use std::process::ExitCode;

use dataplane::desired::Zones;
use dataplane::kernel::rules;
use dataplane::nft::{Batch, Change, Element, Family, Key, Ruleset, SetShape, Value, Verdict};
use dataplane::{firewall, naming, spec};
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Failed};

use lab::{Lab, whole};

const NEEDS: &[Need] = &[Need::Root, Need::Program("ip"), Need::Program("nft")];

fn main() -> ExitCode {
    let trials = vec![
        trial("everything_that_is_modelled_reads_back", NEEDS, everything),
        trial("nft_lists_what_was_meant", NEEDS, meant),
        trial("compiled_rules_read_back_and_nft_lists_them_all", NEEDS, compiled),
        trial("ranges_come_and_go_beside_each_other", NEEDS, ranges),
        trial("a_failure_names_its_change_and_leaves_nothing", NEEDS, a_failure),
        trial("tables_of_others_are_named_and_left_alone", NEEDS, others),
        trial("what_others_put_into_our_table_equals_nothing_of_ours", NEEDS, strangers),
        trial("five_times_as_fast_as_nft", NEEDS, pace::compare).with_ignored_flag(true),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Compares by listing, which tells where two differ.
fn same(one: &Ruleset, other: &Ruleset) -> Result<(), Failed> {
    if one == other {
        return Ok(());
    }
    let (one, other) = (format!("{one:#?}"), format!("{other:#?}"));
    let differ = one.lines().zip(other.lines()).enumerate().find(|(_, (one, other))| one != other);
    let (at, (one, other)) = differ.ok_or("one has more than the other")?;
    Err(format!("at line {at}: `{one}` is not `{other}`").into())
}

fn everything() -> Result<(), Failed> {
    let lab = Lab::with_devices(&["p1"])?;
    let ruleset = sample::everything();
    lab.write(&ruleset)?;
    let (seen, foreign) = lab.look()?;
    same(&seen, &ruleset)?;
    assert!(foreign.is_empty(), "{foreign:?}");
    // Written again it stays: chains and sets that are there are kept, rules are replaced.
    lab.write(&ruleset)?;
    same(&lab.look()?.0, &ruleset)?;
    let changes = vec![Change::DeleteTable(Family::Inet), Change::DeleteTable(Family::Netdev)];
    rules::perform(&mut lab.socket()?, &Batch { changes })?;
    assert_eq!(lab.look()?.0, Ruleset::default());
    assert!(lab.listed()?.is_empty());
    Ok(())
}

fn meant() -> Result<(), Failed> {
    let [ours, theirs] = [Lab::with_devices(&["p1"])?, Lab::with_devices(&["p1"])?];
    ours.write(&sample::expressible())?;
    theirs.space.feed(&["nft", "-f", "-"], sample::LISTING)?;
    compare(&ours, &theirs)
}

/// Compares what nft lists in two namespaces.
fn compare(ours: &Lab, theirs: &Lab) -> Result<(), Failed> {
    let [ours, theirs] = [ours.listed()?, theirs.listed()?];
    for (ours, theirs) in ours.iter().zip(&theirs) {
        if ours != theirs {
            return Err(format!("nft lists\n{ours}\nand of its own\n{theirs}").into());
        }
    }
    assert_eq!(ours.len(), theirs.len());
    assert!(!ours.is_empty());
    Ok(())
}

fn compiled() -> Result<(), Failed> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../dataplane/tests/compile");
    for name in ["host-a", "host-b", "ranges", "router"] {
        let text = std::fs::read_to_string(format!("{folder}/{name}.toml"))?;
        let desired = spec::read(name, &text).map_err(|errors| format!("{errors:?}"))?;
        let zones = naming::zones(&desired, &Zones::default())?;
        let ruleset = firewall::compile::compile(&desired, &zones)?;
        let netdev = ruleset.netdev.iter().flat_map(|table| table.chains.values());
        let devices: Vec<&str> =
            netdev.filter_map(|chain| chain.hook.as_ref()?.device.as_deref()).collect();
        let lab = Lab::with_devices(&devices)?;
        lab.write(&ruleset).map_err(|error| format!("{name}: {}", said(&error)))?;
        same(&lab.look()?.0, &ruleset).map_err(|error| format!("{name}: {}", said(&error)))?;
        assert_eq!(counted(&lab.listed()?), expected(&ruleset), "{name}");
    }
    Ok(())
}

/// How many rules each chain has, and how many elements each set, by family and name.
type Counts = BTreeMap<(String, String), usize>;

fn expected(ruleset: &Ruleset) -> Counts {
    let mut counts = Counts::new();
    for (family, table) in [("inet", &ruleset.inet), ("netdev", &ruleset.netdev)] {
        if let Some(table) = table {
            let chains = table.chains.iter().map(|(name, chain)| (name, chain.rules.len()));
            let sets = table.sets.iter().map(|(name, set)| (name, set.elements.len()));
            for (name, count) in chains.chain(sets) {
                counts.insert((family.to_owned(), name.clone()), count);
            }
        }
    }
    counts
}

fn counted(listed: &[serde_json::Value]) -> Counts {
    let mut counts = Counts::new();
    for each in listed {
        let text = |what: &serde_json::Value, field: &str| {
            what[field].as_str().unwrap_or_default().to_owned()
        };
        for (kind, what) in each.as_object().into_iter().flatten() {
            let family = text(what, "family");
            let (name, more) = match kind.as_str() {
                "rule" => (text(what, "chain"), 1),
                "set" | "map" => (text(what, "name"), what["elem"].as_array().map_or(0, Vec::len)),
                "chain" => (text(what, "name"), 0),
                _ => continue,
            };
            *counts.entry((family, name)).or_default() += more;
        }
    }
    counts
}

fn said(error: &Failed) -> String {
    error.message().unwrap_or_default().to_owned()
}

fn ranges() -> Result<(), Failed> {
    let lab = Lab::with_devices(&["p1"])?;
    let mut ruleset = sample::everything();
    lab.write(&ruleset)?;
    let set = "as_r_plain";
    let shape = SetShape { interval: true, concatenated: false };
    let range = |first: u32, last: u32| {
        let last = (first != last).then(|| Box::new(Key::from_slice(&last.to_be_bytes())));
        (Element { key: Key::from_slice(&first.to_be_bytes()), last }, None::<Value>)
    };
    let elements = vec![range(0x0a01_0000, 0x0a01_000f), range(0x0a01_0010, 0x0a01_0010)];
    let table = ruleset.inet.as_mut().ok_or("there is a table")?;
    let known = table.sets.get_mut(set).ok_or("there is a set of ranges")?;
    known.elements.extend(elements.clone());
    let family = Family::Inet;
    let add = Change::AddElements {
        family,
        set: set.to_owned(),
        shape,
        elements: elements.iter().cloned().collect(),
    };
    rules::perform(&mut lab.socket()?, &Batch { changes: vec![add] })?;
    same(&lab.look()?.0, &ruleset)?;
    let table = ruleset.inet.as_mut().ok_or("there is a table")?;
    let known = table.sets.get_mut(set).ok_or("there is a set of ranges")?;
    known.elements.remove(&elements[0].0);
    let elements = elements[..1].iter().cloned().collect();
    let delete = Change::DeleteElements { family, set: set.to_owned(), shape, elements };
    rules::perform(&mut lab.socket()?, &Batch { changes: vec![delete] })?;
    same(&lab.look()?.0, &ruleset)
}

fn a_failure() -> Result<(), Failed> {
    let lab = Lab::with_devices(&["p1"])?;
    let ruleset = sample::everything();
    let mut batch = whole(&ruleset);
    let family = Family::Inet;
    let name = "as_nowhere".to_owned();
    batch.changes.push(Change::DeleteChain { family, name });
    let error = rules::perform(&mut lab.socket()?, &batch).err().ok_or("it was done")?;
    assert_eq!(error.errno, 2, "{error}");
    let said = error.said.unwrap_or_default();
    assert!(said.contains("delete chain inet as_nowhere"), "{said}");
    assert_eq!(lab.look()?.0, Ruleset::default());
    Ok(())
}

fn others() -> Result<(), Failed> {
    let lab = Lab::with_devices(&["p1"])?;
    lab.space.run(&["nft", "add", "table", "inet", "theirs"])?;
    lab.space.run(&["nft", "add", "chain", "inet", "theirs", "as_pre"])?;
    lab.space.run(&["nft", "add", "table", "ip", "assay"])?;
    lab.space.run(&["nft", "add", "chain", "ip", "assay", "as_pre"])?;
    let ruleset = sample::everything();
    let before = lab.listed()?;
    lab.write(&ruleset)?;
    let (seen, foreign) = lab.look()?;
    same(&seen, &ruleset)?;
    assert_eq!(foreign, [(Family::Inet, "theirs".to_owned())].into());
    let changes = vec![Change::DeleteTable(Family::Inet), Change::DeleteTable(Family::Netdev)];
    rules::perform(&mut lab.socket()?, &Batch { changes })?;
    assert_eq!(lab.listed()?, before);
    Ok(())
}

fn strangers() -> Result<(), Failed> {
    for command in [
        "add set inet assay as_x { type ipv4_addr ; flags timeout ; }",
        "add set inet assay as_x { type mark ; }",
        "add rule inet assay as_plain ip saddr { 192.0.2.1, 192.0.2.2 } accept",
        "add rule inet assay as_plain limit rate 1/second accept",
        "insert rule inet assay as_plain log",
        "add element inet assay as_plain_map { 192.0.2.9 : drop }",
        "add chain inet assay as_x { type nat hook prerouting priority 0 ; }",
        "flush chain inet assay as_plain",
    ] {
        let lab = Lab::with_devices(&["p1"])?;
        let ruleset = sample::everything();
        lab.write(&ruleset)?;
        lab.space.feed(&["nft", "-f", "-"], command)?;
        if lab.look()?.0 == ruleset {
            return Err(format!("`{command}` is not seen").into());
        }
    }
    let verdict = Value::Verdict(Verdict::Drop);
    assert!(sample::everything().inet.is_some_and(|table| {
        table.sets.values().any(|set| set.elements.values().flatten().any(|it| *it == verdict))
    }));
    Ok(())
}
