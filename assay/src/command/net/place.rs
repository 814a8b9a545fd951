//! The namespace that is worked in, and the folder that goes with it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use dataplane::{
    journal::Past,
    kernel::{
        journal::{self, FOLDER, Journal, JournalError},
        loops::Guard,
        namespace::{Namespace, inside},
        real::Real,
        watch::Watch,
    },
};
use profiles::Text;

use super::source::Source;
use crate::{cli::net::Place as Arguments, failure::Failure, lang::text};

/// Where ip(8) keeps names of namespaces.
const NAMES: &str = "/run/netns";
/// The copy of the file that was applied last.
const APPLIED: &str = "applied";
/// `CAP_NET_ADMIN`, `CAP_NET_RAW` and `CAP_SYS_ADMIN`, as bits of a set of capabilities.
const NET_ADMIN: u64 = 1 << 12;
const NET_RAW: u64 = 1 << 13;
const SYS_ADMIN: u64 = 1 << 21;

/// What somebody wants of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command) enum Wish {
    /// To look.
    Look,
    /// To change.
    Change,
}

/// Where it is done.
#[derive(Clone, Debug)]
pub(in crate::command) struct Place {
    namespace: Option<PathBuf>,
    state: PathBuf,
}

impl Place {
    /// Finds out where it is.
    pub(in crate::command) fn of(arguments: &Arguments) -> Result<Self, Failure> {
        let namespace = arguments.fabric_netns.as_deref().map(|name| {
            let bare = name.components().count() == 1 && name.is_relative();
            if bare { Path::new(NAMES).join(name) } else { name.to_owned() }
        });
        let own = match &namespace {
            Some(path) => folder_of(path)?,
            None => PathBuf::from(FOLDER),
        };
        Ok(Self { namespace, state: arguments.state.clone().unwrap_or(own) })
    }

    /// Opens the kernel of the namespace; without the rights for it, says which.
    pub(in crate::command) fn open(&self, wish: Wish) -> Result<Real, Failure> {
        let rights = rights();
        let entering = self.namespace.is_some() && rights & SYS_ADMIN == 0;
        if rights & NET_ADMIN == 0 || entering {
            return Err(lacks(wish, self.namespace.is_some()));
        }
        let namespace = match &self.namespace {
            Some(path) => Namespace::Path(path),
            None => Namespace::Here,
        };
        inside(namespace, Real::open).map_err(|error| match &self.namespace {
            Some(path) => no_namespace(path, error),
            None => Failure::unable(Text::new(
                "无法打开内核的 netlink 接口",
                "cannot open netlink sockets",
            ))
            .because(error),
        })
    }

    /// Opens a watch over the namespace.
    pub(in crate::command) fn watch(&self) -> Result<Watch, Failure> {
        let namespace = match &self.namespace {
            Some(path) => Namespace::Path(path),
            None => Namespace::Here,
        };
        inside(namespace, Watch::open).map_err(|error| {
            Failure::unable(Text::new("无法监听内核事件", "cannot listen to what the kernel tells"))
                .because(error)
        })
    }

    /// Opens what looks for loops in the namespace.
    pub(in crate::command) fn guard(&self) -> io::Result<Guard> {
        let namespace = match &self.namespace {
            Some(path) => Namespace::Path(path),
            None => Namespace::Here,
        };
        inside(namespace, Guard::open)
    }

    /// Takes the lock; nobody else changes this node until it is dropped.
    pub(in crate::command) fn lock(&self) -> Result<Journal, Failure> {
        Journal::open(&self.state).map_err(journal_failure)
    }

    /// Returns what the journal says; nothing where it may not be read.
    pub(super) fn past(&self) -> Past {
        journal::past(&self.state).unwrap_or_default()
    }

