//! Rules about the source tree that no lint can express.

use std::fs;
use std::path::{Path, PathBuf};

/// The longest a file may be, tests apart.
const LINES: usize = 500;

/// What a pure module may not name: it takes values and returns values.
const IO: &[&str] = &[
    "std::fs",
    "std::net::Udp",
    "std::net::Tcp",
    "std::os::unix::net",
    "std::process",
    "std::env",
    "std::thread",
    "tokio::",
    "hyper::",
    "reqwest::",
    "rustix::",
    "nix::",
    "Instant::now",
    "SystemTime::now",
];

/// The modules that may touch files, sockets, clocks or devices, by path prefix.
/// Everything else under a crate's `src` is pure.
const EDGES: &[&str] = &[
    // inventory: the root directory, device nodes, sockets, and the run over them.
    "inventory/src/sysroot.rs",
    "inventory/src/collect",
    "inventory/src/device",
    "inventory/src/ethtool.rs",
    "inventory/src/ethtool/ioctl.rs",
    "inventory/src/ethtool/socket.rs",
    "inventory/src/lldp/listen.rs",
    "inventory/src/record",
    // storage-bench: devices and files, looked at and opened; the clocks; the engines and the
    // run over them; job files; the volume that is verified, and what disk its journal is on.
    "storage-bench/src/target",
    "storage-bench/src/clock",
    "storage-bench/src/drive/stamped.rs",
    "storage-bench/src/engine",
    "storage-bench/src/run",
    "storage-bench/src/job/host.rs",
    "storage-bench/src/integrity/elsewhere.rs",
    "storage-bench/src/integrity/run",
    // bmc: what opens connections, what reads recorded trees, and what simulated hosts serve by.
    "bmc/src/client",
    "bmc/src/redfish/client",
    "bmc/src/interop/load.rs",
    "bmc/src/redfish/load.rs",
    "bmc/src/ipmi/client",
    "bmc/src/simulate/serve",
    "bmc/examples",
    "bmc/src/media/serve",
    "bmc/src/discover/ask.rs",
    "bmc/src/discover/search.rs",
    // dataplane: the kernel.
    "dataplane/src/kernel",
    // The program acts: its pure parts are named in PURE_PARTS.
    "assay/",
    "storage-bench/examples",
    "hw-tests/",
    "benches/",
];

/// Parts of the program that decide and do not act.
const PURE_PARTS: &[&str] = &[
    "assay/src/output",
    "assay/src/push/decide.rs",
    "assay/src/push/entry.rs",
    "assay/src/report/basis.rs",
    "assay/src/report/batch.rs",
    "assay/src/report/build.rs",
    "assay/src/report/canonical.rs",
    "assay/src/report/decide.rs",
    "assay/src/report/document.rs",
    "assay/src/report/manifest.rs",
    "assay/src/report/merkle.rs",
    "assay/src/report/project",
    "assay/src/report/render",
    "assay/src/report/roles.rs",
    "assay/src/report/sign",
    "assay/src/report/storage.rs",
    "assay/src/report/todo.rs",
    "assay/src/site",
    "assay/src/report/trust.rs",
    "assay/src/report/verify",
];

/// Where std's sorts stay: they are several times the code of `tiny_sort`'s, once for each type,
/// and worth it where a list has a hundred thousand elements, often in order already.
const LARGE_LISTS: &[&str] = &[
    "dataplane/src/firewall/compile/grant.rs",
    "dataplane/src/firewall/compile/span.rs",
    "dataplane/src/nft/decode/elements.rs",
];

/// Crates that are no part of the program.
const UNLINKED: &[&str] = &["hw-tests/", "benches/"];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] =
    &["common", "utils", "util", "helpers", "helper", "manager", "misc", "base", "types"];

/// The crates that do one job each and know nothing of each other.
const LEAVES: &[&str] = &["dataplane", "bmc", "storage-bench", "inventory"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace exists")
}

/// Every Rust file under `src`, `tests` and `benches` of every crate, by its path from the root.
fn sources() -> Vec<(String, String)> {
    let root = root();
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        crates().iter().map(|name| root.join(name)).filter(|path| path.is_dir()).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a source folder can be listed") {
            let path = entry.expect("an entry can be read").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).expect("a source file can be read");
                let name = path.strip_prefix(&root).expect("it is below the root");
                found.push((name.display().to_string(), text));
            }
        }
    }
    assert!(found.len() > 20, "the walk found {} files only", found.len());
    found.sort();
    found
}

/// The members of the workspace, as its manifest lists them.
fn crates() -> Vec<String> {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).expect("the manifest is there");
    let manifest: toml::Table = manifest.parse().expect("the manifest is TOML");
    let members = manifest["workspace"]["members"].as_array().expect("members is a list");
    members.iter().filter_map(|member| member.as_str().map(str::to_owned)).collect()
}

/// What stands above the test module, which may do as it likes.
fn production(source: &str) -> &str {
    source.split_once("#[cfg(test)]\nmod tests {").map_or(source, |(above, _tests)| above)
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("_tests.rs")
}

#[test]
fn pure_modules_do_no_io() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let edge = EDGES.iter().any(|edge| path.starts_with(edge))
            && !PURE_PARTS.iter().any(|pure| path.starts_with(pure));
        if edge || is_test(&path) || path.contains("/fuzz/") {
            continue;
        }
        for line in production(&text).lines().filter(|line| !line.trim_start().starts_with("//")) {
            for name in IO {
                if line.contains(name) {
                    wrong.push(format!("{path} names `{name}`; it is pure: {line}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn short_lists_are_sorted_by_little_code() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let linked = path.contains("/src/") && !UNLINKED.iter().any(|name| path.starts_with(name));
        if !linked || is_test(&path) || LARGE_LISTS.contains(&path.as_str()) {
            continue;
        }
        for line in production(&text).lines() {
            let sorts = line.contains(".sort(") || line.contains(".sort_");
            if sorts {
                wrong.push(format!("{path}: `tiny_sort::stable`, not std: {line}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let lines = production(&text).lines().count();
        if !is_test(&path) && lines > LINES {
            wrong.push(format!("{path} has {lines} lines, more than {LINES}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for() {
    for (path, text) in sources() {
        // An edge opens with the lint it is excused from; the words follow at once.
        let opening = text.lines().take(8).any(|line| line.starts_with("//!"));
        assert!(opening, "{path} does not open with `//!`");
    }
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    for (path, _text) in sources() {
        let stem = Path::new(&path).file_stem().and_then(|stem| stem.to_str()).unwrap_or("");
        assert!(!EMPTY_NAMES.contains(&stem), "{path}: name what is inside");
        assert!(stem != "mod", "{path}: use `name.rs` beside `name/`");
    }
}

#[test]
fn no_leaf_knows_a_leaf_and_the_judge_knows_none() {
    for name in crates() {
        let manifest = fs::read_to_string(root().join(&name).join("Cargo.toml"))
            .expect("a member has a manifest");
        let manifest: toml::Table = manifest.parse().expect("a manifest is TOML");
        if !LEAVES.contains(&name.as_str()) && name != "profiles" {
            continue;
        }
        let Some(dependencies) = manifest.get("dependencies").and_then(toml::Value::as_table)
        else {
            continue;
        };
        for leaf in LEAVES.iter().chain(&["profiles", "assay"]) {
            assert!(!dependencies.contains_key(*leaf), "`{name}` depends on `{leaf}`");
        }
    }
}
