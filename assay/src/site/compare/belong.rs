//! Which line a machine is of.

use std::collections::BTreeMap;

use bmc::target::Address;
use profiles::Text;

use super::{
    super::{
        finding::Kind,
        list::List,
        place::{Place, folded},
        seen::Seen,
    },
    Match,
};
use crate::lang::text;

/// Where lines stand, by all that names a place.
pub(super) struct Places {
    /// Lines by serial number.
    pub(super) serials: BTreeMap<String, Vec<usize>>,
    addresses: BTreeMap<Address, usize>,
    /// Lines by room, rack and unit, and by rack and unit alone.
    whole: BTreeMap<String, Vec<usize>>,
    bare: BTreeMap<String, Vec<usize>>,
}

/// What a serial number that is there twice explains.
#[derive(Debug, Default)]
pub(super) struct Twice {
    /// Lines whose serial number another line has.
    pub(super) lines: Vec<usize>,
    /// Machines whose serial number another machine has.
    pub(super) seen: Vec<usize>,
}

impl Places {
    pub(super) fn of(list: &List) -> Self {
        let mut all = Self {
            serials: BTreeMap::new(),
            addresses: BTreeMap::new(),
            whole: BTreeMap::new(),
            bare: BTreeMap::new(),
        };
        for (at, line) in list.lines.iter().enumerate() {
            if let Some(serial) = &line.serial {
                all.serials.entry(folded(serial)).or_default().push(at);
            }
            if let Some(address) = &line.address {
                all.addresses.insert(address.clone(), at);
            }
            if let Some(place) = &line.place {
                all.whole.entry(place.key(true)).or_default().push(at);
                all.bare.entry(place.key(false)).or_default().push(at);
            }
        }
        all
    }

    /// Returns the line in whose place a machine was found.
    pub(super) fn line(&self, seen: &Seen<'_>) -> Option<usize> {
        match &seen.place {
            Some(place) => self.at_place(place),
            None => seen.address.as_ref().and_then(|address| self.at_address(address)),
        }
    }

    /// Returns the one line that stands there; nodes of one enclosure share their place.
    pub(super) fn at_place(&self, place: &Place) -> Option<usize> {
        let only = |lines: Option<&Vec<usize>>| match lines.map(Vec::as_slice) {
            Some([only]) => Some(*only),
            _ => None,
        };
        let by_room = self.whole.get(&place.key(true));
        only(by_room)
            .or_else(|| only(self.bare.get(&place.key(false))).filter(|_| by_room.is_none()))
    }

    /// Returns the line of an address.
    pub(super) fn at_address(&self, address: &Address) -> Option<usize> {
        let bare = Address { port: None, ..address.clone() };
        let exact = self.addresses.get(address).or_else(|| self.addresses.get(&bare));
        exact.copied()
    }
}

/// Returns whether two places are one, the room aside where one of them does not say it.
pub(super) fn is_same_place(one: &Place, other: &Place) -> bool {
    let with_room = one.room.is_some() && other.room.is_some();
    one.key(with_room) == other.key(with_room)
}

/// Returns whether two addresses are one, the port aside where one of them does not say it.
pub(super) fn is_same_address(one: &Address, other: &Address) -> bool {
    one.host == other.host && (one.port == other.port || one.port.is_none() || other.port.is_none())
}

impl Match<'_, '_> {
    fn pair(&mut self, line: usize, seen: usize) {
        if let (Some(of_line), Some(of_seen)) =
            (self.of_line.get_mut(line), self.of_seen.get_mut(seen))
        {
            *of_line = Some(seen);
            *of_seen = Some(line);
        }
    }

    fn is_free(&self, line: usize) -> bool {
        self.of_line.get(line).copied().flatten().is_none()
    }

