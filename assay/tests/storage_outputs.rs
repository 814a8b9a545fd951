//! What comes of storage runs: comparisons and files, as a user asks for them.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn assay(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(arguments)
        .env("LANG", "C.UTF-8")
        .output()
        .expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A run of reads, 12 s long, of about so many a second.
fn sample(case: &str, iops: u64) -> Value {
    let p50 = 1_000_000_000 / iops;
    let latency = json!({
        "batch_reaped": false, "count": iops * 12, "min_ns": p50, "mean_ns": p50, "max_ns": p50 * 9,
        "stddev_ns": 0, "p50_ns": p50, "p90_ns": p50, "p95_ns": p50, "p99_ns": p50 * 2,
        "p99_9_ns": p50 * 3, "p99_99_ns": null,
    });
    let totals = json!({
        "ios": iops * 12, "moved_bytes": iops * 12 * 4096, "iops": iops, "milli_iops": iops * 1000,
        "bytes_per_s": iops * 4096, "errors": 0, "service": latency,
    });
    let second = |at: u64| {
        let ios = iops + iops / 500 * (at % 3);
        json!({"of": [{
            "op": "read", "ios": ios, "moved_bytes": ios * 4096, "mean_ns": p50, "p50_ns": p50,
            "p99_ns": p50 * 2, "p99_9_ns": p50 * 3, "max_ns": p50 * 9,
        }]})
    };
    let distribution = json!({"kind": "zipf", "theta": 1.2});
    json!({
        "id": "r", "case": case, "mode": "latency",
        "subject": {"kind": "block", "path": "/dev/sdb", "size_bytes": 1 << 30, "block_bytes": 512},
        "engine": {"name": "io_uring", "clock": "tsc", "feature": []},
        "workload": {
            "start_bytes": 0, "span_bytes": 1 << 30, "read_percent": 100, "trim": false,
            "read_blocks": [{"bytes": 4096, "percent": 100}], "write_blocks": [],
            "align_bytes": 0, "seed": u64::MAX,
            "order": {"order": "random", "repeat": true, "distribution": distribution},
        },
        "iodepth": 1, "threads": 1, "started_at": "2026-11-25T10:00:00Z", "ramp_ns": 0,
        "elapsed_ns": 12_000_000_000_u64, "validity": "valid", "reasons": [],
        "all": totals, "read": totals,
        "cost": {"cpu_per_io_ns": 1, "user_per_io_ns": 0, "busiest_thread_ppm": 0, "steal_ppm": 0},
        "second": (0..12).map(second).collect::<Vec<_>>(),
    })
}

fn put(folder: &Path, name: &str, document: &Value) -> String {
    let path = folder.join(name);
    std::fs::write(&path, document.to_string()).expect("a scratch folder can be written");
    path.display().to_string()
}

fn runs(run: &[Value]) -> Value {
    json!({"schema": "storage/v1", "run": run})
}

