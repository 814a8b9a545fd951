//! What is found, what is to be done about it, and what is told of it.

use crate::address::Device;

/// What joins what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The port with itself.
    Own,
    /// With another port of this node.
    Port(String),
    /// With a port of another node: node, port.
    Node(String, String),
    /// A process before this one closed the port; why is not known.
    Before,
}

impl Kind {
    /// Returns its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Own => "one-port",
            Self::Port(_) => "two-ports",
            Self::Node(..) => "two-nodes",
            Self::Before => "kept",
        }
    }
}

/// A loop at a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it joins.
    pub kind: Kind,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// Whether the port is closed for it.
    pub blocked: bool,
    /// When it is taken for gone if nothing more is heard, in milliseconds since 1970.
    pub until_ms: u64,
    /// How often it was back.
    pub strikes: u32,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Send a frame by the device of a port.
    Send(String, Device, Vec<u8>),
    /// Let a port forward nothing.
    Close(String, Device),
    /// Let it forward again.
    Open(String, Device),
    /// Tell somebody.
    Tell(News),
}

/// What became of a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// It was found.
    Found,
    /// Nothing of it was heard for long enough.
    Gone,
    /// Somebody has its port opened.
    Lifted,
}

/// Something to tell of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// What.
    pub what: What,
    /// The port.
    pub port: String,
    /// The loop.
    pub finding: Finding,
}

/// Counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Probes that were sent.
    pub sent: u64,
    /// Probes that came in and meant a loop.
    pub loops: u64,
    /// Probes that came in and meant nothing: forged, too old, of nobody here.
    pub refused: u64,
}
