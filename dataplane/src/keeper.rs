//! Keeping a node as desired: what is accepted, what of it the kernel has, and what happened.
//!
//! A keeper is told things and asked things, and owns neither socket nor clock. A state is
//! accepted whole or refused whole; what is accepted is on disk before anything is done. Until a
//! first full state has been accepted nothing is looked at, and nothing deleted. Each
//! [`round`](Keeper::round) looks, plans and does what is to be done; whoever has a
//! [`Watch`](crate::kernel::watch::Watch) calls it when something of concern changed, and now and
//! then without.

mod document;
mod events;
mod round;
mod status;
mod store;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde_json::{Map, Value, json};

pub use document::Object;
pub use events::{Event, Events, Happened};
pub use round::{Ended, Round};
pub use store::{Disk, Store};

use crate::desired::Desired;
use crate::journal::{End, Past};
use crate::kernel::Kernel;
use crate::node::{self, NodeError};
use crate::plan::{Held, Scope};
use crate::spec::{self, SpecErrors};
use crate::text::Text;

use self::status::Standing;

/// Why a state or a change is not accepted. Nothing is changed then, on disk or in the kernel.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum Refused {
    /// The whole that comes of it is no desired state.
    #[error("{errors}")]
    Faults { errors: SpecErrors },
    /// This node cannot have it, or cannot be looked at.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// It was made for another state than there is.
    #[error("generation {expected} was expected, and it is {have}")]
    Generation { expected: u64, have: u64 },
    /// Too many ports would go.
    #[error("{} of {} ports would be taken away at once", held.ports, held.of)]
    Held { held: Held },
    /// There is nothing to change.
    #[error("no full state has been accepted yet")]
    NoState,
    /// There is no such object.
    #[error("there is no `{kind}` with id `{id}`")]
    NoObject { kind: String, id: String },
    /// Objects have no such kind.
    #[error("`{kind}` is no kind of object")]
    NoKind { kind: String },
    /// An object says another id than it is put at.
    #[error("the object says id `{said}`, and is put at `{id}`")]
    Id { said: String, id: String },
    /// It cannot be kept.
    #[error("cannot write the accepted state")]
    Disk { source: io::Error },
}

impl Refused {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Faults { errors } => return errors.hint(),
            Self::Node(error) => return error.hint(),
            Self::Generation { .. } => "get the state again, and make the change for it",
            Self::Held { .. } => "if that is meant, confirm it",
            Self::NoState => "put a full state first",
            Self::NoObject { .. } => "the state lists those there are",
            Self::NoKind { .. } => "vpc, network, subnet, port, remote, group, addresses",
            Self::Id { .. } => "leave `id` out, or say the same",
            Self::Disk { .. } => "is the folder writable, and its disk not full?",
        };
        Some(hint.to_owned())
    }
}

/// A change of one object.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is to be as given; new where there is none.
    Put(Map<String, Value>),
    /// It is to be gone.
    Delete,
}

/// Keeps a node as desired.
#[derive(Debug)]
pub struct Keeper {
    kept: Option<Kept>,
    events: Events,
    past: Past,
    /// Digest of a state, for the journal.
    digest: fn(&str) -> String,
    counts: Counts,
}

/// What was done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rounds.
    pub rounds: u64,
    /// Steps that were done.
    pub steps: u64,
    /// Runs that failed and were undone, wholly or not.
    pub failures: u64,
    /// Times that the kernel was found to be no more as wanted.
    pub drifts: u64,
    /// Connections that were cut.
    pub cut: u64,
}

/// An accepted state and how far it has come.
#[derive(Debug)]
struct Kept {
    generation: u64,
    /// Whether someone agreed that many ports may go.
    confirmed: bool,
    document: Value,
    desired: Desired,
    objects: BTreeMap<Object, Standing>,
    /// Generation that the kernel was brought to.
    applied: u64,
    /// Generation that was read back.
    verified: u64,
    /// Ports whose device is not there.
    waiting: BTreeSet<String>,
    /// What is in the way, and why it is not as wanted.
    trouble: Vec<Text>,
    /// Rounds in a row that did not end as wanted.
    failures: u32,
    /// Whether connections may go on that are no longer permitted.
    stray: bool,
}

