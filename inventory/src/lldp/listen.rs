#![expect(
    unsafe_code,
    reason = "packet sockets are bound and joined to groups by plain libc calls"
)]
//! Listening for neighbours on the machine's ports: the edge of [`super`].
//!
//! One packet socket a port, bound to LLDP's Ethernet type and joined to its
//! group addresses, so that the card passes them on. Nothing is sent, no
//! interface is put into promiscuous mode, and the kernel leaves the groups
//! when the sockets close.

use std::io;
use std::mem::size_of;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::netdevice::name_to_index;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, recv, socket_with};

use super::watch::{Heard, Port, Watch};
use super::{ETHER_TYPE, GROUP_ADDRESSES};

/// The longest frame that is read; a longer one is marked as cut.
const FRAME: usize = 9216 + 64;

/// Listens on `ports` until every port with a link has heard a neighbour, at
/// most for `patience`. Senders repeat every 30 s: 35 s hears each once.
///
/// What cannot be listened on is in [`Heard::silent`] with its reason; without
/// `CAP_NET_RAW` that is every port.
#[expect(clippy::disallowed_methods, reason = "this is the driver that reads the clock")]
pub fn listen(ports: Vec<Port>, patience: Duration) -> Heard {
    let end = Instant::now().checked_add(patience);
    let mut sockets: Vec<(usize, OwnedFd)> = Vec::new();
    let mut refused = Vec::new();
    for (index, port) in ports.iter().enumerate() {
        match open(&port.name) {
            Ok(socket) => sockets.push((index, socket)),
            Err(error) => refused.push((index, why_refused(&error))),
        }
    }
    let mut watch = Watch::new(ports);
    for (index, reason) in refused {
        watch.refuse(index, reason);
    }
    while !watch.is_done() && !sockets.is_empty() {
        let left = end.map_or(Duration::MAX, |end| end.saturating_duration_since(Instant::now()));
        if left.is_zero() || !hear(&mut sockets, &mut watch, left) {
            break;
        }
    }
    watch.finish()
}

/// Waits for frames and hands them on; `false` where waiting itself fails.
fn hear(sockets: &mut Vec<(usize, OwnedFd)>, watch: &mut Watch, left: Duration) -> bool {
    let timeout = Timespec::try_from(left).ok();
    let ready = {
        let mut polled: Vec<_> =
            sockets.iter().map(|(_, socket)| PollFd::new(socket, PollFlags::IN)).collect();
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(_) => return false,
        }
        polled.iter().map(|polled| !polled.revents().is_empty()).collect::<Vec<_>>()
    };
    let mut buffer = vec![0_u8; FRAME];
    let mut ready = ready.into_iter();
    sockets.retain(|(index, socket)| {
        if !ready.next().unwrap_or(false) {
            return true;
        }
        // TRUNC: the length is that of the frame, also where it did not fit.
        match recv(socket, buffer.as_mut_slice(), RecvFlags::DONTWAIT | RecvFlags::TRUNC) {
            Ok((read, length)) => {
                let frame = buffer.get(..read).unwrap_or_default();
                watch.hear(*index, frame, length > read);
                true
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => true,
            // The interface went down or away while we listened.
            Err(error) => {
                watch.refuse(*index, why_refused(&io::Error::from(error)));
                false
            }
        }
    });
    true
}

fn why_refused(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::PermissionDenied {
        return "cannot listen without root or CAP_NET_RAW".to_owned();
    }
    format!("cannot listen: {error}")
}

/// Opens a socket that hears LLDP on `interface` and nothing else.
fn open(interface: &str) -> io::Result<OwnedFd> {
    // Protocol 0 hears nothing until it is bound.
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::PACKET, SocketType::RAW, flags, None)?;
    let index = name_to_index(socket.as_fd(), interface)?;
    let index = i32::try_from(index).map_err(io::Error::other)?;
    bind(&socket, index)?;
    for group in GROUP_ADDRESSES {
        join(&socket, index, group)?;
    }
    Ok(socket)
}

fn bind(socket: &OwnedFd, index: i32) -> io::Result<()> {
    let address = libc::sockaddr_ll {
        sll_family: u16::try_from(libc::AF_PACKET).map_err(io::Error::other)?,
        sll_protocol: ETHER_TYPE.to_be(),
        sll_ifindex: index,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    let length =
        libc::socklen_t::try_from(size_of::<libc::sockaddr_ll>()).map_err(io::Error::other)?;
    // SAFETY: `address` is a whole `sockaddr_ll`, the address of the socket's
    // family, `length` is its size, and it outlives the call, which only reads.
    let result =
        unsafe { libc::bind(socket.as_raw_fd(), std::ptr::from_ref(&address).cast(), length) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn join(socket: &OwnedFd, index: i32, group: [u8; 6]) -> io::Result<()> {
    let mut address = [0; 8];
    for (place, byte) in address.iter_mut().zip(group) {
        *place = byte;
    }
    let request = libc::packet_mreq {
        mr_ifindex: index,
        mr_type: u16::try_from(libc::PACKET_MR_MULTICAST).map_err(io::Error::other)?,
        mr_alen: 6,
        mr_address: address,
    };
    let length =
        libc::socklen_t::try_from(size_of::<libc::packet_mreq>()).map_err(io::Error::other)?;
    // SAFETY: `request` is a whole `packet_mreq`, what this option takes,
    // `length` is its size, and it outlives the call, which only reads.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_ADD_MEMBERSHIP,
            std::ptr::from_ref(&request).cast(),
            length,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
