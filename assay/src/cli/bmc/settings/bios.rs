//! `assay bmc TARGET… bios`.

use clap::{Args, Subcommand};

/// `assay bmc TARGET… bios`.
#[derive(Clone, Debug, Args)]
pub struct Bios {
    /// What to do
    #[command(subcommand)]
    pub command: BiosCommand,
}

/// What is done with settings of the BIOS.
#[derive(Clone, Debug, Subcommand)]
pub enum BiosCommand {
    /// Show settings: what they are, what waits, and what they take
    Get(Get),
    /// Set settings; they count when the host has restarted
    Set(Set),
    /// Show what waits for the restart
    Pending,
    /// Set all to what they came with, from the next restart on
    Reset,
    /// Withdraw what waits for the restart
    Revoke,
}

/// `assay bmc TARGET… bios get`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example: assay bmc 192.0.2.7 bios get BootMode SriovSupport")]
pub struct Get {
    /// The settings by their names [default: all]
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

/// `assay bmc TARGET… bios set`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Values are checked by the BMC's own registry of attributes before anything is sent, and what waits is \
read back. The host is not restarted: `power reset` or `power cycle` does that.
Example: assay bmc 192.0.2.7 bios set BootMode=UEFI SriovSupport=Enabled --yes-hosts 1")]
pub struct Set {
    /// Settings and their values
    #[arg(value_name = "NAME=VALUE", required = true)]
    pub values: Vec<String>,
}
