//! `assay storage pts`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Destroying;
use crate::cli::Format;

/// `assay storage pts`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Everything on the device is lost. A test that was interrupted goes on where it stopped: give the \
same command again.
Example: assay storage pts /dev/nvme1n1 --destroy S4EVNX0R --purge discard --plan")]
pub struct Pts {
    /// The device; with --fast also a file to make
    #[arg(value_name = "DEV|FILE")]
    pub target: PathBuf,
    /// What may be overwritten.
    #[command(flatten)]
    pub destroying: Destroying,
    /// The test: iops, throughput, latency or all
    #[arg(long, value_enum, value_name = "TEST", default_value_t, hide_possible_values = true)]
    pub test: TestChoice,
    /// A smaller test for files and small devices: no PTS result, and marked so everywhere
    #[arg(long)]
    pub fast: bool,
    /// Size of a file to make: 1g
    #[arg(long, value_name = "SIZE")]
    pub size: Option<String>,
    /// Purge before each part: `discard`, or a command of yours (`$ASSAY_TARGET` names the
    /// device)
    #[arg(long, value_name = "discard|CMD", conflicts_with = "purged_by")]
    pub purge: Option<String>,
    /// How you purged it yourself just now; holds for the first part only
    #[arg(long, value_name = "TEXT")]
    pub purged_by: Option<String>,
    /// State of the volatile write cache, for the report [default: what the kernel says]
    #[arg(long, value_enum, value_name = "enabled|disabled", hide_possible_values = true)]
    pub write_cache: Option<WriteCache>,
    /// Threads that make the load [default: 4, with --fast 1]; the latency test has one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Operations in flight on each thread [default: 32]; the latency test has one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub iodepth: Option<u32>,
    /// How long each cell runs: 60s, 5m [default: 60s, with --fast 5s]
    #[arg(long, value_name = "TIME")]
    pub cell_time: Option<String>,
    /// Rounds to go on after the window, to see whether the device leaves steady state
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub watch_rounds: u8,
    /// Print the plan and stop: hours, bytes written, every open parameter
    #[arg(long)]
    pub plan: bool,
    /// Folder for results, report and the journal that a test is resumed from
    #[arg(long, value_name = "DIR", default_value = "assay-pts")]
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
}

/// Which test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum TestChoice {
    /// Random operations of many mixes and sizes
    #[default]
    Iops,
    /// Sequential reads and writes
    Throughput,
    /// One operation at a time
    Latency,
    /// All three, one after the other
    All,
}

/// State of a volatile write cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WriteCache {
    /// On
    Enabled,
    /// Off
    Disabled,
}
