//! The walk over a table: where structures begin and end, and what is damaged.

use std::collections::HashMap;
use std::fmt;

use super::Structure;

const HEADER: usize = 4;
const END_OF_TABLE: u8 = 127;

/// The longest table that is walked. Those of servers have some ten thousand
/// bytes; what fills more is no table, and shown in words it grows a
/// hundredfold.
const LONGEST: usize = 1 << 20;
/// The most structures that are walked: there are no more handles.
const MOST: usize = 1 << 16;

/// AMI firmware on Supermicro X9 boards (2012) writes 10h as the length of a
/// management device (type 34), whose strings begin after 0Bh. dmidecode knows
/// them by the text in the bytes between, and so do we.
const MISCOUNTED: u8 = 0x10;
const MANAGEMENT_DEVICE: u8 = 0x0B;

/// The version of SMBIOS that a table follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Major number.
    pub major: u8,
    /// Minor number.
    pub minor: u8,
}

impl Version {
    /// What a table without an entry point is read as: the newest layout, whose
    /// rules have held since 2.6.
    pub const ASSUMED: Self = Self { major: 3, minor: 0 };

    /// Returns whether this is `major.minor` or newer.
    pub fn at_least(self, major: u8, minor: u8) -> bool {
        self >= Self { major, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A table whose structures have been found.
#[derive(Clone, Debug)]
pub struct Table {
    bytes: Box<[u8]>,
    spans: Vec<Span>,
    /// The version by the entry point; `None` where there was none to say it.
    pub version: Option<Version>,
    /// What was wrong, in the order in which it was met.
    pub damage: Vec<Damage>,
}

/// Where a structure lies in the table.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    formatted: usize,
    end: usize,
    repeat: u16,
}

/// Something wrong with a table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's doc says what its fields hold")]
pub enum Damage {
    /// The entry point `anchor` has a wrong checksum; it was used all the same.
    Checksum { anchor: &'static str },
    /// The table should have `announced` bytes; there are `available`.
    Short { announced: usize, available: usize },
    /// The structure at `offset` says it has `length` bytes; none has less than 4.
    Length { offset: usize, length: u8 },
    /// The table ends inside the structure at `offset`, or is longer than is read.
    Cut { offset: usize },
    /// The strings of the structure `handle` at `offset` lack their final zero bytes.
    Unterminated { offset: usize, handle: u16 },
    /// The structure `handle` claims `length` bytes, but its strings begin after
    /// `used` of them.
    Overlong { handle: u16, length: u8, used: u8 },
    /// The walk ended without a structure of type 127.
    NoEnd,
    /// The entry point announces `announced` structures; `walked` were found.
    Count { announced: usize, walked: usize },
    /// Several structures have the handle.
    DuplicateHandle { handle: u16 },
}

impl Damage {
    /// Returns whether structures may be missing because of it.
    pub fn loses_structures(&self) -> bool {
        match self {
            Self::Length { .. } | Self::Cut { .. } => true,
            Self::Count { announced, walked } => walked < announced,
            Self::Checksum { .. }
            | Self::Short { .. }
            | Self::Unterminated { .. }
            | Self::Overlong { .. }
            | Self::NoEnd
            | Self::DuplicateHandle { .. } => false,
        }
    }
}

/// What the entry point says about the table.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Announced {
    pub(super) version: Option<Version>,
    /// Length in bytes; of a 64-bit entry point the most it can be.
    pub(super) length: Option<usize>,
    /// Number of structures; a 64-bit entry point does not give it.
    pub(super) count: Option<usize>,
}

impl Table {
    /// Walks `bytes`, the table alone.
    pub(super) fn walk(bytes: &[u8], announced: Announced, mut damage: Vec<Damage>) -> Self {
        let end = announced.length.map_or(bytes.len(), |length| length.min(bytes.len()));
        let length = end;
        let bytes = bytes.get(..end.min(LONGEST)).unwrap_or(bytes);
        let mut spans = Vec::new();
        let mut seen: HashMap<u16, u16> = HashMap::new();
        let mut ended = false;
        let mut stopped = false;
        let mut start = 0;
        while let Some(rest) = bytes.get(start..).filter(|rest| !rest.is_empty()) {
            let enough = announced.count.is_some_and(|count| spans.len() >= count);
            if enough && (ended || !looks_like_structure(rest)) {
                break;
            }
            if spans.len() >= MOST {
                damage.push(Damage::Cut { offset: start });
                stopped = true;
                break;
            }
            match step(rest, start) {
                Step::Structure { kind, handle, formatted, length, terminated } => {
                    if !terminated {
                        damage.push(Damage::Unterminated { offset: start, handle });
                    }
                    let length_byte = rest.get(1).copied().unwrap_or_default();
                    if formatted < usize::from(length_byte) {
                        let used = MANAGEMENT_DEVICE;
                        damage.push(Damage::Overlong { handle, length: length_byte, used });
                    }
                    let repeat = seen.entry(handle).and_modify(|n| *n = n.saturating_add(1));
                    let repeat = *repeat.or_insert(0);
                    if repeat == 1 {
                        damage.push(Damage::DuplicateHandle { handle });
                    }
                    spans.push(Span {
                        start,
                        formatted,
                        end: start.saturating_add(length),
                        repeat,
                    });
                    start = start.saturating_add(length);
                    ended |= kind == END_OF_TABLE;
                    if ended && announced.count.is_none_or(|count| spans.len() >= count) {
                        break;
                    }
                }
                // What follows the end marker is padding, whatever was announced.
                Step::Damaged(_) if ended => break,
                Step::Damaged(what) => {
                    damage.push(what);
                    stopped = true;
                    break;
                }
            }
        }
        // What was not walked for its length is as good as not there.
        let announced = Announced {
            length: announced.length.or((length > bytes.len()).then_some(length)),
            ..announced
        };
        damage.extend(closing(announced, bytes.len(), spans.len(), ended, stopped));
        Self { bytes: bytes.into(), spans, version: announced.version, damage }
    }

    /// Returns the structures in the order of the table.
    pub fn structures(&self) -> impl ExactSizeIterator<Item = Structure<'_>> {
        let version = self.version.unwrap_or(Version::ASSUMED);
        self.spans.iter().map(move |span| self.structure(span, version))
    }

    fn structure(&self, span: &Span, version: Version) -> Structure<'_> {
        let whole = self.bytes.get(span.start..span.end).unwrap_or_default();
        let (formatted, strings) = whole.split_at_checked(span.formatted).unwrap_or((whole, &[]));
        let header = formatted.first_chunk::<HEADER>().copied().unwrap_or_default();
        let [kind, _, low, high] = header;
        Structure {
            kind,
            handle: u16::from_le_bytes([low, high]),
            repeat: span.repeat,
            offset: span.start,
            formatted,
            strings,
            version,
        }
    }

