//! The main job as a user does it, on real input, judged by real peers.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use hw_tests::corpus::Servers;
use hw_tests::{Need, program, trial};
use libtest_mimic::{Arguments, Failed};
use serde_json::Value;

const LSCPU: &[Need] = &[Need::Program("lscpu")];
const LSBLK: &[Need] = &[Need::Program("lsblk")];
const LSHW: &[Need] = &[Need::Program("lshw")];
const DMIDECODE: &[Need] = &[
    Need::Corpus("smbios"),
    Need::Program("dmidecode"),
    Need::Program("tar"),
    Need::Program("xz"),
];

fn main() -> ExitCode {
    let trials = vec![
        trial("accept_on_this_machine_writes_every_file", &[], accept_here),
        trial("accept_never_passes_what_it_did_not_measure", &[], nothing_unmeasured),
        trial("processors_equal_lscpu", LSCPU, processors),
        trial("disks_equal_lsblk", LSBLK, disks),
        trial("memory_and_processor_equal_lshw", LSHW, lshw),
        trial("dimms_equal_dmidecode_on_every_tenth_machine", DMIDECODE, dimms),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn inventory(arguments: &[&str]) -> Result<Value, Failed> {
    let mut words = vec!["inventory"];
    words.extend(arguments);
    words.extend(["--output", "json"]);
    let output = program::run(&words)?;
    if !matches!(output.status.code(), Some(0 | 3)) {
        return Err(Failed::from(format!("{output:?}")));
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn accept(out: &Path) -> Result<std::process::Output, Failed> {
    let out = out.display().to_string();
    let profile = "gd-gov-cloud/ecs-server";
    Ok(program::run(&["accept", "--profile", profile, "--out", &out])?)
}

fn accept_here() -> Result<(), Failed> {
    let dir = tempfile::tempdir()?;
    let out = dir.path().join("report");
    let output = accept(&out)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for name in
        ["index.html", "result.json", "junit.xml", "ocp-tv.jsonl", "result.csv", "manifest.json"]
    {
        if !out.join(name).is_file() {
            return Err(Failed::from(format!("no `{name}`: {text}")));
        }
    }
    if fs::read_dir(out.join("evidence"))?.next().is_none() {
        return Err(Failed::from("no evidence"));
    }
    let verify = program::run(&["report", "verify", &out.display().to_string()])?;
    if verify.status.code() != Some(0) {
        return Err(Failed::from(format!("{verify:?}")));
    }
    match output.status.code() {
        Some(0 | 1 | 3) => Ok(()),
        code => Err(Failed::from(format!("ended with {code:?}: {text}"))),
    }
}

fn nothing_unmeasured() -> Result<(), Failed> {
    let dir = tempfile::tempdir()?;
    let out = dir.path().join("report");
    accept(&out)?;
    let result: Value = serde_json::from_slice(&fs::read(out.join("result.json"))?)?;
    for row in result["rows"].as_array().ok_or("no rows")? {
        let judgement = &row["judgement"];
        let measured = judgement["measured"]["en"].as_str().unwrap_or_default();
        let sources = judgement["sources"].as_array().map_or(0, Vec::len);
        if judgement["verdict"] == "pass" && (measured.is_empty() || sources == 0) {
            return Err(Failed::from(format!("passed without evidence: {judgement}")));
        }
    }
    Ok(())
}

fn json_of(program: &str, arguments: &[&str]) -> Result<Value, Failed> {
    let output = Command::new(program).args(arguments).env("LC_ALL", "C").output()?;
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn processors() -> Result<(), Failed> {
    let peer = json_of("lscpu", &["-J"])?;
    let peer_field = |name: &str| find_field(&peer, name);
    let ours = inventory(&[])?;
    let topology = &ours["topology"];
    let number = |name: &str| peer_field(name).and_then(|text| text.parse::<u64>().ok());
    let threads = number("CPU(s):").ok_or("lscpu has no CPU(s)")?;
    let sockets = number("Socket(s):").ok_or("lscpu has no Socket(s)")?;
    let cores = number("Core(s) per socket:").ok_or("lscpu has no cores")? * sockets;
    let wanted = (threads, sockets, cores);
    let count = |name: &str| topology[name].as_u64().unwrap_or(0);
    let seen = (count("threads_present"), count("packages"), count("cores"));
    if wanted == seen { Ok(()) } else { Err(format!("lscpu {wanted:?}, ours {seen:?}").into()) }
}

/// lscpu nests its fields; the name is unique.
fn find_field(tree: &Value, name: &str) -> Option<String> {
    match tree {
        Value::Array(items) => items.iter().find_map(|item| find_field(item, name)),
        Value::Object(object) => {
            if object.get("field").and_then(Value::as_str) == Some(name) {
                return object.get("data").and_then(Value::as_str).map(str::to_owned);
            }
            object.values().find_map(|value| find_field(value, name))
        }
        _ => None,
    }
}

fn disks() -> Result<(), Failed> {
    let peer = json_of("lsblk", &["-J", "-b", "-d", "-o", "NAME,SIZE,TYPE"])?;
    let ours = inventory(&[])?;
    let mut wanted: Vec<(String, u64)> = peer["blockdevices"]
        .as_array()
        .ok_or("lsblk lists nothing")?
        .iter()
        .filter(|device| device["type"] == "disk")
        .filter_map(|device| Some((device["name"].as_str()?.to_owned(), device["size"].as_u64()?)))
        // lsblk calls compressed memory a disk.
        .filter(|(name, _)| !name.starts_with("zram"))
        .collect();
    let mut seen: Vec<(String, u64)> = ours["disk"]
        .as_array()
        .ok_or("no disks")?
        .iter()
        .filter_map(|disk| Some((disk["name"].as_str()?.to_owned(), disk["size_bytes"].as_u64()?)))
        .collect();
    wanted.sort();
    seen.sort();
    if wanted == seen { Ok(()) } else { Err(format!("lsblk {wanted:?}, ours {seen:?}").into()) }
}

fn lshw() -> Result<(), Failed> {
    let dir = tempfile::tempdir()?;
    let file = dir.path().join("lshw.json");
    let output = Command::new("lshw").args(["-json", "-quiet"]).output()?;
    fs::write(&file, &output.stdout)?;
    let theirs = inventory(&["import", "--lshw", &file.display().to_string()])?;
    let ours = inventory(&[])?;
    let model = |document: &Value| document["cpu"][0]["model"].as_str().map(str::to_owned);
    if model(&theirs) != model(&ours) {
        return Err(format!("lshw {:?}, ours {:?}", model(&theirs), model(&ours)).into());
    }
    let sizes = |document: &Value| -> Vec<u64> {
        let disks = document["disk"].as_array().cloned().unwrap_or_default();
        let mut sizes: Vec<u64> =
            disks.iter().filter_map(|disk| disk["size_bytes"].as_u64()).collect();
        sizes.sort_unstable();
        sizes
    };
    // lshw may lack a disk that the kernel has, never the reverse.
    let seen = sizes(&ours);
    match sizes(&theirs).into_iter().find(|size| !seen.contains(size)) {
        Some(size) => Err(format!("lshw has a disk of {size} bytes, ours {seen:?}").into()),
        None => Ok(()),
    }
}

fn dimms() -> Result<(), Failed> {
    let servers = Servers::unpack()?;
    for server in servers.all()?.iter().step_by(10) {
        let dump = server.dump.display().to_string();
        let output = Command::new("dmidecode").args(["-t", "17", "--from-dump", &dump]).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("dmidecode.txt");
        fs::write(&file, &text)?;
        let theirs = inventory(&["import", "--dmidecode", &file.display().to_string()])?;
        let ours = inventory(&["import", "--smbios", &dump])?;
        let list = |document: &Value| document["dimm"].as_array().cloned().unwrap_or_default();
        let (theirs, ours) = (list(&theirs), list(&ours));
        if theirs.is_empty() || theirs.len() != ours.len() {
            let counts = format!("{} and {}", theirs.len(), ours.len());
            return Err(format!("{}: {counts} DIMM slots", server.id).into());
        }
        for (theirs, ours) in theirs.iter().zip(&ours) {
            let fields = theirs.as_object().ok_or("a DIMM is an object")?;
            for (name, value) in fields.iter().filter(|(name, _)| *name != "origin") {
                // dmidecode leaves out what firmware says of a stick that is not there.
                if !value.is_null() && *value != ours[name] {
                    let id = &server.id;
                    return Err(format!("{id}: {name} is {value} and {}", ours[name]).into());
                }
            }
        }
    }
    Ok(())
}
