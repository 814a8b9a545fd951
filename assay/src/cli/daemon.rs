//! `assay daemon`.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand};

use super::net::Place;

/// `assay daemon`.
#[derive(Clone, Debug, Subcommand)]
pub enum Daemon {
    /// Keep the tenant networks of this node as they are wanted: HTTP and JSON on a unix socket
    Dataplane(Dataplane),
}

/// `assay daemon dataplane`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Nothing is touched before a whole desired state came (PUT /v1/state); what was accepted outlives \
this process. SIGTERM ends it and leaves the kernel as it is: traffic goes on.
Exit: 0 told to end, 2 wrong use, 3 could not begin or go on
Example: assay daemon dataplane & curl --unix-socket /run/assay/dataplane.sock http://node/v1/status")]
pub struct Dataplane {
    /// The socket: mode 0660; who may connect may change this node
    #[arg(long, value_name = "PATH", default_value = "/run/assay/dataplane.sock")]
    pub socket: PathBuf,
    /// Refused: nothing is served by TCP, where nobody's identity is known
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// Where.
    #[command(flatten)]
    pub place: Place,
}
