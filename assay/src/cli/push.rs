//! Arguments of `inventory push` and `report push`.

use std::path::PathBuf;

use clap::Args;

use super::Format;

/// Where documents are sent to, and what happens to those that cannot be.
#[derive(Clone, Debug, Args)]
pub struct Delivery {
    /// Endpoint to POST to (https; http only to this machine)
    #[arg(long, value_name = "URL", required_unless_present_any = ["flush", "requeue"])]
    pub to: Option<String>,
    /// File with the bearer token; readable by its owner only
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// PEM file with client certificate and private key; readable by its owner only
    #[arg(long, value_name = "FILE")]
    pub client_cert: Option<PathBuf>,
    /// PEM file with the authorities to trust instead of the system's
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// Send over http to another machine, without encryption or proof of who it is
    #[arg(long)]
    pub insecure_http: bool,
    /// Send what the spool holds, in order; nothing new is collected
    #[arg(long)]
    pub flush: bool,
    /// Put documents that were refused for good back into the queue
    #[arg(long)]
    pub requeue: bool,
    /// Spool folder [default: /var/lib/assay/spool for root, else in the user's state folder]
    #[arg(long, value_name = "DIR")]
    pub spool: Option<PathBuf>,
    /// Documents that the spool holds at most
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub spool_max_count: u64,
    /// Mebibytes that the spool holds at most
    #[arg(long, value_name = "MIB", default_value_t = 1_024)]
    pub spool_max_mib: u64,
    /// Seconds that one request may take
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 30,
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub timeout: u64,
    /// Seconds to go on trying before the rest is left in the spool
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(0..=86_400)
    )]
    pub retry_for: u64,
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
