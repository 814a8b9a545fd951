//! A network namespace of the test's own, and what other programs do and read there.

use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::kernel::rules;
use dataplane::kernel::socket::Socket;
use dataplane::nft::{Batch, Change, Family, Foreign, Ruleset, Table};
use hw_tests::network::{Bed, Space};
use libtest_mimic::Failed;
use rustix::net::netlink::NETFILTER;
use serde_json::Value;

/// A namespace, gone when it is dropped.
pub(crate) struct Lab {
    pub(crate) space: Space,
    _bed: Bed,
}

impl Lab {
    pub(crate) fn new() -> Result<Self, Failed> {
        let mut bed = Bed::new()?;
        Ok(Self { space: bed.space("rules")?, _bed: bed })
    }

    /// With devices that base chains can hang on.
    pub(crate) fn with_devices(names: &[&str]) -> Result<Self, Failed> {
        let lab = Self::new()?;
        for (at, name) in names.iter().enumerate() {
            lab.space.line(&format!("ip link add {name} type veth peer name peer{at}"))?;
        }
        Ok(lab)
    }

    pub(crate) fn socket(&self) -> Result<Socket, Failed> {
        Ok(inside(Namespace::Path(&self.space.path()), || Socket::open(Some(NETFILTER)))?)
    }

    /// What `nft -j list ruleset` shows, without what two namespaces never have in common.
    pub(crate) fn listed(&self) -> Result<Vec<Value>, Failed> {
        let text = self.space.run(&["nft", "-j", "list", "ruleset"])?;
        let mut all: Value = serde_json::from_str(&text)?;
        let list = all["nftables"].as_array_mut().map(std::mem::take).unwrap_or_default();
        let mut list: Vec<Value> =
            list.into_iter().filter(|each| each.get("metainfo").is_none()).collect();
        list.iter_mut().for_each(plain);
        list.sort_by_key(order);
        Ok(list)
    }

    /// Writes all of a ruleset.
    pub(crate) fn write(&self, ruleset: &Ruleset) -> Result<(), Failed> {
        Ok(rules::perform(&mut self.socket()?, &whole(ruleset))?)
    }

    pub(crate) fn look(&self) -> Result<(Ruleset, Foreign), Failed> {
        Ok(rules::look(&mut self.socket()?)?)
    }
}

/// Rules keep their order, and lie behind what they name; other things have none.
fn order(each: &Value) -> (bool, String, String, String) {
    let (kind, what) = each.as_object().and_then(|each| each.iter().next()).expect("one key");
    let rule = kind == "rule";
    let text = |field: &str| what[field].as_str().unwrap_or_default().to_owned();
    let place = if rule { text("chain") } else { text("name") };
    (rule, text("family"), place, if rule { String::new() } else { kind.clone() })
}

/// Takes handles and counts away, and puts elements in one order.
fn plain(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.remove("handle");
            if let Some(counter) = fields.get_mut("counter") {
                *counter = Value::Null;
            }
            fields.values_mut().for_each(plain);
            for field in ["elem", "set"] {
                if let Some(Value::Array(elements)) = fields.get_mut(field) {
                    elements.sort_by_key(ToString::to_string);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(plain),
        _ => {}
    }
}

/// All of a ruleset as one batch: chains first, for elements and rules name them.
pub(crate) fn whole(ruleset: &Ruleset) -> Batch {
    let mut changes = Vec::new();
    for (family, table) in [(Family::Inet, &ruleset.inet), (Family::Netdev, &ruleset.netdev)] {
        if let Some(table) = table {
            add(&mut changes, family, table);
        }
    }
    Batch { changes }
}

fn add(changes: &mut Vec<Change>, family: Family, table: &Table) {
    changes.push(Change::AddTable(family));
    for (name, chain) in &table.chains {
        let (name, hook) = (name.clone(), chain.hook.clone());
        changes.push(Change::AddChain { family, name, hook });
    }
    for (name, set) in &table.sets {
        changes.push(Change::AddSet { family, name: name.clone(), set: set.clone() });
        let (elements, shape) = (set.elements.clone(), set.shape());
        changes.push(Change::AddElements { family, set: name.clone(), shape, elements });
    }
    for (name, chain) in &table.chains {
        let (name, rules) = (name.clone(), chain.rules.clone());
        changes.push(Change::SetRules { family, name, rules });
    }
}
