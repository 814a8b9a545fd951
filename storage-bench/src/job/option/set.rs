//! Options that become part of the job, and what their values are.

mod content;
mod list;
mod load;
mod report;
mod target;
mod time;

use super::Known;
use super::Takes::{Optional, Value};
use crate::job::draft::Fault;

/// Returns the value of an option that needs one.
fn text(value: Option<&str>) -> Result<&str, Fault> {
    value.ok_or(Fault::NoValue)
}

/// An option that needs a value.
macro_rules! value {
    ($name:literal, $set:expr $(, $alias:literal)*) => {
        Known { name: $name, aliases: &[$($alias),*], takes: Value, set: $set }
    };
}

/// An option that may stand alone.
macro_rules! switch {
    ($name:literal, $set:expr $(, $alias:literal)*) => {
        Known { name: $name, aliases: &[$($alias),*], takes: Optional, set: $set }
    };
}

/// The table.
pub const KNOWN: &[Known] = &[
    value!("kb_base", load::kb_base),
    value!("description", target::description),
    value!("filename", target::filename),
    value!("directory", target::directory),
    value!("filename_format", target::filename_format),
    value!("nrfiles", target::nrfiles, "nr_files"),
    value!("filesize", target::filesize),
    value!("size", target::size),
    value!("io_size", target::io_size, "io_limit"),
    value!("offset", target::offset, "fileoffset"),
    value!("offset_increment", target::offset_increment),
    value!("offset_align", target::offset_align),
    value!("create_on_open", target::create_on_open),
    value!("allow_file_create", target::allow_file_create),
    value!("invalidate", target::invalidate),
    value!("rw", load::rw, "readwrite"),
    value!("bs", load::bs, "blocksize"),
    value!("bssplit", load::bssplit),
    value!("bsrange", load::bsrange, "blocksize_range"),
    value!("blockalign", load::blockalign, "ba"),
    value!("rwmixread", load::rwmixread),
    value!("rwmixwrite", load::rwmixwrite),
    value!("random_distribution", load::random_distribution),
    switch!("norandommap", load::norandommap),
    value!("randrepeat", load::randrepeat, "allrandrepeat"),
    value!("randseed", load::randseed),
    value!("ioengine", load::ioengine),
    value!("iodepth", load::iodepth),
    value!("iodepth_batch", load::iodepth_batch, "iodepth_batch_submit"),
    value!(
        "iodepth_batch_complete_min",
        load::iodepth_batch_complete_min,
        "iodepth_batch_complete"
    ),
    value!("iodepth_batch_complete_max", load::iodepth_batch_complete_max),
    value!("iodepth_low", load::iodepth_low),
    value!("io_submit_mode", load::io_submit_mode),
    value!("direct", load::direct),
    value!("buffered", load::buffered),
    value!("sync", load::sync),
    switch!("fixedbufs", load::fixedbufs),
    switch!("registerfiles", load::registerfiles),
    switch!("hipri", load::hipri),
    switch!("sqthread_poll", load::sqthread_poll),
    value!("sqthread_poll_cpu", load::sqthread_poll_cpu),
    value!("numjobs", load::numjobs),
    value!("cpus_allowed", load::cpus_allowed),
    value!("cpus_allowed_policy", load::cpus_allowed_policy),
    value!("number_ios", time::number_ios),
    value!("loops", time::loops),
    value!("runtime", time::runtime, "timeout"),
    switch!("time_based", time::time_based),
    value!("ramp_time", time::ramp_time),
    value!("startdelay", time::startdelay),
    switch!("stonewall", time::stonewall, "wait_for_previous"),
    value!("wait_for", time::wait_for),
    switch!("group_reporting", report::group_reporting),
    switch!("new_group", report::new_group),
    value!("rate", time::rate),
    value!("rate_iops", time::rate_iops),
    value!("rate_process", time::rate_process),
    value!("thinktime", time::thinktime),
    value!("thinktime_spin", time::thinktime_spin),
    value!("thinktime_blocks", time::thinktime_blocks),
    value!("thinktime_blocks_type", time::thinktime_blocks_type),
    value!("thinktime_iotime", time::thinktime_iotime),
    value!("fsync", time::fsync),
    value!("fdatasync", time::fdatasync),
    value!("end_fsync", time::end_fsync),
    value!("fsync_on_close", time::fsync_on_close),
    switch!("zero_buffers", content::zero_buffers),
    value!("buffer_pattern", content::buffer_pattern),
    value!("buffer_compress_percentage", content::buffer_compress_percentage),
    value!("buffer_compress_chunk", content::buffer_compress_chunk),
    value!("dedupe_percentage", content::dedupe_percentage),
    value!("verify", content::verify),
    value!("do_verify", content::do_verify),
    value!("verify_fatal", content::verify_fatal),
    value!("percentile_list", report::percentile_list),
    value!("clat_percentiles", report::clat_percentiles),
    value!("lat_percentiles", report::lat_percentiles),
    switch!("write_bw_log", report::write_bw_log),
    switch!("write_lat_log", report::write_lat_log),
    switch!("write_iops_log", report::write_iops_log),
    switch!("write_hist_log", report::write_hist_log),
    value!("log_avg_msec", report::log_avg_msec),
    value!("log_hist_msec", report::log_hist_msec),
];
