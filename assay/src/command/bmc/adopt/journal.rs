//! Edge: the journal of an adoption: a line for each step that is begun or done, so that a run that
//! was cut short goes on where it stopped.
//!
//! A step is on the disk before it is begun. Its owner alone reads the file, and no secret is in it.
//! A last line that is torn does not count: the step is looked at again.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs::{File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use bmc::adopt::Step;
use profiles::Text;
use serde_json::{Value, json};

use crate::{
    clock,
    command::{bmc::lock, read_bounded},
    failure::Failure,
    lang::text,
};

const SCHEMA: &str = "assay/bmc-adopt/v1";
/// Bytes that are read at most: 100,000 hosts with 20 lines each.
const LARGEST: u64 = 1 << 30;

/// What the journal says of one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Past {
    /// Steps that were done.
    pub(super) done: BTreeSet<Step>,
    /// Steps that were begun, done or not.
    pub(super) begun: BTreeSet<Step>,
    /// The host was told to be done with.
    pub(super) whole: bool,
}

/// A journal that is open, and ours alone.
pub(super) struct Journal {
    file: RefCell<File>,
    pub(super) past: BTreeMap<String, Past>,
}

impl Journal {
    /// Opens a journal, or begins one. `wanted` is what is asked for, without a secret.
    pub(super) fn open(path: &Path, wanted: &Value) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let unusable = || text("无法使用日志文件 `{}`", "cannot use the journal `{}`", &[&name]);
        let unable = |error: io::Error| Failure::unable(unusable()).because(error);
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW;
        let flags = i32::try_from(flags.bits()).unwrap_or_default();
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600).custom_flags(flags);
        let mut file = options.open(path).map_err(unable)?;
        let about = file.metadata().map_err(unable)?;
        if !about.is_file() || about.mode() & 0o077 != 0 {
            return Err(Failure::usage(unusable())
                .because("it is no regular file, or others may read it")
                .hint(Text::same(format!("chmod 600 {name}"))));
        }
        if !lock::alone(&file) {
            return Err(Failure::usage(unusable()).because("another run is writing it"));
        }
        let bytes = read_bounded(path, LARGEST).map_err(unable)?;
        let (past, whole) = match read(&bytes) {
            Ok(Some((head, past, whole))) if head == *wanted => (past, whole),
            Ok(Some(_)) => {
                return Err(Failure::usage(unusable())
                    .because("it is of an adoption with other arguments or another list")
                    .hint(Text::new(
                        "接着做须用同样的命令和清单；否则另用一个文件",
                        "the same command and list go on with it; another one takes a file of its own",
                    )));
            }
            Ok(None) => {
                file.set_len(0).map_err(unable)?;
                let first = json!({ "schema": SCHEMA, "wanted": wanted, "at": clock::now() });
                writeln!(file, "{first}").and_then(|()| file.sync_all()).map_err(unable)?;
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = File::open(folder.unwrap_or(Path::new(".")));
                folder.and_then(|folder| folder.sync_all()).map_err(unable)?;
                return Ok(Self { file: RefCell::new(file), past: BTreeMap::new() });
            }
            Err(line) => {
                return Err(Failure::usage(unusable())
                    .because(format!("line {line} is none of a journal of `assay bmc adopt`"))
                    .hint(Text::new(
                        "换一个文件名；本程序不改写不是它写的文件",
                        "name another file: what this program did not write it does not write over",
                    )));
            }
        };
        if whole < bytes.len() {
            file.set_len(u64::try_from(whole).unwrap_or(u64::MAX)).map_err(unable)?;
        }
        Ok(Self { file: RefCell::new(file), past })
    }

    /// Notes that a step is begun; it is on the disk when this returns.
    pub(super) fn begin(&self, host: &str, step: Step) -> io::Result<()> {
        self.write(&json!({ "host": host, "begun": step.text(), "at": clock::now() }))
    }

    /// Notes that a step is done.
    pub(super) fn done(&self, host: &str, step: Step) -> io::Result<()> {
        self.write(&json!({ "host": host, "done": step.text(), "at": clock::now() }))
    }

    /// Notes that all of a host is done.
    pub(super) fn whole(&self, host: &str) -> io::Result<()> {
        self.write(&json!({ "host": host, "whole": true, "at": clock::now() }))
    }

    fn write(&self, line: &Value) -> io::Result<()> {
        let mut file = self.file.borrow_mut();
        file.write_all(format!("{line}\n").as_bytes())?;
        file.sync_data()
    }
}

type Read = (Value, BTreeMap<String, Past>, usize);

/// Reads a journal: what was wanted, what of it is done, and the bytes of whole lines; nothing where
/// there is not even a first line. The error is the line that is none.
fn read(bytes: &[u8]) -> Result<Option<Read>, usize> {
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let mut lines = bytes.get(..whole).unwrap_or_default().split_inclusive(|byte| *byte == b'\n');
    let Some(first) = lines.next() else {
        // What has no end of a line, and is no beginning of ours, is somebody else's.
        let ours = bytes.is_empty() || bytes.first() == Some(&b'{');
        return if ours { Ok(None) } else { Err(1) };
    };
    let first: Value = serde_json::from_slice(first).map_err(|_error| 1_usize)?;
    if first.get("schema").and_then(Value::as_str) != Some(SCHEMA) {
        return Err(1);
    }
    let wanted = first.get("wanted").cloned().ok_or(1_usize)?;
    let mut past: BTreeMap<String, Past> = BTreeMap::new();
    for (at, line) in lines.enumerate() {
        let wrong = at + 2;
        let line: Value = serde_json::from_slice(line).map_err(|_error| wrong)?;
        let word = |name: &str| line.get(name).and_then(Value::as_str);
        let host = past.entry(word("host").ok_or(wrong)?.to_owned()).or_default();
        match (word("begun"), word("done")) {
            (Some(step), _) => {
                host.begun.insert(Step::of(step).ok_or(wrong)?);
            }
            (None, Some(step)) => {
                host.done.insert(Step::of(step).ok_or(wrong)?);
            }
            (None, None) if line.get("whole") == Some(&Value::Bool(true)) => host.whole = true,
            (None, None) => return Err(wrong),
        }
    }
    Ok(Some((wanted, past, whole)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_journal_that_is_cut_anywhere_tells_what_was_written_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("journal");
        let wanted = json!({ "hosts": ["192.0.2.7"] });
        let journal = Journal::open(&path, &wanted).expect("begun");
        journal.begin("192.0.2.7", Step::User).expect("written");
        journal.done("192.0.2.7", Step::User).expect("written");
        // It is held.
        assert!(Journal::open(&path, &wanted).is_err());
        drop(journal);
        let whole = std::fs::read(&path).expect("a file");
        let first = whole.iter().position(|byte| *byte == b'\n').expect("a line");
        for length in 0..=whole.len() {
            std::fs::write(&path, whole.get(..length).expect("within")).expect("written");
            let journal = Journal::open(&path, &wanted).expect("it goes on");
            let past = journal.past.get("192.0.2.7").cloned().unwrap_or_default();
            assert_eq!(past.done.contains(&Step::User), length == whole.len(), "{length}");
            assert!(length > first || past.begun.is_empty(), "{length}");
        }
        let journal = Journal::open(&path, &wanted).expect("whole");
        assert_eq!(journal.past.len(), 1);
        drop(journal);
        assert!(Journal::open(&path, &json!({ "hosts": [] })).is_err(), "another list");
        std::fs::write(&path, "address,serial\n").expect("written");
        assert!(Journal::open(&path, &wanted).is_err(), "another file");
    }
}
