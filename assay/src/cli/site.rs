//! `assay site`: delivery lists.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Format, accept::via::Through, bmc::Access};

/// What is done with a delivery list.
#[derive(Clone, Debug, Subcommand)]
pub enum Site {
    /// Make a delivery list of the machines that are found
    #[command(after_help = "\
Each file or folder below --from is of one machine; a name as `A01-U12` says where it stands. What \
was not seen in full is left out of `parts`. The list is a table (CSV, UTF-8) for a person to fill in: \
contract line, quantity, place.
Example: assay site init --from dumps --profile gd-gov-cloud/ecs-server --out site.csv
Example: assay site init --via bmc --hosts rack.csv --credential rack-a --out site.csv")]
    Init(Box<Init>),
    /// Read a delivery list and print what it says, or the cell that is wrong
    #[command(after_help = "\
Columns, in any order, in Chinese or English: 合同行 contract-line, 数量 quantity, 型号 model, 序列号 sn, \
管理口地址 bmc, 机房 room, 机柜 rack, U位 u (or one column 机房-机柜-U位 room-rack-u), 高度U height-u, 机柜高度U \
rack-height-u, 规格模板 profile, 配置 parts. Others are not read, and named. Parts are written as \
`2×CPU Kunpeng 920; 16×DIMM 32GiB DDR4; 2×NVMe 3.84TB; 2×NIC 25GE; BIOS 1.83; BMC 3.10`.
Example: assay site check site.xlsx")]
    Check(Check),
}

/// `assay site init`.
#[derive(Clone, Debug, Default, Args)]
pub struct Init {
    /// Folders of what was collected, each file or folder in them of one machine; repeatable
    #[arg(long, value_name = "DIR|FILE", required_unless_present = "via")]
    pub from: Vec<PathBuf>,
    /// Ask the BMCs of a list: bmc
    #[arg(long, value_name = "bmc", hide_possible_values = true, requires = "hosts")]
    pub via: Option<Through>,
    /// List of hosts: CSV, XLSX or TOML; repeatable
    #[arg(long, value_name = "FILE", requires = "via")]
    pub hosts: Vec<PathBuf>,
    /// BMCs at a time [default: 768]
    #[arg(long, value_name = "N", requires = "via",
        value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub at_a_time: Option<u16>,
    /// How BMCs are come by.
    #[command(flatten)]
    pub access: Access,
    /// Profile to write on each line
    #[arg(long, value_name = "ID|FILE")]
    pub profile: Option<String>,
    /// File to write; one that is there is never replaced
    #[arg(long, value_name = "FILE", default_value = "site.csv")]
    pub out: PathBuf,
    /// Accept sources with different serials or UUIDs as one machine
    #[arg(long)]
    pub force_same: bool,
}

/// `assay site check`.
#[derive(Clone, Debug, Args)]
pub struct Check {
    /// The list: CSV or XLSX
    #[arg(value_name = "FILE")]
    pub list: PathBuf,
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
