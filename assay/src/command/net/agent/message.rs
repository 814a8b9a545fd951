//! What a controller and an agent between guests say, as JSON inside of a frame.

use dataplane::accept::cloud::order::{Done, Order, Saw};
use serde::{Deserialize, Serialize};
use storage_bench::agent::token::Presented;

/// The version of these messages; another one is refused.
pub(in crate::command::net) const VERSION: u32 = 1;

/// What a controller says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::command::net) enum Command {
    /// First: who asks. An agent for storage does not know the word.
    Net {
        /// [`VERSION`].
        version: u32,
        /// The agent's token.
        token: Presented,
    },
    /// Something is to be done.
    Ask {
        /// What.
        order: Order,
    },
    /// The controller is there.
    Ping,
    /// It wants no more.
    Goodbye,
}

/// What an agent says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::command::net) enum Reply {
    /// The token was right.
    Welcome {
        /// Its host's name.
        host: String,
    },
    /// The session is over: why.
    Refused {
        /// Why.
        why: String,
    },
    /// What came of the last that was asked.
    Did {
        /// What.
        done: Done,
    },
    /// Something was seen.
    Saw {
        /// What.
        saw: Saw,
    },
}
