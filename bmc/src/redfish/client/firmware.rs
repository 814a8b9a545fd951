//! Firmware over Redfish: what is installed, an update that is sent and read back, and one that is
//! taken up again.

use std::{sync::Arc, time::Duration};

use serde_json::Value;

use super::{Acted, Client, Image, Inner, RedfishError, TaskSeen, edge::now, image::Cargo};
use crate::{
    credential::Secret,
    operation::{
        Outcome,
        firmware::{ApplyTime, Change, Component, Stage, changes, order},
    },
    redfish::{
        finding::Read,
        firmware,
        ladder::{
            script::{Note, Script},
            update::{self, Plan, Ways},
        },
        tree::{self, Tree},
        walk::Purpose,
    },
};

/// Seconds between looks at the versions.
const LOOKS: &[u64] = &[1, 1, 2, 3, 5, 5, 10];

/// Where an image comes from.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// A file of ours. Where the BMC takes none, `offer` returns where it can fetch it, if it can.
    File {
        /// The file.
        image: &'a Image,
        /// Asked once at most, and only where it is needed.
        offer: &'a (dyn Fn() -> Option<String> + Send + Sync),
    },
    /// It is somewhere else already.
    Url(&'a str),
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File { image, .. } => write!(out, "{image:?}"),
            Self::Url(url) => out.write_str(url),
        }
    }
}

/// An update that is wanted.
#[derive(Clone, Debug)]
pub struct Update<'a> {
    /// The image.
    pub source: Source<'a>,
    /// What it is for, by the names of components, or their paths; empty lets the BMC decide.
    pub targets: &'a [String],
    /// When it is taken into use; `None` lets the BMC decide.
    pub apply: Option<ApplyTime>,
    /// The protocol that it is fetched by; else that of the URL.
    pub protocol: Option<&'a str>,
    /// Who to be at the server of the image.
    pub credential: Option<(&'a str, &'a Secret)>,
    /// The version that the targets have to have afterwards, where it is known.
    pub expect: Option<&'a str>,
    /// How long a version may take to change once the BMC says that it is done.
    pub settle: Duration,
}

/// What became of an update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    /// What became of it.
    pub outcome: Outcome,
    /// Versions that are others now.
    pub changes: Vec<Change>,
    /// What there is to tell.
    pub notes: Vec<Note>,
}

impl Client {
    /// Returns what the update service lists.
    ///
    /// # Errors
    /// Where nothing can be read at all.
    pub async fn components(&self) -> Result<(Read<Tree>, Read<Vec<Component>>), RedfishError> {
        let tree = self.tree(Purpose::Firmware).await?;
        let found = firmware::components(&tree.value);
        Ok((tree, found))
    }

