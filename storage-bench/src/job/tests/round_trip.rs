//! What is exported is read back as the same job.

use proptest::prelude::*;

use super::*;
use crate::job::export::{differences, export};
use crate::job::spec::from_spec;
use crate::workload::{Order, Spec};

/// Options that a job file may have, one line each; what they make together may be refused.
fn option() -> impl Strategy<Value = String> {
    let numbers = 0_u32..70_000;
    prop_oneof![
        prop::sample::select(LINES).prop_map(str::to_owned),
        (numbers.clone(), prop::sample::select(NUMBERS))
            .prop_map(|(n, name)| format!("{name}={n}")),
        (numbers.clone(), 0_u32..9, 0_u32..90).prop_map(|(a, b, c)| format!("bs={a},{b}k,{c}m")),
        (1_u32..100, numbers.clone()).prop_map(|(a, b)| format!("bssplit=4k/{a}:{b}/:1m/")),
        (1_u32..100, 1_u32..50).prop_map(|(a, b)| {
            format!("random_distribution=zoned_abs:{a}/{b}m:{}/{b}g", 100 - a)
        }),
        (0.01_f64..5.0).prop_map(|theta| format!("random_distribution=zipf:{theta:.3}")),
        (0.01_f64..0.99).prop_map(|skew| format!("random_distribution=pareto:{skew:.3}")),
        prop::collection::vec(0.001_f64..100.0, 1..9).prop_map(|list| {
            let list: Vec<String> = list.iter().map(|part| format!("{part:.3}")).collect();
            format!("percentile_list={}", list.join(":"))
        }),
        (
            numbers,
            prop::sample::select(TIMES),
            prop::sample::select(&["us", "ms", "s", "m", ""][..])
        )
            .prop_map(|(n, name, unit)| format!("{name}={n}{unit}")),
        "filename=[a-z/: \\\\$\"=%-]{1,12}",
        "directory=[a-z/:.]{1,9}",
        "description=[ -~]{1,20}",
        "write_lat_log=[ -~]{1,9}",
        "buffer_pattern=0x[0-9a-f]{1,30}",
        "buffer_pattern=\"[a-z ]{1,9}\"",
    ]
}

const NUMBERS: &[&str] = &[
    "iodepth",
    "iodepth_batch",
    "iodepth_batch_complete_min",
    "iodepth_batch_complete_max",
    "iodepth_low",
    "size",
    "io_size",
    "offset",
    "offset_increment",
    "offset_align",
    "number_ios",
    "loops",
    "rate_iops",
    "rate",
    "randseed",
    "fsync",
    "fdatasync",
    "blockalign",
    "filesize",
    "log_avg_msec",
    "log_hist_msec",
    "thinktime_blocks",
    "buffer_compress_chunk",
];

const TIMES: &[&str] =
    &["runtime", "ramp_time", "startdelay", "thinktime", "thinktime_spin", "thinktime_iotime"];

