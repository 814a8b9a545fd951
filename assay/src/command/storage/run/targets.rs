//! The targets of all jobs: permitted together, opened once each, filled where they are read.

use std::collections::BTreeMap;

use rustix::fs::OFlags;
use storage_bench::{
    drive::Drive,
    job::{Amount, Job, Pattern},
    measurement::Mode,
    safety::{Access, What},
    target::{Direct, Opened},
    workload::{BlockShare, Order, Spec},
};

use super::super::{
    load::{self, Purpose},
    target::{self, Wish},
};
use super::jobs::Stage;
use crate::{
    cli::storage::Destroying, console::Console, failure::Failure, interrupt::Interrupt, lang::text,
};

/// The targets by their paths, open until the last job is done.
#[derive(Debug)]
pub(super) struct Targets {
    held: BTreeMap<String, Held>,
    /// Files that were made to be read, and are not filled yet.
    unfilled: Vec<String>,
}

#[derive(Debug)]
struct Held {
    opened: Opened,
    is_file: bool,
}

/// What all jobs together want of one path.
#[derive(Debug, Default)]
struct Wanted {
    writes: bool,
    direct: bool,
    /// Size of a file to be made: the largest that a job asks for.
    file_bytes: Option<u64>,
    /// Whether a job reads what no job before it has written from end to end.
    reads_unwritten: bool,
}

