//! Changes of the desired state: read whole, refused whole, on disk before they count.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use super::document::{Document, Edit, Key, WithId, kind, with_id};
use super::event::{Event, Kind};
use super::index::Index;
use super::store::{self, Store};
use super::work::{self, Task};
use super::{Accepted, Daemon, Part, Standing};
use crate::desired::Desired;
use crate::node::NodeError;
use crate::spec::{self, Fault, SpecErrors};
use crate::text::Text;

/// Most bytes of one object.
pub(super) const MAX_OBJECT: usize = 1 << 20;

/// What somebody wants changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// All of it: what it does not say is not to be.
    Whole {
        /// The file, as JSON.
        text: &'a str,
        /// Its number; the next one where it has none.
        generation: Option<u64>,
        /// Whether many ports may go.
        confirmed: bool,
    },
    /// One object.
    One {
        /// Its section.
        section: &'a str,
        /// Its id.
        id: &'a str,
        /// What it is to be; nothing where it is to go.
        text: Option<&'a str>,
        /// The generation that the caller has seen.
        expected: Option<u64>,
    },
}

/// A change that can be accepted.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// What is to be had if it is; of the part alone where there is one.
    pub task: Task,
    /// The VPC that it changes, where it is to be planned by itself.
    pub part: Option<Part>,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Whole(Document),
    Edit(Edit),
    /// It is what was accepted before; at most someone agrees to it.
    Same,
}

/// What became of a change that was accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The generation it is of.
    pub generation: u64,
    /// Whether it changed anything of the desired state.
    pub changed: bool,
}

/// Why a change was refused; nothing was touched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum Refusal {
    /// No whole desired state was accepted yet.
    #[error("no whole desired state was accepted yet")]
    NothingYet,
    /// The caller does not say which generation it has seen.
    #[error("which generation is changed is not said; the current one is {current}")]
    NoExpectation { current: u64 },
    /// It is another generation that is current.
    #[error("the current generation is {current}, not {expected}")]
    Stale { expected: u64, current: u64 },
    /// A whole state must have a higher number than what is there.
    #[error("generation {generation} is not above the current one, {current}")]
    NotAbove { generation: u64, current: u64 },
    /// There is no such object.
    #[error("there is no `{id}` among the {kind}")]
    NoSuch { kind: &'static str, id: String },
    /// The body is not that of the object.
    #[error("the body is no JSON object")]
    NoObject,
    /// The body has another id than its address.
    #[error("the body has the id {own}, and its address `{id}`")]
    OtherId { own: String, id: String },
    /// The body is too large.
    #[error("the body has {bytes} bytes, more than {most}")]
    TooLarge { bytes: usize, most: usize },
    /// It is not right.
    #[error(transparent)]
    Faults(SpecErrors),
    /// This node cannot have it.
    #[error("this node cannot have it: {}", why.en)]
    Unfit { why: Text },
    /// It could not be kept.
    #[error("cannot keep it on disk")]
    Store { source: io::Error },
}

impl Refusal {
    /// Returns what the caller can do about it.
    pub fn hint(&self) -> Option<Text> {
        let say = |zh: &str, en: &str| Some(Text::of(zh, en, &[]));
        match self {
            Self::NothingYet => say(
                "先以 PUT /v1/state 提交完整状态",
                "PUT /v1/state with a whole desired state first",
            ),
            Self::NoExpectation { .. } => say(
                "以 If-Match 头或 ?expected= 写明所见的代号",
                "say the generation that you have seen by If-Match or ?expected=",
            ),
            Self::Stale { .. } | Self::NotAbove { .. } => say(
                "读取 GET /v1/state 后在其上重做",
                "GET /v1/state and make the change upon that",
            ),
            Self::NoSuch { .. } => {
                say("GET /v1/status 列出现有对象", "GET /v1/status lists the objects")
            }
            Self::NoObject | Self::OtherId { .. } => say(
                "正文为该对象本身，如文件中所写；id 可省略",
                "the body is the object itself, as in the file; its id may be left out",
            ),
            Self::Store { .. } => say(
                "状态目录可写吗？磁盘是否已满？",
                "is the folder of the state writable, and its disk not full?",
            ),
            Self::TooLarge { .. } | Self::Unfit { .. } => None,
            Self::Faults(errors) => errors.faults.first().and_then(|fault| fault.hint.clone()),
        }
    }
}

impl Daemon {
    /// Reads a change; it counts when it is [`accept`](Self::accept)ed.
    pub fn propose(&self, change: &Change<'_>) -> Result<Proposal, Refusal> {
        match *change {
            Change::Whole { text, generation, confirmed } => {
                self.propose_whole(text, generation, confirmed)
            }
            Change::One { section, id, text, expected } => {
                self.propose_one((section.to_owned(), id.to_owned()), text, expected)
            }
        }
    }

