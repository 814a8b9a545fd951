//! Which machines there are: in folders of what was collected, and by what their BMCs tell.
//!
//! Descriptions of one serial number or UUID are of one machine, whichever way they came; two
//! machines of one serial number stay two where another mark of theirs differs.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use bmc::target::Address;
use inventory::{Inventory, placeholder};
use profiles::Text;

use super::{
    super::{
        super::{
            bmc::survey::{self, Gap, Hosts},
            inventory as merging, parallel,
            sources::{Imported, Unusable},
        },
        finding,
    },
    gather::{self, Gathered, Set, Unread},
};
use crate::{
    cli::bmc::Access,
    console::Console,
    failure::Failure,
    progress::Progress,
    report::evidence::EvidenceFile,
    site::{Place, Seen, place::folded, seen, seen::Untold},
};

/// Where machines are looked for.
pub(in crate::command) struct Ways<'a> {
    /// Folders and files.
    pub(in crate::command) from: &'a [PathBuf],
    /// BMCs that are asked.
    pub(in crate::command) hosts: Option<Hosts>,
    /// How they are come by.
    pub(in crate::command) access: &'a Access,
    /// How many at a time.
    pub(in crate::command) at_a_time: Option<u16>,
    /// Whether sources of different serial numbers may be one machine.
    pub(in crate::command) force_same: bool,
}

/// A machine that was found.
#[derive(Debug)]
pub(in crate::command) struct Machine {
    name: String,
    address: Option<Address>,
    place: Option<Place>,
    /// What it is made of.
    pub(in crate::command) inventory: Inventory,
    /// What that rests on.
    pub(in crate::command) evidence: Vec<EvidenceFile>,
    /// What was read.
    pub(in crate::command) inputs: Vec<String>,
}

impl Machine {
    /// Returns it as it is compared.
    pub(in crate::command) fn seen(&self) -> Seen<'_> {
        Seen {
            name: self.name.clone(),
            address: self.address.clone().or_else(|| seen::address(&self.inventory)),
            place: self.place.clone(),
            inventory: &self.inventory,
        }
    }
}

/// What was found.
#[derive(Debug, Default)]
pub(in crate::command) struct Found {
    /// The machines, by name.
    pub(in crate::command) machines: Vec<Machine>,
    /// What told nothing and may be a machine of the list.
    pub(in crate::command) untold: Vec<Untold>,
    /// Files that told nothing: path and reason.
    pub(in crate::command) unread: Vec<(String, Text)>,
}

/// A machine's descriptions, before they are merged.
#[derive(Debug, Default)]
struct Group {
    set: Set,
    address: Option<Address>,
    gaps: Vec<Gap>,
}

/// Looks for machines.
pub(in crate::command) fn find(ways: Ways<'_>, console: &mut Console) -> Result<Found, Failure> {
    let mut found = Found::default();
    let mut groups = Vec::new();
    {
        let step = Text::new("正在导入", "importing");
        let _progress = Progress::start(console.progress, console.tr(&step));
        let Gathered { sets, unread } = gather::read(ways.from)?;
        groups.extend(sets.into_iter().map(|set| Group { set, ..Group::default() }));
        for Unread { name, path, why } in unread {
            if !name.is_empty() {
                found.untold.push(named(&name, why.clone()));
            }
            found.unread.push((path, why));
        }
    }
    if let Some(hosts) = ways.hosts {
        for machine in survey::run(&hosts, ways.access, ways.at_a_time, console)? {
            match told(machine) {
                Ok(group) => groups.push(group),
                Err(untold) => found.untold.push(*untold),
            }
        }
    }
    let step = Text::new("正在合并", "merging");
    let _progress = Progress::start(console.progress, console.tr(&step));
    let force_same = ways.force_same;
    for merged in parallel::each(joined(groups), &|group| merged(group, force_same)) {
        match merged {
            Ok(machine) => found.machines.push(machine),
            Err(untold) => {
                found.untold.push(*untold);
            }
        }
    }
    // A file that told nothing beside others of its machine says nothing of it.
    let Found { machines, untold, .. } = &mut found;
    let mut names = BTreeSet::new();
    names.extend(machines.iter().map(|machine| machine.name.as_str()));
    untold.retain(|one| one.is_machine || !names.contains(one.name.as_str()));
    Ok(found)
}

