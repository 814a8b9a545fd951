//! `assay storage scan`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::Format;

/// `assay storage scan`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Only reads. All disks run the same profile at once; what is slow in company is measured again alone, \
taking turns with a healthy peer. Disks in use may be scanned: their load is seen and said.
Example: assay storage scan --all --html scan.html
Exit: 0 all healthy, 1 slow or sick disks found, 2 wrong use, 3 not all could be found out")]
pub struct Scan {
    /// The disks
    #[arg(value_name = "DEV", required_unless_present = "all", conflicts_with = "all")]
    pub disks: Vec<PathBuf>,
    /// Every whole disk of this machine; what is left out is said
    #[arg(long)]
    pub all: bool,
    /// Time of the profile: 40, 1m
    #[arg(long, value_name = "TIME", default_value = "40")]
    pub runtime: String,
    /// Sweep each disk in so many parts for slow ones, 8 to 4096
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(8..=4096))]
    pub zones: Option<u32>,
    /// File to write a page with a picture to
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// File to write what was found to, as `storage/v1` JSON
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
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
