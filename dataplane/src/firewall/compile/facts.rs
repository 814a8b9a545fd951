//! What rules of a port depend on besides the port itself: what its whole VPC shows.
//!
//! Where a change leaves that as it was, what becomes of the rules shows from what is near the
//! change, and the rest of the VPC has not to be compiled.

use std::collections::{BTreeMap, BTreeSet};

use super::grant::{self, FEW, MANY};
use super::profile::{of_port, of_remote};
use crate::desired::{Desired, Port, Remote};

/// Facts about a VPC in which elements say all that groups permit to groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Facts {
    /// Sets of groups that ports here have.
    profiles: BTreeSet<BTreeSet<String>>,
    /// Groups whose members these ask for.
    asked: BTreeSet<String>,
    /// Of what is asked for, the groups that one or another address is in.
    combinations: BTreeSet<BTreeSet<String>>,
}

impl Facts {
    /// Returns those of a VPC with these stations, with the groups of `desired`; nothing where an
    /// address has several stations, or rules have to name groups.
    pub(crate) fn of(desired: &Desired, ports: &[&Port], remotes: &[&Remote]) -> Option<Self> {
        let profiles = grant::profiles(&mut ports.iter().copied());
        let asked = grant::asked(desired, &profiles);
        let mut facts = Self::default();
        let mut addresses = BTreeSet::new();
        let here = ports.iter().map(|port| (&port.groups, of_port(port)));
        let elsewhere = remotes.iter().map(|remote| (&remote.groups, of_remote(remote)));
        for (groups, own) in here.chain(elsewhere) {
            if !own.into_iter().all(|address| addresses.insert(address)) {
                return None;
            }
            let mut combination = BTreeSet::new();
            let known = groups.iter().filter(|group| asked.contains(group.as_str()));
            combination.extend(known.cloned());
            if !combination.is_empty() {
                facts.combinations.insert(combination);
            }
        }
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for group in facts.combinations.iter().flatten() {
            *counts.entry(group).or_default() += 1;
        }
        let wide = addresses.len().saturating_mul(desired.networks.len()) > MANY;
        if wide || counts.values().any(|count| *count > FEW) {
            return None;
        }
        facts.profiles.extend(profiles.into_iter().cloned());
        facts.asked.extend(asked.into_iter().map(str::to_owned));
        Some(facts)
    }

    pub(super) fn asked(&self) -> BTreeSet<&str> {
        let mut asked = BTreeSet::new();
        asked.extend(self.asked.iter().map(String::as_str));
        asked
    }

    pub(super) fn combinations(&self) -> impl Iterator<Item = BTreeSet<&str>> {
        self.combinations.iter().map(|groups| {
            let mut combination = BTreeSet::new();
            combination.extend(groups.iter().map(String::as_str));
            combination
        })
    }
}
