//! `assay storage accept`.

use std::path::PathBuf;

use clap::Args;

use super::{Clients, Destroying};
use crate::cli::Format;

/// `assay storage accept`.
#[derive(Clone, Debug, Args)]
pub struct Accept {
    /// Kind of storage: evs-normal, evs-high, evs-ultra, ssd-array, distributed-volume,
    /// distributed-system
    #[arg(long, value_name = "TIER")]
    pub tier: String,
    /// The volume: a block device, or a file to make
    #[arg(
        long,
        value_name = "DEV|FILE",
        required = false,
        required_unless_present_any = ["agents", "agents_file"],
        conflicts_with_all = ["agents", "agents_file"],
        default_value = "-",
        hide_default_value = true
    )]
    pub target: PathBuf,
    /// The agents that make the load, instead of this host.
    #[command(flatten)]
    pub clients: Clients,
    /// Size of a file to make: 10g
    #[arg(long, value_name = "SIZE")]
    pub size: Option<String>,
    /// What may be overwritten.
    #[command(flatten)]
    pub destroying: Destroying,
    /// Usable capacity of the whole system, for rows of each usable PB: 500t
    #[arg(long, value_name = "SIZE")]
    pub usable: Option<String>,
    /// Cache of the whole system: 2t
    #[arg(long, value_name = "SIZE")]
    pub cache: Option<String>,
    /// Command that makes a snapshot, run by `sh -c`; the volume is in `$ASSAY_TARGET`, the
    /// name to give it in `$ASSAY_SNAPSHOT`
    #[arg(long, value_name = "CMD", requires = "snap_delete")]
    pub snap_create: Option<String>,
    /// Command that deletes the snapshot named in `$ASSAY_SNAPSHOT`
    #[arg(long, value_name = "CMD", requires = "snap_create")]
    pub snap_delete: Option<String>,
    /// Try the set-up in seconds for minutes: whatever is run so is INVALID, and says so
    #[arg(long)]
    pub fast: bool,
    /// Print the plan and stop: time, bytes written, every open parameter
    #[arg(long)]
    pub plan: bool,
    /// Run only these cases; repeatable
    #[arg(long, value_name = "CASE")]
    pub case: Vec<String>,
    /// Folder to write the report to; runs that are there already are not repeated
    #[arg(long, value_name = "DIR", default_value = "assay-storage")]
    pub out: PathBuf,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
    /// Who runs this acceptance
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
}
