//! Looking at a machine: this one, or a recorded root.

#[cfg(feature = "bmc")]
mod in_band;

use std::{
    fs::File,
    path::{Path, PathBuf},
    time::Duration,
};

use inventory::{
    Sysroot,
    collect::{self, Collected, Options, PlaneName},
    model::Section,
};
use profiles::Text;

use super::scratch::Scratch;
use crate::{
    cli::accept::Looking, clock, console::Console, failure::Failure, interrupt::Interrupt,
    lang::text, output::inventory::section_name, progress::Progress,
};

/// A root to look at, and the scratch folder it lies in, where it was unpacked.
#[derive(Debug)]
pub(super) struct Root {
    /// The root.
    pub(super) sysroot: Sysroot,
    /// Whether it is the machine that this runs on: its BMC can be asked.
    #[cfg_attr(not(feature = "bmc"), expect(dead_code, reason = "nobody asks a BMC then"))]
    is_live: bool,
    _scratch: Option<Scratch>,
}

/// Opens this machine's root, or the recorded one at `path`.
pub(super) fn open_root(path: Option<&Path>) -> Result<Root, Failure> {
    let Some(path) = path else {
        return Ok(Root { sysroot: Sysroot::live(), is_live: true, _scratch: None });
    };
    let name = path.display().to_string();
    let failure = || {
        Failure::unable(text(
            "无法打开记录的根目录 `{}`",
            "cannot open recorded root `{}`",
            &[&name],
        ))
    };
    let meta = path.metadata().map_err(|error| failure().because(error))?;
    if meta.is_dir() {
        let sysroot = Sysroot::at(path).map_err(|error| {
            failure().because(error).hint(Text::new(
                "该目录下应有 sys 或 proc",
                "the folder should hold `sys` or `proc`",
            ))
        })?;
        return Ok(Root { sysroot, is_live: false, _scratch: None });
    }
    if !meta.is_file() {
        return Err(failure().because(std::io::Error::new(
            std::io::ErrorKind::InvalidInput,
            "neither a folder nor a regular file",
        )));
    }
    let mut archive = File::open(path).map_err(|error| failure().because(error))?;
    let scratch = Scratch::new().map_err(|error| failure().because(error))?;
    inventory::record::unpack(&mut archive, scratch.path()).map_err(|error| {
        let hint = error.hint();
        failure().because(error).hint_from(hint)
    })?;
    let sysroot = Sysroot::at(scratch.path()).map_err(|error| failure().because(error))?;
    Ok(Root { sysroot, is_live: false, _scratch: Some(scratch) })
}

/// Returns how to look, as the command line says it.
pub(super) fn options(looking: &Looking, interrupt: &Interrupt) -> Result<Options, Failure> {
    let mut planes = Vec::new();
    for plane in &looking.plane {
        planes.push(plane.parse::<PlaneName>().map_err(|error| {
            let hint = error.hint();
            Failure::usage(Text::new("无法理解 --plane", "cannot understand --plane"))
                .because(error)
                .hint_from(hint)
        })?);
    }
    Ok(Options {
        now: clock::now(),
        planes,
        lldp_listen: looking.lldp.map(Duration::from_secs),
        wake_disks: looking.wake_disks,
        section_deadline: Duration::from_secs(looking.section_timeout),
        interrupt: Some(interrupt.flag()),
    })
}

/// Looks at the machine under `root`.
pub(super) fn look(root: &Root, options: &Options, console: &Console) -> Collected {
    let start =
        Text::new("正在采集（Ctrl-C：保留已采集的）", "collecting (Ctrl-C keeps what is there)");
    let progress = Progress::start(console.progress, console.tr(&start));
    let (lang, told) = (console.lang, Text::new("正在采集：已完成", "collecting: done with"));
    let collected = collect::collect(&root.sysroot, options, &|section: Section| {
        let section = section_name(section);
        progress.step(&format!("{} {}", told.get(lang), section.get(lang)));
    });
    beside(root, options, collected)
}

/// Adds what the machine's own BMC tells.
#[cfg(feature = "bmc")]
fn beside(root: &Root, options: &Options, mut collected: Collected) -> Collected {
    let is_stopped = options
        .interrupt
        .as_ref()
        .is_some_and(|flag| flag.load(std::sync::atomic::Ordering::Relaxed));
    if root.is_live && !is_stopped {
        in_band::add(&mut collected, options.section_deadline);
    }
    collected
}

/// Built without BMCs, it asks none.
#[cfg(not(feature = "bmc"))]
fn beside(_root: &Root, _options: &Options, collected: Collected) -> Collected {
    collected
}

/// Takes the operator's signals, or goes on without.
pub(super) fn watch(console: &mut Console) -> Interrupt {
    Interrupt::watch().unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot take signals");
        console.note(&Text::new(
            "无法接收中断信号：Ctrl-C 会立即结束",
            "cannot take signals: Ctrl-C ends at once",
        ));
        Interrupt::default()
    })
}

/// Returns whether `path` is a recorded root: a folder with `sys` or `proc`, or
/// a file compressed by zstd, or a tar.
pub(super) fn is_recorded_root(path: &Path, head: &[u8]) -> bool {
    const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    let folder = |name: &str| -> bool {
        let folder: PathBuf = path.join(name);
        folder.is_dir()
    };
    (folder("sys") && folder("proc"))
        || head.starts_with(&ZSTD)
        || head.get(257..262) == Some(b"ustar")
}
