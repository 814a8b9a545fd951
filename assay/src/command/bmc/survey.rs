//! What machines are judged by, as their BMCs tell it: over Redfish, and over IPMI what Redfish
//! does not tell.

use bmc::{
    hand::{Bmc, HandError, Protocol},
    hosts::Listed,
    target::Address,
};
use inventory::{Inventory, import};
use profiles::Text;

use super::{
    access::Keys,
    fleet::{self, Way},
    subjects,
    verb::Verb,
};
use crate::{
    cli::bmc::{Access, access},
    command::sources::{Imported, Writer, document},
    console::Console,
    failure::Failure,
    ipmi, measured,
    output::bmc::found::{Found, Met, Surveyed},
    redfish,
};

/// A machine of the list, and what became of asking its BMC.
pub(in crate::command) struct Machine {
    /// Where its BMC is reached.
    pub(in crate::command) address: String,
    /// What the list says of it.
    pub(in crate::command) listed: Option<Listed>,
    /// What its BMC told: the first by Redfish where it has that. Nothing where it told nothing.
    pub(in crate::command) told: Vec<Imported>,
    /// Why it told nothing, or not all: what happened, and what to do about it.
    pub(in crate::command) gaps: Vec<Gap>,
    /// The operator asked to stop before it was done.
    pub(in crate::command) interrupted: bool,
}

/// Something that could not be found out.
#[derive(Clone, Debug)]
pub(in crate::command) struct Gap {
    /// What happened.
    pub(in crate::command) why: Text,
    /// What to do about it.
    pub(in crate::command) hint: Option<Text>,
}

/// Reads what is wanted of one machine, in the protocol that is spoken with its BMC.
pub(super) async fn one(bmc: &mut Bmc, name: &str) -> Result<Found, HandError> {
    if bmc.protocol() == Protocol::Ipmi {
        let facts = bmc.facts().await?;
        let bytes = ipmi::document(&facts);
        let inventory = ipmi::inventory(&facts, Some(import::digest(&bytes)));
        return Ok(Found::Surveyed(Box::new(Surveyed { inventory, bytes })));
    }
    let tree = bmc.machine().await?;
    let bytes = document(&tree.value);
    Ok(match redfish::inventory(&tree, name, Some(import::digest(&bytes))) {
        Ok(inventory) => Found::Surveyed(Box::new(Surveyed { inventory, bytes })),
        Err(why) => Found::Unable { why: (why.zh, why.en) },
    })
}

/// Asks the BMCs of the hosts, each over Redfish and then over IPMI where something is missing.
pub(in crate::command) fn run(
    hosts: &Hosts,
    given: &Access,
    at_a_time: Option<u16>,
    console: &mut Console,
) -> Result<Vec<Machine>, Failure> {
    let Hosts(hosts) = hosts;
    let keys = Keys::read(given, hosts)?;
    let mut machines = ask(hosts, &keys, given, at_a_time, console)?;
    let (mut again, mut places) = (Vec::new(), Vec::new());
    if given.protocol == access::Protocol::Auto && !machines.iter().any(|one| one.interrupted) {
        for (at, (host, machine)) in hosts.iter().zip(&machines).enumerate() {
            let by_redfish = machine.told.first().filter(|told| told.writer == Writer::Redfish);
            // IPMI has no nobody: without a credential it is not asked.
            let is_known = keys.of(host).credential.is_some();
            if is_known && by_redfish.is_some_and(|told| lacks(&told.inventory)) {
                again.push(host.clone());
                places.push(at);
            }
        }
    }
    if !again.is_empty() {
        let verb = Verb::Survey { ipmi: true };
        let met = fleet::run(&again, &keys, Way::to_ask(given, at_a_time), &verb, console)?;
        for (at, met) in places.into_iter().zip(met) {
            if let Some(machine) = machines.get_mut(at) {
                machine.take(met);
            }
        }
    }
    Ok(machines)
}

/// Asks them once, over Redfish or where there is none over IPMI.
pub(super) fn ask(
    hosts: &[subjects::Host],
    keys: &Keys,
    given: &Access,
    at_a_time: Option<u16>,
    console: &mut Console,
) -> Result<Vec<Machine>, Failure> {
    let verb = Verb::Survey { ipmi: false };
    let met = fleet::run(hosts, keys, Way::to_ask(given, at_a_time), &verb, console)?;
    let machine = |(host, met): (&subjects::Host, Met)| {
        let mut machine = Machine {
            address: host.address.to_string(),
            listed: host.listed.clone(),
            told: Vec::new(),
            gaps: Vec::new(),
            interrupted: false,
        };
        machine.take(met);
        machine
    };
    Ok(hosts.iter().zip(met).map(machine).collect())
}

/// Returns whether something is missing that IPMI may tell: who the machine is, its power supplies,
/// what it draws, at what intake temperature it gives up.
fn lacks(inventory: &Inventory) -> bool {
    inventory.system.as_ref().is_none_or(|system| system.serial.is_none())
        || inventory.psu.is_empty()
        || measured::draw(inventory).is_none()
        || !inventory.sensor.iter().any(|one| one.place.is_some() && one.critical.is_some())
}

impl Machine {
    fn take(&mut self, met: Met) {
        let protocol = met.protocol();
        if let (Some((zh, en)), hint) = (met.reason(), met.hint()) {
            // Of the second protocol it is told which one it was.
            let [zh, en] = if self.told.is_empty() {
                [zh, en]
            } else {
                [format!("IPMI：{zh}"), format!("IPMI: {en}")]
            };
            let hint = hint.map(|(zh, en)| Text::new(zh, en));
            self.gaps.push(Gap { why: Text::new(zh, en), hint });
        }
        match met {
            Met::Found { found: Found::Surveyed(surveyed), .. } => {
                let Surveyed { inventory, bytes } = *surveyed;
                let (writer, name) = match protocol {
                    Some("ipmi") => (Writer::Ipmi, "ipmi.json"),
                    _ => (Writer::Redfish, "redfish.json"),
                };
                self.told.push(Imported { name: name.to_owned(), writer, inventory, bytes });
            }
            Met::Interrupted => self.interrupted = true,
            _ => {}
        }
    }
}

/// Hosts of lists.
pub(in crate::command) struct Hosts(Vec<subjects::Host>);

impl Hosts {
    /// Reads lists.
    pub(in crate::command) fn of(files: &[std::path::PathBuf]) -> Result<Self, Failure> {
        subjects::resolve(&[], files).map(Self)
    }

    /// Returns hosts of which nothing is known but their address.
    pub(in crate::command) fn at(addresses: impl Iterator<Item = Address>) -> Self {
        let host = |address| subjects::Host { address, listed: None, by_network: false };
        Self(addresses.map(host).collect())
    }

    /// Returns what the lists say of each, with its address.
    pub(in crate::command) fn listed(&self) -> impl Iterator<Item = (String, Option<&Listed>)> {
        self.0.iter().map(|host| (host.address.to_string(), host.listed.as_ref()))
    }
}