#[test]
fn runs_are_compared_case_by_case_and_what_cannot_be_is_named() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let a = put(folder.path(), "a", &runs(&[sample("x", 1000), sample("only-a", 5)]));
    let b = put(
        folder.path(),
        "b",
        &json!({"schema": "storage-runs/v1", "target": {}, "run": [sample("x", 1500)]}),
    );
    let output = assay(&["storage", "compare", &a, &b]);
    // `only-a` has no partner.
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let text = printed(&output);
    let row = text.lines().find(|line| line.contains("read IOPS")).expect("a row");
    assert!(row.contains("1.500") && row.contains("▲ better"), "{text}");
    assert!(text.contains("only in A: only-a") && text.contains("Zipf θ = 1.2"), "{text}");
    let output = assay(&["storage", "compare", &a, &b, "--case", "x", "--output", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(document["schema"], "storage-compare/v1");
    let rows = document["other"][0]["pair"][0]["row"].as_array().expect("rows");
    let p99 = rows.iter().find(|row| row["metric"] == "p99_ns").expect("a row");
    assert_eq!((&p99["base"], &p99["word"]), (&json!(2_000_000), &json!("better")));
    let output = assay(&["storage", "compare", &a, &b, "--case", "y"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("there is no case `y`"), "{}", said(&output));
}

#[test]
fn other_loads_are_refused_and_invalid_runs_not_ranked() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let a = put(folder.path(), "a", &runs(&[sample("x", 1000)]));
    let mut deep = sample("y", 1500);
    deep["iodepth"] = json!(32);
    let deep = put(folder.path(), "deep", &runs(&[deep]));
    let output = assay(&["storage", "compare", &a, &deep]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(printed(&output).contains("✗ queue depth: A 1, B 32"), "{}", printed(&output));
    assert!(!printed(&output).contains("1.500"), "no ratio: {}", printed(&output));
    let mut late = sample("x", 1500);
    late["validity"] = json!("invalid");
    late["reasons"] = json!([{"code": "generator-late", "zh": "迟", "en": "late"}]);
    let late = put(folder.path(), "late", &runs(&[late]));
    let output = assay(&["storage", "compare", &a, &late, &a]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let text = printed(&output);
    assert!(text.contains("✗ invalid, not ranked") && text.contains("! late (generator-late)"));
    assert!(text.contains("1,500") && !text.contains("1.500"), "shown, not ranked: {text}");
    assert!(text.contains("≈ within scatter"), "the third file is compared: {text}");
}

#[test]
fn what_holds_no_runs_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let a = put(folder.path(), "a", &runs(&[sample("x", 1000)]));
    let empty = put(folder.path(), "empty", &runs(&[]));
    let fio = put(folder.path(), "fio", &json!({"fio version": "fio-3.33", "jobs": []}));
    let text = put(folder.path(), "text", &json!("hello"));
    let none = folder.path().join("none").display().to_string();
    for (file, word) in [
        (&empty, "has no storage runs"),
        (&fio, "cannot read runs"),
        (&text, "cannot read runs"),
        (&none, "cannot read runs"),
        (&folder.path().display().to_string(), "not a report"),
    ] {
        let output = assay(&["storage", "compare", &a, file]);
        assert_eq!(output.status.code(), Some(2), "{file}: {}", said(&output));
        assert!(said(&output).contains(word), "{file}: {}", said(&output));
        assert!(output.stdout.is_empty());
    }
}

/// Runs 2 s of reads and writes on a scratch file with these further words.
fn measure(folder: &Path, more: &[&str]) -> Output {
    let filename = format!("--filename={}", folder.join("f").display());
    let mut words = vec!["storage", "run", "--name=j", &filename, "--size=4m", "--rw=randrw"];
    words.extend(["--bs=4k", "--runtime=2", "--time_based", "--direct=0", "--output", "json"]);
    words.extend(more);
    assay(&words)
}

/// Decodes the histogram of a line of a log: how many values, and the least and the largest
/// bucket that has any. Written from the format's description, not from our encoder.
fn decode(base64: &str) -> (u64, u64, u64) {
    let letter = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let bits: Vec<u8> = base64.trim_end_matches('=').bytes().map(letter).collect();
    let bytes: Vec<u8> = bits
        .chunks(4)
        .flat_map(|four| {
            let word = four.iter().fold(0_u32, |word, six| (word << 6) | u32::from(*six));
            let word = word << (6 * (4 - four.len()));
            word.to_be_bytes()[1..four.len()].to_vec()
        })
        .collect();
    let word = |bytes: &[u8], at: usize| {
        u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
    };
    assert_eq!(word(&bytes, 0), 0x1c84_9314, "a compressed V2 histogram");
    assert_eq!(word(&bytes, 4) as usize, bytes.len() - 8);
    let zlib = &bytes[8..];
    assert_eq!((u32::from(zlib[0]) * 256 + u32::from(zlib[1])) % 31, 0, "RFC 1950 §2.2");
    assert_eq!(zlib[2], 1, "one stored block");
    let length = usize::from(u16::from_le_bytes([zlib[3], zlib[4]]));
    let plain = &zlib[7..7 + length];
    assert_eq!(word(plain, 0), 0x1c84_9313);
    let (payload, digits) = (word(plain, 4) as usize, word(plain, 12));
    assert_eq!((payload, digits), (length - 40, 2));
    let (mut at, mut index, mut count, mut extremes) = (40, 0_u64, 0_u64, None);
    while at < plain.len() {
        let (mut word, mut shift) = (0_u64, 0);
        loop {
            let byte = plain[at];
            at += 1;
            // The ninth byte has eight bits.
            let (part, more) =
                if shift == 56 { (byte, false) } else { (byte & 0x7f, byte & 0x80 != 0) };
            word |= u64::from(part) << shift;
            shift += 7;
            if !more {
                break;
            }
        }
        // ZigZag: an odd word is negative, a run of zeroes.
        if word & 1 == 1 {
            index += (word >> 1) + 1;
        } else {
            if word > 0 {
                let (first, _) = extremes.unwrap_or((index, index));
                extremes = Some((first, index));
            }
            count += word >> 1;
            index += 1;
        }
    }
    // 256 sub-buckets of which the upper half is new in each power of two.
    let value =
        |index: u64| if index < 256 { index } else { (128 + index % 128) << (index / 128 - 1) };
    let (least, most) = extremes.expect("a second that is logged has values");
    (count, value(least), value(most))
}

#[test]
fn a_run_writes_its_seconds_as_a_table_and_as_a_histogram_log() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let (csv, hlog, out) = (at("s.csv"), at("s.hlog"), at("s.json"));
    let output = measure(folder.path(), &["--csv", &csv, "--hlog", &hlog, "--out", &out]);
    // 2 s prove nothing; the files are there all the same.
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let document: Value = serde_json::from_slice(&output.stdout).expect("only JSON on stdout");
    let run = &document["run"][0];
    let written = std::fs::read(&out).expect("--out was written");
    assert_eq!(serde_json::from_slice::<Value>(&written).expect("JSON"), document);

    let table = std::fs::read_to_string(&csv).expect("--csv was written");
    let mut rows = table.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let head = rows.next().expect("a header");
    assert_eq!(head[5], "bandwidth_MB_per_s");
    let rows: Vec<Vec<String>> = rows.collect();
    assert!(rows.iter().all(|row| row.len() == head.len() && row[0] == "j"), "{table}");
    let ios = |op: &str| -> f64 {
        let of = rows.iter().filter(|row| row[3] == op);
        of.map(|row| row[4].parse::<f64>().unwrap() * row[2].parse::<f64>().unwrap()).sum()
    };
    for op in ["read", "write"] {
        let whole = run[op]["ios"].as_f64().expect("both were done");
        assert!((ios(op) - whole).abs() <= whole / 100.0 + 5.0, "{op}: {} {whole}", ios(op));
        let p50: u64 = run[op]["service"]["p50_ns"].as_u64().unwrap();
        let of_second: f64 = rows.iter().find(|row| row[3] == op).unwrap()[7].parse().unwrap();
        assert!(of_second > 0.0 && p50 > 0);
    }

    let log = std::fs::read_to_string(&hlog).expect("--hlog was written");
    assert!(log.contains("#[Histogram log format version 1.3]"), "{log}");
    for op in ["read", "write"] {
        let lines: Vec<Vec<&str>> = log
            .lines()
            .filter(|line| line.starts_with(&format!("Tag={op},")))
            .map(|line| line.split(',').collect())
            .collect();
        assert!(lines.len() >= 2, "a line for each second: {log}");
        assert_eq!((lines[0][1], lines[1][1]), ("0.000", "1.000"));
        let decoded: Vec<_> = lines.iter().map(|line| decode(line[4])).collect();
        let count: u64 = decoded.iter().map(|(count, ..)| count).sum();
        assert_eq!(run[op]["ios"], count, "every operation is in the log, none twice");
        let service = |name: &str| run[op]["service"][name].as_u64().unwrap();
        let (least, most) = (
            decoded.iter().map(|(_, least, _)| *least).min().unwrap(),
            decoded.iter().map(|(.., most)| *most).max().unwrap(),
        );
        let near = |bucket: u64, exact: u64| bucket <= exact && exact - bucket <= exact / 128 + 1;
        assert!(near(least, service("min_ns")), "{least} {run:#}");
        assert!(near(most, service("max_ns")), "{most} {run:#}");
    }
}

#[test]
fn a_file_of_another_kind_is_not_overwritten_and_a_bad_place_is_found_before_the_load() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let notes = put(folder.path(), "notes", &json!("mine"));
    let empty = folder.path().join("empty").display().to_string();
    std::fs::write(&empty, "").expect("ours");
    let missing = folder.path().join("no/where").display().to_string();
    let whole = folder.path().display().to_string();
    for (words, told) in [
        (["--csv", notes.as_str()].as_slice(), "does not overwrite"),
        (&["--hlog", &notes], "does not overwrite"),
        (&["--out", &notes], "does not overwrite"),
        (&["--csv", "/dev/null"], "no ordinary file"),
        (&["--csv", &whole], "no ordinary file"),
        (&["--csv", &missing], "--csv cannot go to"),
        (&["--csv", &empty, "--hlog", &empty], "name the same file"),
        (&["--write_bw_log=x"], "--csv FILE"),
        (&["--write_lat_log=x"], "--hlog FILE"),
        (&["--write_iops_log"], "--csv FILE"),
    ] {
        let output = measure(folder.path(), words);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", said(&output));
        assert!(said(&output).contains(told), "{words:?}: {}", said(&output));
        assert!(output.stdout.is_empty());
    }
    assert_eq!(std::fs::read_to_string(&notes).expect("still there"), "\"mine\"");
    let names = std::fs::read_dir(folder.path()).expect("it is there").count();
    assert_eq!(names, 2, "neither the target nor anything half-written is left");
    // What an earlier run wrote is replaced, as fio does; an empty file is nobody's.
    for _ in 0..2 {
        let output = measure(folder.path(), &["--csv", &empty]);
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    }
    assert!(std::fs::read_to_string(&empty).expect("written").starts_with("job,second,"));
}

