//! `assay net explain`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use dataplane::firewall::protocol;

use super::{Format, Place};

/// `assay net explain`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
The file alone decides; the kernel is not asked. Of an end on another node that node decides. --sport \
is taken and changes nothing: no rule looks at a client's own port.
Exit: 0 passes this node, 1 does not, 2 wrong input
Example: assay net explain network.toml --from app-1 --to web-1 --proto tcp --dport 443")]
pub struct Explain {
    /// What the node is to have [default: what was applied last]
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Who begins: id of a port, here or elsewhere, or an IP address
    #[arg(long, value_name = "PORT|IP")]
    pub from: String,
    /// With whom: the same
    #[arg(long, value_name = "PORT|IP")]
    pub to: String,
    /// Protocol above IP: tcp, udp, sctp, icmp, icmpv6 or a number
    #[arg(long, value_name = "PROTO")]
    pub proto: Protocol,
    /// Port at the far end
    #[arg(long, value_name = "PORT")]
    pub dport: Option<u16>,
    /// Port of the near end
    #[arg(long, value_name = "PORT", requires = "dport")]
    pub sport: Option<u16>,
    /// ICMP type, or type/code [default: echo request]
    #[arg(long, value_name = "TYPE[/CODE]")]
    pub icmp_type: Option<IcmpType>,
    /// Address that --from sends from, where it is not its first
    #[arg(long, value_name = "IP")]
    pub src: Option<IpAddr>,
    /// Network, where both ends are addresses that several networks have
    #[arg(long, value_name = "NETWORK")]
    pub network: Option<String>,
    /// Send the packet too, between copies of both ports in namespaces of scratch; takes root
    #[arg(long)]
    pub probe: bool,
    /// Where the copy of what was applied is.
    #[command(flatten)]
    pub place: Place,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
}

/// A protocol above IP, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocol(pub u8);

impl std::str::FromStr for Protocol {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = protocol::number(&text.to_ascii_lowercase()).or_else(|| text.parse().ok());
        known.map(Self).ok_or_else(|| {
            let names: Vec<&str> = protocol::NAMES.iter().map(|(name, _)| *name).collect();
            format!("{} or a number up to 255", names.join(", "))
        })
    }
}

/// Type and code of ICMP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpType(pub u8, pub u8);

impl std::str::FromStr for IcmpType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, code) = text.split_once('/').unwrap_or((text, "0"));
        let number = |text: &str| {
            text.parse().map_err(|error| format!("`8` or `8/0`, numbers up to 255: {error}"))
        };
        Ok(Self(number(kind)?, number(code)?))
    }
}
