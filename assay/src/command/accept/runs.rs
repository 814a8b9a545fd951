//! Runs on storage that were made before: read from files, joined, and whose they are.

use std::path::{Path, PathBuf};

use profiles::{Extent, Profile};
use storage_bench::measurement::{self, SCHEMA, Storage};

use super::StorageRuns;
use crate::{command, console::Console, failure::Failure, lang::text};

/// Runs hold a line for each second of hours.
const LARGEST_RUNS: u64 = 256 << 20;
/// The schema of what `assay storage accept` keeps: runs and comparisons of one volume.
const KEPT: &str = "storage-runs/v1";

/// Reads runs from files, in their order. What is in several is one; the same id of
/// different runs refuses.
pub(super) fn read(
    files: &[PathBuf],
    console: &mut Console,
) -> Result<Option<StorageRuns>, Failure> {
    let mut all: Option<StorageRuns> = None;
    for file in files {
        let (storage, name) = read_one(file)?;
        match &mut all {
            None => all = Some((storage, name)),
            Some((known, _)) => {
                let twice = join(known, storage).map_err(|id| {
                    let file = file.display().to_string();
                    Failure::usage(text(
                        "`{}` 中的 `{}` 与先前文件中同号的内容不同",
                        "`{}` has a `{}` that differs from the one of the same id before it",
                        &[&file, &id],
                    ))
                })?;
                if twice > 0 {
                    let file = file.display().to_string();
                    console.note(&text(
                        "`{}` 中有 {} 次运行在先前的文件中已有，只计一次",
                        "{1} runs of `{0}` are in an earlier file too: they count once",
                        &[&file, &twice.to_string()],
                    ));
                }
            }
        }
    }
    Ok(all)
}

/// Adds `more` to `known`. Returns how many were there already, or the id of what differs.
fn join(known: &mut Storage, more: Storage) -> Result<usize, String> {
    let runs = united(&mut known.run, more.run, |run| &run.id)?;
    let compared = united(&mut known.snapshot, more.snapshot, |compared| &compared.id)?;
    known.pts.extend(more.pts);
    known.disk.extend(more.disk);
    Ok(runs + compared)
}

/// Adds what is not there yet; returns how many were there.
fn united<T: PartialEq>(
    known: &mut Vec<T>,
    more: Vec<T>,
    id: fn(&T) -> &String,
) -> Result<usize, String> {
    let mut twice = 0;
    for one in more {
        match known.iter().find(|other| id(other) == id(&one)) {
            Some(other) if *other == one => twice += 1,
            Some(_) => return Err(id(&one).clone()),
            None => known.push(one),
        }
    }
    Ok(twice)
}

fn read_one(path: &Path) -> Result<StorageRuns, Failure> {
    let name = path.display().to_string();
    let cannot =
        || Failure::usage(text("无法读取运行记录 `{}`", "cannot read runs `{}`", &[&name]));
    let bytes =
        command::read_bounded(path, LARGEST_RUNS).map_err(|error| cannot().because(error))?;
    let storage = typed_json::parse(&bytes);
    let mut storage: Storage = storage.map_err(|error| cannot().because(error))?;
    if storage.schema != SCHEMA && storage.schema != KEPT {
        return Err(cannot().because(std::io::Error::other(format!(
            "its schema is `{}`, not `{SCHEMA}`",
            storage.schema
        ))));
    }
    SCHEMA.clone_into(&mut storage.schema);
    let volume = subjects(&storage).next().map_or_else(|| name.clone(), |of| named(of).to_owned());
    Ok((storage, volume))
}

fn subjects(storage: &Storage) -> impl Iterator<Item = &measurement::Subject> {
    let runs = storage.run.iter().map(|run| &run.subject);
    runs.chain(storage.snapshot.iter().map(|compared| &compared.subject))
}

fn named(subject: &measurement::Subject) -> &String {
    subject.wwid.as_ref().or(subject.serial.as_ref()).unwrap_or(&subject.path)
}

/// Returns the volume that a report is of, where runs on volumes tell of the profile's subject.
///
/// A report is of one volume or array: runs on several are refused. A storage of many nodes has
/// many volumes, and where the runs are on several the report is of none of them alone.
pub(super) fn volume_of(
    profile: &Profile,
    storage: &Storage,
    name: String,
) -> Result<Option<String>, Failure> {
    if !profile.subject.has_volumes() {
        return Ok(None);
    }
    match subjects(storage).find(|subject| *named(subject) != name) {
        None => Ok(Some(name)),
        Some(_) if profile.subject.extent() != Extent::Device => Ok(None),
        Some(other) => Err(Failure::unable(text(
            "运行记录属于不同的卷：`{}` 与 `{}`",
            "the runs are of different volumes: `{}` and `{}`",
            &[&name, named(other)],
        ))),
    }
}

#[cfg(test)]
mod tests {
    use storage_bench::abba::{About, compare};

    use super::*;

    fn one(id: &str, offered_iops: u64) -> Storage {
        let about = About { id: id.to_owned(), offered_iops, ..About::default() };
        let compared = compare(about, &[], Vec::new(), Vec::new());
        Storage { snapshot: vec![compared], ..Storage::new(Vec::new()) }
    }

    #[test]
    fn what_is_in_several_files_counts_once_and_what_differs_is_refused() {
        let mut known = one("a", 1);
        assert_eq!(join(&mut known, one("b", 1)), Ok(0));
        assert_eq!(join(&mut known, one("a", 1)), Ok(1));
        assert_eq!(known.snapshot.len(), 2);
        assert_eq!(join(&mut known, one("a", 2)), Err("a".to_owned()));
    }
    /// Returns a comparison on the volume `wwid`.
    fn on(wwid: &str) -> Storage {
        let subject =
            measurement::Subject { wwid: Some(wwid.to_owned()), ..measurement::Subject::default() };
        let about = About { id: wwid.to_owned(), subject, ..About::default() };
        let compared = compare(about, &[], Vec::new(), Vec::new());
        Storage { snapshot: vec![compared], ..Storage::new(Vec::new()) }
    }

    #[test]
    fn a_report_of_an_array_is_of_one_volume_and_one_of_a_storage_may_be_of_several() {
        let catalogue = profiles::Catalogue::bundled();
        let of = |id: &str, storage: &Storage| {
            let profile = catalogue.profile(&format!("gd-gov-cloud/{id}")).unwrap();
            volume_of(&profile, storage, "a".to_owned())
                .map_err(|failure| failure.message.en.clone())
        };
        let alone = on("a");
        let mut both = on("a");
        assert_eq!(join(&mut both, on("b")), Ok(0));
        for id in ["evs@high", "ssd-array", "disk-array"] {
            assert_eq!(of(id, &alone), Ok(Some("a".to_owned())), "{id}");
            let refused = of(id, &both).unwrap_err();
            assert!(refused.contains("`a`") && refused.contains("`b`"), "{id}: {refused}");
        }
        assert_eq!(of("distributed-storage", &alone), Ok(Some("a".to_owned())));
        assert_eq!(of("distributed-storage", &both), Ok(None));
        // What is about no volume keeps the machine it was judged on.
        assert_eq!(of("evs-service", &alone), Ok(None));
    }
}
