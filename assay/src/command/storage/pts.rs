//! `assay storage pts`: the plan, then step after step of the test, then its report.
//!
//! What each step did is on disk before the next begins; the same command goes on where it
//! stopped. Whether the device was used meanwhile is decided by the kernel's own count of
//! what was written to it; the report says that the test was interrupted.

mod facts;
mod kept;
mod purge;

use std::{fs, path::Path, time::Duration};

use profiles::Text;
use storage_bench::{
    drive::Drive,
    measurement::{Doubt, Mode, Run, Storage},
    pts::{Entry, Journal, Options, Pts, PtsError, Report, Settings, Step, Test, case_of},
    safety::{Permit, What},
    target::{Direct, Opened},
    validity::Claims,
    workload::Spec,
};

use super::{
    load::{self, Measured, Purpose},
    size,
    target::{self, Wish},
};
use crate::{
    cli::{
        Format,
        storage::{Pts as Arguments, TestChoice, WriteCache},
    },
    clock,
    command::{layout, machine, no_json, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    lang::text,
    output::storage::pts as output,
    report::render::pts_page,
};
use kept::Kept;

/// Seed of everything random: the same load for every device.
const SEED: u64 = 1;

/// Offsets and lengths that every filesystem takes directly.
const FILE_BLOCK: u32 = 4096;

/// Plans, runs, reports.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let path = arguments.target.display().to_string();
    let file_bytes = arguments.size.as_deref().map(|given| size("--size", given)).transpose()?;
    // A plan may be looked at before anything is named for destruction.
    let writes = !arguments.plan || !arguments.destroying.destroy.is_empty();
    let wish = Wish { path: &path, writes, file_bytes, destroying: &arguments.destroying };
    let permit = target::permit(&wish, console)?;
    let what = &permit.seen().what;
    fits(arguments, what)?;
    let settings = settings(arguments, what, file_bytes)?;
    let fresh = Journal::begin(permit.seen().fingerprint(), settings, facts::platform(what))
        .map_err(failure)?;
    let kept = kept::read(&arguments.out)?;
    if let Some(kept) = &kept {
        kept::same(kept, &fresh, &arguments.out)?;
    }
    // A file goes with the process that made it; only what is done of its test stays.
    let is_file = !matches!(what, What::Block(_));
    let kept = kept.filter(|kept| !is_file || kept.current().is_none());
    let page = output::plan(&plan(arguments, kept.as_ref().unwrap_or(&fresh)), layout(console));
    if arguments.plan {
        match arguments.output {
            Format::Json => {
                print_json(&plan(arguments, kept.as_ref().unwrap_or(&fresh)), console)?;
            }
            Format::Text => console.print(&page)?,
        }
        return Ok(Exit::Wanted);
    }
    console.say(&page);
    match kept {
        Some(journal) if journal.current().is_none() => {
            console.note(&text(
                "`{}` 中的测试已做完，不再重复",
                "the test in `{}` is done, nothing is run again",
                &[&arguments.out.display().to_string()],
            ));
            finish(arguments, &journal, None, console)
        }
        kept => go(arguments, &permit, kept, fresh, console),
    }
}

/// Runs what is left of the tests, and reports on all of it however it ends.
fn go(
    arguments: &Arguments,
    permit: &Permit,
    before: Option<Journal>,
    fresh: Journal,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let interrupt = machine::watch(console);
    let opened = open(permit)?;
    let kept = match before {
        None => Kept::begin(fresh, &arguments.out)?,
        Some(journal) => resume(journal, arguments, permit, console)?,
    };
    let mut session = Session {
        arguments,
        what: &permit.seen().what,
        kept,
        opened: Some(opened),
        interrupt: &interrupt,
    };
    let ended = session.run(console);
    let Session { kept, opened, .. } = session;
    drop(opened);
    match ended {
        Ok(broken) => finish(arguments, &kept.journal, broken, console),
        // What was collected is written all the same; the failure is what is told.
        Err(failure) => {
            drop(finish(arguments, &kept.journal, None, console));
            Err(failure)
        }
    }
}

/// Past the page cache or not at all: its numbers would be taken for the device's.
fn open(permit: &Permit) -> Result<Opened, Failure> {
    target::open(permit, Direct::Required, "storage pts")
}