    fn propose_whole(
        &self,
        text: &str,
        generation: Option<u64>,
        confirmed: bool,
    ) -> Result<Proposal, Refusal> {
        let current = self.accepted.generation;
        let next = generation.unwrap_or(current.saturating_add(1));
        if next < current || next == 0 {
            return Err(Refusal::NotAbove { generation: next, current });
        }
        if !text.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
            return Err(Refusal::NoObject);
        }
        // What is known already has not to be read again; it is not valid in another way.
        let known = self.desired.as_ref().filter(|_| self.accepted.document.is_written(text));
        if let Some(desired) = known
            && (next == current || generation.is_none())
        {
            let confirmed = confirmed || self.accepted.confirmed;
            let task = self.task_of(current, Arc::clone(desired), confirmed);
            return Ok(Proposal { task, part: None, what: What::Same });
        }
        let desired = match known {
            Some(desired) => Arc::clone(desired),
            None => Arc::new(spec::read("body", text).map_err(Refusal::Faults)?),
        };
        let document = Document::of(text, next).ok_or(Refusal::NoObject)?;
        let same = self.desired.is_some() && document.equals(&self.accepted.document);
        if next == current && !same {
            return Err(Refusal::NotAbove { generation: next, current });
        }
        if same && (next == current || generation.is_none()) {
            let task = self.task_of(current, desired, confirmed || self.accepted.confirmed);
            return Ok(Proposal { task, part: None, what: What::Same });
        }
        let task = self.task_of(next, desired, confirmed);
        Ok(Proposal { task, part: None, what: What::Whole(document) })
    }

    fn propose_one(
        &self,
        key: Key,
        text: Option<&str>,
        expected: Option<u64>,
    ) -> Result<Proposal, Refusal> {
        let edit = self.edit(key, text, expected)?;
        let rendered = self.accepted.document.render(Some(&edit));
        let desired = spec::read("state", &rendered.text)
            .map_err(|errors| Refusal::Faults(placed(errors, &rendered)))?;
        // Who deletes one object means it; what was held before stays held.
        let confirmed = self.standing == Standing::AsWanted;
        let generation = self.accepted.generation.saturating_add(1);
        let task = self.task_of(generation, Arc::new(desired), confirmed);
        Ok(Proposal { task, part: None, what: What::Edit(edit) })
    }

    /// Reads a change of one object against its VPC alone; nothing where that cannot be, or is
    /// not worth it: then it has to be [`propose`](Self::propose)d.
    pub fn propose_part(&self, change: &Change<'_>) -> Option<Proposal> {
        let Change::One { section, id, text, expected } = *change else { return None };
        let settled = self.standing == Standing::AsWanted && !self.sweep;
        let generation = self.accepted.generation;
        if !settled || self.applied != generation || self.past.is_unfinished() {
            return None;
        }
        let edit = self.edit((section.to_owned(), id.to_owned()), text, expected).ok()?;
        let desired = self.desired.as_ref()?;
        let part = Part::of(desired, &self.index, &self.accepted.document, &edit)?;
        let task = self.task_of(generation.saturating_add(1), Arc::clone(&part.after), true);
        Some(Proposal { task, part: Some(part), what: What::Edit(edit) })
    }

    /// Returns a change of one object, where it may be made now.
    fn edit(&self, key: Key, text: Option<&str>, expected: Option<u64>) -> Result<Edit, Refusal> {
        let current = self.accepted.generation;
        if self.desired.is_none() {
            return Err(Refusal::NothingYet);
        }
        let expected = expected.ok_or(Refusal::NoExpectation { current })?;
        if expected != current {
            return Err(Refusal::Stale { expected, current });
        }
        let text = match text {
            Some(text) => Some(checked(text, &key.1)?),
            None if self.accepted.document.object(&key).is_none() => {
                let kind = kind(&key.0).unwrap_or("objects");
                return Err(Refusal::NoSuch { kind, id: key.1 });
            }
            None => None,
        };
        Ok(Edit { key, text })
    }

    fn task_of(&self, generation: u64, desired: Arc<Desired>, confirmed: bool) -> Task {
        let (past, sweep) = (self.past.clone(), self.sweep);
        Task { generation, desired, confirmed, past, sweep }
    }

    /// Says whether a change that was looked at with the kernel can be had there at all. That
    /// the kernel could not be looked at is no reason to refuse: it is tried again.
    pub fn fits(looked: Option<&NodeError>) -> Result<(), Refusal> {
        match looked {
            None | Some(NodeError::Kernel(_)) => Ok(()),
            Some(error) => Err(Refusal::Unfit { why: work::because(error, error.hint()) }),
        }
    }

    /// Accepts a change: it is on disk when this returns.
    ///
    /// # Errors
    /// Where it cannot be kept, or something else was accepted since it was proposed.
    pub fn accept(
        &mut self,
        proposal: Proposal,
        store: &mut dyn Store,
        at_ms: u64,
    ) -> Result<Answer, Refusal> {
        let Proposal { task, part, what } = proposal;
        let current = self.accepted.generation;
        let same = matches!(what, What::Same);
        if same != (task.generation == current) {
            return Err(Refusal::Stale { expected: task.generation, current });
        }
        let failed = |source| Refusal::Store { source };
        let (mut objects, generation) = (BTreeSet::new(), task.generation);
        let mut merged = None;
        let text = match what {
            What::Same if task.confirmed == self.accepted.confirmed => {
                return Ok(Answer { generation, changed: false });
            }
            What::Same => {
                let accepted = Accepted { confirmed: task.confirmed, ..self.accepted.clone() };
                store.replace(&store::whole(&accepted)).map_err(failed)?;
                self.accepted = accepted;
                return Ok(Answer { generation, changed: false });
            }
            What::Whole(mut document) => {
                let gone = document.inherit(&self.accepted.document);
                let accepted = Accepted { generation, document, confirmed: task.confirmed };
                store.replace(&store::whole(&accepted)).map_err(failed)?;
                self.accepted = accepted;
                self.gone.extend(gone.into_iter().map(|key| (key, generation)));
                Text::of(
                    "已接受完整状态，第 {0} 代",
                    "a whole desired state was accepted: generation {0}",
                    &[&generation],
                )
            }
            What::Edit(edit) => {
                let long = store
                    .append(&store::edit(&edit, generation, task.confirmed))
                    .map_err(failed)?;
                let there = self.accepted.document.object(&edit.key);
                let since = there.map_or(generation, |object| object.since);
                self.accepted.document.take(&edit, generation);
                (self.accepted.generation, self.accepted.confirmed) = (generation, task.confirmed);
                if long {
                    // It is kept already; a failure leaves the longer file.
                    drop(store.replace(&store::whole(&self.accepted)));
                }
                merged = part.and_then(|part| self.merged(&part, &edit.key));
                let (section, id) = &edit.key;
                objects.insert(format!("{section} {id}"));
                let (zh, en) = if edit.text.is_some() {
                    ("已接受对 {0} {1} 的修改，第 {2} 代", "{0} {1} was changed: generation {2}")
                } else {
                    ("已接受删除 {0} {1}，第 {2} 代", "{0} {1} was deleted: generation {2}")
                };
                let text = Text::of(zh, en, &[section, id, &generation]);
                if edit.text.is_none() {
                    self.gone.insert(edit.key, generation);
                } else if since != generation {
                    self.gone.remove(&edit.key);
                }
                text
            }
        };
        let there = &self.accepted.document;
        self.gone.retain(|key, _since| there.object(key).is_none());
        if merged.is_none() {
            self.index = Index::of(&task.desired);
        }
        self.desired = Some(merged.unwrap_or(task.desired));
        self.standing = Standing::Pending;
        self.failures = 0;
        self.events.push(Event {
            id: 0,
            at_ms,
            kind: Kind::Accepted,
            generation,
            objects,
            text,
            steps: Vec::new(),
            took_ms: None,
        });
        Ok(Answer { generation, changed: true })
    }
}

