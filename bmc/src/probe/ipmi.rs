//! What IPMI tells anybody, and what it tells a user.

use super::{Cell, Verdict, cell, whole};
use crate::{
    ipmi::{Pong, command::lan::Lan},
    operation::identity::Identity,
};

/// What was heard of IPMI.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Heard {
    /// Nobody asked.
    #[default]
    NotAsked,
    /// Its port is closed.
    Closed,
    /// Nothing answered; it may be that a firewall takes it.
    Silent,
    /// It answered without a credential.
    Answered {
        /// What it said of itself.
        pong: Pong,
        /// The cipher suites that it lists, by number; none where it does not tell.
        suites: Option<Vec<u8>>,
    },
}

const CHANNEL: &str = "Get Channel Authentication Capabilities";
const SUITES: &str = "Get Channel Cipher Suites";
const LAN: &str = "Get LAN Configuration Parameters";

/// Decides every cell of a BMC that speaks IPMI and no Redfish, or was to be asked by IPMI.
pub fn of_ipmi(identity: &Identity, lan: Option<&Lan>, heard: &Heard) -> Vec<Cell> {
    let mut cells = Vec::new();
    put(heard, &mut cells);
    let said = |feature, said: &Option<String>, by: &str| match said {
        Some(said) => cell(feature, Verdict::Works, said, by),
        None => cell(feature, Verdict::Missing, "none", by),
    };
    cells.push(said("vendor", &identity.manufacturer, "FRU 0"));
    cells.push(said("model", &identity.model, "FRU 0"));
    cells.push(said("firmware", &identity.bmc_version, "Get Device ID"));
    cells.push(cell("session", Verdict::Works, "session", "RAKP"));
    if heard == &Heard::NotAsked || heard == &Heard::Silent {
        let version = identity.protocol.trim_start_matches("IPMI ");
        replace(&mut cells, cell("ipmi", Verdict::Works, version, "Get Device ID"));
    }
    if let Some(lan) = lan.filter(|lan| !lan.suites.is_empty()) {
        let numbers: Vec<u8> = lan.suites.iter().map(|(number, _)| *number).collect();
        replace(&mut cells, cell("ipmi.suites", Verdict::Works, listed(&numbers), LAN));
        let zero = if lan.lets_anybody_in() {
            (Verdict::Wrong, "offered: nobody has to prove anything")
        } else {
            (Verdict::Works, "not offered")
        };
        replace(&mut cells, cell("ipmi.suite-0", zero.0, zero.1, LAN));
    }
    whole(cells)
}

fn replace(cells: &mut Vec<Cell>, cell: Cell) {
    cells.retain(|had| had.feature != cell.feature);
    cells.push(cell);
}

fn listed(numbers: &[u8]) -> String {
    let mut each = std::collections::BTreeSet::new();
    each.extend(numbers.iter().copied());
    each.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Decides what IPMI tells anybody.
pub(super) fn put(heard: &Heard, cells: &mut Vec<Cell>) {
    const ALL: [&str; 4] = ["ipmi", "ipmi.suites", "ipmi.users", "ipmi.suite-0"];
    let (verdict, what) = match heard {
        Heard::NotAsked => (Verdict::Unknown, "not asked"),
        Heard::Closed => (Verdict::Missing, "port closed"),
        Heard::Silent => (Verdict::Unknown, "no answer"),
        Heard::Answered { pong, suites } => {
            answered(pong, suites.as_deref(), cells);
            return;
        }
    };
    let by = if heard == &Heard::NotAsked { "" } else { CHANNEL };
    cells.extend(ALL.map(|feature| cell(feature, verdict, what, by)));
}

fn answered(pong: &Pong, suites: Option<&[u8]>, cells: &mut Vec<Cell>) {
    if pong.told {
        let versions = [(pong.ipmi_2, "2.0"), (pong.ipmi_1_5, "1.5")];
        let versions: Vec<&str> =
            versions.into_iter().filter(|(has, _)| *has).map(|(_, version)| version).collect();
        cells.push(cell("ipmi", Verdict::Works, versions.join(", "), CHANNEL));
        let open = [
            (pong.anonymous, "no name and no password"),
            (pong.nameless, "no name"),
            (pong.unauthenticated, "IPMI 1.5 without authentication"),
        ];
        let open: Vec<&str> =
            open.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
        cells.push(match open.as_slice() {
            [] => cell("ipmi.users", Verdict::Works, "none", CHANNEL),
            open => cell("ipmi.users", Verdict::Wrong, open.join(", "), CHANNEL),
        });
    } else {
        cells.push(cell("ipmi", Verdict::Unknown, "not told", "RMCP presence ping"));
        cells.push(cell("ipmi.users", Verdict::Unknown, "not told", CHANNEL));
    }
    let Some(suites) = suites else {
        for feature in ["ipmi.suites", "ipmi.suite-0"] {
            cells.push(cell(feature, Verdict::Unknown, "not told", SUITES));
        }
        return;
    };
    // The list is the same for everybody; what each suite gives is told in a session alone.
    let (verdict, zero) = if suites.contains(&0) {
        (Verdict::Wrong, "listed: whether it lets anybody in is not told")
    } else {
        (Verdict::Works, "not offered")
    };
    cells.push(cell("ipmi.suites", Verdict::Works, listed(suites), SUITES));
    cells.push(cell("ipmi.suite-0", verdict, zero, SUITES));
}
