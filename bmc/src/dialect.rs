//! What is known of the BMCs of each family, as data: `dialect/*.toml`.
//!
//! A dialect goes by the base of the firmware, never by the badge on the case. Its quirks put a
//! step into a ladder, put one first, or name a path that the BMC does not advertise. None of them
//! switches a check or a read-back off, so a wrong one costs a request and no harm. Each has its
//! source, how sure that is, and the test that fails without it.

mod effect;
mod read;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use serde_json::{Map, Value};

pub use effect::{Effect, Feature};

/// How sure something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// Inferred.
    Assumption,
    /// In a manual, often as others quote it.
    Manual,
    /// In code or a thread that was read.
    Read,
    /// In a recorded tree.
    Fixture,
    /// Seen by others on the machine.
    Field,
    /// Seen on a peer by this project's tests.
    Measured,
}

/// When a dialect or a quirk is meant: all that is named has to fit; nothing named fits all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// A key of the root's `Oem`.
    pub oem: Option<String>,
    /// What the header `Server` begins with.
    pub server: Option<String>,
    /// A part of who made it, as the root, the system or the manager has it; case is the same.
    pub maker: Option<String>,
    /// A part of the system's or the manager's model.
    pub model: Option<String>,
    /// What the firmware's version begins with.
    pub firmware: Option<String>,
    /// A path that one of the root's collections has: `Managers/Self`.
    pub member: Option<String>,
}

/// What a BMC shows of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    /// The keys of the root's `Oem`.
    pub oem: Vec<String>,
    /// The header `Server`.
    pub server: String,
    /// Who made it: the root's `Vendor`, and `Manufacturer` of system and manager.
    pub makers: Vec<String>,
    /// Models of system and manager, and the root's `Product`.
    pub models: Vec<String>,
    /// The version of the firmware.
    pub firmware: String,
    /// Paths that collections have.
    pub members: Vec<String>,
}

/// Something that BMCs do in their own way.
#[derive(Clone, Debug, PartialEq)]
pub struct Quirk {
    /// Its name.
    pub id: String,
    /// Which BMCs of the dialect it is about.
    pub when: When,
    /// What it changes.
    pub effect: Effect,
    /// Where it was learned.
    pub source: String,
    /// How sure that is.
    pub confidence: Confidence,
    /// The test that fails without it.
    pub test: String,
}

/// A family of BMCs.
#[derive(Clone, Debug, PartialEq)]
pub struct Dialect {
    /// Its name in reports: `ibmc`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The keys that it has below `Oem`.
    pub namespaces: Vec<String>,
    /// How it is told: by any of these.
    pub detect: Vec<When>,
    /// Of which of its machines a tree is at hand; for the others it is a guess as a whole.
    pub recorded: Vec<When>,
    /// Its quirks.
    pub quirks: Vec<Quirk>,
}

/// The texts, the more particular first; the last one is of every BMC.
const TEXTS: &[&str] = &[
    include_str!("dialect/ibmc.toml"),
    include_str!("dialect/isbmc.toml"),
    include_str!("dialect/hdm.toml"),
    include_str!("dialect/megarac.toml"),
    include_str!("dialect/xcc.toml"),
    include_str!("dialect/any.toml"),
];

/// Returns all dialects; they are read once.
pub fn all() -> &'static [Dialect] {
    static ALL: OnceLock<Vec<Dialect>> = OnceLock::new();
    ALL.get_or_init(|| {
        // A text that cannot be read is found by the tests; without it BMCs are asked by the book.
        TEXTS.iter().filter_map(|text| read::dialect(text).ok()).collect()
    })
}

/// Returns the dialect of a BMC: the one that is told by most of its marks, of equals the first; or
/// what goes for all. HDM and the boards of others have the same key and the same `Server`, and only
/// who made them tells them apart.
pub fn of(marks: &Marks) -> Option<&'static Dialect> {
    let mut best: Option<(usize, &'static Dialect)> = None;
    for dialect in all() {
        for when in dialect.detect.iter().filter(|when| when.fits(marks)) {
            if best.is_none_or(|(most, _)| when.named() > most) {
                best = Some((when.named(), dialect));
            }
        }
    }
    best.map(|(_, dialect)| dialect)
}

impl When {
    /// Returns how many marks it names.
    fn named(&self) -> usize {
        [&self.oem, &self.server, &self.maker, &self.model, &self.firmware, &self.member]
            .iter()
            .filter(|mark| mark.is_some())
            .count()
    }

    /// Returns whether a BMC is meant.
    pub fn fits(&self, marks: &Marks) -> bool {
        let part = |own: &Option<String>, all: &[String]| {
            own.as_ref().is_none_or(|own| {
                let own = own.to_lowercase();
                all.iter().any(|one| one.to_lowercase().contains(&own))
            })
        };
        let begins = |own: &Option<String>, all: &str| {
            own.as_ref().is_none_or(|own| all.starts_with(own.as_str()))
        };
        self.oem.as_ref().is_none_or(|own| marks.oem.contains(own))
            && begins(&self.server, &marks.server)
            && begins(&self.firmware, &marks.firmware)
            && part(&self.maker, &marks.makers)
            && part(&self.model, &marks.models)
            && part(&self.member, &marks.members)
    }
}

/// The name of a quirk that holds, as notes carry it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// The name.
    pub id: &'static str,
    /// Whether it is a guess: no recording of the make shows it.
    pub guessed: bool,
}

/// The quirks that hold for one BMC.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    quirks: Vec<&'static Quirk>,
    own: Option<&'static Dialect>,
    is_recorded: bool,
    /// Steps that this BMC has taken before: they come first in their ladders.
    remembered: Vec<String>,
}

