//! Walks a service: which resources to fetch next, for a purpose.
//!
//! A walk does no I/O: whoever drives it fetches what [`Walk::next`] names, as many at once as the
//! BMC can bear, and tells it what came with [`Walk::answered`].
//!
//! For what is read of a service (DSP0266), the frontier is what the readers of the purpose looked
//! for and did not find; [`Purpose::Everything`] follows every link that there is instead.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::{
    finding::{Finding, Read, Trouble},
    firmware, inventory, log, raid,
    reader::{ROOT, Reader, cut},
    root, sensors,
    tree::{self, Answer, Tree},
};

/// Entries of a log that a profile is judged by.
pub const MOST_ENTRIES: usize = 20;

/// What a service is walked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The power of its systems: the root, the systems and each of them.
    Power,
    /// What [`root::identity`] tells: the systems and their managers.
    Identity,
    /// What [`inventory::inventory`] tells.
    Inventory,
    /// What [`firmware::components`] tells.
    Firmware,
    /// What [`raid::arrays`] tells.
    Storage,
    /// What [`sensors::sensors`] tells.
    Sensors,
    /// What a machine is judged by: [`inventory::inventory`] and [`sensors::sensors`].
    Machine,
    /// What [`log::logs`] tells.
    Logs,
    /// What [`log::collections`] tells: where logs are, and none of their entries.
    LogServices,
    /// Every resource that is linked to, but for schemas and registries: what is recorded.
    Everything,
    /// What a profile is judged by: the same with the lists of schemas and registries, and of a
    /// log no more entries than are judged.
    Profile,
}

impl Purpose {
    /// Says whether every link is followed, and not what readers look for.
    const fn follows_links(self) -> bool {
        matches!(self, Self::Everything | Self::Profile)
    }
}

/// How far a walk goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Resources that are asked for.
    pub resources: usize,
    /// Links from the root.
    pub depth: usize,
    /// Bytes of all bodies together, as far as they are kept.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        // The largest recorded trees have 800 resources and 3 MB; a bladed one has some thousands.
        Self { resources: 20_000, depth: 24, bytes: 128 << 20 }
    }
}

/// A walk under way.
#[derive(Debug)]
pub struct Walk {
    purpose: Purpose,
    bounds: Bounds,
    tree: Tree,
    /// What is to be asked for, and how deep it lies.
    queue: VecDeque<(String, usize)>,
    /// What was asked for and has no answer yet.
    flying: BTreeMap<String, usize>,
    /// Everything that was queued ever.
    visited: BTreeSet<String>,
    bytes: usize,
    /// Whether an answer came since the readers looked last.
    is_stale: bool,
    findings: BTreeSet<Finding>,
}

impl Walk {
    /// Starts a walk.
    pub fn new(purpose: Purpose) -> Self {
        Self::within(purpose, Bounds::default())
    }

    /// Starts a walk that goes no farther than `bounds`.
    pub fn within(purpose: Purpose, bounds: Bounds) -> Self {
        let mut walk = Self {
            purpose,
            bounds,
            tree: Tree::default(),
            queue: VecDeque::new(),
            flying: BTreeMap::new(),
            visited: BTreeSet::new(),
            bytes: 0,
            is_stale: false,
            findings: BTreeSet::new(),
        };
        walk.enqueue(ROOT.to_owned(), 0);
        walk
    }

    /// Returns the next path to fetch; none while everything known is under way, or at the end.
    #[expect(clippy::should_implement_trait, reason = "it may have more after it had none")]
    pub fn next(&mut self) -> Option<String> {
        if self.queue.is_empty() && self.is_stale {
            self.look();
        }
        let (path, depth) = self.queue.pop_front()?;
        self.flying.insert(path.clone(), depth);
        Some(path)
    }

    /// Takes what `path` answered.
    pub fn answered(&mut self, path: &str, answer: Answer) {
        let depth = self.flying.remove(path).unwrap_or(0);
        if let Answer::Resource(resource) = &answer {
            self.bytes = self.bytes.saturating_add(tree::weight(&resource.body));
            if self.purpose.follows_links() {
                self.expand(path, depth, &resource.body);
            }
        }
        self.is_stale = true;
        self.tree.put(path.to_owned(), answer);
    }

    /// Says whether there is nothing left to fetch and nothing under way.
    pub fn is_done(&mut self) -> bool {
        if self.queue.is_empty() && self.is_stale {
            self.look();
        }
        self.queue.is_empty() && self.flying.is_empty()
    }

    /// Returns what came so far.
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Returns what came, and where the walk did not go.
    pub fn finish(self) -> Read<Tree> {
        Read { value: self.tree, findings: self.findings.into_iter().collect() }
    }

    /// Has the readers look for what they miss.
    fn look(&mut self) {
        self.is_stale = false;
        if self.purpose.follows_links() {
            return;
        }
        for path in missing(&self.tree, self.purpose) {
            // Readers go only as deep as their schemas; only pages make a chain.
            self.enqueue(path, 0);
        }
    }