fn resume(
    journal: Journal,
    arguments: &Arguments,
    permit: &Permit,
    console: &mut Console,
) -> Result<Kept, Failure> {
    let now = facts::written(&permit.seen().what);
    let same_medium = journal.target().disk_sequence == permit.seen().fingerprint().disk_sequence;
    let untouched = same_medium && journal.is_untouched(&now);
    let begun = !journal.is_fresh();
    let mut kept = Kept::go_on(journal, &arguments.out)?;
    if begun {
        kept.take(Entry::Resumed { at: clock::now(), untouched })?;
        console.note(&if untouched {
            Text::new(
                "续测：设备自中断以来未被使用（内核写入计数），从中断的单元继续；判定窗口不跨越中断",
                "resumed: the device was not used meanwhile (the kernel's count of writes), it goes \
                 on at its cell; no window spans the interruption",
            )
        } else {
            Text::new(
                "续测：无法证明设备自中断以来未被使用（重启、更换或写入过），本部分重新清除、预处理",
                "resumed: nothing shows that the device was not used meanwhile (rebooted, replaced \
                 or written), this part begins anew with purge and preconditioning",
            )
        });
    }
    Ok(kept)
}

/// One sitting of a test.
struct Session<'a> {
    arguments: &'a Arguments,
    what: &'a What,
    kept: Kept,
    /// `None` only while a purge command has the device.
    opened: Option<Opened>,
    interrupt: &'a Interrupt,
}

impl Session<'_> {
    /// Takes step after step; returns the load that ended it before its time, if one did.
    fn run(&mut self, console: &mut Console) -> Result<Option<Run>, Failure> {
        while let Some(test) = self.kept.journal.current() {
            if self.interrupt.asked() {
                break;
            }
            let (options, step) = (test.options().clone(), test.next());
            let broken = match step {
                Step::Purge => {
                    self.purge(console)?;
                    None
                }
                Step::Precondition { workload, write_bytes, iodepth } => {
                    self.precondition(&options, workload, write_bytes, iodepth, console)?
                }
                Step::Cell { .. } => self.cell(&options, step, console)?,
                Step::Done => break,
            };
            if broken.is_some() {
                return Ok(broken);
            }
        }
        Ok(None)
    }

    fn purge(&mut self, console: &mut Console) -> Result<(), Failure> {
        let first = self.kept.journal.is_fresh();
        let how = match (&self.arguments.purge, &self.arguments.purged_by) {
            (Some(how), _) if how == purge::DISCARD => {
                console.note(&Text::new("正在清除设备（discard）", "purging the device (discard)"));
                Some(purge::discard(self.target()?)?)
            }
            (Some(command), _) => {
                console.note(&text("正在清除设备：{}", "purging the device: {}", &[command]));
                self.opened = None;
                let how = purge::by_command(command, self.arguments)?;
                // Looked at and decided on again: a command may have done anything.
                let path = self.arguments.target.display().to_string();
                let destroying = &self.arguments.destroying;
                let wish = Wish { path: &path, writes: true, file_bytes: None, destroying };
                let permit = target::permit(&wish, console)?;
                self.opened = Some(open(&permit)?);
                Some(how)
            }
            (None, Some(how)) if first => Some(how.clone()),
            (None, _) => None,
        };
        let written = facts::written(self.what);
        self.kept.take(Entry::Purged { how, written })
    }

    fn target(&self) -> Result<&Opened, Failure> {
        self.opened
            .as_ref()
            .ok_or_else(|| Failure::unable(text("设备未打开", "the device is not open", &[])))
    }

    fn precondition(
        &mut self,
        options: &Options,
        workload: Spec,
        write_bytes: u64,
        iodepth: u32,
        console: &mut Console,
    ) -> Result<Option<Run>, Failure> {
        let bytes = crate::output::unit::storage(write_bytes);
        console.note(&text("预处理：顺序写 {}", "preconditioning: {} in sequence", &[&bytes]));
        let drive = Drive {
            iodepth,
            bytes: Some(write_bytes),
            ..Drive::single(Mode::Throughput, workload)
        };
        let case = format!("{}precondition", case_of(options.test));
        let purpose = Purpose { case, ..Purpose::default() };
        let measured = self.measure(&drive, &purpose, console)?;
        if measured.observed.ended_early.is_some() {
            return Ok(Some(measured.run));
        }
        let written = facts::written(self.what);
        self.kept.take(Entry::Preconditioned { run: Box::new(measured.run), written })?;
        Ok(None)
    }

    fn cell(
        &mut self,
        options: &Options,
        step: Step,
        console: &mut Console,
    ) -> Result<Option<Run>, Failure> {
        let Step::Cell { round, cell, workload, mode, iodepth, threads, runtime_ns } = step else {
            return Ok(None);
        };
        let drive = Drive {
            iodepth,
            threads: vec![workload.clone(); usize::try_from(threads).unwrap_or(1).max(1)],
            runtime: Some(Duration::from_nanos(runtime_ns)),
            ..Drive::single(mode, workload)
        };
        let claims = Claims { speed: true, ..Claims::default() };
        let case = format!("{}{round}.{cell}", case_of(options.test));
        let purpose = Purpose { case, claims, ..Purpose::default() };
        let measured = self.measure(&drive, &purpose, console)?;
        // A cell that was cut short is no cell.
        if measured.observed.ended_early.is_some() {
            return Ok(Some(measured.run));
        }
        let written = facts::written(self.what);
        self.kept.take(Entry::Cell { cell, run: Box::new(measured.run), written })?;
        self.round_over(options.test, round, console);
        Ok(None)
    }

    /// Says how a round ended, where this was its last cell.
    fn round_over(&self, test: Test, round: usize, console: &mut Console) {
        let still = self.kept.journal.current().is_some_and(|now| {
            let same = now.options().test == test;
            same && matches!(now.next(), Step::Cell { round: at, .. } if at == round)
        });
        if still {
            return;
        }
        let reports = self.kept.journal.reports();
        if let Some(report) = reports.iter().find(|report| report.test == test) {
            let tests = self.kept.journal.tests().iter();
            let left = tests.map(Pts::most_left_ns).fold(0, u64::saturating_add);
            console.note(&output::round(report, round, left));
        }
    }

    fn measure(
        &self,
        drive: &Drive,
        purpose: &Purpose,
        console: &Console,
    ) -> Result<Measured, Failure> {
        load::measure(drive, self.target()?, purpose, self.interrupt, console)
    }
}

