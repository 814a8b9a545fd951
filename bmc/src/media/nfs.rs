//! One file by NFS version 3, for BMCs that take nothing else: the calls that a client makes, and
//! what they are answered. Nothing can be written, and there is no path but the file's own.
//!
//! This is pure: records in, replies out, and where a reply wants bytes of the file, which. The
//! edge is [`super::serve`].

pub mod mount;
pub mod nfs3;
pub mod portmap;
pub mod rpc;
pub mod xdr;

use std::net::{IpAddr, SocketAddr};

use rpc::Call;

use super::{Image, serve::Guest};

/// The way that a call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A connection.
    Tcp,
    /// A datagram: the portmapper and MOUNT answer these, NFS does not.
    Udp,
}

/// What is exported, to whom, and where.
#[derive(Clone, Copy, Debug)]
pub struct Export<'a> {
    /// The file.
    pub image: &'a Image,
    /// Who may read it; each has a folder of its own, which the file lies in.
    pub guests: &'a [Guest],
    /// The port of NFS and of MOUNT.
    pub port: u16,
}

/// Whom a call came from, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The address it came from.
    pub from: IpAddr,
    /// The address of ours that it came to.
    pub to: SocketAddr,
    /// How.
    pub by: Carrier,
}

/// What is done about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is no call: nothing is answered.
    Silence,
    /// This is answered.
    Say {
        /// The reply.
        reply: Vec<u8>,
        /// The guest whose file was named, by its place among the guests.
        guest: Option<usize>,
    },
    /// Bytes of the file are answered.
    Read(nfs3::Reading),
}

/// Returns what is done about a record.
pub fn answer(record: &[u8], caller: Caller, export: &Export<'_>) -> Step {
    let call = match Call::read(record) {
        Ok(call) => call,
        Err(Some(refusal)) => return Step::Say { reply: refusal, guest: None },
        Err(None) => return Step::Silence,
    };
    let say = |reply| Step::Say { reply, guest: None };
    match (call.program, caller.by) {
        (portmap::PROGRAM, _) => say(portmap::answer(&call, caller.to, export.port)),
        (mount::PROGRAM, _) => {
            let (reply, guest) = mount::answer(&call, caller.from, export);
            Step::Say { reply, guest }
        }
        (nfs3::PROGRAM, Carrier::Tcp) => nfs3::answer(&call, caller.from, export),
        _ => say(call.unavailable()),
    }
}

/// Splits the path of a guest into its folder and the file's name: `/folder/name`.
fn parts(guest: &Guest) -> Option<(&str, &str)> {
    guest.path.rsplit_once('/')
}

/// Returns the guests that come from an address, each with its place.
fn guests<'a>(
    export: &Export<'a>,
    from: IpAddr,
) -> impl Iterator<Item = (usize, &'a Guest)> + use<'a> {
    export.guests.iter().enumerate().filter(move |(_, guest)| guest.from.contains(&from))
}

#[cfg(test)]
mod tests;
