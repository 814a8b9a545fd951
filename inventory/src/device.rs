//! Asking drives about themselves, and nothing else.
//!
//! [`dialogue`] decides what to ask and in which order, over a port that may be
//! a fake; [`nvme`] and [`sgio`] are the ports of the running machine, the
//! crate's edge to device nodes. [`allow`] is the list of commands that may
//! pass: whatever is not on it is refused before the kernel sees it.

pub mod allow;
pub mod dialogue;
pub mod nvme;
pub mod sgio;

use std::io;

use crate::smart::pages::Pages;
use allow::Refused;

/// How long a drive may take over one command.
///
/// A drive that spins up for IDENTIFY takes longer, but drives in standby are
/// not asked.
pub const TIMEOUT_MS: u32 = 5_000;

/// Why a command got no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The device node could not be opened.
    #[error("cannot open `{device}`")]
    Open {
        /// The node.
        device: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// The command is not on the list.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The kernel did not carry the command out.
    #[error("`{device}`: {command} was not carried out")]
    NotSent {
        /// The node.
        device: String,
        /// The command.
        command: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// The drive did not answer in time.
    #[error("`{device}`: {command} timed out after {} s", TIMEOUT_MS / 1000)]
    TimedOut {
        /// The node.
        device: String,
        /// The command.
        command: &'static str,
    },
    /// The drive or its driver answered with a failure.
    #[error("`{device}`: {command} failed: {answer}")]
    Failed {
        /// The node.
        device: String,
        /// The command.
        command: &'static str,
        /// Status and sense, in words.
        answer: String,
    },
}

impl DeviceError {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Open { source, .. } | Self::NotSent { source, .. }
                if source.kind() == io::ErrorKind::PermissionDenied =>
            {
                Some("run as root, or with CAP_SYS_RAWIO and CAP_SYS_ADMIN".to_owned())
            }
            Self::TimedOut { .. } => {
                Some("the drive hangs; `dmesg` has what its driver says".to_owned())
            }
            Self::Open { .. } | Self::NotSent { .. } | Self::Refused(_) | Self::Failed { .. } => {
                None
            }
        }
    }

    /// Says whether further commands to this drive would fare no better.
    pub fn ends_dialogue(&self) -> bool {
        match self {
            Self::Open { .. } | Self::TimedOut { .. } => true,
            Self::NotSent { source, .. } => !matches!(
                source.raw_os_error(),
                // EINVAL: this command is too long for the host adapter.
                Some(22)
            ),
            Self::Refused(_) | Self::Failed { .. } => false,
        }
    }

    /// Returns the message with its cause, for a section's reason.
    pub fn sentence(&self) -> String {
        match self {
            Self::Open { source, .. } | Self::NotSent { source, .. } => format!("{self}: {source}"),
            Self::Refused(_) | Self::TimedOut { .. } | Self::Failed { .. } => self.to_string(),
        }
    }
}

/// What a drive told.
#[derive(Debug, Default)]
pub struct Answers {
    /// Pages as read.
    pub pages: Pages,
    /// Whether the drive is in standby and was left alone.
    pub asleep: bool,
    /// What went wrong on the way.
    pub errors: Vec<DeviceError>,
}

#[cfg(test)]
mod tests;
