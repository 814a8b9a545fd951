//! Edge: the journal of a run, a file of a line for each thing that happened, so that a run that
//! was cut short goes on where it stopped.
//!
//! Before a host is acted on in a way that must not happen twice, that is on the disk; what came of
//! it is written when it ended. What was begun and has no end is not known, and not done again
//! until the operator says so. What the file has is read by its owner alone, and no secret is in
//! it: arguments are there as a key that is derived from them.

mod line;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    num::NonZeroU32,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use bmc::{safety::Effect, target::Address};
use profiles::{Lang, Text};
use ring::{
    pbkdf2,
    rand::{SecureRandom as _, SystemRandom},
};

use self::line::{Head, Standing};
use super::{lock, subjects::Host, verb::Verb};
use crate::{
    clock,
    command::read_bounded,
    console::Console,
    failure::Failure,
    lang::text,
    output::bmc::{found::Met, kept},
};

/// The longest journal that is read: 100,000 hosts with an inventory each.
const LARGEST: u64 = 4 << 30;
/// Rounds of PBKDF2: a password among the arguments is not to be guessed from a lost journal.
const ROUNDS: u32 = 100_000;

/// A journal that is open, and ours alone.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    hosts: BTreeMap<String, Standing>,
    lang: Lang,
    /// What is done twice is not as what is done once.
    once: bool,
    /// The first error of writing it.
    broken: RefCell<Option<io::Error>>,
}

