//! `assay accept`.

#[cfg(feature = "bmc")]
pub mod via;

use std::path::PathBuf;

use clap::Args;

use super::{Format, project::Filling, report::Form};

/// `assay accept`: collect or import, judge, report.
#[derive(Clone, Debug, Default, Args)]
#[cfg_attr(
    feature = "bmc",
    command(after_help = "\
With --via bmc each machine of the list gets a report of its own, in a folder of its serial number \
below --out, and all of them one together in `batch`. A machine that cannot be reached is named, and \
the run ends with 3. What was collected on the machines themselves comes in by --from: what it says \
otherwise than the BMC is shown with both values, and the row is not passed.
With --site the list of what was ordered and packed is compared with what was found: each file or \
folder below --from is of one machine. Missing, extra, swapped, of other parts or firmware: each is \
told with what to do; site.html has the racks, unit by unit. 1 where anything is not as ordered or \
does not conform, 3 where something could not be told.
Example: assay accept --profile gd-gov-cloud/bms-1
Example: assay accept --site site.csv --from dumps --profile gd-gov-cloud/ecs-server --out site
Example: assay accept --via bmc --hosts rack.csv --profile gd-gov-cloud/ecs-server --out rack")
)]
pub struct Accept {
    /// Profile to judge by: an id of `assay profile list`, or a TOML file
    #[cfg_attr(
        feature = "bmc",
        arg(long, value_name = "ID|FILE", required_unless_present_any = ["via", "site"])
    )]
    #[cfg_attr(not(feature = "bmc"), arg(long, value_name = "ID|FILE", required = true))]
    pub profile: Option<String>,
    /// Judge what others collected: a dump, a text, a JSON file, or a folder of them
    #[arg(long, value_name = "DIR|FILE")]
    pub from: Vec<PathBuf>,
    /// Look at this machine too, although `--from` is given
    #[arg(long, requires = "from")]
    pub live: bool,
    /// Look at a recorded root (a folder, or FILE.tar.zst of `inventory record`)
    #[arg(long, value_name = "DIR|FILE", conflicts_with = "live")]
    pub root: Option<PathBuf>,
    /// Judge these runs too: `storage/v1` JSON of `assay storage run --out`, or `runs.json` of
    /// `assay storage accept`; repeatable
    #[arg(long, value_name = "FILE")]
    pub storage: Vec<PathBuf>,
    /// Judge this too: what `assay net accept --output json` printed; repeatable
    #[arg(long, value_name = "FILE")]
    pub network: Vec<PathBuf>,
    /// A volume to accept after the machine, as `assay storage accept` does.
    #[command(flatten)]
    pub volume: Volume,
    /// Compare a delivery list (CSV or XLSX) with the machines below `--from`, or reached by `--via
    /// bmc`, and judge each by the profile of its line: `assay site check FILE` reads the list
    #[cfg(feature = "bmc")]
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["live", "root", "storage", "network", "storage_target", "retest_of"]
    )]
    pub site: Option<PathBuf>,
    /// Machines that are judged from outside.
    #[cfg(feature = "bmc")]
    #[command(flatten)]
    pub via: via::Via,
    /// Folder to write the report to
    #[arg(long, value_name = "DIR", default_value = "assay-report")]
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
    /// Form of the derived files.
    #[command(flatten)]
    pub form: Form,
    /// What fills the report.
    #[command(flatten)]
    pub filling: Filling,
    /// Report that this run is a re-test of
    #[arg(long, value_name = "REPORT")]
    pub retest_of: Option<PathBuf>,
    /// Who runs this acceptance
    #[arg(long, value_name = "NAME")]
    pub operator: Option<String>,
    /// How this machine is looked at.
    #[command(flatten)]
    pub looking: Looking,
    /// Accept sources with different serials or UUIDs as one machine
    #[arg(long)]
    pub force_same: bool,
}

/// A volume that is accepted in the same go.
#[derive(Clone, Debug, Default, Args)]
pub struct Volume {
    /// Accept this volume too, after the machine: a block device, or a file to make
    #[arg(long, value_name = "DEV|FILE", requires = "tier")]
    pub storage_target: Option<PathBuf>,
    /// Kind of storage of that volume: evs-normal, evs-high, evs-ultra, ssd-array,
    /// distributed-volume, distributed-system
    #[arg(long, value_name = "TIER", requires = "storage_target")]
    pub tier: Option<String>,
    /// Size of a file to make for it: 10g
    #[arg(long, value_name = "SIZE", requires = "storage_target")]
    pub storage_size: Option<String>,
    /// Folder of the volume's runs and report [default: the machine's, with `-storage`]
    #[arg(long, value_name = "DIR", requires = "storage_target")]
    pub storage_out: Option<PathBuf>,
    /// Usable capacity of the whole system, for rows of each usable PB: 500t
    #[arg(long, value_name = "SIZE", requires = "storage_target")]
    pub usable: Option<String>,
    /// Cache of the whole system: 2t
    #[arg(long, value_name = "SIZE", requires = "storage_target")]
    pub cache: Option<String>,
    /// What may be overwritten.
    #[command(flatten)]
    pub destroying: super::storage::Destroying,
}

/// How a machine is looked at.
#[derive(Clone, Debug, Default, Args)]
pub struct Looking {
    /// Name an IP plane: ROLE=CIDR, ROLE=vlan:N or ROLE=INTERFACE; repeatable
    #[arg(long, value_name = "ROLE=SELECTOR")]
    pub plane: Vec<String>,
    /// Listen for LLDP neighbours (needs root) [default when given: 35 seconds]
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "35",
        value_parser = clap::value_parser!(u64).range(1..=600)
    )]
    pub lldp: Option<u64>,
    /// Ask disks in standby too (this spins them up)
    #[arg(long)]
    pub wake_disks: bool,
    /// Seconds that one section of the collection may take
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 20,
        value_parser = clap::value_parser!(u64).range(1..=3600)
    )]
    pub section_timeout: u64,
}
