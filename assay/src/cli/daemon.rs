//! `assay daemon`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::net::Place;

/// `assay daemon`.
#[derive(Clone, Debug, Subcommand)]
pub enum Daemon {
    /// Keep this node's tenant networks and security groups as desired
    Dataplane(Dataplane),
}

/// `assay daemon dataplane`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
HTTP and JSON on a unix socket of mode 0660; there is no TCP. GET /openapi.json describes it.
Nothing is looked at or deleted until a first full state is accepted. What is accepted outlives
the daemon; SIGTERM leaves the kernel as it is. While it runs, `net apply` is locked out.
Exit: 0 told to end, 2 wrong use, 3 could not begin or go on
Example: curl --unix-socket /run/assay/dataplane.sock http://localhost/v1/status")]
pub struct Dataplane {
    /// The first full state, taken only where none has been accepted yet
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The socket to listen at
    #[arg(long, value_name = "PATH", default_value = "/run/assay/dataplane.sock")]
    pub socket: PathBuf,
    /// Refused: the daemon has no TCP
    #[arg(long, value_name = "ADDRESS", hide = true)]
    pub listen: Option<String>,
    /// Where.
    #[command(flatten)]
    pub place: Place,
}