impl Journal {
    /// Opens the journal of what is wanted, or begins one.
    pub(super) fn open(
        path: &Path,
        verb: &Verb,
        system: Option<&str>,
        console: &mut Console,
    ) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let unusable = || text("无法使用日志文件 `{}`", "cannot use the journal `{}`", &[&name]);
        let unable = |error: io::Error| Failure::unable(unusable()).because(error);
        let mut file = private(path).map_err(unable)?;
        let about = file.metadata().map_err(unable)?;
        if !about.is_file() {
            return Err(Failure::usage(unusable()).because("it is no regular file"));
        }
        if about.mode() & 0o077 != 0 || about.uid() != rustix::process::geteuid().as_raw() {
            return Err(Failure::usage(unusable())
                .because("others may read or change it")
                .hint(Text::same(format!("chmod 600 {name}"))));
        }
        if !lock::alone(&file) {
            return Err(Failure::usage(unusable()).because("another run is writing it"));
        }
        let bytes = read_bounded(path, LARGEST).map_err(unable)?;
        let read = line::read(&bytes).map_err(|error| {
            Failure::usage(unusable()).because(error).hint(Text::new(
                "换一个文件名；本程序不改写不是它写的文件",
                "name another file: what this program did not write it does not write over",
            ))
        })?;
        let wanted = format!("{verb:?} {system:?}");
        let mut journal = Self {
            path: path.to_owned(),
            file: file.try_clone().map_err(unable)?,
            hosts: BTreeMap::new(),
            lang: console.lang,
            once: is_once(verb),
            broken: RefCell::new(None),
        };
        let Some(read) = read else {
            file.set_len(0).map_err(unable)?;
            let mut salt = vec![0; 16];
            SystemRandom::new().fill(&mut salt).map_err(|_nothing_said| {
                Failure::unable(Text::new("系统没有随机数", "the system gives no random numbers"))
            })?;
            let wanted = derive(&salt, &wanted);
            let head = Head { verb: verb.name().to_owned(), salt, wanted };
            let first = line::head(&head, &clock::now());
            file.write_all(first.as_bytes()).and_then(|()| file.sync_all()).map_err(unable)?;
            settle_folder(path).map_err(unable)?;
            return Ok(journal);
        };
        if read.head.verb != verb.name() || !is_derived(&read.head, &wanted) {
            let same = read.head.verb == verb.name();
            let message = if same {
                text(
                    "日志文件 `{0}` 记录的是参数不同的“{1}”",
                    "the journal `{0}` is of `{1}` with other arguments",
                    &[&name, verb.name()],
                )
            } else {
                text(
                    "日志文件 `{0}` 记录的是“{1}”，不是“{2}”",
                    "the journal `{0}` is of `{1}`, and not of `{2}`",
                    &[&name, &read.head.verb, verb.name()],
                )
            };
            return Err(Failure::usage(message).hint(Text::new(
                "接着做须用同样的命令；新的命令另用一个文件",
                "the same command goes on with it; another one takes a file of its own",
            )));
        }
        if read.whole < bytes.len() {
            let length = u64::try_from(read.whole).unwrap_or(u64::MAX);
            file.set_len(length).map_err(unable)?;
            console.note(&text(
                "日志文件 `{}` 的最后一行不完整，已忽略：写到一半时程序被终止",
                "the last line of the journal `{}` is torn and does not count: the program was \
                 killed while it wrote it",
                &[&name],
            ));
        }
        journal.hosts = read.hosts;
        Ok(journal)
    }

    /// Returns what stands already at each of the hosts: what an earlier run did, and what nobody
    /// knows of; nothing where it is to be done. `again` is the number of hosts that nobody knows
    /// of and that are done all the same.
    pub(super) fn standing(
        &self,
        hosts: &[Host],
        again: Option<usize>,
    ) -> Result<Vec<Option<Met>>, Failure> {
        let stands = |host: &Host| match self.hosts.get(&host.address.to_string())? {
            Standing::Settled(earlier) => Some(Met::Earlier(earlier.clone())),
            Standing::Begun { at } if self.once => Some(Met::Unknown { at: at.clone() }),
            Standing::Begun { .. } | Standing::Open => None,
        };
        let mut all: Vec<Option<Met>> = hosts.iter().map(stands).collect();
        let is_unknown = |met: &Option<Met>| matches!(met, Some(Met::Unknown { .. }));
        let unknown = all.iter().filter(|met| is_unknown(met)).count();
        match again {
            Some(count) if count != unknown => {
                let counts = [count, unknown].map(|count| count.to_string());
                let [said, there] = counts.each_ref().map(String::as_str);
                let message = text(
                    "--yes-unknown 写的是 {0} 台，结果不明的有 {1} 台：没有对任何主机做任何事",
                    "--yes-unknown says {0}, and of {1} hosts nobody knows whether it was done: \
                     nothing was done to any host",
                    &[said, there],
                );
                return Err(Failure::usage(message).hint(Text::new(
                    "不加 --yes-unknown 再运行一次，即列出这些主机",
                    "run it without --yes-unknown to see which they are",
                )));
            }
            Some(_) => all.iter_mut().filter(|met| is_unknown(met)).for_each(|met| *met = None),
            None => {}
        }
        Ok(all)
    }

    /// Notes that a host is acted on from now on; it is on the disk when this returns, where that
    /// matters.
    pub(super) fn begin(&self, host: &Address) -> io::Result<()> {
        if !self.once {
            return Ok(());
        }
        self.write(&line::begun(&host.to_string(), &clock::now()))
    }

    /// Notes what a host came to; `begun` is whether it was acted on.
    pub(super) fn end(&self, host: &Address, met: &Met, begun: bool) {
        if matches!(met, Met::Interrupted) {
            // What was begun and not finished stays so.
            return;
        }
        let sure = !(begun && met.is_unsure());
        let line = line::ended(&host.to_string(), &clock::now(), sure, &kept(met, self.lang));
        // What cannot be written is said at the end.
        self.write(&line).ok();
    }

    /// Adds a line. After one that could not be written there are no more: what is torn is the end.
    fn write(&self, line: &str) -> io::Result<()> {
        if self.broken.borrow().is_some() {
            return Err(io::Error::other("it could not be written before"));
        }
        let mut written = (&self.file).write_all(line.as_bytes());
        if self.once {
            written = written.and_then(|()| self.file.sync_data());
        }
        written.inspect_err(|error| {
            let again = io::Error::new(error.kind(), error.to_string());
            *self.broken.borrow_mut() = Some(again);
        })
    }

    /// Has all of it on the disk; says what could not be written.
    pub(super) fn close(self, console: &mut Console) {
        let synced = self.file.sync_data();
        let Some(error) = self.broken.into_inner().or(synced.err()) else { return };
        let (name, error) = (self.path.display().to_string(), error.to_string());
        console.note(&text(
            "日志文件 `{0}` 没有写全：{1}；接着做时会有主机被重做或列为不明",
            "the journal `{0}` is not whole: {1}; a run that goes on with it will do hosts again or \
             name them as unknown",
            &[&name, &error],
        ));
    }
}

/// Returns whether doing it twice is other than doing it once, so that nothing is repeated that may
/// have been done.
fn is_once(verb: &Verb) -> bool {
    use bmc::operation::power::Action;
    match verb {
        Verb::Power(action) => !matches!(action, Action::On | Action::Off),
        other => other.effect() == Effect::Destroy,
    }
}

/// Opens a file that nobody else may read; a new one is made so.
fn private(path: &Path) -> io::Result<File> {
    // A pipe without a reader is not waited for, and a link leads to no other file.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOFOLLOW;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    OpenOptions::new().append(true).create(true).mode(0o600).custom_flags(flags).open(path)
}

/// Has the name of a new file on the disk.
fn settle_folder(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

fn rounds() -> NonZeroU32 {
    NonZeroU32::new(ROUNDS).unwrap_or(NonZeroU32::MIN)
}

fn derive(salt: &[u8], wanted: &str) -> Vec<u8> {
    let mut key = vec![0; 32];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds(), salt, wanted.as_bytes(), &mut key);
    key
}

fn is_derived(head: &Head, wanted: &str) -> bool {
    let (algorithm, wanted) = (pbkdf2::PBKDF2_HMAC_SHA256, wanted.as_bytes());
    pbkdf2::verify(algorithm, rounds(), &head.salt, wanted, &head.wanted).is_ok()
}
