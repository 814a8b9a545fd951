//! Where one BMC is reached.

use std::{
    fmt,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU16,
    str::FromStr,
};

/// Bytes of a host name at most (RFC 1123 §2.1).
const NAME: usize = 253;
/// Bytes of one label of it at most (RFC 1034 §3.1).
const LABEL: usize = 63;
/// Bytes of the name of a network device, with its end (`IFNAMSIZ`).
const DEVICE: usize = 16;

/// Where a BMC is reached: a host and, where the user named one, a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// The host.
    pub host: Host,
    /// The port; that of the protocol where there is none.
    pub port: Option<NonZeroU16>,
}

/// A host.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Host {
    /// By address.
    Ip(IpAddr),
    /// By an IPv6 address that is good on one link alone, and that link: `fe80::1%eth0`.
    Link(Ipv6Addr, String),
    /// By name, in lower case.
    Name(String),
}

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Nothing.
    #[error("it is empty")]
    Empty,
    /// A URL.
    #[error("it is a URL; the host alone is asked for")]
    Url,
    /// A user before the host.
    #[error("it has an `@`; users and passwords are named apart, never with the host")]
    User,
    /// No port.
    #[error("its port is no number from 1 to 65535")]
    Port,
    /// No network.
    #[error("what has a `/` is a network, as 192.0.2.0/24 is, and this is none")]
    Network,
    /// No last address of a range.
    #[error("the range has no last address")]
    Last,
    /// No name.
    #[error("it is neither an address nor a host name")]
    Name,
    /// No name, and all numbers: a mistyped address.
    #[error("it looks like an IPv4 address and is none")]
    Numbers,
    /// A link-local address without its link.
    #[error("an address of fe80::/10 needs its network device, as in fe80::1%eth0")]
    Link,
}

impl Address {
    /// Returns the port, that of HTTPS where the user named none.
    pub fn https_port(&self) -> u16 {
        self.port.map_or(443, NonZeroU16::get)
    }
}

/// Reads a port.
pub(super) fn port(text: &str) -> Result<NonZeroU16, AddressError> {
    // `+443` is a number to std, and a typing error here.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or(AddressError::Port)
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if text.is_empty() {
            return Err(AddressError::Empty);
        }
        if text.contains("//") {
            return Err(AddressError::Url);
        }
        if text.contains('@') {
            return Err(AddressError::User);
        }
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, rest)) => {
                let rest = rest.strip_prefix(':').ok_or(AddressError::Port)?;
                (host, Some(port(rest)?))
            }
            // More colons than one are those of IPv6.
            None => match text.split_once(':') {
                Some((host, rest)) if !rest.contains(':') => (host, Some(port(rest)?)),
                _ => (text, None),
            },
        };
        Ok(Self { host: host.parse()?, port })
    }
}

impl FromStr for Host {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Some((address, link)) = text.split_once('%') {
            let address = address.parse().map_err(|_error| AddressError::Name)?;
            let fits = (1..DEVICE).contains(&link.len())
                && link.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
            return if fits {
                Ok(Self::Link(address, link.to_owned()))
            } else {
                Err(AddressError::Link)
            };
        }
        match text.parse::<IpAddr>() {
            Ok(IpAddr::V6(address)) if address.is_unicast_link_local() => Err(AddressError::Link),
            Ok(address) => Ok(Self::Ip(address)),
            Err(_) => name(text),
        }
    }
}

/// Reads a host name (RFC 1123 §2.1).
fn name(text: &str) -> Result<Host, AddressError> {
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(AddressError::Numbers);
    }
    let label = |label: &str| {
        (1..=LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.len() <= NAME && text.split('.').all(label) {
        Ok(Host::Name(text.to_ascii_lowercase()))
    } else {
        Err(AddressError::Name)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => address.fmt(out),
            Self::Link(address, link) => write!(out, "{address}%{link}"),
            Self::Name(name) => out.write_str(name),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.host, self.port) {
            (host, None) => host.fmt(out),
            (Host::Ip(IpAddr::V6(_)) | Host::Link(..), Some(port)) => {
                write!(out, "[{}]:{port}", self.host)
            }
            (Host::Ip(IpAddr::V4(_)) | Host::Name(_), Some(port)) => {
                write!(out, "{}:{port}", self.host)
            }
        }
    }
}
