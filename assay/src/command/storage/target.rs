//! A target: looked at, decided on, opened.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use profiles::Text;
use storage_bench::{
    safety::{
        Allowed, Code, Decision, DestroyName, Mark, Permit, Refusal, Request, Seen, Sentence,
        decide,
    },
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
    let permits = permit_all(std::slice::from_ref(wish), wish.destroying, console)?;
    permits
        .into_iter()
        .next()
        .ok_or_else(|| Failure::unable(text("没有目标可用", "there is no target to use", &[])))
}

/// Returns the permits of all targets, in their order, or every reason why there are none.
///
/// Each kind of wish is decided on together: what is read, what is written over, and files to be
/// made of one size; then whether any two are the same device, of which one is written.
pub(super) fn permit_all(
    wishes: &[Wish<'_>],
    destroying: &Destroying,
    console: &mut Console,
) -> Result<Vec<Permit>, Failure> {
    let destroy = destroying.destroy.iter().map(|name| name.parse::<DestroyName>());
    let destroy = destroy.collect::<Result<Vec<_>, _>>().map_err(|error| {
        let hint = error.hint();
        Failure::usage(Text::new("无法理解 --destroy", "cannot understand --destroy"))
            .because(error)
            .hint_from(hint)
    })?;
    let root = Root::live();
    let mut kinds: BTreeMap<Kind, Vec<(usize, Seen)>> = BTreeMap::new();
    for (at, wish) in wishes.iter().enumerate() {
        let missing = std::fs::symlink_metadata(wish.path).is_err() && wish.file_bytes.is_some();
        // A file that is to be made is written to, whatever the load does.
        let writes = wish.writes || missing;
        let kind = match (writes, missing) {
            (false, _) => Kind::Read,
            (true, false) => Kind::Over,
            (true, true) => Kind::New(wish.file_bytes),
        };
        kinds.entry(kind).or_default().push((at, look(&root, wish.path, writes)));
    }
    let mut found = Found::default();
    let mut names = Some(destroy.clone());
    for (kind, seen) in &kinds {
        let writes = *kind != Kind::Read;
        let request = Request {
            paths: seen.iter().map(|(_, seen)| seen.path.clone()).collect(),
            writes,
            file_bytes: if let Kind::New(bytes) = kind { *bytes } else { None },
            // Told once: a name that fits nothing is refused by the first that is written.
            destroy: if writes { names.take().unwrap_or_default() } else { destroy.clone() },
            force_signature: destroying.force_signature,
            made: Vec::new(),
            planned: None,
        };
        found.take(
            seen,
            decide(&request, &seen.iter().map(|(_, seen)| seen.clone()).collect::<Vec<_>>()),
        );
    }
    found.reasons.extend(shared(&kinds));
    if !found.reasons.is_empty() {
        let paths: Vec<&str> = wishes.iter().map(|wish| wish.path).collect();
        return Err(refused(&paths.join("`, `"), &found.reasons, console));
    }
    for remark in &found.remarks {
        console.note(&both(remark));
    }
    for (path, mark) in &found.lost {
        let what = format!("{}: {}", mark.device, mark.signature);
        console.note(&text("`{}` 上将失去：{}", "lost on `{}`: {}", &[path, &what]));
    }
    Ok(found.permits.into_values().collect())
}

/// What is wanted of a target: decided on together with its like. In this order, so that names
/// of devices to be destroyed are looked for among those that are written over first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Read,
    Over,
    New(Option<u64>),
}

/// What the decisions on all kinds came to.
#[derive(Debug, Default)]
struct Found {
    permits: BTreeMap<usize, Permit>,
    reasons: Vec<Refusal>,
    remarks: Vec<Sentence>,
    lost: Vec<(String, Mark)>,
}

impl Found {
    fn take(&mut self, seen: &[(usize, Seen)], decision: Decision) {
        match decision {
            Decision::Refused { reasons } => self.reasons.extend(reasons),
            Decision::Allowed(Allowed { permits, remarks, lost }) => {
                self.permits.extend(seen.iter().map(|(at, _)| *at).zip(permits));
                self.remarks.extend(remarks.into_iter().map(|remark| remark.text));
                self.lost.extend(lost);
            }
        }
    }
}

/// Returns the refusals of targets of different kinds that are one device, or parts of it.
fn shared(kinds: &BTreeMap<Kind, Vec<(usize, Seen)>>) -> Vec<Refusal> {
    let mut found = Vec::new();
    let all: Vec<(&Kind, &Seen)> = kinds
        .iter()
        .flat_map(|(kind, seen)| seen.iter().map(move |(_, seen)| (kind, seen)))
        .collect();
    for (at, (kind, seen)) in all.iter().enumerate() {
        for (_, other) in all.iter().skip(at + 1).filter(|(other, _)| other != kind) {
            let paths = vec![seen.path.clone(), other.path.clone()];
            let request = Request { paths, writes: true, ..Request::default() };
            let decision = decide(&request, &[(*seen).clone(), (*other).clone()]);
            if let Decision::Refused { reasons } = decision {
                found.extend(reasons.into_iter().filter(|of| of.code == Code::SameDevice));
            }
        }
    }
    found
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