/// Refuses what a file cannot be, or a device.
fn fits(arguments: &Arguments, what: &What) -> Result<(), Failure> {
    if !matches!(what, What::Block(_)) {
        if !arguments.fast {
            let message = Text::new(
                "PTS 测试的是设备；文件只能加 --fast 缩减测试",
                "PTS tests devices; a file takes only the smaller test of --fast",
            );
            return Err(Failure::usage(message));
        }
        if arguments.purge.is_some() {
            let message =
                Text::new("新建的文件无需清除", "a file that is made anew needs no purge");
            return Err(Failure::usage(message));
        }
    } else if arguments.purge.as_deref() == Some(purge::DISCARD) && !facts::takes_discard(what) {
        let path = arguments.target.display().to_string();
        return Err(Failure::usage(text("`{}` 不支持 discard", "`{}` takes no discard", &[&path]))
            .hint(Text::new(
                "用其自身的命令清除：--purge \"nvme format …\"，或 --purged-by",
                "purge it by a command of its own: --purge \"nvme format …\", or use --purged-by",
            )));
    }
    Ok(())
}

fn settings(
    arguments: &Arguments,
    what: &What,
    file_bytes: Option<u64>,
) -> Result<Settings, Failure> {
    let (span_bytes, block_bytes) = match what {
        What::Block(block) => (block.size_bytes, block.logical_block_bytes),
        What::File(file) => (file.size_bytes, FILE_BLOCK),
        _ => (file_bytes.unwrap_or(0), FILE_BLOCK),
    };
    let span_bytes = span_bytes - span_bytes % u64::from(block_bytes.max(1));
    let base = if arguments.fast { Options::fast } else { Options::standard };
    let base = base(Test::Iops, span_bytes, block_bytes);
    let cell_ns = arguments.cell_time.as_deref().map(cell_time).transpose()?;
    let write_cache = match arguments.write_cache {
        Some(WriteCache::Enabled) => "enabled".to_owned(),
        Some(WriteCache::Disabled) => "disabled".to_owned(),
        None => facts::write_cache(what),
    };
    Ok(Settings {
        test: match arguments.test {
            TestChoice::Iops => vec![Test::Iops],
            TestChoice::Throughput => vec![Test::Throughput],
            TestChoice::Latency => vec![Test::Latency],
            TestChoice::All => Test::ALL.to_vec(),
        },
        span_bytes: base.span_bytes,
        block_bytes,
        iodepth: arguments.iodepth.unwrap_or(base.iodepth),
        threads: arguments.threads.unwrap_or(base.threads),
        cell_ns: cell_ns.unwrap_or(base.cell_ns),
        write_cache,
        watch_rounds: usize::from(arguments.watch_rounds),
        fast: arguments.fast,
        seed: SEED,
    })
}