/// Returns what told nothing, with the place or address that its name is.
fn named(name: &str, why: Text) -> Untold {
    Untold {
        name: name.to_owned(),
        address: name.parse::<std::net::IpAddr>().ok().and_then(|ip| ip.to_string().parse().ok()),
        place: crate::site::place::from_name(name),
        is_machine: false,
        why,
    }
}

/// Takes what a BMC told; else says why it told nothing.
fn told(machine: survey::Machine) -> Result<Group, Box<Untold>> {
    let survey::Machine { address, listed, told, gaps, interrupted } = machine;
    let at = listed.as_ref().map(|listed| listed.address.clone()).or_else(|| address.parse().ok());
    let place = listed.as_ref().and_then(|listed| {
        let (rack, unit) = (listed.rack.clone()?, listed.unit?);
        Some(Place { room: None, rack, unit })
    });
    if told.is_empty() || interrupted {
        let serial = listed.and_then(|listed| listed.serial);
        let why = gaps.into_iter().next().map(|gap| gap.why);
        let why = why.unwrap_or_else(|| Text::new("操作人员中断了", "the operator interrupted it"));
        let name = serial.unwrap_or(address);
        return Err(Box::new(Untold { name, address: at, place, is_machine: true, why }));
    }
    let mut set = Set { name: address.clone(), place, ..Set::default() };
    for Imported { name, writer, inventory, bytes } in told {
        set.inputs.push(format!("{writer}: {address}"));
        set.evidence.push(EvidenceFile {
            locator: format!("{}:{address}", name.trim_end_matches(".json")),
            path: format!("bmc/{name}"),
            bytes,
        });
        set.parts.push(inventory);
    }
    Ok(Group { set, address: at, gaps })
}

/// Puts together what is of one machine.
fn joined(groups: Vec<Group>) -> Vec<Group> {
    let mut all: Vec<Group> = Vec::new();
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for group in groups {
        let keys = keys(&group);
        let known: Vec<usize> =
            keys.iter().filter_map(|key| places.get(key)).flatten().copied().collect();
        let same = known.into_iter().find(|at| all.get(*at).is_some_and(|one| !two(one, &group)));
        let at = same.unwrap_or(all.len());
        for key in keys {
            let there = places.entry(key).or_default();
            if !there.contains(&at) {
                there.push(at);
            }
        }
        let Some(one) = all.get_mut(at) else {
            all.push(group);
            continue;
        };
        one.set.parts.extend(group.set.parts);
        one.set.evidence.extend(group.set.evidence);
        one.set.inputs.extend(group.set.inputs);
        one.set.place = one.set.place.take().or(group.set.place);
        one.address = one.address.take().or(group.address);
        one.gaps.extend(group.gaps);
    }
    all
}

/// Returns what names a machine: its serial number, else its UUID, else the address of its BMC.
fn keys(group: &Group) -> Vec<String> {
    let parts = &group.set.parts;
    if let Some(serial) = parts.iter().find_map(seen::serial) {
        return vec![format!("serial:{}", folded(serial))];
    }
    let uuid = |part: &Inventory| part.system.as_ref().and_then(|system| system.uuid.clone());
    let usable = |uuid: &String| placeholder::usable_uuid(uuid);
    parts
        .iter()
        .find_map(|part| uuid(part).filter(usable))
        .map(|uuid| format!("uuid:{uuid}"))
        .into_iter()
        .collect()
}

fn two(one: &Group, other: &Group) -> bool {
    let pairs =
        one.set.parts.iter().flat_map(|one| other.set.parts.iter().map(move |two| (one, two)));
    pairs.into_iter().any(|(one, other)| seen::are_two(one, other))
}

fn merged(group: Group, force_same: bool) -> Result<Machine, Box<Untold>> {
    let Group { set, address, gaps } = group;
    let Set { name, place, parts, evidence, inputs, .. } = set;
    let mut inventory = match merging::merge_parts(parts, force_same) {
        Ok(inventory) => inventory,
        Err(failure) => {
            let cause = failure.cause.as_ref().map(ToString::to_string).unwrap_or_default();
            let Text { zh, en } = &failure.message;
            let why = Text::new(format!("{zh}：{cause}"), format!("{en}: {cause}"));
            return Err(Box::new(Untold { address, place, is_machine: true, ..named(&name, why) }));
        }
    };
    for Gap { why, .. } in gaps {
        inventory.findings.push(finding(&Unusable { name: format!("bmc:{name}"), why }));
    }
    Ok(Machine { name, address, place, inventory, evidence, inputs })
}
