//! What the program's exit code says; the same for every command.

use std::process::ExitCode;

use profiles::Outcome;

/// How a command ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// As wanted: 0.
    #[default]
    Wanted,
    /// A must-row failed, or something was found altered or refused: 1.
    Failed,
    /// Wrong use, or refused for safety: 2.
    Usage,
    /// Could not find out, or could not do: 3.
    Unknown,
    /// A change failed, and all that was done is undone: 4.
    RolledBack,
    /// A change failed, and not all that was done could be undone: 5.
    LeftOver,
}

impl Exit {
    /// Returns the number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Wanted => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Unknown => 3,
            Self::RolledBack => 4,
            Self::LeftOver => 5,
        }
    }

    /// Returns the exit code that an acceptance with this outcome ends with.
    pub fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Accepted => Self::Wanted,
            Outcome::NotAccepted => Self::Failed,
            Outcome::Incomplete => Self::Unknown,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
