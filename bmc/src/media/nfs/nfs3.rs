//! NFS version 3 (RFC 1813 §3): a folder with one file, which can be looked at and read.

use std::{net::IpAddr, ops::Range};

use super::{
    Export, Step, guests, parts,
    rpc::Call,
    xdr::{Reader, Writer},
};

/// Its number.
pub const PROGRAM: u32 = 100_003;
/// The version that is spoken.
pub const VERSION: u32 = 3;
/// Its port.
pub const PORT: u16 = 2049;
/// Bytes that are read at a time.
pub const READ: u32 = 256 << 10;
/// Bytes that may be written at a time, which all are refused: libnfs 4.0 mounts nothing where
/// they are 4096.
const WRITE: u32 = 32 << 10;
/// Bytes of a handle (RFC 1813 §2.4).
const HANDLE: usize = 64;
/// Bytes of a name.
const NAME: usize = 255;
/// Bytes that entries of a folder may take, as the client has room for.
const ENTRIES: u32 = 4096;

const OK: u32 = 0;
const NO_ENTRY: u32 = 2;
const IO: u32 = 5;
const NOT_A_FOLDER: u32 = 20;
const IS_A_FOLDER: u32 = 21;
const INVALID: u32 = 22;
const NAME_TOO_LONG: u32 = 63;
const READ_ONLY: u32 = 30;
const STALE: u32 = 70;
const TOO_SMALL: u32 = 10_005;
const BAD_COOKIE: u32 = 10_003;

/// What a handle is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The folder.
    Folder,
    /// The file in it.
    File,
}

impl Kind {
    fn letter(self) -> u8 {
        match self {
            Self::Folder => b'd',
            Self::File => b'f',
        }
    }

    /// Returns the number of its inode.
    fn number(self) -> u64 {
        match self {
            Self::Folder => 2,
            Self::File => 3,
        }
    }
}

/// Returns the handle of a guest's folder, or of the file in it. It cannot be guessed, for the
/// folder's name cannot.
pub fn handle(kind: Kind, folder: &str) -> Vec<u8> {
    let mut handle = vec![kind.letter()];
    handle.extend_from_slice(folder.as_bytes());
    handle
}

/// Bytes of the file that a client reads: what is sent is made of them by [`Reading::reply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whose file it is, by its place among the guests.
    pub guest: usize,
    /// The bytes, which the file has.
    pub range: Range<u64>,
    /// Whether the file ends there.
    ends: bool,
    head: Writer,
    attributes: Vec<u8>,
}

impl Reading {
    /// Returns the reply with the bytes; where they could not be read, or not all of them, it says
    /// so.
    pub fn reply(self, bytes: Option<&[u8]>) -> Vec<u8> {
        let length = self.range.end.saturating_sub(self.range.start);
        let bytes = bytes.filter(|bytes| u64::try_from(bytes.len()) == Ok(length));
        match (bytes, u32::try_from(length)) {
            (Some(bytes), Ok(count)) => {
                let head = self.head.u32(OK).raw(&self.attributes);
                head.u32(count).bool(self.ends).opaque(bytes).done()
            }
            _ => self.head.u32(IO).raw(&self.attributes).done(),
        }
    }
}

/// Something that a handle names.
struct Found<'a> {
    guest: usize,
    kind: Kind,
    folder: &'a str,
    name: &'a str,
}

fn find<'a>(handle: &[u8], from: IpAddr, export: &Export<'a>) -> Option<Found<'a>> {
    let (letter, folder_of) = handle.split_first()?;
    let kind = [Kind::Folder, Kind::File].into_iter().find(|kind| kind.letter() == *letter)?;
    guests(export, from).find_map(|(at, guest)| {
        let (folder, name) = parts(guest)?;
        let is_it = folder.as_bytes() == folder_of;
        is_it.then_some(Found { guest: at, kind, folder, name })
    })
}

