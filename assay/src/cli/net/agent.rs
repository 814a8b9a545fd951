//! `assay net agent`.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use ipnet::IpNet;

/// `assay net agent`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
At its start an agent prints one line, HOST:PORT#FINGERPRINT#TOKEN, for `--agents` of `net accept`. \
The token is a secret and lets one controller in, for one run: where stdout is no terminal, it is \
only written to `--token-file`. Echo, forged addresses and sizes take CAP_NET_RAW.
Exit: 0 the controller is done, 2 wrong use, 3 nobody came, or it ended before that
Example: assay net agent --listen 192.0.2.11:7444 --device eth1 --to 10.0.0.0/8 --to 203.0.113.0/24")]
pub struct Agent {
    /// Address to listen on for the controller: of a path that the cases do not touch
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:7444")]
    pub listen: SocketAddr,
    /// Card in the network that is tried
    #[arg(long, value_name = "DEVICE", default_value = "eth0")]
    pub device: String,
    /// Addresses that probes may be sent to, and no others; repeatable
    #[arg(long, value_name = "CIDR", required = true)]
    pub to: Vec<IpNet>,
    /// What controllers call this guest in the printed line [default: its host name, or the
    /// address listened on]
    #[arg(long, value_name = "HOST")]
    pub name: Option<String>,
    /// File to write the line with the token to, readable by its owner only
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How long the token is good: 30s, 10m, 1h
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub expires: String,
}
