//! Many clients: what `storage run` and `storage accept` take of it.

use std::path::PathBuf;

use clap::Args;

/// The agents that make the load, instead of this host.
#[derive(Clone, Debug, Default, Args)]
pub struct Clients {
    /// Agents that make the load together, as `storage agent` prints them:
    /// HOST:PORT#FINGERPRINT#TOKEN, with #SERIAL behind where an agent has several devices
    #[arg(long, value_name = "AGENT,…", value_delimiter = ',')]
    pub agents: Vec<String>,
    /// File with an agent on each line: secrets stay out of the process list
    #[arg(long, value_name = "FILE", conflicts_with = "agents")]
    pub agents_file: Option<PathBuf>,
}

impl Clients {
    /// Returns whether agents make the load.
    pub fn any(&self) -> bool {
        !self.agents.is_empty() || self.agents_file.is_some()
    }
}
