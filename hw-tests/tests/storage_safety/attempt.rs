//! Tries to overwrite, all the way, and compares every byte before and after.

use std::fs;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use libtest_mimic::Failed;
use storage_bench::safety::{Access, Allowed, Code, Decision, Request, Seen, decide};
use storage_bench::target::{Direct, How, Opened, Root, TargetError, Tombstone, look, open_for};

use crate::lab::Lab;

/// Refusals that were asserted.
pub(crate) static REFUSED: AtomicU64 = AtomicU64::new(0);
/// Positive controls that wrote.
pub(crate) static WRITTEN: AtomicU64 = AtomicU64::new(0);
/// Bytes that changed where none may.
pub(crate) static CHANGED: AtomicU64 = AtomicU64::new(0);

/// What a control writes.
const PATTERN: u8 = 0xa5;
/// How much of it.
const LENGTH: usize = 4096;

/// Looks at the targets of a request as they are now.
pub(crate) fn seen(request: &Request) -> Vec<Seen> {
    let root = Root::live();
    request.paths.iter().map(|path| look(&root, path, request.writes)).collect()
}

/// Opens and overwrites the start of everything that is allowed.
pub(crate) fn overwrite(lab: &Lab, allowed: &Allowed) -> Result<(), TargetError> {
    for permit in &allowed.permits {
        let opened = open(lab, permit)?;
        if permit.access() != Access::Read {
            write_start(&opened)
                .map_err(|source| TargetError::Open { path: permit.seen().path.clone(), source })?;
        }
    }
    Ok(())
}

/// Opens a permitted target as a run does.
pub(crate) fn open(
    lab: &Lab,
    permit: &storage_bench::safety::Permit,
) -> Result<Opened, TargetError> {
    let log = lab.path("tombstone");
    let tombstone = Tombstone { log: &log, time: "2026-11-25T00:00:00Z", what: "safety matrix" };
    open_for(permit, How { direct: Direct::Preferred, tombstone: Some(tombstone) })
}

/// Writes the pattern at the start, aligned for direct IO.
pub(crate) fn write_start(opened: &Opened) -> std::io::Result<()> {
    let mut memory = vec![PATTERN; 2 * LENGTH];
    let pad = memory.as_ptr().align_offset(LENGTH);
    opened.file().write_all_at(&memory[pad..pad + LENGTH], 0)?;
    memory.clear();
    opened.file().sync_all()
}

/// Reads every byte of the stores.
pub(crate) fn contents(stores: &[&Path]) -> Result<Vec<Vec<u8>>, Failed> {
    Ok(stores.iter().map(fs::read).collect::<Result<_, _>>()?)
}

/// Counts bytes that differ, of stores that nobody may have changed.
pub(crate) fn unchanged(stores: &[&Path], before: &[Vec<u8>]) -> Result<(), Failed> {
    let after = contents(stores)?;
    for ((store, before), after) in stores.iter().zip(before).zip(&after) {
        if before == after {
            continue;
        }
        let longer = before.len().abs_diff(after.len());
        let differ = before.iter().zip(after).filter(|(a, b)| a != b).count() + longer;
        CHANGED.fetch_add(differ as u64, Ordering::SeqCst);
        return Err(Failed::from(format!("{differ} bytes of `{}` changed", store.display())));
    }
    Ok(())
}

/// Asserts that a request is refused for exactly these reasons, that each of `words` is
/// named, and that the stores keep every byte.
pub(crate) fn refused(
    lab: &Lab,
    stores: &[&Path],
    request: &Request,
    codes: &[Code],
    words: &[&str],
) -> Result<(), Failed> {
    let before = contents(stores)?;
    let seen = seen(request);
    let decision = decide(request, &seen);
    let reasons = match &decision {
        Decision::Refused { reasons } => reasons.clone(),
        Decision::Allowed(allowed) => {
            // The store shows what comes of it.
            let done = overwrite(lab, allowed);
            unchanged(stores, &before)?;
            return Err(Failed::from(format!("allowed, and opening said {done:?}")));
        }
    };
    unchanged(stores, &before)?;
    let mut found: Vec<Code> = reasons.iter().map(|reason| reason.code).collect();
    found.sort_unstable();
    found.dedup();
    let mut expected = codes.to_vec();
    expected.sort_unstable();
    if found != expected {
        return Err(Failed::from(format!("refused for {found:?}, not {expected:?}: {reasons:#?}")));
    }
    for word in words {
        let named = |text: &str| text.contains(word);
        if !reasons.iter().any(|reason| named(&reason.reason.en) && named(&reason.reason.zh)) {
            return Err(Failed::from(format!("nothing names `{word}`: {reasons:#?}")));
        }
    }
    REFUSED.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

/// Asserts that a request is allowed and that its first block, and nothing else, is
/// written to the store, from `offset` of it on.
pub(crate) fn written(
    lab: &Lab,
    store: &Path,
    offset: usize,
    request: &Request,
) -> Result<Allowed, Failed> {
    let before = fs::read(store)?;
    let allowed = allowed(request)?;
    overwrite(lab, &allowed)?;
    let after = fs::read(store)?;
    let mut expected = before;
    let Some(start) = expected.get_mut(offset..offset + LENGTH) else {
        return Err(Failed::from("the store is too small"));
    };
    start.fill(PATTERN);
    if after != expected {
        return Err(Failed::from(format!("`{}` is not what was written", store.display())));
    }
    let log = fs::read_to_string(lab.path("tombstone"))?;
    let line: serde_json::Value = serde_json::from_str(log.lines().last().unwrap_or_default())?;
    if !request.paths.iter().any(|path| line["path"] == path.as_str()) {
        return Err(Failed::from(format!("not noted: {line}")));
    }
    WRITTEN.fetch_add(1, Ordering::SeqCst);
    Ok(allowed)
}

/// Returns what is allowed of a request.
pub(crate) fn allowed(request: &Request) -> Result<Allowed, Failed> {
    match decide(request, &seen(request)) {
        Decision::Allowed(allowed) => Ok(allowed),
        Decision::Refused { reasons } => Err(Failed::from(format!("refused: {reasons:#?}"))),
    }
}
