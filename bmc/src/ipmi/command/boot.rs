//! What a host boots from next: boot options (§28.12, §28.13, table 28-14).

use crate::operation::boot::{Device, Firmware, Lasting, Override, Seen};

/// Numbers of the options.
pub const PROGRESS: u8 = 0;
/// What keeps the flags from being cleared.
pub const CLEARING: u8 = 3;
/// Who has taken note of them.
pub const ACKNOWLEDGE: u8 = 4;
/// The flags.
pub const FLAGS: u8 = 5;

/// Byte 1 of the flags.
const VALID: u8 = 0x80;
const PERSISTENT: u8 = 0x40;
const UEFI: u8 = 0x20;

/// The flags, as they stand in a BMC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags {
    /// Whether they are in force.
    pub valid: bool,
    /// What they say.
    pub seen: Seen,
    /// The number of the device.
    pub device: u8,
}

/// Returns the data of Set System Boot Options for the flags; `None` of what IPMI has no word for.
pub fn flags(wanted: Override) -> Option<[u8; 6]> {
    let device = match wanted.device {
        Device::None => 0,
        Device::Pxe => 1,
        Device::Disk => 2,
        Device::Cd => 5,
        Device::Bios => 6,
        Device::Http => return None,
    };
    let mut first = VALID;
    if wanted.lasting == Lasting::Persistent {
        first |= PERSISTENT;
    }
    if wanted.firmware == Some(Firmware::Uefi) {
        first |= UEFI;
    }
    Some([FLAGS, first, device << 2, 0, 0, 0])
}

impl Flags {
    /// Reads the answer's data to Get System Boot Options of the flags.
    pub fn read(data: &[u8]) -> Option<Self> {
        let [_version, number, first, second, ..] = data else {
            return None;
        };
        // Bit 7: the option is locked, or not valid.
        if number & 0x7f != FLAGS {
            return None;
        }
        let device = second >> 2 & 0x0f;
        let seen = Seen {
            device: match device {
                0 => Some(Device::None),
                1 => Some(Device::Pxe),
                2 | 3 => Some(Device::Disk),
                5 | 8 => Some(Device::Cd),
                6 => Some(Device::Bios),
                _ => None,
            },
            lasting: Some(if first & PERSISTENT != 0 {
                Lasting::Persistent
            } else {
                Lasting::Once
            }),
            firmware: Some(if first & UEFI != 0 { Firmware::Uefi } else { Firmware::Legacy }),
        };
        Some(Self { valid: first & VALID != 0, seen, device })
    }

    /// Returns what is in force: nothing of flags that are not.
    pub fn in_force(self) -> Seen {
        if self.valid && self.device != 0 {
            self.seen
        } else {
            Seen { device: Some(Device::None), ..Seen::default() }
        }
    }

    /// Returns whether they are what was asked for.
    pub fn keeps(self, wanted: Override) -> bool {
        if wanted.device == Device::None {
            return !self.valid || self.device == 0;
        }
        self.valid
            && self.seen.device == Some(wanted.device)
            && self.seen.lasting == Some(wanted.lasting)
            && wanted.firmware.is_none_or(|firmware| self.seen.firmware == Some(firmware))
    }

    /// Says it: `pxe, once, legacy`, and whether it is in force.
    pub fn say(self) -> String {
        let mut out = match self.seen.device {
            Some(device) => name(device).to_owned(),
            None => format!("device {:#x}", self.device),
        };
        if let Some(lasting) = self.seen.lasting {
            out.push_str(if lasting == Lasting::Once { ", once" } else { ", persistent" });
        }
        if let Some(firmware) = self.seen.firmware {
            out.push_str(if firmware == Firmware::Uefi { ", uefi" } else { ", legacy" });
        }
        if !self.valid {
            out.push_str(", not marked valid");
        }
        out
    }
}

/// Says what was asked for, in the same words.
pub fn say(wanted: Override) -> String {
    let mut out = name(wanted.device).to_owned();
    out.push_str(if wanted.lasting == Lasting::Once { ", once" } else { ", persistent" });
    match wanted.firmware {
        Some(Firmware::Uefi) => out.push_str(", uefi"),
        Some(Firmware::Legacy) => out.push_str(", legacy"),
        None => {}
    }
    out
}

fn name(device: Device) -> &'static str {
    match device {
        Device::None => "none",
        Device::Pxe => "pxe",
        Device::Http => "http",
        Device::Disk => "disk",
        Device::Cd => "cd",
        Device::Bios => "bios",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_reads_back_as_it() {
        for device in [Device::None, Device::Pxe, Device::Disk, Device::Cd, Device::Bios] {
            for lasting in [Lasting::Once, Lasting::Persistent] {
                for firmware in [None, Some(Firmware::Uefi), Some(Firmware::Legacy)] {
                    let wanted = Override { device, lasting, firmware };
                    let [number, data @ ..] = flags(wanted).expect("it has a word");
                    let mut answer = vec![1, number];
                    answer.extend(data);
                    let read = Flags::read(&answer).expect("flags");
                    assert!(read.keeps(wanted), "{}", read.say());
                    // Without its mark, or with another device, it is not kept.
                    answer[2] &= 0x7f;
                    let unmarked = Flags::read(&answer).expect("flags");
                    assert_eq!(unmarked.keeps(wanted), device == Device::None);
                    assert_eq!(unmarked.in_force().device, Some(Device::None));
                }
            }
        }
        let http = Override { device: Device::Http, lasting: Lasting::Once, firmware: None };
        assert_eq!(flags(http), None);
    }

    #[test]
    fn other_options_and_short_ones_do_not_read() {
        assert_eq!(Flags::read(&[1, 4, 0x80, 4, 0, 0, 0]), None);
        assert_eq!(Flags::read(&[1, 5, 0x80]), None);
        let said = Flags::read(&[1, 0x85, 0xe0, 0x20, 0, 0, 0]).expect("flags").say();
        assert_eq!(said, "cd, persistent, uefi");
    }
}
