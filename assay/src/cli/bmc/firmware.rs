//! What the verbs on firmware take.

use std::{net::SocketAddr, path::Path};

use clap::{Args, Subcommand, ValueEnum};

/// `assay bmc TARGET… firmware`.
#[derive(Clone, Debug, Args)]
pub struct Firmware {
    /// What to do
    #[command(subcommand)]
    pub command: FirmwareCommand,
}

/// What is done with firmware.
#[derive(Clone, Debug, Subcommand)]
pub enum FirmwareCommand {
    /// Show what firmware is installed, with its versions
    #[command(after_help = "\
Example: assay bmc --hosts rack.csv firmware list --output csv > versions.csv")]
    List,
    /// Install firmware from a file or a URL, follow it to its end, and read the versions back
    Update(Update),
    /// Take up an update that runs, and follow it to its end
    Follow(Follow),
}

/// `assay bmc TARGET… firmware update`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
A file is sent to the BMC; one that only fetches images is served it by http, by this program and to \
these BMCs alone. The image's SHA-256 is shown. The first host goes alone, then --at-a-time of them; at the \
first that is not as wanted no other is begun. A BMC that restarts meanwhile is waited for. If the \
program is stopped, the BMC goes on: `firmware follow` takes it up.
Example: assay bmc 192.0.2.7 firmware update ./bmc-3.08.bin --target BMC --expect 3.08 --yes-hosts 1
Example: assay bmc --hosts rack.csv firmware update ./bios.bin --sha256 9f86d0… --yes-hosts 8")]
pub struct Update {
    /// The image: a file, or a URL that the BMC fetches itself
    #[arg(value_name = "FILE|URL")]
    pub image: String,
    /// What it is for, by its name in `firmware list`; repeatable [default: the BMC decides]
    #[arg(long = "target", value_name = "ID")]
    pub targets: Vec<String>,
    /// When it is taken into use: immediate, on-reset, at-maintenance [default: the BMC decides]
    #[arg(long, value_name = "WHEN", hide_possible_values = true)]
    pub apply: Option<Apply>,
    /// Protocol that the BMC fetches it by [default: that of the URL]
    #[arg(long = "fetch-by", alias = "transfer-protocol", value_name = "PROTOCOL")]
    pub fetch_by: Option<String>,
    /// SHA-256 that the file has to have
    #[arg(long, value_name = "HEX")]
    pub sha256: Option<String>,
    /// Version that the targets have to have afterwards; hosts that have it already are left alone
    #[arg(long, value_name = "VERSION", requires = "targets")]
    pub expect: Option<String>,
    /// Seconds that a version may take to change once the BMC says it is done
    #[arg(long, value_name = "SECONDS", default_value = "300",
        value_parser = clap::value_parser!(u32).range(0..=7200))]
    pub settle: u32,
    /// Address of this machine to serve a file on [default: the one that the BMC is reached from]
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = super::verb::place)]
    pub serve: Option<SocketAddr>,
}

impl Update {
    /// Returns the file, where it is no URL.
    pub fn file(&self) -> Option<&Path> {
        (!self.image.contains("://")).then(|| Path::new(&self.image))
    }
}

/// When firmware is taken into use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "each is what it is called")]
pub enum Apply {
    Immediate,
    OnReset,
    AtMaintenance,
}

/// `assay bmc TARGET… firmware follow`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Without TASK it is the only update that runs. Nothing is changed.
Example: assay bmc --hosts rack.csv firmware follow")]
pub struct Follow {
    /// The task, by its number or path
    #[arg(value_name = "TASK")]
    pub task: Option<String>,
}
