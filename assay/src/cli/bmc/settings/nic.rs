//! `assay bmc TARGET… nic`.

use std::net::Ipv4Addr;

use clap::{Args, Subcommand};

/// `assay bmc TARGET… nic`.
#[derive(Clone, Debug, Args)]
pub struct Nic {
    /// What to do
    #[command(subcommand)]
    pub command: Option<NicCommand>,
}

/// What is done with the BMC's own network.
#[derive(Clone, Debug, Subcommand)]
pub enum NicCommand {
    /// Show the interfaces
    List,
    /// Change an interface, by Redfish
    Set(SetNic),
}

/// `assay bmc TARGET… nic set`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
An address that answers already is refused before anything is sent. The BMC is looked for at its new \
address for two minutes, and told apart by its certificate; if it is not there, what is left is told. A \
static address is of one host.
Example: assay bmc 192.0.2.7 nic set --address 192.0.2.9/24 --gateway 192.0.2.1 --yes-hosts 1")]
#[group(id = "nic-change", required = true, multiple = true)]
pub struct SetNic {
    /// The static address and the bits of its network
    #[arg(long, value_name = "ADDRESS/PREFIX", conflicts_with = "dhcp")]
    pub address: Option<String>,
    /// The gateway [default: as it is]
    #[arg(long, value_name = "ADDRESS", requires = "address")]
    pub gateway: Option<Ipv4Addr>,
    /// By DHCP
    #[arg(long)]
    pub dhcp: bool,
    /// In this VLAN; 0 for none
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=4094))]
    pub vlan: Option<u16>,
    /// The interface by its name [default: the only one, or the one that is talked to]
    #[arg(long, value_name = "ID")]
    pub interface: Option<String>,
}
