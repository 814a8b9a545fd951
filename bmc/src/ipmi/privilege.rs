//! Privileges of users and sessions (§6.8).

use std::fmt;

/// What a user may do, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Privilege {
    /// Call back alone.
    Callback,
    /// Look.
    User,
    /// Change all but the BMC's own settings.
    Operator,
    /// All.
    Administrator,
    /// What the vendor says.
    Oem,
}

impl Privilege {
    /// Returns the number that the wire has for it.
    pub fn code(self) -> u8 {
        match self {
            Self::Callback => 1,
            Self::User => 2,
            Self::Operator => 3,
            Self::Administrator => 4,
            Self::Oem => 5,
        }
    }

    /// Reads the low four bits of a byte; `None` of what is reserved or no access (0xf).
    pub fn of(byte: u8) -> Option<Self> {
        match byte & 0x0f {
            1 => Some(Self::Callback),
            2 => Some(Self::User),
            3 => Some(Self::Operator),
            4 => Some(Self::Administrator),
            5 => Some(Self::Oem),
            _ => None,
        }
    }

    /// Returns the next lower privilege that is of use; a user's is the lowest.
    pub fn lower(self) -> Option<Self> {
        match self {
            Self::Oem => Some(Self::Administrator),
            Self::Administrator => Some(Self::Operator),
            Self::Operator => Some(Self::User),
            Self::User | Self::Callback => None,
        }
    }

    /// Says it in Chinese.
    pub fn in_chinese(self) -> &'static str {
        match self {
            Self::Callback => "回拨",
            Self::User => "普通用户",
            Self::Operator => "操作员",
            Self::Administrator => "管理员",
            Self::Oem => "厂商",
        }
    }
}

impl fmt::Display for Privilege {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Callback => "callback",
            Self::User => "user",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
            Self::Oem => "OEM",
        })
    }
}
