//! What a quirk changes.

use serde_json::{Map, Value};

/// What is done in a way of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// Virtual media, inserted by `VmmControl`.
    Media,
    /// The power of a host.
    Power,
    /// Firmware's settings.
    Bios,
    /// Saving logs.
    Logs,
    /// New firmware.
    Firmware,
    /// Drives and volumes.
    Raid,
    /// Time and NTP.
    Time,
    /// Users.
    Users,
    /// Certificates.
    Certificates,
}

impl Feature {
    /// Reads a feature's name.
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "media" => Self::Media,
            "power" => Self::Power,
            "bios" => Self::Bios,
            "logs" => Self::Logs,
            "firmware" => Self::Firmware,
            "raid" => Self::Raid,
            "time" => Self::Time,
            "users" => Self::Users,
            "certificates" => Self::Certificates,
            _ => return None,
        })
    }
}

/// What a quirk changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// It is met whatever the BMC is, and without it nothing would be sound: a deadline, a pin.
    Always,
    /// A ladder has the step of the quirk's name.
    Step,
    /// A step is the first of its ladder.
    First {
        /// The ladder.
        ladder: String,
        /// The step.
        step: String,
    },
    /// A login has this beside name and password.
    Login(Map<String, Value>),
    /// The token stands here in the body (RFC 6901).
    Token(String),
    /// Images are taken by these schemes alone.
    Schemes(Vec<String>),
    /// Something fails at random and is tried so often.
    Tries {
        /// What.
        feature: Feature,
        /// How often.
        times: u32,
    },
    /// A change is asked for with this beside what the standard has; `{item}` in it stands for what
    /// the change is of.
    Body {
        /// What.
        feature: Feature,
        /// What stands beside it.
        body: Map<String, Value>,
    },
    /// Something is at a path that is not advertised.
    Path {
        /// What.
        feature: Feature,
        /// Where.
        path: String,
    },
}
