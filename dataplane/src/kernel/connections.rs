//! Connections of a namespace: read by zone, and cut.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::socket::{Dumped, Request, Socket};
use super::{Connection, KernelError};
use crate::conntrack;

/// `IPCTNL_MSG_CT_GET` and `…_DELETE` of subsystem 1.
const GET: u16 = 0x0101;
const DELETE: u16 = 0x0102;
/// `IPCTNL_MSG_CT_GET_STATS`.
const STATISTICS: u16 = 0x0105;
/// How many deletions are on their way together.
const GROUP: usize = 64;
/// How often a dump is begun again that overran the socket.
const DUMPS: usize = 5;

/// Returns the connections of some zones, in order. It is no picture of one moment:
/// connections come and go while it is made.
pub fn look(socket: &mut Socket, zones: &BTreeSet<u16>) -> Result<Vec<Connection>, KernelError> {
    // The kernel walks over all connections for one zone as well as for all of them.
    let one = match zones.len() {
        0 => return Ok(Vec::new()),
        1 => zones.first().copied(),
        _ => None,
    };
    if is_empty(socket) {
        return Ok(Vec::new());
    }
    let request = Request { kind: GET, flags: 0, body: conntrack::ask(one) };
    for _ in 0..DUMPS {
        let mut found = BTreeSet::new();
        let dumped = socket.dump(&request, &mut |body| {
            found.extend(conntrack::decode(body).filter(|it| zones.contains(&it.zone)));
        });
        match dumped {
            Ok(Dumped::Whole) => return Ok(found.into_iter().collect()),
            Ok(Dumped::Torn) => {}
            Err(source) => return Err(KernelError::Io { what: "read connections", source }),
        }
    }
    let why = format!("more than the socket holds, {DUMPS} times over");
    Err(KernelError::Answer { what: "a dump of connections", why })
}

/// Whether there are no connections at all, as far as the kernel says: a dump goes through its
/// whole table of 262,144 rows, which takes milliseconds, however few there are.
fn is_empty(socket: &mut Socket) -> bool {
    let request = Request { kind: STATISTICS, flags: 0, body: conntrack::ask(None) };
    let mut count = None;
    let asked = socket.inquire(&[request], &mut |body| count = conntrack::count(body));
    asked.is_ok() && count == Some(0)
}

/// Returns all connections of IPv4, each with who answers and to whom.
pub fn look_both_ways(
    socket: &mut Socket,
) -> Result<Vec<(Connection, IpAddr, IpAddr)>, KernelError> {
    let request = Request { kind: GET, flags: 0, body: conntrack::ask(None) };
    for _ in 0..DUMPS {
        let mut found = Vec::new();
        let dumped = socket.dump(&request, &mut |body| {
            let both = conntrack::decode(body).zip(conntrack::reply(body));
            let four = both.filter(|(connection, _reply)| connection.source.is_ipv4());
            found.extend(four.map(|(connection, (from, to))| (connection, from, to)));
        });
        match dumped {
            Ok(Dumped::Whole) => return Ok(found),
            Ok(Dumped::Torn) => {}
            Err(source) => return Err(KernelError::Io { what: "read connections", source }),
        }
    }
    let why = format!("more than the socket holds, {DUMPS} times over");
    Err(KernelError::Answer { what: "a dump of connections", why })
}

/// Forgets connections; returns how many were still there. The first failure that is not
/// for their being gone is told when all were tried.
pub fn cut(socket: &mut Socket, connections: &[Connection]) -> Result<usize, KernelError> {
    let what = "cut connections";
    let mut count: usize = 0;
    let mut failed = None;
    for group in connections.chunks(GROUP) {
        let requests: Vec<Request> = group
            .iter()
            .map(|it| Request { kind: DELETE, flags: 0, body: conntrack::cut(it) })
            .collect();
        let outcomes = socket.ask(&requests).map_err(|source| KernelError::Io { what, source })?;
        for outcome in outcomes {
            match outcome {
                Ok(()) => count = count.saturating_add(1),
                Err(error) if error.errno == libc::ENOENT => {}
                Err(error) => {
                    failed.get_or_insert(error.errno);
                }
            }
        }
    }
    match failed {
        None => Ok(count),
        Some(errno) => {
            Err(KernelError::Io { what, source: std::io::Error::from_raw_os_error(errno) })
        }
    }
}
