//! ethtool's ioctl (`SIOCETHTOOL`, `linux/ethtool.h`): drivers, permanent
//! addresses, and what kernels before 5.6 tell no other way.
//!
//! Only commands that read are known here.
#![expect(unsafe_code, reason = "rustix has no SIOCETHTOOL; its ioctl trait is unsafe")]

use std::ffi::c_void;
use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::ioctl::{Ioctl, IoctlOutput, Opcode, ioctl};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use super::route::hardware;

const SIOCETHTOOL: Opcode = 0x8946;

const GET_DRIVER: u32 = 0x03;
const GET_WAKE: u32 = 0x05;
const GET_PERMANENT: u32 = 0x20;
const GET_MODULE_INFO: u32 = 0x42;
const GET_MODULE_EEPROM: u32 = 0x43;
const GET_SETTINGS: u32 = 0x4c;

const NAME: usize = 16;
/// Fixed part of `struct ethtool_link_settings`.
const SETTINGS: usize = 48;
/// The largest EEPROM the kernel serves (`ETH_MODULE_SFF_8636_MAX_LEN`).
const LARGEST_EEPROM: u32 = 640;
const MOST_WORDS: usize = 127;

/// A network device to put questions to.
#[derive(Debug)]
pub(super) struct Device {
    socket: OwnedFd,
    name: [u8; NAME],
}

/// Who drives a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Driver {
    pub(super) name: Option<String>,
    pub(super) firmware: Option<String>,
}

/// What a port can do, of `ETHTOOL_GLINKSETTINGS`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    pub(super) connector: u8,
    pub(super) supported: Vec<u32>,
    pub(super) advertised: Vec<u32>,
}