    /// Installs firmware, follows that to its end, and reads the versions back.
    ///
    /// Nothing is sent where a target is not there or cannot be updated, where an update runs
    /// already, or where the targets have the version that is expected.
    ///
    /// # Errors
    /// [`RedfishError::Declined`] where nothing was sent; [`RedfishError::GaveUp`] where the BMC
    /// worked on it and gave up; [`RedfishError::Cut`] where the image did not get there.
    pub async fn update(&self, wanted: &Update<'_>) -> Result<Updated, RedfishError> {
        let service = self.inner.collection("UpdateService");
        let (_, before) = self.components().await?;
        let before = before.value;
        let targets = targets(wanted.targets, &before)?;
        let tasks = self.tasks().await.unwrap_or_default();
        if let Some(task) = tasks.iter().find(|task| is_update(task) && !is_over(task)) {
            return Err(declined(
                format!("已有更新任务在执行：{}（firmware follow 可跟进）", task.path),
                format!("an update runs already: {} (`firmware follow` takes it up)", task.path),
            ));
        }
        let meant = |component: &&Component| targets.contains(&component.place);
        let mut notes = Vec::new();
        if let Some(expect) = wanted.expect.filter(|_| !targets.is_empty()) {
            let had: Vec<&str> = before
                .iter()
                .filter(meant)
                .map(|one| one.version.as_deref().unwrap_or_default())
                .collect();
            if had.iter().all(|version| *version == expect) {
                notes.push(note(
                    format!("版本已是 {expect}，未发送镜像"),
                    format!("the version is {expect} already; nothing was sent"),
                ));
                return Ok(Updated { outcome: Outcome::Done, changes: Vec::new(), notes });
            }
            if let Some(newer) = had.iter().find(|had| order(expect, had).is_lt()) {
                notes.push(note(
                    format!("这是降级：现为 {newer}，将为 {expect}"),
                    format!("this is a downgrade: from {newer} to {expect}"),
                ));
            }
        }
        // How it is asked for goes by the maker, whom few roots name: the system and its manager do.
        // Where neither can be read it is asked for by what is known.
        drop(self.inner.manager().await);
        let reply = self.inner.read(&service).await?;
        let ways = update::ways(reply.json(), &self.rules());
        let acted = self.send_image(wanted, &service, &ways, &targets, &tasks).await?;
        notes.extend(acted.notes);
        let deferred = matches!(wanted.apply, Some(ApplyTime::OnReset | ApplyTime::AtMaintenance));
        if acted.outcome != Outcome::Done {
            return Ok(Updated { outcome: acted.outcome, changes: Vec::new(), notes });
        }
        let settle = if deferred { Duration::ZERO } else { wanted.settle };
        let back = self.read_back(&before, &targets, wanted.expect, settle).await?;
        let outcome = match back.outcome {
            // It is taken into use later.
            Outcome::NotKept { .. } if deferred => Outcome::Accepted { task: None },
            outcome => outcome,
        };
        notes.extend(back.notes);
        Ok(Updated { outcome, changes: back.changes, notes })
    }

    async fn send_image(
        &self,
        wanted: &Update<'_>,
        service: &str,
        ways: &Ways,
        targets: &[String],
        tasks: &[TaskSeen],
    ) -> Result<Acted, RedfishError> {
        let (image, url) = match wanted.source {
            Source::Url(url) => (None, Some(url.to_owned())),
            Source::File { image, offer } => {
                let fetches = !ways.takes_files() && ways.simple.is_some();
                (Some(image), if fetches { offer() } else { None })
            }
        };
        let known: Vec<String> = tasks.iter().map(|task| task.path.clone()).collect();
        let list = self.inner.task_list().await;
        let plan = Plan {
            service,
            tasks: list.as_deref(),
            known: &known,
            file: image.map(|image| (image.name.as_str(), image.length)),
            url: url.as_deref(),
            targets,
            apply: wanted.apply,
            protocol: wanted.protocol,
            credential: wanted.credential,
        };
        let watch = &self.inner.options.watch;
        self.inner.edge.load(image.map(|image| Cargo::new(image.clone(), watch.clone())));
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| update::update(script, &plan, &rules);
        let acted = self.inner.climb(&climb).await;
        self.inner.edge.load(None);
        acted
    }

