//! What a user names on the command line: one BMC, a range of addresses, or a network.

mod address;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU16,
    str::FromStr,
};

use ipnet::IpNet;

pub use address::{Address, AddressError, Host};

/// Addresses that one word may stand for: the hosts of a /16. More is a typing error sooner than
/// an out-of-band network.
pub const MOST: u128 = 65_536;

/// A word that names BMCs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One, by address or name.
    One(Address),
    /// From one address to another, both included: `192.0.2.10-20`, `192.0.2.10-192.0.2.20`.
    Range {
        /// The first address.
        first: IpAddr,
        /// The last address.
        last: IpAddr,
        /// The port of each.
        port: Option<NonZeroU16>,
    },
    /// Every host of a network, `192.0.2.0/24`: to be looked at, never to be changed.
    Network {
        /// The network.
        network: IpNet,
        /// The port of each.
        port: Option<NonZeroU16>,
    },
}

/// Why a word names no BMC.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum TargetError {
    /// Neither an address nor a name.
    #[error("`{word}` names no BMC: {why}")]
    Address { word: String, why: AddressError },
    /// The first address is behind the last.
    #[error("the range `{word}` ends before it begins")]
    Backwards { word: String },
    /// One end is IPv4, the other IPv6.
    #[error("the range `{word}` begins in one family of addresses and ends in the other")]
    Families { word: String },
    /// It stands for too many.
    #[error("`{word}` stands for {count} addresses; {MOST} are the most that one word may name")]
    TooMany { word: String, count: u128 },
}

impl TargetError {
    /// What the user can do about it: in Chinese, and in English.
    pub fn hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::Address { .. } => (
                "写成 192.0.2.7、192.0.2.7:8443、[2001:db8::7]:443、192.0.2.10-20、192.0.2.0/24 或主机名",
                "write 192.0.2.7, 192.0.2.7:8443, [2001:db8::7]:443, 192.0.2.10-20, 192.0.2.0/24 or a host name",
            ),
            Self::Backwards { .. } => ("小的地址写在前面", "the lower address comes first"),
            Self::Families { .. } => ("IPv4 与 IPv6 分两段写", "name IPv4 and IPv6 as two ranges"),
            Self::TooMany { .. } => ("分成几段", "name it in parts"),
        }
    }
}

impl Target {
    /// Returns how many addresses it stands for.
    pub fn count(&self) -> u128 {
        match self {
            Self::One(_) => 1,
            Self::Range { first, last, .. } => {
                number(*last).saturating_sub(number(*first)).saturating_add(1)
            }
            Self::Network { network, .. } => {
                let (first, last) = hosts_of(*network);
                number(last).saturating_sub(number(first)).saturating_add(1)
            }
        }
    }

    /// Returns whether it is a network, which is only ever looked at.
    pub fn is_network(&self) -> bool {
        matches!(self, Self::Network { .. })
    }

    /// Returns the addresses it stands for, lowest first.
    pub fn addresses(&self) -> Vec<Address> {
        let (first, last, port) = match self {
            Self::One(address) => return vec![address.clone()],
            Self::Range { first, last, port } => (*first, *last, *port),
            Self::Network { network, port } => {
                let (first, last) = hosts_of(*network);
                (first, last, *port)
            }
        };
        let address = |at| Address { host: Host::Ip(numbered(at, first)), port };
        (number(first)..=number(last)).map(address).collect()
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(word: &str) -> Result<Self, TargetError> {
        let wrong = |why| TargetError::Address { word: word.to_owned(), why };
        // A URL has two; what is wrong with it is said where addresses are read.
        let target = if word.contains('/') && !word.contains("//") {
            let (network, port) = match word.rsplit_once(':') {
                // `192.0.2.0/24:8443`; the colons of IPv6 stand before the slash.
                Some((network, port)) if network.contains('/') => {
                    (network, Some(address::port(port).map_err(wrong)?))
                }
                _ => (word, None),
            };
            let network = network.parse().map_err(|_error| wrong(AddressError::Network))?;
            Self::Network { network, port }
        } else {
            range(word)
                .transpose()?
                .map_or_else(|| word.parse().map(Self::One).map_err(wrong), Ok)?
        };
        match target.count() {
            count if count > MOST => Err(TargetError::TooMany { word: word.to_owned(), count }),
            _ => Ok(target),
        }
    }
}

/// Reads a range; nothing where the word is none: a name may have hyphens.
fn range(word: &str) -> Option<Result<Target, TargetError>> {
    let (from, to) = word.split_once('-')?;
    let first = from.trim_matches(['[', ']']).parse::<IpAddr>().ok()?;
    let wrong = |why| TargetError::Address { word: word.to_owned(), why };
    // A port stands behind the last address: `192.0.2.10-20:8443`, `[a]-[b]:8443`.
    let (to, port) = match to.rsplit_once(':') {
        _ if to.parse::<IpAddr>().is_ok() => (to, None),
        Some((to, port)) if first.is_ipv4() || to.ends_with(']') => match address::port(port) {
            Ok(port) => (to, Some(port)),
            Err(why) => return Some(Err(wrong(why))),
        },
        _ => (to, None),
    };
    let last = match (to.trim_matches(['[', ']']).parse::<IpAddr>(), first) {
        (Ok(last), _) => last,
        // `192.0.2.10-20`: the last number alone.
        (Err(_), IpAddr::V4(first)) => match to.parse::<u8>() {
            Ok(last) => {
                let [one, two, three, _] = first.octets();
                Ipv4Addr::new(one, two, three, last).into()
            }
            Err(_) => return Some(Err(wrong(AddressError::Last))),
        },
        (Err(_), IpAddr::V6(_)) => return Some(Err(wrong(AddressError::Last))),
    };
    Some(if first.is_ipv4() != last.is_ipv4() {
        Err(TargetError::Families { word: word.to_owned() })
    } else if last < first {
        Err(TargetError::Backwards { word: word.to_owned() })
    } else {
        Ok(Target::Range { first, last, port })
    })
}

/// Returns the first and the last host of a network: of IPv4, neither its own address nor that of
/// all; a network of one or two addresses has nothing else (RFC 3021).
fn hosts_of(network: IpNet) -> (IpAddr, IpAddr) {
    let (first, last) = (network.network(), network.broadcast());
    match network {
        IpNet::V4(v4) if v4.prefix_len() < 31 => {
            (numbered(number(first) + 1, first), numbered(number(last) - 1, last))
        }
        IpNet::V4(_) | IpNet::V6(_) => (first, last),
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// Returns the address of that number, in the family of `like`.
fn numbered(number: u128, like: IpAddr) -> IpAddr {
    match (like, u32::try_from(number)) {
        (IpAddr::V4(_), Ok(number)) => Ipv4Addr::from(number).into(),
        (IpAddr::V4(_), Err(_)) | (IpAddr::V6(_), _) => Ipv6Addr::from(number).into(),
    }
}

impl fmt::Display for Target {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = match self {
            Self::One(address) => return address.fmt(out),
            Self::Range { first, last, port } => {
                match first {
                    IpAddr::V4(_) => write!(out, "{first}-{last}")?,
                    IpAddr::V6(_) => write!(out, "[{first}]-[{last}]")?,
                }
                port
            }
            Self::Network { network, port } => {
                network.fmt(out)?;
                port
            }
        };
        port.map_or(Ok(()), |port| write!(out, ":{port}"))
    }
}
