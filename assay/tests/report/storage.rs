//! A report with storage runs: made up, but shaped as real ones are. A disk behind a
//! throttle that works in slices, with a stall; a volume under mixed load; an array
//! whose cache answers; rounds that become steady; a device whose names are hostile.

use std::{fs, path::PathBuf};

use assay::report::{Language, RenderOptions, build};
use serde_json::{Value, json};
use storage_bench::{
    histogram::Histogram,
    measurement::{
        Cap, Cost, Doubt, EngineUsed, Feature, Hit, Latency, Mode, OpenLoop, Run, Second, SecondOf,
        Shape, Storage, Subject, Totals, Validity,
    },
    steady::Rounds,
    workload::{BlockShare, Distribution, Op, Order, Spec},
};

use crate::{
    derived::ocp_schema,
    fixture::{self, BOTH},
};

/// Numbers that look like chance and are the same every time.
struct Dice(u64);

impl Dice {
    fn around(&mut self, value: u64, percent: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let spread = value * percent / 100;
        value - spread + (self.0 >> 33) % (2 * spread + 1)
    }
}

fn latency(p50_ns: u64, p99_ns: u64, max_ns: u64, count: u64) -> Latency {
    Latency {
        batch_reaped: false,
        count,
        min_ns: p50_ns / 2,
        mean_ns: p50_ns + p99_ns / 100,
        max_ns,
        stddev_ns: p99_ns / 5,
        p50_ns,
        p90_ns: p50_ns * 2,
        p95_ns: p50_ns * 3,
        p99_ns: Some(p99_ns),
        p99_9_ns: (count >= 10_000).then_some(p99_ns + (max_ns - p99_ns) / 5),
        p99_99_ns: (count >= 100_000).then_some(p99_ns + (max_ns - p99_ns) / 2),
    }
}

fn totals(iops: u64, seconds: u64, block: u64, service: Latency) -> Totals {
    let ios = iops * seconds;
    Totals {
        ios,
        moved_bytes: ios * block,
        iops,
        milli_iops: iops * 1_000,
        bytes_per_s: iops * block,
        errors: 0,
        service,
    }
}

fn second_of(op: Op, ios: u64, p50_ns: u64, p99_ns: u64, max_ns: u64) -> SecondOf {
    let p99_9_ns = p99_ns + max_ns.saturating_sub(p99_ns) / 4;
    let mean_ns = p50_ns + p99_ns / 100;
    let mut histogram = Histogram::new();
    for (ns, parts) in [(p50_ns * 9 / 10, 30), (p50_ns, 40), (p50_ns * 3 / 2, 25), (p99_ns, 1)] {
        histogram.record_n(ns, ios * parts / 100);
    }
    histogram.record(max_ns);
    let spread = histogram.spread().bins();
    SecondOf { op, ios, moved_bytes: ios * 4096, mean_ns, p50_ns, p99_ns, p99_9_ns, max_ns, spread }
}

/// A valid run in latency mode with random reads of 4 KiB.
fn run(case: &str, seconds: u64, all: Totals) -> Run {
    Run {
        id: format!("{case}-1"),
        case: case.to_owned(),
        subject: Subject {
            kind: "block".to_owned(),
            path: "/dev/sdb".to_owned(),
            size_bytes: 960_197_124_096,
            block_bytes: 512,
            model: Some("MZILT960HBHQ0D3".to_owned()),
            serial: Some("S5G1NE0R900412".to_owned()),
            wwid: Some("naa.5002538b0099a120".to_owned()),
            filesystem: None,
        },
        mode: Mode::Latency,
        engine: EngineUsed {
            name: "io_uring".to_owned(),
            clock: "TSC".to_owned(),
            feature: vec![
                feature("SINGLE_ISSUER", None),
                feature("DEFER_TASKRUN", None),
                feature("registered buffers", None),
                feature("IOPOLL", Some("the device has no poll queues")),
            ],
        },
        workload: Spec {
            start_bytes: 0,
            span_bytes: 64 << 30,
            read_percent: 100,
            trim: false,
            read_blocks: vec![BlockShare { bytes: 4096, percent: 100 }],
            write_blocks: Vec::new(),
            align_bytes: 0,
            order: Order::Random { distribution: Distribution::Uniform, repeat: true },
            seed: 20_261_125,
        },
        iodepth: 16,
        threads: 1,
        offered_iops: None,
        started_at: "2026-11-25T10:15:02+08:00".to_owned(),
        ramp_ns: 10_000_000_000,
        elapsed_ns: seconds * 1_000_000_000 + 400_000_000,
        validity: Validity::Valid,
        reasons: Vec::new(),
        read: Some(all.clone()),
        all,
        write: None,
        trim: None,
        hot: None,
        cold: None,
        open_loop: None,
        cost: Cost {
            cpu_per_io_ns: 4_180,
            user_per_io_ns: 690,
            busiest_thread_ppm: 121_400,
            steal_ppm: 1_200,
        },
        shape: None,
        cap: None,
        steady: None,
        hit: None,
        reduction: None,
        clients: None,
        data: None,
        verified: None,
        per_petabyte: None,
        second: Vec::new(),
    }
}

