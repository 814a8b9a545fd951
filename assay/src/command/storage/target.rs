//! A target: looked at, decided on, opened.

use std::path::{Path, PathBuf};

use profiles::Text;
use storage_bench::{
    safety::{Allowed, Decision, DestroyName, Permit, Refusal, Request, Sentence, decide},
    target::{Direct, How, Opened, Root, TargetError, Tombstone, look, open_for},
};

use crate::{
    cli::storage::Destroying, clock, command::layout, console::Console, failure::Failure,
    lang::text, output::storage as output,
};

/// What a command wants of a target.
#[derive(Clone, Debug)]
pub(super) struct Wish<'a> {
    /// Its path.
    pub(super) path: &'a str,
    /// Whether it is written to.
    pub(super) writes: bool,
    /// How large a file is to be where none is.
    pub(super) file_bytes: Option<u64>,
    /// What may be overwritten.
    pub(super) destroying: &'a Destroying,
}

/// Returns the permit for one target, or every reason why there is none.
pub(super) fn permit(wish: &Wish<'_>, console: &mut Console) -> Result<Permit, Failure> {
    let destroy = wish.destroying.destroy.iter().map(|name| name.parse::<DestroyName>());
    let destroy = destroy.collect::<Result<Vec<_>, _>>().map_err(|error| {
        let hint = error.hint();
        Failure::usage(Text::new("无法理解 --destroy", "cannot understand --destroy"))
            .because(error)
            .hint_from(hint)
    })?;
    let root = Root::live();
    // A file that is to be made is written to, whatever the load does.
    let missing = std::fs::symlink_metadata(wish.path).is_err() && wish.file_bytes.is_some();
    let writes = wish.writes || missing;
    let seen = look(&root, wish.path, writes);
    let request = Request {
        paths: vec![wish.path.to_owned()],
        writes,
        file_bytes: wish.file_bytes,
        destroy,
        force_signature: wish.destroying.force_signature,
        made: Vec::new(),
        planned: None,
    };
    match decide(&request, std::slice::from_ref(&seen)) {
        Decision::Refused { reasons } => Err(refused(wish.path, &reasons, console)),
        Decision::Allowed(Allowed { permits, remarks, lost }) => {
            for remark in remarks {
                console.note(&both(&remark.text));
            }
            for (path, mark) in lost {
                let what = format!("{}: {}", mark.device, mark.signature);
                console.note(&text("`{}` 上将失去：{}", "lost on `{}`: {}", &[&path, &what]));
            }
            permits.into_iter().next().ok_or_else(|| {
                Failure::unable(text("没有目标可用", "there is no target to use", &[]))
            })
        }
    }
}

/// Says every reason, each with what to do about it.
fn refused(path: &str, reasons: &[Refusal], console: &mut Console) -> Failure {
    let page = output::refused(reasons, layout(console));
    console.say(&page);
    Failure::usage(text("目标 `{}` 未使用", "target `{}` was not used", &[path]))
}

fn both(sentence: &Sentence) -> Text {
    Text::new(&sentence.zh, &sentence.en)
}

/// Opens what was permitted; the overwriting of a device is noted first.
pub(super) fn open(permit: &Permit, direct: Direct, what: &str) -> Result<Opened, Failure> {
    let (log, time) = (tombstones(), clock::now());
    if let Some(folder) = log.parent() {
        // The opening itself says why the log cannot be written, where a device needs it.
        drop(std::fs::create_dir_all(folder));
    }
    let tombstone = Some(Tombstone { log: &log, time: &time, what });
    open_for(permit, How { direct, tombstone }).map_err(failure)
}

/// Where overwritten devices are noted: with the spool's state, or the user's own.
fn tombstones() -> PathBuf {
    let root = rustix::process::geteuid().is_root();
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).or_else(|| {
        let home = std::env::var_os("HOME")?;
        Some(Path::new(&home).join(".local/state"))
    });
    match state {
        Some(state) if !root => state.join("assay/overwritten.jsonl"),
        _ => PathBuf::from("/var/lib/assay/overwritten.jsonl"),
    }
}

/// A target that cannot be opened or asked.
pub(super) fn failure(error: TargetError) -> Failure {
    let hint = error.hint();
    Failure::unable(text("无法使用目标", "cannot use the target", &[]))
        .because(error)
        .hint_from(hint)
}
