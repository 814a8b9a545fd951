//! `assay storage accept`.

use std::path::PathBuf;

use clap::Args;

use super::{Clients, Destroying};
use crate::cli::{Format, project::Filling};

/// What deduplication and compression of an array are set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ArraySetting {
    /// Both off.
    None,
    /// Deduplication only.
    Dedup,
    /// Compression only.
    Compress,
    /// Both on.
    Both,
}

impl ArraySetting {
    /// Returns its word in the ids of cases.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Dedup => "dedup",
            Self::Compress => "compress",
            Self::Both => "both",
        }
    }
}

/// `assay storage accept`.
#[derive(Clone, Debug, Default, Args)]
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
    /// Command that prints how many bytes the array uses for this volume, run before and after
    /// each case that writes
    #[arg(long, value_name = "CMD", conflicts_with = "ask_used")]
    pub used_command: Option<String>,
    /// Ask the operator how many bytes the array uses, before and after each case that writes
    #[arg(long)]
    pub ask_used: bool,
    /// What deduplication and compression of the array are set to: none, dedup, compress, both
    #[arg(long, value_enum, value_name = "SETTING", hide_possible_values = true)]
    pub array_setting: Option<ArraySetting>,
    /// Command that prints `HITS ACCESSES` of the array's cache, counted up
    #[arg(long, value_name = "CMD")]
    pub hit_command: Option<String>,
    /// Start cases only within these hours of the local day, and only what ends within them:
    /// 22:00-06:00
    #[arg(long, value_name = "HH:MM-HH:MM")]
    pub window: Option<String>,
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
    /// What fills the report.
    #[command(flatten)]
    pub filling: Filling,
    /// Who runs this acceptance
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
}