impl Keeper {
    /// Takes up what a store has. What someone applied by hand since counts as accepted; where it
    /// was all taken away by hand, nothing is.
    ///
    /// # Errors
    /// Where the store cannot be read, or has what is no state: then nobody knows what is wanted.
    pub fn load(store: &dyn Store, digest: fn(&str) -> String) -> io::Result<Self> {
        let past = store.past();
        let mut found = store.accepted()?.map(|text| unpack(&text)).transpose()?;
        let newest = found.as_ref().map_or(0, |(generation, ..)| *generation);
        if past.end == Some(End::Done) && past.generation > newest {
            let by_hand = store.applied()?.and_then(|text| spec::value(&text));
            found = by_hand.map(|document| (past.generation, true, document));
        }
        let mut keeper =
            Self { kept: None, events: Events::default(), past, digest, counts: Counts::default() };
        if let Some((generation, confirmed, document)) = found {
            let desired =
                spec::read("accepted", &document.to_string()).map_err(io::Error::other)?;
            keeper.set(generation, confirmed, document, desired);
        }
        Ok(keeper)
    }

    /// Returns the accepted state with its generation.
    pub fn state(&self) -> Option<(u64, &Value)> {
        self.kept.as_ref().map(|kept| (kept.generation, &kept.document))
    }

    /// Returns what happened.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// Returns what was done.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// Whether the kernel was as wanted when it was last looked at.
    pub fn is_ready(&self) -> bool {
        self.kept.as_ref().is_some_and(|kept| kept.verified == kept.generation)
    }

