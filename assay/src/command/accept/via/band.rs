//! What was collected on machines themselves, sorted by the machine that it is of.
//!
//! Sources that name their machine (SMBIOS, Redfish, an inventory) belong to it by serial number or
//! UUID. One that does not, as a disk's, belongs to the machine of its folder: what names one there.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use inventory::{Inventory, merge::same_machine};
use profiles::Text;

use crate::{
    command::{
        machine,
        report::folder_failure,
        sources::{self, Imported, Unusable},
    },
    failure::Failure,
    report::{
        evidence::EvidenceFile,
        folder::{self, Loaded},
        manifest::RESULT,
    },
};

/// What is of one machine.
#[derive(Debug, Default)]
pub(super) struct Set {
    /// Its descriptions.
    pub(super) parts: Vec<Inventory>,
    /// What they were read from, for the evidence.
    pub(super) evidence: Vec<EvidenceFile>,
    /// What was read, for the report.
    pub(super) inputs: Vec<String>,
    /// The folder that it was found in.
    folder: PathBuf,
}

/// All that was collected, by machine.
#[derive(Debug, Default)]
pub(super) struct Band {
    sets: Vec<Set>,
}

impl Band {
    /// Reads files, folders of them, recorded roots, and reports of earlier runs.
    pub(super) fn read(paths: &[PathBuf]) -> Result<(Self, Vec<Unusable>), Failure> {
        let mut band = Self::default();
        let mut unusable = Vec::new();
        for path in paths {
            for (path, is_report) in entries(path) {
                if is_report {
                    band.sets.push(of_report(&path)?);
                } else {
                    band.gather(path, &mut unusable)?;
                }
            }
        }
        band.assign();
        Ok((band, unusable))
    }

    fn gather(&mut self, path: PathBuf, unusable: &mut Vec<Unusable>) -> Result<(), Failure> {
        let found = sources::gather(&[path])?;
        unusable.extend(found.unusable);
        for root in found.roots {
            let opened = machine::open_root(Some(&root))?;
            let options = inventory::collect::Options::default();
            let collected = inventory::collect::collect(&opened.sysroot, &options, &|_| {});
            let evidence = collected.evidence.into_iter().map(|file| EvidenceFile {
                path: file.path,
                bytes: file.bytes,
                locator: file.locator,
            });
            self.sets.push(Set {
                parts: vec![collected.inventory],
                evidence: evidence.collect(),
                inputs: vec![root.display().to_string()],
                folder: above(&root),
            });
        }
        for Imported { name, writer, inventory, bytes } in found.imported {
            let locator = format!("import:{name}");
            let evidence = EvidenceFile { path: super::super::file_name(&name), bytes, locator };
            self.sets.push(Set {
                parts: vec![inventory],
                evidence: vec![evidence],
                inputs: vec![format!("{writer}: {name}")],
                folder: above(Path::new(&name)),
            });
        }
        Ok(())
    }

    /// Puts together what is of one machine.
    fn assign(&mut self) {
        let mut sorted: Vec<Set> = Vec::new();
        let mut nameless = Vec::new();
        for set in self.sets.drain(..) {
            let names = set.parts.first().and_then(|part| part.system.as_ref());
            if names.is_none_or(|system| system.serial.is_none() && system.uuid.is_none()) {
                nameless.push(set);
                continue;
            }
            match sorted.iter_mut().find(|known| known.is_same(&set)) {
                Some(known) => known.add(set),
                None => sorted.push(set),
            }
        }
        let mut by_folder: BTreeMap<PathBuf, Vec<usize>> = BTreeMap::new();
        for (at, set) in sorted.iter().enumerate() {
            by_folder.entry(set.folder.clone()).or_default().push(at);
        }
        for set in nameless {
            // Where a folder has several machines, nobody can say whose it is.
            let only = match by_folder.get(&set.folder).map(Vec::as_slice) {
                Some([only]) => sorted.get_mut(*only),
                _ => None,
            };
            match only {
                Some(known) => known.add(set),
                None => sorted.push(set),
            }
        }
        self.sets = sorted;
    }

    /// Takes out what is of the machine that its BMC describes so.
    pub(super) fn take(&mut self, told: &Inventory) -> Vec<Set> {
        let is_of = |set: &Set| set.parts.iter().any(|part| same_machine(part, told) == Some(true));
        let (taken, left) = self.sets.drain(..).partition(is_of);
        self.sets = left;
        taken
    }

    /// Returns the names of what nobody took.
    pub(super) fn left(&self) -> Vec<String> {
        self.sets.iter().flat_map(|set| set.inputs.iter().cloned()).collect()
    }
}

impl Set {
    fn is_same(&self, other: &Self) -> bool {
        let pairs = self.parts.iter().flat_map(|one| other.parts.iter().map(move |two| (one, two)));
        pairs.filter_map(|(one, two)| same_machine(one, two)).any(|is| is)
    }

    fn add(&mut self, other: Self) {
        self.parts.extend(other.parts);
        self.evidence.extend(other.evidence);
        self.inputs.extend(other.inputs);
    }
}

/// Returns what is looked at for a path: of a folder its entries, so that each machine may have its
/// own; and whether it is a report.
fn entries(path: &Path) -> Vec<(PathBuf, bool)> {
    let is_report = |path: &Path| path.join(RESULT).is_file() || path.ends_with(RESULT);
    if is_report(path) {
        return vec![(path.to_owned(), true)];
    }
    let Ok(found) = fs::read_dir(path) else { return vec![(path.to_owned(), false)] };
    let mut reports: Vec<PathBuf> =
        found.flatten().map(|entry| entry.path()).filter(|path| is_report(path)).collect();
    tiny_sort::stable::sort(&mut reports);
    if reports.is_empty() {
        return vec![(path.to_owned(), false)];
    }
    reports.into_iter().map(|path| (path, true)).collect()
}

/// Reads what a report of an earlier run was judged by.
fn of_report(path: &Path) -> Result<Set, Failure> {
    let loaded = folder::load(path).map_err(folder_failure)?;
    let (inventory, evidence, input) = read_again(&loaded)?;
    Ok(Set {
        parts: vec![inventory],
        evidence: vec![evidence],
        inputs: vec![input],
        folder: above(&loaded.folder),
    })
}

/// Returns the inventory that a report was judged by, as evidence too, and what it is called among
/// what was read.
pub(in crate::command::accept) fn read_again(
    loaded: &Loaded,
) -> Result<(Inventory, EvidenceFile, String), Failure> {
    let name = loaded.folder.display().to_string();
    let facts = loaded.report.facts.get("inventory").cloned().unwrap_or_default();
    let inventory: Inventory = typed_json::read(&facts).map_err(|error| {
        Failure::unable(Text::new(
            "测试记录中没有可读的硬件清单",
            "the report holds no inventory that can be read",
        ))
        .because(error)
    })?;
    let evidence = EvidenceFile {
        path: "import/report-inventory.json".to_owned(),
        bytes: facts.to_string().into_bytes(),
        locator: format!("import:{name}"),
    };
    Ok((inventory, evidence, format!("report: {name}")))
}

fn above(path: &Path) -> PathBuf {
    path.parent().map(Path::to_owned).unwrap_or_default()
}
