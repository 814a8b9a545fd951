//! Tests of `net`.

use super::super::testing::{Tree, status};
use super::*;
use crate::model::Section;

const ETHERNET: &str = "0x020000";

fn card(tree: Tree, address: &str) -> Tree {
    tree.pci("pci0000:00", address, ["0x8086", "0x1572", ETHERNET])
}

fn device(address: &str) -> String {
    format!("pci0000:00/{address}")
}

fn two_ports() -> Tree {
    let tree = card(card(Tree::new(), "0000:3b:00.0"), "0000:3b:00.1");
    tree.net(
        &device("0000:3b:00.0"),
        "eth0",
        &[("address", "00:16:3e:00:00:0a"), ("addr_assign_type", "0")],
    )
    .net(
        &device("0000:3b:00.1"),
        "eth1",
        &[("carrier", "0"), ("speed", "-1"), ("duplex", "unknown")],
    )
}

#[test]
fn functions_of_one_device_are_one_card() {
    let inventory = two_ports().run(net).inventory;
    assert_eq!(inventory.nic.len(), 1);
    let nic = &inventory.nic[0];
    assert_eq!(nic.address.as_deref(), Some("0000:3b:00"));
    assert_eq!(nic.vendor.as_deref(), Some("Intel Corporation"));
    assert!(nic.model.as_ref().is_some_and(|model| model.contains("X710")), "{:?}", nic.model);
    let names: Vec<_> = nic.port.iter().filter_map(|port| port.name.as_deref()).collect();
    assert_eq!(names, ["eth0", "eth1"]);
    assert_eq!(nic.port[0].permanent_mac.as_deref(), Some("00:16:3e:00:00:0a"));
    assert_eq!(nic.port[1].permanent_mac, None, "nobody says that it is permanent");
}

#[test]
fn a_link_that_is_down_has_no_speed() {
    let inventory = two_ports().run(net).inventory;
    let port = &inventory.nic[0].port[1];
    assert_eq!((port.link, port.speed_bps, port.duplex.as_deref()), (Some(false), None, None));
    assert_eq!(inventory.nic[0].port[0].link, None, "no carrier file: unknown");
}

#[test]
fn a_root_without_ethtool_answers_is_partial() {
    let (state, reason) = status(&two_ports().run(net), Section::Nic);
    assert_eq!(state, SectionState::Partial);
    assert!(reason.contains("no ethtool answers for eth0, eth1"), "{reason}");
}

#[test]
fn recorded_answers_fill_modes_wake_and_firmware() {
    let answer = r#"{"driver":"i40e","firmware":"9.20","connector":3,"wake_supported":32,
        "wake_enabled":0,"supported":["Autoneg","1000baseT/Full","10000baseSR/Full"],
        "advertised":["10000baseSR/Full"]}"#;
    let tree = two_ports()
        .file(
            "/assay/net.json",
            r#"{"links":[{"name":"eth1","permanent_address":"00:16:3e:00:00:0b"}]}"#,
        )
        .file("/assay/ethtool/eth0.json", answer)
        .file("/assay/ethtool/eth1.json", "{}");
    let collected = tree.run(net);
    let nic = &collected.inventory.nic[0];
    assert_eq!(nic.firmware.as_deref(), Some("9.20"));
    let port = &nic.port[0];
    assert_eq!(port.supported_bps, [1_000_000_000, 10_000_000_000]);
    assert_eq!(port.supported_modes, ["1000baseT/Full", "10000baseSR/Full"]);
    assert_eq!(port.media.as_deref(), Some("FIBRE"));
    let wake = port.wake_on.as_ref().expect("wake-on-lan");
    assert_eq!((wake.supported.as_str(), wake.enabled.as_str()), ("g", "d"));
    assert_eq!(nic.port[1].permanent_mac.as_deref(), Some("00:16:3e:00:00:0b"));
    assert_eq!(status(&collected, Section::Nic).0, SectionState::Complete);
}

