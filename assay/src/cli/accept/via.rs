//! `assay accept --via bmc`: machines that are judged by what their management controllers say.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::bmc::Access;

/// Which machines are judged from outside, and how their BMCs are come by.
#[derive(Clone, Debug, Default, Args)]
pub struct Via {
    /// Judge the machines of a list from outside, each by what its BMC says: bmc
    #[arg(
        long,
        value_name = "bmc",
        hide_possible_values = true,
        conflicts_with_all = ["live", "root", "storage", "network", "storage_target", "retest_of"]
    )]
    pub via: Option<Through>,
    /// List of those machines: CSV, XLSX or TOML; repeatable. Its column `profile` names what each
    /// is judged by; with `--from`, what was collected on them is merged by serial number or UUID
    #[arg(long, value_name = "FILE", requires = "via")]
    pub hosts: Vec<PathBuf>,
    /// BMCs at a time [default: 768]
    #[arg(long, value_name = "N", requires = "via",
        value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub at_a_time: Option<u16>,
    /// How BMCs are come by.
    #[command(flatten)]
    pub access: Access,
}

/// Through what a machine is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Through {
    /// Its management controller
    Bmc,
}
