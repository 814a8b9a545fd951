//! The jobs: read, refused where this command cannot do them, and put in the order they run in.

use std::collections::BTreeMap;

use profiles::Text;
use storage_bench::{
    job::{Job, Need, host},
    measurement::Mode,
};

use super::super::job_failure;
use crate::{
    cli::storage::{ModeChoice, Run as Arguments},
    failure::Failure,
    lang::text,
};

/// What this command does for a job; what a job needs beyond is refused by name.
const ABLE: &[Need] = &[
    Need::ManyFiles,
    Need::ManyThreads,
    Need::Trim,
    Need::Distribution,
    Need::StartDelay,
    Need::Stonewall,
    Need::Loops,
    Need::IoSize,
    Need::NumberIos,
    Need::Rate,
    Need::Thinktime,
    Need::Fsync,
    Need::EndFsync,
    Need::SyncWrites,
    Need::Batches,
    Need::Poll,
    Need::SubmissionPoll,
    Need::DropCache,
    Need::KeepCache,
    Need::ZeroBuffers,
    Need::BufferPattern,
    Need::Compress,
    Need::Dedupe,
    Need::Verify,
    Need::CpusAllowed,
];

/// Jobs that run at the same time.
#[derive(Debug)]
pub(super) struct Stage<'a> {
    /// The jobs, each with the group it is of, from 0.
    pub(super) jobs: Vec<(u32, &'a Job)>,
}

impl Stage<'_> {
    /// Returns the group that is reported as one: more than one job, one of which asks for it.
    pub(super) fn group(&self) -> Option<u32> {
        let asked = self.jobs.len() > 1 && self.jobs.iter().any(|(_, job)| job.group_reporting);
        self.jobs.first().filter(|_| asked).map(|(group, _)| *group)
    }
}

/// Reads the jobs, and refuses what this command cannot do before anything is touched.
pub(super) fn read(arguments: &Arguments) -> Result<Vec<Job>, Failure> {
    let jobs = match (&arguments.jobfile, arguments.fio.is_empty()) {
        (Some(_), false) => {
            return Err(Failure::usage(Text::new(
                "作业文件与命令行选项只能用其一",
                "give a job file or options of the job language, not both",
            )));
        }
        (Some(file), true) => host::read(file).map_err(job_failure)?,
        (None, false) => Job::from_words(&arguments.fio).map_err(job_failure)?,
        (None, true) => {
            return Err(Failure::usage(Text::new("没有给出作业", "no job was given")).hint(
                Text::new(
                    "例如 `assay storage run --filename=/tmp/f --size=1g --rw=randread --runtime=30 --time_based`",
                    "for example `assay storage run --filename=/tmp/f --size=1g --rw=randread \
                     --runtime=30 --time_based`",
                ),
            ));
        }
    };
    for job in &jobs {
        job.require(ABLE).map_err(job_failure)?;
        if job.fdatasync > 0 && job.fsync > 0 {
            return Err(Failure::usage(text(
                "作业 `{}` 同时给出 `fsync` 与 `fdatasync`，只能用其一",
                "job `{}` has both `fsync` and `fdatasync`; one of them is supported",
                &[&job.name],
            )));
        }
        if arguments.mode != Some(ModeChoice::Ramp) {
            mode(job, arguments.mode)?;
        }
    }
    if arguments.mode == Some(ModeChoice::Ramp) {
        super::ramp::only(&jobs)?;
    }
    stages(&jobs).map(drop)?;
    Ok(jobs)
}

/// Reads jobs that many hosts run, one after the other, each on one target of a host's own.
pub(in super::super) fn read_in_turn(arguments: &Arguments) -> Result<Vec<Job>, Failure> {
    let jobs = read(arguments)?;
    let together = jobs.iter().skip(1).find(|job| !job.stonewall);
    if let Some(job) = together {
        return Err(Failure::usage(text(
            "作业 `{}` 要与前一个作业同时运行，多客户端不支持：请加上 `stonewall`",
            "job `{}` would run together with the one before it, which agents do not do: give it \
             `stonewall`",
            &[&job.name],
        )));
    }
    if let Some(job) = jobs.iter().find(|job| job.files(0).len() > 1) {
        return Err(Failure::usage(text(
            "作业 `{}` 需要多个文件：每个客户端只用一个目标",
            "job `{}` needs several files: each agent has one target",
            &[&job.name],
        )));
    }
    Ok(jobs)
}

/// Puts the jobs in the order they run in: together until one waits for all before it.
///
/// Groups are numbered as fio does: a new one begins with a job that waits, or that says so.
pub(super) fn stages(jobs: &[Job]) -> Result<Vec<Stage<'_>>, Failure> {
    let mut stages: Vec<Stage<'_>> = Vec::new();
    let mut group = 0_u32;
    for (at, job) in jobs.iter().enumerate() {
        if at > 0 && (job.stonewall || job.new_group) {
            group += 1;
        }
        match stages.last_mut().filter(|_| !job.stonewall) {
            Some(stage) => stage.jobs.push((group, job)),
            None => stages.push(Stage { jobs: vec![(group, job)] }),
        }
    }
    for stage in &stages {
        fits_together(stage)?;
    }
    Ok(stages)
}

