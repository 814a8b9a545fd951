//! Reading back what jobs with `verify` wrote, once all of their stage are done.

use storage_bench::{
    drive::stamped,
    job::{Job, Verify},
    measurement::{Doubt, Run, Validity, Verified},
};

use super::targets::{self, Targets};
use crate::{
    command::storage::load::Prepared, console::Console, failure::Failure, interrupt::Interrupt,
    lang::text,
};

/// Reads back what `job` wrote, and puts what was found into its run.
pub(super) fn read_back(
    job: &Job,
    load: &Prepared<'_>,
    run: &mut Run,
    opened: &Targets,
    interrupt: &Interrupt,
    console: &mut Console,
) -> Result<(), Failure> {
    if job.verify == Verify::None || !job.do_verify || interrupt.asked() {
        return Ok(());
    }
    for path in targets::paths(job) {
        // What the page cache holds proves nothing of the device.
        targets::drop_cache(opened.get(&path)?);
    }
    console.note(&text("正在读回校验作业 `{}`", "reading back what job `{}` wrote", &[&job.name]));
    let stop = interrupt.flag();
    let lanes = load.part.threads.iter().flatten();
    let found = stamped::read_back(lanes, job.verify_fatal, &stop).map_err(|error| {
        Failure::unable(text("没有读回所需的内存", "no memory to read back with", &[]))
            .because(error)
    })?;
    if run.all.errors > 0 && !found.faults.is_empty() {
        console.note(&text(
            "写入时已有错误，未完成的块也计为故障",
            "operations failed while writing: blocks that were not finished count as faults too",
            &[],
        ));
    }
    if !found.complete && found.faults.is_empty() {
        let why = found.ended_early.clone().unwrap_or_default();
        run.validity = Validity::Invalid;
        run.reasons.push(Doubt::new(
            "not-read-back",
            format!("未能全部读回：{why}"),
            format!("not all of it was read back: {why}"),
        ));
    }
    tell(job, &found, console);
    run.verified = Some(found);
    Ok(())
}

/// Says what was found, class by class, and where the first faults are.
fn tell(job: &Job, found: &Verified, console: &mut Console) {
    let checked = found.checked.to_string();
    if found.faults.is_empty() {
        console.note(&text(
            "作业 `{}`：读回 {} 个 4 KiB 块，无故障",
            "job `{}`: {} blocks of 4 KiB read back, no fault",
            &[&job.name, &checked],
        ));
        return;
    }
    for (fault, count) in &found.faults {
        let (name, meaning) = (fault.name(), fault.meaning());
        let first = found.listed.iter().find(|block| block.fault == *fault);
        let place = first
            .map_or_else(String::new, |block| format!("`{}` @ {}", block.path, block.offset_bytes));
        let count = count.to_string();
        let zh = text("{}：{} 块（{}），首个在 {}", "", &[name.zh, &count, meaning.zh, &place]);
        let en =
            text("", "{}: {} blocks ({}), the first at {}", &[name.en, &count, meaning.en, &place]);
        console.note(&profiles::Text::new(zh.zh, en.en));
    }
}