fn feature(name: &str, missing: Option<&str>) -> Feature {
    let reason = missing.map(str::to_owned);
    Feature { name: name.to_owned(), on: missing.is_none(), reason, reason_zh: None }
}

/// A disk of the tier of 800 IOPS: slices of 100 ms, and two seconds of silence.
fn throttled() -> Run {
    let mut dice = Dice(1);
    let all = totals(799, 60, 4096, latency(6_230, 99_500_000, 2_160_000_000, 47_940));
    let mut run = run("gd-gov-cloud/disk.tier-1.iops", 60, all);
    run.second = (0..61)
        .map(|second| {
            if second == 31 {
                return Second { of: Vec::new() };
            }
            let ios = if second == 60 { 320 } else { dice.around(800, 1) };
            let max = if second == 32 { 2_160_000_000 } else { dice.around(130_000_000, 20) };
            let (p50, p99) = (dice.around(6_230, 8), dice.around(99_500_000, 2));
            Second { of: vec![second_of(Op::Read, ios, p50, p99, max)] }
        })
        .collect();
    let windows = (0..604).map(|at| match (at, at % 5) {
        (310..320, _) | (_, 1 | 3) => 0,
        _ => u32::try_from(dice.around(134, 4)).unwrap(),
    });
    run.shape = Some(Shape {
        window_ns: 100_000_000,
        kind: "sliced".to_owned(),
        peak_iops: 1_390,
        idle_ppm: 411_000,
        ios: windows.collect(),
    });
    run.cap = Some(Cap {
        target_iops: 800,
        reached_iops: 799,
        reached_over_ns: 60_000_000_000,
        reached: true,
        busiest_iops: 803,
        busiest_over_ns: 10_000_000_000,
        kept: true,
        whole_slices: false,
        slice_error_ppm: 1_670,
    });
    run
}

/// Mixed load in throughput mode, made invalid by a busy host.
fn mixed() -> Run {
    let mut dice = Dice(2);
    let service =
        |p50, p99, max| Latency { batch_reaped: true, ..latency(p50, p99, max, 9_000_000) };
    let all = totals(150_000, 60, 8192, service(740_000, 2_900_000, 38_000_000));
    let mut run = run("gd-gov-cloud/array.iops.8k", 60, all);
    run.subject.path = String::from("/dev/mapper/mpatha");
    run.mode = Mode::Throughput;
    run.workload.read_percent = 70;
    run.workload.read_blocks = vec![BlockShare { bytes: 8192, percent: 100 }];
    run.workload.write_blocks =
        vec![BlockShare { bytes: 8192, percent: 90 }, BlockShare { bytes: 65_536, percent: 10 }];
    (run.iodepth, run.threads) = (64, 4);
    run.read = Some(totals(105_000, 60, 8192, service(610_000, 2_400_000, 38_000_000)));
    run.write = Some(totals(45_000, 60, 8192, service(980_000, 3_600_000, 31_000_000)));
    run.validity = Validity::Invalid;
    run.reasons = vec![
        Doubt::new(
            "client-saturated",
            "最忙的负载线程占用 CPU 93.10 %，超过 85.00 %：测得的是本机而不是存储",
            "the busiest load thread was on a processor 93.10 % of its time, more than 85.00 %: \
             this host was measured, not the storage",
        ),
        Doubt::new(
            "host-steal",
            "虚拟化层窃取了 2.40 % 的 CPU 时间，超过 1.00 %",
            "the hypervisor took 2.40 % of the processors' time, more than 1.00 %",
        ),
    ];
    run.cost.busiest_thread_ppm = 931_000;
    run.cost.steal_ppm = 24_000;
    run.second = (0..60)
        .map(|_| {
            let read = second_of(
                Op::Read,
                dice.around(105_000, 6),
                dice.around(610_000, 9),
                dice.around(2_400_000, 14),
                dice.around(12_000_000, 60),
            );
            let write = second_of(
                Op::Write,
                dice.around(45_000, 6),
                dice.around(980_000, 9),
                dice.around(3_600_000, 14),
                dice.around(14_000_000, 60),
            );
            Second { of: vec![read, write] }
        })
        .collect();
    run.shape = Some(Shape {
        window_ns: 100_000_000,
        kind: "smooth".to_owned(),
        peak_iops: 171_200,
        idle_ppm: 0,
        ios: (0..600).map(|_| u32::try_from(dice.around(15_000, 7)).unwrap()).collect(),
    });
    run
}

