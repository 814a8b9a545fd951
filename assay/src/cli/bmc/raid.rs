//! What the verbs on arrays take.

use clap::{Args, Subcommand, ValueEnum};

/// `assay bmc TARGET… raid`.
#[derive(Clone, Debug, Args)]
pub struct Raid {
    /// What to do
    #[command(subcommand)]
    pub command: RaidCommand,
}

/// What is done with arrays.
#[derive(Clone, Debug, Subcommand)]
pub enum RaidCommand {
    /// Show controllers, drives and volumes
    #[command(after_help = "Example: assay bmc --hosts rack.csv raid list --output csv")]
    List,
    /// Make a volume of drives that are free and sound, and look whether it is there
    Create(Create),
    /// Remove volumes; what is on them is lost
    Delete(Delete),
}

/// `assay bmc TARGET… raid create`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Nothing is sent where a drive is not there, is in a volume, is a spare, or is not known to be free and \
sound, or where there are too few for the level.
Example: assay bmc 192.0.2.7 raid create --level 1 --drives Disk0,Disk1 --name os --yes-hosts 1")]
pub struct Create {
    /// RAID level: 0, 1, 5, 6, 10, 50, 60
    #[arg(long, value_name = "LEVEL", required = true, hide_possible_values = true)]
    pub level: Level,
    /// Drives by their names in `raid list`, their serial numbers or paths
    #[arg(long, value_name = "ID,ID…", required = true, value_delimiter = ',')]
    pub drives: Vec<String>,
    /// Storage by its name in `raid list` [default: the one that has the drives]
    #[arg(long, value_name = "ID")]
    pub controller: Option<String>,
    /// Name of the volume
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Capacity in bytes [default: all of it]
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(1..))]
    pub size: Option<u64>,
    /// Bytes of a stripe on one drive [default: the controller's]
    #[arg(long, value_name = "BYTES", value_parser = clap::value_parser!(u64).range(512..))]
    pub stripe: Option<u64>,
    /// How it is prepared: fast, full [default: as the controller does]
    #[arg(long, value_name = "HOW", hide_possible_values = true)]
    pub init: Option<Init>,
    /// Encrypt it
    #[arg(long)]
    pub encrypt: bool,
    /// Take drives of several kinds all the same
    #[arg(long)]
    pub mixed: bool,
}

/// A RAID level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum Level {
    #[value(name = "0")]
    Raid0,
    #[value(name = "1")]
    Raid1,
    #[value(name = "5")]
    Raid5,
    #[value(name = "6")]
    Raid6,
    #[value(name = "10")]
    Raid10,
    #[value(name = "50")]
    Raid50,
    #[value(name = "60")]
    Raid60,
}

/// How a volume is prepared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum Init {
    Fast,
    Full,
}

/// `assay bmc TARGET… raid delete`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Each is named by its id, its own name or its path; a name that several have is refused, and there is no \
word for all of them. What each was is told.
Example: assay bmc 192.0.2.7 raid delete LogicalDrive0 --yes-hosts 1")]
pub struct Delete {
    /// Volumes by their names in `raid list`
    #[arg(value_name = "VOLUME", required = true)]
    pub volumes: Vec<String>,
}
