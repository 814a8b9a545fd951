//! What job files and command lines become, and what they are refused for.

mod refusals;
mod round_trip;
mod sizes;

use std::collections::BTreeMap;

use super::file::{Surroundings, parse};
use super::*;
use crate::workload::Zone;

/// An environment and files that a test makes up.
#[derive(Default)]
struct Made {
    variables: BTreeMap<&'static str, &'static str>,
    files: BTreeMap<&'static str, &'static str>,
}

impl Surroundings for Made {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| (*value).to_owned())
    }

    fn include(&self, _: &str, path: &str) -> Result<(String, String), String> {
        let text = self.files.get(path).ok_or("there is none")?;
        Ok((path.to_owned(), (*text).to_owned()))
    }
}

fn jobs(text: &str) -> Vec<Job> {
    parse("test.fio", text, &Made::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn job(options: &str) -> Job {
    jobs(&format!("[j]\n{options}")).remove(0)
}

fn refusal(text: &str) -> String {
    parse("test.fio", text, &Made::default()).unwrap_err().to_string()
}

fn words(line: &str) -> Result<Vec<Job>, JobError> {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    Job::from_words(&words)
}

#[test]
fn a_global_section_holds_for_the_jobs_below_it() {
    let jobs = jobs(
        "; a comment\n[global]\nrw=randread\nbs=8k ; to the end of the line\n[a]\niodepth=4\n\
         # another\n\n[global]\nbs=64k\n[b]\nrw = write\nstonewall\n[c]\nname=see\n",
    );
    let [a, b, c] = jobs.as_slice() else { panic!("{jobs:?}") };
    assert_eq!((a.name.as_str(), b.name.as_str(), c.name.as_str()), ("a", "b", "see"));
    assert_eq!((a.pattern, b.pattern), (Pattern::RandRead, Pattern::Write));
    let size = |job: &Job| job.blocks.read.iter().map(|share| share.bytes).collect::<Vec<_>>();
    assert_eq!((size(a), size(b), size(c)), (vec![8192], vec![65536], vec![65536]));
    assert_eq!((a.stonewall, b.stonewall, c.stonewall), (false, true, false));
    assert_eq!(a.engine.iodepth, 4);
    let place = b.places.get("bs").map(ToString::to_string);
    assert_eq!(place.as_deref(), Some("test.fio:10"));
}

#[test]
fn the_engine_follows_the_depth_where_none_is_named() {
    let engine = |options: &str| job(options).engine.name;
    assert_eq!(engine("iodepth=1"), Engine::Sync);
    assert_eq!(engine("iodepth=32"), Engine::IoUring);
    assert_eq!(engine("iodepth=32\nioengine=libaio"), Engine::Libaio);
    assert_eq!(engine("ioengine=psync"), Engine::Sync);
}

#[test]
fn kb_base_holds_for_its_whole_section() {
    let job = job("size=4kib\nbs=4k\niodepth=1k\nkb_base=1000");
    assert_eq!(job.engine.iodepth, 1000);
    assert_eq!(job.size, Some(Amount::Bytes(4096)));
    assert_eq!(job.least_block(), 4000);
}

#[test]
fn waiting_for_the_job_before_is_a_stone_wall() {
    let jobs = jobs("[a]\n[b]\nwait_for=a\n[c]\nwait_for=b\n[d]\nwait_for_previous\n");
    let waits: Vec<bool> = jobs.iter().map(|job| job.stonewall).collect();
    assert_eq!(waits, [false, true, true, true]);
    for text in ["[a]\n[b]\n[c]\nwait_for=b\n", "[a]\nwait_for=a", "[a]\n[b]\nwait_for=c"] {
        assert!(refusal(text).contains("write `stonewall`"), "{text}");
    }
}

#[test]
fn values_are_read_as_fio_reads_them() {
    let job =
        job("rw=randrw\nrwmixwrite=30\nbssplit=4k/10:64k/50:32k/40,8k\nsize=10%\noffset=1g\n\
         random_distribution=zoned:50/5:30/15:20/\nruntime=1m\ntime_based\nramp_time=500ms\n\
         thinktime=7\nthinktime_iotime=2\nioengine=io_uring\niodepth=1k\nfixedbufs\n\
         registerfiles=1\nbuffered=0\nbuffer_pattern=0xdeadbee\npercentile_list=99.9:50\n\
         cpus_allowed=0-3,5\nfilename=/dev/sd\\:a:/dev/sdb\nwrite_lat_log\n");
    assert_eq!(job.rwmixread, 70);
    let share = |bytes, percent| BlockShare { bytes, percent };
    let reads = [share(4096, 10), share(65536, 50), share(32768, 40)];
    assert_eq!(job.blocks.read, reads);
    assert_eq!(job.blocks.trim, [share(8192, 100)]);
    assert_eq!((job.size, job.offset), (Some(Amount::Percent(10)), Amount::Bytes(1 << 30)));
    let Distribution::Zoned { zones } = &job.distribution else { panic!("{job:?}") };
    assert_eq!(zones.last(), Some(&Zone { access_percent: 20, size_percent: 80 }));
    assert!(job.norandommap);
    assert_eq!((job.runtime_ns, job.ramp_ns), (Some(60_000_000_000), 500_000_000));
    assert_eq!((job.thinktime.time_ns, job.thinktime.iotime_ns), (7_000, 2_000_000_000));
    assert!(job.engine.direct && job.engine.fixed_buffers && job.engine.registered_files);
    assert_eq!(job.content.fill, Fill::Pattern { bytes: vec![0x0d, 0xea, 0xdb, 0xee] });
    assert_eq!(job.percentiles, [50.0, 99.9]);
    assert_eq!(job.cpus_allowed, [Cpus { first: 0, last: 3 }, Cpus { first: 5, last: 5 }]);
    assert_eq!(job.filenames, ["/dev/sd:a", "/dev/sdb"]);
    assert_eq!(job.logs.latency.as_deref(), Some("j"));
}

#[test]
fn a_command_line_is_a_job_file_in_one_line() {
    let jobs = words(
        "--bs 8k --direct=1 --name=a --rw randread --time_based --runtime=10 --name b \
         --rw=write --stonewall --iodepth 4",
    )
    .unwrap();
    let file = self::jobs(
        "[global]\nbs=8k\ndirect=1\n[a]\nrw=randread\ntime_based\nruntime=10\n[b]\nrw=write\n\
         stonewall\niodepth=4\n",
    );
    assert_eq!(jobs, file);
    let single = words("--filename=/dev/sda --rw=randread").unwrap();
    assert_eq!(single.len(), 1);
    assert_eq!(single[0].filenames, ["/dev/sda"]);
    for (line, message) in [
        ("--rw", "argument 1: option `rw` needs a value"),
        ("--bs=4k --rw=sideways", "argument 2: option `rw` cannot be `sideways`"),
        ("job.fio", "argument 1: `job.fio`: it is no long option"),
        ("--iodpeth 3", "argument 1: unknown option `iodpeth`; did you mean `iodepth`?"),
        ("--name=", "argument 1: option `name` needs a value"),
        ("", "`command line` has no job"),
    ] {
        let error = words(line).unwrap_err().to_string();
        assert!(error.starts_with(message), "{line}: {error}");
    }
}

#[test]
fn variables_and_includes_come_from_the_surroundings() {
    let made = Made {
        variables: BTreeMap::from([("SIZE", "4g"), ("DISK", "/dev/sdb")]),
        files: BTreeMap::from([
            ("common.inc", "bs=8k\ninclude deeper.inc\n"),
            ("deeper.inc", "iodepth=9"),
            ("self.inc", "include self.inc"),
            ("section.inc", "[b]\n"),
            ("typo.inc", "\nsizze=1\n"),
        ]),
    };
    let text = "[j]\nsize=${SIZE}\nfilename=${DISK}1\ninclude common.inc\n";
    let jobs = parse("a.fio", text, &made).unwrap();
    assert_eq!(jobs[0].size, Some(Amount::Bytes(4 << 30)));
    assert_eq!(jobs[0].filenames, ["/dev/sdb1"]);
    assert_eq!((jobs[0].least_block(), jobs[0].engine.iodepth), (8192, 9));
    let place = jobs[0].places.get("iodepth").map(ToString::to_string);
    assert_eq!(place.as_deref(), Some("deeper.inc:1"));
    for (text, message) in [
        ("[j]\nsize=${NONE}", "a.fio:2: option `size` uses `${NONE}`, which is not set"),
        ("[j]\ninclude self.inc", "self.inc:1: `include` of `self.inc`: files include each other"),
        ("[j]\ninclude section.inc", "section.inc:1: `[b]`: an included file has no sections"),
        ("[j]\ninclude typo.inc", "typo.inc:2: unknown option `sizze`; did you mean `size`?"),
        ("[j]\ninclude none.inc", "a.fio:2: `include` of `none.inc`: there is none"),
        ("include common.inc", "a.fio:1: `include` of `common.inc`: it stands above"),
    ] {
        let error = parse("a.fio", text, &made).unwrap_err().to_string();
        assert!(error.starts_with(message), "{text}: {error}");
    }
}
