//! Every refusal names place, option and reason.

use super::*;

#[test]
fn what_cannot_be_done_is_refused_with_line_and_reason() {
    for (option, reason) in [
        ("rw=read:8k", "cannot be `read:8k`: sequential offsets follow each other"),
        ("rw=trimwrite", "a trim is not followed by a write"),
        ("bsrange=4k-8k", "name them in `bssplit`"),
        ("bs=4k,8k,16k,32k", "more than three parts"),
        ("bs=0", "at least 1 byte"),
        ("bs=2g", "at most 1 GiB"),
        ("bssplit=4k/50:8k/60", "add up to 110"),
        ("ioengine=rbd", "there are io_uring, libaio, sync"),
        ("iodepth=0", "from 1 to 32768"),
        ("size=1.5g", "smaller unit"),
        ("runtime=30sec", "`sec` is no unit of time"),
        ("random_distribution=normal:5", "`normal` is not supported"),
        ("random_distribution=zipf:1", "not 1"),
        ("random_distribution=zipf:1.2:0.5", "centre"),
        ("random_distribution=zipf:inf", "no number"),
        ("latency_target=500", "not supported: the depth is not searched for"),
        ("zonemode=zbd", "only `none` is supported"),
        ("gtod_cpu=1", "not supported: each thread reads the clock"),
        ("exitall", "only `0` is supported"),
        ("filename=\"/dev/sda\"", "leave them"),
        ("filename=a::b", "is empty"),
        ("filename=a\\b", "backslash"),
        ("filename=-", "standard input"),
        ("filename_format=$clientuid", "only `$jobname`"),
        ("bs=$pagesize", "depends on the host"),
        ("size=(4k*2)", "arithmetic"),
        ("rw=", "needs a value"),
        ("direct", "needs a value"),
        ("verify=null", "proves nothing"),
        ("percentile_list=101", "list of percentiles"),
        ("percentile_list=nan", "list of percentiles"),
        ("cpus_allowed=3-1", "upwards"),
        ("blocksize=0", "at least 1 byte"),
        ("sizze=4k", "unknown option `sizze`; did you mean `size`?"),
        ("frobnicate=1", "unknown option `frobnicate`"),
        ("port=1", "network engines"),
    ] {
        let error = refusal(&format!("[global]\n\n[j]\nfilename=/x\n{option}\n"));
        assert!(error.starts_with("test.fio:5: "), "{option}: {error}");
        assert!(error.contains(reason), "{option}: {error}");
        let name = option.split('=').next().unwrap();
        assert!(error.contains(&format!("`{name}`")), "{option}: {error}");
    }
}

#[test]
fn options_that_contradict_each_other_are_refused_where_they_stand() {
    for (options, line, reason) in [
        ("ioengine=psync\niodepth=4", 3, "one operation in flight"),
        ("ioengine=libaio\nfixedbufs", 3, "belongs to `ioengine=io_uring`"),
        ("time_based", 2, "`time_based` of job `j`: `runtime` is not given"),
        ("iodepth_batch_submit=2", 2, "`iodepth_batch_submit` of job `j`: it is more"),
        ("rate=1m\nrate_iops=5", 2, "given as well"),
        ("rate_process=poisson", 2, "no rate is given"),
        ("rate=300\nrw=read", 2, "less than one operation a second"),
        ("rw=randrw\nrate_iops=100,300", 3, "not in the ratio"),
        ("io_submit_mode=offload", 2, "nothing that `offload` would keep up"),
        ("iodepth=4\niodepth_batch=8", 3, "more than `iodepth`, 4"),
        ("thinktime=5\nthinktime_spin=6", 3, "more than `thinktime`"),
        ("filename=/x\nnrfiles=2", 3, "names the files"),
        ("zero_buffers\ndedupe_percentage=50", 2, "nothing to compress"),
        ("rw=trim\nverify=crc64", 3, "has no content"),
        ("rw=write\nfilename=/x\nverify=crc64\nnumjobs=2", 4, "each other's blocks"),
        ("bssplit=4k:8k\nbs=4k", 3, "`bssplit` is given above"),
        ("hipri\nioengine=io_uring", 2, "needs `direct=1`"),
        ("name=global1", 2, "no job"),
    ] {
        let error = refusal(&format!("[j]\n{options}\n"));
        assert!(error.starts_with(&format!("test.fio:{line}: ")), "{options}: {error}");
        assert!(error.contains(reason), "{options}: {error}");
    }
}

#[test]
fn lines_that_are_nothing_are_refused() {
    for (text, message) in [
        ("rw=read\n", "test.fio:1: `rw=read`: it stands above the first section"),
        ("[a\n", "test.fio:1: `[a`: a section is `[name]`"),
        ("[a] b\n", "test.fio:1: `[a] b`: a section is `[name]`"),
        ("[]\n", "test.fio:1: `[]`: a section has a name"),
        ("[global2]\n", "test.fio:1: option `name` of job `global2`"),
        ("", "`test.fio` has no job"),
        ("[global]\nrw=read\n", "`test.fio` has no job"),
    ] {
        let error = refusal(text);
        assert!(error.starts_with(message), "{text:?}: {error}");
    }
}

#[test]
fn hostile_files_are_bounded() {
    let many = "[j]\n".repeat(file::JOB_LIMIT + 1);
    assert_eq!(refusal(&many), "`test.fio` has more than 1024 jobs");
    let large = "#\n".repeat(file::FILE_LIMIT);
    assert_eq!(refusal(&large), "`test.fio` has more than 1048576 bytes");
    let long = format!("[a]\ndescription={}\n", "x".repeat(5000));
    assert!(refusal(&long).contains("longer than 4096 bytes"));
    let made = Made { variables: BTreeMap::from([("A", "0123456789")]), files: BTreeMap::new() };
    let text = format!("[a]\ndescription={}\n", "${A}".repeat(1000));
    assert!(parse("test.fio", &text, &made).unwrap_err().to_string().contains("too long"));
    let percentiles = format!("[a]\npercentile_list={}\n", ["1"; 21].join(":"));
    assert!(refusal(&percentiles).contains("more than 20"));
    let blocks = format!("[a]\nbssplit={}\n", ["4k"; 65].join(":"));
    assert!(refusal(&blocks).contains("more than 64"));
}

#[test]
fn a_run_that_cannot_do_it_names_the_option_and_its_line() {
    let job = job("rw=write\nthinktime=5\nwrite_bw_log=x\nnumjobs=2\ndirect=1\n");
    assert_eq!(job.needs(), [Need::ManyThreads, Need::Thinktime, Need::Logs]);
    assert_eq!(job.require(&[Need::ManyThreads, Need::Thinktime, Need::Logs]), Ok(()));
    for (able, option, line) in [
        (&[Need::ManyThreads, Need::Logs], "thinktime", 3),
        (&[Need::ManyThreads, Need::Thinktime], "write_bw_log", 4),
    ] {
        let error = job.require(able).unwrap_err();
        assert_eq!(error.option(), Some(option));
        let place = error.place().map(ToString::to_string);
        assert_eq!(place, Some(format!("test.fio:{line}")));
    }
}
