//! Recordings: what is replayed is what was there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use inventory::collect::{self, collect};
use inventory::model::{Inventory, SectionState};
use inventory::record::{Options, Summary, record, unpack};
use inventory::{Sysroot, model::Section};
use serde_json::Value;

const NOW: &str = "2026-01-02T03:04:05Z";

fn options(mask: bool) -> Options {
    let collect = collect::Options { now: NOW.to_owned(), ..collect::Options::default() };
    Options { mask, salt: Some([7; 32]), collect }
}

fn recorded(root: &Sysroot, options: &Options) -> (Summary, Vec<u8>) {
    let mut archive = Vec::new();
    let summary = record(root, &mut archive, options).expect("recorded");
    (summary, archive)
}

/// Unpacks and collects again.
fn replayed(mut archive: &[u8], options: &Options) -> (tempfile::TempDir, Inventory) {
    let dir = tempfile::tempdir().expect("a scratch directory");
    unpack(&mut archive, &dir.path().join("root")).expect("unpacked");
    let root = Sysroot::at(&dir.path().join("root")).expect("a root");
    (dir, collect(&root, &options.collect, &|_| ()).inventory)
}

/// Returns the first difference between two documents, in words.
fn difference(a: &Inventory, b: &Inventory) -> Option<String> {
    let json = |inventory| serde_json::to_value(inventory).expect("JSON");
    differs("$", &json(a), &json(b))
}

fn differs(path: &str, a: &Value, b: &Value) -> Option<String> {
    match (a, b) {
        (Value::Object(x), Value::Object(y)) if x.len() == y.len() => {
            x.iter().find_map(|(key, x)| {
                differs(&format!("{path}.{key}"), x, y.get(key).unwrap_or(&Value::Null))
            })
        }
        (Value::Array(x), Value::Array(y)) if x.len() == y.len() => {
            let pairs = x.iter().zip(y).enumerate();
            pairs.into_iter().find_map(|(at, (x, y))| differs(&format!("{path}[{at}]"), x, y))
        }
        _ => (a != b).then(|| format!("{path}: {a} and {b}")),
    }
}

#[test]
fn replaying_this_machine_yields_what_was_there() {
    let options = options(false);
    let (summary, archive) = recorded(&Sysroot::live(), &options);
    let (_dir, again) = replayed(&archive, &options);
    assert_eq!(difference(&summary.inventory, &again), None);
    assert!(summary.files > 50 && summary.bytes > 10_000, "{} files", summary.files);
    assert!(again.memory.is_some() && again.platform.is_some() && !again.plane.is_empty());
}

#[test]
fn a_recording_of_a_recording_replays_the_same() {
    let options = options(false);
    let (first, archive) = recorded(&Sysroot::live(), &options);
    let dir = tempfile::tempdir().expect("a scratch directory");
    unpack(&mut archive.as_slice(), dir.path()).expect("unpacked");
    let (second, archive) = recorded(&Sysroot::at(dir.path()).expect("a root"), &options);
    assert_eq!(difference(&first.inventory, &second.inventory), None);
    let (_dir, third) = replayed(&archive, &options);
    assert_eq!(difference(&first.inventory, &third), None);
}

