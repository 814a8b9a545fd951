#![expect(unsafe_code, reason = "rustix has no address for a packet socket, nor its options")]
#![expect(clippy::disallowed_methods, reason = "listens until a deadline")]
//! Packet sockets: any frame out of a device, and every frame that comes in by it (packet(7)).

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::mem::{size_of, size_of_val};
use std::os::fd::{AsFd as _, AsRawFd as _, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketFlags, SocketType, netdevice, socket_with};

/// Every kind of frame, in the order of bytes of the network (`ETH_P_ALL`).
const ALL: u16 = 0x0003_u16.to_be();
/// Longer than any frame without segmentation offload.
const LONGEST: usize = 64 * 1024;

/// A packet socket on one device.
#[derive(Debug)]
pub struct Wire {
    socket: File,
}

impl Wire {
    /// Opens one on a device of the namespace that this thread is in; from then on it hears.
    pub fn open(device: &str) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        // Protocol 0 hears nothing before it is bound, so that no other device is heard.
        let socket = socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None)?;
        let index = netdevice::name_to_index(&socket, device)?;
        ignore_outgoing(&socket)?;
        bind(&socket, index)?;
        Ok(Self { socket: File::from(socket) })
    }

    /// Sends a frame.
    pub fn send(&self, frame: &[u8]) -> io::Result<()> {
        (&self.socket).write_all(frame)
    }
}

/// A packet socket on every device of a namespace.
#[derive(Debug)]
pub struct Hub {
    socket: OwnedFd,
}

impl Hub {
    /// Opens it in the namespace that this thread is in.
    pub fn open() -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None)?;
        ignore_outgoing(&socket)?;
        bind(&socket, 0)?;
        Ok(Self { socket })
    }

    /// Opens one that hears only frames of a kind that begin with a word behind their header; the
    /// kernel passes all others by without a copy.
    pub fn open_for(kind: u16, word: u32) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None)?;
        ignore_outgoing(&socket)?;
        // Before it is bound, so that nothing else is ever in it.
        filter(&socket, kind, word)?;
        bind(&socket, 0)?;
        Ok(Self { socket })
    }

    /// Returns the number of a device.
    pub fn number(&self, device: &str) -> io::Result<u32> {
        Ok(netdevice::name_to_index(&self.socket, device)?)
    }

    /// Sends a frame by a device.
    pub fn send(&self, device: u32, frame: &[u8]) -> io::Result<()> {
        let (address, size) = place(device)?;
        // SAFETY: the descriptor is open while `self` is borrowed, `frame` is readable for its
        // length, and `address` is a whole `sockaddr_ll` of `size` bytes; all live until the call
        // returns.
        let sent = unsafe {
            libc::sendto(
                self.socket.as_raw_fd(),
                frame.as_ptr().cast(),
                frame.len(),
                0,
                std::ptr::from_ref(&address).cast(),
                size,
            )
        };
        if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Tells of every frame with the number of the device it came in by, until none has come for
    /// `limit`.
    pub fn hear(&self, limit: Duration, heard: &mut dyn FnMut(u32, &[u8])) -> io::Result<()> {
        let mut bytes = vec![0; LONGEST];
        while self.waits(limit)? {
            self.read(&mut bytes, heard)?;
        }
        Ok(())
    }

    /// The same for at most `most` frames, once one has come within `limit`; returns how many.
    pub fn hear_some(
        &self,
        limit: Duration,
        most: usize,
        heard: &mut dyn FnMut(u32, &[u8]),
    ) -> io::Result<usize> {
        let mut bytes = [0; 512];
        let mut count = 0;
        if self.waits(limit)? {
            while count < most && self.read(&mut bytes, heard)? {
                count += 1;
            }
        }
        Ok(count)
    }

    /// Waits for a frame; returns whether there is one.
    fn waits(&self, limit: Duration) -> io::Result<bool> {
        let limit = Timespec::try_from(limit).map_err(io::Error::other)?;
        loop {
            match poll(&mut [PollFd::new(&self.socket, PollFlags::IN)], Some(&limit)) {
                Ok(count) => return Ok(count > 0),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Reads a frame, where there is one; returns whether there was.
    fn read(&self, bytes: &mut [u8], heard: &mut dyn FnMut(u32, &[u8])) -> io::Result<bool> {
        let (mut address, mut size) = place(0)?;
        // SAFETY: the descriptor is open while `self` is borrowed, `bytes` is writable for its
        // length, and `address` is a whole `sockaddr_ll` of `size` bytes; all live until the call
        // returns.
        let length = unsafe {
            libc::recvfrom(
                self.socket.as_raw_fd(),
                bytes.as_mut_ptr().cast(),
                bytes.len(),
                0,
                std::ptr::from_mut(&mut address).cast(),
                &raw mut size,
            )
        };
        if let Ok(length) = usize::try_from(length) {
            heard(address.sll_ifindex.unsigned_abs(), bytes.get(..length).unwrap_or_default());
            return Ok(true);
        }
        match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
            error if error.raw_os_error() == Some(libc::ENETDOWN) => Ok(false),
            error => Err(error),
        }
    }
}

/// Listens at many wires, until `heard` says that it was what was waited for, or for `limit`;
/// returns whether it came. `heard` is given the place of the wire, and the frame.
pub fn hear(
    wires: &[&Wire],
    limit: Duration,
    heard: &mut dyn FnMut(usize, &[u8]) -> bool,
) -> io::Result<bool> {
    let end = Instant::now() + limit;
    let mut bytes = vec![0; LONGEST];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        let mut ready: Vec<PollFd<'_>> =
            wires.iter().map(|wire| PollFd::new(&wire.socket, PollFlags::IN)).collect();
        match poll(&mut ready, Some(&left)) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        }
        let mut found = false;
        let waiting = ready.iter().map(|wire| !wire.revents().is_empty());
        for (place, (wire, _)) in wires.iter().zip(waiting).enumerate().filter(|it| it.1.1) {
            // All that waits, so that nothing is later than what was sent behind it.
            while let Some(length) = read(wire, &mut bytes)? {
                found |= heard(place, bytes.get(..length).unwrap_or_default());
            }
        }
        if found {
            return Ok(true);
        }
    }
}

