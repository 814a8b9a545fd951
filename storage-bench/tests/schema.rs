//! The schema that is committed is the one the types give; numbers in it are whole and
//! named with their unit; a report is read back as it was written.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use storage_bench::abba;
use storage_bench::measurement::{Doubt, Mode, Storage, Subject};
use storage_bench::observed::{Observed, Stream, Window};
use storage_bench::pts::{Options, Pts, Test};
use storage_bench::scan;
use storage_bench::summary::{Context, run};
use storage_bench::workload::{BlockShare, Distribution, Op, Order, Region, Spec};

/// Writes the schema where it is committed, when asked to.
#[test]
fn the_committed_schema_is_the_one_the_types_give() {
    let schema = schemars::schema_for!(Storage).to_value();
    if std::env::var_os("ASSAY_UPDATE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/storage-v1.json");
        let text = serde_json::to_string_pretty(&schema).unwrap();
        std::fs::write(path, text + "\n").unwrap();
        return;
    }
    assert!(
        Storage::json_schema() == schema,
        "the types changed: ASSAY_UPDATE_GOLDEN=1 cargo test -p storage-bench --test schema"
    );
}

#[test]
fn every_number_is_whole_and_only_the_load_has_fractions() {
    // θ and skew of a load are what fio takes; nothing that is judged is a fraction.
    let mut fractions = Vec::new();
    fractional("$", &Storage::json_schema(), &mut fractions);
    let names: Vec<&str> = fractions.iter().filter_map(|path| path.rsplit('.').next()).collect();
    assert_eq!(names, ["theta", "skew"], "{fractions:?}");
}

/// Collects the paths of properties whose type is `number`.
fn fractional(path: &str, schema: &Value, found: &mut Vec<String>) {
    match schema {
        Value::Object(fields) => {
            let is_number = |value: &Value| match value {
                Value::Array(any) => any.iter().any(|one| one == "number"),
                one => one == "number",
            };
            if fields.get("type").is_some_and(is_number) {
                found.push(path.to_owned());
            }
            for (name, field) in fields {
                fractional(&format!("{path}.{name}"), field, found);
            }
        }
        Value::Array(all) => {
            for (at, one) in all.iter().enumerate() {
                fractional(&format!("{path}[{at}]"), one, found);
            }
        }
        _ => {}
    }
}

fn load() -> Spec {
    let blocks = vec![BlockShare { bytes: 8192, percent: 100 }];
    let distribution = Distribution::HotCold { hot_bytes: 1 << 30, hot_percent: 70 };
    Spec {
        start_bytes: 0,
        span_bytes: 1 << 40,
        read_percent: 70,
        trim: false,
        read_blocks: blocks.clone(),
        write_blocks: blocks,
        align_bytes: 0,
        order: Order::Random { distribution, repeat: false },
        seed: 1,
    }
}

fn report() -> Storage {
    let mut stream = Stream { bytes: 8192 * 5_000, ..Stream::default() };
    stream.service.record_n(300_000, 5_000);
    let observed = Observed {
        elapsed_ns: 60_000_000_000,
        streams: BTreeMap::from([
            ((Op::Read, Region::Hot), stream.clone()),
            ((Op::Write, Region::Cold), stream),
        ]),
        windows: vec![Window { ios: 16, bytes: 16 * 8192 }; 600],
        ..Observed::default()
    };
    let context = Context {
        id: "1".to_owned(),
        case: "evs-normal.cap.qd32".to_owned(),
        subject: Subject { kind: "block".to_owned(), ..Subject::default() },
        mode: Mode::Latency,
        workload: load(),
        iodepth: 32,
        threads: 1,
        offered_iops: None,
        started_at: "2026-11-25T08:00:00Z".to_owned(),
        ramp_ns: 0,
        cap_iops: Some(800),
        steady: None,
        hit: None,
        reduction: None,
    };
    let doubt = Doubt::new("steal", "占走", "stolen");
    let mut report = Storage::new(vec![run(context, &observed, vec![doubt])]);
    let test = Pts::new(Options::fast(Test::Iops, 1 << 30, 512)).expect("1 GiB is enough");
    report.pts = vec![test.report()];
    let window = abba::Window { milli_iops: 5, p50_ns: 1, p99_ns: 2, seconds: Vec::new() };
    let about = abba::About { case: "c".to_owned(), ..abba::About::default() };
    report.snapshot =
        vec![abba::compare(about, &vec![window; 20], vec![abba::Hook::default()], Vec::new())];
    report.disk = scan::judge(&[scan::Disk::default()]);
    report
}

#[test]
fn a_report_is_read_back_as_it_was_written() {
    let report = report();
    let text = serde_json::to_string(&report).unwrap();
    let read: Storage = serde_json::from_str(&text).unwrap();
    assert_eq!(read, report);
}

#[test]
fn profile_rows_find_their_fields() {
    let report = serde_json::to_value(report()).unwrap();
    for (path, value) in [
        ("/schema", json!("storage/v1")),
        ("/run/0/case", json!("evs-normal.cap.qd32")),
        ("/run/0/validity", json!("invalid")),
        ("/run/0/mode", json!("latency")),
        ("/run/0/all/iops", json!(166)),
        ("/run/0/all/service/mean_ns", json!(300_000)),
        ("/run/0/hot/ios", json!(5_000)),
        ("/run/0/cap/kept", json!(true)),
        ("/run/0/cap/reached", json!(false)),
        ("/run/0/shape/kind", json!("smooth")),
        ("/run/0/reasons/0/code", json!("steal")),
        ("/snapshot/0/iops/low_ppm", json!(1_000_000)),
        ("/pts/0/fast", json!(true)),
        ("/disk/0/state", json!("healthy")),
    ] {
        assert_eq!(report.pointer(path), Some(&value), "{path}");
    }
}