/// A machine with one of each identifier.
fn machine(dir: &Path) -> Sysroot {
    let write = |path: &str, text: &str| {
        let place = dir.join(path);
        fs::create_dir_all(place.parent().expect("a parent")).expect("mkdir");
        fs::write(place, format!("{text}\n")).expect("write");
    };
    let id = "sys/class/dmi/id";
    write(&format!("{id}/sys_vendor"), "Huawei");
    write(&format!("{id}/product_serial"), "2102311XDB10K9000123");
    write(&format!("{id}/product_uuid"), "76cfcdd4-c8a7-9486-e911-c1d00a756a75");
    let device = "sys/devices/pci0000:00/0000:3b:00.0";
    write(&format!("{device}/vendor"), "0x8086");
    write(&format!("{device}/device"), "0x1572");
    write(&format!("{device}/class"), "0x020000");
    let port = format!("{device}/net/enx00163e112233");
    write(&format!("{port}/type"), "1");
    write(&format!("{port}/address"), "00:16:3e:11:22:33");
    write(&format!("{port}/addr_assign_type"), "0");
    write(&format!("{port}/phys_port_id"), "00163e112233");
    let link = |path: &str, target: &str| {
        let place = dir.join(path);
        fs::create_dir_all(place.parent().expect("a parent")).expect("mkdir");
        symlink(target, place).expect("symlink");
    };
    link("sys/bus/pci/devices/0000:3b:00.0", "../../../devices/pci0000:00/0000:3b:00.0");
    link(&format!("{port}/device"), "../..");
    link(
        "sys/class/net/enx00163e112233",
        "../../devices/pci0000:00/0000:3b:00.0/net/enx00163e112233",
    );
    write("proc/sys/kernel/hostname", "db-master-01");
    let links = r#"{"links":[{"name":"enx00163e112233","index":2,"addresses":["10.1.2.3/24"]}]}"#;
    write("assay/net.json", links);
    write("assay/ethtool/enx00163e112233.json", r#"{"firmware":"9.20"}"#);
    Sysroot::at(dir).expect("a root")
}

const SECRETS: [&str; 6] =
    ["2102311XDB10K9000123", "76cfcdd4-c8a7", "11:22:33", "112233", "db-master-01", "10.1.2.3"];

#[test]
fn a_masked_recording_holds_no_identifier_and_the_same_machine() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let root = machine(dir.path());
    let options = options(true);
    let (summary, archive) = recorded(&root, &options);
    assert!(summary.masked >= 4, "{}", summary.masked);
    let (replay, again) = replayed(&archive, &options);
    let text = serde_json::to_string(&again).expect("JSON");
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} in the inventory");
    }
    let mut todo = vec![replay.path().to_path_buf()];
    while let Some(place) = todo.pop() {
        for secret in SECRETS {
            assert!(!place.to_string_lossy().contains(secret), "{secret} in {}", place.display());
        }
        if place.is_symlink() {
            continue;
        }
        if place.is_dir() {
            todo.extend(
                fs::read_dir(&place).expect("list").map(|entry| entry.expect("entry").path()),
            );
            continue;
        }
        let bytes = fs::read(&place).expect("read");
        for secret in SECRETS {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} in {}", place.display());
        }
    }
    let (nic, was) = (&again.nic[0], &summary.inventory.nic[0]);
    assert_eq!(
        (nic.model.as_ref(), nic.firmware.as_ref()),
        (was.model.as_ref(), was.firmware.as_ref())
    );
    let port = &nic.port[0];
    let mac = port.permanent_mac.as_deref().expect("an address");
    assert!(mac.starts_with("00:16:3e:"), "{mac}");
    assert_eq!(
        port.phys_port_id.as_deref(),
        Some(mac.replace(':', "").as_str()),
        "they still join"
    );
    assert_eq!(again.plane[0].cards, ["0000:3b:00"]);
    assert_eq!(
        again.system.as_ref().and_then(|system| system.serial.as_ref()).map(String::len),
        Some(20)
    );
}

#[test]
fn what_was_refused_is_refused_again() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let _root = machine(dir.path());
    fs::create_dir_all(dir.path().join("sys/firmware/dmi/tables")).expect("mkdir");
    fs::write(dir.path().join("sys/firmware/dmi/tables/DMI"), "").expect("write");
    let errors = r#"{"/sys/firmware/dmi/tables/DMI":13}"#;
    fs::write(dir.path().join("assay/errors.json"), errors).expect("write");
    let root = Sysroot::at(dir.path()).expect("a root");
    let options = options(false);
    let (summary, archive) = recorded(&root, &options);
    let status = &summary.inventory.sections[&Section::Dimm];
    assert_eq!(status.status, SectionState::Failed);
    let reason = "SMBIOS table: permission denied (needs root)";
    assert_eq!(status.reason.as_deref(), Some(reason));
    let (_dir, again) = replayed(&archive, &options);
    assert_eq!(difference(&summary.inventory, &again), None);
}

#[test]
fn an_archive_that_ends_early_is_an_error() {
    let dir = tempfile::tempdir().expect("a scratch directory");
    let root = machine(dir.path());
    let (_, archive) = recorded(&root, &options(false));
    let half = archive.get(..archive.len() / 2).expect("half");
    let into = tempfile::tempdir().expect("a scratch directory");
    let error = unpack(&mut &*half, into.path()).expect_err("cut");
    assert!(error.to_string().starts_with("cannot read the recording"), "{error}");
}