/// Refuses jobs that cannot run at the same time.
fn fits_together(stage: &Stage<'_>) -> Result<(), Failure> {
    let mut direct: BTreeMap<String, (&Job, bool)> = BTreeMap::new();
    for (_, job) in &stage.jobs {
        for path in (0..job.numjobs).flat_map(|thread| job.files(thread)) {
            let (first, before) = *direct.entry(path.clone()).or_insert((job, job.engine.direct));
            if before != job.engine.direct {
                return Err(Failure::usage(text(
                    "作业 `{}` 与 `{}` 同时使用 `{}`，`direct` 却不同：请取同值，或给后者加上 `stonewall`",
                    "jobs `{}` and `{}` use `{}` at the same time with different `direct`: give \
                     both the same, or `stonewall` to the second",
                    &[&first.name, &job.name, &path],
                )));
            }
        }
    }
    let groups =
        stage.jobs.first().map(|(group, _)| group) != stage.jobs.last().map(|(group, _)| group);
    let asked = stage.jobs.iter().find(|(_, job)| job.group_reporting).filter(|_| groups);
    if let Some((_, job)) = asked {
        return Err(Failure::usage(text(
            "作业 `{}` 要求 `group_reporting`，而同时运行的作业分属多组，这里不支持：请用 `stonewall` 分组",
            "job `{}` asks for `group_reporting` among jobs of several groups that run at the same \
             time, which is not supported: part the groups by `stonewall`",
            &[&job.name],
        )));
    }
    Ok(())
}

/// Returns how load is made for `job`.
pub(in super::super) fn mode(job: &Job, asked: Option<ModeChoice>) -> Result<Mode, Failure> {
    let rated = job.needs().contains(&Need::Rate);
    match (asked, rated) {
        (Some(ModeChoice::Throughput), false) => Ok(Mode::Throughput),
        (Some(ModeChoice::Latency) | None, false) => Ok(Mode::Latency),
        // A ramp has its modes one after the other.
        (Some(ModeChoice::Rate) | None, true) | (Some(ModeChoice::Ramp), _) => Ok(Mode::Rate),
        (Some(ModeChoice::Rate), false) => Err(Failure::usage(text(
            "作业 `{}` 没有速率：rate 方式需要 `rate_iops`",
            "job `{}` has no rate: mode rate needs `rate_iops`",
            &[&job.name],
        ))),
        (Some(ModeChoice::Throughput | ModeChoice::Latency), true) => Err(Failure::usage(text(
            "作业 `{}` 给出了速率，只能用 rate 方式（开环）",
            "job `{}` has a rate, which is for mode rate (an open loop)",
            &[&job.name],
        ))),
    }
}

#[cfg(test)]
mod tests {
    use storage_bench::job::file;

    use super::*;

    fn jobs(text: &str) -> Vec<Job> {
        file::parse("t.fio", &format!("[global]\nsize=1m\n{text}"), &file::Alone).expect("jobs")
    }

    #[test]
    fn jobs_run_together_until_one_waits_and_groups_are_numbered_as_fio_does() {
        for (text, stages, groups) in [
            ("[a]\n[b]\n[c]\n", vec!["ab c".replace(' ', "")], vec![0, 0, 0]),
            ("[a]\n[b]\nstonewall\n[c]\n", vec!["a".into(), "bc".into()], vec![0, 1, 1]),
            ("[a]\nstonewall\n[b]\nwait_for_previous\n", vec!["a".into(), "b".into()], vec![0, 1]),
            ("[a]\n[b]\nnew_group\n", vec!["ab".into()], vec![0, 1]),
        ] {
            let jobs = jobs(text);
            let found = super::stages(&jobs).expect("they fit");
            let names = |stage: &Stage<'_>| {
                stage.jobs.iter().map(|(_, job)| job.name.as_str()).collect::<String>()
            };
            assert_eq!(found.iter().map(names).collect::<Vec<_>>(), stages, "{text}");
            let numbers = found.iter().flat_map(|stage| stage.jobs.iter().map(|(group, _)| *group));
            assert_eq!(numbers.collect::<Vec<_>>(), groups, "{text}");
        }
    }

    #[test]
    fn what_cannot_run_at_the_same_time_is_refused_with_the_job() {
        let text = "[a]\nfilename=f\ndirect=1\n[b]\nfilename=f\n";
        let failure = stages(&jobs(text)).expect_err("one descriptor is direct or not");
        assert!(failure.message.en.contains("`a` and `b`"), "{failure:?}");
        assert!(stages(&jobs(&format!("{text}stonewall\n"))).is_ok(), "one after the other");
        let groups = "[global]\ngroup_reporting\n[a]\n[b]\nnew_group\n";
        assert!(stages(&jobs(groups)).expect_err("two sums").message.en.contains("stonewall"));
        assert_eq!(stages(&jobs("[a]\ngroup_reporting\n[b]\n")).expect("fit")[0].group(), Some(0));
        assert_eq!(stages(&jobs("[a]\ngroup_reporting\n")).expect("fit")[0].group(), None);
    }
}
