//! `assay bmc TARGET… lockdown`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// `assay bmc TARGET… lockdown`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Closed are IPMI over LAN, Telnet, SSH, plain HTTP, VNC, RDP, SNMP v1 and v2c, and users without a name. \
HTTPS, which is spoken, stays. What is not told by the BMC is left as it is, and said.
Example: assay bmc 192.0.2.7 lockdown
Example: assay bmc --hosts rack.csv lockdown on --save closed --dry-run
Example: assay bmc --hosts rack.csv lockdown on --save closed --yes-hosts 8")]
pub struct Lockdown {
    /// What to do
    #[command(subcommand)]
    pub command: Option<LockdownCommand>,
}

/// What is done with what is open.
#[derive(Clone, Debug, Subcommand)]
pub enum LockdownCommand {
    /// Show what is open, and what would be closed
    Status,
    /// Close it; what was open is saved first. With --dry-run each is shown, now and then
    On(State),
    /// Open again what the saved state says was closed
    Off(State),
}

/// `assay bmc TARGET… lockdown on`, `off`.
#[derive(Clone, Debug, Args)]
pub struct State {
    /// The state file (JSON); of several hosts, the folder for one each
    #[arg(long, value_name = "FILE", required = true)]
    pub save: PathBuf,
}