impl Daemon {
    /// Returns the desired state with what of a part has changed.
    fn merged(&mut self, part: &Part, key: &Key) -> Option<Arc<Desired>> {
        let mut desired = self.desired.take()?;
        part.merge(Arc::make_mut(&mut desired), &mut self.index, key);
        Some(desired)
    }
}

/// Returns an object's text with its id in it.
fn checked(text: &str, id: &str) -> Result<String, Refusal> {
    if text.len() > MAX_OBJECT {
        return Err(Refusal::TooLarge { bytes: text.len(), most: MAX_OBJECT });
    }
    if let Err(error) = serde_json::from_str::<serde_json::Value>(text) {
        let what = Text::of("不是合法的 JSON：{0}", "not JSON: {0}", &[&error]);
        let place = spec::Place { file: Arc::from("body"), line: error.line(), pointer: None };
        let fault = Fault { place, about: Text::default(), what, hint: None };
        return Err(Refusal::Faults(SpecErrors { faults: vec![fault], left_out: 0 }));
    }
    with_id(text, id).map_err(|wrong| match wrong {
        WithId::NoObject => Refusal::NoObject,
        WithId::Other(own) => Refusal::OtherId { own, id: id.to_owned() },
    })
}

/// Has faults of the edited object stand where its owner wrote it.
fn placed(mut errors: SpecErrors, rendered: &super::document::Rendered) -> SpecErrors {
    let body: Arc<str> = Arc::from("body");
    for fault in &mut errors.faults {
        let place = &mut fault.place;
        let own = rendered.pointer.as_deref().and_then(|object| {
            let inside = place.pointer.as_deref()?.strip_prefix(object)?;
            (inside.is_empty() || inside.starts_with('/')).then(|| inside.to_owned())
        });
        if let Some(inside) = own {
            place.file = Arc::clone(&body);
            place.line = place.line.saturating_sub(rendered.line).saturating_add(1);
            place.pointer = Some(inside);
        }
    }
    errors
}
