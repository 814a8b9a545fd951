//! One screen says whether a run proves anything, and a refusal says all that is in the way.

use profiles::Lang;
use storage_bench::{
    measurement::{Cap, Cost, Doubt, EngineUsed, Feature, PerPetabyte, Reduction, Steady, Subject},
    safety::{self, Code, Decision, Request},
    workload::{BlockShare, Distribution, Order, Spec},
};

use super::*;
use crate::output::{Paint, width};

fn layout(lang: Lang, columns: Option<usize>) -> Layout {
    Layout { lang, paint: Paint::Plain, columns }
}

fn totals(batch_reaped: bool) -> Totals {
    Totals {
        ios: 48_000,
        iops: 800,
        milli_iops: 800_000,
        bytes_per_s: 3_276_800,
        service: Latency {
            batch_reaped,
            count: 48_000,
            mean_ns: 1_250_000,
            p50_ns: 6_230,
            p99_ns: Some(99_500_000),
            max_ns: 160_000_000,
            ..Latency::default()
        },
        ..Totals::default()
    }
}

fn reduction() -> Reduction {
    Reduction { written_bytes: 2_000_000_000, used_bytes: 1_000_000_000, reported_milli: 2_000 }
}

fn per_petabyte() -> PerPetabyte {
    PerPetabyte {
        usable_bytes: 500_000_000_000_000,
        iops: 1_600,
        bytes_per_s: 6_540_000,
        iops_binary: 1_801,
        bytes_per_s_binary: 7_363_000,
        arithmetic: String::new(),
    }
}

pub(super) fn sample() -> Run {
    Run {
        id: "r1".to_owned(),
        case: "disk.tier-1.iops".to_owned(),
        subject: Subject {
            kind: "block".to_owned(),
            path: "/dev/\u{1b}[31msdb".to_owned(),
            size_bytes: 960_197_124_096,
            block_bytes: 512,
            model: Some("MZILT960HBHQ".to_owned()),
            ..Subject::default()
        },
        mode: Mode::Latency,
        engine: EngineUsed {
            name: "io_uring".to_owned(),
            clock: "CLOCK_MONOTONIC".to_owned(),
            feature: vec![
                Feature {
                    name: "DEFER_TASKRUN".to_owned(),
                    on: true,
                    reason: None,
                    reason_zh: None,
                },
                Feature {
                    name: "IOPOLL".to_owned(),
                    on: false,
                    reason: Some("the device has no poll queues".to_owned()),
                    reason_zh: Some("设备没有轮询队列".to_owned()),
                },
            ],
        },
        workload: Spec {
            start_bytes: 0,
            span_bytes: 64 << 30,
            read_percent: 70,
            trim: false,
            read_blocks: vec![BlockShare { bytes: 8192, percent: 100 }],
            write_blocks: vec![BlockShare { bytes: 4096, percent: 100 }],
            align_bytes: 0,
            order: Order::Random { distribution: Distribution::Uniform, repeat: true },
            seed: 7,
        },
        iodepth: 32,
        threads: 2,
        offered_iops: None,
        started_at: "2026-11-25T10:00:00+08:00".to_owned(),
        ramp_ns: 10_000_000_000,
        elapsed_ns: 60_000_000_000,
        validity: Validity::Invalid,
        reasons: vec![Doubt::new("host-steal", "虚拟化层窃取 2 %", "2 % was stolen")],
        all: totals(false),
        read: Some(totals(false)),
        write: Some(totals(false)),
        trim: None,
        hot: None,
        cold: None,
        open_loop: None,
        cost: Cost { cpu_per_io_ns: 4_120, ..Cost::default() },
        shape: None,
        cap: Some(Cap {
            target_iops: 800,
            reached_iops: 799,
            reached_over_ns: 60_000_000_000,
            reached: true,
            busiest_iops: 820,
            busiest_over_ns: 10_000_000_000,
            kept: false,
            ..Cap::default()
        }),
        steady: Some(Steady { range_ppm: 200_001, slope_ppm: 31_000, ..Steady::default() }),
        hit: None,
        reduction: Some(reduction()),
        clients: None,
        data: None,
        verified: None,
        per_petabyte: Some(per_petabyte()),
        second: Vec::new(),
    }
}

