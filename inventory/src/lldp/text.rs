//! How ids, addresses and capabilities are printed.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Names of the capability bits, lowest first (802.1AB-2016 table 8-4).
const CAPABILITIES: [&str; 11] = [
    "other",
    "repeater",
    "bridge",
    "wlan-access-point",
    "router",
    "telephone",
    "docsis",
    "station",
    "c-vlan",
    "s-vlan",
    "two-port-mac-relay",
];

/// Returns the names of the bits that are set.
pub(super) fn capabilities(bits: u16) -> Vec<String> {
    (0..16_u32)
        .filter(|bit| bits.checked_shr(*bit).is_some_and(|rest| rest & 1 == 1))
        .map(|bit| match usize::try_from(bit).ok().and_then(|bit| CAPABILITIES.get(bit)) {
            Some(name) => (*name).to_owned(),
            None => format!("bit-{bit}"),
        })
        .collect()
}

/// Returns two digits a byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    joined(bytes, "")
}

/// Returns a MAC address as `00:11:22:33:44:55`.
pub(crate) fn mac(address: [u8; 6]) -> String {
    joined(&address, ":")
}

/// Returns a MAC address, or hex where the length is not that of one.
pub(super) fn mac_or_hex(bytes: &[u8]) -> String {
    match bytes.first_chunk::<6>() {
        Some(address) if bytes.len() == 6 => mac(*address),
        _ => hex(bytes),
    }
}

fn joined(bytes: &[u8], separator: &str) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(3));
    for byte in bytes {
        if !text.is_empty() {
            text.push_str(separator);
        }
        for nibble in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(nibble), 16));
        }
    }
    text
}

/// Returns a text as people read it: UTF-8, else Latin-1; trailing blanks and
/// NULs cut, control characters but line ends and tabs dropped. Nothing left
/// is `None`.
pub(super) fn printed(bytes: &[u8]) -> Option<String> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let text: String =
        text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\r' | '\t')).collect();
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Returns an id as text where all of it can be printed, else as hex; `None`
/// where there is none.
pub(super) fn printed_or_hex(bytes: &[u8]) -> Option<String> {
    // Some senders count the terminating NUL.
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last.saturating_add(1));
    let trimmed = bytes.get(..end).unwrap_or(bytes);
    match std::str::from_utf8(trimmed) {
        Ok(text) if !text.is_empty() && !text.chars().any(char::is_control) => {
            Some(text.to_owned())
        }
        _ => (!bytes.is_empty()).then(|| hex(bytes)),
    }
}

/// Returns an address after its family number (IANA address family numbers);
/// `None` where nothing follows the family, or the length does not fit it.
pub(super) fn network_address(bytes: &[u8]) -> Option<String> {
    let (family, address) = bytes.split_first()?;
    match family {
        1 => Some(Ipv4Addr::from(<[u8; 4]>::try_from(address).ok()?).to_string()),
        2 => Some(Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?).to_string()),
        6 => Some(mac_or_hex(address)).filter(|text| !text.is_empty()),
        // Family 16 is a DNS name, 17 a distinguished name.
        16 | 17 => printed_or_hex(address),
        _ => (!address.is_empty()).then(|| format!("{family}:{}", hex(address))),
    }
}
