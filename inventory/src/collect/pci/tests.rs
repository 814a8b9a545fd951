//! Tests of `pci`.

use super::super::testing::{Tree, status};
use super::*;

#[test]
fn a_function_has_its_names_slot_driver_and_link() {
    let base = "/sys/devices/pci0000:00/0000:3b:00.0";
    let tree = Tree::new()
        .pci("pci0000:00", "0000:3b:00.0", ["0x8086", "0x1521", "0x020000"])
        .files(base, &[("subsystem_vendor", "0x8086"), ("subsystem_device", "0x0001")])
        .files(base, &[("current_link_speed", "5.0 GT/s PCIe"), ("current_link_width", "4")])
        .files(base, &[("max_link_speed", "5.0 GT/s PCIe"), ("max_link_width", "4")])
        .files(base, &[("numa_node", "-1"), ("revision", "0x01")])
        .link(&format!("{base}/driver"), "../../../bus/pci/drivers/igb")
        .file("/sys/bus/pci/slots/7/address", "0000:3b:00");
    let collected = tree.run(pci);
    let device = &collected.inventory.pci[0];
    assert_eq!(device.subsystem.as_deref(), Some("Ethernet Server Adapter I350-T4"));
    assert_eq!((device.slot.as_deref(), device.driver.as_deref()), (Some("7"), Some("igb")));
    assert_eq!((device.numa_node, device.revision), (None, Some(1)));
    let link = device.link.as_ref().expect("a link");
    assert_eq!((link.speed_mts, link.max_width), (Some(5_000), Some(4)));
    assert_eq!(collected.inventory.findings, []);
    assert_eq!(status(&collected, Section::Pci).0, SectionState::Complete);
}

#[test]
fn virtual_functions_are_marked_and_wide_domains_are_read() {
    let tree = Tree::new()
        .pci("pci10000:00", "10000:01:00.0", ["0x8086", "0x0953", "0x010802"])
        .pci("pci0000:00", "0000:3b:02.0", ["0x8086", "0x154c", "0x020000"])
        .link("/sys/devices/pci0000:00/0000:3b:02.0/physfn", "../0000:3b:00.0");
    let devices = tree.run(pci).inventory.pci;
    let facts: Vec<_> = devices.iter().map(|d| (d.address.as_str(), d.virtual_function)).collect();
    assert_eq!(facts, [("0000:3b:02.0", true), ("10000:01:00.0", false)]);
}

#[test]
fn a_function_that_cannot_be_read_is_named() {
    let tree = Tree::new().dir("/sys/bus/pci/devices/0000:00:1f.0");
    let (state, reason) = status(&tree.run(pci), Section::Pci);
    assert_eq!(state, SectionState::Partial);
    assert_eq!(reason, "no vendor or class to be read for 0000:00:1f.0");
}
