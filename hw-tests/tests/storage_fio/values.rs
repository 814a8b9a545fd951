//! What values mean: compared with what fio prints while it parses them.

use std::fs;

use libtest_mimic::Failed;
use storage_bench::job::export::export;
use storage_bench::job::option::{self, Rule};
use storage_bench::job::{Amount, Job, PerOp, file};
use storage_bench::workload::Distribution;

use super::fio;

/// A spelling, and what we make of it in the words that fio uses.
type Spelling = (&'static str, fn(&Job) -> Vec<String>);

/// Options whose parsed value fio prints, `out=…`.
const TABLE: &[Spelling] = &[
    ("size=4k", size),
    ("size=4K", size),
    ("size=4ki", size),
    ("size=4kb", size),
    ("size=4kib", size),
    ("size=4KiB", size),
    ("size=1m", size),
    ("size=1mib", size),
    ("size=3g", size),
    ("size=3GiB", size),
    ("size=2t", size),
    ("size=1p", size),
    ("size=0x20000", size),
    ("size=1048576", size),
    ("size=10%", size),
    ("size=100%", size),
    ("io_size=7m", |job| amount(job.io_size)),
    ("io_size=50%", |job| amount(job.io_size)),
    ("offset=5%", |job| amount(Some(job.offset))),
    ("offset=1g", |job| amount(Some(job.offset))),
    ("offset_increment=256m", |job| amount(Some(job.offset_increment))),
    ("bs=4k", blocks),
    ("bs=4k,8k", blocks),
    ("bs=4k,8k,16k", blocks),
    ("bs=512,1kib", blocks),
    ("blocksize=64k", blocks),
    ("rate_iops=1k,500", |job| list(&job.rate_iops)),
    ("rate=1m,500k,2m", |job| list(&job.rate_bytes)),
    ("runtime=30", |job| time(job.runtime_ns.unwrap_or(0))),
    ("runtime=1m", |job| time(job.runtime_ns.unwrap_or(0))),
    ("runtime=2h", |job| time(job.runtime_ns.unwrap_or(0))),
    ("runtime=1d", |job| time(job.runtime_ns.unwrap_or(0))),
    ("runtime=500ms", |job| time(job.runtime_ns.unwrap_or(0))),
    ("timeout=7s", |job| time(job.runtime_ns.unwrap_or(0))),
    ("ramp_time=5", |job| time(job.ramp_ns)),
    ("startdelay=3", |job| time(job.start_delay_ns)),
    ("thinktime=50", |job| time(job.thinktime.time_ns)),
    ("thinktime=5ms", |job| time(job.thinktime.time_ns)),
    ("thinktime_iotime=2", |job| time(job.thinktime.iotime_ns)),
    ("iodepth=1k", |job| vec![job.engine.iodepth.to_string()]),
    ("number_ios=2k", |job| vec![job.number_ios.unwrap_or(0).to_string()]),
    ("rwmixread=70", |job| vec![job.rwmixread.to_string()]),
    ("fsync=32", |job| vec![job.fsync.to_string()]),
    ("randseed=1k", |job| vec![job.randseed.unwrap_or(0).to_string()]),
    ("percentile_list=50:99.5", |job| {
        job.percentiles.iter().map(|percentile| format!("{percentile:.6}")).collect()
    }),
];

/// Distributions, whose zones fio prints one by one.
const ZONES: &[&str] = &[
    "zoned:50/5:30/15:20/",
    "zoned:60/10:40/90",
    "zoned:50/:50/",
    "zoned_abs:70/1g:30/20g",
    "zoned_abs:95/50m:5/1gib",
];

fn size(job: &Job) -> Vec<String> {
    amount(job.size)
}

/// fio keeps a share as the complement of its percents.
fn amount(amount: Option<Amount>) -> Vec<String> {
    vec![match amount {
        Some(Amount::Percent(percent)) => (u64::MAX - u64::from(percent)).to_string(),
        Some(Amount::Bytes(bytes)) => bytes.to_string(),
        None => "0".to_owned(),
    }]
}

fn time(time_ns: u64) -> Vec<String> {
    vec![(time_ns / 1_000).to_string()]
}

fn blocks(job: &Job) -> Vec<String> {
    let first = |list: &[storage_bench::workload::BlockShare]| {
        list.first().map(|share| u64::from(share.bytes))
    };
    let blocks = &job.blocks;
    list(&PerOp {
        read: first(&blocks.read),
        write: first(&blocks.write),
        trim: first(&blocks.trim),
    })
}

/// fio prints the values that are written, and fills up with the last one.
fn list(values: &PerOp<Option<u64>>) -> Vec<String> {
    let values = [values.read, values.write, values.trim];
    values.iter().map(|value| value.unwrap_or(0).to_string()).collect()
}

/// What fio prints while it parses each of `lines`, a job of its own for each.
fn parsed_by_fio(kb_base: &str, lines: &[String]) -> Result<Vec<String>, Failed> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("values.fio");
    let sections = lines.iter().enumerate().map(|(at, line)| format!("[v{at}]\n{line}\n"));
    let global = format!("[global]\n{kb_base}ioengine=null\nfilename=nothing\n");
    let text: String = std::iter::once(global).chain(sections).collect();
    fs::write(&path, text)?;
    let output = fio(&["--debug=parse", "--parse-only", &path.display().to_string()])?;
    let mut parts = output.split(" Parsing section [v");
    parts.next();
    let parts: Vec<String> = parts.map(str::to_owned).collect();
    if parts.len() == lines.len() {
        return Ok(parts);
    }
    Err(Failed::from(format!("{} of {} parts in\n{output}", parts.len(), lines.len())))
}