impl Rules {
    /// Returns the quirks of a BMC: its dialect's first, then those of all.
    pub fn of(marks: &Marks) -> Self {
        let own = of(marks);
        let everywhere = all().iter().find(|dialect| dialect.detect.contains(&When::default()));
        let mut quirks: Vec<&'static Quirk> = Vec::new();
        for dialect in own.into_iter().chain(everywhere) {
            for quirk in dialect.quirks.iter().filter(|quirk| quirk.when.fits(marks)) {
                if !quirks.iter().any(|had| had.id == quirk.id) {
                    quirks.push(quirk);
                }
            }
        }
        Self {
            quirks,
            own,
            is_recorded: own.is_some_and(|own| own.recorded.iter().any(|when| when.fits(marks))),
            remembered: Vec::new(),
        }
    }

    /// Returns them without one, for a test of what it is good for.
    #[must_use]
    pub fn without(&self, id: &str) -> Self {
        let quirks = self.quirks.iter().copied().filter(|quirk| quirk.id != id).collect();
        Self { quirks, remembered: self.remembered.clone(), ..*self }
    }

    /// Returns them with the steps that this BMC took before, by their quirks: those are tried
    /// first.
    #[must_use]
    pub fn remembering(mut self, steps: &[String]) -> Self {
        self.remembered = steps.to_vec();
        self
    }

    /// Returns all of them.
    pub fn quirks(&self) -> &[&'static Quirk] {
        &self.quirks
    }

    /// Returns the keys below `Oem` that the dialect has.
    pub fn namespaces(&self) -> &'static [String] {
        self.own.map_or(&[], |own| own.namespaces.as_slice())
    }

    /// Returns whether a tree of such a machine is at hand.
    pub fn is_recorded(&self) -> bool {
        self.is_recorded
    }

    /// Returns whether a quirk holds.
    pub fn has(&self, id: &str) -> bool {
        self.quirks.iter().any(|quirk| quirk.id == id)
    }

    /// Returns the name of a quirk that holds, as notes carry it.
    pub fn id(&self, id: &str) -> Option<Known> {
        self.quirks.iter().find(|quirk| quirk.id == id).map(|quirk| self.known(quirk))
    }

    fn known(&self, quirk: &'static Quirk) -> Known {
        // A make that was recorded need not have been seen to have what nobody advertises.
        let is_shown = self.is_recorded
            && (!matches!(quirk.effect, Effect::Path { .. })
                || matches!(quirk.confidence, Confidence::Fixture | Confidence::Measured));
        let is = |one: &Quirk| one.id == quirk.id;
        let is_own = self.own.is_some_and(|own| own.quirks.iter().any(is));
        Known { id: &quirk.id, guessed: is_own && !is_shown }
    }

    /// Returns the step of `ladder` that is tried first, where one is.
    pub fn first(&self, ladder: &str) -> Option<&'static str> {
        let prefix = match ladder {
            "insert" => "media-",
            "etag" => "etag-",
            "boot" => "boot-",
            "users" => "users-",
            _ => "-",
        };
        let mut known = self.remembered.iter().rev().filter(|step| step.starts_with(prefix));
        if let Some(known) = known.find_map(|step| self.id(step)) {
            return Some(known.id);
        }
        self.quirks.iter().find_map(|quirk| match &quirk.effect {
            Effect::First { ladder: own, step } if own == ladder => Some(step.as_str()),
            _ => None,
        })
    }

    /// Returns what logins have beside name and password.
    pub fn logins(&self) -> impl Iterator<Item = &'static Map<String, Value>> {
        self.quirks.iter().filter_map(|quirk| match &quirk.effect {
            Effect::Login(extra) => Some(extra),
            _ => None,
        })
    }

    /// Returns what stands in a change beside what the standard has, with the quirk; the first that
    /// the dialect has.
    pub fn beside(&self, feature: Feature) -> Option<(Known, &'static Map<String, Value>)> {
        self.quirks.iter().find_map(|quirk| match &quirk.effect {
            Effect::Body { feature: own, body } if *own == feature => {
                Some((self.known(quirk), body))
            }
            _ => None,
        })
    }

    /// Returns where a token may stand in a body (RFC 6901).
    pub fn tokens(&self) -> impl Iterator<Item = &'static str> {
        self.quirks.iter().filter_map(|quirk| match &quirk.effect {
            Effect::Token(pointer) => Some(pointer.as_str()),
            _ => None,
        })
    }

    /// Returns the schemes of images that it takes, if they are known: `nfs`, `https`.
    pub fn schemes(&self) -> Option<&'static [String]> {
        self.quirks.iter().find_map(|quirk| match &quirk.effect {
            Effect::Schemes(schemes) => Some(schemes.as_slice()),
            _ => None,
        })
    }

    /// Returns how often a thing is tried that fails at random; once where nothing is known.
    pub fn tries(&self, feature: Feature) -> u32 {
        let tries = self.quirks.iter().find_map(|quirk| match &quirk.effect {
            Effect::Tries { feature: own, times } if *own == feature => Some(*times),
            _ => None,
        });
        tries.unwrap_or(1)
    }

    /// Returns paths that this dialect has though it does not advertise them, each with the quirk:
    /// `{ns}` in them stands for the key below `Oem`, `{slot}` and the like for resources.
    pub fn paths(&self, feature: Feature) -> impl Iterator<Item = (Known, &'static str)> {
        self.quirks.iter().filter_map(move |quirk| match &quirk.effect {
            Effect::Path { feature: own, path } if *own == feature => {
                Some((self.known(quirk), path.as_str()))
            }
            _ => None,
        })
    }
}
