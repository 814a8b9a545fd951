//! Netlink sockets: one question, one answer, a time limit on both.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, bind, netlink, recv,
    send, socket_with, sockopt,
};

use super::generic;
use super::netlink::{ACK, DONE, DUMP, ERROR, Message, REQUEST, error_number, framed, messages};

/// How long the kernel may take for one message; a module's I²C bus takes
/// tens of milliseconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// The kernel's dumps come in pieces of at most 32 KiB.
const LARGEST: usize = 64 * 1024;

/// What is taken of a dump at most: 1,000 links with 64 virtual functions each
/// stay below it.
const MOST_MESSAGES: usize = 100_000;

/// Asks rtnetlink for all objects of a kind.
pub(super) fn dump((kind, body): (u16, Vec<u8>)) -> io::Result<Vec<Message>> {
    // rtnetlink is protocol 0.
    let socket = open(None)?;
    let sequence = 1;
    send(&socket, &framed(kind, REQUEST | DUMP, sequence, &body), SendFlags::empty())?;
    let mut all = Vec::new();
    loop {
        for message in receive(&socket)? {
            match message.kind {
                _ if message.sequence != sequence => {}
                DONE => return Ok(all),
                ERROR => return Err(io::Error::from_raw_os_error(error_number(&message))),
                _ => all.push(message),
            }
        }
        if all.len() > MOST_MESSAGES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a dump without an end"));
        }
    }
}

/// A socket to ethtool's generic netlink family.
#[derive(Debug)]
pub(super) struct Ethtool {
    socket: OwnedFd,
    family: u16,
    sequence: u32,
}

impl Ethtool {
    /// Opens a socket and finds the family; kernels before 5.6 have none.
    pub(super) fn open() -> io::Result<Self> {
        let socket = open(Some(netlink::GENERIC))?;
        let mut this = Self { socket, family: generic::CONTROL, sequence: 0 };
        let answer = this.exchange(&generic::family_request())?;
        this.family = generic::family(&answer)
            .ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, "no family `ethtool`"))?;
        Ok(this)
    }

    /// Asks about the interface `name`, and returns the body of the answer.
    pub(super) fn ask(
        &mut self,
        command: u8,
        name: &str,
        more: &[(u16, Vec<u8>)],
    ) -> io::Result<Vec<u8>> {
        self.exchange(&generic::request(command, name, more))
    }

    fn exchange(&mut self, body: &[u8]) -> io::Result<Vec<u8>> {
        self.sequence = self.sequence.wrapping_add(1);
        let frame = framed(self.family, REQUEST | ACK, self.sequence, body);
        send(&self.socket, &frame, SendFlags::empty())?;
        let mut answer = None;
        loop {
            for message in receive(&self.socket)? {
                if message.sequence != self.sequence {
                    continue;
                }
                match (message.kind, error_number(&message)) {
                    (ERROR, 0) => return answer.ok_or_else(no_answer),
                    (ERROR, number) => return Err(io::Error::from_raw_os_error(number)),
                    (DONE, _) => {}
                    _ => answer = Some(message.body),
                }
            }
        }
    }
}

fn open(protocol: Option<Protocol>) -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol)?;
    bind(&socket, &SocketAddrNetlink::new(0, 0))?;
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(PATIENCE))?;
    Ok(socket)
}

fn receive(socket: &OwnedFd) -> io::Result<Vec<Message>> {
    let mut buffer = vec![0_u8; LARGEST];
    let (length, _) = recv(socket, &mut *buffer, RecvFlags::empty())?;
    Ok(messages(buffer.get(..length).unwrap_or_default()))
}

fn no_answer() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "acknowledged without an answer")
}
