//! What goes into a recording: directories, links and files, at the places they
//! really have below the root.

use std::collections::{BTreeMap, BTreeSet};

use crate::Sysroot;
use crate::collect::EvidenceFile;
use crate::sysroot::{ERRORS, Kind, OWN, Seen};

use super::Options;
use super::mask::Mask;

/// The contents of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) dirs: BTreeSet<String>,
    /// Links with their targets.
    pub(super) links: BTreeMap<String, String>,
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// What refused to be read, by error number.
    errors: BTreeMap<String, i32>,
}

/// The largest of the further files that is taken along.
const LARGEST: usize = 64 * 1024;

/// Files that nothing reads yet and later versions may: facts of devices and of
/// the kernel, none of them large, none with a side effect. `*` stands for
/// every name in its place.
const FURTHER: &[&str] = &[
    "/proc/diskstats",
    "/proc/mdstat",
    "/proc/modules",
    "/proc/partitions",
    "/proc/scsi/scsi",
    "/proc/stat",
    "/proc/sys/kernel/arch",
    "/proc/sys/kernel/version",
    "/proc/version",
    "/sys/block/*/queue/*",
    "/sys/block/*/ro",
    "/sys/block/*/stat",
    "/sys/bus/pci/devices/*/aer_dev_correctable",
    "/sys/bus/pci/devices/*/aer_dev_fatal",
    "/sys/bus/pci/devices/*/aer_dev_nonfatal",
    "/sys/bus/pci/devices/*/config",
    "/sys/bus/pci/devices/*/label",
    "/sys/bus/pci/devices/*/local_cpulist",
    "/sys/bus/pci/devices/*/sriov_numvfs",
    "/sys/bus/pci/devices/*/sriov_totalvfs",
    "/sys/class/dmi/id/*",
    "/sys/class/enclosure/*/*",
    "/sys/class/fc_host/*/statistics/*",
    "/sys/class/net/*/*",
    "/sys/class/net/*/statistics/*",
    "/sys/class/nvme/*/*",
    "/sys/class/power_supply/*/*",
    "/sys/class/sas_phy/*/*",
    "/sys/class/thermal/*/type",
    "/sys/devices/system/cpu/*/cache/*/*",
    "/sys/devices/system/cpu/*/topology/*",
    "/sys/devices/system/cpu/smt/*",
    "/sys/devices/system/cpu/vulnerabilities/*",
    "/sys/devices/system/node/*/distance",
    "/sys/devices/system/node/*/meminfo",
    "/sys/firmware/dmi/tables/*",
];

/// Returns the contents of a recording of `root`, of which `seen` was asked.
pub(super) fn gather(root: &Sysroot, seen: Seen) -> Contents {
    let mut contents = Contents::default();
    for (path, bytes) in seen.files {
        contents.file(root, &path, bytes);
    }
    for path in seen.dirs {
        contents.listing(root, &path);
    }
    for path in &seen.visited {
        contents.way(root, path);
    }
    for (path, number) in seen.errors {
        contents.refused(root, &path, number);
    }
    for pattern in FURTHER {
        for path in expand(root, pattern) {
            contents.further(root, &path);
        }
    }
    contents
}

impl Contents {
    /// Adds a file at its real place, with the links that lead there.
    fn file(&mut self, root: &Sysroot, path: &str, bytes: Vec<u8>) {
        if let Some(place) = self.way(root, path) {
            self.dirs.remove(&place);
            self.files.insert(place, bytes);
        }
    }

    /// Adds a directory with the links and directories in it. Files in it that
    /// were not read stay out.
    fn listing(&mut self, root: &Sysroot, path: &str) {
        let Some(place) = self.way(root, path) else { return };
        self.dirs.insert(place.clone());
        for name in root.list(path).unwrap_or_default() {
            let child = format!("{place}/{name}");
            match root.kind(&child) {
                Some(Kind::Link(target)) => {
                    self.links.insert(child, target);
                }
                Some(Kind::Dir) => {
                    self.dirs.insert(child);
                }
                Some(Kind::Other) | None => {}
            }
        }
    }