/// Writes what there is to know of a folder or file (`fattr3`, RFC 1813 §2.6).
fn attributes(kind: Kind, export: &Export<'_>) -> Vec<u8> {
    let (type_of, mode, links, size) = match kind {
        Kind::Folder => (2, 0o555, 2, 4096),
        Kind::File => (1, 0o444, 1, export.image.length),
    };
    let seconds = export.image.modified_s;
    let all = Writer::default().u32(type_of).u32(mode).u32(links).u32(0).u32(0);
    let all = all.u64(size).u64(size).u32(0).u32(0).u64(1).u64(kind.number());
    // Read, changed, and its attributes changed.
    all.u32(seconds).u32(0).u32(seconds).u32(0).u32(seconds).u32(0).done()
}

/// `post_op_attr` (RFC 1813 §2.6).
fn after(kind: Kind, export: &Export<'_>) -> Vec<u8> {
    Writer::default().bool(true).raw(&attributes(kind, export)).done()
}

/// Answers a call.
pub fn answer(call: &Call<'_>, from: IpAddr, export: &Export<'_>) -> Step {
    if call.version != VERSION {
        return Step::Say { reply: call.mismatch(VERSION, VERSION), guest: None };
    }
    let mut reader = Reader::new(call.arguments);
    let say = |reply| Step::Say { reply, guest: None };
    if call.procedure == 0 {
        return say(call.success().done());
    }
    if call.procedure > 21 {
        return say(call.no_procedure());
    }
    let Some(handle_of) = reader.opaque(HANDLE) else { return say(call.garbage()) };
    let Some(found) = find(handle_of, from, export) else {
        return say(refused(call, STALE, None));
    };
    if call.procedure == 6 {
        return read(call, &mut reader, &found, export);
    }
    let reply = look(call, &mut reader, &found, export).unwrap_or_else(|| call.garbage());
    Step::Say { reply, guest: Some(found.guest) }
}

/// Returns a refusal, in the form that each procedure has for it (RFC 1813 §3.3).
fn refused(call: &Call<'_>, why: u32, attributes: Option<&[u8]>) -> Vec<u8> {
    let nothing = [0; 4];
    let after = attributes.unwrap_or(&nothing);
    let head = call.success().u32(why);
    match call.procedure {
        // GETATTR has nothing beside it.
        1 => head.done(),
        // What changes something has `wcc_data`, RENAME twice; LINK has it behind the attributes.
        2 | 7..=13 | 21 => head.u32(0).raw(after).done(),
        14 => head.u32(0).raw(after).u32(0).u32(0).done(),
        15 => head.raw(after).u32(0).u32(0).done(),
        _ => head.raw(after).done(),
    }
}

/// Answers what is asked of a folder or file, but for its bytes; `None` is garbage.
fn look(
    call: &Call<'_>,
    reader: &mut Reader<'_>,
    found: &Found<'_>,
    export: &Export<'_>,
) -> Option<Vec<u8>> {
    let own = after(found.kind, export);
    let no = |why| refused(call, why, Some(&own));
    let is_folder = found.kind == Kind::Folder;
    Some(match call.procedure {
        // GETATTR
        1 => call.success().u32(OK).raw(&attributes(found.kind, export)).done(),
        // LOOKUP
        3 => {
            let (kind, folder) = match reader.opaque(usize::MAX)? {
                _ if !is_folder => return Some(no(NOT_A_FOLDER)),
                // There is nothing above it.
                b"." | b".." => (Kind::Folder, found.folder),
                name if name == found.name.as_bytes() => (Kind::File, found.folder),
                name if name.len() > NAME => return Some(no(NAME_TOO_LONG)),
                _ => return Some(no(NO_ENTRY)),
            };
            let head = call.success().u32(OK).opaque(&handle(kind, folder));
            head.raw(&after(kind, export)).raw(&own).done()
        }
        // ACCESS: ACCESS3_READ, and ACCESS3_LOOKUP of a folder.
        4 => {
            let may = if is_folder { 3 } else { 1 };
            call.success().u32(OK).raw(&own).u32(reader.u32()? & may).done()
        }
        // READLINK
        5 => no(INVALID),
        // READDIR and READDIRPLUS
        16 | 17 if !is_folder => no(NOT_A_FOLDER),
        16 | 17 => entries(call, reader, found, export, &own)?,
        // FSSTAT: as full as it is.
        18 => {
            let size = export.image.length;
            let head = call.success().u32(OK).raw(&own);
            head.u64(size).u64(0).u64(0).u64(2).u64(0).u64(0).u32(0).done()
        }
        // FSINFO: reads of READ bytes; the others have to be there. All times are the file's own,
        // and its properties are FSF3_HOMOGENEOUS.
        19 => {
            let head = call.success().u32(OK).raw(&own).u32(READ).u32(READ).u32(4096);
            let head = head.u32(WRITE).u32(WRITE).u32(4096).u32(ENTRIES);
            head.u64(u64::MAX >> 1).u32(1).u32(0).u32(8).done()
        }
        // PATHCONF: links, names, no cutting, no giving away, case as it is.
        20 => {
            let head = call.success().u32(OK).raw(&own).u32(1).u32(255);
            head.bool(true).bool(true).bool(false).bool(true).done()
        }
        // All else would write.
        _ => no(READ_ONLY),
    })
}