/// Reads how long a cell runs: a second at least.
fn cell_time(given: &str) -> Result<u64, Failure> {
    let wrong = |why: String| {
        Failure::usage(text(
            "无法理解 --cell-time `{}`",
            "cannot understand --cell-time `{}`",
            &[given],
        ))
        .because(std::io::Error::other(why))
    };
    let ns = storage_bench::job::units::time_ns(given, 1_000_000_000).map_err(wrong)?;
    if !(1_000_000_000..=3_600_000_000_000).contains(&ns) {
        return Err(wrong("a cell runs from 1 s to 1 h".to_owned()));
    }
    Ok(ns)
}

fn plan(arguments: &Arguments, journal: &Journal) -> output::Plan {
    let purge = match (&arguments.purge, &arguments.purged_by) {
        (Some(how), _) => output::Purging::Each(how.clone()),
        (None, Some(how)) => output::Purging::Once(how.clone()),
        (None, None) => output::Purging::No,
    };
    output::Plan::of(journal, purge, &arguments.target.display().to_string())
}

/// Writes and prints what there is.
fn finish(
    arguments: &Arguments,
    journal: &Journal,
    broken: Option<Run>,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let mut document = Storage::new(journal.runs().to_vec());
    document.pts = journal.reports();
    if let Some(run) = broken {
        let test = journal.current().map(|test| test.options().test);
        let reasons = run.reasons.iter().filter(|doubt| doubt.code != "too-short");
        let reasons: Vec<Doubt> = reasons.cloned().collect();
        for report in document.pts.iter_mut().filter(|report| Some(report.test) == test) {
            report.reasons.retain(|doubt| doubt.code != "ended-early");
            report.reasons.splice(0..0, reasons.clone());
        }
        document.run.push(run);
    }
    write(&arguments.out, &document)?;
    match arguments.output {
        Format::Json => print_json(&document, console)?,
        Format::Text => console.print(&output::reports(&document.pts, layout(console)))?,
    }
    let out = arguments.out.display().to_string();
    console.note(&text(
        "已写入 `{}`：report.zh.html、report.en.html、storage.json",
        "written to `{}`: report.zh.html, report.en.html, storage.json",
        &[&out],
    ));
    let proved = |report: &Report| report.steady && report.reasons.is_empty();
    Ok(if document.pts.iter().all(proved) { Exit::Wanted } else { Exit::Unknown })
}

/// Writes the document and its pages, each whole or not at all.
fn write(out: &Path, document: &Storage) -> Result<(), Failure> {
    let json = serde_json::to_vec_pretty(document).map_err(no_json)?;
    let mut files = vec![("storage.json", json)];
    for (name, lang) in
        [("report.zh.html", profiles::Lang::Zh), ("report.en.html", profiles::Lang::En)]
    {
        let page = pts_page(&document.pts, lang).map_err(|error| {
            Failure::unable(text("无法生成 `{}`", "cannot make `{}`", &[name])).because(error)
        })?;
        files.push((name, page.into_bytes()));
    }
    for (name, bytes) in files {
        let (path, new) = (out.join(name), out.join(format!("{name}.new")));
        let put = || {
            fs::create_dir_all(out)?;
            fs::write(&new, bytes)?;
            fs::rename(&new, &path)
        };
        put().map_err(|error| {
            let name = path.display().to_string();
            Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[&name])).because(error)
        })?;
    }
    Ok(())
}

/// A test that cannot be planned: wrong use.
fn failure(error: PtsError) -> Failure {
    let hint = error.hint();
    Failure::usage(text("无法做此测试", "cannot run this test", &[])).because(error).hint_from(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_runs_for_a_time_that_measures() {
        assert_eq!(cell_time("60").ok(), Some(60_000_000_000));
        assert_eq!(cell_time("5m").ok(), Some(300_000_000_000));
        for wrong in ["", "0", "500ms", "2h", "x", "-1", "1.5"] {
            assert!(cell_time(wrong).is_err(), "{wrong}");
        }
    }
}