/// Returns what comes after `handle_option=OPTION`, up to the next option.
fn of_option<'a>(output: &'a str, option: &str) -> impl Iterator<Item = &'a str> {
    let start = format!(" handle_option={option},");
    let mut inside = false;
    output.lines().filter(move |line| {
        if line.contains(" handle_option=") {
            inside = line.contains(&start);
        }
        inside
    })
}

pub(crate) fn table() -> Result<(), Failed> {
    let mut faults = Vec::new();
    let mut compared = 0;
    for kb_base in ["", "kb_base=1000\n"] {
        let lines: Vec<String> = TABLE.iter().map(|(line, _)| (*line).to_owned()).collect();
        let outputs = parsed_by_fio(kb_base, &lines)?;
        for ((line, ours), output) in TABLE.iter().zip(&outputs) {
            let text = format!("[value]\n{kb_base}{line}\nioengine=null\n");
            let jobs = file::parse("value.fio", &text, &file::Alone)?;
            let job = jobs.first().ok_or("no job")?;
            let option = line.split('=').next().unwrap_or_default();
            // An alias is printed by its own name.
            let option = match option {
                "blocksize" => "bs",
                "timeout" => "runtime",
                other => other,
            };
            let values = of_option(output, option)
                .filter_map(|line| line.split_once("out=").map(|(_, value)| value.to_owned()));
            let mut values: Vec<String> = values.collect();
            let ours = ours(job);
            if let Some(last) = values.last().cloned() {
                values.resize(ours.len().max(values.len()), last);
            }
            compared += 1;
            if values != ours {
                faults.push(format!("{kb_base}{line}: fio {values:?}, ours {ours:?}"));
            }
        }
    }
    let lines: Vec<String> =
        ZONES.iter().map(|zones| format!("random_distribution={zones}")).collect();
    let outputs = parsed_by_fio("", &lines)?;
    for ((zones, line), output) in ZONES.iter().zip(&lines).zip(&outputs) {
        compared += 1;
        let text = format!("[value]\n{line}\nrw=randread\n");
        let jobs = file::parse("value.fio", &text, &file::Alone)?;
        let job = jobs.first().ok_or("no job")?;
        // Zones of reads come first; writes and trims have the same.
        let theirs: Vec<String> = output
            .lines()
            .skip_while(|line| !line.contains("zone ddir 0"))
            .skip(1)
            .take_while(|line| !line.contains("zone ddir 1"))
            .filter_map(|line| line.rsplit(' ').next().map(str::to_owned))
            .collect();
        let ours: Vec<String> = match &job.distribution {
            Distribution::Zoned { zones } => zones
                .iter()
                .map(|zone| format!("{}/{}", zone.access_percent, zone.size_percent))
                .collect(),
            Distribution::ZonedAbs { zones } => zones
                .iter()
                .map(|zone| format!("{}/{}", zone.access_percent, zone.size_bytes))
                .collect(),
            other => return Err(Failed::from(format!("{zones}: {other:?}"))),
        };
        if theirs != ours {
            faults.push(format!("{zones}: fio {theirs:?}, ours {ours:?}"));
        }
    }
    println!("figure: fio.values = {compared} spellings compared, {} differ", faults.len());
    if compared < 30 {
        faults.push(format!("only {compared} spellings"));
    }
    if faults.is_empty() { Ok(()) } else { Err(Failed::from(faults.join("\n"))) }
}