/// Lists the folder: `.`, `..` and the file, by the numbers 1, 2 and 3.
fn entries(
    call: &Call<'_>,
    reader: &mut Reader<'_>,
    found: &Found<'_>,
    export: &Export<'_>,
    own: &[u8],
) -> Option<Vec<u8>> {
    let plus = call.procedure == 17;
    // The verifier of what was listed before stands between; the list never changes.
    let (from, _verifier, names) = (reader.u64()?, reader.u64()?, reader.u32()?);
    let room = if plus { reader.u32()? } else { names }.min(ENTRIES);
    if from > 3 {
        return Some(refused(call, BAD_COOKIE, Some(own)));
    }
    let all = [(1, ".", Kind::Folder), (2, "..", Kind::Folder), (3, found.name, Kind::File)];
    let head = call.success().u32(OK).raw(own).u64(0);
    let (mut list, mut listed, mut ends) = (Writer::default(), 0_usize, true);
    for (number, name, kind) in all.into_iter().filter(|(number, ..)| *number > from) {
        let mut entry = Writer::default().bool(true).u64(kind.number());
        entry = entry.opaque(name.as_bytes()).u64(number);
        if plus {
            entry = entry.raw(&after(kind, export)).bool(true);
            entry = entry.opaque(&handle(kind, found.folder));
        }
        let entry = entry.done();
        // The two words behind the list have to have room too, and what stands before it.
        let whole = list.clone().raw(&entry);
        let taken = whole.clone().done().len().saturating_add(own.len()).saturating_add(20);
        if u32::try_from(taken).is_ok_and(|taken| taken > room) {
            if listed == 0 {
                return Some(refused(call, TOO_SMALL, Some(own)));
            }
            ends = false;
            break;
        }
        (list, listed) = (whole, listed.saturating_add(1));
    }
    Some(head.raw(&list.done()).bool(false).bool(ends).done())
}

/// READ
fn read(call: &Call<'_>, reader: &mut Reader<'_>, found: &Found<'_>, export: &Export<'_>) -> Step {
    let guest = Some(found.guest);
    let (Some(offset), Some(count)) = (reader.u64(), reader.u32()) else {
        return Step::Say { reply: call.garbage(), guest };
    };
    let attributes = after(found.kind, export);
    if found.kind == Kind::Folder {
        return Step::Say { reply: refused(call, IS_A_FOLDER, Some(&attributes)), guest };
    }
    let length = export.image.length;
    let start = offset.min(length);
    let end = start.saturating_add(count.min(READ).into()).min(length);
    Step::Read(Reading {
        guest: found.guest,
        range: start..end,
        ends: end == length,
        head: call.success(),
        attributes,
    })
}