    /// Adds what is there but cannot be read: an empty file, so that it is
    /// listed, and its error.
    fn refused(&mut self, root: &Sysroot, path: &str, number: i32) {
        let Some(place) = self.way(root, path) else { return };
        if matches!(root.kind(&place), Some(Kind::Other)) {
            self.files.entry(place.clone()).or_default();
        }
        self.errors.insert(place, number);
    }

    fn further(&mut self, root: &Sysroot, path: &str) {
        let Ok(place) = root.walk(path) else { return };
        if self.files.contains_key(&place.inside) || self.errors.contains_key(&place.inside) {
            return;
        }
        match root.read(path) {
            Ok(bytes) if bytes.len() <= LARGEST => self.file(root, path, bytes),
            Ok(_) | Err(_) => {}
        }
    }

    /// Adds the links and directories on the way to `path`, and returns its real
    /// place.
    fn way(&mut self, root: &Sysroot, path: &str) -> Option<String> {
        if path.starts_with(OWN) {
            // Answers of the running kernel have no place of their own on it.
            return Some(path.to_owned());
        }
        let walked = root.walk(path).ok()?;
        for (link, target) in walked.links {
            self.links.insert(link, target);
        }
        let (parent, _) = walked.inside.rsplit_once('/')?;
        self.dirs.insert(parent.to_owned());
        if matches!(root.kind(&walked.inside), Some(Kind::Dir)) {
            self.dirs.insert(walked.inside.clone());
        }
        Some(walked.inside)
    }

    /// Adds what the recording says of itself.
    pub(super) fn describe(&mut self, options: &Options) {
        let about = serde_json::json!({
            "schema": "assay-recording/v1",
            "recorded_at": options.collect.now,
            "masked": options.mask,
            "version": env!("CARGO_PKG_VERSION"),
        });
        self.json(&format!("{OWN}/recording.json"), &about);
        if !self.errors.is_empty() {
            let errors = serde_json::json!(self.errors);
            self.json(ERRORS, &errors);
        }
    }

    /// Adds the answers of devices among the evidence.
    pub(super) fn answers(&mut self, evidence: Vec<EvidenceFile>) {
        let own = OWN.trim_start_matches('/');
        for EvidenceFile { path, bytes, .. } in evidence {
            if path.starts_with(own) {
                self.files.insert(format!("/{path}"), bytes);
            }
        }
    }

    fn json(&mut self, path: &str, value: &serde_json::Value) {
        self.files.insert(path.to_owned(), value.to_string().into_bytes());
    }

    /// Replaces identifiers in everything: contents, names, targets of links.
    pub(super) fn mask(&mut self, mask: &Mask) {
        let dirs = std::mem::take(&mut self.dirs);
        self.dirs.extend(dirs.iter().map(|path| mask.path(path)));
        let links = std::mem::take(&mut self.links);
        let masked = |(path, target): (String, String)| (mask.path(&path), mask.path(&target));
        self.links.extend(links.into_iter().map(masked));
        let files = std::mem::take(&mut self.files);
        for (path, bytes) in files {
            self.files.insert(mask.path(&path), mask.file(&path, bytes));
        }
    }
}

/// Returns the paths that fit a pattern.
fn expand(root: &Sysroot, pattern: &str) -> Vec<String> {
    let mut paths = vec![String::new()];
    for part in pattern.split('/').skip(1) {
        let mut next = Vec::new();
        for path in paths {
            if part == "*" {
                let names = root.list(&path).unwrap_or_default();
                next.extend(names.iter().map(|name| format!("{path}/{name}")));
            } else {
                next.push(format!("{path}/{part}"));
            }
        }
        paths = next;
    }
    paths
}
