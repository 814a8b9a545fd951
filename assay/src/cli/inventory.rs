//! `assay inventory`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Format, accept::Looking, push::Delivery};

/// `assay inventory`: without a verb, looks at this machine and shows it.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Inventory {
    /// What to do other than show.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// The machine to show.
    #[command(flatten)]
    pub show: Show,
}

/// Which machine to show, and how.
#[derive(Clone, Debug, Args)]
pub struct Show {
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
    /// Look at a recorded root (a folder, or FILE.tar.zst) instead of this machine
    #[arg(long, value_name = "DIR|FILE")]
    pub root: Option<PathBuf>,
    /// How it is looked at.
    #[command(flatten)]
    pub looking: Looking,
}

/// What to do with inventories other than show this machine's.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    /// Read what other tools wrote; several sources of one machine merge
    Import(Import),
    /// Record this machine's files, so that any later version can replay them
    Record(Record),
    /// Show every SMBIOS structure with every field
    Raw(Raw),
    /// Send the inventory to a cloud manager; what cannot be delivered is spooled
    Push(Push),
}

/// `assay inventory import`.
#[derive(Clone, Debug, Args)]
pub struct Import {
    /// SMBIOS table: `dmidecode --dump-bin`, a bare table, or a Windows RSMB block
    #[arg(long, value_name = "FILE")]
    pub smbios: Vec<PathBuf>,
    /// Text of `dmidecode`
    #[arg(long, value_name = "FILE")]
    pub dmidecode: Vec<PathBuf>,
    /// JSON of `lshw -json`
    #[arg(long, value_name = "FILE")]
    pub lshw: Vec<PathBuf>,
    /// JSON of `smartctl -j`, or text of `smartctl -x`
    #[arg(long, value_name = "FILE")]
    pub smartctl: Vec<PathBuf>,
    /// JSON of `storcli … J`
    #[arg(long, value_name = "FILE")]
    pub storcli: Vec<PathBuf>,
    /// LLDP capture (pcap), or JSON of `lldpcli -f json0`
    #[arg(long, value_name = "FILE")]
    pub lldp: Vec<PathBuf>,
    /// Files or folders whose kind is found out
    #[arg(value_name = "FILE|DIR")]
    pub files: Vec<PathBuf>,
    /// Accept sources with different serials or UUIDs as one machine
    #[arg(long)]
    pub force_same: bool,
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

/// `assay inventory record`.
#[derive(Clone, Debug, Args)]
pub struct Record {
    /// File to write (tar, compressed by zstd)
    #[arg(long, value_name = "FILE.tar.zst")]
    pub out: PathBuf,
    /// Replace serial numbers, UUIDs and addresses by stable stand-ins
    #[arg(long)]
    pub mask: bool,
    /// Record from this root instead of this machine
    #[arg(long, value_name = "DIR|FILE")]
    pub root: Option<PathBuf>,
    /// How the machine is looked at.
    #[command(flatten)]
    pub looking: Looking,
}

/// `assay inventory raw`.
#[derive(Clone, Debug, Args)]
pub struct Raw {
    /// SMBIOS dump to show instead of this machine's table
    #[arg(long, value_name = "FILE", conflicts_with = "root")]
    pub smbios: Option<PathBuf>,
    /// Show the table of a recorded root (a folder, or FILE.tar.zst)
    #[arg(long, value_name = "DIR|FILE")]
    pub root: Option<PathBuf>,
    /// Only structures of this type; repeatable
    #[arg(long = "type", value_name = "N")]
    pub kind: Vec<u8>,
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

/// `assay inventory push`.
#[derive(Clone, Debug, Args)]
pub struct Push {
    /// Inventory documents to send [default: look at this machine]
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Send this recorded root's inventory instead of this machine's
    #[arg(long, value_name = "DIR|FILE", conflicts_with = "files")]
    pub root: Option<PathBuf>,
    /// Where to and how.
    #[command(flatten)]
    pub delivery: Delivery,
    /// How this machine is looked at.
    #[command(flatten)]
    pub looking: Looking,
}