    /// Returns whether structures may be missing, and why: the first such damage.
    pub fn loss(&self) -> Option<&Damage> {
        self.damage.iter().find(|damage| damage.loses_structures())
    }
}

/// What is only known when the walk is over.
fn closing(
    announced: Announced,
    available: usize,
    walked: usize,
    ended: bool,
    stopped: bool,
) -> Vec<Damage> {
    let mut damage = Vec::new();
    let counted = announced.count == Some(walked);
    if let Some(length) = announced.length
        && length > available
        && !(ended && announced.count.is_none())
    {
        damage.push(Damage::Short { announced: length, available });
        // The file may have been cut exactly between two structures.
        if !ended && !counted && !stopped {
            damage.push(Damage::Cut { offset: available });
        }
    }
    if !ended {
        damage.push(Damage::NoEnd);
    }
    if let Some(count) = announced.count
        && !counted
    {
        damage.push(Damage::Count { announced: count, walked });
    }
    damage
}

/// What lies at one place of the table.
enum Step {
    Structure { kind: u8, handle: u16, formatted: usize, length: usize, terminated: bool },
    Damaged(Damage),
}

fn step(rest: &[u8], offset: usize) -> Step {
    let Some(&[kind, length, low, high]) = rest.first_chunk::<HEADER>() else {
        return Step::Damaged(Damage::Cut { offset });
    };
    let mut formatted = usize::from(length);
    let hidden = rest.get(usize::from(MANAGEMENT_DEVICE)..formatted).unwrap_or_default();
    if (kind, length) == (34, MISCOUNTED) && hidden.iter().all(|byte| (32..127).contains(byte)) {
        formatted = MANAGEMENT_DEVICE.into();
    }
    if formatted < HEADER {
        return Step::Damaged(Damage::Length { offset, length });
    }
    let Some(after) = rest.get(formatted..) else {
        return Step::Damaged(Damage::Cut { offset });
    };
    let handle = u16::from_le_bytes([low, high]);
    // Two zero bytes end the strings, also where there is no string.
    match after.windows(2).position(|pair| pair == [0, 0]) {
        Some(at) => {
            let length = formatted.saturating_add(at).saturating_add(2);
            Step::Structure { kind, handle, formatted, length, terminated: true }
        }
        None => Step::Structure { kind, handle, formatted, length: rest.len(), terminated: false },
    }
}

/// Returns whether a walk could go on at `rest`: used past the announced count.
fn looks_like_structure(rest: &[u8]) -> bool {
    matches!(step(rest, 0), Step::Structure { terminated: true, length, .. } if length > 0)
        && rest.first_chunk::<HEADER>().is_some_and(|header| header.iter().any(|&b| b != 0))
}

/// Returns whether `bytes` is a table: the walk test for files without an anchor.
///
/// Random bytes pass a walk of one structure now and then; three in a row that
/// include a type every machine has are beyond chance.
pub(super) fn walks(bytes: &[u8]) -> bool {
    let mut start = 0_usize;
    let mut structures = 0_usize;
    let mut known = false;
    while let Some(rest) = bytes.get(start..)
        && let Step::Structure { kind, length, terminated: true, formatted, .. } = step(rest, start)
    {
        structures = structures.saturating_add(1);
        known |=
            matches!((kind, formatted), (0, 0x12..) | (1, 0x08..) | (4, 0x1A..) | (17, 0x15..));
        if kind == END_OF_TABLE || (structures >= 3 && known) {
            break;
        }
        start = start.saturating_add(length);
    }
    structures >= 2 && known
}
