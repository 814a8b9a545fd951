//! The edge of the simulator: sockets, TLS, the clock, randomness, and what hosts fetch and send.
//!
//! On loopback one listener serves every host of a site, each on an address of its own; so ten
//! thousand of them take no more descriptors than the connections that are open.

mod body;
mod connection;
mod count;
mod datagram;
mod fetch;
mod share;
mod site;
mod ssdp;
mod tls;

use std::{io, net::SocketAddr, sync::Arc};

pub use site::{Background, Site};

use super::{
    template::Base,
    x509::{self, Own, Subject},
};
use crate::{credential::Secret, trust::Pin};

/// What is to be simulated, and where.
#[derive(Debug)]
pub struct Setup {
    /// Where the first host is reached. On loopback (127.0.0.0/8) with a port the others have the
    /// addresses behind it and the same port; with port 0 every host has the address and a port of
    /// its own; anywhere else the others have the ports behind it.
    pub listen: SocketAddr,
    /// What each host is.
    pub hosts: Vec<Arc<Base>>,
    /// The name of the administrator.
    pub user: String,
    /// The administrator's password.
    pub password: Secret,
    /// Hosts speak IPMI too, on the same port of UDP; each takes a descriptor.
    pub ipmi: bool,
    /// Hosts fetch the images that they are told to insert (`http`, `https`, `nfs`), and do not take
    /// them on trust.
    pub fetches: bool,
    /// The certificates: one for each host, or one for all.
    pub certificates: Vec<Own>,
}

/// Where a simulated host is, and what it is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its address and port, of Redfish and of IPMI.
    pub address: SocketAddr,
    /// What its certificate is known by.
    pub pin: Pin,
    /// Its serial number.
    pub serial: String,
    /// The UUID of its service.
    pub uuid: String,
}

/// Why nothing is simulated.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum ServeError {
    /// The address is not to be had.
    #[error("cannot listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    /// There are not so many addresses or ports.
    #[error("there are no {count} addresses or ports from {first} on")]
    TooMany { first: SocketAddr, count: usize },
    /// There are not as many certificates as hosts, and not one for all.
    #[error("{hosts} hosts have {certificates} certificates")]
    Certificates { hosts: usize, certificates: usize },
    /// A certificate or its key cannot be used.
    #[error("a certificate cannot be used")]
    Tls { source: rustls::Error },
    /// There is no randomness.
    #[error("the system gives no random numbers")]
    Random,
    /// Searches cannot be listened for.
    #[error("cannot listen for searches (SSDP) on `{interface}`")]
    Search { interface: String, source: io::Error },
    /// There is no thread or no runtime.
    #[error("cannot start")]
    Start { source: io::Error },
}

impl ServeError {
    /// What the user can do about it: in Chinese, and in English.
    pub fn hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::Listen { source, .. } if source.kind() == io::ErrorKind::AddrInUse => (
                "端口已被占用：用 --listen 另指地址或端口",
                "the port is taken: name another address or port with --listen",
            ),
            Self::Listen { source, .. } if source.raw_os_error() == Some(24) => (
                "文件描述符不足：用 ulimit -n 放宽，或减少主机",
                "too few file descriptors: raise `ulimit -n`, or simulate fewer hosts",
            ),
            Self::Listen { .. } => {
                ("核对地址是否为本机所有", "is the address one of this machine?")
            }
            Self::Search { .. } => {
                ("核对接口名；该接口须已启用", "is this the name of an interface, and is it up?")
            }
            Self::TooMany { .. } => {
                ("减少主机，或从更低的地址开始", "simulate fewer hosts, or begin lower")
            }
            Self::Certificates { .. } | Self::Tls { .. } => {
                ("删去保存的证书后重试", "remove the stored certificates and try again")
            }
            Self::Random | Self::Start { .. } => ("稍后再试", "try again later"),
        }
    }
}

/// Makes the certificate that a simulated host signs itself: `name` is its subject, `address` what
/// it stands for.
pub fn certificate(
    name: &str,
    address: std::net::IpAddr,
    expired: bool,
) -> Result<Own, ServeError> {
    const YEAR: u64 = 365 * 86_400;
    let now = site::unix().as_secs();
    let octets = match address {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        std::net::IpAddr::V6(address) => address.octets().to_vec(),
    };
    let (from, until) = if expired {
        (now.saturating_sub(3 * YEAR), now.saturating_sub(YEAR))
    } else {
        (now.saturating_sub(86_400), now + 10 * YEAR)
    };
    let subject = Subject { names: &[(3, name)], addresses: &[octets], from, until };
    x509::self_signed(&subject).map_err(|_error| ServeError::Random)
}