    /// Returns the file that was applied last.
    pub(super) fn applied(&self) -> Result<Source, Failure> {
        let path = self.state.join(APPLIED);
        let shown = path.display().to_string();
        let text = fs::read_to_string(&path).map_err(|error| {
            let missing = error.kind() == io::ErrorKind::NotFound;
            let message = if missing {
                text(
                    "没有给出文件，本节点也还没有生效过的（`{}`）",
                    "no file is named, and none was applied here yet (`{}`)",
                    &[&shown],
                )
            } else {
                text(
                    "无法读取最近生效的文件 `{}`",
                    "cannot read what was applied last, `{}`",
                    &[&shown],
                )
            };
            let failure = if missing {
                Failure::usage(message)
            } else {
                Failure::unable(message).because(error)
            };
            failure.hint(Text::new(
                "写明文件，或先执行 `assay net apply`",
                "name the file, or `assay net apply` one first",
            ))
        })?;
        Ok(Source { name: shown, text })
    }

    /// Keeps a copy of what was applied.
    pub(in crate::command) fn keep(&self, text: &str) -> io::Result<()> {
        let new = self.state.join("applied.new");
        let mut file: File =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&new, self.state.join(APPLIED))
    }

    /// Forgets it: nothing is applied any more.
    pub(super) fn forget(&self) -> io::Result<()> {
        match fs::remove_file(self.state.join(APPLIED)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

/// Returns the folder for a namespace: the node's own for that which this runs in, else one by
/// the namespace's number, whatever it is called.
fn folder_of(namespace: &Path) -> Result<PathBuf, Failure> {
    let number = |path: &Path| fs::metadata(path).map(|about| (about.dev(), about.ino()));
    let (device, inode) = number(namespace).map_err(|error| no_namespace(namespace, error))?;
    let here = number(Path::new("/proc/thread-self/ns/net")).ok();
    let folder = Path::new(FOLDER);
    if here == Some((device, inode)) {
        return Ok(folder.to_owned());
    }
    Ok(folder.join(format!("netns-{inode}")))
}

fn no_namespace(path: &Path, error: io::Error) -> Failure {
    let shown = path.display().to_string();
    let failure = Failure::unable(text(
        "无法进入网络命名空间 `{}`",
        "cannot enter network namespace `{}`",
        &[&shown],
    ));
    let hint = Text::new("`ip netns list` 列出现有的", "`ip netns list` lists those there are");
    failure.because(error).hint(hint)
}

/// Returns the capabilities that this thread has.
fn rights() -> u64 {
    let status = fs::read_to_string("/proc/thread-self/status").unwrap_or_default();
    let set = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    // Where nobody tells, the kernel will.
    set.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(u64::MAX)
}

/// Says what it takes to make namespaces of scratch and send any frame in them, where that is
/// not had.
pub(super) fn may_try() -> Result<(), Failure> {
    let needs = NET_ADMIN | NET_RAW | SYS_ADMIN;
    if rights() & needs == needs {
        return Ok(());
    }
    Err(Failure::unable(text(
        "在临时命名空间中检验需要 root（或 {}）；未作任何改动",
        "to try this kernel in namespaces of scratch takes root (or {}); nothing was touched",
        &["CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN"],
    ))
    .hint(Text::new("用 sudo 运行", "run it by sudo")))
}

fn lacks(wish: Wish, enters: bool) -> Failure {
    let need = if enters { "CAP_NET_ADMIN, CAP_SYS_ADMIN" } else { "CAP_NET_ADMIN" };
    let message = match wish {
        Wish::Look => text(
            "查看本节点的防火墙规则需要 root（或 {}）",
            "to look at this node's rules takes root (or {})",
            &[need],
        ),
        Wish::Change => text(
            "改动本节点的网络需要 root（或 {}）；未作任何改动",
            "to change this node's networks takes root (or {}); nothing was touched",
            &[need],
        ),
    };
    Failure::unable(message).hint(Text::new(
        "用 sudo 运行；`net lint`、`net plan --offline`、`net explain` 无需 root",
        "run it by sudo; `net lint`, `net plan --offline` and `net explain` need no root",
    ))
}

fn journal_failure(error: JournalError) -> Failure {
    let hint = error.hint();
    let message = match &error {
        JournalError::Locked { .. } => Text::new(
            "另有程序正在改动本节点；未作任何改动",
            "this node is being changed already; nothing was touched",
        ),
        _ => Text::new(
            "无法使用日志目录（--state）；未作任何改动",
            "cannot use the folder of the journal (--state); nothing was touched",
        ),
    };
    Failure::unable(message).because(error).hint_from(hint)
}
