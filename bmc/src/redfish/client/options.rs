//! How a BMC is talked to.

use std::time::Duration;

use super::{Farewells, Watch};
use crate::client::Patience;

/// How a BMC is talked to.
#[derive(Clone, Debug)]
pub struct Options {
    /// How long connecting may take.
    pub patience: Patience,
    /// How long an answer may take to begin, and each part of it to come; slow BMCs need 20 s for
    /// one GET.
    pub first_byte: Duration,
    /// How long all of it may take, from the first connection.
    pub total: Duration,
    /// Connections are kept for the next request, idle for 5 s at most.
    pub keeps: bool,
    /// Requests in flight, reads and changes together; changes go one at a time. At least 1.
    pub at_once: usize,
    /// The system that is meant, by the last part of its path, where the service has several.
    pub system: Option<String>,
    /// A user who has to change the password is let in, to change it.
    pub changes_password: bool,
    /// Quirks whose steps the BMC took before, at this version of its firmware: those come first.
    pub learned: Vec<String>,
    /// The path of a session that an earlier run of ours may have left at this BMC: it is closed
    /// where it is in the way, or by [`super::Client::remove_stale`].
    pub stale: Option<String>,
    /// Where sessions are noted that are to be closed.
    pub farewells: Farewells,
    /// Who is told how far a long change is.
    pub watch: Watch,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            patience: Patience::default(),
            first_byte: Duration::from_secs(30),
            total: Duration::from_mins(10),
            keeps: true,
            at_once: 2,
            system: None,
            changes_password: false,
            learned: Vec::new(),
            stale: None,
            farewells: Farewells::default(),
            watch: Watch::default(),
        }
    }
}