impl Device {
    /// Names the device; whether it exists shows with the first question.
    pub(super) fn open(interface: &str) -> io::Result<Self> {
        let mut name = [0; NAME];
        // The last byte stays NUL.
        if interface.len() >= NAME {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "the name is too long"));
        }
        for (to, from) in name.iter_mut().zip(interface.bytes()) {
            *to = from;
        }
        let flags = SocketFlags::CLOEXEC;
        let socket = socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None)?;
        Ok(Self { socket, name })
    }

    /// Asks for the driver and its firmware (`struct ethtool_drvinfo`).
    pub(super) fn driver(&self) -> io::Result<Driver> {
        let bytes = self.ask(GET_DRIVER, 196, &[])?;
        Ok(Driver { name: text(&bytes, 4, 32), firmware: text(&bytes, 68, 32) })
    }

    /// Asks for the permanent hardware address (`struct ethtool_perm_addr`).
    pub(super) fn permanent_address(&self) -> io::Result<Option<String>> {
        let most = 32_u32;
        let bytes = self.ask(GET_PERMANENT, 40, &most.to_ne_bytes())?;
        let length = word(&bytes, 4).filter(|length| *length <= most).unwrap_or(0);
        let end = usize::try_from(length).unwrap_or(0).saturating_add(8);
        let address = bytes.get(8..end).unwrap_or_default();
        Ok(address.iter().any(|b| *b != 0).then(|| hardware(address)))
    }

    /// Asks for Wake-on-LAN (`struct ethtool_wolinfo`): supported, and on.
    pub(super) fn wake(&self) -> io::Result<(u32, u32)> {
        let bytes = self.ask(GET_WAKE, 20, &[])?;
        Ok((word(&bytes, 4).unwrap_or(0), word(&bytes, 8).unwrap_or(0)))
    }

    /// Asks for link settings: first how many words the kernel's masks have,
    /// which it answers as a negative number, then for the masks
    /// (`struct ethtool_link_settings`).
    pub(super) fn settings(&self) -> io::Result<Settings> {
        let first = self.ask(GET_SETTINGS, SETTINGS, &[])?;
        let words = first.get(15).map_or(0, |count| count.cast_signed().unsigned_abs());
        let words = usize::from(words);
        if words == 0 || words > MOST_WORDS {
            return Err(Errno::INVAL.into());
        }
        let masks = words.saturating_mul(4);
        let mut request = [0; SETTINGS - 4];
        let count = u8::try_from(words).unwrap_or(0);
        if let Some(field) = request.get_mut(11) {
            *field = count;
        }
        let bytes = self.ask(GET_SETTINGS, SETTINGS.saturating_add(masks * 3), &request)?;
        let mask = |at: usize| {
            let start = SETTINGS.saturating_add(masks.saturating_mul(at));
            let bytes = bytes.get(start..start.saturating_add(masks)).unwrap_or_default();
            bytes.chunks_exact(4).filter_map(|chunk| word(chunk, 0)).collect()
        };
        let connector = bytes.get(9).copied().unwrap_or(0xff);
        Ok(Settings { connector, supported: mask(0), advertised: mask(1) })
    }

    /// Asks for the image of the plug-in module's EEPROM.
    pub(super) fn eeprom(&self) -> io::Result<Vec<u8>> {
        let info = self.ask(GET_MODULE_INFO, 44, &[])?;
        let length = word(&info, 8).unwrap_or(0).min(LARGEST_EEPROM);
        if length == 0 {
            return Err(Errno::NODATA.into());
        }
        // magic, offset, len, then the data.
        let mut request = [0; 12];
        for (to, from) in request.iter_mut().skip(8).zip(length.to_ne_bytes()) {
            *to = from;
        }
        let size = usize::try_from(length).unwrap_or(0).saturating_add(16);
        let bytes = self.ask(GET_MODULE_EEPROM, size, &request)?;
        Ok(bytes.get(16..).unwrap_or_default().to_vec())
    }

    /// Puts the question `command` with a buffer of `size` bytes, whose start
    /// after the command is `request`.
    fn ask(&self, command: u32, size: usize, request: &[u8]) -> io::Result<Vec<u8>> {
        let mut buffer = Vec::with_capacity(size);
        buffer.extend(command.to_ne_bytes());
        buffer.extend(request);
        buffer.resize(size, 0);
        let mut request = Request { name: self.name, data: buffer.as_mut_ptr(), pad: [0; 16] };
        // SAFETY: `Request` is an `ifreq` of this kernel's layout; its pointer
        // is to `buffer`, which outlives the call, is borrowed by nobody else,
        // and is at least as long as `command` writes: each caller's size is
        // that of the command's structure with the lengths it asks for.
        unsafe { ioctl(&self.socket, Call(&mut request)) }?;
        Ok(buffer)
    }
}

/// `struct ifreq` with a pointer in its union, padded to its full size.
#[repr(C)]
struct Request {
    name: [u8; NAME],
    data: *mut u8,
    pad: [u8; 16],
}

struct Call<'a>(&'a mut Request);

// SAFETY: the opcode takes a pointer to an `ifreq` and `as_ptr` gives one; the
// kernel writes into memory behind it, so it is mutating; there is no output
// besides.
unsafe impl Ioctl for Call<'_> {
    type Output = ();

    const IS_MUTATING: bool = true;

    fn opcode(&self) -> Opcode {
        SIOCETHTOOL
    }

    fn as_ptr(&mut self) -> *mut c_void {
        std::ptr::from_mut(self.0).cast()
    }

    unsafe fn output_from_ptr(_: IoctlOutput, _: *mut c_void) -> rustix::io::Result<()> {
        Ok(())
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|word| u32::from_ne_bytes(*word))
}

/// Returns the text at `at`; drivers without firmware write blanks or `N/A`.
fn text(bytes: &[u8], at: usize, length: usize) -> Option<String> {
    let field = bytes.get(at..at.checked_add(length)?)?;
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    let text = String::from_utf8_lossy(field.get(..end)?).trim().to_owned();
    (!text.is_empty() && text != "N/A").then_some(text)
}
