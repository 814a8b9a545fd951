//! What is closed at a BMC before it is let into a government cloud's management network: services
//! that speak in the clear or are broken by design, and users without a name.

use super::account::Why;

/// A thing that is open or closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its name in documents and state files: `ssh`, `snmp-v2c`, `user:3`.
    pub name: String,
    /// The resource that has it.
    pub path: String,
    /// Where it stands there (RFC 6901): `/SSH/ProtocolEnabled`.
    pub pointer: String,
    /// Whether it is open; `None` where the BMC does not tell.
    pub open: Option<bool>,
    /// Whether it is to be open; `None` for as it is, because `why`.
    pub wanted: Option<bool>,
    /// Why it is left as it is: in Chinese, and in English.
    pub why: Option<Why>,
}

impl Item {
    /// Returns whether something is to be done.
    pub fn is_due(&self) -> bool {
        self.wanted.is_some() && self.open != self.wanted
    }
}

/// Services of `ManagerNetworkProtocol` that are closed: the name in documents, the property, and
/// why. HTTPS is never among them: it is what we speak.
pub const SERVICES: &[(&str, &str)] = &[
    // RAKP gives a hash of the password to whoever asks (CVE-2013-4786).
    ("ipmi", "IPMI"),
    // In the clear.
    ("telnet", "Telnet"),
    ("http", "HTTP"),
    ("vnc", "RFB"),
    ("rdp", "RDP"),
    // A shell that nobody of the cloud uses.
    ("ssh", "SSH"),
];

/// Versions of SNMP that send a community in the clear: the name, and the property of `SNMP`.
pub const SNMP: &[(&str, &str)] = &[("snmp-v1", "EnableSNMPv1"), ("snmp-v2c", "EnableSNMPv2c")];
