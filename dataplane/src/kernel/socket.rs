#![expect(unsafe_code, reason = "rustix has no options of netlink sockets")]
//! A netlink socket: groups of requests, answered one by one, and dumps.
//!
//! The kernel does what a datagram asks before `send` returns, so a group of requests costs one
//! system call, and no end of this process comes between them. Errors come for each that failed;
//! an acknowledgement is asked of the last alone. Formats: netlink(7),
//! `include/uapi/linux/netlink.h`.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::io::retry_on_intr;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, bind, getsockname,
    recv, send, socket_with, sockopt,
};

use super::StepError;
use super::attribute::{attributes, text, u16_of, u32_of};

/// A request: what follows the length and `NLM_F_REQUEST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Kind of message (`RTM_*`).
    pub kind: u16,
    /// `NLM_F_*` of its own.
    pub flags: u16,
    /// What follows `nlmsghdr`.
    pub body: Vec<u8>,
}

/// What became of a request.
pub type Outcome = Result<(), StepError>;

/// How a dump ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dumped {
    /// All was told.
    Whole,
    /// Something changed meanwhile, or told more than there was room for: to be repeated.
    Torn,
}

/// A socket; it stays in the namespace in which it was opened.
#[derive(Debug)]
pub struct Socket {
    fd: OwnedFd,
    sequence: u32,
    buffer: Vec<u8>,
}

const REQUEST: u16 = 0x1;
const ACK: u16 = 0x4;
const DUMP_INTERRUPTED: u16 = 0x10;
const DUMP: u16 = 0x300;
const CAPPED: u16 = 0x100;
const ACK_ATTRIBUTES: u16 = 0x200;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const HEADER: usize = 16;
const ERROR_TEXT: u16 = 1;

/// How long the kernel may take for an answer. Requests wait for the lock that all changes of
/// devices share, and the end of a namespace with thousands of devices holds it for seconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// Room for answers: a thousand errors with their texts. Forced, it is not bound by
/// `net.core.rmem_max`.
const RECEIVE: usize = 2 << 20;
/// Room for a datagram: a batch of 100,000 elements takes 3 to 5 MB. Nothing is reserved.
const SEND: usize = 64 << 20;

/// The kernel sends at most 32 KiB at once.
const LARGEST: usize = 64 * 1024;