    /// Gives each line the machine of its serial number; returns what is there twice.
    pub(super) fn by_serial(&mut self) -> Twice {
        let mut lines: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, line) in self.list.lines.iter().enumerate() {
            if let Some(serial) = &line.serial {
                lines.entry(folded(serial)).or_default().push(at);
            }
        }
        let mut machines: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, seen) in self.seen.iter().enumerate() {
            if let Some(serial) = seen.serial() {
                machines.entry(folded(serial)).or_default().push(at);
            }
        }
        let mut twice = Twice::default();
        for (serial, lines) in &lines {
            let of = machines.get(serial).cloned().unwrap_or_default();
            // Of several, those at their place belong together; the rest in their order.
            let stands = |seen: &usize| self.stands.get(*seen).copied().flatten();
            let mut left: Vec<usize> = Vec::new();
            let mut pairs = Vec::new();
            let mut open: Vec<usize> = lines.clone();
            for seen in of {
                match stands(&seen).and_then(|line| open.iter().position(|open| *open == line)) {
                    Some(at) => pairs.push((open.remove(at), seen)),
                    None => left.push(seen),
                }
            }
            let mut open = open.into_iter();
            for seen in left {
                // Where a machine stands in the place of another line, it may be that line's.
                let elsewhere =
                    lines.len() > 1 || machines.get(serial).is_some_and(|all| all.len() > 1);
                if elsewhere && stands(&seen).is_some() && !pairs.is_empty() {
                    continue;
                }
                let Some(line) = open.next() else { break };
                pairs.push((line, seen));
            }
            for (line, seen) in pairs {
                self.pair(line, seen);
            }
            if lines.len() > 1 {
                twice.lines.extend(lines.iter().copied());
            }
        }
        for all in machines.values().filter(|all| all.len() > 1) {
            twice.seen.extend(all.iter().copied());
        }
        self.tell_twice(&lines, &machines);
        twice
    }

    fn tell_twice(
        &mut self,
        lines: &BTreeMap<String, Vec<usize>>,
        machines: &BTreeMap<String, Vec<usize>>,
    ) {
        for lines in lines.values().filter(|lines| lines.len() > 1) {
            let Some(one) = lines.first().and_then(|at| self.list.lines.get(*at)) else { continue };
            let rows: Vec<String> = lines
                .iter()
                .filter_map(|at| self.list.lines.get(*at))
                .map(|line| line.row.to_string())
                .collect();
            let name = one.name();
            let what = Text::new(
                format!("清单第 {} 行的序列号都是 `{name}`", rows.join("、")),
                format!("rows {} of the list have the serial number `{name}`", rows.join(", ")),
            );
            self.find(Kind::DuplicateListed, lines, &[], what);
        }
        for all in machines.values().filter(|all| all.len() > 1) {
            let names: Vec<Text> = all.iter().map(|at| self.seen_name(*at)).collect();
            let zh: Vec<&str> = names.iter().map(|name| name.zh.as_str()).collect();
            let en: Vec<&str> = names.iter().map(|name| name.en.as_str()).collect();
            let what = Text::new(
                format!("{} 台不同的设备报告同一序列号：{}", all.len(), zh.join("、")),
                format!(
                    "{} different machines tell one serial number: {}",
                    all.len(),
                    en.join(", ")
                ),
            );
            let lines: Vec<usize> =
                all.iter().filter_map(|at| self.of_seen.get(*at).copied().flatten()).collect();
            self.find(Kind::DuplicateFound, &lines, all, what);
        }
    }

    /// Gives lines that have no machine yet the one that was found in their place.
    pub(super) fn by_place(&mut self, twice: &Twice) {
        for at in 0..self.seen.len() {
            if self.of_seen.get(at).copied().flatten().is_some() {
                continue;
            }
            let Some(line) = self.stands.get(at).copied().flatten() else { continue };
            let (Some(seen), Some(wanted)) = (self.seen.get(at), self.list.lines.get(line)) else {
                continue;
            };
            if !self.is_free(line) {
                continue;
            }
            let serial = seen.serial().map(str::to_owned);
            let wants = wanted.serial.clone();
            self.pair(line, at);
            match (serial, wants) {
                // The list has no number to hold it against.
                (_, None) => {}
                (None, Some(wants)) => {
                    let name = self.seen_name(at);
                    let what = Text::new(
                        format!("{} 没有报告序列号，清单为 `{wants}`", name.zh),
                        format!("{} tells no serial number; the list has `{wants}`", name.en),
                    );
                    self.find(Kind::Untold, &[line], &[at], what);
                }
                // Told already, by what is there twice.
                _ if twice.lines.contains(&line) => {}
                _ if twice.seen.contains(&at) => self.join(at, line),
                (Some(serial), Some(wants)) => {
                    let place = self.line_name(line);
                    let what = Text::new(
                        format!("{}：清单序列号 `{wants}`，实际 `{serial}`", place.zh),
                        text("", "{}: `{}` on the list, `{}` found", &[&place.en, &wants, &serial])
                            .en,
                    );
                    self.find(Kind::OtherSerial, &[line], &[at], what);
                }
            }
        }
    }

    /// Adds a line to what is told of machines that have one serial number.
    fn join(&mut self, seen: usize, line: usize) {
        let of = |finding: &&mut super::Finding| {
            finding.kind == Kind::DuplicateFound && finding.seen.contains(&seen)
        };
        if let Some(finding) = self.findings.iter_mut().find(of) {
            finding.lines.push(line);
        }
    }
}
