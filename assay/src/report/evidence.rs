//! Evidence files: what they are called in the report, what rests on them.
//!
//! A name comes from a machine or from a file that a supplier sent, and is used
//! as a path on the disks of whoever receives the report. So it is made safe for
//! every file system in use, the original stays in the index as the source.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// A file that facts or decisions rest on; any text is safe as its path.
pub use inventory::collect::EvidenceFile;

use super::{digest::Digests, document::EvidenceEntry, merkle};

/// Folder of the evidence in a report.
pub const FOLDER: &str = "evidence";

/// Longest name of one folder or file, in bytes of UTF-8.
///
/// File systems take 255; archives and other scripts' encodings want reserve.
const LONGEST_NAME: usize = 120;

/// Evidence with its place in the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// What the index says of it.
    pub entry: EvidenceEntry,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// Gives each file a place in the report, sorted by path.
///
/// `taken` names paths that are in use already; names that differ only in case
/// count as one. `folder` is put before every path.
pub fn place(
    files: Vec<EvidenceFile>,
    folder: &str,
    subject: &str,
    taken: &[String],
) -> Vec<Placed> {
    let mut used = BTreeSet::new();
    used.extend(taken.iter().map(|path| path.to_lowercase()));
    let mut placed: Vec<Placed> = files
        .into_iter()
        .map(|file| {
            let path = unused(folder, &safe_path(&file.path), &mut used);
            Placed {
                entry: EvidenceEntry {
                    path,
                    bytes: u64::try_from(file.bytes.len()).unwrap_or(u64::MAX),
                    digests: Digests::of(&file.bytes),
                    subject: subject.to_owned(),
                    source: file.locator,
                },
                bytes: file.bytes,
            }
        })
        .collect();
    tiny_sort::stable::sort_by(&mut placed, |a, b| a.entry.path.cmp(&b.entry.path));
    placed
}

/// Returns the root of the tree over an index.
pub fn root(index: &[EvidenceEntry]) -> Digests {
    merkle::root(index.iter().map(|entry| (entry.path.as_str(), &entry.digests)))
}

/// Returns a path that no file system, archive or shell trips over.
///
/// Letters and digits of any script stay, and `. _ - + @ =`; everything else
/// becomes `_`. Folders that mean something (`.`, `..`) and names that Windows
/// reserves are changed.
pub fn safe_path(path: &str) -> String {
    let names: Vec<String> =
        path.split(['/', '\\']).filter(|name| !name.is_empty()).map(safe_name).collect();
    if names.is_empty() { "unnamed".to_owned() } else { names.join("/") }
}

fn safe_name(name: &str) -> String {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '@' | '=');
    let mut safe: String = name.chars().map(|c| if kept(c) { c } else { '_' }).collect();
    while safe.len() > LONGEST_NAME {
        safe.pop();
    }
    if safe.ends_with('.') {
        safe.push('_');
    }
    let stem = safe.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let device = matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
        || ["com", "lpt"].iter().any(|port| {
            stem.strip_prefix(port)
                .is_some_and(|n| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()))
        });
    if device || safe.starts_with('.') || safe.starts_with('-') {
        safe.insert(0, '_');
    }
    safe
}

/// Returns a path below `folder` that is free: `path` itself, the path in one
/// name where it would go through another file, or the first of them with `~2`,
/// `~3`, … behind it.
fn unused(folder: &str, path: &str, taken: &mut BTreeSet<String>) -> String {
    let free = |candidate: &str| {
        let folded = candidate.to_lowercase();
        let below = format!("{folded}/");
        let is_folder =
            taken.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below));
        let through_file = folded
            .match_indices('/')
            .filter_map(|(at, _)| folded.get(..at))
            .any(|outer| taken.contains(outer));
        !taken.contains(&folded) && !is_folder && !through_file
    };
    let flat = path.replace('/', "_");
    let chosen = [format!("{folder}/{path}"), format!("{folder}/{flat}")]
        .into_iter()
        .chain((2..u64::MAX).map(|n| format!("{folder}/{flat}~{n}")))
        .find(|candidate| free(candidate))
        .unwrap_or_else(|| format!("{folder}/{flat}"));
    taken.insert(chosen.to_lowercase());
    chosen
}

/// Finds the evidence that locators of facts rest on.
#[derive(Debug, Default)]
pub struct Linker {
    by_locator: BTreeMap<String, BTreeSet<String>>,
}

impl Linker {
    /// Prepares for the sources of `facts` and the files of `index`.
    ///
    /// A source names the digest of the file it was read from; where it names
    /// none, the file of the same locator, or of the same place, is meant.
    pub fn new(facts: &Value, index: &[EvidenceEntry]) -> Self {
        let mut by_digest: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut by_locator: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for entry in index {
            by_digest.entry(&entry.digests.sha256).or_default().push(&entry.path);
            by_locator.entry(entry.source.clone()).or_default().insert(entry.path.clone());
        }
        for source in sources(facts) {
            let Some(locator) = source.get("locator").and_then(Value::as_str) else { continue };
            let digest = source.get("digest").and_then(Value::as_str).unwrap_or_default();
            let digest = digest.strip_prefix("sha256:").unwrap_or(digest);
            if let Some(paths) = by_digest.get(digest) {
                by_locator
                    .entry(locator.to_owned())
                    .or_default()
                    .extend(paths.iter().map(|&path| path.to_owned()));
            }
        }
        Self { by_locator }
    }