#[test]
fn a_run_speaks_ocp_tv_and_what_proves_nothing_is_never_a_pass() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let filename = format!("--filename={}", folder.path().join("f").display());
    let output = assay(&[
        "storage",
        "run",
        "--name=j",
        &filename,
        "--size=4m",
        "--rw=randread",
        "--bs=4k",
        "--runtime=2",
        "--time_based",
        "--direct=0",
        "--output",
        "ocp-tv",
    ]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let lines: Vec<Value> = printed(&output)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON on each line of stdout"))
        .collect();
    for (number, line) in lines.iter().enumerate() {
        assert_eq!(line["sequenceNumber"], json!(number));
    }
    let of = |kind: &str| -> Vec<&Value> {
        lines
            .iter()
            .map(|line| &line["testStepArtifact"][kind])
            .filter(|it| it.is_object())
            .collect()
    };
    let iops = of("measurement").into_iter().find(|it| it["name"] == "read.iops").expect("IOPS");
    assert!(iops["value"].as_u64().expect("a number") > 0 && iops["unit"] == "IO/s");
    let starts = of("measurementSeriesStart");
    let ends = of("measurementSeriesEnd");
    assert_eq!((starts.len(), ends.len()), (3, 3), "IOPS, p99, longest");
    for end in ends {
        let id = &end["measurementSeriesId"];
        let elements: Vec<u64> = of("measurementSeriesElement")
            .into_iter()
            .filter(|element| element["measurementSeriesId"] == *id)
            .filter_map(|element| element["index"].as_u64())
            .collect();
        assert_eq!(end["totalCount"], json!(elements.len()));
        assert!(elements.iter().enumerate().all(|(at, index)| at as u64 == *index));
    }
    let diagnoses = of("diagnosis");
    assert!(!diagnoses.is_empty() && diagnoses.iter().all(|it| it["type"] == "UNKNOWN"));
    let end = &lines.last().expect("lines")["testRunArtifact"]["testRunEnd"];
    assert_eq!(end, &json!({"status": "ERROR", "result": "NOT_APPLICABLE"}));
}
