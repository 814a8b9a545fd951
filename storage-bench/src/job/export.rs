//! A job as a file for fio, with a comment on each thing that fio does otherwise.
//!
//! What is written is read back as the same job: nothing is lost on the way, but for the
//! hot and cold sets of an acceptance case, for which fio has no word. Sizes are written in
//! bytes and times with their unit, so that `kb_base` does not matter.

use super::{Amount, Engine, FILENAME_FORMAT, Fill, Job, PERCENTILES, PerOp, SyncWrites, Verify};
use super::{RateProcess, ThinkBlocks};
use crate::workload::{BlockShare, Distribution};

/// Something that fio does otherwise, in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

/// Returns the job as a job file.
pub fn export(job: &Job) -> String {
    let comments = differences(job)
        .into_iter()
        .flat_map(|difference| [difference.zh, difference.en].map(|text| format!("# {text}\n")));
    let lines = options(job).into_iter().map(|(option, value)| format!("{option}={value}\n"));
    let header = format!("[{}]\n", job.name);
    std::iter::once(header).chain(comments).chain(lines).collect()
}

/// Returns the options that are not at their default, with those that make fio do the same.
pub fn options(job: &Job) -> Vec<(&'static str, String)> {
    let mut list = List(Vec::new());
    target(job, &mut list);
    load(job, &mut list);
    engine(job, &mut list);
    timing(job, &mut list);
    content(job, &mut list);
    report(job, &mut list);
    list.0
}