#[test]
fn virtual_functions_and_representors_are_no_ports() {
    let tree = card(two_ports(), "0000:3b:02.0")
        .link("/sys/devices/pci0000:00/0000:3b:02.0/physfn", "../0000:3b:00.0")
        .net(&device("0000:3b:02.0"), "eth2", &[])
        .net(&device("0000:3b:00.0"), "rep0", &[("phys_port_name", "pf0vf3")])
        .net(&device("0000:3b:00.0"), "uplink", &[("phys_port_name", "p0")]);
    let inventory = tree.run(net).inventory;
    assert_eq!(inventory.nic.len(), 1);
    let names: Vec<_> = inventory.nic[0].port.iter().filter_map(|p| p.name.as_deref()).collect();
    assert_eq!(names, ["eth0", "eth1", "uplink"]);
}

#[test]
fn partitions_of_one_port_are_one_port() {
    let functions = ["0000:5e:00.0", "0000:5e:00.1", "0000:5e:00.2", "0000:5e:00.3"];
    let mut tree = Tree::new();
    for (at, function) in functions.iter().enumerate() {
        let id = if at % 2 == 0 { "3cfdfe000001" } else { "3cfdfe000002" };
        let name = format!("npar{at}");
        tree = card(tree, function).net(&device(function), &name, &[("phys_port_id", id)]);
    }
    let inventory = tree.run(net).inventory;
    assert_eq!(inventory.nic[0].port.len(), 2);
    assert_eq!(inventory.nic[0].port[0].partitions, ["npar2"]);
    assert_eq!(inventory.nic[0].port[1].partitions, ["npar3"]);
}

#[test]
fn virtio_is_flagged_and_usb_is_off_pci() {
    let tree = Tree::new()
        .pci("pci0000:00", "0000:00:03.0", ["0x1af4", "0x1041", ETHERNET])
        .net("pci0000:00/0000:00:03.0/virtio2", "eth0", &[])
        .link("/sys/devices/pci0000:00/0000:00:03.0/virtio2/subsystem", "../../../../bus/virtio")
        .net("pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0", "usb0", &[])
        .link(
            "/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/subsystem",
            "../../../../../../bus/usb",
        )
        .file("/sys/devices/pci0000:00/0000:00:14.0/usb1/1-2/product", "USB 10/100/1000 LAN");
    let inventory = tree.run(net).inventory;
    let facts: Vec<_> =
        inventory.nic.iter().map(|nic| (nic.address.as_deref(), nic.is_virtual)).collect();
    assert_eq!(facts, [(Some("0000:00:03"), true), (None, false)]);
    assert_eq!(inventory.nic[1].model.as_deref(), Some("USB 10/100/1000 LAN"));
}

#[test]
fn a_card_without_a_driver_is_there_and_said() {
    let collected = card(two_ports(), "0000:86:00.0").run(net);
    assert_eq!(collected.inventory.nic.len(), 2);
    assert!(collected.inventory.nic[1].port.is_empty());
    let (state, reason) = status(&collected, Section::Nic);
    assert_eq!(state, SectionState::Partial);
    assert!(reason.contains("0000:86:00.0: a network controller without an interface"), "{reason}");
}

#[test]
fn a_bonds_members_keep_their_permanent_addresses() {
    let bond = "Slave Interface: eth0\nMII Status: up\nPermanent HW addr: 00:16:3E:00:00:AA\n\
        Slave Interface: eth1\nPermanent HW addr: 00:16:3e:00:00:bb\n";
    let tree = two_ports()
        .link(
            "/sys/devices/pci0000:00/0000:3b:00.0/net/eth0/master",
            "../../../../virtual/net/bond0",
        )
        .file("/proc/net/bonding/bond0", bond);
    let inventory = tree.run(net).inventory;
    let port = &inventory.nic[0].port[0];
    assert_eq!(port.permanent_mac.as_deref(), Some("00:16:3e:00:00:aa"));
    assert_eq!(port.master.as_deref(), Some("bond0"));
}

#[test]
fn infiniband_interfaces_are_no_ethernet_ports() {
    let tree = two_ports().net(&device("0000:3b:00.0"), "ib0", &[("type", "32")]);
    assert_eq!(tree.run(net).inventory.nic[0].port.len(), 2);
}
