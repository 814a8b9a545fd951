//! Whether a file may be used as asked.

use super::{Access, Code, Findings, Place, RegularFile, Request, Seen, Vacancy, block, text};

/// Filesystems that keep no files of a user, whatever can be made in them.
const VIRTUAL: &[&str] =
    &["devtmpfs", "proc", "sysfs", "cgroup", "cgroup2", "devpts", "debugfs", "tracefs", "configfs"];
/// Filesystems in memory: no disk is measured there.
const MEMORY: &[&str] = &["tmpfs", "ramfs"];
/// Filesystems that take `O_DIRECT` and may cache nevertheless.
const CACHING: &[&str] = &["zfs", "fuse", "fuseblk", "9p", "overlay", "virtiofs"];

/// Adds what there is to say of a file that is there.
pub(super) fn existing(
    request: &Request,
    seen: &Seen,
    file: &RegularFile,
    findings: &mut Findings,
) -> Access {
    let made = request.made.contains(&file.id);
    if !made {
        // What this run made was not there when it was planned.
        block::planned(request, seen, findings);
    }
    filesystem(seen, &file.place, findings);
    if request.writes {
        if !made {
            findings.refuse(Code::FileExists, &seen.path, text::file_exists(&seen.path));
        }
        if file.place.read_only {
            findings.refuse(
                Code::NotWritable,
                &seen.path,
                text::read_only_place(seen, &file.place),
            );
        }
        return Access::Write;
    }
    if file.size_bytes == 0 {
        findings.refuse(Code::Empty, &seen.path, text::empty_file(&seen.path));
    }
    if file.allocated_bytes < file.size_bytes {
        findings.remark("holes", &seen.path, text::holes(file));
    }
    Access::Read
}

/// Adds what there is to say of a path with nothing there.
pub(super) fn missing(
    request: &Request,
    seen: &Seen,
    vacancy: &Vacancy,
    findings: &mut Findings,
) -> Access {
    let path = &seen.path;
    let size_bytes = request.file_bytes.unwrap_or(0);
    let access = Access::Create { size_bytes };
    if vacancy.dangling {
        findings.refuse(Code::NotFound, path, text::dangling(path, &seen.place));
        return access;
    }
    let Some((directory, place)) = &vacancy.directory else {
        findings.refuse(Code::NoDirectory, path, text::no_directory(path));
        return access;
    };
    if VIRTUAL.contains(&place.filesystem.as_str()) || !request.writes {
        findings.refuse(Code::NotFound, path, text::not_found(path, place, request.writes));
        return access;
    }
    block::planned(request, seen, findings);
    if size_bytes == 0 {
        findings.refuse(Code::NoSize, path, text::no_size(path));
    }
    if place.read_only {
        findings.refuse(Code::NotWritable, path, text::read_only_place(seen, place));
    } else if !vacancy.writable {
        findings.refuse(Code::NotWritable, path, text::no_permission(path, directory));
    }
    let needed = needed_bytes(size_bytes);
    if needed > place.free_bytes {
        findings.refuse(Code::NoSpace, path, text::no_space(path, place, needed));
    }
    filesystem(seen, place, findings);
    access
}

/// Returns the room a file needs: its size, and what filesystems keep beside it.
///
/// One percent, and 1 MiB for the first blocks of an index. Quotas do not show in
/// `statvfs`: they are met when the room is taken, before the first operation.
pub(super) fn needed_bytes(size_bytes: u64) -> u64 {
    size_bytes.saturating_add(size_bytes / 100).saturating_add(1 << 20)
}

fn filesystem(seen: &Seen, place: &Place, findings: &mut Findings) {
    let name = place.filesystem.as_str();
    if MEMORY.contains(&name) {
        findings.remark("in-memory", &seen.path, text::in_memory(&seen.path, name));
    } else if CACHING.contains(&name) || name.starts_with("fuse.") {
        findings.remark("may-cache", &seen.path, text::may_cache(&seen.path, name));
    }
}
