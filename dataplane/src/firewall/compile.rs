//! Security groups, isolation and anti-spoofing as rules of `nf_tables`.
//!
//! What holds is written in [`firewall`](crate::firewall); here is how the kernel is told.
//! Table `inet`: `isolation` (zones, nothing between tenants and the node, VXLAN's peers, the
//! way of a packet) and `profile` (what ports with the same groups may do). Table `netdev`:
//! `spoofing` (what a port may send at all). What groups permit is elements of sets (`grant`) as
//! far as it can be, so that a rule or a member that comes or goes is one element; the rest is in
//! chains (`profile`), one for all ports with the same groups in each direction.

mod boundary;
mod facts;
mod grant;
mod isolation;
mod line;
mod profile;
mod routed;
mod span;
mod spoofing;

pub(crate) use facts::Facts;

use crate::address::Mac;
use crate::desired::{Desired, Zones};
use crate::naming::{Names, NamingError};
use crate::nft::{Chain, Elements, Hook, KeyType, Point, Rule, Ruleset, Set, Table, ValueType};

/// Set of (bridge, MAC address) of ports here that may send only what is permitted.
const LIMITED: &str = "as_limited";
/// Map of (bridge, source MAC address) to rules for what its port may send.
const SENDER: &str = "as_sender";
/// Map of (bridge, destination MAC address) to rules for what its port may get.
const RECEIVER: &str = "as_receiver";
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
}

impl CompileError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Naming(error) => error.hint(),
            Self::NoZone { .. } => None,
            Self::SharedMac { second, .. } => {
                Some(format!("give both the same groups, or `{second}` another MAC address"))
            }
        }
    }
}

/// Returns the rules. Each [`placed`](crate::naming::placed) network has to have a zone.
pub fn compile(desired: &Desired, zones: &Zones) -> Result<Ruleset, CompileError> {
    let mut all = rules(desired, zones, Build::default(), None)?;
    for table in [&mut all.inet, &mut all.netdev].into_iter().flatten() {
        table.sets.values_mut().for_each(|set| set.elements.settle());
    }
    Ok(all)
}

/// Returns the rules of what is near a change of a VPC, or of all of it, without those that are
/// the same whatever there is.
pub(crate) fn compile_part(
    desired: &Desired,
    zones: &Zones,
    facts: Option<&Facts>,
) -> Result<Ruleset, CompileError> {
    rules(desired, zones, Build { is_part: true, ..Build::default() }, facts)
}

fn rules(
    desired: &Desired,
    zones: &Zones,
    mut build: Build,
    facts: Option<&Facts>,
) -> Result<Ruleset, CompileError> {
    isolation::add(&mut build, desired, zones)?;
    profile::add(&mut build, desired, facts)?;
    spoofing::add(&mut build, desired)?;
    Ok(Ruleset { inet: Some(build.inet), netdev: Some(build.netdev) })
}

/// Whether names of groups lead two things to one number, so that rules name them instead: what
/// the rules of a VPC are depends on another's then.
pub(crate) fn shares_numbers(desired: &Desired) -> bool {
    grant::Known::of(desired, None).shares
}

/// Both tables in the making.
#[derive(Debug, Default)]
struct Build {
    inet: Table,
    netdev: Table,
    names: Names,
    /// Whether chains that are always the same are left out.
    is_part: bool,
}

impl Build {
    fn inet_chain(&mut self, name: &str, rules: Vec<Rule>) {
        self.inet.chains.insert(name.to_owned(), Chain { hook: None, rules });
    }

    /// Adds a chain of table `inet` that is the same whatever there is.
    fn common(&mut self, name: &str, rules: &dyn Fn() -> Vec<Rule>) {
        if !self.is_part {
            self.inet_chain(name, rules());
        }
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
    Set { key, value: None, interval: false, elements: Elements::default() }
}

fn hash_map(key: Vec<KeyType>, value: ValueType) -> Set {
    Set { value: Some(value), ..hash_set(key) }
}

fn range_set(key: Vec<KeyType>) -> Set {
    Set { interval: true, ..hash_set(key) }
}
