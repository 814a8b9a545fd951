//! What the kernel's network side answers beyond `/sys`: links and addresses by
//! rtnetlink, link modes, Wake-on-LAN and module EEPROMs by ethtool's generic
//! netlink, drivers by its ioctl.
//!
//! Messages are built and decoded in values; `ethtool::socket` and `ethtool::ioctl` are the
//! edge. Answers are kept as serde values so that a recording can hold them and
//! a later version can read more out of them. Only what is asked here is sent:
//! no message that changes anything exists in this module.
//!
//! Kernels before 5.6 have no generic netlink family for ethtool; there the
//! ioctls answer.

mod generic;
mod ioctl;
mod modes;
pub mod module;
mod netlink;
mod route;
mod socket;

use std::collections::BTreeMap;
use std::io;

use serde::{Deserialize, Serialize};

pub use modes::{speed_of, wake_letters};
pub use module::Eeprom;

/// The links of a machine and their addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Links {
    /// Links in the kernel's order.
    pub links: Vec<Link>,
}

/// A link, as rtnetlink describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    /// Interface name.
    pub name: String,
    /// Interface index.
    pub index: u32,
    /// Permanent hardware address, `IFLA_PERM_ADDRESS` (5.6 and later).
    pub permanent_address: Option<String>,
    /// Kind of a virtual link: `bond`, `vlan`, `bridge`.
    pub kind: Option<String>,
    /// VLAN id of a `vlan` link.
    pub vlan: Option<u16>,
    /// Addresses that are not confined to the link or the host, with their
    /// prefix length.
    pub addresses: Vec<String>,
}

/// What ethtool answers for one interface. What was not answered is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Port {
    /// Driver.
    pub driver: Option<String>,
    /// Firmware version.
    pub firmware: Option<String>,
    /// Permanent hardware address, by ioctl.
    pub permanent_address: Option<String>,
    /// Connector, by ethtool's number.
    pub connector: Option<u8>,
    /// Supported link modes and properties, by the kernel's names.
    pub supported: Vec<String>,
    /// Advertised link modes and properties.
    pub advertised: Vec<String>,
    /// Wake-on-LAN modes that are supported, as bits.
    pub wake_supported: Option<u32>,
    /// Wake-on-LAN modes that are on, as bits.
    pub wake_enabled: Option<u32>,
    /// The plug-in module's EEPROM.
    pub module: Option<Eeprom>,
    /// What was asked and refused, with the error.
    pub refused: BTreeMap<String, String>,
}

/// Asks the kernel for its links and their addresses.
///
/// # Errors
///
/// Where there is no rtnetlink socket to be had, or the kernel refuses.
pub fn links() -> io::Result<Links> {
    let mut links = Links::default();
    for message in socket::dump(route::get_links())? {
        links.links.extend(route::link(&message));
    }
    for message in socket::dump(route::get_addresses())? {
        let Some((index, address)) = route::address(&message) else { continue };
        if let Some(link) = links.links.iter_mut().find(|link| link.index == index) {
            link.addresses.push(address);
        }
    }
    Ok(links)
}

/// Asks ethtool about the interface `name`.
pub fn port(name: &str) -> Port {
    let mut port = Port::default();
    match ioctl::Device::open(name) {
        Ok(device) => by_ioctl(&device, &mut port),
        Err(error) => port.refuse("ioctl", &error),
    }
    match socket::Ethtool::open() {
        Ok(mut socket) => by_netlink(&mut socket, name, &mut port),
        Err(_) => old_kernel(name, &mut port),
    }
    port
}

/// Asks for the driver's private flags of the interface `name`, by name; none
/// where there are none, or the kernel does not tell them.
pub fn private_flags(name: &str) -> Vec<(String, bool)> {
    let ask = || socket::Ethtool::open()?.ask(generic::PRIVFLAGS_GET, name, &[]);
    ask().map(|answer| generic::private_flags(&answer)).unwrap_or_default()
}

impl Port {
    fn refuse(&mut self, what: &str, error: &io::Error) {
        let unsupported = error.kind() == io::ErrorKind::Unsupported
            || rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::OPNOTSUPP);
        if !unsupported {
            self.refused.insert(what.to_owned(), error.to_string());
        }
    }
}

/// What only the ioctls tell.
fn by_ioctl(device: &ioctl::Device, port: &mut Port) {
    match device.driver() {
        Ok(driver) => (port.driver, port.firmware) = (driver.name, driver.firmware),
        Err(error) => port.refuse("driver", &error),
    }
    match device.permanent_address() {
        Ok(address) => port.permanent_address = address,
        Err(error) => port.refuse("permanent address", &error),
    }
}

fn by_netlink(socket: &mut socket::Ethtool, name: &str, port: &mut Port) {
    match socket.ask(generic::LINKMODES_GET, name, &[]) {
        Ok(answer) => {
            let modes = generic::modes(&answer);
            (port.supported, port.advertised) = (modes.supported, modes.advertised);
        }
        Err(error) => port.refuse("link modes", &error),
    }
    match socket.ask(generic::LINKINFO_GET, name, &[]) {
        Ok(answer) => port.connector = generic::connector(&answer),
        Err(error) => port.refuse("link info", &error),
    }
    match socket.ask(generic::WOL_GET, name, &[]) {
        Ok(answer) => {
            let (supported, enabled) = generic::wake(&answer);
            (port.wake_supported, port.wake_enabled) = (supported, enabled);
        }
        Err(error) => port.refuse("wake-on-lan", &error),
    }
    let mut read = |at: module::Place| {
        let request = generic::eeprom_request(at);
        socket.ask(generic::MODULE_EEPROM_GET, name, &request).map(|got| generic::eeprom(&got))
    };
    match module::read(&mut read) {
        Ok(eeprom) => port.module = eeprom,
        // Before 5.13, and with drivers that serve the whole image only.
        Err(error) if is_unsupported(&error) => module_by_ioctl(name, port),
        Err(error) => port.refuse("module", &error),
    }
}

fn is_unsupported(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(Errno::from_io_error(error), Some(Errno::OPNOTSUPP | Errno::INVAL))
}

/// What kernels before 5.6 tell.
fn old_kernel(name: &str, port: &mut Port) {
    let device = match ioctl::Device::open(name) {
        Ok(device) => device,
        Err(error) => return port.refuse("ioctl", &error),
    };
    match device.settings() {
        Ok(settings) => {
            port.connector = Some(settings.connector);
            port.supported = modes::names(&settings.supported);
            port.advertised = modes::names(&settings.advertised);
        }
        Err(error) => port.refuse("link modes", &error),
    }
    match device.wake() {
        Ok((supported, enabled)) => {
            (port.wake_supported, port.wake_enabled) = (Some(supported), Some(enabled));
        }
        Err(error) => port.refuse("wake-on-lan", &error),
    }
    module_by_ioctl(name, port);
}

fn module_by_ioctl(name: &str, port: &mut Port) {
    match ioctl::Device::open(name).and_then(|device| device.eeprom()) {
        Ok(image) => port.module = module::from_image(&image),
        // No module is an error to some drivers; none of them says which.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            port.refuse("module", &error);
        }
        Err(_) => {}
    }
}

/// Returns ethtool's word for a connector.
pub fn connector_name(number: u8) -> Option<&'static str> {
    Some(match number {
        0x00 => "TP",
        0x01 => "AUI",
        0x02 => "MII",
        0x03 => "FIBRE",
        0x04 => "BNC",
        0x05 => "DA",
        0xef => "None",
        0xff => "Other",
        _ => return None,
    })
}