/// An open loop on hot and cold data.
fn open() -> Run {
    let mut dice = Dice(3);
    let all = totals(39_998, 300, 8192, latency(290_000, 1_310_000, 22_000_000, 11_999_400));
    let mut run = run("gd-gov-cloud/array.latency.70-hit", 300, all);
    run.subject.path = String::from("/dev/mapper/mpatha");
    run.mode = Mode::Rate;
    run.offered_iops = Some(40_000);
    run.open_loop = Some(OpenLoop {
        offered_iops: 40_000,
        achieved_iops: 39_998,
        response: latency(310_000, 1_640_000, 41_000_000, 11_999_400),
        lateness: latency(1_900, 18_000, 410_000, 11_999_400),
        backlog_max: 211,
        backlog_end: 0,
    });
    run.workload.order = Order::Random {
        distribution: Distribution::HotCold { hot_bytes: 96 << 30, hot_percent: 70 },
        repeat: true,
    };
    run.hot = Some(totals(28_000, 300, 8192, latency(240_000, 610_000, 9_000_000, 8_400_000)));
    run.cold = Some(totals(11_998, 300, 8192, latency(720_000, 1_900_000, 22_000_000, 3_599_400)));
    run.hit = Some(Hit {
        requested_ppm: 700_000,
        issued_ppm: 700_010,
        evidenced_ppm: Some(688_300),
        source: "estimated".to_owned(),
        low_ppm: Some(681_000),
        high_ppm: Some(695_200),
        hot_p50_ns: Some(240_000),
        cold_p50_ns: Some(720_000),
        counters: None,
    });
    run.second = (0..300)
        .map(|_| Second {
            of: vec![second_of(
                Op::Read,
                dice.around(40_000, 1),
                dice.around(290_000, 5),
                dice.around(1_310_000, 12),
                dice.around(9_000_000, 70),
            )],
        })
        .collect();
    run
}

/// Rounds of a device that falls from its fast cells into steady state, for 25 minutes.
fn steady() -> Run {
    let mut dice = Dice(4);
    let all = totals(21_400, 1_500, 4096, latency(1_300_000, 6_200_000, 88_000_000, 32_100_000));
    let mut run = run("gd-gov-cloud/ssd.steady-write", 1_500, all);
    run.workload.read_percent = 0;
    run.workload.write_blocks = std::mem::take(&mut run.workload.read_blocks);
    run.write = run.read.take();
    let level = |second: u64| 21_400 + 64_000 * 90 / (90 + second * second / 60);
    run.second = (0..1_500)
        .map(|second| {
            let garbage = second % 97 == 0;
            let ios = if garbage { 9_000 } else { dice.around(level(second), 4) };
            let p50 = 28_000_000_000 / level(second);
            let max = if garbage { 88_000_000 } else { dice.around(19_000_000, 40) };
            Second { of: vec![second_of(Op::Write, ios, p50, dice.around(6_200_000, 10), max)] }
        })
        .collect();
    let rounds: Vec<u64> =
        (0..25).map(|round| dice.around(level(round * 60 + 30), 2) * 1_000).collect();
    run.steady = Some(Rounds::of(&rounds).report());
    run.shape = Some(Shape {
        window_ns: 100_000_000,
        kind: "smooth".to_owned(),
        peak_iops: 88_100,
        idle_ppm: 0,
        ios: (0..15_000)
            .map(|at| u32::try_from(dice.around(level(at / 10) / 10, 9)).unwrap())
            .collect(),
    });
    run
}

/// An earlier run of the first case, on a device whose firmware writes markup.
fn hostile() -> Run {
    let mut run = throttled();
    run.subject.path = String::from("/dev/disk/by-id/\"><script>alert(1)</script>");
    run.subject.model = Some("<img src=x onerror=alert(1)>\u{202e}&".to_owned());
    run.engine.feature.push(feature("<b>x</b>", Some("</style><style>")));
    run.reasons = vec![Doubt::new("\"'<i>", "<svg onload=alert(1)>", "<svg onload=alert(1)>")];
    run.validity = Validity::Invalid;
    run.workload.order =
        Order::Random { distribution: Distribution::Zipf { theta: 1.2 }, repeat: true };
    run.workload.seed = u64::MAX;
    run
}