fn read(wire: &Wire, bytes: &mut [u8]) -> io::Result<Option<usize>> {
    match (&wire.socket).read(bytes) {
        Ok(length) => Ok(Some(length)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        // The device went down, is told once.
        Err(error) if error.raw_os_error() == Some(libc::ENETDOWN) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Has a socket not hear what its own host sends (`PACKET_IGNORE_OUTGOING`, Linux 4.20).
fn ignore_outgoing(socket: &OwnedFd) -> io::Result<()> {
    let on: libc::c_int = 1;
    let length = libc::socklen_t::try_from(size_of::<libc::c_int>()).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open while `socket` is borrowed, and `on` is an int of
    // `length` bytes that lives until the call returns.
    let code = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_IGNORE_OUTGOING,
            std::ptr::from_ref(&on).cast(),
            length,
        )
    };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Has a socket hear only frames of a kind that begin with a word behind their header
/// (`SO_ATTACH_FILTER`; classic BPF, `include/uapi/linux/bpf_common.h`).
fn filter(socket: &OwnedFd, kind: u16, word: u32) -> io::Result<()> {
    const HALF_AT: u16 = 0x28;
    const WORD_AT: u16 = 0x20;
    const IS: u16 = 0x15;
    const RETURN: u16 = 0x06;
    let line = |code, jf, k| libc::sock_filter { code, jt: 0, jf, k };
    let mut program = [
        line(HALF_AT, 0, 12),
        line(IS, 3, kind.into()),
        line(WORD_AT, 0, 14),
        line(IS, 1, word),
        line(RETURN, 0, u32::MAX),
        line(RETURN, 0, 0),
    ];
    let length = u16::try_from(program.len()).map_err(io::Error::other)?;
    let program = libc::sock_fprog { len: length, filter: program.as_mut_ptr() };
    let size = libc::socklen_t::try_from(size_of_val(&program)).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open while `socket` is borrowed, and `program` is a whole
    // `sock_fprog` of `size` bytes that names an array of `len` lines; both live until the call
    // returns, and the kernel keeps a copy.
    let code = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_FILTER,
            std::ptr::from_ref(&program).cast(),
            size,
        )
    };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Binds a packet socket to a device and every kind of frame.
fn bind(socket: &OwnedFd, index: u32) -> io::Result<()> {
    let (address, size) = place(index)?;
    // SAFETY: the descriptor is open while `socket` is borrowed, and `address` is a whole
    // `sockaddr_ll` of `size` bytes that lives until the call returns.
    let code = unsafe {
        libc::bind(socket.as_fd().as_raw_fd(), std::ptr::from_ref(&address).cast(), size)
    };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// A device, by its number, and every kind of frame.
fn place(index: u32) -> io::Result<(libc::sockaddr_ll, libc::socklen_t)> {
    let address = libc::sockaddr_ll {
        sll_family: u16::try_from(libc::AF_PACKET).map_err(io::Error::other)?,
        sll_protocol: ALL,
        sll_ifindex: libc::c_int::try_from(index).map_err(io::Error::other)?,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let size = libc::socklen_t::try_from(size_of::<libc::sockaddr_ll>());
    Ok((address, size.map_err(io::Error::other)?))
}
