//! What an agent is asked to do, what it says of it, and what a probe carries.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

/// What a controller asks for, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Say what you are: the addresses have to be yours.
    Look {
        /// Addresses that the plan says are the agent's.
        addresses: Vec<IpAddr>,
    },
    /// Hear what comes to an address and port of yours, and answer it.
    Listen {
        /// Where.
        at: SocketAddr,
        /// Connections, or else datagrams.
        tcp: bool,
    },
    /// Send a probe.
    Send(Send),
    /// Say something by a connection that is held.
    Say {
        /// The probe that opened it.
        line: u64,
        /// What is said.
        nonce: u64,
    },
    /// Hear nothing any more, and end the connections that are held.
    Close,
}

/// A probe to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// What it carries: no other has the same.
    pub nonce: u64,
    /// How.
    pub how: How,
    /// From which address of the agent.
    pub from: IpAddr,
    /// To which.
    pub to: SocketAddr,
    /// Source address that is forged.
    pub source: Option<IpAddr>,
    /// MAC address that is forged.
    pub mac: Option<[u8; 6]>,
    /// Bytes of the packet, of what is sized.
    pub bytes: u16,
}

/// How a probe is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// A datagram.
    Udp,
    /// A datagram in fragments.
    Fragments,
    /// A connection.
    Tcp,
    /// A connection that stays.
    Hold,
    /// An echo request.
    Echo,
    /// A frame as it is said, addresses included.
    Frame,
}

impl How {
    /// Whether it takes `CAP_NET_RAW`.
    pub fn is_raw(self) -> bool {
        matches!(self, Self::Echo | Self::Frame)
    }
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// Of [`Order::Look`].
    Here(Here),
    /// It is done.
    Done,
    /// It was too large for the agent's own device.
    TooLarge,
    /// The agent may not do it, or cannot: why.
    Refused(String),
    /// It did not go out, or no connection came about: why.
    Failed(String),
}

/// What an agent is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Here {
    /// Its device in the network that is tried.
    pub device: String,
    /// Its MAC address.
    pub mac: String,
    /// Largest packet of the device.
    pub mtu: u32,
    /// Whether it may send and hear frames.
    pub raw: bool,
}

/// Something that an agent saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saw {
    /// Of which probe.
    pub nonce: u64,
    /// What.
    pub what: Sight,
    /// From which address.
    pub from: IpAddr,
}

/// What was seen of a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sight {
    /// It came to a listener.
    Came,
    /// A frame with it came by the device.
    Frame,
    /// Its answer came back.
    Answer,
    /// A router said that it is too large.
    TooLarge,
}

/// What a question begins with, and what an answer does; its nonce follows, as 16 digits.
const ASK: &[u8] = b"assay-ask:";
const ANSWER: &[u8] = b"assay-ans:";
/// Bytes of what a probe carries.
pub const CARRIED: usize = ASK.len() + 16;

/// Returns what a probe carries.
pub fn ask(nonce: u64) -> Vec<u8> {
    [ASK, format!("{nonce:016x}").as_bytes()].concat()
}

/// Returns what its answer carries.
pub fn answer(nonce: u64) -> Vec<u8> {
    [ANSWER, format!("{nonce:016x}").as_bytes()].concat()
}

/// Returns the probe that bytes are of, and whether they are an answer.
pub fn read(bytes: &[u8]) -> Option<(u64, bool)> {
    bytes.windows(CARRIED).find_map(|part| {
        let (head, digits) = part.split_at(ASK.len());
        let number = || u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        match head {
            ASK => Some((number()?, false)),
            ANSWER => Some((number()?, true)),
            _ => None,
        }
    })
}