/// Options in the order they are written.
struct List(Vec<(&'static str, String)>);

impl List {
    #[expect(clippy::needless_pass_by_value, reason = "most are numbers")]
    fn put(&mut self, option: &'static str, value: impl ToString) {
        self.0.push((option, value.to_string()));
    }

    fn put_if(&mut self, asked: bool, option: &'static str, value: impl ToString) {
        if asked {
            self.put(option, value);
        }
    }

    fn put_some<T: ToString>(&mut self, option: &'static str, value: Option<T>) {
        if let Some(value) = value {
            self.put(option, value);
        }
    }

    fn put_time(&mut self, option: &'static str, time_ns: u64) {
        self.put_if(time_ns > 0, option, time(time_ns));
    }
}

fn target(job: &Job, list: &mut List) {
    list.put_some("description", job.description.as_ref());
    list.put_if(!job.filenames.is_empty(), "filename", names(&job.filenames));
    list.put_if(!job.directories.is_empty(), "directory", names(&job.directories));
    let format = &job.filename_format;
    list.put_if(format != FILENAME_FORMAT, "filename_format", format);
    list.put_if(job.nrfiles != 1, "nrfiles", job.nrfiles);
    list.put_some("filesize", job.filesize_bytes);
    list.put_some("size", job.size.map(amount));
    list.put_some("io_size", job.io_size.map(amount));
    let none = Amount::Bytes(0);
    list.put_if(job.offset != none, "offset", amount(job.offset));
    let step = job.offset_increment;
    list.put_if(step != none, "offset_increment", amount(step));
    list.put_some("offset_align", job.offset_align_bytes);
    list.put_if(job.create_on_open, "create_on_open", 1);
    list.put_if(!job.allow_file_create, "allow_file_create", 0);
    list.put_if(!job.invalidate, "invalidate", 0);
}

fn load(job: &Job, list: &mut List) {
    list.put("rw", job.pattern.as_str());
    let blocks = &job.blocks;
    let single = [&blocks.read, &blocks.write, &blocks.trim].iter().all(|list| list.len() == 1);
    if single {
        let first = |list: &[BlockShare]| list.first().map(|share| share.bytes.to_string());
        let sizes = PerOp {
            read: first(&blocks.read),
            write: first(&blocks.write),
            trim: first(&blocks.trim),
        };
        list.put("bs", by_operation(&sizes));
    } else {
        let sizes = PerOp {
            read: Some(shares(&blocks.read)),
            write: Some(shares(&blocks.write)),
            trim: Some(shares(&blocks.trim)),
        };
        list.put("bssplit", by_operation(&sizes));
    }
    let align = &job.align_bytes;
    let some = |bytes: u32| (bytes > 0).then(|| bytes.to_string());
    let aligned =
        PerOp { read: some(align.read), write: some(align.write), trim: some(align.trim) };
    list.put_if(*align != PerOp::all(0), "blockalign", by_operation(&aligned));
    list.put_if(job.rwmixread != 50, "rwmixread", job.rwmixread);
    list.put_some("random_distribution", distribution(job));
    list.put_if(job.norandommap, "norandommap", 1);
    list.put_some("randseed", job.randseed);
    list.put_if(!job.randrepeat, "randrepeat", 0);
    list.put_if(job.numjobs != 1, "numjobs", job.numjobs);
    list.put_if(job.group_reporting, "group_reporting", 1);
    list.put_if(job.new_group, "new_group", 1);
}

fn engine(job: &Job, list: &mut List) {
    let engine = &job.engine;
    list.put("ioengine", engine.name.as_fio());
    list.put("thread", 1);
    list.put_if(engine.iodepth != 1, "iodepth", engine.iodepth);
    list.put_some("iodepth_batch", engine.batch_submit);
    let least = engine.batch_complete_min;
    list.put_if(least != 1, "iodepth_batch_complete_min", least);
    list.put_some("iodepth_batch_complete_max", engine.batch_complete_max);
    list.put_some("iodepth_low", engine.iodepth_low);
    list.put("direct", u8::from(engine.direct));
    // fio advises the kernel about buffered access unless told not to.
    list.put_if(!engine.direct && engine.name != Engine::Null, "fadvise_hint", 0);
    match engine.sync {
        SyncWrites::None => {}
        SyncWrites::Sync => list.put("sync", "sync"),
        SyncWrites::Dsync => list.put("sync", "dsync"),
    }
    list.put_if(engine.fixed_buffers, "fixedbufs", 1);
    list.put_if(engine.registered_files, "registerfiles", 1);
    list.put_if(engine.poll, "hipri", 1);
    list.put_if(engine.submission_poll, "sqthread_poll", 1);
    list.put_some("sqthread_poll_cpu", engine.submission_poll_cpu);
    let range = |cpus: &super::Cpus| format!("{}-{}", cpus.first, cpus.last);
    let cpus: Vec<String> = job.cpus_allowed.iter().map(range).collect();
    list.put_if(!cpus.is_empty(), "cpus_allowed", cpus.join(","));
    list.put_if(job.cpus_split, "cpus_allowed_policy", "split");
}

fn timing(job: &Job, list: &mut List) {
    list.put_time("runtime", job.runtime_ns.unwrap_or(0));
    list.put_if(job.time_based, "time_based", 1);
    list.put_time("ramp_time", job.ramp_ns);
    list.put_time("startdelay", job.start_delay_ns);
    list.put_if(job.stonewall, "stonewall", 1);
    list.put_some("number_ios", job.number_ios);
    list.put_if(job.loops != 1, "loops", job.loops);
    let rates = |rates: &PerOp<Option<u64>>| {
        let text = |rate: Option<u64>| Some(rate.unwrap_or(0).to_string());
        let all =
            PerOp { read: text(rates.read), write: text(rates.write), trim: text(rates.trim) };
        by_operation(&all)
    };
    list.put_if(job.rate_bytes != PerOp::all(None), "rate", rates(&job.rate_bytes));
    list.put_if(job.rate_iops != PerOp::all(None), "rate_iops", rates(&job.rate_iops));
    list.put_if(job.rate_process == RateProcess::Poisson, "rate_process", "poisson");
    let think = &job.thinktime;
    list.put_time("thinktime", think.time_ns);
    list.put_time("thinktime_spin", think.spin_ns);
    list.put_if(think.blocks != 1, "thinktime_blocks", think.blocks);
    let issue = think.blocks_type == ThinkBlocks::Issue;
    list.put_if(issue, "thinktime_blocks_type", "issue");
    list.put_time("thinktime_iotime", think.iotime_ns);
    list.put_if(job.fsync > 0, "fsync", job.fsync);
    list.put_if(job.fdatasync > 0, "fdatasync", job.fdatasync);
    list.put_if(job.end_fsync, "end_fsync", 1);
}

fn content(job: &Job, list: &mut List) {
    let content = &job.content;
    match &content.fill {
        // Without it fio writes the same buffers again and again, slightly scrambled.
        Fill::Unique => list.put_if(job.pattern.writes(), "refill_buffers", 1),
        Fill::Zero => list.put("zero_buffers", 1),
        Fill::Pattern { bytes } => {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            list.put("buffer_pattern", format!("0x{}", digits.concat()));
        }
    }
    let compress = content.compress_percent;
    list.put_if(compress > 0, "buffer_compress_percentage", compress);
    list.put_some("buffer_compress_chunk", content.compress_chunk_bytes);
    list.put_if(content.dedupe_percent > 0, "dedupe_percentage", content.dedupe_percent);
    list.put_if(job.verify == Verify::Checksum, "verify", "crc64");
    list.put_if(!job.do_verify, "do_verify", 0);
    list.put_if(job.verify_fatal, "verify_fatal", 1);
}

fn report(job: &Job, list: &mut List) {
    let percentiles: Vec<String> = job.percentiles.iter().map(f64::to_string).collect();
    let own = job.percentiles != PERCENTILES;
    list.put_if(own && !percentiles.is_empty(), "percentile_list", percentiles.join(":"));
    list.put_if(!job.clat_percentiles, "clat_percentiles", 0);
    list.put_if(job.lat_percentiles, "lat_percentiles", 1);
    let logs = &job.logs;
    list.put_some("write_bw_log", logs.bandwidth.as_ref());
    list.put_some("write_lat_log", logs.latency.as_ref());
    list.put_some("write_iops_log", logs.iops.as_ref());
    list.put_some("write_hist_log", logs.histogram.as_ref());
    list.put_if(logs.average_ms > 0, "log_avg_msec", logs.average_ms);
    list.put_if(logs.histogram_ms > 0, "log_hist_msec", logs.histogram_ms);
}

/// Returns names as `filename` has them.
fn names(names: &[String]) -> String {
    let escaped: Vec<String> = names.iter().map(|name| name.replace(':', "\\:")).collect();
    escaped.join(":")
}

fn amount(amount: Amount) -> String {
    match amount {
        Amount::Bytes(bytes) => bytes.to_string(),
        Amount::Percent(percent) => format!("{percent}%"),
    }
}

/// Returns a time in the largest unit that it is whole in; µs at least.
fn time(time_ns: u64) -> String {
    let units = [(1_000_000_000, "s"), (1_000_000, "ms")];
    let whole = units.iter().find(|(unit, _)| time_ns.is_multiple_of(*unit));
    let (unit, name) = whole.copied().unwrap_or((1_000, "us"));
    format!("{}{name}", time_ns.div_ceil(unit))
}

/// Returns `read,write,trim`, or one value where all are the same.
fn by_operation(values: &PerOp<Option<String>>) -> String {
    let PerOp { read, write, trim } = values;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    if read == write && write == trim {
        return text(read);
    }
    [text(read), text(write), text(trim)].join(",")
}

fn shares(shares: &[BlockShare]) -> String {
    let text = |share: &BlockShare| format!("{}/{}", share.bytes, share.percent);
    shares.iter().map(text).collect::<Vec<_>>().join(":")
}

fn distribution(job: &Job) -> Option<String> {
    Some(match &job.distribution {
        Distribution::Uniform => return None,
        Distribution::Zipf { theta } => format!("zipf:{theta}"),
        Distribution::Pareto { skew } => format!("pareto:{skew}"),
        Distribution::Zoned { zones } => {
            let text = |zone: &crate::workload::Zone| {
                format!("{}/{}", zone.access_percent, zone.size_percent)
            };
            format!("zoned:{}", zones.iter().map(text).collect::<Vec<_>>().join(":"))
        }
        Distribution::ZonedAbs { zones } => {
            let text = |zone: &crate::workload::ZoneAbs| {
                format!("{}/{}", zone.access_percent, zone.size_bytes)
            };
            format!("zoned_abs:{}", zones.iter().map(text).collect::<Vec<_>>().join(":"))
        }
        Distribution::HotCold { hot_bytes, hot_percent } => {
            // Where the size is not known, a cold set beyond any device: fio stops at its end.
            let size = match job.size {
                Some(Amount::Bytes(bytes)) => bytes,
                Some(Amount::Percent(_)) | None => 1 << 60,
            };
            let cold = size.saturating_sub(*hot_bytes);
            let rest = 100_u8.saturating_sub(*hot_percent);
            format!("zoned_abs:{hot_percent}/{hot_bytes}:{rest}/{cold}")
        }
    })
}

/// Returns what fio does otherwise with this job.
pub fn differences(job: &Job) -> Vec<Difference> {
    let rate = job.rate_bytes != PerOp::all(None) || job.rate_iops != PerOp::all(None);
    let random = job.pattern.is_random();
    let hot = matches!(job.distribution, Distribution::HotCold { .. });
    let writes = job.pattern.writes();
    let content = &job.content;
    let shares = content.compress_percent > 0 || content.dedupe_percent > 0;
    let list = [
        (
            hot && random,
            Difference {
                zh: "冷区：本程序在一轮内不重复访问同一块，fio 可能重复，因而命中率偏高。",
                en: "cold set: never read twice in a pass by assay; fio may repeat blocks, so that \
                 more of them hit the cache",
            },
        ),
        (
            rate,
            Difference {
                zh: "定速：fio 的定速模式不是开环，设备停顿时推迟发起，时延从实际发起算起，停顿被掩盖；\
                 本程序按预定时刻计算响应时间。",
                en: "rate: fio's rate mode is no open loop; it issues later when the device stalls and \
                 counts latency from then on, which hides stalls; assay counts from the intended \
                 time",
            },
        ),
        (
            rate && job.rate_process == RateProcess::Poisson,
            Difference {
                zh: "泊松间隔：fio 取整到微秒，30,000 次/秒时偏差约 2.5 %。",
                en: "poisson: fio rounds intervals to whole microseconds, 2.5 % off at 30,000 a second",
            },
        ),
        (
            random,
            Difference {
                zh: "随机序列：同一种子在 fio 中产生不同的偏移序列，分布相同。",
                en: "random: the same seed draws other offsets in fio, of the same distribution",
            },
        ),
        (
            writes && content.fill == Fill::Unique,
            Difference {
                zh: "写入内容：本程序的数据块互不相同且不可压缩；fio 每次重新填充缓冲区。",
                en: "content: blocks of assay never repeat and do not compress; fio refills its \
                 buffers each time",
            },
        ),
        (
            writes && shares,
            Difference {
                zh: "压缩与重删：本程序在每 512 字节内保持比例并自检；fio 按缓冲区整体近似。",
                en: "compression and duplicates: assay keeps the ratio within each 512 bytes and \
                 checks it; fio approximates it over the buffer",
            },
        ),
        (
            job.verify != Verify::None,
            Difference {
                zh: "校验：fio 用自己的块头和 crc64；本程序的块带地址、代号和 CRC-64，可区分错误类别。",
                en: "verify: fio writes headers of its own with crc64; blocks of assay carry address, \
                 generation and CRC-64, which tells kinds of faults apart",
            },
        ),
        (
            job.engine.name == Engine::IoUring
                && job.engine.batch_submit.is_none()
                && job.engine.iodepth > 1,
            Difference {
                zh: "批量：fio 默认逐个提交；本程序有空位即成批提交。",
                en: "batches: fio submits one operation at a time by default; assay submits what there \
                 is room for",
            },
        ),
    ];
    list.into_iter().filter_map(|(holds, difference)| holds.then_some(difference)).collect()
}
