//! Rules of a namespace: our tables looked at, and batches done.

use std::io;

use super::attribute::{Body, attributes};
use super::socket::{Dumped, Request, Socket};
use super::{KernelError, StepError};
use crate::nft::decode::{Damaged, Reading};
use crate::nft::encode::encode;
use crate::nft::{Batch, Family, Foreign, Ruleset, TABLE};

/// Asks that `nf_tables` answers (`NFT_MSG_GET*`, subsystem 10).
const GET_TABLE: u16 = 0x0a01;
const GET_CHAIN: u16 = 0x0a04;
const GET_RULE: u16 = 0x0a07;
const GET_SET: u16 = 0x0a0a;
const GET_ELEMENTS: u16 = 0x0a0d;
const GET_GENERATION: u16 = 0x0a10;
const ACK: u16 = 0x4;

/// How often a look is begun again that another change came in the middle of.
const LOOKS: usize = 20;
/// How often elements of a set are asked for where some were left out.
const DUMPS: usize = 20;
/// How often a batch is sent again that the kernel asks to be sent again.
const TRIES: usize = 5;

/// Looks at our tables, and at the names of the others, as they are at one moment.
pub fn look(socket: &mut Socket) -> Result<(Ruleset, Foreign), KernelError> {
    for _ in 0..LOOKS {
        let before = generation(socket)?;
        let Some(reading) = read(socket)? else {
            continue;
        };
        if generation(socket)? == before {
            return Ok(reading.finish());
        }
    }
    let why = format!("others changed rules during each of {LOOKS} looks");
    Err(KernelError::Answer { what: "read rules", why })
}

/// Does a batch: all of it or nothing.
pub fn perform(socket: &mut Socket, batch: &Batch) -> Result<(), StepError> {
    let mut tries = TRIES;
    loop {
        let Err(error) = attempt(socket, batch) else {
            return Ok(());
        };
        tries = tries.saturating_sub(1);
        if tries == 0 || ![libc::ERESTART, libc::EAGAIN, libc::EINTR].contains(&error.errno) {
            return Err(error);
        }
    }
}

fn attempt(socket: &mut Socket, batch: &Batch) -> Result<(), StepError> {
    let mut datagram = encode(batch, 0, None);
    if datagram.changes.is_empty() {
        return Ok(());
    }
    datagram.number(socket.number(datagram.count()));
    let failed = socket.transact(&datagram.bytes, datagram.first).map_err(|error| StepError {
        errno: error.raw_os_error().unwrap_or(libc::EIO),
        said: (error.raw_os_error() == Some(libc::ENOBUFS))
            .then(|| "the kernel's answer was lost; the rules may have changed or not".to_owned()),
    })?;
    // All that is wrong is told, in the order of the messages; a later one often fails only for
    // what the first did not make.
    let Some((offset, error)) = failed.into_iter().min_by_key(|(offset, _error)| *offset) else {
        return Ok(());
    };
    let change = datagram.change_of(offset).and_then(|at| batch.changes.get(at));
    let words = change.map(ToString::to_string).into_iter().chain(error.said);
    let said = words.collect::<Vec<_>>().join(": ");
    Err(StepError { errno: error.errno, said: Some(said).filter(|said| !said.is_empty()) })
}

/// Reads all dumps; nothing where one was torn.
fn read(socket: &mut Socket) -> Result<Option<Reading>, KernelError> {
    let mut reading = Reading::default();
    let all = || Body(vec![0; 4]);
    if !dump(socket, "read tables of rules", GET_TABLE, all(), &mut |body| reading.table(body))? {
        return Ok(None);
    }
    for family in [Family::Inet, Family::Netdev] {
        if !reading.has(family) {
            continue;
        }
        // The kernel sifts rules, sets and elements by the table; chains by the family alone.
        let ours = || {
            let mut body = Body(vec![family.number(), 0, 0, 0]);
            body.put_text(1, TABLE);
            body
        };
        let whole = dump(socket, "read chains of rules", GET_CHAIN, ours(), &mut |body| {
            reading.chain(body)
        })? && dump(socket, "read rules", GET_RULE, ours(), &mut |body| {
            reading.rule(body)
        })? && dump(socket, "read sets of rules", GET_SET, ours(), &mut |body| {
            reading.set(body)
        })?;
        if !whole {
            return Ok(None);
        }
        for (of, name) in reading.sets() {
            if of != family {
                continue;
            }
            let mut body = ours();
            body.put_text(2, &name);
            if !elements(socket, &mut reading, family, &name, &body)? {
                return Ok(None);
            }
        }
    }
    Ok(Some(reading))
}

/// Reads the elements of a set, as often as it takes to have them all; returns whether so.
fn elements(
    socket: &mut Socket,
    reading: &mut Reading,
    family: Family,
    set: &str,
    body: &Body,
) -> Result<bool, KernelError> {
    let what = "read elements of sets";
    let mut before = None;
    for _ in 0..DUMPS {
        let hear = &mut |body: &[u8]| reading.elements(body);
        if !dump(socket, what, GET_ELEMENTS, body.clone(), hear)? {
            return Ok(false);
        }
        let Some((found, told)) = reading.count(family, set) else {
            return Ok(true);
        };
        // What several dumps of one generation told is all there; a kernel that does not count
        // has told all where another dump of it adds nothing.
        let enough = match told {
            Some(told) => found == told,
            None => before == Some(found),
        };
        if enough {
            return Ok(true);
        }
        before = Some(found);
    }
    Ok(false)
}

/// Returns whether the dump was whole.
fn dump(
    socket: &mut Socket,
    what: &'static str,
    kind: u16,
    body: Body,
    hear: &mut dyn FnMut(&[u8]) -> Result<(), Damaged>,
) -> Result<bool, KernelError> {
    let request = Request { kind, flags: 0, body: body.0 };
    let mut damaged = None;
    let dumped = socket.dump(&request, &mut |body| {
        if let Err(error) = hear(body) {
            damaged.get_or_insert(error);
        }
    });
    match (dumped, damaged) {
        // Gone since it was named.
        (Err(error), _) if error.raw_os_error() == Some(libc::ENOENT) => Ok(false),
        (Err(source), _) => Err(failure(what, source)),
        (Ok(Dumped::Torn), _) => Ok(false),
        (Ok(Dumped::Whole), Some(error)) => {
            Err(KernelError::Answer { what: "read rules", why: error.to_string() })
        }
        (Ok(Dumped::Whole), None) => Ok(true),
    }
}

/// Returns the number that every change of rules in the namespace counts up.
fn generation(socket: &mut Socket) -> Result<Option<u32>, KernelError> {
    // The one answer is not a dump's, and only an acknowledgement ends it.
    let request = Request { kind: GET_GENERATION, flags: ACK, body: vec![0; 4] };
    let mut number = None;
    socket
        .dump(&request, &mut |body| {
            let mut told = attributes(body.get(4..).unwrap_or_default());
            number = told.find_map(|(kind, value)| {
                Some(u32::from_be_bytes(value.try_into().ok()?)).filter(|_number| kind == 1)
            });
        })
        .map_err(|source| failure("read the generation of rules", source))?;
    Ok(number)
}

fn failure(what: &'static str, source: io::Error) -> KernelError {
    match source.raw_os_error() {
        // Nothing answers where the subsystem is not there.
        Some(libc::EINVAL | libc::EOPNOTSUPP | libc::EPROTONOSUPPORT) => KernelError::Feature {
            feature: "nf_tables",
            hint: "`modprobe nf_tables` loads it; it is CONFIG_NF_TABLES of the kernel".to_owned(),
        },
        _ => KernelError::Io { what, source },
    }
}
