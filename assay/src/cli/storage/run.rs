//! `assay storage run`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Clients, Destroying};

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
    /// The agents that make the load, instead of this host.
    #[command(flatten)]
    pub clients: Clients,
    /// What to print on stdout: text, json, or ocp-tv (OCP Test & Validation, JSON lines)
    #[arg(
        long,
        value_enum,
        value_name = "text|json|ocp-tv",
        default_value_t,
        hide_possible_values = true
    )]
    pub output: RunFormat,
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
    /// File to write the runs to second by second: IOPS, bandwidth, latencies, for a spreadsheet
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// File to write the latencies of each second to, as a log of `HdrHistogram` (V2)
    #[arg(long, value_name = "FILE")]
    pub hlog: Option<PathBuf>,
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
    /// The most first, then 10 to 100 % of it as in rate: a response-time curve
    Ramp,
}

/// What `storage run` prints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum RunFormat {
    /// For people
    #[default]
    Text,
    /// `storage/v1`
    Json,
    /// OCP Test & Validation output 2.0, a JSON object a line
    OcpTv,
}
