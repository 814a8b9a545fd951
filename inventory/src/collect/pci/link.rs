//! PCI Express links: what they can do, what they negotiated.

use std::collections::BTreeMap;

use crate::Sysroot;
use crate::model::{Finding, FindingClass, PciDevice, PciLink};

use super::super::read;

/// Returns the link of the function in `base`, where it has one.
pub(super) fn link(root: &Sysroot, base: &str) -> Option<PciLink> {
    let speed = |file: &str| transfers(&read::text(root, &format!("{base}/{file}"))?);
    // 0 = no link, 255 = not told.
    let width = |file: &str| {
        let lanes: u32 = read::number(root, &format!("{base}/{file}"))?;
        (1..=32).contains(&lanes).then_some(lanes)
    };
    let link = PciLink {
        speed_mts: speed("current_link_speed"),
        width: width("current_link_width"),
        max_speed_mts: speed("max_link_speed"),
        max_width: width("max_link_width"),
    };
    (link != PciLink::default()).then_some(link)
}

/// Returns MT/s from `8.0 GT/s PCIe`; `Unknown` is none.
fn transfers(text: &str) -> Option<u64> {
    let (number, rest) = text.split_once(' ')?;
    if !rest.starts_with("GT/s") {
        return None;
    }
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    if part.is_empty() || part.len() > 3 {
        return None;
    }
    format!("{whole}{part:0<3}").parse().ok().filter(|mts| *mts > 0)
}

/// Returns a finding for each device whose link is below what it and the port
/// above it can do, or whose port can do less than it.
///
/// Bridges are the other end of the same links. A display's speed follows its
/// load, so that only its width counts.
pub(super) fn findings(
    devices: &[PciDevice],
    parents: &BTreeMap<String, Option<String>>,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    for device in devices {
        let class = device.class.as_deref().unwrap_or_default();
        if device.virtual_function || class.starts_with("06") || !device.address.ends_with(".0") {
            continue;
        }
        let Some(link) = &device.link else { continue };
        let above = parents.get(&device.address).cloned().flatten();
        let above = devices.iter().find(|other| Some(&other.address) == above.as_ref());
        let above = above.and_then(|port| port.link.clone()).unwrap_or_default();
        let width = Reach { has: link.width, own: link.max_width, port: above.max_width };
        findings.extend(width.finding(device, &WIDTH));
        if !class.starts_with("03") {
            let speed =
                Reach { has: link.speed_mts, own: link.max_speed_mts, port: above.max_speed_mts };
            findings.extend(speed.finding(device, &SPEED));
        }
    }
    findings
}

/// A link's value, and what either end can do.
struct Reach<T> {
    has: Option<T>,
    own: Option<T>,
    port: Option<T>,
}

/// How a value is named.
struct Words {
    field: &'static str,
    en: &'static str,
    zh: &'static str,
    unit: &'static str,
}

const WIDTH: Words = Words { field: "width", en: "lanes", zh: "通道宽度", unit: "" };
const SPEED: Words = Words { field: "speed_mts", en: "MT/s", zh: "速率", unit: " MT/s" };

impl<T: Copy + Ord + std::fmt::Display> Reach<T> {
    fn finding(&self, device: &PciDevice, words: &Words) -> Option<Finding> {
        let (has, own) = (self.has?, self.own?);
        if has >= own {
            return None;
        }
        let name = device.device.as_deref().unwrap_or("PCI device");
        let Words { field, en, zh, unit } = words;
        let address = &device.address;
        let by_port = self.port.is_some_and(|port| port <= has);
        let (why, why_zh) = if by_port {
            ("the port above it can do no more", "上级端口仅支持此值")
        } else {
            ("it was negotiated down", "协商降级")
        };
        Some(Finding {
            class: FindingClass::Degraded,
            path: format!("pci[{address}].link.{field}"),
            message: format!("{name} at {address} runs at {has} of {own} {en}: {why}"),
            message_zh: format!(
                "{address} {name} 的 PCIe {zh}为 {has}{unit}，最大 {own}{unit}：{why_zh}"
            ),
            claims: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(address: &str, class: &str, link: [u64; 4]) -> PciDevice {
        let [speed, width, max_speed, max_width] = link;
        PciDevice {
            address: address.to_owned(),
            class: Some(class.to_owned()),
            link: Some(PciLink {
                speed_mts: Some(speed),
                width: u32::try_from(width).ok(),
                max_speed_mts: Some(max_speed),
                max_width: u32::try_from(max_width).ok(),
            }),
            ..PciDevice::default()
        }
    }

    #[test]
    fn speeds_are_read_in_mega_transfers() {
        let cases = [
            ("8.0 GT/s PCIe", Some(8_000)),
            ("2.5 GT/s", Some(2_500)),
            ("64.0 GT/s PCIe", Some(64_000)),
            ("Unknown", None),
            ("Unknown speed", None),
            ("0.0 GT/s", None),
            ("8.0 Gbit/s", None),
        ];
        for (text, want) in cases {
            assert_eq!(transfers(text), want, "{text}");
        }
    }

    #[test]
    fn a_link_below_what_both_ends_can_do_is_found() {
        let port = device("0000:00:01.0", "060400", [8_000, 4, 16_000, 16]);
        let card = device("0000:01:00.0", "020000", [8_000, 4, 8_000, 8]);
        let above = Some("0000:00:01.0".to_owned());
        let parents = BTreeMap::from([("0000:01:00.0".to_owned(), above)]);
        let found = findings(&[port, card], &parents);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].path, "pci[0000:01:00.0].link.width");
        assert!(found[0].message.contains("4 of 8 lanes: it was negotiated down"));
    }

    #[test]
    fn a_narrow_slot_is_named_as_the_cause() {
        let port = device("0000:00:01.0", "060400", [8_000, 8, 8_000, 8]);
        let card = device("0000:01:00.0", "0c0400", [8_000, 8, 8_000, 16]);
        let above = Some("0000:00:01.0".to_owned());
        let parents = BTreeMap::from([("0000:01:00.0".to_owned(), above)]);
        let found = findings(&[port, card], &parents);
        assert!(found[0].message.contains("the port above it can do no more"), "{found:?}");
    }

    #[test]
    fn idle_displays_second_functions_and_full_links_are_no_finding() {
        let display = device("0000:02:00.0", "030000", [2_500, 16, 16_000, 16]);
        let second = device("0000:03:00.1", "020000", [2_500, 1, 8_000, 8]);
        let full = device("0000:04:00.0", "020000", [8_000, 8, 8_000, 8]);
        assert_eq!(findings(&[display, second, full], &BTreeMap::new()), []);
    }
}
