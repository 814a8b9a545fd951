//! Packet sockets: any frame out of a device, and every frame that comes in by it.

#![expect(unsafe_code, reason = "rustix has no address for a packet socket")]
#![expect(clippy::disallowed_methods, reason = "listens until a deadline")]

use std::fs::File;
use std::io::{self, Read, Write};
use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketFlags, SocketType, netdevice, socket_with};

use super::{BedError, Space};

/// Every kind of frame, in the order of bytes of the network (`ETH_P_ALL`).
const ALL: u16 = 0x0003_u16.to_be();

/// A packet socket on one device.
#[derive(Debug)]
pub struct Wire {
    socket: File,
}

impl Wire {
    /// Opens one on a device of a namespace; from then on it hears.
    pub fn open(space: &Space, device: &str) -> Result<Self, BedError> {
        Ok(space.inside(|| Self::here(device, false))??)
    }

    /// As [`Self::open`]; hears too what goes out by the device, to a guest behind it.
    pub fn open_both(space: &Space, device: &str) -> Result<Self, BedError> {
        Ok(space.inside(|| Self::here(device, true))??)
    }

    fn here(device: &str, outgoing: bool) -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC;
        // Protocol 0 hears nothing before it is bound, so that no other device is heard.
        let socket = socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None)?;
        let index = netdevice::name_to_index(&socket, device)?;
        if !outgoing {
            ignore_outgoing(&socket)?;
        }
        bind(&socket, index)?;
        Ok(Self { socket: File::from(socket) })
    }

    /// Sends a frame.
    pub fn send(&self, frame: &[u8]) -> Result<(), BedError> {
        Ok((&self.socket).write_all(frame)?)
    }

    /// Listens until a frame comes that `wanted` picks; `None` where none does within `limit`.
    pub fn hear(
        &self,
        limit: Duration,
        mut wanted: impl FnMut(&[u8]) -> bool,
    ) -> Result<Option<Vec<u8>>, BedError> {
        let end = Instant::now() + limit;
        let mut bytes = vec![0; 65536];
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let left = Timespec::try_from(left).map_err(io::Error::other)?;
            let mut ready = [PollFd::new(&self.socket, PollFlags::IN)];
            match poll(&mut ready, Some(&left)) {
                Ok(0) => return Ok(None),
                Ok(_) => (),
                Err(rustix::io::Errno::INTR) => continue,
                Err(error) => return Err(io::Error::from(error).into()),
            }
            let length = match (&self.socket).read(&mut bytes) {
                Ok(length) => length,
                // The device went down, is told once.
                Err(error) if error.raw_os_error() == Some(libc::ENETDOWN) => continue,
                Err(error) => return Err(error.into()),
            };
            let frame = bytes.get(..length).unwrap_or_default();
            if wanted(frame) {
                return Ok(Some(frame.to_vec()));
            }
        }
    }

    /// Listens until a frame that holds `token` comes.
    pub fn token(&self, limit: Duration, token: &[u8]) -> Result<Option<Vec<u8>>, BedError> {
        self.hear(limit, |frame| holds(frame, token))
    }
}

/// Returns whether `token` is somewhere in a frame.
pub fn holds(frame: &[u8], token: &[u8]) -> bool {
    frame.windows(token.len().max(1)).any(|part| part == token)
}

/// Has a socket not hear what its own host sends (`PACKET_IGNORE_OUTGOING`, Linux 4.20).
fn ignore_outgoing(socket: &OwnedFd) -> io::Result<()> {
    let on: libc::c_int = 1;
    let (level, option) = (libc::SOL_PACKET, libc::PACKET_IGNORE_OUTGOING);
    let length = libc::socklen_t::try_from(size_of::<libc::c_int>()).map_err(io::Error::other)?;
    // SAFETY: the descriptor is open while `socket` is borrowed, and `on` is an int of
    // `length` bytes that lives until the call returns.
    let code = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            level,
            option,
            std::ptr::from_ref(&on).cast(),
            length,
        )
    };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Binds a packet socket to a device and every kind of frame.
fn bind(socket: &OwnedFd, index: u32) -> io::Result<()> {
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
    let size = size.map_err(io::Error::other)?;
    // SAFETY: the descriptor is open while `socket` is borrowed, and `address` is a whole
    // `sockaddr_ll` of `size` bytes that lives until the call returns.
    let code = unsafe {
        libc::bind(socket.as_fd().as_raw_fd(), std::ptr::from_ref(&address).cast(), size)
    };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Sends a frame that holds `token`, and behind it `fence`, which holds `fence_token` and has
/// to arrive; returns whether the first did too.
///
/// What does not arrive proves nothing where nothing would: a fence that is lost is an error.
pub fn passes(
    (from, to): (&Wire, &Wire),
    (frame, token): (&[u8], &[u8]),
    (fence, fence_token): (&[u8], &[u8]),
) -> Result<bool, BedError> {
    from.send(frame)?;
    from.send(fence)?;
    let either = |frame: &[u8]| holds(frame, token) || holds(frame, fence_token);
    let Some(first) = to.hear(Duration::from_secs(5), either)? else {
        return Err(BedError::Deadline("the fence behind a probe".to_owned()));
    };
    if holds(&first, token) {
        return Ok(true);
    }
    // On another processor's queue it may be a little later than what was sent behind it.
    Ok(to.token(Duration::from_millis(50), token)?.is_some())
}
