//! Users of a channel (§22.26 to §22.30), and who may come by it (§22.23).

use crate::ipmi::{privilege::Privilege, wire::take};

/// Bytes of a name.
const NAME: usize = 16;

/// A user of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Its number, 1 to 63; 1 is the user without a name.
    pub id: u8,
    /// Its name.
    pub name: String,
    /// Whether it is enabled, where the BMC tells.
    pub enabled: Option<bool>,
    /// What it may do on the channel; `None` for no access.
    pub privilege: Option<Privilege>,
    /// Whether it may use IPMI on the channel.
    pub messaging: bool,
    /// Whether links are authenticated by it.
    pub link: bool,
    /// Whether it is called back only.
    pub callback_only: bool,
}

/// The answer to Get User Access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Users that there can be.
    pub most: u8,
    /// Users that are enabled.
    pub enabled_count: u8,
    /// Users whose names are fixed.
    pub fixed: u8,
    /// Whether this one is enabled, where the BMC tells.
    pub enabled: Option<bool>,
    /// What it may do: privilege and the three bits of messages, links and calling back.
    pub bits: u8,
}

impl Access {
    /// Reads the answer's data.
    pub fn read(mut data: &[u8]) -> Option<Self> {
        let [most, enabled, fixed, bits] = *take::<4>(&mut data)?;
        Some(Self {
            most: most & 0x3f,
            enabled_count: enabled & 0x3f,
            fixed: fixed & 0x3f,
            enabled: match enabled >> 6 {
                1 => Some(true),
                2 => Some(false),
                _ => None,
            },
            bits,
        })
    }

    /// Returns the user of that number and name.
    pub fn user(self, id: u8, name: String) -> User {
        User {
            id,
            name,
            enabled: self.enabled,
            privilege: Privilege::of(self.bits),
            messaging: self.bits & 0x10 != 0,
            link: self.bits & 0x20 != 0,
            callback_only: self.bits & 0x40 != 0,
        }
    }
}

/// Reads a name: 16 bytes, filled up by zeros.
pub fn name(data: &[u8]) -> String {
    let name = data.get(..NAME).unwrap_or(data);
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    String::from_utf8_lossy(name.get(..end).unwrap_or_default()).into_owned()
}

/// The answer to Get Channel Access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelAccess {
    /// When it can be used: 0 never, 1 before boot alone, 2 always, 3 shared.
    pub mode: u8,
    /// Whether a user's level needs no authentication.
    pub open_user_level: bool,
    /// Whether each message needs none.
    pub open_messages: bool,
    /// The most that anybody has on it.
    pub most: Option<Privilege>,
}

impl ChannelAccess {
    /// Reads the answer's data.
    pub fn read(mut data: &[u8]) -> Option<Self> {
        let [first, second] = *take::<2>(&mut data)?;
        Some(Self {
            mode: first & 0x07,
            open_user_level: first & 0x08 != 0,
            open_messages: first & 0x10 != 0,
            most: Privilege::of(second),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_reads() {
        let access = Access::read(&[63, 0x43, 1, 0x34]).expect("an access");
        assert_eq!((access.most, access.enabled_count, access.fixed), (63, 3, 1));
        let user = access.user(2, name(b"admin\0\0\0\0\0\0\0\0\0\0\0"));
        assert_eq!((user.name.as_str(), user.enabled), ("admin", Some(true)));
        assert_eq!(user.privilege, Some(Privilege::Administrator));
        assert!(user.messaging && user.link && !user.callback_only);
        let none = Access::read(&[10, 0x81, 0, 0x0f]).expect("an access");
        assert_eq!((none.enabled, none.user(3, String::new()).privilege), (Some(false), None));
        assert_eq!(name(&[b'x'; 20]), "x".repeat(16));
        assert_eq!(Access::read(&[1, 2, 3]), None);
    }

    #[test]
    fn who_may_come_by_a_channel_reads() {
        let read = ChannelAccess::read(&[0x22, 0x04]).expect("an access");
        assert_eq!((read.mode, read.most), (2, Some(Privilege::Administrator)));
        assert!(!read.open_user_level && !read.open_messages);
    }
}
