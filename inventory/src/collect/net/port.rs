//! A network port: what sysfs says of it, and what ethtool adds.

use std::collections::BTreeMap;

use crate::Sysroot;
use crate::ethtool::{self, Links, module, speed_of, wake_letters};
use crate::model::{NicPort, Origin, SourceId, WakeOn};

use super::super::read;
use super::NET;
use super::device::Device;

/// Returns what files say of a port.
pub(super) fn port(
    root: &Sysroot,
    device: &Device,
    links: &Links,
    bonded: &BTreeMap<String, String>,
    source: SourceId,
) -> NicPort {
    let base = format!("{NET}/{}", device.name);
    let text = |file: &str| read::text(root, &format!("{base}/{file}"));
    let link = match text("carrier").as_deref() {
        Some("1") => Some(true),
        Some("0") => Some(false),
        // Reading it is an error while the interface is down.
        _ => None,
    };
    NicPort {
        name: Some(device.name.clone()),
        address: device.function.clone(),
        permanent_mac: permanent(root, &device.name, links, bonded),
        mac: text("address").filter(|mac| is_mac(mac)),
        link,
        operstate: text("operstate"),
        speed_bps: text("speed").as_deref().and_then(speed),
        duplex: text("duplex").filter(|duplex| duplex == "full" || duplex == "half"),
        mtu_bytes: read::number(root, &format!("{base}/mtu")),
        dev_port: read::number(root, &format!("{base}/dev_port")),
        phys_port_id: text("phys_port_id"),
        master: read::link_name(root, &format!("{base}/master")),
        errors: errors(root, &base),
        origin: Origin::of(source),
        ..NicPort::default()
    }
}

/// Returns bit/s from a file in Mbit/s; −1 and its unsigned shapes are no speed.
fn speed(text: &str) -> Option<u64> {
    let megabits: u64 = text.parse().ok()?;
    let none = [0, 0xffff, 0xffff_ffff].contains(&megabits);
    megabits.checked_mul(1_000_000).filter(|_| !none)
}

/// Returns the permanent address: netlink's word, the bonding driver's, or the
/// one in use where the kernel says that it is the permanent one.
fn permanent(
    root: &Sysroot,
    name: &str,
    links: &Links,
    bonded: &BTreeMap<String, String>,
) -> Option<String> {
    let link = links.links.iter().find(|link| link.name == name);
    let told = link.and_then(|link| link.permanent_address.clone());
    let own = || {
        let base = format!("{NET}/{name}");
        let kept = read::text(root, &format!("{base}/addr_assign_type"))? == "0";
        let alone = read::link_name(root, &format!("{base}/master")).is_none();
        read::text(root, &format!("{base}/address")).filter(|_| kept && alone)
    };
    let bonded = || bonded.get(name).cloned();
    told.filter(|mac| is_mac(mac)).or_else(bonded).or_else(own).filter(|mac| is_mac(mac))
}

/// Returns whether `text` is the address of a device and not all zeros.
fn is_mac(text: &str) -> bool {
    let octets: Vec<&str> = text.split(':').collect();
    let octet = |part: &&str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit());
    octets.len() == 6 && octets.iter().all(octet) && text.bytes().any(|b| b != b'0' && b != b':')
}

/// Returns error and drop counters.
fn errors(root: &Sysroot, base: &str) -> BTreeMap<String, u64> {
    let counters = root.list(&format!("{base}/statistics")).unwrap_or_default();
    let counts = counters.into_iter().filter(|name| {
        name.ends_with("errors") || name.ends_with("dropped") || name == "collisions"
    });
    let mut errors = BTreeMap::new();
    errors.extend(counts.filter_map(|name| {
        let value = read::number(root, &format!("{base}/statistics/{name}"))?;
        Some((name, value))
    }));
    errors
}

/// Adds ethtool's answers to a port.
pub(super) fn fill(port: &mut NicPort, answer: &ethtool::Port, source: SourceId) {
    let mut said = Vec::new();
    if port.permanent_mac.is_none() {
        port.permanent_mac = answer.permanent_address.clone().filter(|mac| is_mac(mac));
        said.extend(port.permanent_mac.as_ref().map(|_| "permanent_mac"));
    }
    let modes = |names: &[String]| -> Vec<String> {
        names.iter().filter(|name| speed_of(name).is_some()).cloned().collect()
    };
    port.supported_modes = modes(&answer.supported);
    port.advertised_modes = modes(&answer.advertised);
    port.supported_bps = answer.supported.iter().filter_map(|name| speed_of(name)).collect();
    tiny_sort::stable::sort(&mut port.supported_bps);
    port.supported_bps.dedup();
    port.media = answer.connector.and_then(ethtool::connector_name).map(str::to_owned);
    port.wake_on = answer.wake_supported.map(|supported| WakeOn {
        supported: wake_letters(supported),
        enabled: wake_letters(answer.wake_enabled.unwrap_or(0)),
    });
    port.module = answer.module.as_ref().and_then(module::module);
    said.extend(["supported_modes", "supported_bps", "advertised_modes"]);
    said.extend(port.media.as_ref().map(|_| "media"));
    said.extend(port.wake_on.as_ref().map(|_| "wake_on"));
    said.extend(port.module.as_ref().map(|_| "module"));
    for field in said {
        port.origin.sources.insert(field.to_owned(), source);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_is_down_has_no_speed() {
        let cases = [
            ("25000", Some(25_000_000_000)),
            ("-1", None),
            ("65535", None),
            ("4294967295", None),
            ("0", None),
            ("", None),
        ];
        for (text, want) in cases {
            assert_eq!(speed(text), want, "{text:?}");
        }
    }

    #[test]
    fn only_addresses_of_six_octets_that_are_not_zero_count() {
        assert!(is_mac("00:16:3e:00:00:01"));
        for no in
            ["00:00:00:00:00:00", "", "0:0:0:0:0:1", "80:00:00:48:fe:80:00:00", "zz:16:3e:00:00:01"]
        {
            assert!(!is_mac(no), "{no}");
        }
    }
}
