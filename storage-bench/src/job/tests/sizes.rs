//! Which part of a target a job uses, for how long, how fast, by what names.

use super::*;
use crate::workload::Order;

const GIB: u64 = 1 << 30;

fn target(bytes: u64) -> Target {
    Target { bytes, thread: 0, file: 0 }
}

#[test]
fn the_used_part_follows_size_and_offset() {
    for (options, start, span) in [
        ("", 0, GIB),
        ("size=1m", 0, 1 << 20),
        ("size=10%", 0, GIB / 10 / 4096 * 4096),
        ("size=100%\noffset=256m", GIB / 4, GIB / 4 * 3),
        ("offset=256m", GIB / 4, GIB / 4 * 3),
        ("offset=50%", GIB / 2, GIB / 2),
        (
            "offset=33%",
            (GIB * 33 / 100).next_multiple_of(4096),
            GIB - (GIB * 33 / 100).next_multiple_of(4096),
        ),
        (
            "offset=33%\noffset_align=1m\nsize=1m",
            (GIB * 33 / 100).next_multiple_of(1 << 20),
            1 << 20,
        ),
        ("size=60%\noffset=50%", GIB / 2, GIB / 2),
        ("filesize=512m", 0, GIB / 2),
    ] {
        let spec = job(options).spec(&target(GIB), 0).unwrap();
        assert_eq!((spec.start_bytes, spec.span_bytes), (start, span), "{options}");
    }
    let job = job("offset_increment=25%\nsize=25%");
    for thread in 0..4 {
        let spec = job.spec(&Target { bytes: GIB, thread, file: 0 }, 0).unwrap();
        let part = GIB / 4;
        assert_eq!((spec.start_bytes, spec.span_bytes), (u64::from(thread) * part, part));
    }
}

#[test]
fn a_part_that_is_not_there_is_refused_with_its_line() {
    for (options, bytes, message) in [
        ("size=2g", GIB, "test.fio:2: option `size` of job `j`: 2147483648 bytes from 0 on"),
        ("offset=1g", GIB, "test.fio:2: option `offset` of job `j`: it is at 1073741824"),
        ("offset=512m\nsize=1g", GIB, "test.fio:3: option `size`"),
        ("bs=1m", 4096, "option `size` of job `j`: 4096 bytes are less than one block"),
        ("", 0, "option `size` of job `j`: 0 bytes"),
    ] {
        let error = job(options).spec(&target(bytes), 0).unwrap_err().to_string();
        assert!(error.starts_with(message), "{options}: {error}");
    }
    let far = Target { bytes: GIB, thread: 9, file: 0 };
    let error = job("offset_increment=9223372036854775807").spec(&far, 0).unwrap_err();
    assert_eq!(error.option(), Some("offset"));
}

#[test]
fn several_files_share_the_size() {
    let job =
        job("nrfiles=3\nsize=40k\ndirectory=/a:/b\nfilename_format=$jobname-$jobnum-$filenum");
    assert_eq!(job.files(1), ["/b/j-1-0", "/b/j-1-1", "/b/j-1-2"]);
    let sizes: Vec<_> = (0..3).map(|file| job.file_bytes(0, file)).collect();
    // 40960 / 3 = 13653, and one byte over is less than a block.
    assert_eq!(sizes, [Some(13653), Some(13653), Some(13653)]);
    let even = self::job("nrfiles=2\nsize=12k\noffset=4k");
    assert_eq!((even.file_bytes(0, 0), even.file_bytes(0, 1)), (Some(10240), Some(10240)));
    assert_eq!(self::job("filename=x:y\ndirectory=/d").files(0), ["/d/x", "/d/y"]);
    assert_eq!(self::job("rw=read").files(2), ["j.2.0"]);
}

#[test]
fn a_run_ends_by_bytes_time_or_operations() {
    let until = |options: &str| job(options).until(1 << 20);
    let all = Until { bytes: Some(1 << 20), ios: None, time_ns: None };
    assert_eq!(until(""), all);
    assert_eq!(until("loops=3"), Until { bytes: Some(3 << 20), ..all });
    assert_eq!(until("io_size=50%"), Until { bytes: Some(1 << 19), ..all });
    let time = Some(5_000_000_000);
    assert_eq!(until("runtime=5"), Until { time_ns: time, ..all });
    let based = Until { bytes: None, ios: Some(9), time_ns: time };
    assert_eq!(until("runtime=5\ntime_based\nnumber_ios=9"), based);
}

