//! `assay storage run` as a user types it: jobs of several files, and several jobs at once.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn assay(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_assay"))
        .current_dir(folder)
        .args(["--lang", "en"])
        .args(arguments)
        .env_remove("XDG_STATE_HOME")
        .output()
        .expect("the program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder can be made")
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| Value::from(format!("{error}: {}", said(output))))
}

fn left(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("it is there");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    names.map(|name| name.to_string_lossy().into_owned()).collect()
}

#[test]
fn the_files_of_a_job_share_its_depth_and_its_bytes() {
    let folder = scratch();
    let common = ["storage", "run", "--size=3m", "--bs=4k", "--output", "json"];
    for (more, path, count) in [
        (&["--filename=a:b:c", "--rw=randread"][..], "a:b:c", 768),
        (&["--filename=a:b:c", "--rw=randwrite", "--number_ios=7"], "a:b:c", 7),
        (
            &["--directory=.", "--nrfiles=2", "--numjobs=2", "--rw=write"],
            "./job.0.0:./job.0.1:./job.1.0:./job.1.1",
            1536,
        ),
        (&["--filename=a:b", "--rw=randrw", "--ioengine=libaio", "--iodepth=3"], "a:b", 768),
        (&["--filename=a:b", "--rw=randread", "--rate_iops=2000", "--runtime=1"], "a:b", 768),
    ] {
        let output = assay(folder.path(), &[&common[..], more].concat());
        let run = &json(&output)["run"][0];
        assert_eq!(run["subject"]["path"], path, "{}", said(&output));
        assert_eq!(run["all"]["ios"], count, "{more:?} {}", said(&output));
        assert_eq!(run["all"]["errors"], 0, "{more:?}");
        assert!(left(folder.path()).is_empty(), "files that the run made are gone");
    }
}

#[test]
fn jobs_run_at_the_same_time_until_one_waits_and_a_group_has_its_sum() {
    let folder = scratch();
    let job = "[global]\nsize=2m\nbs=4k\n[first]\nfilename=x\nrw=write\nend_fsync=1\nsync=dsync\n\
               [reads]\nstonewall\nfilename=x\nrw=randread\nnumber_ios=100\ngroup_reporting\n\
               [late]\nfilename=y\nrw=randread\nnumber_ios=50\nstartdelay=1\n";
    std::fs::write(folder.path().join("j.fio"), job).expect("the job can be written");
    let started = assay(folder.path(), &["storage", "run", "j.fio", "--output", "json"]);
    let document = json(&started);
    let runs: Vec<(&str, u64)> = document["run"]
        .as_array()
        .expect("runs")
        .iter()
        .map(|run| {
            (run["case"].as_str().expect("a case"), run["all"]["ios"].as_u64().expect("a count"))
        })
        .collect();
    assert_eq!(runs, [("first", 512), ("reads", 100), ("late", 50), ("reads + late", 150)]);
    // What the first job wrote is there for the second: only the other file had to be filled.
    assert!(!said(&started).contains("filling `x`"), "{}", said(&started));
    assert!(said(&started).contains("filling `y`"), "{}", said(&started));
    let fio = json(&assay(folder.path(), &["storage", "run", "j.fio", "--output-format=json"]));
    let jobs = fio["jobs"].as_array().expect("jobs");
    let of = |job: &Value| {
        (job["jobname"].clone(), job["groupid"].clone(), job["read"]["total_ios"].clone())
    };
    let of: Vec<_> = jobs.iter().map(of).collect();
    assert_eq!(
        of,
        [
            (Value::from("first"), Value::from(0), Value::from(0)),
            (Value::from("reads"), Value::from(1), Value::from(150)),
        ]
    );
    assert_eq!(left(folder.path()), ["j.fio"]);
}

