//! Synthetic roots for tests: what a kernel would show, written by hand.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::Sysroot;
use crate::model::{Section, SectionState};

use super::{Builder, Collected, Options};

/// A root in a scratch directory.
pub(crate) struct Tree {
    dir: tempfile::TempDir,
}

impl Tree {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a scratch directory");
        fs::create_dir_all(dir.path().join("sys")).expect("mkdir");
        Self { dir }
    }

    /// Where `path` of the root is.
    pub(crate) fn place(&self, path: &str) -> PathBuf {
        let place = self.dir.path().join(path.trim_start_matches('/'));
        fs::create_dir_all(place.parent().expect("a parent")).expect("mkdir");
        place
    }

    pub(crate) fn dir(self, path: &str) -> Self {
        fs::create_dir_all(self.place(path)).expect("mkdir");
        self
    }

    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        fs::write(self.place(path), format!("{text}\n")).expect("write");
        self
    }

    /// Writes several files of one directory.
    pub(crate) fn files(self, base: &str, files: &[(&str, &str)]) -> Self {
        files.iter().fold(self, |tree, (name, text)| tree.file(&format!("{base}/{name}"), text))
    }

    pub(crate) fn link(self, path: &str, target: &str) -> Self {
        symlink(target, self.place(path)).expect("symlink");
        self
    }

    /// Adds a PCI function below `parent` (a path under `/sys/devices`), with
    /// its link in the bus's list.
    pub(crate) fn pci(self, parent: &str, address: &str, ids: [&str; 3]) -> Self {
        let [vendor, device, class] = ids;
        let base = format!("/sys/devices/{parent}/{address}");
        let files = [("vendor", vendor), ("device", device), ("class", class)];
        self.files(&base, &files).link(
            &format!("/sys/bus/pci/devices/{address}"),
            &format!("../../../devices/{parent}/{address}"),
        )
    }

    /// Adds a network interface below a device.
    pub(crate) fn net(self, device: &str, name: &str, files: &[(&str, &str)]) -> Self {
        let base = format!("/sys/devices/{device}/net/{name}");
        self.files(&base, &[("type", "1"), ("address", "00:16:3e:00:00:01")])
            .files(&base, files)
            .link(&format!("{base}/device"), "../..")
            .link(&format!("/sys/class/net/{name}"), &format!("../../devices/{device}/net/{name}"))
    }

    /// Adds an interface without hardware, above `lower`.
    pub(crate) fn soft(self, name: &str, lower: &[&str]) -> Self {
        let base = format!("/sys/devices/virtual/net/{name}");
        let tree = self
            .files(&base, &[("type", "1")])
            .link(&format!("/sys/class/net/{name}"), &format!("../../devices/virtual/net/{name}"));
        lower.iter().fold(tree, |tree, lower| {
            tree.link(&format!("{base}/lower_{lower}"), &format!("../../../../class/net/{lower}"))
        })
    }

    pub(crate) fn root(&self) -> Sysroot {
        Sysroot::at(self.dir.path()).expect("a root")
    }

    /// Runs one collector over this root.
    pub(crate) fn run(&self, collector: fn(&Sysroot, &Options, &Builder)) -> Collected {
        self.run_with(collector, &Options::default())
    }

    pub(crate) fn run_with(
        &self,
        collector: fn(&Sysroot, &Options, &Builder),
        options: &Options,
    ) -> Collected {
        let builder = Builder::default();
        collector(&self.root(), options, &builder);
        builder.take()
    }
}

/// Returns the state and reason of a section.
pub(crate) fn status(collected: &Collected, section: Section) -> (SectionState, String) {
    let status = collected.inventory.sections.get(&section).expect("the section has a status");
    (status.status, status.reason.clone().unwrap_or_default())
}
