//! What is read of a BMC and done with it, in words that Redfish and IPMI share.
//!
//! Wanted and seen are different types: a [`boot::Override`] is what is asked for, and what was
//! read back stands in the [`Outcome`].

pub mod account;
pub mod bios;
pub mod boot;
pub mod certificate;
pub mod clock;
pub mod firmware;
pub mod fru;
pub mod identity;
pub mod interface;
pub mod lockdown;
pub mod log;
pub mod power;
pub mod raid;
pub mod sensor;
pub mod watch;

/// What became of a change that a BMC did not refuse. A failure is an error of its protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done, and reading it back shows it.
    Done,
    /// The BMC took it and works on it still.
    Accepted {
        /// What can be asked about it: the path of a task, or what the protocol has.
        task: Option<String>,
    },
    /// The BMC said yes, and reading it back shows something else.
    NotKept {
        /// What was asked for.
        sent: String,
        /// What is there.
        found: String,
    },
    /// It was not asked for: it would do harm, or the BMC says of itself that it takes no such
    /// thing. Nothing was changed.
    Refused {
        /// Why: in Chinese, and in English.
        why: (String, String),
    },
    /// This BMC cannot do it, by what it says of itself.
    Unsupported {
        /// Why: in Chinese, and in English.
        why: (String, String),
    },
}