impl Socket {
    /// Opens a socket; `protocol` is none for rtnetlink, which is number 0.
    pub fn open(protocol: Option<Protocol>) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, protocol)?;
        bind(&socket, &SocketAddrNetlink::new(0, 0))?;
        sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(PATIENCE))?;
        for (room, size) in [(Room::Receive, RECEIVE), (Room::Send, SEND)] {
            make_room(socket.as_fd(), room, size)?;
        }
        // Without them errors carry the request and no text: longer, and harder to read.
        for option in [libc::NETLINK_CAP_ACK, libc::NETLINK_EXT_ACK] {
            switch_on(socket.as_fd(), option)?;
        }
        Ok(Self { fd: socket, sequence: 0, buffer: vec![0; LARGEST] })
    }

    /// Sends requests in one datagram and returns what became of each.
    pub fn ask(&mut self, requests: &[Request]) -> io::Result<Vec<Outcome>> {
        self.inquire(requests, &mut |_body| ())
    }

    /// The same; calls `hear` with the body of each object that the kernel tells of.
    pub fn inquire(
        &mut self,
        requests: &[Request],
        hear: &mut dyn FnMut(&[u8]),
    ) -> io::Result<Vec<Outcome>> {
        let mut outcomes = vec![Ok(()); requests.len()];
        let mut datagram = Vec::new();
        let first = self.sequence.wrapping_add(1);
        for (at, request) in requests.iter().enumerate() {
            self.sequence = self.sequence.wrapping_add(1);
            let last = at.saturating_add(1) == requests.len();
            let flags = request.flags | REQUEST | if last { ACK } else { 0 };
            append(&mut datagram, request, flags, self.sequence);
        }
        if requests.is_empty() {
            return Ok(outcomes);
        }
        retry_on_intr(|| send(&self.fd, &datagram, SendFlags::empty()))?;
        loop {
            let mut acknowledged = false;
            let last = self.sequence;
            self.receive(&mut |message| {
                let at = message.sequence.wrapping_sub(first);
                let place = usize::try_from(at).ok().and_then(|at| outcomes.get_mut(at));
                match (message.kind, place) {
                    (ERROR, Some(outcome)) => {
                        *outcome = message.outcome();
                        acknowledged |= message.sequence == last;
                    }
                    (_, Some(_)) => hear(message.body),
                    _ => {}
                }
            })?;
            if acknowledged {
                return Ok(outcomes);
            }
        }
    }

    /// Asks for all objects of a kind and calls `hear` with the body of each.
    pub fn dump(&mut self, request: &Request, hear: &mut dyn FnMut(&[u8])) -> io::Result<Dumped> {
        self.sequence = self.sequence.wrapping_add(1);
        let mut datagram = Vec::new();
        append(&mut datagram, request, request.flags | REQUEST | DUMP, self.sequence);
        retry_on_intr(|| send(&self.fd, &datagram, SendFlags::empty()))?;
        let mut dumped = Dumped::Whole;
        loop {
            let mut end = None;
            let sequence = self.sequence;
            let received = self.receive(&mut |message| {
                if message.sequence != sequence {
                    return;
                }
                if message.flags & DUMP_INTERRUPTED != 0 {
                    dumped = Dumped::Torn;
                }
                match message.kind {
                    ERROR | DONE => end = Some(message.outcome()),
                    _ => hear(message.body),
                }
            });
            match received {
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => dumped = Dumped::Torn,
                other => other?,
            }
            match end {
                Some(Err(error)) => return Err(io::Error::from_raw_os_error(error.errno)),
                Some(Ok(())) => return Ok(dumped),
                None => {}
            }
        }
    }

    /// Returns the number of the first of `count` messages that are numbered one by one.
    pub fn number(&mut self, count: u32) -> u32 {
        let first = self.sequence.wrapping_add(1);
        self.sequence = self.sequence.wrapping_add(count);
        first
    }

    /// Sends a batch that is done wholly or not at all, and returns what failed in it, as offset
    /// from `first` and reason. The batch has to ask an acknowledgement of one message at least:
    /// the kernel is through with all of it, and has queued all answers, before `send` returns.
    pub fn transact(&mut self, datagram: &[u8], first: u32) -> io::Result<Vec<(u32, StepError)>> {
        if datagram.len() > SEND / 2 {
            self.make_room(datagram.len())?;
        }
        retry_on_intr(|| send(&self.fd, datagram, SendFlags::empty()))?;
        let mut failed = Vec::new();
        let mut heard = false;
        let mut flags = RecvFlags::empty();
        loop {
            let received = self.receive_with(flags, &mut |message| {
                let at = message.sequence.wrapping_sub(first);
                if message.kind == ERROR {
                    heard = true;
                    if let Err(error) = message.outcome() {
                        failed.push((at, error));
                    }
                }
            });
            match received {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && heard => {
                    return Ok(failed);
                }
                Err(error) => return Err(error),
            }
            // The first answer is waited for; the others are there already.
            flags = if heard { RecvFlags::DONTWAIT } else { RecvFlags::empty() };
        }
    }

    /// Returns the number by which the kernel names this socket in what it tells others.
    pub fn port(&self) -> io::Result<u32> {
        Ok(SocketAddrNetlink::try_from(getsockname(&self.fd)?)?.pid())
    }

    fn make_room(&self, datagram: usize) -> io::Result<()> {
        make_room(self.fd.as_fd(), Room::Send, datagram)
    }

    fn receive(&mut self, hear: &mut dyn FnMut(&Message<'_>)) -> io::Result<()> {
        self.receive_with(RecvFlags::empty(), hear)
    }

    fn receive_with(
        &mut self,
        flags: RecvFlags,
        hear: &mut dyn FnMut(&Message<'_>),
    ) -> io::Result<()> {
        let Self { fd: socket, buffer, .. } = self;
        let flags = flags | RecvFlags::TRUNC;
        let (_kept, length) = retry_on_intr(|| recv(&*socket, &mut **buffer, flags))?;
        if length > self.buffer.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "an answer beyond 64 KiB"));
        }
        let mut rest = self.buffer.get(..length).unwrap_or_default();
        while let Some(message) = Message::of(&mut rest) {
            hear(&message);
        }
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Reads the errors and acknowledgements of a datagram: number of the request, and what became
/// of it. Ends where a message cannot be read.
pub fn outcomes(mut datagram: &[u8]) -> Vec<(u32, Outcome)> {
    let mut all = Vec::new();
    while let Some(message) = Message::of(&mut datagram) {
        if [ERROR, DONE].contains(&message.kind) {
            all.push((message.sequence, message.outcome()));
        }
    }
    all
}

/// A message as it was received.
pub(super) struct Message<'a> {
    pub(super) kind: u16,
    flags: u16,
    sequence: u32,
    /// Of the socket that asked; in an event, of the one whose request changed something.
    pub(super) port: u32,
    pub(super) body: &'a [u8],
}

impl<'a> Message<'a> {
    /// Takes the first message off `rest`.
    pub(super) fn of(rest: &mut &'a [u8]) -> Option<Self> {
        let length = usize::try_from(u32_of(rest.get(..4)?)?).ok()?;
        let message = Self {
            kind: u16_of(rest.get(4..6)?)?,
            flags: u16_of(rest.get(6..8)?)?,
            sequence: u32_of(rest.get(8..12)?)?,
            port: u32_of(rest.get(12..HEADER)?)?,
            body: rest.get(HEADER..length)?,
        };
        *rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(message)
    }