fn page(runs: Vec<Run>, language: Language) -> String {
    let mut inputs = fixture::inputs();
    inputs.facts["storage"] = json!(Storage::new(runs));
    let (report, placed) = build(inputs);
    let options = RenderOptions { language, junit_strict: false };
    let bundle = fixture::bundle(&report, &placed, options);
    String::from_utf8(bundle.files["index.html"].clone()).unwrap()
}

fn every() -> Vec<Run> {
    vec![hostile(), throttled(), mixed(), open(), steady()]
}

/// Leaves the pages where a person can look at them.
#[test]
fn the_page_with_runs_loads_nothing_runs_nothing_and_obeys_no_name() {
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report");
    for (name, language) in [("zh", Language::Zh), ("en", Language::En), ("both", Language::Both)] {
        let page = page(every(), language);
        let folder = out.join(format!("storage-{name}"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("index.html"), &page).unwrap();
        for forbidden in [
            "<script",
            "<link",
            "<img",
            "<svg onload",
            "http://",
            "https://",
            "@import",
            " style=",
            "<foreignObject",
            "<b>x",
            "\u{202e}",
        ] {
            assert!(!page.contains(forbidden), "{name}: {forbidden}");
        }
        assert_eq!(page.matches("<style").count(), 1, "one stylesheet");
        assert!(page.contains("&lt;img src=x onerror=alert(1)&gt;"));
        assert!(page.len() < 1_200_000, "{name}: {} bytes", page.len());
    }
}

#[test]
fn every_number_of_a_run_is_on_the_page_in_both_languages() {
    let page = page(vec![throttled(), open()], BOTH.language);
    for number in [
        "799",
        "3.27 MB/s",
        "1.001 ms",
        "6.23 µs",
        "99.5 ms",
        "511.6 ms",
        "2160 ms",
        "4.18 µs",
        "39,998",
        "1.64 ms",
        "22 ms",
        "410 µs",
        "0.16 %",
        "68.83 %",
        "naa.5002538b0099a120",
        "存储测试",
        "Storage runs",
        "按能力读",
        "as a capability",
        "分时间片（限流）",
        "sliced (throttle)",
    ] {
        assert!(page.contains(number), "{number}");
    }
}

#[test]
fn the_page_with_runs_is_well_formed_and_the_same_every_time() {
    let page = |runs| page(runs, BOTH.language);
    let first = page(every());
    assert!(first == page(every()), "the same input gives the same bytes");
    let mut open: Vec<&str> = Vec::new();
    let void = ["meta", "br", "col", "wbr", "!DOCTYPE"];
    for piece in first.split('<').skip(1) {
        let (tag, _) = piece.split_once('>').expect("a tag is closed");
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else if !tag.ends_with('/') && !void.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
    for target in first.split("href=\"#").skip(1).filter_map(|piece| piece.split('"').next()) {
        assert!(first.contains(&format!("id=\"{target}\"")), "{target}");
    }
}

#[test]
fn a_report_without_runs_has_no_section_on_them() {
    let (report, placed) = fixture::first();
    let bundle = fixture::bundle(&report, &placed, BOTH);
    let page = String::from_utf8(bundle.files["index.html"].clone()).unwrap();
    assert!(!page.contains("id=\"storage\"") && !page.contains("存储测试"));
}

#[test]
fn ocp_lines_of_runs_follow_the_specification_and_an_invalid_run_is_unknown() {
    let mut again = throttled();
    again.id = "again".to_owned();
    let mut inputs = fixture::inputs();
    inputs.facts["storage"] = json!(Storage::new([every(), vec![again]].concat()));
    let (report, placed) = build(inputs);
    let bundle = fixture::bundle(&report, &placed, BOTH);
    let text = String::from_utf8(bundle.files["ocp-tv.jsonl"].clone()).unwrap();
    let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("report");
    fs::create_dir_all(&out).unwrap();
    fs::write(out.join("storage.jsonl"), &text).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let schema = jsonschema::validator_for(&ocp_schema()).unwrap();
    for line in &lines {
        let errors: Vec<String> = schema.iter_errors(line).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{line}: {errors:?}");
    }
    let steps = || lines.iter().filter_map(|line| line.get("testStepArtifact"));
    let named = |case: &str| {
        let name = format!("storage {case} (latency)");
        let start = |step: &&Value| step["testStepStart"]["name"] == *name;
        steps().filter(start).map(|step| step["testStepId"].clone()).collect::<Vec<_>>()
    };
    // Of three runs of a case the last counts: the first is skipped and has no number.
    let runs = named("gd-gov-cloud/disk.tier-1.iops");
    assert_eq!(runs.len(), 3);
    let of =
        |id: &Value| steps().filter(|step| step["testStepId"] == *id).cloned().collect::<Vec<_>>();
    let (first, last) = (of(&runs[0]), of(&runs[2]));
    assert_eq!(first.last().unwrap()["testStepEnd"]["status"], "SKIP");
    assert!(first.iter().all(|step| step.get("measurement").is_none()));
    let cap = |name: &str| {
        let found = last.iter().find(|step| step["measurement"]["name"] == name).unwrap();
        (found["measurement"]["value"].clone(), found["measurement"]["validators"][0].clone())
    };
    assert_eq!(
        cap("cap.reached"),
        (json!(799), json!({"type": "GREATER_THAN_OR_EQUAL", "value": 792}))
    );
    assert_eq!(
        cap("cap.busiest"),
        (json!(803), json!({"type": "LESS_THAN_OR_EQUAL", "value": 816}))
    );
    let elements = last.iter().filter(|step| step["measurementSeriesElement"].is_object()).count();
    // 60 whole seconds: a rate of each, and two latencies of all but the silent one.
    assert_eq!(elements, 60 + 2 * 59);
    let invalid = steps().filter(|step| step["diagnosis"]["verdict"] == "storage-client-saturated");
    assert!(invalid.map(|step| &step["diagnosis"]["type"]).all(|kind| kind == "UNKNOWN"));
    let batch = steps().any(|step| {
        step["measurement"]["name"] == "write.latency.p99" && step["testStepId"] == "storage-2"
    });
    assert!(!batch, "latencies of batches are no measurement");
}

#[test]
fn tables_and_junit_have_the_runs_and_an_invalid_one_is_never_green() {
    let mut inputs = fixture::inputs();
    inputs.facts["storage"] = json!(Storage::new(every()));
    let (report, placed) = build(inputs);
    let options = RenderOptions { language: Language::En, junit_strict: false };
    let bundle = fixture::bundle(&report, &placed, options);
    let text = |name: &str| String::from_utf8(bundle.files[name].clone()).unwrap();
    let table = text("storage.csv");
    let row = |words: &[&str]| {
        let found = table.lines().find(|line| words.iter().all(|word| line.contains(word)));
        found.unwrap_or_else(|| panic!("{words:?}\n{table}")).to_owned()
    };
    assert!(table.starts_with("\u{feff}Case,Validity,Superseded,Reasons,"), "{table}");
    let disk = row(&["disk.tier-1.iops", ",valid,,"]);
    assert!(disk.contains(",read,799,3.272,1001.230,6.230,99500.000,"), "{disk}");
    row(&["disk.tier-1.iops", ",invalid,yes,"]);
    let batch = row(&["array.iops.8k", "(client-saturated)", ",write,"]);
    assert!(batch.ends_with(",write,45000,368.640,,,,,,,0"), "{batch}");
    row(&[",response,,,"]);
    let junit = text("junit.xml");
    let case = |name: &str| {
        let (_, rest) = junit.split_once(&format!("<testcase name=\"{name}")).unwrap();
        rest.split_once("</testcase>").unwrap().0.to_owned()
    };
    let invalid = case("gd-gov-cloud/array.iops.8k");
    assert!(invalid.contains("<error") && invalid.contains("client-saturated"), "{invalid}");
    assert!(!case("gd-gov-cloud/array.latency.70-hit").contains("<error"));
    assert_eq!(junit.matches("superseded by a later run").count(), 1, "{junit}");
}

#[test]
fn a_run_has_a_heat_map_and_one_that_was_superseded_no_picture() {
    let page = page(every(), Language::En);
    let section = |number: usize| {
        let (_, rest) = page.split_once(&format!("id=\"storage-{number}\"")).unwrap();
        let next = format!("id=\"storage-{}\"", number + 1);
        rest.split_once(&next).map_or(rest, |(section, _)| section).to_owned()
    };
    assert!(!section(1).contains("<svg class=\"plot\""), "a later run of the case counts");
    let disk = section(2);
    assert!(disk.contains("Heat map of latency: read") && disk.contains("1 s a cell"));
    assert!(disk.contains("<path fill=\"#12263f\" d=\"M"), "{disk}");
    // The silent second is a gap: no cell of any grey covers it.
    assert!(section(3).contains("Heat map of latency: write (batch-reaped)"));
}
