//! Security groups, isolation and anti-spoofing as rules of `nf_tables`.
//!
//! What holds is written in [`firewall`](crate::firewall); here is how the kernel is told.
//! Table `inet`: `isolation` (zones, nothing between tenants and the node, VXLAN's peers, the
//! way of a packet), `profile` (what ports with the same groups may do, as elements of sets) and
//! `passage` (the rules that ask those sets). Table `netdev`: `spoofing` (what a port may send
//! at all). A member or a permission that comes or goes is an element that comes or goes, and
//! how many rules and sets there are does not depend on how many groups there are: the kernel
//! follows all jumps of a table when a rule changes, and looks for sets one by one (ADR 0012).

mod id;
mod isolation;
mod line;
mod member;
mod passage;
mod permit;
mod profile;
mod span;
mod spoofing;

use std::collections::BTreeMap;

use crate::address::Mac;
use crate::desired::{Desired, Zones};
use crate::naming::{Names, NamingError};
use crate::nft::{Chain, Hook, KeyType, Point, Rule, Ruleset, Set, Table, ValueType};

/// Map of (bridge, source MAC address) to the profile of what its port may send.
const SENDER: &str = "as_sender";
/// Map of (bridge, destination MAC address) to the profile of what its port may get.
const RECEIVER: &str = "as_receiver";
/// Set of (bridge, MAC address) of ports that get all.
const OPEN: &str = "as_open";
/// Set of (bridge, MAC address) of ports of this node.
const LOCAL: &str = "as_local";

/// Why a desired state cannot be had as rules.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
#[non_exhaustive]
pub enum CompileError {
    /// Names cannot be given.
    #[error(transparent)]
    Naming(#[from] NamingError),
    /// A network has no conntrack zone.
    #[error("network `{network}` has no conntrack zone")]
    NoZone { network: String },
    /// Ports under different rules may send with one MAC address.
    #[error("ports `{first}` and `{second}` may both use {mac}, but have different groups")]
    SharedMac { mac: Mac, first: String, second: String },
    /// The rules of a port name more groups and ranges than a packet is compared with.
    #[error("the rules of groups `{groups}` name more than {most} other groups or lists of ranges")]
    TooManyPeers { groups: String, most: u16 },
}

impl CompileError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Naming(error) => error.hint(),
            Self::NoZone { .. } => None,
            Self::TooManyPeers { .. } => {
                Some("put the ranges of several rules into one list of addresses".to_owned())
            }
            Self::SharedMac { second, .. } => {
                Some(format!("give both the same groups, or `{second}` another MAC address"))
            }
        }
    }
}

/// Returns the rules. Each [`placed`](crate::naming::placed) network has to have a zone.
pub fn compile(desired: &Desired, zones: &Zones) -> Result<Ruleset, CompileError> {
    let mut build = Build::default();
    isolation::add(&mut build, desired, zones)?;
    let most = profile::add(&mut build, desired)?;
    passage::add(&mut build, &|direction, kind| most.get(&(direction, kind)).copied().unwrap_or(0));
    spoofing::add(&mut build, desired)?;
    Ok(Ruleset { inet: Some(build.inet), netdev: Some(build.netdev) })
}

/// Both tables in the making.
#[derive(Debug, Default)]
struct Build {
    inet: Table,
    netdev: Table,
    names: Names,
}

impl Build {
    fn inet_chain(&mut self, name: &str, rules: Vec<Rule>) {
        self.inet.chains.insert(name.to_owned(), Chain { hook: None, rules });
    }

    fn netdev_chain(&mut self, name: &str, rules: Vec<Rule>) {
        self.netdev.chains.insert(name.to_owned(), Chain { hook: None, rules });
    }
}

/// A chain of table `inet` that packets enter, and leave where no rule decides.
fn base(table: &mut Table, name: &str, point: Point, priority: i32, rules: Vec<Rule>) {
    let hook = Some(Hook { point, priority, device: None, drops: false });
    table.chains.insert(name.to_owned(), Chain { hook, rules });
}

fn hash_set(key: Vec<KeyType>) -> Set {
    Set { key, value: None, interval: false, elements: BTreeMap::new() }
}

fn hash_map(key: Vec<KeyType>, value: ValueType) -> Set {
    Set { value: Some(value), ..hash_set(key) }
}

fn range_set(key: Vec<KeyType>) -> Set {
    Set { interval: true, ..hash_set(key) }
}
