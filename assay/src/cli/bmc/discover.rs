//! `assay bmc discover`: finding BMCs.

use std::path::PathBuf;

use clap::Args;

/// `assay bmc [TARGET…] discover`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
No credential is sent and nothing is trusted: each address is asked for the root of Redfish on port 443 \
(or the one that is named), whose certificate is shown, and for what IPMI tells anybody on UDP 623 (or \
--ipmi-port). Addresses begin 5 ms apart, 256 at a time at most (--at-a-time). What is silent is \
counted, and named where few were asked.
A list that is written has no fingerprints: compare them first, then `trust --store`.
Exit: 0 a BMC was found, 1 none, 2 wrong use, 3 a link could not be searched
Example: assay bmc 192.0.2.0/24 discover --write hosts.csv
Example: assay bmc discover --ssdp --interface eth1
Example: assay bmc discover --link-local eth1")]
pub struct Discover {
    /// Search for Redfish services by SSDP, too, on the interfaces that are named
    #[arg(long, requires = "interface")]
    pub ssdp: bool,
    /// The network interface that is searched on; repeatable
    #[arg(long, value_name = "IF", requires = "ssdp")]
    pub interface: Vec<String>,
    /// Ask all neighbours on the link of a network interface by their IPv6 link-local addresses;
    /// repeatable
    #[arg(long, value_name = "IF")]
    pub link_local: Vec<String>,
    /// Seconds that answers to a search are waited for
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = clap::value_parser!(u8).range(1..=60))]
    pub wait: u8,
    /// Write the BMCs as a list of hosts (CSV) for --hosts; a file that is there is not replaced
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
}