    /// Accepts a full state: what it does not name is to go. `expected` is the generation that it
    /// is made for, where its sender minds.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn replace(
        &mut self,
        kernel: &mut dyn Kernel,
        store: &mut dyn Store,
        text: &str,
        (expected, confirmed): (Option<u64>, bool),
        now_ms: u64,
    ) -> Result<u64, Refused> {
        self.expect(expected)?;
        let desired = spec::read("state", text).map_err(|errors| Refused::Faults { errors })?;
        let scope = Scope { complete: true, confirmed, began: self.past.began.clone() };
        let looked = node::look(kernel, &desired, &scope)?;
        if let Some(held) = looked.plan.held {
            return Err(Refused::Held { held });
        }
        let document = spec::value(text).unwrap_or_default();
        if let Some(kept) = self.kept.as_ref().filter(|kept| kept.document == document) {
            return Ok(kept.generation);
        }
        let said = Text::of("接受了完整状态", "a full state was accepted", &[]);
        self.accept(store, confirmed, document, desired, (Vec::new(), said), now_ms)
    }

    /// Accepts a change of one object.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn change(
        &mut self,
        kernel: &mut dyn Kernel,
        store: &mut dyn Store,
        (kind, id): (&str, &str),
        change: Change,
        expected: Option<u64>,
        now_ms: u64,
    ) -> Result<u64, Refused> {
        self.expect(expected)?;
        let Some(kept) = &self.kept else { return Err(Refused::NoState) };
        let document = &kept.document;
        if !document::is_section(document, kind) {
            return Err(Refused::NoKind { kind: kind.to_owned() });
        }
        let (changed, said) = match change {
            Change::Put(object) => {
                let said = object.get("id").filter(|said| said.as_str() != Some(id));
                if let Some(said) = said {
                    return Err(Refused::Id { said: said.to_string(), id: id.to_owned() });
                }
                let said = Text::of("接受了 {0} {1}", "{0} {1} was accepted", &[&kind, &id]);
                (document::with(document, kind, id, object), said)
            }
            Change::Delete => {
                let none = || Refused::NoObject { kind: kind.to_owned(), id: id.to_owned() };
                let said =
                    Text::of("{0} {1} 将被删除", "{0} {1} is to be taken away", &[&kind, &id]);
                (document::without(document, kind, id).ok_or_else(none)?, said)
            }
        };
        if changed == *document {
            return Ok(kept.generation);
        }
        let read = spec::read("state", &changed.to_string());
        let desired = read.map_err(|errors| Refused::Faults { errors })?;
        // Who names one object means it.
        let scope = Scope { complete: true, confirmed: true, began: self.past.began.clone() };
        node::look(kernel, &desired, &scope)?;
        let objects = vec![format!("{kind} {id}")];
        self.accept(store, true, changed, desired, (objects, said), now_ms)
    }

    fn expect(&self, expected: Option<u64>) -> Result<(), Refused> {
        let have = self.kept.as_ref().map_or(0, |kept| kept.generation);
        match expected.filter(|expected| *expected != have) {
            Some(expected) => Err(Refused::Generation { expected, have }),
            None => Ok(()),
        }
    }

    fn accept(
        &mut self,
        store: &mut dyn Store,
        confirmed: bool,
        document: Value,
        desired: Desired,
        (objects, text): (Vec<String>, Text),
        now_ms: u64,
    ) -> Result<u64, Refused> {
        let newest = self.kept.as_ref().map_or(0, |kept| kept.generation);
        let generation = newest.max(self.past.generation).saturating_add(1);
        let packed =
            json!({ "generation": generation, "confirmed": confirmed, "state": &document });
        store.accept(&packed.to_string()).map_err(|source| Refused::Disk { source })?;
        self.set(generation, confirmed, document, desired);
        self.note(Happened::Accepted, objects, text, now_ms);
        Ok(generation)
    }

    /// Puts a state in place of that which is kept; what of it is as before stays as far as it is.
    fn set(&mut self, generation: u64, confirmed: bool, document: Value, desired: Desired) {
        let before = self.kept.take();
        let objects = {
            let old = before.as_ref().map(|kept| document::objects(&kept.document));
            let same = |object: &Object, value: &Value| {
                old.as_ref().and_then(|old| old.get(object)).is_some_and(|old| *old == value)
            };
            let standing = |(object, value): (Object, &Value)| {
                let kept = before.as_ref().filter(|_| same(&object, value));
                let kept = kept.and_then(|kept| kept.objects.get(&object)).cloned();
                (object, kept.unwrap_or_else(|| Standing::new(generation)))
            };
            document::objects(&document).into_iter().map(standing).collect()
        };
        let (applied, verified, waiting) =
            before.map_or((0, 0, BTreeSet::new()), |it| (it.applied, it.verified, it.waiting));
        self.kept = Some(Kept {
            generation,
            confirmed,
            document,
            desired,
            objects,
            applied,
            verified,
            waiting,
            trouble: Vec::new(),
            failures: 0,
            stray: true,
        });
    }

    fn note(&mut self, kind: Happened, objects: Vec<String>, text: Text, at_ms: u64) {
        let generation = self.kept.as_ref().map_or(0, |kept| kept.generation);
        self.events.add(Event { sequence: 0, at_ms, kind, generation, objects, text });
    }
}

/// Reads what [`Keeper::accept`] writes.
fn unpack(text: &str) -> io::Result<(u64, bool, Value)> {
    let mut packed: Value = serde_json::from_str(text)?;
    let generation = packed.get("generation").and_then(Value::as_u64);
    let confirmed = packed.get("confirmed").and_then(Value::as_bool);
    let state = packed.get_mut("state").map(Value::take);
    match (generation, confirmed, state) {
        (Some(generation), Some(confirmed), Some(state)) => Ok((generation, confirmed, state)),
        _ => Err(io::Error::other("the accepted state on disk is not what a keeper writes")),
    }
}
