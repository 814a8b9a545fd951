//! The journal of a test on disk: each line is there before the next step begins.

use std::{
    fs,
    io::{self, Seek as _, Write as _},
    path::Path,
};

use storage_bench::{
    pts::{Entry, Journal},
    safety::Fingerprint,
};

use crate::{failure::Failure, lang::text};

/// A test, and the file its lines go to.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) journal: Journal,
    file: fs::File,
    name: String,
}

/// The name of the journal in the folder of a test.
const NAME: &str = "journal.jsonl";

/// Reads the journal in `out`; `None` where there is none.
pub(super) fn read(out: &Path) -> Result<Option<Journal>, Failure> {
    let file = out.join(NAME);
    let name = file.display().to_string();
    match fs::read(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            Err(Failure::unable(text("无法读取 `{}`", "cannot read `{}`", &[&name])).because(error))
        }
        // Killed before its first line was there.
        Ok(bytes) if !bytes.contains(&b'\n') => Ok(None),
        Ok(bytes) => Journal::read(&bytes).map(|(journal, _)| Some(journal)).map_err(|error| {
            let what = text("`{}` 不是测试日志", "`{}` is no journal of a test", &[&name]);
            Failure::usage(what).because(error).hint(text(
                "用 --out 另指目录",
                "name another folder with --out",
                &[],
            ))
        }),
    }
}

/// Refuses where the journal is of another device or of another test.
pub(super) fn same(kept: &Journal, now: &Journal, out: &Path) -> Result<(), Failure> {
    let name = out.display().to_string();
    let differs = |what: &str, then: &str, now: &str| {
        let list = format!("{what}: {then} ≠ {now}");
        Failure::usage(text(
            "`{}` 中是另一测试（{}）",
            "`{}` holds another test ({})",
            &[&name, &list],
        ))
        .hint(text(
            "续测须用相同的命令；新的测试用 --out 另指目录",
            "resume it by the same command, or name another folder with --out for a new test",
            &[],
        ))
    };
    let (then, today) = (kept.target(), now.target());
    // A file that is made anew has nothing but its path.
    if then.number.is_none() && then.path != today.path {
        return Err(differs("path", &then.path, &today.path));
    }
    let stable = |print: &Fingerprint| Fingerprint { disk_sequence: None, ..print.clone() };
    let devices = stable(kept.target()).differences(&stable(now.target()));
    if let Some((what, then, now)) = devices.first() {
        return Err(differs(what, then, now));
    }
    match kept.settings().differences(now.settings()).first() {
        None => Ok(()),
        Some((what, then, now)) => Err(differs(what, then, now)),
    }
}

impl Kept {
    /// Begins a journal in `out`, in the place of any that is there.
    pub(super) fn begin(journal: Journal, out: &Path) -> Result<Self, Failure> {
        let make = || {
            fs::create_dir_all(out)?;
            let file = fs::File::create(out.join(NAME))?;
            // The name is on disk before anything is written to the device.
            fs::File::open(out)?.sync_all()?;
            Ok(file)
        };
        let name = out.join(NAME).display().to_string();
        let file = make().map_err(|error| cannot_write(&name, error))?;
        let mut kept = Self { journal, file, name };
        let first = kept.journal.first();
        kept.append(&first)?;
        Ok(kept)
    }

    /// Goes on with the journal in `out`, a line that was cut short left out.
    pub(super) fn go_on(journal: Journal, out: &Path) -> Result<Self, Failure> {
        let path = out.join(NAME);
        let name = path.display().to_string();
        let open = || {
            let bytes = fs::read(&path)?;
            let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            let mut file = fs::File::options().write(true).open(&path)?;
            file.set_len(u64::try_from(whole).unwrap_or(u64::MAX))?;
            file.seek(io::SeekFrom::End(0))?;
            Ok(file)
        };
        let file = open().map_err(|error| cannot_write(&name, error))?;
        Ok(Self { journal, file, name })
    }

    /// Takes the next line: on disk first.
    pub(super) fn take(&mut self, entry: Entry) -> Result<(), Failure> {
        self.append(&entry)?;
        self.journal.take(entry).map_err(|error| {
            Failure::unable(text("测试步骤不符", "a step of the test does not fit", &[]))
                .because(error)
        })
    }

    fn append(&mut self, entry: &Entry) -> Result<(), Failure> {
        let mut put = || -> io::Result<()> {
            // By way of a value, as a report: a third way would be code of its own for each type.
            let line = format!("{}\n", typed_json::of(entry).map_err(io::Error::other)?);
            self.file.write_all(line.as_bytes())?;
            self.file.sync_data()
        };
        put().map_err(|error| cannot_write(&self.name, error))
    }
}

fn cannot_write(name: &str, error: io::Error) -> Failure {
    Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[name])).because(error).hint(text(
        "释放空间后用相同命令续测",
        "make room, then resume by the same command",
        &[],
    ))
}
