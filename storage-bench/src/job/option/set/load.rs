//! Options about the load itself: direction, block sizes, order, engine, depth.

use super::{list, text};
use crate::job::draft::{Draft, Fault, shortened};
use crate::job::units::{self, KbBase};
use crate::job::{Cpus, Engine, Pattern, PerOp, SyncWrites};
use crate::workload::{BlockShare, Distribution};

/// Zipf's θ where none is given, as in fio.
const ZIPF: f64 = 1.1;
/// Pareto's skew where none is given, as in fio.
const PARETO: f64 = 0.2;

/// Applied before all others of its section, so that order does not matter.
pub(super) fn kb_base(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.base = match text(value)? {
        "1024" => KbBase::K1024,
        "1000" => KbBase::K1000,
        _ => return Err(Fault::Value("it is 1000 or 1024".to_owned())),
    };
    Ok(())
}

pub(super) fn rw(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let value = text(value)?;
    if let Some((word, after)) = value.split_once(':') {
        let why = if word.starts_with("rand") {
            format!("a new offset is drawn for every operation, not every {after}th")
        } else {
            format!("sequential offsets follow each other without a step of {after}")
        };
        return Err(Fault::Value(why));
    }
    draft.job.pattern = match value {
        "read" => Pattern::Read,
        "write" => Pattern::Write,
        "trim" => Pattern::Trim,
        "randread" => Pattern::RandRead,
        "randwrite" => Pattern::RandWrite,
        "randtrim" => Pattern::RandTrim,
        "rw" | "readwrite" => Pattern::Rw,
        "randrw" => Pattern::RandRw,
        "trimwrite" | "randtrimwrite" => {
            let why = "a trim is not followed by a write of the same block; use two jobs";
            return Err(Fault::Value(why.to_owned()));
        }
        _ => {
            let why = "it is read, write, trim, randread, randwrite, randtrim, rw or randrw";
            return Err(Fault::Value(why.to_owned()));
        }
    };
    Ok(())
}

pub(super) fn bs(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let split = draft.split;
    if split.read || split.write || split.trim {
        let why = "`bssplit` is given above, and stays in force in fio; leave one of them";
        return Err(Fault::Value(why.to_owned()));
    }
    let base = draft.base;
    let read = |part: &str| list::block(part, base).map(one);
    Ok(units::by_operation(text(value)?, &mut draft.job.blocks, read)?)
}

/// The list of a single size.
fn one(bytes: u32) -> Vec<BlockShare> {
    vec![BlockShare { bytes, percent: 100 }]
}

pub(super) fn bssplit(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let base = draft.base;
    let read = |part: &str| list::blocks(part, base);
    units::by_operation(text(value)?, &mut draft.job.blocks, read)?;
    draft.split = PerOp::all(true);
    Ok(())
}

pub(super) fn bsrange(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let base = draft.base;
    let read = |part: &str| {
        let (least, most) = part.split_once(['-', ':']).ok_or("it is `least-most`")?;
        let (least, most) = (list::block(least, base)?, list::block(most, base)?);
        if least == most {
            return Ok(one(least));
        }
        Err("sizes are not drawn from a range; name them in `bssplit`".to_owned())
    };
    Ok(units::by_operation(text(value)?, &mut draft.job.blocks, read)?)
}

pub(super) fn blockalign(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let base = draft.base;
    let read = |part: &str| list::block(part, base);
    Ok(units::by_operation(text(value)?, &mut draft.job.align_bytes, read)?)
}

pub(super) fn rwmixread(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.rwmixread = units::percent(text(value)?)?;
    Ok(())
}

pub(super) fn rwmixwrite(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.rwmixread = 100_u8.saturating_sub(units::percent(text(value)?)?);
    Ok(())
}

pub(super) fn random_distribution(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let value = text(value)?;
    let (word, after) = match value.split_once(':') {
        Some((word, after)) => (word, Some(after)),
        None => (value, None),
    };
    draft.job.distribution = match (word, after) {
        ("random", None) => Distribution::Uniform,
        ("zipf", after) => {
            let theta = number(after, ZIPF)?;
            if theta <= 0.0 || theta > 100.0 || (theta - 1.0).abs() < f64::EPSILON {
                return Err(Fault::Value("θ is more than 0, not 1, and at most 100".to_owned()));
            }
            Distribution::Zipf { theta }
        }
        ("pareto", after) => {
            let skew = number(after, PARETO)?;
            if skew <= 0.0 || skew >= 1.0 {
                return Err(Fault::Value("the skew is between 0 and 1".to_owned()));
            }
            Distribution::Pareto { skew }
        }
        ("zoned", Some(after)) => Distribution::Zoned { zones: list::zones(same(after)?)? },
        ("zoned_abs", Some(after)) => {
            Distribution::ZonedAbs { zones: list::zones_abs(same(after)?, draft.base)? }
        }
        ("normal" | "sequence", _) => {
            let why = format!("`{word}` is not supported; zipf, pareto, zoned and zoned_abs are");
            return Err(Fault::Value(why));
        }
        _ => {
            let why = "it is random, zipf:θ, pareto:h, zoned:… or zoned_abs:…";
            return Err(Fault::Value(why.to_owned()));
        }
    };
    Ok(())
}

