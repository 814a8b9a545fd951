//! Options about what comes out: percentiles and series.

use super::text;
use crate::job::PERCENTILES;
use crate::job::draft::{Draft, Fault, check};
use crate::job::units;

/// Most percentiles, as in fio.
const LIST: usize = 20;

pub(super) fn percentile_list(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    let value = text(value)?;
    let read = |part: &str| {
        let plain = part.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
        let number = part.parse::<f64>().ok().filter(|_| plain);
        number.filter(|number| (0.0..=100.0).contains(number) && *number > 0.0)
    };
    let list: Option<Vec<f64>> = value.split(':').take(LIST + 1).map(read).collect();
    let mut list = list.ok_or_else(|| {
        Fault::Value("it is a list of percentiles, `99:99.9`, up to 100".to_owned())
    })?;
    if list.len() > LIST {
        return Err(Fault::Value(format!("it has more than {LIST} percentiles")));
    }
    // fio sorts them as well.
    tiny_sort::stable::sort_by(&mut list, f64::total_cmp);
    list.dedup();
    draft.job.percentiles = if list.is_empty() { PERCENTILES.to_vec() } else { list };
    Ok(())
}

pub(super) fn clat_percentiles(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.clat_percentiles = units::switch(value)?;
    Ok(())
}

pub(super) fn lat_percentiles(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.lat_percentiles = units::switch(value)?;
    Ok(())
}

/// Returns the first part of a log's names: as given, or the job's name.
fn prefix(draft: &Draft, value: Option<&str>) -> Result<String, Fault> {
    let prefix = value.unwrap_or(&draft.job.name).trim();
    check("write_lat_log", Some(prefix))?;
    if prefix.starts_with('-') {
        return Err(Fault::Value("a name does not begin with `-`".to_owned()));
    }
    Ok(prefix.to_owned())
}

pub(super) fn write_bw_log(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.logs.bandwidth = Some(prefix(draft, value)?);
    Ok(())
}

pub(super) fn write_lat_log(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.logs.latency = Some(prefix(draft, value)?);
    Ok(())
}

pub(super) fn write_iops_log(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.logs.iops = Some(prefix(draft, value)?);
    Ok(())
}

pub(super) fn write_hist_log(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.logs.histogram = Some(prefix(draft, value)?);
    Ok(())
}

pub(super) fn log_avg_msec(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.logs.average_ms = units::small(text(value)?, draft.base, 0, u32::MAX)?;
    Ok(())
}

pub(super) fn log_hist_msec(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.logs.histogram_ms = units::small(text(value)?, draft.base, 0, u32::MAX)?;
    Ok(())
}

pub(super) fn group_reporting(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.group_reporting = units::switch(value)?;
    Ok(())
}

pub(super) fn new_group(draft: &mut Draft, value: Option<&str>) -> Result<(), Fault> {
    draft.job.new_group = units::switch(value)?;
    Ok(())
}
