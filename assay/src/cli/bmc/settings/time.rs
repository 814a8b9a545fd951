//! `assay bmc TARGET… time`.

use clap::{Args, Subcommand};

/// `assay bmc TARGET… time`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Without a command the clock is shown, and by how many seconds it is ahead of this machine's.
Example: assay bmc --hosts rack.csv time
Example: assay bmc 192.0.2.7 time ntp ntp1.example ntp2.example")]
pub struct Time {
    /// What to do
    #[command(subcommand)]
    pub command: Option<TimeCommand>,
}

/// What is done with a BMC's clock.
#[derive(Clone, Debug, Subcommand)]
pub enum TimeCommand {
    /// Show the clock and its servers
    Status,
    /// Set the clock
    Set(SetTime),
    /// Have the clock set by servers of NTP, by Redfish
    Ntp(Ntp),
}

/// `assay bmc TARGET… time set`.
#[derive(Clone, Debug, Args)]
pub struct SetTime {
    /// now, which is this machine's time, or a date (RFC 3339: 2026-11-27T06:00:00Z)
    #[arg(value_name = "now|DATE", default_value = "now")]
    pub time: String,
}

/// `assay bmc TARGET… time ntp`.
#[derive(Clone, Debug, Args)]
pub struct Ntp {
    /// Servers, the preferred one first
    #[arg(value_name = "SERVER", required_unless_present = "off", conflicts_with = "off")]
    pub servers: Vec<String>,
    /// By none
    #[arg(long)]
    pub off: bool,
}
