//! `assay storage agent`.

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;

/// `assay storage agent`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
At its start an agent prints one line, HOST:PORT#FINGERPRINT#TOKEN, for `--agents` of the \
controller. The token is a secret and lets one controller in, for one run: where stdout is no \
terminal, it is only written to `--token-file`.
Example: assay storage agent --allow-destroy S5G1NE0R900412")]
pub struct Agent {
    /// A device that a controller may overwrite, by serial or WWID; repeatable. A loop or zram
    /// device: device:MAJOR:MINOR:SIZE
    #[arg(long, value_name = "SERIAL|WWID")]
    pub allow_destroy: Vec<String>,
    /// A device that a controller may read, and not write; repeatable
    #[arg(long, value_name = "SERIAL|WWID")]
    pub allow_read: Vec<String>,
    /// A folder in which a controller may have one file made; it is removed at the end
    #[arg(long, value_name = "DIR")]
    pub allow_dir: Option<PathBuf>,
    /// Overwrite what is on the devices, after listing what will be lost
    #[arg(long)]
    pub force_signature: bool,
    /// Address to listen on
    #[arg(long, value_name = "ADDR:PORT", default_value = "0.0.0.0:7443")]
    pub listen: SocketAddr,
    /// What controllers call this host in the printed line [default: its host name, or the
    /// address listened on]
    #[arg(long, value_name = "HOST")]
    pub name: Option<String>,
    /// File to write the line with the token to, readable by its owner only
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How long the token is good: 30s, 10m, 1h
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub expires: String,
    /// Go on after a run, with a new token
    #[arg(long)]
    pub stay: bool,
    /// File to add what was measured to, second by second, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}
