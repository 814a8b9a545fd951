//! Namespaces to try things in, and the devices that join them.
//!
//! They have no name: open files keep them, so that the kernel takes them away, with all that is
//! in them, when this process ends, however it ends. Nothing has to be cleaned up after a kill.

use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};

use super::attribute::Body;
use super::namespace::{Namespace, inside};
use super::socket::{Request, Socket};

/// Runs `body` on a thread with mounts of its own, of which nobody else sees anything: what is
/// mounted in `/run` is gone with the thread and those that it begins.
pub fn apart<T: Send>(body: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    inside(Namespace::Apart, || {
        mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
        mount("tmpfs", "/run", "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, None)?;
        body()
    })
}

/// A network namespace that is gone with this value.
#[derive(Debug)]
pub struct Scratch {
    space: File,
    route: Socket,
}

const NEW_LINK: u16 = 16;
const NEW_ADDRESS: u16 = 20;
const CREATE: u16 = 0x400;
const EXCLUSIVE: u16 = 0x200;
const UP: u32 = 1;
const NAME: u16 = 3;
const MTU: u16 = 4;
const INFO: u16 = 18;
const FAMILIES: u16 = 26;
/// `IFLA_NET_NS_FD`.
const NAMESPACE: u16 = 28;
const INFO_KIND: u16 = 1;
const INFO_DATA: u16 = 2;
/// `VETH_INFO_PEER`.
const PEER: u16 = 1;
const INET6: u16 = 10;
/// `IFLA_INET6_ADDR_GEN_MODE`, and that for none.
const GENERATE: u16 = 8;
const GENERATE_NONE: u8 = 1;
/// `IFLA_ADDRESS`, `IFA_ADDRESS`.
const ADDRESS: u16 = 1;
const LOCAL: u16 = 2;
/// `IFA_F_NODAD`, of IPv6: an address that is there at once.
const NO_DETECTION: u8 = 2;

impl Scratch {
    /// Makes one, with its loopback up.
    pub fn new() -> io::Result<Self> {
        let (space, route) = inside(Namespace::Scratch, || {
            Ok((File::open("/proc/thread-self/ns/net")?, Socket::open(None)?))
        })?;
        let mut scratch = Self { space, route };
        scratch.ask(change("lo", UP))?;
        Ok(scratch)
    }

    /// Runs `body` in it, on a thread of its own.
    pub fn inside<T: Send>(&self, body: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
        inside(Namespace::Open(self.space.as_fd()), body)
    }

    /// Makes a pair of devices of one name, one end here and one there, both up; packets of
    /// `mtu` bytes go through. `macs` are their addresses, here and there.
    pub fn join(
        &mut self,
        other: &mut Self,
        name: &str,
        mtu: u32,
        macs: [[u8; 6]; 2],
    ) -> io::Result<()> {
        let [here, there] = macs;
        let end = |body: &mut Body, mac: [u8; 6]| {
            body.put(ADDRESS, &mac);
            body.put_text(NAME, name);
            body.put_u32(MTU, mtu);
        };
        let mut body = link(0);
        end(&mut body, here);
        body.nest(INFO, &mut |body| {
            body.put_text(INFO_KIND, "veth");
            body.nest(INFO_DATA, &mut |body| {
                body.nest(PEER, &mut |body| {
                    body.0.extend(link(0).0);
                    end(body, there);
                    body.put_u32(NAMESPACE, number(&other.space));
                });
            });
        });
        self.ask(Request { kind: NEW_LINK, flags: CREATE | EXCLUSIVE, body: body.0 })?;
        self.ask(change(name, UP))?;
        other.ask(change(name, UP))
    }

    /// Gives a device an address.
    pub fn address(&mut self, name: &str, address: IpAddr, length: u8) -> io::Result<()> {
        let index = self.inside(|| index(name))?;
        let (family, bytes) = match address {
            IpAddr::V4(address) => (libc::AF_INET, address.octets().to_vec()),
            IpAddr::V6(address) => (libc::AF_INET6, address.octets().to_vec()),
        };
        let family = u8::try_from(family).map_err(io::Error::other)?;
        let mut body = Body(vec![family, length, NO_DETECTION, 0]);
        body.0.extend(index.to_ne_bytes());
        body.put(LOCAL, &bytes);
        body.put(ADDRESS, &bytes);
        let flags = CREATE | EXCLUSIVE;
        self.ask(Request { kind: NEW_ADDRESS, flags, body: body.0 })
    }

    /// Hands a device to another namespace, under another name, where it comes up without an
    /// address.
    pub fn hand(&mut self, name: &str, to: &mut Self, new: &str) -> io::Result<()> {
        let index = self.inside(|| index(name))?;
        let mut body = link(0);
        body.0.splice(4..8, index.to_ne_bytes());
        body.put_text(NAME, new);
        body.put_u32(NAMESPACE, number(&to.space));
        self.ask(Request { kind: NEW_LINK, flags: 0, body: body.0 })?;
        let mut quiet = change(new, 0);
        let mut body = Body(std::mem::take(&mut quiet.body));
        body.nest(FAMILIES, &mut |body| {
            body.nest(INET6, &mut |body| body.put_u8(GENERATE, GENERATE_NONE));
        });
        to.ask(Request { body: body.0, ..quiet })?;
        to.ask(change(new, UP))
    }

    /// Takes devices up, without an address.
    pub fn wake(&mut self, names: &[String]) -> io::Result<()> {
        let up = |name: &String| {
            let mut request = change(name, UP);
            let mut body = Body(std::mem::take(&mut request.body));
            body.nest(FAMILIES, &mut |body| {
                body.nest(INET6, &mut |body| body.put_u8(GENERATE, GENERATE_NONE));
            });
            Request { body: body.0, ..request }
        };
        let requests: Vec<Request> = names.iter().map(up).collect();
        for outcome in self.route.ask(&requests)? {
            outcome.map_err(|error| io::Error::from_raw_os_error(error.errno))?;
        }
        Ok(())
    }

    fn ask(&mut self, request: Request) -> io::Result<()> {
        for outcome in self.route.ask(&[request])? {
            outcome.map_err(|error| io::Error::from_raw_os_error(error.errno))?;
        }
        Ok(())
    }
}

/// `ifinfomsg` with flags to be set, of no device.
fn link(flags: u32) -> Body {
    let mut body = vec![0; 8];
    body.extend(flags.to_ne_bytes());
    body.extend(flags.to_ne_bytes());
    Body(body)
}

/// A change of a device by its name.
fn change(name: &str, flags: u32) -> Request {
    let mut body = link(flags);
    body.put_text(NAME, name);
    Request { kind: NEW_LINK, flags: 0, body: body.0 }
}

fn number(file: &File) -> u32 {
    file.as_raw_fd().unsigned_abs()
}

/// Returns the number of a device of the namespace that this thread is in.
fn index(name: &str) -> io::Result<u32> {
    use rustix::net::{AddressFamily, SocketFlags, SocketType, netdevice, socket_with};
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::UNIX, SocketType::DGRAM, flags, None)?;
    Ok(netdevice::name_to_index(&socket, name)?)
}

impl AsFd for Scratch {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.space.as_fd()
    }
}
