//! Tests of `fc`.

use super::super::testing::{Tree, status};
use super::*;

const FC: &str = "0x0c0400";

/// Adds an FC function with a host, or without.
fn function(tree: Tree, address: &str, host: Option<&str>) -> Tree {
    let tree = tree.pci("pci0000:00", address, ["0x1077", "0x2261", FC]);
    match host {
        Some(host) => port(tree, &format!("pci0000:00/{address}/{host}"), host),
        None => tree,
    }
}

fn port(tree: Tree, device: &str, host: &str) -> Tree {
    let base = format!("/sys/devices/{device}/fc_host/{host}");
    let files = [
        ("port_name", "0x21000024ff000001"),
        ("node_name", "0x20000024ff000001"),
        ("port_state", "Linkdown"),
        ("speed", "Unknown"),
        ("supported_speeds", "16 Gbit, 4 Gbit, 8 Gbit"),
        ("fabric_name", "0xffffffffffffffff"),
        ("port_type", "Unknown"),
    ];
    tree.files(&base, &files)
        .link(&format!("{HOSTS}/{host}"), &format!("../../devices/{device}/fc_host/{host}"))
}

#[test]
fn a_card_with_two_ports_tells_what_they_can_do_without_light() {
    let tree = function(Tree::new(), "0000:3b:00.0", Some("host3"));
    let tree = function(tree, "0000:3b:00.1", Some("host4"))
        .file("/sys/class/scsi_host/host3/model_name", "QLE2692")
        .file("/sys/class/scsi_host/host3/fw_version", "8.08.231");
    let collected = tree.run(fc);
    let hba = &collected.inventory.hba[..];
    assert_eq!(hba.len(), 1);
    assert_eq!(hba[0].address.as_deref(), Some("0000:3b:00"));
    assert_eq!(hba[0].model.as_deref(), Some("QLE2692"));
    assert_eq!(hba[0].firmware.as_deref(), Some("8.08.231"));
    assert_eq!(hba[0].port.len(), 2);
    let port = &hba[0].port[0];
    assert_eq!(port.supported_bps, [4_000_000_000, 8_000_000_000, 16_000_000_000]);
    assert_eq!((port.speed_bps, port.fabric.as_deref()), (None, None));
    assert_eq!(port.wwpn.as_deref(), Some("21000024ff000001"));
    assert_eq!(status(&collected, Section::Hba).0, SectionState::Complete);
}

#[test]
fn virtual_ports_and_fibre_channel_over_ethernet_are_no_ports() {
    let tree = function(Tree::new(), "0000:3b:00.0", Some("host3"));
    let tree = port(tree, "pci0000:00/0000:3b:00.0/host3/vport-3:0-0/host5", "host5");
    let tree = tree.pci("pci0000:00", "0000:5e:00.0", ["0x14e4", "0x168e", "0x020000"]);
    let tree = port(tree, "pci0000:00/0000:5e:00.0/net/eth0/ctlr_0/host6", "host6");
    let tree = function(tree, "0000:5f:00.0", Some("host7"))
        .link("/sys/devices/pci0000:00/0000:5f:00.0/driver", "../../../bus/pci/drivers/fnic");
    let hba = tree.run(fc).inventory.hba;
    assert_eq!(hba.len(), 1);
    assert_eq!(hba[0].port.len(), 1);
}

#[test]
fn a_card_without_a_driver_is_there_and_its_ports_are_unknown() {
    let tree = function(Tree::new(), "0000:3b:00.0", Some("host3"));
    let tree = function(tree, "0000:86:00.0", None);
    let collected = tree.run(fc);
    assert_eq!(collected.inventory.hba.len(), 2);
    assert!(collected.inventory.hba[1].port.is_empty());
    let (state, reason) = status(&collected, Section::Hba);
    assert_eq!(state, SectionState::Partial);
    assert!(reason.starts_with("0000:86:00.0: a Fibre Channel adapter without"), "{reason}");
}

#[test]
fn a_machine_without_one_is_told_from_one_that_hides_it() {
    assert_eq!(status(&Tree::new().run(fc), Section::Hba).0, SectionState::Unsupported);
}

#[test]
fn speeds_are_read_and_words_are_none() {
    let cases = [
        ("16 Gbit", Some(16_000_000_000)),
        (" 8 Gbit", Some(8_000_000_000)),
        ("Unknown", None),
        ("Not Negotiated", None),
        ("", None),
        ("18446744073709551615 Gbit", None),
    ];
    for (text, want) in cases {
        assert_eq!(speed(text), want, "{text:?}");
    }
}