/// Reads the number behind the colon.
fn number(text: Option<&str>, default: f64) -> Result<f64, Fault> {
    let Some(text) = text else { return Ok(default) };
    if text.contains(':') {
        return Err(Fault::Value("the centre of a distribution cannot be chosen".to_owned()));
    }
    let plain = text.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    let number = text.parse::<f64>().ok().filter(|number| plain && number.is_finite());
    number.ok_or_else(|| Fault::Value(format!("`{}` is no number", shortened(text))))
}

/// Refuses zones that differ by operation.
fn same(text: &str) -> Result<&str, Fault> {
    let mut parts = text.split(',');
    let first = parts.next().unwrap_or_default();
    if parts.all(|part| part == first) {
        return Ok(first);
    }
    Err(Fault::Value("reads and writes have the same zones".to_owned()))
}

pub(super) fn norandommap(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.norandommap = units::switch(value)?;
    Ok(())
}

pub(super) fn randrepeat(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.randrepeat = units::switch(value)?;
    Ok(())
}

pub(super) fn randseed(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.randseed = Some(units::bytes(text(value)?, draft.base)?);
    Ok(())
}

pub(super) fn ioengine(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.engine = Some(match text(value)? {
        "io_uring" => Engine::IoUring,
        "libaio" => Engine::Libaio,
        "sync" | "psync" | "pvsync" | "pvsync2" => Engine::Sync,
        "null" => Engine::Null,
        _ => {
            let why = "there are io_uring, libaio, sync (also psync, pvsync, pvsync2) and null";
            return Err(Fault::Value(why.to_owned()));
        }
    });
    Ok(())
}

/// Most operations in flight: what one ring can hold.
const DEPTH: u32 = 32_768;

pub(super) fn iodepth(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.engine.iodepth = units::small(text(value)?, draft.base, 1, DEPTH)?;
    Ok(())
}

pub(super) fn iodepth_batch(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let batch = units::small(text(value)?, draft.base, 0, DEPTH)?;
    draft.job.engine.batch_submit = (batch > 0).then_some(batch);
    Ok(())
}

pub(super) fn iodepth_batch_complete_min(
    draft: &mut Draft,
    value: Option<&str>,
) -> Result<(), Fault> {
    draft.job.engine.batch_complete_min = units::small(text(value)?, draft.base, 0, DEPTH)?;
    Ok(())
}

pub(super) fn iodepth_batch_complete_max(
    draft: &mut Draft,
    value: Option<&str>,
) -> Result<(), Fault> {
    let most = units::small(text(value)?, draft.base, 0, DEPTH)?;
    draft.job.engine.batch_complete_max = (most > 0).then_some(most);
    Ok(())
}

pub(super) fn iodepth_low(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let low = units::small(text(value)?, draft.base, 0, DEPTH)?;
    draft.job.engine.iodepth_low = (low > 0).then_some(low);
    Ok(())
}

pub(super) fn io_submit_mode(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.offload = match text(value)? {
        "inline" => false,
        "offload" => true,
        _ => return Err(Fault::Value("it is `inline` or `offload`".to_owned())),
    };
    Ok(())
}

pub(super) fn direct(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.engine.direct = units::switch(value)?;
    Ok(())
}

pub(super) fn buffered(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.engine.direct = !units::switch(value)?;
    Ok(())
}

pub(super) fn sync(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.engine.sync = match text(value)? {
        "0" | "none" => SyncWrites::None,
        "1" | "sync" => SyncWrites::Sync,
        "dsync" => SyncWrites::Dsync,
        _ => return Err(Fault::Value("it is none, sync or dsync".to_owned())),
    };
    Ok(())
}

pub(super) fn fixedbufs(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.engine.fixed_buffers = units::switch(value)?;
    Ok(())
}

pub(super) fn registerfiles(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.engine.registered_files = units::switch(value)?;
    Ok(())
}

pub(super) fn hipri(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.engine.poll = units::switch(value)?;
    Ok(())
}

pub(super) fn sqthread_poll(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.engine.submission_poll = units::switch(value)?;
    Ok(())
}

pub(super) fn sqthread_poll_cpu(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.engine.submission_poll_cpu = Some(units::small(text(value)?, draft.base, 0, CPU)?);
    Ok(())
}

pub(super) fn numjobs(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.numjobs = units::small(text(value)?, draft.base, 1, 1024)?;
    Ok(())
}

/// The highest processor Linux can be built for.
const CPU: u32 = 8191;

pub(super) fn cpus_allowed(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let base = KbBase::default();
    let range = |part: &str| {
        let (first, last) = part.trim().split_once('-').unwrap_or((part.trim(), part.trim()));
        let (first, last) = (units::small(first, base, 0, CPU)?, units::small(last, base, 0, CPU)?);
        if first > last {
            return Err("a range goes upwards".to_owned());
        }
        Ok(Cpus { first, last })
    };
    let ranges: Result<Vec<Cpus>, String> = text(value)?.split(',').map(range).collect();
    draft.job.cpus_allowed = ranges?;
    Ok(())
}

pub(super) fn cpus_allowed_policy(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.cpus_split = match text(value)? {
        "shared" => false,
        "split" => true,
        _ => return Err(Fault::Value("it is `shared` or `split`".to_owned())),
    };
    Ok(())
}
