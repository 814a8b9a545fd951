//! Addresses of links: MAC addresses, and names of network devices.

use std::fmt;
use std::str::FromStr;

/// A MAC address, six bytes as they are on the wire.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

/// Why a text is no MAC address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no MAC address of six bytes: `02:00:00:00:00:11`")]
pub struct MacError {
    /// What was given.
    pub text: String,
}

impl Mac {
    /// Whether it names a group of stations (IEEE 802, the lowest bit of the first byte).
    pub fn is_multicast(self) -> bool {
        self.0[0] & 1 == 1
    }
}

impl FromStr for Mac {
    type Err = MacError;

    fn from_str(text: &str) -> Result<Self, MacError> {
        let wrong = || MacError { text: text.to_owned() };
        let mut bytes = [0; 6];
        let mut parts = text.split([':', '-']);
        for byte in &mut bytes {
            let part = parts.next().filter(|part| part.len() == 2).ok_or_else(wrong)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_no_hex| wrong())?;
        }
        if parts.next().is_some() { Err(wrong()) } else { Ok(Self(bytes)) }
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The name of a network device: 1 to 15 bytes without `/`, `:` and spaces
/// (`dev_valid_name` of the kernel; `IFNAMSIZ` less its zero).
///
/// Kept as the kernel compares it: 16 bytes, zero at the end. A node has tens of thousands of
/// keys with one in them, which are compared far more often than told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Device([u8; 16]);

/// Why a text names no network device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` cannot name a network device: 1 to 15 bytes without `/`, `:` and spaces")]
pub struct DeviceError {
    /// What was given.
    pub text: String,
}

impl Device {
    /// Returns the name.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        // It was text when it came in.
        self.0.get(..end).and_then(|name| str::from_utf8(name).ok()).unwrap_or_default()
    }

    /// Returns the name that is a prefix of three letters and the last ten hexadecimal digits of a
    /// number.
    pub(crate) fn numbered(prefix: &str, number: u64) -> Self {
        let mut name = [0; 16];
        let digits = (0..10).rev().map(|at| {
            let digit = u8::try_from(number >> (4 * at) & 0xf).unwrap_or_default();
            digit + if digit < 10 { b'0' } else { b'a' - 10 }
        });
        for (to, from) in name.iter_mut().zip(prefix.bytes().take(3).chain(digits)) {
            *to = from;
        }
        Self(name)
    }

    /// Returns the name as the kernel compares it: 16 bytes, zero at the end.
    pub fn padded(&self) -> [u8; 16] {
        self.0
    }
}

impl FromStr for Device {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let odd = |c: char| c == '/' || c == ':' || c.is_whitespace() || c.is_control();
        let fits = (1..16).contains(&text.len()) && text != "." && text != "..";
        if !fits || text.contains(odd) {
            return Err(DeviceError { text: text.to_owned() });
        }
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(text.bytes()) {
            *to = from;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_address_reads_back_as_it_was_written() {
        let mac: Mac = "02:00:00:00:0A:ff".parse().unwrap();
        assert_eq!(mac.to_string(), "02:00:00:00:0a:ff");
        for wrong in ["", "02:00:00:00:00", "02:00:00:00:00:00:00", "02:00:00:00:00:0", "x2:0"] {
            assert!(wrong.parse::<Mac>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_device_name_is_what_the_kernel_takes() {
        assert_eq!("p1".parse::<Device>().unwrap().padded()[..3], *b"p1\0");
        for wrong in ["", ".", "..", "a b", "a/b", "a:b", "sixteen-bytes-xx"] {
            assert!(wrong.parse::<Device>().is_err(), "{wrong}");
        }
    }
}
