//! The one edge: what can be asked of a kernel.

pub mod accepted;
pub mod attribute;
pub mod connections;
#[doc(hidden)]
pub mod fake;
pub mod journal;
pub mod links;
pub mod loops;
pub mod memory;
pub mod namespace;
pub mod probe;
pub mod real;
pub mod rooms;
pub mod rules;
pub mod scratch;
pub mod socket;
pub mod watch;
pub mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::address::Device;
use crate::plan::Step;
use crate::seen::{Link, Seen};

/// A kernel, or what stands in for one.
pub trait Kernel {
    /// Looks at everything that is ours, and at what can be in conflict.
    fn look(&mut self, interest: &Interest) -> Result<Seen, KernelError>;

    /// Looks at some devices alone, as far as they are there; not at their addresses.
    fn look_at(&mut self, devices: &[Device]) -> Result<BTreeMap<Device, Link>, KernelError> {
        let interest = Interest { devices: devices.iter().cloned().collect() };
        let mut links = self.look(&interest)?.links;
        links.retain(|name, _link| devices.contains(name));
        Ok(links)
    }

    /// Does steps in order; returns the result of each that was tried. Shorter than `steps`
    /// where it stopped at a failure; steps of one group that were on their way then may have
    /// been done after the failed one, and their results are told.
    fn perform(&mut self, steps: &[Step]) -> Vec<Result<(), StepError>>;

    /// Returns the connections that conntrack has in some zones.
    fn connections(&mut self, zones: &BTreeSet<u16>) -> Result<Vec<Connection>, KernelError>;

    /// Forgets connections; returns how many were still there.
    fn cut(&mut self, connections: &[Connection]) -> Result<usize, KernelError>;

    /// Returns the connections of IPv4 that conntrack has in the namespaces of routers.
    fn translations(&mut self) -> Result<Vec<Translation>, KernelError> {
        Ok(Vec::new())
    }

    /// Forgets such connections; returns how many were still there.
    fn cut_translations(&mut self, _which: &[Translation]) -> Result<usize, KernelError> {
        Ok(0)
    }
}

/// What a look has to find besides what is marked as ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interest {
    /// Devices of others that are wanted as ports.
    pub devices: BTreeSet<Device>,
}

/// A connection as conntrack has it (`CTA_TUPLE_ORIG`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Connection {
    /// Conntrack zone: the network.
    pub zone: u16,
    /// Kernel's number, so that a successor is not cut in its stead.
    pub id: u32,
    /// Who began it.
    pub source: IpAddr,
    /// Whom it was begun with.
    pub destination: IpAddr,
    /// Protocol above IP.
    pub protocol: u8,
    /// Ports; for ICMP, none.
    pub ports: Option<(u16, u16)>,
    /// ICMP type, code and identifier.
    pub icmp: Option<(u8, u8, u16)>,
}

/// A connection that goes through a router.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Translation {
    /// The VPC whose router it is.
    pub vpc: String,
    /// As it was begun.
    pub connection: Connection,
    /// Whom the other end sees (destination of `CTA_TUPLE_REPLY`).
    pub source: IpAddr,
    /// Who answers (its source).
    pub destination: IpAddr,
}

/// Why the kernel could not be looked at.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
#[non_exhaustive]
pub enum KernelError {
    /// A system call failed.
    #[error("cannot {what}")]
    Io { what: &'static str, source: std::io::Error },
    /// The kernel said something that cannot be read.
    #[error("cannot {what}: {why}")]
    Answer { what: &'static str, why: String },
    /// A feature is not there.
    #[error("this kernel lacks {feature}")]
    Feature { feature: &'static str, hint: String },
}

impl KernelError {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Io { source, .. } if source.kind() == std::io::ErrorKind::PermissionDenied => {
                Some("run as root, or with CAP_NET_ADMIN".to_owned())
            }
            Self::Feature { hint, .. } => Some(hint.clone()),
            Self::Io { .. } | Self::Answer { .. } => None,
        }
    }
}

/// Why a step was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}", errno_text(*errno), said.as_deref().map(|said| format!(" ({said})")).unwrap_or_default())]
pub struct StepError {
    /// The kernel's error number.
    pub errno: i32,
    /// What the kernel said to it (`NLMSGERR_ATTR_MSG`).
    pub said: Option<String>,
}

fn errno_text(errno: i32) -> String {
    std::io::Error::from_raw_os_error(errno).to_string()
}