#[test]
fn rates_become_operations_a_second() {
    let offered = |options: &str| {
        job(options).offered().unwrap().map(|offered| (offered.milli_iops, offered.process))
    };
    assert_eq!(offered(""), None);
    assert_eq!(offered("rate_iops=500"), Some((500_000, RateProcess::Linear)));
    let mixed = "rw=randrw\nrwmixread=70\nrate_iops=700,300\nrate_process=poisson";
    assert_eq!(offered(mixed), Some((1_000_000, RateProcess::Poisson)));
    assert_eq!(offered("rate=1m"), Some((256_000, RateProcess::Linear)));
    let split = "rw=write\nbssplit=4k/50:12k/50\nrate=,8k";
    assert_eq!(offered(split), Some((1_000, RateProcess::Linear)));
}

#[test]
fn the_load_has_what_the_operations_need() {
    let trim = job("rw=randtrim\nbs=4k,8k,64k\nblockalign=,,128k\n").spec(&target(GIB), 0).unwrap();
    assert!(trim.trim && trim.read_percent == 0);
    assert_eq!(trim.write_blocks, [BlockShare { bytes: 65536, percent: 100 }]);
    assert_eq!(trim.align_bytes, 131_072);
    assert_eq!(trim.order, Order::Random { distribution: Distribution::Uniform, repeat: true });
    let seeds = |options: &str, entropy| {
        let job = job(options);
        let spec = |thread| job.spec(&Target { bytes: GIB, thread, file: 0 }, entropy).unwrap();
        (spec(0).seed, spec(1).seed)
    };
    assert_eq!(seeds("randseed=7", 1).0, 7);
    assert_eq!(seeds("", 1), seeds("", 2));
    assert_ne!(seeds("randrepeat=0", 1), seeds("randrepeat=0", 2));
    assert_ne!(seeds("", 1).0, seeds("", 1).1);
}

#[test]
fn a_load_that_cannot_be_made_names_the_option_and_its_line() {
    for (text, option) in [
        ("offset=100", "offset"),
        ("bs=1000", "bs"),
        ("rw=randread\nrandom_distribution=zoned_abs:50/1g:50/1m", "random_distribution"),
        ("rw=randread\nblockalign=700", "blockalign"),
    ] {
        let made = parse("x.fio", &format!("[j]\n{text}\n"), &file::Alone);
        let line = text.lines().count() + 1;
        let target = Target { bytes: 1 << 30, thread: 0, file: 0 };
        let error = made.and_then(|jobs| jobs[0].spec(&target, 0)).expect_err(text);
        assert!(error.to_string().starts_with(&format!("x.fio:{line}: ")), "{error}");
        assert_eq!(error.option(), Some(option), "{error}");
    }
}

#[test]
fn threads_of_one_load_visit_each_block_once() {
    use crate::workload::{Generator, Source as _};

    let job = job("filename=x\nrw=randread\nnumjobs=3\nsize=1m");
    assert!(job.is_shared());
    let offsets = |thread| {
        let spec = job.spec(&Target { bytes: GIB, thread, file: 0 }, 0).unwrap();
        let mut load = Generator::new(&spec, thread, job.numjobs).unwrap();
        // 256 blocks: 86 for the first thread, 85 for the others.
        let blocks = if thread == 0 { 86 } else { 85 };
        (0..blocks).map(|_| load.next_io().unwrap().offset).collect::<Vec<_>>()
    };
    let mut all: Vec<u64> = (0..3).flat_map(offsets).collect();
    all.sort_unstable();
    assert!(all.into_iter().eq((0..256).map(|block| block * 4096)));
}

#[test]
fn threads_with_files_or_parts_of_their_own_share_nothing() {
    for (options, shared) in [
        ("filename=x", true),
        ("filename=x\noffset_increment=1m", false),
        ("filename=x\ndirectory=/a:/b", false),
        ("size=1m", false),
        ("size=1m\nfilename_format=$jobname.$filenum", true),
    ] {
        assert_eq!(job(options).is_shared(), shared, "{options}");
    }
}