/// Each option that fio lists is set, accepted or refused here: none is unknown.
pub(crate) fn options() -> Result<(), Failed> {
    let listed = fio(&["--cmdhelp=all"])?;
    let names = listed.lines().filter_map(|line| line.split_once(':'));
    let names: Vec<&str> = names.map(|(name, _)| name.trim()).collect();
    let (mut set, mut accepted, mut refused) = (0, 0, 0);
    let mut unknown = Vec::new();
    for name in &names {
        match option::find(name).map(|found| found.rule) {
            Some(Rule::Set(_)) => set += 1,
            Some(Rule::Accept(_)) => accepted += 1,
            Some(Rule::Refuse(_)) => refused += 1,
            None => unknown.push(*name),
        }
    }
    println!(
        "figure: fio.options = {set} set, {accepted} accepted, {refused} refused of {}",
        names.len()
    );
    if names.len() < 150 {
        return Err(Failed::from(format!("only {} options: {listed}", names.len())));
    }
    if unknown.is_empty() { Ok(()) } else { Err(Failed::from(format!("unknown: {unknown:?}"))) }
}

/// Jobs with about every option that an export can have.
const EXPORTED: &[&str] = &[
    "rw=randrw\nbssplit=4k/60:64k/40,8k\nrwmixread=70\nioengine=io_uring\niodepth=64\ndirect=1\n\
     iodepth_batch=16\niodepth_batch_complete_min=4\niodepth_batch_complete_max=32\nfixedbufs\n\
     registerfiles\nsize=10%\noffset=5%\nrandom_distribution=zipf:1.2\nruntime=30\ntime_based\n\
     ramp_time=5\nnumjobs=2\ncpus_allowed=0-1\nfilename=/dev/null:/dev/zero\n",
    "rw=randwrite\nioengine=libaio\nbs=4k\nblockalign=4k,8k\nsync=dsync\nfsync=9\nend_fsync=1\n\
     rate_iops=1000\nrate_process=poisson\nbuffer_compress_percentage=50\ndedupe_percentage=30\n\
     size=1g\nio_size=2g\nloops=2\nnumber_ios=1k\ncreate_on_open=1\nallow_file_create=0\n\
     invalidate=0\nthinktime_blocks=3\nstartdelay=1\nstonewall\n",
    "rw=write\nverify=crc64\ndo_verify=0\nverify_fatal=1\nnrfiles=3\nfilesize=1m\n\
     percentile_list=50:99.9\nlat_percentiles=1\nclat_percentiles=0\nwrite_lat_log=x\n\
     write_bw_log=y\nlog_avg_msec=100\nthinktime=500\nthinktime_spin=100\n\
     filename_format=$jobname.$filenum\ndescription=some words\n",
    "rw=randtrim\nbs=64k\nnorandommap\nrandrepeat=0\nrandseed=7\nzero_buffers\nioengine=null\n\
     random_distribution=zoned_abs:70/1g:30/20g\nsize=30g\noffset_increment=1%\noffset_align=1m\n",
    "rw=read\nrate=1m,500k\nhipri\nioengine=pvsync2\ndirect=1\nbuffer_pattern=0xdeadbeef\n",
];

pub(crate) fn exports() -> Result<(), Failed> {
    for options in EXPORTED {
        let jobs = file::parse("job.fio", &format!("[job]\n{options}"), &file::Alone)?;
        let job = jobs.first().ok_or("no job")?;
        let text = export(job);
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("export.fio");
        fs::write(&path, &text)?;
        let name = path.display().to_string();
        let output = fio(&["--parse-only", &name])?;
        if output.contains("Bad option") || output.contains("failed parsing") {
            return Err(Failed::from(format!("{output}\n{text}")));
        }
        // fio's own way of turning a job file into words is what our command line takes.
        let shown = fio(&["--showcmd", &name])?;
        let words = words(&shown).ok_or_else(|| format!("no command line: {shown}"))?;
        let back = Job::from_words(&words)?;
        if back != jobs {
            return Err(Failed::from(format!("{shown}\n{back:?}\n{jobs:?}")));
        }
    }
    println!("figure: fio.exports = {} of {} accepted by fio", EXPORTED.len(), EXPORTED.len());
    Ok(())
}

/// Splits the line `fio --name=…` at its options; a value may have blanks.
fn words(shown: &str) -> Option<Vec<String>> {
    let line = shown.lines().find(|line| line.starts_with("fio "))?;
    let options = line.strip_prefix("fio ")?.trim().strip_prefix("--")?;
    // fio quotes values that have blanks, for a shell to take the quotes away.
    let word = |option: &str| format!("--{}", option.trim().replace('"', ""));
    Some(options.split(" --").map(word).collect())
}
