//! PCI addresses, `domain:bus:device.function` in hex.
//!
//! Domains may exceed 16 bits (Intel VMD numbers from 10000h), so widths are
//! not fixed.

/// Returns whether `text` is a full address, `0000:3b:00.1`.
pub(crate) fn is_address(text: &str) -> bool {
    let mut parts = text.split([':', '.']);
    let widths = [4..=8, 2..=2, 2..=2, 1..=1];
    let fits = widths.into_iter().all(|width| {
        parts.next().is_some_and(|part| {
            width.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_hexdigit())
        })
    });
    fits && parts.next().is_none() && text.matches('.').count() == 1 && text.contains('.')
}

/// Returns `domain:bus:device` of an address.
pub(crate) fn card_of(address: &str) -> &str {
    address.rsplit_once('.').map_or(address, |(card, _)| card)
}

/// Returns the address of the device that `path` of sysfs lies under: the last
/// component that is one.
pub(crate) fn in_path(path: &str) -> Option<&str> {
    path.rsplit('/').find(|part| is_address(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_full_addresses_are_addresses() {
        for yes in ["0000:00:03.0", "10000:e1:00.0", "0000:ff:1f.7"] {
            assert!(is_address(yes), "{yes}");
        }
        for no in [
            "",
            "0000:00:03",
            "pci0000:00",
            "0000.00.03.0",
            "0000:00:03:0",
            "0:0:0.0",
            "g000:00:03.0",
            "0000:00:03.0.1",
        ] {
            assert!(!is_address(no), "{no}");
        }
    }

    #[test]
    fn the_device_nearest_to_the_end_of_a_path_is_found() {
        let path = "/sys/devices/pci0000:00/0000:00:02.0/0000:3b:00.1/host3/fc_host/host3";
        assert_eq!(in_path(path), Some("0000:3b:00.1"));
        assert_eq!(in_path("/sys/devices/virtual/net/lo"), None);
    }
}