    /// Reads the versions till they are others, or time is over.
    async fn read_back(
        &self,
        before: &[Component],
        targets: &[String],
        expect: Option<&str>,
        settle: Duration,
    ) -> Result<Updated, RedfishError> {
        let began = now();
        let mut waits = LOOKS.iter().chain(std::iter::repeat(&10)).copied();
        loop {
            self.inner.options.watch.tell(Stage::Reading);
            let read = match self.components().await {
                // A list that lacks something proves nothing: it may be of a BMC that starts.
                Ok((tree, read)) if tree.is_complete() && read.is_complete() => Ok(read.value),
                Ok((tree, read)) => Err((None, tree.findings.len() + read.findings.len())),
                Err(error) if error.may_be_away() => Err((Some(error), 0)),
                Err(error) => return Err(error),
            };
            if let Ok(after) = &read
                && let Some(found) = judged(before, after, targets, expect)
            {
                return Ok(found);
            }
            let wait = Duration::from_secs(waits.next().unwrap_or(10));
            if now().saturating_duration_since(began) + wait > settle {
                return match read {
                    Ok(after) => Ok(not_kept(before, &after, targets, expect)),
                    Err((Some(error), _)) => Err(error),
                    Err((None, _)) => Ok(Updated {
                        outcome: Outcome::Accepted { task: None },
                        changes: Vec::new(),
                        notes: vec![note(
                            "版本未能完整读回：稍后用 firmware list 核对".to_owned(),
                            "the versions could not all be read back: look with `firmware list` \
                             later"
                                .to_owned(),
                        )],
                    }),
                };
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Takes up an update that runs, by its task or the only one that is there, and follows it to
    /// its end; returns the task's path too.
    ///
    /// # Errors
    /// [`RedfishError::Missing`] where no update runs; [`RedfishError::Declined`] where several do.
    pub async fn follow(&self, task: Option<&str>) -> Result<(String, Acted), RedfishError> {
        let place = match task {
            Some(named) => self.named(named).await?,
            None => self.running().await?,
        };
        let rules = self.rules();
        let climb = |script: &mut Script<'_>| update::follow(script, &place, false, &rules);
        let acted = self.inner.climb(&climb).await?;
        Ok((place, acted))
    }

    async fn named(&self, named: &str) -> Result<String, RedfishError> {
        let place = if named.starts_with('/') {
            tree::path(named)
        } else {
            let list =
                self.inner.task_list().await.ok_or(RedfishError::Missing { what: "tasks" })?;
            tree::path(&format!("{list}/{named}"))
        };
        let place = place.ok_or(RedfishError::Missing { what: "such task" })?;
        // One that is not there has not ended well.
        let reply = self.inner.send(&super::Request::get(&place)).await?;
        if reply.is(&[404, 410]) {
            return Err(RedfishError::Missing { what: "such task" });
        }
        Ok(place)
    }

    async fn running(&self) -> Result<String, RedfishError> {
        let tasks = self.tasks().await?;
        let mut runs: Vec<&TaskSeen> = tasks.iter().filter(|task| !is_over(task)).collect();
        let updates: Vec<&TaskSeen> = runs.iter().copied().filter(|task| is_update(task)).collect();
        if !updates.is_empty() {
            runs = updates;
        }
        match runs.as_slice() {
            [one] => Ok(one.path.clone()),
            [] => Err(RedfishError::Missing { what: "update that runs" }),
            several => {
                let paths: Vec<&str> = several.iter().map(|task| task.path.as_str()).collect();
                let paths = paths.join(", ");
                Err(declined(
                    format!("有多个任务在执行，请指定一个：{paths}"),
                    format!("several tasks run, name one: {paths}"),
                ))
            }
        }
    }
}

impl Inner {
    /// Returns the collection of tasks, if it can be found.
    async fn task_list(self: &Arc<Self>) -> Option<String> {
        let link = ["/Tasks/@odata.id", "/TaskService/@odata.id"];
        let link = link.iter().find_map(|at| self.root.pointer(at)?.as_str().and_then(tree::path));
        let service = link.unwrap_or_else(|| "/redfish/v1/TaskService".to_owned());
        let service = self.read(&service).await.ok()?;
        service.json().pointer("/Tasks/@odata.id").and_then(Value::as_str).and_then(tree::path)
    }
}

fn note(zh: String, en: String) -> Note {
    Note::of(None, (zh, en))
}

fn declined(zh: String, en: String) -> RedfishError {
    RedfishError::Declined { why: (zh, en) }
}

/// Returns whether a task is one of firmware, by its name.
fn is_update(task: &TaskSeen) -> bool {
    let name = task.name.to_ascii_lowercase();
    ["update", "upgrade", "firmware", "flash"].iter().any(|word| name.contains(word))
}

/// Returns whether a task has ended.
fn is_over(task: &TaskSeen) -> bool {
    let state = task.state.to_ascii_lowercase();
    ["completed", "exception", "killed", "cancelled", "canceled", "failed", "interrupted"]
        .iter()
        .any(|word| state.contains(word))
}

/// Returns the paths of what is named, each once.
fn targets(named: &[String], all: &[Component]) -> Result<Vec<String>, RedfishError> {
    let mut found: Vec<String> = Vec::new();
    for name in named {
        let is = |one: &&Component| {
            one.id.eq_ignore_ascii_case(name)
                || one.place == *name
                || one.name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        let fits: Vec<&Component> = all.iter().filter(is).collect();
        let one = match fits.as_slice() {
            [one] => one,
            [] => {
                let ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).take(40).collect();
                let ids = ids.join(", ");
                return Err(declined(
                    format!("没有固件部件 `{name}`；有：{ids}"),
                    format!("there is no component `{name}`; there are: {ids}"),
                ));
            }
            _ => {
                return Err(declined(
                    format!("`{name}` 指多个固件部件：请写其路径"),
                    format!("`{name}` is several components: name one by its path"),
                ));
            }
        };
        if one.is_updateable == Some(false) {
            return Err(declined(
                format!("BMC 标明 `{}` 不可更新", one.id),
                format!("the BMC says that `{}` cannot be updated", one.id),
            ));
        }
        if !found.contains(&one.place) {
            found.push(one.place.clone());
        }
    }
    Ok(found)
}

fn version<'c>(all: &'c [Component], place: &str) -> Option<&'c str> {
    all.iter().find(|one| one.place == place).and_then(|one| one.version.as_deref())
}

/// Returns what became of it if that is done: all targets have what is expected, or else another
/// version than before; without targets, something has.
fn judged(
    before: &[Component],
    after: &[Component],
    targets: &[String],
    expect: Option<&str>,
) -> Option<Updated> {
    let changes = changes(before, after);
    let is_done = if targets.is_empty() {
        changes.iter().any(|change| match (&change.after, expect) {
            (Some(after), Some(expect)) => after == expect,
            (after, None) => after.is_some(),
            (None, Some(_)) => false,
        })
    } else {
        targets.iter().all(|target| match (version(after, target), expect) {
            (Some(now), Some(expect)) => now == expect,
            (Some(now), None) => version(before, target) != Some(now),
            (None, _) => false,
        })
    };
    is_done.then(|| {
        let backward = changes.iter().filter(|change| change.is_downgrade());
        let notes = backward.map(|change| {
            let (was, is) = (change.before.as_deref(), change.after.as_deref());
            let (was, is) = (was.unwrap_or_default(), is.unwrap_or_default());
            note(
                format!("`{}` 降级：{was} → {is}", change.id),
                format!("`{}` was downgraded: {was} → {is}", change.id),
            )
        });
        let notes = notes.collect();
        Updated { outcome: Outcome::Done, changes, notes }
    })
}

fn not_kept(
    before: &[Component],
    after: &[Component],
    targets: &[String],
    expect: Option<&str>,
) -> Updated {
    let changes = changes(before, after);
    let shown = |one: &Component| format!("{} {}", one.id, one.version.as_deref().unwrap_or("-"));
    let meant = after.iter().filter(|one| targets.contains(&one.place));
    let mut found: Vec<String> = meant.map(shown).collect();
    if found.is_empty() {
        found = after.iter().filter(|one| one.is_updateable != Some(false)).map(shown).collect();
    }
    found.truncate(8);
    let sent = expect.map_or_else(|| "another version".to_owned(), str::to_owned);
    Updated {
        outcome: Outcome::NotKept { sent, found: found.join(", ") },
        changes,
        notes: vec![note(
            "BMC 称已完成，但版本未变：镜像版本可能与原来相同，或需重启主机后生效".to_owned(),
            "the BMC says it is done, and the version is the one of before: the image may be of \
             the same version, or wait for a restart of the host"
                .to_owned(),
        )],
    }
}
