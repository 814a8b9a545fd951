//! Runs on storage that were made before: read from files, joined, and whose they are.

use std::path::{Path, PathBuf};

use profiles::Profile;
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

/// Refuses runs of several volumes where a report is of one.
pub(super) fn of_this_volume(
    profile: &Profile,
    storage: &Storage,
    name: &str,
) -> Result<(), Failure> {
    if !profile.subject.has_volumes() {
        return Ok(());
    }
    match subjects(storage).find(|subject| named(subject) != name) {
        None => Ok(()),
        Some(other) => Err(Failure::unable(text(
            "运行记录属于不同的卷：`{}` 与 `{}`",
            "the runs are of different volumes: `{}` and `{}`",
            &[name, named(other)],
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
}
