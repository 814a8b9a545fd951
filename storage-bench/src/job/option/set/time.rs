//! Options about when: how long, how fast, pauses, syncs.

use super::text;
use crate::job::draft::{Draft, Fault};
use crate::job::units;
use crate::job::{RateProcess, ThinkBlocks};

const MICROSECOND: u64 = 1_000;
const SECOND: u64 = 1_000_000_000;

pub(super) fn number_ios(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let ios = units::number(text(value)?, draft.base, 0, u64::MAX)?;
    draft.job.number_ios = (ios > 0).then_some(ios);
    Ok(())
}

pub(super) fn loops(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.loops = units::small(text(value)?, draft.base, 0, u32::MAX)?.max(1);
    Ok(())
}

pub(super) fn runtime(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let time = units::time_ns(text(value)?, SECOND)?;
    draft.job.runtime_ns = (time > 0).then_some(time);
    Ok(())
}

pub(super) fn time_based(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.time_based = units::switch(value)?;
    Ok(())
}

pub(super) fn ramp_time(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.ramp_ns = units::time_ns(text(value)?, SECOND)?;
    Ok(())
}

pub(super) fn startdelay(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let value = text(value)?;
    if value.contains('-') {
        return Err(Fault::Value("a random delay is not supported".to_owned()));
    }
    draft.job.start_delay_ns = units::time_ns(value, SECOND)?;
    Ok(())
}

pub(super) fn stonewall(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.stonewall = units::switch(value)?;
    Ok(())
}

/// Which job that is can be told only where the jobs before are known.
pub(super) fn wait_for(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.wait_for = Some(text(value)?.to_owned());
    Ok(())
}

pub(super) fn rate(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let base = draft.base;
    let read = |part: &str| units::bytes(part, base).map(|rate| (rate > 0).then_some(rate));
    Ok(units::by_operation(text(value)?, &mut draft.job.rate_bytes, read)?)
}

pub(super) fn rate_iops(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let base = draft.base;
    let read = |part: &str| {
        let rate = units::bytes(part, base)?;
        let rate = u32::try_from(rate).map_err(|error| error.to_string())?;
        Ok((rate > 0).then_some(u64::from(rate)))
    };
    Ok(units::by_operation(text(value)?, &mut draft.job.rate_iops, read)?)
}

pub(super) fn rate_process(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.rate_process = match text(value)? {
        "linear" => RateProcess::Linear,
        "poisson" => RateProcess::Poisson,
        _ => return Err(Fault::Value("it is `linear` or `poisson`".to_owned())),
    };
    Ok(())
}

pub(super) fn thinktime(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.thinktime.time_ns = units::time_ns(text(value)?, MICROSECOND)?;
    Ok(())
}

pub(super) fn thinktime_spin(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.thinktime.spin_ns = units::time_ns(text(value)?, MICROSECOND)?;
    Ok(())
}

pub(super) fn thinktime_blocks(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.thinktime.blocks = units::small(text(value)?, draft.base, 1, u32::MAX)?;
    Ok(())
}

pub(super) fn thinktime_blocks_type(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.thinktime.blocks_type = match text(value)? {
        "complete" => ThinkBlocks::Complete,
        "issue" => ThinkBlocks::Issue,
        _ => return Err(Fault::Value("it is `complete` or `issue`".to_owned())),
    };
    Ok(())
}

pub(super) fn thinktime_iotime(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.thinktime.iotime_ns = units::time_ns(text(value)?, SECOND)?;
    Ok(())
}

pub(super) fn fsync(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.fsync = units::small(text(value)?, draft.base, 0, u32::MAX)?;
    Ok(())
}

pub(super) fn fdatasync(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.fdatasync = units::small(text(value)?, draft.base, 0, u32::MAX)?;
    Ok(())
}

pub(super) fn end_fsync(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.end_fsync = units::switch(value)?;
    Ok(())
}

/// The files of a job are closed once, at its end.
pub(super) fn fsync_on_close(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.end_fsync |= units::switch(value)?;
    Ok(())
}