const LINES: &[&str] = &[
    "rw=read",
    "rw=write",
    "rw=randread",
    "rw=randwrite",
    "rw=randrw",
    "rw=readwrite",
    "rw=randtrim",
    "rw=trim",
    "rwmixread=70",
    "rwmixwrite=10",
    "direct=1",
    "buffered=1",
    "sync=dsync",
    "sync=1",
    "ioengine=libaio",
    "ioengine=io_uring",
    "ioengine=null",
    "ioengine=sync",
    "fixedbufs",
    "registerfiles=1",
    "hipri",
    "sqthread_poll",
    "sqthread_poll_cpu=1",
    "norandommap",
    "randrepeat=0",
    "size=30%",
    "offset=7%",
    "io_size=50%",
    "offset_increment=3%",
    "numjobs=3",
    "time_based",
    "stonewall",
    "rate_process=poisson",
    "rate_iops=70,30",
    "rate=,5m,",
    "blockalign=4k,,8k",
    "blockalign=,8k",
    "nrfiles=4",
    "filename_format=$jobname.$filenum",
    "create_on_open=1",
    "allow_file_create=0",
    "invalidate=0",
    "end_fsync=1",
    "zero_buffers",
    "buffer_compress_percentage=50",
    "dedupe_percentage=30",
    "verify=md5",
    "do_verify=0",
    "verify_fatal=1",
    "cpus_allowed=0-3,7",
    "cpus_allowed_policy=split",
    "clat_percentiles=0",
    "lat_percentiles=1",
    "write_bw_log",
    "write_iops_log=x",
    "write_hist_log=y",
    "kb_base=1000",
    "thinktime_blocks_type=issue",
    "bsrange=8k-8k",
    "random_distribution=zoned:60/10:40/90",
    "group_reporting",
    "refill_buffers",
    "bssplit=512/10:4k/90,64k,1m/50:2m/50",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn parsing_what_was_exported_gives_the_same_job(
        options in prop::collection::vec(option(), 0..9),
        name in "[ -~]{1,12}",
    ) {
        // Options that contradict the others are left out, so that most jobs have several.
        let mut text = format!("[{name}]\n");
        let mut made = None;
        for option in std::iter::once(String::new()).chain(options) {
            let longer = format!("{text}{option}\n");
            if let Ok(jobs) = parse("made.fio", &longer, &file::Alone) {
                text = longer;
                made = jobs.into_iter().next();
            }
        }
        let Some(job) = made else { return Ok(()) };
        let exported = export(&job);
        let again = parse("exported.fio", &exported, &file::Alone)
            .map_err(|error| TestCaseError::fail(format!("{error}\n{exported}")))?;
        prop_assert_eq!(&again, &vec![job.clone()], "{}", exported);
        let written = serde_json::to_string(&job).unwrap();
        let read: Job = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(read, job);
    }

    #[test]
    fn no_text_is_more_than_the_reader_can_take(text in "\\PC{0,400}") {
        for text in [text.clone(), format!("[j]\n{}", text.replace(' ', "\n"))] {
            if let Err(error) = parse("any.fio", &text, &file::Alone) {
                let line = match error.place() {
                    Some(Place::Line { line, .. }) => *line,
                    _ => 0,
                };
                prop_assert!(line as usize <= text.lines().count(), "{}", error);
            }
        }
    }
}

#[test]
fn each_option_alone_comes_back() {
    for line in LINES {
        let Ok(jobs) = parse("made.fio", &format!("[j]\n{line}\n"), &file::Alone) else { continue };
        let exported = export(&jobs[0]);
        let again = parse("exported.fio", &exported, &file::Alone).unwrap();
        assert_eq!(again, jobs, "{line}\n{exported}");
    }
}

#[test]
fn an_export_says_what_fio_does_otherwise() {
    let rate = export(&job("rw=randwrite\nrate_iops=500\nrate_process=poisson\nverify=crc64"));
    for text in ["no open loop", "开环", "whole microseconds", "headers of its own"] {
        assert!(rate.contains(text), "{rate}");
    }
    assert_eq!(differences(&job("rw=read\ndirect=1")), []);
}

#[test]
fn the_hot_and_cold_sets_of_a_case_become_zones() {
    let spec = Spec {
        start_bytes: 0,
        span_bytes: 100 << 30,
        read_percent: 70,
        trim: false,
        read_blocks: vec![BlockShare { bytes: 8192, percent: 100 }],
        write_blocks: vec![BlockShare { bytes: 8192, percent: 100 }],
        align_bytes: 0,
        order: Order::Random {
            distribution: Distribution::HotCold { hot_bytes: 10 << 30, hot_percent: 70 },
            repeat: false,
        },
        seed: 9,
    };
    let engine =
        EngineWish { name: Engine::IoUring, iodepth: 32, direct: true, ..EngineWish::default() };
    let job = from_spec("hit-70", &spec, engine, "/dev/sdx");
    let exported = export(&job);
    let zones = format!("random_distribution=zoned_abs:70/{}:30/{}\n", 10_u64 << 30, 90_u64 << 30);
    assert!(exported.contains(&zones), "{exported}");
    assert!(exported.contains("cold set: never read twice"), "{exported}");
    let read = jobs(&exported).remove(0);
    assert_eq!((read.rwmixread, read.engine.iodepth, read.norandommap), (70, 32, true));
    let target = Target { bytes: 200 << 30, thread: 0, file: 0 };
    let back = read.spec(&target, 0).unwrap();
    assert_eq!((back.span_bytes, back.seed, back.read_percent), (100 << 30, 9, 70));
}
