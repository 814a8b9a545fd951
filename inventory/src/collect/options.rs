//! What the operator may choose about a collection.

use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How to collect.
#[derive(Clone, Debug)]
pub struct Options {
    /// The time of collection, RFC 3339 UTC.
    pub now: String,
    /// What the operator calls which IP plane.
    pub planes: Vec<PlaneName>,
    /// How long to listen for LLDP neighbours; `None` = not at all.
    pub lldp_listen: Option<Duration>,
    /// Whether disks in standby may be woken.
    pub wake_disks: bool,
    /// How long one collector may take; what it found by then is kept.
    pub section_deadline: Duration,
    /// Set from outside to end the collection with what there is.
    pub interrupt: Option<Arc<AtomicBool>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            now: String::new(),
            planes: Vec::new(),
            lldp_listen: None,
            wake_disks: false,
            section_deadline: Duration::from_secs(20),
            interrupt: None,
        }
    }
}

/// A plane's name and how to recognise its interfaces: `management=10.0.0.0/24`,
/// `storage=vlan:300`, `business=bond0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaneName {
    /// The name: `management`, `business`, `storage`.
    pub role: String,
    /// Which interfaces carry it.
    pub selector: Selector,
}

/// Which interfaces carry a plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Those with an address in this network.
    Network {
        /// Any address of the network.
        address: IpAddr,
        /// How many leading bits count; at most 32 or 128.
        prefix: u8,
    },
    /// Those with this VLAN id, 1–4094.
    Vlan(u16),
    /// The interface of this name.
    Interface(String),
}

/// Why a plane's name could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaneNameError {
    /// There is no `=` with something on both sides.
    #[error("plane `{0}` is not of the form NAME=NETWORK, NAME=vlan:ID or NAME=INTERFACE")]
    Shape(String),
    /// The network's prefix is not a number, or too long.
    #[error("plane `{0}` names a network whose prefix is no number from 0 to 32 (IPv6: 128)")]
    Prefix(String),
    /// The VLAN id is out of range.
    #[error("plane `{0}` names a VLAN that is no number from 1 to 4094")]
    Vlan(String),
}

impl PlaneNameError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Shape(_) | Self::Prefix(_) | Self::Vlan(_) => {
                Some("for example `management=10.0.0.0/24` or `storage=vlan:300`".to_owned())
            }
        }
    }
}

impl FromStr for PlaneName {
    type Err = PlaneNameError;

    fn from_str(text: &str) -> Result<Self, PlaneNameError> {
        let shape = || PlaneNameError::Shape(text.to_owned());
        let (role, what) = text.split_once('=').ok_or_else(shape)?;
        let (role, what) = (role.trim(), what.trim());
        if role.is_empty() || what.is_empty() {
            return Err(shape());
        }
        let selector = if let Some(id) = what.strip_prefix("vlan:") {
            let id = id.parse().ok().filter(|id| (1..=4094).contains(id));
            Selector::Vlan(id.ok_or_else(|| PlaneNameError::Vlan(text.to_owned()))?)
        } else if let Some((address, prefix)) = what.split_once('/') {
            let address: IpAddr = address.parse().map_err(|_error| shape())?;
            let widest = if address.is_ipv4() { 32 } else { 128 };
            let prefix = prefix.parse().ok().filter(|prefix| *prefix <= widest);
            let prefix = prefix.ok_or_else(|| PlaneNameError::Prefix(text.to_owned()))?;
            Selector::Network { address, prefix }
        } else if what.chars().any(|c| c.is_whitespace() || c == '/') {
            return Err(shape());
        } else {
            Selector::Interface(what.to_owned())
        };
        Ok(Self { role: role.to_owned(), selector })
    }
}