#[test]
fn a_run_opens_with_what_it_proves_and_why_not() {
    let text = run(&sample(), layout(Lang::En, None));
    let mut lines = text.lines();
    let head = lines.next().unwrap();
    assert!(head.starts_with("✗ invalid  disk.tier-1.iops · latency · /dev/"), "{head}");
    assert_eq!(lines.next(), Some("  ! 2 % was stolen (host-steal)"));
    for said in [
        "load: 70 % read (8 KiB), 30 % write (4 KiB), random, uniform, span 64 GiB, seed 7",
        "parallelism: threads 2, queue depth of each 32",
        "time: 60.0 s measured after a ramp of 10.0 s",
        "read   800   3.27 MB/s  1.25 ms  6.23 µs  99.5 ms  —      160 ms  0",
        "cap: as a capability: mean of the best 60.0 s is 799 IOPS, wanted ≥ 99 % of 800: yes",
        "cap: as a ceiling: mean of the busiest 10.0 s is 820 IOPS, wanted ≤ 102 % of 800: no",
        "steady state: not steady within 0 rounds; range 20.01 % (limit 20 %), slope 3.1 % (limit 10 %)",
        "by usable capacity: each PB (10^15 B) 1,600 IOPS, 6.54 MB/s; each PiB (2^50 B) 1,801 IOPS, 7.36 MB/s; 500 TB usable",
        "reduction: 2:1 by the array's account (2 GB written, 1 GB more in use)",
        "IOPOLL          - off  the device has no poll queues",
    ] {
        assert!(text.lines().any(|line| line == said), "{said}\nis not in\n{text}");
    }
    assert!(!text.contains('\u{1b}'), "a path does not drive the terminal");
}

#[test]
fn chinese_says_the_same_and_nothing_runs_off_the_screen() {
    let text = run(&sample(), layout(Lang::Zh, Some(80)));
    assert!(text.starts_with("✗ 无效  disk.tier-1.iops · 时延模式"), "{text}");
    assert!(text.contains("  ! 虚拟化层窃取 2 % (host-steal)"), "{text}");
    for line in text.lines().skip(1) {
        assert!(width::of(line) <= 80, "{line}");
    }
    assert!(text.lines().count() <= 30, "one screen");
}

#[test]
fn batch_reaped_latencies_are_called_so_and_stand_in_no_list_beside_others() {
    let mut batched = sample();
    batched.mode = Mode::Throughput;
    batched.read = None;
    batched.write = None;
    batched.all = totals(true);
    let text = run(&batched, layout(Lang::En, None));
    assert!(text.contains("batch-reaped"), "{text}");
    let list = runs(&[batched, sample()], layout(Lang::En, None));
    let row = list.lines().find(|line| line.contains("throughput")).unwrap();
    let dashes = row.split_whitespace().rev().take_while(|cell| *cell == "—").count();
    assert!(row.contains("(superseded)") && dashes == 2, "{row}");
    assert!(list.contains("1.25 ms"), "{list}");
    assert!(list.ends_with("  ! 2 % was stolen (host-steal)\n"), "{list}");
    assert_eq!(runs(&[], layout(Lang::En, None)), "no storage runs\n");
}

#[test]
fn a_refusal_lists_every_reason_with_its_remedy() {
    let sentence = |zh: &str, en: &str| Sentence { zh: zh.to_owned(), en: en.to_owned() };
    let reason = |code, path: &str, en: &str| Refusal {
        code,
        path: path.to_owned(),
        reason: sentence("已挂载", en),
        remedy: sentence("卸载", "unmount it"),
    };
    let reasons = [
        reason(Code::Mounted, "/dev/sdb", "`sdb1` is mounted on /data"),
        reason(Code::NamesNothing, "", "names no target"),
    ];
    assert_eq!(
        refused(&reasons, layout(Lang::En, None)),
        "refused, nothing was written; reasons: 2\n\
         ✗ /dev/sdb: `sdb1` is mounted on /data (mounted)\n  → unmount it\n\
         ✗ (the request as a whole): names no target (names-nothing)\n  → unmount it\n"
    );
    assert!(
        refused(&reasons, layout(Lang::Zh, None))
            .starts_with("拒绝执行，未写入任何数据；原因 2 项：")
    );
}

#[test]
fn what_is_allowed_says_what_will_be_lost() {
    use storage_bench::signature::{Format, Signature};
    let seen = safety::Seen {
        path: "/var/tmp/new".to_owned(),
        place: "/var/tmp/new".to_owned(),
        what: What::Missing(safety::Vacancy {
            directory: Some((
                "/var/tmp".to_owned(),
                safety::Place {
                    filesystem: "ext4".to_owned(),
                    mount_point: "/".to_owned(),
                    read_only: false,
                    free_bytes: 1 << 40,
                },
            )),
            writable: true,
            dangling: false,
        }),
        unread: Vec::new(),
    };
    let request = Request {
        paths: vec!["/var/tmp/new".to_owned()],
        writes: true,
        file_bytes: Some(1 << 30),
        ..Request::default()
    };
    let Decision::Allowed(mut granted) = safety::decide(&request, &[seen]) else {
        panic!("a new file may be made")
    };
    let signature = Signature {
        format: Format::Xfs,
        offset_bytes: 0,
        version: None,
        label: Some("data".to_owned()),
        uuid: None,
    };
    granted.lost.push(("/dev/sdb".to_owned(), Mark { device: "sdb1".to_owned(), signature }));
    let text = allowed(&granted, layout(Lang::En, None));
    assert_eq!(
        text,
        "✓ /var/tmp/new: a new file of 1 GiB\nWhat will be lost\n! /dev/sdb (sdb1): XFS `data` @ 0\n"
    );
}