impl Targets {
    /// Permits and opens what the jobs need. Every refusal is told before the first target is
    /// opened.
    pub(super) fn open(
        stages: &[Stage<'_>],
        destroying: &Destroying,
        console: &mut Console,
    ) -> Result<Self, Failure> {
        let wanted = wanted(stages);
        let wishes: Vec<Wish<'_>> = wanted
            .iter()
            .map(|(path, wanted)| Wish {
                path,
                writes: wanted.writes,
                file_bytes: wanted.file_bytes,
                destroying,
            })
            .collect();
        let permits = target::permit_all(&wishes, destroying, console)?;
        let mut targets = BTreeMap::new();
        let mut unfilled = Vec::new();
        for (permit, (path, wanted)) in permits.iter().zip(&wanted) {
            let direct = if wanted.direct { Direct::Required } else { Direct::Off };
            let opened =
                target::open(permit, direct, &format!("storage run: {}", names(stages, path)))?;
            if matches!(permit.access(), Access::Create { .. }) && wanted.reads_unwritten {
                unfilled.push(path.clone());
            }
            let is_file = !matches!(permit.seen().what, What::Block(_));
            targets.insert(path.clone(), Held { opened, is_file });
        }
        Ok(Self { held: targets, unfilled })
    }

    /// Fills the files that were made to be read.
    pub(super) fn fill_new(
        &self,
        interrupt: &Interrupt,
        console: &mut Console,
    ) -> Result<(), Failure> {
        self.unfilled.iter().try_for_each(|path| self.fill(path, interrupt, console))
    }

    /// Returns the target of a path that a job names.
    pub(super) fn get(&self, path: &str) -> Result<&Opened, Failure> {
        self.held
            .get(path)
            .map(|held| &held.opened)
            .ok_or_else(|| Failure::unable(text("`{}` 未打开", "`{}` is not open", &[path])))
    }

    /// Returns whether all of a job's targets are files.
    pub(super) fn are_files(&self, job: &Job) -> bool {
        paths(job).all(|path| self.held.get(&path).is_some_and(|held| held.is_file))
    }

    /// Makes the targets of a stage ready: past the page cache or not, as its jobs want, and
    /// what it holds of them dropped where they do not say otherwise.
    pub(super) fn prepare(&self, stage: &Stage<'_>) -> Result<(), Failure> {
        for (_, job) in &stage.jobs {
            for path in paths(job) {
                let opened = self.get(&path)?;
                set_direct(opened, job.engine.direct)?;
                if !job.engine.direct && job.invalidate {
                    drop_cache(opened);
                }
            }
        }
        Ok(())
    }

    /// Writes a file that was made for reading: reading what was never written measures nothing.
    fn fill(
        &self,
        path: &str,
        interrupt: &Interrupt,
        console: &mut Console,
    ) -> Result<(), Failure> {
        let target = self.get(path)?;
        console.note(&text(
            "正在写满新建的 `{}`",
            "filling `{}`, which was made for this run",
            &[path],
        ));
        let bytes = target.size_bytes().min(1 << 20);
        let blocks =
            vec![BlockShare { bytes: u32::try_from(bytes).unwrap_or(1 << 20), percent: 100 }];
        let spec = Spec {
            start_bytes: 0,
            span_bytes: target.size_bytes(),
            read_percent: 0,
            trim: false,
            read_blocks: blocks.clone(),
            write_blocks: blocks,
            align_bytes: 0,
            order: Order::Sequential,
            seed: 1,
        };
        let fill = Drive {
            iodepth: 4,
            bytes: Some(target.size_bytes()),
            ..Drive::single(Mode::Throughput, spec)
        };
        let purpose = Purpose { case: "fill".to_owned(), ..Purpose::default() };
        let filled = load::measure(&fill, target, &purpose, interrupt, console)?;
        match filled.observed.ended_early {
            None => Ok(()),
            Some(why) => Err(Failure::unable(text(
                "无法写满 `{}`：{}",
                "cannot fill `{}`: {}",
                &[path, &why],
            ))),
        }
    }
}

/// Returns the paths of a job, each once a thread.
pub(super) fn paths(job: &Job) -> impl Iterator<Item = String> {
    (0..job.numjobs).flat_map(|thread| job.files(thread))
}

/// Returns the names of the jobs that use a path.
fn names(stages: &[Stage<'_>], path: &str) -> String {
    let all = stages.iter().flat_map(|stage| &stage.jobs);
    let own = all.filter(|(_, job)| paths(job).any(|of| of == path));
    own.map(|(_, job)| job.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn wanted(stages: &[Stage<'_>]) -> BTreeMap<String, Wanted> {
    let mut all: BTreeMap<String, Wanted> = BTreeMap::new();
    let mut whole: BTreeMap<String, bool> = BTreeMap::new();
    for stage in stages {
        for (_, job) in &stage.jobs {
            for thread in 0..job.numjobs {
                for (file, path) in (0..).zip(job.files(thread)) {
                    let written = whole.get(&path).copied().unwrap_or(false);
                    let wanted = all.entry(path).or_default();
                    wanted.writes |= job.pattern.writes() || job.pattern.trims();
                    wanted.direct |= job.engine.direct;
                    wanted.reads_unwritten |= job.pattern.reads() && !written;
                    let bytes =
                        job.allow_file_create.then(|| job.file_bytes(thread, file)).flatten();
                    wanted.file_bytes = wanted.file_bytes.max(bytes);
                }
            }
        }
        for (_, job) in stage.jobs.iter().filter(|(_, job)| writes_all(job)) {
            whole.extend(paths(job).map(|path| (path, true)));
        }
    }
    all
}

/// Returns whether a job leaves no byte of its files unwritten.
fn writes_all(job: &Job) -> bool {
    job.pattern == Pattern::Write
        && job.runtime_ns.is_none()
        && job.number_ios.is_none()
        && job.io_size.is_none()
        && job.offset == Amount::Bytes(0)
        && job.offset_increment == Amount::Bytes(0)
}

/// Lets operations go past the page cache, or through it.
fn set_direct(target: &Opened, direct: bool) -> Result<(), Failure> {
    let flags = rustix::fs::fcntl_getfl(target.file());
    let set = flags.and_then(|flags| {
        let mut wanted = flags;
        wanted.set(OFlags::DIRECT, direct);
        if wanted == flags { Ok(()) } else { rustix::fs::fcntl_setfl(target.file(), wanted) }
    });
    set.map_err(|error| {
        let path = &target.subject().path;
        Failure::unable(text(
            "无法为 `{}` 切换直接 I/O",
            "cannot switch direct I/O of `{}`",
            &[path],
        ))
        .because(std::io::Error::from(error))
    })
}

/// Drops what the page cache holds of the target, as fio does unless `invalidate=0`.
pub(super) fn drop_cache(target: &Opened) {
    use rustix::fs::{Advice, fadvise};
    // Advice: a kernel that keeps the pages makes the run faster, and the report says buffered.
    rustix::fs::fsync(target.file()).ok();
    fadvise(target.file(), 0, None, Advice::DontNeed).ok();
}