#[test]
fn every_refusal_is_told_before_anything_is_made() {
    let folder = scratch();
    std::fs::write(folder.path().join("mine"), [1; 4096]).expect("a file");
    let job = "[global]\nsize=1m\nrw=write\n[new]\nfilename=new\n[taken]\nfilename=mine\n\
               [gone]\nfilename=no/such/folder/f\n";
    std::fs::write(folder.path().join("j.fio"), job).expect("the job can be written");
    let refused = assay(folder.path(), &["storage", "run", "j.fio"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    for code in ["(file-exists)", "(no-directory)"] {
        assert!(said(&refused).contains(code), "{code}: {}", said(&refused));
    }
    let mut names = left(folder.path());
    names.sort();
    assert_eq!(names, ["j.fio", "mine"]);
    // One file by two names is made once, and never twice.
    let twice =
        assay(folder.path(), &["storage", "run", "--filename=f:./f", "--rw=write", "--size=1m"]);
    assert_eq!(twice.status.code(), Some(3), "{}", said(&twice));
    assert!(said(&twice).contains("File exists"), "{}", said(&twice));
    assert_eq!(left(folder.path()).len(), 2);
}

#[test]
fn what_a_job_wrote_is_read_back_block_by_block() {
    let folder = scratch();
    let common = ["storage", "run", "--filename=a:b", "--size=2m", "--output", "json"];
    for (more, checked) in [
        (&["--rw=randwrite", "--bs=8k", "--iodepth=4", "--ioengine=io_uring"][..], Some(512)),
        (&["--rw=write", "--bs=4k", "--direct=1", "--number_ios=100"], Some(100)),
        (&["--rw=write", "--bs=64k", "--do_verify=0"], None),
    ] {
        let output = assay(folder.path(), &[&common[..], more, &["--verify=crc64"]].concat());
        let run = &json(&output)["run"][0];
        assert_eq!(run["verified"]["checked"].as_u64(), checked, "{}", said(&output));
        if checked.is_some() {
            assert_eq!(run["verified"]["complete"], true);
            assert!(said(&output).contains("no fault"), "{}", said(&output));
        }
    }
    for (more, option) in [
        (&["--rw=write", "--verify=md5"][..], "verify"),
        (&["--rw=randrw", "--verify=meta"], "verify"),
        (&["--rw=write", "--verify=1", "--time_based", "--runtime=1"], "time_based"),
        (&["--rw=randwrite", "--verify=1", "--norandommap"], "norandommap"),
        (&["--rw=write", "--verify=1", "--bs=512"], "bs"),
    ] {
        let refused = assay(folder.path(), &[&common[..], more].concat());
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
        assert!(said(&refused).contains(&format!("option `{option}`")), "{}", said(&refused));
    }
    assert!(left(folder.path()).is_empty());
}

#[test]
fn what_cannot_be_is_one_clear_sentence_and_nothing_is_left_behind() {
    let folder = scratch();
    std::fs::create_dir(folder.path().join("dir")).expect("a folder");
    std::fs::write(folder.path().join("empty"), "").expect("a file");
    for (arguments, status, word) in [
        (&["--filename=none", "--rw=read", "--allow_file_create=0"][..], 2, "(not-found)"),
        (&["--filename=none", "--rw=read"], 2, "(not-found)"),
        (&["--filename=dir", "--rw=read", "--size=1m"], 2, "(wrong-kind)"),
        (&["--filename=empty", "--rw=read"], 2, "(empty)"),
        (&["--filename=f", "--rw=read", "--size=0"], 2, "(not-found)"),
        (&["--filename=f", "--rw=read", "--size=1x"], 2, "option `size`"),
        (&["--filename=f", "--rw=read", "--size=4k", "--bs=8k"], 2, "option `size`"),
        (&["--filename=f", "--rw=write", "--size=900000t"], 2, "(no-space)"),
        (&["--filename=f", "--rw=read", "--size=1m", "--bs=1000"], 2, "option `bs`"),
        (
            &["--filename=f", "--rw=read", "--size=1m", "--bssplit=4k/60:8k/60"],
            2,
            "option `bssplit`",
        ),
        (&["--filename=f", "--rw=sideways", "--size=1m"], 2, "option `rw`"),
        (&["--filename=/proc/none", "--rw=write", "--size=1m"], 2, "(not-found)"),
        (&["--filename=no/f", "--rw=write", "--size=1m"], 2, "(no-directory)"),
        (
            &["--filename=f", "--rw=write", "--size=1m", "--offset=2m", "--filesize=1m"],
            2,
            "option `offset`",
        ),
        (&["--filename=f", "--rw=write", "--size=1m", "--mode", "ramp"], 2, "runtime"),
        (&["no-such-file.fio"], 2, "no-such-file.fio"),
        (&["dir"], 2, "no regular file"),
    ] {
        let output = assay(folder.path(), &[&["storage", "run"][..], arguments].concat());
        assert_eq!(output.status.code(), Some(status), "{arguments:?} {}", said(&output));
        assert!(said(&output).contains(word), "{arguments:?} {}", said(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let mut names = left(folder.path());
        names.sort();
        assert_eq!(names, ["dir", "empty"], "{arguments:?}");
    }
}
