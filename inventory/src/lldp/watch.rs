//! Listening for neighbours, without the sockets: what was heard on which
//! port, whether to listen on, and why a port heard nothing.

use serde::{Deserialize, Serialize};

use super::{decode_frame, is_same, renew};
use crate::model::LldpNeighbour;

/// The most neighbours of one port that are kept.
const MAX_NEIGHBOURS: usize = 64;

/// A port to listen on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Port {
    /// Interface name.
    pub name: String,
    /// Driver, where known; it tells whether the card keeps LLDP to itself.
    pub driver: Option<String>,
    /// Whether there is a link; `None` where the interface is down.
    pub carrier: Option<bool>,
    /// The driver's private flags by name, where they were read.
    pub private_flags: Vec<(String, bool)>,
}

/// A port that heard nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Interface name.
    pub interface: String,
    /// Whether it could not be listened on at all.
    pub is_refused: bool,
    /// Why, as far as can be told: `eth0: no link`.
    pub reason: String,
}

/// What was heard.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Heard {
    /// Neighbours in the order of the ports, each with its interface.
    pub neighbours: Vec<LldpNeighbour>,
    /// Ports that heard nothing.
    pub silent: Vec<Silence>,
}

/// Ports that are listened on.
#[derive(Clone, Debug)]
pub struct Watch {
    ports: Vec<Watched>,
}

#[derive(Clone, Debug)]
struct Watched {
    port: Port,
    /// Why the port cannot be listened on.
    refused: Option<String>,
    neighbours: Vec<LldpNeighbour>,
}

impl Watch {
    /// Starts with nothing heard on `ports`.
    pub fn new(ports: Vec<Port>) -> Self {
        let watched = |port| Watched { port, refused: None, neighbours: Vec::new() };
        Self { ports: ports.into_iter().map(watched).collect() }
    }

    /// Takes a frame that the port at `index` of the list heard; `is_cut` where
    /// it was longer than what is given.
    pub fn hear(&mut self, index: usize, frame: &[u8], is_cut: bool) {
        let Some(watched) = self.ports.get_mut(index) else { return };
        let Some(mut neighbour) = decode_frame(frame) else { return };
        if is_cut {
            super::damage(&mut neighbour, "the frame is longer than any LLDP frame".to_owned());
        }
        neighbour.interface = Some(watched.port.name.clone());
        let is_full = watched.neighbours.len() >= MAX_NEIGHBOURS;
        match watched.neighbours.iter_mut().find(|known| is_same(known, &mut neighbour)) {
            Some(known) => renew(known, neighbour),
            None if is_full => {}
            None => watched.neighbours.push(neighbour),
        }
    }

    /// Takes note that the port at `index` cannot be listened on.
    pub fn refuse(&mut self, index: usize, reason: String) {
        if let Some(watched) = self.ports.get_mut(index) {
            watched.refused = Some(reason);
        }
    }

    /// Says whether every port that can hear a neighbour has heard one. A
    /// damaged frame is none: a whole one may follow.
    pub fn is_done(&self) -> bool {
        self.ports.iter().all(|watched| {
            watched.port.carrier != Some(true)
                || watched.refused.is_some()
                || watched.neighbours.iter().any(|neighbour| !neighbour.damaged)
        })
    }

    /// Returns what was heard, and why the other ports heard nothing.
    pub fn finish(self) -> Heard {
        let mut heard = Heard::default();
        for watched in self.ports {
            if watched.neighbours.is_empty() {
                let is_refused = watched.refused.is_some();
                let reason = match watched.refused {
                    Some(reason) => reason,
                    None => why_silent(&watched.port),
                };
                let interface = watched.port.name;
                let reason = format!("{interface}: {reason}");
                heard.silent.push(Silence { interface, is_refused, reason });
            }
            heard.neighbours.extend(watched.neighbours);
        }
        heard
    }
}

/// Returns why a port that was listened on may have heard nothing. No neighbour
/// is not no cable: some cards answer LLDP themselves and pass nothing on.
fn why_silent(port: &Port) -> String {
    let flag = |name: &str| port.private_flags.iter().find(|(known, _)| known == name);
    match (port.carrier, port.driver.as_deref()) {
        (None, _) => "the interface is down".to_owned(),
        (Some(false), _) => "no link".to_owned(),
        // i40e: the flag is named after turning the agent off.
        (_, Some("i40e")) => match flag("disable-fw-lldp") {
            Some((_, true)) => "no LLDP heard, though the card passes it on".to_owned(),
            flag => taken_by_card(&port.name, flag.is_some(), "disable-fw-lldp on"),
        },
        (_, Some("ice")) => match flag("fw-lldp-agent") {
            Some((_, false)) => "no LLDP heard, though the card passes it on".to_owned(),
            flag => taken_by_card(&port.name, flag.is_some(), "fw-lldp-agent off"),
        },
        // Observed with in-tree hinic and the vendor's hinic3; there is no flag.
        (_, Some(driver)) if driver.starts_with("hinic") => {
            format!("no LLDP heard; the firmware of cards with `{driver}` may keep it to itself")
        }
        _ => "no LLDP heard".to_owned(),
    }
}

fn taken_by_card(port: &str, is_certain: bool, setting: &str) -> String {
    let verb = if is_certain { "keeps" } else { "may keep" };
    format!(
        "the card's firmware {verb} LLDP to itself; `ethtool --set-priv-flags {port} {setting}` \
         has it passed on"
    )
}