    /// Follows every link of a body.
    fn expand(&mut self, path: &str, depth: usize, body: &Value) {
        let mut links = Vec::new();
        gather(body, &mut String::new(), &mut links);
        let is_profile = self.purpose == Purpose::Profile;
        if is_profile && is_log(body) {
            // The next thousands are alike.
            links.retain(|(pointer, _)| !is_beyond(pointer));
        }
        for (pointer, link) in links {
            let Some(found) = tree::path(&link) else {
                // Only a resource's own link may be a place that is no resource (`$metadata`).
                if !link.contains("$metadata") && !link.is_empty() {
                    let trouble = Trouble::OffHost(cut(&link));
                    self.findings.insert(Finding { path: path.to_owned(), pointer, trouble });
                }
                continue;
            };
            if !is_dictionary(&found) || (is_profile && !is_schema(&found)) {
                self.enqueue(found, depth.saturating_add(1));
            }
        }
    }

    fn enqueue(&mut self, path: String, depth: usize) {
        if self.visited.contains(&path) {
            return;
        }
        let most = if depth > self.bounds.depth {
            Some(self.bounds.depth)
        } else if self.visited.len() >= self.bounds.resources {
            Some(self.bounds.resources)
        } else if self.bytes > self.bounds.bytes {
            Some(self.bounds.bytes)
        } else {
            None
        };
        if let Some(most) = most {
            // One finding is enough: a hostile tree has no end of them.
            let trouble = Trouble::Capped { most };
            self.findings.insert(Finding {
                path: ROOT.to_owned(),
                pointer: String::new(),
                trouble,
            });
            return;
        }
        self.visited.insert(path.clone());
        self.queue.push_back((path, depth));
    }
}

/// Returns what the readers of `purpose` miss in `tree`.
fn missing(tree: &Tree, purpose: Purpose) -> BTreeSet<String> {
    let reader = Reader::walking(tree);
    match purpose {
        Purpose::Power => drop(root::powers(&reader)),
        Purpose::Identity => drop(root::identities(&reader)),
        Purpose::Inventory => drop(inventory::of(&reader)),
        Purpose::Firmware => drop(firmware::of(&reader)),
        Purpose::Storage => drop(raid::of(&reader)),
        Purpose::Sensors => drop(sensors::of(&reader)),
        Purpose::Machine => {
            drop(inventory::of(&reader));
            drop(sensors::of(&reader));
        }
        Purpose::Logs => drop(log::of(&reader)),
        Purpose::LogServices => drop(log::listed(&reader)),
        Purpose::Everything | Purpose::Profile => {}
    }
    reader.missing()
}

/// Says whether a path is of schemas or registries: large, the same for every machine, and no part
/// of it.
fn is_dictionary(path: &str) -> bool {
    let mut parts = path.split('/').skip(3);
    matches!(
        parts.next(),
        Some(
            "JsonSchemas"
                | "Schemas"
                | "SchemaStore"
                | "schemas"
                | "Registries"
                | "$metadata"
                | "odata"
        )
    )
}

/// Says whether a path is of one schema: there are hundreds, and no profile asks for one.
fn is_schema(path: &str) -> bool {
    let mut parts = path.split('/').skip(3);
    let is_list = matches!(parts.next(), Some("JsonSchemas" | "Registries"));
    !is_list || (path.contains("/JsonSchemas/") && parts.next().is_some())
}

/// Says whether a body is of the entries of a log.
fn is_log(body: &Value) -> bool {
    let typed = body.get("@odata.type").and_then(Value::as_str);
    typed.is_some_and(|typed| typed.starts_with("#LogEntryCollection."))
}

/// Says whether a link of a log is beyond the entries that are judged.
fn is_beyond(pointer: &str) -> bool {
    if pointer == "/Members@odata.nextLink" {
        return true;
    }
    let number = pointer.strip_prefix("/Members/").and_then(|rest| rest.split('/').next());
    let number = number.and_then(|number| number.parse::<usize>().ok());
    number.is_some_and(|number| number >= MOST_ENTRIES)
}

/// Collects `@odata.id`, `Uri`-less links and next pages of `value`, each with its pointer.
fn gather(value: &Value, pointer: &mut String, links: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                let length = pointer.len();
                pointer.push('/');
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
                match field {
                    Value::String(link)
                        if matches!(key.as_str(), "@odata.id" | "@Redfish.ActionInfo")
                            || key.ends_with("@odata.nextLink") =>
                    {
                        links.push((pointer.clone(), link.clone()));
                    }
                    other => gather(other, pointer, links),
                }
                pointer.truncate(length);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                let length = pointer.len();
                pointer.push('/');
                pointer.push_str(&at.to_string());
                gather(item, pointer, links);
                pointer.truncate(length);
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
