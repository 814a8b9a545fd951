//! Whether a block device may be used as asked.

use super::names::{self, Fit};
use super::{Access, Block, BlockKind, Code, Exclusive, Findings, How, Request, Seen, What, text};

/// Adds what there is to say of a block device, and returns what may be done to it if
/// nothing refuses.
pub(super) fn judge(
    request: &Request,
    seen: &Seen,
    block: &Block,
    findings: &mut Findings,
) -> Access {
    let path = &seen.path;
    if block.size_bytes == 0 {
        findings.refuse(Code::Empty, path, text::no_medium(seen, block));
    }
    planned(request, seen, findings);
    if !request.writes {
        for used in &block.uses {
            findings.remark("in-use", path, text::in_use(block, used));
        }
        return Access::Read;
    }
    naming(request, seen, block, findings);
    if block.read_only {
        findings.refuse(Code::ReadOnly, path, text::read_only(block));
    }
    for used in &block.uses {
        let code = match used.how {
            How::Mounted { .. } => Code::Mounted,
            How::Swap => Code::Swap,
            How::Held { .. } => Code::Held,
            How::Boot { .. } => Code::Boot,
            How::Open { .. } => Code::Open,
        };
        findings.refuse(code, path, text::used(block, used));
    }
    if block.exclusive == Exclusive::Busy {
        findings.refuse(Code::Busy, path, text::busy(block));
    }
    contents(request, seen, block, findings);
    if let Some(reservations) = &block.reservations
        && (!reservations.keys.is_empty() || reservations.held.is_some())
    {
        findings.refuse(Code::Reserved, path, text::reserved(block, reservations));
    }
    for unread in &seen.unread {
        if unread.source.is_essential() {
            findings.refuse(Code::Unknown, path, text::unknown(block, unread));
        } else {
            findings.remark("unread", path, text::unread(unread));
        }
    }
    Access::Write
}

/// Refuses a device that no name names, or that has none.
fn naming(request: &Request, seen: &Seen, block: &Block, findings: &mut Findings) {
    let fits: Vec<Fit> = request.destroy.iter().map(|name| names::fit(name, block)).collect();
    if fits.iter().any(|fit| matches!(fit, Fit::Wwid | Fit::Number)) {
        return;
    }
    if fits.contains(&Fit::Serial) {
        if !block.twins.is_empty() {
            findings.refuse(Code::Ambiguous, &seen.path, text::ambiguous(block));
        }
        return;
    }
    let identity = &block.identity;
    if !block.by_number && identity.serial.is_none() && identity.wwid.is_none() {
        findings.refuse(Code::NoIdentity, &seen.path, text::no_identity(block));
    } else {
        let name = names::proper_name(block);
        findings.refuse(Code::NotNamed, &seen.path, text::not_named(block, name.as_ref()));
    }
}

/// Refuses marks of contents, or counts them as lost.
fn contents(request: &Request, seen: &Seen, block: &Block, findings: &mut Findings) {
    for mark in &block.marks {
        if request.force_signature {
            findings.lost.push((seen.path.clone(), mark.clone()));
            findings.remark("lost", &seen.path, text::lost(mark));
        } else {
            findings.refuse(Code::Signature, &seen.path, text::signature(block, mark));
        }
    }
    if block.marks.is_empty() && block.blank == Some(false) {
        findings.remark("not-blank", &seen.path, text::not_blank(block));
    }
}

/// Refuses a target that is not what the plan showed.
pub(super) fn planned(request: &Request, seen: &Seen, findings: &mut Findings) {
    let Some(planned) = &request.planned else { return };
    let now = seen.fingerprint();
    let Some(then) = planned.iter().find(|then| then.path == seen.path) else {
        findings.refuse(Code::Changed, &seen.path, text::not_in_plan(&seen.path));
        return;
    };
    for difference in then.differences(&now) {
        findings.refuse(Code::Changed, &seen.path, text::changed(&seen.path, &difference));
    }
}

/// Finds targets that are one device, or parts of each other: a measurement would count
/// them twice, and what one writes the other reads.
pub(super) fn overlaps(request: &Request, seen: &[Seen], findings: &mut Findings) {
    for (at, second) in seen.iter().enumerate() {
        let earlier = seen.iter().take(at);
        for first in earlier.filter(|first| is_same(first, second)) {
            if request.writes {
                let text = text::same_device(&first.path, &second.path);
                findings.refuse(Code::SameDevice, &second.path, text);
            } else {
                let (text, _) = text::same_device(&first.path, &second.path);
                findings.remark("same-device", &second.path, text);
            }
        }
    }
}

fn is_same(a: &Seen, b: &Seen) -> bool {
    match (&a.what, &b.what) {
        (What::Block(a), What::Block(b)) => {
            a.number == b.number || a.siblings.contains(&b.name) || is_part(a, b) || is_part(b, a)
        }
        (What::File(a), What::File(b)) => a.id == b.id,
        (What::Missing(_), What::Missing(_)) => a.place == b.place,
        _ => false,
    }
}

/// Returns whether `part` is a partition of `whole`, or of another path to it.
fn is_part(part: &Block, whole: &Block) -> bool {
    matches!(&part.kind, BlockKind::Partition { of, .. }
        if *of == whole.name || whole.siblings.contains(of))
}
