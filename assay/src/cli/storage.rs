//! `assay storage`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::Format;

/// `assay storage`.
#[derive(Clone, Debug, Subcommand)]
pub enum Storage {
    /// Put load on a device or file, in fio's job language
    Run(Run),
    /// Run the norm's cases on a volume, judge them, and write a report
    Accept(Accept),
    /// Print the fio jobs that the norm's cases are equivalent to
    ExportFio(ExportFio),
}

/// `assay storage run`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Options of fio's job language follow as fio spells them (--filename --rw --bs --iodepth …); one \
that is not supported is refused, never ignored.
Example: assay storage run --filename=/tmp/f --size=1g --rw=randread --bs=4k --iodepth=32 \
--runtime=30 --time_based")]
pub struct Run {
    /// A fio job file
    #[arg(value_name = "JOBFILE")]
    pub jobfile: Option<PathBuf>,
    /// How load is made [default: rate where a rate is given, else latency]
    #[arg(long, value_enum, value_name = "MODE")]
    pub mode: Option<ModeChoice>,
    /// What may be overwritten.
    #[command(flatten)]
    pub destroying: Destroying,
    /// What to print on stdout
    #[arg(
        long,
        value_enum,
        value_name = "text|json",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: Format,
    /// What to print on stdout, as fio calls it: normal, json or json+ (fio-compatible)
    #[arg(
        long,
        value_enum,
        value_name = "normal|json|json+",
        default_value_t,
        hide_possible_values = true,
        conflicts_with = "output"
    )]
    pub output_format: FioFormat,
    /// File to write the runs to, as `storage/v1` JSON
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Options of fio's job language, behind `--`
    #[arg(last = true, value_name = "FIO OPTION")]
    pub fio: Vec<String>,
}

/// How fio would print it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum FioFormat {
    /// For people
    #[default]
    Normal,
    /// fio's JSON
    Json,
    /// fio's JSON with every bucket of the histograms
    #[value(name = "json+")]
    JsonPlus,
}

/// How load is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeChoice {
    /// Queue full, completions reaped in batches: for IOPS and bandwidth
    Throughput,
    /// Every completion taken as it comes: for latency
    Latency,
    /// Operations start when they are due, whatever the device does
    Rate,
}

/// What may be overwritten.
#[derive(Clone, Debug, Default, Args)]
pub struct Destroying {
    /// The device that may be overwritten, by serial or WWID; repeatable. A loop or zram
    /// device: device:MAJOR:MINOR:SIZE
    #[arg(long, value_name = "SERIAL|WWID")]
    pub destroy: Vec<String>,
    /// Overwrite what is on it, after listing what will be lost
    #[arg(long)]
    pub force_signature: bool,
}

/// `assay storage accept`.
#[derive(Clone, Debug, Args)]
pub struct Accept {
    /// Kind of storage: evs-normal, evs-high, evs-ultra, ssd-array, distributed-volume,
    /// distributed-system
    #[arg(long, value_name = "TIER")]
    pub tier: String,
    /// The volume: a block device, or a file to make
    #[arg(long, value_name = "DEV|FILE")]
    pub target: PathBuf,
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

/// `assay storage export-fio`.
#[derive(Clone, Debug, Args)]
pub struct ExportFio {
    /// Kind of storage, as for `storage accept`; all of them where none is given
    #[arg(long, value_name = "TIER")]
    pub tier: Option<String>,
    /// What the jobs name as their target
    #[arg(long, value_name = "DEV|FILE", default_value = "/dev/VOLUME")]
    pub target: String,
    /// Size of the volume
    #[arg(long, value_name = "SIZE", default_value = "1t")]
    pub size: String,
}