    /// Returns the paths of the evidence that `locators` rest on, sorted.
    pub fn paths(&self, locators: &[String]) -> Vec<String> {
        let found = locators.iter().filter_map(|locator| self.of(locator)).flatten();
        let mut paths: Vec<String> = found.cloned().collect();
        tiny_sort::stable::sort(&mut paths);
        paths.dedup();
        paths
    }

    fn of(&self, locator: &str) -> Option<&BTreeSet<String>> {
        let whole_file = locator.split_once('#').map(|(file, _)| file);
        std::iter::once(locator).chain(whole_file).find_map(|locator| self.by_locator.get(locator))
    }
}

fn sources(facts: &Value) -> impl Iterator<Item = &Value> {
    facts
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::values)
        .filter_map(|document| document.get("sources")?.as_array())
        .flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn file(path: &str) -> EvidenceFile {
        EvidenceFile {
            path: path.to_owned(),
            bytes: path.into(),
            locator: format!("sysfs:/{path}"),
        }
    }

    #[test]
    fn names_are_safe_on_every_file_system() {
        for (given, safe) in [
            ("sys/firmware/dmi/tables/DMI", "sys/firmware/dmi/tables/DMI"),
            ("../../etc/passwd", "_.._/_.._/etc/passwd"),
            ("/sys/bus/pci/devices/0000:3b:00.0/config", "sys/bus/pci/devices/0000_3b_00.0/config"),
            ("C:\\temp\\a b.txt", "C_/temp/a_b.txt"),
            ("检测 资料.pdf", "检测_资料.pdf"),
            ("NUL", "_NUL"),
            ("com1.txt", "_com1.txt"),
            ("-rf", "_-rf"),
            ("a\u{202e}gpj.exe", "a_gpj.exe"),
            ("\n\0", "__"),
            ("///", "unnamed"),
            ("trailing.", "trailing._"),
        ] {
            assert_eq!(safe_path(given), safe, "{given:?}");
        }
    }

    #[test]
    fn files_of_one_name_or_below_a_file_get_places_of_their_own() {
        let files = ["a/b", "A/B", "a/b", "a", "a/b/c"].map(file).to_vec();
        let placed = place(files, FOLDER, "serial:1", &[]);
        let paths: Vec<&str> = placed.iter().map(|p| p.entry.path.as_str()).collect();
        assert_eq!(
            paths,
            ["evidence/A_B", "evidence/a/b", "evidence/a_b_c", "evidence/a_b~2", "evidence/a~2"]
        );
    }

    proptest! {
        #[test]
        fn no_name_leaves_the_folder_or_is_used_twice(
            names in proptest::collection::vec("[a./\\\\\\pC中:]{0,12}", 1..12)
        ) {
            let placed = place(names.iter().map(|n| file(n)).collect(), FOLDER, "", &[]);
            let mut seen = BTreeSet::new();
            for Placed { entry, .. } in &placed {
                prop_assert!(seen.insert(entry.path.to_lowercase()));
                prop_assert!(entry.path.starts_with("evidence/"));
                for name in entry.path.split('/') {
                    prop_assert!(!name.is_empty() && name != "." && name != ".." && name.len() < 200);
                }
            }
            for (a, b) in placed.iter().flat_map(|a| placed.iter().map(move |b| (a, b))) {
                let below = format!("{}/", a.entry.path);
                prop_assert!(!b.entry.path.starts_with(&below));
            }
        }
    }

    #[test]
    fn a_row_finds_its_evidence_by_the_digest_its_source_names() {
        let placed = place(vec![file("sys/DMI"), file("dump.txt")], FOLDER, "", &[]);
        let index: Vec<_> = placed.into_iter().map(|p| p.entry).collect();
        let digest = format!("sha256:{}", Digests::of(b"sys/DMI").sha256);
        let facts = json!({"inventory": {"sources": [
            {"kind": "smbios", "locator": "smbios:17/0x0021", "digest": digest},
            {"kind": "smbios", "locator": "smbios:17/0x0022"},
        ]}});
        let linker = Linker::new(&facts, &index);
        let paths = |locator: &str| linker.paths(&[locator.to_owned()]);
        assert_eq!(paths("smbios:17/0x0021"), ["evidence/sys/DMI"]);
        assert_eq!(paths("sysfs:/dump.txt#line 3"), ["evidence/dump.txt"]);
        assert_eq!(paths("smbios:17/0x0022"), Vec::<String>::new());
        assert_eq!(paths("nvme:/dev/nvme0"), Vec::<String>::new());
    }
}