    /// Reads an `NLMSG_ERROR` or `NLMSG_DONE`: the error number, less than 0, comes first.
    fn outcome(&self) -> Outcome {
        let number = self.body.get(..4).and_then(u32_of).map_or(0, u32::cast_signed);
        if number >= 0 {
            return Ok(());
        }
        // `nlmsgerr` repeats the header of the request, and all of it where it is not capped.
        let request = self.body.get(4..8).and_then(u32_of).and_then(|it| usize::try_from(it).ok());
        let behind = match (self.kind, self.flags & CAPPED) {
            (DONE, _) => Some(4),
            (_, 0) => request.and_then(|length| length.next_multiple_of(4).checked_add(4)),
            _ => Some(4 + HEADER),
        };
        let told = behind.filter(|_at| self.flags & ACK_ATTRIBUTES != 0);
        let mut told = attributes(told.and_then(|at| self.body.get(at..)).unwrap_or_default());
        let said = told
            .find_map(|(kind, value)| text(value).filter(|_text| kind == ERROR_TEXT))
            .map(str::to_owned);
        Err(StepError { errno: number.saturating_neg(), said })
    }
}

fn append(datagram: &mut Vec<u8>, request: &Request, flags: u16, sequence: u32) {
    let length = request.body.len().saturating_add(HEADER);
    datagram.extend(u32::try_from(length).unwrap_or(u32::MAX).to_ne_bytes());
    datagram.extend(request.kind.to_ne_bytes());
    datagram.extend(flags.to_ne_bytes());
    datagram.extend(sequence.to_ne_bytes());
    datagram.extend([0; 4]);
    datagram.extend_from_slice(&request.body);
    datagram.resize(datagram.len().next_multiple_of(4), 0);
}

#[derive(Clone, Copy)]
pub(super) enum Room {
    Receive,
    Send,
}

/// Makes room for so many bytes, or for as many as one may without `CAP_NET_ADMIN`.
pub(super) fn make_room(socket: BorrowedFd<'_>, room: Room, size: usize) -> io::Result<()> {
    let done = match room {
        Room::Receive => sockopt::set_socket_recv_buffer_size_force(socket, size)
            .or_else(|_error| sockopt::set_socket_recv_buffer_size(socket, size)),
        Room::Send => sockopt::set_socket_send_buffer_size_force(socket, size)
            .or_else(|_error| sockopt::set_socket_send_buffer_size(socket, size)),
    };
    Ok(done?)
}

pub(super) fn switch_on(socket: BorrowedFd<'_>, option: libc::c_int) -> io::Result<()> {
    let on: libc::c_int = 1;
    let length = libc::socklen_t::try_from(size_of_val(&on)).expect("an int is short");
    // SAFETY: the descriptor is open as long as `socket` lives; the kernel reads `length` bytes
    // from `on`, which is that long, and keeps no pointer to it.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_NETLINK,
            option,
            std::ptr::from_ref(&on).cast(),
            length,
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_tells_its_number_and_the_kernels_words() {
        // Linux 6.18, `RTM_NEWLINK` of a VXLAN device without a VNI, both options on.
        let mut body = (-libc::EINVAL).to_ne_bytes().to_vec();
        body.extend([0; HEADER]);
        body.extend([12, 0, 1, 0]);
        body.extend(*b"no VNI\0\0");
        let error =
            |flags| Message { kind: ERROR, flags, sequence: 1, port: 0, body: &body }.outcome();
        let said = Some("no VNI".to_owned());
        let told = error(CAPPED | ACK_ATTRIBUTES);
        assert_eq!(told, Err(StepError { errno: libc::EINVAL, said }));
        assert_eq!(error(CAPPED), Err(StepError { errno: libc::EINVAL, said: None }));
        let done = Message { kind: ERROR, flags: 0, sequence: 1, port: 0, body: &[0; 20] };
        assert_eq!(done.outcome(), Ok(()));
    }

    #[test]
    fn what_is_numbered_goes_on_from_what_was_asked() {
        let mut socket = Socket::open(Some(rustix::net::netlink::NETFILTER)).unwrap();
        let first = socket.number(3);
        assert_eq!(socket.number(1), first.wrapping_add(3));
    }

    #[test]
    fn a_message_that_is_cut_ends_the_datagram() {
        let mut datagram = Vec::new();
        let request = Request { kind: 18, flags: 0, body: vec![1, 2, 3] };
        append(&mut datagram, &request, REQUEST, 9);
        append(&mut datagram, &request, REQUEST, 10);
        let mut rest = &datagram[..];
        let message = Message::of(&mut rest).unwrap();
        assert_eq!((message.kind, message.sequence, message.body), (18, 9, &[1, 2, 3][..]));
        assert!(Message::of(&mut &rest[..18]).is_none());
        assert!(outcomes(&datagram).is_empty(), "neither an error nor an end");
        assert!(Message::of(&mut &[0; 16][..]).is_none(), "a length below the header");
    }
}
